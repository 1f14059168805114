//! Expectations held against what is published, in one commit.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use futures::TryStreamExt;

use super::found::verdicts;
use super::{Expectation, Expectations};
use crate::diagnostic::Diagnostic;
use crate::engine::{Engine, diagnose};
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::read::{Days, Reader};
use crate::storage::Storage;
use crate::store::State;

/// An expectation, and whether it holds.
#[derive(Debug, Clone)]
pub struct Held<'a> {
    /// The score.
    pub score: &'a str,
    /// What is expected.
    pub expectation: &'a Expectation,
    /// Whether the day is published, so that there is something to hold it against.
    pub is_published: bool,
    /// Why it does not hold, or that it cannot be told; `None` where it holds.
    pub failure: Option<Diagnostic>,
}

/// Every expectation of a project, in the order of the files, held against what a commit has published.
///
/// # Errors
/// What storage and engine say.
pub async fn held<'a>(
    pipeline: &'a Pipeline,
    engine: &Engine,
    (sources, out): (&Storage, &State),
) -> Result<Vec<Held<'a>>> {
    let mut all = Vec::new();
    for expectations in &pipeline.expectations {
        let mut failures: Vec<(bool, Option<Diagnostic>)> = expectations
            .entries
            .iter()
            .map(|entry| (false, Some(not_published(expectations, entry, out))))
            .collect();
        let days: BTreeSet<NaiveDate> = expectations.entries.iter().map(|entry| entry.day).collect();
        for day in days {
            if out.entry(&expectations.table(), Some(day)).await?.is_none() {
                continue;
            }
            let reader = Reader::open(pipeline, engine, (sources, out), Days::Only(day)).await?;
            let rows = reader.query(&expectations.query(&(day..=day)), None).await?;
            let rows: Vec<RecordBatch> =
                rows.try_collect().await.map_err(|error| diagnose::of_run("the expectations", &error))?;
            for (place, failure) in verdicts(expectations, &rows)? {
                failures[place] = (true, failure);
            }
        }
        let entries = expectations.entries.iter().zip(failures);
        all.extend(entries.map(|(expectation, (is_published, failure))| Held {
            score: &expectations.score,
            expectation,
            is_published,
            failure,
        }));
    }
    Ok(all)
}

/// That there is nothing to hold an expectation against.
fn not_published(expectations: &Expectations, entry: &Expectation, out: &State) -> Diagnostic {
    let (table, day) = (expectations.table(), entry.day);
    let message = format!(
        "{}: not published, so that nobody knows whether it is {}",
        entry.subject(),
        entry.expected()
    );
    entry
        .reasons(Diagnostic::error("expected-day", message))
        .note(format!("{table} has no {day} in {}", out.storage().shown()))
        .help(format!("publish the day with `hale run --as-of {day}`, or name another place with --out"))
}
