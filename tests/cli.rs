//! The command as people and orchestrators meet it: the real binary on small projects, its exit codes and streams.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::Value;
use tempfile::TempDir;

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";
const RAW: &str = "-- What happened.\nCREATE EXTERNAL TABLE raw.events (\n  account_id VARCHAR NOT NULL, -- who\n  \
    day DATE NOT NULL, -- when\n  n BIGINT -- how much\n) STORED AS PARQUET LOCATION 'events.parquet'\n";
const STAGED: &str = "-- Events as they are.\nSELECT account_id, day, n FROM raw.events\n";

/// A stored table by day around a query.
fn by_day(column: &str, query: &str) -> String {
    format!(
        "-- Facts of each account and day.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- who\n  \
         as_of_date DATE NOT NULL, -- when\n  {column}, -- how much\n  PRIMARY KEY (account_id, as_of_date)\n) \
         PARTITIONED BY (as_of_date) AS\n{query}\n"
    )
}

fn sums(column: &str) -> String {
    by_day(
        column,
        "SELECT account_id, day AS as_of_date, sum(n) AS n FROM staging.events GROUP BY account_id, day",
    )
}

/// A project in a folder of its own.
pub struct Project(TempDir);

impl Project {
    /// Events of two accounts on the first two days of 2026, summed by day.
    fn sound() -> Self {
        Self::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT CHECK (n > 0)"))])
    }

