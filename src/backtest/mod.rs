//! Whether a score means anything: on past days, against what became of accounts.
//!
//! ```text
//!  panel: who was scored on past days, what became of them ─┬─► figures of the score, its components, segments
//!                                                           ├─► baselines: what it has to beat, learned from earlier days
//!                                                           ├─► tiers: who is lost of each, seen how long before
//!                                                           └─► names: lost while green, red and still there
//! ```
//!
//! | file | about |
//! | --- | --- |
//! | `told` | what is told |
//! | `probe` | metrics that know what they cannot know yet |
//! | `challenger` | another definition on the same rows: a draft, computed from stored metrics |
//! | `baselines` | numbers that need no score, and regressions |
//! | `tiers`, `named` | tiers against losses; accounts of which the score was wrong |
//!
//! A figure is told with the range in which 95 of 100 such figures lie, made by drawing accounts again with all of their rows;
//! accounts of one parent are drawn together. Of fewer than 30 lost accounts nothing is told.

mod baselines;
mod challenger;
mod named;
mod probe;
mod tiers;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

pub use challenger::{Arm, Challenged};
pub use named::Named;
pub use probe::{Leak, Probe, probe};
pub use tiers::{AtRisk, TierTold};
pub use told::{Backtest, Baseline, ComponentTold, Cut, GroupTold, Tenth, Verdict};

use crate::error::{Error, Result};
use crate::evidence::forward::parts;
use crate::evidence::{
    Ahead, Figures, From, Gain, Intervals, Judged, Ordered, Outcomes, Panel, Population, Published, Which,
    panel, quantile, rank_correlation,
};
use crate::explain::score_named;
use crate::semantic::{By, Score};

/// Calls that one owner can make in a week.
const CALLS_OF_AN_OWNER: f64 = 5.0;

/// Share of the accounts of a day that is looked at, where owners are not told.
const CALLS_WITHOUT_OWNERS: f64 = 0.1;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The score; the main one, or the only one, where none is named.
    pub score: Option<String>,
    /// A draft or score that is judged on the same rows.
    pub challenger: Option<String>,
    /// Which of the published days.
    pub days: Which,
    /// The reading of what was published, for people: `as known` or `as happened`.
    pub reading: &'static str,
    /// Where outcomes are from.
    pub outcomes: From,
    /// The time that is looked at.
    pub ahead: Ahead,
    /// How many accounts of a day are looked at; five an owner where it is not said.
    pub calls: Option<f64>,
    /// A column of metrics above zero where something was done about an account.
    pub acted: Option<String>,
    /// How many accounts are named of each kind.
    pub names: usize,
    /// A condition on a row of metrics, in SQL, of whose accounts are looked at.
    pub condition: Option<String>,
}

impl Asked {
    fn population<'a>(
        &'a self,
        score: &'a Score,
        days: &'a [NaiveDate],
        outcomes: &'a Outcomes,
    ) -> Population<'a> {
        Population { score: Some(score), days, outcomes, metrics: None, condition: self.condition.as_deref() }
    }
}

/// Judges a score on past days.
///
/// # Errors
/// [`Error::Usage`] for what is not there, and for fewer than 30 accounts that were lost or stayed; [`Error::Project`] where
/// nothing is published; what storage and the engine say.
pub async fn backtest(published: &Published<'_>, asked: &Asked) -> Result<Backtest> {
    let score = score_named(published.pipeline, asked.score.as_deref())?;
    let outcomes = Outcomes::read(published, &asked.outcomes, asked.ahead).await?;
    let days = asked.days.of(published, &score.table(), &outcomes).await?;
    let panel = panel(published, asked.population(score, &days, &outcomes)).await?;
    let (accounts_lost, accounts_kept) = panel.accounts();
    panel.enough(&outcomes)?;
    let mut notes = Vec::new();
    let calls = calls(asked.calls, &panel, &mut notes);
    notes.extend(unknown(&outcomes, &panel));
    let (lost, judged) = (panel.lost(), Judged::of(&panel, calls));
    let acted = acted(asked.acted.as_deref(), &panel)?;
    let tiers = tiers::tiers(score, &panel);
    let (false_greens, false_reds) = named::named(score, &panel, acted.as_deref(), asked.names);
    let challenger = match &asked.challenger {
        Some(name) => Some(challenger::challenged(published, name, (&panel, &judged)).await?),
        None => None,
    };
    let figures = judged.figures(&panel.score, Intervals::OfAll);
    let figures = figures.ok_or_else(|| Error::Bug("no figures of enough accounts".to_owned()))?;
    Ok(Backtest {
        score_name: score.name.clone(),
        title: score.title.clone(),
        definition: score.definition.clone(),
        reading: asked.reading,
        outcomes: outcomes.words.clone(),
        lead_days: outcomes.is_of_time().then_some(outcomes.ahead.lead),
        horizon_days: outcomes.is_of_time().then_some(outcomes.ahead.horizon),
        rows: panel.rows.len(),
        lost: lost.iter().filter(|lost| **lost).count(),
        accounts_lost,
        accounts_kept,
        apart: panel.apart.clone(),
        calls,
        score: figures,
        without_ours: judged.figures(&panel.without_ours, Intervals::OfAuc),
        arr_correlation: arr_correlation(&panel)?,
        challenger,
        baselines: baselines(&panel, &outcomes, &judged),
        components: components(score, &panel, &judged),
        groups: groups(&panel, &judged),
        cuts: cuts(&panel, &judged, calls),
        is_monotone: tiers::is_monotone(&tiers),
        tiers,
        at_risk: tiers::at_risk(score, &panel, acted.as_deref()),
        false_greens,
        false_reds,
        tenths: tenths(&panel.score, &lost),
        notes,
        days,
    })
}

