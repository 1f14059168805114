//! One component, checked.

use std::sync::Arc;

use super::rule::{self, Frame};
use super::{number, visible, zero};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::semantic::definition::{
    Case, Component, Decay, Fading, LOOK_BACK, OnMissing, Pace, Range, Relative, Rule, Scoring,
};
use crate::semantic::document::{ComponentDocument, DecayDocument, RelativeDocument, RewriteDocument};
use crate::semantic::expression::Expression;
use crate::yaml::{self, Placed};

/// The longest own history, in days: ten years.
const LONGEST: u32 = 3660;

/// The component that a document declares, if nothing is wrong with it.
pub(super) fn resolve(
    file: &Arc<SourceFile>,
    name: &Placed<String>,
    document: &ComponentDocument,
    problems: &mut Diagnostics,
) -> Option<Component> {
    let title = problems.keep(visible(file, &document.title));
    let place = yaml::place(file, name);
    let frame = Frame {
        file,
        place: &place,
        scale: document.scale.as_ref(),
        rounding: document.rounding.as_ref(),
        on_missing: document.on_missing.as_ref(),
    };
    let scoring = rule::scoring(&frame, &document.rule(), OnMissing::default(), problems);
    let value = Expression::parse(file, &document.value, problems);
    let applies_when = Expression::optional(file, document.applies_when.as_ref(), problems);
    let ready_when = Expression::optional(file, document.ready_when.as_ref(), problems);
    let zero_base = zero::resolve(file, document, problems);
    let look_back = look_back(file, document, problems);
    let evidence = Expression::optional(file, document.evidence.as_ref(), problems);
    let decay = document.decay.as_ref().map(|decay| self::decay(file, decay, problems));
    let relative_to = document.relative_to.as_ref().map(|relative| self::relative(file, relative, problems));
    let scoring = scoring?;
    if let Some(direction) = &document.direction {
        let place = yaml::place(file, direction);
        problems.extend(rule::against(direction.value, &scoring.cases).map(|problem| problem.at(place)));
    }
    let component = Component {
        name: name.value.clone(),
        title: title?,
        status: document.status,
        value: value?,
        applies_when: applies_when?,
        ready_when: ready_when?,
        zero_base: zero_base?,
        by: document.by,
        usage_of: document.usage_of,
        look_back: look_back?,
        evidence: evidence?,
        decay: decay.map_or(Some(None), |decay| decay.map(Some))?,
        relative_to: relative_to.map_or(Some(None), |relative| relative.map(Some))?,
        scoring,
        direction: document.direction.as_ref().map(|direction| direction.value),
        unit: document.unit.clone(),
        owner: document.owner.clone(),
        docs: document.docs.clone(),
        location: place.clone(),
    };
    problems.extend(text_as_number(&component));
    problems.extend(zero::unanswered(&component));
    let give = document.zero_base.as_ref().map(|zero| yaml::place(file, &zero.value.give));
    problems.extend(zero::outside(&component).map(|problem| problem.at(give.unwrap_or(place))));
    Some(component)
}

/// The days that the value looks back; `None` where that is wrong.
fn look_back(
    file: &Arc<SourceFile>,
    document: &ComponentDocument,
    problems: &mut Diagnostics,
) -> Option<u32> {
    let Some(days) = &document.look_back else { return Some(LOOK_BACK) };
    let place = || yaml::place(file, days);
    if document.usage_of.is_none() {
        problems.push(
            Diagnostic::error("missing-key", "the key `usage_of` is missing")
                .at(place())
                .help("`look_back` says how long a component that judges usage does not apply after a season without any"),
        );
    }
    if (1..=LONGEST).contains(&days.value) {
        return Some(days.value);
    }
    let message = format!("a value cannot look back {} days", days.value);
    problems.push(Diagnostic::error("bad-number", message).at(place()).help(format!("1 to {LONGEST} days")));
    None
}

/// The component as a scorecard would have it.
pub(super) fn overridden(
    file: &Arc<SourceFile>,
    (name, document): &(Placed<String>, RewriteDocument),
    component: &Component,
    problems: &mut Diagnostics,
) -> Option<Component> {
    let place = yaml::place(file, name);
    let frame = Frame {
        file,
        place: &place,
        scale: document.scale.as_ref(),
        rounding: document.rounding.as_ref(),
        on_missing: document.on_missing.as_ref(),
    };
    let keys = document.rule();
    let mut scoring = component.scoring.clone();
    if rule::is_given(&keys) {
        let rounding = scoring.rounding;
        scoring = rule::scoring(&frame, &keys, scoring.on_missing, problems)?;
        scoring.rounding = scoring.rounding.or(rounding);
    } else if let Some(scale) = &document.scale {
        let message = "a scale is that of a rule: declare the rule beside it";
        problems.push(Diagnostic::error("one-rule", message).at(yaml::place(file, scale)));
    } else {
        scoring.rounding = rule::rounding(file, document.rounding.as_ref(), problems).or(scoring.rounding);
        scoring.on_missing = rule::policy(&frame, scoring.on_missing, problems);
        problems.extend(rule::policy_outside(&frame, &scoring));
        problems.extend(rounded_outside(&scoring).map(|problem| problem.at(place.clone())));
    }
    if is_text(&scoring.cases) != is_text(&component.scoring.cases) {
        let message = format!("`{}` cannot be a text in one scorecard and a number in another", name.value);
        problems.push(Diagnostic::error("text-and-number", message).at(place.clone()));
    }
    let component = Component { scoring, ..component.clone() };
    problems.extend(zero::outside(&component).map(|problem| problem.at(place)));
    Some(component)
}

