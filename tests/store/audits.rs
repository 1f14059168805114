//! The audits while writing: each rule with planted violations, and all of them against a naive count.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray, UInt64Array,
};
use datafusion::common::DFSchema;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::prelude::SessionContext;
use halescore::error::Error;
use halescore::table::{Finding, Rule, TableSpec};
use proptest::prelude::*;

use super::{Row, batch, begin, date32, day, days, local, row, usage, usage_rows, write};

/// A `CHECK` planned on the declared columns of a table, as the engine does it.
fn check(spec: &TableSpec, text: &str) -> (String, Arc<dyn PhysicalExpr>) {
    let context = SessionContext::new();
    let schema = DFSchema::try_from(spec.schema.as_ref().clone()).unwrap();
    let expression = context.parse_sql_expr(text, &schema).unwrap();
    (format!("CHECK ({text})"), context.create_physical_expr(expression, &schema).unwrap())
}

fn with_checks(texts: &[&str]) -> TableSpec {
    let spec = usage();
    let checks = texts.iter().map(|text| check(&spec, text)).collect();
    TableSpec { checks, ..spec }
}

async fn findings(spec: TableSpec, batches: Vec<RecordBatch>) -> Vec<Finding> {
    let out = tempfile::tempdir().unwrap();
    let staging = begin(&local(out.path())).await;
    write(&staging, spec, batches).await.unwrap().findings.clone()
}

/// Findings as people see them: the rule, how many rows, the samples.
fn told(findings: &[Finding]) -> Vec<(String, u64, Vec<String>)> {
    let told = |finding: &Finding| {
        let samples = finding.samples.iter().map(ToString::to_string).collect();
        (finding.rule.to_string(), finding.rows, samples)
    };
    findings.iter().map(told).collect()
}

fn one(rule: &str, rows: u64, samples: &[&str]) -> Vec<(String, u64, Vec<String>)> {
    vec![(rule.to_owned(), rows, samples.iter().map(|&sample| sample.to_owned()).collect())]
}

#[tokio::test]
async fn sound_rows_have_no_findings() {
    let spec = with_checks(&["seconds > -10", "share IS NOT NULL"]);
    assert_eq!(findings(spec, vec![batch(&usage_rows(days(0, 5), 1))]).await, []);
}

#[tokio::test]
async fn missing_values_are_found() {
    let mut rows = usage_rows(days(0, 1), 1);
    rows[1].seconds = None;
    rows[5].seconds = None;
    rows[5].share = None; // not declared NOT NULL
    let found = told(&findings(usage(), vec![batch(&rows)]).await);
    let samples = [
        "as_of_date = 2026-08-30, account_id = 'it's; \"q\"/..': seconds = NULL",
        "as_of_date = 2026-08-31, account_id = 'zoë\\n': seconds = NULL",
    ];
    assert_eq!(found, one("NOT NULL seconds", 2, &samples));
}

#[tokio::test]
async fn a_missing_key_is_found_without_being_declared_not_null() {
    let mut rows = usage_rows(days(0, 1), 1);
    rows[2].account = None; // last of its day
    rows.push(Row { day: None, ..row("acme", day(9), 1) });
    let found = told(&findings(usage(), vec![batch(&rows)]).await);
    let account =
        ("NOT NULL account_id".to_owned(), 1, vec!["as_of_date = 2026-08-30, account_id = NULL".to_owned()]);
    let date =
        ("NOT NULL as_of_date".to_owned(), 1, vec!["as_of_date = NULL, account_id = 'acme'".to_owned()]);
    assert_eq!(found, [account, date]);
}

#[tokio::test]
async fn the_same_key_twice_is_found_within_and_across_batches() {
    let rows: Vec<_> = ["a", "a", "a", "b", "b"].map(|account| row(account, day(0), 1)).to_vec();
    for cut in 0..=rows.len() {
        let batches = vec![batch(&rows[..cut]), batch(&rows[cut..])];
        let samples =
            ["a", "a", "b"].map(|account| format!("as_of_date = 2026-08-30, account_id = '{account}'"));
        let samples = samples.each_ref().map(String::as_str);
        let found = told(&findings(usage(), batches).await);
        assert_eq!(found, one("PRIMARY KEY (account_id, as_of_date)", 3, &samples));
    }
}

