//! Rows of drawn projects, some known late, some delivered again, some corrected; and what may come after them: corrections
//! with the days that they are about, and second deliveries of what is there.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray, TimestampMicrosecondArray};
use chrono::{NaiveDate, NaiveTime, TimeDelta};

use super::blame::Place;
use super::drawn::Drawn;
use crate::laws::Draw;
use crate::oracle::world::{at, write};

/// The first day of the rows.
pub const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
/// The day that must not know what comes after it; rows go on for as long again.
pub const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 20).unwrap();
/// The last day on which anything is drawn to happen.
pub const LAST: NaiveDate = NaiveDate::from_ymd_opt(2026, 2, 9).unwrap();

const DAYS: usize = 40;
const ACCOUNTS: [&str; 5] = ["a", "b", "c", "d", "e"];
const HOUR: i64 = 3600 * 1_000_000;

/// Whether rows may be known later than they happened, and stand twice.
#[derive(Clone, Copy, PartialEq)]
pub enum Rows {
    AsTheyCome,
    OnTheirDay,
}

#[derive(Debug, Clone)]
pub struct Act {
    pub id: i64,
    pub account: &'static str,
    pub v: Option<i64>,
    pub done: i64,
    pub known: i64,
}

#[derive(Debug, Clone)]
pub struct Thing {
    pub account: &'static str,
    pub v: Option<i64>,
    pub since: Option<i64>,
    pub known: i64,
    pub gone: Option<bool>,
}

impl Thing {
    /// From when it says something, where its declaration has a `valid_from`.
    fn from(&self) -> i64 {
        self.since.unwrap_or(self.known)
    }
}

/// The rows of both sources.
#[derive(Debug, Clone, Default)]
pub struct Written {
    pub acts: Vec<Act>,
    pub things: Vec<Thing>,
}

/// A time of a day, counted from the first.
pub fn time(day: usize, hour: i64) -> i64 {
    at(FIRST + TimeDelta::days(day as i64), NaiveTime::MIN) + hour * HOUR
}

fn day_of(time: i64) -> i64 {
    time.div_euclid(24 * HOUR)
}

fn date(day: i64) -> NaiveDate {
    NaiveDate::from_epoch_days(i32::try_from(day).unwrap()).unwrap()
}

fn instant(draw: &mut Draw, day: usize) -> i64 {
    time(day, [0, 12, 23][draw.below(3)])
}

/// How much later a row was known: on its day, some days later, or weeks later.
fn delay(draw: &mut Draw, rows: Rows) -> i64 {
    let days = if rows == Rows::OnTheirDay { 0 } else { [0, 0, 0, 1, 4, 25][draw.below(6)] };
    days * 24 * HOUR
}

impl Written {
    /// Rows by chance, of things declared in one of the ways.
    pub fn drawn(draw: &mut Draw, rows: Rows, kind: usize) -> Self {
        let acts = acts(draw, rows);
        Self { acts, things: things(draw, rows, kind) }
    }

    /// Writes both sources.
    pub fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        let (acts, things) = (&self.acts, &self.things);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(acts.iter().map(|act| Some(act.id)).collect::<Int64Array>())),
            ("account_id", Arc::new(StringArray::from_iter_values(acts.iter().map(|act| act.account)))),
            ("v", Arc::new(acts.iter().map(|act| act.v).collect::<Int64Array>())),
            ("done", Arc::new(acts.iter().map(|act| Some(act.done)).collect::<TimestampMicrosecondArray>())),
            (
                "known",
                Arc::new(acts.iter().map(|act| Some(act.known)).collect::<TimestampMicrosecondArray>()),
            ),
        ];
        write(&folder.join("acts.parquet"), columns);
        let times = |of: fn(&Thing) -> Option<i64>| -> ArrayRef {
            Arc::new(things.iter().map(of).collect::<TimestampMicrosecondArray>())
        };
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("account_id", Arc::new(StringArray::from_iter_values(things.iter().map(|thing| thing.account)))),
            ("v", Arc::new(things.iter().map(|thing| thing.v).collect::<Int64Array>())),
            ("since", times(|thing| thing.since)),
            ("known", times(|thing| Some(thing.known))),
            ("gone", Arc::new(things.iter().map(|thing| thing.gone).collect::<BooleanArray>())),
        ];
        write(&folder.join("things.parquet"), columns);
    }

    /// After all that is known.
    fn newest(&self) -> i64 {
        let known = self.acts.iter().map(|act| act.known).chain(self.things.iter().map(|thing| thing.known));
        known.max().unwrap() + HOUR
    }

    /// Adds an act.
    fn act(&mut self, act: Act) -> Place {
        self.acts.push(act);
        Place { source: "acts".to_owned(), row: self.acts.len() - 1 }
    }

    /// Adds a row about a thing.
    fn thing(&mut self, thing: Thing) -> Place {
        self.things.push(thing);
        Place { source: "things".to_owned(), row: self.things.len() - 1 }
    }
}

fn acts(draw: &mut Draw, rows: Rows) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    for number in 0..60 {
        // One of the first day, so that no cut leaves nothing.
        let day = if number == 0 { 0 } else { draw.below(DAYS) };
        let is_again = rows == Rows::AsTheyCome && number > 0 && draw.below(4) == 0;
        let id = if is_again { draw.below(number) } else { number } as i64;
        let account = ACCOUNTS[draw.below(5)];
        let v = (draw.below(6) > 0).then(|| draw.below(5) as i64);
        let done = instant(draw, day);
        let late = if number == 0 { 0 } else { delay(draw, rows) };
        acts.push(Act { id, account, v, done, known: done + late });
    }
    acts
}

