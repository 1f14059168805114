//! The components and groups of a scorecard, checked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Catalogue, check_name, draft, finite, reserved, rule, visible};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::semantic::definition::{Additive, Aggregate, Component, Group, Node, Part, Range, Status};
use crate::semantic::document::{GroupDocument, PartDocument, PartForm, PartsDocument};
use crate::yaml::{self, Placed};

/// The name of a scorecard's outermost group.
pub(in crate::semantic) const ROOT: &str = "score";

/// What no group can be called, since columns are.
const GROUP_WORDS: [&str; 3] = ["all", "path", ROOT];

/// The deepest nesting of groups.
const DEEPEST: usize = 12;

/// What the parts of one scorecard are resolved with.
pub(super) struct Branch<'a> {
    pub(super) file: &'a Arc<SourceFile>,
    pub(super) scale: Range,
    /// Whether the score is a draft.
    pub(super) status: Status,
    pub(super) catalogue: &'a Catalogue,
    /// Weights and components that the scorecard has of its own.
    pub(super) weights: &'a BTreeMap<&'a str, f64>,
    pub(super) components: &'a BTreeMap<String, Arc<Component>>,
}

/// The names met so far: every component and group stands once in a scorecard.
#[derive(Default)]
pub(super) struct Seen(BTreeSet<String>);

