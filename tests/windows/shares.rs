//! Our aggregates against a naive calculation: over frames in every mode, and as plain aggregates.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::support::{Engine, Row, batch, pieces, rows, strings};

/// The totals above zero of the users of some rows, in descending order.
fn totals<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<f64> {
    let mut totals = BTreeMap::<u8, i64>::new();
    for row in rows {
        if let (Some(user), Some(amount)) = (row.user, row.amount) {
            *totals.entry(user).or_default() += amount;
        }
    }
    let mut totals: Vec<f64> =
        totals.into_values().filter(|total| *total > 0).map(|total| total as f64).collect();
    totals.sort_by(|a, b| b.total_cmp(a));
    totals
}

/// The median of the totals of all users, zero and less included.
fn median<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let mut totals = BTreeMap::<u8, i64>::new();
    for row in rows {
        if let (Some(user), Some(amount)) = (row.user, row.amount) {
            *totals.entry(user).or_default() += amount;
        }
    }
    let mut totals: Vec<i64> = totals.into_values().collect();
    totals.sort_unstable();
    let middle = |place: usize| totals[place] as f64;
    match totals.len() {
        0 => "NULL".to_owned(),
        count => ((middle((count - 1) / 2) + middle(count / 2)) / 2.0).to_string(),
    }
}

/// `hhi`, `gini`, `top_share` of one and of two, by their definitions as mean differences and shares.
fn naive(totals: &[f64]) -> Option<[f64; 4]> {
    let sum: f64 = totals.iter().sum();
    let count = totals.len() as f64;
    let shares: Vec<f64> = totals.iter().map(|total| total / sum).collect();
    let differences: f64 = totals.iter().flat_map(|a| totals.iter().map(move |b| (a - b).abs())).sum();
    (!totals.is_empty()).then(|| {
        [
            shares.iter().map(|share| share * share).sum(),
            differences / (2.0 * count * sum),
            shares[0],
            shares.iter().take(2).sum(),
        ]
    })
}

fn shown(values: Option<[f64; 4]>) -> String {
    values.map_or("NULL | NULL | NULL | NULL".to_owned(), |values| {
        values.map(|value| value.to_string()).join(" | ")
    })
}

const FUNCTIONS: &str = "hhi(KEY, OF) OVER w AS a, gini(KEY, OF) OVER w AS b, top_share(KEY, OF, 1) OVER w AS c, \
    top_share(KEY, OF, 2) OVER w AS d";

