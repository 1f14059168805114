//! The content hash of a score: the same meaning has the same hash.

use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::definition::{
    Aggregate, Case, Component, Decay, Edge, Entity, Fading, Give, Group, Node, OnMissing, Range, Relative,
    RollUp, Rule, Scope, Score, Scorecard, Scoring, Source, TierFrom, UsageKind, UsageOf,
};
use super::expression::Expression;

/// Version of what hale makes of a definition; raised when the same definition gets other numbers.
const RULES: u32 = 4;

/// Everything that decides a published number or name, and nothing else, in one order of fields.
#[derive(Serialize)]
struct Meaning<'a> {
    rules: u32,
    score: &'a str,
    entity: Entity,
    scale: Range,
    scorecards: Vec<ScorecardMeaning<'a>>,
    roll_up: Option<RollUpMeaning<'a>>,
    usage_of: Option<&'a str>,
    expected_idle: Option<(&'a str, &'a str)>,
    min_coverage: f64,
    rank_within: Option<&'a str>,
    overrides: bool,
    rounding: Option<u8>,
    tier_from: TierFrom,
    tiers: Vec<(&'a str, Option<Edge>, bool)>,
}

#[derive(Serialize)]
struct ScorecardMeaning<'a> {
    name: &'a str,
    when: Option<&'a str>,
    missing_weight: Scope,
    root: GroupMeaning<'a>,
}

#[derive(Serialize)]
struct GroupMeaning<'a> {
    name: &'a str,
    aggregate: Aggregate,
    range: Range,
    rounding: Option<u8>,
    parts: Vec<(f64, PartMeaning<'a>)>,
}

#[derive(Serialize)]
enum PartMeaning<'a> {
    Component(Box<ComponentMeaning<'a>>),
    Group(GroupMeaning<'a>),
}

#[derive(Serialize)]
struct ComponentMeaning<'a> {
    name: &'a str,
    value: &'a str,
    applies_when: Option<&'a str>,
    ready_when: Option<&'a str>,
    zero_base: Option<(Option<&'a str>, Give)>,
    usage_of: Option<(UsageOf, u32)>,
    decay: Option<(&'a str, Option<f64>, Option<Fading>)>,
    relative_to: Option<String>,
    cases: Vec<(Option<&'a str>, &'a Rule)>,
    range: Range,
    rounding: Option<u8>,
    on_missing: OnMissing,
}

#[derive(Serialize)]
struct RollUpMeaning<'a> {
    of: &'a str,
    definition: &'a str,
    to: &'a str,
    measure: super::definition::Measure,
    weight: Option<&'a str>,
    where_member: Option<&'a str>,
    parent: super::definition::ParentOf,
    fallback: super::definition::Fallback,
}

/// The first 16 hexadecimal digits of the SHA-256 of the meaning's canonical JSON.
pub(super) fn of(score: &Score) -> String {
    let roll_up = match &score.source {
        Source::RollUp(roll_up) => Some(self::roll_up(roll_up)),
        Source::Scorecards(_) => None,
    };
    let meaning = Meaning {
        rules: RULES,
        score: score.stands_for(),
        entity: score.entity,
        scale: score.scale,
        scorecards: score.scorecards().iter().map(scorecard).collect(),
        roll_up,
        usage_of: score.usage_of.as_ref().map(|kind| match kind {
            UsageKind::All(of) => of.name(),
            UsageKind::By(expression) => expression.sql(),
        }),
        expected_idle: score.expected_idle.as_ref().map(|idle| (idle.when.sql(), idle.unless.sql())),
        min_coverage: score.min_coverage,
        rank_within: sql(&score.rank_within),
        overrides: score.overrides,
        rounding: score.rounding,
        tier_from: score.tier_from,
        tiers: score.tiers.iter().map(|tier| (tier.name.as_str(), tier.edge, tier.at_risk)).collect(),
    };
    let json = serde_json::to_vec(&meaning).expect("numbers and texts always have a JSON form");
    Sha256::digest(json).iter().take(8).fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes every write");
        hex
    })
}

fn sql(expression: &Option<Expression>) -> Option<&str> {
    expression.as_ref().map(Expression::sql)
}

fn scorecard(card: &Scorecard) -> ScorecardMeaning<'_> {
    ScorecardMeaning {
        name: &card.name,
        when: sql(&card.when),
        missing_weight: card.missing_weight,
        root: group(&card.root),
    }
}

fn part(node: &Node) -> PartMeaning<'_> {
    match node {
        Node::Component(component) => PartMeaning::Component(Box::new(self::component(component))),
        Node::Group(group) => PartMeaning::Group(self::group(group)),
    }
}

fn group(group: &Group) -> GroupMeaning<'_> {
    GroupMeaning {
        name: &group.name,
        aggregate: group.aggregate,
        range: group.range,
        rounding: group.rounding,
        parts: group.parts_by_name().into_iter().map(|each| (each.weight, part(&each.node))).collect(),
    }
}

fn component(component: &Component) -> ComponentMeaning<'_> {
    let Scoring { cases, range, rounding, on_missing } = &component.scoring;
    ComponentMeaning {
        name: &component.name,
        value: component.value.sql(),
        applies_when: sql(&component.applies_when),
        ready_when: sql(&component.ready_when),
        zero_base: component.zero_base.as_ref().map(|zero| (sql(&zero.when), zero.give)),
        usage_of: component.usage_of.map(|usage_of| (usage_of, component.look_back)),
        decay: component.decay.as_ref().map(decay),
        relative_to: component.relative_to.as_ref().map(relative),
        cases: cases.iter().map(|Case { when, rule }| (sql(when), rule)).collect(),
        range: *range,
        rounding: *rounding,
        on_missing: *on_missing,
    }
}

fn decay(decay: &Decay) -> (&str, Option<f64>, Option<Fading>) {
    (decay.age.sql(), decay.expires_after, decay.fading)
}

fn relative(relative: &Relative) -> String {
    match relative {
        Relative::OwnHistory { days, gap, form } => format!("own {days} {gap} {form:?}"),
        Relative::Peers { by, form } => format!("peers {:?} {form:?}", sql(by)),
        Relative::Reference { from, to, form } => format!("reference {from} {to} {form:?}"),
    }
}

fn roll_up(roll_up: &RollUp) -> RollUpMeaning<'_> {
    RollUpMeaning {
        of: &roll_up.of,
        definition: &roll_up.definition,
        to: roll_up.to.sql(),
        measure: roll_up.measure,
        weight: sql(&roll_up.weight),
        where_member: sql(&roll_up.where_member),
        parent: roll_up.parent,
        fallback: roll_up.fallback,
    }
}
