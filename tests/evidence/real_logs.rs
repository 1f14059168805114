//! On real logs: a score of five metrics, all of it proposed by hale from earlier days alone, ranks who falls silent for good
//! about as well as a logistic regression on plain four-week metrics, and better than days since the last use. Silence is no
//! contract: what is tried is the machinery.

use std::fs;
use std::path::Path;

use chrono::{Months, NaiveDate};
use serde_json::Value;
use tempfile::TempDir;

use super::world::{hale, told};
use crate::oracle::copy;
use crate::skip;

/// A log, the days of it that are looked at, months apart, and after how many days of silence an account is lost.
struct Log {
    set: &'static str,
    first: &'static str,
    days: u32,
    apart: u32,
    silence: u32,
    /// Which accounts, where there are more than a test has time for.
    accounts: &'static str,
}

const LOGS: [Log; 4] = [
    Log { set: "dpdk", first: "2014-01-01", days: 22, apart: 6, silence: 180, accounts: "TRUE" },
    Log { set: "hpc_ctc_sp2", first: "1996-08-01", days: 8, apart: 1, silence: 90, accounts: "TRUE" },
    Log { set: "online_retail", first: "2011-02-01", days: 8, apart: 1, silence: 90, accounts: "TRUE" },
    Log {
        set: "cdnow",
        first: "1997-04-01",
        days: 10,
        apart: 1,
        silence: 180,
        accounts: "account_id LIKE '%7'",
    },
];

const PLAIN: [&str; 5] =
    ["events_28d", "quantity_28d", "active_days_28d", "active_users_28d", "features_28d"];

const METRICS: &str = "-- Use of an account: in four weeks, in twelve, since when.
CREATE TABLE metrics.accounts (
  account_id        VARCHAR NOT NULL, -- the account
  as_of_date        DATE    NOT NULL, -- as of the end of this day
  events_28d        BIGINT  NOT NULL, -- rows of the log
  quantity_28d      DOUBLE  NOT NULL, -- how much
  active_days_28d   BIGINT  NOT NULL, -- days with any event
  active_users_28d  BIGINT  NOT NULL, -- users seen
  features_28d      BIGINT  NOT NULL, -- distinct features
  growth_28d        DOUBLE, -- events against those of the four weeks before, -1 to 1; NULL without any
  events_84d        BIGINT  NOT NULL, -- rows of the log in twelve weeks
  active_days_84d   BIGINT  NOT NULL, -- days with any event in twelve weeks
  days_since_active BIGINT, -- days since the last event
  tenure_days       BIGINT, -- days since the first event
  mean_gap_days     DOUBLE, -- mean days between days with events
  gaps_silent       DOUBLE, -- days since the last event by the mean gap
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
WITH log AS (
  SELECT account_id, day AS as_of_date, user_id, event_type, feature, quantity, FALSE AS on_spine
  FROM staging.events
  UNION ALL
  SELECT account_id, as_of_date, NULL, NULL, NULL, NULL, TRUE
  FROM metrics.spine
), rolling AS (
  SELECT
    on_spine,
    account_id,
    as_of_date,
    count(event_type) OVER w28 AS events_28d,
    CAST(coalesce(sum(quantity) OVER w28, 0) AS DOUBLE) AS quantity_28d,
    count(DISTINCT as_of_date) FILTER (WHERE event_type IS NOT NULL) OVER w28 AS active_days_28d,
    count(DISTINCT user_id) OVER w28 AS active_users_28d,
    count(DISTINCT feature) OVER w28 AS features_28d,
    count(event_type) OVER w56 AS events_56d,
    count(event_type) OVER w84 AS events_84d,
    count(DISTINCT as_of_date) FILTER (WHERE event_type IS NOT NULL) OVER w84 AS active_days_84d,
    count(DISTINCT as_of_date) FILTER (WHERE event_type IS NOT NULL) OVER ever AS active_days,
    max(CASE WHEN event_type IS NOT NULL THEN as_of_date END) OVER ever AS last_day,
    min(CASE WHEN event_type IS NOT NULL THEN as_of_date END) OVER ever AS first_day
  FROM log
  WINDOW w28 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW),
         w56 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '55' DAY PRECEDING AND CURRENT ROW),
         w84 AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '83' DAY PRECEDING AND CURRENT ROW),
         ever AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
  account_id,
  as_of_date,
  events_28d,
  quantity_28d,
  active_days_28d,
  active_users_28d,
  features_28d,
  CASE WHEN events_56d > 0 THEN CAST(2 * events_28d - events_56d AS DOUBLE) / events_56d END AS growth_28d,
  events_84d,
  active_days_84d,
  as_of_date - last_day AS days_since_active,
  as_of_date - first_day AS tenure_days,
  CASE WHEN active_days > 0 THEN CAST(as_of_date - first_day + 1 AS DOUBLE) / active_days END AS mean_gap_days,
  CASE WHEN active_days > 0 THEN CAST(as_of_date - last_day AS DOUBLE) * active_days / (as_of_date - first_day + 1) END AS gaps_silent
