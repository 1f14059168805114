//! Draws projects: models over a small world, with contracts and audits of every form, sound ones and unsound ones.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The files of a project.
pub struct Drawn(BTreeMap<String, String>);

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(path, text)| writeln!(f, "-- {path}\n{text}"))
    }
}

impl Drawn {
    /// The project of a seed.
    pub fn of(seed: u64) -> Self {
        let mut draw = Draw {
            random: ChaCha8Rng::seed_from_u64(seed),
            tables: vec!["staging.events".to_owned()],
            keyed: Vec::new(),
        };
        let mut files = BTreeMap::from([
            (
                "hale.yml".to_owned(),
                "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\nparameters: {most: 9, who: a}\n"
                    .to_owned(),
            ),
            ("sql/raw/events.sql".to_owned(), draw.source()),
            (
                "sql/staging/events.sql".to_owned(),
                "SELECT account_id, day AS as_of_date, n FROM dated.events".to_owned(),
            ),
        ]);
        for number in 0..draw.between(1, 4) {
            let name = format!("m{number}");
            files.insert(format!("sql/metrics/{name}.sql"), draw.model(&name));
            draw.tables.push(format!("metrics.{name}"));
        }
        for number in 0..draw.between(0, 2) {
            files.insert(format!("sql/audits/a{number}.sql"), draw.audit());
        }
        Self(files)
    }

    /// The project as it is shown: each file below a line with its path.
    pub fn shown(text: &str) -> Self {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        let mut path = String::new();
        for line in text.lines() {
            match line.strip_prefix("-- ") {
                Some(named) => path = named.to_owned(),
                None => files.entry(path.clone()).or_default().extend([line, "\n"]),
            }
        }
        Self(files)
    }

