//! What each component adds to its score.
//!
//! Three things are told of each: how much it goes with the rest of the score (the rank correlation of its points with the
//! score without it), how well it tells the accounts that left from those that stayed, and how much better the score tells
//! them with it than without it. An account has left when it is in force on the day of the score and not so many days later:
//! who had left before says nothing of what is to come, though metrics go on having it for some weeks. One that goes on in
//! another account has left only when that one has. Where the project has a table of outcomes that tells of the day, left is
//! who is lost there, after its lead, and who is not judged there is left out.

use std::collections::BTreeMap;

use chrono::{Days as Count, NaiveDate};
use serde::Serialize;

use crate::error::Result;
use crate::evidence::scored::{in_force, scored, survivors, there};
use crate::evidence::{
    Difference, Evidence, Outcomes, Published, Separation, Standing, difference, rank_correlation, separation,
};
use crate::explain::score_named;
use crate::project::layer::{Layer, ModelName};
use crate::semantic::{Entity, Score};

/// The least accounts that left, and that stayed: of fewer, no number is told.
pub const LEAST_GONE: usize = 20;

/// A score and what its components add to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Worth {
    /// The score's name.
    pub score_name: String,
    /// Its title.
    pub title: String,
    /// The day of the score.
    pub as_of_date: NaiveDate,
    /// How many days later it is looked who is still there.
    pub horizon_days: u32,
    /// Accounts, or users of a score of users, that are in force on that day.
    pub accounts: usize,
    /// Who left; `None` where the later day is not published.
    pub outcome: Option<Outcome>,
    /// How well the whole score tells who left; `None` where too few did.
    pub score: Option<Separation>,
    /// The components, in declared order.
    pub components: Vec<ComponentWorth>,
    /// What must be known to read the numbers, and what is missing.
    pub notes: Vec<String>,
}

/// Who left.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The later day.
    pub date: NaiveDate,
    /// How many left.
    pub gone: usize,
    /// How many stayed.
    pub kept: usize,
    /// Share that left.
    pub base_rate: f64,
}

/// What a component adds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComponentWorth {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Share of the accounts to which it applies that have a value, 0 to 1; `None` where it applies to none.
    pub coverage: Option<f64>,
    /// Accounts with points.
    pub accounts: usize,
    /// How many of those left; `None` where that is not known.
    pub gone: Option<usize>,
    /// Rank correlation of its points with the score without it, −1 to 1; `None` where one of the two says nothing.
    pub rest_correlation: Option<f64>,
    /// How well its points tell who left; `None` where too few did.
    pub separation: Option<Separation>,
    /// AUC of the score less that of the score without it; `None` where too few left.
    pub marginal: Option<Difference>,
    /// What follows.
    pub verdict: Verdict,
}

/// What follows for a component. Chance is ruled out where a number is further from nothing than 1.96 of its standard errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nobody knows yet who will leave.
    Unknown,
    /// Fewer than [`LEAST_GONE`] with points left, or stayed.
    TooFew,
    /// Its AUC may be chance.
    SaysNothing,
    /// Those that left had more points.
    WrongWay,
    /// It tells who left; whether the rest does too cannot be told.
    Tells,
    /// It tells who left, but the rest tells as much without it.
    AddsNothing,
    /// The score tells better with it.
    Adds,
    /// The score tells better without it.
    Weakens,
}

