//! `components.<score>`: one row per account, day and component, which explains the score.
//!
//! The steps compute all components of an account in one row; a join with the list of components makes it long,
//! still in one pass over metrics.

mod contract;
mod contributed;
mod items;
mod long;

use super::CompiledModel;
use super::query::Query;
use super::steps::{self, write_levels};
use super::tree::Levels;
use super::writer::Writer;
use crate::semantic::expression::Expression;
use contract::{checks, columns};
use contributed::{contributed, summed};
use items::items;
use long::long;

/// The model of a score's components.
pub(super) fn model(query: &Query<'_>) -> CompiledModel {
    let score = query.score;
    let description =
        format!("The components of {}: what was measured, and what it contributed.", score.title);
    let key = format!("PRIMARY KEY ({}, component)", query.key().join(", "));
    let checks = checks(query);
    let constraints: Vec<&str> =
        std::iter::once(key.as_str()).chain(checks.iter().map(String::as_str)).collect();
    let mut writer =
        Writer::new((&score.components_table(), score), &description, &columns(query), &constraints);
    let extras: Vec<(String, &Expression)> = query
        .slots
        .iter()
        .filter_map(|slot| Some((format!("evidence_{}", slot.name()), slot.component.evidence.as_ref()?)))
        .collect();
    let trees = steps::write(&mut writer, query, &extras);
    let mut levels = Levels::default();
    let factors: Vec<_> = query
        .cards
        .iter()
        .zip(&trees)
        .map(|(card, tree)| tree.factors(card.missing_weight, &mut levels))
        .collect();
    let last = write_levels(&mut writer, levels, ("moving", "How the score moves with each part."), "scored");
    contributed(&mut writer, query, &factors, &last);
    let last = summed(&mut writer, query);
    long(&mut writer, query, &last);
    writer.select(&items(query), "long");
    writer.finish(score.components_table(), score)
}
