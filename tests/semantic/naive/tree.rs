//! What groups make of their parts, and how much each component counts.

use std::collections::BTreeMap;

use super::points::rounded;
use super::range;
use crate::semantic::language::{Aggregate, Card, Definition, Part, Scoring};

/// A scorecard's groups and components with all that they inherit.
pub struct Tree {
    root: Node,
    global: bool,
}

struct Node {
    name: String,
    weight: f64,
    range: (f64, f64),
    group: Option<Inner>,
}

struct Inner {
    aggregate: Aggregate,
    rounding: Option<u8>,
    nodes: Vec<Node>,
}

type Values<'a> = BTreeMap<&'a str, Option<f64>>;

/// By component: how much the score moves with its points, and the points at which it contributes nothing.
pub type Factors = BTreeMap<String, (f64, f64)>;

impl Tree {
    pub fn new(
        parts: &[Part],
        aggregate: Aggregate,
        card: &Card,
        definition: &Definition,
        scorings: &BTreeMap<String, Scoring>,
    ) -> Self {
        let scale = definition.score.scale.unwrap_or((0.0, 100.0));
        let nodes = parts.iter().map(|part| node(part, card, scale, scorings)).collect();
        let range = limits(aggregate, scale);
        let group = Some(Inner { aggregate, rounding: None, nodes });
        Self {
            root: Node { name: "score".to_owned(), weight: 1.0, range, group },
            global: definition.score.global,
        }
    }

    pub fn has(&self, component: &str) -> bool {
        self.root.find(component).is_some()
    }

    /// The groups that a component is in, outermost first, and its weight.
    pub fn place(&self, component: &str) -> (String, f64) {
        let path = self.root.find(component).expect("it is there");
        let (leaf, groups) = path.split_last().expect("itself at least");
        let names: Vec<&str> = groups.iter().skip(1).map(|group| group.name.as_str()).collect();
        (names.join("/"), leaf.weight)
    }

    /// A component's share of the whole declared weight.
    pub fn share(&self, component: &str) -> f64 {
        let path = self.root.find(component).expect("it is there");
        path.windows(2)
            .map(|pair| {
                let inner = pair[0].group.as_ref().expect("only the last is a component");
                let total: f64 = inner.nodes.iter().map(|node| inner.counts(node)).sum();
                inner.counts(pair[1]) / total
            })
            .product()
    }

    /// The score, the groups' values, and how much each component moves the score.
    pub fn evaluate(&self, points: &Values<'_>) -> (Option<f64>, BTreeMap<String, Option<f64>>, Factors) {
        let (mut groups, mut factors) = (BTreeMap::new(), BTreeMap::new());
        let mut whole = self.root.value(points, &mut groups);
        groups.remove("score");
        if self.global {
            whole = self.flat(points, &mut factors);
        } else {
            self.root.factors(points, 1.0, &mut factors);
        }
        (whole, groups, factors)
    }

    /// The mean of all components by their declared shares, whatever group they are in.
    fn flat(&self, points: &Values<'_>, factors: &mut Factors) -> Option<f64> {
        let (low, high) = self.root.range;
        let present: Vec<(&str, f64)> =
            points.iter().filter_map(|(name, points)| Some((*name, (*points)?))).collect();
        let weight: f64 = present.iter().map(|(name, _)| self.share(name)).sum();
        let mut value = low;
        for (name, points) in &present {
            let leaf = self.root.find(name).and_then(|path| path.last().copied()).expect("it is there");
            let factor = (high - low) * self.share(name) / weight / leaf.width();
            value += factor * (points - leaf.range.0);
            factors.insert((*name).to_owned(), (factor, leaf.range.0));
        }
        (!present.is_empty()).then_some(value)
    }
}

fn limits(aggregate: Aggregate, scale: (f64, f64)) -> (f64, f64) {
    match aggregate {
        Aggregate::Additive(_, min, max) => (min, max),
        _ => scale,
    }
}

fn node(part: &Part, card: &Card, scale: (f64, f64), scorings: &BTreeMap<String, Scoring>) -> Node {
    let own = card.weights.iter().find(|(name, _)| *name == part.name).map(|(_, weight)| *weight);
    let weight = own.or(part.weight).unwrap_or(1.0);
    let name = part.name.clone();
    let Some(group) = &part.group else {
        return Node { range: range(&scorings[&name]), name, weight, group: None };
    };
    let aggregate = group.aggregate.unwrap_or(Aggregate::WeightedMean);
    let nodes = group.parts.iter().map(|part| node(part, card, scale, scorings)).collect();
    let inner = Inner { aggregate, rounding: group.rounding, nodes };
    Node { name, weight, range: limits(aggregate, scale), group: Some(inner) }
}

