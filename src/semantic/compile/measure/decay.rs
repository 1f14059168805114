//! What its age leaves of a value.

use super::super::query::{Query, Slot};
use super::super::writer::{Writer, number, real};
use super::values::{finite, kept};
use crate::semantic::definition::{Fading, Pace};
use crate::semantic::expression::Expression;

/// Whether its age changes what a component has.
pub(super) fn ages(slot: &Slot<'_>) -> bool {
    fading(slot).is_some() || expires(slot).is_some()
}

fn fading(slot: &Slot<'_>) -> Option<Fading> {
    slot.component.decay.as_ref().and_then(|decay| decay.fading)
}

fn expires(slot: &Slot<'_>) -> Option<f64> {
    slot.component.decay.as_ref().and_then(|decay| decay.expires_after)
}

/// Writes the step `faded`.
pub(super) fn faded(writer: &mut Writer, query: &Query<'_>, extras: &[(String, &Expression)]) {
    let mut items = kept(query, extras);
    for slot in &query.slots {
        let value = slot.value();
        let faded = faded_value(slot).map_or_else(|| value.clone(), |faded| format!("{faded} AS {value}"));
        items.push(faded);
        if slot.component.applies_when.is_some() || slot.component.ready_when.is_some() {
            items.push(format!("held_{}", slot.name()));
        }
    }
    writer.step("faded", "What its age leaves of a value.", &items, "measured");
}

fn faded_value(slot: &Slot<'_>) -> Option<String> {
    slot.component.decay.as_ref()?;
    let (value, age) = (slot.value(), format!("age_{}", slot.name()));
    let fresh = match fading(slot) {
        None => value,
        Some(Fading { toward, pace }) => {
            let toward = real(toward);
            let left = match pace {
                Pace::Linear(days) => {
                    let days = real(days);
                    format!(
                        "CASE WHEN {age} <= 0 THEN 1 WHEN {age} >= {days} THEN 0 ELSE 1 - {age} / {days} END"
                    )
                }
                Pace::HalfLife(days) => {
                    format!("CASE WHEN {age} <= 0 THEN 1 ELSE power(0.5e0, {age} / {}) END", real(days))
                }
            };
            format!("{toward} + ({value} - {toward}) * {left}")
        }
    };
    let known = match expires(slot) {
        Some(days) => format!("{age} <= {} AND {}", number(days), finite(&age)),
        None => finite(&age),
    };
    Some(format!("CASE WHEN {known} THEN {fresh} END"))
}
