//! The steps that both models of a score share: one scan of `metrics.accounts`, one row per account and day.
//!
//! | step | of each component | of the row |
//! | --- | --- | --- |
//! | `measured` | `value_x`, the expression | |
//! | `observed` | `value_x`, NULL unless it is a finite number | |
//! | `binned` | `bin_x`, from 1; NULL when missing | |
//! | `earned` | `earned_x`, weight × points in whole units; 0 when missing | |
//! | `totals` | | `earned`, `possible`, `coverage` |
//! | `scored` | | `score`, NULL below the minimum coverage |

use super::writer::{Writer, case, number, one_line, sum};
use crate::semantic::definition::{Bin, Part, Score};
use crate::semantic::exact::Exact;

/// A score's parts in computing order, and their weights and points in whole units.
pub(super) struct Parts<'a> {
    pub(super) parts: Vec<&'a Part>,
    pub(super) exact: Exact,
}

impl<'a> Parts<'a> {
    pub(super) fn new(score: &'a Score) -> Self {
        let parts = score.parts_by_name();
        let exact = Exact::new(&parts);
        Self { parts, exact }
    }

    /// The names of the components, in computing order.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().map(|part| part.component.name.as_str())
    }

    /// What was earned, on the scale of the score. Multiplying first keeps whole numbers exact; dividing first keeps
    /// other numbers from rounding to more than 100.
    pub(super) fn on_scale(&self, earned: &str) -> String {
        if self.exact.whole {
            format!("100 * {earned} / possible")
        } else {
            format!("{earned} / possible * 100")
        }
    }

    /// The sum of the given numbers of the components that have a value.
    fn present(&self, of: &[f64]) -> String {
        let terms = self.names().zip(of);
        let terms: Vec<String> = terms
            .map(|(name, number)| {
                format!("CASE WHEN bin_{name} IS NULL THEN 0 ELSE {} END", self::number(*number))
            })
            .collect();
        format!("CAST({} AS DOUBLE)", sum(&terms))
    }
}

/// Writes all steps.
pub(super) fn write(writer: &mut Writer, score: &Score, parts: &Parts<'_>) {
    measured(writer, parts);
    observed(writer, parts);
    binned(writer, parts);
    earned(writer, parts);
    totals(writer, parts);
    scored(writer, score, parts);
}

fn measured(writer: &mut Writer, parts: &Parts<'_>) {
    writer.push(
        "WITH\n-- What each component measures.\nmeasured AS (\n  SELECT\n    account_id,\n    as_of_date",
    );
    for part in &parts.parts {
        let component = &part.component;
        let unit = component.unit.as_ref().map_or_else(String::new, |unit| format!(" ({unit})"));
        writer.push(&format!(",\n    -- {}\n    CAST(", one_line(&format!("{}{unit}", component.title))));
        writer.expression(&component.value);
        writer.push(&format!(" AS DOUBLE) AS value_{}", component.name));
    }
    writer.push("\n  FROM metrics.accounts\n)");
}

fn observed(writer: &mut Writer, parts: &Parts<'_>) {
    let values = parts.names().map(|name| {
        let value = format!("value_{name}");
        format!("CASE WHEN abs({value}) <= {} THEN {value} END AS {value}", number(f64::MAX))
    });
    let key = ["account_id", "as_of_date"].map(str::to_owned);
    let items: Vec<String> = key.into_iter().chain(values).collect();
    writer.step(
        "observed",
        "NaN and infinity are missing: never the best, never the worst.",
        &items,
        "measured",
    );
}

fn binned(writer: &mut Writer, parts: &Parts<'_>) {
    let items = parts.parts.iter().map(|part| {
        let name = &part.component.name;
        format!("{} AS bin_{name}", bin(&format!("value_{name}"), &part.component.bins))
    });
    writer.step("binned", "An edge belongs to the bin above it.", &all(items), "observed");
}

fn bin(value: &str, bins: &[Bin]) -> String {
    let mut lower = None;
    let branches: Vec<(String, String)> = bins
        .iter()
        .enumerate()
        .map(|(index, bin)| {
            let when = match (bin.below, lower) {
                (Some(edge), _) => format!("{value} < {}", number(edge)),
                (None, Some(edge)) => format!("{value} >= {}", number(edge)),
                (None, None) => format!("{value} IS NOT NULL"),
            };
            lower = bin.below;
            (when, (index + 1).to_string())
        })
        .collect();
    case("", branches, None)
}

fn earned(writer: &mut Writer, parts: &Parts<'_>) {
    let items = parts.names().zip(&parts.exact.earned).map(|(name, earned)| {
        let bins = earned.iter().enumerate().filter(|(_, earned)| **earned > 0.0);
        let branches = bins.map(|(bin, earned)| ((bin + 1).to_string(), number(*earned)));
        format!("CAST({} AS DOUBLE) AS earned_{name}", case(&format!("bin_{name}"), branches, Some("0")))
    });
    writer.step(
        "earned",
        "Weight times points, in a common unit; nothing when missing.",
        &all(items),
        "binned",
    );
}

fn totals(writer: &mut Writer, parts: &Parts<'_>) {
    let earned: Vec<String> = parts.names().map(|name| format!("earned_{name}")).collect();
    let declared: f64 = parts.exact.weights.iter().sum();
    let items = [
        format!("{} AS earned", sum(&earned)),
        format!("{} AS possible", parts.present(&parts.exact.attainable())),
        format!("{} / {} AS coverage", parts.present(&parts.exact.weights), number(declared)),
    ];
    writer.step("totals", "Only what is present counts as possible.", &all(items), "earned");
}

fn scored(writer: &mut Writer, score: &Score, parts: &Parts<'_>) {
    let covered = match score.min_coverage {
        0.0 => String::new(),
        share => format!(" AND coverage >= {}", number(share)),
    };
    let item = format!("CASE WHEN possible > 0{covered} THEN {} END AS score", parts.on_scale("earned"));
    writer.step(
        "scored",
        "Points earned over points possible, if enough is present.",
        &all([item]),
        "totals",
    );
}

/// All columns of the step before and some more.
pub(super) fn all(items: impl IntoIterator<Item = String>) -> Vec<String> {
    std::iter::once("*".to_owned()).chain(items).collect()
}
