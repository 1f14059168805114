//! Metrics that know what they cannot know yet.
//!
//! Three signs, of each column of the metrics over the judged rows:
//!
//! | sign | what is looked at |
//! | --- | --- |
//! | `knows later` | as happened it tells more of who is lost than as known: what was written down later, and dated back, is in it |
//! | `too good` | as known it, or whether it is there, tells nearly all of them: it is the outcome by another name |
//! | `of now` | it comes from a source of which only the present rows are kept |
//!
//! Late rows alone are no leak: a column that moves between the readings and tells no more for it is named apart. A difference
//! counts from four standard errors and 0.02 on, so that of some hundred columns none is called a leak by chance.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::Asked;
use crate::error::Result;
use crate::evidence::{ByDay, Draws, Outcomes, Panel, Published, halves, panel};
use crate::explain::score_named;

/// Standard errors from which on a difference is none of chance.
const ERRORS: f64 = 4.0;
/// The least difference of two areas that matters.
const LEAST_GAIN: f64 = 0.02;
/// How near to 1 the area of a metric may come, or to 0.
const TOO_GOOD: f64 = 0.95;
/// The least rows that must move, or have a value, for anything to be said.
const LEAST_ROWS: usize = 20;

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    /// The score whose population was looked at.
    pub score_name: String,
    /// The days, published in both readings.
    pub days: Vec<NaiveDate>,
    /// Rows.
    pub rows: usize,
    /// Lost ones among them.
    pub lost: usize,
    /// Columns that were looked at.
    pub columns: usize,
    /// Columns that know too much.
    pub leaks: Vec<Leak>,
    /// Columns that move between the readings and tell no more for it, with the share of rows that do.
    pub moved: BTreeMap<String, f64>,
}

/// A column that knows too much.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leak {
    /// The column of metrics.
    pub column: String,
    /// `knows later`, `too good` or `of now`.
    pub sign: &'static str,
    /// Its area as known; `None` where too few have a value.
    pub auc_as_known: Option<f64>,
    /// Its area as happened.
    pub auc_as_happened: Option<f64>,
    /// Share of the rows in which the readings differ.
    pub moved: f64,
    /// Where it comes from, of a source of now.
    pub from: Option<String>,
}

/// Looks at every column of the metrics in both readings, on days that are published in both; `of_now` are the columns that
/// come from sources of which only present rows are kept, with where they come from.
///
/// # Errors
/// As [`super::backtest()`].
pub async fn probe(
    (known, happened): (&Published<'_>, &Published<'_>),
    asked: &Asked,
    of_now: &BTreeMap<String, String>,
) -> Result<Probe> {
    let score = score_named(known.pipeline, asked.score.as_deref())?;
    let outcomes = Outcomes::read(happened, &asked.outcomes, asked.ahead).await?;
    let days = asked.days.of(known, &score.table(), &outcomes).await?;
    let panels = (
        panel(known, asked.population(score, &days, &outcomes)).await?,
        panel(happened, asked.population(score, &days, &outcomes)).await?,
    );
    panels.0.enough(&outcomes)?;
    Ok(looked_at(&score.name, &panels.0, &panels.1, of_now))
}

/// The same rows of both readings, in the order of the first.
fn side_by_side(known: &Panel, happened: &Panel) -> Vec<(usize, usize)> {
    let places: BTreeMap<(usize, &str), usize> =
        happened.rows.iter().enumerate().map(|(at, row)| ((row.day, row.account.as_str()), at)).collect();
    let rows = known.rows.iter().enumerate();
    rows.filter_map(|(at, row)| Some((at, *places.get(&(row.day, row.account.as_str()))?))).collect()
}

fn looked_at(score: &str, known: &Panel, happened: &Panel, of_now: &BTreeMap<String, String>) -> Probe {
    let both = side_by_side(known, happened);
    let lost: Vec<bool> = both.iter().map(|(at, _)| known.rows[*at].outcome.is_lost).collect();
    let day: Vec<usize> = both.iter().map(|(at, _)| known.rows[*at].day).collect();
    let clusters: Vec<&str> = both.iter().map(|(at, _)| known.rows[*at].cluster.as_str()).collect();
    let seen = Seen { lost: &lost, day: &day, draws: &Draws::of(&clusters) };
    let names: BTreeSet<&String> = known.metrics.keys().chain(known.categories.keys()).collect();
    let (mut leaks, mut moved) = (Vec::new(), BTreeMap::new());
    for name in &names {
        let Some((before, after, differ)) = columns(name, known, happened, &both, &lost) else { continue };
        let share = differ as f64 / both.len().max(1) as f64;
        let (own, later) = (seen.auc(&before), seen.auc(&after));
        let leak = |sign| Leak {
            column: (*name).clone(),
            sign,
            auc_as_known: own,
            auc_as_happened: later,
            moved: share,
            from: of_now.get(*name).cloned().filter(|_| sign == "of now"),
        };
        if differ >= LEAST_ROWS && seen.tells_more(&after, &before) {
            leaks.push(leak("knows later"));
        } else if differ > 0 {
            moved.insert((*name).clone(), share);
        }
        let missing: Numbers =
            before.iter().map(|value| Some(f64::from(u8::from(value.is_none())))).collect();
        let is_too_good =
            |auc: Option<f64>| auc.is_some_and(|auc| !((1.0 - TOO_GOOD)..=TOO_GOOD).contains(&auc));
        if is_too_good(own) || is_too_good(seen.auc(&missing)) {
            leaks.push(leak("too good"));
        }
        if of_now.contains_key(*name) {
            leaks.push(leak("of now"));
        }
    }
    Probe {
        score_name: score.to_owned(),
        days: known.days.clone(),
        rows: both.len(),
        lost: lost.iter().filter(|lost| **lost).count(),
        columns: names.len(),
        leaks,
        moved,
    }
}

