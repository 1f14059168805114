//! From a row of metrics to what each component measures: values, what they are compared with, why there are none.
//!
//! | step | of each component |
//! | --- | --- |
//! | `measured` | `value_x`, the expression; conditions as numbers: `held_x`, `case_x`, `none_x`; `age_x`, `peer_x` |
//! | `faded` | `value_x` as its age leaves it |
//! | `observed` | `value_x`, NULL unless it is a finite number and not held back |
//! | `averaged`, `compared`, `sound` | `measure_x`, the value against earlier ones or against others |
//! | `zeroed` | `zero_x`, 1 where there is no value because usage is zero |
//! | `carried` | `known_x`, the measure or the last one of the days before |

use super::query::{IDLE, NOT_APPLICABLE, Query, Slot, USAGE_OF};
use super::writer::{Writer, case, number, one_line, real};
use crate::semantic::definition::{Fading, OnMissing, OwnForm, Pace, Relative, Standing, UsageKind};
use crate::semantic::expression::Expression;

/// `held_x` of a component that is not ready yet.
pub(super) const NOT_YET: &str = "2";

/// Writes the steps, and tells the name of the last.
pub(super) fn write(
    writer: &mut Writer,
    query: &Query<'_>,
    extras: &[(String, &Expression)],
) -> &'static str {
    measured(writer, query, extras);
    let mut last = "measured";
    if query.slots.iter().any(|slot| fading(slot).is_some() || expires(slot).is_some()) {
        faded(writer, query, extras);
        last = "faded";
    }
    observed(writer, query, extras, last);
    last = "observed";
    if query.slots.iter().any(|slot| slot.component.relative_to.is_some()) {
        averaged(writer, query);
        compared(writer, query);
        last = "sound";
    }
    if query.slots.iter().any(|slot| slot.zero().is_some()) {
        zeroed(writer, query, last);
        last = "zeroed";
    }
    if query.slots.iter().any(|slot| !carriers(slot).is_empty()) {
        carried(writer, query, last);
        last = "carried";
    }
    last
}

