//! Numbers of rules: on the score's own scale, as a share of it, or by a tier.

use std::sync::Arc;

use super::Decimal;
use super::document::{Amount, AmountDocument};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::semantic::Score;
use crate::yaml::{self, Placed};

/// A file, and the score that it is about.
pub(super) struct InFile<'a> {
    pub(super) file: &'a Arc<SourceFile>,
    pub(super) score: &'a Score,
}

/// Which side of a tier is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Its upper edge: in it or below.
    Above,
    /// Its lower edge: in it or above.
    Below,
}

/// An edge, and whether it belongs to what lies below it.
#[derive(Clone, Copy)]
pub(super) struct Threshold {
    pub(super) at: Decimal,
    pub(super) inclusive: bool,
}

impl InFile<'_> {
    /// Digits after the point of the score that rules read: those that it is rounded to, else all that are published.
    pub(super) fn digits(&self) -> u8 {
        self.score.rounding.unwrap_or(Decimal::ALL_DIGITS)
    }

    /// Digits after the point in words: those that it is rounded to, else so many that a step is at most a hundred-thousandth
    /// of its scale, which is three on a scale of 0 to 100.
    pub(super) fn shown(&self) -> u8 {
        let least = self.score.scale.width() / 100_000.0;
        let steps = (0..=8_u8).find(|digits| 10_f64.powi(-i32::from(*digits)) <= least);
        self.score.rounding.or(steps).unwrap_or(8)
    }

    /// The whole scale.
    fn width(&self) -> Decimal {
        Decimal::exact(self.score.scale.width()).unwrap_or_default()
    }

    /// A share of the scale.
    pub(super) fn of_scale(&self, share: f64) -> Decimal {
        self.width().share(share)
    }

    /// A distance on the scale, above zero or from it on.
    pub(super) fn distance(
        &self,
        written: &Placed<Amount>,
        least: Least,
        problems: &mut Diagnostics,
    ) -> Option<Decimal> {
        let (number, place) = match &written.value {
            Amount::Number(number) => (Decimal::exact(*number), yaml::place(self.file, written)),
            Amount::Of(AmountDocument { tier: Some(tier), .. }) => {
                let problem = Diagnostic::error("tier-as-distance", "a tier is no distance");
                let help = "write a number on the score's scale, or a share of it: `{share: 0.2}`";
                problems.push(problem.at(yaml::place(self.file, tier)).help(help));
                return None;
            }
            Amount::Of(of) => {
                let share = problems.keep(self.share(written, of))?;
                return Some(self.of_scale(share));
            }
        };
        let (width, reach) = (self.width(), self.reach());
        let fits = |number: &Decimal| {
            *number <= width && *number >= Decimal::ZERO && (least == Least::Zero || *number > Decimal::ZERO)
        };
        let number = number.filter(fits);
        if number.is_none() {
            let from = if least == Least::Zero { "from 0" } else { "above 0 and" };
            let message = format!("a distance on this scale is {from} at most {width}");
            problems.push(Diagnostic::error("off-the-scale", message).at(place).note(reach));
        }
        number
    }

    /// An edge on the scale.
    pub(super) fn threshold(
        &self,
        written: &Placed<Amount>,
        side: Side,
        problems: &mut Diagnostics,
    ) -> Option<Threshold> {
        let plain = |at| Threshold { at, inclusive: false };
        match &written.value {
            Amount::Number(number) => {
                let scale = self.score.scale;
                let at = Decimal::exact(*number).filter(|_| *number > scale.low && *number <= scale.high);
                if at.is_none() {
                    let message = format!("{number} lies outside of the score's scale");
                    let problem =
                        Diagnostic::error("off-the-scale", message).at(yaml::place(self.file, written));
                    let share = (scale.low < *number || *number > 0.0) && *number < 1.0;
                    let help = if share {
                        "a share of the scale is written `{share: …}`"
                    } else {
                        "write a number on the score's own scale"
                    };
                    problems.push(problem.note(self.reach()).help(help));
                }
                at.map(plain)
            }
            Amount::Of(of) => match &of.tier {
                Some(tier) if of.share.is_none() => problems.keep(self.tier(tier, side)),
                _ => {
                    let share = problems.keep(self.share(written, of))?;
                    Some(plain(Decimal::exact(self.score.scale.low)? + self.of_scale(share)))
                }
            },
        }
    }

    fn reach(&self) -> String {
        let Score { name, scale, .. } = self.score;
        format!("{name} goes from {} to {}", scale.low, scale.high)
    }

    fn share(&self, written: &Placed<Amount>, of: &AmountDocument) -> Result<f64, Diagnostic> {
        match &of.share {
            Some(share) if of.tier.is_none() => {
                if share.value > 0.0 && share.value <= 1.0 {
                    return Ok(share.value);
                }
                let problem =
                    Diagnostic::error("off-the-scale", "a share of the scale is above 0 and at most 1");
                Err(problem.at(yaml::place(self.file, share)))
            }
            _ => Err(Diagnostic::error("two-rules", "one of `tier` and `share` is needed here")
                .at(yaml::place(self.file, written))),
        }
    }

    fn tier(&self, tier: &Placed<String>, side: Side) -> Result<Threshold, Diagnostic> {
        let tiers = &self.score.tiers;
        let names: Vec<&str> = tiers.iter().map(|tier| tier.name.as_str()).collect();
        let at = names.iter().position(|name| *name == tier.value).ok_or_else(|| {
            let message = format!("`{}` is no tier of {}", tier.value.escape_debug(), self.score.name);
            Diagnostic::error("unknown-tier", message)
                .at(yaml::place(self.file, tier))
                .note(format!("there are {}", names.join(", ")))
                .suggest(&tier.value, names.iter().copied())
        })?;
        let edge = match side {
            Side::Above => tiers[at].edge,
            Side::Below => at.checked_sub(1).and_then(|below| tiers[below].edge),
        };
        let edge = edge.and_then(|edge| Some((Decimal::exact(edge.at)?, edge.inclusive)));
        edge.map(|(at, inclusive)| Threshold { at, inclusive }).ok_or_else(|| {
            let what = if side == Side::Above {
                "every score is in it or below"
            } else {
                "every score is in it or above"
            };
            Diagnostic::error(
                "off-the-scale",
                format!("`{}` has no such edge: {what}", tier.value.escape_debug()),
            )
            .at(yaml::place(self.file, tier))
        })
    }
}

/// The least that a distance may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    /// Zero.
    Zero,
    /// More.
    Some,
}
