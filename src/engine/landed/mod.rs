//! What has landed of a source: which of the files below its place are its data, and whether they keep to its declaration.
//!
//! The engine would read a missing file as an empty table, a missing column as nulls, and pass by what does not end in
//! `.parquet`. Here a file is known by its bytes, and one that is not read is named.

mod apart;
mod content;
mod hold;
mod inspect;
mod listing;
mod look;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono_tz::Tz;
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;

pub(crate) use self::apart::apart;
pub(crate) use self::hold::{Found, held};
pub(crate) use self::inspect::explained;
pub(crate) use self::look::{Landed, look};

use crate::diagnostic::Location;
use crate::engine::Engine;
use crate::engine::diagnose;
use crate::engine::foreign::foreign_table;
use crate::engine::sources::{Horizon, store_url, until};
use crate::error::{Error, Result};
use crate::project::model::{Model, Source};
use crate::storage::Storage;

/// Where sources lie, and what reads them.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The root of all sources.
    pub(crate) storage: &'a Storage,
    /// Keeps footers, so that a file's is read once.
    pub(crate) engine: &'a Engine,
    /// The project's time zone.
    pub(crate) zone: Tz,
}

/// The rows of a source, as a table.
pub(crate) struct Rows {
    pub(crate) table: Arc<dyn TableProvider>,
    /// Whether nothing has landed of it, which an optional source may do: it has no rows then.
    pub(crate) is_absent: bool,
    /// Bytes of its files.
    pub(crate) bytes: u64,
}

/// The rows of a source up to a horizon; without rows where an optional source is not there. Where no horizon is given, all
/// rows.
///
/// # Errors
/// [`Error::NotReady`] for what is not there or cannot be read, [`Error::Project`] for what is not as it was declared.
pub(crate) async fn table(
    place: Place<'_>,
    model: &Model,
    source: &Source,
    horizon: Option<Horizon>,
) -> Result<Rows> {
    let declared: &SchemaRef =
        model.declared.as_ref().ok_or_else(|| Error::Bug(format!("{} has no columns", model.name)))?;
    let landed = look(place, source).await?;
    held(place, model, source, declared, &landed).into_result()?;
    if landed.files.is_empty() {
        let table = Arc::new(EmptyTable::new(SchemaRef::clone(declared)));
        return Ok(Rows { table, is_absent: true, bytes: 0 });
    }
    let failed = |error| diagnose::of_run(&model.name.to_string(), &error);
    let store = store_url(place.storage).map_err(failed)?;
    let table = foreign_table(&landed.files, declared, store, place.zone).map_err(failed)?;
    let table = until(horizon, source, declared, table).map_err(failed)?;
    let bytes = landed.files.iter().map(|file| file.meta.size).sum();
    Ok(Rows { table, is_absent: false, bytes })
}

/// Where a source's declaration names its place.
pub(crate) fn location_of(model: &Model, source: &Source) -> Location {
    let at = model.file.text.rfind(&source.path);
    at.map_or_else(
        || Location::whole(&model.file),
        |at| Location::new(&model.file, at..at + source.path.len()),
    )
}
