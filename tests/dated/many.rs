//! Many cases in one world: things of one source do not touch each other, so each case has things of its own. And what the
//! laws of corrections, of deliveries and of kinds that nothing needs say of the cases of a world.
//!
//! A law is a function of what was declared: broken declarations are seen to break it, with the case that does.

use std::collections::{BTreeMap, BTreeSet};

use halescore::engine::sources::Reading;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::world::{DAY, Declared, LAST, Line, Row, World, state};

/// Seeds of worlds; one that failed once is kept.
pub const SEEDS: std::ops::Range<u64> = 0..16;

/// Cases of a world.
pub const CASES: usize = 120;

/// Things of a case.
pub const THINGS: u32 = 3;

pub const SPAN: &[&str] = &["first_day", "day_after"];

pub type Held = Result<(), String>;

pub fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

pub fn drawn<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

/// Rows of a case, no two of them known at the same time.
pub fn case(strategy: &impl Strategy<Value = Vec<Row>>, runner: &mut TestRunner) -> Vec<Row> {
    let mut rows = drawn(strategy, runner);
    let mut taken = BTreeSet::new();
    for row in &mut rows {
        while !taken.insert(row.known) {
            row.known += 1;
        }
    }
    rows
}

/// The rows of all cases, each with things of its own.
pub fn together(cases: &[Vec<Row>]) -> Vec<Row> {
    let of_case = |(number, rows): (usize, &Vec<Row>)| {
        let first = u32::try_from(number).unwrap() * THINGS;
        rows.iter().map(|row| Row { id: first + row.id, ..row.clone() }).collect::<Vec<_>>()
    };
    cases.iter().enumerate().flat_map(of_case).collect()
}

/// What the dated relation says of each case.
fn told(declared: &Declared, days: &[&str], files: &[Vec<Row>]) -> BTreeMap<usize, Vec<Line>> {
    told_until(declared, days, files, None)
}

/// The same in a reading up to a day.
fn told_until(
    declared: &Declared,
    days: &[&str],
    files: &[Vec<Row>],
    until: Option<(i64, Reading)>,
) -> BTreeMap<usize, Vec<Line>> {
    let mut cases: BTreeMap<usize, Vec<Line>> = BTreeMap::new();
    for line in World::new(declared, files).lines(days, until) {
        let id: u32 = line.id.parse().unwrap();
        let line = Line { id: (id % THINGS).to_string(), ..line };
        cases.entry((id / THINGS) as usize).or_default().push(line);
    }
    cases.values_mut().for_each(|lines| lines.sort());
    cases
}

fn lines(told: &BTreeMap<usize, Vec<Line>>, case: usize) -> &[Line] {
    told.get(&case).map_or(&[], Vec::as_slice)
}

/// What holds, or happened, on a day.
fn on(lines: &[Line], day: i64) -> Vec<(String, i64)> {
    match lines.iter().any(|line| line.days.len() == 1) {
        true => lines
            .iter()
            .filter(|line| line.days[0] == Some(day))
            .map(|line| (line.id.clone(), line.v))
            .collect(),
        false => state(lines, day).into_iter().collect(),
    }
}

/// All days on which anything may be told of a case.
fn days() -> std::ops::RangeInclusive<i64> {
    -2..=LAST + 4
}

/// Laws 1 and 2: without the rows of later no day up to one is another, in a reading of that day or in all that there is.
/// Gives how many rows are of later.
pub fn later_rows_change_nothing(
    declared: &Declared,
    days_of: &[&str],
    cases: &[Vec<Row>],
    (day, until): (i64, Option<Reading>),
    is_later: impl Fn(&[Row], &Row) -> bool,
) -> Result<usize, String> {
    let earlier = |rows: &Vec<Row>| rows.iter().filter(|row| !is_later(rows, row)).cloned().collect();
    let earlier: Vec<Vec<Row>> = cases.iter().map(earlier).collect();
    let [all, known] = [cases, &earlier]
        .map(|cases| told_until(declared, days_of, &[together(cases)], until.map(|reading| (day, reading))));
    for (case, rows) in cases.iter().enumerate() {
        for of in days().filter(|of| *of <= day) {
            let [all, known] = [&all, &known].map(|told| on(lines(told, case), of));
            if all != known {
                return Err(format!(
                    "day {of} has {known:?}, and {all:?} with the rows of after {day}, because of {rows:?}; {}",
                    declared.options
                ));
            }
        }
    }
    let count = |rows: &[Vec<Row>]| rows.iter().map(Vec::len).sum::<usize>();
    Ok(count(cases) - count(&earlier))
}

