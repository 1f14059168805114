//! Where a sieve for repeated keys pays.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Result, ScalarValue};
use datafusion::config::ConfigOptions;
use datafusion::datasource::source::DataSourceExec;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, Literal};
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_expr::utils::split_conjunction;
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use super::exec::RepeatedKeysExec;

/// From so many rows on, two readings are cheaper than one hash table.
const FROM_ROWS: usize = 1 << 20;

/// Puts a sieve below aggregates of which only groups of two rows and more are wanted.
#[derive(Debug)]
pub(super) struct RepeatedKeysRule {
    from_rows: usize,
}

impl Default for RepeatedKeysRule {
    fn default() -> Self {
        Self { from_rows: FROM_ROWS }
    }
}

impl PhysicalOptimizerRule for RepeatedKeysRule {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_down(|plan| {
            let filter = plan.downcast_ref::<FilterExec>();
            let counted = filter.and_then(|filter| {
                let aggregate = filter.input().downcast_ref::<AggregateExec>()?;
                wants_repeated(filter, aggregate).then_some(filter.input())
            });
            let Some(sieved) = counted.map(|aggregate| self.sieved(aggregate)).transpose()?.flatten() else {
                return Ok(Transformed::no(plan));
            };
            Ok(Transformed::yes(above(&plan, sieved)?))
        })
        .data()
    }

    fn name(&self) -> &str {
        "repeated_keys"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

impl RepeatedKeysRule {
    /// The aggregate with a sieve below it; `None` where that does not pay or cannot be done.
    fn sieved(&self, plan: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let Some(aggregate) = plan.downcast_ref::<AggregateExec>() else { return Ok(None) };
        if matches!(aggregate.mode(), AggregateMode::Final | AggregateMode::FinalPartitioned) {
            let below = self.sieved(aggregate.input())?;
            return below.map(|below| above(plan, below)).transpose();
        }
        let rows = aggregate.input();
        let by = aggregate.group_expr();
        let keys: Vec<_> = by.expr().iter().map(|(key, _)| Arc::clone(key)).collect();
        if by.has_grouping_set() || keys.is_empty() || !reads_the_same_twice(rows) {
            return Ok(None);
        }
        for key in &keys {
            // Doubles that are equal may differ in their bits.
            let data_type = key.data_type(&rows.schema())?;
            if is_volatile(key) || data_type.is_floating() || data_type.is_nested() {
                return Ok(None);
            }
        }
        let expected = StatisticsContext::new().compute(rows.as_ref(), &StatisticsArgs::new())?;
        let Some(expected) = expected.num_rows.get_value().filter(|rows| **rows >= self.from_rows) else {
            return Ok(None);
        };
        let sieve = RepeatedKeysExec::new(only(&keys, rows)?, Arc::clone(rows), keys, *expected);
        Ok(Some(above(plan, Arc::new(sieve))?))
    }
}

/// A node over another input.
fn above(node: &Arc<dyn ExecutionPlan>, input: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let recompute = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
    Arc::clone(node).replace_children(vec![input], recompute)
}

/// Only the keys of the rows.
fn only(keys: &[Arc<dyn PhysicalExpr>], rows: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let keys = keys.iter().enumerate();
    let keys = keys.map(|(at, key)| ProjectionExpr::new(Arc::clone(key), format!("key_{at}")));
    Ok(Arc::new(ProjectionExec::try_new(keys.collect::<Vec<_>>(), Arc::clone(rows))?))
}

/// Whether a filter keeps only groups in which some count is at least two.
fn wants_repeated(filter: &FilterExec, aggregate: &AggregateExec) -> bool {
    let groups = aggregate.group_expr().expr().len();
    split_conjunction(filter.predicate()).into_iter().any(|condition| {
        let Some(compared) = condition.downcast_ref::<BinaryExpr>() else { return false };
        let counts = |column: &Column| {
            let function = column.index().checked_sub(groups).and_then(|at| aggregate.aggr_expr().get(at));
            function.is_some_and(|function| *function.fun() == *count_udaf())
        };
        let least = compared.right().downcast_ref::<Literal>().and_then(|literal| match literal.value() {
            ScalarValue::Int64(Some(least)) => Some(*least),
            _ => None,
        });
        let is_count = compared.left().downcast_ref::<Column>().is_some_and(counts);
        is_count
            && match compared.op() {
                Operator::Gt => least.is_some_and(|least| least >= 1),
                Operator::GtEq => least.is_some_and(|least| least >= 2),
                _ => false,
            }
    })
}

/// Whether a plan is only files and what is done to their rows one by one: cheap to read twice, and the same twice.
fn reads_the_same_twice(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let is_plain = match plan.downcast_ref::<ProjectionExec>() {
        Some(projection) => !projection.expr().iter().any(|column| is_volatile(&column.expr)),
        None => match plan.downcast_ref::<FilterExec>() {
            Some(filter) => !is_volatile(filter.predicate()),
            None => plan.is::<DataSourceExec>() || plan.is::<UnionExec>(),
        },
    };
    is_plain && plan.children().into_iter().all(reads_the_same_twice)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
    use arrow::datatypes::Int64Type;
    use datafusion::datasource::MemTable;
    use datafusion::execution::session_state::SessionStateBuilder;
    use datafusion::physical_plan::displayable;
    use datafusion::prelude::{SessionConfig, SessionContext};
    use proptest::prelude::*;

    use super::*;

    /// A table of keys, in some partitions, under a session with the rule for any number of rows.
    fn session(rows: &[(Option<i64>, &str)], partitions: usize) -> SessionContext {
        let mut state = SessionStateBuilder::new()
            .with_default_features()
            .with_config(SessionConfig::new().with_target_partitions(3))
            .build();
        let mut rules = state.physical_optimizers().to_vec();
        rules.insert(0, Arc::new(RepeatedKeysRule { from_rows: 0 }));
        state = SessionStateBuilder::new_from_existing(state).with_physical_optimizer_rules(rules).build();
        let context = SessionContext::new_with_state(state);
        let batch = |rows: &[(Option<i64>, &str)]| {
            let keys: ArrayRef = Arc::new(rows.iter().map(|(key, _)| *key).collect::<Int64Array>());
            let texts: ArrayRef = Arc::new(rows.iter().map(|(_, text)| Some(*text)).collect::<StringArray>());
            RecordBatch::try_from_iter_with_nullable([("k", keys, true), ("t", texts, true)]).unwrap()
        };
        let parts: Vec<_> = (0..partitions)
            .map(|p| rows.iter().skip(p).step_by(partitions).copied().collect::<Vec<_>>())
            .collect();
        let parts: Vec<_> = parts.iter().map(|rows| vec![batch(rows)]).collect();
        let schema = batch(&[]).schema();
        context.register_table("t", Arc::new(MemTable::try_new(schema, parts).unwrap())).unwrap();
        context
    }

    fn plan(sql: &str) -> String {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let context = session(&[(Some(1), "a")], 2);
            let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
            displayable(plan.as_ref()).indent(false).to_string()
        })
    }

    #[test]
    fn only_groups_of_two_and_more_are_sieved() {
        let is_sieved = |having: &str| {
            plan(&format!("SELECT k, count(*) AS n FROM t GROUP BY k HAVING {having}"))
                .contains("RepeatedKeysExec")
        };
        assert!(is_sieved("count(*) > 1"));
        assert!(is_sieved("count(*) >= 2"));
        assert!(is_sieved("count(*) > 3 AND k > 7"));
        assert!(!is_sieved("count(*) > 0"));
        assert!(!is_sieved("count(*) >= 1"));
        assert!(!is_sieved("count(*) < 5"));
        assert!(!is_sieved("count(*) > 1 OR k > 7"));
        assert!(!is_sieved("sum(k) > 1"));
        assert!(
            !plan("SELECT k FROM (SELECT DISTINCT k, t FROM t) GROUP BY k HAVING count(*) > 1")
                .contains("RepeatedKeysExec")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn repeated_keys_are_counted_as_they_are(
            rows in prop::collection::vec((prop::option::of(0..40i64), prop::sample::select(vec!["", "a", "b"])), 0..120),
            partitions in 1..4usize,
        ) {
            let mut counts = std::collections::BTreeMap::new();
            for row in &rows {
                *counts.entry(*row).or_insert(0i64) += 1;
            }
            let expected: i64 = counts.values().filter(|count| **count > 1).map(|count| count * count).sum();
            let counted = tokio::runtime::Runtime::new().unwrap().block_on(async {
                let sql = "SELECT sum(n * n) FROM (SELECT k, t, count(*) AS n FROM t GROUP BY k, t HAVING count(*) > 1)";
                session(&rows, partitions).sql(sql).await.unwrap().collect().await.unwrap()
            });
            let column = counted[0].column(0).as_primitive::<Int64Type>();
            prop_assert_eq!(column.iter().next().flatten().unwrap_or(0), expected);
        }
    }
}
