//! What components and scores mean, once everything about them has been checked.

use std::sync::Arc;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::expression::Expression;
use crate::diagnostic::{Location, SourceFile};

/// One thing that is measured about an account on a day, and what its value is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its key: lower-case letters, digits and underscores.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What is measured: one number, or one category, from one row of metrics.
    pub value: Expression,
    /// Where this is not true the component is *not applicable*; `None` applies everywhere.
    pub applies_when: Option<Expression>,
    /// Where this is not true it is *not yet* time to judge; `None` is always ready.
    pub ready_when: Option<Expression>,
    /// A text that is published beside the value: who judged, why, from which source.
    pub evidence: Option<Expression>,
    /// How the value loses its force with age.
    pub decay: Option<Decay>,
    /// What the value is compared with before it is worth points.
    pub relative_to: Option<Relative>,
    /// How it becomes points.
    pub scoring: Scoring,
    /// Which way is better, where there is one way.
    pub direction: Option<Direction>,
    /// The unit of the value, for people.
    pub unit: Option<String>,
    /// The heading under which reports show it.
    pub group: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it matters and where the thresholds come from, or a link to that.
    pub docs: Option<String>,
    /// Where its name stands in the YAML.
    pub location: Location,
}

/// How a measured value becomes points; the part of a component that a scorecard can say otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Scoring {
    /// The rules, the first whose condition is true applies; the last has none.
    pub cases: Vec<Case>,
    /// The least and the most points that there can be: what points are a share of.
    pub range: Range,
    /// Decimals that points are rounded to, half away from zero.
    pub rounding: Option<u8>,
    /// What an account without a value gets.
    pub on_missing: OnMissing,
}

/// Points rounded half away from zero; what lies a hair under a half, as 1.005 does in doubles, is a half.
pub(super) fn rounded_points(points: f64, rounding: Option<u8>) -> f64 {
    let Some(digits) = rounding else { return points };
    let unit = 10_f64.powi(i32::from(digits));
    let away = (points.abs() * unit + 0.5 + unit * 2.5e-11).floor() / unit;
    if points < 0.0 { -away + 0.0 } else { away }
}

/// A rule and the accounts that it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// A condition over metrics; `None` for all that are left.
    pub when: Option<Expression>,
    /// The rule.
    pub rule: Rule,
}

/// How a value becomes points.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Ranges of values, edges ascending, only the last one open above; at least one.
    Bins(Vec<Bin>),
    /// Texts and their points.
    Categories {
        /// Each text and what it is worth.
        points: Vec<(String, f64)>,
        /// What every other text is worth; `None` refuses to publish one.
        otherwise: Option<f64>,
    },
    /// A straight line between two values.
    Linear {
        /// The values at its ends, `from` below `to`.
        values: Range,
        /// The points at its ends; falling where the second is less.
        points: (f64, f64),
        /// What lies outside.
        outside: Outside,
    },
    /// The value is the points: a whole number of the range, anything else is refused.
    Ordinal(Range),
    /// No points, for a declared reason.
    NoPoints(State),
}

/// An interval of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// Its lower end.
    pub low: f64,
    /// Its upper end, above the lower.
    pub high: f64,
}

impl Range {
    /// How long it is.
    pub fn width(self) -> f64 {
        self.high - self.low
    }
}

/// A range of values, from where the bin before it ends, and its points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    /// The edge above; `None` for the last bin.
    pub edge: Option<Edge>,
    /// Points for a value in the bin.
    pub points: f64,
    /// A name for people.
    #[serde(skip)]
    pub label: Option<String>,
}

/// The upper end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Edge {
    /// The number.
    pub at: f64,
    /// Whether the number itself belongs to the range (`at_most`) or to the next (`below`).
    pub inclusive: bool,
}

/// Points beyond the ends of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// Those of the nearer end.
    #[default]
    Hold,
    /// None: 0 points.
    Nothing,
}

/// Why there are no points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The component is not meant for this account: it leaves the score and the coverage.
    NotApplicable,
    /// There is not enough history to judge.
    NotYet,
}

/// What an account gets whose component applies but has no value (NULL, NaN or infinite, or not ready yet).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnMissing {
    /// The component counts neither as earned nor as possible: the others share its weight.
    #[default]
    Renormalise,
    /// These points.
    Neutral(f64),
    /// The least points of the range.
    Worst,
    /// The most points of the range.
    Best,
    /// The last value of so many days before, and where there is none either, as `Renormalise`.
    CarryForward(u32),
    /// The run fails and publishes nothing.
    Fail,
}

impl OnMissing {
    /// Its name, as published.
    pub fn name(self) -> &'static str {
        match self {
            Self::Renormalise => "renormalise",
            Self::Neutral(_) => "neutral",
            Self::Worst => "worst",
            Self::Best => "best",
            Self::CarryForward(_) => "carry_forward",
            Self::Fail => "fail",
        }
    }
}

/// How a value loses its force with age.
#[derive(Debug, Clone, PartialEq)]
pub struct Decay {
    /// Its age in days.
    pub age: Expression,
    /// The age after which there is no value any more.
    pub expires_after: Option<f64>,
    /// How it moves toward something on the way.
    pub fading: Option<Fading>,
}

/// A value that moves toward another as it ages.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fading {
    /// What it moves toward.
    pub toward: f64,
    /// How fast.
    pub pace: Pace,
}

