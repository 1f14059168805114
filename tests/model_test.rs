//! `hale test`: unit tests of models, on small projects written to temporary folders.

mod faults;

use std::fs;
use std::path::Path;

use halescore::check::{Checked, check};
use halescore::diagnostic::Diagnostics;
use halescore::engine::{Engine, EngineOptions};
use halescore::error::Error;
use halescore::model_test::{Outcome, run, untested, untested_errors};
use halescore::pipeline::Pipeline;
use halescore::project::Project;
use tempfile::TempDir;

const SETTINGS: &str = "name: tests
time_zone: Europe/Berlin
sources: data
out: out
history_starts: 2026-09-01
parameters: {least: 2, label: big}
";

const EVENTS: &str = "CREATE EXTERNAL TABLE raw.events (
  id VARCHAR NOT NULL, account_id VARCHAR NOT NULL, happened_at TIMESTAMP WITH TIME ZONE NOT NULL, price DECIMAL(10, 2),
  weight DOUBLE, is_test BOOLEAN, quantity INT, PRIMARY KEY (id)
) STORED AS PARQUET LOCATION 'events'
OPTIONS ('kind' 'events', 'happened_at' 'happened_at', 'known_after' '0 days')";

const STAGED: &str = "SELECT account_id, day, price, weight, is_test, quantity FROM dated.events";

/// One row per account and day of the calendar on which it did something.
const DAILY: &str = "CREATE TABLE metrics.daily (
  account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, events BIGINT NOT NULL, spent DECIMAL(12, 2),
  heaviest DOUBLE, size VARCHAR, PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT e.account_id, d.day AS as_of_date, count(*) AS events,
  CAST(sum(e.price) AS DECIMAL(12, 2)) AS spent, max(e.weight) AS heaviest,
  CASE WHEN count(*) >= $least THEN $label ELSE 'small' END AS size
FROM calendar.days d JOIN staging.events e ON e.day = d.day
WHERE e.is_test IS NOT TRUE
GROUP BY e.account_id, d.day";

struct Written(TempDir);

