//! Who counts as having left: whoever is in force on the day of the score and not later. Metrics go on having customers for
//! some weeks after their last contract, and users after their last visit; whoever had left before tells nothing. Whoever goes
//! on in another account is there as long as that one is.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Int64Array, StringArray};
use serde_json::Value;
use tempfile::TempDir;

use super::world::{days_since_1970, hale, parquet, write};

/// The day of the scores and the one of the outcome.
const DAYS: [&str; 2] = ["2026-06-30", "2026-07-30"];

/// Of each kind.
const EACH: usize = 30;

/// A kind of account: whether it has a row, and is in force, on each of the days.
const KINDS: [[Option<bool>; 2]; 4] = [
    // Left before the day of the score.
    [Some(false), None],
    // Left after it, and still has a row.
    [Some(true), Some(false)],
    // Left after it, and has none any more.
    [Some(true), None],
    // Stayed.
    [Some(true), Some(true)],
];

/// Rows of accounts, or of users each of an account of their own.
fn rows() -> Vec<(String, &'static str, bool)> {
    let of_kind = |kind: usize, at: usize| {
        DAYS.iter()
            .zip(KINDS[kind])
            .filter_map(move |(day, there)| Some((format!("a{kind}{at:02}"), *day, there?)))
    };
    (0..KINDS.len()).flat_map(|kind| (0..EACH).flat_map(move |at| of_kind(kind, at))).collect()
}

fn facts(folder: &Path, name: &str, in_force: (&str, ArrayRef), users: bool) {
    let rows = rows();
    let texts = |of: &dyn Fn(&str) -> String| -> ArrayRef {
        Arc::new(rows.iter().map(|(account, ..)| Some(of(account))).collect::<StringArray>())
    };
    let days = rows.iter().map(|(_, day, _)| Some(days_since_1970(day))).collect::<Date32Array>();
    let uses = rows.iter().enumerate().map(|(at, _)| Some(at as i64 * 37 % 101)).collect::<Int64Array>();
    let mut columns = vec![("account_id", texts(&str::to_owned)), ("as_of_date", Arc::new(days) as ArrayRef)];
    columns.push(("uses", Arc::new(uses)));
    columns.push(in_force);
    if users {
        columns.push(("user_id", texts(&|account| format!("u of {account}"))));
    }
    parquet(&folder.join(format!("data/{name}.parquet")), columns);
}

fn table(folder: &Path, name: &str, columns: &str, key: &str) {
    let names: Vec<&str> = columns.split(", ").filter_map(|column| column.split(' ').next()).collect();
    let names = names.join(", ");
    write(
        folder,
        &format!("sql/raw/{name}.sql"),
        &format!(
            "-- As given.\nCREATE EXTERNAL TABLE raw.{name} ({columns}) STORED AS PARQUET LOCATION '{name}.parquet' OPTIONS ('kind' 'events', 'happened_at' 'as_of_date', 'known_after' '0 days')\n"
        ),
    );
    write(
        folder,
        &format!("sql/staging/{name}.sql"),
        &format!("-- As given.\nSELECT {names} FROM dated.{name}\n"),
    );
    write(
        folder,
        &format!("sql/metrics/{name}.sql"),
        &format!(
            "-- As given.\nCREATE TABLE metrics.{name} ({columns}, PRIMARY KEY ({key})) PARTITIONED BY (as_of_date) AS\nSELECT {names} FROM staging.{name}\n"
        ),
    );
}

/// The project, both of its days published.
fn project() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    write(
        root,
        "hale.yml",
        "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-06-01\nmain_score: health\n",
    );
    let own = "account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, uses BIGINT NOT NULL";
    table(root, "accounts", &format!("{own}, is_in_force BOOLEAN NOT NULL"), "account_id, as_of_date");
    table(
        root,
        "users",
        &format!("{own}, active_days_28d BIGINT NOT NULL, user_id VARCHAR NOT NULL"),
        "account_id, user_id, as_of_date",
    );
    write(
        root,
        "sql/components/all.yml",
        "use: {title: Use, value: uses, linear: {from: 0, to: 100, points: [0, 10]}}\n",
    );
    let score = "title: T\nversion: '1'\ncomponents: [use]\ntiers: [{name: low, below: 40, at_risk: true}, {name: high}]\n";
    write(root, "sql/scores/health.yml", score);
    write(root, "sql/scores/people.yml", &format!("entity: user\n{score}"));
    let flags: BooleanArray = rows().iter().map(|(.., there)| Some(*there)).collect();
    let visits: Int64Array = rows().iter().map(|(.., there)| Some(if *there { 4 } else { 0 })).collect();
    facts(root, "accounts", ("is_in_force", Arc::new(flags)), false);
    facts(root, "users", ("active_days_28d", Arc::new(visits)), true);
    for day in DAYS {
        let ran = hale(root, &["run", "--as-of", day]);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    folder
}

