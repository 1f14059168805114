//! What was known can be told of days by which something was: not of those before a history was loaded at once, nor before a
//! load that wrote anew when all rows were known.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use chrono::{Days, NaiveDate, NaiveTime};
use serde_json::Value;

use crate::cli::{Project, code, err, good, one_line};
use crate::oracle::world::{at, write};

const ACTS: &str = "-- What was done.\nCREATE EXTERNAL TABLE raw.events (\n  account_id VARCHAR NOT NULL, -- who\n  \
    done TIMESTAMP NOT NULL, -- when\n  known TIMESTAMP NOT NULL -- when it was known\n) STORED AS PARQUET LOCATION 'events.parquet'\n\
    OPTIONS ('kind' 'events', 'happened_at' 'done', 'known_at' 'known')\n";

const STAGED: &str = "-- What was done.\nSELECT account_id, day FROM dated.events\n";

const THINGS: &str = "-- What things are.\nCREATE EXTERNAL TABLE raw.things (\n  account_id VARCHAR NOT NULL, -- what\n  \
    done TIMESTAMP, -- from when\n  known TIMESTAMP NOT NULL -- when it was known\n) STORED AS PARQUET LOCATION 'things.parquet'\n\
    OPTIONS ('kind' 'versions', 'key' 'account_id', HOLDS, 'known_at' 'known')\n";

const STAGED_THINGS: &str = "-- Things.\nSELECT account_id, first_day FROM dated.things\n";

/// Things and what they did, by day.
const METRICS: &str = "-- Things of each day.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- what\n  \
    as_of_date DATE NOT NULL, -- when\n  n BIGINT NOT NULL, -- how much\n  PRIMARY KEY (account_id, as_of_date)\n) \
    PARTITIONED BY (as_of_date) AS\nSELECT account_id, day AS as_of_date, count(*) AS n\nFROM (\n  \
    SELECT account_id, day FROM staging.events\n  UNION ALL\n  SELECT account_id, first_day AS day FROM staging.things\n)\n\
    GROUP BY account_id, day\n";

/// Days since the first one.
fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(number)
}

/// How a version says from when it holds.
const HOLDS: [&str; 2] = ["'valid_from' 'done'", "'begins_at' 'done'"];

/// A row a day in both sources, up to a day; each known on the day that a rule gives for its own.
fn project(holds: &str, days: u64, known: [&dyn Fn(u64) -> u64; 2]) -> Project {
    let project = Project::of(&[
        ("sql/raw/events.sql", ACTS),
        ("sql/staging/events.sql", STAGED),
        ("sql/raw/things.sql", &THINGS.replace("HOLDS", holds)),
        ("sql/staging/things.sql", STAGED_THINGS),
        ("sql/metrics/accounts.sql", METRICS),
    ]);
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
    for (name, known) in ["events", "things"].into_iter().zip(known) {
        let times = |of: &dyn Fn(u64) -> u64| -> ArrayRef {
            Arc::new(
                (0..=days)
                    .map(|number| Some(at(day(of(number)), noon)))
                    .collect::<TimestampMicrosecondArray>(),
            )
        };
        let ids = (0..=days).map(|number| Some(format!("{number}"))).collect::<StringArray>();
        let columns = vec![
            ("account_id", Arc::new(ids) as ArrayRef),
            ("done", times(&|day| day)),
            ("known", times(known)),
        ];
        write(&project.path(&format!("data/{name}.parquet")), columns);
    }
    project
}

const ON_ITS_DAY: &dyn Fn(u64) -> u64 = &|day| day;

/// What `check --data` tells of a source under a name.
fn told(project: &Project, code: &str) -> Vec<String> {
    let said = one_line(&good(project.hale(&["check", "--data", "--json"])));
    let told = said["diagnostics"].as_array().unwrap().iter().filter(|told| told["code"] == code);
    told.map(Value::to_string).collect()
}

#[test]
fn a_known_at_of_versions_that_a_load_rewrote_is_told() {
    for holds in HOLDS {
        let told = told(&project(holds, 60, [ON_ITS_DAY, &|_| 60]), "rewritten-known-at");
        let [text] = told.as_slice() else { panic!("{holds}: {told:?}") };
        assert!(
            text.contains("`known` of raw.things does not say when its rows were known: nine in ten are of 1 day, and hold from"),
            "{text}"
        );
        assert!(text.contains("sql/raw/things.sql"), "{text}");
        assert_eq!(self::told(&project(holds, 60, [ON_ITS_DAY; 2]), "rewritten-known-at"), [""; 0]);
    }
}

/// A history that came at once on a day, and what was known on its own day since.
fn loaded_at_once(on: u64) -> impl Fn(u64) -> u64 {
    move |day| day.max(on)
}

#[test]
fn a_history_that_was_loaded_at_once_is_told_until_days_went_by() {
    let at_once = loaded_at_once(400);
    for (days, is_told) in [(400, true), (410, true), (427, true), (428, false), (440, false)] {
        let told = told(&project(HOLDS[0], days, [&at_once, &at_once]), "rewritten-known-at");
        assert_eq!(told.len(), if is_told { 2 } else { 0 }, "{days}: {told:?}");
        let passes = |text: &String| {
            text.contains("where history came in one load, this is told until rows of 28 more days")
        };
        assert!(told.iter().all(passes), "{told:?}");
    }
}

