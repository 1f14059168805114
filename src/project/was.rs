//! What a table was called before: `-- was: metrics.old_name` above its SQL, `was: old_name` in the YAML of a score.
//!
//! The first run that meets it moves the published days from that name to the one of now. The line may stay: it says nothing
//! once nothing is published under the old name.

use super::layer::ModelName;
use crate::diagnostic::Location;

/// What begins such a comment.
const WORD: &str = "was:";

/// The name that a model had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Was {
    /// The name.
    pub name: ModelName,
    /// Where it is written.
    pub location: Location,
}

/// What a comment says that its model was called; `None` where it says something else.
pub(crate) fn said(comment: &str) -> Option<&str> {
    comment.trim().strip_prefix(WORD).map(str::trim)
}
