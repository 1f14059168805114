//! Who stands in which bin of a component, by its rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::explain::place;
use crate::semantic::{Case, Component, Rule, Score};

/// A rule of a component, and who it applied to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurrentRule {
    /// The scorecards that have it; all of them where it is empty.
    pub scorecards: Vec<String>,
    /// The condition of its case; `None` of the last.
    pub when: Option<String>,
    /// Its bins or categories, in declared order.
    pub bins: Vec<CurrentBin>,
}

/// A bin of a component, and the rows in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurrentBin {
    /// Its edges, or the category, in words.
    pub bin: String,
    /// What it is worth.
    pub points: f64,
    /// Rows in it.
    pub rows: usize,
    /// Share of the rule's rows with a bin, 0 to 1; `None` where there are none.
    pub share: Option<f64>,
    /// Rows in it of each segment, in their order.
    pub segment_rows: Vec<usize>,
    /// Share of the segment's rows with a bin under the rule.
    pub segment_shares: Vec<Option<f64>>,
}

/// The rows that have the same in a column of metrics.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurrentSegment {
    /// What they have there; `None` for NULL.
    pub name: Option<String>,
    /// How many they are.
    pub rows: usize,
}

/// Rows without a bin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Valueless {
    /// Why: the component's state as published.
    pub state: String,
    /// How many.
    pub rows: usize,
    /// Of each segment, in their order.
    pub segment_rows: Vec<usize>,
}

/// Some rows of the published day that are alike in all that matters here.
pub(super) struct Alike {
    pub(super) scorecard: String,
    pub(super) case: Option<usize>,
    pub(super) bin: Option<usize>,
    pub(super) state: String,
    pub(super) part: Option<String>,
    pub(super) rows: usize,
}

/// A component as one or more scorecards have it.
pub(super) struct Variant<'a> {
    pub(super) component: &'a Component,
    pub(super) scorecards: Vec<&'a str>,
}

/// The component as each scorecard has it, those that are alike together.
pub(super) fn variants<'a>(score: &'a Score, name: &str) -> Vec<Variant<'a>> {
    let mut found: Vec<Variant<'a>> = Vec::new();
    for card in score.scorecards() {
        let Some(component) = card.root.components().into_iter().find(|component| component.name == name)
        else {
            continue;
        };
        match found.iter_mut().find(|known| known.component.scoring == component.scoring) {
            Some(known) => known.scorecards.push(&card.name),
            None => found.push(Variant { component: Arc::as_ref(component), scorecards: vec![&card.name] }),
        }
    }
    found
}

pub(super) fn has_bins(rule: &Rule) -> bool {
    matches!(rule, Rule::Bins(_) | Rule::Categories { .. })
}

/// The segments that there are, in the order of their names.
pub(super) fn segments(alike: &[Alike]) -> Vec<CurrentSegment> {
    let mut found: BTreeMap<&Option<String>, usize> = BTreeMap::new();
    for some in alike {
        *found.entry(&some.part).or_default() += some.rows;
    }
    found.into_iter().map(|(name, rows)| CurrentSegment { name: name.clone(), rows }).collect()
}

/// A variant's cases with bins.
pub(super) fn rules(
    variant: &Variant<'_>,
    variants: usize,
    alike: &[Alike],
    segments: &[CurrentSegment],
) -> Vec<CurrentRule> {
    let cases = &variant.component.scoring.cases;
    let with_bins = cases.iter().enumerate().filter(|(_, case)| has_bins(&case.rule));
    let scorecards = variant.scorecards.iter().filter(|_| variants > 1).map(|card| (*card).to_owned());
    let scorecards: Vec<String> = scorecards.collect();
    let rule = |(at, case): (usize, &Case)| {
        let own = alike.iter().filter(|some| {
            variant.scorecards.contains(&some.scorecard.as_str())
                && some.case.unwrap_or(1) == at + 1
                && some.bin.is_some()
        });
        let own: Vec<&Alike> = own.collect();
        let bins = declared(&case.rule).into_iter().enumerate();
        CurrentRule {
            scorecards: scorecards.clone(),
            when: case.when.as_ref().map(|when| when.sql().to_owned()),
            bins: bins.map(|(at, (bin, points))| in_bin(bin, points, at + 1, &own, segments)).collect(),
        }
    };
    with_bins.map(rule).collect()
}

/// The bins or categories of a rule in words, with their points.
fn declared(rule: &Rule) -> Vec<(String, f64)> {
    match rule {
        Rule::Bins(bins) => {
            let words = (0..bins.len()).map(|at| place(rule, Some(at + 1)).unwrap_or_default());
            words.zip(bins).map(|(words, bin)| (words, bin.points)).collect()
        }
        Rule::Categories { points, otherwise } => {
            let rest = otherwise.map(|points| ("any other".to_owned(), points));
            points.iter().cloned().chain(rest).collect()
        }
        Rule::Linear { .. } | Rule::Ordinal(_) => Vec::new(),
    }
}

fn in_bin(
    bin: String,
    points: f64,
    number: usize,
    own: &[&Alike],
    segments: &[CurrentSegment],
) -> CurrentBin {
    let count = |wanted: &dyn Fn(&Alike) -> bool| -> usize {
        own.iter().filter(|some| wanted(some)).map(|some| some.rows).sum()
    };
    let share = |rows: usize, of: usize| (of > 0).then(|| rows as f64 / of as f64);
    let rows = count(&|some| some.bin == Some(number));
    let of_segment = |segment: &CurrentSegment| {
        let rows = count(&|some| some.part == segment.name && some.bin == Some(number));
        (rows, share(rows, count(&|some| some.part == segment.name)))
    };
    let (segment_rows, segment_shares) = segments.iter().map(of_segment).unzip();
    CurrentBin { bin, points, rows, share: share(rows, count(&|_| true)), segment_rows, segment_shares }
}

/// The rows without a bin, by state.
pub(super) fn valueless(alike: &[Alike], segments: &[CurrentSegment]) -> Vec<Valueless> {
    let without: Vec<&Alike> = alike.iter().filter(|some| some.bin.is_none()).collect();
    let mut states: Vec<&str> = without.iter().map(|some| some.state.as_str()).collect();
    states.sort_unstable();
    states.dedup();
    let of_state = |state: &str| {
        let own = || without.iter().filter(move |some| some.state == state);
        let of_segment = |segment: &CurrentSegment| {
            own().filter(|some| some.part == segment.name).map(|some| some.rows).sum()
        };
        Valueless {
            state: state.to_owned(),
            rows: own().map(|some| some.rows).sum(),
            segment_rows: segments.iter().map(of_segment).collect(),
        }
    };
    states.into_iter().map(of_state).collect()
}
