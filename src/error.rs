//! Why a command ended without doing its work, and the exit code that tells an orchestrator what to do next.

use crate::diagnostic::{Diagnostic, Diagnostics, Location};

/// Why a command failed. [`Error::exit_code`] is the contract with orchestrators.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project is wrong: SQL, YAML, contracts, unit tests. Retrying does not help. Exit code 1.
    #[error("{0}")]
    Project(Diagnostics),
    /// The command was called wrongly. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// hale itself is wrong. Exit code 2.
    #[error("this is a bug in hale: {0}")]
    Bug(String),
    /// Everything was built, an audit failed, nothing was published; or what is published, or would be, is not as it must be.
    /// Exit code 3.
    #[error("{0}")]
    Audit(Diagnostics),
    /// A source has not landed, or cannot be read: wait, then try again. Exit code 75, or 99 where the caller asked to skip.
    #[error("{found}")]
    NotReady {
        /// What is not there, or not whole.
        found: Diagnostics,
        /// Whether the caller would rather skip the day than try again.
        skip: bool,
    },
    /// The machine or the storage failed in a way that may pass, or that more of something mends: try again. Exit code 75.
    #[error("{0}")]
    Transient(Diagnostics),
    /// Stopped by a signal; staging removed, nothing published. Exit code 128 + the signal's number.
    #[error("stopped by signal {0}; nothing was published")]
    Interrupted(u8),
}

impl Error {
    /// Something that may pass, said in one line: try again.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::Transient(Diagnostic::error("try-again", message).into())
    }

    /// What the process ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Project(_) => 1,
            Self::Usage(_) | Self::Bug(_) => 2,
            Self::Audit(_) => 3,
            Self::Transient(_) | Self::NotReady { skip: false, .. } => 75,
            Self::NotReady { skip: true, .. } => 99,
            Self::Interrupted(signal) => 128 + signal,
        }
    }
}

impl Error {
    /// The same with a place for what is wrong with the project and has none.
    pub(crate) fn placed(self, place: impl Fn(&Diagnostic) -> Location) -> Self {
        let placed = |found: Diagnostics| {
            let with_place = |problem: Diagnostic| match problem.location {
                Some(_) => problem,
                None => {
                    let at = place(&problem);
                    problem.at(at)
                }
            };
            found.into_iter().map(with_place).collect()
        };
        match self {
            Self::Project(found) => Self::Project(placed(found)),
            Self::Audit(found) => Self::Audit(placed(found)),
            other => other,
        }
    }

    /// A failure of the storage while sources were looked for: what it refuses may be there at the next try.
    pub(crate) fn of_source(self) -> Self {
        match self {
            Self::Project(found)
                if found.iter().all(|problem| matches!(problem.code, "not-found" | "storage-refused")) =>
            {
                Self::NotReady { found, skip: false }
            }
            other => other,
        }
    }

    /// Whether a file of a source may be to blame: it is damaged, or holds what was not declared.
    pub(crate) fn is_of_a_file(&self) -> bool {
        let of_a_file = |found: &Diagnostics| {
            found.iter().any(|problem| matches!(problem.code, "corrupt-parquet" | "unfit-value"))
        };
        match self {
            Self::Project(found) | Self::NotReady { found, .. } => of_a_file(found),
            _ => false,
        }
    }
}

impl From<Diagnostics> for Error {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Project(diagnostics)
    }
}

/// What every step of the library returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;
