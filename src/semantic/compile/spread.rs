//! How everybody is spread over what a component can have: its bins, and the reasons for which it has no value.

use std::sync::Arc;

use chrono::NaiveDate;

use super::components;
use super::query::Query;
use crate::semantic::definition::{Group, Node, Score, Source};

/// Bands of points of a component that has no bins.
pub const BANDS: u32 = 5;

impl Score {
    /// The query that counts the rows of some days by component, state, case, and bin; where a rule has no bins, by `band`, the
    /// fifth of its points from 1. In the order of these. `None` of a roll-up.
    pub fn spread(&self, days: &[NaiveDate]) -> Option<String> {
        let mut score = self.clone();
        let Source::Scorecards(cards) = &mut score.source else { return None };
        // What is said beside values counts nothing, and reads columns that need not be there.
        cards.iter_mut().for_each(|card| without_evidence(&mut card.root));
        let explained = components::model(&Query::new(&score, score.scorecards()));
        let days: Vec<String> = days.iter().map(|day| format!("DATE '{day}'")).collect();
        let band = format!(
            "CAST(least(floor((points - min_points) / (max_points - min_points) * {BANDS}), {}) AS INT) + 1",
            BANDS - 1
        );
        let of_value = |then: &str| format!("CASE WHEN state = 'observed' THEN {then} END");
        let items = [
            "component".to_owned(),
            "state".to_owned(),
            format!("{} AS rule_case", of_value("rule_case")),
            format!("{} AS bin", of_value("bin")),
            format!("CASE WHEN state = 'observed' AND bin IS NULL THEN {band} END AS band"),
        ];
        let key = "component, state, rule_case, bin, band";
        Some(format!(
            "SELECT {key}, count(*) AS n\nFROM (\nSELECT {}\nFROM (\n{}\n) AS explained\n\
             WHERE as_of_date IN ({}) AND state <> 'base'\n) AS placed\nGROUP BY {key}\nORDER BY {key}",
            items.join(", "),
            explained.query(),
            days.join(", ")
        ))
    }
}

fn without_evidence(group: &mut Group) {
    for part in &mut group.parts {
        match &mut part.node {
            Node::Component(component) => Arc::make_mut(component).evidence = None,
            Node::Group(inner) => without_evidence(inner),
        }
    }
}
