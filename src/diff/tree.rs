//! Groups of components, looked into and changed part by part.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::semantic::{Aggregate, Component, Group, Node, Part, Score, Scorecard, Source};

/// The scorecards of a score, to change them; none of a roll-up.
pub(super) fn cards(score: &mut Score) -> &mut [Scorecard] {
    match &mut score.source {
        Source::Scorecards(cards) => cards,
        Source::RollUp(_) => &mut [],
    }
}

/// The scorecard of a name.
pub(super) fn card<'a>(score: &'a Score, name: &str) -> Option<&'a Scorecard> {
    score.scorecards().iter().find(|card| card.name == name)
}

/// The component of a name in a group and all below it.
pub(super) fn component<'a>(group: &'a Group, name: &str) -> Option<&'a Arc<Component>> {
    group.components().into_iter().find(|component| component.name == name)
}

/// Changes the component of a name, wherever it is in a group.
pub(super) fn change(group: &mut Group, name: &str, edit: &mut dyn FnMut(&mut Component)) {
    for part in &mut group.parts {
        match &mut part.node {
            Node::Component(component) if component.name == name => edit(Arc::make_mut(component)),
            Node::Component(_) => {}
            Node::Group(inner) => change(inner, name, edit),
        }
    }
}

/// The groups that a part is in, from the outermost, and its name.
pub(super) type Path = (Vec<String>, String);

/// The parts of a group and all below it, by their paths.
pub(super) fn parts(group: &Group) -> BTreeMap<Path, &Part> {
    fn walk<'a>(group: &'a Group, path: &mut Vec<String>, found: &mut BTreeMap<Path, &'a Part>) {
        for part in &group.parts {
            found.insert((path.clone(), part.name().to_owned()), part);
            if let Node::Group(inner) = &part.node {
                path.push(inner.name.clone());
                walk(inner, path, found);
                path.pop();
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(group, &mut Vec::new(), &mut found);
    found
}

/// The group at the end of a path of groups.
pub(super) fn group_at<'a>(group: &'a mut Group, path: &[String]) -> Option<&'a mut Group> {
    let Some((first, rest)) = path.split_first() else { return Some(group) };
    let inner = group.parts.iter_mut().find_map(|part| match &mut part.node {
        Node::Group(inner) if inner.name == *first => Some(inner),
        _ => None,
    });
    group_at(inner?, rest)
}

/// Weighs the parts of a group, and of the groups in it, as another group of the same parts does, where all weigh so many times
/// what they did; in a sum that would be another sum.
pub(super) fn rescale(own: &mut Group, new: &Group) {
    let names =
        |group: &Group| group.parts_by_name().iter().map(|part| part.name().to_owned()).collect::<Vec<_>>();
    let ratios = own.parts_by_name().into_iter().zip(new.parts_by_name());
    let ratios: Vec<f64> = ratios.map(|(own, new)| new.weight / own.weight).collect();
    let is_one = ratios.windows(2).all(|pair| (pair[0] / pair[1] - 1.0).abs() < 1e-12);
    let is_sum =
        matches!(own.aggregate, Aggregate::Additive(_)) || matches!(new.aggregate, Aggregate::Additive(_));
    let is_alike = names(own) == names(new) && is_one && !is_sum;
    for part in &mut own.parts {
        let Some(other) = new.parts.iter().find(|other| other.name() == part.name()) else { continue };
        if is_alike {
            part.weight = other.weight;
        }
        if let (Node::Group(own), Node::Group(new)) = (&mut part.node, &other.node) {
            rescale(own, new);
        }
    }
}

/// Takes a component out of a group and all below it, and groups that are empty then.
pub(super) fn remove(group: &mut Group, name: &str) {
    for part in &mut group.parts {
        if let Node::Group(inner) = &mut part.node {
            remove(inner, name);
        }
    }
    group.parts.retain(|part| match &part.node {
        Node::Component(component) => component.name != name,
        Node::Group(inner) => !inner.parts.is_empty(),
    });
}

/// The title of a part.
pub(super) fn title(part: &Part) -> &str {
    match &part.node {
        Node::Component(component) => &component.title,
        Node::Group(group) => &group.title,
    }
}
