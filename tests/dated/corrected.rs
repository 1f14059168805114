//! A correction of each kind changes only the days between where it was and is, up to the next of its thing.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::definition::{Shape, events, facts, shape, snapshots};
use super::many::{
    CASES, Correction, Held, SPAN, THINGS, case, corrections_change_only_their_days, current, drawn,
    each_seed, loaded, loads, runner,
};
use super::world::{DAY, Declared, LAST, Row, row};

/// The delivery of a fact after all others, on any day; it is about its day, and those on which it may be looked for.
fn fact_corrected(rows: &[Row], max_delay: i64, runner: &mut TestRunner) -> Correction {
    let of = drawn(&prop::sample::select(rows.to_vec()), runner);
    let day = drawn(&(0..=LAST), runner);
    let known = rows.iter().map(|row| row.known).max().unwrap() + 1;
    Correction { row: Row { v: 9, at: Some(day * DAY), known, ..of }, from: day, before: day + max_delay + 1 }
}

fn facts_corrected(declared: &Declared, runner: &mut TestRunner) -> Held {
    let cases: Vec<Vec<Row>> = (0..CASES).map(|_| case(&facts(), runner)).collect();
    let corrections: Vec<Correction> = cases.iter().map(|rows| fact_corrected(rows, 3, runner)).collect();
    corrections_change_only_their_days(declared, &["day"], &cases, &corrections)
}

#[test]
fn another_delivery_of_a_fact_changes_its_day_and_those_on_which_it_is_looked_for() {
    each_seed(|runner| facts_corrected(&events(), runner));
    let looked_for_too_long =
        Declared { options: events().options.replace("'3 days'", "'6 days'"), ..events() };
    let broken = facts_corrected(&looked_for_too_long, &mut runner(0)).unwrap_err();
    assert!(broken.contains("because of Row { id: ") && broken.contains("v: 9"), "{broken}");
}

/// From which day each statement of a thing holds, the row known last says it; `None` where it was made and is deleted. One
/// that nobody ever made stands: it says that there is no such thing.
fn statements(shape: &Shape, rows: &[Row], id: u32) -> BTreeMap<(bool, i64), Option<i64>> {
    let from = |row: &Row| row.at.or(row.begun.filter(|_| shape.else_begun).map(|day| day * DAY));
    let name = |row: &Row| (shape.ver, if shape.ver { row.ver } else { from(row).unwrap_or(row.known) });
    let of_one: Vec<&Row> = rows.iter().filter(|row| row.id == id).collect();
    let mut found = BTreeMap::new();
    for row in &of_one {
        let said: Vec<&&Row> = of_one.iter().filter(|other| name(other) == name(row)).collect();
        let last = said.iter().max_by_key(|row| row.known).unwrap();
        let first_known = said.iter().map(|row| row.known).min().unwrap();
        let holds = from(last).unwrap_or(if shape.ver { first_known } else { last.known });
        let was_made = said.iter().any(|row| row.gone != Some(true));
        let never_was = last.gone == Some(true) && was_made;
        found.insert(name(row), (!never_was).then_some(holds.div_euclid(DAY)));
    }
    found
}

