//! `calendar.days`, the one table of hale's own.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use chrono::NaiveDate;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::error::Result;

/// One row for each day from the project's first to the last that is asked for.
pub(super) fn calendar(from: NaiveDate, until: NaiveDate) -> Result<Arc<dyn TableProvider>> {
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("day", DataType::Date32, false)]));
    let days = Date32Type::from_naive_date(from)..=Date32Type::from_naive_date(until);
    let column: ArrayRef = Arc::new(Date32Array::from_iter_values(days));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column])?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}
