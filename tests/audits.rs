//! Rules that take a query to look into: they run whatever they read, over the days that they need, and none is passed by.

mod severity;
mod together;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use halescore::check::check;
use halescore::engine::sources::Reading;
use halescore::engine::{Engine, EngineOptions};
use halescore::error::Error;
use halescore::pipeline::Pipeline;
use halescore::project::Project as Written;
use halescore::run::{Event, Request, Selection, Watch, build};
use halescore::storage::Storage;
use halescore::store::State;
use serde_json::Value;

use crate::cli::{Project, code, err, good, out};

/// A stored table by day, in the layer of metrics.
fn by_day(name: &str, columns: &str, query: &str) -> (String, String) {
    let sql = format!(
        "-- {name}.\nCREATE TABLE metrics.{name} (\n  account_id VARCHAR NOT NULL, -- who\n  as_of_date DATE NOT NULL, -- when\n  \
         {columns}PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n{query}\n"
    );
    (format!("sql/metrics/{name}.sql"), sql)
}

fn project(files: &[(String, String)]) -> Project {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let project = Project::of(&files);
    // Two accounts, an event on each of thirty days.
    let rows: Vec<(&str, i32, i64)> = (1..=30).flat_map(|day| [("a", day, 5), ("b", day, 7)]).collect();
    project.events(&rows);
    project
}

fn owned(path: &str, text: &str) -> (String, String) {
    (path.to_owned(), text.to_owned())
}

/// `metrics.m`: the amount of each account and day.
fn amounts() -> (String, String) {
    by_day("m", "n BIGINT, -- how much\n  ", "SELECT account_id, day AS as_of_date, n FROM staging.events")
}

/// Every account on every day of the calendar.
fn spine() -> (String, String) {
    let query = "SELECT a.account_id, d.day AS as_of_date FROM (SELECT DISTINCT account_id FROM staging.events) AS a \
                 CROSS JOIN calendar.days AS d";
    by_day("spine", "", query)
}

fn audits_passed(project: &Project, arguments: &[&str]) -> i64 {
    let line = good(project.hale(&[arguments, &["--json"]].concat()));
    let result: Value = serde_json::from_str(line.trim()).expect("a line of JSON");
    result["audits"]["pass"].as_i64().expect("a number")
}

#[test]
fn an_audit_runs_whatever_it_reads() {
    let view = owned("sql/metrics/v.sql", "-- A view.\nSELECT account_id, as_of_date, n FROM metrics.m");
    let whole = owned(
        "sql/metrics/w.sql",
        "-- Whole.\nCREATE TABLE metrics.w (account_id VARCHAR PRIMARY KEY, n BIGINT) AS\nSELECT account_id, sum(n) AS n FROM staging.events GROUP BY account_id",
    );
    let base = [amounts(), view, whole];
    let audit = |sql: &str| project(&[base.as_slice(), &[owned("sql/audits/found.sql", sql)]].concat());
    let run = ["run", "--as-of", "2026-01-20"];
    let passed = audits_passed(&project(&base), &run);
    for (from, bad) in [
        ("metrics.m", "n = 7"),
        ("metrics.v", "n = 7"),
        ("metrics.w", "n > 0"),
        ("staging.events", "n = 7"),
        ("raw.events", "n = 7"),
        ("calendar.days", "day = DATE '2026-01-03'"),
        ("(SELECT 1 AS n)", "n = 1"),
        ("metrics.v CROSS JOIN raw.events", "events.n = 7"),
    ] {
        let broken = audit(&format!("SELECT 1 AS bad FROM {from} WHERE {bad}")).hale(&run);
        assert_eq!(code(&broken), 3, "{from}: {}", err(&broken));
        assert!(err(&broken).contains("audit found is broken"), "{from}: {}", err(&broken));
        let sound = audit(&format!("SELECT 1 AS bad FROM {from} WHERE NOT ({bad}) AND ({bad})"));
        assert_eq!(audits_passed(&sound, &run), passed + 1, "{from}");
    }
}