/// Whether these are the same rows in any order, numbers to nine digits: a sum of squares and its naive counterpart may differ
/// in the last, and there is no digit to which both are always rounded alike.
fn alike(found: &[String], expected: &[String]) -> bool {
    let values =
        |line: &String| -> Vec<Option<f64>> { line.split(" | ").map(|value| value.parse().ok()).collect() };
    let close = |pair: (&Option<f64>, &Option<f64>)| match pair {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * (1.0 + a.abs()),
        (a, b) => a == b,
    };
    let mut left: Vec<_> = expected.iter().map(values).collect();
    let is_left = |row: Vec<Option<f64>>| {
        let place =
            left.iter().position(|other| row.len() == other.len() && row.iter().zip(other).all(close));
        place.map(|place| left.swap_remove(place)).is_some()
    };
    found.len() == expected.len() && found.iter().map(values).all(is_left)
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/windows_shares.txt", 32))]

    #[test]
    fn shares_over_frames_are_as_by_hand(
        rows in rows(),
        layout in strings(),
        key in prop_oneof![Just("\"user\""), Just("user_id")],
        amount in prop_oneof![Just("amount"), Just("small"), Just("price"), Just("CAST(amount AS DECIMAL(30, 5))")],
        (first, last) in (0..40i32).prop_flat_map(|first| (Just(first), 0..=first)),
        only_spine in any::<bool>(),
        piece in 1..60usize,
    ) {
        let functions = FUNCTIONS.replace("KEY", key).replace("OF", amount);
        let tail = if only_spine { "WHERE on_spine" } else { "" };
        let sql = format!(
            "SELECT a, b, c, d FROM (SELECT on_spine, {functions} FROM rows WINDOW w AS (PARTITION BY account \
             ORDER BY day RANGE BETWEEN INTERVAL '{first}' DAY PRECEDING AND INTERVAL '{last}' DAY PRECEDING)) {tail}"
        );
        let frame = |row: &Row| {
            let (account, day) = (row.account, row.day);
            let within = move |other: &&Row| match (day, other.day) {
                (Some(day), Some(other)) => (day - first..=day - last).contains(&other),
                (None, None) => true,
                _ => false,
            };
            naive(&totals(rows.iter().filter(|other| other.account == account).filter(within)))
        };
        let emitted = rows.iter().filter(|row| !only_spine || row.on_spine == Some(true));
        let expected: Vec<String> = emitted.map(|row| shown(frame(row))).collect();
        let batch = batch(&rows, layout);
        for engine in Engine::OURS {
            let (plan, found) = engine.run(pieces(&batch, piece), &sql);
            prop_assert!(plan.contains("DayWindowExec") && !plan.contains("WindowAggExec"), "{plan}");
            prop_assert!(alike(&found, &expected), "{engine:?}\n{sql}\n{found:?}\n{expected:?}");
        }
        let (_, found) = Engine::STOCK.run(vec![batch], &sql);
        prop_assert!(alike(&found, &expected), "DataFusion's own\n{sql}\n{found:?}\n{expected:?}");
    }

    #[test]
    fn median_totals_over_frames_are_as_by_hand(
        rows in rows(),
        layout in strings(),
        key in prop_oneof![Just("\"user\""), Just("user_id")],
        amount in prop_oneof![Just("amount"), Just("small")],
        (first, last) in (0..40i32).prop_flat_map(|first| (Just(first), 0..=first)),
        only_spine in any::<bool>(),
        piece in 1..60usize,
    ) {
        let tail = if only_spine { "WHERE on_spine" } else { "" };
        let sql = format!(
            "SELECT m FROM (SELECT on_spine, median_total({key}, {amount}) OVER (PARTITION BY account ORDER BY day RANGE \
             BETWEEN INTERVAL '{first}' DAY PRECEDING AND INTERVAL '{last}' DAY PRECEDING) AS m FROM rows) {tail}"
        );
        let within = |row: &Row, other: &Row| match (row.day, other.day) {
            (Some(day), Some(other)) => (day - first..=day - last).contains(&other),
            (None, None) => true,
            _ => false,
        };
        let frame = |row: &Row| {
            median(rows.iter().filter(|other| other.account == row.account && within(row, other)))
        };
        let emitted = rows.iter().filter(|row| !only_spine || row.on_spine == Some(true));
        let expected: Vec<String> = emitted.map(frame).collect();
        let batch = batch(&rows, layout);
        for engine in Engine::OURS {
            let (plan, found) = engine.run(pieces(&batch, piece), &sql);
            prop_assert!(plan.contains("DayWindowExec") && !plan.contains("WindowAggExec"), "{plan}");
            prop_assert!(alike(&found, &expected), "{engine:?}\n{sql}\n{found:?}\n{expected:?}");
        }
        let (_, found) = Engine::STOCK.run(vec![batch.clone()], &sql);
        prop_assert!(alike(&found, &expected), "DataFusion's own\n{sql}\n{found:?}\n{expected:?}");
        let (_, found) = Engine { partitions: 3, ..Engine::STOCK }
            .run(pieces(&batch, piece), &format!("SELECT median_total({key}, {amount}) FROM rows"));
        prop_assert!(alike(&found, &[median(rows.iter())]), "{found:?}");
    }

    #[test]
    fn shares_of_groups_are_as_by_hand(rows in rows(), layout in strings(), partitions in 1..4usize, piece in 1..60usize) {
        let functions = FUNCTIONS.replace(" OVER w", "").replace("KEY", "\"user\"").replace("OF", "price");
        let sql = format!("SELECT region, {functions} FROM rows GROUP BY region");
        let mut expected = Vec::new();
        for region in 0..2 {
            let group: Vec<&Row> = rows.iter().filter(|row| row.region == region).collect();
            if !group.is_empty() {
                expected.push(format!("{region} | {}", shown(naive(&totals(group.into_iter())))));
            }
        }
        let engine = Engine { partitions, ..Engine::STOCK };
        let (_, found) = engine.run(pieces(&batch(&rows, layout), piece), &sql);
        prop_assert!(alike(&found, &expected), "{found:?}\n{expected:?}");
    }
}