/// What each component adds to a score, on a published day. Without a day it is the newest whose outcome is published, else
/// the newest.
///
/// # Errors
/// [`Usage`](crate::error::Error::Usage) for a score or day that is not there, a roll-up, and a day that was scored by another definition;
/// [`Project`](crate::error::Error::Project) where nothing is published; what storage and the engine say.
pub async fn suggest_worth(
    published: &Published<'_>,
    score: Option<&str>,
    day: Option<NaiveDate>,
    horizon_days: u32,
) -> Result<Worth> {
    let score = score_named(published.pipeline, score)?;
    if let Some(worth) = by_outcomes(published, score, day, horizon_days).await? {
        return Ok(worth);
    }
    let table_of_metrics = published.table(score.entity.table())?;
    let (metrics, condition) = (table_of_metrics.name.clone(), in_force(table_of_metrics, score.entity));
    let known = published.out.days(&metrics).await?;
    let later = |day: NaiveDate| day.checked_add_days(Count::new(u64::from(horizon_days)));
    let has_outcome = |day: &NaiveDate| later(*day).is_some_and(|later| known.contains(&later));
    let table = ModelName::new(Layer::Scores, score.name.clone());
    let newest = published.out.days(&table).await?.into_iter().rev().find(has_outcome);
    let day = published.day(&table, day.or(newest)).await?;
    let scored = scored(published, score, day).await?;
    let (mut notes, all) = (Vec::new(), scored.keys.len());
    let scored = match condition {
        Some(_) => scored.only(&there(published, score, condition, day).await?),
        None => scored,
    };
    if let (Some(condition), left_out @ 1..) = (condition, all - scored.keys.len()) {
        notes.push(format!(
            "{left_out} of {all} rows are left out: they were no longer there on {day} ({condition})"
        ));
    }
    let mut gone: Option<Vec<bool>> = None;
    if let Some(later) = later(day).filter(|_| has_outcome(&day)) {
        let there = there(published, score, condition, later).await?;
        let survivors = survivors(published, later).await?;
        gone = Some(scored.gone(score, &there, &survivors));
    } else {
        notes.push(not_known(&metrics, day, horizon_days, &known));
    }
    let outcome = later(day).zip(gone.as_deref()).map(|(date, gone)| outcome(date, gone));
    notes.extend(outcome.as_ref().and_then(Outcome::too_few));
    notes.extend(unscored(&scored.score, gone.as_deref()));
    let (whole, components) = weigh(&scored.score, &scored.components, gone.as_deref())?;
    Ok(Worth {
        score_name: score.name.clone(),
        title: score.title.clone(),
        as_of_date: day,
        horizon_days,
        accounts: scored.keys.len(),
        outcome,
        score: whole,
        components,
        notes,
    })
}

/// The same by the project's own outcomes, where they tell of the day, or of any; who is not judged is left out.
async fn by_outcomes(
    published: &Published<'_>,
    score: &Score,
    day: Option<NaiveDate>,
    horizon_days: u32,
) -> Result<Option<Worth>> {
    if score.entity != Entity::Account {
        return Ok(None);
    }
    let Some(outcomes) = Outcomes::of_project(published, horizon_days).await? else { return Ok(None) };
    let table = ModelName::new(Layer::Scores, score.name.clone());
    let days = published.out.days(&table).await?;
    let told = days.into_iter().rev().find(|own| outcomes.tells(*own) && day.is_none_or(|day| day == *own));
    let Some(day) = told else { return Ok(None) };
    let scored = scored(published, score, day).await?;
    let all = scored.keys.len();
    let mut gone: BTreeMap<Vec<String>, bool> = BTreeMap::new();
    for key in &scored.keys {
        if let Some(Standing::Judged(outcome)) = outcomes.standing(day, &key[0]) {
            gone.insert(key.clone(), outcome.is_lost);
        }
    }
    let scored = scored.only(&gone.keys().cloned().collect());
    let gone: Vec<bool> = scored.keys.iter().filter_map(|key| gone.get(key).copied()).collect();
    let mut notes =
        vec![format!("who left is told by {}, after a lead of {} days", outcomes.words, outcomes.ahead.lead)];
    if all > gone.len() {
        notes.push(format!("{} of {all} rows are left out: they are not judged", all - gone.len()));
    }
    let outcome = outcome(outcomes.ahead.days(day).1, &gone);
    notes.extend(outcome.too_few());
    notes.extend(unscored(&scored.score, Some(&gone)));
    let (whole, components) = weigh(&scored.score, &scored.components, Some(&gone))?;
    Ok(Some(Worth {
        score_name: score.name.clone(),
        title: score.title.clone(),
        as_of_date: day,
        horizon_days,
        accounts: gone.len(),
        outcome: Some(outcome),
        score: whole,
        components,
        notes,
    }))
}

fn not_known(metrics: &ModelName, day: NaiveDate, horizon: u32, known: &[NaiveDate]) -> String {
    let newest = known.last().map_or_else(String::new, |newest| format!("; its newest is {newest}"));
    format!(
        "who left within {horizon} days of {day} is not known: {metrics} has no day {horizon} days later{newest}"
    )
}

