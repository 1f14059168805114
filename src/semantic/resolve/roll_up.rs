//! A score made of the scores of others, checked.

use std::sync::Arc;

use super::component::optional;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::semantic::definition::{Entity, RollUp, Score, Source};
use crate::semantic::document::RollUpDocument;
use crate::semantic::expression::Expression;

/// What a document declares; the score that it names is looked for when all scores are known.
pub(super) fn resolve(
    file: &Arc<SourceFile>,
    document: &RollUpDocument,
    problems: &mut Diagnostics,
) -> Option<RollUp> {
    let weight = optional(file, document.weight.as_ref(), problems);
    let where_member = optional(file, document.where_member.as_ref(), problems);
    let to = problems.keep(Expression::parse(file, &document.to));
    Some(RollUp {
        of: document.of.value.clone(),
        members: Entity::Account,
        to: to?,
        measure: document.measure,
        weight: weight?,
        where_member: where_member?,
        at_risk: document.at_risk.iter().flatten().map(|tier| tier.value.clone()).collect(),
        parent: document.parent,
        fallback: document.fallback.value,
    })
}

/// Finds the scores that roll-ups are made of, and what is wrong with the match.
pub(super) fn link(scores: &mut [Score], problems: &mut Diagnostics) {
    let known: Vec<(String, Entity, Vec<String>, bool)> = scores
        .iter()
        .map(|score| {
            let tiers = score.tiers.iter().map(|tier| tier.name.clone()).collect();
            (score.name.clone(), score.entity, tiers, matches!(score.source, Source::RollUp(_)))
        })
        .collect();
    for score in scores {
        let place = Location::whole(&score.file);
        let Source::RollUp(roll_up) = &mut score.source else { continue };
        let Some((_, entity, tiers, again)) = known.iter().find(|(name, ..)| *name == roll_up.of) else {
            problems.push(
                Diagnostic::error(
                    "unknown-score",
                    format!("there is no score `{}`", roll_up.of.escape_debug()),
                )
                .at(place)
                .suggest(&roll_up.of, known.iter().map(|(name, ..)| name.as_str())),
            );
            continue;
        };
        roll_up.members = *entity;
        if *again {
            let message = format!("`{}` is a roll-up itself", roll_up.of);
            problems.push(Diagnostic::error("bad-roll-up", message).at(place.clone()));
        }
        for tier in roll_up.at_risk.iter().filter(|tier| !tiers.contains(tier)) {
            let message = format!("`{}` has no tier `{}`", roll_up.of, tier.escape_debug());
            problems.push(
                Diagnostic::error("unknown-tier", message)
                    .at(place.clone())
                    .suggest(tier, tiers.iter().map(String::as_str)),
            );
        }
        let own = roll_up.fallback == crate::semantic::definition::Fallback::Own
            || roll_up.parent == crate::semantic::definition::ParentOf::Included;
        if own && *entity == Entity::User {
            let message = "an account has no score of its own among its users";
            problems.push(
                Diagnostic::error("bad-roll-up", message)
                    .at(place)
                    .help("`fallback: unscored`, and leave `parent` out"),
            );
        }
    }
}
