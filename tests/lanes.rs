//! Programs over lanes of doubles: the same results as DataFusion's own expressions, to the last bit.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};
use datafusion::datasource::MemTable;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::physical_plan::{collect, displayable};
use datafusion::prelude::SessionContext;
use halescore::engine::rules::{Rule, with_rules};
use proptest::prelude::*;

/// The value of what has none. The data has it as this machine computes it, so that all of them are the same bits.
fn nan() -> f64 {
    std::hint::black_box(0.0) / std::hint::black_box(0.0)
}

fn double() -> impl Strategy<Value = Option<f64>> {
    let some = prop_oneof![
        6 => (-8..8i32).prop_map(|eighths| f64::from(eighths) / 2.0),
        2 => any::<f64>().prop_filter("one NaN is enough", |value| !value.is_nan()),
        1 => Just(0.0),
        1 => Just(-0.0),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(()).prop_map(|()| nan()),
    ];
    prop::option::weighted(0.85, some)
}

#[derive(Debug, Clone)]
struct Row {
    a: Option<f64>,
    b: Option<f64>,
    i: Option<i64>,
    s: Option<i32>,
    t: Option<&'static str>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let integer = prop_oneof![8 => -3..4i64, 1 => Just(i64::MAX), 1 => Just((1 << 53) + 1)];
    let row = (
        double(),
        double(),
        prop::option::weighted(0.9, integer),
        prop::option::weighted(0.9, -3..4i32),
        prop::option::of(prop::sample::select(vec!["", "ENT", "a text that is longer than twelve bytes"])),
    );
    let row = row.prop_map(|(a, b, i, s, t)| Row { a, b, i, s, t });
    prop::collection::vec(row, 0..700)
}

fn batch(rows: &[Row]) -> RecordBatch {
    let columns: [(&str, ArrayRef); 5] = [
        ("a", Arc::new(rows.iter().map(|row| row.a).collect::<Float64Array>())),
        ("b", Arc::new(rows.iter().map(|row| row.b).collect::<Float64Array>())),
        ("i", Arc::new(rows.iter().map(|row| row.i).collect::<Int64Array>())),
        ("s", Arc::new(rows.iter().map(|row| row.s).collect::<Int32Array>())),
        ("t", Arc::new(rows.iter().map(|row| row.t).collect::<StringArray>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

/// An expression that is a double.
fn number() -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec![
        "a",
        "b",
        "a",
        "b",
        "CAST(i AS DOUBLE)",
        "CAST(s AS DOUBLE)",
        "0e0",
        "-0e0",
        "1.5e0",
        "-2e0",
        "CAST(NULL AS DOUBLE)",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 40, 4, |inner| {
        let case = (conditions(inner.clone().boxed()), inner.clone(), prop::option::of(inner.clone()), inner.clone());
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            3 => (two.clone(), prop::sample::select(vec!["+", "-", "*", "/"]))
                .prop_map(|((left, right), sign)| format!("({left} {sign} {right})")),
            1 => inner.clone().prop_map(|of| format!("floor({of})")),
            2 => two.clone().prop_map(|(first, second)| format!("coalesce({first}, {second})")),
            1 => two.clone().prop_map(|(first, second)| format!("CASE i WHEN 1 THEN {first} WHEN -2 THEN {second} END")),
            1 => two.clone().prop_map(|(on, then)| format!("CASE {on} WHEN 1.5e0 THEN {then} ELSE 7e0 END")),
            3 => case.prop_map(|((first, second), then, otherwise, last)| {
                let otherwise = otherwise.map_or_else(String::new, |otherwise| format!(" ELSE {otherwise}"));
                format!("CASE WHEN {first} THEN {then} WHEN {second} THEN {last}{otherwise} END")
            }),
            2 => inner.prop_map(|of| format!(
                "CASE WHEN {of} < -1 THEN 0e0 WHEN {of} <= 0 THEN 1e0 WHEN {of} < 2.5 THEN 2e0 WHEN {of} IS NOT NULL THEN 3e0 END"
            )),
        ]
    })
    .boxed()
}

/// Two conditions over some numbers.
fn conditions(number: BoxedStrategy<String>) -> impl Strategy<Value = (String, String)> {
    let sign = prop::sample::select(vec!["<", "<=", ">", ">=", "=", "<>"]);
    let compared = (number.clone(), sign.clone(), number.clone())
        .prop_map(|(left, sign, right)| format!("{left} {sign} {right}"));
    let null = (number.clone(), any::<bool>())
        .prop_map(|(of, is)| format!("{of} IS {}NULL", if is { "" } else { "NOT " }));
    let whole = (sign, prop::sample::select(vec!["i", "s"]), -3..4i32)
        .prop_map(|(sign, column, value)| format!("{column} {sign} {value}"));
    let one = prop_oneof![
        3 => compared,
        1 => null,
        2 => whole,
        1 => Just("t IS NULL".to_owned()),
        1 => number.prop_map(|of| format!("abs({of}) <= 1.7976931348623157e308")),
    ];
    let condition = one.prop_recursive(2, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} AND {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} OR {right})")),
            inner.prop_map(|of| format!("NOT ({of})")),
        ]
    });
    (condition.clone(), condition)
}

