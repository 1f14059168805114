//! A score computed again from what its components measured: what a score would have been, had only some of it moved.
//!
//! [`facts`](Semantics::facts) asks for the measures of accounts and days; [`rescored`](Semantics::rescored) takes
//! rows of them, mixed as anyone likes, and gives the score of each by the same steps as the published one.

use super::measure;
use super::points;
use super::query::{Query, Slot};
use super::steps;
use super::writer::{Writer, real, text};
use crate::semantic::Semantics;
use crate::semantic::definition::{OnMissing, Score};

/// A column of [`Facts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// The component that it is about; `None` of the scorecard's number.
    pub component: Option<String>,
    /// Whether it holds texts rather than numbers.
    pub is_text: bool,
    /// Whether a value in it means that the component is known.
    pub is_known: bool,
    /// Whether a value in it means that the component has none because usage is zero.
    pub is_zero_base: bool,
}

/// A query for what components measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its steps, up to a table `facts` with the entity's key, the day, and the columns.
    pub sql: String,
    /// The columns beside the key.
    pub columns: Vec<Fact>,
}

/// A cell of a column of [`Facts`].
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl Semantics {
    /// The query for what the components of a score measure; `None` of a roll-up.
    pub fn facts(&self, score: &Score) -> Option<Facts> {
        let query = query(score)?;
        let mut writer = Writer::bare();
        let last = measure::write(&mut writer, &query, &[]);
        let columns = columns(&query);
        let mut items: Vec<String> = query.key().into_iter().map(str::to_owned).collect();
        items.extend(columns.iter().map(|column| column.name.clone()));
        writer.step("facts", "What was measured.", &items, last);
        Some(Facts { sql: writer.into_sql(), columns })
    }

    /// The query for the scores, before overrides and rounding, of rows of facts: columns `row`, from 0, and `score`.
    /// A minimum coverage is not asked for. `None` of a roll-up.
    pub fn rescored(&self, score: &Score, rows: &[Vec<Cell>]) -> Option<String> {
        let query = query(score)?;
        let columns = columns(&query);
        let mut writer = Writer::bare();
        let listed: Vec<String> = rows
            .iter()
            .enumerate()
            .map(|(at, cells)| {
                let cells: Vec<String> =
                    columns.iter().zip(cells).map(|(column, cell)| literal(column, cell)).collect();
                format!("({at}, {})", cells.join(", "))
            })
            .collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        writer.push(&format!(
            "WITH\nfacts AS (\n  SELECT * FROM (VALUES\n    {}\n  ) AS given (number, {})\n)",
            listed.join(",\n    "),
            names.join(", ")
        ));
        points::write(&mut writer, &query, "facts");
        steps::write_groups(&mut writer, &query);
        writer.push(&format!(
            "\nSELECT number, {} AS score FROM weighed ORDER BY number",
            query.grid.snapped("whole")
        ));
        Some(writer.into_sql())
    }
}

/// The query of a score over components; `None` of a roll-up.
pub(super) fn query(score: &Score) -> Option<Query<'_>> {
    let cards = score.scorecards();
    (!cards.is_empty()).then(|| Query::new(score, cards))
}

/// The columns of [`Facts`].
pub(super) fn columns(query: &Query<'_>) -> Vec<Fact> {
    let mut columns = Vec::new();
    if query.has_scorecards() {
        let name = "scorecard".to_owned();
        columns.push(Fact { name, component: None, is_text: false, is_known: false, is_zero_base: false });
    }
    for slot in &query.slots {
        of_slot(slot, &mut columns);
        columns.extend(of_zero_base(slot));
    }
    columns
}

fn of_slot(slot: &Slot<'_>, columns: &mut Vec<Fact>) {
    let mut add = |name: String, is_text: bool, is_known: bool| {
        let component = Some(slot.name().to_owned());
        columns.push(Fact { name, component, is_text, is_known, is_zero_base: false });
    };
    let compared = slot.component.relative_to.is_some();
    add(slot.value(), slot.is_text(), !compared);
    if compared {
        add(slot.measure(), false, true);
    }
    if slot.can_be_held() {
        add(format!("held_{}", slot.name()), false, false);
    }
    for (index, variant) in slot.variants.iter().enumerate() {
        if matches!(variant.component.scoring.on_missing, OnMissing::CarryForward(_)) {
            add(slot.known(index), slot.is_text(), true);
        }
        if variant.component.scoring.cases.len() > 1 {
            add(slot.numbered("case", index), false, false);
        }
    }
}

/// Where there is no value because usage is zero.
fn of_zero_base(slot: &Slot<'_>) -> Option<Fact> {
    slot.zero()?;
    let (name, component) = (format!("zero_{}", slot.name()), Some(slot.name().to_owned()));
    let is_known = slot.answered().is_some();
    Some(Fact { name, component, is_text: false, is_known, is_zero_base: true })
}

fn literal(column: &Fact, cell: &Cell) -> String {
    match (cell, column.is_text) {
        (Cell::Null, true) => "CAST(NULL AS VARCHAR)".to_owned(),
        (Cell::Null, false) => "CAST(NULL AS DOUBLE)".to_owned(),
        (Cell::Number(number), _) => real(*number),
        (Cell::Text(value), _) => text(value),
    }
}
