//! One score, checked.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_saphyr::Spanned;

use super::component::start;
use super::edges::{self, Range, TIERS};
use super::{Catalogue, finite, visible};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::semantic::definition::{Part, Score, Tier};
use crate::semantic::document::{PartDocument, ScoreDocument, TierDocument};
use crate::semantic::{meaning, yaml};

/// The tier of accounts that have no score.
pub(in crate::semantic) const UNSCORED: &str = "unscored";

/// The score that a document declares, if nothing is wrong with it.
pub(super) fn resolve(
    (file, name): (&Arc<SourceFile>, &str),
    document: &ScoreDocument,
    catalogue: &Catalogue,
    problems: &mut Diagnostics,
) -> Option<Score> {
    let title = problems.keep(visible(file, &document.title));
    let version = problems.keep(visible(file, &document.version));
    let parts = parts(file, document, catalogue, problems);
    let min_coverage = min_coverage(file, document, problems);
    let tiers = tiers(file, &document.tiers, problems);
    let mut score = Score {
        name: name.to_owned(),
        title: title?,
        description: document.description.clone(),
        version: version?,
        parts: parts?,
        aggregate: document.aggregate,
        min_coverage: min_coverage?,
        tiers: tiers?,
        definition: String::new(),
        file: Arc::clone(file),
    };
    score.definition = meaning::hash(&score);
    Some(score)
}

fn parts(
    file: &Arc<SourceFile>,
    document: &ScoreDocument,
    catalogue: &Catalogue,
    problems: &mut Diagnostics,
) -> Option<Vec<Part>> {
    let list = &document.components;
    if list.value.0.is_empty() {
        problems
            .push(Diagnostic::error("no-component", "a score needs a component").at(yaml::place(file, list)));
        return None;
    }
    let mut seen = BTreeSet::new();
    let mut parts = Vec::new();
    for document in &list.value.0 {
        if !seen.insert(document.component.value.as_str()) {
            let message = format!("the component `{}` is named twice", document.component.value);
            problems.push(
                Diagnostic::error("duplicate-name", message).at(yaml::place(file, &document.component)),
            );
        }
        parts.push(part(file, document, catalogue, problems));
    }
    parts.into_iter().collect()
}

fn part(
    file: &Arc<SourceFile>,
    document: &PartDocument,
    catalogue: &Catalogue,
    problems: &mut Diagnostics,
) -> Option<Part> {
    let weight = match &document.weight {
        Some(weight) => problems.keep(self::weight(file, weight)),
        None => Some(1.0),
    };
    let name = &document.component.value;
    if !catalogue.names.contains_key(name) && !catalogue.unread {
        problems.push(
            Diagnostic::error(
                "unknown-component",
                format!("there is no component `{}`", name.escape_debug()),
            )
            .at(yaml::place(file, &document.component))
            .help("declare it in a file of sql/components/")
            .suggest(name, catalogue.names.keys().map(String::as_str)),
        );
    }
    Some(Part { component: Arc::clone(catalogue.sound(name)?), weight: weight? })
}

fn weight(file: &Arc<SourceFile>, weight: &Spanned<f64>) -> Result<f64, Diagnostic> {
    let number = finite(file, weight)?;
    if number > 0.0 {
        return Ok(number);
    }
    Err(Diagnostic::error("bad-weight", format!("a weight must be above 0, and this is {number}"))
        .at(yaml::place(file, weight))
        .help("leave a component that should not count out of the score"))
}

fn min_coverage(file: &Arc<SourceFile>, document: &ScoreDocument, problems: &mut Diagnostics) -> Option<f64> {
    let Some(share) = &document.min_coverage else { return Some(0.0) };
    let number = problems.keep(finite(file, share))?;
    if (0.0..=1.0).contains(&number) {
        return Some(number);
    }
    let mut problem = Diagnostic::error(
        "bad-coverage",
        format!("min_coverage is a share from 0 to 1, and this is {number}"),
    )
    .at(yaml::place(file, share));
    if (1.0..=100.0).contains(&number) {
        problem = problem.help(format!("did you mean `{}`?", number / 100.0));
    }
    problems.push(problem);
    None
}

fn tiers(
    file: &Arc<SourceFile>,
    list: &Spanned<Vec<Spanned<TierDocument>>>,
    problems: &mut Diagnostics,
) -> Option<Vec<Tier>> {
    let before = problems.len();
    let ranges: Vec<Range<'_>> = list
        .value
        .iter()
        .map(|tier| Range { below: tier.value.below.as_ref(), place: start(file, tier) })
        .collect();
    edges::check(TIERS, (file, &yaml::place(file, list)), &ranges, problems);
    let mut names = BTreeSet::from([UNSCORED.to_owned()]);
    let mut tiers = Vec::new();
    for tier in &list.value {
        let tier = &tier.value;
        problems.extend(outside_scale(file, tier));
        let Some(name) = problems.keep(visible(file, &tier.name)) else { continue };
        if !names.insert(name.clone()) {
            problems.push(taken(&name).at(yaml::place(file, &tier.name)));
        }
        let below = tier.below.as_ref().map(|edge| edge.value + 0.0);
        tiers.push(Tier { name, below, description: tier.description.clone() });
    }
    (problems.len() == before).then_some(tiers)
}

/// An edge at which one of the two tiers beside it lies outside 0 to 100.
fn outside_scale(file: &Arc<SourceFile>, tier: &TierDocument) -> Option<Diagnostic> {
    let edge = tier.below.as_ref().filter(|edge| edge.value <= 0.0 || edge.value > 100.0)?;
    let side = if edge.value > 100.0 { "the tier above" } else { "the tier below" };
    Some(
        Diagnostic::error("unreachable-tier", format!("{side} the edge {} can never be reached", edge.value))
            .at(yaml::place(file, edge))
            .note("scores go from 0 to 100"),
    )
}

fn taken(name: &str) -> Diagnostic {
    if name == UNSCORED {
        return Diagnostic::error(
            "reserved-tier",
            format!("`{UNSCORED}` is the tier of accounts without a score"),
        );
    }
    Diagnostic::error("duplicate-name", format!("the tier `{name}` is declared twice"))
}
