//! What was published, as tables to read: one table with [`show()`], or any question with a [`Reader`].
//!
//! All of it is read from one commit, the [`State`] that a command loads once: never from folders, and never from two commits
//! at a time.

pub(crate) mod columns;
mod headings;
mod reader;
mod show;

use chrono::NaiveDate;

pub use reader::{Days, Reader};
pub use show::{Wanted, show};

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::store::State;

/// A day on which a table is published: the one asked for, or the newest.
///
/// # Errors
/// [`Error::Usage`] for another day, which says what days there are; [`Error::Project`] where there is none; what storage
/// says.
pub async fn published_day(out: &State, table: &ModelName, day: Option<NaiveDate>) -> Result<NaiveDate> {
    published_day_if_any(out, table, day).await?.ok_or_else(|| unpublished(table, out))
}

/// As [`published_day`]; `None` where the table was never published.
pub(crate) async fn published_day_if_any(
    out: &State,
    table: &ModelName,
    day: Option<NaiveDate>,
) -> Result<Option<NaiveDate>> {
    match day {
        None => out.newest_day(table).await,
        Some(day) if out.entry(table, Some(day)).await?.is_some() => Ok(Some(day)),
        Some(day) => {
            let days = out.days(table).await?;
            let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(None) };
            let count = days.len();
            let message =
                format!("{table} has no day {day}; published are {count} days, from {first} to {last}");
            Err(Error::Usage(message))
        }
    }
}

/// A table that no run has published yet.
fn unpublished(table: &ModelName, out: &State) -> Error {
    let place = out.storage().shown();
    let problem = Diagnostic::error("not-published", format!("{table} is not published in {place}"));
    Error::Project(
        problem.help("publish it with `hale run --as-of DAY`, or name another place with --out").into(),
    )
}