#[test]
fn who_had_left_before_the_day_of_the_score_is_not_among_those_it_is_measured_on() {
    let project = project();
    for score in ["health", "people"] {
        let asked = ["suggest", "worth", "--score", score, "--horizon", "30", "--as-of", DAYS[0], "--json"];
        let told = hale(project.path(), &asked);
        let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
        assert_eq!(told["accounts"], 3 * EACH, "{score}: {told}");
        assert_eq!(
            (&told["outcome"]["gone"], &told["outcome"]["kept"]),
            (&(2 * EACH).into(), &EACH.into()),
            "{score}"
        );
        assert_eq!(told["components"][0]["gone"], 2 * EACH, "{score}");
        let note = told["notes"][0].as_str().expect("a note");
        assert!(
            note.starts_with("30 of 120 rows are left out: they were no longer there on 2026-06-30"),
            "{note}"
        );
    }
}

/// The accounts that are there no more, in part: which of them go on in which other ones from when on.
fn merges() -> Vec<Merge> {
    let account = |kind: usize, at: usize| format!("a{kind}{at:02}");
    let (before, after, never) = ("2026-07-15", "2026-07-31", "9999-12-31");
    vec![
        // In one that stays.
        (account(2, 0), account(3, 0), before, never),
        (account(1, 1), account(3, 0), before, never),
        // In one that leaves too, or goes on in one that stays.
        (account(2, 2), account(2, 3), before, never),
        (account(2, 4), account(2, 5), before, DAYS[1]),
        (account(2, 4), account(3, 1), DAYS[1], never),
        // After the day of the outcome: until then it has left.
        (account(2, 6), account(3, 2), after, never),
    ]
}

/// The account that was merged, the one in which it goes on, the first day and the day after.
type Merge = (String, String, &'static str, &'static str);

fn with_merges(folder: &Path) {
    let merges = merges();
    let texts = |of: &dyn Fn(&Merge) -> String| -> ArrayRef {
        Arc::new(merges.iter().map(|merge| Some(of(merge))).collect::<StringArray>())
    };
    let days = |of: &dyn Fn(&Merge) -> &'static str| -> ArrayRef {
        Arc::new(merges.iter().map(|merge| Some(days_since_1970(of(merge)))).collect::<Date32Array>())
    };
    parquet(
        &folder.join("data/survivors.parquet"),
        vec![
            ("account_id", texts(&|merge| merge.0.clone())),
            ("survivor_id", texts(&|merge| merge.1.clone())),
            ("first_day", days(&|merge| merge.2)),
            ("day_after", days(&|merge| merge.3)),
        ],
    );
    let columns = "account_id VARCHAR NOT NULL, survivor_id VARCHAR NOT NULL, first_day DATE NOT NULL, day_after DATE NOT NULL";
    let names = "account_id, survivor_id, first_day, day_after";
    for (path, sql) in [
        (
            "raw",
            format!(
                "CREATE EXTERNAL TABLE raw.survivors ({columns}) STORED AS PARQUET LOCATION 'survivors.parquet'\n\
                 OPTIONS ('kind' 'events', 'happened_at' 'first_day', 'known_after' '0 days')"
            ),
        ),
        ("staging", format!("SELECT {names} FROM dated.survivors")),
        (
            "metrics",
            format!(
                "CREATE TABLE metrics.survivors ({columns}, PRIMARY KEY (account_id, first_day)) AS\nSELECT {names} FROM staging.survivors"
            ),
        ),
    ] {
        write(folder, &format!("sql/{path}/survivors.sql"), &format!("-- As given.\n{sql}\n"));
    }
}

#[test]
fn who_goes_on_in_another_account_has_not_left() {
    let project = project();
    with_merges(project.path());
    let worth = || {
        let asked =
            ["suggest", "worth", "--score", "health", "--horizon", "30", "--as-of", DAYS[0], "--json"];
        let told: Value = serde_json::from_slice(&hale(project.path(), &asked).stdout).expect("JSON");
        (told["outcome"]["gone"].clone(), told["outcome"]["kept"].clone())
    };
    // Before the table is published nobody knows of a merge.
    assert_eq!(worth(), ((2 * EACH).into(), EACH.into()));
    for day in DAYS {
        let ran = hale(project.path(), &["run", "--as-of", day]);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    assert_eq!(worth(), ((2 * EACH - 3).into(), (EACH + 3).into()));
}
