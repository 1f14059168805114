//! From measures to points: the rules of each component, and what stands in for a missing value.

use super::query::{Query, Slot, rounded};
use super::writer::{Writer, case, number, real, text};
use crate::semantic::definition::{Bin, OnMissing, Outside, Range, Rule, Scoring, rounded_points};

/// Writes the step `pointed`: `points_x` of each component, NULL where it counts for nothing.
pub(super) fn write(writer: &mut Writer, query: &Query<'_>, from: &str) {
    let mut items = vec!["*".to_owned()];
    for slot in &query.slots {
        let points = query.by_card(|card| Some(points(slot, slot.variant_of(card)?)));
        items.push(format!("CAST({points} AS DOUBLE) AS points_{}", slot.name()));
    }
    writer.step("pointed", "What values are worth.", &items, from);
}

/// The points of a slot's variant.
fn points(slot: &Slot<'_>, variant: usize) -> String {
    let scoring = &slot.variants[variant].component.scoring;
    let measure = slot.known(variant);
    let earned = by_case(slot, variant, |rule| rule_points(rule, scoring, &measure));
    let mut branches: Vec<(String, String)> =
        slot.not_applicable().map(|not| (not, "NULL".to_owned())).into_iter().collect();
    if let Some((zero, give)) = slot.zero()
        && let Some(points) = give.points(scoring.range)
    {
        branches.push((zero, real(points)));
    }
    let filled = match scoring.on_missing {
        OnMissing::Neutral(points) => Some(points),
        OnMissing::Worst => Some(scoring.range.low),
        OnMissing::Best => Some(scoring.range.high),
        OnMissing::Renormalise | OnMissing::CarryForward(_) | OnMissing::Fail => None,
    };
    branches.extend(filled.map(|points| (format!("{measure} IS NULL"), real(points))));
    case("", branches, Some(&earned))
}

/// One expression for each case of a variant's rules, as one for the row.
pub(super) fn by_case(slot: &Slot<'_>, variant: usize, of_rule: impl Fn(&Rule) -> String) -> String {
    let cases = &slot.variants[variant].component.scoring.cases;
    if let [only] = cases.as_slice() {
        return of_rule(&only.rule);
    }
    let branches = cases.iter().enumerate().map(|(at, case)| ((at + 1).to_string(), of_rule(&case.rule)));
    case(&slot.numbered("case", variant), branches, None)
}

fn rule_points(rule: &Rule, scoring: &Scoring, measure: &str) -> String {
    let constant = |points: f64| real(rounded_points(points, scoring.rounding));
    match rule {
        Rule::Bins(bins) => by_bin(measure, bins, |_, bin| constant(bin.points)),
        Rule::Categories { points, otherwise } => {
            let branches = points.iter().map(|(name, points)| (text(name), constant(*points)));
            let listed = case(measure, branches, otherwise.map(constant).as_deref());
            if otherwise.is_some() {
                format!("CASE WHEN {measure} IS NOT NULL THEN {listed} END")
            } else {
                listed
            }
        }
        Rule::Linear { values, points, outside } => {
            let line = Line { values: *values, points: *points, outside: *outside };
            line.sql(measure, scoring.rounding)
        }
        Rule::Ordinal(Range { low, high }) => {
            let (low, high) = (number(*low), number(*high));
            format!(
                "CASE WHEN {measure} BETWEEN {low} AND {high} AND {measure} = floor({measure}) THEN {measure} END"
            )
        }
    }
}

/// What each bin gives, by the value.
pub(super) fn by_bin(measure: &str, bins: &[Bin], of_bin: impl Fn(usize, &Bin) -> String) -> String {
    let branches = bins.iter().enumerate().map(|(index, bin)| {
        let when = match bin.edge {
            Some(edge) if edge.inclusive => format!("{measure} <= {}", number(edge.at)),
            Some(edge) => format!("{measure} < {}", number(edge.at)),
            None => format!("{measure} IS NOT NULL"),
        };
        (when, of_bin(index, bin))
    });
    case("", branches, None)
}

/// A straight line and what lies beyond its ends.
struct Line {
    values: Range,
    points: (f64, f64),
    outside: Outside,
}

impl Line {
    fn sql(&self, measure: &str, rounding: Option<u8>) -> String {
        let Self { values: Range { low, high }, points: (first, last), outside } = *self;
        let rise = real(last - first);
        let between =
            format!("({} + ({measure} - {}) * {rise} / {})", real(first), real(low), real(high - low));
        // A hair beyond the points of the ends would be beyond what is possible.
        let (least, most) = (real(first.min(last)), real(first.max(last)));
        let between = format!("least(greatest({between}, {least}), {most})");
        let between = match rounding {
            Some(digits) => rounded(&between, digits, first.min(last) < 0.0),
            None => between,
        };
        let (first, last) = (rounded_points(first, rounding), rounded_points(last, rounding));
        let (below, above) = match outside {
            Outside::Hold => (first, last),
            Outside::Nothing => (0.0, 0.0),
        };
        let mut branches = vec![
            (format!("{measure} < {}", number(low)), real(below)),
            (format!("{measure} > {}", number(high)), real(above)),
        ];
        if first != last {
            branches.push((format!("{measure} = {}", number(high)), real(last)));
        }
        // Only a value: the least of NULL and a number is the number.
        branches.push((format!("{measure} IS NOT NULL"), between));
        case("", branches, None)
    }
}
