//! Days of a log that are unlike the same weekdays of the weeks before: half of the rows or twice as many, half of the
//! accounts, a column that has no value in many more rows than usual. A load that lost some of its rows looks like that,
//! and every metric takes it for customers who changed.
//!
//! Told of days of which many rows are expected: of few, chance makes as much. What is usual is the middle one of the four
//! weeks before, so that one bad week among them changes nothing.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate};
use datafusion::error::Result;

use super::profile::{Day, Profile};
use crate::diagnostic::Diagnostic;
use crate::engine::Session;
use crate::project::model::{Model, Source, UnusualDays};
use crate::project::statement::place_of;
use crate::run::days::listed;

/// The weeks that are looked back to.
const WEEKS: u64 = 4;

/// Rows that a day is expected to have, below which chance makes as much.
const MANY_ROWS: i64 = 200;

/// Accounts of which as many are expected, likewise.
const MANY_ACCOUNTS: i64 = 20;

/// By which share of the rows a column has to be without a value more, or less, than usual.
const SHARE: f64 = 0.2;

/// What is unusual of a day.
#[derive(Debug, Clone, PartialEq)]
struct Unusual {
    day: NaiveDate,
    why: Vec<String>,
}

/// What is told of the unusual days of a log, whichever they are.
///
/// # Errors
/// When the log cannot be read.
pub(super) async fn anywhere(
    session: &Session,
    model: &Model,
    source: &Source,
) -> Result<Option<Diagnostic>> {
    told(session, model, source, |_| true).await
}

/// What is told of the unusual ones among the days of a run, where the project asks for that.
///
/// # Errors
/// When the log cannot be read.
pub(in crate::run) async fn of_days(
    session: &Session,
    model: &Model,
    source: &Source,
    days: &RangeInclusive<NaiveDate>,
) -> Result<Option<Diagnostic>> {
    if source.unusual_days.is_none() {
        return Ok(None);
    }
    told(session, model, source, |day| days.contains(&day)).await
}

async fn told(
    session: &Session,
    model: &Model,
    source: &Source,
    is_asked: impl Fn(NaiveDate) -> bool,
) -> Result<Option<Diagnostic>> {
    const SHOWN: usize = 5;
    let Some(profile) = Profile::of(session, model, source).await? else { return Ok(None) };
    let mut unusual = unusual(&profile);
    unusual.retain(|unusual| is_asked(unusual.day));
    if unusual.is_empty() {
        return Ok(None);
    }
    let days: Vec<NaiveDate> = unusual.iter().map(|unusual| unusual.day).collect();
    let message =
        format!("{} is unlike the same weekdays of the weeks before on {}", model.name, listed(&days));
    let told = if source.unusual_days == Some(UnusualDays::Stop) {
        Diagnostic::error("unusual-days", message)
    } else {
        Diagnostic::warning("unusual-days", message)
    };
    let lines = unusual
        .iter()
        .take(SHOWN)
        .map(|Unusual { day, why }| format!("{}: {}", day.format("%Y-%m-%d, a %A"), why.join("; ")));
    let told = lines.fold(told.at(place_of(&model.file, "happened_at")), Diagnostic::note);
    Ok(Some(told.help("see whether some of its rows were lost or came twice, and deliver the days again")))
}

/// The days of a log that are unlike those before.
fn unusual(profile: &Profile) -> Vec<Unusual> {
    let by_day: BTreeMap<NaiveDate, &Day> = profile.days.iter().map(|day| (day.day, day)).collect();
    let Some((first, last)) = profile.days.first().zip(profile.days.last()) else { return Vec::new() };
    let mut found = Vec::new();
    for day in first.day.iter_days().take_while(|day| *day <= last.day) {
        let weeks = (1..=WEEKS).filter_map(|week| day.checked_sub_days(Days::new(7 * week)));
        let before: Vec<Option<&Day>> =
            weeks.filter(|before| *before >= first.day).map(|before| by_day.get(&before).copied()).collect();
        if before.len() + 1 < WEEKS as usize {
            continue;
        }
        let why = compared(by_day.get(&day).copied(), &before, &profile.columns);
        if !why.is_empty() {
            found.push(Unusual { day, why });
        }
    }
    found
}

