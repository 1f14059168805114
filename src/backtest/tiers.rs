//! The tiers against what became of accounts: who is lost of each, and how long before the loss it was at risk.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::evidence::{Observed, Panel};
use crate::semantic::Score;

/// A tier.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TierTold {
    /// Its name.
    pub tier: String,
    /// Whether it is declared to be at risk.
    pub at_risk: bool,
    /// Rows in it.
    pub rows: usize,
    /// Share of all rows.
    pub share: f64,
    /// Lost ones.
    pub lost: usize,
    /// Share of its rows that was lost; `None` without rows.
    pub lost_share: Option<f64>,
}

/// The tiers that are at risk.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AtRisk {
    /// Rows in one of them.
    pub rows: usize,
    /// Share of these that was lost; `None` without any.
    pub precision: Option<f64>,
    /// Share of all lost rows that was in one of them; `None` without any lost.
    pub recall: Option<f64>,
    /// Losses that are dated, each once.
    pub losses: usize,
    /// Those among them that were at risk on the last day on which it would have helped.
    pub losses_seen: usize,
    /// ARR of these.
    pub arr_seen: f64,
    /// ARR of the others.
    pub arr_not_seen: f64,
    /// Days between the first day of the last stretch at risk and the loss: a quarter, half, three quarters of the losses
    /// seen have at most so many. As fine as the days are apart.
    pub lead_days: Option<[i64; 3]>,
    /// Of rows that were acted upon: how many, and the share of them that was lost.
    pub acted_upon: Option<(usize, f64)>,
    /// Of rows that were not.
    pub not_acted_upon: Option<(usize, f64)>,
}

/// The tiers in the order in which they are declared, lowest first, and then whatever else was published.
pub(super) fn tiers(score: &Score, panel: &Panel) -> Vec<TierTold> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in &panel.rows {
        let count = counts.entry(&row.tier).or_default();
        count.0 += 1;
        count.1 += usize::from(row.outcome.is_lost);
    }
    let declared = score.tiers.iter().map(|tier| (tier.name.as_str(), tier.at_risk));
    let known: Vec<(&str, bool)> = declared.collect();
    let others =
        counts.keys().filter(|name| !known.iter().any(|(own, _)| own == *name)).map(|name| (*name, false));
    let all: Vec<(&str, bool)> = known.iter().copied().chain(others).collect();
    let told = |(name, at_risk): (&str, bool)| {
        let (rows, lost) = counts.get(name).copied().unwrap_or_default();
        TierTold {
            tier: name.to_owned(),
            at_risk,
            rows,
            share: rows as f64 / panel.rows.len().max(1) as f64,
            lost,
            lost_share: (rows > 0).then(|| lost as f64 / rows as f64),
        }
    };
    all.into_iter().map(told).collect()
}

/// Whether a lower tier loses a share that is no smaller than that of the next one; tiers without rows are passed over.
pub(super) fn is_monotone(tiers: &[TierTold]) -> bool {
    let shares: Vec<f64> = tiers.iter().filter_map(|tier| tier.lost_share).collect();
    shares.windows(2).all(|pair| pair[0] >= pair[1])
}

/// A loss that is dated, with all rows up to the last from which it was seen, the earliest first.
struct Loss<'a> {
    lost_on: NaiveDate,
    rows: Vec<&'a Observed>,
}

fn losses(panel: &Panel) -> Vec<Loss<'_>> {
    let mut found: BTreeMap<(&str, NaiveDate), usize> = BTreeMap::new();
    for row in &panel.rows {
        if let Some(lost_on) = row.outcome.lost_on.filter(|_| row.outcome.is_lost) {
            found.insert((&row.account, lost_on), row.day);
        }
    }
    let before = |account: &str, last: usize| {
        panel.rows.iter().filter(move |row| row.account == account && row.day <= last).collect()
    };
    let loss = |((account, lost_on), last): ((&str, NaiveDate), usize)| Loss {
        lost_on,
        rows: before(account, last),
    };
    found.into_iter().map(loss).collect()
}

/// The tiers at risk against the losses. `acted` says of each row whether something was done about it.
pub(super) fn at_risk(score: &Score, panel: &Panel, acted: Option<&[bool]>) -> AtRisk {
    let is_at_risk = |tier: &str| score.is_at_risk(tier);
    let flagged: Vec<usize> =
        (0..panel.rows.len()).filter(|row| is_at_risk(&panel.rows[*row].tier)).collect();
    let lost_of = |rows: &[usize]| rows.iter().filter(|row| panel.rows[**row].outcome.is_lost).count();
    let share = |rows: &[usize]| (!rows.is_empty()).then(|| lost_of(rows) as f64 / rows.len() as f64);
    let lost = panel.rows.iter().filter(|row| row.outcome.is_lost).count();
    let mut told = AtRisk {
        rows: flagged.len(),
        precision: share(&flagged),
        recall: (lost > 0).then(|| lost_of(&flagged) as f64 / lost as f64),
        ..AtRisk::default()
    };
    if let Some(acted) = acted {
        let (upon, not): (Vec<usize>, Vec<usize>) = flagged.iter().partition(|row| acted[**row]);
        told.acted_upon = share(&upon).map(|share| (upon.len(), share));
        told.not_acted_upon = share(&not).map(|share| (not.len(), share));
    }
    let mut leads: Vec<i64> = Vec::new();
    for loss in losses(panel) {
        told.losses += 1;
        let Some(last) = loss.rows.last() else { continue };
        let arr = last.arr.unwrap_or_default();
        if !is_at_risk(&last.tier) {
            told.arr_not_seen += arr;
            continue;
        }
        told.losses_seen += 1;
        told.arr_seen += arr;
        let stretch = loss.rows.iter().rev().take_while(|row| is_at_risk(&row.tier)).last();
        leads.extend(stretch.map(|row| (loss.lost_on - panel.days[row.day]).num_days()));
    }
    leads.sort_unstable();
    let quarter = |of: usize| leads[(leads.len() * of).div_ceil(4) - 1];
    told.lead_days = (!leads.is_empty()).then(|| [quarter(1), quarter(2), quarter(3)]);
    told
}