impl Written {
    /// A project of three models with further files.
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let models = [
            ("hale.yml", SETTINGS),
            ("sql/raw/events.sql", EVENTS),
            ("sql/staging/events.sql", STAGED),
            ("sql/metrics/daily.sql", DAILY),
        ];
        for (path, text) in models.iter().chain(files) {
            write(folder.path(), path, text);
        }
        Self(folder)
    }

    /// The same with one case of `metrics.daily`.
    fn with_case(text: &str) -> Self {
        Self::new(&[("sql/tests/metrics.daily/case.yml", text)])
    }

    async fn checked(&self) -> (Checked, Engine) {
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let pipeline = Pipeline::build(Project::load(self.0.path()).unwrap()).unwrap();
        (check(pipeline, &engine, None).await.unwrap(), engine)
    }

    async fn run(&self, words: &[&str]) -> Result<Outcome, Error> {
        let (checked, engine) = self.checked().await;
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        run(&checked, &engine, &words).await
    }

    /// The only case's failure as drawn; empty when it passed.
    async fn failure(&self) -> String {
        let outcome = self.run(&[]).await.unwrap();
        assert_eq!(outcome.cases.len(), 1);
        outcome.failures().render(false)
    }

    /// The faults that keep the cases from running.
    async fn faults(&self) -> Diagnostics {
        match self.run(&[]).await {
            Err(Error::Project(faults)) => faults,
            Ok(outcome) if !outcome.unread.is_empty() => outcome.unread,
            other => panic!("expected faults, not {other:?}"),
        }
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const TWO_DAYS: &str = "description: Events are counted by local day, those of tests left out.
given:
  staging.events:
    - {account_id: a, day: 2026-09-01, price: 1.10, weight: 0.5, is_test: false}
    - {account_id: a, day: 2026-09-01, price: 2.2, weight: .inf}
    - {account_id: a, day: 2026-09-02, weight: 3, is_test: null}
    - {account_id: b, day: 2026-09-02, price: 9, is_test: true}
    - {account_id: b, day: 2026-09-09, price: 9}
  calendar.days: {from: 2026-09-01, to: 2026-09-02}
expect:
  - {account_id: a, as_of_date: 2026-09-02, events: 1, heaviest: 3, size: small}
  - {account_id: a, as_of_date: 2026-09-01, events: 2, spent: 3.30, heaviest: .inf, size: big}
";

#[tokio::test]
async fn a_case_passes_in_any_order_of_its_rows() {
    let outcome = Written::with_case(TWO_DAYS).run(&[]).await.unwrap();
    assert_eq!(outcome.failures().render(false), "");
    assert_eq!((outcome.passed(), outcome.cases.len()), (1, 1));
    let case = &outcome.cases[0];
    assert_eq!((case.model.to_string().as_str(), case.case.as_str()), ("metrics.daily", "case"));
    assert_eq!(case.file, "sql/tests/metrics.daily/case.yml");
    assert!(case.description.starts_with("Events are counted"));
}

#[tokio::test]
async fn a_failing_case_shows_which_rows_and_values_differ() {
    let case = TWO_DAYS.replace("spent: 3.30", "spent: 3.31").replace("events: 1", "events: 4");
    assert_eq!(
        Written::with_case(&case).failure().await,
        "error[model-test]: metrics.daily/case: 2 rows other than expected
  --> sql/tests/metrics.daily/case.yml:10:1
   |
10 | expect:
   | ^^^^^^ Events are counted by local day, those of tests left out.
   |
   = note:                     account_id  as_of_date  events  spent
            expected, line 11  a           2026-09-02       4   NULL
            got                                             1
            expected, line 12  a           2026-09-01       2   3.31
            got                                                 3.30"
    );
}

#[tokio::test]
async fn rows_of_another_key_are_missing_and_unexpected() {
    let case = TWO_DAYS
        .replace("{account_id: a, as_of_date: 2026-09-02", "{account_id: ' a\\n', as_of_date: 2026-09-02");
    let drawn = Written::with_case(&case).failure().await;
    assert!(drawn.contains("1 row missing, 1 row unexpected"), "{drawn}");
    for said in ["missing, line 11\n", "account_id  \" a\\\\n\"", "unexpected\n", "account_id  a\n"] {
        assert!(drawn.contains(said), "{said}: {drawn}");
    }
    assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
}

#[tokio::test]
async fn long_differences_are_counted() {
    let rows: String =
        (1..=25).map(|day| format!("  - {{account_id: x, as_of_date: 2026-08-{day:02}}}\n")).collect();
    let drawn = Written::with_case(&format!("expect:\n{rows}")).failure().await;
    assert!(drawn.contains("25 rows missing"), "{drawn}");
    assert_eq!(drawn.matches("missing, line").count(), 10);
    assert!(drawn.contains("… and 15 more"), "{drawn}");
}

#[tokio::test]
async fn inputs_that_are_not_named_are_empty_and_an_empty_answer_can_be_expected() {
    assert_eq!(Written::with_case("expect: []\n").failure().await, "");
    let days = "given: {calendar.days: [{day: 2026-09-01}]}\nexpect: []\n";
    assert_eq!(Written::with_case(days).failure().await, "");
    let unexpected = TWO_DAYS.split_once("expect:").unwrap().0.to_owned() + "expect: []\n";
    assert!(Written::with_case(&unexpected).failure().await.contains("2 rows unexpected"));
}

#[tokio::test]
async fn only_the_named_columns_are_compared() {
    let given = TWO_DAYS.split_once("expect:").unwrap().0;
    let case = format!(
        "{given}columns: [size, events]\nexpect:\n  - {{events: 1, size: small}}\n  - {{events: 2, size: big}}\n"
    );
    assert_eq!(Written::with_case(&case).failure().await, "");
    let drawn = Written::with_case(&case.replace("events: 2", "events: 3")).failure().await;
    assert!(
        drawn.contains("expected, line 13       3  big\n            got                     2"),
        "{drawn}"
    );
}

#[tokio::test]
async fn doubles_are_compared_exactly_or_within_the_tolerance() {
    let case = "given:
  staging.events: [{account_id: a, day: 2026-09-01, weight: 0.30000000000000004}]
  calendar.days: {from: 2026-09-01, to: 2026-09-01}
expect: [{account_id: a, as_of_date: 2026-09-01, events: 1, heaviest: 0.3, size: small}]
";
    let drawn = Written::with_case(case).failure().await;
    assert!(drawn.contains("0.30000000000000004"), "{drawn}");
    assert_eq!(Written::with_case(&format!("{case}tolerance: 1e-9\n")).failure().await, "");
    assert!(!Written::with_case(&format!("{case}tolerance: 1e-17\n")).failure().await.is_empty());
    let nan = case.replace("0.30000000000000004", ".nan").replace("heaviest: 0.3", "heaviest: .nan");
    assert_eq!(Written::with_case(&nan).failure().await, "");
}

#[tokio::test]
async fn with_a_tolerance_every_row_that_can_find_a_partner_does() {
    // 1.0 may be taken for 1.4 and for 0.6; 1.4 only for 1.0 and 1.8.
    let view = "SELECT weight FROM dated.events";
    let case = "given: {raw.events: [{weight: 1.0}, {weight: 0.2}, {weight: 1.4}]}
expect: [{weight: 0.6}, {weight: 1.0}, {weight: 1.8}]
tolerance: 0.45
";
    let files = [("sql/staging/weights.sql", view), ("sql/tests/staging.weights/case.yml", case)];
    assert_eq!(Written::new(&files).failure().await, "");
    let narrow = case.replace("0.45", "0.2");
    let files = [("sql/staging/weights.sql", view), ("sql/tests/staging.weights/case.yml", narrow.as_str())];
    assert!(Written::new(&files).failure().await.contains("2 rows missing, 2 rows unexpected"));
}

#[tokio::test]
async fn the_order_of_rows_matters_where_it_is_asked_for() {
    let view = "SELECT id, quantity FROM dated.events ORDER BY quantity";
    let case = "given: {raw.events: [{id: b, quantity: 2}, {id: a, quantity: 1}]}
expect: [{id: a, quantity: 1}, {id: b, quantity: 2}]
order: exact
";
    let files = [("sql/staging/sorted.sql", view), ("sql/tests/staging.sorted/case.yml", case)];
    assert_eq!(Written::new(&files).failure().await, "");
    let turned = case.replace(
        "[{id: a, quantity: 1}, {id: b, quantity: 2}]",
        "[{id: b, quantity: 2}, {id: a, quantity: 1}]",
    );
    let files = [("sql/staging/sorted.sql", view), ("sql/tests/staging.sorted/case.yml", turned.as_str())];
    assert!(Written::new(&files).failure().await.contains("2 rows other than expected"));
    let any = turned.replace("exact", "any");
    let files = [("sql/staging/sorted.sql", view), ("sql/tests/staging.sorted/case.yml", any.as_str())];
    assert_eq!(Written::new(&files).failure().await, "");
}

#[tokio::test]
async fn values_are_read_as_their_columns_types() {
    // The project's days are those of Berlin: 22:30 in UTC is the next day there.
    let case = "given:
  raw.events:
    - {id: '1', account_id: ~, happened_at: 2026-09-01T22:30:00Z, price: -0.50, weight: 1e3, is_test: true, quantity: -7}
    - {id: 2, account_id: null, happened_at: 2026-09-01 10:00:00, price: '12'}
    - {id: 0012, account_id: 'null', happened_at: 2026-09-02T00:30:00+02:00}
    - {account_id: 2026-09-01}
expect:
  - {day: 2026-09-02, price: -0.5, weight: 1000, is_test: true, quantity: -7}
  - {day: 2026-09-01, price: 12.00}
  - {account_id: 'null', day: 2026-09-02}
  - {account_id: '2026-09-01'}
";
    let files = [("sql/tests/staging.events/case.yml", case)];
    assert_eq!(Written::new(&files).failure().await, "");
}

#[tokio::test]
async fn parameters_of_a_case_replace_those_of_the_project() {
    let case = format!("{TWO_DAYS}parameters: {{least: 1, label: huge}}\n");
    let drawn = Written::with_case(&case).failure().await;
    assert!(drawn.contains("small"), "{drawn}");
    let case = case.replace("size: small", "size: huge").replace("size: big", "size: huge");
    assert_eq!(Written::with_case(&case).failure().await, "");
}

#[tokio::test]
async fn a_model_that_cannot_be_computed_fails_its_case() {
    let wrong = DAILY.replace("max(e.weight)", "CAST(1 % (count(*) - 1) AS DOUBLE)");
    let files = [("sql/metrics/daily.sql", wrong.as_str()), ("sql/tests/metrics.daily/case.yml", TWO_DAYS)];
    let drawn = Written::new(&files).failure().await;
    for said in [
        "metrics.daily: a row divides by zero",
        "sql/metrics/daily.sql:6:",
        "1 % nullif(count(*) - 1, 0)",
        "in the case metrics.daily/case (sql/tests/metrics.daily/case.yml)",
    ] {
        assert!(drawn.contains(said), "{said}: {drawn}");
    }
}

#[tokio::test]
async fn a_test_lies_in_the_folder_of_a_model_that_computes() {
    for (path, said) in [
        ("sql/tests/loose.yml", "a test lies in the folder of its model"),
        ("sql/tests/metrics.daily/deep/case.yml", "a test lies in the folder of its model"),
        ("sql/tests/metrics.dayly/case.yml", "there is no model `metrics.dayly` to test"),
        (
            "sql/tests/raw.events/case.yml",
            "`raw.events` is a source: it computes nothing that could be tested",
        ),
    ] {
        let faults = Written::new(&[(path, "expect: []\n")]).faults().await;
        let fault = faults.iter().next().unwrap();
        assert_eq!((faults.len(), fault.message.as_str()), (1, said));
        assert_eq!(fault.location.as_ref().unwrap().file.path, path);
        assert!(fault.help.is_some());
    }
}

#[tokio::test]
async fn words_select_layers_models_and_cases() {
    let files = [
        ("sql/tests/metrics.daily/empty.yml", "expect: []\n"),
        ("sql/tests/metrics.daily/two_days.yml", TWO_DAYS),
        ("sql/tests/staging.events/empty.yml", "expect: []\n"),
    ];
    let written = Written::new(&files);
    let count = async |words: &[&str]| written.run(words).await.unwrap().cases.len();
    assert_eq!(count(&[]).await, 3);
    assert_eq!(count(&["metrics"]).await, 2);
    assert_eq!(count(&["staging.events", "metrics.daily/empty"]).await, 2);
    let Err(Error::Project(faults)) = written.run(&["metrics.daily/emty", "scores"]).await else { panic!() };
    let drawn = faults.render(false);
    assert!(
        drawn.contains("did you mean `metrics.daily/empty`?") && drawn.contains("`scores` names no test"),
        "{drawn}"
    );
}

#[tokio::test]
async fn models_without_a_case_are_named() {
    let (checked, _) = Written::with_case("expect: []\n").checked().await;
    let names: Vec<String> = untested(&checked).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["staging.events"]);
    let drawn = untested_errors(&checked).unwrap().render(false);
    assert!(drawn.contains("error[untested-model]: `staging.events` has no test"), "{drawn}");
    assert!(drawn.contains("write sql/tests/staging.events/<case>.yml"), "{drawn}");
}

