//! What each kind of source means, computed row by row from its definition.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::{DAY, Declared, LAST, Line, Row, World, minute, row, state};

const MAX_DELAY: i64 = 3;

/// What decides between rows where nothing else does: their columns in the order of their names, NULL last.
fn ties(row: &Row) -> impl Ord + use<> {
    let last = |value: Option<i64>| (value.is_none(), value);
    let gone = row.gone.map(i64::from);
    (last(row.at), last(row.begun), last(gone), row.known, last(row.until), row.v, row.ver)
}

pub fn events() -> Declared {
    Declared {
        columns: vec!["id", "v", "at", "known"],
        options: format!(
            "'kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_at' 'known', 'max_delay' '{MAX_DELAY} days'"
        ),
    }
}

/// Rows of facts: each happened.
pub fn facts() -> impl Strategy<Value = Vec<Row>> {
    let happened = (row(), minute()).prop_map(|(row, at)| {
        let at = Some(row.at.unwrap_or(at));
        Row { at, until: None, gone: None, begun: None, ver: 0, ..row }
    });
    prop::collection::vec(happened, 1..9)
}

/// Each fact of each of its days that no other delivery of it lies shortly before.
fn facts_of(rows: &[Row]) -> Vec<Line> {
    let day = |row: &Row| row.at.unwrap() / DAY;
    let days: BTreeSet<(u32, i64)> = rows.iter().map(|row| (row.id, day(row))).collect();
    let stands = |&(id, day): &(u32, i64)| !(1..=MAX_DELAY).any(|ago| days.contains(&(id, day - ago)));
    let of = |(id, on): &(u32, i64)| {
        let deliveries = rows.iter().filter(|row| row.id == *id && day(row) == *on);
        let last = deliveries.min_by_key(|row| (Reverse(row.known), ties(row))).unwrap();
        Line { id: id.to_string(), v: last.v, days: vec![Some(*on)] }
    };
    let mut facts: Vec<Line> = days.iter().filter(|day| stands(day)).map(of).collect();
    facts.sort();
    facts
}

/// A declaration of versions, drawn.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    pub from: bool,
    /// Where nothing else says from when, the day on which it began does.
    pub else_begun: bool,
    pub to: bool,
    pub gone: bool,
    pub begun: bool,
    pub ver: bool,
    pub approximate: bool,
    /// Only a first row that does not say from when it holds stands for what was before.
    pub if_undated: bool,
    pub fixed: bool,
}

pub fn shape() -> impl Strategy<Value = Shape> {
    let flags = prop::array::uniform9(any::<bool>());
    flags.prop_map(|[from, else_begun, to, gone, begun, ver, approximate, if_undated, fixed]| Shape {
        from,
        else_begun: else_begun && !begun,
        to,
        gone,
        begun,
        ver,
        approximate,
        if_undated: if_undated && from && approximate,
        fixed,
    })
}

impl Shape {
    pub fn declared(&self) -> Declared {
        let parts = [
            (self.to, "until", "valid_to"),
            (self.gone, "gone", "deleted"),
            (self.begun, "begun", "begins_at"),
            (self.ver, "ver", "version"),
        ];
        let parts = parts.into_iter().filter(|(is_there, ..)| *is_there);
        let mut options = "'kind' 'versions', 'key' 'id', 'known_at' 'known'".to_owned();
        let mut columns = vec!["id", "v", "known"];
        let from = [(self.from, "at"), (self.else_begun, "begun")];
        let from: Vec<&str> =
            from.into_iter().filter(|(is_there, _)| *is_there).map(|(_, name)| name).collect();
        if !from.is_empty() {
            columns.extend(&from);
            options += &format!(", 'valid_from' '{}'", from.join(", "));
        }
        for (_, column, option) in parts {
            columns.push(column);
            options += &format!(", '{option}' '{column}'");
        }
        if self.approximate {
            let when = if self.if_undated { "_if_undated" } else { "" };
            options += &format!(", 'before_first' 'approximate{when}'");
        }
        if self.fixed {
            options += if self.to { ", 'fixed' 'v, until'" } else { ", 'fixed' 'v'" };
        }
        Declared { columns, options }
    }

