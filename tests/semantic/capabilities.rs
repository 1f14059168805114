//! Capabilities of the language by their numbers, where neither a fixture of `tests/parity/` nor a property shows them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray};

use super::engines::{self, Record, double, integer, text};
use super::{compile, parse};

const COMPONENTS: &str = "\
a: {title: A, value: a, linear: {from: 0, to: 10, points: [0, 10]}}
b: {title: B, value: b, bins: [{below: 5, points: 0}, {points: 4}]}
";
const SCORE: &str = "\
title: Health
version: '1'
components: {use: {weight: 3, components: [a]}, depth: {weight: 1, components: [b]}}
rank_within: segment
min_coverage: 0.5
tiers: [{name: low, below: 50, color: '#aa0000', description: Call}, {name: high}]
";

/// Six accounts of two segments on two days.
fn table() -> RecordBatch {
    let accounts = ["p", "q", "r", "s", "t", "u"];
    let twice =
        |values: [Option<f64>; 6]| -> ArrayRef { Arc::new(Float64Array::from([values, values].concat())) };
    let days: Vec<i32> = [vec![20_000; 6], vec![20_001; 6]].concat();
    let segments = ["S", "S", "S", "L", "L", "L"];
    let columns: [(&str, ArrayRef); 5] = [
        ("account_id", Arc::new(StringArray::from([accounts, accounts].concat()))),
        ("as_of_date", Arc::new(Date32Array::from(days))),
        ("segment", Arc::new(StringArray::from([segments, segments].concat()))),
        ("a", twice([Some(2.0), Some(8.0), None, Some(8.0), Some(10.0), None])),
        ("b", twice([Some(9.0), Some(1.0), Some(6.0), Some(1.0), None, None])),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn run(components: &str, score: &str) -> Vec<Record> {
    let (_, model) = compile(components, score);
    let mut rows = engines::datafusion(&table(), model.query()).unwrap_or_else(|error| panic!("{error}"));
    rows.sort_by_key(|row| (row["as_of_date"].to_string(), text(row, "account_id")));
    rows
}

#[test]
fn capability_1_every_account_and_day_has_one_score_or_a_reason() {
    let rows = run(COMPONENTS, SCORE);
    assert_eq!(rows.len(), 12);
    let keys: std::collections::BTreeSet<_> =
        rows.iter().map(|row| (text(row, "account_id"), row["as_of_date"].to_string())).collect();
    assert_eq!(keys.len(), 12);
    for row in &rows {
        let score = double(row, "score");
        assert!(score.is_none_or(|score| (0.0..=100.0).contains(&score)));
        assert_eq!(score.is_none(), text(row, "reason").is_some());
    }
}

#[test]
fn capability_13_what_is_for_the_eye_alone_changes_neither_numbers_nor_definition() {
    let painted = SCORE
        .replace("#aa0000", "#00aa00")
        .replace("description: Call", "description: Other words")
        .replace("title: Health", "title: Another title");
    let retitled = COMPONENTS.replace("title: A,", "title: Alpha, unit: hours, owner: me, docs: why,");
    let definition = |components: &str, score: &str| {
        parse(components, score).unwrap_or_else(|problems| panic!("{problems}")).scores[0].definition.clone()
    };
    assert_eq!(definition(COMPONENTS, SCORE), definition(&retitled, &painted));
    assert_eq!(run(COMPONENTS, SCORE), run(&retitled, &painted));
}

#[test]
fn capability_18_ranks_and_percentiles_are_published_overall_and_within_peers() {
    // Scores: p 40, q 60, r unscored (a quarter known), s 60, t 100, u unscored.
    let rows = run(COMPONENTS, SCORE);
    let found: Vec<_> = rows[..6]
        .iter()
        .map(|row| {
            (
                double(row, "score"),
                integer(row, "rank"),
                integer(row, "peer_rank"),
                double(row, "peer_percentile"),
            )
        })
        .collect();
    let expected = [
        (Some(40.0), Some(4), Some(2), Some(0.5)),
        (Some(60.0), Some(2), Some(1), Some(1.0)),
        (None, None, None, None),
        (Some(60.0), Some(2), Some(2), Some(0.5)),
        (Some(100.0), Some(1), Some(1), Some(1.0)),
        (None, None, None, None),
    ];
    assert_eq!(found, expected);
}

#[test]
fn capability_19_values_of_groups_are_published() {
    let rows = run(COMPONENTS, SCORE);
    let groups: Vec<_> =
        rows[..6].iter().map(|row| (double(row, "group_use"), double(row, "group_depth"))).collect();
    let (none, least, most) = (None, Some(0.0), Some(100.0));
    let expected = [
        (Some(20.0), most),
        (Some(80.0), least),
        (none, most),
        (Some(80.0), least),
        (most, none),
        (none, none),
    ];
    assert_eq!(groups, expected);
}

#[test]
fn capability_20_a_score_is_never_a_probability() {
    let (components, score) = compile(COMPONENTS, SCORE);
    for model in [components, score] {
        assert!(!model.sql.contains("probability"), "a health score has no column that claims to predict");
    }
}

#[test]
fn capability_33_a_custom_kpi_is_one_entry_of_yaml() {
    let kpi = format!(
        "{COMPONENTS}per_a: {{title: KPI, value: \"b / nullif(a, 0)\", bins: [{{below: 1, points: 0}}, {{points: 1}}]}}\n"
    );
    let rows = run(&kpi, &SCORE.replace("[b]", "[b, per_a]"));
    // p: b / a = 4.5, so all of depth's 4 × 1 + 1 × 1 points; q: 0.125, none of them.
    assert_eq!((double(&rows[0], "group_depth"), double(&rows[1], "group_depth")), (Some(100.0), Some(0.0)));
}

#[test]
fn capability_34_usage_alone_or_no_usage_at_all_are_whole_definitions() {
    let alone =
        SCORE.replace("{use: {weight: 3, components: [a]}, depth: {weight: 1, components: [b]}}", "[a]");
    assert_eq!(double(&run(COMPONENTS, &alone)[1], "score"), Some(80.0));
    let without = "nps: {title: NPS, value: b, ordinal: [0, 10]}\n";
    let score = alone.replace("[a]", "[nps]");
    assert_eq!(double(&run(without, &score)[0], "score"), Some(90.0));
}

#[test]
fn capability_80_too_little_known_is_no_tier() {
    let rows = run(COMPONENTS, SCORE);
    let of = |row: &Record| (text(row, "tier"), text(row, "reason"), double(row, "coverage"));
    let unscored =
        |coverage| (Some("unscored".to_owned()), Some("insufficient_coverage".to_owned()), Some(coverage));
    assert_eq!(of(&rows[2]), unscored(0.25));
    assert_eq!(of(&rows[5]), unscored(0.0));
}
