//! How well a number tells accounts that left from those that stayed.
//!
//! The AUC is the chance that an account that stayed has the higher number of the two, ties counting half: 0.5 says
//! nothing, 1 everything, and less than 0.5 points the wrong way. Its standard error, and that of the difference of two AUCs
//! of the same accounts, is that of DeLong, which ties do not disturb.
//! Source: E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
//! operating characteristic curves: a nonparametric approach", Biometrics 44, 1988; by ranks as X. Sun and W. Xu, 2014.

use polars::prelude::{Column, DataFrame, Expr, IntoLazy, SortMultipleOptions, col, len, lit, when};
use serde::Serialize;

use super::frame::{MIDDLE, bug, frame, row};
use crate::error::Result;

/// How many standard errors are noise: 95 of 100 chance results lie within.
const NOISE: f64 = 1.96;

/// The share of accounts that are the lowest.
const LOWEST: f64 = 0.2;

/// The column that says whether an account left, as 0 or 1.
const GONE: &str = "gone";
/// How well a number tells accounts apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Separation {
    /// Accounts that left.
    pub gone: usize,
    /// Accounts that stayed.
    pub kept: usize,
    /// The chance that one that stayed has the higher number, 0 to 1.
    pub auc: f64,
    /// The standard error of that.
    pub standard_error: f64,
    /// Share that left of the fifth with the lowest numbers; accounts that tie at its end count in part.
    pub lowest_fifth_gone: f64,
    /// That share over the share of all: 1 is no better than chance.
    pub lift: f64,
}

impl Separation {
    /// Whether the AUC may be chance: within 1.96 standard errors of 0.5.
    pub fn is_noise(&self) -> bool {
        (self.auc - 0.5).abs() <= NOISE * self.standard_error
    }
}

/// What one number tells apart beyond another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// AUC of the one less AUC of the other, over the same accounts.
    pub auc: f64,
    /// The standard error of that.
    pub standard_error: f64,
}

impl Difference {
    /// Whether it may be chance: within 1.96 standard errors of 0.
    pub fn is_noise(&self) -> bool {
        self.auc.abs() <= NOISE * self.standard_error
    }
}

/// How well numbers, all finite, tell the accounts that left; `None` with fewer than two that left or stayed.
///
/// # Errors
/// Never, with as many of both.
pub fn separation(numbers: &[f64], gone: &[bool]) -> Result<Option<Separation>> {
    let frame = frame(vec![Column::new("number".into(), numbers), said(gone)])?;
    let Some(Placed { left, stayed, auc, standard_error }) = placed(&frame, place("number")?)? else {
        return Ok(None);
    };
    let lowest_fifth_gone = lowest_fifth_gone(&frame)?;
    Ok(Some(Separation {
        gone: left,
        kept: stayed,
        auc,
        standard_error,
        lowest_fifth_gone,
        lift: lowest_fifth_gone * numbers.len() as f64 / left as f64,
    }))
}

/// What numbers tell apart beyond others of the same accounts, all finite; `None` as for [`separation`].
///
/// # Errors
/// Never, with as many of all three.
pub fn difference(with: &[f64], without: &[f64], gone: &[bool]) -> Result<Option<Difference>> {
    let numbers = [("with", with), ("without", without)];
    let columns = numbers.map(|(name, numbers)| Column::new(name.into(), numbers));
    let frame = frame(columns.into_iter().chain([said(gone)]).collect())?;
    let placed = placed(&frame, place("with")? - place("without")?)?;
    Ok(placed.map(|placed| Difference { auc: placed.auc, standard_error: placed.standard_error }))
}

fn said(gone: &[bool]) -> Column {
    Column::new(GONE.into(), gone.iter().map(|gone| f64::from(u8::from(*gone))).collect::<Vec<_>>())
}

/// Where an account stands among those of the other kind: of one that stayed the share of those that left which are below it,
/// of one that left the share of those that stayed which are above, ties half.
fn place(number: &str) -> Result<Expr> {
    let own = |of: Expr| of.over([col(GONE)]).map_err(|error| bug(&error));
    let rank = || col(number).rank(MIDDLE, None);
    let others = len() - own(len())?;
    // What is below an account among all and not among its own kind is of the others.
    let below = (rank() - own(rank())?) / others;
    Ok(when(col(GONE).eq(lit(1.0))).then(lit(1.0) - below.clone()).otherwise(below))
}

/// What the places of accounts come to.
struct Placed {
    left: usize,
    stayed: usize,
    auc: f64,
    standard_error: f64,
}

/// The mean of the places of those that stayed; variances of the places of each kind over how many they are, summed.
fn placed(frame: &DataFrame, place: Expr) -> Result<Option<Placed>> {
    let of_kind =
        [len().alias("count"), col("place").mean().alias("mean"), col("place").var(1).alias("variance")];
    let kinds = frame
        .clone()
        .lazy()
        .select([place.alias("place"), col(GONE)])
        .group_by([col(GONE)])
        .agg(of_kind)
        .sort([GONE], SortMultipleOptions::default())
        .collect()
        .map_err(|error| bug(&error))?;
    let kind = |at: usize| -> Result<Option<[f64; 3]>> {
        if at >= kinds.height() {
            return Ok(None);
        }
        let [_, count, mean, variance] = row(&kinds, at)?.try_into().unwrap_or_default();
        Ok(count.zip(mean).zip(variance).map(|((count, mean), variance)| [count, mean, variance]))
    };
    let (Some(stayed), Some(left)) = (kind(0)?, kind(1)?) else { return Ok(None) };
    let standard_error = (stayed[2] / stayed[0] + left[2] / left[0]).sqrt();
    Ok(Some(Placed { left: left[0] as usize, stayed: stayed[0] as usize, auc: stayed[1], standard_error }))
}

/// The share that left of the fifth with the lowest numbers: of accounts that tie at its end, the part that fits.
fn lowest_fifth_gone(frame: &DataFrame) -> Result<f64> {
    let alike = frame
        .clone()
        .lazy()
        .group_by([col("number")])
        .agg([len().alias("count"), col(GONE).sum()])
        .sort(["number"], SortMultipleOptions::default())
        .collect()
        .map_err(|error| bug(&error))?;
    let fifth = frame.height() as f64 * LOWEST;
    let (mut room, mut left) = (fifth, 0.0);
    for at in 0..alike.height() {
        let told: [Option<f64>; 3] = row(&alike, at)?.try_into().unwrap_or_default();
        let [_, Some(count), Some(gone)] = told else { continue };
        let part = (room / count).min(1.0);
        left += part * gone;
        room -= part * count;
        if room <= 0.0 {
            break;
        }
    }
    Ok(left / fifth)
}
