//! `ready('events', 56, as_of_date)`: whether the 56 days up to the end of a row's day lie where the log of a source is
//! complete.
//!
//! From which day on a source is complete is said in `hale.yml`, beside where the sources lie, for it is a fact about these
//! files and not about what their rows mean:
//!
//! ```yaml
//! complete_from:
//!   events: 2026-03-15
//! ```
//!
//! A call is written as the comparison that it stands for, `as_of_date >= DATE '2026-05-09'`, before a query is planned: the
//! engine leaves days out by it, and what `hale compile` prints is plain SQL.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use chrono::{Days, NaiveDate};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned,
    TypedString, Value, Visit, VisitMut, visit_expressions, visit_expressions_mut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Span, Token, TokenWithSpan, Tokenizer};

use super::statement::bytes;
use crate::diagnostic::{Diagnostic, Location, SourceFile};

/// From which day on sources are complete, and where that is said.
pub type CompleteFrom = BTreeMap<String, (NaiveDate, Location)>;

const NAME: &str = "ready";

/// How a call is written.
const FORM: &str = "ready('events', 56, as_of_date)";

/// The first day of which the so many days up to its end lie on or after a day; `None` where no calendar has it.
fn first_day(complete_from: NaiveDate, days: u32) -> Option<NaiveDate> {
    complete_from.checked_add_days(Days::new(u64::from(days.saturating_sub(1))))
}

/// A call as it is written.
struct Call {
    source: String,
    days: u32,
    day: Expr,
}

impl Call {
    /// The call that an expression is; `None` where it is another expression, an error where it is a call of another form.
    fn of(expression: &Expr) -> Option<Result<Self, Span>> {
        let Expr::Function(function) = expression else { return None };
        let [part] = function.name.0.as_slice() else { return None };
        if !part.as_ident().is_some_and(|name| name.value.eq_ignore_ascii_case(NAME)) {
            return None;
        }
        Some(Self::read(function).ok_or_else(|| function.name.span()))
    }

    fn read(function: &Function) -> Option<Self> {
        let FunctionArguments::List(list) = &function.args else { return None };
        let is_plain = function.over.is_none() && function.filter.is_none() && list.clauses.is_empty();
        let argument = |at: usize| match list.args.get(at) {
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(value))) => Some(value),
            _ => None,
        };
        let literal = |at: usize| match argument(at)? {
            Expr::Value(value) => Some(&value.value),
            _ => None,
        };
        let (Some(Value::SingleQuotedString(source)), Some(Value::Number(days, false))) =
            (literal(0), literal(1))
        else {
            return None;
        };
        let days = days.parse().ok().filter(|days| *days > 0)?;
        let day = argument(2).filter(|_| is_plain && list.args.len() == 3)?;
        Some(Self { source: source.clone(), days, day: day.clone() })
    }

    fn first_day(&self, complete_from: &CompleteFrom) -> Option<NaiveDate> {
        first_day(complete_from.get(&self.source)?.0, self.days)
    }
}

/// Writes every call as the comparison that it stands for. One that says nothing stays: [`problems`] tells of it.
pub(crate) fn write(part: &mut impl VisitMut, complete_from: &CompleteFrom) {
    // Children come before what they are part of, so that a day may itself be computed.
    let visited = visit_expressions_mut(part, |expression| {
        if let Some(Ok(call)) = Call::of(expression)
            && let Some(first) = call.first_day(complete_from)
        {
            let first = TypedString {
                data_type: DataType::Date,
                value: Value::SingleQuotedString(first.to_string()).into(),
                uses_odbc_syntax: false,
            };
            let comparison = Expr::BinaryOp {
                left: Box::new(Expr::Nested(Box::new(call.day))),
                op: BinaryOperator::GtEq,
                right: Box::new(Expr::TypedString(first)),
            };
            *expression = Expr::Nested(Box::new(comparison));
        }
        ControlFlow::<()>::Continue(())
    });
    debug_assert!(visited.is_continue());
}

/// What is wrong with the calls of a query: their form, or that nothing says from when the source is complete.
pub(crate) fn problems(
    part: &impl Visit,
    file: &SourceFile,
    complete_from: &CompleteFrom,
    sources: &[String],
    place: impl Fn(std::ops::Range<usize>) -> Location,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let visited = visit_expressions(part, |expression| {
        let problem = match Call::of(expression) {
            None => None,
            Some(Err(_)) => Some(
                Diagnostic::error("ready", "this does not say of which days of which source it asks").help(
                    format!("write {FORM}: the name of a source, a number of days, the day of the row"),
                ),
            ),
            Some(Ok(call)) => call.problem(complete_from, sources),
        };
        if let (Some(problem), Expr::Function(function)) = (problem, expression) {
            found.push(problem.at(place(bytes(file, function.name.span()))));
        }
        ControlFlow::<()>::Continue(())
    });
    debug_assert!(visited.is_continue());
    found
}

/// That a name is that of no source.
pub(crate) fn unknown_source<'a>(name: &str, sources: impl Iterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::error("unknown-source", format!("there is no source raw.{name}")).suggest(name, sources)
}

