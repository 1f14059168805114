//! Published tables with the columns that their files have: definitions of any time are computed over what is stored, and
//! not over what a project declares today.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{Schema, SchemaRef};
use chrono::NaiveDate;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use futures::{StreamExt, TryStreamExt, stream};

use crate::diagnostic::Diagnostic;
use crate::engine::day_window::WindowOptions;
use crate::engine::sources::parquet_table;
use crate::engine::{Engine, Session, diagnose};
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::project::settings::Settings;
use crate::store::State;

/// Requests to the storage at the same time.
const AT_ONCE: usize = 16;

/// What is published, and what reads it.
pub struct Place<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The project's settings: its time zone, the first day of its history.
    pub settings: &'a Settings,
    /// What is published.
    pub out: &'a State,
}

/// Some days of published tables, readable.
pub(crate) struct Stored<'a> {
    out: &'a State,
    session: Session,
}

impl<'a> Stored<'a> {
    /// Nothing yet; no day is after the last.
    pub(crate) fn open(place: &Place<'a>, last: NaiveDate) -> Result<Self> {
        let session = Session::new(place.engine, place.settings, WindowOptions::default(), last);
        let session = session.map_err(|error| Error::Bug(diagnose::first_line(&error)))?;
        Ok(Self { out: place.out, session: session.for_steps() })
    }

    /// Makes days of a table readable that must all be published. Tells the columns that all of them have.
    ///
    /// # Errors
    /// [`Error::Project`] for days that are not there, and who looks at them; what storage and engine say.
    pub(crate) async fn read(
        &self,
        table: &ModelName,
        days: &BTreeSet<NaiveDate>,
        reader: &str,
    ) -> Result<SchemaRef> {
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            return Err(Error::Bug("no day to read".to_owned()));
        };
        let entries = self.out.entries(table, *first..=*last).await?;
        let missing: Vec<&NaiveDate> = days.iter().filter(|day| !entries.contains_key(day)).collect();
        if !missing.is_empty() {
            return Err(lacking(table, &missing, (*first, *last), reader));
        }
        let wanted = entries.iter().filter(|(day, _)| days.contains(day));
        let files = wanted.map(|(_, entry)| self.out.file(entry)).collect::<Result<Vec<_>>>()?;
        let failed = |error| diagnose::of_run(&table.to_string(), &error);
        let (state, format, store) =
            (self.session.state(), ParquetFormat::default(), self.out.storage().store());
        let schemas = files.iter().map(|file| format.infer_schema(&state, store, std::slice::from_ref(file)));
        let schemas: Vec<_> = schemas.collect();
        let schemas: Vec<SchemaRef> =
            stream::iter(schemas).buffered(AT_ONCE).try_collect().await.map_err(failed)?;
        let schema = common(&schemas);
        let parquet = parquet_table(self.out.storage(), &files, &schema).map_err(failed)?;
        self.session.register(table, parquet).map_err(failed)?;
        Ok(schema)
    }

    /// The rows of a query, all in one batch.
    ///
    /// # Errors
    /// What the engine says.
    pub(crate) async fn rows(&self, what: &str, sql: &str) -> Result<RecordBatch> {
        let failed = |error| diagnose::of_run(what, &error);
        let plan = self.session.plan_text(sql).await.map_err(failed)?;
        let schema = Arc::new(plan.schema().as_arrow().clone());
        let batches = self.session.rows_of(plan).await.map_err(failed)?;
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        concat_batches(&schema, &batches).map_err(|error| Error::Bug(error.to_string()))
    }
}

/// The columns that all files have, of one type.
fn common(schemas: &[SchemaRef]) -> SchemaRef {
    let (first, others) =
        schemas.split_first().map_or((None, schemas), |(first, others)| (Some(first), others));
    let fields = first.into_iter().flat_map(|schema| schema.fields().iter().cloned());
    let same = |field: &arrow::datatypes::FieldRef| {
        let has = |schema: &SchemaRef| {
            schema.field_with_name(field.name()).is_ok_and(|other| other.data_type() == field.data_type())
        };
        others.iter().all(has)
    };
    Arc::new(Schema::new(
        fields.filter(same).map(|field| field.as_ref().clone().with_nullable(true)).collect::<Vec<_>>(),
    ))
}

fn lacking(
    table: &ModelName,
    missing: &[&NaiveDate],
    (first, last): (NaiveDate, NaiveDate),
    reader: &str,
) -> Error {
    let days = match missing {
        [only] => only.to_string(),
        [from, .., to] => format!("{} days from {from} to {to}", missing.len()),
        [] => String::new(),
    };
    let message = format!("{table} is not published on {days}, which {reader} reads");
    let days = if first == last { format!("--as-of {last}") } else { format!("--from {first} --to {last}") };
    let problem = Diagnostic::error("not-published", message)
        .note("a comparison reads only what is published, and every day that a definition looks back to")
        .help(format!("publish it first: `hale run {days}`"));
    Error::Project(problem.into())
}
