//! The contract of `components.<score>`.

use super::super::query::{Grid, Query, Slot};
use super::super::scores::entity_columns;
use super::super::writer::{Column, number, text, texts};
use crate::semantic::definition::{OnMissing, Rule};

/// The row of what no component earned: where the scale or a sum begins, limits, rounding of groups.
pub(super) const BASE: &str = "base";

/// What the contract cannot say of a column alone.
pub(super) fn checks(query: &Query<'_>) -> Vec<String> {
    let mut checks =
        vec!["CHECK ((state = 'observed') = (measure IS NOT NULL OR category IS NOT NULL))".to_owned()];
    for slot in &query.slots {
        let is = format!("component <> {}", text(slot.name()));
        let mut rules = slot.variants.iter().flat_map(|variant| &variant.component.scoring.cases);
        if slot.variants.iter().any(|variant| variant.component.scoring.on_missing == OnMissing::Fail) {
            checks.push(format!("CHECK ({is} OR on_missing IS NULL OR on_missing <> 'fail')"));
        }
        if rules.clone().any(|case| matches!(case.rule, Rule::Categories { otherwise: None, .. })) {
            checks.push(format!("CHECK ({is} OR category IS NULL OR points IS NOT NULL)"));
        }
        if rules.any(|case| matches!(case.rule, Rule::Ordinal(_))) {
            checks.push(format!("CHECK ({is} OR measure IS NULL OR points IS NOT NULL)"));
        }
    }
    checks
}

/// Its columns.
pub(super) fn columns(query: &Query<'_>) -> Vec<Column> {
    let score = query.score;
    let names = texts(query.slots.iter().map(Slot::name).chain(has_base(query).then_some(BASE)));
    let width = number(score.scale.width().max(score.scale.high.abs()).max(score.scale.low.abs()));
    let contribution = match query.grid {
        Grid::Rising(_) => format!("DOUBLE CHECK (contribution BETWEEN 0 AND {width})"),
        Grid::Signed(_) => "DOUBLE".to_owned(),
    };
    let mut columns = entity_columns(score);
    columns.extend([
        Column::new("component", format!("VARCHAR NOT NULL CHECK (component IN ({names}))"), "the component"),
        Column::new("group_path", "VARCHAR", "the groups it is in, outermost first"),
        Column::new("value", "DOUBLE", "what was measured; NULL when missing"),
        Column::new("category", "VARCHAR", "what was measured, of a component whose values are texts"),
        Column::new("measure", "DOUBLE", "the value, or what it was compared to: what bins and lines are about"),
        Column::new("bin", "INT CHECK (bin >= 1)", "the bin or category, in declared order from 1; NULL when missing"),
        Column::new("rule_case", "INT CHECK (rule_case >= 1)", "which of the component's cases applied, from 1"),
        Column::new("bin_label", "VARCHAR", "the name of the bin"),
        Column::new("points", "DOUBLE CHECK (points BETWEEN min_points AND max_points)", "what it is worth; NULL when it does not count"),
        Column::new("min_points", "DOUBLE", "the least that a value can earn"),
        Column::new("max_points", "DOUBLE", "the most that a value can earn"),
        Column::new("weight", "DOUBLE CHECK (weight > 0)", "weight as declared, in its group"),
        Column::new(
            "effective_weight",
            "DOUBLE CHECK (effective_weight >= 0)",
            "share of the score that it decides; 0 when it does not count, NULL when nothing does",
        ),
        Column::new("contribution", contribution, "what it adds to the score, they sum to raw_score exactly; NULL when unscored"),
        Column::new(
            "state",
            "VARCHAR NOT NULL CHECK (state IN ('observed', 'zero_base', 'not_applicable', 'expected_idle', 'not_yet', 'not_reported', 'base'))",
            "whether there is a value, and why not",
        ),
        Column::new("on_missing", "VARCHAR", "what was done about a missing value; NULL when there is one"),
        Column::new("evidence", "VARCHAR", "who or what says so"),
    ]);
    columns
}

/// Whether some of the score is earned by no component.
pub(super) fn has_base(query: &Query<'_>) -> bool {
    query.score.scale.low != 0.0 || matches!(query.grid, Grid::Signed(_))
}
