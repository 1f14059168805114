//! What a command returns, and what `--json` prints of a failure.

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::error::Error;

/// Why a command ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// hale says so.
    Hale(Error),
    /// stdout cannot be written to.
    Stdout(std::io::Error),
    /// hale is wrong, and its panic has said so.
    Panicked,
    /// The command has already printed its own JSON about it.
    Printed(Box<Failure>),
}

impl Failure {
    /// What `--json` prints of it: `ok`, `exit_code`, `error`, `diagnostics`. Nothing where stdout is gone or knows it.
    pub(super) fn to_json(&self) -> Option<Value> {
        match self {
            Self::Hale(error) => Some(failure(error)),
            Self::Panicked => Some(failure(&Error::Bug("a panic; its message is on stderr".to_owned()))),
            Self::Stdout(_) | Self::Printed(_) => None,
        }
    }
}

/// What every command returns.
pub(super) type Outcome<T = ()> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Hale(error)
    }
}

impl From<Diagnostics> for Failure {
    fn from(found: Diagnostics) -> Self {
        Self::Hale(found.into())
    }
}

/// What `--json` prints of an error.
pub(super) fn failure(error: &Error) -> Value {
    let (message, diagnostics) = match error {
        Error::Project(found)
        | Error::Audit(found)
        | Error::Transient(found)
        | Error::NotReady { found, .. } => (count(found), found.iter().map(Diagnostic::to_json).collect()),
        other => (other.to_string(), Vec::new()),
    };
    json!({ "ok": false, "exit_code": error.exit_code(), "error": message, "diagnostics": diagnostics })
}

/// "3 problems, 1 warning".
pub(super) fn count(found: &Diagnostics) -> String {
    let errors = found.iter().filter(|problem| problem.severity == Severity::Error).count();
    let warnings = found.len() - errors;
    let some = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let parts = [(errors, "problem"), (warnings, "warning")];
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| some(*number, what)).collect();
    parts.join(", ")
}
