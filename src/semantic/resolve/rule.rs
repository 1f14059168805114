//! How a value becomes points, checked.

use std::sync::Arc;

use super::edges::{self, BINS, Upper};
use super::{interval, number, policy, visible};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::semantic::definition::{Bin, Case, Direction, OnMissing, Range, Rule, Scoring, rounded_points};
use crate::semantic::document::{BinDocument, CaseDocument, Choice, LinearDocument, RuleKeys};
use crate::semantic::expression::Expression;
use crate::semantic::overlap::RowSet;
use crate::yaml::{self, Entries, Placed};

/// The keys of which a rule has exactly one.
const RULES: &str = "`bins`, `categories`, `linear`, `ordinal` or `cases`";

/// The keys beside the rule that decide points.
pub(super) struct Frame<'a> {
    pub(super) file: &'a Arc<SourceFile>,
    pub(super) place: &'a Location,
    pub(super) scale: Option<&'a Placed<[Placed<f64>; 2]>>,
    pub(super) rounding: Option<&'a Placed<u8>>,
    pub(super) on_missing: Option<&'a Placed<Choice>>,
}

/// Whether any key of a rule is there.
pub(super) fn is_given(keys: &RuleKeys<'_>) -> bool {
    keys.bins.is_some()
        || keys.categories.is_some()
        || keys.linear.is_some()
        || keys.ordinal.is_some()
        || keys.cases.is_some()
}

/// The rules, their range of points, and what is missing.
pub(super) fn scoring(
    frame: &Frame<'_>,
    keys: &RuleKeys<'_>,
    default_missing: OnMissing,
    problems: &mut Diagnostics,
) -> Option<Scoring> {
    let before = problems.len();
    let cases = match keys.cases {
        Some(list) => cases(frame, list, problems),
        None => rule(frame, keys, problems).map(|rule| vec![Case { when: None, rule }]),
    };
    if let (Some(cases), true) = (keys.cases, one_of(keys) > 1) {
        problems.push(
            Diagnostic::error("two-rules", format!("one of {RULES} is needed here, not several"))
                .at(yaml::place(frame.file, cases)),
        );
    }
    let rounding = rounding(frame.file, frame.rounding, problems);
    let on_missing = policy(frame, default_missing, problems);
    let range = range(frame, cases.as_deref()?, rounding, problems);
    let scoring = Scoring { cases: cases?, range: range?, rounding, on_missing };
    problems.extend(policy_outside(frame, &scoring));
    (problems.len() == before || !problems.has_errors()).then_some(scoring)
}

/// Decimals, of which a double has at most so many that can be trusted.
pub(super) fn rounding(
    file: &Arc<SourceFile>,
    digits: Option<&Placed<u8>>,
    problems: &mut Diagnostics,
) -> Option<u8> {
    let digits = digits?;
    if digits.value > 6 {
        problems.push(
            Diagnostic::error("bad-rounding", format!("{} decimals are too many to round to", digits.value))
                .at(yaml::place(file, digits))
                .help("0 to 6 decimals"),
        );
    }
    Some(digits.value)
}

/// The complaint about a range whose ends rounding would leave.
pub(super) fn rounded_out_of(range: Range, rounding: Option<u8>) -> Option<Diagnostic> {
    let end = [range.low, range.high].into_iter().find(|end| rounded_points(*end, rounding) != *end)?;
    let message = format!("{end} is an end of the range, and would itself be rounded");
    Some(
        Diagnostic::error("bad-rounding", message)
            .help("round to more decimals, or end the range at a rounder number"),
    )
}

fn one_of(keys: &RuleKeys<'_>) -> usize {
    [
        keys.bins.is_some(),
        keys.categories.is_some(),
        keys.linear.is_some(),
        keys.ordinal.is_some(),
        keys.cases.is_some(),
    ]
    .into_iter()
    .filter(|given| *given)
    .count()
}

