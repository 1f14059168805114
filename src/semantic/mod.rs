//! The semantic side: what a metric is worth, written in YAML, run as plain SQL.
//!
//! ```text
//! sql/components/*.yml ─┐  yaml        document      resolve        definition      compile
//!                       ├─► strict ──► what a file ─► checked, all ─► what it means ─► SQL over
//! sql/scores/*.yml ─────┘  reading     says           problems told   (Semantics)      metrics.accounts
//! ```
//!
//! A component measures an account on a day with one SQL expression over `metrics.accounts` and turns the value into
//! points, between a least and a most. A part's **share** is how far its points lie from the one to the other. A
//! scorecard weighs components in nested groups; each group makes one value of the shares of its parts:
//!
//! ```text
//! weighted mean          Σ wᵢ·shareᵢ / Σ wᵢ                      min, max         the least, the greatest share
//! points over possible   Σ wᵢ·widthᵢ·shareᵢ / Σ wᵢ·widthᵢ        geometric mean   exp(Σ wᵢ·ln shareᵢ / Σ wᵢ)
//! additive               base + Σ wᵢ·pointsᵢ, held from min to max
//! ```
//!
//! over the parts that have a value. A component has none when it is *not applicable* (it leaves the score and the
//! coverage), *not yet* to be judged, or *not reported* (NULL, NaN or infinite); for the last two it says what that is
//! worth ([`OnMissing`]), and by default nothing: the others of its group share its weight. It has none either, and that is
//! known and not missing, where usage is zero and so there is nothing to divide by: *zero base*, for which it says what that
//! is worth ([`ZeroBase`]). Where no usage is expected (*expected idle*, [`ExpectedIdle`]) what judges usage does not apply. **Coverage** is the declared weight of what is known over that of what applies; a score below its minimum coverage is NULL and its tier
//! is `unscored`.
//!
//! A score with `status: draft` is computed beside the others, into tables of its own that nothing reads; what it `replaces`
//! stands beside it on its rows. Its content hash is that of the score that it becomes when it is promoted.
//!
//! ```
//! use halescore::diagnostic::SourceFile;
//! let components = [SourceFile::new(
//!     "sql/components/use.yml",
//!     "usage: {title: Usage, value: events_28d, bins: [{below: 10, points: 0}, {points: 4}]}
//! pulse:
//!   title: Pulse
//!   value: csm_pulse
//!   ordinal: [1, 5]
//!   decay: {age: csm_pulse_age_days, half_life: 30, toward: 3, expires_after: 90}
//!   on_missing: {neutral: 3}",
//! )];
//! let scores = [SourceFile::new(
//!     "sql/scores/health.yml",
//!     "title: Health
//! version: '1'
//! components:
//!   product: {weight: 60, components: [usage]}
//!   relationship: {weight: 40, aggregate: min, components: [pulse]}
//! scorecards:
//!   - {name: new, when: tenure_days < 90, weights: {product: 20}}
//!   - {name: default}
//! tiers: [{name: poor, below: 50}, {name: good}]",
//! )];
//! let semantics = halescore::semantic::parse(&components, &scores)?;
//! let tables: Vec<_> = semantics.compile().iter().map(|model| format!("{}.{}", model.layer, model.name)).collect();
//! assert_eq!(tables, ["components.health", "scores.health"]);
//! # Ok::<(), halescore::diagnostic::Diagnostics>(())
//! ```
//!
//! | to add | do |
//! | --- | --- |
//! | a key of a component or score | a field in `document` with what it means, its meaning in `definition` and `definition_hash`, its check in `resolve`, `hale schema` into `.schema/` |
//! | a way from value to points | a variant of [`Rule`], its check in `resolve/rule`, its SQL in `compile/points`, its words in [`explain`](mod@crate::explain) |
//! | something to compare with | a variant of [`Relative`], its SQL in `compile/measure/relative` |
//! | an aggregate | a variant of [`Aggregate`], its value and its factor in `compile/tree` |
//! | a missing-data policy | a variant of [`OnMissing`], its SQL in `compile/points` |
//!
//! Each of these has its naive counterpart in `tests/semantic/`, and a fixture in `tests/parity/` where some system
//! publishes an example.

mod compile;
mod definition;
mod definition_hash;
mod document;
mod expression;
mod not_a_number;
mod overlap;
mod reads;
mod resolve;
mod schema;

use std::sync::Arc;

pub(crate) use compile::text_literal;
pub use compile::{BANDS, Cell, CompiledModel, Fact, Facts, MAIN, STAGES, WithoutOne};
pub use definition::{
    Additive, Aggregate, Bin, By, Case, Challenge, Component, Decay, Direction, Draft, Edge, Entity,
    ExpectedIdle, Fading, Fallback, Give, Group, Measure, Node, OnMissing, Outside, OwnForm, Pace, ParentOf,
    Part, Range, Relative, RollUp, Rule, Scope, Score, Scorecard, Scoring, Source, Standing, Status, Tier,
    TierFrom, UsageKind, UsageOf, ZeroBase,
};
pub use expression::Expression;
pub use schema::{components_schema, score_schema};

use crate::diagnostic::{Diagnostics, SourceFile};

/// All components and scores of a project, checked: the value that everything on the semantic side reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Semantics {
    /// The components, in the order of their files and within them.
    pub components: Vec<Arc<Component>>,
    /// The published scores, in the order of their files.
    pub scores: Vec<Score>,
    /// The scores that are drafts, in the order of their files.
    pub drafts: Vec<Score>,
    /// What is worth knowing about them but stops nothing; and what is told with the problems of a check.
    pub warnings: Diagnostics,
}

impl Semantics {
    /// All scores, drafts after the published ones.
    pub fn all(&self) -> impl Iterator<Item = &Score> {
        self.scores.iter().chain(&self.drafts)
    }

    /// The draft of a name.
    pub fn draft(&self, name: &str) -> Option<&Score> {
        self.drafts.iter().find(|draft| draft.name == name)
    }

    /// Whose scores use a component; none where no score does.
    pub fn entities_of(&self, component: &Component) -> Vec<Entity> {
        let uses = |score: &&Score| {
            let cards = score.scorecards().iter();
            cards.flat_map(|card| card.root.components()).any(|part| part.name == component.name)
        };
        let used: Vec<Entity> = self.all().filter(uses).map(|score| score.entity).collect();
        Entity::ALL.into_iter().filter(|entity| used.contains(entity)).collect()
    }
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
    let (drafts, scores) = scores.into_iter().partition(|score| score.draft.is_some());
    Ok(Semantics { components: catalogue.into_components(), scores, drafts, warnings: problems })
}
