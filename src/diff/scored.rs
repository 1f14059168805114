//! The score of everybody, in columns.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use crate::error::Result;
use crate::explain::units;
use crate::read::columns::{known_texts, numbers, texts};

/// The prefix of columns that say whether a component is known.
const KNOWN: &str = "is_known_";

/// The column that says whether a row would stop a run.
const REFUSED: &str = "is_refused";

/// A score of everybody, a row each, in whole units of 10⁻¹⁰ so that sums are exact.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Scored {
    /// The score; `None` when unscored.
    pub(super) score: Vec<Option<i64>>,
    /// Its tier.
    pub(crate) tier: Vec<String>,
    /// The scorecard that applied, where that was asked.
    pub(crate) card: Vec<Option<String>>,
    /// Whose row would stop a run, where that was asked.
    pub(super) refused: Vec<bool>,
    /// Who each component is known of, where that was asked.
    pub(super) known: BTreeMap<String, Vec<bool>>,
}

impl Scored {
    /// The columns of an answer.
    pub(super) fn of(batch: &RecordBatch) -> Result<Self> {
        let score = numbers(batch, "score")?.into_iter().map(|score| score.map(units)).collect();
        let card =
            if batch.column_by_name("scorecard").is_some() { texts(batch, "scorecard")? } else { Vec::new() };
        let flags = |name: &str| -> Result<Vec<bool>> {
            Ok(numbers(batch, name)?.into_iter().map(|flag| flag == Some(1.0)).collect())
        };
        let refused = if batch.column_by_name(REFUSED).is_some() { flags(REFUSED)? } else { Vec::new() };
        let mut known = BTreeMap::new();
        for field in batch.schema().fields() {
            if let Some(name) = field.name().strip_prefix(KNOWN) {
                known.insert(name.to_owned(), flags(field.name())?);
            }
        }
        Ok(Self { score, tier: known_texts(batch, "tier")?, card, refused, known })
    }

    /// Some of the rows, in the order given.
    pub(super) fn only(&self, rows: &[usize]) -> Self {
        fn of<T: Clone>(all: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().filter_map(|row| all.get(*row).cloned()).collect()
        }
        Self {
            score: of(&self.score, rows),
            tier: of(&self.tier, rows),
            card: of(&self.card, rows),
            refused: of(&self.refused, rows),
            known: self.known.iter().map(|(name, known)| (name.clone(), of(known, rows))).collect(),
        }
    }
}
