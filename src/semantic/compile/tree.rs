//! From points to the score: the groups of every scorecard, from the inside out, and the way back from the score to
//! what each component contributes to it.
//!
//! | column of a group | means |
//! | --- | --- |
//! | `present_g` | weight of the parts that have a value |
//! | `earned_g` | what they earn: the sum of weight × share, the least share, … |
//! | `group_g` | the group's value on its range, NULL without any part |
//! | `factor_g` | how much the score moves with the group's value |

use std::collections::BTreeMap;

use super::query::{Query, rounded};
use super::writer::{case, real, sum};
use crate::semantic::definition::{Additive, Aggregate, Group, Node, Part, Range, Scope};

/// Columns, in the levels in which each reads those before it.
#[derive(Default)]
pub(super) struct Levels(Vec<Vec<(String, String)>>);

impl Levels {
    /// Adds a column at a level, and tells its name: that of one there or before with the same formula, if there is one.
    fn column(&mut self, level: usize, name: &str, formula: String) -> String {
        while self.0.len() <= level {
            self.0.push(Vec::new());
        }
        let known = self.0[..=level].iter().flatten().find(|(_, other)| *other == formula);
        if let Some((known, _)) = known {
            return known.clone();
        }
        // Scorecards differ in depth, so a name may be taken at any level.
        let taken = |name: &str| self.0.iter().flatten().any(|(known, _)| known == name);
        let unique = (1..)
            .map(|at| if at == 1 { name.to_owned() } else { format!("{name}__{at}") })
            .find(|name| !taken(name))
            .unwrap_or_else(|| name.to_owned());
        self.0[level].push((unique.clone(), formula));
        unique
    }

    /// The columns of each level.
    pub(super) fn into_items(self) -> impl Iterator<Item = Vec<String>> {
        self.0.into_iter().filter(|columns| !columns.is_empty()).map(|columns| {
            let item = |(name, formula): (String, String)| format!("{formula} AS {name}");
            std::iter::once("*".to_owned()).chain(columns.into_iter().map(item)).collect()
        })
    }
}

/// The columns of a group that was written.
#[derive(Clone)]
pub(super) struct Valued {
    /// Its value.
    pub(super) value: String,
    present: String,
    earned: String,
}

/// A scorecard's groups as columns.
pub(super) struct Tree<'a> {
    root: &'a Group,
    groups: BTreeMap<&'a str, Valued>,
}

/// A part as an expression.
struct Term<'a> {
    part: &'a Part,
    value: String,
}

impl Term<'_> {
    /// `(value − low) / width`, as a number to multiply with `factor`.
    fn share(&self, factor: f64) -> String {
        let Range { low, .. } = self.part.range();
        let slope = factor / self.part.range().width();
        let above = if low == 0.0 { self.value.clone() } else { format!("({} - {})", self.value, real(low)) };
        match slope {
            1.0 => above,
            slope => format!("{above} * {}", real(slope)),
        }
    }

    fn if_present(&self, then: &str) -> String {
        format!("CASE WHEN {} IS NULL THEN 0 ELSE {then} END", self.value)
    }
}

/// What a part weighs in its group.
pub(super) fn weight_in(group: &Group, part: &Part) -> f64 {
    match group.aggregate {
        Aggregate::PointsOverPossible | Aggregate::Additive(_) => part.weight * part.range().width(),
        _ => part.weight,
    }
}

