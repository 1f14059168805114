//! Where a kept score and the computed one part: the places of a row among the rows of its day, by both.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::SeriesRank;
use serde::Serialize;

use super::pair::Pair;
use crate::error::Result;
use crate::evidence::{MIDDLE, column, frame_bug};

/// A row that is elsewhere by one of the two.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Apart {
    /// The account.
    pub account_id: String,
    /// The day.
    pub as_of_date: NaiveDate,
    /// The kept score, as it was written.
    pub kept: String,
    /// The computed score before overrides.
    pub score: f64,
    /// Its tier.
    pub tier: String,
    /// Share of the day's rows that are kept lower, half of those alike counted: 0 to 1.
    pub kept_place: f64,
    /// The same by the computed score.
    pub place: f64,
}

impl Apart {
    fn distance(&self) -> f64 {
        (self.place - self.kept_place).abs()
    }
}

/// The rows whose places are farthest apart, at most so many.
///
/// # Errors
/// Never.
pub(super) fn places(pairs: &[Pair], most: usize) -> Result<Vec<Apart>> {
    let mut days: BTreeMap<NaiveDate, Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        days.entry(pair.day).or_default().push(pair);
    }
    let mut found = Vec::new();
    for rows in days.into_values() {
        let kept = shares(&rows.iter().map(|pair| pair.number).collect::<Vec<_>>())?;
        let computed = shares(&rows.iter().map(|pair| Some(pair.score)).collect::<Vec<_>>())?;
        found.extend(rows.iter().zip(kept.into_iter().zip(computed)).map(|(pair, (kept_place, place))| {
            Apart {
                account_id: pair.account.clone(),
                as_of_date: pair.day,
                kept: pair.kept.clone(),
                score: pair.score,
                tier: pair.tier.clone(),
                kept_place,
                place,
            }
        }));
    }
    found.retain(|row| row.distance() > 0.0);
    let name = |row: &Apart| (row.account_id.clone(), row.as_of_date);
    found.sort_by(|a, b| b.distance().total_cmp(&a.distance()).then_with(|| name(a).cmp(&name(b))));
    found.truncate(most);
    Ok(found)
}

/// The share of rows below each, half of those alike counted.
fn shares(values: &[Option<f64>]) -> Result<Vec<f64>> {
    let ranks = column("values", values).as_materialized_series().rank(MIDDLE, None);
    let ranks = ranks.f64().map_err(|error| frame_bug(&error))?;
    Ok(ranks.iter().flatten().map(|rank| (rank - 0.5) / values.len() as f64).collect())
}
