//! What components measure, and why they do not.

use super::Sheets;
use crate::semantic::language::{Component, Give, Missing, Relative, Value};
use crate::semantic::world::Row;

/// What is known of a component on a row.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    pub value: Option<f64>,
    pub category: Option<String>,
    /// The value, or what it was compared to.
    pub measure: Option<f64>,
    pub state: &'static str,
}

impl Measured {
    pub fn is_observed(&self) -> bool {
        self.measure.is_some() || self.category.is_some()
    }

    pub fn applies(&self) -> bool {
        !matches!(self.state, "not_applicable" | "expected_idle")
    }
}

fn finite(number: f64) -> Option<f64> {
    // A negative zero is a zero.
    number.is_finite().then_some(number + 0.0)
}

fn number(value: Value, row: &Row) -> Option<f64> {
    match value {
        Value::Metric(at) => row.metrics[at],
        Value::Ratio(above, below) => {
            let below = row.metrics[below].filter(|below| *below != 0.0)?;
            Some(row.metrics[above]? / below)
        }
        Value::Events => row.events.map(|events| events as f64),
        Value::Pulse => row.pulse.map(|pulse| pulse as f64),
        Value::Grade => None,
    }
}

/// What its age leaves of a value.
fn aged(component: &Component, row: &Row) -> Option<f64> {
    let value = number(component.value, row)?;
    let Some(decay) = component.decay else { return Some(value) };
    let age = row.age.filter(|age| age.is_finite())?;
    if decay.expires_after.is_some_and(|days| age > days) {
        return None;
    }
    let Some((toward, evenly, days)) = decay.fading else { return Some(value) };
    let left = match (age <= 0.0, evenly) {
        (true, _) => 1.0,
        (false, true) => (1.0 - age / days).max(0.0),
        (false, false) => 0.5_f64.powf(age / days),
    };
    Some(toward + (value - toward) * left)
}

/// A component on every row.
pub fn all(component: &Component, sheets: &Sheets, rows: &[Row]) -> Vec<Measured> {
    let mut all: Vec<Measured> = (0..rows.len()).map(|at| observed(component, sheets, (at, rows))).collect();
    let held: Vec<bool> =
        all.iter().map(|measured| !matches!(measured.state, "observed" | "not_reported")).collect();
    let measures: Vec<Option<f64>> = (0..rows.len())
        .map(|at| match component.relative {
            None => all[at].value,
            Some(relative) => {
                let value = all[at].value?;
                finite(compared((relative, value), (at, rows), &|at| all[at].value)?)
            }
        })
        .collect();
    for (measured, measure) in all.iter_mut().zip(measures) {
        measured.measure = measure;
        if measure.is_none() && measured.value.is_some() {
            measured.state = "not_yet";
        }
    }
    let held: Vec<bool> =
        held.into_iter().zip(&all).map(|(held, measured)| held || measured.is_observed()).collect();
    for at in (0..rows.len()).filter(|at| !held[*at]) {
        let Some((when, give)) = component.zero else { break };
        let said = when.is_some_and(|when| when.holds(&rows[at]) == Some(true));
        if said || of_zeros(component, (at, rows), &|at| all[at].value) {
            all[at].state = if give == Give::NotApplicable { "not_applicable" } else { "zero_base" };
        }
    }
    all
}

/// Whether a value and the mean of its history, which it is the change of, are both 0.
fn of_zeros(component: &Component, (at, rows): (usize, &[Row]), of: &dyn Fn(usize) -> Option<f64>) -> bool {
    let Some(Relative::Own(days, gap, true)) = component.relative else { return false };
    let total = history((days, gap), (at, rows), of);
    of(at) == Some(0.0) && !total.is_empty() && total.iter().sum::<i128>() == 0
}

