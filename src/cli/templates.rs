//! The templates of `hale init`: components and scores over the bundled metrics, for one way of business each.
//!
//! To add one: a folder under `src/templates/`, its line and its variant here. Its score is `health`, which the bundled marts read.

use std::path::Path;

use clap::ValueEnum;
use include_dir::{Dir, include_dir};

static USAGE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/templates/usage");
static ENTERPRISE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/templates/enterprise");
static ONBOARDING: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/templates/onboarding");
static RFM: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/templates/rfm");

/// What a project begins with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Template {
    /// Five components of usage, alike: points over points possible
    #[default]
    Default,
    /// Usage-heavy SaaS: intensity 50, breadth 25, depth 25
    Usage,
    /// Enterprise: product 60 and relationship 40 on a matrix from 1 to 5, with the owner's judgement
    Enterprise,
    /// A scorecard for the first 90 days, another for the time after
    Onboarding,
    /// Recency, frequency, monetary by fifths; usage stands for money
    Rfm,
}

impl Template {
    /// Its own files, by their path in a project; `None` of the bundled project itself.
    pub(super) fn files(self) -> Option<&'static Dir<'static>> {
        match self {
            Self::Default => None,
            Self::Usage => Some(&USAGE),
            Self::Enterprise => Some(&ENTERPRISE),
            Self::Onboarding => Some(&ONBOARDING),
            Self::Rfm => Some(&RFM),
        }
    }

    /// Whether a file of the bundled project gives way: the score `health`, its components, their tests, what is expected of it and who is told; other scores
    /// stay. The overrides of the sample are numbers from 0 to 100, which mean nothing on a scale from 1 to 5.
    pub(super) fn replaces(self, path: &Path) -> bool {
        const HEALTH: [&str; 7] = [
            "sql/components/usage.yml",
            "sql/components/beyond_usage.yml",
            "sql/scores/health.yml",
            "sql/alerts/health.yml",
            "sql/expectations/health.yml",
            "sql/tests/components.health",
            "sql/tests/scores.health",
        ];
        HEALTH.iter().any(|replaced| path.starts_with(replaced))
            || (self == Self::Enterprise && path == Path::new("data/overrides.parquet"))
    }
}
