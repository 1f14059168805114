//! Of a log a run reads the days that can matter, and those before by which facts are told apart: one day alone, from that part
//! of the log, is what a build of all days has of it.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::Value;

use super::Project;
use crate::laws::Draw;

/// Days of the log, and days that a window of the model has; more than those that are looked at in any case.
const DAYS: i32 = 260;
const WINDOW: i32 = 120;

const RAW: &str = "-- What happened, delivered more than once.\nCREATE EXTERNAL TABLE raw.events (\n  \
    id BIGINT NOT NULL, -- the fact\n  account_id VARCHAR NOT NULL, -- who\n  day DATE NOT NULL, -- when\n  \
    n BIGINT -- how much\n) STORED AS PARQUET LOCATION 'events.parquet' OPTIONS ('kind' 'events', 'key' 'id', \
    'happened_at' 'day', 'known_after' '0 days', 'max_delay' '5 days')\n";

fn model(days: i32) -> String {
    format!(
        "-- Facts of so many days, on each day of the calendar.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- who\n  \
         as_of_date DATE NOT NULL, -- when\n  n BIGINT, -- how much\n  facts BIGINT, -- how often\n  \
         PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\nWITH log AS (\n  \
         SELECT account_id, day AS as_of_date, n, FALSE AS on_day FROM staging.events\n  UNION ALL\n  \
         SELECT account_id, day, NULL, TRUE FROM (SELECT DISTINCT account_id FROM (VALUES ('a'), ('b')) AS v (account_id)) AS accounts \
         CROSS JOIN calendar.days\n), rolling AS (\n  SELECT account_id, as_of_date, on_day, sum(n) OVER w AS n, count(n) OVER w AS facts\n  \
         FROM log\n  WINDOW w AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '{}' DAY PRECEDING AND CURRENT ROW)\n)\n\
         SELECT account_id, as_of_date, n, facts FROM rolling WHERE on_day\n",
        days - 1
    )
}

/// Two facts or three a day, each delivered once or again up to twelve days later; row groups of few rows, in the order of days.
fn log(project: &Project, seed: u64) {
    let mut chance = Draw(seed);
    let mut below = |bound: i32| i32::try_from(chance.below(usize::try_from(bound).unwrap())).unwrap();
    let mut rows: Vec<(i32, i64, &str, i64)> = Vec::new();
    for day in 0..DAYS {
        for _ in 0..2 + below(2) {
            let id = i64::try_from(rows.len()).unwrap();
            let account = if below(2) == 0 { "a" } else { "b" };
            let mut at = day;
            for _ in 0..=below(3) {
                rows.push((at, id, account, i64::from(below(100))));
                at += below(13);
            }
        }
    }
    rows.sort_unstable();
    rows.retain(|row| row.0 < DAYS);
    let first = 20_454; // 2026-01-01 in days since 1970
    let columns: [(&str, ArrayRef); 4] = [
        ("id", Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Int64Array>())),
        ("account_id", Arc::new(rows.iter().map(|row| Some(row.2)).collect::<StringArray>())),
        ("day", Arc::new(rows.iter().map(|row| Some(first + row.0)).collect::<Date32Array>())),
        ("n", Arc::new(rows.iter().map(|row| Some(row.3)).collect::<Int64Array>())),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(project.path("data/events.parquet")).unwrap();
    let groups = WriterProperties::builder().set_max_row_group_row_count(Some(16)).build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(groups)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn day(number: i32) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    (first + chrono::Days::new(u64::try_from(number).unwrap())).to_string()
}

fn run(project: &Project, arguments: &[&str]) -> Value {
    project.json(&[&["run"], arguments].concat())
}

fn file(project: &Project, out: &str, day: &str) -> Vec<u8> {
    std::fs::read(project.path(&format!("{out}/metrics/accounts/as_of={day}/part-0000.parquet"))).unwrap()
}

#[test]
fn one_day_from_a_part_of_the_log_is_that_day_of_all() {
    let project = Project::of(&[("sql/raw/events.sql", RAW), ("sql/metrics/accounts.sql", &model(WINDOW))]);
    for seed in 0..4 {
        log(&project, seed);
        let whole = format!("whole{seed}");
        let read = run(&project, &["--from", &day(0), "--to", &day(DAYS - 1), "--out", &whole]);
        let all = read["rows_read"]["metrics.accounts"].as_u64().unwrap();
        for number in [DAYS - 1, DAYS - 20] {
            let (day, out) = (day(number), format!("one{seed}"));
            let read = run(&project, &["--as-of", &day, "--out", &out]);
            let part = read["rows_read"]["metrics.accounts"].as_u64().unwrap();
            assert!(part < all * 3 / 4, "seed {seed}: {part} of {all} rows");
            let is_same = file(&project, &out, &day) == file(&project, &whole, &day);
            assert!(is_same, "seed {seed}, {day}");
        }
    }
}

#[test]
fn plan_says_how_far_back_a_log_is_read() {
    let project = Project::of(&[("sql/raw/events.sql", RAW), ("sql/metrics/accounts.sql", &model(WINDOW))]);
    let told = project.json(&["plan", "--as-of", &day(200), "--look-back"]);
    let text = told.to_string();
    assert!(text.contains(r#""days":119,"table":"dated.events""#), "{text}");
}
