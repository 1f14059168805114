//! The DAG of the README on a real Airflow: what each way in which a run ends makes of its task.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{Project, files_below, good, hale, sums};
use crate::python;

const DAG: &str = include_str!("airflow/hale_daily.py");

fn path(place: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(place)
}

/// An installation with nothing in it but the DAG.
struct Airflow {
    home: TempDir,
    bin: PathBuf,
}

impl Airflow {
    fn new() -> Result<Self, String> {
        let target = Path::new(env!("CARGO_BIN_EXE_hale")).ancestors().nth(2).expect("target/debug/hale");
        let bin = target.join("airflow/bin");
        if !bin.join("airflow").is_file() {
            return Err(format!("no Airflow in {} (`make airflow-env`)", bin.display()));
        }
        let airflow = Self { home: tempfile::tempdir().unwrap(), bin };
        std::fs::create_dir(airflow.home.path().join("dags")).unwrap();
        std::fs::write(airflow.home.path().join("dags/hale_daily.py"), DAG).unwrap();
        airflow.run("airflow", &["db", "migrate"], &[]);
        Ok(airflow)
    }

    /// The standard output of one of its programs, which must succeed.
    fn run(&self, program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let mut command = Command::new(self.bin.join(program));
        command.args(arguments).stdin(Stdio::null()).env("AIRFLOW_HOME", self.home.path());
        let hale = Path::new(env!("CARGO_BIN_EXE_hale")).parent().unwrap().to_owned();
        let before = std::env::var_os("PATH").unwrap_or_default();
        let programs = std::iter::once(hale).chain(std::env::split_paths(&before));
        command.env("PATH", std::env::join_paths(programs).unwrap());
        command.env("AIRFLOW__CORE__LOAD_EXAMPLES", "False");
        command.env("AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION", "False");
        command.env("AIRFLOW__USAGE_DATA_COLLECTION__ENABLED", "False");
        let output = command.envs(environment.iter().copied()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

/// A case for `cases.py`: a project, when it is run, and what is particular.
fn case(name: &str, project: &Project, when: (&str, &str), particular: Value) -> Value {
    let mut case = json!({ "name": name, when.0: when.1, "variables": {
        "hale_project": project.path(""), "hale_sources": project.path("data"), "hale_out": project.path("out"),
    } });
    case.as_object_mut().unwrap().extend(particular.as_object().cloned().unwrap_or_default());
    case
}

/// How the task of each case ended: state, tries, XCom. All in one process, since to import Airflow takes longer than to run it.
fn ended() -> Option<&'static Value> {
    static ENDED: OnceLock<Result<Value, String>> = OnceLock::new();
    python::or_skip(ENDED.get_or_init(run_all).as_ref())
}

fn run_all() -> Result<Value, String> {
    let airflow = Airflow::new()?;
    let [daily, undated, absent, later, early] = std::array::from_fn(|_| Project::sound());
    let audited = Project::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT CHECK (n > 6)"))]);
    let wrong = Project::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT").replace("sum(n)", "sum(m)"))]);
    std::fs::remove_file(absent.path("data/events.parquet")).unwrap();
    std::fs::rename(later.path("data/events.parquet"), later.path("on-its-way")).unwrap();
    let lands = [later.path("on-its-way"), later.path("data/events.parquet")];
    let (second, first) =
        (("logical_date", "2026-01-02T02:00:00Z"), ("logical_date", "2026-01-01T02:00:00Z"));
    let cases = [
        case("daily", &daily, second, json!({})),
        case("undated", &undated, ("run_after", "2026-01-03T02:00:00Z"), json!({})),
        case("absent", &absent, second, json!({})),
        case("later", &later, second, json!({ "if_not_ready": "retry", "lands": lands })),
        case("audited", &audited, second, json!({})),
        case("wrong", &wrong, second, json!({})),
        case("early", &early, first, json!({})),
    ];
    let closed = CLOSED.map(|(zone, due, _)| (zone, due));
    let [asked, answered] = ["asked.json", "answered.json"].map(|name| airflow.home.path().join(name));
    std::fs::write(&asked, json!({ "cases": cases, "closed": closed }).to_string()).unwrap();
    let script = path("tests/airflow/cases.py");
    let arguments = [&script, &asked, &answered].map(|path| path.to_str().unwrap());
    let log = airflow.run("python", &arguments, &[]);
    println!("{log}");
    for (project, days) in
        [(&daily, 1), (&undated, 1), (&later, 1), (&absent, 0), (&audited, 0), (&wrong, 0), (&early, 0)]
    {
        let published = files_below(&project.path("out/metrics"));
        assert_eq!(published.len(), days, "{published:?}");
    }
    Ok(serde_json::from_str(&std::fs::read_to_string(answered).unwrap()).unwrap())
}

#[track_caller]
fn published(ended: &Value, as_of: &str) {
    let said = &ended["xcom"];
    assert_eq!(
        (&said["published"], &said["exit_code"], &said["as_of"]),
        (&true.into(), &0.into(), &as_of.into())
    );
    assert_eq!(said["event"], Value::Null, "the last line is an event of the log");
}

#[track_caller]
fn state(ended: &Value, state: &str, tries: u32) {
    assert_eq!((&ended["state"], &ended["tries"]), (&state.into(), &tries.into()), "{ended}");
}

#[test]
fn a_run_publishes_the_day_that_has_closed_and_says_so_to_the_next_task() {
    let Some(ended) = ended() else { return };
    state(&ended["daily"], "success", 1);
    published(&ended["daily"], "2026-01-01");
}

#[test]
fn a_run_without_a_logical_date_is_of_the_day_before_it() {
    let Some(ended) = ended() else { return };
    state(&ended["undated"], "success", 1);
    published(&ended["undated"], "2026-01-02");
}

#[test]
fn a_day_whose_source_is_not_there_is_skipped() {
    let Some(ended) = ended() else { return };
    state(&ended["absent"], "skipped", 1);
    assert_eq!(ended["absent"]["xcom"], Value::Null);
}

#[test]
fn what_may_pass_is_tried_again() {
    let Some(ended) = ended() else { return };
    state(&ended["later"], "success", 2);
    published(&ended["later"], "2026-01-01");
}

/// A failed audit, a wrong model, a day before history.
#[test]
fn what_does_not_pass_by_itself_fails_at_once() {
    let Some(ended) = ended() else { return };
    for name in ["audited", "wrong", "early"] {
        state(&ended[name], "failed", 1);
    }
}

/// Zone, when a run is due, the day that had closed there.
const CLOSED: [(&str, &str, &str); 5] = [
    ("UTC", "2026-09-06T02:00:00Z", "2026-09-05"),
    ("America/New_York", "2026-09-06T02:00:00Z", "2026-09-04"),
    ("Asia/Tokyo", "2026-09-05T17:00:00Z", "2026-09-05"),
    ("Europe/Berlin", "2026-03-29T22:30:00Z", "2026-03-29"), // after a day of 23 hours
    ("Europe/Berlin", "2026-10-25T22:59:00Z", "2026-10-24"), // before the end of a day of 25
];

#[test]
fn the_day_that_has_closed_is_one_of_the_zone() {
    let Some(ended) = ended() else { return };
    assert_eq!(ended["closed"], json!(CLOSED.map(|(_, _, day)| day)));
}

#[test]
fn the_readme_shows_the_dag() {
    let readme = std::fs::read_to_string(path("README.md")).unwrap();
    assert!(
        readme.contains(&format!("```python\n{DAG}```\n")),
        "README.md and tests/airflow/hale_daily.py differ"
    );
}

/// A scheduler with its workers, and the bundled project: every file of a day is that of a run alone.
#[test]
#[ignore = "processes of Airflow for some minutes: `make airflow`"]
fn a_backfill_builds_days_side_by_side() {
    let Some(airflow) = python::or_skip(Airflow::new()) else { return };
    let project = tempfile::tempdir().unwrap();
    good(hale(project.path(), &["init", "."]));
    let [data, side, alone] = ["data", "side", "alone"].map(|name| project.path().join(name));
    let variables = [
        ("AIRFLOW_VAR_HALE_PROJECT", project.path().to_str().unwrap()),
        ("AIRFLOW_VAR_HALE_SOURCES", data.to_str().unwrap()),
        ("AIRFLOW_VAR_HALE_OUT", side.to_str().unwrap()),
    ];
    let script = path("tests/airflow/backfill.py");
    let days = ["2026-09-26", "2026-10-01T03:00"]; // six nights
    let said = airflow.run("python", &[script.to_str().unwrap(), days[0], days[1]], &variables);
    let runs: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let runs = runs.as_array().unwrap();
    eprintln!("{runs:#?}");
    let of = |kind: &str| runs.iter().filter(|run| run["run_type"] == kind).collect::<Vec<_>>();
    let backfill = of("backfill");
    assert_eq!(backfill.len(), 6);
    assert!(backfill.iter().all(|run| run["state"] == "success"), "{runs:#?}");
    let text = |run: &Value, name: &str| run[name].as_str().unwrap().to_owned();
    let at_once = |run: &&Value| {
        backfill
            .iter()
            .filter(|other| {
                text(other, "start") <= text(run, "start") && text(run, "start") < text(other, "end")
            })
            .count()
    };
    assert_eq!(backfill.iter().map(at_once).max(), Some(3), "{runs:#?}");
    good(hale(project.path(), &["run", "--from", "2026-09-25", "--to", "2026-09-30", "--out", "alone"]));
    let of_days = |root: &Path| -> Vec<(String, Vec<u8>)> {
        let files = files_below(root).into_iter().filter(|file| file.contains("/as_of="));
        files.map(|file| (file.clone(), std::fs::read(root.join(file)).unwrap())).collect()
    };
    let (side, alone) = (of_days(&side), of_days(&alone));
    assert!(side.len() > 60, "{}", side.len());
    assert!(side == alone, "days built side by side differ");
}