/// A value, or why there is none.
fn observed(component: &Component, sheets: &Sheets, (at, rows): (usize, &[Row])) -> Measured {
    let row = &rows[at];
    let fails = |when: Option<super::Condition>| when.is_some_and(|when| when.holds(row) != Some(true));
    let state = if sheets.asks_not(component, row) || fails(component.applies_when) {
        "not_applicable"
    } else if sheets.expects_none(component, (at, rows)) {
        "expected_idle"
    } else if fails(component.ready_when) {
        "not_yet"
    } else {
        "observed"
    };
    if state != "observed" {
        return Measured { state, ..Measured::default() };
    }
    let category = if component.value == Value::Grade { row.grade.map(str::to_owned) } else { None };
    let value = aged(component, row).and_then(finite);
    let there = category.is_some() || value.is_some();
    Measured { value, category, measure: None, state: if there { "observed" } else { "not_reported" } }
}

/// A value against others; `of` is the value of a row.
fn compared(
    (relative, value): (Relative, f64),
    (at, rows): (usize, &[Row]),
    of: &dyn Fn(usize) -> Option<f64>,
) -> Option<f64> {
    let row = &rows[at];
    let values = |is: &dyn Fn(&Row) -> bool| -> Vec<f64> {
        (0..rows.len()).filter(|other| is(&rows[*other])).filter_map(of).collect()
    };
    match relative {
        Relative::Own(days, gap, change) => {
            let billionths = history((days, gap), (at, rows), of);
            let total: i128 = billionths.iter().sum();
            let mean = total as f64 / 1e9 / billionths.len() as f64;
            match (billionths.len(), change) {
                (0, _) => None,
                (_, false) => Some(value - mean),
                (_, true) => (total != 0).then(|| value / mean - 1.0),
            }
        }
        Relative::Peers(by, percentile) => {
            let alike = |other: &Row| !by || other.segment == row.segment;
            standing(value, &values(&|other| other.day == row.day && alike(other)), percentile)
        }
        Relative::Reference(from, to, percentile) => {
            standing(value, &values(&|other| (from..=to).contains(&other.day)), percentile)
        }
    }
}

/// The values of the days before, in billionths.
fn history(
    (days, gap): (u32, u32),
    (at, rows): (usize, &[Row]),
    of: &dyn Fn(usize) -> Option<f64>,
) -> Vec<i128> {
    let row = &rows[at];
    let last = row.day - gap as i32;
    let history = last - days as i32 + 1..=last;
    let own = (0..rows.len()).filter(|other| rows[*other].is_of(row) && history.contains(&rows[*other].day));
    own.filter_map(of).filter(|value| value.abs() < 1e15).map(|value| (value * 1e9).round() as i128).collect()
}

/// How a value stands among others, from 0 to 1.
fn standing(value: f64, others: &[f64], percentile: bool) -> Option<f64> {
    if percentile {
        let at_most = others.iter().filter(|other| **other <= value).count();
        return (!others.is_empty()).then(|| at_most as f64 / others.len() as f64);
    }
    let least = others.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = others.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (greatest > least).then(|| {
        if value <= least {
            0.0
        } else if value >= greatest {
            1.0
        } else {
            (value - least) / (greatest - least)
        }
    })
}

/// What a row's points are of: what was measured, or where that is carried forward, the last before.
pub fn known(
    sheets: &Sheets,
    rows: &[Row],
    (at, name): (usize, &str),
    measured: &[Measured],
) -> Option<Measured> {
    if measured[at].is_observed() {
        return Some(measured[at].clone());
    }
    let row = &rows[at];
    let sheet = sheets.of_row(row);
    sheet.rule(name, row)?;
    let Some(Missing::CarryForward(days)) = sheet.scorings[name].missing else { return None };
    if !measured[at].applies() || measured[at].state == "zero_base" {
        return None;
    }
    let recent = row.day - days as i32..row.day;
    let before = (0..rows.len()).filter(|other| {
        rows[*other].is_of(row) && recent.contains(&rows[*other].day) && measured[*other].is_observed()
    });
    before.max_by_key(|other| rows[*other].day).map(|other| measured[other].clone())
}
