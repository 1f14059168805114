//! How far scores that people kept by hand agree with the computed ones: before a team leaves its spreadsheet.
//!
//! A kept score may be of any scale, so ranks are compared: Spearman's correlation over all rows, with the range in which it lies
//! when accounts are drawn again, and each row's place among the rows of its day by both. A kept score of words (red, yellow,
//! green) has no order that a reader could know: of each word the computed scores are told.

mod apart;
mod kept;
mod pair;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

pub use self::apart::Apart;
use self::apart::places;
use self::kept::{Kept, kept};
use self::pair::Pair;
use crate::error::{Error, Result};
use crate::evidence::{Draws, Interval, LEAST_PAIRS, Published, TypedRows, rank_correlation};
use crate::project::layer::{Layer, ModelName};
use crate::read::Days;
use crate::read::columns::{finite, known_texts, numbers};
use crate::semantic::{Entity, Score};

/// How far a file of kept scores agrees with a published score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// The score.
    pub score: String,
    /// Its title.
    pub title: String,
    /// The file.
    pub file: String,
    /// The days that were compared.
    pub days: Vec<NaiveDate>,
    /// Rows of the file with a kept score.
    pub rows: usize,
    /// Rows of the file without one.
    pub empty: usize,
    /// Rows that have a computed score.
    pub compared: usize,
    /// Rows of accounts that are there and have no computed score.
    pub unscored: usize,
    /// Accounts of the file that the score does not have on their day.
    pub unknown: Vec<String>,
    /// Spearman's rank correlation, −1 to 1; `None` of kept words, of fewer than ten rows, or where all of one side are alike.
    pub correlation: Option<f64>,
    /// Where it lies when accounts are drawn again.
    pub interval: Option<Interval>,
    /// What is computed of the rows of each kept value: of all words, or of numbers where there are few.
    pub values: Vec<KeptValue>,
    /// The rows that lie farthest apart, none of kept words.
    pub apart: Vec<Apart>,
}

/// What is computed of the rows with one kept value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeptValue {
    /// The value, as it was kept.
    pub kept: String,
    /// Rows of it that have a computed score.
    pub rows: usize,
    /// The mean of their computed scores.
    pub mean_score: f64,
    /// How many are in each tier, from the lowest, tiers without any left out.
    pub tiers: Vec<(String, usize)>,
}

/// How far kept scores agree with a score: of each row on its day, or on the newest one where it names none.
///
/// # Errors
/// [`Error::Usage`] for a file that cannot be read or has no such rows, a day that is not published, a score of users.
pub async fn agreement(
    published: &Published<'_>,
    score: &Score,
    file: &TypedRows,
    names: usize,
) -> Result<Agreement> {
    if score.entity != Entity::Account {
        return Err(Error::Usage(format!("{} is a score of users; scores are kept of accounts", score.name)));
    }
    let table = ModelName::new(Layer::Scores, score.name.clone());
    let newest = published.day(&table, None).await?;
    let kept = kept(file, newest)?;
    let mut told = Found::default();
    for (day, rows) in by_day(&kept) {
        published.day(&table, Some(day)).await?;
        told.add(&computed(published, score, day).await?, day, &rows);
    }
    let pairs = told.pairs;
    let is_number = pairs.iter().all(|pair| pair.number.is_some());
    let correlation = if is_number { correlation(&pairs)? } else { None };
    Ok(Agreement {
        score: score.name.clone(),
        title: score.title.clone(),
        file: file.shown.clone(),
        days: by_day(&kept).into_keys().collect(),
        rows: kept.len(),
        empty: file.len() - kept.len(),
        compared: pairs.len(),
        unscored: told.unscored,
        unknown: told.unknown,
        correlation,
        interval: correlation.and_then(|_| interval(&pairs)),
        values: values(score, &pairs, is_number),
        apart: if is_number { places(&pairs, names)? } else { Vec::new() },
    })
}

#[derive(Default)]
struct Found {
    pairs: Vec<Pair>,
    unscored: usize,
    unknown: Vec<String>,
}

/// Scores and tiers of a day, by account.
type Computed = BTreeMap<String, (Option<f64>, String)>;

