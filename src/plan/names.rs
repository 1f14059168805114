//! What texts of models say, without the names of models: in the place of a name stands what the model of it means. So one that
//! is renamed means what it did, and so does whatever reads it.

use std::collections::BTreeMap;

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer, Whitespace, Word};

use crate::project::layer::ModelName;
use crate::project::{kept, was};

/// What models mean, by their names.
pub(super) type Meanings<'a> = BTreeMap<&'a ModelName, &'a str>;

/// The parts of a text: its tokens, with what models mean in the place of their names. What it says that a model was called
/// before is no part, nor how long a source keeps its rows: what they say is the same.
pub(super) fn without_names(text: &str, meanings: &Meanings<'_>) -> Vec<String> {
    let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize();
    let Ok(mut tokens) = tokens else { return vec![text.to_owned()] };
    tokens.retain(|token| !says_was(token));
    leave_out_kept(&mut tokens);
    let (mut parts, mut rest) = (Vec::with_capacity(tokens.len()), tokens.as_slice());
    let mut is_qualified = false;
    while let [first, behind @ ..] = rest {
        let named = if is_qualified { None } else { named(rest, meanings) };
        let (part, taken) =
            named.map_or_else(|| (first.to_string(), 1), |(means, taken)| (means.to_owned(), taken));
        parts.push(part);
        is_qualified = taken == 1 && *first == Token::Period;
        rest = &behind[taken - 1..];
    }
    parts
}

/// What the model means that tokens begin with the name of, and how many they are: `metrics.usage`, or `usage` before a column.
fn named<'m>(tokens: &[Token], meanings: &Meanings<'m>) -> Option<(&'m str, usize)> {
    let [Token::Word(first), Token::Period, behind @ ..] = tokens else { return None };
    if let [Token::Word(second), ..] = behind {
        let name = ModelName::parse(&format!("{}.{}", value(first), value(second)));
        if let Some(means) = name.and_then(|name| meanings.get(&name).copied()) {
            return Some((means, 3));
        }
    }
    let table = value(first);
    let mut of_table = meanings.iter().filter(|(name, _)| name.table == table);
    let (_, means) = of_table.next()?;
    of_table.next().is_none().then_some((means, 1))
}

/// An identifier as SQL understands it.
fn value(word: &Word) -> String {
    if word.quote_style.is_some() { word.value.clone() } else { word.value.to_lowercase() }
}

/// Takes the option out that says how long a source keeps its rows, with the comma that sets it apart.
fn leave_out_kept(tokens: &mut Vec<Token>) {
    let is_space = |token: &Token| matches!(token, Token::Whitespace(_));
    let is_text = |token: &Token| matches!(token, Token::SingleQuotedString(_));
    let names = |token: &Token| matches!(token, Token::SingleQuotedString(text) if text == kept::OPTION);
    let Some(start) = tokens.iter().position(names) else { return };
    let Some(end) = tokens[start + 1..].iter().position(is_text).map(|at| start + 2 + at) else { return };
    let behind = end + tokens[end..].iter().take_while(|token| is_space(token)).count();
    let before = start - tokens[..start].iter().rev().take_while(|token| is_space(token)).count();
    if tokens.get(behind) == Some(&Token::Comma) {
        let space = tokens[behind + 1..].iter().take_while(|token| is_space(token)).count();
        tokens.drain(start..behind + 1 + space);
    } else if before > 0 && tokens[before - 1] == Token::Comma {
        tokens.drain(before - 1..end);
    }
}

fn says_was(token: &Token) -> bool {
    match token {
        Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) => was::said(comment).is_some(),
        Token::Whitespace(Whitespace::MultiLineComment(comment)) => was::said(comment).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Meanings, without_names};
    use crate::project::layer::{Layer, ModelName};

    fn said(text: &str, names: &[(&ModelName, &str)]) -> String {
        without_names(text, &Meanings::from_iter(names.iter().copied())).concat()
    }

    #[test]
    fn how_long_a_source_keeps_its_rows_is_no_part_of_what_they_say() {
        let text = |options: &str| said(&format!("CREATE EXTERNAL TABLE raw.a OPTIONS ({options})"), &[]);
        let plain = text("'kind' 'events', 'usage' 'true'");
        for said in [
            "'kept_from' '400 days', 'kind' 'events', 'usage' 'true'",
            "'kind' 'events', 'kept_from'  '2026-01-01' , 'usage' 'true'",
            "'kind' 'events', 'usage' 'true',\n  'kept_from' '1 day'",
        ] {
            assert_eq!(text(said), plain);
        }
    }

    #[test]
    fn names_of_models_give_way_to_what_these_mean() {
        let [own, read, other] =
            [(Layer::Metrics, "own"), (Layer::Metrics, "usage"), (Layer::Staging, "usage")]
                .map(|(layer, table)| ModelName::new(layer, table));
        let text = "-- About.\n-- was: metrics.before\nCREATE TABLE metrics.own AS SELECT usage.n, o.usage, \"Usage\".m, \
            'metrics.usage' FROM metrics.USAGE AS o -- of metrics.usage";
        assert_eq!(
            said(text, &[(&own, "<own>"), (&read, "<read>")]),
            "-- About.\nCREATE TABLE <own> AS SELECT <read>.n, o.usage, \"Usage\".m, 'metrics.usage' FROM <read> AS o \
             -- of metrics.usage"
        );
        // Which of two tables a bare name means is not known here.
        let text = "SELECT usage.n FROM metrics.usage, staging.usage AS s";
        assert_eq!(said(text, &[(&read, "<1>"), (&other, "<2>")]), "SELECT usage.n FROM <1>, <2> AS s");
    }
}
