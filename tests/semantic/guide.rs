//! Examples worked out by hand, and what numbers of other types become.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};

use super::engines::{self, double, text};
use super::{OMNI_COMPONENTS, OMNI_SCORE, compile};

/// Ten accounts on one day for the example of the guide: integers and a share, with gaps.
pub fn omni_table() -> RecordBatch {
    let integers = |values: [Option<i64>; 5]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
    let columns: [(&str, ArrayRef); 8] = [
        ("account_id", Arc::new(StringArray::from(vec!["full", "edges", "zero", "partial", "empty"]))),
        ("as_of_date", Arc::new(Date32Array::from(vec![20_000; 5]))),
        ("events_28d", integers([Some(1200), Some(100), Some(0), None, None])),
        ("events_prev_28d", integers([Some(1000), Some(100), Some(7), Some(3), None])),
        ("active_users_28d", integers([Some(20), Some(3), Some(0), Some(5), Some(1)])),
        ("active_users_prev_28d", integers([Some(10), Some(4), Some(0), Some(5), Some(0)])),
        (
            "top_user_share",
            Arc::new(Float64Array::from(vec![Some(0.1), Some(0.25), Some(f64::NAN), Some(0.5), None])),
        ),
        ("features_28d", integers([Some(9), Some(2), Some(0), Some(3), None])),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

#[test]
fn the_example_of_the_guide_is_points_over_possible() {
    let (components, score) = compile(OMNI_COMPONENTS, OMNI_SCORE);
    let scores = engines::datafusion(&omni_table(), score.query()).expect("it runs");
    let found: HashMap<String, (Option<f64>, String, Option<f64>)> = scores
        .iter()
        .map(|record| {
            let tier = text(record, "tier").expect("a tier");
            (
                text(record, "account_id").expect("a key"),
                (double(record, "score"), tier, double(record, "coverage")),
            )
        })
        .collect();
    let expected = [
        // 4 + 4 + 4 + 4 + 4 of 20.
        ("full", Some(100.0), "healthy", 1.0),
        // 100 events: 2; growth 0: 2; users 3 / 4 - 1 = -0.25: 1; share 0.25: 2; 2 features: 2; of 20.
        ("edges", Some(45.0), "neutral", 1.0),
        // 0 events: 0; growth -1: 0; no users before and a share of NaN are missing; no features: 0; of 12.
        ("zero", Some(0.0), "at risk", 0.6),
        // Users 5 / 5 - 1 = 0: 2; share 0.5: 0; 3 features: 2; of 12.
        ("partial", Some(33.3333333333), "at risk", 0.6),
        ("empty", None, "unscored", 0.0),
    ];
    for (account, score, tier, coverage) in expected {
        assert_eq!(found[account], (score, tier.to_owned(), Some(coverage)), "{account}");
    }
    let reasons: Vec<Option<String>> = scores.iter().map(|record| text(record, "reason")).collect();
    assert_eq!(reasons.iter().flatten().collect::<Vec<_>>(), ["insufficient_coverage"]);

    let parts = engines::datafusion(&omni_table(), components.query()).expect("it runs");
    let of_edges: HashMap<String, Option<f64>> = parts
        .iter()
        .filter(|record| text(record, "account_id").as_deref() == Some("edges"))
        .map(|record| (text(record, "component").expect("a name"), double(record, "contribution")))
        .collect();
    for (name, points) in [
        ("usage", 2.0),
        ("usage_growth", 2.0),
        ("user_growth", 1.0),
        ("concentration", 2.0),
        ("product_usage", 2.0),
    ] {
        assert_eq!(of_edges[name], Some(points * 5.0), "{name}");
    }
}

#[test]
fn integers_and_decimals_divide_as_real_numbers() {
    let decimals =
        Decimal128Array::from(vec![Some(100), Some(-700)]).with_precision_and_scale(10, 2).expect("fits");
    let columns: [(&str, ArrayRef); 5] = [
        ("account_id", Arc::new(StringArray::from(vec!["a", "b"]))),
        ("paid", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("as_of_date", Arc::new(Date32Array::from(vec![20_000; 2]))),
        ("whole", Arc::new(Int64Array::from(vec![3, 10]))),
        ("money", Arc::new(decimals)),
    ];
    let table = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let value = |sql: &str| {
        let component = format!("c: {{title: C, value: '{sql}', bins: [{{points: 1}}]}}");
        let (components, _) =
            compile(&component, "{title: S, version: '1', components: [c], tiers: [{name: t}]}");
        let found = engines::datafusion(&table, components.query()).unwrap_or_else(|error| panic!("{error}"));
        let from_duckdb =
            engines::duckdb(&[(vec![("metrics.accounts", table.clone())], components.query().to_owned())]);
        if let Some(answers) = from_duckdb {
            let columns: Vec<&str> = answers[0].columns.iter().map(String::as_str).collect();
            assert_eq!(answers[0].rows, engines::cells(&found, &columns), "{sql}");
        }
        let mut values: Vec<Option<f64>> = found.iter().map(|record| double(record, "value")).collect();
        values.sort_by(|a, b| a.partial_cmp(b).expect("no NaN"));
        values
    };
    assert_eq!(value("whole / 4"), [Some(0.75), Some(2.5)]);
    assert_eq!(value("(whole - 1) / (whole + 1) - 1"), [Some(-0.5), Some(9.0 / 11.0 - 1.0)]);
    assert_eq!(value("money / 3"), [Some(-7.0 / 3.0), Some(1.0 / 3.0)]);
    assert_eq!(value("paid"), [None, Some(1.0)]);
    assert_eq!(value("0.1 * whole"), [Some(0.1 * 3.0), Some(1.0)]);
    assert_eq!(value("case when whole > 5 then whole / 4 / 2 end"), [None, Some(1.25)]);
}

/// One account on one day, with one metric.
fn one_row(metric: f64) -> RecordBatch {
    let columns: [(&str, ArrayRef); 3] = [
        ("account_id", Arc::new(StringArray::from(vec!["x"]))),
        ("as_of_date", Arc::new(Date32Array::from(vec![20_000]))),
        ("m0", Arc::new(Float64Array::from(vec![metric]))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

#[test]
fn edges_that_no_double_holds_are_met_on_paper() {
    // 1/10 + 2/10 of 1 is the edge 30, and 0.7 + 0.1 of the weight is 0.8, though not in doubles.
    let names = ["a", "b", "c"];
    let component = |name: &str| {
        format!("{name}: {{title: T, value: m0, bins: [{{below: 0, points: 0.1}}, {{points: 1}}]}}\n")
    };
    let components: String = names.map(component).concat();
    let score = "{title: S, version: '1', components: {a: 0.1, b: 0.7, c: 0.2}, min_coverage: 1, \
                 tiers: [{name: low, below: 10}, {name: exact, below: 10.1}, {name: high}]}";
    let (_, score) = compile(&components, score);
    let found = engines::datafusion(&one_row(-1.0), score.query()).expect("it runs");
    assert_eq!((double(&found[0], "score"), text(&found[0], "tier").as_deref()), (Some(10.0), Some("exact")));
}

#[test]
fn an_unknown_metric_is_found_in_the_yaml() {
    let (_, score) = compile(
        "c: {title: C, value: m0 + mystery, bins: [{points: 1}]}",
        "{title: S, version: '1', components: [c], tiers: [{name: t}]}",
    );
    let error = engines::datafusion(&one_row(0.0), score.query()).expect_err("there is no such column");
    assert!(error.contains("mystery"), "{error}");
}