fn things(draw: &mut Draw, rows: Rows, kind: usize) -> Vec<Thing> {
    let (mut things, mut taken) = (Vec::new(), BTreeSet::new());
    for number in 0..30 {
        let account = draw.below(5);
        // Loads lie some days apart, and each has several things.
        let day = if number == 0 {
            0
        } else if kind == 3 {
            draw.below(DAYS / 5) * 5
        } else {
            draw.below(DAYS)
        };
        if rows == Rows::OnTheirDay && !taken.insert((account, day)) {
            continue;
        }
        let from = if kind == 3 { time(day, 0) } else { instant(draw, day) };
        // Some is said before it holds.
        let early = rows == Rows::AsTheyCome && kind != 3 && draw.below(5) == 0;
        let late = if number == 0 || kind == 3 { 0 } else { delay(draw, rows) };
        let v = (draw.below(6) > 0).then(|| draw.below(5) as i64);
        let since = if draw.below(5) == 0 && kind == 2 { None } else { Some(from) };
        let known = if early { from - 3 * 24 * HOUR } else { from + late };
        let gone = (draw.below(3) > 0).then(|| draw.below(5) == 0);
        things.push(Thing { account: ACCOUNTS[account], v, since, known, gone });
    }
    things
}

/// The rows with corrections after them, and the days that each of these is about.
pub fn corrected(drawn: &Drawn, seed: u64) -> (Written, Vec<(Place, RangeInclusive<NaiveDate>)>) {
    let (mut draw, mut written, mut corrections) = (Draw(seed ^ 0xc0), drawn.written.clone(), Vec::new());
    let mut known = written.newest();
    let until = |last: i64| drawn.look_back.map_or(LAST, |look_back| date(last + look_back).min(LAST));
    for _ in 0..2 {
        let of = written.acts[draw.below(drawn.written.acts.len())].clone();
        let day = draw.below(DAYS);
        let act = Act { v: Some(draw.below(5) as i64 + 5), done: instant(&mut draw, day), known, ..of };
        let day = day_of(act.done);
        corrections.push((written.act(act), date(day)..=until(day + drawn.max_delay.unwrap_or(0))));
        known += HOUR;
    }
    let dated: Vec<&Thing> = drawn.written.things.iter().filter(|thing| thing.since.is_some()).collect();
    // Without a time from which it holds, and in loads, another row is a change.
    if matches!(drawn.kind, 0 | 2) {
        let of = dated[draw.below(dated.len())].clone();
        let thing = Thing { v: Some(draw.below(5) as i64 + 5), known, gone: Some(draw.below(3) == 0), ..of };
        let day = day_of(thing.from());
        let days = date(day)..=next_statement(drawn, &thing).map_or(LAST, |next| until(next - 1));
        corrections.push((written.thing(thing), days));
    }
    (written, corrections)
}

/// The day from which the next statement about the same thing holds. One that some row deletes and another makes may never
/// have been, and does not count; one that all rows delete does: from there on there is no such thing.
fn next_statement(drawn: &Drawn, thing: &Thing) -> Option<i64> {
    let of_one = || drawn.written.things.iter().filter(|other| other.account == thing.account);
    let stands = |other: &&Thing| {
        let said = of_one().filter(|row| row.from() == other.from());
        let deletions: BTreeSet<bool> = said.map(|row| row.gone == Some(true)).collect();
        drawn.kind == 0 || deletions.len() == 1
    };
    let days = of_one().filter(stands).map(|other| day_of(other.from()));
    days.filter(|day| *day > day_of(thing.from())).min()
}

/// The rows with second deliveries after them, equal but for when they were known.
pub fn delivered_again(drawn: &Drawn, seed: u64) -> (Written, Vec<Place>) {
    let (mut draw, mut written, mut again) = (Draw(seed ^ 0xa9), drawn.written.clone(), Vec::new());
    let known = written.newest();
    let Written { acts, things } = &drawn.written;
    for act in acts.iter().filter(|_| drawn.max_delay.is_some()) {
        let of_day = acts.iter().filter(|other| other.id == act.id && day_of(other.done) == day_of(act.done));
        if is_newest(act.known, of_day.map(|other| other.known)) && draw.below(3) == 0 {
            again.push(written.act(Act { known, ..act.clone() }));
        }
    }
    for thing in things.iter().filter(|thing| drawn.kind != 3 && (drawn.kind == 1 || thing.since.is_some())) {
        // Where nothing says from when a row holds, another one is a change: but for the newest, after which it is none.
        let is_same = |other: &&Thing| {
            other.account == thing.account && (drawn.kind == 1 || other.from() == thing.from())
        };
        if is_newest(thing.known, things.iter().filter(is_same).map(|other| other.known))
            && draw.below(3) == 0
        {
            again.push(written.thing(Thing { known, ..thing.clone() }));
        }
    }
    (written, again)
}

/// Whether a row alone was known last.
fn is_newest(known: i64, of: impl Iterator<Item = i64>) -> bool {
    of.filter(|other| *other >= known).count() == 1
}
