//! Columns that are new in a table, declared on its published days as NULL: their files are written again, and nothing is built.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use futures::{StreamExt, TryStreamExt, stream};
use parquet::errors::Result as ParquetResult;

use super::request::Request;
use super::under_way::Build;
use crate::check::Checked;
use crate::diagnostic::Diagnostics;
use crate::engine::diagnose;
use crate::engine::sources::Reading;
use crate::error::{Error, Result};
use crate::plan::{Built, OtherColumns};
use crate::project::layer::ModelName;
use crate::store::{Entry, Rewritten};
use crate::table::{RowFile, TableSpec, failed};

/// Files that are written again at the same time.
const AT_ONCE: usize = 4;

/// The published days of each table that this run leaves with other columns, where new ones are to be declared on them.
///
/// # Errors
/// [`Error::Project`] with every table of which there are such days, and that is not asked for or cannot be done.
pub(super) async fn other_columns(
    checked: &Checked,
    request: &Request,
    selected: &BTreeSet<ModelName>,
) -> Result<Vec<OtherColumns>> {
    if request.mixed_columns {
        return Ok(Vec::new());
    }
    let with_facts = !request.from_published && request.reading == Reading::AsHappened;
    let built = Built { days: &request.days, with_facts };
    let (mut all, mut refused) = (Vec::new(), Diagnostics::new());
    for model in checked.pipeline.models.iter().filter(|model| selected.contains(&model.name)) {
        let found = OtherColumns::of(model, &request.out, built, request.keys.get(&model.name)).await?;
        let Some(other) = found else { continue };
        if request.add_columns && other.are_addable(model) {
            all.push(other);
        } else {
            refused.push(other.refused(model, &request.out, &request.days));
        }
    }
    if refused.is_empty() { Ok(all) } else { Err(Error::Project(refused)) }
}

impl Build<'_> {
    /// Writes the published days again of which columns are lacking.
    ///
    /// # Errors
    /// What reading and writing files says.
    pub(super) async fn add_columns(&mut self) -> Result<()> {
        let mut rewritten = BTreeMap::new();
        for other in &self.other_columns {
            let Some(model) = self.checked.pipeline.model(&other.table) else { continue };
            let spec =
                self.spec(model).map_err(|error| diagnose::of_run(&other.table.to_string(), &error))?;
            // What these rows promise, they were audited for when they were built.
            let spec = TableSpec { not_null: Vec::new(), checks: Vec::new(), ..spec };
            let files = other.days.iter().map(|(day, entry)| self.with_columns(other, &spec, *day, entry));
            let files: Vec<_> = files.collect();
            let files: Vec<Rewritten> = stream::iter(files).buffered(AT_ONCE).try_collect().await?;
            rewritten.insert(other.table.clone(), files);
        }
        self.rewritten = rewritten;
        Ok(())
    }

    async fn with_columns(
        &self,
        other: &OtherColumns,
        spec: &TableSpec,
        day: NaiveDate,
        entry: &Entry,
    ) -> Result<Rewritten> {
        let (storage, path) = (self.request.out.storage(), entry.path());
        let file = RowFile::new(storage, path.clone(), entry.bytes);
        let rows = file.open().await?.build().map_err(|error| file.failed(error))?;
        let (storage, schema) = (storage.clone(), SchemaRef::clone(&spec.schema));
        let rows = rows.map(move |batch| {
            let whole = batch.and_then(|batch| with_nulls(&batch, &schema));
            whole.map_err(|error| failed(&storage, &path, error))
        });
        let file = self.staging.write_again(spec, day, rows).await?;
        Ok(Rewritten { file, before: entry.with_key(other.key_with_columns(entry)) })
    }
}

/// The rows with all columns of a schema: those that they do not have are NULL.
fn with_nulls(batch: &RecordBatch, schema: &SchemaRef) -> ParquetResult<RecordBatch> {
    let column = |name: &String| batch.column_by_name(name).map(Arc::clone);
    let columns = schema.fields().iter().map(|field| {
        let lacking = || new_null_array(field.data_type(), batch.num_rows());
        let values: ArrayRef = column(field.name()).unwrap_or_else(lacking);
        (field.name(), values, true)
    });
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}
