//! A declared look-back, tried: of each day of a case the rows within it against those of all that is given.

use std::collections::BTreeSet;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Date32Type;
use chrono::NaiveDate;
use datafusion::error::Result;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, ident, lit};
use datafusion::scalar::ScalarValue;

use crate::engine::{Session, shown};
use crate::pipeline::Pipeline;
use crate::project::model::{AS_OF_DATE, Model};
use crate::run::within_look_back;

/// What is wrong with the look-back that a model declares: the first day that has other rows within it; `None` where nothing is.
///
/// # Errors
/// What the engine says of rows that cannot be computed with.
pub(super) async fn missed(
    session: &Session,
    pipeline: &Pipeline,
    model: &Model,
    (plan, rows): (LogicalPlan, &[RecordBatch]),
) -> Result<Option<String>> {
    let Some(days) = model.contract.look_back else { return Ok(None) };
    for day in days_of(rows) {
        let within = within_look_back(plan.clone(), pipeline, model, day)?;
        if rows_of(session, plan.clone(), day).await? != rows_of(session, within, day).await? {
            return Ok(Some(format!(
                "as of {day} it gives other rows from {days} days back than from all of history, though it declares look_back = '{days} days'"
            )));
        }
    }
    Ok(None)
}

fn days_of(rows: &[RecordBatch]) -> BTreeSet<NaiveDate> {
    let days = |batch: &RecordBatch| {
        let days = batch.column_by_name(AS_OF_DATE)?.as_primitive_opt::<Date32Type>()?;
        Some(days.iter().flatten().filter_map(Date32Type::to_naive_date_opt).collect::<Vec<_>>())
    };
    rows.iter().filter_map(days).flatten().collect()
}

/// The rows of a day, as text, in order.
async fn rows_of(session: &Session, plan: LogicalPlan, day: NaiveDate) -> Result<Vec<String>> {
    let day = lit(ScalarValue::Date32(Some(Date32Type::from_naive_date(day))));
    let plan = LogicalPlanBuilder::from(plan).filter(ident(AS_OF_DATE).eq(day))?.build()?;
    let batches = session.rows_of(plan).await?;
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| shown::row(batch, row)));
    let mut rows: Vec<String> = rows.collect();
    rows.sort_unstable();
    Ok(rows)
}
