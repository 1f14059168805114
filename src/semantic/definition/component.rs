//! What is measured of an account, and what its value is worth.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Status;
use crate::diagnostic::Location;
use crate::semantic::expression::Expression;

/// One thing that is measured about an account on a day, and what its value is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its key: lower-case letters, digits and underscores.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Whether it is a draft, which only drafts of scores may use. It decides no points.
    pub status: Status,
    /// What is measured: one number, or one category, from one row of metrics.
    pub value: Expression,
    /// Where this is not true the component is *not applicable*; `None` applies everywhere.
    pub applies_when: Option<Expression>,
    /// Where this is not true it is *not yet* time to judge; `None` is always ready.
    pub ready_when: Option<Expression>,
    /// What it is worth where it has no value because usage is zero; `None` where nothing is said of that.
    pub zero_base: Option<ZeroBase>,
    /// Whose doing its value is. It decides no points: evidence is shown with and without what is ours.
    pub by: By,
    /// Whose usage it judges; `None` where it judges none.
    pub usage_of: Option<UsageOf>,
    /// How many days of usage its value looks at, its own day included: so long it does not apply after days on which none
    /// was expected ([`super::ExpectedIdle`]).
    pub look_back: u32,
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
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it matters and where the thresholds come from, or a link to that.
    pub docs: Option<String>,
    /// Where its name stands in the YAML.
    pub location: Location,
}

/// The days that a value looks back, where the component does not say.
pub(in crate::semantic) const LOOK_BACK: u32 = 28;

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
pub(in crate::semantic) fn rounded_points(points: f64, rounding: Option<u8>) -> f64 {
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

/// What a component is worth where it has no value because usage is zero: that is observed, and not missing.
#[derive(Debug, Clone, PartialEq)]
pub struct ZeroBase {
    /// Where a value that is not there is so because usage is zero. Beside it, and where it is `None` alone: where the value
    /// and the mean of its own history, of which it is the change, are both 0.
    pub when: Option<Expression>,
    /// What that is worth.
    pub give: Give,
}

/// What an account gets that has no value because usage is zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Give {
    /// The least points of the range.
    Worst,
    /// The most points of the range.
    Best,
    /// Nothing: the component does not apply.
    NotApplicable,
    /// These points.
    Points(f64),
}

impl Give {
    /// The points in a range; `None` where the component does not apply.
    pub fn points(self, range: Range) -> Option<f64> {
        match self {
            Self::Worst => Some(range.low),
            Self::Best => Some(range.high),
            Self::NotApplicable => None,
            Self::Points(points) => Some(points),
        }
    }
}

/// Whose usage is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageOf {
    /// What people do in the product.
    People,
    /// What programs do: calls of an interface, scheduled work.
    Integrations,
    /// Either.
    Both,
}

impl UsageOf {
    /// Every kind, as it is written.
    pub const NAMES: [(&str, Self); 3] =
        [("people", Self::People), ("integrations", Self::Integrations), ("both", Self::Both)];

    /// The one that says nothing of this one; `None` of both.
    pub fn other(self) -> Option<Self> {
        match self {
            Self::People => Some(Self::Integrations),
            Self::Integrations => Some(Self::People),
            Self::Both => None,
        }
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Integrations => "integrations",
            Self::Both => "both",
        }
    }
}

/// Whose doing a value is. What we do because an account is at risk (a judgement, a meeting, a plan) goes with the risk, and
/// says nothing of what the customer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The customer's.
    #[default]
    Customer,
    /// Ours.
    Us,
    /// Of both.
    Both,
}

impl By {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Us => "us",
            Self::Both => "both",
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
    /// `value / mean − 1`; where the mean is 0 there is none, and where the value is 0 as well [`ZeroBase`] says what for.
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
