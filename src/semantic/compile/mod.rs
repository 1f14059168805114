//! From the definition to plain SQL: two tables of the pipeline for each score, and a view.
//!
//! Both begin with the same steps over one scan of metrics (see `steps`); then `scores` makes the score
//! of them, and `components` the long form that explains it, one row per component. The SQL is standard: another
//! engine that runs the query of a model gets the same numbers.
//!
//! | step | about |
//! | --- | --- |
//! | `measure` | values, what they are compared with, why there are none |
//! | `points` | what values are worth, and what stands in for a missing one |
//! | `tree` | the groups of every scorecard, and the way back to contributions |
//! | `scores`, `components` | the two tables |
//! | `what_if`, `without_one` | a score once more: from measures mixed at will, without each of its components |
//! | `spread` | how many rows have which bin of a component, or which reason to have none |
//! | `replay` | a score of everybody once more: by any definition, and on the way from one day to another |
//! | `roll_up` | the two tables of a score made of the scores of others |
//! | `champion` | what stands beside a draft: the score that it would stand for, and which of the two an account falls to |
//! | `main_score` | the views that stand for the main score |
//! | `published` | the views by which marts read scores as they were published |
//!
//! **Exactness.** Sums of doubles miss what they are on paper by a hair, and by another hair in another order. So a
//! score is the nearest decimal with ten digits after the point: 75 is 75, and in the tier that begins there.
//! Contributions add up to it to the last bit, in any order, in any engine: a contribution is the difference of two
//! running scores, with the component and without it. Running scores are multiples of 2⁻⁴⁶ (on a scale up to 100)
//! except the last, the score; any double up to 128 is a multiple of its own last place, which is no larger. Where
//! there is something to take away (sums from a base, rounded groups), running scores may pass the score, and another
//! rule holds: score and contributions are multiples of 2⁻⁴⁰, and the row `base` has what no component earned.

mod champion;
mod components;
mod main_score;
mod measure;
mod points;
mod probe;
mod published;
mod query;
mod replay;
mod roll_up;
mod scores;
mod spread;
mod steps;
mod tree;
mod what_if;
mod without_one;
mod writer;

pub use main_score::MAIN;
pub use replay::STAGES;
pub use spread::BANDS;
pub use what_if::{Cell, Fact, Facts};
pub use without_one::WithoutOne;
pub(crate) use writer::text as text_literal;

use std::ops::Range;
use std::sync::Arc;

use super::Semantics;
use super::definition::{Score, Source};
use crate::diagnostic::{Location, Origin, SourceFile};

/// A model of the pipeline, compiled from a score.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledModel {
    /// Its layer and schema: `components`, `scores` or `published`, of a draft `drafts`.
    pub layer: &'static str,
    /// Its name, that of the score; of what a draft is made of, with `_components` after it.
    pub name: String,
    /// What the score was called before, and where that is said.
    pub was: Option<(String, Location)>,
    /// The statement: the contract, and the query after `AS`.
    pub sql: String,
    /// The bytes of the query within [`Self::sql`]: what any engine runs unchanged.
    pub query: Range<usize>,
    /// The score's file.
    pub yaml: Arc<SourceFile>,
    /// What in the SQL was taken from the YAML: whole expressions and the names in them.
    pub origins: Vec<Origin>,
}

impl CompiledModel {
    /// The query, without the contract.
    pub fn query(&self) -> &str {
        &self.sql[self.query.clone()]
    }

    /// Where the SQL at a byte was taken from, as narrowly as is known; `None` where hale wrote it itself.
    pub fn origin(&self, byte: usize) -> Option<&Location> {
        Origin::of(&self.origins, byte)
    }
}

impl Semantics {
    /// The models of all scores and drafts: of each its components, then the score itself.
    pub fn compile(&self) -> Vec<CompiledModel> {
        self.all().flat_map(|score| self.models(score)).collect()
    }

    /// The views by which marts read scores as they were published; of drafts none, as nobody was ever told of one.
    pub fn published_views(&self) -> Vec<CompiledModel> {
        self.scores.iter().map(published::view).collect()
    }

    fn models(&self, score: &Score) -> [CompiledModel; 2] {
        match &score.source {
            Source::Scorecards(cards) => {
                let query = query::Query::new(score, cards);
                [components::model(&query), scores::model(&query)]
            }
            Source::RollUp(roll_up) => [roll_up::members(score, roll_up), roll_up::model(score, roll_up)],
        }
    }
}
