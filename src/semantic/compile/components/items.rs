//! The columns of a component's row.

use super::super::measure::NOT_YET;
use super::super::points::by_case;
use super::super::query::{Grid, NOT_APPLICABLE, NOT_EXPECTED, Query, Slot};
use super::super::writer::{case, one_line, real, text};
use super::contract::{BASE, has_base};
use super::long::{ZERO_BASE, branch};
use crate::semantic::definition::{Bin, Rule};

/// The items of the last `SELECT`.
pub(super) fn items(query: &Query<'_>) -> Vec<String> {
    let base = format!("component = {}", text(BASE));
    let (observed, missing) =
        ("measure IS NOT NULL OR category IS NOT NULL", "measure IS NULL AND category IS NULL");
    let mut states = Vec::new();
    if has_base(query) {
        states.push((base.clone(), "'base'".to_owned()));
    }
    states.extend([
        (observed.to_owned(), "'observed'".to_owned()),
        (format!("held = {NOT_APPLICABLE}"), "'not_applicable'".to_owned()),
        (format!("held = {NOT_EXPECTED}"), "'expected_idle'".to_owned()),
        (format!("held = {NOT_YET}"), "'not_yet'".to_owned()),
        (format!("zero = {ZERO_BASE}"), "'zero_base'".to_owned()),
        ("zero IS NOT NULL".to_owned(), "'not_applicable'".to_owned()),
        // There is a value, and nothing yet to compare it with.
        ("value IS NOT NULL".to_owned(), "'not_yet'".to_owned()),
    ]);
    let not_applied = format!("(held IN ({NOT_APPLICABLE}, {NOT_EXPECTED})) IS NOT TRUE AND zero IS NULL");
    let mut items: Vec<String> = query.key().into_iter().map(str::to_owned).collect();
    let not_base = if has_base(query) { format!("NOT ({base}) AND ") } else { String::new() };
    let effective = if has_base(query) {
        format!("CASE WHEN NOT ({base}) AND whole IS NOT NULL THEN coalesce(effective, 0) END")
    } else {
        "CASE WHEN whole IS NOT NULL THEN coalesce(effective, 0) END".to_owned()
    };
    items.extend([
        "component".to_owned(),
        "group_path".to_owned(),
        "value".to_owned(),
        "category".to_owned(),
        "measure".to_owned(),
        "bin".to_owned(),
        "rule_case".to_owned(),
        format!("CAST({} AS VARCHAR) AS bin_label", labels(query)),
        "points".to_owned(),
        "min_points".to_owned(),
        "max_points".to_owned(),
        "weight".to_owned(),
        format!("{effective} AS effective_weight"),
        format!("CASE WHEN raw_score IS NOT NULL THEN\n  {}\nEND AS contribution", contribution(query)),
        format!("{} AS state", case("", states, Some("'not_reported'"))),
        format!("CASE WHEN {not_base}{missing} AND {not_applied} THEN policy END AS on_missing"),
        "evidence".to_owned(),
    ]);
    items
}

fn contribution(query: &Query<'_>) -> String {
    let Grid::Rising(_) = query.grid else { return "added".to_owned() };
    let at = |running: &str| {
        let unit = query.grid.unit();
        format!(
            "CASE WHEN {running} = total THEN raw_score ELSE least(floor({running} * {unit}) / {unit}, raw_score) END"
        )
    };
    if query.score.scale.low == 0.0 {
        return format!("{}\n  - {}", at("through"), at("before"));
    }
    let low = real(query.score.scale.low);
    format!(
        "CASE WHEN component = {} THEN {low} ELSE {}\n  - {} END",
        text(BASE),
        at("through"),
        at("before")
    )
}

/// The names that people gave to bins, by component and bin.
fn labels(query: &Query<'_>) -> String {
    let of_bins = |bins: &[Bin]| {
        let named = bins
            .iter()
            .enumerate()
            .filter_map(|(at, bin)| Some(((at + 1).to_string(), text(&one_line(bin.label.as_ref()?)))));
        case("bin", named, None)
    };
    let of_slot = |slot: &Slot<'_>| {
        query.by_card(|card| {
            let variant = slot.variant_of(card)?;
            Some(by_case(slot, variant, |rule| match rule {
                Rule::Bins(bins) => of_bins(bins),
                _ => "NULL".to_owned(),
            }))
        })
    };
    branch(
        query
            .slots
            .iter()
            .enumerate()
            .map(|(at, slot)| (at, of_slot(slot)))
            .filter(|(_, label)| label.contains('\'')),
        None,
    )
}
