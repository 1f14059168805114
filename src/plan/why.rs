//! Why days are built.

use std::fmt;

/// Why days are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// They were never published.
    Unpublished,
    /// Its model, or one that it reads, or a setting that these see has changed since.
    Definition,
    /// Files of the sources have changed, come or gone since.
    Sources,
    /// This hale makes other rows of the same sources than the one that published them.
    Numbers,
    /// They were built though sources did not reach them, which is not asked for now.
    Incomplete,
    /// Days of tables that they were made of were published again, with other rows, or are built now.
    Upstream,
    /// Rows of the day, or of days before it, came late.
    LateRows,
    /// They are days of facts that are not settled: every run makes them anew.
    Unsettled,
    /// It is not known what made what is published: it was scored from published tables, or sources were just being written.
    Unknown,
}

/// As people read it.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unpublished => "never published",
            Self::Definition => "its definition has changed",
            Self::Sources => "files of sources have changed",
            Self::Numbers => "another version of hale made them",
            Self::Incomplete => "built --incomplete",
            Self::Upstream => "what they were made of has changed",
            Self::LateRows => "rows came late",
            Self::Unsettled => "not settled yet",
            Self::Unknown => "not known what made them",
        })
    }
}
