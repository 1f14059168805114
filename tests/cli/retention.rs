//! How long what is published is kept: `keep` of hale.yml, which `hale gc` carries out and `hale plan` foretells.

use chrono::{Days, NaiveDate};
use halescore::project::Project as Written;
use halescore::project::retention::Retention;
use serde_json::{Value, json};

use super::{Project, SETTINGS, code, err, good, one_line, sums};

fn json_of(project: &Project, arguments: &[&str]) -> Value {
    one_line(&good(project.hale(&[arguments, &["--json"]].concat())))
}

/// Days from January to the 3rd of March, and a table that is stored whole.
fn published(keep: &str) -> Project {
    let whole = "CREATE TABLE marts.days (day DATE PRIMARY KEY, n BIGINT) AS SELECT as_of_date AS day, sum(n) AS n \
                 FROM metrics.accounts GROUP BY as_of_date\n";
    let project =
        Project::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT")), ("sql/marts/days.sql", whole)]);
    project.events(&(1..=62).map(|day| ("a", day, 1)).collect::<Vec<_>>());
    project.write("hale.yml", &format!("{SETTINGS}{keep}"));
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-03-03"]));
    project
}

fn days(project: &Project) -> Vec<String> {
    let sql = "SELECT DISTINCT as_of_date FROM metrics.accounts ORDER BY 1";
    let told = good(project.hale(&["query", sql, "--format", "csv"]));
    told.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn days_beyond_what_is_kept_are_taken_out_by_gc_and_foretold_by_plan() {
    let project = published("keep: 2 days, then month ends\n");
    let plan = ["plan", "--as-of", "2026-03-03"];
    let expiring = json_of(&project, &plan)["expiring"].as_array().unwrap().len();
    assert_eq!(expiring, 62 - 2 - 2, "but for two days and two ends of months");
    let told = good(project.hale(&plan));
    assert!(
        told.contains("`hale gc` takes out 2026-01-01 to 2026-01-30, 2026-02-01 to 2026-02-27, 2026-03-01"),
        "{told}"
    );
    let rehearsed = json_of(&project, &["gc", "--dry-run"]);
    assert_eq!((rehearsed["expired"].as_array().unwrap().len(), &rehearsed["dry_run"]), (58, &json!(true)));
    assert_eq!(days(&project).len(), 62, "a rehearsal changes nothing");
    let whole = std::fs::read(project.path("out/marts/days/part-0000.parquet")).unwrap();
    let told = good(project.hale(&["gc"]));
    assert!(
        told.contains("took out 2026-01-01 to 2026-01-30")
            && told.contains("beyond `keep: 2 days, then month ends`")
    );
    assert_eq!(days(&project), ["2026-01-31", "2026-02-28", "2026-03-02", "2026-03-03"]);
    assert!(!project.path("out/metrics/accounts/as_of=2026-02-27").exists());
    assert_eq!(std::fs::read(project.path("out/marts/days/part-0000.parquet")).unwrap(), whole);
    good(project.hale(&["verify"]));
    let history = good(project.hale(&["history"]));
    assert!(history.contains("took out 58 days"), "{history}");
    assert_eq!(json_of(&project, &["gc"])["expired"], json!([]), "there is no more to be done");
    // Not held: who is asked for such a day publishes it, until the next time.
    good(project.hale(&["run", "--as-of", "2026-01-15"]));
    assert!(days(&project).contains(&"2026-01-15".to_owned()));
    assert_eq!(json_of(&project, &["gc"])["expired"], json!(["2026-01-15"]));
    // Earlier commits have the days until they are let go.
    let first = good(project.hale(&["show", "metrics.accounts", "--as-of", "2026-01-15", "--commit", "1"]));
    assert!(first.contains("2026-01-15"), "{first}");
}

#[test]
fn where_nothing_is_said_all_is_kept() {
    let project = published("");
    assert_eq!(json_of(&project, &["gc"])["expired"], json!([]));
    assert_eq!(json_of(&project, &["plan", "--as-of", "2026-03-03"])["expiring"], json!([]));
    assert!(good(project.hale(&["gc", "--dry-run"])).contains("no day would be taken out"));
    assert_eq!(days(&project).len(), 62);
    project.write("hale.yml", &format!("{SETTINGS}keep: 60 days\n"));
    good(project.hale(&["gc"]));
    assert_eq!(days(&project).first().unwrap(), "2026-01-03");
    assert_eq!(days(&project).len(), 60);
}

#[test]
fn what_does_not_say_how_long_is_refused() {
    let project = Project::sound();
    for wrong in
        ["800", "800 weeks", "0 days", "-1 days", "800 days, then year ends", "800 days, ", "for ever", "[1]"]
    {
        project.write("hale.yml", &format!("{SETTINGS}keep: {wrong}\n"));
        let told = project.hale(&["check"]);
        assert_eq!(code(&told), 1, "{wrong}: {}", err(&told));
    }
    project.write("hale.yml", &format!("{SETTINGS}keep: 800 weeks\n"));
    let told = err(&project.hale(&["check"]));
    assert!(
        told.contains("`800 weeks` does not say") && told.contains("keep: 800 days, then month ends"),
        "{told}"
    );
}

#[test]
fn days_are_counted_from_the_newest_and_months_end_on_their_last_day() {
    let project = Project::sound();
    let keep = |text: &str| {
        project.write("hale.yml", &format!("{SETTINGS}keep: {text}\n"));
        let written = Written::load(&project.path("")).unwrap_or_else(|problems| panic!("{problems}"));
        written.settings.keep.unwrap()
    };
    assert_eq!(keep("1 day"), Retention { days: 1, month_ends: false });
    let ends = keep("800 days, then  month ends");
    assert_eq!(
        (ends, ends.to_string()),
        (Retention { days: 800, month_ends: true }, "800 days, then month ends".to_owned())
    );
    let newest = NaiveDate::from_ymd_opt(2028, 3, 1).unwrap();
    for age in 0..2_000_u64 {
        let day = newest - Days::new(age);
        let ends_month = (day + Days::new(1)).format("%d").to_string() == "01";
        assert_eq!(ends.keeps(day, newest), age < 800 || ends_month, "{day}");
        assert_eq!(keep_only(800).keeps(day, newest), age < 800, "{day}");
    }
}

fn keep_only(days: u32) -> Retention {
    Retention { days, month_ends: false }
}
