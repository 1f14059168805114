//! The scorecards of a score, checked: who is scored how.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::advice;
use super::rule::{misplaced_when, start};
use super::tree::{self, Branch, Seen};
use super::{Catalogue, check_name, component};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::semantic::definition::{Aggregate, Component, Group, Node, Range, Scope, Scorecard};
use crate::semantic::document::{ScoreDocument, ScorecardDocument};
use crate::semantic::expression::Expression;
use crate::semantic::overlap::RowSet;
use crate::yaml::{self, Placed};

/// The name of the scorecard of a score that declares none.
const DEFAULT: &str = "default";

/// The scorecards in the order in which they are tried.
pub(super) fn resolve(
    file: &Arc<SourceFile>,
    document: &ScoreDocument,
    (catalogue, scale): (&Catalogue, Range),
    problems: &mut Diagnostics,
) -> Option<Vec<Scorecard>> {
    let scorecards = match &document.scorecards {
        None => vec![plain(file, document, (catalogue, scale), problems)],
        Some(list) => {
            let mut names = BTreeSet::new();
            let mut before = Vec::new();
            let mut scorecards = Vec::new();
            for (index, card) in list.value.iter().enumerate() {
                let last = index + 1 == list.value.len();
                let place = start(file, card);
                problems.extend(misplaced_when("scorecard", card.value.when.is_some(), last, &place));
                if !names.insert(card.value.name.value.as_str()) {
                    let message = format!("the scorecard `{}` is declared twice", card.value.name.value);
                    let place = yaml::place(file, &card.value.name);
                    problems.push(Diagnostic::error("duplicate-name", message).at(place));
                }
                let card = scorecard((file, document), &card.value, (catalogue, scale), problems);
                problems.extend(card.as_ref().and_then(|card| never(card, &mut before)));
                scorecards.push(card);
            }
            if list.value.is_empty() {
                let message = "`scorecards` needs at least one, the default";
                problems.push(Diagnostic::error("no-default", message).at(yaml::place(file, list)));
            }
            scorecards
        }
    };
    let scorecards: Vec<Scorecard> = scorecards.into_iter().collect::<Option<_>>()?;
    for card in &scorecards {
        problems.extend(advice::of(file, card));
        problems.extend(global(file, card));
    }
    (!scorecards.is_empty()).then_some(scorecards)
}

/// The one scorecard of a score without any.
fn plain(
    file: &Arc<SourceFile>,
    document: &ScoreDocument,
    (catalogue, scale): (&Catalogue, Range),
    problems: &mut Diagnostics,
) -> Option<Scorecard> {
    let Some(parts) = &document.components else {
        problems.push(
            Diagnostic::error("missing-key", "the key `components` is missing")
                .at(crate::diagnostic::Location::whole(file))
                .help("name the components of the score, or give each of its `scorecards` its own"),
        );
        return None;
    };
    let (weights, components) = (BTreeMap::new(), BTreeMap::new());
    let status = document.status;
    let branch = Branch { file, scale, status, catalogue, weights: &weights, components: &components };
    let root = tree::root(&branch, parts, document.aggregate.as_ref(), &mut Seen::default(), problems)?;
    Some(Scorecard { name: DEFAULT.to_owned(), when: None, root, missing_weight: document.missing_weight })
}

