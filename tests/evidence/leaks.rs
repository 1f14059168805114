//! Metrics that know what they cannot know yet are caught, each kind of them, and nothing else is.

use serde_json::Value;

use super::world::{Planted, project, publish, rows, told};

fn probed(planted: Planted) -> Value {
    let project = project(&rows(planted));
    publish(project.path());
    told(project.path(), &["backtest", "--labels", "lost.csv", "--probe"])
}

fn leaks(told: &Value) -> Vec<(String, String)> {
    let text = |leak: &Value, name: &str| leak[name].as_str().unwrap().to_owned();
    told["leaks"].as_array().unwrap().iter().map(|leak| (text(leak, "column"), text(leak, "sign"))).collect()
}

fn one(column: &str, sign: &str) -> Vec<(String, String)> {
    vec![(column.to_owned(), sign.to_owned())]
}

#[test]
fn a_metric_from_the_future_is_caught() {
    assert_eq!(leaks(&probed(Planted::FromTheFuture)), one("usage", "knows later"));
}

#[test]
fn a_stage_that_is_dated_back_is_caught() {
    assert_eq!(leaks(&probed(Planted::StageDatedBack)), one("stage", "knows later"));
}

#[test]
fn the_outcome_by_another_name_is_caught() {
    assert_eq!(leaks(&probed(Planted::Label)), one("noise", "too good"));
}

#[test]
fn late_rows_of_whoever_are_no_leak_and_are_named() {
    let told = probed(Planted::LateRows);
    assert_eq!(leaks(&told), []);
    assert!(told["moved"]["usage"].as_f64().unwrap() > 0.2, "{}", told["moved"]);
}

#[test]
fn nothing_is_called_a_leak_in_a_clean_world() {
    let told = probed(Planted::Nothing);
    assert_eq!((leaks(&told), told["moved"].as_object().unwrap().len()), (vec![], 0));
}