    pub fn of(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        let base = [("hale.yml", SETTINGS), ("sql/raw/events.sql", RAW), ("sql/staging/events.sql", STAGED)];
        for (path, text) in base.iter().chain(files) {
            project.write(path, text);
        }
        project.events(&[("a", 1, 5), ("b", 1, 7), ("a", 2, 9), ("'; DROP", 2, 1)]);
        project
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    pub fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Rows of account, day of January 2026, amount.
    pub fn events(&self, rows: &[(&str, i32, i64)]) {
        let first = 20_454; // 2026-01-01 in days since 1970
        let columns: [(&str, ArrayRef); 3] = [
            ("account_id", Arc::new(rows.iter().map(|row| Some(row.0)).collect::<StringArray>())),
            ("day", Arc::new(rows.iter().map(|row| Some(first + row.1 - 1)).collect::<Date32Array>())),
            ("n", Arc::new(rows.iter().map(|row| Some(row.2)).collect::<Int64Array>())),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        std::fs::create_dir_all(self.path("data")).unwrap();
        let file = std::fs::File::create(self.path("data/events.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    pub fn hale(&self, arguments: &[&str]) -> Output {
        hale(self.0.path(), arguments)
    }

    /// Everything below `out/` but the folders themselves.
    fn published(&self) -> Vec<String> {
        files_below(&self.path("out"))
    }
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    files
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hale"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for variable in
        ["HALE_PROJECT", "HALE_THREADS", "HALE_MEMORY_LIMIT", "HALE_SOURCES", "HALE_OUT", "NO_COLOR"]
    {
        command.env_remove(variable);
    }
    command
}

pub fn hale(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed by a signal: {output:?}"))
}

#[track_caller]
pub fn good(output: Output) -> String {
    assert_eq!(code(&output), 0, "{}\n{}", out(&output), err(&output));
    out(&output)
}

#[track_caller]
fn one_line(text: &str) -> Value {
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(text).unwrap()
}

// ---- help -----------------------------------------------------------------------------------------------------------

#[test]
fn every_command_teaches_with_an_example() {
    let here = tempfile::tempdir().unwrap();
    let help = good(hale(here.path(), &["--help"]));
    let listed = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let named = |line: &str| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')).map(str::to_owned);
    let commands: Vec<String> = listed
        .lines()
        .filter_map(named)
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect();
    assert!(commands.len() >= 9, "{commands:?}");
    for command in commands.iter().filter(|command| *command != "help") {
        let help = good(hale(here.path(), &[command, "--help"]));
        let examples =
            help.split("Examples:").nth(1).unwrap_or_else(|| panic!("hale {command} has no example"));
        assert!(examples.contains(&format!("hale {command}")), "{examples}");
        let about = help.lines().next().unwrap();
        assert!(!about.is_empty() && about.len() < 100, "{about}");
    }
}

#[test]
fn no_command_is_a_question_for_help() {
    let here = tempfile::tempdir().unwrap();
    assert_eq!(code(&hale(here.path(), &[])), 2);
    assert!(good(hale(here.path(), &["--version"])).starts_with("hale "));
    assert!(good(hale(here.path(), &["completions", "bash"])).contains("_hale()"));
}

// ---- exit codes and what is said ----------------------------------------------------------------------------------

#[test]
fn a_wrong_call_ends_with_2_and_one_clear_message() {
    let project = Project::sound();
    for (arguments, said) in [
        (vec!["run", "--as-of", "yesterday"], "YYYY-MM-DD"),
        (vec!["run", "--as-of", "2026-02-30"], "YYYY-MM-DD"),
        (
            vec!["run", "--from", "2026-01-02", "--to", "2026-01-01"],
            "--from 2026-01-02 is after --to 2026-01-01",
        ),
        (vec!["run", "--from", "2026-01-02"], "--to"),
        (vec!["run"], "--as-of"),
        (vec!["run", "--as-of", "2025-12-31"], "history_starts"),
        (vec!["check", "--project", "nowhere"], "--project nowhere: there is no hale.yml in it"),
        (vec!["check", "--threads", "0"], "--threads"),
        (vec!["check", "--memory-limit", "lots"], "512MB"),
        (vec!["show", "metrics.acounts"], "did you mean `metrics.accounts`?"),
        (vec!["show", "staging.events"], "hale query"),
        (vec!["ls", "--lineage", "metrics.acounts"], "did you mean `metrics.accounts`?"),
        (vec!["chekc"], "check"),
    ] {
        let output = project.hale(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains(said), "{arguments:?}: {}", err(&output));
        assert!(out(&output).is_empty(), "{arguments:?}: {}", out(&output));
    }
    assert_eq!(project.published(), Vec::<String>::new());
}

#[test]
fn asked_for_json_a_wrong_call_answers_in_json() {
    let project = Project::sound();
    for arguments in [vec!["run", "--json", "--as-of", "never"], vec!["show", "nothing", "--json"]] {
        let output = project.hale(&arguments);
        let result = one_line(&out(&output));
        assert_eq!((code(&output), &result["exit_code"]), (2, &2.into()), "{result}");
    }
}

#[test]
fn outside_a_project_the_way_into_one_is_shown() {
    let here = tempfile::tempdir().unwrap();
    let output = hale(here.path(), &["check"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("hale init"), "{}", err(&output));
}

#[test]
fn a_project_is_found_from_a_folder_within_it() {
    let project = Project::sound();
    good(hale(&project.path("sql/metrics"), &["check"]));
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = project.0.path().to_str().unwrap();
    good(hale(elsewhere.path(), &["check", "--project", folder]));
    good(command(elsewhere.path(), &["check"]).env("HALE_PROJECT", folder).output().unwrap());
}

#[test]
fn all_problems_come_at_once_with_file_line_and_column() {
    let project = Project::of(&[
        (
            "sql/metrics/accounts.sql",
            &by_day("n BIGINT", "SELECT account_id, day AS as_of_date,\n  nn AS n FROM staging.events"),
        ),
        ("sql/metrics/other.sql", "-- Other.\nSELECT now() AS at FROM staging.events\n"),
    ]);
    let output = project.hale(&["check"]);
    assert_eq!(code(&output), 1);
    let drawn = err(&output);
    for part in ["sql/metrics/accounts.sql:9:3", "sql/metrics/other.sql:2:8", "error: 2 problems"] {
        assert!(drawn.contains(part), "{drawn}");
    }
    assert!(!drawn.contains('\u{1b}'), "no colours where nobody looks: {drawn}");
    assert!(err(&project.hale(&["check", "--color", "always"])).contains('\u{1b}'));

    let output = project.hale(&["check", "--json"]);
    assert_eq!(code(&output), 1);
    let result = one_line(&out(&output));
    assert_eq!((&result["ok"], &result["exit_code"]), (&Value::from(false), &Value::from(1)));
    assert_eq!(result["diagnostics"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&result["diagnostics"][0]["line"], &result["diagnostics"][0]["column"]),
        (&9.into(), &3.into())
    );
}

#[test]
fn a_sound_project_is_counted() {
    let project = Project::sound();
    let said = good(project.hale(&["check"]));
    assert!(said.starts_with("ok: 2 models, 1 sources, 0 scores, 0 warnings in "), "{said}");
    let result = one_line(&good(project.hale(&["check", "--json", "--no-sources"])));
    assert_eq!((&result["ok"], &result["models"]), (&Value::from(true), &Value::from(2)));
}

#[test]
fn missing_files_are_found_by_check_unless_it_shall_not_look() {
    let project = Project::sound();
    std::fs::remove_file(project.path("data/events.parquet")).unwrap();
    let output = project.hale(&["check"]);
    assert_eq!(code(&output), 75);
    assert!(err(&output).contains("raw.events has no Parquet"), "{}", err(&output));
    good(project.hale(&["check", "--no-sources"]));
}

#[test]
fn every_line_of_a_json_log_is_an_object() {
    let sound = Project::sound();
    let broken = Project::of(&[("sql/metrics/other.sql", "SELECT nn FROM staging.events\n")]);
    for (output, events) in [
        (
            sound.hale(&["run", "--as-of", "2026-01-02", "--log", "json"]),
            vec!["begun", "built", "published", "finished"],
        ),
        (broken.hale(&["check", "--log", "json"]), vec!["diagnostic", "failed"]),
        (sound.hale(&["run", "--log", "json", "--as-of", "never"]), vec!["failed"]),
        (sound.hale(&["check", "--log=json", "--project", "nowhere"]), vec!["failed"]),
    ] {
        let lines: Vec<Value> =
            err(&output).lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        assert!(lines.iter().all(|line| line["ts"].is_string() && line["level"].is_string()), "{lines:?}");
        let seen: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
        assert!(events.iter().all(|event| seen.contains(event)), "{seen:?}");
    }
}

// ---- run ------------------------------------------------------------------------------------------------------------

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

// ---- show and query -------------------------------------------------------------------------------------------------

fn run_both_days() -> Project {
    let project = Project::sound();
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-02"]));
    project
}

#[test]
fn show_reads_the_newest_day_or_the_one_asked_for() {
    let project = run_both_days();
    let newest = good(project.hale(&["show", "metrics.accounts", "--format", "csv"]));
    assert_eq!(newest, "account_id,as_of_date,n\n'; DROP,2026-01-02,1\na,2026-01-02,9\n");
    let first = good(project.hale(&["show", "accounts", "--as-of", "2026-01-01", "--json"]));
    let rows: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(
        rows,
        serde_json::json!([
            { "account_id": "a", "as_of_date": "2026-01-01", "n": 5 },
            { "account_id": "b", "as_of_date": "2026-01-01", "n": 7 },
        ])
    );
    let output = project.hale(&["show", "accounts", "--as-of", "2026-01-03"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("published are 2 days, from 2026-01-01 to 2026-01-02"), "{}", err(&output));
}

#[test]
fn an_account_is_a_value_and_never_sql() {
    let project = run_both_days();
    let of =
        |account: &str| good(project.hale(&["show", "accounts", "--account", account, "--format", "csv"]));
    assert_eq!(of("'; DROP").lines().count(), 2);
    assert_eq!(of("a' OR '1'='1").lines().count(), 1);
}

#[test]
fn what_is_not_published_is_said_to_be_so() {
    let project = Project::sound();
    for arguments in [["show", "metrics.accounts"], ["query", "SELECT * FROM metrics.accounts"]] {
        let output = project.hale(&arguments);
        assert_eq!(code(&output), 1);
        assert!(err(&output).contains("metrics.accounts is not published in "), "{}", err(&output));
    }
}

#[test]
fn a_query_reads_sources_views_and_published_days() {
    let project = run_both_days();
    let ask = |sql: &str, more: &[&str]| {
        good(project.hale(&[&["query", sql, "--format", "csv"], more].concat())).replace('\n', " ")
    };
    assert_eq!(ask("SELECT count(*) AS c FROM raw.events", &[]), "c 4 ");
    assert_eq!(ask("SELECT count(*) AS c FROM staging.events", &[]), "c 4 ");
    assert_eq!(ask("SELECT sum(n) AS s FROM metrics.accounts", &[]), "s 22 ");
    assert_eq!(ask("SELECT sum(n) AS s FROM metrics.accounts", &["--as-of", "2026-01-02"]), "s 10 ");
    assert_eq!(ask("SELECT sum(n) AS s FROM metrics.accounts", &["--until", "2026-01-01"]), "s 12 ");
    assert_eq!(ask("SELECT max(day) AS d FROM calendar.days", &[]), "d 2026-01-02 ");
    assert!(ask("EXPLAIN SELECT * FROM staging.events", &[]).contains("DataSourceExec"));
    let output = project.hale(&["query", "SELECT * FROM metrics.acounts"]);
    assert_eq!(code(&output), 1);
    assert!(
        err(&output).contains("query:1:15") && err(&output).contains("metrics.accounts"),
        "{}",
        err(&output)
    );
    let output = project.hale(&["query", "SELECT nn FROM raw.events"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("query:1:8"), "{}", err(&output));
}

#[test]
fn a_query_can_change_nothing() {
    let project = run_both_days();
    let before = project.published();
    let target = project.path("stolen.csv");
    for sql in [
        "DROP TABLE metrics.accounts",
        "INSERT INTO metrics.accounts SELECT * FROM metrics.accounts",
        "EXPLAIN ANALYZE INSERT INTO metrics.accounts SELECT * FROM metrics.accounts",
        "CREATE TABLE metrics.x AS SELECT 1",
        "SET datafusion.execution.batch_size = 1",
        &format!("COPY (SELECT 1) TO '{}'", target.display()),
        "SELECT 1; DROP TABLE metrics.accounts",
        "",
    ] {
        let output = project.hale(&["query", sql]);
        assert_eq!(code(&output), 1, "{sql}: {}", err(&output));
    }
    assert_eq!(project.published(), before);
    assert!(!target.exists());
}

#[test]
fn a_deep_query_is_answered() {
    let project = Project::sound();
    let union = vec!["SELECT 1 AS x"; 300].join(" UNION ALL ");
    let sum = format!("SELECT sum(x) AS s FROM ({union})");
    assert_eq!(good(project.hale(&["query", &sum, "--format", "csv"])), "s\n300\n");
}

#[test]
fn csv_holds_no_formula() {
    let project = Project::sound();
    let text = good(project.hale(&[
        "query",
        "SELECT '=1+1' AS a, '@x' AS b, '-5' AS c, -5 AS d, 'a,\"b\"' AS e, CAST(NULL AS VARCHAR) AS \"=f\"",
        "--format",
        "csv",
    ]));
    assert_eq!(text, "a,b,c,d,e,'=f\n'=1+1,'@x,'-5,-5,\"a,\"\"b\"\"\",\n");
}

#[test]
fn a_table_shows_some_rows_and_says_that_there_are_more() {
    let project = Project::sound();
    let sql = "SELECT unnest(range(1, 101)) AS value ORDER BY value";
    let output = project.hale(&["query", sql]);
    assert!(out(&output).contains("40 ") && !out(&output).contains("41 "), "{}", out(&output));
    assert!(err(&output).contains("the first 40 rows"), "{}", err(&output));
    assert_eq!(good(project.hale(&["query", sql, "--limit", "0", "--format", "csv"])).lines().count(), 101);
    assert_eq!(good(project.hale(&["query", sql, "--limit", "3", "--format", "csv"])), "value\n1\n2\n3\n");
    let empty = "SELECT value FROM (SELECT unnest(range(1, 4)) AS value) WHERE value > 5";
    assert_eq!(good(project.hale(&["query", empty, "--format", "csv"])), "value\n");
    assert_eq!(good(project.hale(&["query", empty, "--json"])), "[]\n");
    let raw = good(project.hale(&["query", "SELECT concat('a', chr(27), chr(10)) AS x"]));
    assert!(raw.contains("a\\u{1b}\\n"), "{raw}");
}

#[test]
fn a_reader_that_leaves_early_had_enough() {
    let project = Project::sound();
    project.write("hale.yml", &SETTINGS.replace("2026-01-01", "1980-01-01"));
    let sql = "SELECT a.day AS value FROM calendar.days a, calendar.days b";
    let mut running = command(project.0.path(), &["query", sql, "--until", "2026-01-01", "--format", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 6];
    let mut stdout = running.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = running.wait_with_output().unwrap();
    assert_eq!((code(&output), err(&output).as_str(), &first), (0, "", b"value\n"));
}

// ---- ls and compile -------------------------------------------------------------------------------------------------

#[test]
fn ls_shows_models_and_lineage() {
    let project = Project::sound();
    std::fs::remove_file(project.path("data/events.parquet")).unwrap(); // no data is touched
    let table = good(project.hale(&["ls"]));
    assert!(table.contains("metrics.accounts") && table.contains("account_id, as_of_date"), "{table}");
    let all: Value = serde_json::from_str(&good(project.hale(&["ls", "--output", "json"]))).unwrap();
    let names: Vec<&str> =
        all["models"].as_array().unwrap().iter().map(|model| model["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["raw.events", "staging.events", "metrics.accounts"]);
    assert_eq!(all["models"][2]["reads"], serde_json::json!(["staging.events"]));
    let lineage: Value =
        serde_json::from_str(&good(project.hale(&["ls", "--json", "--lineage", "staging.events"]))).unwrap();
    assert_eq!(
        lineage["lineage"],
        serde_json::json!({ "of": "staging.events", "upstream": ["raw.events"], "downstream": ["metrics.accounts"] })
    );
    assert!(
        good(project.hale(&["ls", "--output", "dot"]))
            .contains("\"staging.events\" -> \"metrics.accounts\";")
    );
    assert!(
        good(project.hale(&["ls", "--output", "mermaid"])).contains("staging__events --> metrics__accounts")
    );
}

#[test]
fn compile_writes_the_sql_of_every_layer_and_removes_only_its_own() {
    let project = Project::sound();
    project
        .write("sql/metrics/other.sql", "-- Other.\nSELECT account_id FROM staging.events -- all of them;\n");
    good(project.hale(&["compile", "--out", "compiled"]));
    let folder = project.path("compiled");
    let files =
        ["all.sql", "metrics/accounts.sql", "metrics/other.sql", "raw/events.sql", "staging/events.sql"];
    assert_eq!(files_below(&folder), files);
    let text = std::fs::read_to_string(folder.join("staging/events.sql")).unwrap();
    assert!(text.ends_with(STAGED) && text.starts_with("-- Written by `hale compile`"), "{text}");
    let all = std::fs::read_to_string(folder.join("all.sql")).unwrap();
    assert!(all.contains("-- all of them;\n;\n"), "{all}");

    std::fs::remove_file(project.path("sql/metrics/other.sql")).unwrap();
    project.write("compiled/metrics/mine.sql", "SELECT 1");
    let said = good(project.hale(&["compile", "--out", "compiled"]));
    assert!(said.contains("1 stale ones removed"), "{said}");
    let left =
        ["all.sql", "metrics/accounts.sql", "metrics/mine.sql", "raw/events.sql", "staging/events.sql"];
    assert_eq!(files_below(&folder), left);

    let output = project.hale(&["compile", "--out", "sql"]);
    assert_eq!(code(&output), 2, "the project's own files are not its output");
    assert_eq!(std::fs::read_to_string(project.path("sql/staging/events.sql")).unwrap(), STAGED);
}

#[cfg(unix)]
#[test]
fn compile_does_not_follow_a_link_out_of_its_folder() {
    let project = Project::sound();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::create_dir(project.path("compiled")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), project.path("compiled/metrics")).unwrap();
    assert_eq!(code(&project.hale(&["compile", "--out", "compiled"])), 2);
    assert_eq!(files_below(elsewhere.path()), Vec::<String>::new());
}

// ---- init, test and generate ----------------------------------------------------------------------------------------------

#[test]
fn init_makes_a_project_that_passes_its_check_and_overwrites_nothing() {
    let here = tempfile::tempdir().unwrap();
    let said = good(hale(here.path(), &["init", "acme"]));
    assert!(said.contains("cd acme") && said.contains("hale run --as-of 2026-09-30"), "{said}");
    let project = here.path().join("acme");
    good(hale(&project, &["check"]));

    let output = hale(here.path(), &["init", "acme"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("acme is not empty"), "{}", err(&output));
    std::fs::write(project.join("hale.yml"), "mine").unwrap();
    std::fs::remove_file(project.join("sql/staging/events.sql")).unwrap();
    good(hale(here.path(), &["init", "acme", "--force"]));
    assert_eq!(std::fs::read_to_string(project.join("hale.yml")).unwrap(), "mine");
    assert!(project.join("sql/staging/events.sql").is_file());
}

#[test]
fn the_project_that_init_makes_is_the_one_of_this_repository() {
    let here = tempfile::tempdir().unwrap();
    good(hale(here.path(), &["init"]));
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["sql", "data"] {
        assert_eq!(
            files_below(&here.path().join(folder)),
            files_below(&repository.join(folder)),
            "{folder}/"
        );
    }
}

const CASE: &str = "description: Amounts are summed by day.\ngiven:\n  staging.events:\n    - {account_id: a, day: 2026-01-01, n: 1}\n    \
    - {account_id: a, day: 2026-01-01, n: 2}\nexpect:\n  - {account_id: a, as_of_date: 2026-01-01, n: 3}\n";

#[test]
fn test_runs_cases_and_names_models_without_one() {
    let project = Project::sound();
    project.write("sql/tests/metrics.accounts/sums.yml", CASE);
    let said = good(project.hale(&["test", "--allow-untested"]));
    assert!(
        said.contains("ok     metrics.accounts/sums") && said.ends_with("1 passed, 0 failed\n"),
        "{said}"
    );
    let output = project.hale(&["test"]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("`staging.events` has no test"), "{}", err(&output));

    project.write("sql/tests/metrics.accounts/sums.yml", &CASE.replace("n: 3", "n: 4"));
    let output = project.hale(&["test", "metrics", "--json"]);
    let result = one_line(&out(&output));
    assert_eq!((code(&output), &result["failed"], &result["ok"]), (1, &1.into(), &false.into()));
    assert!(err(&output).contains("sql/tests/metrics.accounts/sums.yml"), "{}", err(&output));

    project.write("sql/metrics/other.sql", "SELECT nn FROM staging.events\n");
    let result = one_line(&out(&project.hale(&["test", "--json"])));
    assert_eq!((&result["ok"], &result["exit_code"]), (&false.into(), &1.into()), "{result}");
}

#[test]
fn generate_gives_the_same_bytes_for_the_same_words() {
    let here = tempfile::tempdir().unwrap();
    let words = |out| {
        ["generate", "--out", out, "--accounts", "40", "--days", "40", "--events", "2000", "--seed", "3"]
    };
    good(hale(here.path(), &words("one")));
    let said =
        one_line(&good(hale(here.path(), &[&words("two")[..], &["--threads", "1", "--json"]].concat())));
    assert!(said["events"].as_u64().unwrap() > 1000 && said["accounts"] == 40, "{said}");
    let files = files_below(&here.path().join("one"));
    assert_eq!(files, files_below(&here.path().join("two")));
    for file in files {
        let read = |folder: &str| std::fs::read(here.path().join(folder).join(&file)).unwrap();
        assert!(read("one") == read("two"), "{file}");
    }
    assert_eq!(code(&hale(here.path(), &["generate", "--out", "x", "--accounts", "0"])), 2);
    assert_eq!(code(&hale(here.path(), &["generate", "--out", "x", "--sample", "--seed", "2"])), 2);
}
