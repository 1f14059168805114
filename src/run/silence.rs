//! Holes in a source's log: days without a row between days with many. A file that was not delivered looks like that, and
//! every metric takes it for customers who have fallen silent.
//!
//! A project may say how long a log can be silent (`'may_be_silent' '3 days'`); a longer silence then breaks the contract.
//! Where it says nothing, a hole is told only where it is out of the question: in a log that otherwise has rows on most
//! days, and many of them.

use std::ops::RangeInclusive;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use chrono::NaiveDate;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{LogicalPlanBuilder, lit};
use datafusion::prelude::DataFrame;

use super::days::listed;
use super::stored::column;
use crate::diagnostic::Diagnostic;
use crate::engine::Session;
use crate::project::model::{Model, Source};
use crate::project::statement::place_of;
use crate::project::time::Time;

/// The shortest silence that is told of a log that says nothing of its own: longer than a shop is closed for the holidays.
const LONG: usize = 14;

/// Rows of a log's median day, of those with rows, below which days without any are nothing special.
const MANY_ROWS: i64 = 50;

/// What is told of the silent days of a source: an error where the project has said how many there may be.
///
/// # Errors
/// When the log cannot be read.
pub(super) async fn silence(session: &Session, model: &Model, source: &Source) -> Result<Option<Diagnostic>> {
    let Time::Events(events) = &source.time else { return Ok(None) };
    let days = rows_of_days(session, model, &events.happened_at).await?;
    let holes = holes(&days, source.may_be_silent);
    let silent: Vec<NaiveDate> =
        holes.iter().flat_map(|hole| hole.start().iter_days().take_while(|day| day <= hole.end())).collect();
    if silent.is_empty() {
        return Ok(None);
    }
    let message = format!("{} has no rows on {}", model.name, listed(&silent));
    let told = match source.may_be_silent {
        Some(days) => Diagnostic::error("silent-log", message)
            .note(format!("it may be silent for {days} days at most, as its option `may_be_silent` says"))
            .help("deliver the days that are missing, or allow for more"),
        None => Diagnostic::warning("silent-log", message)
            .note("every metric takes these days for days on which nothing happened")
            .help("deliver the days that are missing; or say how long it can be silent: OPTIONS ('may_be_silent' '30 days')"),
    };
    Ok(Some(told.at(place_of(&model.file, "happened_at"))))
}

/// The days of a log that have rows, in order, and how many rows each has.
async fn rows_of_days(session: &Session, model: &Model, happened_at: &str) -> Result<Vec<(NaiveDate, i64)>> {
    let rows = session.scan(&model.name).await?;
    let time = column(happened_at);
    let is_day = rows.schema().field_with_unqualified_name(happened_at)?.data_type() == &DataType::Date32;
    let day = if is_day { time.clone() } else { session.local_day(time.clone())? };
    let plan = LogicalPlanBuilder::from(rows)
        .filter(time.is_not_null())?
        .aggregate(vec![day.alias("day")], vec![count(lit(1)).alias("rows")])?
        .build()?;
    let mut days = Vec::new();
    for batch in DataFrame::new(session.state(), plan).collect().await? {
        let [dates, counts] = batch.columns() else { return Err(no_count()) };
        let dates = dates.as_primitive_opt::<Date32Type>().ok_or_else(no_count)?;
        let counts = counts.as_primitive_opt::<Int64Type>().ok_or_else(no_count)?;
        let dated = (0..batch.num_rows()).filter(|row| dates.is_valid(*row));
        days.extend(dated.filter_map(|row| Some((dates.value_as_date(row)?, counts.value(row)))));
    }
    days.sort_unstable();
    Ok(days)
}

fn no_count() -> DataFusionError {
    DataFusionError::Internal("the rows of each day were not counted".to_owned())
}

/// Runs of days without rows that are longer than allowed; where nothing is said, those that cannot be.
fn holes(days: &[(NaiveDate, i64)], allowed: Option<u32>) -> Vec<RangeInclusive<NaiveDate>> {
    let least = allowed.map_or(LONG, |days| days as usize + 1);
    let gaps = days.windows(2).filter_map(|pair| {
        let (first, last) = (pair[0].0.succ_opt()?, pair[1].0.pred_opt()?);
        (first <= last).then_some(first..=last)
    });
    let long: Vec<_> = gaps.filter(|gap| length(gap) >= least).collect();
    if allowed.is_some() || is_dense(days, long.iter().map(length).sum()) { long } else { Vec::new() }
}

fn length(days: &RangeInclusive<NaiveDate>) -> usize {
    (*days.end() - *days.start()).num_days().unsigned_abs() as usize + 1
}

/// Whether a log, but for so many days, has rows on most days, and many of them on half of these, for eight weeks or more.
fn is_dense(days: &[(NaiveDate, i64)], but_for: usize) -> bool {
    const LEAST_DAYS: usize = 56;
    let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) else { return false };
    let others = length(&(*first..=*last)) - but_for;
    let mut rows: Vec<i64> = days.iter().map(|(_, rows)| *rows).collect();
    rows.sort_unstable();
    others >= LEAST_DAYS && 3 * days.len() >= 2 * others && rows[rows.len() / 2] >= MANY_ROWS
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Days, NaiveDate, Weekday};

    use super::holes;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(number)
    }

    /// A log of so many days with so many rows each, but for the days that are left out.
    fn log(days: u64, rows: i64, silent: impl Fn(NaiveDate, u64) -> bool) -> Vec<(NaiveDate, i64)> {
        (0..days).filter(|number| !silent(day(*number), *number)).map(|number| (day(number), rows)).collect()
    }

    fn is_weekend(day: NaiveDate) -> bool {
        matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
    }

    #[test]
    fn a_month_that_is_not_there_is_a_hole() {
        let missing = |_, number| (60..90).contains(&number);
        assert_eq!(holes(&log(200, 700, missing), None), [day(60)..=day(89)]);
        let of_weekdays = |date, number| is_weekend(date) || (63..91).contains(&number);
        assert_eq!(holes(&log(200, 700, of_weekdays), None).len(), 1);
    }

    #[test]
    fn weekends_holidays_and_logs_of_few_rows_are_none() {
        assert!(holes(&log(400, 700, |date, _| is_weekend(date)), None).is_empty());
        assert!(holes(&log(400, 700, |_, number| (60..73).contains(&number)), None).is_empty());
        assert!(holes(&log(400, 15, |_, number| (60..160).contains(&number)), None).is_empty());
        assert!(
            holes(&log(400, 700, |_, number| number % 3 > 0 || (60..90).contains(&number)), None).is_empty()
        );
        assert!(holes(&log(80, 700, |_, number| (20..50).contains(&number)), None).is_empty());
        assert!(holes(&[], None).is_empty());
    }

    #[test]
    fn what_a_project_says_holds_however_few_rows_there_are() {
        let missing = |_, number| (6..9).contains(&number);
        assert_eq!(holes(&log(20, 1, missing), Some(2)), [day(6)..=day(8)]);
        assert!(holes(&log(20, 1, missing), Some(3)).is_empty());
        assert_eq!(holes(&log(400, 700, |_, number| number == 7), Some(0)), [day(7)..=day(7)]);
        assert!(holes(&log(200, 700, |_, number| (60..90).contains(&number)), Some(30)).is_empty());
    }
}
