//! Ordered ranges with an edge above each: the bins of a component, the tiers of a score.
//!
//! Each range begins where the one before it ends, so there are neither gaps nor overlaps by construction; what can
//! be wrong is the order of the edges and the open end.

use std::sync::Arc;

use serde_saphyr::Spanned;

use super::finite;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::semantic::yaml;

/// What the ranges are called, in messages.
#[derive(Clone, Copy)]
pub(super) struct Ranges {
    pub(super) noun: &'static str,
    pub(super) not_ascending: &'static str,
    pub(super) unreachable: &'static str,
    pub(super) not_covering: &'static str,
}

/// The bins of a component.
pub(super) const BINS: Ranges = Ranges {
    noun: "bin",
    not_ascending: "bins-not-ascending",
    unreachable: "unreachable-bin",
    not_covering: "missing-last-bin",
};

/// The tiers of a score.
pub(super) const TIERS: Ranges = Ranges {
    noun: "tier",
    not_ascending: "tiers-not-ascending",
    unreachable: "unreachable-tier",
    not_covering: "missing-last-tier",
};

/// One range: its edge above, if it has one, and where it stands.
pub(super) struct Range<'a> {
    pub(super) below: Option<&'a Spanned<f64>>,
    pub(super) place: Location,
}

/// Checks that the edges ascend and that the last range alone is open above. `list` is where the ranges stand.
pub(super) fn check(
    kind: Ranges,
    (file, list): (&Arc<SourceFile>, &Location),
    ranges: &[Range<'_>],
    problems: &mut Diagnostics,
) {
    let mut previous: Option<f64> = None;
    let mut open: Option<usize> = None;
    for (index, range) in ranges.iter().enumerate() {
        if let Some(open) = open {
            problems.push(after_open(kind, index, open, &range.place));
            continue;
        }
        let Some(below) = range.below else {
            open = Some(index);
            continue;
        };
        let Some(edge) = problems.keep(finite(file, below)) else { continue };
        problems
            .extend(previous.and_then(|lower| out_of_order(kind, lower, edge, &yaml::place(file, below))));
        previous = Some(edge);
    }
    if open.is_none() {
        let place = ranges.last().map_or(list, |range| &range.place);
        problems.push(
            Diagnostic::error(kind.not_covering, format!("the last {} has no open end", kind.noun))
                .at(place.clone())
                .help(format!("end the list with a {} without `below`, for all that is left", kind.noun)),
        );
    }
}

fn after_open(kind: Ranges, index: usize, open: usize, place: &Location) -> Diagnostic {
    let noun = kind.noun;
    Diagnostic::error(kind.unreachable, format!("{noun} {} can never be reached", index + 1))
        .at(place.clone())
        .note(format!("{noun} {} has no `below` and takes all that is left", open + 1))
        .help(format!("give {noun} {} an edge, or remove what follows it", open + 1))
}

fn out_of_order(kind: Ranges, lower: f64, edge: f64, place: &Location) -> Option<Diagnostic> {
    let noun = kind.noun;
    if edge == lower {
        return Some(
            Diagnostic::error(kind.unreachable, format!("this {noun} can never be reached: it is empty"))
                .at(place.clone())
                .note(format!(
                    "it begins at {lower}, where the {noun} before it ends, and ends below {edge}"
                )),
        );
    }
    (edge < lower).then(|| {
        Diagnostic::error(kind.not_ascending, format!("{noun}s do not ascend: {edge} follows {lower}"))
            .at(place.clone())
            .help(format!("order the {noun}s by `below`, lowest first"))
    })
}
