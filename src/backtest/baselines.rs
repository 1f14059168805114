//! What a score has to beat: numbers that need no score, and regressions learned from earlier days alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::Panel;
use crate::evidence::forward::{Parts, forward, regression};

/// A number a row by which the lowest are the likeliest to be lost, and what it is.
pub(super) struct Beside {
    pub(super) title: String,
    pub(super) number: Vec<Option<f64>>,
}

/// Metrics that stand for something people say or sign, where a project has them: lower is worse.
const JUDGED: [(&str, &str); 3] = [
    ("csm_pulse", "the owner's judgement (csm_pulse)"),
    ("renewal_probability", "the seller's call (renewal_probability)"),
    ("arr_growth_90d", "the last change of ARR (arr_growth_90d)"),
];

/// Metrics that say nothing of behaviour.
const STANDING: [&str; 2] = ["tenure_days", "days_to_renewal"];

/// All that a panel has the metrics for.
pub(super) fn baselines(panel: &Panel, parts: &Parts) -> Vec<Beside> {
    let mut found = Vec::new();
    found.extend(panel.since_last_use().map(|(title, number)| Beside { title, number }));
    let lost = panel.lost();
    let standing = standing(panel);
    if !standing.is_empty() {
        let columns: Vec<&Vec<Option<f64>>> = standing.values().collect();
        let number = forward(parts, &lost, |from, to| regression(&columns, &lost, from, to));
        found.push(Beside { title: "segment, tenure, days to renewal: no behaviour".to_owned(), number });
    }
    let measures: Vec<&Vec<Option<f64>>> = panel.measures().map(|(_, column)| column).collect();
    if !measures.is_empty() {
        let number = forward(parts, &lost, |from, to| regression(&measures, &lost, from, to));
        found.push(Beside { title: "a logistic regression on the metrics".to_owned(), number });
    }
    for (name, title) in JUDGED {
        if let Some(column) = panel.metrics.get(name) {
            found.push(Beside { title: title.to_owned(), number: column.clone() });
        }
    }
    found
}

/// Segments as columns of 0 and 1, tenure, and days to renewal.
fn standing(panel: &Panel) -> BTreeMap<String, Vec<Option<f64>>> {
    let members: BTreeSet<&String> = panel.rows.iter().filter_map(|row| row.segment.as_ref()).collect();
    let mut found: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    // The last one follows from the others.
    for member in members.iter().rev().skip(1) {
        let is =
            panel.rows.iter().map(|row| Some(f64::from(u8::from(row.segment.as_ref() == Some(*member)))));
        found.insert(format!("segment {member}"), is.collect());
    }
    for name in STANDING {
        if let Some(column) = panel.metrics.get(name) {
            found.insert(name.to_owned(), column.clone());
        }
    }
    found
}