impl Found {
    fn add(&mut self, computed: &Computed, day: NaiveDate, rows: &[&Kept]) {
        for row in rows {
            match computed.get(&row.account) {
                None => self.unknown.push(row.account.clone()),
                Some((None, _)) => self.unscored += 1,
                Some((Some(score), tier)) => self.pairs.push(Pair {
                    account: row.account.clone(),
                    day,
                    kept: row.text.clone(),
                    number: row.number,
                    score: *score,
                    tier: tier.clone(),
                }),
            }
        }
    }
}

fn by_day(kept: &[Kept]) -> BTreeMap<NaiveDate, Vec<&Kept>> {
    let mut days: BTreeMap<NaiveDate, Vec<&Kept>> = BTreeMap::new();
    for row in kept {
        days.entry(row.day).or_default().push(row);
    }
    days
}

async fn computed(published: &Published<'_>, score: &Score, day: NaiveDate) -> Result<Computed> {
    let sql =
        format!("SELECT account_id, raw_score, tier FROM scores.\"{}\" ORDER BY account_id", score.name);
    let rows = published.rows(Days::Only(day), &sql).await?;
    // Before overrides: what people decided against the number is theirs already.
    let scores = numbers(&rows, "raw_score")?.into_iter().map(finite);
    let accounts = known_texts(&rows, "account_id")?.into_iter();
    Ok(accounts.zip(scores.zip(known_texts(&rows, "tier")?)).collect())
}

fn correlation(pairs: &[Pair]) -> Result<Option<f64>> {
    let kept: Vec<Option<f64>> = pairs.iter().map(|pair| pair.number).collect();
    let scores: Vec<Option<f64>> = pairs.iter().map(|pair| Some(pair.score)).collect();
    rank_correlation(&kept, &scores)
}

/// The range of the correlation; `None` of fewer than ten accounts.
fn interval(pairs: &[Pair]) -> Option<Interval> {
    let accounts: Vec<&str> = pairs.iter().map(|pair| pair.account.as_str()).collect();
    let drawn = Draws::of(&accounts);
    let count = accounts.iter().collect::<std::collections::BTreeSet<_>>().len();
    let again = |weights: &[f64]| {
        let rows = || pairs.iter().zip(weights).flat_map(|(pair, times)| vec![pair; *times as usize]);
        let kept: Vec<Option<f64>> = rows().map(|pair| pair.number).collect();
        let scores: Vec<Option<f64>> = rows().map(|pair| Some(pair.score)).collect();
        rank_correlation(&kept, &scores).ok().flatten()
    };
    (count >= LEAST_PAIRS).then(|| drawn.interval(&vec![1.0; pairs.len()], again)).flatten()
}

/// Of so many different numbers each is told.
const FEW_VALUES: usize = 12;

fn values(score: &Score, pairs: &[Pair], is_number: bool) -> Vec<KeptValue> {
    let mut by_value: BTreeMap<&str, Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        by_value.entry(&pair.kept).or_default().push(pair);
    }
    if is_number && by_value.len() > FEW_VALUES {
        return Vec::new();
    }
    let mut found: Vec<(Option<f64>, KeptValue)> = by_value
        .into_iter()
        .map(|(kept, rows)| {
            let sum: f64 = rows.iter().map(|pair| pair.score).sum();
            let in_tier = |tier: &str| rows.iter().filter(|pair| pair.tier == tier).count();
            let tiers = score.tiers.iter().map(|tier| (tier.name.clone(), in_tier(&tier.name)));
            let value = KeptValue {
                kept: kept.to_owned(),
                rows: rows.len(),
                mean_score: sum / rows.len() as f64,
                tiers: tiers.filter(|(_, count)| *count > 0).collect(),
            };
            (rows.first().and_then(|pair| pair.number), value)
        })
        .collect();
    // Numbers in their order; words in that of the computed scores.
    let order = |(number, value): &(Option<f64>, KeptValue)| number.unwrap_or(value.mean_score);
    found.sort_by(|a, b| order(a).total_cmp(&order(b)).then_with(|| a.1.kept.cmp(&b.1.kept)));
    found.into_iter().map(|(_, value)| value).collect()
}