#[test]
fn an_audit_of_other_tables_is_not_asked_and_one_of_these_brings_in_what_it_reads() {
    let trend = by_day(
        "trend",
        "days_7d BIGINT CHECK (days_7d = 7 OR as_of_date < DATE '2026-01-07'), -- days\n  ",
        "SELECT account_id, as_of_date, count(n) OVER (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW) AS days_7d FROM metrics.m",
    );
    let audit = owned(
        "sql/audits/both.sql",
        "SELECT spine.account_id, spine.as_of_date FROM metrics.spine\n\
         LEFT JOIN metrics.trend ON trend.account_id = spine.account_id AND trend.as_of_date = spine.as_of_date\n\
         WHERE trend.days_7d IS DISTINCT FROM 7",
    );
    let project = project(&[amounts(), spine(), trend, audit]);
    let passed = audits_passed(&project, &["run", "--as-of", "2026-01-20", "--select", "metrics.m"]);
    // The trend that the audit reads has its own seven days.
    assert_eq!(
        audits_passed(&project, &["run", "--as-of", "2026-01-20", "--select", "metrics.spine"]),
        passed + 1
    );
    assert_eq!(audits_passed(&project, &["run", "--as-of", "2026-01-20"]), passed + 1);
    // On the first days the audit finds what there is to find, however many days are asked for.
    let early = project.hale(&["run", "--from", "2026-01-05", "--to", "2026-01-08"]);
    assert_eq!(code(&early), 3);
    assert!(err(&early).contains("audit both is broken by 4 rows"), "{}", err(&early));
}

#[test]
fn what_a_foreign_key_refers_to_is_built_for_it() {
    let base = by_day(
        "base",
        "FOREIGN KEY (account_id, as_of_date) REFERENCES metrics.spine (account_id, as_of_date),\n  ",
        "SELECT account_id, day AS as_of_date FROM staging.events",
    );
    let view = owned("sql/metrics/who.sql", "-- Who.\nSELECT DISTINCT account_id FROM metrics.spine");
    let through = by_day(
        "through",
        "FOREIGN KEY (account_id) REFERENCES metrics.who (account_id),\n  ",
        "SELECT account_id, day AS as_of_date FROM staging.events",
    );
    let sound = project(&[spine(), view.clone(), base, through]);
    for select in ["metrics.base", "metrics.through", "metrics.spine", "metrics"] {
        good(sound.hale(&["run", "--as-of", "2026-01-20", "--select", select]));
        good(sound.hale(&["run", "--from", "2026-01-19", "--to", "2026-01-20", "--select", select]));
    }
    // And it is looked into.
    let (path, text) = by_day(
        "broken",
        "FOREIGN KEY (account_id) REFERENCES metrics.who (account_id),\n  ",
        "SELECT account_id || '!' AS account_id, day AS as_of_date FROM staging.events",
    );
    let broken = project(&[spine(), view, (path, text)]);
    let broken = broken.hale(&["run", "--as-of", "2026-01-20", "--select", "metrics.broken"]);
    assert_eq!(code(&broken), 3, "{}", err(&broken));
    assert!(
        err(&broken).contains("(account_id) REFERENCES metrics.who (account_id) is broken by 2 rows"),
        "{}",
        err(&broken)
    );
}

#[test]
fn days_that_are_only_looked_back_to_are_no_orphans() {
    // The table is built for all days, for the window; the days of its target only as far as they are asked for.
    let base = by_day(
        "base",
        "FOREIGN KEY (account_id, as_of_date) REFERENCES metrics.spine (account_id, as_of_date),\n  ",
        "SELECT account_id, day AS as_of_date FROM staging.events",
    );
    let trend = by_day(
        "trend",
        "days_7d BIGINT, -- days\n  ",
        "SELECT account_id, as_of_date, count(*) OVER (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW) AS days_7d FROM metrics.base",
    );
    let project = project(&[spine(), base, trend]);
    good(project.hale(&["run", "--as-of", "2026-01-20"]));
    good(project.hale(&["run", "--as-of", "2026-01-20", "--select", "metrics.trend"]));
}