type Numbers = Vec<Option<f64>>;

/// A column as known and as happened, and in how many rows the two differ. A category stands for the share of its rows that
/// were kept, as happened, counted in the other half of the accounts.
fn columns(
    name: &str,
    known: &Panel,
    happened: &Panel,
    both: &[(usize, usize)],
    lost: &[bool],
) -> Option<(Numbers, Numbers, usize)> {
    if let Some(before) = known.metrics.get(name) {
        let after = happened.metrics.get(name)?;
        let before: Numbers = both.iter().map(|(at, _)| before[*at]).collect();
        let after: Numbers = both.iter().map(|(_, at)| after[*at]).collect();
        let differ = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        return Some((before, after, differ));
    }
    let (before, after) = (known.categories.get(name)?, happened.categories.get(name)?);
    let differ = both.iter().filter(|(own, other)| before[*own] != after[*other]).count();
    let own: Categories<'_> = both.iter().map(|(at, _)| before[*at].as_deref()).collect();
    let later: Categories<'_> = both.iter().map(|(_, at)| after[*at].as_deref()).collect();
    let clusters: Vec<&str> = both.iter().map(|(at, _)| known.rows[*at].cluster.as_str()).collect();
    let shares = |of: &Categories<'_>| kept_of_others(of, &later, &clusters, lost);
    Some((shares(&own), shares(&later), differ))
}

type Categories<'a> = Vec<Option<&'a str>>;

/// For each row the share that was kept of the rows of its category, among the accounts of the other half: what an account
/// became is not to be read off its own category. `None` without any.
fn kept_of_others(
    of: &Categories<'_>,
    counted: &Categories<'_>,
    clusters: &[&str],
    lost: &[bool],
) -> Numbers {
    let half = halves(clusters);
    let mut all: BTreeMap<(Option<&str>, bool), (usize, usize)> = BTreeMap::new();
    for ((category, half), lost) in counted.iter().zip(&half).zip(lost) {
        let count = all.entry((*category, *half)).or_default();
        *count = (count.0 + usize::from(!lost), count.1 + 1);
    }
    let share = |(category, half): (&Option<&str>, &bool)| {
        let (kept, rows) = all.get(&(*category, !half))?;
        Some(*kept as f64 / *rows as f64)
    };
    of.iter().zip(&half).map(share).collect()
}

/// The rows that columns are held against.
struct Seen<'a> {
    lost: &'a [bool],
    day: &'a [usize],
    draws: &'a Draws,
}

impl Seen<'_> {
    /// The area of a column; `None` where too few lost or kept rows have a value.
    fn auc(&self, column: &Numbers) -> Option<f64> {
        let count = |lost: bool| {
            (0..column.len()).filter(|row| column[*row].is_some() && self.lost[*row] == lost).count()
        };
        if count(true).min(count(false)) < LEAST_ROWS {
            return None;
        }
        ByDay::of(column, self.day).auc(self.lost, &vec![1.0; column.len()])
    }

    /// Whether one column tells more than the other, of those that have both, beyond chance and by enough to matter. Being
    /// missing is a value too: the greatest.
    fn tells_more(&self, after: &Numbers, before: &Numbers) -> bool {
        let filled = |column: &Numbers| {
            column.iter().map(|value| Some(value.unwrap_or(f64::MAX))).collect::<Numbers>()
        };
        let (after, before) = (ByDay::of(&filled(after), self.day), ByDay::of(&filled(before), self.day));
        let far = |by_day: &ByDay, weight: &[f64]| Some((by_day.auc(self.lost, weight)? - 0.5).abs());
        let gain = |weight: &[f64]| Some(far(&after, weight)? - far(&before, weight)?);
        let ones = vec![1.0; self.lost.len()];
        let error = self.draws.error(&ones, gain);
        gain(&ones).zip(error).is_some_and(|(gain, error)| gain >= LEAST_GAIN && gain >= ERRORS * error)
    }
}
