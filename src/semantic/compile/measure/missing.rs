//! Where there is no value: because usage is zero, or because it is to be taken from a day before.

use super::super::query::{Query, Slot, Variant};
use super::super::writer::Writer;
use crate::semantic::definition::{OnMissing, OwnForm, Relative};

/// Where there is no value because usage is zero, in so many words or by an own history of zeros.
pub(super) fn zeroed(writer: &mut Writer, query: &Query<'_>, from: &str) {
    let mut items = vec!["*".to_owned()];
    for slot in &query.slots {
        let Some(zero) = &slot.component.zero_base else { continue };
        let (name, value, measure) = (slot.name(), slot.value(), slot.measure());
        let said = zero.when.as_ref().map(|_| format!("none_{name} = 1"));
        let own =
            matches!(slot.component.relative_to, Some(Relative::OwnHistory { form: OwnForm::Change, .. }));
        let own = own.then(|| format!("{value} = 0 AND days_{name} > 0 AND total_{name} = 0"));
        let why = match (said, own) {
            (Some(said), Some(own)) => format!("({said} OR {own})"),
            (said, own) => said.or(own).unwrap_or_else(|| "FALSE".to_owned()),
        };
        let held = if slot.can_be_held() { format!("held_{name} IS NULL AND ") } else { String::new() };
        items.push(format!("CASE WHEN {held}{measure} IS NULL AND {why} THEN 1 END AS zero_{name}"));
    }
    writer.step("zeroed", "Where there is no value because usage is zero.", &items, from);
}

/// Whether a component may carry a value forward.
pub(super) fn carries(slot: &Slot<'_>) -> bool {
    !carriers(slot).is_empty()
}

/// The variants that carry values forward, and for how many days.
fn carriers(slot: &Slot<'_>) -> Vec<(usize, u32)> {
    let policy = |variant: &Variant<'_>| variant.component.scoring.on_missing;
    slot.variants
        .iter()
        .enumerate()
        .filter_map(|(index, variant)| match policy(variant) {
            OnMissing::CarryForward(days) => Some((index, days)),
            _ => None,
        })
        .collect()
}

/// Writes the step `carried`.
pub(super) fn carried(writer: &mut Writer, query: &Query<'_>, from: &str) {
    let mut items = vec!["*".to_owned()];
    let owner = query.score.entity.key().join(", ");
    for slot in &query.slots {
        for (index, days) in carriers(slot) {
            let measure = slot.measure();
            let last = format!(
                "coalesce({measure}, last_value({measure} IGNORE NULLS) OVER (PARTITION BY {owner} ORDER BY as_of_date \
                 RANGE BETWEEN INTERVAL '{days}' DAY PRECEDING AND CURRENT ROW))"
            );
            let not = slot.not_applicable().map(|not| format!("({not}) IS NOT TRUE"));
            let mut counts: Vec<String> = not.into_iter().collect();
            counts.extend(slot.answered().map(|zero| format!("({zero}) IS NOT TRUE")));
            let last = match counts.as_slice() {
                [] => last,
                counts => format!("CASE WHEN {} THEN {last} END", counts.join(" AND ")),
            };
            items.push(format!("{last} AS {}", slot.numbered("known", index)));
        }
    }
    writer.step("carried", "The last known value, where one is recent enough.", &items, from);
}
