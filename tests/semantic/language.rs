//! The whole language as plain data.

/// A file of components and a file of one score.
#[derive(Clone)]
pub struct Definition {
    pub components: Vec<Component>,
    pub score: Score,
}

#[derive(Debug, Clone)]
pub struct Component {
    pub name: String,
    pub value: Value,
    pub applies_when: Option<Condition>,
    pub ready_when: Option<Condition>,
    /// Where a missing value is so because usage is zero, and what that is worth.
    pub zero: Option<(Option<Condition>, Give)>,
    pub usage_of: Option<UsageOf>,
    pub look_back: Option<u32>,
    pub evidence: bool,
    pub decay: Option<Decay>,
    pub relative: Option<Relative>,
    pub scoring: Scoring,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Give {
    Worst,
    Best,
    NotApplicable,
    Points(f64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UsageOf {
    People,
    Integrations,
    Both,
}

/// Whose usage that of an account is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UsageKind {
    All(UsageOf),
    /// People's of small accounts, that of integrations of others who pay, and of the rest nothing is said.
    ByRow,
}

/// What is measured: columns of [`super::world::Row`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    Metric(usize),
    /// `mᵢ / nullif(mⱼ, 0)`.
    Ratio(usize, usize),
    /// A whole number.
    Events,
    /// Whole numbers from 1 to 5, mostly.
    Pulse,
    /// A text.
    Grade,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Condition {
    Paid,
    NotPaid,
    Small,
    Unnamed,
    Tenure(i64),
}

#[derive(Debug, Clone, Copy)]
pub struct Decay {
    pub expires_after: Option<f64>,
    /// What the value moves toward, and how: `true` evenly, `false` by half-lives; of so many days.
    pub fading: Option<(f64, bool, f64)>,
}

#[derive(Debug, Clone, Copy)]
pub enum Relative {
    /// Days, gap, and whether as a change rather than a difference.
    Own(u32, u32, bool),
    /// Whether by segment, and whether as a percentile rather than between the least and the greatest.
    Peers(bool, bool),
    /// First and last day, and as above.
    Reference(i32, i32, bool),
}

#[derive(Debug, Clone)]
pub struct Scoring {
    pub cases: Vec<Case>,
    pub range: Option<(f64, f64)>,
    pub rounding: Option<u8>,
    pub missing: Option<Missing>,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub when: Option<Condition>,
    pub rule: Rule,
}

#[derive(Debug, Clone)]
pub enum Rule {
    Bins(Vec<Bin>),
    /// Texts, their points, and the points of all others.
    Categories(Vec<(String, f64)>, Option<f64>),
    /// From, to, points at both, and whether values outside get no points.
    Line(f64, f64, f64, f64, bool),
    Ordinal(f64, f64),
}

/// The edge above and whether it belongs to the bin; points; a label.
#[derive(Debug, Clone)]
pub struct Bin {
    pub edge: Option<(f64, bool)>,
    pub points: f64,
    pub label: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Missing {
    Renormalise,
    Neutral(f64),
    Worst,
    Best,
    CarryForward(u32),
    Fail,
}

#[derive(Debug, Clone)]
pub struct Score {
    pub by_user: bool,
    pub scale: Option<(f64, f64)>,
    pub parts: Option<Vec<Part>>,
    pub aggregate: Option<Aggregate>,
    pub global: bool,
    /// None, or several of which the last has no condition.
    pub cards: Vec<Card>,
    pub usage_of: Option<UsageKind>,
    /// Where no usage is expected, and who is in use all the same.
    pub idle: Option<(Condition, Condition)>,
    pub min_coverage: Option<f64>,
    /// Whether accounts of a segment are ranked among each other.
    pub peers: bool,
    pub overrides: bool,
    pub rounding: Option<u8>,
    pub tier_from_rounded: bool,
    /// The edges between `t0`, `t1`, … and whether each belongs to the tier below.
    pub tiers: Vec<(f64, bool)>,
    /// How many tiers from the lowest are at risk.
    pub at_risk: usize,
}

/// A component or a group, and its weight.
#[derive(Debug, Clone)]
pub struct Part {
    pub name: String,
    pub weight: Option<f64>,
    pub group: Option<Group>,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub aggregate: Option<Aggregate>,
    pub rounding: Option<u8>,
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    PointsOverPossible,
    WeightedMean,
    Min,
    Max,
    GeometricMean,
    /// Base, least and most.
    Additive(f64, f64, f64),
}

#[derive(Debug, Clone)]
pub struct Card {
    pub name: String,
    pub when: Option<Condition>,
    pub parts: Option<Vec<Part>>,
    pub aggregate: Option<Aggregate>,
    pub weights: Vec<(String, f64)>,
    /// A scoring without cases only says otherwise what it says.
    pub rules: Vec<(String, Scoring)>,
}