/// Labels of accounts that nobody knows.
fn unknown(outcomes: &Outcomes, panel: &Panel) -> Option<String> {
    let unknown: Vec<&str> =
        outcomes.accounts().into_iter().filter(|own| !panel.seen.contains(*own)).collect();
    let named: Vec<String> = unknown.iter().take(3).map(|own| crate::diagnostic::visible(own)).collect();
    (!unknown.is_empty()).then(|| {
        let more = if unknown.len() > named.len() { ", …" } else { "" };
        format!(
            "{} accounts of {} were not scored on any of these days: {}{more}",
            unknown.len(),
            outcomes.words,
            named.join(", ")
        )
    })
}

/// How many accounts of a day are looked at.
fn calls(asked: Option<f64>, panel: &Panel, notes: &mut Vec<String>) -> f64 {
    if let Some(calls) = asked {
        return calls;
    }
    let owners: BTreeSet<&String> = panel.rows.iter().filter_map(|row| row.owner.as_ref()).collect();
    if !owners.is_empty() {
        notes.push(format!("lift is that of {} owners with 5 calls each", owners.len()));
        return CALLS_OF_AN_OWNER * owners.len() as f64;
    }
    notes.push(
        "lift is that of a tenth of the accounts of a day: no metric says who looks after them".to_owned(),
    );
    (CALLS_WITHOUT_OWNERS * panel.rows.len() as f64 / panel.days.len().max(1) as f64).ceil()
}

/// Whether something was done about each row.
fn acted(column: Option<&str>, panel: &Panel) -> Result<Option<Vec<bool>>> {
    let Some(values) = column.map(|name| panel.metric(name)).transpose()? else { return Ok(None) };
    Ok(Some(values.iter().map(|value| value.is_some_and(|value| value > 0.0)).collect()))
}

fn arr_correlation(panel: &Panel) -> Result<Option<f64>> {
    let change = panel.rows.iter().map(|row| {
        let (arr, later) = (row.arr.filter(|arr| *arr > 0.0)?, row.outcome.arr_later?);
        Some(later / arr - 1.0)
    });
    rank_correlation(&panel.score, &change.collect::<Vec<_>>())
}

fn baselines(panel: &Panel, outcomes: &Outcomes, judged: &Judged) -> Vec<Baseline> {
    let found = baselines::baselines(panel, &parts(panel, outcomes));
    let told = found.into_iter().map(|beside| Baseline {
        figures: judged.figures(&beside.number, Intervals::OfAll),
        gain: judged.gain(&panel.score, &beside.number),
        title: beside.title,
    });
    told.collect()
}

fn components(score: &Score, panel: &Panel, judged: &Judged) -> Vec<ComponentTold> {
    let told = panel.components.iter().map(|component| {
        let figures = judged.figures(&component.points, Intervals::OfAuc);
        let gain = figures.as_ref().and_then(|_| judged.gain(&panel.score, &component.without));
        ComponentTold {
            name: component.name.clone(),
            title: component.title.clone(),
            by: by(score, &component.name),
            coverage: component.points.iter().flatten().count() as f64 / panel.rows.len() as f64,
            verdict: verdict(figures.as_ref(), gain.as_ref()),
            figures,
            gain,
        }
    });
    told.collect()
}

