//! Days as commands print them, and the one that it is.

use std::collections::BTreeSet;

use chrono::{NaiveDate, Utc};

use crate::pipeline::Pipeline;

/// Days as ranges: `2026-09-01 to 2026-09-03, 2026-09-05`.
pub(super) fn listed(days: &BTreeSet<NaiveDate>) -> String {
    let mut ranges: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for day in days {
        match ranges.last_mut() {
            Some((_, last)) if last.succ_opt() == Some(*day) => *last = *day,
            _ => ranges.push((*day, *day)),
        }
    }
    let range = |(first, last): &(NaiveDate, NaiveDate)| {
        if first == last { first.to_string() } else { format!("{first} to {last}") }
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}

/// The day that it is where a project's days begin and end: the one place where a run or its plan asks.
pub(super) fn today(pipeline: &Pipeline) -> NaiveDate {
    Utc::now().with_timezone(&pipeline.settings.time_zone).date_naive()
}