/// A run of a day as known, and what else is asked of it.
fn run(project: &Project, number: u64, more: &[&str]) -> std::process::Output {
    let day = day(number).to_string();
    project.hale(&[&["run", "--as-of", &day, "--as-known"][..], more].concat())
}

#[test]
fn a_day_before_the_history_was_loaded_is_no_day_as_known_and_those_from_it_on_are() {
    let at_once = loaded_at_once(60);
    for (number, [events, things]) in
        [[&at_once as &dyn Fn(u64) -> u64, ON_ITS_DAY], [ON_ITS_DAY, &at_once]].into_iter().enumerate()
    {
        let source = ["raw.events", "raw.things"][number];
        let project = project(HOLDS[number], 90, [events, things]);
        let refused = run(&project, 50, &["--json"]);
        assert_eq!(code(&refused), 3, "{source}: {}", err(&refused));
        let said = err(&refused);
        let message =
            format!("as known on {}, {source} has 0 of the 51 rows that had happened by then", day(50));
        assert!(said.contains("error[unknown-history]") && said.contains(&message), "{said}");
        assert!(said.contains(&format!("take days from {} on", day(60))), "{said}");
        assert!(said.contains("--incomplete builds the day with what was known"), "{said}");
        assert!(!project.path("out/as-known/metrics").exists(), "{source}: it is published");
        assert_eq!(one_line(&crate::cli::out(&refused))["published"], false);
        // What happened by then is what is published, whenever it was known.
        let happened = ["run", "--as-of", &day(50).to_string()];
        good(project.hale(&happened));
        // On the day of the load, and later, what was known was known.
        for later in [60, 75, 90] {
            let output = run(&project, later, &[]);
            assert!(!err(&output).contains("unknown-history"), "{}", err(&output));
            good(output);
        }
        let nevertheless = run(&project, 50, &["--incomplete"]);
        assert!(err(&nevertheless).contains("warning[unknown-history]"), "{}", err(&nevertheless));
        good(nevertheless);
        let shown = good(project.hale(&[
            "show",
            "metrics.accounts",
            "--as-known",
            "--as-of",
            &day(60).to_string(),
            "--json",
        ]));
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap().as_array().unwrap().len(), 1, "{shown}");
    }
}

#[test]
fn a_question_of_such_a_day_is_answered_with_a_warning() {
    let at_once = loaded_at_once(60);
    let project = project(HOLDS[0], 90, [&at_once, ON_ITS_DAY]);
    let asked = |table: &str, number: u64| {
        let (sql, day) = (format!("SELECT count(*) AS n FROM {table}"), day(number).to_string());
        let output = project.hale(&["query", &sql, "--as-of", &day, "--as-known", "--json"]);
        let is_told = err(&output).contains("warning[unknown-history]");
        let rows: Value = serde_json::from_str(&good(output)).unwrap();
        (rows[0]["n"].as_i64().unwrap(), is_told)
    };
    assert_eq!(asked("staging.events", 50), (0, true));
    assert_eq!(asked("staging.events", 60), (61, false));
    assert_eq!(asked("staging.things", 50), (51, false), "another source");
}

/// Of a log that has just begun the first rows may all be on their way; and some that are late are no lost history.
#[test]
fn late_rows_and_a_young_log_are_no_history_that_is_not_known() {
    let late = |day: u64| day + 20;
    let young = project(HOLDS[0], 60, [&late, &late]);
    good(run(&young, 15, &[]));
    good(run(&young, 27, &[]));
    good(run(&young, 60, &[]));
}

/// A row that is known a day later is of its day as happened, and is not as known; each reading lies in its own place.
#[test]
fn days_as_known_lie_apart_and_are_read_with_the_same_flag() {
    let a_day_later = |day: u64| day + 1;
    let project = project(HOLDS[0], 30, [&a_day_later, ON_ITS_DAY]);
    let day = day(20).to_string();
    good(run(&project, 20, &[]));
    assert!(project.path(&format!("out/as-known/metrics/accounts/as_of={day}")).is_dir());
    assert!(!project.path("out/metrics").exists(), "as known is published as happened");
    let n = |words: &[&str]| {
        let output = project.hale(&[words, &["--as-of", &day, "--json"]].concat());
        (code(&output) == 0).then(|| {
            let rows: Value = serde_json::from_str(&crate::cli::out(&output)).unwrap();
            rows[0]["n"].as_i64().unwrap()
        })
    };
    let query = "SELECT n FROM metrics.accounts";
    assert_eq!([n(&["show", "metrics.accounts"]), n(&["query", query])], [None; 2], "nothing is published");
    assert_eq!(
        [n(&["show", "metrics.accounts", "--as-known"]), n(&["query", query, "--as-known"])],
        [Some(1); 2]
    );
    good(project.hale(&["run", "--as-of", &day]));
    assert_eq!([n(&["show", "metrics.accounts"]), n(&["query", query])], [Some(2); 2]);
    assert_eq!(
        [n(&["show", "metrics.accounts", "--as-known"]), n(&["query", query, "--as-known"])],
        [Some(1); 2]
    );
}
