//! The order of rows, the files that they lie in, and second deliveries that are equal but for when they were known change
//! no day of any kind.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::definition::{Shape, events, facts, shape, snapshots};
use super::many::{
    CASES, Held, SPAN, case, current, deliveries_change_nothing, drawn, each_seed, loads, runner,
};
use super::world::{DAY, Declared, Row, row};

/// Some of those known last of rows that say the same in some way, known again later.
fn again<K: Ord>(
    rows: &[Row],
    same: impl Fn(&Row) -> K,
    may_be: impl Fn(&Row) -> bool,
    runner: &mut TestRunner,
) -> Vec<Row> {
    let known = rows.iter().map(|row| row.known).max().unwrap() + 1;
    let mut last: BTreeMap<K, &Row> = BTreeMap::new();
    for row in rows {
        let newest = last.entry(same(row)).or_insert(row);
        if newest.known < row.known {
            *newest = row;
        }
    }
    let some = last.into_values().filter(|row| may_be(row) && drawn(&any::<bool>(), runner));
    some.map(|row| Row { known, ..row.clone() }).collect()
}

/// The rows of cases, and of each the second deliveries.
pub struct Delivered {
    pub cases: Vec<Vec<Row>>,
    pub again: Vec<Vec<Row>>,
}

pub fn facts_again(runner: &mut TestRunner) -> Delivered {
    let cases: Vec<Vec<Row>> = (0..CASES).map(|_| case(&facts(), runner)).collect();
    let of_day = |row: &Row| (row.id, row.at.unwrap().div_euclid(DAY));
    let again = cases.iter().map(|rows| again(rows, of_day, |_| true, runner)).collect();
    Delivered { cases, again }
}

fn facts_delivered(declared: &Declared, runner: &mut TestRunner) -> Held {
    let Delivered { cases, again } = facts_again(runner);
    deliveries_change_nothing(declared, &["day"], &cases, &again, runner)
}

#[test]
fn second_deliveries_of_facts_change_nothing() {
    each_seed(|runner| facts_delivered(&events(), runner));
    let keyless = events().options.replace("'key' 'id', ", "").replace(", 'max_delay' '3 days'", "");
    let keyless = Declared { options: keyless, ..events() };
    let broken = facts_delivered(&keyless, &mut runner(0)).unwrap_err();
    assert!(broken.contains("because of [Row { id: "), "{broken}");
}

pub fn versions_again(shape: &Shape, runner: &mut TestRunner) -> Delivered {
    let rows = prop::collection::vec(row(), 1..9);
    let cases: Vec<Vec<Row>> = (0..CASES).map(|_| shape.seen(&case(&rows, runner))).collect();
    let from = |row: &Row| row.at.or(row.begun.filter(|_| shape.else_begun).map(|day| day * DAY));
    let statement = |row: &Row| (row.id, if shape.ver { row.ver } else { from(row).unwrap_or(row.known) });
    // Of what does not change over time any row that is known again would be the newest.
    let may_be = |row: &Row| (shape.ver || from(row).is_some()) && !shape.fixed;
    let again = cases.iter().map(|rows| again(rows, statement, may_be, runner)).collect();
    Delivered { cases, again }
}

fn versions_delivered(shape: &Shape, declared: &Declared, runner: &mut TestRunner) -> Held {
    let Delivered { cases, again } = versions_again(shape, runner);
    deliveries_change_nothing(declared, SPAN, &cases, &again, runner)
}

#[test]
fn second_deliveries_of_versions_change_nothing() {
    each_seed(|runner| {
        let shape = drawn(&shape(), runner);
        versions_delivered(&shape, &shape.declared(), runner)
    });
    // A row that does not say from when it holds is another version each time that it is known.
    let dated = Shape { from: true, to: true, ..Shape::default() };
    let undated = Shape { from: false, ..dated.clone() }.declared();
    let broken = versions_delivered(&dated, &undated, &mut runner(0)).unwrap_err();
    assert!(broken.contains("because of [Row { id: "), "{broken}");
}

/// A load, and once more on the same day.
pub fn load_again(runner: &mut TestRunner) -> Delivered {
    let (loads, cases) = loads(runner);
    let day = drawn(&prop::sample::select(loads), runner);
    let of_load = |rows: &Vec<Row>| -> Vec<Row> {
        let rows = rows.iter().filter(|row| row.known == day * DAY);
        rows.map(|row| Row { known: row.known + 60, ..row.clone() }).collect()
    };
    let again = cases.iter().map(of_load).collect();
    Delivered { cases, again }
}

/// Rows of now, all of which stand twice.
pub fn rows_of_now_again(runner: &mut TestRunner) -> Delivered {
    let rows = prop::collection::vec(row(), 1..5);
    let cases: Vec<Vec<Row>> = (0..CASES).map(|_| drawn(&rows, runner)).collect();
    Delivered { again: cases.clone(), cases }
}

#[test]
fn second_loads_of_a_day_and_rows_of_now_that_stand_twice_change_nothing() {
    each_seed(|runner| {
        let Delivered { cases, again } = load_again(runner);
        deliveries_change_nothing(&snapshots(), SPAN, &cases, &again, runner)?;
        let Delivered { cases, again } = rows_of_now_again(runner);
        deliveries_change_nothing(&current(), SPAN, &cases, &again, runner)
    });
}
