//! A score without one of its components: the published points, with that component's taken away, through the same groups.

use super::query::Query;
use super::steps;
use super::writer::{Writer, case, text};
use crate::project::identifier::identifier;
use crate::project::layer::ModelName;
use crate::semantic::Semantics;
use crate::semantic::definition::{By, Score};

/// A query for a score with all components, without each, and without all that are ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithoutOne {
    /// A query over `components.<score>` and `scores.<score>`: the entity's key, `left_out` (0 for none, else the number of
    /// the component, from 1; one more for all that are ours, where there are any) and `score`, before overrides and rounding. Rows without a published score are left out.
    pub sql: String,
    /// The components, in the order of their numbers.
    pub components: Vec<String>,
    /// Whether there is a number for those whose values are our doing.
    pub has_ours: bool,
}

impl Semantics {
    /// The query for a score without each of its components, of all that is published of it. The weight of what is left
    /// out goes where that of a missing component goes; a minimum coverage is not asked for. `None` of a roll-up.
    pub fn without_one(&self, score: &Score) -> Option<WithoutOne> {
        let cards = score.scorecards();
        if cards.is_empty() {
            return None;
        }
        let query = Query::new(score, cards);
        let mut writer = Writer::bare();
        published(&mut writer, &query);
        pointed(&mut writer, &query);
        let (trees, last) = steps::write_trees(&mut writer, &query);
        let whole = steps::whole(&query, &trees);
        let key = score.entity.key().join(", ");
        writer.push(&format!(
            "\nSELECT {key}, left_out, {} AS score FROM (SELECT *, {whole} AS whole FROM {last}) AS valued \
             ORDER BY {key}, left_out",
            query.grid.snapped("whole")
        ));
        let components = query.slots.iter().map(|slot| slot.name().to_owned()).collect();
        Some(WithoutOne { sql: writer.into_sql(), components, has_ours: has_ours(&query) })
    }
}

/// One row per account with the points of all components, as published.
fn published(writer: &mut Writer, query: &Query<'_>) {
    let components = identified(&query.score.components_table());
    let scores = identified(&query.score.table());
    let key = query.key();
    let own: Vec<String> = key.iter().map(|key| format!("c.{key}")).collect();
    let on: Vec<String> = key.iter().map(|key| format!("s.{key} = c.{key}")).collect();
    let mut items = own.clone();
    if query.has_scorecards() {
        let cards = query.cards.iter().enumerate();
        let number =
            case("max(s.scorecard)", cards.map(|(at, card)| (text(&card.name), (at + 1).to_string())), None);
        items.push(format!("{number} AS scorecard"));
    }
    items.extend(query.slots.iter().map(|slot| {
        let is = format!("c.component = {}", text(slot.name()));
        format!("max(CASE WHEN {is} THEN c.points END) AS points_{}", slot.name())
    }));
    writer.push("WITH\n-- Points as published.\nearned AS (\n  SELECT\n    ");
    writer.push(&items.join(",\n    "));
    writer.push(&format!(
        "\n  FROM {components} AS c\n  JOIN {scores} AS s ON {}\n  WHERE s.raw_score IS NOT NULL\n  GROUP BY {}\n)",
        on.join(" AND "),
        own.join(", ")
    ));
}

/// A table, as it is written in SQL.
fn identified(table: &ModelName) -> String {
    format!("{}.{}", table.layer, identifier(&table.table))
}

/// Whether any component is our doing.
fn has_ours(query: &Query<'_>) -> bool {
    query.slots.iter().any(|slot| slot.component.by == By::Us)
}

/// Each of these rows once more for each component, without its points.
fn pointed(writer: &mut Writer, query: &Query<'_>) {
    let mut items: Vec<String> = query.key().into_iter().map(str::to_owned).collect();
    items.extend(query.has_scorecards().then(|| "scorecard".to_owned()));
    items.push("left_out".to_owned());
    items.extend(query.slots.iter().enumerate().map(|(at, slot)| {
        let points = format!("points_{}", slot.name());
        let numbers = match slot.component.by {
            By::Us => format!("{}, {}", at + 1, query.slots.len() + 1),
            By::Customer | By::Both => (at + 1).to_string(),
        };
        format!("CASE WHEN left_out NOT IN ({numbers}) THEN {points} END AS {points}")
    }));
    let last = query.slots.len() + usize::from(has_ours(query));
    let numbers: Vec<String> = (0..=last).map(|at| format!("({at})")).collect();
    let from = format!("earned\n  CROSS JOIN (VALUES {}) AS numbers (left_out)", numbers.join(", "));
    writer.step("pointed", "And without each component.", &items, &from);
}