fn measured(writer: &mut Writer, query: &Query<'_>, extras: &[(String, &Expression)]) {
    writer.push("WITH\n-- What each component measures.\nmeasured AS (\n  SELECT\n    ");
    writer.push(&query.key().join(",\n    "));
    if query.has_scorecards() {
        conditions(writer, "scorecard", query.cards.iter().map(|card| card.when.as_ref()));
    }
    if let (Some(idle), true) = (&query.score.expected_idle, query.judges_usage()) {
        flag(writer, idle, IDLE);
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

fn fading(slot: &Slot<'_>) -> Option<Fading> {
    slot.component.decay.as_ref().and_then(|decay| decay.fading)
}

fn expires(slot: &Slot<'_>) -> Option<f64> {
    slot.component.decay.as_ref().and_then(|decay| decay.expires_after)
}

/// The columns of `measured` that no later step recomputes.
fn kept(query: &Query<'_>, extras: &[(String, &Expression)]) -> Vec<String> {
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

fn faded(writer: &mut Writer, query: &Query<'_>, extras: &[(String, &Expression)]) {
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

fn observed(writer: &mut Writer, query: &Query<'_>, extras: &[(String, &Expression)], from: &str) {
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
fn finite(number: &str) -> String {
    format!("abs({number}) <= {}", self::number(f64::MAX))
}

fn nested(expression: &str) -> String {
    if expression.starts_with("CASE") { format!("({expression})") } else { expression.to_owned() }
}

/// Why a row has no points.
fn held_code(slot: &Slot<'_>) -> Option<String> {
    let own = slot.component.applies_when.is_some() || slot.component.ready_when.is_some();
    let own = own.then(|| format!("held_{}", slot.name()));
    match &slot.unasked {
        Some(unasked) => Some(case("", [(unasked.clone(), NOT_APPLICABLE.to_owned())], own.as_deref())),
        None => own,
    }
}

/// The values that a comparison needs beside the value itself.
fn averaged(writer: &mut Writer, query: &Query<'_>) {
    let mut exact = vec!["*".to_owned()];
    let mut items = vec!["exact_values.*".to_owned()];
    let mut joins = String::new();
    let owner = query.score.entity.key().join(", ");
    for slot in &query.slots {
        let (name, value) = (slot.name(), slot.value());
        match &slot.component.relative_to {
            Some(Relative::OwnHistory { days, gap, .. }) => {
                exact.push(format!(
                    "CASE WHEN abs({value}) < 1e15 THEN CAST({value} AS DECIMAL(30, 9)) END AS exact_{name}"
                ));
                let frame = format!(
                    "(PARTITION BY {owner} ORDER BY as_of_date RANGE BETWEEN INTERVAL '{}' DAY PRECEDING AND {})",
                    gap + days - 1,
                    if *gap == 0 {
                        "CURRENT ROW".to_owned()
                    } else {
                        format!("INTERVAL '{gap}' DAY PRECEDING")
                    },
                );
                items.push(format!("sum(exact_{name}) OVER {frame} AS total_{name}"));
                items.push(format!("count(exact_{name}) OVER {frame} AS days_{name}"));
            }
            Some(Relative::Peers { by, form }) => {
                // A key that may be NULL is one that windows of the engine treat as less than a key.
                let peers = match by {
                    Some(_) => format!("PARTITION BY as_of_date, coalesce(peer_{name}, '')"),
                    None => "PARTITION BY as_of_date".to_owned(),
                };
                items.extend(match form {
                    Standing::Percentile => vec![
                        format!(
                            "count({value}) OVER ({peers} ORDER BY {value} ASC NULLS LAST) AS at_most_{name}"
                        ),
                        format!("count({value}) OVER ({peers}) AS peers_{name}"),
                    ],
                    Standing::MinMax => vec![
                        format!("min({value}) OVER ({peers}) AS least_{name}"),
                        format!("max({value}) OVER ({peers}) AS greatest_{name}"),
                    ],
                });
            }
            Some(Relative::Reference { from, to, form: Standing::MinMax }) => {
                items.push(format!("frozen_{name}.least AS least_{name}"));
                items.push(format!("frozen_{name}.greatest AS greatest_{name}"));
                joins += &format!(
                    "\n  CROSS JOIN (SELECT min({value}) AS least, max({value}) AS greatest FROM observed WHERE \
                     as_of_date BETWEEN DATE '{from}' AND DATE '{to}') AS frozen_{name}"
                );
            }
            Some(Relative::Reference { from, to, form: Standing::Percentile }) => {
                items.push(format!("frozen_{name}.at_most AS at_most_{name}"));
                items.push(format!("frozen_{name}.peers AS peers_{name}"));
                joins += &format!(
                    "\n  LEFT JOIN (SELECT reading, sum(days) OVER (ORDER BY reading ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS at_most, \
                     sum(days) OVER () AS peers FROM (SELECT {value} AS reading, count(CASE WHEN as_of_date BETWEEN DATE '{from}' AND DATE '{to}' THEN 1 END) AS days \
                     FROM observed WHERE {value} IS NOT NULL GROUP BY {value}) AS readings) AS frozen_{name} ON frozen_{name}.reading = exact_values.{value}"
                );
            }
            None => {}
        }
    }
    writer.step("exact_values", "Decimals, so that sums over days are exact.", &exact, "observed");
    let from = format!("exact_values{joins}");
    writer.step("averaged", "What values are compared with.", &items, &from);
}

fn compared(writer: &mut Writer, query: &Query<'_>) {
    let mut items = vec!["*".to_owned()];
    for slot in &query.slots {
        let (name, value) = (slot.name(), slot.value());
        let measure = match &slot.component.relative_to {
            Some(Relative::OwnHistory { form, .. }) => {
                let mean = format!("(CAST(total_{name} AS DOUBLE) / days_{name})");
                match form {
                    OwnForm::Change => format!(
                        "CASE WHEN days_{name} > 0 AND total_{name} <> 0 THEN {value} / {mean} - 1 END"
                    ),
                    OwnForm::Difference => format!("CASE WHEN days_{name} > 0 THEN {value} - {mean} END"),
                }
            }
            Some(Relative::Peers { form, .. } | Relative::Reference { form, .. }) => match form {
                Standing::Percentile => format!(
                    "CASE WHEN {value} IS NOT NULL AND peers_{name} > 0 THEN CAST(at_most_{name} AS DOUBLE) / peers_{name} END"
                ),
                Standing::MinMax => format!(
                    "CASE WHEN greatest_{name} > least_{name} THEN CASE WHEN {value} <= least_{name} THEN 0 WHEN {value} >= greatest_{name} THEN 1 \
                     ELSE ({value} - least_{name}) / (greatest_{name} - least_{name}) END END"
                ),
            },
            None => continue,
        };
        items.push(format!("CAST({measure} AS DOUBLE) AS compared_{name}"));
    }
    writer.step("compared", "Values against those.", &items, "averaged");
    let compared = query.slots.iter().filter(|slot| slot.component.relative_to.is_some());
    let sound = compared.map(|slot| {
        let compared = format!("compared_{}", slot.name());
        format!("CASE WHEN {} THEN {compared} END AS {}", finite(&compared), slot.measure())
    });
    let items = std::iter::once("*".to_owned()).chain(sound).collect::<Vec<_>>();
    writer.step("sound", "Without what became too large for a number.", &items, "compared");
}

/// Where there is no value because usage is zero, in so many words or by an own history of zeros.
fn zeroed(writer: &mut Writer, query: &Query<'_>, from: &str) {
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

/// The variants that carry values forward, and for how many days.
fn carriers(slot: &Slot<'_>) -> Vec<(usize, u32)> {
    let policy = |variant: &super::query::Variant<'_>| variant.component.scoring.on_missing;
    slot.variants
        .iter()
        .enumerate()
        .filter_map(|(index, variant)| match policy(variant) {
            OnMissing::CarryForward(days) => Some((index, days)),
            _ => None,
        })
        .collect()
}

fn carried(writer: &mut Writer, query: &Query<'_>, from: &str) {
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
