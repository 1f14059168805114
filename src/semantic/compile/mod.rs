//! From the definition to plain SQL: two models of the pipeline for each score.
//!
//! Both begin with the same steps over one scan of `metrics.accounts` (see `steps`); then `scores` makes the score
//! of them, and `components` the long form that explains it, one row per component. The SQL is standard: another
//! engine that runs the query of a model gets the same numbers.
//!
//! **Exactness.** What is added up are whole numbers (see `exact`), so a score is the double nearest to what it is on
//! paper: 75 is 75, and in the tier that begins there. A contribution is the difference of two running
//! scores, with the component and without it. Running scores are multiples of 2⁻⁴⁶ except the last, the score; any
//! double up to 128 is a multiple of its own last place, which is no larger. So every sum of contributions has an
//! exact double, and they add up to the score to the last bit, in any order, in any engine.

mod components;
mod scores;
mod steps;
mod writer;

use std::ops::Range;
use std::sync::Arc;

use super::Semantics;
use crate::diagnostic::{Location, SourceFile};

/// A model of the pipeline, compiled from a score.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledModel {
    /// Its layer and schema: `components` or `scores`.
    pub layer: &'static str,
    /// Its name, that of the score.
    pub name: String,
    /// The statement: the contract, and the query after `AS`.
    pub sql: String,
    /// The bytes of the query within [`Self::sql`]: what any engine runs unchanged.
    pub query: Range<usize>,
    /// The score's file.
    pub yaml: Arc<SourceFile>,
    /// What in the SQL was taken from the YAML: whole expressions and the names in them.
    pub origins: Vec<Origin>,
}

/// A piece of compiled SQL and the YAML that it was taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Bytes of [`CompiledModel::sql`].
    pub sql: Range<usize>,
    /// Where the same stands in the YAML.
    pub yaml: Location,
}

impl CompiledModel {
    /// The query, without the contract.
    pub fn query(&self) -> &str {
        &self.sql[self.query.clone()]
    }

    /// Where the SQL at a byte was taken from, as narrowly as is known; `None` where hale wrote it itself.
    pub fn origin(&self, byte: usize) -> Option<&Location> {
        self.origins
            .iter()
            .filter(|origin| origin.sql.contains(&byte))
            .min_by_key(|origin| origin.sql.len())
            .map(|origin| &origin.yaml)
    }
}

impl Semantics {
    /// The models of all scores: of each its components, then the score itself.
    pub fn compile(&self) -> Vec<CompiledModel> {
        self.scores.iter().flat_map(|score| [components::model(score), scores::model(score)]).collect()
    }
}
