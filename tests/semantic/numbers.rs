//! The compiled SQL computes what the YAML means, to the last bit, in DataFusion and in DuckDB.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::engines::{self, Record, double, integer, text};
use super::oracle::{self, Definition, Row, Scored};
use super::{OMNI_COMPONENTS, OMNI_SCORE, compile};
use halescore::semantic::CompiledModel;

fn key(record: &Record) -> String {
    format!("{} {}", text(record, "account_id").expect("a key"), record["as_of_date"])
}

fn by_key(records: Vec<Record>) -> HashMap<String, Vec<Record>> {
    let mut groups: HashMap<String, Vec<Record>> = HashMap::new();
    for record in records {
        groups.entry(key(&record)).or_default().push(record);
    }
    groups
}

fn run(model: &CompiledModel, rows: &[Row]) -> Vec<Record> {
    let query = model.query();
    engines::datafusion(&engines::table(rows), query).unwrap_or_else(|error| panic!("{error}\n{query}"))
}

/// Both models of a definition over a table: component rows and score rows by account and day.
fn run_both(
    definition: &Definition,
    rows: &[Row],
) -> (HashMap<String, Vec<Record>>, HashMap<String, Record>) {
    let (components, score) = definition.yaml();
    let (components, score) = compile(&components, &score);
    let scores = by_key(run(&score, rows)).into_iter();
    let one = |(key, mut records): (String, Vec<Record>)| {
        assert_eq!(records.len(), 1, "{key}");
        (key, records.remove(0))
    };
    (by_key(run(&components, rows)), scores.map(one).collect())
}

fn check_score(record: &Record, expected: &Scored) {
    assert_eq!(double(record, "score"), expected.score);
    assert_eq!(text(record, "tier").as_deref(), Some(expected.tier.as_str()));
    assert_eq!(double(record, "coverage"), Some(expected.coverage));
    assert_eq!(text(record, "reason").is_some(), expected.score.is_none());
}

fn check_components(records: &[Record], expected: &Scored) {
    assert_eq!(records.len(), expected.components.len());
    let mut contributions = vec![None; records.len()];
    for record in records {
        let name = text(record, "component").expect("a name");
        let index: usize = name[1..].parse().expect("a number");
        let expected = &expected.components[index];
        assert_eq!(double(record, "value"), expected.value, "{name}");
        assert_eq!(integer(record, "bin"), expected.bin.map(|bin| bin as i64), "{name}");
        assert_eq!(double(record, "points"), expected.points, "{name}");
        assert_eq!(double(record, "max_points"), Some(expected.max_points), "{name}");
        assert_eq!(double(record, "weight"), Some(expected.weight), "{name}");
        assert_eq!(double(record, "effective_weight"), expected.effective_weight, "{name}");
        let state = if expected.value.is_some() { "observed" } else { "not_reported" };
        assert_eq!(text(record, "state").as_deref(), Some(state), "{name}");
        contributions[index] = double(record, "contribution");
        assert_eq!(contributions[index].is_some(), expected.contribution.is_some(), "{name}");
        let distance =
            contributions[index].zip(expected.contribution).map_or(0.0, |(got, exact)| (got - exact).abs());
        assert!(distance <= 1.001e-10, "{name}: {distance}");
        assert!(contributions[index].is_none_or(|contribution| (0.0..=100.0).contains(&contribution)));
        assert!(expected.contribution != Some(0.0) || contributions[index] == Some(0.0), "{name}");
    }
    if let Some(score) = expected.score {
        let contributions: Vec<f64> = contributions.into_iter().flatten().collect();
        assert_eq!(contributions.iter().sum::<f64>(), score);
        assert_eq!(contributions.iter().rev().sum::<f64>(), score);
    }
}

