//! Rows that break a contract, and rows that are only odd.

use std::sync::Arc;

use arrow::array::{AsArray, Date32Array, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::Int64Type;

use super::world::{World, accounts, day, events, texts, users};

#[test]
fn nan_and_infinities_of_a_source_are_refused() {
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let world = World::published();
        world.parquet("events/one.parquet", &events(&[(1, "a", 1, odd), (2, "b", 2, 7.5)]));
        world.refused(3, &["raw.events: finite values in amount is broken by 1 row", "sql/raw/events.sql"]);
    }
}

#[test]
fn nan_and_infinities_that_a_model_makes_are_refused() {
    for odd in ["'NaN'", "'Infinity'", "'-Infinity'"] {
        let world = World::published();
        let model = std::fs::read_to_string(world.path("sql/metrics/accounts.sql")).unwrap();
        let odd = format!("CASE WHEN a.account_id = 'a' THEN CAST({odd} AS DOUBLE) END");
        world.write("sql/metrics/accounts.sql", model.replace("max(e.amount)", &odd));
        world.refused(
            3,
            &["metrics.accounts: finite values in largest is broken by 1 row", "account_id = 'a'"],
        );
    }
}

#[test]
fn a_null_key_is_counted_and_refused() {
    let world = World::published();
    world.parquet("accounts.parquet", &accounts(&[Some("a"), Some("b"), None]));
    world.refused(3, &["raw.accounts: NOT NULL account_id is broken by 1 row", "sql/raw/accounts.sql"]);
}

#[test]
fn a_null_event_time_is_refused_rather_than_lost() {
    let world = World::published();
    let mut columns = events(&[(1, "a", 1, 5.0), (2, "b", 2, 7.5)]);
    columns[2].1 = Arc::new(TimestampMicrosecondArray::from(vec![None, Some(0)]));
    world.parquet("events/one.parquet", &columns);
    world.refused(3, &["raw.events: NOT NULL at is broken by 1 row"]);
}

#[test]
fn duplicate_ids_are_counted_and_shown() {
    let world = World::published();
    world.parquet("accounts.parquet", &accounts(&[Some("a"), Some("b"), Some("b"), Some("b")]));
    world.refused(3, &["raw.accounts: PRIMARY KEY (account_id) is broken by 1", "account_id = 'b'"]);
}

#[test]
fn users_of_no_account_are_refused_where_the_contract_says_so() {
    let world = World::published();
    world.parquet("users.parquet", &users(&[("u1", "a"), ("u2", "nobody"), ("u3", "nobody")]));
    world.refused(
        3,
        &[
            "raw.users: (account_id) REFERENCES raw.accounts (account_id) is broken by",
            "account_id = 'nobody'",
        ],
    );
}

#[test]
fn every_broken_rule_of_the_sources_is_reported_at_once() {
    let world = World::published();
    world.parquet("accounts.parquet", &accounts(&[Some("a"), Some("a"), None]));
    world.parquet("users.parquet", &users(&[("u1", "nobody")]));
    world.refused(3, &["NOT NULL account_id", "PRIMARY KEY (account_id)", "REFERENCES raw.accounts"]);
}

#[test]
fn events_after_the_day_are_not_read() {
    let (with, without) = (World::published(), World::published());
    let mut rows = vec![(1, "a", 1, 5.0), (2, "b", 2, 7.5)];
    without.parquet("events/one.parquet", &events(&rows));
    rows.push((3, "a", 4, 9999.0));
    rows.push((4, "a", 4_000_000, 9999.0));
    with.parquet("events/one.parquet", &events(&rows));
    with.accepted();
    without.accepted();
    assert!(with.output() == without.output(), "the future shows in what was published");
}

#[test]
fn events_before_the_account_wait_for_it() {
    let world = World::published();
    let mut late = accounts(&[Some("a"), Some("b")]);
    late[2].1 = Arc::new(Date32Array::from(vec![day(3), day(4)]));
    world.parquet("accounts.parquet", &late);
    world.parquet(
        "events/one.parquet",
        &events(&[(1, "a", 1, 5.0), (2, "a", -40_000, 1.0), (3, "b", 1, 5.0)]),
    );
    world.accepted();
    let rows = world.accounts();
    assert_eq!(rows["account_id"].as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a")]);
    assert_eq!(rows["events"].as_primitive::<Int64Type>().values(), &[2]);
}

#[test]
fn events_of_no_account_reach_no_score() {
    let world = World::published();
    world.parquet("events/one.parquet", &events(&[(1, "a", 1, 5.0), (2, "nobody", 2, 7.5), (3, "", 2, 7.5)]));
    world.accepted();
    let rows = world.accounts();
    assert_eq!(rows["events"].as_primitive::<Int64Type>().values(), &[1, 0]);
}

#[test]
fn the_ends_of_number_and_time_are_survived() {
    let world = World::published();
    let mut columns = events(&[(0, "a", 1, f64::MAX), (0, "a", 1, f64::MIN_POSITIVE), (0, "b", 1, -0.0)]);
    columns[0].1 = Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX, 0]));
    columns[2].1 = Arc::new(TimestampMicrosecondArray::from(vec![i64::MIN, i64::MAX, 0]));
    world.parquet("events/one.parquet", &columns);
    world.accepted();
    assert_eq!(world.accounts()["events"].as_primitive::<Int64Type>().values(), &[1, 1]);
    // The run does not read what is after its last day, a question does.
    let later = "SELECT count(*) AS n FROM dated.events WHERE day > DATE '2026-09-03'";
    assert_eq!(world.asked(later), "n\n1\n");
}

#[test]
fn ten_megabytes_of_text_are_published_whole() {
    let world = World::published();
    let long = "é".repeat(5 << 20);
    let mut columns = accounts(&[Some("a"), Some(&long)]);
    columns[1].1 = texts(&[Some(&long), Some("short")]);
    world.parquet("accounts.parquet", &columns);
    world.parquet("users.parquet", &users(&[("u1", "a")]));
    world.accepted();
    let rows = world.accounts();
    assert_eq!(rows["name"].as_string::<i32>().value(0), long);
    assert_eq!(rows["account_id"].as_string::<i32>().value(1), long);
}

#[test]
fn ten_megabytes_of_text_are_shown_in_a_few_characters() {
    let world = World::published();
    let long = "\u{1b}[31m\n".repeat(2 << 20);
    world.parquet("accounts.parquet", &accounts(&[Some("a"), Some("b"), Some(&long), Some(&long)]));
    let ended = world.refused(3, &["PRIMARY KEY (account_id)", "\\u{1b}[31m\\n"]);
    assert!(!ended.stderr.contains('\u{1b}'), "a value of the data moves the terminal");
}
