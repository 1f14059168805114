//! What moved a score between two days: one change after the other, in a declared order, until the first day has
//! become the second.
//!
//! | order | driver | what changes |
//! | --- | --- | --- |
//! | 1 | definition | the first day is scored by today's definition, over today's metrics |
//! | 2 | scorecard | the scorecard of the second day |
//! | 3 | data | components that came, or went missing, by name |
//! | 4 | roll_off, new_activity | values of the components that both days have, by name: first what they would have been had nothing happened since the first day, so only old days left their windows; then what did happen |
//! | | judgement, behaviour | the same in one step, where people judge, or where the two cannot be told apart |
//! | 5 | override | what people set against the number |
//! | 6 | rounding | what the second day's rounding adds, less what the first day's did |
//!
//! Each step is a whole score, computed by the same SQL as the published one; its driver is the difference. Scores
//! are counted in units of 10⁻¹⁰, so the drivers sum to the difference exactly.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::drivers::{Driver, DriverKind, Moved, Movement, of_units, units};
use super::rows::{Row, of_subject, scored};
use super::{Place, Subject, rule_text};
use crate::engine::day_window::WindowOptions;
use crate::engine::{Session, diagnose};
use crate::error::{Error, Result};
use crate::read::Days;
use crate::semantic::{Cell, Component, Fact, Facts, Score};

/// What was measured of the subject on one day.
type Measured = Vec<Cell>;

/// What was measured at both ends of the way.
struct Ends {
    before: Measured,
    after: Measured,
    /// What would have been measured at the end had nothing happened on the way.
    idle: Option<Measured>,
}

/// A change on the way, and the facts after it.
struct Turn {
    kind: DriverKind,
    name: String,
    title: String,
    from: String,
    to: String,
    facts: Measured,
}