#[tokio::test]
async fn every_bundled_model_has_a_case_and_passes_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let pipeline =
        Project::load(root).and_then(Pipeline::build).unwrap_or_else(|problems| panic!("{problems}"));
    let checked = check(pipeline, &engine, None).await.unwrap_or_else(|error| panic!("{error}"));
    let without = untested_errors(&checked).unwrap();
    assert!(without.is_empty(), "{without}");
    let outcome = run(&checked, &engine, &[]).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(outcome.failures().is_empty(), "{}", outcome.failures());
    assert!(outcome.passed() >= 10, "only {} cases ran", outcome.passed());
}

/// Sums of so many days of `metrics.daily`, with a declared look-back.
fn recent(days: u32, look_back: u32) -> String {
    format!(
        "CREATE TABLE metrics.recent (
  account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, events BIGINT, PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) WITH (look_back = '{look_back} days') AS
SELECT account_id, as_of_date, sum(events) OVER (PARTITION BY account_id ORDER BY as_of_date
  RANGE BETWEEN INTERVAL '{}' DAY PRECEDING AND CURRENT ROW) AS events
FROM metrics.daily",
        days - 1
    )
}

#[tokio::test]
async fn a_declared_look_back_is_tried_on_every_day_of_a_case() {
    const CASE: &str = "description: d
given:
  metrics.daily:
    - {account_id: a, as_of_date: 2026-09-01, events: 1}
    - {account_id: a, as_of_date: 2026-09-02, events: 2}
    - {account_id: a, as_of_date: 2026-09-03, events: 4}
expect:
  - {account_id: a, as_of_date: 2026-09-01, events: 1}
  - {account_id: a, as_of_date: 2026-09-02, events: 3}
  - {account_id: a, as_of_date: 2026-09-03, events: 7}
";
    let failure = async |days, look_back| {
        let model = recent(days, look_back);
        let written =
            Written::new(&[("sql/metrics/recent.sql", &model), ("sql/tests/metrics.recent/case.yml", CASE)]);
        let outcome = written.run(&["metrics.recent"]).await.unwrap();
        outcome.cases[0].failure.clone().map(|failure| failure.message).unwrap_or_default()
    };
    assert_eq!(failure(3, 2).await, "");
    let told = failure(3, 1).await;
    assert!(told.contains("as of 2026-09-03 it gives other rows from 1 days back"), "{told}");
}
