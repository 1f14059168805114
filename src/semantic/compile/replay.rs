//! A score of everybody once more: what a definition makes of stored metrics, whoever published them, and how everybody came
//! from one day to another.
//!
//! Both begin and end with the steps of the published score, so that the same definition gives the same numbers.

use chrono::NaiveDate;

use super::measure;
use super::query::{Query, Slot};
use super::scores::{decided, tier_of};
use super::steps;
use super::what_if::{Fact, columns, query};
use super::writer::{Writer, text};
use crate::semantic::definition::{Case, OnMissing, Rule, Score};

/// The stages of the way from one day to another: the first day as it was; with the scorecard of the second; with the
/// components of the second that came or went missing; with all components of the second.
pub const STAGES: usize = 4;

impl Score {
    /// The query for the score of every row of metrics on some days: the entity's key, `as_of_date`, `score`, `raw_score`
    /// (before overrides and rounding), `tier`, `scorecard`, whether such a row stops a run (`is_refused`), and of each component `is_known_x`; in the order of the key.
    /// `None` of a roll-up.
    pub fn of_everybody(&self, days: &[NaiveDate]) -> Option<String> {
        let query = query(self)?;
        let mut writer = Writer::bare();
        steps::write(&mut writer, &query, &[]);
        let last = decided(&mut writer, (self, query.grid), "scored");
        let mut items: Vec<String> = query.key().into_iter().map(str::to_owned).collect();
        items.extend(["score".to_owned(), "raw_score".to_owned(), tier(&query)]);
        items.push(format!("{} AS scorecard", query.by_card(|card| Some(text(&query.cards[card].name)))));
        items.push(is_refused(&query));
        items.extend(query.slots.iter().map(|slot| is_known(&query, slot)));
        let days: Vec<String> = days.iter().map(|day| format!("DATE '{day}'")).collect();
        let key = query.key().join(", ");
        let from = format!("{last}\nWHERE as_of_date IN ({})\nORDER BY {key}", days.join(", "));
        writer.select(&items, &from);
        Some(writer.into_sql())
    }

    /// The query for the scores at the [`STAGES`] of the way from one day to another, of everybody with a row on both: the
    /// entity's key, `stage` from 0, `score` after what people set against it on the first day, and `tier`; in the order of
    /// both. `None` of a roll-up.
    pub fn between_days(&self, from: NaiveDate, to: NaiveDate) -> Option<String> {
        let query = query(self)?;
        let mut writer = Writer::bare();
        let last = measure::write(&mut writer, &query, &[]);
        for (name, day) in [("first_day", from), ("second_day", to)] {
            let on_the_day = format!("{last} WHERE as_of_date = DATE '{day}'");
            writer.step(name, "What was measured on a day.", &["*".to_owned()], &on_the_day);
        }
        staged(&mut writer, &query);
        steps::write_scored(&mut writer, &query, "staged");
        let last = decided(&mut writer, (self, query.grid), "scored");
        let key = self.entity.key().join(", ");
        let items = [key.clone(), "stage".to_owned(), "score".to_owned(), tier(&query)];
        writer.select(&items, &format!("{last}\nORDER BY {key}, stage"));
        Some(writer.into_sql())
    }
}

fn tier(query: &Query<'_>) -> String {
    format!("{} AS tier", tier_of(query.score, &|at| query.grid.edge(at)))
}

/// Whether the component of a slot has a value, or none because usage is zero and that is worth points.
fn is_known(query: &Query<'_>, slot: &Slot<'_>) -> String {
    let zero = slot.answered().map_or_else(String::new, |zero| format!(" OR ({zero}) IS TRUE"));
    let known =
        query.by_card(|card| Some(format!("({} IS NOT NULL{zero})", slot.known(slot.variant_of(card)?))));
    format!("coalesce({known}, FALSE) AS is_known_{}", slot.name())
}

/// Whether a component of the row may not be missing and is, or has a value that is worth nothing: what the contract of the
/// components refuses.
fn is_refused(query: &Query<'_>) -> String {
    let refused = query.slots.iter().filter_map(|slot| {
        let of_card = |card: usize| {
            let variant = slot.variant_of(card)?;
            let reasons = reasons(slot, variant);
            Some(if reasons.is_empty() { "FALSE".to_owned() } else { format!("({})", reasons.join(" OR ")) })
        };
        let refused = query.by_card(of_card);
        (refused != "FALSE").then_some(refused)
    });
    let refused: Vec<String> = refused.map(|refused| format!("coalesce({refused}, FALSE)")).collect();
    let refused = if refused.is_empty() { "FALSE".to_owned() } else { refused.join(" OR ") };
    format!("{refused} AS is_refused")
}

fn reasons(slot: &Slot<'_>, variant: usize) -> Vec<String> {
    let scoring = &slot.variants[variant].component.scoring;
    let mut reasons = Vec::new();
    if scoring.on_missing == OnMissing::Fail {
        let counts = [slot.not_applicable(), slot.answered()].into_iter().flatten();
        let counts: String = counts.map(|not| format!(" AND ({not}) IS NOT TRUE")).collect();
        reasons.push(format!("{} IS NULL{counts}", slot.measure()));
    }
    let may_be_worth_nothing =
        |case: &Case| matches!(case.rule, Rule::Categories { otherwise: None, .. } | Rule::Ordinal(_));
    if scoring.cases.iter().any(may_be_worth_nothing) {
        reasons.push(format!("{} IS NOT NULL AND points_{} IS NULL", slot.measure(), slot.name()));
    }
    reasons
}

/// Writes the step `staged`: every row of the first day once for each stage.
fn staged(writer: &mut Writer, query: &Query<'_>) {
    let columns = columns(query);
    let mut items: Vec<String> = query.key().iter().map(|key| format!("first_day.{key}")).collect();
    items.push("stage".to_owned());
    items.extend(columns.iter().map(|column| {
        let (name, turns) = (&column.name, turns(&columns, column));
        format!("CASE WHEN {turns} THEN second_day.{name} ELSE first_day.{name} END AS {name}")
    }));
    let same = query.score.entity.key().iter().map(|key| format!("second_day.{key} = first_day.{key}"));
    let numbers: Vec<String> = (0..STAGES).map(|stage| format!("({stage})")).collect();
    let from = format!(
        "first_day\n  JOIN second_day ON {}\n  CROSS JOIN (VALUES {}) AS stages (stage)",
        same.collect::<Vec<_>>().join(" AND "),
        numbers.join(", ")
    );
    writer.step("staged", "The way from the one to the other.", &items, &from);
}

/// From which stage on a column is that of the second day.
fn turns(columns: &[Fact], column: &Fact) -> String {
    let Some(component) = &column.component else { return "stage >= 1".to_owned() };
    let known = |day: &str| {
        let own =
            columns.iter().filter(|other| other.is_known && other.component.as_ref() == Some(component));
        let there: Vec<String> = own.map(|other| format!("{day}.{} IS NOT NULL", other.name)).collect();
        format!("({})", there.join(" OR "))
    };
    format!("stage >= 3 OR stage = 2 AND {} <> {}", known("first_day"), known("second_day"))
}