#[tokio::test]
async fn a_check_fails_where_it_is_false_and_passes_where_it_is_null() {
    let rows: Vec<_> = (0..9).map(|number| row(&format!("account {number}"), day(0), number - 7)).collect();
    let mut rows = rows;
    rows[0].seconds = None;
    let spec =
        TableSpec { not_null: Vec::new(), ..with_checks(&["seconds >= 0", "account_id <> 'account 3'"]) };
    let found = told(&findings(spec, vec![batch(&rows[..4]), batch(&rows[4..])]).await);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].0.as_str(), found[0].1), ("CHECK (seconds >= 0)", 6));
    assert_eq!(found[0].2.len(), 5, "samples are few");
    assert_eq!(found[0].2[0], "as_of_date = 2026-08-30, account_id = 'account 1': seconds = -6");
    let key = "as_of_date = 2026-08-30, account_id = 'account 3'";
    assert_eq!(found[1..], one("CHECK (account_id <> 'account 3')", 1, &[key]));
}

#[tokio::test]
async fn a_check_that_cannot_be_evaluated_fails() {
    let out = tempfile::tempdir().unwrap();
    let staging = begin(&local(out.path())).await;
    let rows = [row("a", day(0), 0)];
    let error = write(&staging, with_checks(&["10 / seconds > 1"]), vec![batch(&rows)]).await.unwrap_err();
    let Error::Audit(problems) = &error else { panic!("{error}") };
    assert!(problems.to_string().contains("CHECK (10 / seconds > 1) of metrics.usage"), "{problems}");
    assert_eq!(error.exit_code(), 3);
}

#[tokio::test]
async fn a_check_that_is_no_truth_value_passes_nothing() {
    let out = tempfile::tempdir().unwrap();
    let staging = begin(&local(out.path())).await;
    for number in ["seconds", "share", "CAST(NULL AS BIGINT)"] {
        let written = write(&staging, with_checks(&[number]), vec![batch(&[row("a", day(0), 1)])]).await;
        let error = written.unwrap_err();
        assert!(matches!(&error, Error::Bug(why) if why.contains("not a truth value")), "{error}");
    }
}

#[tokio::test]
async fn nan_and_infinities_are_found_and_nulls_are_not() {
    let shares =
        [Some(0.0), Some(f64::NAN), None, Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(f64::MAX)];
    let rows: Vec<_> = shares
        .iter()
        .enumerate()
        .map(|(number, &share)| Row { share, ..row(&format!("{number}"), day(0), 1) })
        .collect();
    let found = told(&findings(usage(), vec![batch(&rows)]).await);
    let samples = [("1", "NaN"), ("3", "inf"), ("4", "-inf")].map(|(account, share)| {
        format!("as_of_date = 2026-08-30, account_id = '{account}': share = {share}")
    });
    assert_eq!(found, one("finite values in share", 3, &samples.each_ref().map(String::as_str)));
}

#[tokio::test]
async fn a_null_that_hides_a_nan_is_a_null() {
    let hidden = arrow::buffer::NullBuffer::from(vec![true, false]);
    let shares = Float64Array::new(vec![1.0, f64::NAN].into(), Some(hidden));
    let columns: [(&str, ArrayRef); 4] = [
        ("account_id", Arc::new(StringViewArray::from(vec!["a", "b"]))),
        ("as_of_date", Arc::new(Date32Array::from(vec![date32(day(0)); 2]))),
        ("seconds", Arc::new(Int64Array::from(vec![1, 2]))),
        ("share", Arc::new(shares)),
    ];
    assert_eq!(findings(usage(), vec![RecordBatch::try_from_iter(columns).unwrap()]).await, []);
}