impl Call {
    fn problem(&self, complete_from: &CompleteFrom, sources: &[String]) -> Option<Diagnostic> {
        let Self { source, days, .. } = self;
        if !sources.contains(source) {
            return Some(unknown_source(source, sources.iter().map(String::as_str)));
        }
        if !complete_from.contains_key(source) {
            let message = format!("it is not said from which day on raw.{source} is complete");
            return Some(
                Diagnostic::error("no-complete-from", message)
                    .note("a window that reaches before that day has no value yet, which only that day can tell")
                    .help(format!(
                        "say it in hale.yml: complete_from: {{{source}: 2026-01-01}}; `hale check --data` proposes the day"
                    )),
            );
        }
        self.first_day(complete_from)
            .is_none()
            .then(|| Diagnostic::error("ready", format!("no calendar reaches {days} days behind that day")))
    }
}

/// A text with every call as the comparison that it stands for.
pub(crate) fn text(sql: &str, complete_from: &CompleteFrom) -> String {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location() else {
        return sql.to_owned();
    };
    let file = SourceFile { path: String::new(), text: sql.to_owned() };
    let tokens: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let (mut written, mut copied) = (String::new(), 0);
    for at in 0..tokens.len() {
        let Some((first, day)) = comparison(&tokens[at..], complete_from) else { continue };
        let place = |token: &TokenWithSpan| bytes(&file, token.span);
        let (Some(begin), Some(last)) = (day.first(), day.last()) else { continue };
        let end = tokens[at + BEFORE_DAY + day.len()];
        let call = place(tokens[at]).start;
        if call < copied {
            continue;
        }
        let day = text(&sql[place(begin).start..place(last).end], complete_from);
        written.push_str(&sql[copied..call]);
        written.push_str(&format!("({day} >= DATE '{first}')"));
        copied = place(end).end;
    }
    written.push_str(&sql[copied..]);
    written
}

/// The tokens of a call before the day of the row.
const BEFORE_DAY: usize = 6;

/// Where tokens begin with a call: its first day, and the tokens of the day of the row.
fn comparison<'s, 't>(
    tokens: &'s [&'t TokenWithSpan],
    complete_from: &CompleteFrom,
) -> Option<(NaiveDate, &'s [&'t TokenWithSpan])> {
    let [name, open, source, comma, days, second, rest @ ..] = tokens else { return None };
    let Token::Word(name) = &name.token else { return None };
    let is_call = name.quote_style.is_none() && name.value.eq_ignore_ascii_case(NAME);
    let is_form = open.token == Token::LParen && comma.token == Token::Comma && second.token == Token::Comma;
    let (Token::SingleQuotedString(source), Token::Number(days, false)) = (&source.token, &days.token) else {
        return None;
    };
    let (complete_from, _) = complete_from.get(source).filter(|_| is_call && is_form)?;
    let mut depth = 0;
    let end = rest.iter().position(|token| match token.token {
        Token::LParen => {
            depth += 1;
            false
        }
        Token::RParen if depth > 0 => {
            depth -= 1;
            false
        }
        Token::RParen => true,
        _ => false,
    })?;
    Some((first_day(*complete_from, days.parse().ok()?)?, rest.get(..end)?))
}

#[cfg(test)]
mod tests {
    use datafusion::sql::parser::Statement;

    use super::*;
    use crate::project::statement::parse_one;

    fn complete_from() -> CompleteFrom {
        let file = SourceFile::new("hale.yml", "");
        let day = NaiveDate::from_ymd_opt(2026, 3, 15).unwrap();
        BTreeMap::from([("events".to_owned(), (day, Location::whole(&file)))])
    }

    /// The text of a query, written from its parts and in place.
    fn both(sql: &str) -> [String; 2] {
        let Statement::Statement(mut parsed) = parse_one(&SourceFile::new("x.sql", sql)).unwrap() else {
            panic!("{sql}")
        };
        write(parsed.as_mut(), &complete_from());
        [parsed.to_string(), text(sql, &complete_from())]
    }

    #[test]
    fn a_window_is_ready_from_its_first_whole_one() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(first_day(day("2026-03-15"), 1), Some(day("2026-03-15")));
        assert_eq!(first_day(day("2026-03-15"), 56), Some(day("2026-05-09")));
        assert_eq!(first_day(NaiveDate::MAX, 2), None);
    }

    #[test]
    fn a_call_becomes_a_comparison() {
        let [parsed, text] = both("SELECT CASE WHEN Ready('events', 56, as_of_date) THEN 1 END FROM t");
        assert_eq!(parsed, "SELECT CASE WHEN ((as_of_date) >= DATE '2026-05-09') THEN 1 END FROM t");
        assert_eq!(text, "SELECT CASE WHEN (as_of_date >= DATE '2026-05-09') THEN 1 END FROM t");
    }

    #[test]
    fn the_day_may_be_computed_and_what_is_no_call_stays() {
        let sql = "SELECT ready('events', 1, least(a, (b))) AND ready('events', 28 , d), 'ready(''events'', 1, d)', ready FROM t -- ready('events', 1, d)";
        let [_, written] = both(sql);
        assert_eq!(
            written,
            "SELECT (least(a, (b)) >= DATE '2026-03-15') AND (d >= DATE '2026-04-11'), 'ready(''events'', 1, d)', ready FROM t -- ready('events', 1, d)"
        );
        for other in
            ["SELECT ready('tickets', 1, d)", "SELECT ready('events', 1)", "SELECT x.ready('events', 1, d)"]
        {
            assert_eq!(both(other)[0], other);
        }
    }
}
