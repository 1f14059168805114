//! A small sound project, published once; each test gets a copy, spoils something and runs the next day.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

const FILES: [(&str, &str); 8] = [
    ("hale.yml", "name: bad\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-09-01\n"),
    (
        "sql/raw/accounts.sql",
        "CREATE EXTERNAL TABLE raw.accounts (account_id VARCHAR NOT NULL PRIMARY KEY, name VARCHAR, since DATE NOT NULL)
         STORED AS PARQUET LOCATION 'accounts.parquet' OPTIONS ('kind' 'current', 'key' 'account_id')",
    ),
    (
        "sql/raw/users.sql",
        "CREATE EXTERNAL TABLE raw.users (
           user_id VARCHAR NOT NULL PRIMARY KEY, account_id VARCHAR NOT NULL REFERENCES raw.accounts (account_id)
         ) STORED AS PARQUET LOCATION 'users.parquet' OPTIONS ('kind' 'current', 'key' 'user_id')",
    ),
    (
        "sql/raw/events.sql",
        "CREATE EXTERNAL TABLE raw.events (event_id BIGINT NOT NULL PRIMARY KEY, account_id VARCHAR NOT NULL, at TIMESTAMP NOT NULL, amount DOUBLE)
         STORED AS PARQUET LOCATION 'events'
         OPTIONS ('kind' 'events', 'happened_at' 'at', 'known_after' '0 days', 'optional' 'false')",
    ),
    ("sql/staging/accounts.sql", "SELECT account_id, name, since FROM dated.accounts"),
    ("sql/staging/events.sql", "SELECT event_id, account_id, day, amount FROM dated.events"),
    (
        "sql/metrics/accounts.sql",
        "CREATE TABLE metrics.accounts (
           account_id VARCHAR NOT NULL REFERENCES staging.accounts (account_id), as_of_date DATE NOT NULL, name VARCHAR,
           events BIGINT NOT NULL, largest DOUBLE, PRIMARY KEY (account_id, as_of_date)
         ) PARTITIONED BY (as_of_date) AS
         SELECT a.account_id, d.day AS as_of_date, a.name, count(e.event_id) AS events, max(e.amount) AS largest
         FROM staging.accounts a
         JOIN calendar.days d ON d.day >= a.since
         LEFT JOIN staging.events e ON e.account_id = a.account_id AND e.day <= d.day
         GROUP BY a.account_id, d.day, a.name",
    ),
    (
        "sql/marts/users.sql",
        "CREATE TABLE marts.users (user_id VARCHAR NOT NULL PRIMARY KEY, account_id VARCHAR NOT NULL) AS
         SELECT user_id, account_id FROM staging.users",
    ),
];

/// A project in a folder of its own.
pub struct World {
    folder: TempDir,
    before: BTreeMap<PathBuf, Vec<u8>>,
}

/// How a command ended.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl World {
    /// Two accounts, their users and events; 2026-09-02 is published.
    pub fn published() -> Self {
        static SOUND: OnceLock<TempDir> = OnceLock::new();
        let sound = SOUND.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            write_sound(folder.path());
            let ended = hale(folder.path(), &["run", "--as-of", "2026-09-02"]);
            assert_eq!(ended.code, 0, "{}", ended.stderr);
            folder
        });
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in tree(sound.path()) {
            let copy = folder.path().join(path);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::write(copy, bytes).unwrap();
        }
        let before = tree(&folder.path().join("out"));
        assert!(!before.is_empty());
        Self { folder, before }
    }

    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub fn write(&self, relative: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn parquet(&self, relative: &str, columns: &[(&str, ArrayRef)]) {
        write_parquet(&self.path("data").join(relative), columns);
    }

    pub fn hale(&self, arguments: &[&str]) -> Ended {
        hale(self.folder.path(), arguments)
    }

    /// Runs the next day.
    pub fn run(&self) -> Ended {
        self.hale(&["run", "--as-of", "2026-09-03"])
    }

    /// Runs the next day, which must be refused: with this exit code, saying all of this, leaving what was published
    /// as it was and nothing beside it.
    #[track_caller]
    pub fn refused(&self, code: i32, said: &[&str]) -> Ended {
        let ended = self.run();
        assert_eq!(ended.code, code, "{}", ended.stderr);
        for part in said {
            assert!(ended.stderr.contains(part), "not said: {part}\n{}", ended.stderr);
        }
        assert!(ended.stderr.len() < 20_000, "{} bytes of complaint", ended.stderr.len());
        let after = tree(&self.path("out"));
        let names = |tree: &BTreeMap<PathBuf, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&after), names(&self.before));
        assert!(after == self.before, "what was published has changed");
        ended
    }

    /// Runs the next day, which must be published.
    #[track_caller]
    pub fn accepted(&self) -> Ended {
        let ended = self.run();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(self.path("out/metrics/accounts/as_of=2026-09-03/part-0000.parquet").is_file());
        ended
    }

    /// What `hale query` answers, as CSV.
    #[track_caller]
    pub fn asked(&self, query: &str) -> String {
        let ended = self.hale(&["query", "--format", "csv", "--limit", "0", query]);
        assert_eq!(ended.code, 0, "{query}: {}", ended.stderr);
        ended.stdout
    }

    /// What is published below `out/`, by path.
    pub fn output(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        tree(&self.path("out"))
    }

    /// The rows of `metrics.accounts` as of 2026-09-03.
    pub fn accounts(&self) -> RecordBatch {
        let file =
            fs::File::open(self.path("out/metrics/accounts/as_of=2026-09-03/part-0000.parquet")).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let schema = Arc::clone(reader.schema());
        let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
        arrow::compute::concat_batches(&schema, &batches).unwrap()
    }
}

