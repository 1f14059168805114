//! How the operator runs, as a setting of the session.

use std::fmt;
use std::str::FromStr;

use datafusion::common::config::{ConfigExtension, ConfigField, Visit};
use datafusion::common::extensions_options;
use datafusion::common::{DataFusionError, Result, plan_datafusion_err};

extensions_options! {
    /// Settings of the day-window operator, under the prefix `hale`. Add them to a session with
    /// `SessionConfig::with_option_extension(WindowOptions::default())`; without them the defaults hold.
    pub struct WindowOptions {
        /// `hashed`: rows in any order, all groups in memory, fastest. `sorted`: rows sorted by the partition keys
        /// below the operator (a sort that can spill), one group in memory at a time.
        pub window_mode: WindowMode, default = WindowMode::Hashed
    }
}

impl ConfigExtension for WindowOptions {
    const PREFIX: &'static str = "hale";
}

/// Whether the groups of a window (the rows of one account, say) are told apart by hashing or by sorting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WindowMode {
    /// All groups at once, in memory that the pool accounts for. Out of memory is
    /// [`DataFusionError::ResourcesExhausted`]; the caller plans again in [`WindowMode::Sorted`].
    #[default]
    Hashed,
    /// Group by group, on input sorted by the partition keys.
    Sorted,
}

impl fmt::Display for WindowMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hashed => "hashed",
            Self::Sorted => "sorted",
        })
    }
}

impl FromStr for WindowMode {
    type Err = DataFusionError;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "hashed" => Ok(Self::Hashed),
            "sorted" => Ok(Self::Sorted),
            _ => Err(plan_datafusion_err!("hale.window_mode is `hashed` or `sorted`, not `{text}`")),
        }
    }
}

impl ConfigField for WindowMode {
    fn visit<V: Visit>(&self, visitor: &mut V, key: &str, description: &'static str) {
        visitor.some(key, self, description);
    }

    fn set(&mut self, _key: &str, value: &str) -> Result<()> {
        *self = value.parse()?;
        Ok(())
    }
}
