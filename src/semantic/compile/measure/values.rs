//! What each component measures, and why there is none.

use std::collections::BTreeSet;

use super::super::query::{IDLE, NOT_APPLICABLE, NOT_EXPECTED, Query, Slot, USAGE_OF, idle_within};
use super::super::writer::{Writer, case, number, one_line};
use crate::semantic::definition::{Relative, UsageKind};
use crate::semantic::expression::Expression;

/// `held_x` of a component that is not ready yet.
pub(in crate::semantic::compile) const NOT_YET: &str = "2";

/// Writes the step `measured`.
pub(super) fn measured(writer: &mut Writer, query: &Query<'_>, extras: &[(String, &Expression)]) {
    writer.push("WITH\n-- What each component measures.\nmeasured AS (\n  SELECT\n    ");
    writer.push(&query.key().join(",\n    "));
    if query.has_scorecards() {
        conditions(writer, "scorecard", query.cards.iter().map(|card| card.when.as_ref()));
    }
    if let (Some(idle), true) = (&query.score.expected_idle, query.judges_usage()) {
        writer.push(",\n    CASE WHEN (");
        writer.expression(&idle.when);
        writer.push(") IS TRUE AND (");
        writer.expression(&idle.unless);
        writer.push(&format!(") IS NOT TRUE THEN 1 END AS {IDLE}"));
    }
    if let (Some(UsageKind::By(of)), true) = (&query.score.usage_of, query.judges_usage()) {
        column(writer, ",\n    ", of, "VARCHAR", USAGE_OF);
    }
    for slot in &query.slots {
        let component = slot.component;
        let unit = component.unit.as_ref().map_or_else(String::new, |unit| format!(" ({unit})"));
        writer.push(&format!(",\n    -- {}", one_line(&format!("{}{unit}", component.title))));
        let kind = if slot.is_text() { "VARCHAR" } else { "DOUBLE" };
        column(writer, "\n    ", &component.value, kind, &slot.value());
        held(writer, slot);
        if let Some(when) = slot.component.zero_base.as_ref().and_then(|zero| zero.when.as_ref()) {
            flag(writer, when, &format!("none_{}", slot.name()));
        }
        for (index, variant) in slot.variants.iter().enumerate() {
            let cases = &variant.component.scoring.cases;
            if cases.len() > 1 {
                let name = slot.numbered("case", index);
                conditions(writer, &name, cases.iter().map(|case| case.when.as_ref()));
            }
        }
        if let Some(decay) = &component.decay {
            column(writer, ",\n    ", &decay.age, "DOUBLE", &format!("age_{}", slot.name()));
        }
        if let Some(Relative::Peers { by: Some(by), .. }) = &component.relative_to {
            column(writer, ",\n    ", by, "VARCHAR", &format!("peer_{}", slot.name()));
        }
    }
    for (name, expression) in extras {
        column(writer, ",\n    ", expression, "VARCHAR", name);
    }
    writer.push(&format!("\n  FROM {}\n)", query.score.entity.table()));
}

/// `CAST(expression AS kind) AS name`.
fn column(writer: &mut Writer, before: &str, expression: &Expression, kind: &str, name: &str) {
    writer.push(&format!("{before}CAST("));
    writer.expression(expression);
    writer.push(&format!(" AS {kind}) AS {name}"));
}

/// 1 where a condition is true.
fn flag(writer: &mut Writer, condition: &Expression, name: &str) {
    writer.push(",\n    CASE WHEN (");
    writer.expression(condition);
    writer.push(&format!(") IS TRUE THEN 1 END AS {name}"));
}

/// The number, from 1, of the first condition that is true; the last is for all that are left.
fn conditions<'a>(
    writer: &mut Writer,
    name: &str,
    conditions: impl ExactSizeIterator<Item = Option<&'a Expression>>,
) {
    let last = conditions.len();
    writer.push(",\n    CASE");
    for (index, when) in conditions.enumerate() {
        if let Some(when) = when {
            writer.push(" WHEN ");
            writer.expression(when);
            writer.push(&format!(" THEN {}", index + 1));
        }
    }
    writer.push(&format!(" ELSE {last} END AS {name}"));
}

/// Where the component does not apply, or is not ready.
fn held(writer: &mut Writer, slot: &Slot<'_>) {
    let component = slot.component;
    if component.applies_when.is_none() && component.ready_when.is_none() {
        return;
    }
    writer.push(",\n    CASE");
    for (when, code) in [(&component.applies_when, NOT_APPLICABLE), (&component.ready_when, NOT_YET)] {
        if let Some(when) = when {
            writer.push(" WHEN (");
            writer.expression(when);
            writer.push(&format!(") IS NOT TRUE THEN {code}"));
        }
    }
    writer.push(&format!(" END AS held_{}", slot.name()));
}