#[test]
fn every_check_that_is_accepted_has_a_value_in_sources_and_tables() {
    let conditions = [
        ("coalesce(n, 0) >= 0", "coalesce(n, 0) < 0"),
        ("nvl(n, 0) >= 0", "nvl(n, 0) < 0"),
        ("ifnull(n, 0) >= 0", "ifnull(n, 0) < 0"),
        ("coalesce(nullif(n, 5), -1) IN (-1, 7)", "coalesce(nullif(n, 5), -1) = 7"),
        ("n < $most", "n > $most"),
        ("CASE WHEN n > 6 THEN account_id = 'b' ELSE account_id = 'a' END", "CASE WHEN n > 6 THEN FALSE END"),
        ("n BETWEEN 5 AND 7 AND account_id LIKE '_'", "account_id LIKE 'a%'"),
        ("regexp_like(account_id, '^[ab]$')", "regexp_like(account_id, 'b')"),
        ("greatest(n, 6) - least(n, 6) <= 1", "greatest(n, 6) = 6"),
        ("length(trim(account_id)) = 1", "upper(account_id) = 'B'"),
    ];
    let constraints = |chosen: &dyn Fn(&(&'static str, &'static str)) -> &'static str| -> String {
        conditions.iter().map(|pair| format!("CHECK ({}), ", chosen(pair))).collect()
    };
    let table = |checks: &str| {
        let query = "SELECT account_id, day AS as_of_date, n FROM staging.events";
        by_day("m", &format!("n BIGINT, -- how much\n  {checks}"), query)
    };
    let source = |checks: &str| {
        let checks = checks.trim_end_matches(", ");
        let sql = format!(
            "-- What happened.\nCREATE EXTERNAL TABLE raw.events (\n  account_id VARCHAR NOT NULL, -- who\n  day DATE NOT NULL, -- when\n  \
             n BIGINT, -- how much\n  {checks}\n) STORED AS PARQUET LOCATION 'events.parquet' OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days')\n"
        );
        owned("sql/raw/events.sql", &sql)
    };
    let (sound, broken) = (constraints(&|pair| pair.0), constraints(&|pair| pair.1));
    for (files, expected) in [
        (vec![table(&sound), source(&sound)], 0),
        (vec![table(&broken)], 3),
        (vec![table(&sound), source(&broken)], 3),
    ] {
        let project = project(&files);
        let settings = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\nparameters: {most: 10}\n";
        project.write("hale.yml", settings);
        good(project.hale(&["check"]));
        let ran = project.hale(&["run", "--as-of", "2026-01-20"]);
        assert_eq!(code(&ran), expected, "{}", err(&ran));
        for (_, condition) in conditions.iter().filter(|_| expected == 3) {
            assert!(err(&ran).contains(&format!("CHECK ({condition})")), "{condition}: {}", err(&ran));
        }
    }
}

#[test]
fn a_month_that_is_missing_from_a_log_is_told_and_a_declared_silence_is_kept_to() {
    let source = |option: &str| {
        format!(
            "-- What happened.\nCREATE EXTERNAL TABLE raw.events (\n  account_id VARCHAR NOT NULL, -- who\n  day DATE NOT NULL, -- when\n  \
             n BIGINT -- how much\n) STORED AS PARQUET LOCATION 'events.parquet' OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days'{option})\n"
        )
    };
    let accounts: Vec<String> = (0..60).map(|number| format!("a{number}")).collect();
    let rows = |days: &dyn Fn(i32) -> bool| -> Vec<(&str, i32, i64)> {
        let days: Vec<i32> = (1..=150).filter(|day| days(*day)).collect();
        days.into_iter()
            .flat_map(|day| accounts.iter().map(move |account| (account.as_str(), day, 1)))
            .collect()
    };
    let run = |project: &Project| project.hale(&["run", "--as-of", "2026-05-20"]);
    let project = project(&[amounts(), owned("sql/raw/events.sql", &source(""))]);
    project.events(&rows(&|day| !(60..=89).contains(&day)));
    let warned = run(&project);
    let said = err(&warned);
    assert!(said.contains("raw.events has no rows on 2026-03-01 to 2026-03-30 (30 days)"), "{said}");
    good(warned);
    project.events(&rows(&|day| day % 7 > 1));
    assert!(!err(&run(&project)).contains("has no rows"), "weekends");
    project.write("sql/raw/events.sql", &source(", 'may_be_silent' '2 days'"));
    assert!(!err(&run(&project)).contains("has no rows"), "as many as are allowed");
    project.write("sql/raw/events.sql", &source(", 'may_be_silent' '1 day'"));
    let broken = run(&project);
    assert_eq!(code(&broken), 3, "{}", err(&broken));
    project.write("sql/raw/events.sql", &source(", 'may_be_silent' 'often'"));
    let refused = project.hale(&["check"]);
    assert_eq!(code(&refused), 1);
    assert!(err(&refused).contains("`may_be_silent` is a number of days"), "{}", err(&refused));
}