/// The plan of an expression and its values, with programs or without.
fn evaluated(rows: &[Row], expression: &str, programs: bool) -> (String, Vec<ArrayRef>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let state = SessionStateBuilder::new_with_default_features().build();
        let session =
            SessionContext::new_with_state(if programs { with_rules(state, &[Rule::Lanes]) } else { state });
        let batch = batch(rows);
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
        session.register_table("rows", Arc::new(table)).unwrap();
        let plan = session.sql(&format!("SELECT {expression} AS x FROM rows")).await.unwrap();
        let plan = plan.create_physical_plan().await.unwrap();
        let shown = displayable(plan.as_ref()).indent(true).to_string();
        let batches = collect(plan, session.task_ctx()).await.unwrap();
        (shown, batches.iter().map(|batch| Arc::clone(batch.column(0))).collect())
    })
}

/// Values as text, doubles by their bits.
fn shown(values: &[ArrayRef]) -> Vec<String> {
    let value = |column: &ArrayRef, row: usize| match column.data_type() {
        _ if column.is_null(row) => "NULL".to_owned(),
        DataType::Float64 => match column.as_primitive::<Float64Type>().value(row) {
            nan if nan.is_nan() => "NaN".to_owned(),
            value => format!("{value:?}"),
        },
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Utf8View => column.as_string_view().value(row).to_owned(),
        _ => column.as_string::<i32>().value(row).to_owned(),
    };
    values.iter().flat_map(|column| (0..column.len()).map(move |row| value(column, row))).collect()
}

fn agree(rows: &[Row], expression: &str) {
    let (plan, ours) = evaluated(rows, expression, true);
    let (stock, expected) = evaluated(rows, expression, false);
    assert!(!stock.contains("lanes("), "{stock}");
    assert_eq!(shown(&ours), shown(&expected), "{expression}\n{plan}");
    let types = |columns: &[ArrayRef]| columns.first().map(|column| column.data_type().clone());
    assert_eq!(types(&ours), types(&expected));
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/lanes.txt", 128))]

    #[test]
    fn doubles_are_those_of_datafusion(rows in rows(), expression in number()) {
        agree(&rows, &expression);
    }

    #[test]
    fn texts_are_those_of_datafusion(rows in rows(), (low, high) in conditions(number()), view in any::<bool>()) {
        let text = format!("CASE WHEN {low} THEN 'low' WHEN {high} THEN 'a text of more than twelve bytes' WHEN a < 0 THEN NULL ELSE 'low' END");
        agree(&rows, &if view { format!("CAST({text} AS VARCHAR)") } else { text });
    }
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/lanes.txt", 64))]

    #[test]
    fn integers_are_those_of_datafusion(rows in rows(), (low, high) in conditions(number()), small in any::<bool>()) {
        let bins = format!("CASE i WHEN 1 THEN CASE WHEN {low} THEN 1 WHEN {high} THEN NULL ELSE -7 END WHEN 2 THEN 3 END");
        agree(&rows, &if small { format!("CAST({bins} AS INT)") } else { bins });
    }
}

#[test]
fn the_expressions_of_scores_become_programs_as_a_whole() {
    let some = [Row { a: Some(1.0), b: Some(-2.5), i: Some(1), s: None, t: Some("ENT") }];
    for expression in [
        "CASE WHEN a < 1 THEN 0e0 WHEN a <= 5 THEN 1e0 WHEN a IS NOT NULL THEN 2e0 END",
        "CASE WHEN a IS NULL THEN 0 ELSE 1.2e1 END + CASE WHEN b IS NULL THEN 0 ELSE 4e0 END",
        "coalesce(a * 3e0, 0) + coalesce(b, 0)",
        "CASE i WHEN 1 THEN CASE WHEN a < 1 THEN 0e0 WHEN a IS NOT NULL THEN 4e0 END WHEN 2 THEN b END",
        "CASE WHEN a >= 0.5 THEN floor((b) * 1e10 + 0.5e0) / 1e10 END",
        "CASE WHEN abs(a) <= 1.7976931348623157e308 THEN a END",
        "CASE WHEN a IS NULL THEN 'unscored' WHEN a < 30 THEN 'at-risk' ELSE 'champion' END",
        "CAST(CASE WHEN a < 0.5 THEN 1 WHEN a < 3 THEN 2 WHEN a IS NOT NULL THEN 3 END AS INT)",
        "CAST(CASE i WHEN 1 THEN 'tenure' WHEN 2 THEN NULL END AS VARCHAR)",
    ] {
        let (plan, _) = evaluated(&some, expression, true);
        assert!(plan.contains("expr=[lanes("), "{expression}\n{plan}");
        agree(&some, expression);
    }
}

#[test]
fn what_can_fail_or_is_of_another_kind_stays() {
    let some = [Row { a: Some(1.0), b: None, i: Some(0), s: Some(0), t: Some("7") }];
    for expression in [
        "CASE WHEN a > 0 THEN i ELSE s END",
        "CASE WHEN t = '7' THEN CAST(t AS DOUBLE) END",
        "CASE WHEN i <> 0 THEN CAST(7 / i AS DOUBLE) ELSE a + b END",
        "power(a, b)",
    ] {
        let (plan, _) = evaluated(&some, expression, true);
        assert!(!plan.contains("expr=[lanes(CASE"), "{expression}\n{plan}");
    }
}
