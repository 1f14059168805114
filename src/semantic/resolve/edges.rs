//! Ordered ranges with an edge above each: the bins of a component, the tiers of a score.
//!
//! Each range begins where the one before it ends, so there are neither gaps nor overlaps by construction; what can
//! be wrong is the order of the edges and the open end.

use std::sync::Arc;

use super::number;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::semantic::definition::Edge;
use crate::yaml::{self, Placed};

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
pub(super) struct Upper<'a> {
    pub(super) below: Option<&'a Placed<f64>>,
    pub(super) at_most: Option<&'a Placed<f64>>,
    pub(super) place: Location,
}

/// The edges of ascending ranges, of which the last alone is open above. `list` is where the ranges stand.
pub(super) fn resolve(
    kind: Ranges,
    (file, list): (&Arc<SourceFile>, &Location),
    ranges: &[Upper<'_>],
    problems: &mut Diagnostics,
) -> Vec<Option<Edge>> {
    let mut previous: Option<Edge> = None;
    let mut open: Option<usize> = None;
    let mut edges = Vec::new();
    for (index, range) in ranges.iter().enumerate() {
        if let Some(open) = open {
            problems.push(after_open(kind, index, open, &range.place));
            continue;
        }
        let Some((upper, inclusive)) = side(kind, range, problems) else {
            open = Some(index);
            edges.push(None);
            continue;
        };
        let Some(at) = problems.keep(number(file, upper)) else {
            edges.push(None);
            continue;
        };
        let edge = Edge { at, inclusive };
        problems
            .extend(previous.and_then(|lower| out_of_order(kind, lower, edge, &yaml::place(file, upper))));
        previous = Some(edge);
        edges.push(Some(edge));
    }
    if open.is_none() {
        let place = ranges.last().map_or(list, |range| &range.place);
        problems.push(
            Diagnostic::error(kind.not_covering, format!("the last {} has no open end", kind.noun))
                .at(place.clone())
                .help(format!(
                    "end the list with a {} without `below` or `at_most`, for all that is left",
                    kind.noun
                )),
        );
    }
    edges
}

/// The edge's number, and whether it belongs to the range.
fn side<'a>(kind: Ranges, range: &Upper<'a>, problems: &mut Diagnostics) -> Option<(&'a Placed<f64>, bool)> {
    if range.below.is_some() && range.at_most.is_some() {
        problems.push(
            Diagnostic::error("two-edges", format!("this {} has both `below` and `at_most`", kind.noun))
                .at(range.place.clone())
                .note("`below` leaves the edge to the next one, `at_most` takes it in")
                .help("keep one of them"),
        );
    }
    range.below.map(|edge| (edge, false)).or(range.at_most.map(|edge| (edge, true)))
}

fn after_open(kind: Ranges, index: usize, open: usize, place: &Location) -> Diagnostic {
    let noun = kind.noun;
    Diagnostic::error(kind.unreachable, format!("{noun} {} can never be reached", index + 1))
        .at(place.clone())
        .note(format!("{noun} {} has no `below` or `at_most` and takes all that is left", open + 1))
        .help(format!("give {noun} {} an edge, or remove what follows it", open + 1))
}

fn out_of_order(kind: Ranges, lower: Edge, edge: Edge, place: &Location) -> Option<Diagnostic> {
    let noun = kind.noun;
    // From an edge that is left to the next range up to the same edge taken in: that one number.
    let single = !lower.inclusive && edge.inclusive;
    if edge.at == lower.at && !single {
        let (from, to) = (lower.at, edge.at);
        return Some(
            Diagnostic::error(kind.unreachable, format!("this {noun} can never be reached: it is empty"))
                .at(place.clone())
                .note(format!("it begins at {from}, where the {noun} before it ends, and ends at {to}")),
        );
    }
    (edge.at < lower.at).then(|| {
        let message = format!("{noun}s do not ascend: {} follows {}", edge.at, lower.at);
        Diagnostic::error(kind.not_ascending, message)
            .at(place.clone())
            .help(format!("order the {noun}s by their edges, lowest first"))
    })
}
