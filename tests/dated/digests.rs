//! The digest of a day is that of what the source says of it: the same for the same, another for anything else.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use halescore::engine::sources::Reading;
use halescore::run::digests;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::definition::{events, facts, shape, snapshots};
use super::delivered::{Delivered, facts_again, load_again, rows_of_now_again, versions_again};
use super::many::{CASES, THINGS, case, current, drawn, each_seed, loads, runner, together};
use super::world::{DAY, Declared, LAST, Row, World, date, row};
use crate::question::{Place, answered};

/// All days on which anything is told, in a reading that knows all that happened.
const UNTIL: Option<(i64, Reading)> = Some((LAST + 4, Reading::AsHappened));

/// A digest as it is told: how many rows, and the sum of their hashes.
type Told = (i64, String);

fn nothing() -> Told {
    (0, "0".repeat(32))
}

/// The columns of a dated relation that say something of a day: all but when a row was known and until when it holds.
fn saying(declared: &Declared) -> Vec<&'static str> {
    let of_days = match declared.options.contains("'events'") {
        true => vec![],
        false => vec!["first_day"],
    };
    let approximate = declared.options.contains("'before_first'").then_some("approximate_until");
    let named = declared.columns.iter().copied().filter(|name| *name != "known");
    named.chain(of_days).chain(approximate).collect()
}

/// What a source says of each day, from its definition: the rows of the day, or those that hold on it.
fn states(world: &World, declared: &Declared) -> BTreeMap<i64, Vec<String>> {
    let is_of_days = declared.options.contains("'events'");
    let days: &[&str] = if is_of_days { &["day"] } else { &["first_day", "day_after"] };
    let rows = world.told(&saying(declared), days);
    let on = |day: i64| {
        let counts = rows.iter().filter(|(_, days)| match days[..] {
            [on] => on == Some(day),
            _ => days[0].is_some_and(|first| first <= day) && days[1].is_none_or(|after| day < after),
        });
        let mut said: Vec<String> = counts.map(|(said, _)| said.clone()).collect();
        said.sort();
        said
    };
    (-2..=LAST + 4).map(|day| (day, on(day))).collect()
}

/// That the same is told in one way and different things in two, over all that was told before.
#[derive(Default)]
struct Book {
    digest_of: BTreeMap<Vec<String>, Told>,
    state_of: BTreeMap<Told, Vec<String>>,
}

impl Book {
    fn note(&mut self, state: &[String], told: &Told) -> Result<(), String> {
        if told.0 != i64::try_from(state.len()).unwrap() {
            return Err(format!("{} rows, and there are {state:?}", told.0));
        }
        let before = self.digest_of.entry(state.to_vec()).or_insert_with(|| told.clone());
        if before != told {
            return Err(format!("{state:?} has {before:?} and {told:?}"));
        }
        let before = self.state_of.entry(told.clone()).or_insert_with(|| state.to_vec());
        if before != state {
            return Err(format!("{before:?} and {state:?} have one digest"));
        }
        Ok(())
    }

    /// Notes all days of a world.
    fn note_all(&mut self, world: &World, declared: &Declared) -> Result<BTreeMap<i64, Told>, String> {
        let told = world.digests(UNTIL);
        for (day, state) in states(world, declared) {
            // Before the first day of any row there is what was always there, and no table tells of it.
            if let Some(of_day) = told.get(&day) {
                self.note(&state, of_day).map_err(|why| format!("day {day}: {why}"))?;
            }
        }
        Ok(told)
    }
}

/// Small worlds, so that the same state comes again, and large ones.
fn worlds(strategy: &impl Strategy<Value = Vec<Row>>, runner: &mut TestRunner) -> Vec<Vec<Row>> {
    let small = (0..3).map(|_| case(strategy, runner)).collect::<Vec<_>>();
    let many: Vec<Vec<Row>> = (0..CASES).map(|_| case(strategy, runner)).collect();
    small.into_iter().chain([together(&many)]).collect()
}