fn write_sound(root: &Path) {
    for (path, text) in
        FILES.iter().chain(&[("sql/staging/users.sql", "SELECT user_id, account_id FROM dated.users")])
    {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let data = root.join("data");
    write_parquet(&data.join("accounts.parquet"), &accounts(&[Some("a"), Some("b")]));
    write_parquet(&data.join("users.parquet"), &users(&[("u1", "a"), ("u2", "b")]));
    write_parquet(&data.join("events/one.parquet"), &events(&[(1, "a", 1, 5.0), (2, "b", 2, 7.5)]));
}

/// Accounts of these ids, customers since 2026-09-01.
pub fn accounts(ids: &[Option<&str>]) -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("account_id", texts(ids)),
        ("name", texts(&vec![Some("name"); ids.len()])),
        ("since", Arc::new(Date32Array::from(vec![day(1); ids.len()]))),
    ]
}

/// Users and their accounts.
pub fn users(rows: &[(&str, &str)]) -> Vec<(&'static str, ArrayRef)> {
    let (ids, accounts): (Vec<_>, Vec<_>) = rows.iter().map(|row| (Some(row.0), Some(row.1))).unzip();
    vec![("user_id", texts(&ids)), ("account_id", texts(&accounts))]
}

/// Events: id, account, day of September 2026 at noon, amount.
pub fn events(rows: &[(i64, &str, i32, f64)]) -> Vec<(&'static str, ArrayRef)> {
    let noon = |row: &(i64, &str, i32, f64)| (i64::from(day(row.2)) * 86_400 + 43_200) * 1_000_000;
    vec![
        ("event_id", Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>())),
        ("account_id", texts(&rows.iter().map(|row| Some(row.1)).collect::<Vec<_>>())),
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(noon)))),
        ("amount", Arc::new(rows.iter().map(|row| row.3).collect::<Float64Array>())),
    ]
}

/// What tells the rows of a file apart: their numbers, from 1 on.
pub fn numbers(rows: usize) -> ArrayRef {
    Arc::new((1..).take(rows).collect::<Int64Array>())
}

pub fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(values.iter().copied().collect::<StringArray>())
}

/// Days since 1970 of a day of September 2026.
pub fn day(of_september: i32) -> i32 {
    20_696 + of_september
}

pub fn write_parquet(path: &Path, columns: &[(&str, ArrayRef)]) {
    write_parquet_with(path, columns, None);
}

/// With properties of the file, true or not.
pub fn write_parquet_with(path: &Path, columns: &[(&str, ArrayRef)], properties: Option<WriterProperties>) {
    let fields = columns.iter().map(|(name, values)| (*name, Arc::clone(values), true));
    let batch = RecordBatch::try_from_iter_with_nullable(fields).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer =
        ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), properties).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// What is hale's own below an output: commits and objects are named by the run that made them.
const OWN: [&str; 4] = ["_hale/commits", "_hale/objects", "_hale/definitions", "_hale/following"];

/// Every file below a folder with its bytes, but for commits and what they name.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if OWN.iter().any(|own| path == folder.join(own)) || path == folder.join("_hale/followed.json") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Runs the binary in a folder. Whatever it is given, it does not panic.
#[track_caller]
pub fn hale(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hale"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for variable in ["HALE_PROJECT", "HALE_THREADS", "HALE_MEMORY_LIMIT", "HALE_SOURCES", "HALE_OUT"] {
        command.env_remove(variable);
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains("bug in hale") && !stderr.contains("panicked"), "{stderr}");
    let code = output.status.code().unwrap_or_else(|| panic!("killed by a signal: {stderr}"));
    Ended { code, stdout: String::from_utf8(output.stdout).unwrap(), stderr }
}
