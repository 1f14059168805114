//! The command as people and orchestrators meet it: the real binary on small projects, its exit codes and streams.

mod as_published;
mod calls;
mod checkouts;
mod columns;
mod commits;
mod digests;
mod erase;
mod facts;
mod faults;
mod help;
mod kept;
mod keys;
mod late;
mod logs;
mod models;
mod once;
mod project;
mod questions;
mod renames;
mod retention;
mod run;
mod standing;

pub(crate) use commits::age;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::Value;
use tempfile::TempDir;

pub const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";
const RAW: &str = "-- What happened.\nCREATE EXTERNAL TABLE raw.events (\n  account_id VARCHAR NOT NULL, -- who\n  \
    day DATE NOT NULL, -- when\n  n BIGINT -- how much\n) STORED AS PARQUET LOCATION 'events.parquet' \
    OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days')\n";
const STAGED: &str = "-- Events as they are.\nSELECT account_id, day, n FROM dated.events\n";

/// A stored table by day around a query.
fn by_day(column: &str, query: &str) -> String {
    format!(
        "-- Facts of each account and day.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- who\n  \
         as_of_date DATE NOT NULL, -- when\n  {column}, -- how much\n  PRIMARY KEY (account_id, as_of_date)\n) \
         PARTITIONED BY (as_of_date) AS\n{query}\n"
    )
}

pub fn sums(column: &str) -> String {
    by_day(
        column,
        "SELECT account_id, day AS as_of_date, sum(n) AS n FROM staging.events GROUP BY account_id, day",
    )
}

/// A project in a folder of its own.
pub struct Project(TempDir);

impl Project {
    /// Events of two accounts on the first two days of 2026, summed by day.
    pub fn sound() -> Self {
        Self::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT CHECK (n > 0)"))])
    }

    pub fn of(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        let base = [("hale.yml", SETTINGS), ("sql/raw/events.sql", RAW), ("sql/staging/events.sql", STAGED)];
        for (path, text) in base.iter().chain(files) {
            project.write(path, text);
        }
        project.events(&[("a", 1, 5), ("b", 1, 7), ("a", 2, 9), ("'; DROP", 2, 1)]);
        project
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    pub fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Rows of account, day of January 2026, amount.
    pub fn events(&self, rows: &[(&str, i32, i64)]) {
        let first = 20_454; // 2026-01-01 in days since 1970
        let columns: [(&str, ArrayRef); 3] = [
            ("account_id", Arc::new(rows.iter().map(|row| Some(row.0)).collect::<StringArray>())),
            ("day", Arc::new(rows.iter().map(|row| Some(first + row.1 - 1)).collect::<Date32Array>())),
            ("n", Arc::new(rows.iter().map(|row| Some(row.2)).collect::<Int64Array>())),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        std::fs::create_dir_all(self.path("data")).unwrap();
        let file = std::fs::File::create(self.path("data/events.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    pub fn hale(&self, arguments: &[&str]) -> Output {
        hale(self.0.path(), arguments)
    }

    /// The one line that a command prints with `--json`, where it ends well.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        one_line(&good(self.hale(&[arguments, &["--json"]].concat())))
    }

    /// Everything below `out/` but the folders themselves.
    fn published(&self) -> Vec<String> {
        files_below(&self.path("out"))
    }
}

/// The files below a folder, by their paths there.
pub fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    files
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hale"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for variable in
        ["HALE_PROJECT", "HALE_THREADS", "HALE_MEMORY_LIMIT", "HALE_SOURCES", "HALE_OUT", "NO_COLOR"]
    {
        command.env_remove(variable);
    }
    command
}

pub fn hale(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed by a signal: {output:?}"))
}

#[track_caller]
pub fn good(output: Output) -> String {
    assert_eq!(code(&output), 0, "{}\n{}", out(&output), err(&output));
    out(&output)
}

#[track_caller]
pub fn one_line(text: &str) -> Value {
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(text).unwrap()
}
