//! Rows of later change no day: as happened those that happen or hold only then, as known those that were known only then. Of
//! each kind some thousands of cases.

use halescore::engine::sources::Reading;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::definition::{Shape, events, facts, shape, snapshots};
use super::many::{CASES, SEEDS, SPAN, case, current, drawn, later_rows_change_nothing, loads, runner};
use super::world::{DAY, Declared, LAST, Row, World, date, row};

/// The cases of each seed, and how many of their rows are of later.
fn each_seed(held: impl Fn(&mut TestRunner) -> Result<usize, String>) {
    let mut later = 0;
    for seed in SEEDS {
        later += held(&mut runner(seed)).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    }
    assert!(later > 1_000, "only {later} rows are of later");
}

fn day(runner: &mut TestRunner) -> i64 {
    drawn(&(1..LAST), runner)
}

fn fact_cases(runner: &mut TestRunner) -> Vec<Vec<Row>> {
    (0..CASES).map(|_| case(&facts(), runner)).collect()
}

fn happened_later(declared: &Declared, runner: &mut TestRunner) -> Result<usize, String> {
    let (day, cases) = (day(runner), fact_cases(runner));
    let is_later = |_: &[Row], row: &Row| row.at.unwrap().div_euclid(DAY) > day;
    later_rows_change_nothing(declared, &["day"], &cases, (day, None), is_later)
}

fn facts_known_later(reading: Reading, runner: &mut TestRunner) -> Result<usize, String> {
    let (day, cases) = (day(runner), fact_cases(runner));
    let is_later = |_: &[Row], row: &Row| row.known.div_euclid(DAY) > day;
    later_rows_change_nothing(&events(), &["day"], &cases, (day, Some(reading)), is_later)
}

#[test]
fn facts_of_later_change_no_day() {
    each_seed(|runner| happened_later(&events(), runner));
    let by_another = events()
        .options
        .replace("'happened_at' 'at', 'known_at' 'known'", "'happened_at' 'known', 'known_after' '0 days'");
    let by_another = Declared { options: by_another, ..events() };
    assert!(happened_later(&by_another, &mut runner(0)).unwrap_err().contains("because of [Row { id: "));
}

#[test]
fn facts_known_later_change_no_day_as_known() {
    each_seed(|runner| facts_known_later(Reading::AsKnown, runner));
    let broken = facts_known_later(Reading::AsHappened, &mut runner(0)).unwrap_err();
    assert!(broken.contains("because of [Row { id: "), "{broken}");
}

/// From which time a row says something: from the first of those of its statement; `None` where it stands for all days.
fn said_from(shape: &Shape, rows: &[Row], row: &Row) -> Option<i64> {
    let of_one = rows.iter().filter(|other| other.id == row.id && (!shape.ver || other.ver == row.ver));
    let of_statement: Vec<&Row> = if shape.ver { of_one.collect() } else { vec![row] };
    let first_known = of_statement.iter().map(|row| row.known).min().unwrap();
    let from = |row: &Row| {
        let said = row.at.or(row.begun.filter(|_| shape.else_begun).map(|day| day * DAY));
        let begun = row.begun.filter(|_| shape.begun).map(|day| day * DAY);
        let stands = shape.approximate && !shape.begun && (!shape.if_undated || said.is_none());
        // A statement that does not say it holds from when it was first made.
        let from = said.unwrap_or(first_known);
        (!stands).then_some(begun.map_or(from, |begun| begun.min(from)))
    };
    of_statement.into_iter().map(from).min().unwrap()
}

/// A declaration without columns that are what they are on all days, and in which no row stands for what was before it as
/// long as it is the first: that is approximate, and what the law is not about.
fn dated_shape(runner: &mut TestRunner) -> Shape {
    Shape { fixed: false, if_undated: false, ..drawn(&shape(), runner) }
}

/// The rows, those of a thing saying all the same of when it began.
fn begun_once(rows: Vec<Row>) -> Vec<Row> {
    let begun = |id: u32| rows.iter().find(|row| row.id == id).and_then(|row| row.begun);
    rows.iter().map(|row| Row { begun: begun(row.id), ..row.clone() }).collect()
}

