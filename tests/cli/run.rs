//! `hale run`: what it publishes, what it says of it, and what it leaves behind when it is stopped.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Project, SETTINGS, by_day, code, command, err, good, hale, one_line, out, sums};

#[test]
fn a_run_publishes_and_says_so_in_one_line() {
    let project = Project::sound();
    let output = project.hale(&[
        "run",
        "--from",
        "2026-01-01",
        "--to",
        "2026-01-02",
        "--json",
        "--result-file",
        "result.json",
    ]);
    let text = good(output);
    let result = one_line(&text);
    assert_eq!(std::fs::read_to_string(project.path("result.json")).unwrap(), text);
    assert_eq!((&result["published"], &result["exit_code"]), (&Value::from(true), &Value::from(0)));
    assert_eq!((&result["from"], &result["to"]), (&"2026-01-01".into(), &"2026-01-02".into()));
    assert_eq!(result["rows"]["metrics.accounts"], Value::from(4));
    assert!(result["seconds"].as_f64().unwrap() > 0.0 && result["run_id"].is_string());
    let published = project.published();
    assert!(
        published.contains(&"metrics/accounts/as_of=2026-01-02/part-0000.parquet".to_owned()),
        "{published:?}"
    );

    let again = one_line(&good(project.hale(&["run", "--as-of", "2026-01-02T23:30:00Z", "--json"])));
    assert_eq!((&again["as_of"], &again["files"]["written"]), (&"2026-01-02".into(), &0.into()));
}

#[test]
fn a_run_says_how_many_rows_it_read_and_how_many_it_wrote() {
    let project = Project::sound();
    project.write("sql/marts/days.sql", "CREATE TABLE marts.days (day DATE PRIMARY KEY, n BIGINT) AS SELECT day, count(n) AS n FROM calendar.days LEFT JOIN metrics.accounts ON as_of_date = day GROUP BY day\n");
    project.events(&[("a", 1, 5), ("a", 1, 7), ("a", 2, 9), ("b", 2, 9), ("b", 2, 1)]);
    let run = ["run", "--from", "2026-01-01", "--to", "2026-01-02"];
    let output = project.hale(&[&run[..], &["--json", "--log", "json"]].concat());
    let built = |model: &str| -> Value {
        let lines = err(&output);
        let mut lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.find(|line| line["event"] == "built" && line["model"] == model).unwrap()
    };
    let (metrics, days) = (built("metrics.accounts"), built("marts.days"));
    assert_eq!((&metrics["rows_read"], &metrics["rows"]), (&5.into(), &3.into()));
    assert_eq!(
        (&days["rows_read"], &days["rows"]),
        (&3.into(), &2.into()),
        "days of the calendar are not read"
    );
    assert!(metrics["rows_per_second"].as_u64().unwrap() > 0);
    let result = one_line(&good(output));
    assert_eq!(
        (&result["rows_read"]["metrics.accounts"], &result["rows_read"]["marts.days"]),
        (&5.into(), &3.into())
    );
    let told = err(&project.hale(&run));
    assert!(told.contains("metrics.accounts: 5 rows read, 3 written") && told.contains("read/s"), "{told}");
}

#[test]
fn a_run_tells_how_long_its_phases_took_where_that_is_asked_for() {
    let project = Project::sound();
    let run = ["run", "--as-of", "2026-01-02"];
    let quiet = err(&project.hale(&run));
    assert!(!quiet.contains("the whole run"), "{quiet}");

    let told = err(&project.hale(&[&run[..], &["--timings"]].concat()));
    for phase in ["project: read", "check: plans", "models: computed and written", "publish: commit"] {
        assert!(told.contains(phase), "{phase}\n{told}");
    }
    let table = told.lines().skip_while(|line| !line.contains("phase"));
    assert!(table.clone().any(|line| line.contains("the whole run")), "{told}");
    assert!(table.clone().all(|line| line.chars().count() <= 80), "{told}");

    let logged = err(&project.hale(&[&run[..], &["--timings", "--log", "json"]].concat()));
    let events = logged.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let timings: Vec<Value> = events.filter(|event| event["event"] == "timings").collect();
    let [timings] = timings.as_slice() else { panic!("{logged}") };
    let phases = timings["phases"].as_array().unwrap();
    let written = phases.iter().find(|phase| phase["phase"] == "models: computed and written").unwrap();
    assert!(
        written["times"].as_u64().unwrap() > 0 && written["seconds"].as_f64().unwrap() > 0.0,
        "{timings}"
    );
    assert!(timings["seconds"].as_f64().unwrap() >= written["seconds"].as_f64().unwrap(), "{timings}");
}

