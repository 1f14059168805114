//! What components and scores mean, once everything about them has been checked.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::expression::Expression;
use crate::diagnostic::{Location, SourceFile};

/// One thing that is measured about an account on a day, and what its value is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its key: lower-case letters, digits and underscores.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What is measured: one number from one row of `metrics.accounts`.
    pub value: Expression,
    /// What values are worth: at least one bin, edges ascending, only the last one open above.
    pub bins: Vec<Bin>,
    /// What an account without a value gets.
    pub on_missing: OnMissing,
    /// Which way is better, where there is one way.
    pub direction: Option<Direction>,
    /// The unit of the value, for people.
    pub unit: Option<String>,
    /// The heading under which reports show it.
    pub group: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it matters and where the thresholds come from, or a link to that.
    pub docs: Option<String>,
    /// Where its name stands in the YAML.
    pub location: Location,
}

impl Component {
    /// The most points that a value can earn, above 0.
    pub fn max_points(&self) -> f64 {
        self.bins.iter().map(|bin| bin.points).fold(0.0, f64::max)
    }
}

/// A half-open range of values `[previous bin's edge, below)` and its points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// The edge above, itself excluded; `None` for the last bin.
    pub below: Option<f64>,
    /// Points for a value in the bin, from 0.
    pub points: f64,
}

/// What an account gets whose component has no value (NULL, NaN or infinite).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMissing {
    /// The component counts neither as earned nor as possible: the others share its weight.
    #[default]
    Renormalise,
}

/// Which way a value is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A higher value earns at least as many points.
    HigherIsBetter,
    /// A lower value earns at least as many points.
    LowerIsBetter,
}

/// A score from 0 to 100 of every account on every day.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The stem of its file: lower-case letters, digits and underscores.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// The version that people gave it, published on every row.
    pub version: String,
    /// The components, in declared order; at least one.
    pub parts: Vec<Part>,
    /// How the parts make the score.
    pub aggregate: Aggregate,
    /// The least share of the declared weight that must be present, 0 to 1.
    pub min_coverage: f64,
    /// The names of ranges of the score: lowest first, edges ascending, only the last one open above.
    pub tiers: Vec<Tier>,
    /// Content hash of the meaning, published on every row: equal whatever the comments, the order of keys, the
    /// titles and the version; different as soon as a number could be.
    pub definition: String,
    /// The file that declares it.
    pub file: Arc<SourceFile>,
}

impl Score {
    /// The parts in the order of their names: the order of computing, so that the declared order, which is for
    /// people, changes no number.
    pub(super) fn parts_by_name(&self) -> Vec<&Part> {
        let mut parts: Vec<&Part> = self.parts.iter().collect();
        parts.sort_by_key(|part| part.component.name.as_str());
        parts
    }
}

/// A component in a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What is measured.
    pub component: Arc<Component>,
    /// How much its points count: any positive number.
    pub weight: f64,
}

/// How the parts make a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// `100 × Σ wᵢ·pointsᵢ / Σ wᵢ·max_pointsᵢ` over the components that have a value.
    #[default]
    PointsOverPossible,
}

/// A half-open range of scores `[previous tier's edge, below)` and its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// The name that is published.
    pub name: String,
    /// The edge above, itself excluded; `None` for the last tier.
    pub below: Option<f64>,
    /// What the tier means, for people.
    pub description: Option<String>,
}