    /// The rows with nothing in the columns that are not declared.
    pub fn seen(&self, rows: &[Row]) -> Vec<Row> {
        let of = |row: &Row| Row {
            at: row.at.filter(|_| self.from),
            until: row.until.filter(|_| self.to),
            gone: row.gone.filter(|_| self.gone),
            begun: row.begun.filter(|_| self.begun || self.else_begun),
            ver: if self.ver { row.ver } else { 0 },
            ..row.clone()
        };
        rows.iter().map(of).collect()
    }

    /// From when a row says that it holds.
    fn from(&self, row: &Row) -> Option<i64> {
        row.at.or(row.begun.filter(|_| self.else_begun).map(|day| day * DAY))
    }

    /// The rows of a thing; what does not change over time is as the newest row that says anything has it.
    fn rows_of(&self, rows: &[Row], id: u32) -> Vec<Row> {
        let mut of: Vec<Row> = rows.iter().filter(|row| row.id == id).cloned().collect();
        let newest =
            of.iter().min_by_key(|row| (row.gone == Some(true), Reverse(row.known), ties(row))).cloned();
        for row in of.iter_mut().filter(|_| self.fixed) {
            row.v = newest.as_ref().unwrap().v;
            row.until = newest.as_ref().unwrap().until;
        }
        of
    }

    /// The versions of a thing by the day from which each holds; one that says that it is no more is a version too.
    fn versions(&self, rows: &[Row], id: u32) -> BTreeMap<i64, Row> {
        let mut statements: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
        let rows = self.rows_of(rows, id);
        for row in &rows {
            statements
                .entry(if self.ver { row.ver } else { self.from(row).unwrap_or(row.known) })
                .or_default()
                .push(row);
        }
        // What was made and is deleted never was; what nobody ever made says that there is no such thing.
        let is_deleted = |row: &Row| row.gone == Some(true);
        let never_was = |row: &Row, rows: &[&Row]| is_deleted(row) && !rows.iter().all(|row| is_deleted(row));
        // A statement holds from where it says, else from when it was known: first, where a version tells which rows are it.
        let standing = statements.values().filter_map(|rows| {
            let row = *rows.iter().min_by_key(|row| (Reverse(row.known), ties(row))).unwrap();
            let first = rows.iter().map(|row| row.known).min().unwrap();
            let from = self.from(row).unwrap_or(if self.ver { first } else { row.known });
            // Of two from one time the one that was made last.
            let made = if self.ver { first } else { row.known };
            (!never_was(row, rows)).then(|| (from, made, row.clone()))
        });
        let mut by_day: BTreeMap<i64, Vec<(i64, i64, Row)>> = BTreeMap::new();
        for (from, made, row) in standing {
            by_day.entry(from / DAY).or_default().push((from, made, row));
        }
        let last = |rows: Vec<(i64, i64, Row)>| {
            let last = rows.into_iter().min_by_key(|(from, made, row)| {
                (Reverse(*from), Reverse(*made), Reverse(row.known), ties(row))
            });
            last.unwrap().2
        };
        by_day.into_iter().map(|(day, rows)| (day, last(rows))).collect()
    }

    /// What each thing is on a day, and whether that is approximate.
    pub fn state(&self, rows: &[Row], day: i64) -> BTreeMap<String, (i64, bool)> {
        let of = |id: u32| {
            let versions = self.versions(rows, id);
            let is_there = |row: &&Row| row.gone != Some(true);
            if let Some((_, row)) = versions.range(..=day).next_back() {
                let holds = is_there(&row) && row.until.is_none_or(|until| day < until);
                return holds.then_some((row.v, false));
            }
            // Where nothing is told of it but that it is no more, nothing stands for what it was before.
            let (first, row) = versions.iter().next().filter(|(_, row)| is_there(row))?;
            let begun = match row.begun.filter(|_| self.begun) {
                Some(begun) => begun <= day,
                None => self.approximate && !self.begun,
            };
            let ever = row.until.is_none_or(|until| until > *first);
            let stands = !self.if_undated || self.from(row).is_none();
            (begun && ever && stands).then_some((row.v, self.approximate))
        };
        (0..3).filter_map(|id| Some((id.to_string(), of(id)?))).collect()
    }
}

/// A load: its time, and the things in it.
pub type Load = (i64, Vec<(u32, i64)>);

pub fn loads() -> impl Strategy<Value = Vec<Load>> {
    let things = prop::collection::vec((0_u32..3, 0_i64..2), 1..4);
    prop::collection::vec((minute(), things), 1..6)
}

