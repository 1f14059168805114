//! What the operator computes and puts out, however it runs.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalSortExpr};

use super::emit::Source;
use super::ingest::Emit;
use super::order::{ASCENDING, ResultOrder};
use super::spec::WindowSpec;

/// What to compute and what to put out: all that does not depend on how the operator runs.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) spec: Arc<WindowSpec>,
    pub(super) emit: Arc<Emit>,
    pub(super) sources: Arc<[Source]>,
    /// In hashed mode, what the results of each partition are sorted by; `None` where nobody asks for it.
    pub(super) order: Option<ResultOrder>,
    pub(super) schema: SchemaRef,
}

impl Task {
    /// The input column of days, where it is one.
    pub(super) fn day(&self) -> Option<usize> {
        self.spec.order_by.downcast_ref::<Column>().map(Column::index)
    }

    /// The place of the days among the kept columns.
    pub(super) fn kept_day(&self) -> Option<usize> {
        let day = self.day()?;
        self.emit.columns.iter().position(|column| *column == day)
    }

    /// The input column that an output column is, where it is none of the results.
    pub(super) fn input_column(&self, output: usize) -> Option<usize> {
        match self.sources[output] {
            Source::Kept(kept) => Some(self.emit.columns[kept]),
            Source::Result(_) => None,
        }
    }

    /// The input columns that results in an order are sorted by, as far as these are columns.
    pub(super) fn sorted_by(&self, order: ResultOrder) -> Vec<usize> {
        let keys = self.spec.partition_by.iter();
        let keys = keys.map(|key| key.downcast_ref::<Column>().map(Column::index));
        let by: Vec<_> = match order {
            ResultOrder::Days => std::iter::once(self.day()).chain(keys).collect(),
            ResultOrder::Accounts => keys.chain([self.day()]).collect(),
        };
        by.into_iter().map_while(|column| column).collect()
    }

    /// The order of the results, as the plan knows it.
    pub(super) fn orderings(&self) -> EquivalenceProperties {
        let sorted = self.order.map_or_else(Vec::new, |order| self.sorted_by(order));
        let output = |input: usize| {
            (0..self.sources.len()).find(|output| self.input_column(*output) == Some(input)).map(|output| {
                let column = Column::new(self.schema.field(output).name(), output);
                PhysicalSortExpr::new(Arc::new(column), ASCENDING)
            })
        };
        let ordering: Vec<_> = sorted.into_iter().map_while(output).collect();
        EquivalenceProperties::new_with_orderings(Arc::clone(&self.schema), [ordering])
    }
}