/// `lag` goes back by rows, so no number of days bounds what a run of one day must build.
#[test]
fn a_day_sees_the_row_before_it_however_long_ago() {
    let project = Project::sound();
    let before = "CREATE TABLE marts.before (account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, n BIGINT, \
                  PRIMARY KEY (account_id, as_of_date)) PARTITIONED BY (as_of_date) AS SELECT account_id, as_of_date, \
                  lag(n) OVER (PARTITION BY account_id ORDER BY as_of_date) AS n FROM metrics.accounts";
    project.write("sql/marts/before.sql", before);
    project.events(&[("a", 1, 5), ("a", 200, 7)]);
    good(project.hale(&["run", "--as-of", "2026-07-19", "--select", "marts.before"]));
    let found = good(project.hale(&["query", "SELECT as_of_date, n FROM marts.before", "--json"]));
    let rows: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(rows, serde_json::json!([{ "as_of_date": "2026-07-19", "n": 5 }]));
}

/// A day that is looked back to by days added to it bounds what is built: from that day on, whatever lies before it.
#[test]
fn a_day_so_many_days_before_is_built_from_that_day_on() {
    let project = Project::sound();
    for then in [
        "as_of_date + 30",
        "as_of_date + CAST(30 AS BIGINT)",
        "as_of_date + INTERVAL '30' DAY",
        "as_of_date - (-30)",
    ] {
        let sides = format!(
            "CREATE TABLE marts.sides (account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, now BIGINT, before BIGINT, \
             PRIMARY KEY (account_id, as_of_date)) PARTITIONED BY (as_of_date) AS \
             SELECT account_id, as_of_date, max(now) AS now, max(before) AS before FROM (\
             SELECT account_id, as_of_date, n AS now, CAST(NULL AS BIGINT) AS before FROM metrics.accounts \
             UNION ALL SELECT account_id, CAST({then} AS DATE), NULL, n FROM metrics.accounts) \
             GROUP BY account_id, as_of_date"
        );
        project.write("sql/marts/sides.sql", &sides);
        project.events(&[("a", 1, 1), ("a", 169, 2), ("a", 170, 5), ("a", 185, 6), ("a", 200, 7)]);
        let run = ["run", "--as-of", "2026-07-19", "--select", "marts.sides", "--log", "json"];
        let output = project.hale(&run);
        let log = err(&output);
        good(output);
        let mut log = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let built = log.find(|line| line["event"] == "built" && line["model"] == "metrics.accounts").unwrap();
        let found = good(project.hale(&["query", "SELECT now, before FROM marts.sides", "--json"]));
        let rows: Value = serde_json::from_str(&found).unwrap();
        assert_eq!(rows, serde_json::json!([{ "now": 7, "before": 5 }]), "{then}");
        assert_eq!(built["rows"], Value::from(3), "{then}: days 170 to 200 are three rows");
    }
}

#[test]
fn a_broken_contract_publishes_nothing_and_ends_with_3() {
    let project = Project::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT CHECK (n > 6)"))]);
    let output = project.hale(&["run", "--as-of", "2026-01-01", "--json", "--result-file", "result.json"]);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("CHECK (n > 6)"), "{}", err(&output));
    let result = one_line(&out(&output));
    assert_eq!((&result["published"], &result["exit_code"]), (&Value::from(false), &Value::from(3)));
    assert_eq!(std::fs::read_to_string(project.path("result.json")).unwrap(), out(&output));
    assert_eq!(project.published(), Vec::<String>::new());
}

#[test]
fn a_dry_run_builds_and_publishes_nothing() {
    let project = Project::sound();
    let result = one_line(&good(project.hale(&["run", "--as-of", "2026-01-01", "--dry-run", "--json"])));
    assert_eq!((&result["published"], &result["dry_run"]), (&Value::from(false), &Value::from(true)));
    assert_eq!(project.published(), Vec::<String>::new());
}

#[test]
fn places_typed_are_relative_to_where_they_are_typed() {
    let project = Project::sound();
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = project.0.path().to_str().unwrap();
    good(hale(elsewhere.path(), &["run", "--project", folder, "--as-of", "2026-01-01", "--out", "here"]));
    assert!(elsewhere.path().join("here/metrics/accounts/as_of=2026-01-01").is_dir());
    assert_eq!(project.published(), Vec::<String>::new());
    let output =
        hale(elsewhere.path(), &["run", "--project", folder, "--as-of", "2026-01-01", "--sources", "none"]);
    assert_eq!(code(&output), 75, "{}", err(&output));
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_leaves_nothing_behind() {
    let endless = by_day(
        "n BIGINT",
        "SELECT e.account_id, e.day AS as_of_date, count(*) AS n FROM staging.events e, calendar.days a, \
         calendar.days b, calendar.days c WHERE a.day <> b.day AND b.day <> c.day GROUP BY e.account_id, e.day",
    );
    let project = Project::of(&[("sql/metrics/accounts.sql", &endless)]);
    project.write("hale.yml", &SETTINGS.replace("2026-01-01", "1980-01-01"));
    let mut running = command(project.0.path(), &["run", "--as-of", "2026-01-02", "--log", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines().map(Result::unwrap);
    let building = lines.by_ref().find(|line| line.contains("\"building\""));
    assert!(building.is_some(), "it ended before it could be stopped");
    let sent = Command::new("kill").args(["-TERM", &running.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let last = lines.last().unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(143));
    assert!(last.contains("nothing was published"), "{last}");
    assert_eq!(project.published(), Vec::<String>::new());
}
