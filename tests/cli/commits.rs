//! What was published, as people meet it: history, going back, taking days out, looking whether all is there.

use serde_json::Value;

use super::{Project, code, err, good, one_line, out, sums};

fn json(project: &Project, arguments: &[&str]) -> Value {
    one_line(&good(project.hale(&[arguments, &["--json"]].concat())))
}

/// Two days published, the second of them again with other numbers.
fn published_twice() -> Project {
    let project = Project::sound();
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-02", "--why", "the first time"]));
    project.events(&[("a", 1, 5), ("b", 1, 7), ("a", 2, 900)]);
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    project
}

fn sum(project: &Project, more: &[&str]) -> String {
    let query =
        ["query", "SELECT sum(n) FROM metrics.accounts WHERE as_of_date = '2026-01-02'", "--format", "csv"];
    good(project.hale(&[&query[..], more].concat())).lines().last().unwrap().to_owned()
}

#[test]
fn history_tells_what_was_published_by_whom_and_why() {
    let project = Project::sound();
    assert!(good(project.hale(&["history"])).contains("nothing was published yet"));
    let project = published_twice();
    let told = json(&project, &["history"]);
    let commits = told["commits"].as_array().unwrap();
    assert_eq!(commits.iter().map(|commit| commit["commit"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 1]);
    assert_eq!((&commits[1]["why"], &commits[0]["why"]), (&"the first time".into(), &Value::Null));
    assert_eq!(commits[0]["what"]["tables"]["metrics.accounts"], 1);
    let text = good(project.hale(&["history", "--limit", "1"]));
    assert!(text.contains("published 2026-01-02, 1 table") && !text.contains("the first time"), "{text}");
    // The definition that made the rows is kept with them.
    let definition = commits[0]["definition"].as_str().unwrap();
    let kept =
        std::fs::read_to_string(project.path(&format!("out/_hale/definitions/{definition}.json"))).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert!(kept["sql/metrics/accounts.sql"].as_str().unwrap().contains("sum(n)"), "{kept}");
    assert!(kept["hale.yml"].is_string());
}

#[test]
fn a_rollback_is_seen_by_all_and_the_next_run_leaves_the_day_alone() {
    let project = published_twice();
    assert_eq!((sum(&project, &[]), sum(&project, &["--commit", "1"])), ("900".into(), "10".into()));
    assert!(good(project.hale(&["rollback", "1", "--why", "900 is wrong"])).contains("commit 3"));
    assert_eq!(sum(&project, &[]), "10");
    let plain = project.path("out/metrics/accounts/as_of=2026-01-02/part-0000.parquet");
    let latest = project.path("out/latest/metrics.accounts.parquet");
    assert_eq!(std::fs::read(&plain).unwrap(), std::fs::read(latest).unwrap());
    let night = project.hale(&["run", "--as-of", "2026-01-02", "--json"]);
    assert!(err(&night).contains("held since commit 3 (rolled back to commit 1)"), "{}", err(&night));
    let result = one_line(&good(night));
    assert_eq!((&result["published"], &result["held"][0]), (&false.into(), &"2026-01-02".into()));
    assert_eq!(sum(&project, &[]), "10");
    // Among several days only those are left alone that are held.
    let both = json(&project, &["run", "--from", "2026-01-01", "--to", "2026-01-02"]);
    assert_eq!((&both["published"], &both["files"]["unchanged"]), (&true.into(), &1.into()));
    good(project.hale(&["release", "2026-01-02"]));
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    assert_eq!(sum(&project, &[]), "900");
    let unknown = project.hale(&["rollback", "99"]);
    assert!(code(&unknown) == 2 && err(&unknown).contains("there is no commit 99"), "{}", err(&unknown));
}

#[test]
fn a_day_that_is_unpublished_stays_out_until_it_is_released() {
    let project = published_twice();
    good(project.hale(&["unpublish", "2026-01-02"]));
    let gone = project.hale(&["show", "metrics.accounts", "--as-of", "2026-01-02"]);
    assert!(code(&gone) == 2 && err(&gone).contains("has no day 2026-01-02"), "{}", err(&gone));
    assert!(!project.published().iter().any(|path| path.contains("as_of=2026-01-02")));
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    assert!(!project.published().iter().any(|path| path.contains("as_of=2026-01-02")));
    good(project.hale(&["release", "--all"]));
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    assert_eq!(sum(&project, &[]), "900");
}

#[test]
fn verify_names_what_is_wrong_and_mends_plain_folders() {
    let project = published_twice();
    assert_eq!(json(&project, &["verify"])["faults"], Value::Object(serde_json::Map::new()));
    let plain = "out/metrics/accounts/as_of=2026-01-01/part-0000.parquet";
    project.write(plain, "spreadsheet");
    project.write("out/metrics/accounts/as_of=2026-01-01/mine.parquet", "mine");
    let told = project.hale(&["verify"]);
    assert_eq!(code(&told), 3, "{}", out(&told));
    assert!(err(&told).contains("changed-file") && err(&told).contains("strange-file"), "{}", err(&told));
    let mended = project.hale(&["verify", "--mend"]);
    assert!(
        err(&mended).contains("strange-file") && !err(&mended).contains("changed-file"),
        "{}",
        err(&mended)
    );
    good(mended);
    assert!(project.published().contains(&"metrics/accounts/as_of=2026-01-01/mine.parquet".to_owned()));
    // What is written into a plain file changes nothing of what was published.
    project.write(plain, "spreadsheet");
    assert_eq!(sum(&project, &[]), "900");
}

#[test]
fn gc_keeps_what_kept_commits_name() {
    let project = published_twice();
    for n in 1..6 {
        project.events(&[("a", 1, 5), ("a", 2, n)]);
        good(project.hale(&["run", "--as-of", "2026-01-02"]));
    }
    let young = json(&project, &["gc", "--keep", "2"]);
    assert_eq!((&young["objects"], &young["commits"]), (&0.into(), &5.into()));
    let told = json(&project, &["gc", "--keep", "2", "--days", "0"]);
    assert!(told["objects"].as_u64().unwrap() >= 4, "{told}");
    good(project.hale(&["verify"]));
    assert_eq!(sum(&project, &[]), "5");
    assert_eq!(code(&project.hale(&["show", "metrics.accounts", "--commit", "1"])), 2);
}

#[test]
fn views_show_one_commit_whatever_is_published_afterwards() {
    let project = published_twice();
    let sql = good(project.hale(&["views", "--commit", "1"]));
    assert!(sql.contains(".accounts AS SELECT * FROM read_parquet(["), "{sql}");
    if crate::python::or_skip(crate::python::has(&["duckdb"])).is_none() {
        return;
    }
    let script = "import sys, duckdb\nduckdb.execute(sys.argv[1])\n\
        print(duckdb.sql(\"SELECT sum(n) FROM metrics.accounts WHERE as_of_date = '2026-01-02'\").fetchall()[0][0])";
    assert_eq!(crate::python::run(script, &[&sql]).trim(), "10");
}

#[test]
fn plain_folders_show_what_the_settings_name() {
    let project = Project::sound();
    project.write("hale.yml", &format!("{}folders: [scores, metrics.other]\n", super::SETTINGS));
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    assert!(project.published().iter().all(|path| path.starts_with("_hale/")), "{:?}", project.published());
    assert_eq!(sum(&project, &[]), "10");
    project.write("hale.yml", super::SETTINGS);
    project.write("sql/metrics/accounts.sql", &sums("n BIGINT"));
    project.events(&[("a", 1, 5), ("a", 2, 3)]);
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    assert!(project.published().contains(&"metrics/accounts/as_of=2026-01-02/part-0000.parquet".to_owned()));
    project.write("hale.yml", &format!("{}folders: [scors]\n", super::SETTINGS));
    let told = project.hale(&["check"]);
    assert!(code(&told) == 1 && err(&told).contains("scores"), "{}", err(&told));
}

/// A whole table is all of history up to the last day of a run: a run of an older day does not take it back.
#[test]
fn a_run_of_an_older_day_takes_no_table_back_in_time() {
    let project = Project::sound();
    project.write("sql/marts/days.sql", "CREATE TABLE marts.days (day DATE PRIMARY KEY, n BIGINT) AS SELECT day, count(n) AS n FROM calendar.days LEFT JOIN metrics.accounts ON as_of_date = day GROUP BY day\n");
    good(project.hale(&["run", "--as-of", "2026-01-05"]));
    let count = || good(project.hale(&["query", "SELECT count(*) FROM marts.days", "--format", "csv"]));
    let before = count();
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    assert_eq!(count(), before);
}

/// Killed at any moment, a run has published all or nothing, and the next one, of another day, finishes.
#[test]
fn a_run_that_is_killed_leaves_no_mixture() {
    let project = Project::of(&[
        ("sql/metrics/accounts.sql", &sums("n BIGINT")),
        (
            "sql/marts/same.sql",
            &super::by_day("n BIGINT", "SELECT account_id, as_of_date, n FROM metrics.accounts")
                .replace("metrics.accounts (", "marts.same ("),
        ),
    ]);
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-09"]));
    let took = std::time::Instant::now();
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-09", "--force"]));
    let took = took.elapsed();
    let sums = "SELECT (SELECT sum(n) FROM metrics.accounts WHERE as_of_date < '2026-01-10') = \
        (SELECT sum(n) FROM marts.same WHERE as_of_date < '2026-01-10') AS same, \
        (SELECT max(n) FROM metrics.accounts) AS newest";
    let (mut killed, mut part) = (0, 0.65);
    for number in 1..=12 {
        project.events(&[("a", 1, 10 + number), ("a", 2, 20), ("b", 9, 30), ("a", 10, number)]);
        let mut run =
            super::command(&project.path(""), &["run", "--from", "2026-01-01", "--to", "2026-01-09"])
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
        // Later each time, until one ends by itself: most of them in the last third, where a run publishes, however fast it is.
        std::thread::sleep(took.mul_f64(part));
        let _ = run.kill();
        let was_killed = !run.wait().unwrap().success();
        killed += u32::from(was_killed);
        part = if was_killed { part + 0.05 } else { part * 0.8 };
        let seen: Value = serde_json::from_str(&good(project.hale(&["query", sums, "--json"]))).unwrap();
        assert_eq!(seen[0]["same"], true, "{seen}");
        good(project.hale(&["run", "--as-of", "2026-01-10"]));
        good(project.hale(&["verify"]));
    }
    assert!(killed > 3, "of 12 runs {killed} were killed");
}

/// Makes a file as old as others are: what is young may still be written.
pub(crate) fn age(project: &Project, relative: &str, seconds: u64) {
    let then = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000 + seconds);
    std::fs::File::options().write(true).open(project.path(relative)).unwrap().set_modified(then).unwrap();
}

