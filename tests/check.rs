//! What `check` refuses, each by its message, its place, and what to do; on projects written on the spot.

mod later_days;
mod of_now;
mod outcomes;
mod spans;
mod unguarded;
mod windows;

use halescore::check::{Checked, check};
use halescore::diagnostic::Diagnostics;
use halescore::engine::{Engine, EngineOptions};
use halescore::error::Error;
use halescore::pipeline::Pipeline;
use halescore::project::Project;

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";
const LOG: &str = "-- Log.\nCREATE EXTERNAL TABLE raw.log (\n  account_id VARCHAR NOT NULL, -- who\n  at TIMESTAMP NOT NULL, -- when\n  n BIGINT, -- how much\n  x DOUBLE -- how much, roughly\n) STORED AS PARQUET LOCATION 'log.parquet'\nOPTIONS ('kind' 'events', 'happened_at' 'at', 'known_after' '0 days')\n";

/// A project of files under `sql/`, on top of one source.
pub struct Files(tempfile::TempDir);

impl Files {
    pub fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [("../hale.yml", SETTINGS), ("raw/log.sql", LOG)].iter().chain(files) {
            let path = folder.path().join("sql").join(path);
            std::fs::create_dir_all(folder.path().join("sql")).unwrap();
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    pub async fn checked(&self) -> Result<Checked, Diagnostics> {
        let pipeline = Pipeline::build(Project::load(self.0.path())?)?;
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        check(pipeline, &engine, None).await.map_err(|error| match error {
            Error::Project(problems) => problems,
            other => panic!("{other}"),
        })
    }

    /// Codes and places (`file:line:column`) of everything that was found.
    pub async fn found(&self) -> Vec<String> {
        let problems = self.checked().await.err().unwrap_or_default();
        problems
            .iter()
            .map(|problem| {
                let place = problem.location.as_ref().map(|at| {
                    let (line, column) = at.file.line_column(at.span.start);
                    format!("{}:{line}:{column}", at.file.path)
                });
                format!("{} {}", problem.code, place.unwrap_or_default())
            })
            .collect()
    }
}

/// A stored table by day around a query.
pub fn by_day(columns: &str, query: &str) -> String {
    format!(
        "-- T.\nCREATE TABLE metrics.t (\n  account_id VARCHAR NOT NULL,\n  as_of_date DATE NOT NULL,\n  {columns}\n  PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n{query}\n"
    )
}

pub const STAGED: (&str, &str) =
    ("staging/log.sql", "SELECT account_id, day AS as_of_date, n, x FROM dated.log");

#[tokio::test]
async fn a_sound_project_passes() {
    let sql = by_day(
        "n BIGINT CHECK (n > 0),",
        "SELECT account_id, as_of_date, sum(n) AS n FROM staging.log GROUP BY account_id, as_of_date",
    );
    let checked = Files::of(&[STAGED, ("metrics/t.sql", &sql)]).checked().await.unwrap();
    assert_eq!(checked.pipeline.models.len(), 4);
    assert!(checked.warnings.is_empty());
}

#[tokio::test]
async fn all_problems_of_a_pass_come_at_once_each_with_its_place() {
    let wrong_type = by_day("n INT,", "SELECT account_id, as_of_date, n FROM staging.log");
    let unknown = "SELECT account_id,\n  nn AS n FROM staging.log";
    let hidden = "SELECT account_id, now() AS at FROM staging.log";
    let files = Files::of(&[
        STAGED,
        ("metrics/t.sql", &wrong_type),
        ("metrics/u.sql", unknown),
        ("metrics/v.sql", hidden),
    ]);
    assert_eq!(
        files.found().await,
        [
            "column-type sql/metrics/t.sql:5:3",
            "unknown-column sql/metrics/u.sql:2:3",
            "hidden-time sql/metrics/v.sql:1:20"
        ]
    );
}

#[tokio::test]
async fn columns_of_a_query_are_those_that_are_declared_each_once() {
    let of = |columns: &str, query: &str| Files::of(&[STAGED, ("metrics/t.sql", &by_day(columns, query))]);
    let log = "SELECT account_id, as_of_date, n FROM staging.log";
    assert_eq!(
        of("m BIGINT,", log).found().await,
        ["missing-column sql/metrics/t.sql:5:3", "undeclared-column sql/metrics/t.sql:1:1"]
    );
    let twice = "SELECT a.account_id, a.as_of_date, a.n, b.n FROM staging.log AS a \
                 JOIN staging.log AS b ON a.account_id = b.account_id";
    let found = of("n BIGINT,", twice).found().await;
    assert!(found.contains(&"duplicate-column sql/metrics/t.sql:1:1".to_owned()), "{found:?}");
}

#[tokio::test]
async fn parsing_collects_the_faults_of_all_files() {
    let files = Files::of(&[
        ("staging/none.sql", "-- nothing here\n"),
        ("staging/two.sql", "SELECT 1 AS a; SELECT 2 AS b"),
        ("staging/broken.sql", "SELECT 1 AS a,\nFROM dated.log WHERE"),
        ("staging/drop.sql", "DROP TABLE x"),
        ("staging/other_name.sql", "CREATE VIEW staging.name AS SELECT 1 AS a"),
        ("staging/Loud.sql", "SELECT 1 AS a"),
    ]);
    let found = files.found().await;
    let codes: Vec<&str> = found.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(
        codes,
        ["file-name", "syntax", "not-a-model", "empty-model", "name-mismatch", "many-statements"]
    );
    assert!(found[1].starts_with("syntax sql/staging/broken.sql:2:"), "{found:?}");
}

#[tokio::test]
async fn names_are_held_against_what_is_there() {
    let files = Files::of(&[
        ("staging/a.sql", "SELECT * FROM raw.lgo"),
        ("staging/b.sql", "SELECT * FROM log"),
        ("metrics/c.sql", "SELECT * FROM raw.log"),
    ]);
    let problems = files.checked().await.unwrap_err();
    let drawn = problems.render(false);
    assert!(drawn.contains("did you mean `raw.log`?"), "{drawn}");
    assert!(drawn.contains("write it with its layer: `dated.log`"), "{drawn}");
    assert!(drawn.contains("a metrics model may not read `raw.log`"), "{drawn}");
}

#[tokio::test]
async fn table_functions_are_called_and_a_typo_is_told() {
    let months = "SELECT value AS month FROM generate_series(1, 12)";
    let cohorts = "SELECT account_id, value AS n FROM dated.log CROSS JOIN range(0, 3) AS steps (value)";
    let files = Files::of(&[("staging/a.sql", months), ("staging/b.sql", cohorts)]);
    assert_eq!(files.checked().await.unwrap().pipeline.models.len(), 4);
    let files = Files::of(&[
        ("staging/a.sql", "SELECT value FROM generate_serie(1, 12)"),
        ("staging/b.sql", "SELECT value FROM generate_series"),
    ]);
    assert_eq!(
        files.found().await,
        ["unknown-function sql/staging/a.sql:1:19", "unknown-table sql/staging/b.sql:1:19"]
    );
    let drawn = files.checked().await.unwrap_err().render(false);
    assert!(drawn.contains("did you mean `generate_series`?"), "{drawn}");
}

#[tokio::test]
async fn a_circle_is_shown_as_a_path() {
    let files = Files::of(&[
        ("staging/a.sql", "SELECT * FROM staging.b"),
        ("staging/b.sql", "SELECT * FROM staging.c"),
        ("staging/c.sql", "SELECT * FROM staging.a"),
    ]);
    let drawn = files.checked().await.unwrap_err().render(false);
    assert!(drawn.contains("staging.a → staging.b → staging.c → staging.a"), "{drawn}");
}

#[tokio::test]
async fn stored_tables_need_columns_a_key_and_the_day_in_it() {
    let files = Files::of(&[
        ("metrics/a.sql", "CREATE TABLE metrics.a AS SELECT 1 AS x"),
        ("metrics/b.sql", "CREATE TABLE metrics.b (x BIGINT) AS SELECT 1 AS x"),
        (
            "metrics/c.sql",
            "CREATE TABLE metrics.c (x BIGINT PRIMARY KEY) PARTITIONED BY (as_of_date) AS SELECT 1 AS x",
        ),
        (
            "metrics/d.sql",
            "CREATE TABLE metrics.d (x BIGINT PRIMARY KEY) PARTITIONED BY (x) AS SELECT 1 AS x",
        ),
    ]);
    let found = files.found().await;
    let codes: Vec<&str> = found.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(codes, ["no-key", "no-key", "no-day-key", "partitioning"]);
}

#[tokio::test]
async fn silent_errors_of_the_engine_are_refused() {
    let float = by_day(
        "x DOUBLE,",
        "SELECT account_id, as_of_date, sum(x) AS x FROM staging.log GROUP BY account_id, as_of_date",
    );
    let unnest = "SELECT account_id, unnest(range(low, high)) AS i FROM\n(SELECT account_id, min(n) AS low, max(n) AS high FROM staging.log GROUP BY account_id)";
    let ahead = by_day(
        "n BIGINT,",
        "SELECT account_id, as_of_date, lead(n) OVER (PARTITION BY account_id ORDER BY as_of_date) AS n FROM staging.log",
    );
    let behind = by_day(
        "n BIGINT,",
        "SELECT account_id, as_of_date, lag(n, -2) OVER (PARTITION BY account_id ORDER BY as_of_date) AS n FROM staging.log",
    );
    let whole = by_day(
        "n BIGINT,",
        "SELECT account_id, as_of_date, max(n) OVER (PARTITION BY account_id) AS n FROM staging.log",
    );
    let table = |name: &str, sql: &str| sql.replace("metrics.t", &format!("metrics.{name}"));
    let reads_unnest = "CREATE TABLE metrics.b (account_id VARCHAR, i BIGINT, PRIMARY KEY (account_id, i)) AS SELECT * FROM staging.spine";
    let files = Files::of(&[
        STAGED,
        ("staging/spine.sql", unnest),
        ("metrics/a.sql", &table("a", &float)),
        ("metrics/b.sql", reads_unnest),
        ("metrics/c.sql", &table("c", &ahead)),
        ("metrics/d.sql", &table("d", &whole)),
        ("metrics/e.sql", &table("e", &behind)),
    ]);
    let found = files.found().await;
    let codes: Vec<&str> = found.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(
        codes,
        ["unnest-above-key", "float-sum", "looks-ahead", "looks-ahead", "looks-ahead"],
        "{found:?}"
    );
}

#[tokio::test]
async fn averages_of_whole_numbers_are_exact_and_pass() {
    let sql = by_day(
        "mean DOUBLE,",
        "SELECT account_id, as_of_date, avg(n) AS mean FROM staging.log GROUP BY account_id, as_of_date",
    );
    assert_eq!(Files::of(&[STAGED, ("metrics/t.sql", &sql)]).found().await, Vec::<String>::new());
}

#[tokio::test]
async fn constraints_must_plan_and_point_somewhere() {
    let sql = by_day(
        "n BIGINT CHECK (m > 0) REFERENCES staging.log (nn),",
        "SELECT account_id, as_of_date, n FROM staging.log",
    );
    let found = Files::of(&[STAGED, ("metrics/t.sql", &sql)]).found().await;
    assert_eq!(found, ["check sql/metrics/t.sql:5:3", "unknown-column sql/metrics/t.sql:5:37"]);
}

#[tokio::test]
async fn settings_are_strict() {
    let message = |settings: &str| {
        let files = Files::of(&[]);
        std::fs::write(files.0.path().join("hale.yml"), settings).unwrap();
        Project::load(files.0.path()).unwrap_err().render(false)
    };
    assert!(message(&SETTINGS.replace("sources", "source")).contains("did you mean `sources`?"));
    assert!(message(&SETTINGS.replace("UTC", "Mars/Olympus")).contains("`Mars/Olympus` is no time zone"));
    assert!(message(&SETTINGS.replace("2026-01-01", "soon")).contains("`soon` is no date"));
    assert!(message(&SETTINGS.replace("out: out\n", "")).contains("out"));
}

#[tokio::test]
async fn two_hundred_models_plan_without_touching_data() {
    let names: Vec<String> = (0..200).map(|number| format!("metrics/m{number:03}.sql")).collect();
    let texts: Vec<String> = (0..200)
        .map(|number| {
            let query =
                "SELECT account_id, as_of_date, sum(n) AS n FROM staging.log GROUP BY account_id, as_of_date";
            by_day("n BIGINT CHECK (n >= 0),", query).replace("metrics.t", &format!("metrics.m{number:03}"))
        })
        .collect();
    let mut files: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    files.push(STAGED);
    assert_eq!(Files::of(&files).checked().await.unwrap().pipeline.models.len(), 203);
}

#[tokio::test]
async fn a_case_has_the_type_that_all_its_branches_take() {
    let query = "SELECT account_id, as_of_date, CASE WHEN n > 0 THEN 0 ELSE x END AS y FROM staging.log";
    let files = [STAGED, ("metrics/t.sql", &by_day("y DOUBLE,", query))];
    assert_eq!(Files::of(&files).found().await, Vec::<String>::new());
    let files = [STAGED, ("metrics/t.sql", &by_day("y BIGINT,", query))];
    assert_eq!(Files::of(&files).found().await, ["column-type sql/metrics/t.sql:5:3"]);
}

#[tokio::test]
async fn a_check_looks_at_one_row_and_is_told_where_it_does_not() {
    for (condition, place) in [
        ("n > (SELECT 1)", "SELECT"),
        ("EXISTS (SELECT 1)", "SELECT"),
        ("n IN (SELECT n FROM staging.log)", "SELECT"),
        ("n <= sum(n)", "sum"),
        ("row_number() OVER (ORDER BY n) > 0", "row_number"),
        ("n > random()", "random"),
        ("n > 0 AND as_of_date <= current_date", "current_date"),
        ("now() IS NOT NULL", "now"),
        ("uuid() <> account_id", "uuid"),
    ] {
        let column = format!("n BIGINT CHECK ({condition}),");
        let sql = by_day(&column, "SELECT account_id, as_of_date, n FROM staging.log");
        let found = Files::of(&[STAGED, ("metrics/t.sql", &sql)]).found().await;
        let place = format!("sql/metrics/t.sql:5:{}", 3 + column.find(place).unwrap());
        assert!(found.len() == 1 && found[0].ends_with(&place), "{condition}: {found:?}, not {place}");
    }
    for condition in ["n > $absent", "n", "NULL", "no_such(n) > 0", "n > 'x'", "account_id"] {
        let sql = by_day(
            &format!("n BIGINT CHECK ({condition}),"),
            "SELECT account_id, as_of_date, n FROM staging.log",
        );
        let found = Files::of(&[STAGED, ("metrics/t.sql", &sql)]).found().await;
        assert_eq!(found, ["check sql/metrics/t.sql:5:3"], "{condition}");
        let source = LOG.replace("n BIGINT", &format!("n BIGINT CHECK ({condition})"));
        let found = Files::of(&[("raw/log.sql", &source)]).found().await;
        assert_eq!(found, ["check sql/raw/log.sql:5:3"], "{condition}");
    }
}

#[tokio::test]
async fn hidden_time_is_found_in_every_form_and_place() {
    let found = async |path: &str, sql: &str| Files::of(&[STAGED, (path, sql)]).found().await;
    for call in
        ["now()", "current_date", "CURRENT_TIMESTAMP", "current_time", "random()", "uuid()", "today()"]
    {
        let view = format!("SELECT account_id, {call} AS x FROM staging.log");
        assert_eq!(found("staging/v.sql", &view).await, ["hidden-time sql/staging/v.sql:1:20"], "{call}");
        let audit = format!("SELECT account_id FROM staging.log\nWHERE CAST({call} AS VARCHAR) = 'x'");
        assert_eq!(found("audits/a.sql", &audit).await, ["hidden-time sql/audits/a.sql:2:12"], "{call}");
    }
    for query in [
        "SELECT value FROM generate_series(1, CAST(random() * 9 AS BIGINT))",
        "SELECT sum(n) FILTER (WHERE random() > 1) AS n FROM staging.log",
        "SELECT n FROM staging.log ORDER BY random()",
        "WITH t AS (SELECT now() AS at) SELECT at FROM t",
        "SELECT n FROM staging.log WHERE n IN (SELECT CAST(random() AS BIGINT))",
        "SELECT count(*) OVER (PARTITION BY random()) AS n FROM staging.log",
    ] {
        let codes = found("staging/v.sql", query).await;
        assert!(codes.iter().any(|code| code.starts_with("hidden-time")), "{query}: {codes:?}");
    }
}

#[tokio::test]
async fn what_a_key_refers_to_is_there_and_compares_wherever_it_stands_in_the_order() {
    let refers =
        |to: &str| by_day(&format!("n BIGINT, {to},"), "SELECT account_id, as_of_date, n FROM staging.log");
    let later = by_day("k BIGINT,", "SELECT account_id, as_of_date, n AS k FROM metrics.t")
        .replace("metrics.t (", "metrics.z (");
    let found = async |to: &str| {
        Files::of(&[STAGED, ("metrics/t.sql", &refers(to)), ("metrics/z.sql", &later)]).found().await
    };
    assert_eq!(
        found("FOREIGN KEY (account_id) REFERENCES metrics.z (account_id)").await,
        Vec::<String>::new()
    );
    for (to, code) in [
        ("FOREIGN KEY (account_id) REFERENCES metrics.z (who)", "unknown-column"),
        ("FOREIGN KEY (account_id) REFERENCES metrics.z (account_id, k)", "reference"),
        ("FOREIGN KEY (account_id) REFERENCES metrics.z (k)", "column-type"),
        ("FOREIGN KEY (account_id) REFERENCES metrics.nothing (k)", "unknown-table"),
    ] {
        let found = found(to).await;
        assert!(found.len() == 1 && found[0].starts_with(code), "{to}: {found:?}");
    }
}

#[tokio::test]
async fn a_key_of_a_table_by_day_names_the_day() {
    let found = async |key: &str| {
        let sql = by_day(&format!("n BIGINT, {key},"), "SELECT account_id, as_of_date, n FROM staging.log");
        Files::of(&[STAGED, ("metrics/t.sql", &sql)]).found().await
    };
    assert_eq!(found("UNIQUE (n, as_of_date)").await, Vec::<String>::new());
    assert_eq!(found("UNIQUE (n)").await, ["unique sql/metrics/t.sql:5:13"]);
}