impl Inner {
    /// What a part weighs: in points over possible, by its possible points as well.
    fn counts(&self, node: &Node) -> f64 {
        match self.aggregate {
            Aggregate::PointsOverPossible | Aggregate::Additive(..) => node.weight * node.width(),
            _ => node.weight,
        }
    }

    /// The parts that have a value, with it, in the order of their names.
    fn present(&self, points: &Values<'_>) -> Vec<(&Node, f64)> {
        let mut nodes: Vec<&Node> = self.nodes.iter().collect();
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        let value = |node: &Node| node.value(points, &mut BTreeMap::new());
        nodes.into_iter().filter_map(|node| Some((node, value(node)?))).collect()
    }

    /// The mean of the shares, the least, …: from 0 to 1; of a sum, the sum.
    fn earned(&self, present: &[(&Node, f64)]) -> f64 {
        let shares = || present.iter().map(|(node, value)| node.share(*value));
        let weights = || present.iter().map(|(node, _)| self.counts(node));
        let total: f64 = weights().sum();
        match self.aggregate {
            Aggregate::PointsOverPossible | Aggregate::WeightedMean => {
                shares().zip(weights()).map(|(share, weight)| share * weight).sum::<f64>() / total
            }
            Aggregate::Min => shares().fold(f64::INFINITY, f64::min),
            Aggregate::Max => shares().fold(f64::NEG_INFINITY, f64::max),
            // The product of powers; a share of less than a hair is none.
            Aggregate::GeometricMean if shares().any(|share| share < 1e-12) => 0.0,
            Aggregate::GeometricMean => {
                shares().zip(weights()).map(|(share, weight)| share.powf(weight / total)).product()
            }
            Aggregate::Additive(base, ..) => {
                base + present.iter().map(|(node, value)| node.weight * value).sum::<f64>()
            }
        }
    }
}

impl Node {
    fn width(&self) -> f64 {
        self.range.1 - self.range.0
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.range.0) / self.width()
    }

    /// The way to a component, from this node to it.
    fn find(&self, component: &str) -> Option<Vec<&Self>> {
        match &self.group {
            None => (self.name == component).then(|| vec![self]),
            Some(inner) => {
                let below = inner.nodes.iter().find_map(|node| node.find(component))?;
                Some(std::iter::once(self).chain(below).collect())
            }
        }
    }

    fn value(&self, points: &Values<'_>, groups: &mut BTreeMap<String, Option<f64>>) -> Option<f64> {
        let Some(inner) = &self.group else { return points[self.name.as_str()] };
        for node in &inner.nodes {
            node.value(points, groups);
        }
        let present = inner.present(points);
        let value = (!present.is_empty()).then(|| {
            let earned = inner.earned(&present);
            let exact = match inner.aggregate {
                Aggregate::Additive(_, min, max) => earned.clamp(min, max),
                _ => self.range.0 + self.width() * earned,
            };
            inner.rounding.map_or(exact, |digits| rounded(exact, digits))
        });
        if self.group.is_some() {
            groups.insert(self.name.clone(), value);
        }
        value
    }

    fn factors(&self, points: &Values<'_>, above: f64, factors: &mut Factors) {
        let Some(inner) = &self.group else { return };
        let present = inner.present(points);
        let total: f64 = present.iter().map(|(node, _)| inner.counts(node)).sum();
        let earned = if present.is_empty() { 0.0 } else { inner.earned(&present) };
        let linear: f64 = present.iter().map(|(node, value)| node.weight * node.share(*value)).sum();
        let chosen = present.iter().position(|(node, value)| (node.share(*value) - earned).abs() < 1e-12);
        for (at, (node, _)) in present.iter().enumerate() {
            let slope = self.width() / node.width();
            let own = match inner.aggregate {
                Aggregate::PointsOverPossible | Aggregate::WeightedMean => slope * inner.counts(node) / total,
                Aggregate::Min | Aggregate::Max if chosen == Some(at) => slope,
                Aggregate::Min | Aggregate::Max => 0.0,
                // In proportion to weight × share.
                Aggregate::GeometricMean if linear > 0.0 => slope * node.weight * earned / linear,
                Aggregate::GeometricMean => 0.0,
                Aggregate::Additive(..) => node.weight,
            };
            let nothing = if matches!(inner.aggregate, Aggregate::Additive(..)) { 0.0 } else { node.range.0 };
            if node.group.is_none() {
                factors.insert(node.name.clone(), (above * own, nothing));
            }
            node.factors(points, above * own, factors);
        }
    }
}