#[test]
fn where_nothing_has_changed_nothing_is_done_and_no_data_is_read() {
    let project = Project::sound();
    let (run, plan) = (["run", "--as-of", "2026-01-02"], ["plan", "--as-of", "2026-01-02"]);
    let source = "data/events.parquet";
    age(&project, source, 0);
    let why = |project: &Project| json(project, &plan)["steps"][0]["why"].as_str().unwrap().to_owned();
    assert_eq!(why(&project), "never published");
    assert_eq!(json(&project, &run)["commit"], 1);
    assert_eq!(
        (json(&project, &plan)["build"].clone(), why(&project)),
        (Value::Null, "as it would be".into())
    );
    // Other bytes of the same size and time: whoever read them would fail.
    let sound = std::fs::read(project.path(source)).unwrap();
    let file = std::fs::File::options().write(true).open(project.path(source)).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0; sound.len()], 0).unwrap();
    age(&project, source, 0);
    let again = json(&project, &run);
    assert_eq!(
        (&again["published"], &again["up_to_date"], &again["commit"]),
        (&true.into(), &true.into(), &Value::Null)
    );
    assert!(err(&project.hale(&run)).contains("nothing to do"));
    assert_ne!(code(&project.hale(&[&run[..], &["--force"]].concat())), 0);
    // A plain file that is gone is written again all the same.
    let plain = project.path("out/metrics/accounts/as_of=2026-01-02/part-0000.parquet");
    std::fs::remove_file(&plain).unwrap();
    assert_eq!(json(&project, &run)["up_to_date"], true);
    assert!(plain.exists());
    // What has changed is said, and built.
    project.events(&[("a", 1, 5), ("a", 2, 77)]);
    age(&project, source, 9);
    assert_eq!(why(&project), "files of sources have changed");
    assert_eq!(json(&project, &run)["commit"], 2);
    project.write("sql/metrics/accounts.sql", &sums("n BIGINT"));
    assert_eq!(why(&project), "its definition has changed");
    let text = good(project.hale(&plan));
    assert!(text.contains("a run builds 2026-01-02") && text.contains("2026-01-02"), "{text}");
    let three = json(&project, &["plan", "--from", "2026-01-01", "--to", "2026-01-03"]);
    let days: Vec<_> =
        three["steps"].as_array().unwrap().iter().map(|step| (&step["why"], &step["days"])).collect();
    assert_eq!(days.len(), 2, "{three}");
    good(project.hale(&["rollback", "1"]));
    assert_eq!(json(&project, &plan)["steps"][0]["action"], "hold");
}
