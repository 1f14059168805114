//! A load without many things that the one before has: told, and refused where its source says how many may be lost.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use chrono::{NaiveDate, NaiveTime};

use crate::cli::{Project, code, err, good, one_line};
use crate::oracle::world::{at, write};

const PLANS: &str = "-- Plans.\nCREATE EXTERNAL TABLE raw.plans (\n  account_id VARCHAR NOT NULL, -- whose\n  \
    loaded_at TIMESTAMP NOT NULL -- when\n) STORED AS PARQUET LOCATION 'plans.parquet'\n\
    OPTIONS ('kind' 'snapshots', 'key' 'account_id', 'taken_at' 'loaded_at'MORE)\n";

const STAGED: &str = "-- Plans.\nSELECT account_id, first_day, day_after FROM dated.plans\n";

const METRICS: &str = "-- Accounts of each day.\nCREATE TABLE metrics.plans (\n  account_id VARCHAR NOT NULL, -- whose\n  \
    as_of_date DATE NOT NULL, -- when\n  PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
    SELECT plans.account_id, days.day AS as_of_date\nFROM staging.plans\nJOIN calendar.days\n  \
    ON plans.first_day <= days.day AND (plans.day_after IS NULL OR days.day < plans.day_after)\n";

/// Loads: their day of January, their hour, and which accounts they have.
type Load = (u32, u32, std::ops::Range<u32>);

/// Forty accounts, of which thirty are not in the third load.
const CUT_SHORT: [Load; 4] = [(1, 6, 0..40), (2, 6, 0..40), (3, 6, 0..10), (4, 6, 0..40)];

fn project(may_lose: &str, loads: &[Load]) -> Project {
    let more = if may_lose.is_empty() { String::new() } else { format!(", 'may_lose' '{may_lose}'") };
    let project = Project::of(&[
        ("sql/raw/plans.sql", &PLANS.replace("MORE", &more)),
        ("sql/staging/plans.sql", STAGED),
        ("sql/metrics/plans.sql", METRICS),
    ]);
    let rows: Vec<(u32, i64)> = loads
        .iter()
        .flat_map(|(day, hour, accounts)| {
            let day = NaiveDate::from_ymd_opt(2026, 1, *day).unwrap();
            let taken = at(day, NaiveTime::from_hms_opt(*hour, 0, 0).unwrap());
            accounts.clone().map(move |account| (account, taken))
        })
        .collect();
    let ids: ArrayRef = Arc::new(rows.iter().map(|row| Some(format!("a{}", row.0))).collect::<StringArray>());
    let taken: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.1)).collect::<TimestampMicrosecondArray>());
    write(&project.path("data/plans.parquet"), vec![("account_id", ids), ("loaded_at", taken)]);
    project
}

fn run(project: &Project, day: &str) -> std::process::Output {
    project.hale(&["run", "--as-of", day, "--select", "metrics.plans"])
}

#[test]
fn a_load_that_lost_more_than_its_source_allows_publishes_nothing() {
    let project = project("70 %", &CUT_SHORT);
    good(run(&project, "2026-01-02"));
    let refused = run(&project, "2026-01-03");
    assert_eq!(code(&refused), 3, "{}", err(&refused));
    let said = err(&refused);
    assert!(
        said.contains("error[lost-things]: the load of raw.plans on 2026-01-03 is without 30 of 40 that the one before has, by account_id"),
        "{said}"
    );
    assert!(said.contains("at most 70 % of them may be lost") && said.contains("'may_lose'"), "{said}");
    assert!(!project.path("out/metrics/plans/as_of=2026-01-03").exists(), "it is published");
    // So does a later day, as long as what the load says is part of its history.
    assert_eq!(code(&run(&project, "2026-01-04")), 3);
    assert_eq!(code(&project.hale(&["check", "--data"])), 3);
}

#[test]
fn a_load_that_lost_as_many_as_it_may_or_was_delivered_again_whole_is_built() {
    for (may_lose, loads) in [
        ("75 %", CUT_SHORT.to_vec()),
        ("75%", CUT_SHORT.to_vec()),
        ("0 %", [&CUT_SHORT[..], &[(3, 9, 0..40)]].concat()),
    ] {
        let project = project(may_lose, &loads);
        for day in ["2026-01-03", "2026-01-04"] {
            let output = run(&project, day);
            assert!(!err(&output).contains("lost-things"), "{may_lose}: {}", err(&output));
            good(output);
        }
    }
    // Others in their place are no reason to keep those that are lost.
    let others = [(1, 6, 0..40), (2, 6, 30..70)];
    assert_eq!(code(&run(&project("70 %", &others), "2026-01-02")), 3);
}

#[test]
fn where_nothing_is_said_only_the_check_of_data_tells_and_only_of_half_of_many() {
    let silent = project("", &CUT_SHORT);
    let output = run(&silent, "2026-01-03");
    assert!(!err(&output).contains("lost-things"), "{}", err(&output));
    good(output);
    let told = |loads: &[Load]| {
        let said = one_line(&good(project("", loads).hale(&["check", "--data", "--json"])));
        let told = said["diagnostics"].as_array().unwrap().clone();
        told.into_iter().filter(|told| told["code"] == "lost-things").collect::<Vec<_>>()
    };
    let found = told(&CUT_SHORT);
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert!(one["message"].as_str().unwrap().contains("on 2026-01-03 is without 30 of 40"), "{one}");
    assert_eq!(one["severity"], "warning");
    assert!(told(&[(1, 6, 0..40), (2, 6, 0..20)]).is_empty(), "half");
    assert!(told(&[(1, 6, 0..19), (2, 6, 0..1)]).is_empty(), "of few");
}
