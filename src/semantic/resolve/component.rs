//! One component, checked.

use std::sync::Arc;

use serde_saphyr::Spanned;

use super::edges::{self, BINS, Range};
use super::{finite, visible};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::semantic::definition::{Bin, Component, Direction};
use crate::semantic::document::{BinDocument, ComponentDocument};
use crate::semantic::expression::Expression;
use crate::semantic::yaml;

/// The component that a document declares, if nothing is wrong with it.
pub(super) fn resolve(
    file: &Arc<SourceFile>,
    name: &Spanned<String>,
    document: &ComponentDocument,
    problems: &mut Diagnostics,
) -> Option<Component> {
    let title = problems.keep(visible(file, &document.title));
    let value = problems.keep(Expression::parse(file, &document.value));
    let bins = bins(file, &document.bins, problems)?;
    if let Some(direction) = &document.direction {
        problems
            .extend(against(direction.value, &bins).map(|problem| problem.at(yaml::place(file, direction))));
    }
    Some(Component {
        name: name.value.clone(),
        title: title?,
        value: value?,
        bins,
        on_missing: document.on_missing,
        direction: document.direction.as_ref().map(|direction| direction.value),
        unit: document.unit.clone(),
        group: document.group.clone(),
        owner: document.owner.clone(),
        docs: document.docs.clone(),
        location: yaml::place(file, name),
    })
}

fn bins(
    file: &Arc<SourceFile>,
    list: &Spanned<Vec<Spanned<BinDocument>>>,
    problems: &mut Diagnostics,
) -> Option<Vec<Bin>> {
    let place = yaml::place(file, list);
    let before = problems.len();
    let ranges: Vec<Range<'_>> = list
        .value
        .iter()
        .map(|bin| Range { below: bin.value.below.as_ref(), place: start(file, bin) })
        .collect();
    edges::check(BINS, (file, &place), &ranges, problems);
    let bins: Option<Vec<Bin>> = list.value.iter().map(|bin| read(file, &bin.value, problems)).collect();
    let bins = bins.filter(|_| problems.len() == before)?;
    if bins.iter().all(|bin| bin.points == 0.0) {
        problems.push(
            Diagnostic::error("no-points", "no bin has points above 0")
                .at(place)
                .note("a component that can earn nothing cannot count in a score"),
        );
        return None;
    }
    Some(bins)
}

/// Where a bin or tier begins, underlined as far as its first word.
pub(super) fn start<T>(file: &Arc<SourceFile>, item: &Spanned<T>) -> Location {
    let place = yaml::place(file, item);
    if place.span.is_empty() { Location::word_at(file, place.span.start) } else { place }
}

fn read(file: &Arc<SourceFile>, bin: &BinDocument, problems: &mut Diagnostics) -> Option<Bin> {
    let points = problems.keep(finite(file, &bin.points))?;
    if points < 0.0 {
        problems.push(
            Diagnostic::error("negative-points", format!("a bin cannot have {points} points"))
                .at(yaml::place(file, &bin.points))
                .note("points are earned out of what is possible: 0 is the least"),
        );
    }
    Some(Bin { below: bin.below.as_ref().map(|edge| edge.value + 0.0), points })
}

/// The bins that contradict the declared direction.
fn against(direction: Direction, bins: &[Bin]) -> Option<Diagnostic> {
    let (words, wrong): (_, fn(&[Bin]) -> bool) = match direction {
        Direction::HigherIsBetter => ("higher is better", |pair| pair[1].points < pair[0].points),
        Direction::LowerIsBetter => ("lower is better", |pair| pair[1].points > pair[0].points),
    };
    let at = bins.windows(2).position(wrong)?;
    Some(
        Diagnostic::error("direction-disagrees", format!("{words}, but the bins say otherwise"))
            .note(format!(
                "bin {} has {} points, bin {} has {}",
                at + 1,
                bins[at].points,
                at + 2,
                bins[at + 1].points
            ))
            .help("mend the points, or leave `direction` out where there is no one way"),
    )
}
