//! What was published, as tables to read: one table with [`show()`], or any question with a [`Reader`].
//!
//! A table stored by day is a folder for each day, `<layer>/<table>/as_of=2026-09-30/`; one stored whole is one
//! folder. Whatever Parquet lies there is the table; nothing else is looked at, and nothing is written.

mod headings;
mod reader;
mod show;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use object_store::ObjectMeta;

pub use reader::{Days, Reader};
pub use show::{Wanted, show};

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::storage::Storage;
use crate::store::layout;

/// The days of a table that are published, in order; none where it never was.
///
/// # Errors
/// As [`Storage::folders`].
pub async fn published_days(out: &Storage, table: &ModelName) -> Result<Vec<NaiveDate>> {
    let files = parquet(out, &table_folder(table)).await?;
    let relative = files.iter().filter_map(|file| out.relative(&file.location));
    // A folder without a file, which a run that was killed may leave, is no published day.
    let days: BTreeSet<NaiveDate> = relative.filter_map(|path| layout::day_of(&path)).collect();
    Ok(days.into_iter().collect())
}

/// A day on which a table is published: the one asked for, or the newest.
///
/// # Errors
/// [`Error::Usage`] for another day, which says what days there are; [`Error::Project`] where there is none; what storage
/// says.
pub async fn published_day(out: &Storage, table: &ModelName, day: Option<NaiveDate>) -> Result<NaiveDate> {
    published_day_if_any(out, table, day).await?.ok_or_else(|| unpublished(table, out))
}

/// As [`published_day`]; `None` where the table was never published.
pub(crate) async fn published_day_if_any(
    out: &Storage,
    table: &ModelName,
    day: Option<NaiveDate>,
) -> Result<Option<NaiveDate>> {
    let days = published_days(out, table).await?;
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(None) };
    match day {
        None => Ok(Some(*last)),
        Some(day) if days.contains(&day) => Ok(Some(day)),
        Some(day) => {
            let count = days.len();
            let message =
                format!("{table} has no day {day}; published are {count} days, from {first} to {last}");
            Err(Error::Usage(message))
        }
    }
}

/// The Parquet of a table below a folder.
pub(crate) async fn parquet(out: &Storage, below: &str) -> Result<Vec<ObjectMeta>> {
    let mut files = out.list(below).await?;
    files.retain(|file| file.location.as_ref().ends_with(".parquet"));
    Ok(files)
}

/// The folder of a table.
pub(crate) fn table_folder(table: &ModelName) -> String {
    layout::table_folder(table.layer.name(), &table.table)
}

/// A table that no run has published yet.
fn unpublished(table: &ModelName, out: &Storage) -> Error {
    let problem = Diagnostic::error("not-published", format!("{table} is not published in {}", out.shown()));
    Error::Project(
        problem.help("publish it with `hale run --as-of DAY`, or name another place with --out").into(),
    )
}
