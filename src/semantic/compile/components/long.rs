//! From one row of an account to one row for each of its components: a join with the list of components.

use super::super::points::{by_bin, by_case};
use super::super::query::{Grid, Query, Slot};
use super::super::writer::{Writer, case, number, real, text};
use super::contract::{BASE, has_base};
use crate::semantic::definition::{Group, Node, OnMissing, Rule};

/// `zero` of a component that is worth points where usage is zero.
pub(super) const ZERO_BASE: &str = "1";

/// One row per component.
pub(super) fn long(writer: &mut Writer, query: &Query<'_>, from: &str) {
    let slots = &query.slots;
    let numbers = |of: &dyn Fn(&Slot<'_>) -> Option<String>, otherwise: Option<&str>| {
        branch(slots.iter().enumerate().filter_map(|(at, slot)| Some((at, of(slot)?))), otherwise)
    };
    let number_of = |slot: &Slot<'_>| (!slot.is_text()).then(|| slot.value());
    let text_of = |slot: &Slot<'_>| slot.is_text().then(|| slot.value());
    let measure = |slot: &Slot<'_>| (!slot.is_text()).then(|| slot.measure());
    let mut items = vec![
        format!("{from}.*"),
        "part.ordinal, part.component, part.group_path, part.weight, part.min_points, part.max_points"
            .to_owned(),
        format!("CAST({} AS DOUBLE) AS value", numbers(&number_of, None)),
        format!("CAST({} AS VARCHAR) AS category", numbers(&text_of, None)),
        format!("CAST({} AS DOUBLE) AS measure", numbers(&measure, None)),
        format!("{} AS points", numbers(&|slot| Some(format!("points_{}", slot.name())), None)),
        format!("{} AS effective", numbers(&|slot| Some(format!("effective_{}", slot.name())), None)),
        format!(
            "CAST({} AS INT) AS held",
            numbers(&|slot| slot.can_be_held().then(|| format!("held_{}", slot.name())), None)
        ),
        format!("CAST({} AS INT) AS zero", numbers(&|slot| zero(slot), None)),
        format!("{} AS policy", numbers(&|slot| Some(policy(query, slot)), None)),
        format!("CAST({} AS INT) AS bin", numbers(&|slot| bins(query, slot), None)),
    ];
    let case_of = |slot: &Slot<'_>| Some(rule_case(query, slot));
    items.push(format!("CAST({} AS INT) AS rule_case", numbers(&case_of, None)));
    let evidence =
        |slot: &Slot<'_>| slot.component.evidence.as_ref().map(|_| format!("evidence_{}", slot.name()));
    items.push(format!("CAST({} AS VARCHAR) AS evidence", numbers(&evidence, None)));
    if let Grid::Rising(_) = query.grid {
        let through = |at: usize| format!("through_{}", slots[at].name());
        let low = real(query.score.scale.low);
        let before = (1..slots.len()).map(|at| (at, through(at - 1)));
        items.push(format!("{} AS before", branch(before, Some(&low))));
        items
            .push(format!("{} AS through", branch((0..slots.len()).map(|at| (at, through(at))), Some(&low))));
        items.push(format!("{} AS total", through(slots.len() - 1)));
    } else {
        items.push(format!(
            "{} AS added",
            numbers(&|slot| Some(format!("added_{}", slot.name())), Some("rest"))
        ));
    }
    let on = if query.has_scorecards() {
        format!("\n  JOIN {} ON part.card = {from}.scorecard", part_list(query))
    } else {
        format!("\n  CROSS JOIN {}", part_list(query))
    };
    writer.step("long", "One row per component.", &items, &format!("{from}{on}"));
}

/// That there is no value because usage is zero: [`ZERO_BASE`] where that is worth points, 0 where the component does not
/// apply then.
fn zero(slot: &Slot<'_>) -> Option<String> {
    let (zero, _) = slot.zero()?;
    let code = if slot.answered().is_some() { ZERO_BASE } else { "0" };
    Some(format!("CASE WHEN {zero} THEN {code} END"))
}

/// What the component at each ordinal has.
pub(super) fn branch(branches: impl Iterator<Item = (usize, String)>, otherwise: Option<&str>) -> String {
    case("ordinal", branches.map(|(index, then)| ((index + 1).to_string(), then)), otherwise)
}

