//! What a score's query is about: its components, each once, and how each scorecard scores them.

use std::collections::BTreeMap;

use super::writer::{case, real, text};
use crate::semantic::definition::{
    Aggregate, Component, Give, Group, Node, OnMissing, Range, Score, Scorecard, UsageKind,
};
use crate::semantic::resolve::is_text;

/// `held_x` of a component that is not applicable.
pub(super) const NOT_APPLICABLE: &str = "1";
/// `held_x` of a component that judges usage where none is expected.
pub(super) const NOT_EXPECTED: &str = "3";
/// The column that is 1 on days on which no usage is expected.
pub(super) const IDLE: &str = "idle";
/// The column that says whose usage an account's is.
pub(super) const USAGE_OF: &str = "usage_of";

/// A score over components, laid out for SQL.
pub(super) struct Query<'a> {
    pub(super) score: &'a Score,
    pub(super) cards: &'a [Scorecard],
    /// All components of all scorecards, by name: the order of computing.
    pub(super) slots: Vec<Slot<'a>>,
    pub(super) grid: Grid,
}

/// A component, and the scorings that it has.
pub(super) struct Slot<'a> {
    pub(super) component: &'a Component,
    pub(super) variants: Vec<Variant<'a>>,
    /// Where the score asks for usage of the other kind.
    pub(super) unasked: Option<String>,
    /// Whether the score knows days on which no usage is expected, and the component judges usage.
    pub(super) rests: bool,
}

/// One way to score a component, and the scorecards (from 0) that have it.
pub(super) struct Variant<'a> {
    pub(super) component: &'a Component,
    pub(super) cards: Vec<usize>,
}

/// What scores and contributions are multiples of, so that their sums are exact.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Grid {
    /// Scores are decimals; nothing is ever taken away, and running totals are multiples of 2⁻ⁿ.
    Rising(i32),
    /// There are negative contributions: scores and contributions are multiples of 2⁻ⁿ.
    Signed(i32),
}

impl<'a> Query<'a> {
    pub(super) fn new(score: &'a Score, cards: &'a [Scorecard]) -> Self {
        let mut slots: BTreeMap<&str, Slot<'a>> = BTreeMap::new();
        for (index, card) in cards.iter().enumerate() {
            for component in card.root.components() {
                let unasked = unasked(score, component);
                let rests = score.expected_idle.is_some() && component.usage_of.is_some();
                let slot = Slot { component, variants: Vec::new(), unasked, rests };
                let slot = slots.entry(&component.name).or_insert(slot);
                match slot.variants.iter_mut().find(|known| known.component.scoring == component.scoring) {
                    Some(known) => known.cards.push(index),
                    None => slot.variants.push(Variant { component, cards: vec![index] }),
                }
            }
        }
        Self { score, cards, slots: slots.into_values().collect(), grid: Grid::of(score.scale, cards) }
    }

    /// Whether rows differ in their scorecard.
    pub(super) fn has_scorecards(&self) -> bool {
        self.cards.len() > 1
    }

    /// Whether any component judges usage.
    pub(super) fn judges_usage(&self) -> bool {
        self.slots.iter().any(|slot| slot.component.usage_of.is_some())
    }

    /// One expression for each scorecard, as one for the row: what a scorecard has not is NULL.
    pub(super) fn by_card(&self, of_card: impl Fn(usize) -> Option<String>) -> String {
        let found: Vec<Option<String>> = (0..self.cards.len()).map(of_card).collect();
        if let Some(Some(first)) = found.first()
            && found.iter().all(|other| other.as_ref() == Some(first))
        {
            return first.clone();
        }
        let branches = found.into_iter().enumerate();
        let branches = branches.filter_map(|(card, then)| Some(((card + 1).to_string(), then?)));
        case("scorecard", branches, None)
    }

    /// The key of the entity's rows, with the day.
    pub(super) fn key(&self) -> Vec<&'static str> {
        self.score.entity.key().iter().copied().chain(["as_of_date"]).collect()
    }
}