FROM rolling
WHERE on_spine
";

const SPINE: &str = "-- One row per account and first day of a month.
CREATE VIEW metrics.spine AS
SELECT accounts.account_id, days.day AS as_of_date
FROM staging.accounts
JOIN calendar.days ON days.day >= accounts.first_day
WHERE date_part('day', days.day) = 1
";

/// The project of a log with these metrics, published on the days; and the days, as typed.
fn published(log: &Log, sources: &Path) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects").join(log.set), root, &|file| {
        file == Path::new("sql/audits")
    });
    fs::write(root.join("sql/metrics/accounts.sql"), METRICS).unwrap();
    fs::write(root.join("sql/metrics/spine.sql"), SPINE).unwrap();
    let first: NaiveDate = log.first.parse().unwrap();
    let days: Vec<String> = (0..log.days)
        .map(|at| first.checked_add_months(Months::new(at * log.apart)).unwrap().to_string())
        .collect();
    for day in &days {
        let output = hale(root, &["run", "--as-of", day, "--sources", sources.to_str().unwrap()]);
        assert!(output.status.success(), "{} on {day}: {}", log.set, String::from_utf8_lossy(&output.stderr));
    }
    (folder, days.join(","))
}

fn auc(told: &Value) -> f64 {
    told["auc"]["value"].as_f64().unwrap_or_else(|| panic!("{told}"))
}

/// AUC of the proposal, of a regression on plain metrics, and of days since the last use.
fn figures(log: &Log, sources: &Path) -> [f64; 3] {
    let (folder, days) = published(log, sources);
    let (labels, silence) = (sources.join("outcomes.parquet"), log.silence.to_string());
    let condition = format!("days_since_active < {silence} AND {}", log.accounts);
    let asked = |metrics: &[&str]| {
        let options = [
            "--labels",
            labels.to_str().unwrap(),
            "--days",
            &days,
            "--lead",
            "0",
            "--horizon",
            &silence,
            "--where",
            &condition,
        ];
        told(folder.path(), &[&["suggest", "combination"][..], metrics, &options].concat())["out_of_time"]
            .clone()
    };
    let (all, plain) = (asked(&[]), asked(&PLAIN));
    let beside = |told: &Value, title: &str| {
        let found = told["beside"]
            .as_array()
            .unwrap()
            .iter()
            .find(|own| own["title"].as_str().unwrap().starts_with(title));
        auc(&found.unwrap()["figures"])
    };
    [auc(&all["proposed"]), beside(&plain, "a logistic regression"), beside(&all, "days since last use")]
}

#[test]
fn a_score_that_is_proposed_from_earlier_days_is_worth_its_name() {
    let mut sums = [0.0; 3];
    for log in &LOGS {
        let Some(shared) = skip::unless_shared(&[&format!("data/real/{}", log.set)]) else { return };
        let found = figures(log, &shared.join(format!("data/real/{}", log.set)));
        println!(
            "{}: proposed {:.3}, regression {:.3}, days since last use {:.3}",
            log.set, found[0], found[1], found[2]
        );
        sums.iter_mut().zip(found).for_each(|(sum, own)| *sum += own / LOGS.len() as f64);
    }
    let [proposed, regression, recency] = sums;
    assert!(proposed >= regression - 0.02, "{proposed} against {regression}");
    assert!(proposed >= recency + 0.02, "{proposed} against {recency}");
}
