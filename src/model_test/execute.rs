//! Runs the model of a case as a run would, with the rows given in place of what it reads.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, new_empty_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, SchemaRef};
use chrono::NaiveDate;
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::scalar::ScalarValue;

use super::case::{Case, Given};
use super::look_back;
use super::value::{plain, shown};
use crate::check::Checked;
use crate::diagnostic::Diagnostic;
use crate::engine::day_window::WindowOptions;
use crate::engine::diagnose::Failed;
use crate::engine::{Engine, Session, diagnose};
use crate::project::types::sql_name;

/// The rows that the model gives, in the columns that the case compares and their plain types.
///
/// # Errors
/// What fails, where it stands: an expression of the model, or a value that the contract's type cannot hold.
pub(super) async fn rows(
    checked: &Checked,
    engine: &Engine,
    case: &Case<'_>,
) -> Result<Vec<Vec<ScalarValue>>, Diagnostic> {
    let batches = computed(checked, engine, case).await?;
    typed(&batches, &checked.schemas[&case.model.name], case).map_err(|why| case.failure(&why))
}

/// The rows of batches in the columns that a case compares.
fn typed(
    batches: &[RecordBatch],
    declared: &SchemaRef,
    case: &Case<'_>,
) -> Result<Vec<Vec<ScalarValue>>, String> {
    let mut rows = Vec::new();
    for batch in batches {
        let columns = columns_of(batch, declared, case)?;
        for row in 0..batch.num_rows() {
            let values = columns.iter().map(|column| ScalarValue::try_from_array(column, row));
            rows.push(values.collect::<Result<_>>().map_err(|error| diagnose::first_line(&error))?);
        }
    }
    Ok(rows)
}

async fn computed(
    checked: &Checked,
    engine: &Engine,
    case: &Case<'_>,
) -> Result<Vec<RecordBatch>, Diagnostic> {
    let prepared = prepared(engine, case).await;
    let session = prepared.map_err(|error| case.failure(&diagnose::first_line(&error)))?;
    let Some(query) = case.model.query() else { return Ok(Vec::new()) };
    let answer = async {
        let plan = session.plan(query).await?;
        let batches = session.rows_of(plan.clone()).await?;
        let missed = look_back::missed(&session, &checked.pipeline, case.model, (plan, &batches)).await?;
        Ok((batches, missed))
    };
    match answer.await {
        Ok((batches, None)) => Ok(batches),
        Ok((_, Some(missed))) => Err(case.failure(&missed)),
        Err(error) => {
            let said =
                diagnose::of_data(&session, &checked.pipeline, &Failed::model(case.model), [], &error).await;
            Err(case.failed(said))
        }
    }
}

/// A session in which every table that the model reads holds the rows of the case.
async fn prepared(engine: &Engine, case: &Case<'_>) -> Result<Session> {
    // The case's own calendar replaces the session's.
    let session = Session::new(engine, &case.settings, WindowOptions::default(), NaiveDate::MIN)?;
    session.report(case.reports.clone());
    for given in &case.given {
        session.context().deregister_table(given.table.clone())?;
        session.context().register_table(given.table.clone(), Arc::new(table(given)?))?;
    }
    for (model, query) in case.dated.iter().filter_map(|model| Some((model, model.query()?))) {
        session.register_view(&model.name, session.plan(query).await?)?;
    }
    Ok(session)
}

/// A table in memory. Its columns are nullable and without keys, so the engine believes nothing of it.
fn table(given: &Given) -> Result<MemTable> {
    let columns = given.schema.fields().iter().enumerate().map(|(index, field)| {
        if given.rows.is_empty() {
            return Ok(new_empty_array(field.data_type()));
        }
        let column = ScalarValue::iter_to_array(given.rows.iter().map(|row| row[index].clone()))?;
        Ok(exactly(&column, field.data_type())?)
    });
    let batch = RecordBatch::try_new(SchemaRef::clone(&given.schema), columns.collect::<Result<_>>()?)?;
    MemTable::try_new(SchemaRef::clone(&given.schema), vec![vec![batch]])
}

/// The columns that a case compares, as the contract types them.
fn columns_of(batch: &RecordBatch, declared: &SchemaRef, case: &Case<'_>) -> Result<Vec<ArrayRef>, String> {
    let mut columns = Vec::with_capacity(case.expected.columns.len());
    for (name, _) in &case.expected.columns {
        let computed =
            batch.column_by_name(name).ok_or_else(|| format!("the query gave no column `{name}`"))?;
        let data_type =
            declared.field_with_name(name).map_or(computed.data_type(), |field| field.data_type());
        let stored = exactly(computed, data_type)
            .map_err(|error| format!("column `{name}`: {}", diagnose::plain(&error.to_string())))?;
        if let Some(value) = lost(computed, &stored) {
            let declared = sql_name(data_type);
            return Err(format!("column `{name}`: {value} does not fit into its declared type {declared}"));
        }
        let column = exactly(&stored, &plain(data_type))
            .map_err(|error| format!("column `{name}`: {}", diagnose::plain(&error.to_string())))?;
        columns.push(column);
    }
    Ok(columns)
}

/// A column in another type, or an error where a value has no counterpart there.
fn exactly(column: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, arrow::error::ArrowError> {
    cast_with_options(column, data_type, &CastOptions { safe: false, ..CastOptions::default() })
}

/// The first value of a column that is another one after the cast and the way back, such as a rounded decimal.
fn lost(computed: &ArrayRef, stored: &ArrayRef) -> Option<String> {
    let back = exactly(stored, computed.data_type()).ok();
    let first = (0..computed.len()).find(|row| {
        let value = |column: &ArrayRef| ScalarValue::try_from_array(column, *row).ok();
        value(computed) != back.as_ref().and_then(value)
    })?;
    ScalarValue::try_from_array(computed, first).ok().map(|value| shown(&value))
}
