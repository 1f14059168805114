//! Window frames whose bounds are intervals of mixed units or the wrong way round: right, or refused.

use proptest::prelude::*;

use crate::ask::{hale, mended, plain};

/// A bound in words, and how many hours after the row it lies; none where only the calendar can tell.
fn bound() -> impl Strategy<Value = (String, Option<i64>)> {
    let unit = prop_oneof![
        Just(("DAY", Some(24))),
        Just(("HOUR", Some(1))),
        Just(("WEEK", Some(168))),
        Just(("MONTH", None))
    ];
    let offset = (0..40i64, unit, any::<bool>()).prop_map(|(count, (unit, hours), before)| {
        let count = if unit == "HOUR" {
            count * 12
        } else if unit == "MONTH" {
            count % 3
        } else {
            count
        };
        let (word, sign) = if before { ("PRECEDING", -1) } else { ("FOLLOWING", 1) };
        (format!("INTERVAL '{count}' {unit} {word}"), hours.map(|hours| sign * count * hours))
    });
    prop_oneof![1 => Just(("CURRENT ROW".to_owned(), Some(0))), 6 => offset]
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/frames.txt", 200))]

    /// Whatever the units and their order: the rows between the bounds, or an error, and an error where there are none.
    #[test]
    fn frames_hold_the_rows_between_their_bounds((start, from) in bound(), (end, to) in bound(), operator in any::<bool>()) {
        // A TIMESTAMP stays with DataFusion's own operator; a DATE with whole days is ours.
        let (kind, step) = if operator { ("DATE", 24) } else { ("TIMESTAMP", 12) };
        let rows = format!("(SELECT i, CAST(to_timestamp_seconds(1772323200 + i * {step} * 3600) AS {kind}) AS t FROM range(0, 60) AS r (i))");
        let sql = format!("SELECT i, count(*) OVER (ORDER BY t RANGE BETWEEN {start} AND {end}) FROM {rows}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(hale(&sql));
        match (from, to, answer) {
            (Some(from), Some(to), Ok(answer)) => {
                prop_assert!(from <= to, "{sql}");
                let within = |i: i64| (0..60).filter(|j| (from..=to).contains(&((j - i) * step))).count();
                let mut right: Vec<String> = (0..60).map(|i| format!("{i} | {}", within(i))).collect();
                right.sort_unstable();
                // Of a DATE, hours that are no whole days are left to the engine, which counts in whole days.
                if !operator || (from % 24 == 0 && to % 24 == 0) {
                    prop_assert_eq!(answer, right, "{}", sql);
                }
            }
            (Some(from), Some(to), Err(error)) => {
                // A frame from the current row on does not end before it, be it by nothing.
                let is_reversed = from > to || (from == 0 && to == 0);
                prop_assert!(is_reversed || (operator && (from % 24 != 0 || to % 24 != 0)), "{error}\n{sql}");
            }
            (_, _, Ok(answer)) => {
                // With months: never a count below nothing.
                prop_assert!(answer.iter().all(|row| !row.contains("| -")), "{answer:?}\n{sql}");
            }
            (_, _, Err(error)) => {
                prop_assert!(error.contains("frame"), "{error}\n{sql}");
            }
        }
    }
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
