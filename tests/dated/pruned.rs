//! The end of what a run may know reaches the files: row groups of after it are left out by their statistics, in either
//! reading.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use chrono::{NaiveDate, NaiveTime};
use parquet::file::properties::WriterProperties;

use crate::bad_input::world::write_parquet_with;
use crate::cli::{Project, good, one_line};
use crate::oracle::world::at;

const ACTS: &str = "-- Acts.\nCREATE EXTERNAL TABLE raw.events (\n  id BIGINT NOT NULL, -- which\n  \
    account_id VARCHAR NOT NULL, -- who\n  done TIMESTAMP NOT NULL, -- when\n  known TIMESTAMP NOT NULL -- when it was known\n) \
    STORED AS PARQUET LOCATION 'events.parquet'\nOPTIONS (KIND, 'key' 'id', 'known_at' 'known')\n";

/// As facts of a day, and as versions: these are all there as happened, for what was said before may hold later.
const KINDS: [(&str, &str); 2] = [
    ("'kind' 'events', 'happened_at' 'done'", "day"),
    ("'kind' 'versions', 'valid_from' 'done'", "first_day"),
];

/// Days, and as many row groups.
const DAYS: i64 = 10;

/// Rows of a day.
const ROWS: i64 = 50;

/// Days after which a row is known.
const LATE: i64 = 2;

const DAY: i64 = 86_400_000_000;

/// A row group a day of one file.
fn project(kind: &str, day: &str) -> Project {
    let days = format!(
        "-- Days.\nCREATE TABLE metrics.accounts (\n  as_of_date DATE NOT NULL PRIMARY KEY, -- when\n  n BIGINT NOT NULL -- how many\n) \
         PARTITIONED BY (as_of_date) AS\nSELECT {day} AS as_of_date, count(*) AS n FROM staging.events GROUP BY {day}\n"
    );
    let project = Project::of(&[
        ("sql/raw/events.sql", &ACTS.replace("KIND", kind)),
        ("sql/staging/events.sql", &format!("-- Acts.\nSELECT account_id, {day} FROM dated.events\n")),
        ("sql/metrics/accounts.sql", &days),
    ]);
    let first = at(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(), NaiveTime::MIN);
    let rows = || (0..DAYS * ROWS).map(|row| (row, first + row / ROWS * DAY + row));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(rows().map(|(row, _)| Some(row)).collect::<Int64Array>())),
        ("account_id", Arc::new(rows().map(|_| Some("a")).collect::<StringArray>())),
        ("done", Arc::new(rows().map(|(_, done)| Some(done)).collect::<TimestampMicrosecondArray>())),
        (
            "known",
            Arc::new(rows().map(|(_, done)| Some(done + LATE * DAY)).collect::<TimestampMicrosecondArray>()),
        ),
    ];
    let groups = WriterProperties::builder().set_max_row_group_row_count(Some(ROWS as usize)).build();
    write_parquet_with(&project.path("data/events.parquet"), &columns, Some(groups));
    project
}

#[test]
fn row_groups_of_after_the_last_day_are_not_read() {
    for (kind, day) in KINDS {
        let project = project(kind, day);
        for last in [1, 4, DAYS] {
            let as_of = format!("2026-01-{last:02}");
            for as_known in [false, true] {
                let groups = match (as_known, day) {
                    (true, _) => (last - LATE).max(0),
                    (false, "day") => last,
                    (false, _) => DAYS,
                };
                let what = format!("{kind} as of {as_of}, as known: {as_known}");
                let flag = if as_known { &["--as-known"][..] } else { &[] };
                let plan = [
                    "query",
                    "EXPLAIN ANALYZE SELECT count(id) FROM raw.events",
                    "--as-of",
                    &as_of,
                    "--format",
                    "csv",
                ];
                let plan = good(project.hale(&[&plan[..], flag].concat()));
                let pruned = format!("row_groups_pruned_statistics={DAYS} total → {groups} matched");
                // A file of which nothing can be wanted is not opened at all.
                let of_file = "files_ranges_pruned_statistics=1 total → 0 matched";
                assert!(
                    plan.contains(&pruned) || groups == 0 && plan.contains(of_file),
                    "{what}: {pruned} is not in {plan}"
                );
                let ran = good(project.hale(&[&["run", "--as-of", &as_of, "--json"][..], flag].concat()));
                let read = one_line(&ran)["rows_read"]["metrics.accounts"].clone();
                assert_eq!(read, groups * ROWS, "{what}");
            }
        }
    }
}
