//! The semantic side: what a metric is worth, written in YAML, run as plain SQL.
//!
//! ```text
//! sql/components/*.yml ─┐  yaml        document      resolve        definition      compile
//!                       ├─► strict ──► what a file ─► checked, all ─► what it means ─► SQL over
//! sql/scores/*.yml ─────┘  reading     says           problems told   (Semantics)      metrics.accounts
//! ```
//!
//! A component measures an account on a day with one SQL expression over `metrics.accounts` and turns the
//! value into points by bins. A score adds up components:
//!
//! ```text
//! score = 100 × Σ wᵢ·pointsᵢ / Σ wᵢ·max_pointsᵢ        over the components that have a value
//! ```
//!
//! A component without a value (NULL, NaN or infinite) neither earns nor counts as possible, so the others are
//! weighed anew and nobody's points change. The weight present over the weight declared is the coverage; a score
//! below its minimum coverage is NULL and its tier is `unscored`.
//!
//! ```
//! use halescore::diagnostic::SourceFile;
//! let components = [SourceFile::new(
//!     "sql/components/use.yml",
//!     "usage: {title: Usage, value: events_28d, bins: [{below: 10, points: 0}, {points: 4}]}",
//! )];
//! let scores = [SourceFile::new(
//!     "sql/scores/health.yml",
//!     "{title: Health, version: '1', components: [usage], tiers: [{name: poor, below: 50}, {name: good}]}",
//! )];
//! let semantics = halescore::semantic::parse(&components, &scores)?;
//! let tables: Vec<_> = semantics.compile().iter().map(|model| format!("{}.{}", model.layer, model.name)).collect();
//! assert_eq!(tables, ["components.health", "scores.health"]);
//! # Ok::<(), halescore::diagnostic::Diagnostics>(())
//! ```
//!
//! | to add | do |
//! | --- | --- |
//! | a key of a component or score | a field in `document`, its meaning in `definition`, its check in `resolve` |
//! | a way from value to points | a variant beside `bins`, its SQL in `compile/steps` |
//! | an aggregate | a variant of [`Aggregate`], its sums in `compile/steps` |
//! | a missing-data policy | a variant of [`OnMissing`], its SQL in `compile/steps` |

mod compile;
mod definition;
mod document;
mod expression;
mod meaning;
mod resolve;
mod yaml;

use std::sync::Arc;

pub use compile::{Cell, CompiledModel, Fact, Facts, Origin};
pub use definition::{
    Additive, Aggregate, Bin, Case, Component, Decay, Direction, Edge, Entity, Fading, Fallback, Group,
    Measure, Node, OnMissing, Outside, OwnForm, Pace, ParentOf, Part, Range, Relative, RollUp, Rule, Scope,
    Score, Scorecard, Scoring, Source, Standing, State, Tier, TierFrom,
};
pub use expression::Expression;

use crate::diagnostic::{Diagnostics, SourceFile};

/// All components and scores of a project, checked: the value that everything on the semantic side reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Semantics {
    /// The components, in the order of their files and within them.
    pub components: Vec<Arc<Component>>,
    /// The scores, in the order of their files.
    pub scores: Vec<Score>,
}

/// Reads and checks the files of `sql/components/` and `sql/scores/`.
///
/// A score is named by its file's stem, a component by its key.
///
/// # Errors
///
/// All the problems of all the files: one for a file that is not YAML of the right form, and everything that is
/// wrong with the meaning of the others.
pub fn parse(components: &[Arc<SourceFile>], scores: &[Arc<SourceFile>]) -> Result<Semantics, Diagnostics> {
    let mut problems = Diagnostics::new();
    let catalogue = resolve::components(components, &mut problems);
    let scores = resolve::scores(scores, &catalogue, &mut problems);
    if problems.has_errors() {
        return Err(problems);
    }
    Ok(Semantics { components: catalogue.into_components(), scores })
}
