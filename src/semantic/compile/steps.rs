//! The steps that both models of a score share: one scan of metrics, one row per account and day.
//!
//! `measure` and `points` say what each component measures and is worth, `tree` what the groups make of that; the
//! last step, `scored`, has `coverage` and `raw_score`.

use super::measure;
use super::points;
use super::query::{Query, decimal};
use super::tree::{Levels, Tree, declared_shares};
use super::writer::{Writer, number, real, sum};
use crate::semantic::expression::Expression;

/// Writes all steps; `extras` are further columns from metrics that the model needs.
pub(super) fn write<'a>(
    writer: &mut Writer,
    query: &Query<'a>,
    extras: &[(String, &Expression)],
) -> Vec<Tree<'a>> {
    let last = measure::write(writer, query, extras);
    write_scored(writer, query, last)
}

/// Writes the steps after what was measured, up to `scored`.
pub(super) fn write_scored<'a>(writer: &mut Writer, query: &Query<'a>, from: &str) -> Vec<Tree<'a>> {
    points::write(writer, query, from);
    let trees = write_groups(writer, query);
    let snapped = query.grid.snapped("whole");
    let enough = match query.score.min_coverage {
        0.0 => snapped,
        share => format!("CASE WHEN coverage >= {} THEN {snapped} END", number(share)),
    };
    writer.step(
        "scored",
        "The score, if enough is known; without the hair that sums of doubles lose or gain.",
        &all([format!("{enough} AS raw_score")]),
        "weighed",
    );
    trees
}

/// Writes the steps from `pointed` to `weighed`, which has `coverage` and `whole`, the score before anything is made of it.
pub(super) fn write_groups<'a>(writer: &mut Writer, query: &Query<'a>) -> Vec<Tree<'a>> {
    let (trees, last) = write_trees(writer, query);
    let items = all([coverage(query), format!("{} AS whole", whole(query, &trees))]);
    writer.step("weighed", "What is known of what counts.", &items, &last);
    trees
}

/// Writes the groups of every scorecard after `pointed`, and tells the name of the last step.
pub(super) fn write_trees<'a>(writer: &mut Writer, query: &Query<'a>) -> (Vec<Tree<'a>>, String) {
    let mut levels = Levels::default();
    let trees: Vec<Tree<'a>> =
        (0..query.cards.len()).map(|card| Tree::write(query, card, &mut levels)).collect();
    let last = write_levels(writer, levels, ("level", "The groups, from the inside out."), "pointed");
    (trees, last)
}

/// The value of the scorecard's outermost group.
pub(super) fn whole(query: &Query<'_>, trees: &[Tree<'_>]) -> String {
    query.by_card(|card| Some(trees[card].value().to_owned()))
}

/// Writes a step for each level, and tells the name of the last.
pub(super) fn write_levels(
    writer: &mut Writer,
    levels: Levels,
    (name, comment): (&str, &str),
    from: &str,
) -> String {
    let mut last = from.to_owned();
    for (index, items) in levels.into_items().enumerate() {
        let step = format!("{name}_{}", index + 1);
        writer.step(&step, comment, &items, &last);
        last = step;
    }
    last
}

/// The declared weight of the components that are known, over that of those that apply.
fn coverage(query: &Query<'_>) -> String {
    let of_card = |card: usize| {
        let shares = declared_shares(&query.cards[card].root);
        let (mut known, mut applies, mut always) = (Vec::new(), Vec::new(), 0.0);
        for slot in &query.slots {
            let Some(variant) = slot.variant_of(card) else { continue };
            let share = shares[slot.name()];
            let weight = real(share);
            let zero = slot.answered().map_or_else(String::new, |zero| format!(" AND ({zero}) IS NOT TRUE"));
            known.push(format!("CASE WHEN {} IS NULL{zero} THEN 0 ELSE {weight} END", slot.known(variant)));
            if let Some(not) = slot.not_applicable() {
                applies.push(format!("CASE WHEN {not} THEN 0 ELSE {weight} END"));
            } else {
                always += share;
            }
        }
        let known = sum(&known);
        Some(if applies.is_empty() {
            decimal(&known)
        } else {
            if always > 0.0 {
                applies.push(real(always));
            }
            let applies = sum(&applies);
            format!(
                "CASE WHEN {applies} > 0 THEN {} ELSE 0 END",
                decimal(&format!("({known}) / ({applies})"))
            )
        })
    };
    format!("CAST({} AS DOUBLE) AS coverage", query.by_card(of_card))
}

/// All columns of the step before and some more.
pub(super) fn all(items: impl IntoIterator<Item = String>) -> Vec<String> {
    std::iter::once("*".to_owned()).chain(items).collect()
}