fn rule(frame: &Frame<'_>, keys: &RuleKeys<'_>, problems: &mut Diagnostics) -> Option<Rule> {
    let file = frame.file;
    if one_of(keys) != 1 {
        let message = format!("one of {RULES} is needed here");
        problems.push(Diagnostic::error("one-rule", message).at(frame.place.clone()));
        return None;
    }
    if let (Some(otherwise), None) = (keys.otherwise, keys.categories) {
        let message = "`otherwise` belongs to `categories`";
        problems.push(Diagnostic::error("one-rule", message).at(yaml::place(file, otherwise)));
    }
    if let Some(list) = keys.bins {
        return bins(file, list, problems).map(Rule::Bins);
    }
    if let Some(list) = keys.categories {
        return categories(file, list, keys.otherwise, problems);
    }
    if let Some(line) = keys.linear {
        return linear(file, line, problems);
    }
    keys.ordinal.and_then(|ends| interval(file, ends, problems)).map(Rule::Ordinal)
}

fn cases(
    frame: &Frame<'_>,
    list: &Placed<Vec<Placed<CaseDocument>>>,
    problems: &mut Diagnostics,
) -> Option<Vec<Case>> {
    let file = frame.file;
    let mut before: Vec<RowSet> = Vec::new();
    let mut cases = Vec::new();
    for (index, document) in list.value.iter().enumerate() {
        let place = start(file, document);
        let last = index + 1 == list.value.len();
        let when = document.value.when.as_ref().and_then(|when| Expression::parse(file, when, problems));
        problems.extend(misplaced_when("case", document.value.when.is_some(), last, &place));
        let rows = when.as_ref().map(Expression::row_set);
        if let Some(message) = rows.as_ref().and_then(|rows| unreached(rows, &before)) {
            problems.push(Diagnostic::error("unreachable-case", message).at(place.clone()));
        }
        before.extend(rows);
        let frame = Frame { place: &place, ..*frame };
        cases.push(Some(Case { when, rule: rule(&frame, &document.value.rule(), problems)? }));
    }
    if list.value.is_empty() {
        let message = "`cases` needs at least one rule";
        problems.push(Diagnostic::error("one-rule", message).at(yaml::place(file, list)));
        return None;
    }
    cases.into_iter().collect()
}

/// Why a case with this condition is wrong where it stands.
fn unreached(rows: &RowSet, before: &[RowSet]) -> Option<&'static str> {
    if rows.is_always() {
        return Some("the condition of this case is always true, so what follows is never reached");
    }
    if rows.is_never() {
        return Some("this case can never be reached: its condition is never true");
    }
    let taken = before.iter().any(|earlier| earlier.covers(rows));
    taken.then_some("this case can never be reached: one before it takes all of its rows")
}

/// The complaint about a condition that the last of a list has, or another of it has not.
pub(super) fn misplaced_when(noun: &str, has: bool, last: bool, place: &Location) -> Option<Diagnostic> {
    let problem = match (has, last) {
        (true, true) => Diagnostic::error("no-default", format!("the last {noun} has a condition"))
            .note(format!("an account that no {noun} is for would go without"))
            .help(format!("end the list with a {noun} without `when`, for all that are left")),
        (false, false) => Diagnostic::error(
            "unreachable-case",
            format!("this {noun} has no `when`, so what follows is never reached"),
        )
        .help(format!("give it a condition, or move it to the end as the {noun} for all that are left")),
        _ => return None,
    };
    Some(problem.at(place.clone()))
}

