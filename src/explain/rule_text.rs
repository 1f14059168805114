//! Rules in words: where a bin begins and ends, and what the next better one needs.

use crate::semantic::{Bin, Component, Edge, Outside, Rule};

/// A number as people write it: at most six digits that matter, no trailing zeros.
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = 5 - value.abs().log10().floor().clamp(-12.0, 5.0) as i32;
    let rounded = format!("{value:.*}", digits.clamp(0, 12) as usize);
    if rounded.contains('.') {
        rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        rounded
    }
}

/// Where a bin lies: `below 5`, `5 to below 20`, `above 20`.
pub(super) fn range(bins: &[Bin], at: usize) -> String {
    let lower = at.checked_sub(1).and_then(|before| bins.get(before)).and_then(|bin| bin.edge);
    let upper = bins.get(at).and_then(|bin| bin.edge);
    match (lower, upper) {
        (None, None) => "any".to_owned(),
        (None, Some(upper)) => up_to(upper),
        (Some(lower), None) => from(lower),
        (Some(lower), Some(upper)) if lower.at == upper.at => number(lower.at),
        (Some(lower), Some(upper)) => format!("{}, {}", from(lower), up_to(upper)),
    }
}

fn from(lower: Edge) -> String {
    if lower.inclusive { format!("above {}", number(lower.at)) } else { format!("from {}", number(lower.at)) }
}

fn up_to(upper: Edge) -> String {
    if upper.inclusive { format!("to {}", number(upper.at)) } else { format!("below {}", number(upper.at)) }
}

/// What an account has under a rule: the bin with its edges, the category, the place on a line.
pub(crate) fn place(rule: &Rule, bin: Option<usize>) -> Option<String> {
    match rule {
        Rule::Bins(bins) => {
            let at = bin?.checked_sub(1)?;
            let label = bins.get(at)?.label.as_ref().map_or_else(String::new, |label| format!("{label}: "));
            Some(format!("{label}{}", range(bins, at)))
        }
        Rule::Categories { .. } => None,
        Rule::Linear { values, outside, .. } => {
            let held = if *outside == Outside::Hold { "" } else { ", nothing outside" };
            Some(format!("line from {} to {}{held}", number(values.low), number(values.high)))
        }
        Rule::Ordinal(range) => Some(format!("rank {} to {}", number(range.low), number(range.high))),
    }
}

/// What the next better bin needs, and its points: of the better ones the nearest by its edge.
pub(super) fn next_better(rule: &Rule, measure: Option<f64>, points: Option<f64>) -> Option<(String, f64)> {
    let (measure, points) = (measure?, points?);
    match rule {
        Rule::Bins(bins) => nearest_better(bins, measure, points),
        Rule::Linear { values, points: (first, last), .. } => {
            let (end, best) = if last > first { (values.high, *last) } else { (values.low, *first) };
            (best > points).then(|| (format!("{} for the most", number(end)), best))
        }
        Rule::Ordinal(range) => (range.high > points).then(|| (number(points + 1.0), points + 1.0)),
        Rule::Categories { .. } => None,
    }
}

fn nearest_better(bins: &[Bin], measure: f64, points: f64) -> Option<(String, f64)> {
    let below = |edge: Edge| if edge.inclusive { measure <= edge.at } else { measure < edge.at };
    let own = bins.iter().position(|bin| bin.edge.is_none_or(below))?;
    let better = |at: &usize| bins[*at].points > points;
    let above = (own + 1..bins.len()).find(better).and_then(|at| {
        let edge = bins[at - 1].edge?;
        Some((edge.at - measure, from(edge), bins[at].points))
    });
    let under = (0..own).rev().find(better).and_then(|at| {
        let edge = bins[at].edge?;
        Some((measure - edge.at, up_to(edge), bins[at].points))
    });
    let nearest = above.into_iter().chain(under).min_by(|a, b| a.0.total_cmp(&b.0));
    nearest.map(|(_, words, points)| (words, points))
}

/// The rule of a component that applied, by its published number.
pub(super) fn rule(component: &Component, case: Option<usize>) -> Option<&Rule> {
    let cases = &component.scoring.cases;
    cases.get(case.unwrap_or(1).checked_sub(1)?).map(|case| &case.rule)
}

#[cfg(test)]
mod tests {
    use super::{Bin, Edge, Rule, next_better, number, range};

    fn bins(edges: &[(f64, bool)], points: &[f64]) -> Vec<Bin> {
        let edges = edges.iter().map(|(at, inclusive)| Some(Edge { at: *at, inclusive: *inclusive }));
        let points = points.iter().copied();
        edges.chain([None]).zip(points).map(|(edge, points)| Bin { edge, points, label: None }).collect()
    }

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 1.0, 41.25, 0.333333333, 1234567.0, -0.05, 1e-9].map(number);
        assert_eq!(shown, ["0", "1", "41.25", "0.333333", "1234567", "-0.05", "0.000000001"]);
    }

    #[test]
    fn ranges_name_their_side_of_each_edge() {
        let bins = bins(&[(5.0, false), (20.0, true)], &[0.0, 1.0, 2.0]);
        assert_eq!([0, 1, 2].map(|at| range(&bins, at)), ["below 5", "from 5, to 20", "above 20"]);
    }

    #[test]
    fn the_nearest_better_bin_may_lie_on_either_side() {
        let rule = Rule::Bins(bins(&[(1.0, false), (3.0, false), (10.0, false)], &[0.0, 4.0, 2.0, 0.0]));
        let next = |measure, points| next_better(&rule, Some(measure), Some(points));
        assert_eq!(next(0.0, 0.0), Some(("from 1".to_owned(), 4.0)));
        assert_eq!(next(9.0, 2.0), Some(("below 3".to_owned(), 4.0)));
        assert_eq!(next(12.0, 0.0), Some(("below 10".to_owned(), 2.0)));
        assert_eq!(next(2.0, 4.0), None);
    }
}
