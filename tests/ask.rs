//! Questions to hale's own session and to plain DataFusion, over rows that are written in the question.

use std::num::NonZeroUsize;

use chrono::NaiveDate;
use datafusion::prelude::{SessionConfig, SessionContext};
use halescore::engine::day_window::WindowOptions;
use halescore::engine::{Engine, EngineOptions, Session};
use halescore::project::Project;

use crate::windows::support::lines;

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";

/// What hale answers: rows as sorted text, or the error.
pub async fn hale(sql: &str) -> Result<Vec<String>, String> {
    hale_with(2, sql).await
}

/// The same on some threads.
pub async fn hale_with(threads: usize, sql: &str) -> Result<Vec<String>, String> {
    let session = session(threads);
    let answer = async {
        let plan = session.plan_text(sql).await?;
        session.context().execute_logical_plan(plan).await?.collect().await
    };
    answer.await.map(|batches| lines(&batches)).map_err(|error| error.strip_backtrace())
}

/// A session without a table of its own.
pub fn session(threads: usize) -> Session {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hale.yml"), SETTINGS).unwrap();
    std::fs::create_dir_all(folder.path().join("sql")).unwrap();
    let settings = Project::load(folder.path()).unwrap().settings;
    let options = EngineOptions { threads: NonZeroUsize::new(threads), ..EngineOptions::default() };
    let until = NaiveDate::from_ymd_opt(2026, 12, 31).unwrap();
    Session::new(&Engine::new(&options).unwrap(), &settings, WindowOptions::default(), until).unwrap()
}

/// What plain DataFusion answers.
pub async fn plain(sql: &str) -> Result<Vec<String>, String> {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    let answer = async { context.sql(sql).await?.collect().await };
    answer.await.map(|batches| lines(&batches)).map_err(|error| error.strip_backtrace())
}

/// hale answers right where plain DataFusion does not. When this fails because DataFusion has become right, the guard
/// that is named can go.
pub async fn mended(guard: &str, sql: &str, right: &[&str]) {
    let (ours, theirs) = (hale(sql).await, plain(sql).await);
    assert_eq!(ours.as_deref().map_err(String::as_str), Ok(&strings(right)[..]), "{sql}");
    assert_ne!(
        theirs.as_deref().map_err(String::as_str),
        Ok(&strings(right)[..]),
        "DataFusion answers it right now: {guard} can go\n{sql}"
    );
}

/// hale refuses, with these words, what plain DataFusion answers wrongly.
pub async fn refused(guard: &str, sql: &str, right: &[&str], words: &str) {
    let (ours, theirs) = (hale(sql).await, plain(sql).await);
    let error = ours.expect_err(sql);
    assert!(error.contains(words), "{error}\n{sql}");
    assert_ne!(
        theirs.as_deref().map_err(String::as_str),
        Ok(&strings(right)[..]),
        "DataFusion answers it right now: {guard} can go\n{sql}"
    );
}

/// Both answer right.
pub async fn right(sql: &str, right: &[&str]) {
    let (ours, theirs) = (hale(sql).await, plain(sql).await);
    assert_eq!(ours.as_deref().map_err(String::as_str), Ok(&strings(right)[..]), "{sql}");
    assert_eq!(theirs.as_deref().map_err(String::as_str), Ok(&strings(right)[..]), "plain DataFusion\n{sql}");
}

fn strings(lines: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    lines.sort_unstable();
    lines
}
