//! `components.<score>`: one row per account, day and component, which explains the score.
//!
//! The steps compute all components of an account in one row; a join with the list of components makes it long,
//! still in one pass over metrics.

use super::CompiledModel;
use super::measure::NOT_YET;
use super::points::{by_bin, by_case};
use super::query::{Grid, NOT_APPLICABLE, Query, Slot, decimal};
use super::steps::{self, all, write_levels};
use super::tree::Levels;
use super::writer::{Column, Writer, case, number, one_line, real, sum, text, texts};
use crate::semantic::definition::{Bin, Group, Node, OnMissing, Rule};
use crate::semantic::expression::Expression;

/// `zero` of a component that is worth points where usage is zero.
const ZERO_BASE: &str = "1";

/// The row of what no component earned: where the scale or a sum begins, limits, rounding of groups.
pub(in crate::semantic) const BASE: &str = "base";

/// The model of a score's components.
pub(super) fn model(query: &Query<'_>) -> CompiledModel {
    let score = query.score;
    let description =
        format!("The components of {}: what was measured, and what it contributed.", score.title);
    let key = format!("PRIMARY KEY ({}, component)", query.key().join(", "));
    let checks = checks(query);
    let constraints: Vec<&str> =
        std::iter::once(key.as_str()).chain(checks.iter().map(String::as_str)).collect();
    let mut writer = Writer::new(("components", score), &description, &columns(query), &constraints);
    let extras: Vec<(String, &Expression)> = query
        .slots
        .iter()
        .filter_map(|slot| Some((format!("evidence_{}", slot.name()), slot.component.evidence.as_ref()?)))
        .collect();
    let trees = steps::write(&mut writer, query, &extras);
    let mut levels = Levels::default();
    let factors: Vec<_> = query
        .cards
        .iter()
        .zip(&trees)
        .map(|(card, tree)| tree.factors(card.missing_weight, &mut levels))
        .collect();
    let last = write_levels(&mut writer, levels, ("moving", "How the score moves with each part."), "scored");
    contributed(&mut writer, query, &factors, &last);
    let last = summed(&mut writer, query);
    long(&mut writer, query, &last);
    writer.select(&items(query), "long");
    writer.finish("components", score)
}

/// What the contract cannot say of a column alone.
fn checks(query: &Query<'_>) -> Vec<String> {
    let mut checks =
        vec!["CHECK ((state = 'observed') = (measure IS NOT NULL OR category IS NOT NULL))".to_owned()];
    for slot in &query.slots {
        let is = format!("component <> {}", text(slot.name()));
        let mut rules = slot.variants.iter().flat_map(|variant| &variant.component.scoring.cases);
        if slot.variants.iter().any(|variant| variant.component.scoring.on_missing == OnMissing::Fail) {
            checks.push(format!("CHECK ({is} OR on_missing IS NULL OR on_missing <> 'fail')"));
        }
        if rules.clone().any(|case| matches!(case.rule, Rule::Categories { otherwise: None, .. })) {
            checks.push(format!("CHECK ({is} OR category IS NULL OR points IS NOT NULL)"));
        }
        if rules.any(|case| matches!(case.rule, Rule::Ordinal(_))) {
            checks.push(format!("CHECK ({is} OR measure IS NULL OR points IS NOT NULL)"));
        }
    }
    checks
}

