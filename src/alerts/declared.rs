//! The rules of a project, as declared.

use std::sync::Arc;

use super::{Rule, Severity};
use crate::diagnostic::SourceFile;

/// The rules that a file declares over a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Alerts {
    /// The score's name.
    pub score: String,
    /// The rules, in the order of the file.
    pub rules: Vec<Declared>,
    /// The file.
    pub file: Arc<SourceFile>,
}

/// A rule and what people call it.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Its name for people.
    pub title: String,
    /// How severe its alerts are.
    pub severity: Severity,
    /// What it says.
    pub rule: Rule,
}
