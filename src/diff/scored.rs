//! The score of everybody, in columns.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use crate::error::Result;
use crate::explain::units;
use crate::read::columns::{known_texts, numbers, texts};

/// The prefix of columns that say whether a component is known.
const KNOWN: &str = "is_known_";

/// A score of everybody, a row each, in whole units of 10⁻¹⁰ so that sums are exact.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Scored {
    /// The score; `None` when unscored.
    pub(super) score: Vec<Option<i64>>,
    /// Its tier.
    pub(super) tier: Vec<String>,
    /// The scorecard that applied, where that was asked.
    pub(super) card: Vec<Option<String>>,
    /// Who each component is known of, where that was asked.
    pub(super) known: BTreeMap<String, Vec<bool>>,
}

impl Scored {
    /// The columns of an answer.
    pub(super) fn of(batch: &RecordBatch) -> Result<Self> {
        let score = numbers(batch, "score")?.into_iter().map(|score| score.map(units)).collect();
        let card = if batch.column_by_name("scorecard").is_some() { texts(batch, "scorecard")? } else { Vec::new() };
        let mut known = BTreeMap::new();
        for field in batch.schema().fields() {
            if let Some(name) = field.name().strip_prefix(KNOWN) {
                let flags = numbers(batch, field.name())?;
                known.insert(name.to_owned(), flags.into_iter().map(|flag| flag == Some(1.0)).collect());
            }
        }
        Ok(Self { score, tier: known_texts(batch, "tier")?, card, known })
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
            known: self.known.iter().map(|(name, known)| (name.clone(), of(known, rows))).collect(),
        }
    }
}