/// The columns of `measured` that no later step recomputes.
pub(super) fn kept(query: &Query<'_>, extras: &[(String, &Expression)]) -> Vec<String> {
    let mut items: Vec<String> = query.key().into_iter().map(str::to_owned).collect();
    items.extend(query.has_scorecards().then(|| "scorecard".to_owned()));
    let judges = query.judges_usage();
    items.extend((judges && query.score.expected_idle.is_some()).then(|| IDLE.to_owned()));
    let by_row = matches!(query.score.usage_of, Some(UsageKind::By(_)));
    items.extend((judges && by_row).then(|| USAGE_OF.to_owned()));
    for slot in &query.slots {
        if slot.component.zero_base.as_ref().is_some_and(|zero| zero.when.is_some()) {
            items.push(format!("none_{}", slot.name()));
        }
        for (index, variant) in slot.variants.iter().enumerate() {
            if variant.component.scoring.cases.len() > 1 {
                items.push(slot.numbered("case", index));
            }
        }
        if let Some(Relative::Peers { by: Some(_), .. }) = &slot.component.relative_to {
            items.push(format!("peer_{}", slot.name()));
        }
    }
    items.extend(extras.iter().map(|(name, _)| name.clone()));
    items
}

/// Writes the step `rested`: where no usage was expected on any day that a value looks at.
pub(super) fn rested(writer: &mut Writer, query: &Query<'_>, from: &str) {
    let owner = query.score.entity.key().join(", ");
    let resting = query.slots.iter().filter(|slot| slot.rests);
    let windows: BTreeSet<u32> = resting.map(|slot| slot.component.look_back).collect();
    let mut items = vec!["*".to_owned()];
    items.extend(windows.into_iter().map(|days| {
        format!(
            "max({IDLE}) OVER (PARTITION BY {owner} ORDER BY as_of_date RANGE BETWEEN INTERVAL '{}' DAY PRECEDING AND CURRENT ROW) AS {}",
            days - 1,
            idle_within(days)
        )
    }));
    writer.step(
        "rested",
        "Days on which no usage is expected, and those whose values still look at them.",
        &items,
        from,
    );
}

/// Writes the step `observed`.
pub(super) fn observed(writer: &mut Writer, query: &Query<'_>, extras: &[(String, &Expression)], from: &str) {
    let mut items = kept(query, extras);
    for slot in &query.slots {
        let value = slot.value();
        let sound = if slot.is_text() { format!("{value} IS NOT NULL") } else { finite(&value) };
        let held = held_code(slot);
        let ready = held.as_ref().map_or_else(String::new, |held| format!(" AND {} IS NULL", nested(held)));
        // A negative zero is less than zero in one engine and equal to it in another.
        let plain = if slot.is_text() { value.clone() } else { format!("{value} + 0e0") };
        items.push(format!("CASE WHEN {sound}{ready} THEN {plain} END AS {value}"));
        items.extend(held.map(|held| format!("{held} AS held_{}", slot.name())));
    }
    writer.step("observed", "NaN and infinity are missing: never the best, never the worst.", &items, from);
}

/// Whether a number is neither NaN nor infinite.
pub(super) fn finite(number: &str) -> String {
    format!("abs({number}) <= {}", self::number(f64::MAX))
}

fn nested(expression: &str) -> String {
    if expression.starts_with("CASE") { format!("({expression})") } else { expression.to_owned() }
}

/// Why a row has no points.
fn held_code(slot: &Slot<'_>) -> Option<String> {
    let own = slot.component.applies_when.is_some() || slot.component.ready_when.is_some();
    let own = own.then(|| format!("held_{}", slot.name()));
    let mut codes: Vec<(String, String)> =
        slot.unasked.iter().map(|unasked| (unasked.clone(), NOT_APPLICABLE.to_owned())).collect();
    if slot.rests {
        codes.extend(own.iter().map(|own| (format!("{own} = {NOT_APPLICABLE}"), NOT_APPLICABLE.to_owned())));
        let idle = format!("{} = 1", idle_within(slot.component.look_back));
        codes.push((idle, NOT_EXPECTED.to_owned()));
    }
    if codes.is_empty() { own } else { Some(case("", codes, own.as_deref())) }
}
