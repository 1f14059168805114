//! The bundled project's metrics against an evaluator that shares no code with the engine.
//!
//! ```text
//! world         accounts, users and events, written as the Parquet that sql/raw expects
//! commerce      accounts and contracts by version, and what of them is known on a day
//! beginnings    which metrics have no value until the log is complete for their days
//! merges        which account goes on in which, and which windows have no value yet for it
//! people        what owners thought and did, and the judgement that holds on a day
//! naive         every column of metrics.usage and metrics.pulse, stickiness and key features by loops over events, one account and day at a time
//! table         the published table, read back
//! log_book      worlds that are written event by event
//! capabilities  each definition on hand-made accounts, by its number in the list of capabilities
//! determinism   the same bytes whatever the threads, the memory, the order of days
//! ```

pub mod beginnings;
mod capabilities;
pub mod columns;
pub mod commerce;
mod determinism;
mod log_book;
pub mod merges;
mod naive;
pub mod people;
pub mod table;
pub mod world;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};
use halescore::engine::sources::Reading;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::pipeline::Run;
use table::Table;
use world::{LAST_DAY, World, any_world};

/// The bundled project with some of its text replaced: `(file, from, to)`.
pub fn project_with(edits: &[(&str, &str, &str)]) -> TempDir {
    let project = tempfile::tempdir().unwrap();
    copy(Path::new(env!("CARGO_MANIFEST_DIR")), project.path(), &|_| false);
    edit(project.path(), edits);
    project
}

/// Replaces some of a project's text: `(file, from, to)`.
pub fn edit(project: &Path, edits: &[(&str, &str, &str)]) {
    for (file, old, new) in edits {
        let path = project.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file} no longer has `{old}`");
        std::fs::write(path, text.replace(old, new)).unwrap();
    }
}

/// The bundled project as it would be in a world's time zone, with a log that is complete from the world's day on.
pub fn project_of(world: &World) -> TempDir {
    let zone = format!("time_zone: {}", world.zone.name());
    let adopted = format!("adopted_after: {}", world.adopted_after);
    let complete = format!("events: {}", world.complete_from);
    project_with(&[
        ("hale.yml", "time_zone: UTC", &zone),
        ("hale.yml", "adopted_after: 3", &adopted),
        ("hale.yml", "events: 2026-03-15", &complete),
    ])
}

/// What a project makes of a world: the subjects that `naive` knows.
fn published(project: &Path, world: &World, days: RangeInclusive<NaiveDate>) -> Table {
    let sources = tempfile::tempdir().unwrap();
    world.write(sources.path());
    published_of(project, sources.path(), days)
}

fn published_of(project: &Path, sources: &Path, days: RangeInclusive<NaiveDate>) -> Table {
    let subjects = subjects(project, sources, days, &["spine", "usage", "pulse", "habits", "adoption"]);
    let [spine, usage, pulse, habits, adoption] = subjects.try_into().unwrap();
    let spine = spine.only(&["account_id", "as_of_date", "segment", "tenure_days"]);
    let habits = habits.only(&["account_id", "as_of_date", "stickiness_28d"]);
    let adoption = adoption.only(&["account_id", "as_of_date", "key_feature_weight"]);
    spine.beside(usage).beside(pulse).beside(habits).beside(adoption)
}

/// Subjects of a project's metrics, each as it is published; nothing that comes after them is built.
pub fn subjects(
    project: &Path,
    sources: &Path,
    days: RangeInclusive<NaiveDate>,
    names: &[&str],
) -> Vec<Table> {
    subjects_as(Reading::AsHappened, project, sources, days, names)
}

/// Subjects in one of the two readings of history.
pub fn subjects_as(
    reading: Reading,
    project: &Path,
    sources: &Path,
    days: RangeInclusive<NaiveDate>,
    names: &[&str],
) -> Vec<Table> {
    let (alone, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let later = ["components", "scores", "marts", "audits", "tests", "metrics/accounts.sql"];
    copy(project, alone.path(), &|file| later.iter().any(|name| file == Path::new("sql").join(name)));
    let selected: Vec<String> = names.iter().map(|name| format!("metrics.{name}")).collect();
    let selected: Vec<&str> = selected.iter().map(String::as_str).collect();
    let run = Run::new(alone.path(), sources, out.path()).select(&selected).reading(reading);
    run.publish(days).unwrap_or_else(|error| panic!("{error}"));
    names.iter().map(|name| Table::read(&out.path().join("metrics").join(name))).collect()
}

/// Copies a project's files, all but those that are left out.
pub fn copy(from: &Path, to: &Path, leave_out: &dyn Fn(&Path) -> bool) {
    let mut waiting = vec![PathBuf::from("hale.yml"), PathBuf::from("sql")];
    while let Some(name) = waiting.pop() {
        if leave_out(&name) {
            continue;
        }
        if from.join(&name).is_dir() {
            std::fs::create_dir_all(to.join(&name)).unwrap();
            let entries = std::fs::read_dir(from.join(&name)).unwrap();
            waiting.extend(entries.map(|entry| name.join(entry.unwrap().file_name())));
        } else {
            std::fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rolling metrics of random ugly worlds, each column and row. Capabilities 2 to 7, 26, 32, 44, 46, 52, 82 to 86
    /// and 94.
    #[test]
    fn every_metric_equals_the_naive_evaluator(world in any_world()) {
        let days = (LAST_DAY - Days::new(4))..=LAST_DAY;
        let project = project_of(&world);
        published(project.path(), &world, days.clone()).must_equal(&naive::accounts(&world, days));
    }
}

/// The generator's worlds have other shapes: many events of an account, seasons, planted oddities.
#[test]
fn generated_worlds_equal_the_naive_evaluator() {
    let sources = world::generated(&world::small());
    let world = World::read(sources.path());
    let days = (world::GENERATED_LAST_DAY - Days::new(2))..=world::GENERATED_LAST_DAY;
    let project = project_of(&world);
    published_of(project.path(), sources.path(), days.clone()).must_equal(&naive::accounts(&world, days));
}

/// A day that the metrics drop whole is missed by the bundled audit, between other days or as the last of a run.
#[test]
fn a_lost_day_is_not_published() {
    let sources = world::generated(&world::small());
    let last = world::GENERATED_LAST_DAY;
    for lost in [last, last - Days::new(1)] {
        let gap = format!("FROM (SELECT * FROM metrics.spine WHERE as_of_date <> DATE '{lost}') AS spine");
        let project = project_with(&[("sql/metrics/accounts.sql", "FROM metrics.spine", &gap)]);
        let out = tempfile::tempdir().unwrap();
        let run = Run::new(project.path(), sources.path(), out.path()).select(&["metrics.accounts"]);
        let error = run.publish((last - Days::new(2))..=last).expect_err("a day was lost");
        assert_eq!(error.exit_code(), 3, "{error}");
        assert!(error.to_string().contains("every_customer_has_metrics"), "{error}");
    }
}
