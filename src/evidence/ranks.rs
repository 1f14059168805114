//! Spearman's rank correlation over the rows where both numbers are known: Pearson's of their ranks, which Polars gives. Rows
//! with the same number share the middle of their ranks.
//!
//! Twice a rank, less the middle of all, is an integer, and so are the sums of their products: up to 300,000 rows they are
//! exact, and the order of rows changes nothing.
//! Source: C. Spearman, "The proof and measurement of association between two things", 1904.

use std::borrow::Cow;

use polars::prelude::SeriesRank;

use super::frame::{MIDDLE, bug, column};
use crate::error::Result;
use crate::read::columns::finite;

/// The least rows that both numbers of a pair must have: of fewer, any correlation may be chance.
pub const LEAST_PAIRS: usize = 10;

/// The rank correlation of two columns over the rows that have both, from −1 to 1; `None` of fewer than [`LEAST_PAIRS`]
/// rows, or where one of the two is the same in all of them. What is not finite is missing.
///
/// # Errors
/// Never, with columns of as many rows.
pub fn rank_correlation(first: &[Option<f64>], second: &[Option<f64>]) -> Result<Option<f64>> {
    correlation(&Ranked::of(first)?, &Ranked::of(second)?)
}

/// A column of numbers with the ranks of its rows.
pub(crate) struct Ranked {
    values: Vec<Option<f64>>,
    /// Which rows have a number.
    known: Vec<bool>,
    /// The ranks of these, in their order.
    ranks: Vec<f64>,
    /// How many different numbers there are.
    pub(crate) levels: usize,
}

impl Ranked {
    /// # Errors
    /// Never.
    pub(crate) fn of(values: &[Option<f64>]) -> Result<Self> {
        let values: Vec<Option<f64>> = values.iter().map(|value| finite(*value)).collect();
        let known: Vec<bool> = values.iter().map(Option::is_some).collect();
        let levels = column("values", &values).drop_nulls().n_unique().map_err(|error| bug(&error))?;
        let ranks = ranks(&values, &known)?;
        Ok(Self { values, known, ranks, levels })
    }

    /// How many rows have a number.
    pub(crate) fn count(&self) -> usize {
        self.ranks.len()
    }

    /// The ranks of the rows of a selection among these, all of them rows with a number.
    fn among(&self, selected: &[bool]) -> Result<Cow<'_, [f64]>> {
        if selected == self.known {
            return Ok(Cow::Borrowed(&self.ranks));
        }
        ranks(&self.values, selected).map(Cow::Owned)
    }
}

/// Twice the ranks of the rows of a selection, less the middle of all.
fn ranks(values: &[Option<f64>], selected: &[bool]) -> Result<Vec<f64>> {
    let rows = values.iter().zip(selected).filter_map(|(value, selected)| selected.then_some(*value));
    let rows: Vec<Option<f64>> = rows.collect();
    let ranks = column("values", &rows).as_materialized_series().rank(MIDDLE, None);
    let ranks = ranks.f64().map_err(|error| bug(&error))?;
    Ok(ranks.iter().flatten().map(|rank| 2.0 * rank - (rows.len() + 1) as f64).collect())
}

/// The rank correlation of two columns of the same rows.
///
/// # Errors
/// Never.
pub(crate) fn correlation(first: &Ranked, second: &Ranked) -> Result<Option<f64>> {
    let both: Vec<bool> = first.known.iter().zip(&second.known).map(|(a, b)| *a && *b).collect();
    let (a, b) = (first.among(&both)?, second.among(&both)?);
    let products = |left: &[f64], right: &[f64]| left.iter().zip(right).map(|(a, b)| a * b).sum::<f64>();
    let (together, own, other) = (products(&a, &b), products(&a, &a), products(&b, &b));
    let is_told = a.len() >= LEAST_PAIRS && own > 0.0 && other > 0.0;
    Ok(is_told.then(|| (together / (own * other).sqrt()).clamp(-1.0, 1.0)))
}