fn columns(query: &Query<'_>) -> Vec<Column> {
    let score = query.score;
    let names = texts(query.slots.iter().map(Slot::name).chain(has_base(query).then_some(BASE)));
    let width = number(score.scale.width().max(score.scale.high.abs()).max(score.scale.low.abs()));
    let contribution = match query.grid {
        Grid::Rising(_) => format!("DOUBLE CHECK (contribution BETWEEN 0 AND {width})"),
        Grid::Signed(_) => "DOUBLE".to_owned(),
    };
    let mut columns = super::scores::entity_columns(score);
    columns.extend([
        Column::new("component", format!("VARCHAR NOT NULL CHECK (component IN ({names}))"), "the component"),
        Column::new("group_path", "VARCHAR", "the groups it is in, outermost first"),
        Column::new("value", "DOUBLE", "what was measured; NULL when missing"),
        Column::new("category", "VARCHAR", "what was measured, of a component whose values are texts"),
        Column::new("measure", "DOUBLE", "the value, or what it was compared to: what bins and lines are about"),
        Column::new("bin", "INT CHECK (bin >= 1)", "the bin or category, in declared order from 1; NULL when missing"),
        Column::new("rule_case", "INT CHECK (rule_case >= 1)", "which of the component's cases applied, from 1"),
        Column::new("bin_label", "VARCHAR", "the name of the bin"),
        Column::new("points", "DOUBLE CHECK (points BETWEEN min_points AND max_points)", "what it is worth; NULL when it does not count"),
        Column::new("min_points", "DOUBLE", "the least that a value can earn"),
        Column::new("max_points", "DOUBLE", "the most that a value can earn"),
        Column::new("weight", "DOUBLE CHECK (weight > 0)", "weight as declared, in its group"),
        Column::new(
            "effective_weight",
            "DOUBLE CHECK (effective_weight >= 0)",
            "share of the score that it decides; 0 when it does not count, NULL when nothing does",
        ),
        Column::new("contribution", contribution, "what it adds to the score, they sum to raw_score exactly; NULL when unscored"),
        Column::new(
            "state",
            "VARCHAR NOT NULL CHECK (state IN ('observed', 'zero_base', 'not_applicable', 'not_yet', 'not_reported', 'base'))",
            "whether there is a value, and why not",
        ),
        Column::new("on_missing", "VARCHAR", "what was done about a missing value; NULL when there is one"),
        Column::new("evidence", "VARCHAR", "who or what says so"),
    ]);
    columns
}

/// Whether some of the score is earned by no component.
fn has_base(query: &Query<'_>) -> bool {
    query.score.scale.low != 0.0 || matches!(query.grid, Grid::Signed(_))
}

type Factors<'a> = std::collections::BTreeMap<&'a str, (String, f64)>;

/// `weight_x`, the effective weight, and `earned_x`, what the component adds.
fn contributed(writer: &mut Writer, query: &Query<'_>, factors: &[Factors<'_>], from: &str) {
    let mut items = vec!["*".to_owned()];
    let scale = query.score.scale.width();
    for slot in &query.slots {
        let name = slot.name();
        let earned = query.by_card(|card| {
            let (factor, nothing) = factors[card].get(name)?;
            let points = if *nothing == 0.0 {
                format!("points_{name}")
            } else {
                format!("(points_{name} - {})", real(*nothing))
            };
            Some(format!("coalesce({factor} * {points}, 0)"))
        });
        let weight = query.by_card(|card| {
            let (factor, _) = factors[card].get(name)?;
            let range = slot.variants[slot.variant_of(card)?].component.scoring.range;
            Some(decimal(&format!("{factor} * {}", real(range.width() / scale))))
        });
        items.push(format!("{weight} AS effective_{name}"));
        let earned = match query.grid {
            Grid::Rising(_) => earned,
            Grid::Signed(_) => query.grid.snapped(&earned),
        };
        items.push(format!("coalesce({earned}, 0) AS added_{name}"));
    }
    writer.step("contributed", "What each component adds to the score.", &items, from);
}

/// Running totals where nothing is ever taken away, and what is left for the base where something is.
fn summed(writer: &mut Writer, query: &Query<'_>) -> String {
    let added: Vec<String> = query.slots.iter().map(|slot| format!("added_{}", slot.name())).collect();
    let low = query.score.scale.low;
    let items = match query.grid {
        Grid::Rising(_) => {
            let first = if low == 0.0 { String::new() } else { format!("{} + ", real(low)) };
            let running = query.slots.iter().enumerate();
            let running =
                running.map(|(at, slot)| format!("{first}{} AS through_{}", sum(&added[..=at]), slot.name()));
            all(running)
        }
        Grid::Signed(_) => all([format!("raw_score - ({}) AS rest", sum(&added))]),
    };
    writer.step("summed", "What was added up to and with each component.", &items, "contributed");
    "summed".to_owned()
}

/// One row per component.
fn long(writer: &mut Writer, query: &Query<'_>, from: &str) {
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
fn branch(branches: impl Iterator<Item = (usize, String)>, otherwise: Option<&str>) -> String {
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

fn items(query: &Query<'_>) -> Vec<String> {
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
        (format!("held = {NOT_YET}"), "'not_yet'".to_owned()),
        (format!("zero = {ZERO_BASE}"), "'zero_base'".to_owned()),
        ("zero IS NOT NULL".to_owned(), "'not_applicable'".to_owned()),
        // There is a value, and nothing yet to compare it with.
        ("value IS NOT NULL".to_owned(), "'not_yet'".to_owned()),
    ]);
    let not_applied = format!("(held IS DISTINCT FROM {NOT_APPLICABLE}) AND zero IS NULL");
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