/// Another row of a statement, or a statement more; it is about the days from the earlier of where the statement was and
/// is, up to the next one's.
fn version_corrected(shape: &Shape, rows: &[Row], runner: &mut TestRunner) -> Correction {
    let of = drawn(&prop::sample::select(rows.to_vec()), runner);
    let other = drawn(&row(), runner);
    let known = rows.iter().map(|row| row.known).max().unwrap() + 1;
    // Where the time from which it holds is what names a statement, that stays.
    let at = if shape.ver { other.at.filter(|_| shape.from) } else { of.at };
    let row = Row { v: 9, at, known, gone: other.gone.filter(|_| shape.gone), ..of };
    let with: Vec<Row> = rows.iter().chain([&row]).cloned().collect();
    let [was, is] = [rows, &with].map(|rows| statements(shape, rows, row.id));
    let changed: BTreeSet<_> =
        is.iter().filter(|(name, day)| was.get(*name) != Some(*day)).map(|(name, _)| *name).collect();
    let from = |row: &Row| row.at.or(row.begun.filter(|_| shape.else_begun).map(|day| day * DAY));
    let own = (shape.ver, if shape.ver { row.ver } else { from(&row).unwrap_or(row.known) });
    let named = |name: &(bool, i64)| *name == own || changed.contains(name);
    let days = |all: &BTreeMap<(bool, i64), Option<i64>>| -> Vec<i64> {
        all.iter().filter(|(name, _)| named(name)).filter_map(|(_, day)| *day).collect()
    };
    let next = |all: &BTreeMap<(bool, i64), Option<i64>>, day: i64| {
        let later = all.iter().filter(|(name, _)| !named(name)).filter_map(|(_, other)| *other);
        later.filter(|other| *other > day).min().unwrap_or(i64::MAX)
    };
    let [was_on, is_on] = [days(&was), days(&is)];
    let mut first = was_on.iter().chain(&is_on).copied().min().unwrap_or(i64::MAX);
    let ends = was_on.iter().map(|day| next(&was, *day)).chain(is_on.iter().map(|day| next(&is, *day)));
    let before = if shape.fixed { i64::MAX } else { ends.max().unwrap_or(i64::MIN) };
    // What does not change over time is of all days, and so is, before its first statement, what a thing was when it began.
    let begun = with.iter().filter(|other| other.id == row.id).filter_map(|row| row.begun).min();
    if shape.fixed || shape.approximate {
        first = i64::MIN;
    } else if shape.begun {
        first = begun.map_or(first, |begun| begun.min(first));
    }
    Correction { row, from: first, before }
}

fn versions_corrected(shape: &Shape, declared: &Declared, runner: &mut TestRunner) -> Held {
    let rows = prop::collection::vec(row(), 1..9);
    let cases: Vec<Vec<Row>> = (0..CASES).map(|_| shape.seen(&case(&rows, runner))).collect();
    let corrections: Vec<Correction> =
        cases.iter().map(|rows| version_corrected(shape, rows, runner)).collect();
    corrections_change_only_their_days(declared, SPAN, &cases, &corrections)
}

#[test]
fn a_correction_of_a_version_changes_the_days_between_where_it_was_and_the_next_one() {
    each_seed(|runner| {
        let shape = drawn(&shape(), runner);
        versions_corrected(&shape, &shape.declared(), runner)
    });
    // What is declared fixed, and is not, changes days before the correction.
    let plain = Shape { from: true, ..Shape::default() };
    let fixed = Shape { fixed: true, ..plain.clone() }.declared();
    let broken = versions_corrected(&plain, &fixed, &mut runner(0)).unwrap_err();
    assert!(broken.contains("because of Row { id: ") && broken.contains("v: 9"), "{broken}");
}

#[test]
fn another_load_changes_the_days_up_to_the_next_load() {
    each_seed(|runner| {
        let (loads, cases) = loads(runner);
        let day = drawn(&(0..=LAST), runner);
        let next = loads.iter().copied().find(|load| *load > day).unwrap_or(i64::MAX);
        let corrections: Vec<Correction> = (0..CASES)
            .map(|_| loaded(drawn(&(0..THINGS), runner), 9, day * DAY + 60))
            .map(|row| Correction { row, from: day, before: next })
            .collect();
        corrections_change_only_their_days(&snapshots(), SPAN, &cases, &corrections)
    });
}

#[test]
fn a_row_of_now_that_changes_is_about_the_days_of_before_and_after() {
    each_seed(|runner| {
        // The row in place of another: its own days are of the same thing, and told as a correction that comes first.
        let rows: Vec<Row> = (0..CASES).map(|_| Row { id: 0, v: 5, ..drawn(&row(), runner) }).collect();
        let corrections = rows.iter().map(|of| {
            let row = Row { v: 1, begun: of.begun, until: of.until, ..of.clone() };
            let first = of.begun.unwrap_or(i64::MIN);
            Correction { row, from: first, before: of.until.unwrap_or(i64::MAX) }
        });
        let corrections: Vec<Correction> = corrections.collect();
        let cases: Vec<Vec<Row>> = rows.into_iter().map(|row| vec![row]).collect();
        corrections_change_only_their_days(&current(), SPAN, &cases, &corrections)
    });
}
