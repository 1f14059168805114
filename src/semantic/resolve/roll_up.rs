//! A score made of the scores of others, checked.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::semantic::definition::{Entity, Measure, Range, RollUp, Score, Source};
use crate::semantic::definition_hash;
use crate::semantic::document::RollUpDocument;
use crate::semantic::expression::Expression;

/// What a document declares; the score that it names is looked for when all scores are known.
pub(super) fn resolve(
    file: &Arc<SourceFile>,
    document: &RollUpDocument,
    problems: &mut Diagnostics,
) -> Option<RollUp> {
    let weight = Expression::optional(file, document.weight.as_ref(), problems);
    let where_member = Expression::optional(file, document.where_member.as_ref(), problems);
    let to = Expression::parse(file, &document.to, problems);
    Some(RollUp {
        of: document.of.value.clone(),
        members: Entity::Account,
        definition: String::new(),
        to: to?,
        measure: document.measure,
        weight: weight?,
        where_member: where_member?,
        parent: document.parent,
        fallback: document.fallback.value,
    })
}

/// Finds the scores that roll-ups are made of, and what is wrong with the match.
pub(super) fn link(scores: &mut [Score], problems: &mut Diagnostics) {
    let known: Vec<Score> = scores.to_vec();
    for score in scores {
        let place = Location::whole(&score.file);
        let Source::RollUp(roll_up) = &mut score.source else { continue };
        if score.entity == Entity::User {
            let message = "a roll-up is a score of accounts";
            problems
                .push(Diagnostic::error("bad-roll-up", message).at(place.clone()).help("leave `entity` out"));
        }
        let published = || known.iter().filter(|of| of.draft.is_none());
        if known.iter().any(|of| of.name == roll_up.of && of.draft.is_some()) {
            let message = format!("`{}` is a draft, of which no other score is made", roll_up.of);
            let problem = Diagnostic::error("uses-a-draft", message).at(place);
            problems.push(problem.help("name a score that is published, or promote the draft first"));
            continue;
        }
        let Some(of) = published().find(|of| of.name == roll_up.of) else {
            problems.push(
                Diagnostic::error(
                    "unknown-score",
                    format!("there is no score `{}`", roll_up.of.escape_debug()),
                )
                .at(place)
                .suggest(&roll_up.of, published().map(|of| of.name.as_str())),
            );
            continue;
        };
        roll_up.members = of.entity;
        // What members' scores mean, this one means as well.
        roll_up.definition.clone_from(&of.definition);
        if score.scale != of.scale {
            let (Range { low, high }, own) = (of.scale, score.scale);
            let message = format!(
                "scores of `{}` go from {low} to {high}, and these from {} to {}",
                of.name, own.low, own.high
            );
            problems.push(
                Diagnostic::error("bad-roll-up", message)
                    .at(place.clone())
                    .help(format!("`scale: [{low}, {high}]`, as the scores that it is made of")),
            );
        }
        if matches!(of.source, Source::RollUp(_)) {
            let message = format!("`{}` is a roll-up itself", roll_up.of);
            problems.push(Diagnostic::error("bad-roll-up", message).at(place.clone()));
        }
        if roll_up.measure == Measure::ShareAtRisk && !of.has_tier_at_risk() {
            let message = format!("`share_at_risk` needs a tier of `{}` that is at risk", of.name);
            problems.push(
                Diagnostic::error("no-tier-at-risk", message)
                    .at(place.clone())
                    .help(format!("`at_risk: true` at the lowest tiers of {}", of.file.path)),
            );
        }
        let own = roll_up.fallback == crate::semantic::definition::Fallback::Own
            || roll_up.parent == crate::semantic::definition::ParentOf::Included;
        if own && of.entity == Entity::User {
            let message = "an account has no score of its own among its users";
            problems.push(
                Diagnostic::error("bad-roll-up", message)
                    .at(place)
                    .help("`fallback: unscored`, and leave `parent` out"),
            );
        }
        score.definition = definition_hash::of(score);
    }
}
