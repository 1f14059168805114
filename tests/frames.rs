//! Window frames whose bounds are intervals of mixed units or the wrong way round: right, or refused.

use chrono::{DateTime, Months, NaiveDateTime, TimeDelta};
use proptest::prelude::*;

use crate::ask::{hale, mended, plain};

/// A distance from the row, negative before it: months, then hours.
type Distance = (i32, i64);

/// A bound in words, and its distance.
fn bound() -> impl Strategy<Value = (String, Distance)> {
    let unit = prop_oneof![Just(("DAY", 24)), Just(("HOUR", 12)), Just(("WEEK", 168)), Just(("MONTH", 0))];
    let offset = (0..70i64, unit, any::<bool>()).prop_map(|(count, (unit, hours), before)| {
        let (word, sign) = if before { ("PRECEDING", -1) } else { ("FOLLOWING", 1) };
        let (count, distance) = match unit {
            "MONTH" => (count % 4, (sign * (count % 4) as i32, 0)),
            "HOUR" => (count * 12, (0, i64::from(sign) * count * hours)),
            _ => (count, (0, i64::from(sign) * count * hours)),
        };
        (format!("INTERVAL '{count}' {unit} {word}"), distance)
    });
    prop_oneof![1 => Just(("CURRENT ROW".to_owned(), (0, 0))), 6 => offset]
}

/// A moment at a distance from another, as the calendar has it: a month later is the same day, or the last of its month.
fn at(moment: NaiveDateTime, (months, hours): Distance) -> NaiveDateTime {
    let by = Months::new(months.unsigned_abs());
    let moved = if months < 0 { moment - by } else { moment + by };
    moved + TimeDelta::hours(hours)
}

/// The least and the most hours that lie between the row and a bound.
fn reach((months, hours): Distance) -> (i64, i64) {
    let (least, most) = if months < 0 { (31, 28) } else { (28, 31) };
    (i64::from(months) * least * 24 + hours, i64::from(months) * most * 24 + hours)
}

/// Whether a frame begins before it ends: always, never, or as the calendar has it. Months on both sides cancel out.
fn runs_forward(from: Distance, to: Distance) -> Option<bool> {
    let (least, most) = reach((to.0 - from.0, to.1 - from.1));
    (least >= 0 || most < 0).then_some(least >= 0)
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/frames.txt", 300))]

    /// Whatever the units and their order: the rows between the bounds; an error where there are never any, or only the
    /// calendar can tell.
    #[test]
    fn frames_hold_the_rows_between_their_bounds((start, from) in bound(), (end, to) in bound(), operator in any::<bool>()) {
        // A TIMESTAMP stays with DataFusion's own operator; a DATE with whole days is ours.
        let (kind, step) = if operator { ("DATE", 24) } else { ("TIMESTAMP", 12) };
        let rows = format!("(SELECT i, CAST(to_timestamp_seconds(1772323200 + i * {step} * 3600) AS {kind}) AS t FROM range(0, 80) AS r (i))");
        let sql = format!("SELECT i, count(*) OVER (ORDER BY t RANGE BETWEEN {start} AND {end}) FROM {rows}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(hale(&sql));
        // Of a DATE, hours that are no whole days are left to the engine, which counts in whole days.
        let is_whole = from.1 % 24 == 0 && to.1 % 24 == 0;
        match (runs_forward(from, to), answer) {
            (Some(true), Ok(answer)) if !operator || is_whole => {
                let first = DateTime::from_timestamp(1_772_323_200, 0).unwrap().naive_utc();
                let moment = |i: i64| first + TimeDelta::hours(i * step);
                let within = |i: i64| {
                    let between = at(moment(i), from)..=at(moment(i), to);
                    (0..80).filter(|j| between.contains(&moment(*j))).count()
                };
                let mut right: Vec<String> = (0..80).map(|i| format!("{i} | {}", within(i))).collect();
                right.sort_unstable();
                prop_assert_eq!(answer, right, "{}", sql);
            }
            (Some(true), Err(error)) => prop_assert!(operator && !is_whole, "{error}\n{sql}"),
            (Some(true), Ok(_)) => {}
            (Some(false), Err(error)) => prop_assert!(error.contains("ends before it begins"), "{error}\n{sql}"),
            (None, Err(error)) => prop_assert!(error.contains("only the calendar tells"), "{error}\n{sql}"),
            (_, Ok(answer)) => prop_assert!(false, "{answer:?}\n{sql}"),
        }
    }
}

/// Days and months that DataFusion compares the wrong way round, and a bound that is less than nothing.
#[tokio::test]
async fn frames_of_days_and_months_hold_the_rows_between_them() {
    let rows = "(SELECT i, DATE '2026-01-01' + i AS t FROM range(0, 120) AS r (i))";
    let count = |frame: &str| {
        format!(
            "SELECT n FROM (SELECT i, count(*) OVER (ORDER BY t RANGE BETWEEN {frame}) AS n FROM {rows}) WHERE i = 73"
        )
    };
    // 2026-03-15: from 01-29 to 02-15, and from 04-15 to 04-29.
    let guard = "turned in engine::frames";
    mended(guard, &count("INTERVAL '45' DAY PRECEDING AND INTERVAL '1' MONTH PRECEDING"), &["18"]).await;
    mended(guard, &count("INTERVAL '1' MONTH FOLLOWING AND INTERVAL '45' DAY FOLLOWING"), &["15"]).await;
    mended(guard, &count("CURRENT ROW AND INTERVAL '0' DAY PRECEDING"), &["1"]).await;
}

#[tokio::test]
async fn units_are_compared_by_their_length() {
    let rows = "(SELECT i, DATE '2026-03-01' + i AS t FROM range(0, 40) AS r (i))";
    let count = |frame: &str| {
        format!(
            "SELECT n FROM (SELECT i, count(*) OVER (ORDER BY t RANGE BETWEEN {frame}) AS n FROM {rows}) WHERE i = 20"
        )
    };
    mended("engine::frames", &count("INTERVAL '240' HOUR PRECEDING AND INTERVAL '1' DAY PRECEDING"), &["10"])
        .await;
    let reversed = count("INTERVAL '1' DAY PRECEDING AND INTERVAL '240' HOUR PRECEDING");
    let told = plain(&reversed).await.is_err_and(|error| error.contains("Invalid window frame"));
    assert!(!told, "DataFusion compares intervals by their length now: engine::frames can go");
    let error = hale(&reversed).await.unwrap_err();
    assert!(error.contains("the frame of count(…) ends before it begins"), "{error}");
    let error =
        hale(&count("INTERVAL '1' MONTH PRECEDING AND INTERVAL '55' DAY PRECEDING")).await.unwrap_err();
    assert!(error.contains("ends before it begins"), "{error}");
    let error =
        hale(&count("INTERVAL '30' DAY PRECEDING AND INTERVAL '1' MONTH PRECEDING")).await.unwrap_err();
    assert!(error.contains("only the calendar tells"), "{error}");
}