#[test]
fn days_have_one_digest_where_the_same_is_said_of_them() {
    let (mut noted, mut books) = (0, BTreeMap::<String, Book>::new());
    each_seed(|runner| {
        let shape = drawn(&shape(), runner);
        let versions = worlds(&prop::collection::vec(row(), 1..9), runner);
        let versions = versions.iter().map(|rows| shape.seen(rows)).collect();
        let mut of_loads = Vec::new();
        for _ in 0..2 {
            of_loads.extend(loads(runner).1.into_iter().take(2));
        }
        let of_now = worlds(&prop::collection::vec(row(), 1..5), runner);
        for (declared, worlds) in [
            (events(), worlds(&facts(), runner)),
            (shape.declared(), versions),
            (snapshots(), of_loads),
            (current(), of_now),
        ] {
            // What is declared alike is told alike in all worlds.
            let book = books.entry(format!("{declared:?}")).or_default();
            for rows in worlds {
                let world = World::new(&declared, std::slice::from_ref(&rows));
                let told = book.note_all(&world, &declared);
                noted += told.map_err(|why| format!("{why}; {rows:?}; {}", declared.options))?.len();
            }
        }
        Ok(())
    });
    assert!(noted > 2_500, "only {noted} days");
}

/// Law 5, of digests.
fn deliveries_change_no_digest(
    declared: &Declared,
    Delivered { cases, again }: &Delivered,
    runner: &mut TestRunner,
) -> Result<(), String> {
    let rows = together(cases);
    let all: Vec<Row> = rows.iter().cloned().chain(together(again)).collect();
    let mut all = drawn(&Just(all).prop_shuffle(), runner);
    let rest = all.split_off(drawn(&(1..all.len()), runner));
    let [once, twice] =
        [vec![rows], vec![all, rest]].map(|files| World::new(declared, &files).digests(UNTIL));
    if once == twice && once.values().any(|(rows, _)| *rows > 0) {
        return Ok(());
    }
    let differ: Vec<&i64> = once.keys().filter(|day| once.get(day) != twice.get(day)).collect();
    Err(format!("days {differ:?}; {}", declared.options))
}

#[test]
fn order_and_files_and_second_deliveries_change_no_digest() {
    each_seed(|runner| {
        let shape = drawn(&shape(), runner);
        for (declared, delivered) in [
            (events(), facts_again(runner)),
            (shape.declared(), versions_again(&shape, runner)),
            (snapshots(), load_again(runner)),
            (current(), rows_of_now_again(runner)),
        ] {
            deliveries_change_no_digest(&declared, &delivered, runner)?;
        }
        Ok(())
    });
    // Rows that say something else are no second delivery.
    let mut delivered = facts_again(&mut runner(0));
    delivered.again.iter_mut().flatten().for_each(|row| row.v += 1);
    assert!(deliveries_change_no_digest(&events(), &delivered, &mut runner(0)).is_err());
}

/// The days of which the digests of two worlds differ.
fn differ(declared: &Declared, rows: &[Row], more: &Row) -> BTreeSet<i64> {
    let with: Vec<Row> = rows.iter().chain([more]).cloned().collect();
    let [before, after] = [rows, &with].map(|rows| World::new(declared, &[rows.to_vec()]).digests(UNTIL));
    // Before the first row of all there is nothing.
    let of = |told: &BTreeMap<i64, Told>, day: &i64| told.get(day).cloned().unwrap_or_else(nothing);
    before.keys().chain(after.keys()).copied().filter(|day| of(&before, day) != of(&after, day)).collect()
}

#[test]
fn a_late_fact_changes_its_day_and_no_other() {
    each_seed(|runner| {
        for _ in 0..6 {
            let rows = case(&facts(), runner);
            let day = drawn(&(0..=LAST), runner);
            let known = rows.iter().map(|row| row.known).max().unwrap() + 20 * DAY;
            let late = Row { id: THINGS + 1, at: Some(day * DAY + 60), known, ..rows[0].clone() };
            let changed = differ(&events(), &rows, &late);
            if changed != BTreeSet::from([day]) {
                return Err(format!(
                    "{changed:?} and not day {day}, because of {late:?}; the others are {rows:?}"
                ));
            }
        }
        Ok(())
    });
}

