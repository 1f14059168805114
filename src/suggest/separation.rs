//! How well a number tells accounts that left from those that stayed.
//!
//! The AUC is the chance that an account that stayed has the higher number of the two, ties counting half: 0.5 says
//! nothing, 1 everything, and less than 0.5 points the wrong way. Its standard error, and that of the difference of two AUCs
//! of the same accounts, is that of DeLong, which ties do not disturb.
//! Source: E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
//! operating characteristic curves: a nonparametric approach", Biometrics 44, 1988; by ranks as X. Sun and W. Xu, 2014.

use serde::Serialize;

use super::ranks::Ranked;

/// How many standard errors are noise: 95 of 100 chance results lie within.
const NOISE: f64 = 1.96;

/// The share of accounts that are the lowest.
const LOWEST: f64 = 0.2;

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
pub fn separation(numbers: &[f64], gone: &[bool]) -> Option<Separation> {
    let placed = Placed::of(numbers, gone)?;
    let (left, stayed) = (placed.gone.len(), placed.kept.len());
    let auc = placed.auc();
    let lowest_fifth_gone = lowest_fifth_gone(numbers, gone);
    Some(Separation {
        gone: left,
        kept: stayed,
        auc,
        standard_error: standard_error(&placed.gone, &placed.kept),
        lowest_fifth_gone,
        lift: lowest_fifth_gone * numbers.len() as f64 / left as f64,
    })
}

/// What numbers tell apart beyond others of the same accounts, all finite; `None` as for [`separation`].
pub fn difference(with: &[f64], without: &[f64], gone: &[bool]) -> Option<Difference> {
    let (one, other) = (Placed::of(with, gone)?, Placed::of(without, gone)?);
    let apart = |one: &[f64], other: &[f64]| -> Vec<f64> {
        one.iter().zip(other).map(|(one, other)| one - other).collect()
    };
    let (gone, kept) = (apart(&one.gone, &other.gone), apart(&one.kept, &other.kept));
    Some(Difference { auc: one.auc() - other.auc(), standard_error: standard_error(&gone, &kept) })
}

/// Where each account stands among those of the other kind.
struct Placed {
    /// Of each that left, the share of those that stayed which are above, ties half.
    gone: Vec<f64>,
    /// Of each that stayed, the share of those that left which are below, ties half.
    kept: Vec<f64>,
}

impl Placed {
    fn of(numbers: &[f64], gone: &[bool]) -> Option<Self> {
        let column: Vec<Option<f64>> = numbers.iter().copied().map(Some).collect();
        let ranked = Ranked::of(&column);
        let kept: Vec<bool> = gone.iter().map(|gone| !gone).collect();
        let left = gone.iter().filter(|gone| **gone).count();
        let stayed = gone.len() - left;
        if left < 2 || stayed < 2 {
            return None;
        }
        // Ranks are doubled: half of what lies between an account's rank among all and among its own are of the others.
        let all = ranked.ranks_among(&vec![true; gone.len()]);
        let below = |own: &[bool], others: usize| -> Vec<f64> {
            let ranks = ranked.ranks_among(own);
            let rows = (0..own.len()).filter(|row| own[*row]);
            rows.map(|row| (all[row] - ranks[row]) as f64 / (2 * others) as f64).collect()
        };
        let above = below(gone, stayed).into_iter().map(|share| 1.0 - share).collect();
        Some(Self { gone: above, kept: below(&kept, left) })
    }

    fn auc(&self) -> f64 {
        mean(&self.kept)
    }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// Variances of the places over how many there are, summed.
fn standard_error(gone: &[f64], kept: &[f64]) -> f64 {
    let part = |places: &[f64]| {
        let mean = mean(places);
        let squares: f64 = places.iter().map(|place| (place - mean).powi(2)).sum();
        squares / (places.len() - 1) as f64 / places.len() as f64
    };
    (part(gone) + part(kept)).sqrt()
}

/// The share that left of the fifth with the lowest numbers: of accounts that tie at its end, the part that fits.
fn lowest_fifth_gone(numbers: &[f64], gone: &[bool]) -> f64 {
    let mut rows: Vec<usize> = (0..numbers.len()).collect();
    rows.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    let fifth = numbers.len() as f64 * LOWEST;
    let (mut room, mut left) = (fifth, 0.0);
    for alike in rows.chunk_by(|a, b| numbers[*a] == numbers[*b]) {
        let part = (room / alike.len() as f64).min(1.0);
        left += part * alike.iter().filter(|row| gone[**row]).count() as f64;
        room -= part * alike.len() as f64;
        if room <= 0.0 {
            break;
        }
    }
    left / fifth
}