fn scorecard(
    (file, document): (&Arc<SourceFile>, &ScoreDocument),
    card: &ScorecardDocument,
    (catalogue, scale): (&Catalogue, Range),
    problems: &mut Diagnostics,
) -> Option<Scorecard> {
    let place = yaml::place(file, &card.name);
    problems.extend(check_name("scorecard", &card.name.value, &place).err());
    let when = Expression::optional(file, card.when.as_ref(), problems);
    let mut weights = BTreeMap::new();
    for (name, number) in card.weights.iter().flat_map(|weights| &weights.0) {
        let weight = problems.keep(tree::weight(file, number, number.value));
        weights.insert(name.value.as_str(), weight.unwrap_or(1.0));
    }
    let components = overridden(file, card, catalogue, problems);
    let Some(parts) = card.components.as_ref().or(document.components.as_ref()) else {
        problems.push(
            Diagnostic::error(
                "missing-key",
                format!("the scorecard `{}` has no components", card.name.value),
            )
            .at(place)
            .help("name them here, or once for all scorecards in the score"),
        );
        return None;
    };
    let status = document.status;
    let branch = Branch { file, scale, status, catalogue, weights: &weights, components: &components };
    let aggregate = card.aggregate.as_ref().or(document.aggregate.as_ref());
    let mut seen = Seen::default();
    let root = tree::root(&branch, parts, aggregate, &mut seen, problems);
    let weights = card.weights.iter().flat_map(|weights| &weights.0).map(|(name, _)| name);
    let rules = card.rules.iter().flat_map(|rules| &rules.0).map(|(name, _)| name);
    for name in weights.chain(rules) {
        problems.extend(not_there(file, name, &seen));
    }
    Some(Scorecard {
        name: card.name.value.clone(),
        when: when?,
        root: root?,
        missing_weight: document.missing_weight,
    })
}

fn overridden(
    file: &Arc<SourceFile>,
    card: &ScorecardDocument,
    catalogue: &Catalogue,
    problems: &mut Diagnostics,
) -> BTreeMap<String, Arc<Component>> {
    let mut found = BTreeMap::new();
    for entry in card.rules.iter().flat_map(|rules| &rules.0) {
        let Some(base) = catalogue.sound(&entry.0.value) else { continue };
        if let Some(component) = component::overridden(file, entry, base, problems) {
            found.insert(component.name.clone(), Arc::new(component));
        }
    }
    found
}

fn not_there(file: &Arc<SourceFile>, name: &Placed<String>, seen: &Seen) -> Option<Diagnostic> {
    (!seen.contains(&name.value)).then(|| {
        let message = format!("`{}` is not part of this scorecard", name.value.escape_debug());
        Diagnostic::error("unknown-component", message)
            .at(yaml::place(file, name))
            .suggest(&name.value, seen.names())
    })
}

/// A scorecard that no account can have.
fn never(card: &Scorecard, before: &mut Vec<(String, RowSet)>) -> Option<Diagnostic> {
    let when: &Expression = card.when.as_ref()?;
    let rows = when.row_set();
    if rows.is_always() {
        return Some(always(card, when));
    }
    let taken = before.iter().find(|(_, earlier)| earlier.covers(&rows)).map(|(name, _)| name.clone());
    let why = match taken {
        _ if rows.is_never() => "its condition is never true".to_owned(),
        Some(earlier) => format!("`{earlier}` before it takes all of its accounts"),
        None => {
            before.push((card.name.clone(), rows));
            return None;
        }
    };
    let message = format!("the scorecard `{}` can never match: {why}", card.name);
    Some(Diagnostic::error("unreachable-scorecard", message).at(when.location().clone()))
}

/// A scorecard that leaves nothing to those after it.
fn always(card: &Scorecard, when: &Expression) -> Diagnostic {
    let message =
        format!("the condition of `{}` is always true, so what follows is never reached", card.name);
    Diagnostic::error("unreachable-scorecard", message)
        .at(when.location().clone())
        .help("give it another condition, or make it the last, without one")
}

/// Weight can move across groups only where groups are means.
fn global(file: &Arc<SourceFile>, card: &Scorecard) -> Option<Diagnostic> {
    (card.missing_weight == Scope::Score && !means_all_through(&card.root)).then(|| {
        let message = "`missing_weight: score` needs groups that are means without rounding";
        Diagnostic::error("bad-scope", message).at(crate::diagnostic::Location::whole(file)).note(
            "weight that moves from one group to another has no meaning in a least, a greatest or a sum",
        )
    })
}

fn means_all_through(group: &Group) -> bool {
    let mean = matches!(group.aggregate, Aggregate::WeightedMean | Aggregate::PointsOverPossible);
    let inner = |part: &crate::semantic::definition::Part| match &part.node {
        Node::Group(group) => means_all_through(group),
        Node::Component(_) => true,
    };
    mean && group.rounding.is_none() && group.parts.iter().all(inner)
}
