//! Declared look-backs (`WITH (look_back = '27 days')`), enforced: of stored tables and logs a model reads no row of a day before.
//!
//! What the engine's optimiser proves needs no declaration. Where a bound lies in the data, as where each state ends after 27
//! days, the model says so. Then it holds from the first day of a build on: where it is too short, a day alone has other rows
//! than in a build of several. `hale test` compares each day of a case alone with that of all of history.

use arrow::datatypes::Date32Type;
use chrono::{Days, NaiveDate};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{Column, TableReference};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::scalar::ScalarValue;

use super::placeholders::{DAY, is_log};
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::project::model::{AS_OF_DATE, Model};

/// A model's plan for the days from a first one on, without the rows that its declared look-back leaves out.
///
/// # Errors
/// When a bound does not plan, which would be a bug.
pub(crate) fn within_look_back(
    plan: LogicalPlan,
    pipeline: &Pipeline,
    model: &Model,
    first: NaiveDate,
) -> Result<LogicalPlan> {
    let days = model.contract.look_back.map(|days| Days::new(days.into()));
    let Some(from) = days.and_then(|days| first.checked_sub_days(days)) else { return Ok(plan) };
    let from = lit(ScalarValue::Date32(Some(Date32Type::from_naive_date(from))));
    let bounded = plan.transform_down_with_subqueries(|node| {
        let table = match &node {
            LogicalPlan::TableScan(scan) => scan.table_name.clone(),
            LogicalPlan::SubqueryAlias(view) => view.alias.clone(),
            _ => return Ok(Transformed::no(node)),
        };
        let Some(day) = day_of(pipeline, &table) else { return Ok(Transformed::no(node)) };
        let within = Expr::Column(Column::new(Some(table), day)).gt_eq(from.clone());
        let bounded = LogicalPlanBuilder::from(node).filter(within)?.build()?;
        Ok(Transformed::new(bounded, true, TreeNodeRecursion::Jump))
    });
    bounded.data()
}

/// The column with the day of a row, in a stored table or a log.
fn day_of(pipeline: &Pipeline, table: &TableReference) -> Option<&'static str> {
    let name = ModelName::parse(&table.to_string())?;
    if is_log(pipeline, &name) {
        return Some(DAY);
    }
    pipeline.model(&name).filter(|model| model.by_day()).map(|_| AS_OF_DATE)
}
