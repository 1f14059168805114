//! Draws projects: queries over a small world, with contracts and audits of every form, sound ones and unsound ones.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
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
        let mut draw =
            Draw { random: ChaCha8Rng::seed_from_u64(seed), tables: vec!["staging.events".to_owned()] };
        let mut files = BTreeMap::from([
            (
                "hale.yml".to_owned(),
                "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\nparameters: {most: 9, who: a}\n"
                    .to_owned(),
            ),
            ("sql/raw/events.sql".to_owned(), draw.source()),
            (
                "sql/staging/events.sql".to_owned(),
                "SELECT account_id, day AS as_of_date, n FROM raw.events".to_owned(),
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
    let columns: [(&str, ArrayRef); 4] = [
        (
            "account_id",
            Arc::new(
                rows.iter().map(|row| Some(["a", "b", "c", "d'"][row.1 as usize])).collect::<StringArray>(),
            ),
        ),
        ("day", Arc::new(rows.iter().map(|row| Some(FIRST + row.0)).collect::<Date32Array>())),
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

struct Draw {
    random: ChaCha8Rng,
    /// What later models may read; all of these have the columns `account_id`, `as_of_date` and `n`.
    tables: Vec<String>,
}

impl Draw {
    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.random.next_u32() % (high - low + 1)
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.random.next_u32().is_multiple_of(many)
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.random.next_u32() as usize % choices.len()]
    }

    fn table(&mut self) -> String {
        let place = self.random.next_u32() as usize % self.tables.len();
        self.tables[place].clone()
    }

    fn source(&mut self) -> String {
        let check = if self.one_in(3) { format!(" CHECK ({})", self.condition("n")) } else { String::new() };
        format!(
            "CREATE EXTERNAL TABLE raw.events (\n  account_id VARCHAR NOT NULL,\n  day DATE NOT NULL,\n  n BIGINT{check},\n  x DOUBLE\n) \
             STORED AS PARQUET LOCATION 'events.parquet' OPTIONS ('event_time' 'day')"
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

    /// A query for account, day and a number, and whether each account and day has one row at most.
    fn query(&mut self) -> (String, bool) {
        let (from, other, value, condition) = (self.table(), self.table(), self.value(), self.condition("n"));
        let day = self.of(&["as_of_date", "as_of_date - INTERVAL '1' DAY", "CAST(as_of_date AS DATE)"]);
        match self.between(0, 13) {
            0 => {
                (format!("SELECT account_id, as_of_date, {value} AS n FROM {from} WHERE {condition}"), false)
            }
            1 => (
                format!(
                    "SELECT account_id, as_of_date, CAST({} AS BIGINT) AS n FROM {from} GROUP BY account_id, as_of_date{}",
                    self.aggregate("n"),
                    self.of(&["", " HAVING count(*) > 0", " HAVING max(n) IS NOT NULL"])
                ),
                true,
            ),
            2 | 3 => (
                format!(
                    "SELECT account_id, as_of_date, CAST({} OVER ({}) AS BIGINT) AS n FROM {from}",
                    self.windowed("n"),
                    self.window()
                ),
                false,
            ),
            4 => (
                format!(
                    "SELECT account_id, as_of_date, n FROM {from} UNION{} SELECT account_id, as_of_date, {value} FROM {other}",
                    self.of(&["", " ALL"])
                ),
                false,
            ),
            5 => (
                format!(
                    "SELECT a.account_id, a.as_of_date, coalesce(a.n, b.n) AS n FROM {from} AS a {} JOIN {other} AS b ON a.account_id = b.account_id AND a.as_of_date = b.{day}",
                    self.of(&["LEFT", "INNER", "FULL", "RIGHT"])
                ),
                false,
            ),
            6 => (
                format!(
                    "SELECT account_id, as_of_date, n FROM {from} WHERE {} FROM {other}{})",
                    self.of(&[
                        "account_id IN (SELECT account_id",
                        "account_id NOT IN (SELECT account_id",
                        "account_id = (SELECT min(account_id)"
                    ]),
                    self.of(&["", " WHERE n > 3", " LIMIT 1"])
                ),
                false,
            ),
            7 => (
                format!(
                    "SELECT account_id, as_of_date, n FROM {from} AS a WHERE {} (SELECT 1 FROM {other} AS b WHERE b.account_id = a.account_id AND b.n {} a.n)",
                    self.of(&["EXISTS", "NOT EXISTS"]),
                    self.of(&[">", "=", "<="])
                ),
                false,
            ),
            8 => (
                format!(
                    "SELECT account_id, as_of_date, (SELECT CAST({} AS BIGINT) FROM {other} AS b{}) AS n FROM {from} AS a",
                    self.aggregate("b.n"),
                    self.of(&[
                        "",
                        " WHERE b.account_id = a.account_id",
                        " WHERE b.as_of_date = a.as_of_date"
                    ])
                ),
                false,
            ),
            9 => (
                format!(
                    "WITH per AS (SELECT account_id, count(*) AS rows FROM {other} GROUP BY account_id)\nSELECT a.account_id, a.as_of_date, per.rows + {} AS n FROM {from} AS a JOIN per ON per.account_id = a.account_id",
                    self.of(&["a.n", "0", "coalesce(a.n, $most)"])
                ),
                false,
            ),
            10 => (
                format!(
                    "SELECT a.account_id, d.day AS as_of_date, count(b.n) AS n FROM (SELECT DISTINCT account_id FROM {from}) AS a CROSS JOIN calendar.days AS d LEFT JOIN {other} AS b ON b.account_id = a.account_id AND b.as_of_date = d.day GROUP BY a.account_id, d.day"
                ),
                true,
            ),
            11 => (
                format!(
                    "SELECT DISTINCT account_id, as_of_date, CAST(value AS BIGINT) AS n FROM {from} CROSS JOIN generate_series(1, 2)"
                ),
                false,
            ),
            12 => (
                format!(
                    "SELECT account_id, as_of_date, n FROM (SELECT *, row_number() OVER (PARTITION BY account_id, as_of_date ORDER BY n) AS place FROM {from}) AS placed WHERE place = 1"
                ),
                true,
            ),
            _ => (
                format!(
                    "SELECT account_id, max(as_of_date) AS as_of_date, count(*) AS n FROM {from} GROUP BY {}",
                    self.of(&["account_id", "account_id, n"])
                ),
                false,
            ),
        }
    }

    fn value(&mut self) -> &'static str {
        self.of(&[
            "n",
            "n + 1",
            "-n",
            "abs(n)",
            "coalesce(n, 0)",
            "nullif(n, 3)",
            "CASE WHEN n > 3 THEN n ELSE 0 END",
            "$most",
            "greatest(n, 2)",
            "CAST(length(account_id) AS BIGINT)",
            "n % 3",
            "CAST(round(n * 1.5) AS BIGINT)",
            "NULL",
            "CAST(date_part('day', as_of_date) AS BIGINT)",
            "n | 1",
            "CAST(n AS BIGINT)",
        ])
    }

    fn aggregate(&mut self, n: &str) -> String {
        let call = self.of(&[
            "count(*)",
            "count(#)",
            "count(DISTINCT #)",
            "sum(#)",
            "min(#)",
            "max(#)",
            "avg(#)",
            "median(#)",
            "stddev(#)",
            "sum(#) FILTER (WHERE # > 2)",
            "approx_distinct(#)",
            "bit_or(#)",
            "first_value(# ORDER BY #)",
            "max(# + 1)",
            "array_length(array_agg(#))",
            "corr(#, #)",
            "approx_percentile_cont(#, 0.5)",
            "count(DISTINCT # + 1)",
        ]);
        call.replace('#', n)
    }

    fn windowed(&mut self, n: &str) -> String {
        let call = self.of(&[
            "count(*)",
            "count(#)",
            "count(DISTINCT #)",
            "sum(#)",
            "min(#)",
            "max(#)",
            "avg(#)",
            "median(#)",
            "lag(#)",
            "lag(#, 2)",
            "first_value(#)",
            "last_value(#)",
            "row_number()",
            "rank()",
            "dense_rank()",
            "ntile(3)",
            "nth_value(#, 2)",
            "lead(#)",
            "stddev(#)",
            "sum(# * 2)",
            "percent_rank()",
            "cume_dist()",
            "sum(#) FILTER (WHERE # > 2)",
            "array_agg(#)",
        ]);
        call.replace('#', n)
    }

    fn window(&mut self) -> String {
        let partition = self.of(&[
            "PARTITION BY account_id ",
            "PARTITION BY account_id ",
            "PARTITION BY as_of_date ",
            "",
        ]);
        let order = self.of(&[
            "ORDER BY as_of_date ",
            "ORDER BY as_of_date ",
            "ORDER BY as_of_date DESC ",
            "ORDER BY n ",
            "",
        ]);
        let frame = self.of(&[
            "",
            "RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW",
            "RANGE BETWEEN INTERVAL '9' DAY PRECEDING AND INTERVAL '3' DAY PRECEDING",
            "RANGE BETWEEN INTERVAL '3' DAY PRECEDING AND INTERVAL '9' DAY PRECEDING",
            "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
            "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
            "RANGE BETWEEN INTERVAL '1' MONTH PRECEDING AND CURRENT ROW",
            "GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW",
            "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
            "RANGE BETWEEN 2 PRECEDING AND CURRENT ROW",
            "RANGE BETWEEN INTERVAL '1' WEEK PRECEDING AND CURRENT ROW",
            "ROWS BETWEEN CURRENT ROW AND 2 PRECEDING",
        ]);
        format!("{partition}{order}{frame}")
    }

    fn condition(&mut self, n: &str) -> String {
        let condition = self.of(&[
            "# >= 0",
            "# IS NULL OR # < 1000",
            "coalesce(#, 0) >= 0",
            "nvl(#, 1) > -1",
            "ifnull(#, 1) > -1",
            "# < $most * 100",
            "account_id LIKE '%a%' OR # IS NULL OR TRUE",
            "account_id <> $who OR # >= 0",
            "# BETWEEN 0 AND 900",
            "# IN (1, 2, 3) OR TRUE",
            "CASE WHEN # > 3 THEN # < 1000 ELSE TRUE END",
            "abs(#) = # OR # < 0",
            "nullif(#, 0) <> 0",
            "length(account_id) < 9",
            "# % 2 IN (0, 1, -1)",
            "# > 2",
            "# = # + 0",
            "NOT (# < 0)",
            "# IS DISTINCT FROM -1",
            "account_id ~ '^[a-d]'",
            "upper(account_id) >= 'A'",
            "starts_with(account_id, 'a') OR TRUE",
            "# <= greatest(#, 5)",
            "(# > 1) IS NOT TRUE OR # > 0",
            "EXISTS (SELECT 1)",
            "# IN (SELECT 1)",
            "sum(#) > 0",
            "row_number() OVER () > 0",
            "random() >= 0",
            "now() IS NOT NULL",
            "#",
            "# || 'x'",
            "# > $absent",
            "(SELECT max(#) FROM staging.events) > 0",
            "current_date IS NOT NULL",
            "NULL",
            "array_has([1, 2, #], 2)",
            "to_char(DATE '2026-01-01', '%Y') = '2026'",
            "# > 'x'",
            "account_id > 3 OR TRUE",
        ]);
        condition.replace('#', n)
    }

    fn audit(&mut self) -> String {
        let (from, other) = (self.table(), self.table());
        let never = self.of(&[
            "n < 0 AND n > 0",
            "n > 5",
            "n IS NULL AND n IS NOT NULL",
            "account_id = 'nobody'",
            "n < -1000",
            "FALSE",
        ]);
        match self.between(0, 9) {
            0 => format!("SELECT * FROM {from} WHERE {never}"),
            1 => format!("SELECT account_id, count(*) AS rows FROM {from} WHERE {never} GROUP BY account_id"),
            2 => format!(
                "SELECT a.account_id, a.as_of_date FROM {from} AS a LEFT JOIN {other} AS b ON b.account_id = a.account_id AND b.as_of_date = a.as_of_date WHERE a.{}",
                never.replace(" AND n", " AND a.n")
            ),
            3 => "SELECT 1 AS one WHERE FALSE".to_owned(),
            4 => format!("SELECT * FROM raw.events WHERE {never}"),
            5 => format!(
                "SELECT account_id, as_of_date, n FROM (SELECT account_id, as_of_date, n, lag(n) OVER (PARTITION BY account_id ORDER BY as_of_date) AS before FROM {from}) AS both_days WHERE n < before - 1000"
            ),
            6 => format!(
                "SELECT day FROM calendar.days WHERE day NOT IN (SELECT as_of_date FROM {from} WHERE as_of_date IS NOT NULL) AND day > DATE '2030-01-01'"
            ),
            7 => format!("SELECT * FROM {from} WHERE n > random() + 100000"),
            8 => format!("SELECT count(*) AS rows FROM {from} HAVING count(*) < 0"),
            _ => format!("SELECT account_id FROM {from} WHERE {never} EXCEPT SELECT account_id FROM {other}"),
        }
    }
}
