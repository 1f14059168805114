//! Wherever DataFusion's own operator has an answer, ours is the same.

use proptest::prelude::*;

use super::support::{Engine, Row, Strings, batch, pieces, rows, strings};

const FRAMES: [&str; 9] = [
    "RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW",
    "RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW",
    "RANGE BETWEEN INTERVAL '20' DAY PRECEDING AND INTERVAL '7' DAY PRECEDING",
    "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
    "RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL '3' DAY PRECEDING",
    "RANGE BETWEEN CURRENT ROW AND CURRENT ROW",
    "RANGE BETWEEN INTERVAL '2' DAY PRECEDING AND INTERVAL '5' DAY FOLLOWING",
    "RANGE BETWEEN INTERVAL '1' DAY FOLLOWING AND INTERVAL '9' DAY FOLLOWING",
    "RANGE BETWEEN INTERVAL '4' DAY FOLLOWING AND UNBOUNDED FOLLOWING",
];

const FUNCTIONS: [&str; 33] = [
    "sum(amount)",
    "sum(small)",
    "sum(price)",
    "sum(abs(amount))",
    "sum(CASE WHEN on_spine THEN amount END)",
    "sum(amount) FILTER (WHERE on_spine)",
    "sum(small) FILTER (WHERE amount > 3)",
    "count(*)",
    "count(amount)",
    "count(user)",
    "count(*) FILTER (WHERE on_spine)",
    "count(user) FILTER (WHERE amount > 10)",
    "avg(amount)",
    "avg(small)",
    "avg(price)",
    "avg(amount) FILTER (WHERE on_spine)",
    "min(amount)",
    "max(small)",
    "min(price) FILTER (WHERE on_spine)",
    "max(at)",
    "min(on_spine)",
    "max(day)",
    "count(DISTINCT user)",
    "count(DISTINCT user_id)",
    "count(DISTINCT amount) FILTER (WHERE on_spine)",
    "count(DISTINCT day)",
    "count(DISTINCT day) FILTER (WHERE amount > 20)",
    "median(amount)",
    "median(small)",
    "median(price)",
    "median(price * CAST(1 AS DECIMAL(20, 2)))",
    "median(amount * 0.7)",
    "median(small) FILTER (WHERE on_spine)",
];

/// A query with every function over some frames, named so that each column can be told.
pub fn query(functions: &[&str], frames: &[&str], partition_by: &str, order: &str, tail: &str) -> String {
    let windows = frames
        .iter()
        .enumerate()
        .map(|(at, frame)| format!("w{at} AS ({partition_by} ORDER BY day {order} {frame})"));
    let columns = functions
        .iter()
        .flat_map(|function| (0..frames.len()).map(move |frame| format!("{function} OVER w{frame}")));
    let columns: Vec<String> = columns.enumerate().map(|(at, column)| format!("{column} AS c{at}")).collect();
    format!(
        "SELECT * FROM (SELECT account, region, day, \"user\", amount, user_id, on_spine, {} FROM rows WINDOW {}) {tail}",
        columns.join(", ").replace("(user", "(\"user\"").replace("DISTINCT user", "DISTINCT \"user\""),
        windows.collect::<Vec<_>>().join(", ")
    )
    .replace("\"user\"_id", "user_id")
}

pub fn agree(rows: &[Row], layout: Strings, piece: usize, sql: &str) -> Result<(), TestCaseError> {
    let batch = batch(rows, layout);
    let (_, expected) = Engine::STOCK.run(vec![batch.clone()], sql);
    for engine in Engine::OURS {
        let (plan, found) = engine.run(pieces(&batch, piece), sql);
        prop_assert!(plan.contains("DayWindowExec") && !plan.contains("WindowAggExec"), "{plan}");
        prop_assert_eq!(&found, &expected, "{:?}\n{}\n{}", engine, sql, plan);
    }
    Ok(())
}

/// The rows with each account's days at most once, where first and last values are not a matter of choice.
pub fn without_ties(mut rows: Vec<Row>) -> Vec<Row> {
    let mut seen = std::collections::BTreeSet::new();
    rows.retain(|row| seen.insert((row.account, row.day)));
    rows
}

fn partition_by() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just("PARTITION BY account"),
        1 => Just("PARTITION BY region"),
        1 => Just("PARTITION BY account, region"),
        1 => Just("PARTITION BY region, user_id, on_spine"),
        1 => Just(""),
    ]
}

pub fn order() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("ASC"), 1 => Just("ASC NULLS FIRST"), 1 => Just("ASC NULLS LAST")]
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/windows_stock.txt", 32))]

    #[test]
    fn every_function_over_every_frame_is_as_in_datafusion(
        rows in rows(),
        layout in strings(),
        partition_by in partition_by(),
        order in order(),
        frames in prop::sample::subsequence(FRAMES.to_vec(), 1..=3),
        functions in prop::sample::subsequence(FUNCTIONS.to_vec(), 1..=8),
        piece in 1..60usize,
    ) {
        agree(&rows, layout, piece, &query(&functions, &frames, partition_by, order, ""))?;
    }

    #[test]
    fn what_is_asked_of_input_columns_is_asked_in_the_operator(
        rows in rows(),
        layout in strings(),
        frames in prop::sample::subsequence(FRAMES.to_vec(), 1..=2),
        functions in prop::sample::subsequence(FUNCTIONS.to_vec(), 1..=5),
        tail in prop_oneof![
            Just("WHERE on_spine"),
            Just("WHERE on_spine AND amount > 10"),
            Just("WHERE amount > 10 AND c0 IS NOT NULL"),
            Just("WHERE day = DATE '2023-12-20'"),
            Just("WHERE user_id IS NULL"),
        ],
        piece in 1..60usize,
    ) {
        let sql = query(&functions, &frames, "PARTITION BY account", "ASC", tail);
        let (plan, _) = Engine::OURS[0].run(vec![batch(&rows, layout)], &sql);
        prop_assert!(plan.contains(", emit="), "{plan}");
        agree(&rows, layout, piece, &sql)?;
    }

    #[test]
    fn first_and_last_values_are_as_in_datafusion(
        rows in rows().prop_map(without_ties),
        layout in strings(),
        frames in prop::sample::subsequence(FRAMES.to_vec(), 1..=3),
        order in order(),
        of in prop::sample::subsequence(vec!["amount", "price", "\"user\"", "on_spine", "amount * 0.5"], 1..=2),
        piece in 1..60usize,
    ) {
        let functions = of.iter().flat_map(|of| {
            ["first_value(X)", "first_value(X) IGNORE NULLS", "last_value(X)", "last_value(X) IGNORE NULLS"]
                .map(|function| function.replace('X', of))
        });
        let functions: Vec<String> = functions.collect();
        let functions: Vec<&str> = functions.iter().map(String::as_str).collect();
        agree(&rows, layout, piece, &query(&functions, &frames, "PARTITION BY account", order, ""))?;
    }
}
