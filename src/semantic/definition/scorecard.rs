//! How components make a score: scorecards, groups in groups, and their aggregates.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Component, Range, Scope};
use crate::semantic::expression::Expression;

/// How some accounts are scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Scorecard {
    /// Its name, published on every row that it decided.
    pub name: String,
    /// Which accounts it is for, on the day; `None` for all that are left.
    pub when: Option<Expression>,
    /// The components and groups.
    pub root: Group,
    /// Where the weight of what is missing goes.
    pub missing_weight: Scope,
}

/// Parts that count together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its key: lower-case letters, digits and underscores; of a scorecard's root, `score`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// How its parts make its value.
    pub aggregate: Aggregate,
    /// The worst and the best value: the score's scale, or the limits of a sum.
    pub range: Range,
    /// Decimals that its value is rounded to before it counts, half away from zero.
    pub rounding: Option<u8>,
    /// Its parts, in declared order; at least one.
    pub parts: Vec<Part>,
}

impl Group {
    /// The parts in the order of their names: the order of computing, so that the declared order, which is for
    /// people, changes no number.
    pub fn parts_by_name(&self) -> Vec<&Part> {
        let mut parts: Vec<&Part> = self.parts.iter().collect();
        parts.sort_by_key(|part| part.name());
        parts
    }

    /// All components of the group and the groups in it, in declared order.
    pub fn components(&self) -> Vec<&Arc<Component>> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    /// All groups within this one, each before those in it, in declared order.
    pub fn groups(&self) -> Vec<&Self> {
        let inner = self.parts.iter().filter_map(|part| match &part.node {
            Node::Group(group) => Some(group),
            Node::Component(_) => None,
        });
        inner.flat_map(|group| [vec![group], group.groups()].concat()).collect()
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Arc<Component>>) {
        for part in &self.parts {
            match &part.node {
                Node::Component(component) => found.push(component),
                Node::Group(group) => group.collect(found),
            }
        }
    }
}

/// A component or group in a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// How much it counts: any positive number; in a sum, what it is multiplied by.
    pub weight: f64,
    /// What it is.
    pub node: Node,
}

impl Part {
    /// The name of the component or group.
    pub fn name(&self) -> &str {
        match &self.node {
            Node::Component(component) => &component.name,
            Node::Group(group) => &group.name,
        }
    }

    /// The worst and the best that it can be.
    pub fn range(&self) -> Range {
        match &self.node {
            Node::Component(component) => component.scoring.range,
            Node::Group(group) => group.range,
        }
    }
}

/// What a part is.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A component.
    Component(Arc<Component>),
    /// A group of parts.
    Group(Group),
}

/// How the parts of a group make its value. A part counts by its share: how far its points are from the least to the
/// most of its range. A part without a value is left out; a group without any has none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// The mean of the shares by weight.
    #[default]
    WeightedMean,
    /// Points earned over points possible: the mean of the shares by weight × width of the scale.
    PointsOverPossible,
    /// The least share: any red is red.
    Min,
    /// The greatest share.
    Max,
    /// The geometric mean of the shares by weight: nothing makes up for a share of 0.
    GeometricMean,
    /// A base, and points added to it or taken from it.
    Additive(Additive),
}

/// A sum that is held between two limits: `base + Σ weight × points`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Additive {
    /// Where it begins.
    #[serde(default)]
    pub base: f64,
    /// The least that it can be.
    pub min: f64,
    /// The most that it can be.
    pub max: f64,
}