fn version_cases(shape: &Shape, runner: &mut TestRunner) -> Vec<Vec<Row>> {
    let rows = prop::collection::vec(row(), 1..9);
    (0..CASES).map(|_| shape.seen(&case(&rows, runner))).collect()
}

fn holds_later(shape: &Shape, declared: &Declared, runner: &mut TestRunner) -> Result<usize, String> {
    let (day, mut cases) = (day(runner), version_cases(shape, runner));
    if shape.begun {
        cases = cases.into_iter().map(begun_once).collect();
    }
    let is_later =
        |rows: &[Row], row: &Row| said_from(shape, rows, row).is_some_and(|from| from.div_euclid(DAY) > day);
    later_rows_change_nothing(declared, SPAN, &cases, (day, None), is_later)
}

#[test]
fn versions_that_hold_later_change_no_day() {
    each_seed(|runner| {
        let shape = dated_shape(runner);
        holds_later(&shape, &shape.declared(), runner)
    });
    let plain = Shape { from: true, ..Shape::default() };
    let fixed = Shape { fixed: true, ..plain.clone() }.declared();
    assert!(holds_later(&plain, &fixed, &mut runner(0)).unwrap_err().contains("because of [Row { id: "));
}

fn versions_known_later(shape: &Shape, reading: Reading, runner: &mut TestRunner) -> Result<usize, String> {
    let (day, cases) = (day(runner), version_cases(shape, runner));
    let is_later = |_: &[Row], row: &Row| row.known.div_euclid(DAY) > day;
    later_rows_change_nothing(&shape.declared(), SPAN, &cases, (day, Some(reading)), is_later)
}

#[test]
fn versions_known_later_change_no_day_as_known() {
    each_seed(|runner| versions_known_later(&drawn(&shape(), runner), Reading::AsKnown, runner));
    let dated = Shape { from: true, ..Shape::default() };
    let broken = versions_known_later(&dated, Reading::AsHappened, &mut runner(0)).unwrap_err();
    assert!(broken.contains("because of [Row { id: "), "{broken}");
}

#[test]
fn loads_of_later_change_no_day_in_either_reading() {
    for reading in [None, Some(Reading::AsHappened), Some(Reading::AsKnown)] {
        each_seed(|runner| {
            let (_, cases) = loads(runner);
            let day = day(runner);
            let is_later = |_: &[Row], row: &Row| row.known.div_euclid(DAY) > day;
            later_rows_change_nothing(&snapshots(), SPAN, &cases, (day, reading), is_later)
        });
    }
}

/// A table of now has no history: what begins later is not there before, and all else is as it is now.
#[test]
fn things_of_now_that_begin_later_change_no_day() {
    each_seed(|runner| {
        let now = |runner: &mut TestRunner| (0..3).map(|id| Row { id, ..drawn(&row(), runner) }).collect();
        let (day, cases) = (day(runner), (0..CASES).map(|_| now(runner)).collect::<Vec<Vec<Row>>>());
        let is_later = |_: &[Row], row: &Row| row.begun.is_some_and(|begun| begun > day);
        later_rows_change_nothing(&current(), SPAN, &cases, (day, None), is_later)
    });
}

/// A fact that a clock dates days after it was known is held back until the day that it names, and counts on it.
#[test]
fn a_fact_dated_after_it_was_known_counts_on_its_day_and_not_before() {
    let fact =
        Row { id: 1, v: 7, at: Some(5 * DAY + 600), known: 0, until: None, gone: None, begun: None, ver: 0 };
    let world = World::new(&events(), &[vec![fact]]);
    for reading in [Reading::AsHappened, Reading::AsKnown] {
        for day in 0..=LAST {
            let lines = world.lines(&["day"], Some((day, reading)));
            let days: Vec<Option<i64>> = lines.iter().map(|line| line.days[0]).collect();
            let expected = if day >= 5 { vec![Some(5)] } else { Vec::new() };
            assert_eq!(days, expected, "{reading:?} as of {}", date(day));
        }
    }
}
