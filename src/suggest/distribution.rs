//! How numbers are spread, and how they lie in bins.

use serde::Serialize;

use super::cuts::{bin_of, cuts};
use crate::read::columns::finite;

/// Numbers in bins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Binned {
    /// How the numbers are spread.
    pub distribution: Distribution,
    /// How many bins were asked for.
    pub bins_asked: usize,
    /// The bins, lowest first.
    pub bins: Vec<Shown>,
    /// Why there are fewer bins than asked for.
    pub note: Option<String>,
}

impl Binned {
    /// Where one bin ends and the next begins, ascending.
    pub fn edges(&self) -> Vec<f64> {
        self.bins.iter().filter_map(|bin| bin.below).collect()
    }

    /// The bins as a component declares them, a point more for each than for the one before, or, where lower is better, a
    /// point less; `None` where there is nothing to cut.
    pub fn yaml(&self, lower_is_better: bool) -> Option<String> {
        let last = self.bins.len().checked_sub(1).filter(|last| *last > 0)?;
        let bins = self.bins.iter().enumerate().map(|(at, bin)| {
            let points = if lower_is_better { last - at } else { at };
            let below = bin.below.map_or_else(String::new, |edge| format!("below: {}, ", decimal(edge)));
            format!("{{{below}points: {points}}}")
        });
        Some(format!("bins: [{}]", bins.collect::<Vec<_>>().join(", ")))
    }
}

/// How numbers are spread. A quartile is a number that is there: the least that at least so many do not exceed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distribution {
    /// All rows.
    pub rows: usize,
    /// Rows with a number that counts.
    pub known: usize,
    /// Rows with NULL.
    pub missing: usize,
    /// Rows with NaN or an infinite number, which count as missing in a component.
    pub not_finite: usize,
    /// Share of rows without a number that counts, 0 to 1.
    pub missing_share: f64,
    /// Different numbers.
    pub distinct: usize,
    /// The least number.
    pub min: f64,
    /// A quarter of the rows have at most this.
    pub q1: f64,
    /// Half of the rows have at most this.
    pub median: f64,
    /// Three quarters of the rows have at most this.
    pub q3: f64,
    /// The greatest number.
    pub max: f64,
}

/// A bin and the rows in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// Its edges in words.
    pub bin: String,
    /// The first number that is above the bin; `None` of the last bin.
    pub below: Option<f64>,
    /// Rows in the bin.
    pub rows: usize,
    /// Share of the rows with a number, 0 to 1; `None` where no row has one.
    pub share: Option<f64>,
}

/// Bins for numbers, near the shares wanted (weights, lowest bin first), and the rows in them; `None` where no number is
/// finite. NaN and infinity count as missing, as in components.
pub fn propose(values: &[Option<f64>], shares: &[f64]) -> Option<Binned> {
    let mut sorted: Vec<f64> = values.iter().filter_map(|value| finite(*value)).collect();
    sorted.sort_by(f64::total_cmp);
    let distribution = distribution(values, &sorted)?;
    let edges = cuts(&sorted, shares);
    let asked = shares.len();
    let note = (edges.len() + 1 < asked).then(|| repeated(&sorted, asked, edges.len() + 1));
    Some(Binned { distribution, bins_asked: asked, bins: in_bins(&edges, &sorted), note })
}

/// Why there are fewer bins than asked for.
fn repeated(sorted: &[f64], asked: usize, got: usize) -> String {
    let alike = sorted.chunk_by(|a, b| a == b).max_by_key(|alike| alike.len()).unwrap_or_default();
    let value = alike.first().map_or_else(String::new, |value| decimal(*value));
    let share = 100.0 * alike.len() as f64 / sorted.len() as f64;
    let distinct = distinct(sorted);
    if distinct == 1 {
        return format!("every value is {value}: there is nothing to cut");
    }
    if distinct < asked {
        return format!(
            "{got} bins where {asked} were asked for: there are only {distinct} different values"
        );
    }
    format!(
        "{got} bins where {asked} were asked for: values repeat ({value} is {share:.1} % of them), and a value never stands in two bins"
    )
}

fn distribution(values: &[Option<f64>], sorted: &[f64]) -> Option<Distribution> {
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let (rows, known) = (values.len(), sorted.len());
    let missing = values.iter().filter(|value| value.is_none()).count();
    let quartile = |quarters: usize| sorted[(known * quarters).div_ceil(4) - 1];
    Some(Distribution {
        rows,
        known,
        missing,
        not_finite: rows - known - missing,
        missing_share: (rows - known) as f64 / rows as f64,
        distinct: distinct(sorted),
        min,
        q1: quartile(1),
        median: quartile(2),
        q3: quartile(3),
        max,
    })
}

fn distinct(sorted: &[f64]) -> usize {
    sorted.chunk_by(|a, b| a == b).count()
}

/// The bins that edges make, and the numbers in them.
pub(super) fn in_bins(edges: &[f64], values: &[f64]) -> Vec<Shown> {
    let mut rows = vec![0; edges.len() + 1];
    values.iter().for_each(|value| rows[bin_of(edges, *value)] += 1);
    let share = |rows: usize| (!values.is_empty()).then(|| rows as f64 / values.len() as f64);
    let bin = |(at, rows): (usize, usize)| {
        let below = edges.get(at).copied();
        let from = at.checked_sub(1).and_then(|at| edges.get(at)).copied();
        Shown { bin: words(from, below), below, rows, share: share(rows) }
    };
    rows.into_iter().enumerate().map(bin).collect()
}

fn words(from: Option<f64>, below: Option<f64>) -> String {
    let parts = [
        from.map(|from| format!("from {}", decimal(from))),
        below.map(|below| format!("below {}", decimal(below))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "any".to_owned() } else { parts.join(", ") }
}

/// A number as YAML and people read it, to its last digit.
fn decimal(value: f64) -> String {
    let is_plain = value == 0.0 || (1e-6..1e15).contains(&value.abs());
    if is_plain { format!("{value}") } else { format!("{value:e}") }
}
