//! Descriptions out of comments: the leading comment describes the model, the one behind a column the column.
//!
//! The parser drops comments, so they are read from the same tokens that it reads. A leading comment that says what the model
//! was called before describes nothing.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer, Whitespace};

use super::was;

/// The comments of one SQL file.
pub(super) struct Comments {
    leading: String,
    /// What leading comments say that the model was called: where each starts, and the name.
    was: Vec<(Location, String)>,
    /// Comments that stand behind something on their line: where they start, and their text.
    trailing: Vec<(Location, String)>,
}

impl Comments {
    /// Reads them; a text that does not even tokenise has none (the parser says what is wrong with it).
    pub(super) fn read(sql: &str) -> Self {
        let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().unwrap_or_default();
        let mut comments = Self { leading: String::new(), was: Vec::new(), trailing: Vec::new() };
        let mut last_code_line = None;
        for token in tokens {
            match (token.token, last_code_line) {
                (Token::Whitespace(space), None) => comments.lead(space, token.span.start),
                (Token::Whitespace(space), Some(line)) if token.span.start.line == line => {
                    comments.trailing.extend(text_of(space).map(|text| (token.span.start, text)));
                }
                (Token::Whitespace(_), Some(_)) => {}
                _ => last_code_line = Some(token.span.end.line),
            }
        }
        comments
    }

    fn lead(&mut self, space: Whitespace, start: Location) {
        let Some(text) = text_of(space) else { return };
        if let Some(name) = was::said(&text) {
            return self.was.push((start, name.to_owned()));
        }
        if !self.leading.is_empty() {
            self.leading.push('\n');
        }
        self.leading.push_str(&text);
    }

    /// What the file says of its model.
    pub(super) fn leading(&self) -> &str {
        &self.leading
    }

    /// What the file says that its model was called before: where each comment starts, and the name.
    pub(super) fn was(&self) -> &[(Location, String)] {
        &self.was
    }

    /// The comment behind the definition that starts at `from` and is followed by one at `until`.
    pub(super) fn behind(&self, from: Location, until: Option<Location>) -> String {
        let within = |at: &Location| *at > from && until.is_none_or(|end| *at < end);
        self.trailing.iter().find(|(at, _)| within(at)).map(|(_, text)| text.clone()).unwrap_or_default()
    }

    /// The comment that ends a line, counted from 1.
    pub(super) fn on_line(&self, line: u64) -> String {
        self.trailing.iter().find(|(at, _)| at.line == line).map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

fn text_of(space: Whitespace) -> Option<String> {
    match space {
        Whitespace::SingleLineComment { comment, .. } => Some(comment.trim().to_owned()),
        Whitespace::MultiLineComment(comment) => Some(comment.trim().to_owned()),
        _ => None,
    }
}