/// How fast a value fades.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Evenly, and all the way after so many days.
    Linear(f64),
    /// Half of the way that is left in each so many days.
    HalfLife(f64),
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Relative {
    /// The mean of the account's own values on `days` days, the last of them `gap` days before this one.
    OwnHistory {
        /// How many days the mean is of.
        days: u32,
        /// How many days before this one they end.
        gap: u32,
        /// Change or difference.
        form: OwnForm,
    },
    /// The accounts of the same day, those alike in `by` where it is given.
    Peers {
        /// What peers have in common.
        by: Option<Expression>,
        /// How the value stands among them.
        form: Standing,
    },
    /// All accounts on the days of a period that stays as it is.
    Reference {
        /// Its first day.
        from: NaiveDate,
        /// Its last day.
        to: NaiveDate,
        /// How the value stands among them.
        form: Standing,
    },
}

/// How a value is compared with the mean of earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnForm {
    /// `value / mean − 1`; missing where the mean is 0.
    Change,
    /// `value − mean`.
    Difference,
}

/// How a value stands among others, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The share of values that are at most this one.
    Percentile,
    /// How far it is from the least to the greatest, held to 0 and 1; missing where they are equal.
    MinMax,
}

/// Which way a value is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A higher value earns at least as many points.
    HigherIsBetter,
    /// A lower value earns at least as many points.
    LowerIsBetter,
}

/// A score of every account, or every user, on every day.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The stem of its file: lower-case letters, digits and underscores.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// The version that people gave it, published on every row.
    pub version: String,
    /// Whose score it is.
    pub entity: Entity,
    /// The worst and the best score.
    pub scale: Range,
    /// Where the number comes from.
    pub source: Source,
    /// The least share of the declared weight that must be present, 0 to 1.
    pub min_coverage: f64,
    /// What accounts have in common that are ranked among each other, beside the rank among all.
    pub peers: Option<Expression>,
    /// Whether overrides of `metrics.overrides` apply.
    pub overrides: bool,
    /// Decimals that the published score is rounded to, half away from zero.
    pub rounding: Option<u8>,
    /// Which number decides the tier.
    pub tier_from: TierFrom,
    /// The names of ranges of the score: lowest first, edges ascending, only the last one open above.
    pub tiers: Vec<Tier>,
    /// Content hash of the meaning, published on every row: equal whatever the comments, the order of keys, the
    /// titles and the version; different as soon as a number could be.
    pub definition: String,
    /// The file that declares it.
    pub file: Arc<SourceFile>,
}

impl Score {
    /// The scorecards, in the order in which they are tried; none of a roll-up.
    pub fn scorecards(&self) -> &[Scorecard] {
        match &self.source {
            Source::Scorecards(scorecards) => scorecards,
            Source::RollUp(_) => &[],
        }
    }
}

/// Where a score's number comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Components; the first scorecard whose condition is true applies, the last has none.
    Scorecards(Vec<Scorecard>),
    /// The scores of others.
    RollUp(Box<RollUp>),
}

/// Whose score it is: the table of metrics that it reads, and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    /// `metrics.accounts`, by `account_id`.
    #[default]
    Account,
    /// `metrics.users`, by `account_id` and `user_id`.
    User,
}

impl Entity {
    /// The table of metrics.
    pub fn table(self) -> &'static str {
        match self {
            Self::Account => "metrics.accounts",
            Self::User => "metrics.users",
        }
    }

    /// The columns that say who, without the day.
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::Account => &["account_id"],
            Self::User => &["account_id", "user_id"],
        }
    }
}

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
    pub renormalise: Scope,
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
    /// Points earned over points possible: the mean of the shares by weight × width of the range.
    #[default]
    PointsOverPossible,
    /// The mean of the shares by weight.
    WeightedMean,
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

/// Where the weight of a missing component goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To the others of its group, and across groups only when the group has nothing.
    #[default]
    Group,
    /// To all others of the score.
    Global,
}

/// Which number decides the tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TierFrom {
    /// The score before rounding.
    #[default]
    Unrounded,
    /// The score as rounded.
    Rounded,
}

/// A score made of the scores of members: users of an account, children of a parent.
#[derive(Debug, Clone, PartialEq)]
pub struct RollUp {
    /// The members' score.
    pub of: String,
    /// Whose members' metrics it reads.
    pub members: Entity,
    /// The content hash of the members' score.
    pub definition: String,
    /// What in the members' metrics names the account above them.
    pub to: Expression,
    /// What is made of the members' scores.
    pub measure: Measure,
    /// How much a member counts, from 0.0001, in steps of that; all the same where it is `None`.
    pub weight: Option<Expression>,
    /// Which members count; all where it is `None`.
    pub where_member: Option<Expression>,
    /// The tiers of members that are at risk.
    pub at_risk: Vec<String>,
    /// Whether the account above counts as one of its own members.
    pub parent: ParentOf,
    /// What an account without members gets.
    pub fallback: Fallback,
}

/// What is made of the members' scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Their mean by weight.
    Mean,
    /// The least.
    Worst,
    /// The greatest.
    Best,
    /// The best score less the share, by weight, of members at risk.
    ShareAtRisk,
}

/// Whether the account above counts as one of its own members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParentOf {
    /// It does not.
    #[default]
    Excluded,
    /// It does.
    Included,
}

/// What an account without scored members gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Its own score.
    Own,
    /// No score.
    Unscored,
}

/// A range of scores, from where the tier before it ends, and its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// The name that is published.
    pub name: String,
    /// The edge above; `None` for the last tier.
    pub edge: Option<Edge>,
    /// `#rrggbb`, for reports.
    pub color: Option<String>,
    /// What the tier means, for people.
    pub description: Option<String>,
}
