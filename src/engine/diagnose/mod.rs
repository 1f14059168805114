//! What the engine says of a model, as a diagnostic in the model's own file.
//!
//! [`of_model`] is for planning, [`of_data`] for computing, where the expression and the rows are looked for that
//! made it fail, and [`of_run`] for whatever has no statement. All speak SQL: no name of the engine's own.

mod data;
mod fault;
mod memory;
mod place;
mod terms;
mod trial;
mod words;

pub use data::{Failed, of_data};
pub(crate) use terms::in_sql;
pub use words::first_line;
pub(crate) use words::plain;

use std::ops::Range;

use arrow::error::ArrowError;
use datafusion::common::Diagnostic as EngineDiagnostic;
use datafusion::common::Span;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Expr;
use datafusion::sql::sqlparser::ast::{Expr as Written, Query};
use parquet::errors::ParquetError;

use super::foreign::UnfitValue;
use crate::diagnostic::{Diagnostic, Location, SourceFile};
use crate::error::Error;
use crate::project::model::Model;

/// A planning error of a model, placed where the engine knows the place.
pub fn of_model(model: &Model, error: &DataFusionError) -> Diagnostic {
    let message = first_line(error);
    let Some(found) = error.diagnostic() else {
        let at = named_in(&message, &model.file.text)
            .map_or_else(|| model.locate(beginning(&model.file.text)), |span| model.locate(span));
        let problem = Diagnostic::error("plan", format!("{}: {message}", model.name)).at(at);
        return if is_ambiguous(&message) { problem.help(QUALIFY) } else { problem };
    };
    let code = code_of(&found.message);
    let mut diagnostic = Diagnostic::error(code, plain(&found.message));
    diagnostic =
        diagnostic.at(found.span.map_or_else(|| named(model, &found.message), |span| place(model, span)));
    for note in &found.notes {
        diagnostic = diagnostic.note(plain(&note.message));
    }
    match helps(found) {
        Some(help) => diagnostic.help(help),
        None if is_ambiguous(&message) => diagnostic.help(QUALIFY),
        None => diagnostic,
    }
}

/// Whether the engine does not know which of several columns is meant.
fn is_ambiguous(message: &str) -> bool {
    message.to_lowercase().contains("ambiguous")
}

const QUALIFY: &str =
    "write the column with its table, as in orders.account_id; in WHERE also where it is one of USING";

/// What the engine suggests. It proposes functions by edit distance alone, which confuses more than it helps.
fn helps(found: &EngineDiagnostic) -> Option<String> {
    let helps: Vec<&str> = found.helps.iter().map(|help| help.message.as_str()).collect();
    let notes = found.notes.is_empty();
    (!helps.is_empty() && notes).then(|| helps.join("; "))
}

fn code_of(message: &str) -> &'static str {
    let known = [
        ("column", "unknown-column"),
        ("table", "unknown-table"),
        ("function", "unknown-function"),
        ("GROUP BY", "group-by"),
    ];
    known.iter().find(|(word, _)| message.contains(word)).map_or("plan", |(_, code)| code)
}

fn place(model: &Model, span: Span) -> Location {
    let at = |line: u64, column: u64| model.file.offset(line as usize, column as usize);
    let start = at(span.start.line, span.start.column);
    let end = at(span.end.line, span.end.column);
    model.locate(start..end.max(start))
}

/// The place of what a message names, where the engine knows none.
fn named(model: &Model, message: &str) -> Location {
    let text = &model.file.text;
    model.locate(named_in(message, text).unwrap_or_else(|| beginning(text)))
}

/// Where a query writes an expression of its plan, and how; its beginning where that is not known.
pub(crate) fn place_in(
    query: Option<&Query>,
    file: &SourceFile,
    expr: &Expr,
) -> (Range<usize>, Option<Written>) {
    match query.and_then(|query| place::of(query, file, expr)) {
        Some(place) => (place.bytes, Some(place.written)),
        None => (place::of_column(file, expr).unwrap_or_else(|| beginning(&file.text)), None),
    }
}

/// The first word of a statement that is named in a message: in quotes, as a call, or as it stands. What is quoted counts
/// first.
pub(crate) fn named_in(message: &str, text: &str) -> Option<Range<usize>> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let lower = text.to_ascii_lowercase();
    let statement = beginning(text).start;
    let quoted = message.split(['\'', '`', '"']).skip(1).step_by(2);
    let words = message.split(|c| !is_word(c)).filter(|word| word.contains(['_', '.']));
    let called =
        message.match_indices('(').filter_map(|(at, _)| message[..at].rsplit(|c| !is_word(c)).next());
    quoted.chain(called).chain(words).map(str::trim).filter(|name| name.len() > 1).find_map(|name| {
        let name = name.to_ascii_lowercase();
        let found = lower[statement..].match_indices(&name).map(|(at, _)| statement + at).find(|at| {
            let before = lower[..*at].chars().next_back().is_some_and(is_word);
            let behind = lower[at + name.len()..].chars().next().is_some_and(is_word);
            !before && !behind
        })?;
        Some(found..found + name.len())
    })
}

/// The first word of a statement, behind its leading comments.
pub(crate) fn beginning(text: &str) -> Range<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_start();
        if !code.is_empty() && !code.starts_with("--") {
            start += line.len() - code.len();
            let length = text[start..].find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len() - start);
            return start..start + length;
        }
        start += line.len();
    }
    0..0
}

/// An error while rows were read, computed or written, as what an orchestrator must know.
pub fn of_run(what: &str, error: &DataFusionError) -> Error {
    if let DataFusionError::ResourcesExhausted(message) = error.find_root() {
        return Error::Transient(memory::diagnostic(what, message).into());
    }
    if let DataFusionError::ObjectStore(cause) = error.find_root() {
        return crate::storage::error_of(what, cause);
    }
    if let Some(error) = of_a_file(what, error) {
        return error;
    }
    Error::Project(Diagnostic::error("run", format!("{what}: {}", first_line(error))).into())
}

/// What a reader of Parquet says, without the kinds of its errors.
pub(super) fn without_kinds(text: &str) -> String {
    const KINDS: [&str; 6] =
        ["Arrow: ", "Parquet argument error: ", "Parquet error: ", "External: ", "EOF: ", "Arrow error: "];
    let mut text = text;
    while let Some(rest) = KINDS.iter().find_map(|kind| text.strip_prefix(kind)) {
        text = rest;
    }
    text.to_owned()
}

/// An error that a file brings about: it cannot be read, or holds a value that its declaration cannot.
fn of_a_file(what: &str, error: &DataFusionError) -> Option<Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(unfit) = inner.downcast_ref::<UnfitValue>() {
            let problem = Diagnostic::error("unfit-value", format!("{what}: {unfit}"));
            return Some(Error::Project(problem.into()));
        }
        let is_parquet = inner.is::<ParquetError>()
            || matches!(inner.downcast_ref::<ArrowError>(), Some(ArrowError::ParquetError(_)));
        if is_parquet {
            let why = without_kinds(&inner.to_string());
            let problem = Diagnostic::error("corrupt-parquet", format!("{what}: a file is damaged: {why}"))
                .help("write or copy the file again, and run again");
            return Some(Error::NotReady { found: problem.into(), skip: false });
        }
        cause = inner.source();
    }
    None
}
