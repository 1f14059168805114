//! Whether a source knew by a day what had happened by then. Where its history was loaded later, or its loads write the time
//! at which rows were known anew, it knew next to nothing: as known, all that is made of it is of a company without a past,
//! which is not what anybody knew.
//!
//! A log whose history came in one load is none of these from that load on: the days of before it alone are told.

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use chrono::NaiveDate;

use super::day_window::WindowOptions;
use super::landed::{self, Place};
use super::sources::{Horizon, Reading};
use super::{Session, diagnose};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::project::identifier::identifier;
use crate::project::model::{Model, Source};
use crate::project::settings::Settings;
use crate::project::statement::place_of;

/// The days of which there have to be rows that were not known, to tell: of a log that has just begun the first rows may
/// all be on their way.
const MANY_DAYS: i64 = 28;

/// Of the rows that had happened one in so many at least has to have been known.
const ONE_IN: i64 = 10;

/// How many rows were known on a day, of those that had happened by the day that is asked about.
struct KnownOn {
    day: NaiveDate,
    rows: i64,
}

/// That of what had happened by a day nearly nothing was known by its end; `None` where it was, and of sources in which no
/// other column than that of the happening says when rows were known.
///
/// # Errors
/// What storage says, and the engine of rows that cannot be read.
pub(crate) async fn unknown(
    place: Place<'_>,
    settings: &Settings,
    (model, source): (&Model, &Source),
    day: NaiveDate,
) -> Result<Option<Diagnostic>> {
    let Some((happened_at, known_at)) = source.time.known_apart() else {
        return Ok(None);
    };
    let failed = |error| diagnose::of_run(&model.name.to_string(), &error);
    let session = Session::new(place.engine, settings, WindowOptions::default(), day).map_err(failed)?;
    let horizon = Horizon { day, zone: settings.time_zone, reading: Reading::AsHappened };
    let rows = landed::table(place, model, source, Some(horizon)).await?;
    session.register(&model.name, rows.table).map_err(failed)?;
    let rows = Rows { session, model, happened: day_of_first(&happened_at), day };
    let known = format!("local_day({})", identifier(known_at));
    let by_day = rows.asked(&format!("{known} AS known, count(*) AS rows"), "GROUP BY 1 ORDER BY 1").await?;
    let by_day: Vec<KnownOn> = by_day.iter().flat_map(known_on).collect();
    let happened_by_then: i64 = by_day.iter().map(|known| known.rows).sum();
    let known_by_then: i64 = by_day.iter().filter(|known| known.day <= day).map(|known| known.rows).sum();
    if known_by_then * ONE_IN >= happened_by_then {
        return Ok(None);
    }
    let days = format!("count(DISTINCT {}) AS days", rows.happened);
    let days = rows.asked(&days, &format!("AND {known} > DATE '{day}'")).await?;
    if days.first().and_then(|batch| whole(batch, 0).first().copied()).unwrap_or_default() < MANY_DAYS {
        return Ok(None);
    }
    let message = format!(
        "as known on {day}, {} has {known_by_then} of the {happened_by_then} rows that had happened by then",
        model.name
    );
    let told = Diagnostic::error("unknown-history", message).at(place_of(&model.file, "known_at")).note(format!(
        "`{known_at}` has the others known later: their history was loaded afterwards, or loads write that column anew"
    ));
    Ok(Some(told.help(match first_known(&by_day, happened_by_then) {
        Some(first) => {
            format!("take days from {first} on; or keep in `{known_at}` when a row was first loaded")
        }
        None => format!("keep in `{known_at}` when a row was first loaded"),
    })))
}

/// The rows of a source that had happened by a day.
struct Rows<'a> {
    session: Session,
    model: &'a Model,
    /// The day on which a row happened, or from which it holds.
    happened: String,
    day: NaiveDate,
}

impl Rows<'_> {
    async fn asked(&self, what: &str, and: &str) -> Result<Vec<RecordBatch>> {
        let Self { model, happened, day, .. } = self;
        let sql = format!("SELECT {what} FROM {} WHERE {happened} <= DATE '{day}' {and}", model.name);
        self.session.rows(&sql).await.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))
    }
}

/// The day of the first of some columns that is not NULL.
fn day_of_first(columns: &[&String]) -> String {
    let days: Vec<String> = columns.iter().map(|name| format!("local_day({})", identifier(name))).collect();
    match days.as_slice() {
        [one] => one.clone(),
        several => format!("coalesce({})", several.join(", ")),
    }
}

/// The day by which so many of the rows were known as have to be.
fn first_known(by_day: &[KnownOn], of: i64) -> Option<NaiveDate> {
    let mut sum = 0;
    let first = by_day.iter().find(|known| {
        sum += known.rows;
        sum * ONE_IN >= of
    });
    first.map(|known| known.day)
}

fn known_on(batch: &RecordBatch) -> Vec<KnownOn> {
    let Some(days) = batch.columns().first().and_then(|days| days.as_primitive_opt::<Date32Type>()) else {
        return Vec::new();
    };
    let rows = whole(batch, 1);
    let of = |(at, rows): (usize, i64)| Some(KnownOn { day: days.value_as_date(at)?, rows });
    rows.into_iter().enumerate().filter_map(of).collect()
}

/// A column of whole numbers, NULL as 0.
fn whole(batch: &RecordBatch, column: usize) -> Vec<i64> {
    let numbers = batch.columns().get(column).and_then(|column| cast(column, &DataType::Int64).ok());
    let values = |numbers: arrow::array::ArrayRef| -> Vec<i64> {
        numbers.as_primitive::<Int64Type>().iter().map(Option::unwrap_or_default).collect()
    };
    numbers.map(values).unwrap_or_default()
}