#[test]
fn a_result_that_cannot_be_written_is_found_before_anything_is_built() {
    let project = project(&[amounts()]);
    for place in ["nowhere/r.json", "sql"] {
        let refused = project.hale(&["run", "--as-of", "2026-01-20", "--result-file", place]);
        assert_eq!(code(&refused), 2, "{place}: {}", err(&refused));
        assert!(!project.path("out/metrics").exists(), "{place}: something was published");
    }
}

#[test]
fn where_plain_folders_cannot_follow_the_commit_stands_and_the_result_says_so() {
    let project = project(&[amounts(), spine()]);
    // A folder stands where the file of the second table would go.
    let in_the_way = project.path("out/metrics/spine/as_of=2026-01-20/part-0000.parquet/in_the_way");
    std::fs::create_dir_all(&in_the_way).unwrap();
    let torn = project.hale(&["run", "--as-of", "2026-01-20", "--result-file", "r.json"]);
    assert_ne!(code(&torn), 0);
    let result = std::fs::read_to_string(project.path("r.json")).unwrap();
    let result: Value = serde_json::from_str(&result).unwrap();
    assert_eq!((&result["published"], &result["commits"][0]), (&true.into(), &1.into()), "{result}");
    assert_eq!(result["followed"], false, "{result}");
    assert!(err(&torn).contains("commit 1 took effect"), "{}", err(&torn));
    let query =
        ["query", "SELECT count(*) AS n FROM metrics.spine", "--as-of", "2026-01-20", "--format", "csv"];
    good(project.hale(&query));
    // Whatever run comes next completes them.
    std::fs::remove_dir_all(in_the_way.parent().unwrap()).unwrap();
    good(project.hale(&["run", "--as-of", "2026-01-19"]));
    good(project.hale(&["verify"]));
    assert!(project.path("out/metrics/spine/as_of=2026-01-20/part-0000.parquet").is_file());
}

#[test]
fn a_question_about_a_day_that_is_not_published_says_so() {
    let project = project(&[amounts()]);
    good(project.hale(&["run", "--as-of", "2026-01-20"]));
    let query = |day: &str| project.hale(&["query", "SELECT count(*) AS n FROM metrics.m", "--as-of", day]);
    assert!(out(&query("2026-01-20")).contains('2'));
    let missing = query("2026-01-21");
    let shown = project.hale(&["show", "metrics.m", "--as-of", "2026-01-21"]);
    assert_eq!(code(&missing), code(&shown));
    assert!(err(&missing).contains("metrics.m has no day 2026-01-21"), "{}", err(&missing));
    // A folder that is empty is no published day.
    std::fs::create_dir_all(project.path("out/metrics/m/as_of=2026-01-22")).unwrap();
    assert_ne!(code(&query("2026-01-22")), 0);
    assert!(
        err(&project.hale(&["show", "metrics.m", "--as-of", "2026-01-22"])).contains("has no day 2026-01-22")
    );
}

