//! Rows by their kind, and what their values come from.

use super::value::{Sources, Value};

/// Rows of one query among several that stand below each other.
#[derive(Debug, Clone, Default)]
pub(super) struct KindOfRows {
    pub(super) values: Vec<Value>,
    /// The optional sources without a row of which there is none of these.
    pub(super) there: Sources,
}

/// All rows, by kind.
pub(super) type Rows = Vec<KindOfRows>;

/// Rows of all kinds as of one: what is known of each.
pub(super) fn merged(rows: Rows) -> KindOfRows {
    let both = |one: KindOfRows, other: KindOfRows| KindOfRows {
        values: one.values.into_iter().zip(&other.values).map(|(one, other)| one.or(other)).collect(),
        there: &one.there & &other.there,
    };
    rows.into_iter().reduce(both).unwrap_or_default()
}

impl KindOfRows {
    /// All that its values come from, and what has to be there.
    pub(super) fn everything(&self) -> Sources {
        self.values.iter().fold(self.there.clone(), |all, value| &all | &value.from)
    }

    pub(super) fn where_reported(mut self, sources: &Sources) -> Self {
        self.values = self.values.into_iter().map(|value| value.where_reported(sources)).collect();
        self
    }
}

/// Rows that come from no optional source.
pub(super) fn clean(width: usize) -> KindOfRows {
    KindOfRows { values: vec![Value::default(); width], there: Sources::new() }
}