/// Each component's share of the whole declared weight, by name.
pub(super) fn declared_shares(root: &Group) -> BTreeMap<&str, f64> {
    fn walk<'a>(group: &'a Group, share: f64, found: &mut BTreeMap<&'a str, f64>) {
        let total: f64 = group.parts_by_name().into_iter().map(|part| weight_in(group, part)).sum();
        for part in &group.parts {
            let share = share * weight_in(group, part) / total;
            match &part.node {
                Node::Component(component) => {
                    found.insert(&component.name, share);
                }
                Node::Group(inner) => walk(inner, share, found),
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, 1.0, &mut found);
    found
}

impl<'a> Tree<'a> {
    /// Adds the columns of a scorecard's groups.
    pub(super) fn write(query: &Query<'a>, card: usize, levels: &mut Levels) -> Self {
        let card = &query.cards[card];
        let mut tree = Self { root: &card.root, groups: BTreeMap::new() };
        let height = tree.group(&card.root, levels);
        if card.missing_weight == Scope::Score {
            tree.flat(levels, height);
        }
        tree
    }

    /// The columns of a group.
    pub(super) fn group_named(&self, name: &str) -> Option<&Valued> {
        self.groups.get(name)
    }

    /// The score before anything is made of it.
    pub(super) fn value(&self) -> &str {
        &self.groups[self.root.name.as_str()].value
    }

    /// Writes a group after those in it, and tells the first free level after it.
    fn group(&mut self, group: &'a Group, levels: &mut Levels) -> usize {
        let mut level = 0;
        for part in group.parts_by_name() {
            if let Node::Group(inner) = &part.node {
                level = level.max(self.group(inner, levels));
            }
        }
        let terms = self.terms(group);
        let name = &group.name;
        let present = levels.column(level, &format!("present_{name}"), present(group, &terms));
        let earned = levels.column(level, &format!("earned_{name}"), earned(group, &terms));
        let mut value = value(group, &present, &earned);
        let mut next = level + 1;
        if let Some(digits) = group.rounding {
            let exact = levels.column(next, &format!("exact_{name}"), value);
            value = rounded(&exact, digits, group.range.low < 0.0);
            next += 1;
        }
        let value = levels.column(next, &format!("group_{name}"), value);
        self.groups.insert(name, Valued { value, present, earned });
        next + 1
    }

    /// The root as the mean of all components, whatever group they are in.
    fn flat(&mut self, levels: &mut Levels, level: usize) {
        let (mut present, mut earned) = (Vec::new(), Vec::new());
        for (name, weight, range) in self.leaves() {
            let points = format!("points_{name}");
            present.push(format!("CASE WHEN {points} IS NULL THEN 0 ELSE {} END", real(weight)));
            let slope = real(weight / range.width());
            earned.push(format!("coalesce(({points} - {}) * {slope}, 0)", real(range.low)));
        }
        let present = levels.column(level, "present_all", double(&sum(&present)));
        let earned = levels.column(level, "earned_all", sum(&earned));
        let value = levels.column(level + 1, "group_all", value(self.root, &present, &earned));
        self.groups.insert(&self.root.name, Valued { value, present, earned });
    }

    fn leaves(&self) -> Vec<(&'a str, f64, Range)> {
        let shares = declared_shares(self.root);
        let ranges = self.root.components().into_iter().map(|part| (part.name.as_str(), part.scoring.range));
        let ranges: BTreeMap<&str, Range> = ranges.collect();
        ranges.into_iter().map(|(name, range)| (name, shares[name], range)).collect()
    }

    fn terms(&self, group: &'a Group) -> Vec<Term<'a>> {
        let value = |part: &'a Part| match &part.node {
            Node::Component(component) => format!("points_{}", component.name),
            Node::Group(group) => self.groups[group.name.as_str()].value.clone(),
        };
        group.parts_by_name().into_iter().map(|part| Term { part, value: value(part) }).collect()
    }

    /// Adds how much the score moves with each component's points, by component: a factor, and the points at which
    /// it contributes nothing.
    pub(super) fn factors(&self, scope: Scope, levels: &mut Levels) -> BTreeMap<&'a str, (String, f64)> {
        let mut found = BTreeMap::new();
        if scope == Scope::Score {
            let root = &self.groups[self.root.name.as_str()];
            for (name, weight, range) in self.leaves() {
                let factor = real(self.root.range.width() * weight / range.width());
                let factor =
                    format!("CASE WHEN points_{name} IS NULL THEN 0 ELSE {factor} / {} END", root.present);
                found.insert(name, (levels.column(0, &format!("factor_{name}"), factor), range.low));
            }
        } else {
            self.descend(self.root, None, 0, levels, &mut found);
        }
        found
    }

    fn descend(
        &self,
        group: &'a Group,
        above: Option<&str>,
        level: usize,
        levels: &mut Levels,
        found: &mut BTreeMap<&'a str, (String, f64)>,
    ) {
        let valued = &self.groups[group.name.as_str()];
        let terms = self.terms(group);
        for (at, term) in terms.iter().enumerate() {
            let own = factor(group, valued, &terms, at);
            let factor = match above {
                Some(above) => format!("{above} * {own}"),
                None => own,
            };
            let name = levels.column(level, &format!("factor_{}", term.part.name()), double(&factor));
            match &term.part.node {
                Node::Component(component) => {
                    let nothing = match group.aggregate {
                        Aggregate::Additive(_) => 0.0,
                        _ => component.scoring.range.low,
                    };
                    found.insert(&component.name, (name, nothing));
                }
                Node::Group(inner) => self.descend(inner, Some(&name), level + 1, levels, found),
            }
        }
    }
}

fn double(expression: &str) -> String {
    format!("CAST({expression} AS DOUBLE)")
}

