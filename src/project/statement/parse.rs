//! From the text of a SQL file to its one statement, and from the parser's places to bytes of the text.

use std::sync::Arc;

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::Ident;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location as SqlLocation, Span};

use crate::diagnostic::{Diagnostic, Location, SourceFile};

/// What to do with a map.
pub(super) const NO_MAP: &str = "no column can be declared as a map: leave it out, for columns of a file that are not declared do \
                                 not matter, or write what is needed of it as columns of their own";

/// The one statement of a text.
pub(crate) fn parse_one(file: &Arc<SourceFile>) -> Result<Statement, Diagnostic> {
    let parsed = DFParserBuilder::new(file.text.as_str())
        .with_dialect(&GenericDialect {})
        .build()
        .and_then(|mut parser| parser.parse_statements());
    let mut statements = parsed.map_err(|error| syntax_error(file, &error.strip_backtrace()))?;
    match (statements.pop_front(), statements.len()) {
        (Some(statement), 0) => Ok(statement),
        (None, _) => Err(Diagnostic::error("empty-model", "the file holds no SQL statement")
            .at(Location::whole(file))
            .help("write one statement, or delete the file")),
        (Some(_), more) => {
            Err(Diagnostic::error("many-statements", format!("the file holds {} statements", more + 1))
                .at(Location::whole(file))
                .note("a model is one statement; the file's path is its name")
                .help("move each statement into a file of its own"))
        }
    }
}

/// A parser's message, placed: the parser writes the place into its text.
fn syntax_error(file: &Arc<SourceFile>, message: &str) -> Diagnostic {
    let message = message
        .trim_start_matches("SQL error: ")
        .trim_start_matches("ParserError(\"")
        .trim_end_matches("\")");
    let (what, place) = message.split_once(" at Line: ").unwrap_or((message, ""));
    let mut numbers = place
        .split(", Column: ")
        .map(|number| number.trim_end_matches(|c: char| !c.is_ascii_digit()).parse());
    let location = match (numbers.next(), numbers.next()) {
        (Some(Ok(line)), Some(Ok(column))) => Location::word_at(file, file.offset(line, column)),
        _ => Location::new(file, file.text.len()..file.text.len()),
    };
    let what = what.trim_start_matches("sql parser error: ");
    let before = file.text.get(..location.span.start).unwrap_or_default().trim_end().to_lowercase();
    let is_map = what.starts_with("Expected: (") && before.ends_with(" map");
    let problem =
        Diagnostic::error("syntax", format!("this is not SQL that can be read: {what}")).at(location);
    if is_map { problem.help(NO_MAP) } else { problem }
}

/// Bytes of a parser's span (lines and columns from 1, the end inclusive of nothing).
pub(crate) fn bytes(file: &SourceFile, span: Span) -> std::ops::Range<usize> {
    if span.start.line == 0 {
        return 0..0;
    }
    let at = |place: SqlLocation| file.offset(place.line as usize, place.column as usize);
    at(span.start)..at(span.end).max(at(span.start))
}

/// An identifier as SQL understands it: unquoted ones are lower case.
pub(super) fn normal(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}
