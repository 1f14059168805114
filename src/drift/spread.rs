//! How many rows are where, by a definition.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::diff::{Stored, everybody};
use crate::error::{Error, Result};
use crate::read::columns::{known_texts, numbers};
use crate::semantic::Score;

/// What rows are spread over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The tiers of the score.
    Tiers,
    /// Its scorecards.
    Scorecards,
    /// A component.
    Component,
}

/// What is spread: a component, or the tiers or scorecards of the score.
pub(super) type Of = (Kind, String);

/// Where a row can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    /// A bin or category, by the number of its case and its own.
    Bin(u32, u32),
    /// A band of points, by the number of its case and its own, where the rule has no bins.
    Band(u32, u32),
    /// No value, and why.
    State(String),
    /// A tier or scorecard.
    Named(String),
}

/// Rows by where they are.
pub(super) type Counts = BTreeMap<Spot, u64>;

/// Everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spread(pub(super) BTreeMap<Of, Counts>);

impl Spread {
    /// The rows of more days.
    pub(super) fn add(&mut self, other: Self) {
        for (of, counts) in other.0 {
            let own = self.0.entry(of).or_default();
            counts.into_iter().for_each(|(spot, rows)| *own.entry(spot).or_default() += rows);
        }
    }

    /// The rows of the score.
    pub(super) fn rows(&self) -> u64 {
        self.0.get(&(Kind::Tiers, String::new())).map_or(0, |counts| counts.values().sum())
    }
}

/// Where the rows of some days are by a definition, over metrics as they are published.
pub(super) async fn spread(stored: &Stored<'_>, score: &Score, days: &[NaiveDate]) -> Result<Spread> {
    let mut all = Spread::default();
    let scored = everybody(stored, score, days).await?;
    let named = [(Kind::Tiers, scored.tier), (Kind::Scorecards, scored.card.into_iter().flatten().collect())];
    for (kind, names) in named {
        let counts = all.0.entry((kind, String::new())).or_default();
        names.into_iter().for_each(|name| *counts.entry(Spot::Named(name)).or_default() += 1);
    }
    let sql = score.spread(days).ok_or_else(|| Error::Bug(format!("{} is a roll-up", score.name)))?;
    let rows = stored.rows(&format!("the components of {}", score.name), &sql).await?;
    let whole = |name: &str| -> Result<Vec<Option<u32>>> {
        Ok(numbers(&rows, name)?.into_iter().map(|number| number.map(|number| number as u32)).collect())
    };
    let (cases, bins, bands) = (whole("rule_case")?, whole("bin")?, whole("band")?);
    let (components, states) = (known_texts(&rows, "component")?, known_texts(&rows, "state")?);
    for (row, count) in numbers(&rows, "n")?.into_iter().enumerate() {
        let case = cases[row].unwrap_or(1);
        let spot = match (bins[row], bands[row]) {
            (Some(bin), _) => Spot::Bin(case, bin),
            (None, Some(band)) => Spot::Band(case, band),
            (None, None) => Spot::State(states[row].clone()),
        };
        let counts = all.0.entry((Kind::Component, components[row].clone())).or_default();
        *counts.entry(spot).or_default() += count.unwrap_or_default() as u64;
    }
    Ok(all)
}