impl Seen {
    /// Whether a name was met.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// The names met.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// The outermost group.
pub(super) fn root(
    branch: &Branch<'_>,
    list: &Placed<PartsDocument>,
    aggregate: Option<&Placed<Aggregate>>,
    seen: &mut Seen,
    problems: &mut Diagnostics,
) -> Option<Group> {
    let aggregate_place = aggregate.map(|aggregate| yaml::place(branch.file, aggregate));
    let parts = self::parts(branch, list, 1, seen, problems);
    problems.extend(mixed(branch, aggregate, parts.as_deref(), problems));
    let aggregate = self::aggregate(branch, aggregate, problems);
    let range = range(aggregate?, branch.scale);
    if range.low < branch.scale.low || range.high > branch.scale.high {
        let Range { low, high } = branch.scale;
        let message =
            format!("the sum goes from {} to {}, and scores from {low} to {high}", range.low, range.high);
        let place = aggregate_place.unwrap_or_else(|| yaml::place(branch.file, list));
        problems.push(
            Diagnostic::error("outside-range", message)
                .at(place)
                .help(format!("`scale: [{}, {}]`, or narrower limits", range.low, range.high)),
        );
    }
    Some(Group {
        name: ROOT.to_owned(),
        title: "Score".to_owned(),
        aggregate: aggregate?,
        range,
        rounding: None,
        parts: parts?,
    })
}

fn parts(
    branch: &Branch<'_>,
    list: &Placed<PartsDocument>,
    depth: usize,
    seen: &mut Seen,
    problems: &mut Diagnostics,
) -> Option<Vec<Part>> {
    if list.value.0.is_empty() {
        let place = yaml::place(branch.file, list);
        problems.push(Diagnostic::error("no-component", "at least one component is needed here").at(place));
        return None;
    }
    if depth > DEEPEST {
        let message = format!("groups are nested more than {DEEPEST} deep");
        problems.push(Diagnostic::error("too-deep", message).at(yaml::place(branch.file, list)));
        return None;
    }
    let parts: Vec<Option<Part>> =
        list.value.0.iter().map(|document| part(branch, document, depth, seen, problems)).collect();
    parts.into_iter().collect()
}

fn part(
    branch: &Branch<'_>,
    document: &PartDocument,
    depth: usize,
    seen: &mut Seen,
    problems: &mut Diagnostics,
) -> Option<Part> {
    let name = &document.name.value;
    if !seen.0.insert(name.clone()) {
        let message = format!("`{}` is named twice", name.escape_debug());
        let place = yaml::place(branch.file, &document.name);
        problems.push(Diagnostic::error("duplicate-name", message).at(place));
    }
    let own = branch.weights.get(name.as_str()).copied();
    let Some(form) = &document.part else {
        return Some(Part { weight: own.unwrap_or(1.0), node: component(branch, document, problems)? });
    };
    match &form.value {
        PartForm::Weight(number) => {
            let weight = problems.keep(weight(branch.file, form, *number));
            Some(Part { node: component(branch, document, problems)?, weight: own.or(weight)? })
        }
        PartForm::Group(group) => {
            let weight = match &group.weight {
                Some(number) => problems.keep(self::weight(branch.file, number, number.value)),
                None => Some(1.0),
            };
            let node = self::group(branch, (&document.name, group), depth, seen, problems);
            Some(Part { weight: own.or(weight)?, node: Node::Group(node?) })
        }
    }
}

fn component(branch: &Branch<'_>, document: &PartDocument, problems: &mut Diagnostics) -> Option<Node> {
    let (catalogue, name) = (branch.catalogue, &document.name.value);
    if !catalogue.names.contains_key(name) && !catalogue.unread {
        problems.push(
            Diagnostic::error(
                "unknown-component",
                format!("there is no component `{}`", name.escape_debug()),
            )
            .at(yaml::place(branch.file, &document.name))
            .help("declare it in a file of sql/components/")
            .suggest(name, catalogue.names.keys().map(String::as_str)),
        );
    }
    let found = branch.components.get(name).or_else(|| catalogue.sound(name))?;
    if found.status == Status::Draft && branch.status == Status::Published {
        problems.push(draft::used(found, yaml::place(branch.file, &document.name)));
    }
    Some(Node::Component(Arc::clone(found)))
}

fn group(
    branch: &Branch<'_>,
    (name, document): (&Placed<String>, &GroupDocument),
    depth: usize,
    seen: &mut Seen,
    problems: &mut Diagnostics,
) -> Option<Group> {
    let file = branch.file;
    let place = yaml::place(file, name);
    problems.extend(check_name("group", &name.value, &place).err());
    let taken = branch.catalogue.names.contains_key(&name.value);
    problems.extend(reserved("group", &name.value, &GROUP_WORDS).map(|problem| problem.at(place.clone())));
    if taken {
        let message = format!("`{}` is the name of something else, and cannot name a group", name.value);
        problems.push(Diagnostic::error("duplicate-name", message).at(place));
    }
    let title = match &document.title {
        Some(title) => problems.keep(visible(file, title)),
        None => Some(name.value.replace('_', " ")),
    };
    let rounding = rule::rounding(file, document.rounding.as_ref(), problems);
    let parts = parts(branch, &document.components, depth + 1, seen, problems);
    problems.extend(mixed(branch, document.aggregate.as_ref(), parts.as_deref(), problems));
    let aggregate = self::aggregate(branch, document.aggregate.as_ref(), problems);
    let range = range(aggregate?, branch.scale);
    if let Some(digits) = &document.rounding {
        let problem = rule::rounded_out_of(range, rounding);
        problems.extend(problem.map(|problem| problem.at(yaml::place(file, digits))));
    }
    Some(Group {
        name: name.value.clone(),
        title: title?,
        aggregate: aggregate?,
        range,
        rounding,
        parts: parts?,
    })
}

fn range(aggregate: Aggregate, scale: Range) -> Range {
    match aggregate {
        Aggregate::Additive(Additive { min, max, .. }) => Range { low: min, high: max },
        _ => scale,
    }
}

/// Points over points possible of parts whose scales are not equally wide: they do not decide by their weights alone.
fn mixed(
    branch: &Branch<'_>,
    aggregate: Option<&Placed<Aggregate>>,
    parts: Option<&[Part]>,
    known: &Diagnostics,
) -> Option<Diagnostic> {
    let aggregate = aggregate.filter(|aggregate| aggregate.value == Aggregate::PointsOverPossible)?;
    let width = |part: &&Part| part.range().width();
    let by_width = |a: &&Part, b: &&Part| width(a).total_cmp(&width(b));
    let (narrow, wide) = (parts?.iter().min_by(by_width)?, parts?.iter().max_by(by_width)?);
    let times = width(&wide) / width(&narrow);
    if times == 1.0 {
        return None;
    }
    let message = format!(
        "`{}` goes over {} points and `{}` over {}: at the same weight the first decides {times:.1} times as much",
        wide.name(),
        width(&wide),
        narrow.name(),
        width(&narrow)
    );
    // Scorecards that have the same parts say the same.
    let is_new = !known.iter().any(|other| other.message == message);
    is_new.then(|| {
        Diagnostic::warning("mixed-scales", message)
            .at(yaml::place(branch.file, aggregate))
            .note("points over possible counts points, and so weighs a part by how many it can have")
            .help("`aggregate: weighted_mean`, which weighs them alike, or scales that are equally wide")
    })
}

fn aggregate(
    branch: &Branch<'_>,
    aggregate: Option<&Placed<Aggregate>>,
    problems: &mut Diagnostics,
) -> Option<Aggregate> {
    let Some(aggregate) = aggregate else { return Some(Aggregate::default()) };
    let Aggregate::Additive(Additive { base, min, max }) = aggregate.value else {
        return Some(aggregate.value);
    };
    let place = yaml::place(branch.file, aggregate);
    let mut ends = [base, min, max].map(|end| problems.keep(finite(end, &place)));
    let (base, min, max) = (ends[0].take()?, ends[1].take()?, ends[2].take()?);
    if min < max && (min..=max).contains(&base) {
        return Some(Aggregate::Additive(Additive { base, min, max }));
    }
    problems.push(
        Diagnostic::error("empty-range", format!("a sum cannot begin at {base} and go from {min} to {max}"))
            .at(yaml::place(branch.file, aggregate))
            .help("`min` lies below `max`, and `base` from one to the other"),
    );
    None
}

/// A weight that counts.
pub(super) fn weight<T>(file: &Arc<SourceFile>, place: &Placed<T>, number: f64) -> Result<f64, Diagnostic> {
    let place = yaml::place(file, place);
    let number = finite(number, &place)?;
    if number > 0.0 {
        return Ok(number);
    }
    Err(Diagnostic::error("bad-weight", format!("a weight must be above 0, and this is {number}"))
        .at(place)
        .help("leave a component that should not count out of the score"))
}
