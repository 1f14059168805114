//! Groupings of which a part of the key does not determine the rest.
//!
//! DataFusion notes which columns of a query determine the others: after `GROUP BY account_id` the account does. Joined
//! with days and grouped by account and day, the account still determines *every* column, the engine says, and a grouping
//! or sort by account and day further up leaves the day out: rows are lost, or come in another order. Here a part of such
//! a key is grouped by through a function that gives back what it is given, so that nothing is noted of that part alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{Column, Result, internal_err};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{
    Aggregate, ColumnarValue, Distinct, Expr, LogicalPlan, Projection, ReturnFieldArgs, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::replace_distinct_aggregate::ReplaceDistinctWithAggregate;
use datafusion::optimizer::{AnalyzerRule, OptimizerContext, OptimizerRule};
use datafusion::prelude::SessionContext;

use crate::project::model::AS_OF_DATE;

/// Puts the rule behind those of the engine.
pub(super) fn install(context: &SessionContext) {
    context.add_analyzer_rule(Arc::new(WholeKeys));
}

#[derive(Debug)]
struct WholeKeys;

impl AnalyzerRule for WholeKeys {
    fn name(&self) -> &'static str {
        "whole_keys"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let mut is_concerned = false;
        plan.apply_with_subqueries(|node| {
            is_concerned |= match node {
                LogicalPlan::Aggregate(aggregate) => !misleading(aggregate).is_empty(),
                LogicalPlan::Distinct(_) => true,
                _ => false,
            };
            Ok(if is_concerned { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        if !is_concerned {
            return Ok(plan);
        }
        // What is noted of a node is made of what is noted of those below it. A DISTINCT is a grouping by all columns, and
        // becomes one sooner or later.
        let distinct = ReplaceDistinctWithAggregate::new();
        let context = OptimizerContext::new();
        let rewritten = plan.transform_up_with_subqueries(|node| {
            let node = match node.recompute_schema()? {
                // DISTINCT ON keeps a row of each group, and is no grouping by all columns.
                on @ LogicalPlan::Distinct(Distinct::On(_)) => on,
                node => distinct.rewrite(node, &context)?.data,
            };
            whole(node).map(|rewritten| Transformed::yes(rewritten.data))
        });
        rewritten.data()
    }
}

/// The same grouping, and nothing noted of a part of its key.
fn whole(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Aggregate(aggregate) = &plan else { return Ok(Transformed::no(plan)) };
    let parts = misleading(aggregate);
    if parts.is_empty() {
        return Ok(Transformed::no(plan));
    }
    let name = |at: usize| format!("__key_{at}");
    let same = same_value();
    let keys = aggregate.group_expr.iter().enumerate().map(|(at, key)| {
        if parts.contains(&at) { same.call(vec![key.clone()]).alias(name(at)) } else { key.clone() }
    });
    let grouped =
        Aggregate::try_new(Arc::clone(&aggregate.input), keys.collect(), aggregate.aggr_expr.clone())?;
    let columns = aggregate.schema.iter().enumerate().map(|(at, (table, field))| {
        if parts.contains(&at) {
            Expr::Column(Column::from_name(name(at))).alias_qualified(table.cloned(), field.name())
        } else {
            Expr::Column(Column::new(table.cloned(), field.name()))
        }
    });
    let restored = Projection::try_new(columns.collect(), Arc::new(LogicalPlan::Aggregate(grouped)))?;
    Ok(Transformed::yes(LogicalPlan::Projection(restored)))
}

/// The places in a grouping's key of columns that the engine takes for more than they are: they determine some columns of
/// the input, but not all of the key. One of each such set is enough; not the day, by which filters are passed down.
fn misleading(aggregate: &Aggregate) -> BTreeSet<usize> {
    let input = aggregate.input.schema();
    let index = |key: &Expr| match key {
        Expr::Column(column) => input.maybe_index_of_column(column),
        _ => None,
    };
    let keys: Vec<Option<usize>> = aggregate.group_expr.iter().map(index).collect();
    let place = |column: &usize| keys.iter().position(|key| *key == Some(*column));
    let mut parts = BTreeSet::new();
    for noted in input.functional_dependencies().iter() {
        let Some(places) = noted.source_indices.iter().map(place).collect::<Option<Vec<_>>>() else {
            continue;
        };
        let is_determined = |key: &Option<usize>| {
            key.is_some_and(|key| noted.target_indices.contains(&key) || noted.source_indices.contains(&key))
        };
        if keys.iter().all(is_determined) {
            continue;
        }
        let is_day = |place: &&usize| keys[**place].is_some_and(|key| input.field(key).name() == AS_OF_DATE);
        parts.extend(places.iter().find(|place| !is_day(place)).or(places.first()).copied());
    }
    parts
}

/// The function that gives back what it is given, and that the engine does not see through.
pub(super) fn same_value() -> ScalarUDF {
    ScalarUDF::new_from_impl(SameValue { signature: Signature::any(1, Volatility::Immutable) })
}

/// Its name.
pub(crate) const SAME_VALUE: &str = "same_value";

#[derive(Debug, PartialEq, Eq, Hash)]
struct SameValue {
    signature: Signature,
}

impl ScalarUDFImpl for SameValue {
    fn name(&self) -> &'static str {
        SAME_VALUE
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("the field of a same value is that of its argument")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        match args.arg_fields {
            [field] => Ok(Arc::clone(field)),
            _ => internal_err!("one value, not {}", args.arg_fields.len()),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [value] = <[ColumnarValue; 1]>::try_from(args.args)
            .or_else(|values| internal_err!("one value, not {}", values.len()))?;
        Ok(value)
    }
}