impl<'a> Slot<'a> {
    pub(super) fn name(&self) -> &'a str {
        &self.component.name
    }

    /// Whether its values are texts.
    pub(super) fn is_text(&self) -> bool {
        is_text(&self.component.scoring.cases)
    }

    /// The value as measured.
    pub(super) fn value(&self) -> String {
        format!("value_{}", self.name())
    }

    /// The value, or what it was compared to.
    pub(super) fn measure(&self) -> String {
        let prefix = if self.component.relative_to.is_some() { "measure" } else { "value" };
        format!("{prefix}_{}", self.name())
    }

    /// What stands in for the measure where it is missing, in a variant that carries values forward.
    pub(super) fn known(&self, variant: usize) -> String {
        match self.variants[variant].component.scoring.on_missing {
            OnMissing::CarryForward(_) => self.numbered("known", variant),
            _ => self.measure(),
        }
    }

    /// Whether some rows are held back from points for a declared reason.
    pub(super) fn can_be_held(&self) -> bool {
        let own = self.component.applies_when.is_some() || self.component.ready_when.is_some();
        own || self.unasked.is_some() || self.rests
    }

    /// Where the component does not apply; `None` where it always does.
    pub(super) fn not_applicable(&self) -> Option<String> {
        let name = self.name();
        let can_be_held = self.component.applies_when.is_some() || self.unasked.is_some();
        let held = match (can_be_held, self.rests) {
            (_, true) => Some(format!("held_{name} IN ({NOT_APPLICABLE}, {NOT_EXPECTED})")),
            (true, false) => Some(format!("held_{name} = {NOT_APPLICABLE}")),
            (false, false) => None,
        };
        let zero = self.zero().filter(|(_, give)| *give == Give::NotApplicable).map(|(zero, _)| zero);
        match (held, zero) {
            (Some(held), Some(zero)) => Some(format!("({held} OR {zero})")),
            (held, zero) => held.or(zero),
        }
    }

    /// Where it does not apply because no usage is expected; `None` where usage always is.
    pub(super) fn idle(&self) -> Option<String> {
        self.rests.then(|| format!("held_{} = {NOT_EXPECTED}", self.name()))
    }

    /// Where it has no value because usage is zero, and what that gives.
    pub(super) fn zero(&self) -> Option<(String, Give)> {
        let zero = self.component.zero_base.as_ref()?;
        Some((format!("zero_{} = 1", self.name()), zero.give))
    }

    /// Where it has no value because usage is zero, and that is worth points.
    pub(super) fn answered(&self) -> Option<String> {
        self.zero().filter(|(_, give)| *give != Give::NotApplicable).map(|(zero, _)| zero)
    }

    /// The column of a variant.
    pub(super) fn numbered(&self, prefix: &str, variant: usize) -> String {
        if variant == 0 {
            format!("{prefix}_{}", self.name())
        } else {
            format!("{prefix}_{}_{}", variant + 1, self.name())
        }
    }

    /// The variant of a scorecard.
    pub(super) fn variant_of(&self, card: usize) -> Option<usize> {
        self.variants.iter().position(|variant| variant.cards.contains(&card))
    }
}

impl Grid {
    /// The grid of scores on a scale; a roll-up has no scorecards.
    pub(super) fn of(scale: Range, cards: &[Scorecard]) -> Self {
        let whole = scale.low.abs().max(scale.high.abs()).max(1.0).log2().ceil() as i32;
        if scale.low < 0.0 || cards.iter().any(|card| takes_away(&card.root)) {
            Self::Signed(47 - whole)
        } else {
            Self::Rising(53 - whole)
        }
    }

    /// 2ⁿ, which all multiples of 2⁻ⁿ times are whole.
    pub(super) fn unit(self) -> String {
        let (Self::Rising(power) | Self::Signed(power)) = self;
        real(2_f64.powi(power))
    }

    /// A score on the grid: decimals with ten digits, or the nearest multiple.
    pub(super) fn snapped(self, value: &str) -> String {
        match self {
            Self::Rising(_) => decimal(value),
            Self::Signed(_) => {
                let unit = self.unit();
                format!("floor(({value}) * {unit} + 0.5e0) / {unit}")
            }
        }
    }

    /// The edge of a tier where scores on the grid meet it.
    pub(super) fn edge(self, at: f64) -> f64 {
        match self {
            Self::Rising(_) => at,
            Self::Signed(power) => (at * 2_f64.powi(power) + 0.5e0).floor() / 2_f64.powi(power),
        }
    }
}

fn takes_away(group: &Group) -> bool {
    let inner = |node: &Node| match node {
        Node::Group(group) => takes_away(group),
        Node::Component(_) => false,
    };
    matches!(group.aggregate, Aggregate::Additive(_))
        || group.rounding.is_some()
        || group.parts.iter().any(|part| inner(&part.node))
}

/// Where a score does not ask for the usage that a component judges: of an account whose usage is of the other kind.
fn unasked(score: &Score, component: &Component) -> Option<String> {
    let other = component.usage_of?.other()?;
    match score.usage_of.as_ref()? {
        UsageKind::All(of) => (*of == other).then(|| "TRUE".to_owned()),
        UsageKind::By(_) => Some(format!("{USAGE_OF} = {}", text(other.name()))),
    }
}

/// The column that is 1 where any of the last days is one on which no usage is expected.
pub(super) fn idle_within(days: u32) -> String {
    format!("{IDLE}_{days}")
}

/// The nearest decimal with ten digits after the point: what sums of doubles lose by a hair comes back, so 75 is 75
/// and in the tier that begins there, whatever the order of computing.
pub(super) fn decimal(value: &str) -> String {
    format!("floor(({value}) * 1e10 + 0.5e0) / 1e10")
}

/// A number rounded half away from zero; what lies a hair under a half is a half.
pub(super) fn rounded(value: &str, digits: u8, can_be_negative: bool) -> String {
    let unit = 10_f64.powi(i32::from(digits));
    let half = real(0.5 + unit * 2.5e-11);
    let unit = real(unit);
    let up = |value: &str| format!("floor({value} * {unit} + {half}) / {unit}");
    if can_be_negative {
        format!("CASE WHEN {value} < 0 THEN -({}) ELSE {} END", up(&format!("(-{value})")), up(value))
    } else {
        up(value)
    }
}