/// The weight of the parts that have a value.
fn present(group: &Group, terms: &[Term<'_>]) -> String {
    let weights: Vec<String> =
        terms.iter().map(|term| term.if_present(&real(weight_in(group, term.part)))).collect();
    double(&sum(&weights))
}

/// What the parts earn.
fn earned(group: &Group, terms: &[Term<'_>]) -> String {
    let each = |of: &dyn Fn(&Term<'_>) -> String| terms.iter().map(of).collect::<Vec<String>>();
    match group.aggregate {
        Aggregate::PointsOverPossible | Aggregate::WeightedMean => {
            sum(&each(&|term| format!("coalesce({}, 0)", term.share(weight_in(group, term.part)))))
        }
        Aggregate::Min => format!("least({})", each(&|term| term.share(1.0)).join(", ")),
        Aggregate::Max => format!("greatest({})", each(&|term| term.share(1.0)).join(", ")),
        Aggregate::GeometricMean => geometric(group, terms),
        Aggregate::Additive(Additive { base, .. }) => {
            let terms = each(&|term| format!("coalesce({}, 0)", times(&term.value, term.part.weight)));
            format!("{} + {}", real(base), sum(&terms))
        }
    }
}

fn times(value: &str, factor: f64) -> String {
    if factor == 1.0 { value.to_owned() } else { format!("{value} * {}", real(factor)) }
}

/// Shares that differ by less are the same: it is what sums of doubles leave of 0.
const NONE: f64 = 1e-12;

/// `exp(Σ w·ln(share) / Σ w)`, 0 as soon as one share is.
fn geometric(group: &Group, terms: &[Term<'_>]) -> String {
    let shares: Vec<String> = terms.iter().map(|term| term.share(1.0)).collect();
    let logs: Vec<String> = terms
        .iter()
        .zip(&shares)
        .map(|(term, share)| {
            format!("coalesce(ln(CASE WHEN {share} > 0 THEN {share} END) * {}, 0)", real(term.part.weight))
        })
        .collect();
    let least = format!("least({})", shares.join(", "));
    let weight = present(group, terms);
    case(
        "",
        [
            (format!("{least} < {}", real(NONE)), "0".to_owned()),
            (format!("{weight} > 0"), format!("exp(({}) / {weight})", sum(&logs))),
        ],
        None,
    )
}

/// A group's value on its range.
fn value(group: &Group, present: &str, earned: &str) -> String {
    let Range { low, high } = group.range;
    let on_range = |share: &str| {
        let scaled = times(share, group.range.width());
        if low == 0.0 { scaled } else { format!("{} + {scaled}", real(low)) }
    };
    let then = match group.aggregate {
        Aggregate::PointsOverPossible | Aggregate::WeightedMean => on_range(&format!("{earned} / {present}")),
        Aggregate::Min | Aggregate::Max | Aggregate::GeometricMean => on_range(earned),
        Aggregate::Additive(_) => {
            let (least, most) = (real(low), real(high));
            let limits = [(format!("{earned} < {least}"), least), (format!("{earned} > {most}"), most)];
            case("", limits, Some(earned))
        }
    };
    format!("CASE WHEN {present} > 0 THEN {then} END")
}

/// How much a group's value moves with one of its parts.
fn factor(group: &Group, valued: &Valued, terms: &[Term<'_>], at: usize) -> String {
    let term = &terms[at];
    let (width, own) = (group.range.width(), term.part.range().width());
    let Valued { present, earned, .. } = valued;
    match group.aggregate {
        Aggregate::PointsOverPossible | Aggregate::WeightedMean => {
            let slope = real(width * weight_in(group, term.part) / own);
            term.if_present(&format!("{slope} / {present}"))
        }
        // The first part that is the least, or the greatest, is the whole group; parts that only a hair parts are equal.
        Aggregate::Min | Aggregate::Max => {
            let is = |term: &Term<'_>| match group.aggregate {
                Aggregate::Min => format!("{} < {earned} + {}", term.share(1.0), real(NONE)),
                _ => format!("{} > {earned} - {}", term.share(1.0), real(NONE)),
            };
            let before = terms[..at].iter().map(|term| (is(term), "0".to_owned()));
            case("", before.chain([(is(term), real(width / own))]), Some("0"))
        }
        // In proportion to weight × share: a share of 0 contributes nothing, and they add up to the mean.
        Aggregate::GeometricMean => {
            let linear = |term: &Term<'_>| format!("coalesce({}, 0)", term.share(term.part.weight));
            let total = sum(&terms.iter().map(linear).collect::<Vec<String>>());
            let slope = real(width * term.part.weight / own);
            format!(
                "CASE WHEN {} IS NOT NULL AND {total} > 0 THEN {slope} * {earned} / ({total}) ELSE 0 END",
                term.value
            )
        }
        Aggregate::Additive(_) => term.if_present(&real(term.part.weight)),
    }
}
