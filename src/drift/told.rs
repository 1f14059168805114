//! What is told of a drift, as data.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::psi::{Drifted, by_chance, psi, share, spots};
use super::spread::{Counts, Kind, Of, Spot, Spread};
use crate::explain;
use crate::semantic::{BANDS, Component, Score};

/// How far a score has moved away from a reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// The score's name.
    pub score_name: String,
    /// Its title.
    pub title: String,
    /// What a row is: `account`, or `user`; of several days each on each day.
    pub entity: &'static str,
    /// What is compared with.
    pub reference: End,
    /// What is looked at.
    pub now: End,
    /// The commit whose tables were read.
    pub commit: u64,
    /// The tiers, the scorecards where there are several, and each component.
    pub parts: Vec<Part>,
}

/// One side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct End {
    /// The first day.
    pub from_date: NaiveDate,
    /// The last day.
    pub to_date: NaiveDate,
    /// How many days.
    pub days: usize,
    /// How many rows.
    pub rows: u64,
    /// Content hashes of the definitions that made its scores.
    pub definitions: Vec<String>,
}

/// Something that is spread, then and now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// The component's name; `None` of what is about the whole score.
    pub component: Option<String>,
    /// The same as people call it.
    pub title: String,
    /// The index of the data, both sides by the definition of now; `None` where one of them has no row.
    pub data: Option<f64>,
    /// The index of the definition, old against new over the reference; `None` where one of them has not got it.
    pub definition: Option<f64>,
    /// What two independent samples of as many rows would have on average, though nothing moved.
    pub by_chance: Option<f64>,
    /// How far the data moved, in a word.
    pub drift: Option<Drifted>,
    /// The share of rows in each bin and state.
    pub shares: Vec<Share>,
}

/// The share of rows in one bin or state.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    /// The bin, the state, the tier.
    pub name: String,
    /// In the reference, by the definition that made it.
    pub then: f64,
    /// In the reference, by the definition of now.
    pub again: f64,
    /// Now.
    pub now: f64,
}

impl Part {
    /// What moved most of the data.
    pub fn most(&self) -> Option<&Share> {
        let moved = |share: &Share| (share.now - share.again).abs();
        let most =
            self.shares.iter().reduce(|most, share| if moved(share) > moved(most) { share } else { most });
        most.filter(|most| moved(most) > 0.0)
    }
}

/// All that is told.
pub(super) fn told(
    score: &Score,
    [reference, now]: [End; 2],
    commit: u64,
    (then, again, is): (&Spread, &Spread, &Spread),
) -> Drift {
    let mut all: BTreeMap<&Of, [Option<&Counts>; 3]> = BTreeMap::new();
    for (at, spread) in [then, again, is].into_iter().enumerate() {
        for (of, counts) in &spread.0 {
            all.entry(of).or_default()[at] = Some(counts);
        }
    }
    let (nothing, several) = (Counts::new(), score.scorecards().len() > 1);
    let parts = all.into_iter().filter_map(|(of, counts)| {
        let counts = counts.map(|counts| counts.unwrap_or(&nothing));
        let is_told = of.0 != Kind::Scorecards || several || spots(counts).len() > 1;
        is_told.then(|| part(score, of, counts))
    });
    Drift {
        score_name: score.name.clone(),
        title: score.title.clone(),
        entity: if score.entity == crate::semantic::Entity::User { "user" } else { "account" },
        reference,
        now,
        commit,
        parts: parts.collect(),
    }
}

fn part(score: &Score, (kind, name): &Of, [then, again, now]: [&Counts; 3]) -> Part {
    let variants = variants(score, name);
    let first = variants.first().copied();
    let same = variants.iter().all(|other| first.is_some_and(|first| first.scoring == other.scoring));
    let known = first.filter(|_| same);
    let data = psi(again, now);
    let mut spots: Vec<&Spot> = spots([then, again, now]).into_iter().collect();
    if *kind == Kind::Tiers {
        let place = |spot: &Spot| score.tier_names().position(|tier| Spot::Named(tier.to_owned()) == *spot);
        // What is no tier any more comes last.
        spots.sort_by_key(|spot| place(spot).unwrap_or(usize::MAX));
    }
    let shares = spots.into_iter().map(|spot| Share {
        name: words(spot, known),
        then: share(then, spot),
        again: share(again, spot),
        now: share(now, spot),
    });
    Part {
        kind: *kind,
        component: (*kind == Kind::Component).then(|| name.clone()),
        title: match kind {
            Kind::Tiers => "Tiers".to_owned(),
            Kind::Scorecards => "Scorecards".to_owned(),
            Kind::Component => first.map_or_else(|| name.clone(), |component| component.title.clone()),
        },
        data,
        definition: psi(then, again),
        by_chance: by_chance(again, now),
        drift: data.map(Drifted::of),
        shares: shares.collect(),
    }
}

/// A component as each scorecard has it.
fn variants<'a>(score: &'a Score, name: &str) -> Vec<&'a Component> {
    let components = score.scorecards().iter().flat_map(|card| card.root.components());
    components.filter(|component| component.name == name).map(AsRef::as_ref).collect()
}

/// A place in words: its edges where all scorecards have the same.
fn words(spot: &Spot, component: Option<&Component>) -> String {
    let cases = component.map_or(&[][..], |component| &component.scoring.cases);
    let in_case = |case: u32, words: String| {
        if case > 1 || cases.len() > 1 { format!("case {case}: {words}") } else { words }
    };
    match spot {
        Spot::Bin(case, bin) => {
            let rule = cases.get((*case as usize).saturating_sub(1)).map(|case| &case.rule);
            let edges = rule.and_then(|rule| match rule {
                crate::semantic::Rule::Categories { points, .. } => {
                    points.get((*bin as usize).saturating_sub(1)).map(|(name, _)| name.clone())
                }
                rule => explain::place(rule, Some(*bin as usize)),
            });
            in_case(*case, edges.unwrap_or_else(|| format!("bin {bin}")))
        }
        Spot::Band(case, band) => {
            let end = |band: u32| band * 100 / BANDS;
            in_case(*case, format!("{} % to {} % of its points", end(band - 1), end(*band)))
        }
        Spot::State(state) => state.replace('_', " "),
        Spot::Named(name) => name.clone(),
    }
}
