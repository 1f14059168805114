//! A log that stopped holds up a run, and changes no score.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Date32Type;
use chrono::{NaiveDate, NaiveTime, Utc};
use serde_json::Value;
use tempfile::TempDir;

use super::project;
use crate::cli::{code, err, hale, one_line, out};
use crate::laws::sources::read;
use crate::laws::world::{END, before, linked, replace, without_events};
use crate::oracle::world::{at, generated, small};
use crate::pipeline::published_bytes;

static SOURCES: LazyLock<TempDir> = LazyLock::new(|| generated(&small()));

/// Days before the last one since which the log is silent.
const STOPPED: u64 = 10;

/// The sources, of which what is not wanted is away.
fn sources(wanted: impl Fn(&str) -> bool) -> TempDir {
    linked(SOURCES.path(), wanted)
}

/// Takes the end of the log away.
fn stop(sources: &Path) {
    without_events(sources, &|_, _, time| time >= at(before(STOPPED), NaiveTime::MIN));
}

/// Takes away what the loader said of a source since a day.
fn unsaid(sources: &Path, name: &str, since: NaiveDate) {
    let statuses = read(sources, "source_status.parquet").unwrap();
    let kept = keeps(&statuses, &|source, through| source != name || through < since);
    replace(sources, "source_status.parquet", &filter_record_batch(&statuses, &kept).unwrap());
}

fn keeps(statuses: &RecordBatch, wanted: &dyn Fn(&str, NaiveDate) -> bool) -> BooleanArray {
    let source =
        arrow::compute::cast(statuses.column_by_name("source").unwrap(), &arrow::datatypes::DataType::Utf8)
            .unwrap();
    let source = source.as_string::<i32>();
    let through = Arc::clone(statuses.column_by_name("loaded_through").unwrap());
    let through = through.as_primitive::<Date32Type>();
    (0..statuses.num_rows())
        .map(|row| Some(wanted(source.value(row), through.value_as_date(row).unwrap())))
        .collect()
}

static PROJECT: LazyLock<TempDir> = LazyLock::new(|| project(&[]));

/// A run of the small project, as of the last day.
fn run(sources: &Path, out: &Path, more: &[&str]) -> std::process::Output {
    let [sources, out] = [sources, out].map(|path| path.display().to_string());
    let end = END.to_string();
    let words =
        ["run", "--sources", &sources, "--out", &out, "--as-of", &end, "--select", "metrics.days", "--json"];
    hale(PROJECT.path(), &[&words[..], more].concat())
}

#[test]
fn a_log_that_stopped_is_waited_for_and_changes_nothing() {
    let published = tempfile::tempdir().unwrap();
    let whole = sources(|name| name != "source_status");
    let first = run(whole.path(), published.path(), &[]);
    assert_eq!(code(&first), 0, "{}", err(&first));
    let before = published_bytes(published.path());
    // By the newest time at which a row was known, where no loader says anything.
    let stopped = sources(|name| name != "source_status");
    stop(stopped.path());
    // By what the loader says, where it does, whatever is in the log.
    let not_loaded = sources(|_| true);
    unsaid(not_loaded.path(), "events", self::before(STOPPED));
    let users = sources(|_| true);
    unsaid(users.path(), "users", self::before(STOPPED));
    for (late, source, why) in [
        (&stopped, "raw.events", "its newest `available_at` says so"),
        (&not_loaded, "raw.events", "raw.source_status says so"),
        (&users, "raw.users", "raw.source_status says so"),
    ] {
        let output = run(late.path(), published.path(), &[]);
        assert_eq!(code(&output), 75, "{}", err(&output));
        let said = err(&output);
        assert!(
            said.contains(&format!(
                "error[not-reported]: {source} is not reported as of {END}: its loads reach 2026-09-"
            )),
            "{said}"
        );
        assert!(said.contains(why) && said.contains("it may lag 3 days behind"), "{said}");
        assert!(said.contains("--> sql/raw/"), "{said}");
        assert_eq!(one_line(&out(&output))["published"], Value::from(false));
        assert_eq!(published_bytes(published.path()), before, "{source}");
        let skipped = run(late.path(), published.path(), &["--if-not-ready", "skip"]);
        assert_eq!(code(&skipped), 99, "{}", err(&skipped));
        let asked = run(late.path(), published.path(), &["--incomplete", "--dry-run"]);
        assert_eq!(code(&asked), 0, "{}", err(&asked));
    }
}

/// As known, loads of later days are not there yet.
#[test]
fn what_was_loaded_later_was_not_known() {
    let sources = sources(|_| true);
    let lost = |_: &str, through: NaiveDate| !(before(20)..before(10)).contains(&through);
    let statuses = read(sources.path(), "source_status.parquet").unwrap();
    let kept = keeps(&statuses, &|source, through| source != "events" || lost(source, through));
    replace(sources.path(), "source_status.parquet", &filter_record_batch(&statuses, &kept).unwrap());
    let published = tempfile::tempdir().unwrap();
    let [at, out] = [sources.path(), published.path()].map(|path| path.display().to_string());
    for (day, more, expected) in [
        (before(12), &[][..], 0),
        (before(12), &["--as-known"][..], 75),
        // The night's load of a day is known on the next, and it may lag three days behind.
        (before(18), &["--as-known"][..], 0),
        (before(17), &["--as-known"][..], 75),
        (before(10), &["--as-known"][..], 75),
        (before(9), &["--as-known"][..], 0),
    ] {
        let day = day.to_string();
        let words = [
            "run",
            "--sources",
            &at,
            "--out",
            &out,
            "--as-of",
            &day,
            "--select",
            "metrics.days",
            "--dry-run",
        ];
        let output = hale(PROJECT.path(), &[&words[..], more].concat());
        assert_eq!(code(&output), expected, "{day} {more:?}: {}", err(&output));
    }
}

#[test]
fn a_day_that_is_not_over_is_waited_for() {
    let project = crate::cli::Project::of(&[(
        "sql/metrics/accounts.sql",
        "-- Facts.\nCREATE TABLE metrics.accounts (account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, n BIGINT, PRIMARY KEY (account_id, as_of_date)) \
         PARTITIONED BY (as_of_date) AS SELECT account_id, day AS as_of_date, sum(n) AS n FROM staging.events GROUP BY account_id, day\n",
    )]);
    let today = Utc::now().date_naive();
    let at = |day: NaiveDate, more: &[&str]| {
        let day = day.to_string();
        project.hale(&[&["run", "--as-of", &day][..], more].concat())
    };
    let said = at(today + chrono::Days::new(1), &[]);
    assert_eq!(code(&said), 75, "{}", err(&said));
    assert!(
        err(&said).contains("error[day-not-over]") && err(&said).contains("--incomplete"),
        "{}",
        err(&said)
    );
    assert_eq!(code(&at(today + chrono::Days::new(1), &["--if-not-ready", "skip"])), 99);
    assert_eq!(code(&at(today + chrono::Days::new(1), &["--incomplete"])), 0);
    assert_eq!(code(&at(today - chrono::Days::new(1), &[])), 0);
}
