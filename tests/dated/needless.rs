//! What is all there once, and known on its day, needs no kind: each makes plain rows or plain spans of it, and the two
//! readings of it are one.

use halescore::engine::sources::Reading;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::definition::snapshots;
use super::many::{CASES, SPAN, THINGS, drawn, each_seed, loaded, makes_plain_lines, together};
use super::world::{DAY, Declared, LAST, Line, Row, World, state};

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
    let columns = ["id", "v", "at", "known", "gone", "begun", "ver"];
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
