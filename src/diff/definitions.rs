//! Two definitions over the same stored metrics: what differs is definition alone.

use std::collections::BTreeSet;

use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;

use super::cause::Reason;
use super::changes::{Change, changes};
use super::gates::Limits;
use super::rows::Rows;
use super::scored::Scored;
use super::side::Side;
use super::stored::{Place, Stored};
use super::summary::Compared;
use super::told::{Diff, End};
use super::walk::{Label, Walk};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::project::layer::{Layer, ModelName};
use crate::read::columns::known_texts;
use crate::read::published_day;
use crate::semantic::{Entity, Score};

/// Which days are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// One published day, the newest where none is given.
    Day(Option<NaiveDate>),
    /// The published days of every so many from the first to the last.
    Span {
        /// The first.
        from: NaiveDate,
        /// No day is after this one.
        to: NaiveDate,
        /// Days from one to the next.
        every: u32,
    },
}

/// What is asked of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The score; the main one where it is left out.
    pub score: Option<String>,
    /// How many of those that move most are named.
    pub movers: usize,
    /// What may move.
    pub limits: Limits,
}

/// What a new definition of a score does to everybody, over the metrics of published days.
///
/// # Errors
/// [`Error::Usage`] for a score or day that is not there, and for definitions that cannot be compared; [`Error::Project`] for
/// days and columns that are not published; what storage and the engine say.
pub async fn between_definitions(
    place: &Place<'_>,
    (old, new): (&Side, &Side),
    period: Period,
    asked: &Asked,
) -> Result<Diff> {
    if let (true, Some(name)) = (new.is_of_score(), &asked.score) {
        return Err(Error::Usage(format!(
            "--score {name} is one score too many: {} is named already",
            new.words
        )));
    }
    let score = new.score(asked.score.as_deref())?;
    let before = old.score(Some(score.stands_for()))?;
    comparable((old, before), (new, score))?;
    let table = metrics(score);
    let days = days_of(place, &table, period).await?;
    let last = days.last().copied().unwrap_or_default();
    let stored = Stored::open(place, last)?;
    let columns = readable(place, &stored, &[(old, before), (new, score)], &days).await?;
    let rows = Rows::read(&stored, score.entity, &columns, &days).await?;
    let mut walk = Walk::from(everybody(&stored, before, &days).await?);
    follow(&mut walk, &stored, changes(before, score), (&days, None)).await?;
    let mut notes: Vec<String> = other_models(old, new).into_iter().collect();
    notes.extend(refused(&walk, new, rows.len()));
    notes.extend(published_by_others(place, &stored, (old, before), &days).await?);
    let end = |side: &Side, score: &Score| end(side, score, (days[0], last));
    let compared = Compared {
        score,
        old_tiers: before.tiers.iter().map(|tier| tier.name.clone()).collect(),
        old: end(old, before),
        new: end(new, score),
        days: days.len(),
        commit: place.out.number(),
        rows,
        walk,
        movers: asked.movers,
        notes,
    };
    compared.told(asked.limits)
}

/// One end of a comparison.
pub(super) fn end(side: &Side, score: &Score, (from_date, to_date): (NaiveDate, NaiveDate)) -> End {
    let (words, definition, version) = (side.words.clone(), score.definition.clone(), score.version.clone());
    End { words, definition, version, from_date, to_date }
}

/// Refuses definitions whose scores have nothing to be compared by.
pub(crate) fn comparable((old, before): (&Side, &Score), (new, score): (&Side, &Score)) -> Result<()> {
    let name = &score.name;
    for (side, score) in [(old, before), (new, score)] {
        if score.scorecards().is_empty() {
            let message = format!("in {}: {name} is made of the scores of others", side.words);
            return Err(Error::Usage(format!("{message}; compare those, with --score")));
        }
    }
    let users = |entity: Entity| if entity == Entity::User { "users" } else { "accounts" };
    if before.entity != score.entity {
        let (was, is) = (users(before.entity), users(score.entity));
        let message = format!("{name} is a score of {was} in {}, and of {is} in {}", old.words, new.words);
        return Err(Error::Usage(format!("{message}: nobody has both")));
    }
    if before.scale != score.scale {
        let scale = |score: &Score| format!("from {} to {}", score.scale.low, score.scale.high);
        let (was, is) = (scale(before), scale(score));
        let message = format!("{name} goes {was} in {}, and {is} in {}", old.words, new.words);
        return Err(Error::Usage(format!("{message}: a change of points would say nothing")));
    }
    Ok(())
}

/// The table of metrics that a score reads.
pub(super) fn metrics(score: &Score) -> ModelName {
    let table = if score.entity == Entity::User { "users" } else { "accounts" };
    ModelName::new(Layer::Metrics, table)
}

/// The published days of a period.
async fn days_of(place: &Place<'_>, table: &ModelName, period: Period) -> Result<Vec<NaiveDate>> {
    let (from, to, every) = match period {
        Period::Day(day) => return Ok(vec![published_day(place.out, table, day).await?]),
        Period::Span { from, to, .. } if from > to => {
            return Err(Error::Usage(format!("--from {from} is after --to {to}")));
        }
        Period::Span { from, to, every } => (from, to, every),
    };
    let newest = published_day(place.out, table, None).await?;
    let published = place.out.entries(table, from..=to).await?;
    let is_due = |day: &NaiveDate| (*day - from).num_days() % i64::from(every.max(1)) == 0;
    let days: Vec<NaiveDate> = published.into_keys().filter(is_due).collect();
    if days.is_empty() {
        let step = if every > 1 { format!(", every {every} days") } else { String::new() };
        let message = format!("{table} is not published on any day from {from} to {to}{step}");
        return Err(Error::Usage(format!("{message}; its newest day is {newest}")));
    }
    Ok(days)
}

