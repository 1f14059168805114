//! Laws of corrections, of deliveries and of kinds that nothing needs, on thousands of cases: things of one source do not
//! touch each other, so one world holds many, each with things of its own.
//!
//! A law is a function of what was declared: broken declarations are seen to break it, with the case that does.

use std::collections::{BTreeMap, BTreeSet};

use halescore::engine::sources::Reading;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::definition::{Shape, events, facts, shape, snapshots};
use super::world::{DAY, Declared, LAST, Line, Row, World, row, state};

/// Seeds of worlds; one that failed once is kept.
const SEEDS: std::ops::Range<u64> = 0..16;

/// Cases of a world.
const CASES: usize = 120;

/// Things of a case.
const THINGS: u32 = 3;

const SPAN: &[&str] = &["first_day", "day_after"];

type Held = Result<(), String>;

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn drawn<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

/// Rows of a case, no two of them known at the same time.
fn case(strategy: &impl Strategy<Value = Vec<Row>>, runner: &mut TestRunner) -> Vec<Row> {
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
fn together(cases: &[Vec<Row>]) -> Vec<Row> {
    let of_case = |(number, rows): (usize, &Vec<Row>)| {
        let first = u32::try_from(number).unwrap() * THINGS;
        rows.iter().map(|row| Row { id: first + row.id, ..row.clone() }).collect::<Vec<_>>()
    };
    cases.iter().enumerate().flat_map(of_case).collect()
}

/// What the dated relation says of each case.
fn told(declared: &Declared, days: &[&str], files: &[Vec<Row>]) -> BTreeMap<usize, Vec<Line>> {
    let mut cases: BTreeMap<usize, Vec<Line>> = BTreeMap::new();
    for line in World::new(declared, files).lines(days, None) {
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

/// A row more for a case, and the days that it may change: from the first up to the day before the last.
struct Correction {
    row: Row,
    from: i64,
    before: i64,
}

/// Law 4: each correction changes only the days that it is about.
fn corrections_change_only_their_days(
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
fn deliveries_change_nothing(
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
fn makes_plain_lines(
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

fn each_seed(mut held: impl FnMut(&mut TestRunner) -> Held) {
    for seed in SEEDS {
        held(&mut runner(seed)).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    }
}

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

/// From which day each statement of a thing holds, those that never were left out; the one known last says it.
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
        found.insert(name(row), (last.gone != Some(true)).then_some(holds.div_euclid(DAY)));
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
    let plain = Shape {
        from: true,
        else_begun: false,
        to: false,
        gone: false,
        begun: false,
        ver: false,
        approximate: false,
        if_undated: false,
        fixed: false,
    };
    let fixed = Shape { fixed: true, ..plain.clone() }.declared();
    let broken = versions_corrected(&plain, &fixed, &mut runner(0)).unwrap_err();
    assert!(broken.contains("because of Row { id: ") && broken.contains("v: 9"), "{broken}");
}

/// Loads on some days, which all cases share, and in each some things of each case.
fn loads(runner: &mut TestRunner) -> (Vec<i64>, Vec<Vec<Row>>) {
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

fn loaded(id: u32, v: i64, known: i64) -> Row {
    Row { id, v, known, at: None, until: None, gone: None, begun: None, ver: 0 }
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

fn facts_delivered(declared: &Declared, runner: &mut TestRunner) -> Held {
    let cases: Vec<Vec<Row>> = (0..CASES).map(|_| case(&facts(), runner)).collect();
    let of_day = |row: &Row| (row.id, row.at.unwrap().div_euclid(DAY));
    let twice: Vec<Vec<Row>> = cases.iter().map(|rows| again(rows, of_day, |_| true, runner)).collect();
    deliveries_change_nothing(declared, &["day"], &cases, &twice, runner)
}

#[test]
fn second_deliveries_of_facts_change_nothing() {
    each_seed(|runner| facts_delivered(&events(), runner));
    let keyless = events().options.replace("'key' 'id', ", "").replace(", 'max_delay' '3 days'", "");
    let keyless = Declared { options: keyless, ..events() };
    let broken = facts_delivered(&keyless, &mut runner(0)).unwrap_err();
    assert!(broken.contains("because of [Row { id: "), "{broken}");
}

fn versions_delivered(shape: &Shape, declared: &Declared, runner: &mut TestRunner) -> Held {
    let rows = prop::collection::vec(row(), 1..9);
    let cases: Vec<Vec<Row>> = (0..CASES).map(|_| shape.seen(&case(&rows, runner))).collect();
    let from = |row: &Row| row.at.or(row.begun.filter(|_| shape.else_begun).map(|day| day * DAY));
    let statement = |row: &Row| (row.id, if shape.ver { row.ver } else { from(row).unwrap_or(row.known) });
    // Of what does not change over time any row that is known again would be the newest.
    let may_be = |row: &Row| (shape.ver || from(row).is_some()) && !shape.fixed;
    let twice: Vec<Vec<Row>> = cases.iter().map(|rows| again(rows, statement, may_be, runner)).collect();
    deliveries_change_nothing(declared, SPAN, &cases, &twice, runner)
}

#[test]
fn second_deliveries_of_versions_change_nothing() {
    each_seed(|runner| {
        let shape = drawn(&shape(), runner);
        versions_delivered(&shape, &shape.declared(), runner)
    });
    // A row that does not say from when it holds is another version each time that it is known.
    let dated = Shape {
        from: true,
        else_begun: false,
        to: true,
        gone: false,
        begun: false,
        ver: false,
        approximate: false,
        if_undated: false,
        fixed: false,
    };
    let undated = Shape { from: false, ..dated.clone() }.declared();
    let broken = versions_delivered(&dated, &undated, &mut runner(0)).unwrap_err();
    assert!(broken.contains("because of [Row { id: "), "{broken}");
}

#[test]
fn second_loads_of_a_day_and_rows_of_now_that_stand_twice_change_nothing() {
    each_seed(|runner| {
        let (loads, cases) = loads(runner);
        let day = drawn(&prop::sample::select(loads), runner);
        let of_load = |rows: &Vec<Row>| -> Vec<Row> {
            let rows = rows.iter().filter(|row| row.known == day * DAY);
            rows.map(|row| Row { known: row.known + 60, ..row.clone() }).collect()
        };
        let twice: Vec<Vec<Row>> = cases.iter().map(of_load).collect();
        deliveries_change_nothing(&snapshots(), SPAN, &cases, &twice, runner)?;
        let rows = prop::collection::vec(row(), 1..5);
        let cases: Vec<Vec<Row>> = (0..CASES).map(|_| drawn(&rows, runner)).collect();
        deliveries_change_nothing(&current(), SPAN, &cases, &cases, runner)
    });
}

fn current() -> Declared {
    Declared {
        columns: vec!["id", "v", "begun", "until"],
        options: "'kind' 'current', 'key' 'id', 'begins_at' 'begun', 'ends_at' 'until'".to_owned(),
    }
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

/// One row for each thing and day, known when it says.
fn on_time(runner: &mut TestRunner) -> Vec<Row> {
    let days = drawn(&prop::collection::btree_map((0..THINGS, 0..=LAST), 0_i64..3, 1..9), runner);
    let row = |((id, day), v)| Row { at: Some(day * DAY + 60), ver: day, ..loaded(id, v, day * DAY + 60) };
    days.into_iter().map(row).collect()
}

/// Each row from its day up to the next one's, those put together that say the same.
fn plain_spans(rows: &[Row]) -> Vec<Line> {
    let mut spans: Vec<Line> = Vec::new();
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| (row.id, row.known));
    for row in rows {
        let (id, day) = (row.id.to_string(), Some(row.known.div_euclid(DAY)));
        match spans.last_mut().filter(|last| last.id == id) {
            Some(last) if last.v == row.v => continue,
            Some(last) => last.days[1] = day,
            None => {}
        }
        spans.push(Line { id, v: row.v, days: vec![day, None] });
    }
    spans.sort();
    spans
}

#[test]
fn a_kind_that_facts_on_time_do_not_need_makes_plain_rows_of_them() {
    let plain = |rows: &[Row]| {
        let mut lines: Vec<Line> = rows
            .iter()
            .map(|row| Line { id: row.id.to_string(), v: row.v, days: vec![Some(row.known.div_euclid(DAY))] })
            .collect();
        lines.sort();
        lines
    };
    let of =
        |options: &str| Declared { columns: vec!["id", "v", "at", "known"], options: options.to_owned() };
    let mut broken = None;
    each_seed(|runner| {
        let cases: Vec<Vec<Row>> = (0..CASES).map(|_| on_time(runner)).collect();
        for options in [
            "'kind' 'events', 'happened_at' 'at', 'known_at' 'known'",
            "'kind' 'events', 'key' 'id, at', 'happened_at' 'at', 'known_at' 'known'",
            "'kind' 'events', 'key' 'id, known', 'max_delay' '1 day', 'happened_at' 'at', 'known_after' '0 days'",
        ] {
            makes_plain_lines(&of(options), &["day"], &cases, plain)?;
        }
        // The key of a thing is not that of its facts.
        let too_few = of("'kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_at' 'known'");
        broken = makes_plain_lines(&too_few, &["day"], &cases, plain).err();
        Ok(())
    });
    assert!(broken.is_some_and(|broken| broken.contains("because of [Row { id: ")));
}

#[test]
fn a_kind_that_changes_on_time_do_not_need_makes_plain_spans_of_them() {
    let columns = vec!["id", "v", "at", "known", "gone", "begun", "ver"];
    let of = |options: &str| {
        let said: Vec<&str> = options.split(['\'', ',', ' ']).collect();
        let columns = columns.iter().copied().filter(|name| *name == "v" || said.contains(name));
        Declared { columns: columns.collect(), options: options.to_owned() }
    };
    let mut broken = None;
    each_seed(|runner| {
        let cases: Vec<Vec<Row>> = (0..CASES).map(|_| on_time(runner)).collect();
        for options in [
            "'kind' 'versions', 'key' 'id', 'known_at' 'known'",
            "'kind' 'versions', 'key' 'id', 'valid_from' 'at', 'known_after' '0 days', 'fixed' 'gone'",
            "'kind' 'versions', 'key' 'id', 'valid_from' 'at', 'known_at' 'known', 'version' 'ver'",
            "'kind' 'versions', 'key' 'id', 'known_at' 'known', 'version' 'ver', 'deleted' 'gone', 'begins_at' 'begun'",
        ] {
            makes_plain_lines(&of(options), SPAN, &cases, plain_spans)?;
        }
        let one_statement = of("'kind' 'versions', 'key' 'id', 'known_at' 'known', 'version' 'id'");
        broken = makes_plain_lines(&one_statement, SPAN, &cases, plain_spans).err();
        Ok(())
    });
    assert!(broken.is_some_and(|broken| broken.contains("because of [Row { id: ")));
}

/// Loads day by day of what changes on time are the same history.
#[test]
fn loads_of_what_changes_on_time_make_the_same_spans() {
    each_seed(|runner| {
        let cases: Vec<Vec<Row>> = (0..CASES).map(|_| on_time(runner)).collect();
        let whole = |rows: &Vec<Row>| -> Vec<Row> {
            let of_day = |day: i64| {
                (0..THINGS).filter_map(move |id| {
                    let said = rows.iter().filter(move |row| row.id == id && row.known <= (day + 1) * DAY);
                    said.max_by_key(|row| row.known).map(|row| loaded(id, row.v, day * DAY))
                })
            };
            (0..=LAST).flat_map(of_day).collect()
        };
        let loads: Vec<Vec<Row>> = cases.iter().map(whole).collect();
        let plain = |rows: &[Row]| plain_spans(rows);
        makes_plain_lines(&snapshots(), SPAN, &loads, plain)
    });
}

/// As known on the last day of all is as happened: nothing was known later.
#[test]
fn the_readings_of_what_is_on_time_are_one() {
    let declared = Declared {
        columns: vec!["id", "v", "at", "known"],
        options: "'kind' 'versions', 'key' 'id', 'valid_from' 'at', 'known_at' 'known'".to_owned(),
    };
    each_seed(|runner| {
        let cases: Vec<Vec<Row>> = (0..CASES).map(|_| on_time(runner)).collect();
        let world = World::new(&declared, &[together(&cases)]);
        let day = drawn(&(0..LAST), runner);
        let [happened, known] = [Reading::AsHappened, Reading::AsKnown]
            .map(|reading| state(&world.lines(SPAN, Some((day, reading))), day));
        if happened == known { Ok(()) } else { Err(format!("day {day}: {happened:?} and {known:?}")) }
    });
}