#[test]
fn a_late_version_changes_the_days_of_its_span_and_no_others() {
    let declared = Declared {
        columns: vec!["id", "v", "at", "known"],
        options: "'kind' 'versions', 'key' 'id', 'valid_from' 'at', 'known_at' 'known'".to_owned(),
    };
    each_seed(|runner| {
        for _ in 0..6 {
            // Each row says something of its own, so that none goes on in the next one.
            let mut rows = case(&facts(), runner);
            rows.iter_mut().enumerate().for_each(|(number, row)| row.v = number as i64);
            let of = drawn(&prop::sample::select(rows.clone()), runner);
            let day = drawn(&(0..=LAST), runner);
            let known = rows.iter().map(|row| row.known).max().unwrap() + 20 * DAY;
            // At the end of its day, after all others of it.
            let late = Row { v: 99, at: Some(day * DAY + DAY - 1), known, ..of };
            let starts = rows.iter().filter(|row| row.id == late.id).map(|row| row.at.unwrap() / DAY);
            let next = starts.filter(|start| *start > day).min();
            let span: BTreeSet<i64> = (day..next.unwrap_or(LAST + 5)).collect();
            let changed = differ(&declared, &rows, &late);
            if changed != span {
                return Err(format!(
                    "{changed:?} and not {span:?}, because of {late:?}; the others are {rows:?}"
                ));
            }
        }
        Ok(())
    });
}

#[test]
fn as_known_is_what_the_rows_known_by_then_say() {
    let mut different = 0;
    each_seed(|runner| {
        let shape = drawn(&shape(), runner);
        let (day, versions) = (drawn(&(0..LAST), runner), case(&prop::collection::vec(row(), 1..9), runner));
        let (events, facts) = (events(), case(&facts(), runner));
        for (declared, rows) in [(events, facts), (shape.declared(), shape.seen(&versions))] {
            let is_of_days = declared.options.contains("'events'");
            let by_then =
                |row: &&Row| row.known / DAY <= day && (!is_of_days || row.at.unwrap() / DAY <= day);
            let known: Vec<Row> = rows.iter().filter(by_then).cloned().collect();
            let world = World::new(&declared, &[rows]);
            let cut = world.digests(Some((day, Reading::AsKnown)));
            let by_hand = World::new(&declared, &[known]).digests(Some((day, Reading::AsHappened)));
            if cut != by_hand {
                return Err(format!(
                    "as known by day {day} {cut:?} and not {by_hand:?}; {}",
                    declared.options
                ));
            }
            different += usize::from(cut != world.digests(Some((day, Reading::AsHappened))));
        }
        Ok(())
    });
    assert!(different > 8, "the readings differ in {different} worlds alone");
}

#[test]
fn the_order_of_declared_columns_changes_no_digest_and_a_name_does() {
    let rows = together(&(0..CASES).map(|_| case(&facts(), &mut runner(3))).collect::<Vec<_>>());
    let world = World::new(&events(), &[rows]);
    let told = world.digests(None);
    let ddl = world.text("sql/raw/x.sql");
    let [one, other] = ["v BIGINT", "id VARCHAR NOT NULL"];
    assert!(ddl.contains(one) && ddl.contains(other), "{ddl}");
    world.write("sql/raw/x.sql", &ddl.replace(one, "?").replace(other, one).replace('?', other));
    assert_eq!(world.digests(None), told);
    // Of another column with the same values.
    let renamed = World::new(&events(), &[vec![Row { ver: 2, ..super::many::loaded(1, 2, 60) }]]);
    let ddl = renamed
        .text("sql/raw/x.sql")
        .replace("'happened_at' 'at'", "'happened_at' 'known'")
        .replace("'known_at' 'known'", "'known_after' '0 days'");
    let ddl = ddl.replace("at TIMESTAMP NOT NULL, ", "");
    renamed.write("sql/raw/x.sql", &ddl);
    let v = renamed.digests(None);
    renamed.write("sql/raw/x.sql", &ddl.replace("v BIGINT", "ver BIGINT"));
    assert_ne!(v[&0].1, renamed.digests(None)[&0].1);
}

#[test]
fn the_library_tells_what_a_query_does() {
    let rows = case(&facts(), &mut runner(1));
    let world = World::new(&events(), &[rows]);
    let days: Vec<NaiveDate> = (-3..=LAST + 3).map(date).collect();
    for reading in [Reading::AsHappened, Reading::AsKnown] {
        let Place { pipeline, engine, sources, .. } = Place::of(world.root());
        let asked = digests(&pipeline, &engine, &sources, "x", (date(5), reading), &days);
        let asked = answered(asked).unwrap();
        let told = world.digests(Some((5, reading)));
        assert!(told.len() > 3 && asked.keys().next_back() == Some(&date(5)), "{told:?} {asked:?}");
        for (day, of_day) in &asked {
            let number = (*day - date(0)).num_days();
            let told = told.get(&number).cloned().unwrap_or_else(nothing);
            assert_eq!(told, (of_day.rows, of_day.to_string()), "{day} {reading:?}");
        }
    }
}