/// Makes readable what definitions read on some days: metrics, and what people set against scores. Tells the columns of
/// metrics that are there on all of these days.
pub(crate) async fn readable(
    place: &Place<'_>,
    stored: &Stored<'_>,
    scores: &[(&Side, &Score)],
    days: &[NaiveDate],
) -> Result<SchemaRef> {
    let mut wanted: BTreeSet<NaiveDate> = days.iter().copied().collect();
    for (_, score) in scores {
        for range in days.iter().flat_map(|day| score.days_read(*day)) {
            let first = (*range.start()).max(place.settings.history_starts);
            wanted.extend(first.iter_days().take_while(|day| day <= range.end()));
        }
    }
    let named: Vec<String> =
        scores.iter().map(|(side, score)| format!("{} in {}", score.name, side.words)).collect();
    let table = scores.first().map(|(_, score)| metrics(score));
    let table = table.ok_or_else(|| Error::Bug("nothing to compare".to_owned()))?;
    let columns = stored.read(&table, &wanted, &named.join(", or ")).await?;
    let lacking: Diagnostics =
        scores.iter().flat_map(|(side, score)| lacking(side, score, (&table, &columns), &wanted)).collect();
    if !lacking.is_empty() {
        return Err(Error::Project(lacking));
    }
    if let Some((at, _)) = scores.iter().enumerate().find(|(_, (_, score))| score.overrides) {
        let overrides = ModelName::new(Layer::Metrics, "overrides");
        stored.read(&overrides, &days.iter().copied().collect(), &named[at]).await?;
    }
    Ok(columns)
}

/// Columns that a definition needs and published metrics have not on all of the days that are read.
fn lacking(
    side: &Side,
    score: &Score,
    (table, columns): (&ModelName, &SchemaRef),
    days: &BTreeSet<NaiveDate>,
) -> Vec<Diagnostic> {
    let is_there = |column: &str| columns.field_with_name(column).is_ok();
    let lacking = score.columns_read().into_iter().filter(|(column, _)| !is_there(column));
    let read = match (days.first(), days.last()) {
        (Some(first), Some(last)) if first < last => {
            format!("read are the days from {first} to {last}, and each must have it")
        }
        _ => "a comparison reads only what is published".to_owned(),
    };
    let problem = |(column, reader): (String, String)| {
        let message = format!(
            "{table} is published without the column `{column}`, which {reader} reads in {}",
            side.words
        );
        let problem = Diagnostic::error("not-published", message).note(read.clone());
        problem.help("build the metric first: `hale run` of these days")
    };
    lacking.map(problem).collect()
}

/// The score of everybody by a definition.
pub(crate) async fn everybody(stored: &Stored<'_>, score: &Score, days: &[NaiveDate]) -> Result<Scored> {
    let sql = score.of_everybody(days).ok_or_else(|| Error::Bug(format!("{} is a roll-up", score.name)))?;
    Scored::of(&stored.rows(&format!("the score {}", score.name), &sql).await?)
}

/// Goes on from one definition to the next, over some days; of some rows alone, where these are given.
pub(super) async fn follow(
    walk: &mut Walk,
    stored: &Stored<'_>,
    changes: Vec<Change>,
    (days, rows): (&[NaiveDate], Option<&[usize]>),
) -> Result<()> {
    for change in changes {
        let next = everybody(stored, &change.definition, days).await?;
        let next = match rows {
            Some(rows) => next.only(rows),
            None => next,
        };
        walk.step(label(change), next);
    }
    Ok(())
}

fn label(change: Change) -> Label {
    let Change { kind, part, title, from, to, .. } = change;
    Label { reason: Reason::Definition, kind, part, title, from, to }
}

/// What is said where models that decide metrics differ as well.
fn other_models(old: &Side, new: &Side) -> Option<String> {
    let others = new.other_models(old);
    let few = others.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if others.len() > 3 { ", …" } else { "" };
    let (count, verb) =
        (others.len(), if others.len() == 1 { "file of a model differs" } else { "files of models differ" });
    (count > 0).then(|| {
        format!("{count} {verb} as well ({few}{more}): the metrics are those that are published, whatever these say")
    })
}

/// What is said where a run by the new definition would publish nothing.
fn refused(walk: &Walk, new: &Side, rows: usize) -> Option<String> {
    let count = walk.refused();
    (count > 0).then(|| {
        let why = "a component may not be missing there and is, or a value is worth no points";
        format!("a run by the definition of {} would publish nothing: {count} of {rows} rows break its contract ({why})", new.words)
    })
}

/// What is said where rows of these days were published by another definition than the old one, though that is published.
async fn published_by_others(
    place: &Place<'_>,
    stored: &Stored<'_>,
    (old, before): (&Side, &Score),
    days: &[NaiveDate],
) -> Result<Option<String>> {
    let table = before.table();
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(None) };
    let there = place.out.entries(&table, *first..=*last).await?;
    let there: BTreeSet<NaiveDate> = days.iter().copied().filter(|day| there.contains_key(day)).collect();
    if there.is_empty() {
        return Ok(Some(format!(
            "{table} is not published on these days: both sides are computed from metrics alone"
        )));
    }
    stored.read(&table, &there, "the comparison").await?;
    let sql =
        format!("SELECT DISTINCT definition FROM {}.\"{}\" ORDER BY definition", table.layer, table.table);
    let made = known_texts(&stored.rows("what is published of the score", &sql).await?, "definition")?;
    let others: Vec<String> = made.into_iter().filter(|made| *made != before.definition).collect();
    Ok((!others.is_empty()).then(|| {
        let (others, words) = (others.join(", "), &old.words);
        format!(
            "{table} of these days was published by another definition ({others}) than that of {words} ({})",
            before.definition
        )
    }))
}
