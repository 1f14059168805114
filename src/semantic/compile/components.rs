//! `components.<score>`: one row per account, day and component, which explains the score.
//!
//! The steps compute all components of an account in one row; a cross join with the list of components makes it
//! long, still in one pass over `metrics.accounts`.

use super::CompiledModel;
use super::steps::{self, Parts, all};
use super::writer::{Column, Writer, case, number, sum, text, texts};
use crate::semantic::definition::{Part, Score};

/// Running scores are multiples of 1 / `GRID` = 2⁻⁴⁶, the distance of neighbouring doubles just below 100.
const GRID: &str = "70368744177664";

/// The model of a score's components.
pub(super) fn model(score: &Score) -> CompiledModel {
    let parts = Parts::new(score);
    let description =
        format!("The components of {}: what was measured, and what it contributed.", score.title);
    let mut writer = Writer::new(
        ("components", score),
        &description,
        &columns(&parts),
        &["PRIMARY KEY (account_id, as_of_date, component)", "CHECK ((value IS NULL) = (state = 'missing'))"],
    );
    steps::write(&mut writer, score, &parts);
    running(&mut writer, &parts);
    long(&mut writer, &parts);
    writer.select(&items(&parts), "long");
    writer.finish("components", score)
}

fn columns(parts: &Parts<'_>) -> Vec<Column> {
    let names = texts(parts.names());
    vec![
        Column::new("account_id", "VARCHAR NOT NULL", "the account"),
        Column::new("as_of_date", "DATE NOT NULL", "the day at whose end the score holds"),
        Column::new("component", format!("VARCHAR NOT NULL CHECK (component IN ({names}))"), "the component"),
        Column::new("value", "DOUBLE", "what was measured; NULL when missing"),
        Column::new(
            "bin",
            "INT CHECK (bin >= 1)",
            "the bin of the value, lowest first, from 1; NULL when missing",
        ),
        Column::new("points", "DOUBLE CHECK (points BETWEEN 0 AND max_points)", "points of the bin"),
        Column::new(
            "max_points",
            "DOUBLE NOT NULL CHECK (max_points > 0)",
            "the most points that a value can earn",
        ),
        Column::new("weight", "DOUBLE NOT NULL CHECK (weight > 0)", "weight as declared"),
        Column::new(
            "effective_weight",
            "DOUBLE CHECK (effective_weight BETWEEN 0 AND 1)",
            "share of the score that it decides; 0 when missing, NULL when all are",
        ),
        Column::new(
            "contribution",
            "DOUBLE CHECK (contribution BETWEEN 0 AND 100)",
            "what it adds to the score, they sum to it exactly; NULL when unscored",
        ),
        Column::new(
            "state",
            "VARCHAR NOT NULL CHECK (state IN ('observed', 'missing'))",
            "whether there is a value",
        ),
    ]
}

/// Running totals of what was earned, in computing order.
fn running(writer: &mut Writer, parts: &Parts<'_>) {
    let earned: Vec<String> = parts.names().map(|name| format!("earned_{name}")).collect();
    let items = parts
        .names()
        .enumerate()
        .map(|(index, name)| format!("{} AS through_{name}", sum(&earned[..=index])));
    writer.step("running", "What was earned up to and with each component.", &all(items), "scored");
}

/// One row per component.
fn long(writer: &mut Writer, parts: &Parts<'_>) {
    let names: Vec<&str> = parts.names().collect();
    let pick = |prefix: &str| {
        let branches = names.iter().enumerate();
        branch(branches.map(|(index, name)| (index, format!("{prefix}_{name}"))), None)
    };
    let before =
        names.iter().enumerate().skip(1).map(|(index, _)| (index, format!("through_{}", names[index - 1])));
    let items = [
        "*".to_owned(),
        format!("{} AS value", pick("value")),
        format!("{} AS bin", pick("bin")),
        format!("{} AS before", branch(before, Some("0"))),
        format!("{} AS through", pick("through")),
    ];
    let from = format!("{}\n  CROSS JOIN running", part_list(parts));
    writer.step("long", "One row per component.", &items, &from);
}

/// What the component at each ordinal has.
fn branch(branches: impl Iterator<Item = (usize, String)>, otherwise: Option<&str>) -> String {
    case("ordinal", branches.map(|(index, then)| ((index + 1).to_string(), then)), otherwise)
}

/// The components as a table; `attainable` is the most that one can earn, in the unit of `earned`.
fn part_list(parts: &Parts<'_>) -> String {
    let attainable = parts.exact.attainable();
    let row = |(index, part): (usize, &&Part)| {
        let (name, weight) = (text(&part.component.name), number(part.weight));
        let most = number(part.component.max_points());
        format!("({}, {name}, {weight}, {most}, {})", index + 1, number(attainable[index]))
    };
    let rows: Vec<String> = parts.parts.iter().enumerate().map(row).collect();
    let columns = "ordinal, component, weight, max_points, attainable";
    format!("(VALUES\n    {}\n  ) AS part ({columns})", rows.join(",\n    "))
}

fn items(parts: &Parts<'_>) -> Vec<String> {
    let of_bin = |part: &Part| {
        let bins = part.component.bins.iter().enumerate();
        case("bin", bins.map(|(index, bin)| ((index + 1).to_string(), number(bin.points))), None)
    };
    let points = branch(parts.parts.iter().enumerate().map(|(index, part)| (index, of_bin(part))), None);
    let contribution = format!("{}\n  - {}", score_at(parts, "through"), score_at(parts, "before"));
    vec![
        "account_id".to_owned(),
        "as_of_date".to_owned(),
        "component".to_owned(),
        "value".to_owned(),
        "CAST(bin AS INT) AS bin".to_owned(),
        format!("CAST({points} AS DOUBLE) AS points"),
        "CAST(max_points AS DOUBLE) AS max_points".to_owned(),
        "CAST(weight AS DOUBLE) AS weight".to_owned(),
        "CASE WHEN possible > 0 THEN CASE WHEN bin IS NULL THEN 0 ELSE CAST(attainable AS DOUBLE) / possible END END AS effective_weight"
            .to_owned(),
        format!("CASE WHEN score IS NOT NULL THEN\n  {contribution}\nEND AS contribution"),
        "CASE WHEN bin IS NULL THEN 'missing' ELSE 'observed' END AS state".to_owned(),
    ]
}

/// The score if nothing but `running` had been earned: on the grid below, the score itself at the end.
fn score_at(parts: &Parts<'_>, running: &str) -> String {
    let on_grid = format!("floor({} * {GRID}) / {GRID}", parts.on_scale(running));
    format!("CASE WHEN {running} = earned THEN score ELSE {on_grid} END")
}
