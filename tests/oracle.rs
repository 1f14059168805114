//! The bundled project's metrics against an evaluator that shares no code with the engine.
//!
//! ```text
//! world         accounts, users and events, written as the Parquet that sql/raw expects
//! people        what managers thought and did, and the judgement that holds on a day
//! naive         every column of metrics.accounts by loops over events, one account and day at a time
//! table         the published table, read back
//! capabilities  each definition on hand-made accounts, by its number in the list of capabilities
//! determinism   the same bytes whatever the threads, the memory, the order of days
//! ```

mod capabilities;
mod determinism;
mod naive;
pub mod people;
pub mod table;
pub mod world;

use std::ops::RangeInclusive;
use std::path::Path;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::pipeline::Run;
use table::Table;
use world::{LAST_DAY, World, any_world};

/// The bundled project with some of its text replaced: `(file, from, to)`.
fn project_with(edits: &[(&str, &str, &str)]) -> TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copy = tempfile::tempdir().unwrap();
    let mut waiting = vec!["hale.yml".to_owned(), "sql".to_owned()];
    while let Some(name) = waiting.pop() {
        let (from, to) = (root.join(&name), copy.path().join(&name));
        if from.is_dir() {
            std::fs::create_dir(&to).unwrap();
            let entries = std::fs::read_dir(&from).unwrap().map(|entry| entry.unwrap().file_name());
            waiting.extend(entries.map(|entry| format!("{name}/{}", entry.to_str().unwrap())));
            continue;
        }
        let mut text = std::fs::read_to_string(&from).unwrap();
        for (_, old, new) in edits.iter().filter(|(file, ..)| *file == name) {
            assert!(text.contains(old), "{name} no longer has `{old}`");
            text = text.replace(old, new);
        }
        std::fs::write(to, text).unwrap();
    }
    copy
}

/// The bundled project as it would be in a world's time zone.
fn project_of(world: &World) -> TempDir {
    let zone = format!("time_zone: {}", world.zone.name());
    let adopted = format!("adopted_after: {}", world.adopted_after);
    project_with(&[("hale.yml", "time_zone: UTC", &zone), ("hale.yml", "adopted_after: 3", &adopted)])
}

/// What a project makes of a world.
fn published(project: &Path, world: &World, days: RangeInclusive<NaiveDate>) -> Table {
    let [sources, out] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    world.write(sources.path());
    let run = Run::new(project, sources.path(), out.path()).select(&["metrics.accounts"]);
    run.publish(days).unwrap_or_else(|error| panic!("{error}"));
    Table::read(&out.path().join("metrics/accounts"))
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
    let out = tempfile::tempdir().unwrap();
    let world = World::read(sources.path());
    let days = (world::GENERATED_LAST_DAY - Days::new(2))..=world::GENERATED_LAST_DAY;
    let run = Run::new(Path::new(env!("CARGO_MANIFEST_DIR")), sources.path(), out.path())
        .select(&["metrics.accounts"]);
    run.publish(days.clone()).unwrap_or_else(|error| panic!("{error}"));
    Table::read(&out.path().join("metrics/accounts")).must_equal(&naive::accounts(&world, days));
}

/// A day that the metrics drop whole is missed by the bundled audit, between other days or as the last of a run.
#[test]
fn a_lost_day_is_not_published() {
    let sources = world::generated(&world::small());
    let last = world::GENERATED_LAST_DAY;
    for lost in [last, last - Days::new(1)] {
        let last_join = "JOIN metrics.pulse AS pulse USING (account_id, as_of_date)";
        let gap = format!("{last_join}\nWHERE spine.as_of_date <> DATE '{lost}'");
        let project = project_with(&[("sql/metrics/accounts.sql", last_join, &gap)]);
        let out = tempfile::tempdir().unwrap();
        let run = Run::new(project.path(), sources.path(), out.path()).select(&["metrics.accounts"]);
        let error = run.publish((last - Days::new(2))..=last).expect_err("a day was lost");
        assert_eq!(error.exit_code(), 3, "{error}");
        assert!(error.to_string().contains("every_customer_has_metrics"), "{error}");
    }
}
