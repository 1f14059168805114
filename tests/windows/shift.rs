//! `lag` and `lead` by rows: as DataFusion's own where a day has one row, as documented where it has several.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::stock::{agree, order, query, without_ties};
use super::support::{Engine, Row, batch, pieces, rows, strings};

// `lead(x, 2) IGNORE NULLS` is left out here: DataFusion's own loses count of the NULLs (`engine_traps`).

/// Arguments of every kind of storage, each with a default.
const ARGUMENTS: [(&str, &str); 8] = [
    ("amount", "7"),
    ("small", "-1"),
    ("price", "1.25"),
    ("price * CAST(1 AS DECIMAL(20, 2))", "1.25"),
    ("amount * 0.7", "0.5"),
    ("\"user\"", "'nobody'"),
    ("on_spine", "true"),
    ("day", "DATE '2024-01-01'"),
];

const CALLS: [&str; 9] = [
    "lag(X)",
    "lag(X, 3)",
    "lag(X, 2, DEFAULT)",
    "lag(X, -2)",
    "lead(X)",
    "lead(X, 2, DEFAULT)",
    "lag(X) IGNORE NULLS",
    "lag(X, 2, DEFAULT) IGNORE NULLS",
    "lead(X, 1, DEFAULT) IGNORE NULLS",
];

/// Frames that `lag` and `lead` have nothing to do with.
const FRAMES: [&str; 3] = [
    "",
    "RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW",
    "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
];

/// Rows in the order of the window, by account: first those without a day or last, as the window says.
fn compare(a: Option<i32>, b: Option<i32>) -> Ordering {
    (a.is_none(), a).cmp(&(b.is_none(), b))
}

/// What a row sees some rows before the first of its day, or after the last, by the documented order.
fn naive(rows: &[Row], row: &Row, by: i64, ignore_nulls: bool) -> Option<i64> {
    let wanted = if by < 0 { Ordering::Less } else { Ordering::Greater };
    let mut beside: Vec<&Row> = rows
        .iter()
        .filter(|other| other.account == row.account && compare(other.day, row.day) == wanted)
        .filter(|other| !ignore_nulls || other.amount.is_some())
        .collect();
    // The nearest first: before a day the greatest of each, after it the least; NULL is the last of each.
    beside.sort_by(|a, b| {
        let values = |row: &Row| {
            (row.amount.is_none(), row.amount.map(|amount| if by < 0 { -amount } else { amount }))
        };
        let days = if by < 0 { compare(b.day, a.day) } else { compare(a.day, b.day) };
        days.then(values(a).cmp(&values(b)))
    });
    beside.get(by.unsigned_abs() as usize - 1).and_then(|other| other.amount)
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/windows_shift.txt", 32))]

    #[test]
    fn lag_and_lead_are_as_in_datafusion(
        rows in rows().prop_map(without_ties),
        layout in strings(),
        frames in prop::sample::subsequence(FRAMES.to_vec(), 1..=2),
        order in order(),
        of in prop::sample::subsequence(ARGUMENTS.to_vec(), 1..=3),
        calls in prop::sample::subsequence(CALLS.to_vec(), 1..=3),
        tail in prop_oneof![Just(""), Just("WHERE on_spine"), Just("WHERE amount > 10")],
        piece in 1..60usize,
    ) {
        let calls = of.iter().flat_map(|(argument, default)| {
            calls.iter().map(move |call| call.replace('X', argument).replace("DEFAULT", default))
        });
        let calls: Vec<String> = calls.collect();
        let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
        agree(&rows, layout, piece, &query(&calls, &frames, "PARTITION BY account", order, tail))?;
    }

    #[test]
    fn rows_of_one_day_stand_as_documented(
        rows in rows(),
        layout in strings(),
        by in prop_oneof![-6..0i64, 1..7i64],
        ignore_nulls in any::<bool>(),
        only_spine in any::<bool>(),
        piece in 1..60usize,
    ) {
        let (name, nulls) = (if by < 0 { "lag" } else { "lead" }, if ignore_nulls { "IGNORE NULLS" } else { "" });
        let tail = if only_spine { "WHERE on_spine" } else { "" };
        let sql = format!(
            "SELECT amount, x FROM (SELECT amount, on_spine, {name}(amount, {}) {nulls} OVER (PARTITION BY account \
             ORDER BY day) AS x FROM rows) {tail}",
            by.abs()
        );
        let text = |value: Option<i64>| value.map_or("NULL".to_owned(), |value| value.to_string());
        let emitted = rows.iter().filter(|row| !only_spine || row.on_spine == Some(true));
        let shown = |row: &Row| format!("{} | {}", text(row.amount), text(naive(&rows, row, by, ignore_nulls)));
        let mut expected: Vec<String> = emitted.map(shown).collect();
        expected.sort_unstable();
        let batch = batch(&rows, layout);
        for engine in Engine::OURS {
            let (plan, found) = engine.run(pieces(&batch, piece), &sql);
            prop_assert!(plan.contains("DayWindowExec") && !plan.contains("WindowAggExec"), "{plan}");
            prop_assert_eq!(&found, &expected, "{:?}\n{}", engine, sql);
        }
    }
}