#[tokio::test]
async fn values_that_the_stored_type_cannot_hold_are_found() {
    let columns: [(&str, ArrayRef); 4] = [
        ("account_id", Arc::new(StringViewArray::from(vec!["a", "b"]))),
        ("as_of_date", Arc::new(Date32Array::from(vec![date32(day(0)); 2]))),
        ("seconds", Arc::new(UInt64Array::from(vec![7, u64::MAX]))),
        ("share", Arc::new(Float64Array::from(vec![1.0, 2.0]))),
    ];
    let found = findings(usage(), vec![RecordBatch::try_from_iter(columns).unwrap()]).await;
    let lost = &found[1];
    assert_eq!(lost.rule, Rule::Lossless { column: "seconds".to_owned(), stored: "BIGINT".to_owned() });
    let sample = "as_of_date = 2026-08-30, account_id = 'b': seconds = 18446744073709551615";
    assert_eq!(told(&found[1..]), one("values of seconds that BIGINT can hold", 1, &[sample]));
    // What could not be held is missing in the file as well.
    assert_eq!((found[0].rule.to_string().as_str(), found[0].rows), ("NOT NULL seconds", 1));
}

#[tokio::test]
async fn long_values_are_shortened_and_control_characters_escaped() {
    let long = format!("\u{1b}[31m{}", "é".repeat(10_000_000));
    let rows = [Row { seconds: None, ..row(&long, day(0), 1) }];
    let found = findings(usage(), vec![batch(&rows)]).await;
    let account = &found[0].samples[0].key[1].1;
    assert!(
        account.starts_with("'\\u{1b}[31mééé") && account.ends_with("… (9999945 more characters)'"),
        "{account}"
    );
}

#[tokio::test]
async fn rows_out_of_order_are_a_bug_and_not_a_silent_miss() {
    let unsorted = [
        vec![row("b", day(0), 1), row("a", day(0), 1)],
        vec![row("a", day(1), 1), row("b", day(0), 1)],
        vec![Row { account: None, ..row("", day(0), 1) }, row("a", day(0), 1)],
    ];
    for rows in unsorted {
        for batches in [vec![batch(&rows)], vec![batch(&rows[..1]), batch(&rows[1..])]] {
            let out = tempfile::tempdir().unwrap();
            let staging = begin(&local(out.path())).await;
            let error = write(&staging, usage(), batches).await.unwrap_err();
            assert!(error.to_string().contains("order of the key"), "{error}");
        }
    }
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let share = prop_oneof![
        3 => Just(Some(1.5)), 1 => Just(None), 1 => Just(Some(f64::NAN)), 1 => Just(Some(f64::INFINITY)),
    ];
    let row = ("[a-d]", 0..3u64, prop::option::weighted(0.8, -2..9i64), share).prop_map(
        |(account, number, seconds, share)| Row { seconds, share, ..row(&account, day(number), 0) },
    );
    prop::collection::vec(row, 0..40).prop_map(|mut rows| {
        rows.sort_by(|a, b| (a.day, &a.account).cmp(&(b.day, &b.account)));
        rows
    })
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/publish_audits.txt", 64))]
    #[test]
    fn every_rule_counts_what_a_naive_look_counts(rows in any_rows(), cut in 0..40usize) {
        let cut = cut.min(rows.len());
        let batches = vec![batch(&rows[..cut]), batch(&rows[cut..])];
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let found = runtime.block_on(findings(with_checks(&["seconds >= 0"]), batches));
        let count = |rule: &str| found.iter().find(|found| found.rule.to_string() == rule).map_or(0, |found| found.rows);
        let naive = |broken: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| broken(row)).count() as u64;
        let mut keys: Vec<_> = rows.iter().map(|row| (row.day, row.account.clone())).collect();
        keys.dedup();
        prop_assert_eq!(count("NOT NULL seconds"), naive(&|row| row.seconds.is_none()));
        prop_assert_eq!(count("CHECK (seconds >= 0)"), naive(&|row| row.seconds.is_some_and(|seconds| seconds < 0)));
        prop_assert_eq!(count("finite values in share"), naive(&|row| row.share.is_some_and(|share| !share.is_finite())));
        prop_assert_eq!(count("PRIMARY KEY (account_id, as_of_date)"), (rows.len() - keys.len()) as u64);
    }
}
