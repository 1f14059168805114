//! What is worth a second look in a score or scorecard, and stops nothing.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Location, SourceFile};
use crate::semantic::definition::{Aggregate, Group, Node, Score, Scorecard, UsageKind};
use crate::semantic::document::ScoreDocument;
use crate::yaml;

/// The components above which a scorecard gets a warning.
const MANY: usize = 10;

/// How far from 100 a sum of weights may be to look like one of 100.
const NEAR: f64 = 5.0;

/// The least a weight can be where weights are meant as per cent.
const LEAST_PERCENT: f64 = 1.0;

/// Every warning of a scorecard.
pub(super) fn of(file: &Arc<SourceFile>, card: &Scorecard) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = many(file, card).into_iter().collect();
    near_hundred(file, card, &card.root, &mut found);
    found
}

/// What a score says of usage though no component of it asks: it changes nothing.
pub(super) fn unheard(document: &ScoreDocument, score: &Score) -> Vec<Diagnostic> {
    let judged = || {
        let cards = score.scorecards().iter();
        cards.flat_map(|card| card.root.components()).filter_map(|component| component.usage_of)
    };
    let mut found = Vec::new();
    if score.scorecards().is_empty() {
        return found;
    }
    let mut told = |place: Option<Location>, name: &str, why: String| {
        let Some(place) = place else { return };
        let message = format!("`{name}` changes nothing: {why}");
        found.push(
            Diagnostic::warning("unheard-usage", message)
                .at(place)
                .help("say in the components that judge usage whose it is: `usage_of: people`, `integrations` or `both`; or leave it out here"),
        );
    };
    let usage_of = || document.usage_of.as_ref().map(|key| yaml::place(&score.file, key));
    let idle = || document.expected_idle.as_ref().map(|key| yaml::place(&score.file, key));
    let none = "no component of the score judges usage".to_owned();
    match &score.usage_of {
        Some(_) if judged().next().is_none() => told(usage_of(), "usage_of", none.clone()),
        Some(UsageKind::All(of)) if judged().all(|judged| of.other() == Some(judged)) => {
            let why = format!("no component of the score judges the usage of {}", of.name());
            told(usage_of(), "usage_of", why);
        }
        _ => {}
    }
    if score.expected_idle.is_some() && judged().next().is_none() {
        told(idle(), "expected_idle", none);
    }
    found
}

fn many(file: &Arc<SourceFile>, card: &Scorecard) -> Option<Diagnostic> {
    let count = card.root.components().len();
    (count > MANY).then(|| {
        Diagnostic::warning("many-components", format!("the scorecard `{}` has {count} components", card.name))
            .at(Location::whole(file))
            .note(format!("with more than {MANY}, each decides little, most of them move together, and nobody can say why a score is what it is"))
            .help("keep one component for each theme; show the rest in marts")
    })
}

/// Weights that somebody meant as per cent and that do not add up. Only their shares count, so nothing is wrong with any
/// positive numbers: but 30 of 95 is not the 30 % that its author has in mind.
fn near_hundred(file: &Arc<SourceFile>, card: &Scorecard, group: &Group, found: &mut Vec<Diagnostic>) {
    let weights: Vec<f64> = group.parts.iter().map(|part| part.weight).collect();
    let sum: f64 = weights.iter().sum();
    let are_shares = matches!(group.aggregate, Aggregate::WeightedMean | Aggregate::PointsOverPossible);
    let looks_like_percent = are_shares
        && weights.len() > 1
        && weights.iter().all(|weight| *weight >= LEAST_PERCENT)
        && weights.iter().any(|weight| *weight != weights[0]);
    // Thirds of 33.3 add up to 99.9 and mean 100.
    if looks_like_percent && (0.5..=NEAR).contains(&(sum - 100.0).abs()) {
        let message = format!(
            "the weights of `{}` in the scorecard `{}` sum to {sum}, not to 100",
            group.name, card.name
        );
        let largest = weights.iter().copied().fold(0.0, f64::max);
        found.push(
            Diagnostic::warning("weights-near-100", message)
                .at(Location::whole(file))
                .note(format!(
                    "a weight counts by its share of the sum: {largest} decides {:.1} %",
                    largest / sum * 100.0
                ))
                .help("let them sum to 100 if they are meant as per cent, or write smaller whole numbers"),
        );
    }
    for part in &group.parts {
        if let Node::Group(inner) = &part.node {
            near_hundred(file, card, inner, found);
        }
    }
}