/// Points that leave the range when a scorecard rounds them.
fn rounded_outside(scoring: &Scoring) -> Option<Diagnostic> {
    let (least, most) = rule::extremes(&scoring.cases, scoring.rounding)?;
    let Range { low, high } = scoring.range;
    (least < low || most > high).then(|| {
        let message = format!("points rounded so go from {least} to {most}, which leaves {low} to {high}");
        Diagnostic::error("outside-range", message).help("declare the rule beside its rounding")
    })
}

/// Whether rules are about texts.
pub(in crate::semantic) fn is_text(cases: &[Case]) -> bool {
    cases.iter().any(|case| matches!(case.rule, Rule::Categories { .. }))
}

/// Texts have neither bins nor an age nor a mean.
fn text_as_number(component: &Component) -> Option<Diagnostic> {
    let cases = &component.scoring.cases;
    if !is_text(cases) {
        return None;
    }
    let number = |case: &Case| !matches!(case.rule, Rule::Categories { .. });
    let what = if cases.iter().any(number) {
        "a rule about numbers"
    } else if component.decay.is_some() {
        "`decay`"
    } else if component.relative_to.is_some() {
        "`relative_to`"
    } else {
        return None;
    };
    let message = format!("`{}` is a text by its `categories`, and {what} needs a number", component.name);
    Some(Diagnostic::error("text-and-number", message).at(component.location.clone()))
}

fn decay(file: &Arc<SourceFile>, decay: &Placed<DecayDocument>, problems: &mut Diagnostics) -> Option<Decay> {
    let DecayDocument { age, expires_after, linear, half_life, toward } = &decay.value;
    let age = Expression::parse(file, age, problems);
    let mut days = |days: &Option<Placed<f64>>| match days {
        None => Some(None),
        Some(days) => positive(file, days, problems).map(Some),
    };
    let (expires_after, linear, half_life) = (days(expires_after)?, days(linear)?, days(half_life)?);
    let pace = match (linear, half_life) {
        (Some(days), None) => Some(Pace::Linear(days)),
        (None, Some(days)) => Some(Pace::HalfLife(days)),
        (None, None) => None,
        (Some(_), Some(_)) => {
            let message = "a value fades either `linear` or by `half_life`";
            problems.push(Diagnostic::error("two-rules", message).at(yaml::place(file, decay)));
            return None;
        }
    };
    let fading = match (pace, toward) {
        (Some(pace), Some(toward)) => Some(Fading { toward: problems.keep(number(file, toward))?, pace }),
        (None, None) if expires_after.is_some() => None,
        _ => {
            problems.push(
                Diagnostic::error("bad-decay", "it is not said how the value loses its force")
                    .at(yaml::place(file, decay))
                    .help(
                        "`expires_after: days`, or `linear: days` or `half_life: days` with `toward: value`",
                    ),
            );
            return None;
        }
    };
    Some(Decay { age: age?, expires_after, fading })
}

fn positive(file: &Arc<SourceFile>, given: &Placed<f64>, problems: &mut Diagnostics) -> Option<f64> {
    let days = problems.keep(number(file, given))?;
    if days > 0.0 {
        return Some(days);
    }
    let message = format!("a number of days must be above 0, and this is {days}");
    problems.push(Diagnostic::error("bad-number", message).at(yaml::place(file, given)));
    None
}

fn relative(
    file: &Arc<SourceFile>,
    relative: &Placed<RelativeDocument>,
    problems: &mut Diagnostics,
) -> Option<Relative> {
    let RelativeDocument { own_history, peers, reference } = &relative.value;
    match (own_history, peers, reference) {
        (Some(own), None, None) => {
            let (days, gap) = (own.value.days.value, own.value.gap);
            if days == 0 || days > LONGEST || gap > LONGEST {
                let message = format!("an own history of {days} days, {gap} days ago, cannot be looked at");
                problems.push(
                    Diagnostic::error("bad-number", message)
                        .at(yaml::place(file, own))
                        .help(format!("1 to {LONGEST} days, at most {LONGEST} days ago")),
                );
                return None;
            }
            Some(Relative::OwnHistory { days, gap, form: own.value.form })
        }
        (None, Some(peers), None) => {
            let by = Expression::optional(file, peers.value.by.as_ref(), problems)?;
            Some(Relative::Peers { by, form: peers.value.form })
        }
        (None, None, Some(reference)) => {
            let (from, to) = (reference.value.from.value, reference.value.to.value);
            if from > to {
                let message = format!("the period ends on {to}, before it begins on {from}");
                problems.push(Diagnostic::error("empty-range", message).at(yaml::place(file, reference)));
                return None;
            }
            Some(Relative::Reference { from, to, form: reference.value.form })
        }
        _ => {
            let message = "one of `own_history`, `peers` or `reference` is needed here";
            problems.push(Diagnostic::error("one-rule", message).at(yaml::place(file, relative)));
            None
        }
    }
}
