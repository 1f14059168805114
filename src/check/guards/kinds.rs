//! Rows by their kind, and what their values come from.

use super::told::{Reaches, Sources, Told};
use super::value::Value;

/// Rows of one query among several that stand below each other.
#[derive(Debug, Clone, Default)]
pub(super) struct KindOfRows {
    pub(super) values: Vec<Value>,
    /// The optional sources without a row of which there is none of these.
    pub(super) there: Sources,
    /// The logs of which a condition left the last days alone, and how many.
    pub(super) kept: Reaches,
}

/// All rows, by kind.
pub(super) type Rows = Vec<KindOfRows>;

/// Rows of all kinds as of one: what is known of each.
pub(super) fn merged(rows: Rows) -> KindOfRows {
    let both = |one: KindOfRows, other: KindOfRows| KindOfRows {
        values: one.values.into_iter().zip(&other.values).map(|(one, other)| one.or(other)).collect(),
        there: &one.there & &other.there,
        kept: &one.kept | &other.kept,
    };
    rows.into_iter().reduce(both).unwrap_or_default()
}

impl KindOfRows {
    /// All that its values come from, and what has to be there.
    pub(super) fn everything(&self) -> Sources {
        self.values.iter().fold(self.there.clone(), |all, value| &all | &value.from)
    }

    /// The logs whose facts it has.
    pub(super) fn facts(&self) -> Sources {
        self.values.iter().fold(Sources::new(), |all, value| &all | &value.days.facts)
    }

    pub(super) fn where_told(mut self, told: &Told) -> Self {
        self.values = self.values.into_iter().map(|value| value.where_told(told)).collect();
        self
    }
}

/// Rows that come from no optional source.
pub(super) fn clean(width: usize) -> KindOfRows {
    KindOfRows { values: vec![Value::default(); width], ..KindOfRows::default() }
}