/// In what a day differs from those before.
fn compared(now: Option<&Day>, before: &[Option<&Day>], columns: &[String]) -> Vec<String> {
    let usual =
        |measure: &dyn Fn(&Day) -> i64| middle(before.iter().map(|day| day.map_or(0, measure)).collect());
    let is_far = |now: i64, usual: i64| 2 * now < usual || now > 2 * usual;
    let rows = usual(&|day| day.rows);
    if rows < MANY_ROWS {
        return Vec::new();
    }
    let (now_rows, now_accounts) = now.map_or((0, 0), |now| (now.rows, now.accounts));
    let mut why = Vec::new();
    if is_far(now_rows, rows) {
        why.push(format!("{now_rows} rows, where {rows} are usual"));
    }
    let accounts = usual(&|day| day.accounts);
    if accounts >= MANY_ACCOUNTS && is_far(now_accounts, accounts) {
        why.push(format!("{now_accounts} accounts, where {accounts} are usual"));
    }
    let Some(now) = now else { return why };
    for (at, column) in columns.iter().enumerate() {
        // Of a million rows, so that the middle one is a whole number.
        let share = |day: &Day| day.nulls[at] * 1_000_000 / day.rows.max(1);
        let there: Vec<i64> = before.iter().flatten().map(|day| share(day)).collect();
        let (now, usual) = (share(now), middle(there));
        if (now - usual).abs() as f64 > SHARE * 1e6 {
            let percent = |share: i64| (share + 5_000) / 10_000;
            why.push(format!(
                "`{column}` is NULL in {} of 100 rows, where {} are usual",
                percent(now),
                percent(usual)
            ));
        }
    }
    why
}

/// The middle one of some numbers, the lower one of two.
fn middle(mut numbers: Vec<i64>) -> i64 {
    numbers.sort_unstable();
    numbers.get(numbers.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 5).unwrap() + Days::new(number)
    }

    /// A log of 60 days of 1000 rows of 50 accounts, 300 rows of a day without a feature, on weekends a tenth of it; changed.
    fn log(change: impl Fn(u64, &mut Day)) -> Vec<Unusual> {
        let of_day = |number: u64| {
            let part = if number % 7 < 5 { 1 } else { 10 };
            let mut of =
                Day { day: day(number), rows: 1000 / part, accounts: 50 / part, nulls: vec![300 / part] };
            change(number, &mut of);
            of
        };
        let days = (0..60).map(of_day).filter(|day| day.rows > 0).collect();
        unusual(&Profile { columns: vec!["feature".to_owned()], days })
    }

    fn days_of(found: &[Unusual]) -> Vec<NaiveDate> {
        found.iter().map(|unusual| unusual.day).collect()
    }

    #[test]
    fn weekends_growth_and_chance_are_usual() {
        assert_eq!(log(|_, _| {}), []);
        assert_eq!(log(|number, day| day.rows += day.rows * number as i64 / 60), []);
        assert_eq!(log(|number, day| day.rows -= (number as i64 * 37) % 7 * 5), []);
        assert_eq!(log(|_, day| day.rows /= 10).len(), 0, "few rows");
    }

    #[test]
    fn lost_rows_rows_twice_lost_accounts_and_lost_values_are_told_on_their_day() {
        let found = log(|number, day| {
            if number == 30 {
                day.rows = 499
            }
        });
        assert_eq!(
            found,
            [Unusual {
                day: day(30),
                why: vec![
                    "499 rows, where 1000 are usual".to_owned(),
                    "`feature` is NULL in 60 of 100 rows, where 30 are usual".to_owned()
                ]
            }]
        );
        assert_eq!(
            days_of(&log(|number, day| if number == 30 {
                day.rows = 0
            })),
            [day(30)]
        );
        assert_eq!(
            days_of(&log(|number, day| if number == 30 {
                (day.rows, day.nulls) = (2001, vec![600])
            })),
            [day(30)]
        );
        assert_eq!(
            log(|number, day| if number == 30 {
                day.accounts = 24
            })[0]
                .why,
            ["24 accounts, where 50 are usual"]
        );
        assert_eq!(
            days_of(&log(|number, day| if number == 30 {
                day.nulls = vec![501]
            })),
            [day(30)]
        );
        assert_eq!(
            log(|number, day| if number == 30 {
                day.nulls = vec![499]
            }),
            []
        );
    }

    #[test]
    fn a_bad_week_is_told_once_and_the_weeks_after_it_are_not() {
        let week: Vec<NaiveDate> = (28..33).map(day).collect();
        let found = log(|number, day| {
            if (28..35).contains(&number) {
                day.rows = day.rows * 2 / 5;
                day.nulls = vec![day.rows * 3 / 4]
            }
        });
        assert_eq!(days_of(&found), week, "weekends have too few rows");
    }

    #[test]
    fn three_weeks_before_are_enough_and_fewer_are_not() {
        let halved = |at: u64| {
            log(move |number, day| {
                if number == at {
                    day.rows = 300;
                    day.nulls = vec![90]
                }
            })
        };
        assert_eq!((halved(18), halved(21).len()), (Vec::new(), 1));
    }
}