/// What a slot's scorecard does about a missing value.
fn policy(query: &Query<'_>, slot: &Slot<'_>) -> String {
    query.by_card(|card| {
        let variant = slot.variant_of(card)?;
        let policy = slot.variants[variant].component.scoring.on_missing;
        Some(match policy {
            OnMissing::CarryForward(_) => {
                format!(
                    "CASE WHEN {} IS NULL THEN 'renormalise' ELSE 'carry_forward' END",
                    slot.known(variant)
                )
            }
            policy => text(policy.name()),
        })
    })
}

/// The number of the case that applied.
fn rule_case(query: &Query<'_>, slot: &Slot<'_>) -> String {
    query.by_card(|card| {
        let variant = slot.variant_of(card)?;
        let several = slot.variants[variant].component.scoring.cases.len() > 1;
        Some(if several { slot.numbered("case", variant) } else { "1".to_owned() })
    })
}

/// The number of a slot's bin or category; `None` where no rule of it has such.
fn bins(query: &Query<'_>, slot: &Slot<'_>) -> Option<String> {
    let has = |rule: &Rule| matches!(rule, Rule::Bins(_) | Rule::Categories { .. });
    if !slot.variants.iter().any(|variant| variant.component.scoring.cases.iter().any(|case| has(&case.rule)))
    {
        return None;
    }
    Some(query.by_card(|card| {
        let variant = slot.variant_of(card)?;
        let known = slot.known(variant);
        Some(by_case(slot, variant, |rule| match rule {
            Rule::Bins(bins) => by_bin(&known, bins, |index, _| (index + 1).to_string()),
            Rule::Categories { points, otherwise } => {
                let listed =
                    points.iter().enumerate().map(|(at, (name, _))| (text(name), (at + 1).to_string()));
                let rest =
                    otherwise.map(|_| format!("CASE WHEN {known} IS NOT NULL THEN {} END", points.len() + 1));
                case(&known, listed, rest.as_deref())
            }
            _ => "NULL".to_owned(),
        }))
    }))
}

/// The components of each scorecard as a table.
fn part_list(query: &Query<'_>) -> String {
    let mut rows = Vec::new();
    for (index, card) in query.cards.iter().enumerate() {
        let card_number = index + 1;
        let mut listed = Vec::new();
        paths(&card.root, &mut Vec::new(), &mut listed);
        for (at, slot) in query.slots.iter().enumerate() {
            let Some((_, path, weight)) = listed.iter().find(|(name, ..)| *name == slot.name()) else {
                continue;
            };
            let Some(variant) = slot.variant_of(index) else { continue };
            let range = slot.variants[variant].component.scoring.range;
            let path = if path.is_empty() { "CAST(NULL AS VARCHAR)".to_owned() } else { text(path) };
            let cells = [
                card_number.to_string(),
                (at + 1).to_string(),
                text(slot.name()),
                path,
                format!("CAST({} AS DOUBLE)", number(*weight)),
                format!("CAST({} AS DOUBLE)", number(range.low)),
                format!("CAST({} AS DOUBLE)", number(range.high)),
            ];
            rows.push(format!("({})", cells.join(", ")));
        }
        if has_base(query) {
            let none = "CAST(NULL AS DOUBLE)";
            rows.push(format!(
                "({card_number}, {}, {}, CAST(NULL AS VARCHAR), {none}, {none}, {none})",
                query.slots.len() + 1,
                text(BASE)
            ));
        }
    }
    let columns = "card, ordinal, component, group_path, weight, min_points, max_points";
    format!("(VALUES\n    {}\n  ) AS part ({columns})", rows.join(",\n    "))
}

fn paths<'a>(group: &'a Group, path: &mut Vec<&'a str>, found: &mut Vec<(&'a str, String, f64)>) {
    for part in &group.parts {
        match &part.node {
            Node::Component(component) => found.push((&component.name, path.join("/"), part.weight)),
            Node::Group(inner) => {
                path.push(&inner.name);
                paths(inner, path, found);
                path.pop();
            }
        }
    }
}