/// Rows without a score, which no number of the score is about.
fn unscored(scores: &[Option<f64>], gone: Option<&[bool]>) -> Option<String> {
    let rows: Vec<usize> = (0..scores.len()).filter(|row| scores[*row].is_none()).collect();
    let left = gone.map(|gone| rows.iter().filter(|row| gone[**row]).count());
    let left = left.map_or_else(String::new, |left| format!(", {left} of which left"));
    (!rows.is_empty()).then(|| {
        format!("{} rows have no score{left}: they are in no number of the score itself", rows.len())
    })
}

fn outcome(date: NaiveDate, gone: &[bool]) -> Outcome {
    let left = gone.iter().filter(|gone| **gone).count();
    Outcome { date, gone: left, kept: gone.len() - left, base_rate: left as f64 / gone.len() as f64 }
}

impl Outcome {
    fn too_few(&self) -> Option<String> {
        let fewer = self.gone.min(self.kept);
        let what = if self.gone <= self.kept { "left" } else { "stayed" };
        (fewer < LEAST_GONE).then(|| format!("{fewer} {what}: fewer than {LEAST_GONE} are too few to tell"))
    }
}

/// How well a score tells who left, and what each of its components adds; an account a row in all of them.
///
/// Numbers of a component are over the accounts with points of it, its marginal part over those with a score with and
/// without it.
///
/// # Errors
/// Never, with as many rows in all of them.
pub fn weigh(
    score: &[Option<f64>],
    components: &[Evidence],
    gone: Option<&[bool]>,
) -> Result<(Option<Separation>, Vec<ComponentWorth>)> {
    let whole = match gone.map(|gone| together([score], gone)) {
        Some(([numbers], gone)) if enough(&gone) => separation(&numbers, &gone)?,
        _ => None,
    };
    let components = components.iter().map(|component| component_worth(score, component, gone));
    Ok((whole, components.collect::<Result<_>>()?))
}

fn component_worth(
    score: &[Option<f64>],
    component: &Evidence,
    gone: Option<&[bool]>,
) -> Result<ComponentWorth> {
    let own = gone.map(|gone| together([&component.points], gone));
    let own_gone = own.as_ref().map(|(_, gone)| gone.iter().filter(|gone| **gone).count());
    let separation = match own {
        Some(([numbers], gone)) if enough(&gone) => separation(&numbers, &gone)?,
        _ => None,
    };
    // What only a few that left have moves the score of a few, whatever the number of the others.
    let both = gone.filter(|_| separation.is_some()).map(|gone| together([score, &component.without], gone));
    let marginal = match both {
        Some(([with, without], gone)) if enough(&gone) => difference(&with, &without, &gone)?,
        _ => None,
    };
    Ok(ComponentWorth {
        name: component.name.clone(),
        title: component.title.clone(),
        coverage: component.coverage,
        accounts: component.points.iter().flatten().count(),
        gone: own_gone,
        rest_correlation: rank_correlation(&component.points, &component.without)?,
        separation,
        marginal,
        verdict: verdict(gone.is_some(), separation.as_ref(), marginal.as_ref()),
    })
}

/// The rows that have all of some numbers, and which of them left.
fn together<const N: usize>(columns: [&[Option<f64>]; N], gone: &[bool]) -> ([Vec<f64>; N], Vec<bool>) {
    let has_all = |row: &usize| columns.iter().all(|column| column[*row].is_some());
    let rows: Vec<usize> = (0..gone.len()).filter(has_all).collect();
    let numbers = columns.map(|column| rows.iter().filter_map(|row| column[*row]).collect());
    (numbers, rows.iter().map(|row| gone[*row]).collect())
}

fn enough(gone: &[bool]) -> bool {
    let left = gone.iter().filter(|gone| **gone).count();
    left >= LEAST_GONE && gone.len() - left >= LEAST_GONE
}

fn verdict(is_known: bool, separation: Option<&Separation>, marginal: Option<&Difference>) -> Verdict {
    match (separation, marginal) {
        _ if !is_known => Verdict::Unknown,
        (None, _) => Verdict::TooFew,
        (Some(separation), _) if separation.is_noise() => Verdict::SaysNothing,
        (Some(separation), _) if separation.auc < 0.5 => Verdict::WrongWay,
        (_, None) => Verdict::Tells,
        (_, Some(marginal)) if marginal.is_noise() => Verdict::AddsNothing,
        (_, Some(marginal)) if marginal.auc > 0.0 => Verdict::Adds,
        _ => Verdict::Weakens,
    }
}
