//! What has no statement: an error of a file, of the storage, or for want of memory.

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use parquet::errors::ParquetError;

use super::memory;
use super::words::first_line;
use crate::diagnostic::Diagnostic;
use crate::engine::foreign::UnfitValue;
use crate::error::Error;

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
pub(in crate::engine) fn without_kinds(text: &str) -> String {
    const KINDS: [&str; 6] =
        ["Arrow: ", "Parquet argument error: ", "Parquet error: ", "External: ", "EOF: ", "Arrow error: "];
    let mut text = text;
    while let Some(rest) = KINDS.iter().find_map(|kind| text.strip_prefix(kind)) {
        text = rest;
    }
    text.to_owned()
}

/// An error that a file brings about: it cannot be read, or holds a value that its declaration cannot.
pub(super) fn of_a_file(what: &str, error: &DataFusionError) -> Option<Error> {
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
