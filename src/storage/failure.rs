//! From an object store's error to what the command ends with: whether to mend something or to try again.

use std::error::Error as _;
use std::io::ErrorKind;

use object_store::Error as StoreError;
use url::Url;

use super::location;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::Error;

/// Names of configuration whose values must never be shown.
const SECRET_NAMES: [&str; 5] = ["KEY", "SECRET", "TOKEN", "PASSWORD", "SAS"];

/// A store could not be set up: its configuration is wrong or missing.
pub(super) fn opening(url: &Url, source: &StoreError, secrets: &Secrets) -> Error {
    let message = format!("the location {} cannot be opened", location::shown(url));
    let problem = Diagnostic::error("location", message).note(secrets.taken_out_of(&source.to_string()));
    project(problem.help("check the URL and the AWS_…, AZURE_… or GOOGLE_… variables of the environment"))
}

/// An operation failed: `verb` is what was tried with `place`.
pub(super) fn during(verb: &str, place: &str, source: &StoreError, secrets: &Secrets) -> Error {
    let message = format!("cannot {verb} {}", place.escape_debug());
    let detail = secrets.taken_out_of(&source.to_string());
    match source {
        StoreError::NotFound { .. } => project(
            Diagnostic::error("not-found", message)
                .note(detail)
                .help("check the location, and that its bucket or folder exists"),
        ),
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
            project(refused(message, detail))
        }
        StoreError::InvalidPath { .. } => project(
            Diagnostic::error("location", message)
                .note(detail)
                .help("rename the file: names must be UTF-8 without control characters"),
        ),
        _ if is_refusal(source) => project(refused(message, detail)),
        _ => Error::transient(format!("{message}: {detail}")),
    }
}

/// What a store says that refused; `None` where it failed in another way.
pub(super) fn refusal(source: &StoreError, secrets: &Secrets) -> Option<String> {
    let named = matches!(
        source,
        StoreError::NotFound { .. }
            | StoreError::PermissionDenied { .. }
            | StoreError::Unauthenticated { .. }
    );
    (named || is_refusal(source)).then(|| secrets.taken_out_of(&source.to_string()))
}

fn refused(message: String, detail: String) -> Diagnostic {
    Diagnostic::error("storage-refused", message)
        .note(detail)
        .help("check the permissions of the folder, or the credentials and the region of the bucket")
}

fn project(problem: Diagnostic) -> Error {
    Error::Project(Diagnostics::from(problem))
}

/// Whether an error that object_store leaves unnamed will be the same at the next try.
fn is_refusal(source: &StoreError) -> bool {
    let mut cause = source.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return matches!(
                io.kind(),
                ErrorKind::PermissionDenied
                    | ErrorKind::ReadOnlyFilesystem
                    | ErrorKind::NotADirectory
                    | ErrorKind::IsADirectory
                    | ErrorKind::InvalidFilename
            );
        }
        cause = inner.source();
    }
    // A redirect without a target is the answer to a wrong region; 400 is never mended by waiting.
    let text = source.to_string();
    text.contains("incorrectly configured region") || text.contains("status code: 400")
}

/// Values of a store's options that no message may repeat.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Those of some options, told by their names.
    pub(super) fn of(options: &[(String, String)]) -> Self {
        let secret = |name: &str| SECRET_NAMES.iter().any(|part| name.to_ascii_uppercase().contains(part));
        let long = options.iter().filter(|(name, value)| secret(name) && value.len() >= 4);
        Self(long.map(|(_, value)| value.clone()).collect())
    }

    /// A message of a store without secrets: values of options, signatures in URLs.
    fn taken_out_of(&self, message: &str) -> String {
        let mut message =
            self.0.iter().fold(message.to_owned(), |message, secret| message.replace(secret, "***"));
        for mark in ["sig=", "Signature=", "X-Amz-Security-Token="] {
            message = without_value(&message, mark);
        }
        message
    }
}

/// A text with what follows each `mark`, up to the end of the value, taken out.
fn without_value(text: &str, mark: &str) -> String {
    let mut parts = text.split(mark);
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c == '&' || c == '"' || c == ')' || c.is_whitespace());
        clean.push_str(mark);
        clean.push_str("***");
        clean.push_str(&part[end.unwrap_or(part.len())..]);
    }
    clean
}