fn bins(
    file: &Arc<SourceFile>,
    list: &Placed<Vec<Placed<BinDocument>>>,
    problems: &mut Diagnostics,
) -> Option<Vec<Bin>> {
    let before = problems.len();
    let ranges: Vec<Upper<'_>> = list
        .value
        .iter()
        .map(|bin| Upper {
            below: bin.value.below.as_ref(),
            at_most: bin.value.at_most.as_ref(),
            place: start(file, bin),
        })
        .collect();
    let edges = edges::resolve(BINS, (file, &yaml::place(file, list)), &ranges, problems);
    let bins: Option<Vec<Bin>> = list
        .value
        .iter()
        .zip(edges)
        .map(|(bin, edge)| {
            let points = problems.keep(number(file, &bin.value.points))?;
            let label = bin.value.label.as_ref().and_then(|label| problems.keep(visible(file, label)));
            Some(Bin { edge, points, label })
        })
        .collect();
    bins.filter(|_| problems.len() == before)
}

fn categories(
    file: &Arc<SourceFile>,
    list: &Placed<Entries<Placed<f64>>>,
    otherwise: Option<&Placed<f64>>,
    problems: &mut Diagnostics,
) -> Option<Rule> {
    if list.value.0.is_empty() {
        let message = "`categories` needs at least one text";
        problems.push(Diagnostic::error("one-rule", message).at(yaml::place(file, list)));
    }
    let points: Option<Vec<(String, f64)>> = list
        .value
        .0
        .iter()
        .map(|(name, points)| Some((name.value.clone(), problems.keep(number(file, points))?)))
        .collect();
    let otherwise = match otherwise {
        Some(points) => Some(problems.keep(number(file, points))?),
        None => None,
    };
    let mut points = points.filter(|points| !points.is_empty())?;
    points.sort_by(|a, b| a.0.cmp(&b.0));
    Some(Rule::Categories { points, otherwise })
}

fn linear(file: &Arc<SourceFile>, line: &Placed<LinearDocument>, problems: &mut Diagnostics) -> Option<Rule> {
    let LinearDocument { from, to, points, outside } = &line.value;
    let mut ends = [from, to, &points.value[0], &points.value[1]].map(|end| problems.keep(number(file, end)));
    let (from, to, first, last) = (ends[0].take()?, ends[1].take()?, ends[2].take()?, ends[3].take()?);
    if from == to {
        let message = format!("a line needs two different values, and both are {from}");
        problems.push(Diagnostic::error("empty-range", message).at(yaml::place(file, line)));
        return None;
    }
    let (values, points) = if from < to {
        (Range { low: from, high: to }, (first, last))
    } else {
        (Range { low: to, high: from }, (last, first))
    };
    Some(Rule::Linear { values, points, outside: *outside })
}

/// The declared range, or from the least (at most 0) to the most of all rules, as rounded.
fn range(
    frame: &Frame<'_>,
    cases: &[Case],
    rounding: Option<u8>,
    problems: &mut Diagnostics,
) -> Option<Range> {
    let Some((least, most)) = extremes(cases, rounding) else {
        let message = "no case gives points";
        problems.push(Diagnostic::error("no-points", message).at(frame.place.clone()));
        return None;
    };
    if let Some(ends) = frame.scale {
        let range = interval(frame.file, ends, problems)?;
        if least < range.low || most > range.high {
            let message = format!("points go from {least} to {most}, which leaves the range");
            problems.push(Diagnostic::error("outside-range", message).at(yaml::place(frame.file, ends)));
            return None;
        }
        return Some(range);
    }
    // The least rank is the worst there is; any other points are out of what is possible, from 0.
    let ordinal = cases.iter().all(|case| matches!(case.rule, Rule::Ordinal(_)));
    let low = if ordinal { least } else { least.min(0.0) };
    if most <= low {
        problems.push(
            Diagnostic::error("no-points", "no bin has points above 0")
                .at(frame.place.clone())
                .note("a component that can earn nothing cannot count in a score")
                .help("where points are only ever taken away, declare their `scale`"),
        );
        return None;
    }
    Some(Range { low, high: most })
}

