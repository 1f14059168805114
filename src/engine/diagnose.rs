//! What the engine says of a model, as a diagnostic in the model's own file.

use arrow::error::ArrowError;
use datafusion::common::Diagnostic as EngineDiagnostic;
use datafusion::common::Span;
use datafusion::error::DataFusionError;
use parquet::errors::ParquetError;

use super::foreign::UnfitValue;
use crate::diagnostic::{Diagnostic, Location};
use crate::error::Error;
use crate::project::model::Model;

/// A planning error of a model, placed where the engine knows the place.
pub fn of_model(model: &Model, error: &DataFusionError) -> Diagnostic {
    let message = first_line(error);
    let Some(found) = error.diagnostic() else {
        return Diagnostic::error("plan", format!("{}: {message}", model.name))
            .at(Location::whole(&model.file));
    };
    let code = code_of(&found.message);
    let mut diagnostic = Diagnostic::error(code, found.message.clone());
    diagnostic =
        diagnostic.at(found.span.map_or_else(|| Location::whole(&model.file), |span| place(model, span)));
    for note in &found.notes {
        diagnostic = diagnostic.note(note.message.clone());
    }
    match helps(found) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

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

/// An engine error in one line, without its internals.
pub fn first_line(error: &DataFusionError) -> String {
    // Which of its steps failed is the engine's own business.
    if let DataFusionError::Context(_, cause) | DataFusionError::Diagnostic(_, cause) = error {
        return first_line(cause);
    }
    let text = error.strip_backtrace();
    let mut text = text.lines().next().unwrap_or_default();
    for prefix in [
        "Error during planning: ",
        "Schema error: ",
        "Execution error: ",
        "External error: ",
        "This feature is not implemented: ",
    ] {
        text = text.trim_start_matches(prefix);
    }
    text.trim_end_matches('.').to_owned()
}

/// An error while rows were read, computed or written, as what an orchestrator must know.
pub fn of_run(what: &str, error: &DataFusionError) -> Error {
    if let DataFusionError::ResourcesExhausted(message) = error.find_root() {
        let diagnostic = Diagnostic::error(
            "memory",
            format!("{what}: not enough memory: {}", message.lines().next().unwrap_or_default()),
        )
        .help("give more with --memory-limit, or run fewer days at a time");
        return Error::Project(diagnostic.into());
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
