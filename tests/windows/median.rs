//! Medians over frames of days against sorting every frame anew.

use arrow::array::RecordBatch;
use proptest::prelude::*;

use super::support::{Engine, Row, Strings, batch, pieces, rows, strings};

/// The middle value, or half the sum of the two middle ones.
fn naive(mut values: Vec<i64>) -> Option<f64> {
    values.sort_unstable();
    let last = values.len().checked_sub(1)?;
    Some((values[last / 2] as f64 + values[values.len() / 2] as f64) / 2.0)
}

fn text(value: Option<f64>) -> String {
    value.map_or("NULL".to_owned(), |value| format!("{value:?}"))
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/windows_median.txt", 32))]

    #[test]
    fn medians_are_as_by_sorting(
        rows in rows(),
        layout in strings(),
        (first, last) in (0..40i32).prop_flat_map(|first| (Just(first), 0..=first)),
        only_spine in any::<bool>(),
        piece in 1..60usize,
    ) {
        let tail = if only_spine { "WHERE on_spine" } else { "" };
        let sql = format!(
            "SELECT amount, m FROM (SELECT amount, on_spine, median(amount) OVER (PARTITION BY account ORDER BY day RANGE \
             BETWEEN INTERVAL '{first}' DAY PRECEDING AND INTERVAL '{last}' DAY PRECEDING) AS m FROM rows) {tail}"
        );
        let within = |row: &Row, other: &Row| match (row.day, other.day) {
            (Some(day), Some(other)) => (day - first..=day - last).contains(&other),
            (None, None) => true,
            _ => false,
        };
        let frame = |row: &Row| {
            let others = rows.iter().filter(|other| other.account == row.account && within(row, other));
            naive(others.filter_map(|other| other.amount).collect())
        };
        let amount = |row: &Row| row.amount.map_or("NULL".to_owned(), |amount| amount.to_string());
        let emitted = rows.iter().filter(|row| !only_spine || row.on_spine == Some(true));
        let mut expected: Vec<String> =
            emitted.map(|row| format!("{} | {}", amount(row), text(frame(row)))).collect();
        expected.sort_unstable();
        let batch = batch(&rows, layout);
        for engine in Engine::OURS {
            let (plan, found) = engine.run(pieces(&batch, piece), &sql);
            prop_assert!(plan.contains("DayWindowExec") && !plan.contains("WindowAggExec"), "{plan}");
            prop_assert_eq!(&found, &expected, "{:?}\n{}", engine, sql);
        }
    }
}

fn days(amounts: &[i64]) -> RecordBatch {
    let row = |(day, amount): (usize, &i64)| Row {
        account: Some(0),
        region: 0,
        day: Some(19_700 + day as i32),
        user: None,
        amount: Some(*amount),
        on_spine: Some(true),
    };
    batch(&amounts.iter().enumerate().map(row).collect::<Vec<_>>(), Strings::View)
}

/// Half of an odd sum of decimals is cut to their digits, towards zero; no sum of two overflows.
#[test]
fn decimals_keep_their_digits() {
    let two = "RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW";
    for (of, amounts, expected) in [
        ("CAST(amount AS DECIMAL(9, 0))", [-3, 0], ["-1", "-3"]),
        ("CAST(amount AS DECIMAL(38, 0))", [-3, 0], ["-1", "-3"]),
        ("CAST(amount AS DECIMAL(18, 1))", [1, 2], ["1.0", "1.5"]),
        (
            "CAST(amount AS DECIMAL(38, 0)) * CAST(10000000000000000000 AS DECIMAL(20, 0))",
            [9_000_000_000_000_000_000, 9_000_000_000_000_000_000],
            ["90000000000000000000000000000000000000"; 2],
        ),
    ] {
        let sql = format!("SELECT median({of}) OVER (ORDER BY day {two}) AS m FROM rows");
        for engine in Engine::OURS.into_iter().chain([Engine::STOCK]) {
            assert_eq!(engine.run(vec![days(&amounts)], &sql).1, expected, "{engine:?} {sql}");
        }
    }
}