/// The drivers between two published days.
pub(super) async fn movement(
    place: &Place<'_>,
    score: &Score,
    subject: &Subject,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Movement> {
    let first = scored(place, score, subject, from).await?;
    let second = scored(place, score, subject, to).await?;
    let (drivers, note) = match (first.number("score"), second.number("score")) {
        (Some(_), Some(_)) => drivers(place, score, subject, (&first, from), (&second, to)).await?,
        _ => (Vec::new(), None),
    };
    let change = first.number("score").zip(second.number("score"));
    let moved = Moved::of(&drivers);
    Ok(Movement {
        score_name: score.name.clone(),
        title: score.title.clone(),
        account_id: second.known("account_id")?,
        user_id: second.text("user_id"),
        from_date: from,
        to_date: to,
        from_score: first.number("score"),
        to_score: second.number("score"),
        from_tier: first.known("tier")?,
        to_tier: second.known("tier")?,
        change: change.map(|(first, second)| of_units(units(second) - units(first))),
        drivers: drivers.into_iter().filter(|driver| driver.change != 0.0).collect(),
        moved,
        note,
    })
}

async fn drivers(
    place: &Place<'_>,
    score: &Score,
    subject: &Subject,
    (first, from): (&Row, NaiveDate),
    (second, to): (&Row, NaiveDate),
) -> Result<(Vec<Driver>, Option<String>)> {
    let semantics = &place.pipeline.semantics;
    let facts = semantics.facts(score).ok_or_else(|| {
        Error::Usage(format!("{} is made of the scores of others: compare those", score.name))
    })?;
    let measured = async |days, day| measured(place, (score, subject), &facts, (days, day)).await;
    let before = measured(Days::Until(from), from).await?;
    let after = measured(Days::Until(to), to).await?;
    let (idle, note) = match measured(Days::Recomputed { sources: from, calendar: to }, to).await {
        Ok(idle) => (Some(idle), None),
        Err(error) => (None, Some(format!("old days and new activity cannot be told apart: {error}"))),
    };
    let turns = turns(score, &facts.columns, &Ends { before, after, idle });
    let rows: Vec<Measured> = turns.iter().map(|turn| turn.facts.clone()).collect();
    let sql = semantics
        .rescored(score, &rows)
        .ok_or_else(|| Error::Bug("a score that cannot be replayed".to_owned()))?;
    let scores = rescored(place, &sql, to).await?;
    let raw = |row: &Row| row.number("raw_score").map(units);
    let (Some(start), Some(end)) = (raw(first), raw(second)) else {
        return Ok((judged(score, first, second, Vec::new()), note));
    };
    let mut drivers = Vec::new();
    let mut last = start;
    for (turn, now) in turns.into_iter().zip(scores) {
        let now = now.map_or(last, units);
        let Turn { kind, name, title, from, to, .. } = turn;
        drivers.push(Driver { kind, name, title, from, to, change: of_units(now - last) });
        last = now;
    }
    // Where the second day was published by another definition, that is a driver too.
    let to = "the second day was published by another definition, or its metrics were restated".to_owned();
    drivers.push(Driver {
        kind: DriverKind::Definition,
        name: "definition".to_owned(),
        title: "definition".to_owned(),
        from: String::new(),
        to,
        change: of_units(end - last),
    });
    Ok((judged(score, first, second, drivers), note))
}

/// Adds what overrides and rounding did.
fn judged(score: &Score, first: &Row, second: &Row, mut drivers: Vec<Driver>) -> Vec<Driver> {
    let (before, after) = (super::account::steps(score, first), super::account::steps(score, second));
    let of = |steps: &[super::account::Step], kind: &str| {
        let found = steps.iter().find(|step| step.kind == kind);
        (found.and_then(|step| step.change).unwrap_or(0.0), found.map(|step| step.what.clone()))
    };
    let (was, said_before) = of(&before, "override");
    let (is, said_after) = of(&after, "override");
    let said = |what: Option<String>| what.unwrap_or_else(|| "none".to_owned());
    let (from, to) = (said(said_before), said(said_after));
    let change = of_units(units(is) - units(was));
    let name = || "override".to_owned();
    drivers.push(Driver { kind: DriverKind::Override, name: name(), title: name(), from, to, change });
    let total: i64 = drivers.iter().map(|driver| units(driver.change)).sum();
    if let (Some(from), Some(to)) = (first.number("score"), second.number("score")) {
        let change = of_units(units(to) - units(from) - total);
        let name = || "rounding".to_owned();
        let (from, to) = (String::new(), "the declared rounding".to_owned());
        drivers.push(Driver { kind: DriverKind::Rounding, name: name(), title: name(), from, to, change });
    }
    drivers
}

/// What the components measured of the subject, by today's definition.
async fn measured(
    place: &Place<'_>,
    (score, subject): (&Score, &Subject),
    facts: &Facts,
    (days, day): (Days, NaiveDate),
) -> Result<Measured> {
    let only = of_subject(score, subject)?;
    let sql = format!("{}\nSELECT * FROM facts WHERE {only} AND as_of_date = DATE '{day}'", facts.sql);
    let row = Row::query(place, days, &sql).await?.into_iter().next();
    let row = row.ok_or_else(|| {
        Error::Usage(format!("{} has no row of this account on {day}", score.entity.table()))
    })?;
    let cell = |column: &Fact| {
        if column.is_text {
            row.text(&column.name).map_or(Cell::Null, Cell::Text)
        } else {
            row.number(&column.name).map_or(Cell::Null, Cell::Number)
        }
    };
    Ok(facts.columns.iter().map(cell).collect())
}

/// The scores of rows of facts.
async fn rescored(place: &Place<'_>, sql: &str, day: NaiveDate) -> Result<Vec<Option<f64>>> {
    let failed = |error| diagnose::of_run("the explanation", &error);
    let session = Session::new(place.engine, &place.pipeline.settings, WindowOptions::default(), day);
    let session = session.map_err(failed)?;
    let batches = session.rows(sql).await.map_err(failed)?;
    Ok(Row::of(&batches).iter().map(|row| row.number("score")).collect())
}

/// The way from one day's facts to another's.
fn turns(score: &Score, columns: &[Fact], Ends { before, after, idle }: &Ends) -> Vec<Turn> {
    let components: BTreeMap<String, &Component> = score
        .scorecards()
        .iter()
        .flat_map(|card| card.root.components())
        .map(|component| (component.name.clone(), component.as_ref()))
        .collect();
    let mut facts = before.clone();
    let mut turns = vec![Turn {
        kind: DriverKind::Definition,
        name: "definition".to_owned(),
        title: "definition".to_owned(),
        from: String::new(),
        to: "the first day by today's definition and metrics".to_owned(),
        facts: facts.clone(),
    }];
    if let Some(at) = columns.iter().position(|column| column.component.is_none()) {
        let [from, to] = [&before[at], &after[at]].map(|cell| card_name(score, cell));
        facts[at] = after[at].clone();
        let (kind, name) = (DriverKind::Scorecard, || "scorecard".to_owned());
        turns.push(Turn { kind, name: name(), title: name(), from, to, facts: facts.clone() });
    }
    // What comes and goes first: what is there on both days is then compared among the same neighbours.
    for of_data in [true, false] {
        for (name, component) in &components {
            let turn = |kind, (from, to), facts: &Measured| {
                let (name, title, facts) = (name.clone(), component.title.clone(), facts.clone());
                Turn { kind, name, title, from, to, facts }
            };
            let (was, is) = (known(columns, before, name), known(columns, after, name));
            if (was.is_some() != is.is_some()) != of_data {
                continue;
            }
            let mut kind = kind(component, of_data);
            let mut was = was;
            // Only what both days have, and would have had without the days between, comes apart.
            let rest = idle.as_ref().filter(|_| kind == DriverKind::Behaviour);
            if let Some((idle, between)) = rest.and_then(|idle| Some((idle, known(columns, idle, name)?))) {
                replace(columns, name, &mut facts, idle);
                let (from, to) = (shown(was.as_ref()), shown(Some(&between)));
                turns.push(turn(DriverKind::RollOff, (from, to), &facts));
                (kind, was) = (DriverKind::NewActivity, Some(between));
            }
            replace(columns, name, &mut facts, after);
            let (from, to) = (shown(was.as_ref()), shown(is.as_ref()));
            turns.push(turn(kind, (from, to), &facts));
        }
    }
    turns
}

fn kind(component: &Component, of_data: bool) -> DriverKind {
    if of_data {
        DriverKind::Data
    } else if component.decay.is_some() || component.evidence.is_some() {
        DriverKind::Judgement
    } else {
        DriverKind::Behaviour
    }
}

fn card_name(score: &Score, cell: &Cell) -> String {
    let at = if let Cell::Number(number) = cell { *number as usize } else { 0 };
    let card = at.checked_sub(1).and_then(|at| score.scorecards().get(at));
    card.map_or_else(|| "none".to_owned(), |card| card.name.clone())
}

/// What is known of a component on a day.
fn known(columns: &[Fact], facts: &Measured, name: &str) -> Option<Cell> {
    let known = columns.iter().zip(facts).rev();
    let known = known.filter(|(column, _)| column.is_known && column.component.as_deref() == Some(name));
    let (column, cell) = known.into_iter().find(|(_, cell)| **cell != Cell::Null)?;
    Some(if column.is_zero_base { Cell::Text("no base: usage was zero".to_owned()) } else { cell.clone() })
}

fn replace(columns: &[Fact], name: &str, facts: &mut Measured, with: &Measured) {
    for (at, column) in columns.iter().enumerate() {
        if column.component.as_deref() == Some(name) {
            facts[at] = with[at].clone();
        }
    }
}

fn shown(cell: Option<&Cell>) -> String {
    match cell {
        Some(Cell::Number(number)) => rule_text::number(*number),
        Some(Cell::Text(text)) => text.clone(),
        Some(Cell::Null) | None => "missing".to_owned(),
    }
}
