//! From a model's plan to the rows that are stored: the days asked for, in the declared columns and order.

use std::ops::RangeInclusive;

use arrow::datatypes::Date32Type;
use chrono::NaiveDate;
use datafusion::common::Column;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, col, lit};
use datafusion::scalar::ScalarValue;

use crate::project::model::{AS_OF_DATE, Model};

/// A column by its exact name: no part of it is read as a qualifier, no letter changed.
pub(super) fn column(name: &str) -> Expr {
    col(Column::from_name(name))
}

/// A day as the engine writes it.
fn day(date: NaiveDate) -> Expr {
    lit(ScalarValue::Date32(Some(Date32Type::from_naive_date(date))))
}

/// A day that is one of some.
pub(super) fn within(name: &str, days: &RangeInclusive<NaiveDate>) -> Expr {
    column(name).gt_eq(day(*days.start())).and(column(name).lt_eq(day(*days.end())))
}

/// What is stored of a model: its declared columns for the days asked for, in the order in which they are written.
///
/// # Errors
/// As [`rows_of_days`] and [`in_stored_order`].
pub(super) fn stored_rows(
    model: &Model,
    plan: LogicalPlan,
    days: RangeInclusive<NaiveDate>,
) -> Result<LogicalPlan> {
    in_stored_order(model, rows_of_days(model, plan, days)?)
}

/// A model's declared columns for the days asked for (all rows, where it is not stored by day). Their types are still
/// the query's: the writer casts, and reports a value that would be lost.
///
/// # Errors
/// When the plan gives no such column, which a check has ruled out.
fn rows_of_days(model: &Model, plan: LogicalPlan, days: RangeInclusive<NaiveDate>) -> Result<LogicalPlan> {
    let mut rows = LogicalPlanBuilder::from(plan);
    if model.by_day() {
        rows = rows.filter(within(AS_OF_DATE, &days))?;
    }
    let declared = model.declared.iter().flat_map(|schema| schema.fields().iter());
    let columns = declared.map(|field| column(field.name()));
    rows.project(columns.collect::<Vec<_>>())?.build()
}

/// The same rows in the order in which they are written: by day first, then by the rest of the key, so that the
/// bytes do not depend on how the work was spread.
///
/// # Errors
/// When the key names no column, which a check has ruled out.
fn in_stored_order(model: &Model, plan: LogicalPlan) -> Result<LogicalPlan> {
    let order = sort_key(model).into_iter().map(|name| column(&name).sort(true, false));
    LogicalPlanBuilder::from(plan).sort(order.collect::<Vec<_>>())?.build()
}

/// The columns that stored rows are sorted by: the day first, where the model is stored by day.
pub(super) fn sort_key(model: &Model) -> Vec<String> {
    let day = model.by_day().then(|| AS_OF_DATE.to_owned());
    let rest = model.contract.primary_key.iter().filter(|name| day.as_ref() != Some(name));
    day.iter().chain(rest).cloned().collect()
}
