//! What moves scores, by name.

use serde::Serialize;

/// Which of the two sides of a comparison a cause belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The definition is another one.
    Definition,
    /// What is measured of accounts, or said of them, is other than on the first day.
    Data,
    /// Components became known, or unknown, from the first day to the second.
    Coverage,
    /// What was published is not what its definition makes of the metrics that are published now.
    Restated,
}

/// What kind of thing moves scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A component measures another thing.
    Measure,
    /// Values are worth other points.
    Points,
    /// What is missing, or has no base, is worth another thing.
    Missing,
    /// A component or group counts more, or less.
    Weight,
    /// A component or group came into the score.
    Added,
    /// A component left the score.
    Removed,
    /// Groups, and what they make of their parts.
    Groups,
    /// The scorecards, and whom they are for.
    Scorecards,
    /// Whose usage is asked for, and when none is expected.
    Usage,
    /// The least coverage that makes a score.
    MinCoverage,
    /// Whether overrides apply.
    Overrides,
    /// The decimals of the score.
    Rounding,
    /// The tiers: they move no score.
    Tiers,
    /// A component became known, or unknown, by what the definition says.
    Coverage,
    /// Components are known on one of the days alone.
    Known,
    /// Another scorecard of the same definition.
    Scorecard,
    /// Other values of components that are known on both days.
    Values,
    /// What people set against the score.
    Override,
    /// What was published is not what is computed now.
    Restated,
}
