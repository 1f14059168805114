//! What measures are worth.

use super::measure::Measured;
use crate::semantic::language::{Case, Rule, Scoring};

/// Points, and the bin that they are of.
pub struct Worth {
    pub points: Option<f64>,
    pub bin: Option<i64>,
    pub label: Option<String>,
    pub listed: bool,
}

/// Half away from zero; what is less than a hair under a half is a half.
pub fn rounded(value: f64, digits: u8) -> f64 {
    let unit = 10_f64.powi(i32::from(digits));
    let away = (value.abs() * unit + 0.5 + 2e-11 * unit).floor() / unit;
    if value < 0.0 { -away } else { away }
}

fn rounded_to(value: f64, digits: Option<u8>) -> f64 {
    digits.map_or(value, |digits| rounded(value, digits))
}

/// The least and the most points: as declared, or of all cases, from 0 unless they are ranks or less than that.
pub fn range(scoring: &Scoring) -> (f64, f64) {
    if let Some(range) = scoring.range {
        return range;
    }
    let all: Vec<f64> = scoring
        .cases
        .iter()
        .flat_map(|case| match &case.rule {
            Rule::Bins(bins) => bins.iter().map(|bin| bin.points).collect(),
            Rule::Categories(listed, otherwise) => {
                listed.iter().map(|(_, points)| *points).chain(*otherwise).collect()
            }
            Rule::Line(_, _, first, last, nothing) => {
                [*first, *last].into_iter().chain(nothing.then_some(0.0)).collect()
            }
            Rule::Ordinal(low, high) => vec![*low, *high],
        })
        .map(|points| rounded_to(points, scoring.rounding))
        .collect();
    let most = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let is_rank = |case: &Case| matches!(case.rule, Rule::Ordinal(..));
    (if scoring.cases.iter().all(is_rank) { least } else { least.min(0.0) }, most)
}

/// What is known, by the rule.
pub fn worth(rule: &Rule, scoring: &Scoring, known: Option<&Measured>) -> Worth {
    let listed = |at: usize, points: f64| (Some(at as i64 + 1), Some(rounded_to(points, scoring.rounding)));
    let mut label = None;
    let measure = known.and_then(|known| known.measure);
    let (bin, points) = match (rule, measure, known.and_then(|known| known.category.as_deref())) {
        (Rule::Bins(bins), Some(measure), _) => {
            let holds = |edge: Option<(f64, bool)>| match edge {
                Some((at, true)) => measure <= at,
                Some((at, false)) => measure < at,
                None => true,
            };
            let at = bins.iter().position(|bin| holds(bin.edge)).expect("the last is open");
            label.clone_from(&bins[at].label);
            listed(at, bins[at].points)
        }
        (Rule::Categories(points, otherwise), _, Some(text)) => {
            let mut points = points.clone();
            points.sort_by(|a, b| a.0.cmp(&b.0));
            match points.iter().position(|(name, _)| name == text) {
                Some(at) => listed(at, points[at].1),
                None => otherwise.map_or((None, None), |otherwise| listed(points.len(), otherwise)),
            }
        }
        (Rule::Line(from, to, first, last, nothing), Some(measure), _) => {
            (None, Some(line((*from, *to, *first, *last, *nothing), scoring.rounding, measure)))
        }
        (Rule::Ordinal(low, high), Some(measure), _) => {
            let is_rank = measure.fract() == 0.0 && (*low..=*high).contains(&measure);
            (None, is_rank.then_some(measure))
        }
        _ => (None, None),
    };
    let computed = matches!(rule, Rule::Line(..)) && scoring.rounding.is_none();
    Worth { points, bin, label, listed: !computed }
}

fn line(
    (from, to, first, last, nothing): (f64, f64, f64, f64, bool),
    rounding: Option<u8>,
    measure: f64,
) -> f64 {
    let outside = |points: f64| if nothing { 0.0 } else { points };
    let before = |a: f64, b: f64| if from < to { a < b } else { a > b };
    let points = if before(measure, from) {
        outside(first)
    } else if before(to, measure) {
        outside(last)
    } else {
        first + (last - first) * ((measure - from) / (to - from))
    };
    rounded_to(points, rounding)
}