    /// Writes the files into a folder.
    pub fn write(&self, folder: &Path) {
        for (path, text) in &self.0 {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
}

/// The log that all projects read: a few accounts on some days, with NULLs, gaps and repetitions.
pub fn sources(folder: &Path) {
    const FIRST: i32 = 20_454; // 2026-01-01 in days since 1970
    let rows: Vec<(i32, i32)> = (0..15).flat_map(|day| (0..4).map(move |account| (day, account))).collect();
    let rows: Vec<(i32, i32)> =
        rows.into_iter().filter(|(day, account)| (day * 7 + account * 3) % 5 > 0).collect();
    const NOON: i64 = 43_200_000_000;
    let at = |day: i32| NOON + i64::from(FIRST + day) * 2 * NOON;
    let columns: [(&str, ArrayRef); 5] = [
        (
            "account_id",
            Arc::new(
                rows.iter().map(|row| Some(["a", "b", "c", "d'"][row.1 as usize])).collect::<StringArray>(),
            ),
        ),
        ("day", Arc::new(rows.iter().map(|row| Some(FIRST + row.0)).collect::<Date32Array>())),
        ("at", Arc::new(rows.iter().map(|row| Some(at(row.0))).collect::<TimestampMicrosecondArray>())),
        (
            "n",
            Arc::new(
                rows.iter()
                    .map(|row| (row.0 % 4 > 0).then_some(i64::from(row.0 * row.1)))
                    .collect::<Int64Array>(),
            ),
        ),
        (
            "x",
            Arc::new(
                rows.iter()
                    .map(|row| (row.1 > 0).then_some(f64::from(row.0) / 3.0))
                    .collect::<Float64Array>(),
            ),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(folder.join("events.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// What is drawn of a project.
pub(super) struct Draw {
    random: ChaCha8Rng,
    /// What later models may read; all of these have the columns `account_id`, `as_of_date` and `n`.
    tables: Vec<String>,
    /// Those of them that have one row of an account and day.
    keyed: Vec<String>,
}

impl Draw {
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.random.next_u32() % (high - low + 1)
    }

    pub(super) fn one_in(&mut self, many: u32) -> bool {
        self.random.next_u32().is_multiple_of(many)
    }

    pub(super) fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.random.next_u32() as usize % choices.len()]
    }

    /// Whether each of some tables has one row of an account and day.
    pub(super) fn all_are_keyed(&self, tables: &[&String]) -> bool {
        tables.iter().all(|table| self.keyed.contains(table))
    }

    pub(super) fn table(&mut self) -> String {
        let place = self.random.next_u32() as usize % self.tables.len();
        self.tables[place].clone()
    }

    fn source(&mut self) -> String {
        let check = if self.one_in(3) { format!(" CHECK ({})", self.condition("n")) } else { String::new() };
        let (at, data_type) = if self.one_in(2) { ("at", "TIMESTAMP") } else { ("day", "DATE") };
        let key = if self.one_in(2) { format!("'key' 'account_id, {at}', ") } else { String::new() };
        format!(
            "CREATE EXTERNAL TABLE raw.events (\n  account_id VARCHAR NOT NULL,\n  {at} {data_type} NOT NULL,\n  n BIGINT{check},\n  x DOUBLE\n) \
             STORED AS PARQUET LOCATION 'events.parquet' OPTIONS ('kind' 'events', {key}'happened_at' '{at}', 'known_after' '0 days')"
        )
    }

    /// A view, a table by day, or a whole one, each with one row of an account and day at most.
    fn model(&mut self, name: &str) -> String {
        let (query, is_keyed) = self.query();
        // Most queries are brought down to a row of each key, so that most runs publish.
        let query = if is_keyed || self.one_in(8) {
            query
        } else {
            format!(
                "SELECT account_id, as_of_date, max(n) AS n FROM (\n{query}\n) AS rows\nWHERE account_id IS NOT NULL AND as_of_date IS NOT NULL GROUP BY account_id, as_of_date"
            )
        };
        if self.one_in(4) {
            return query;
        }
        self.keyed.push(format!("metrics.{name}"));
        if self.one_in(5) {
            return format!(
                "CREATE TABLE metrics.{name} (\n  account_id VARCHAR NOT NULL,\n  as_of_date DATE NOT NULL,\n  n BIGINT,\n  place BIGINT NOT NULL,\n  UNIQUE (account_id, as_of_date), PRIMARY KEY (as_of_date, place)\n) PARTITIONED BY (as_of_date) AS\nSELECT *, row_number() OVER (PARTITION BY as_of_date ORDER BY account_id DESC) AS place FROM (\n{query}\n) AS rows"
            );
        }
        let (check, more) = (self.column_check(), self.constraints());
        let by_day = if self.one_in(4) { "" } else { " PARTITIONED BY (as_of_date)" };
        format!(
            "CREATE TABLE metrics.{name} (\n  account_id VARCHAR NOT NULL,\n  as_of_date DATE NOT NULL,\n  n BIGINT{check},\n  {more}PRIMARY KEY (account_id, as_of_date)\n){by_day} AS\n{query}"
        )
    }

    fn column_check(&mut self) -> String {
        if self.one_in(2) { format!(" CHECK ({})", self.condition("n")) } else { String::new() }
    }

    fn constraints(&mut self) -> String {
        let mut more = String::new();
        if self.one_in(3) {
            more += &format!("CHECK ({}), ", self.condition("n"));
        }
        if self.one_in(10) {
            more += self.of(&[
                "UNIQUE (account_id, as_of_date), ",
                "UNIQUE (n), ",
                "UNIQUE (account_id, as_of_date, n), ",
            ]);
        }
        if self.one_in(2) {
            let target = self.target();
            let (here, there) = match self.between(0, 9) {
                0 => ("n", "n"),
                1 => ("n", "account_id"),
                2..=5 => ("account_id", "account_id"),
                _ => ("account_id, as_of_date", "account_id, as_of_date"),
            };
            let there =
                if target == "raw.events" { there.replace("as_of_date", "day") } else { there.to_owned() };
            more += &format!("FOREIGN KEY ({here}) REFERENCES {target} ({there}), ");
        }
        more
    }

    /// What a foreign key refers to: a source, a view, a table before or after, itself.
    fn target(&mut self) -> String {
        match self.between(0, 4) {
            0 => "raw.events".to_owned(),
            1 => "metrics.m0".to_owned(),
            _ => self.table(),
        }
    }
}
