//! A project of one log of figures, an account and day a row, so that metrics, and when they became known, are as a test has
//! them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use serde_json::Value;
use tempfile::TempDir;

use super::figures::Random;
use crate::suggest::world::{days_since_1970, write};

/// The days that are scored.
pub const DAYS: [&str; 4] = ["2026-03-01", "2026-03-29", "2026-04-26", "2026-05-24"];

/// Accounts.
pub const ACCOUNTS: usize = 160;

/// An account on a day.
#[derive(Clone)]
pub struct Row {
    pub account: usize,
    pub day: usize,
    /// Low for those that are lost.
    pub usage: f64,
    /// Of nothing.
    pub noise: f64,
    /// What the CRM says: `late` of some of the lost, written down long after.
    pub stage: &'static str,
    /// Days after the day on which the row was written down.
    pub known_after: i64,
}

/// What is planted into the log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// Nothing.
    Nothing,
    /// Usage of the lost is mended downwards long after the day.
    FromTheFuture,
    /// A stage of the CRM is dated back.
    StageDatedBack,
    /// The outcome is a column.
    Label,
    /// Rows of some accounts come late, whoever they are.
    LateRows,
}

/// Whether an account is lost, and the day it is: all within 90 days of the last day.
pub fn is_lost(account: usize) -> bool {
    account.is_multiple_of(4)
}

/// The log: a row an account and day, and a second one of those that are mended later.
pub fn rows(planted: Planted) -> Vec<Row> {
    let mut random = Random::new(5);
    let mut found = Vec::new();
    for day in 0..DAYS.len() {
        for account in 0..ACCOUNTS {
            let lost = is_lost(account);
            let usage =
                (40.0 + 12.0 * random.normal() - if lost { 14.0 } else { 0.0 }).clamp(0.0, 100.0).round();
            let row = Row { account, day, usage, noise: random.unit(), stage: "live", known_after: 0 };
            let mended = match planted {
                Planted::FromTheFuture if lost => Some(Row { usage: 0.0, known_after: 60, ..row.clone() }),
                Planted::StageDatedBack if lost => {
                    Some(Row { stage: "late", known_after: 60, ..row.clone() })
                }
                Planted::LateRows if random.unit() < 0.3 => {
                    Some(Row { usage: (row.usage + 5.0).min(100.0), known_after: 60, ..row.clone() })
                }
                _ => None,
            };
            let row = if planted == Planted::Label {
                Row { noise: if lost { 0.0 } else { 1.0 }, ..row }
            } else {
                row
            };
            found.push(row);
            found.extend(mended);
        }
    }
    found
}

/// A project over a log, with a component of usage and one of noise. `kind` says how the source is declared: `versions`, or
/// `current` for rows of now.
pub fn project(rows: &[Row]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "hale.yml",
        "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-03-01\nmain_score: health\n",
    );
    write(
        root,
        "sql/raw/figures.sql",
        "-- Figures of an account on a day, mended by later rows.\nCREATE EXTERNAL TABLE raw.figures (\n  account_id VARCHAR NOT NULL, -- who\n  \
         day DATE NOT NULL, -- of which day\n  usage DOUBLE, -- how much\n  noise DOUBLE, -- nothing\n  stage VARCHAR, -- what the CRM says\n  \
         recorded_at TIMESTAMP NOT NULL -- when it was written down\n) STORED AS PARQUET LOCATION 'figures.parquet'\n\
         OPTIONS ('kind' 'events', 'key' 'account_id, day', 'happened_at' 'day', 'known_at' 'recorded_at')\n",
    );
    write(
        root,
        "sql/staging/figures.sql",
        "-- As given.\nSELECT account_id, day, usage, noise, stage FROM dated.figures\n",
    );
    write(
        root,
        "sql/metrics/accounts.sql",
        "-- As given.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- who\n  as_of_date DATE NOT NULL, -- when\n  \
         segment VARCHAR NOT NULL, -- even or odd\n  owner_id VARCHAR NOT NULL, -- who calls\n  usage DOUBLE, -- how much\n  noise DOUBLE, -- nothing\n  \
         stage VARCHAR, -- what the CRM says\n  arr DOUBLE NOT NULL, -- worth a year\n  PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
         SELECT account_id, day AS as_of_date, CASE WHEN account_id LIKE '%0' OR account_id LIKE '%2' OR account_id LIKE '%4' THEN 'even' ELSE 'other' END AS segment, \
         'o' || substr(account_id, 2, 1) AS owner_id, usage, noise, stage, 1000.0 + 10.0 * length(account_id) AS arr FROM staging.figures\n",
    );
    write(
        root,
        "sql/components/all.yml",
        "usage: {title: Usage, value: usage, linear: {from: 0, to: 100, points: [0, 10]}}\n\
         noise: {title: Noise, value: noise, bins: [{below: 0.5, points: 0}, {points: 1}]}\n",
    );
    write(
        root,
        "sql/scores/health.yml",
        "title: Health\nversion: '1'\ncomponents: {usage: 4, noise: 1}\ntiers: [{name: low, below: 40, at_risk: true}, {name: high}]\n",
    );
    figures(root, rows);
    write(root, "lost.csv", &labels());
    folder
}

/// Losses with their days: 50 days after the last day, so that they are in the 90 days ahead of the last three.
pub fn labels() -> String {
    let rows = (0..ACCOUNTS).map(|account| {
        let lost = if is_lost(account) { "2026-06-28" } else { "" };
        format!("a{account:03},{lost},2026-12-31\n")
    });
    format!("account_id,lost_on,observed_until\n{}", rows.collect::<String>())
}

fn figures(root: &Path, rows: &[Row]) {
    let texts = |of: &dyn Fn(&Row) -> String| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(of(row))).collect::<StringArray>())
    };
    let numbers = |of: &dyn Fn(&Row) -> f64| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(of(row))).collect::<Float64Array>())
    };
    let day = |row: &Row| days_since_1970(DAYS[row.day]);
    let recorded = |row: &Row| (i64::from(day(row)) + row.known_after) * 86_400_000_000 + 3_600_000_000;
    let days: Date32Array = rows.iter().map(|row| Some(day(row))).collect();
    let known: TimestampMicrosecondArray = rows.iter().map(|row| Some(recorded(row))).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("account_id", texts(&|row| format!("a{:03}", row.account))),
        ("day", Arc::new(days)),
        ("usage", numbers(&|row| row.usage)),
        ("noise", numbers(&|row| row.noise)),
        ("stage", texts(&|row| row.stage.to_owned())),
        ("recorded_at", Arc::new(known)),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    fs::create_dir_all(root.join("data")).unwrap();
    let file = fs::File::create(root.join("data/figures.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// The command in a project.
pub fn hale(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hale")).args(arguments).current_dir(root).output().unwrap()
}

/// The same, which must succeed, as JSON.
pub fn told(root: &Path, arguments: &[&str]) -> Value {
    let output = hale(root, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Publishes all days of both readings.
pub fn publish(root: &Path) {
    for day in DAYS {
        told(root, &["run", "--as-of", day]);
        told(root, &["run", "--as-of", day, "--as-known"]);
    }
}