fn groups(panel: &Panel, judged: &Judged) -> Vec<GroupTold> {
    let told = panel.groups.iter().map(|group| GroupTold {
        name: group.name.clone(),
        title: group.title.clone(),
        coverage: group.values.iter().flatten().count() as f64 / panel.rows.len() as f64,
        figures: judged.figures(&group.values, Intervals::OfAuc),
    });
    told.collect()
}

/// Whose doing a component's value is.
fn by(score: &Score, name: &str) -> By {
    let cards = score.scorecards().iter();
    let found = cards.flat_map(|card| card.root.components()).find(|own| own.name == name);
    found.map_or(By::Customer, |own| own.by)
}

fn verdict(figures: Option<&Figures>, gain: Option<&Gain>) -> Verdict {
    let Some(auc) = figures.map(|figures| figures.auc) else { return Verdict::TooFew };
    let is_chance = auc.interval.is_none_or(|interval| interval.covers(0.5));
    match gain.filter(|gain| !gain.is_noise()).map(|gain| gain.auc > 0.0) {
        Some(true) => Verdict::Adds,
        Some(false) => Verdict::Weakens,
        None if is_chance => Verdict::DoesNothing,
        None if auc.value < 0.5 => Verdict::WrongWay,
        None if gain.is_none() => Verdict::Tells,
        None => Verdict::TellsAsTheRest,
    }
}

/// The rows by segment, scorecard, and thirds of ARR, where there is more than one.
fn cuts(panel: &Panel, judged: &Judged, calls: f64) -> Vec<Cut> {
    let mut found = cut(panel, (judged, calls), "segment", |row| panel.rows[row].segment.clone());
    found.extend(cut(panel, (judged, calls), "scorecard", |row| panel.rows[row].scorecard.clone()));
    let mut arr: Vec<f64> = panel.rows.iter().filter_map(|row| row.arr).collect();
    arr.sort_by(f64::total_cmp);
    if !arr.is_empty() {
        let (low, high) = (quantile(&arr, 1.0 / 3.0), quantile(&arr, 2.0 / 3.0));
        let third = |arr: f64| match arr {
            arr if arr <= low => "1 least third",
            arr if arr <= high => "2 middle third",
            _ => "3 greatest third",
        };
        found.extend(cut(panel, (judged, calls), "ARR", |row| {
            panel.rows[row].arr.map(|arr| third(arr).to_owned())
        }));
    }
    found
}

fn cut(
    panel: &Panel,
    (judged, calls): (&Judged, f64),
    by: &'static str,
    member: impl Fn(usize) -> Option<String>,
) -> Vec<Cut> {
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in 0..panel.rows.len() {
        if let Some(member) = member(row) {
            members.entry(member).or_default().push(row);
        }
    }
    if members.len() < 2 {
        return Vec::new();
    }
    let told = members.into_iter().map(|(member, rows)| {
        let mut number = vec![None; panel.rows.len()];
        rows.iter().for_each(|row| number[*row] = panel.score[*row]);
        let lost = rows.iter().filter(|row| panel.rows[**row].outcome.is_lost).count();
        // Of the calls as many as of the rows.
        let calls = calls * rows.len() as f64 / panel.rows.len() as f64;
        let figures = judged.called(&number, calls, Intervals::OfAuc);
        Cut { by, member, rows: rows.len(), lost, figures }
    });
    told.collect()
}

/// The rows in tenths by the score: the edges are its quantiles, and what is at an edge is below it.
pub fn tenths(score: &[Option<f64>], lost: &[bool]) -> Vec<Tenth> {
    let ordered = Ordered::of(score);
    let sorted: Vec<f64> = ordered.rows().iter().filter_map(|row| score[*row]).collect();
    if sorted.is_empty() {
        return Vec::new();
    }
    let edges: Vec<f64> = (1..10).map(|tenth| quantile(&sorted, f64::from(tenth) / 10.0)).collect();
    let mut sums = vec![(0.0, 0_usize, 0_usize); 10];
    for row in ordered.rows() {
        let Some(value) = score[*row] else { continue };
        let sum = &mut sums[edges.partition_point(|edge| *edge < value)];
        *sum = (sum.0 + value, sum.1 + 1, sum.2 + usize::from(lost[*row]));
    }
    let told = sums.into_iter().filter(|(_, rows, _)| *rows > 0);
    told.map(|(sum, rows, lost)| Tenth { score: sum / rows as f64, rows, lost: lost as f64 / rows as f64 })
        .collect()
}

/// The days that are looked at, in words.
pub fn days_in_words(days: &[NaiveDate]) -> String {
    match days {
        [] => "no day".to_owned(),
        [only] => format!("{only}"),
        [first, .., last] => format!("{} days from {first} to {last}", days.len()),
    }
}
