//! Published days that are built again because rows came late.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::cli::console::Console;
use crate::cli::days::listed;
use crate::plan::Late;
use crate::project::layer::ModelName;
use crate::run::{Request, Selection};

/// Sources that are named in one line.
const NAMED: usize = 3;

/// Says which days are built again, and why.
pub(super) fn tell(late: &Late, console: Console) {
    let why = why(&late.because);
    if let Some(days) = days_are(&late.days.keys().copied().collect()) {
        console.note("late-rows", &format!("{days} built again: {why}"));
    }
    if let Some(days) = days_are(&late.left) {
        let text = format!(
            "{days} left as another definition of the project made them: {why}; run them to build them again"
        );
        console.note("late-rows-left", &text);
    }
}

/// Days as the beginning of a sentence.
fn days_are(days: &BTreeSet<NaiveDate>) -> Option<String> {
    let verb = if days.len() == 1 { "is" } else { "are" };
    (!days.is_empty()).then(|| format!("{} {verb}", listed(days)))
}

/// Which sources have late rows, and of which days.
pub(in crate::cli) fn why(because: &BTreeMap<String, BTreeSet<NaiveDate>>) -> String {
    let of_source = |(source, days): (&String, &BTreeSet<NaiveDate>)| {
        let first = days.first().map(ToString::to_string).unwrap_or_default();
        match days.len() {
            1 => format!("{source} ({first})"),
            count => format!("{source} ({count} days from {first} on)"),
        }
    };
    let named: Vec<String> = because.iter().take(NAMED).map(of_source).collect();
    let more = because.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("late rows of {}{more}", named.join(", "))
}

/// What to build again of some days.
pub(super) fn request(
    asked: &Request,
    late: &Late,
    days: RangeInclusive<NaiveDate>,
    selected: BTreeSet<ModelName>,
) -> Request {
    Request {
        days,
        selection: Selection(selected),
        why: asked.why.clone().or_else(|| Some(why(&late.because))),
        told: Some(Arc::clone(&late.sources)),
        ..asked.clone()
    }
}