/// A row more for a case, and the days that it may change: from the first up to the day before the last.
pub struct Correction {
    pub row: Row,
    pub from: i64,
    pub before: i64,
}

/// Law 4: each correction changes only the days that it is about.
pub fn corrections_change_only_their_days(
    declared: &Declared,
    days_of: &[&str],
    cases: &[Vec<Row>],
    corrections: &[Correction],
) -> Held {
    let corrected: Vec<Vec<Row>> = (cases.iter().zip(corrections))
        .map(|(rows, correction)| rows.iter().chain([&correction.row]).cloned().collect())
        .collect();
    let [before, after] = [cases, &corrected].map(|cases| told(declared, days_of, &[together(cases)]));
    for (case, correction) in corrections.iter().enumerate() {
        let about = correction.from..correction.before;
        for day in days().filter(|day| !about.contains(day)) {
            let [before, after] = [&before, &after].map(|told| on(lines(told, case), day));
            if before != after {
                let Correction { row, .. } = correction;
                return Err(format!(
                    "day {day} has {before:?} and {after:?}, because of {row:?}, which is about {about:?}; the others are {:?}; {}",
                    cases[case], declared.options
                ));
            }
        }
    }
    Ok(())
}

/// Law 5: the order of rows, the files that they lie in, and rows delivered again change no day.
pub fn deliveries_change_nothing(
    declared: &Declared,
    days_of: &[&str],
    cases: &[Vec<Row>],
    again: &[Vec<Row>],
    runner: &mut TestRunner,
) -> Held {
    let rows = together(cases);
    let all: Vec<Row> = rows.iter().cloned().chain(together(again)).collect();
    let mut all = drawn(&Just(all).prop_shuffle(), runner);
    let rest = all.split_off(drawn(&(1..all.len()), runner));
    let [once, twice] = [vec![rows], vec![all, rest]].map(|files| told(declared, days_of, &files));
    for case in 0..cases.len() {
        let differs = |day: &i64| on(lines(&once, case), *day) != on(lines(&twice, case), *day);
        if let Some(day) = days().find(differs) {
            let [once, twice] = [&once, &twice].map(|told| on(lines(told, case), day));
            let (rows, again) = (&cases[case], &again[case]);
            let options = &declared.options;
            return Err(format!(
                "day {day} has {once:?} and {twice:?}, because of {again:?}; the others are {rows:?}; {options}"
            ));
        }
    }
    Ok(())
}

/// Law 6: a declaration makes the same lines as plain rows do.
pub fn makes_plain_lines(
    declared: &Declared,
    days_of: &[&str],
    cases: &[Vec<Row>],
    plain: impl Fn(&[Row]) -> Vec<Line>,
) -> Held {
    let told = told(declared, days_of, &[together(cases)]);
    for (case, rows) in cases.iter().enumerate() {
        let (got, expected) = (lines(&told, case), plain(rows));
        if got != expected {
            return Err(format!("{got:?} and not {expected:?}, because of {rows:?}; {}", declared.options));
        }
    }
    Ok(())
}

pub fn each_seed(mut held: impl FnMut(&mut TestRunner) -> Held) {
    for seed in SEEDS {
        held(&mut runner(seed)).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    }
}

/// Loads on some days, which all cases share, and in each some things of each case.
pub fn loads(runner: &mut TestRunner) -> (Vec<i64>, Vec<Vec<Row>>) {
    let days: Vec<i64> = drawn(&prop::collection::btree_set(0..=LAST, 2..6), runner).into_iter().collect();
    let things = prop::collection::vec(prop::option::weighted(0.7, 0_i64..3), days.len() * THINGS as usize);
    let of_case = |values: Vec<Option<i64>>| {
        let rows = values.into_iter().enumerate().filter_map(|(number, v)| {
            let (id, load) = (number as u32 % THINGS, number / THINGS as usize);
            v.map(|v| loaded(id, v, days[load] * DAY))
        });
        rows.collect()
    };
    let cases = (0..CASES).map(|_| of_case(drawn(&things, runner))).collect();
    (days, cases)
}

pub fn loaded(id: u32, v: i64, known: i64) -> Row {
    Row { id, v, known, at: None, until: None, gone: None, begun: None, ver: 0 }
}

pub fn current() -> Declared {
    Declared {
        columns: vec!["id", "v", "begun", "until"],
        options: "'kind' 'current', 'key' 'id', 'begins_at' 'begun', 'ends_at' 'until'".to_owned(),
    }
}