/// Rank and percentile, by looking at every other account of the day.
fn check_places(scores: &HashMap<String, Record>) {
    let records: Vec<&Record> = scores.values().collect();
    for record in &records {
        let day: Vec<f64> = records
            .iter()
            .filter(|other| other["as_of_date"] == record["as_of_date"])
            .filter_map(|other| double(other, "score"))
            .collect();
        let places = double(record, "score").map(|score| {
            let better = day.iter().filter(|other| **other > score).count();
            let share = (day.len() - better) as f64 / day.len() as f64;
            (better as i64 + 1, share)
        });
        assert_eq!(integer(record, "rank").zip(double(record, "percentile")), places);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_definitions_over_random_tables_equal_the_oracle(
        definition in oracle::definitions(),
        rows in oracle::tables(),
    ) {
        let (components, scores) = run_both(&definition, &rows);
        prop_assert_eq!((components.len(), scores.len()), (rows.len(), rows.len()));
        for row in &rows {
            let key = format!("{} {}", row.account, datafusion::common::ScalarValue::Date32(Some(row.day)));
            let expected = definition.score(row);
            check_score(&scores[&key], &expected);
            check_components(&components[&key], &expected);
        }
        check_places(&scores);
    }

    #[test]
    fn any_weights_and_points_give_scores_that_their_contributions_sum_to(
        parts in proptest::collection::vec(
            (proptest::num::f64::POSITIVE | proptest::num::f64::NORMAL, 0.0..1e6_f64, 1e-3..1e6_f64), 1..9,
        ),
        rows in oracle::tables(),
    ) {
        let (mut components, mut weights) = (String::new(), String::new());
        for (at, (weight, low, high)) in parts.iter().enumerate() {
            // From 1e-6 to 1e6, with all digits.
            let weight = 10_f64.powf((weight.abs().ln() / 60.0).clamp(-6.0, 6.0));
            components += &format!(
                "c{at}: {{title: C, value: m{}, bins: [{{below: 0, points: {low}}}, {{points: {high}}}]}}\n", at % 3
            );
            weights += &format!("c{at}: {weight}, ");
        }
        let score = format!("{{title: S, version: '1', components: {{{weights}}}, tiers: [{{name: all}}]}}");
        let (components, score) = compile(&components, &score);
        let table = engines::table(&rows);
        let explained = by_key(engines::datafusion(&table, components.query()).expect("it runs"));
        for record in engines::datafusion(&table, score.query()).expect("it runs") {
            let parts = &explained[&key(&record)];
            let sum = parts.iter().map(|part| double(part, "contribution")).sum::<Option<f64>>();
            prop_assert_eq!(sum, double(&record, "score"));
            prop_assert!(sum.is_none_or(|score| (0.0..=100.0).contains(&score)));
            let product = |part: &Record, of: &str| Some(double(part, "weight")? * double(part, of)?);
            let earned: f64 = parts.iter().filter_map(|part| product(part, "points")).sum();
            let present = parts.iter().filter(|part| double(part, "points").is_some());
            let possible: f64 = present.filter_map(|part| product(part, "max_points")).sum();
            if let Some(score) = sum {
                prop_assert!((score - 100.0 * earned / possible).abs() < 1e-9, "{} {}", score, earned / possible);
            }
        }
    }

    #[test]
    fn a_missing_component_changes_nobody_elses_points(
        definition in oracle::definitions(),
        rows in oracle::tables(),
        metric in 0..oracle::METRICS,
    ) {
        let mut without = rows.clone();
        without.iter_mut().for_each(|row| row.metrics[metric] = None);
        let (components, score) = definition.yaml();
        let (components, _) = compile(&components, &score);
        let of_others = |rows: &[Row]| {
            let records = run(&components, rows);
            let other = |record: &Record| {
                let name = text(record, "component").expect("a name");
                definition.parts[name[1..].parse::<usize>().expect("a number")].metric != metric
            };
            let others: Vec<Record> = records.into_iter().filter(other).collect();
            engines::cells(&others, &["account_id", "as_of_date", "component", "value", "bin", "points", "state"])
        };
        prop_assert_eq!(of_others(&rows), of_others(&without));
    }
}

/// Ten accounts on one day for the example of the guide: integers and a share, with gaps.
fn omni_table() -> RecordBatch {
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
        let from_duckdb = engines::duckdb(&[(table.clone(), components.query().to_owned())]);
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
    let rows = [Row { account: "x".into(), day: 20_000, metrics: [Some(-1.0), None, None] }];
    let found = engines::datafusion(&engines::table(&rows), score.query()).expect("it runs");
    assert_eq!((double(&found[0], "score"), text(&found[0], "tier").as_deref()), (Some(10.0), Some("exact")));
}

#[test]
fn an_unknown_metric_is_found_in_the_yaml() {
    let (_, score) = compile(
        "c: {title: C, value: m0 + mystery, bins: [{points: 1}]}",
        "{title: S, version: '1', components: [c], tiers: [{name: t}]}",
    );
    let error =
        engines::datafusion(&engines::table(&[]), score.query()).expect_err("there is no such column");
    assert!(error.contains("mystery"), "{error}");
}

#[test]
fn duckdb_runs_the_same_query_to_the_same_bits() {
    let mut runner = TestRunner::deterministic();
    let mut models = Vec::new();
    let (components, score) = compile(OMNI_COMPONENTS, OMNI_SCORE);
    models.extend([(omni_table(), components), (omni_table(), score)]);
    for _ in 0..15 {
        let definition = oracle::definitions().new_tree(&mut runner).expect("a definition").current();
        let rows = oracle::tables().new_tree(&mut runner).expect("a table").current();
        let (components, score) = definition.yaml();
        let (components, score) = compile(&components, &score);
        models.extend([(engines::table(&rows), components), (engines::table(&rows), score)]);
    }
    let cases: Vec<(RecordBatch, String)> =
        models.iter().map(|(table, model)| (table.clone(), model.query().to_owned())).collect();
    let Some(answers) = engines::duckdb(&cases) else { return };
    assert_eq!(answers.len(), cases.len());
    for ((table, query), answer) in cases.iter().zip(answers) {
        let found = engines::datafusion(table, query).expect("it runs");
        let columns: Vec<&str> = answer.columns.iter().map(String::as_str).collect();
        assert_eq!(engines::cells(&found, &columns), answer.rows, "{query}");
    }
}
/// The columns and the checks that a model's contract declares.
pub fn contract(sql: &str) -> (Vec<(String, String)>, Vec<String>) {
    use datafusion::sql::parser::{DFParser, Statement};
    use datafusion::sql::sqlparser::ast::{ColumnOption, Statement as Sql, TableConstraint};

    let statement = DFParser::parse_sql(sql).expect("it parses").pop_front().expect("a statement");
    let Statement::Statement(statement) = statement else { panic!("not SQL") };
    let Sql::CreateTable(table) = *statement else { panic!("not a table") };
    let mut checks = Vec::new();
    for column in &table.columns {
        for option in &column.options {
            match &option.option {
                ColumnOption::Check(check) => checks.push(check.expr.to_string()),
                ColumnOption::NotNull => checks.push(format!("{} IS NOT NULL", column.name)),
                other => panic!("unexpected {other}"),
            }
        }
    }
    for constraint in &table.constraints {
        match constraint {
            TableConstraint::Check(check) => checks.push(check.expr.to_string()),
            TableConstraint::PrimaryKey(_) => {}
            other => panic!("unexpected {other}"),
        }
    }
    let columns = table.columns.iter().map(|column| (column.name.to_string(), column.data_type.to_string()));
    (columns.collect(), checks)
}

#[test]
fn what_is_published_keeps_its_own_contract() {
    let mut runner = TestRunner::deterministic();
    let (components, score) = compile(OMNI_COMPONENTS, OMNI_SCORE);
    let mut models = vec![(omni_table(), components), (omni_table(), score)];
    for _ in 0..6 {
        let definition = oracle::definitions().new_tree(&mut runner).expect("a definition").current();
        let rows = oracle::tables().new_tree(&mut runner).expect("a table").current();
        let (components, score) = definition.yaml();
        let (components, score) = compile(&components, &score);
        models.extend([(engines::table(&rows), components), (engines::table(&rows), score)]);
    }
    for (table, model) in models {
        let (columns, checks) = contract(&model.sql);
        assert!(checks.len() > 9, "{checks:?}");
        let broken = checks.iter().map(|check| format!("count(CASE WHEN NOT ({check}) THEN 1 END)"));
        let broken = broken.collect::<Vec<_>>().join(" + ");
        let query = model.query();
        let found = engines::datafusion(&table, &format!("SELECT {broken} AS broken FROM ({query})"))
            .expect("it runs");
        assert_eq!(integer(&found[0], "broken"), Some(0), "{query}");
        let types: HashMap<&str, &str> = HashMap::from([
            ("VARCHAR", "Utf8"),
            ("DATE", "Date32"),
            ("DOUBLE", "Float64"),
            ("INT", "Int32"),
            ("BIGINT", "Int64"),
        ]);
        let select: Vec<String> =
            columns.iter().map(|(name, _)| format!("arrow_typeof({name}) AS {name}")).collect();
        let found =
            engines::datafusion(&table, &format!("SELECT {} FROM ({query}) LIMIT 1", select.join(", ")));
        for record in found.expect("it runs") {
            for (name, declared) in &columns {
                // A literal in a list of rows is a view of a text; the publisher casts it.
                let found = text(&record, name).map(|found| found.replace("Utf8View", "Utf8"));
                assert_eq!(found.as_deref(), types.get(declared.as_str()).copied(), "{name}");
            }
        }
    }
}
