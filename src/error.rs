//! Why a command ended without doing its work, and the exit code that tells an orchestrator what to do next.

use crate::diagnostic::Diagnostics;

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
    /// Everything was built, an audit failed, nothing was published. Exit code 3.
    #[error("{0}")]
    Audit(Diagnostics),
    /// The machine or the storage failed in a way that may pass: try again. Exit code 75.
    #[error("{0}")]
    Transient(String),
    /// Stopped by a signal; staging removed, nothing published. Exit code 128 + the signal's number.
    #[error("stopped by signal {0}; nothing was published")]
    Interrupted(u8),
}

impl Error {
    /// What the process ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Project(_) => 1,
            Self::Usage(_) | Self::Bug(_) => 2,
            Self::Audit(_) => 3,
            Self::Transient(_) => 75,
            Self::Interrupted(signal) => 128 + signal,
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