/// The least and the most points that rules can give; `None` where none gives any.
pub(super) fn extremes(cases: &[Case], rounding: Option<u8>) -> Option<(f64, f64)> {
    let points = cases.iter().flat_map(|case| points_of(&case.rule));
    let points = points.map(|points| rounded_points(points, rounding));
    points.fold(None, |found, points| match found {
        None => Some((points, points)),
        Some((least, most)) => Some((least.min(points), most.max(points))),
    })
}

/// All the points that a rule can give, or their extremes.
fn points_of(rule: &Rule) -> Vec<f64> {
    match rule {
        Rule::Bins(bins) => bins.iter().map(|bin| bin.points).collect(),
        Rule::Categories { points, otherwise } => {
            points.iter().map(|(_, points)| *points).chain(*otherwise).collect()
        }
        Rule::Linear { points, outside, .. } => {
            let nothing = matches!(outside, crate::semantic::definition::Outside::Nothing).then_some(0.0);
            [points.0, points.1].into_iter().chain(nothing).collect()
        }
        Rule::Ordinal(range) => vec![range.low, range.high],
    }
}

/// What is done about a missing value; the default where nothing is said, or nothing right.
pub(super) fn policy(frame: &Frame<'_>, default: OnMissing, problems: &mut Diagnostics) -> OnMissing {
    let said = frame.on_missing.and_then(|choice| problems.keep(policy::on_missing(frame.file, choice)));
    said.unwrap_or(default)
}

/// Neutral points that are out of the range.
pub(super) fn policy_outside(frame: &Frame<'_>, scoring: &Scoring) -> Option<Diagnostic> {
    let OnMissing::Neutral(points) = scoring.on_missing else { return None };
    let place = frame.on_missing.map(|choice| yaml::place(frame.file, choice));
    let problem = outside("neutral points", points, scoring.range)?;
    Some(problem.at(place.unwrap_or_else(|| frame.place.clone())))
}

/// Points that are out of the range.
pub(super) fn outside(noun: &str, points: f64, range: Range) -> Option<Diagnostic> {
    let Range { low, high } = range;
    (!(low..=high).contains(&points)).then(|| {
        Diagnostic::error("outside-range", format!("{noun} of {points} are not from {low} to {high}"))
    })
}

/// Where an item of a list begins, underlined as far as its first word.
pub(super) fn start<T>(file: &Arc<SourceFile>, item: &Placed<T>) -> Location {
    let place = yaml::place(file, item);
    if place.span.is_empty() { Location::word_at(file, place.span.start) } else { place }
}

/// The rule that contradicts the declared direction.
pub(super) fn against(direction: Direction, cases: &[Case]) -> Option<Diagnostic> {
    cases.iter().find_map(|case| match &case.rule {
        Rule::Bins(bins) => against_bins(direction, bins),
        Rule::Linear { points, .. } => {
            let wrong = match direction {
                Direction::HigherIsBetter => points.1 < points.0,
                Direction::LowerIsBetter => points.1 > points.0,
            };
            wrong.then(|| disagrees(direction, "line").note("its points go the other way"))
        }
        _ => None,
    })
}

fn disagrees(direction: Direction, noun: &str) -> Diagnostic {
    let words = match direction {
        Direction::HigherIsBetter => "higher is better",
        Direction::LowerIsBetter => "lower is better",
    };
    Diagnostic::error("direction-disagrees", format!("{words}, but the {noun} say otherwise"))
        .help("mend the points, or leave `direction` out where there is no one way")
}

fn against_bins(direction: Direction, bins: &[Bin]) -> Option<Diagnostic> {
    let wrong: fn(&[Bin]) -> bool = match direction {
        Direction::HigherIsBetter => |pair| pair[1].points < pair[0].points,
        Direction::LowerIsBetter => |pair| pair[1].points > pair[0].points,
    };
    let at = bins.windows(2).position(wrong)?;
    let (first, second) = (bins[at].points, bins[at + 1].points);
    let note = format!("bin {} has {first} points, bin {} has {second}", at + 1, at + 2);
    Some(disagrees(direction, "bins").note(note))
}
