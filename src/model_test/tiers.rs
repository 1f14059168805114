//! Tiers in the rows of cases that are nearly those of a score: a slip that makes a case test what never happens.
//!
//! Cases of models that read any score have tiers of their own (`high`, `low`), which are right.

use super::document::{Cell, Document, Input, Rows};
use super::select::CaseFile;
use crate::check::Checked;
use crate::diagnostic::{Diagnostic, Diagnostics, closest};
use crate::yaml::{Placed, place};

/// The slips in all cases, as warnings. What else is wrong with a case is told when it runs.
pub(super) fn nearly(checked: &Checked, cases: &[CaseFile<'_>]) -> Diagnostics {
    let mut found = Diagnostics::new();
    for case in cases {
        let Ok(document) = Document::read(case.file) else { continue };
        let own = case.model.name.to_string();
        let given = document.given.0.iter().filter_map(|(table, input)| match input {
            Input::Rows(rows) => Some((table.value.as_str(), rows)),
            Input::Days(_) => None,
        });
        for (table, rows) in given.chain([(own.as_str(), &document.expect)]) {
            let known = known(checked, table);
            for cell in tiers(rows) {
                found.extend(slip(cell, &known).map(|problem| problem.at(place(case.file, cell))));
            }
        }
    }
    found
}

/// The tiers that a table can hold: those of its score, or of any.
fn known<'a>(checked: &'a Checked, table: &str) -> Vec<&'a str> {
    let scores = &checked.pipeline.semantics.scores;
    let own = scores.iter().find(|score| table == format!("scores.{}", score.name));
    let mut known: Vec<&str> = match own {
        Some(score) => score.tier_names().collect(),
        None => scores.iter().flat_map(|score| score.tier_names()).collect(),
    };
    known.sort_unstable();
    known.dedup();
    known
}

/// What rows hold in columns of tiers.
fn tiers(rows: &Rows) -> impl Iterator<Item = &Cell> {
    let is_tier = |name: &Placed<String>| name.value == "tier" || name.value.ends_with("_tier");
    let cells = rows.0.iter().flat_map(|row| row.value.0.iter());
    cells.filter(move |(name, _)| is_tier(name)).map(|(_, cell)| cell)
}

fn slip(cell: &Cell, known: &[&str]) -> Option<Diagnostic> {
    let text = cell.value.as_deref().filter(|text| !known.contains(text))?;
    let meant = closest(text, known.iter().copied())?;
    let message = format!("`{}` is no tier of any score", text.escape_debug());
    Some(
        Diagnostic::warning("unknown-tier", message)
            .note(format!("there are {}", known.join(", ")))
            .help(format!("did you mean `{meant}`?")),
    )
}
