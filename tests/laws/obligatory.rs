//! A project of one's own, with the four sources that must be there and no other: its largest account, silent for three
//! months, is at risk, first on the queue and in the revenue at risk, under every template.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use tempfile::TempDir;

use super::world::{END, before, copied, lines, linked, number, project, run, silence, table};
use super::worlds::WORLDS;
use crate::oracle::table::Value;

pub const OBLIGATORY: [&str; 4] = ["accounts", "contracts", "events", "users"];

/// The account, what it is worth, and what the bundled project publishes.
struct Silent {
    account: String,
    arr: f64,
    sources: TempDir,
    out: TempDir,
}

static SILENT: LazyLock<Silent> = LazyLock::new(|| {
    let accounts = table(WORLDS.before.path(), "metrics/accounts", END);
    let arr = accounts.0.iter().map(|((_, account), row)| (account, number(row, "arr").unwrap_or(0.0)));
    let (account, arr) = arr.max_by(|one, other| one.1.total_cmp(&other.1)).unwrap();
    let sources = linked(WORLDS.sources.path(), |name| OBLIGATORY.contains(&name));
    silence(sources.path(), &BTreeMap::from([(account.clone(), before(92))]));
    let out = tempfile::tempdir().unwrap();
    run(Path::new(env!("CARGO_MANIFEST_DIR")), sources.path(), out.path(), before(30), false);
    Silent { account: account.clone(), arr, sources, out }
});

fn holds(template: &str) {
    let (project, out) = (project(template), copied(SILENT.out.path()));
    run(project.path(), SILENT.sources.path(), out.path(), END, true);
    let of = |name: &str| table(out.path(), name, END);
    let scores = of("scores/health");
    let score = scores.row(&SILENT.account, END);
    assert_eq!(score["is_at_risk"], Value::Flag(true), "{template}: {score:?}");
    let queue = of("marts/work_queue");
    let place = queue.row(&SILENT.account, END);
    assert_eq!(place["list"], Value::Text("scored".to_owned()), "{template}: {place:?}");
    assert_eq!(place["rank"], Value::Whole(1), "{template}: {place:?}");
    let revenue = lines(out.path(), "marts/revenue_at_risk");
    let today = revenue.iter().filter(|row| row["as_of_date"] == Value::Day(END));
    let at_risk: f64 = today.filter_map(|row| number(row, "at_risk_arr")).sum();
    assert!(SILENT.arr > 0.0 && at_risk >= SILENT.arr, "{template}: {at_risk} of {}", SILENT.arr);
}

#[test]
fn the_largest_gone_silent_is_first_by_the_default() {
    holds("default");
}

#[test]
fn the_largest_gone_silent_is_first_by_usage() {
    holds("usage");
}

#[test]
fn the_largest_gone_silent_is_first_by_enterprise() {
    holds("enterprise");
}

#[test]
fn the_largest_gone_silent_is_first_by_onboarding() {
    holds("onboarding");
}

#[test]
fn the_largest_gone_silent_is_first_by_rfm() {
    holds("rfm");
}