pub fn snapshots() -> Declared {
    Declared {
        columns: vec!["id", "v", "known"],
        options: "'kind' 'snapshots', 'key' 'id', 'taken_at' 'known'".to_owned(),
    }
}

pub fn rows_of(loads: &[Load]) -> Vec<Row> {
    let of = |(taken, things): &Load| {
        let known = *taken;
        let row = move |(id, v)| Row { id, v, known, at: None, until: None, gone: None, begun: None, ver: 0 };
        things.clone().into_iter().map(row)
    };
    loads.iter().flat_map(of).collect()
}

/// The things of the last load by the end of a day.
fn loaded(loads: &[Load], day: i64) -> BTreeMap<String, i64> {
    let before = loads.iter().map(|(taken, _)| *taken).filter(|taken| taken / DAY <= day);
    let Some(last) = before.max() else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for (id, v) in loads.iter().filter(|(taken, _)| *taken == last).flat_map(|(_, things)| things) {
        let least = found.entry(id.to_string()).or_insert(*v);
        *least = (*least).min(*v);
    }
    found
}

/// Spans that follow each other differ.
fn assert_least(lines: &[Line]) {
    for line in lines {
        let next = lines.iter().find(|next| next.id == line.id && next.days[0] == line.days[1]);
        assert!(next.is_none_or(|next| next.v != line.v), "two in place of one: {lines:?}");
    }
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/dated_definition.txt", 150))]

    #[test]
    fn an_event_is_one_on_its_earliest_day_as_it_was_known_last(rows in facts()) {
        let found = World::new(&events(), std::slice::from_ref(&rows)).lines(&["day"], None);
        prop_assert_eq!(found, facts_of(&rows));
    }

    #[test]
    fn a_version_holds_until_the_next_however_its_time_is_declared(
        rows in prop::collection::vec(row(), 1..9),
        shape in shape(),
    ) {
        let rows = shape.seen(&rows);
        let days: &[&str] =
            if shape.approximate { &["first_day", "day_after", "approximate_until"] } else { &["first_day", "day_after"] };
        let lines = World::new(&shape.declared(), std::slice::from_ref(&rows)).lines(days, None);
        for day in -2..=LAST + 2 {
            let expected = shape.state(&rows, day);
            let values = expected.iter().map(|(id, (v, _))| (id.clone(), *v)).collect();
            prop_assert_eq!(state(&lines, day), values, "day {}: {:?}", day, lines);
            for line in lines.iter().filter(|line| shape.approximate && line.holds(day)) {
                let is_approximate = line.days[2].is_some_and(|until| day < until);
                prop_assert_eq!(is_approximate, expected[&line.id].1, "day {}: {:?}", day, lines);
            }
        }
        if !shape.to && !shape.begun {
            assert_least(&lines);
        }
    }

    #[test]
    fn a_load_is_all_there_is(loads in loads()) {
        let lines = World::new(&snapshots(), &[rows_of(&loads)]).lines(&["first_day", "day_after"], None);
        for day in -1..=LAST + 1 {
            prop_assert_eq!(state(&lines, day), loaded(&loads, day), "day {}: {:?}", day, lines);
        }
        assert_least(&lines);
    }

    #[test]
    fn what_is_current_is_there_from_its_beginning_to_its_end(rows in prop::collection::vec(row(), 1..5)) {
        let declared = Declared {
            columns: vec!["id", "v", "begun", "until"],
            options: "'kind' 'current', 'key' 'id', 'begins_at' 'begun', 'ends_at' 'until'".to_owned(),
        };
        let lines = World::new(&declared, std::slice::from_ref(&rows)).lines(&["first_day", "day_after"], None);
        let last = |value: Option<i64>| (value.is_none(), value);
        let first_of = |id: u32| {
            let of_id = rows.iter().filter(|row| row.id == id);
            of_id.min_by_key(|row| (last(row.begun), last(row.until), row.v))
        };
        let things: Vec<&Row> = (0..3).filter_map(first_of).collect();
        prop_assert_eq!(lines.len(), things.len(), "each thing stands once: {:?}", lines);
        for day in -1..=LAST + 1 {
            let there = things.iter().filter(|row| {
                row.begun.is_none_or(|begun| begun <= day) && row.until.is_none_or(|until| day < until)
            });
            let expected = there.map(|row| (row.id.to_string(), row.v)).collect();
            prop_assert_eq!(state(&lines, day), expected, "day {}: {:?}", day, lines);
        }
    }
}