#[test]
fn a_part_of_a_key_is_not_taken_for_the_whole() {
    let project = project(&[amounts()]);
    let spine = "SELECT a.account_id, d.day, count(e.n) AS n FROM (SELECT DISTINCT account_id FROM staging.events) AS a \
                 CROSS JOIN calendar.days AS d LEFT JOIN staging.events AS e ON e.account_id = a.account_id AND e.day = d.day \
                 GROUP BY a.account_id, d.day";
    let rows = |query: &str| {
        let csv =
            good(project.hale(&["query", query, "--until", "2026-01-12", "--format", "csv", "--limit", "0"]));
        csv.lines().skip(1).map(str::to_owned).collect::<Vec<String>>()
    };
    let mut expected: Vec<String> = ["a", "b"]
        .iter()
        .flat_map(|account| (1..=12).map(move |day| format!("{account},2026-01-{day:02}")))
        .collect();
    for again in [
        format!(
            "SELECT account_id, day FROM (SELECT account_id, day, max(n) AS n FROM ({spine}) AS s GROUP BY account_id, day) AS z ORDER BY account_id, day"
        ),
        format!("SELECT DISTINCT account_id, day FROM ({spine}) AS s ORDER BY account_id, day"),
        format!("SELECT account_id, day FROM ({spine}) AS s ORDER BY account_id, day"),
    ] {
        assert_eq!(rows(&again), expected, "{again}");
    }
    let last = format!("SELECT account_id, day FROM ({spine}) AS s ORDER BY account_id, day DESC LIMIT 3");
    expected.truncate(12);
    expected.reverse();
    assert_eq!(rows(&last), expected[..3]);
}

/// Puts a file in the place of the run's staging folder when the second table begins.
struct InTheWay(PathBuf);

impl Watch for InTheWay {
    fn saw(&self, event: &Event<'_>) {
        if matches!(event, Event::Building { model } if model.table == "z") {
            for run in std::fs::read_dir(&self.0).unwrap() {
                let run = run.unwrap().path();
                std::fs::remove_dir_all(&run).unwrap();
                std::fs::write(&run, "").unwrap();
            }
        }
    }
}

#[test]
fn what_went_wrong_is_told_though_cleaning_up_fails_too() {
    let query = "SELECT account_id, day AS as_of_date, n / (n - n) AS n FROM staging.events";
    let project = project(&[amounts(), by_day("z", "n BIGINT, -- none\n  ", query)]);
    let root = project.path("");
    let work = async {
        let engine =
            Engine::new(&EngineOptions { threads: NonZeroUsize::new(1), ..EngineOptions::default() });
        let engine = engine.unwrap();
        let storage = |name: &str| Storage::open(root.join(name).to_str().unwrap(), &root).unwrap();
        let pipeline = Pipeline::build(Written::load(&root).unwrap()).unwrap();
        let checked = check(pipeline, &engine, None).await.unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 1, 20).unwrap();
        let request = Request {
            days: day..=day,
            selection: Selection::all(&checked.pipeline),
            from_published: false,
            followers: false,
            reading: Reading::AsHappened,
            incomplete: halescore::run::Incomplete::Built,
            add_columns: false,
            mixed_columns: false,
            kept: halescore::plan::Kept::default(),
            sources: storage("data"),
            out: Arc::new(State::newest(&storage("out")).await.unwrap()),
            why: None,
            keys: std::collections::BTreeMap::new(),
            told: None,
        };
        build(&checked, &engine, &request, &InTheWay(root.join("out/_hale/staging"))).await.map(drop)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let error = runtime.block_on(work).expect_err("it cannot be computed");
    let Error::Project(found) = &error else { panic!("{error}") };
    let codes: Vec<&str> = found.iter().map(|problem| problem.code).collect();
    assert_eq!(codes.last(), Some(&"staging-left"), "{error}");
    assert!(error.to_string().to_lowercase().contains("by zero"), "{error}");
}

#[test]
fn an_audit_that_needs_all_of_history_is_warned_of() {
    let check = |sql: &str| err(&project(&[amounts(), owned("sql/audits/a.sql", sql)]).hale(&["check"]));
    let said = check("SELECT account_id FROM metrics.m WHERE n < 0");
    assert!(said.contains("audit a reads all days of metrics.m"), "{said}");
    assert!(!check("SELECT account_id, as_of_date FROM metrics.m WHERE n < 0").contains("reads all days"));
    assert!(!check("SELECT account_id FROM staging.events WHERE n < 0").contains("reads all days"));
}
