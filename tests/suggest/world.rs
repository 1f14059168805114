//! A project whose metrics are given: accounts that leave when they use little, and metrics of every kind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::Value;
use tempfile::TempDir;

/// The day of the scores, those 30 and 90 days later, and the newest.
pub const DAYS: [&str; 4] = ["2026-06-30", "2026-07-30", "2026-09-28", "2026-09-30"];

/// A day that is published and has no rows.
pub const EMPTY_DAY: &str = "2026-06-29";

/// A segment whose name would turn a terminal red.
pub const RED: &str = "\u{1b}[31mENT";

const COLUMNS: &str = "account_id VARCHAR NOT NULL, -- who\n  as_of_date DATE NOT NULL, -- when\n  \
    segment VARCHAR, -- of which kind\n  usage_seconds_28d BIGINT NOT NULL, -- how long\n  \
    logins_28d BIGINT NOT NULL, -- how often\n  top_user_share_28d DOUBLE, -- by one user; 0 of some\n  \
    noise DOUBLE, -- nothing\n  is_trial BOOLEAN NOT NULL, -- tries only\n  pulse DOUBLE, -- of a few\n  \
    nothing DOUBLE, -- of none\n  same BIGINT NOT NULL, -- of all\n  \"Odd \"\"name\"\"\" DOUBLE -- by its name\n";

const USERS: &str = "account_id VARCHAR NOT NULL, -- whose\n  user_id VARCHAR NOT NULL, -- who\n  as_of_date DATE NOT NULL, -- when\n  \
    role VARCHAR NOT NULL, -- as what\n  logins_28d BIGINT NOT NULL -- how often\n";

const COMPONENTS: &str = "usage: {title: Usage, value: usage_seconds_28d / 3600.0, bins: [{below: 2, points: 0}, {at_most: 5, points: 2, label: some}, {points: 4}]}\n\
    logins: {title: Logins, value: logins_28d, linear: {from: 0, to: 40, points: [0, 10]}}\n\
    noise: {title: Noise, value: noise, bins: [{below: 0.5, points: 0}, {points: 1}], on_missing: {neutral: 0.25}}\n\
    spread: {title: Spread, value: top_user_share_28d, applies_when: NOT is_trial, cases: [{when: logins_28d > 20, bins: [{below: 0.4, points: 3}, {points: 0}]}, {bins: [{below: 0.6, points: 3}, {points: 1}]}]}\n\
    kind: {title: Kind, value: segment, categories: {SMB: 1, MM: 2}, otherwise: 3}\n\
    habit: {title: Habit, value: logins_28d, bins: [{below: 20, points: 0}, {points: 1}]}\n";

const TIERS: &str = "tiers: [{name: low, below: 40}, {name: high}]\n";

/// The score, without a component where one is named.
fn health(without: &str) -> String {
    let parts = |parts: &[&str]| {
        let left: Vec<String> = parts
            .iter()
            .filter(|part| **part != without)
            .map(|part| format!("{part}: {}", part.len()))
            .collect();
        format!("{{{}}}", left.join(", "))
    };
    format!(
        "title: Health\nmin_coverage: 0\nversion: '1'\ncomponents:\n  use: {{weight: 60, components: {}}}\n  rest: {{weight: 40, aggregate: min, components: {}}}\n\
         scorecards:\n  - {{name: trial, when: is_trial, weights: {{use: 10}}}}\n  - {{name: default}}\n{TIERS}",
        parts(&["usage", "logins"]),
        parts(&["noise", "spread", "kind"]),
    )
}

/// A table as it is given, from its source to metrics.
pub fn table(name: &str, columns: &str, key: &str) -> [(String, String); 3] {
    let listed: Vec<&str> = columns.lines().filter_map(|line| line.split(" -- ").next()).collect();
    let names = listed.iter().map(|line| {
        let line = line.trim();
        if line.starts_with('"') {
            line.rsplit_once(' ').map_or(line, |(name, _)| name)
        } else {
            line.split(' ').next().unwrap_or(line)
        }
    });
    let names = names.collect::<Vec<_>>().join(", ");
    [
        (
            format!("sql/raw/{name}.sql"),
            format!(
                "-- As given.\nCREATE EXTERNAL TABLE raw.{name} (\n  {columns}) STORED AS PARQUET LOCATION '{name}.parquet' OPTIONS ('kind' 'events', 'happened_at' 'as_of_date', 'known_after' '0 days')\n"
            ),
        ),
        (format!("sql/staging/{name}.sql"), format!("-- As given.\nSELECT {names} FROM dated.{name}\n")),
        (
            format!("sql/metrics/{name}.sql"),
            format!(
                "-- As given.\nCREATE TABLE metrics.{name} (\n  {},\n  PRIMARY KEY ({key})\n) PARTITIONED BY (as_of_date) AS\nSELECT {names} FROM staging.{name}\n",
                columns.trim_end().rsplit_once(" -- ").map_or(columns, |(columns, _)| columns),
            ),
        ),
    ]
}

/// An account on a day, as given.
#[derive(Debug, Clone)]
pub struct Fact {
    pub account: String,
    pub day: &'static str,
    pub segment: Option<&'static str>,
    pub seconds: i64,
    pub logins: i64,
    pub share: Option<f64>,
    pub noise: Option<f64>,
    pub is_trial: bool,
}

/// Accounts: those with little usage are gone after 90 days, a few after 30.
pub fn facts() -> Vec<Fact> {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut chance = move || f64::from(random.next_u32()) / f64::from(u32::MAX);
    let mut facts = Vec::new();
    for number in 0..300 {
        let health = chance();
        let seconds =
            if number % 7 == 0 { 0 } else { (health * 30_000.0) as i64 + (chance() * 8_000.0) as i64 };
        let fact = Fact {
            account: format!("a{number:03}"),
            day: DAYS[0],
            segment: [Some("SMB"), Some("MM"), Some(RED), Some("it's"), None][(chance() * 4.99) as usize],
            seconds,
            logins: (health * 30.0) as i64 + (chance() * 20.0) as i64,
            share: match number % 11 {
                0 => None,
                1 => Some(0.0),
                _ => Some((chance() * 20.0).floor() / 20.0),
            },
            noise: (number % 13 != 0).then(&mut chance),
            is_trial: number % 5 == 0,
        };
        let gone = chance() < 0.5 - 0.45 * health;
        let early = gone && number % 9 == 0;
        let days = DAYS.iter().enumerate().filter(|(at, _)| match at {
            0 => true,
            1 => !early,
            _ => !gone,
        });
        facts.extend(days.map(|(_, day)| Fact { day, ..fact.clone() }));
    }
    facts
}

pub fn days_since_1970(day: &str) -> i32 {
    let day: chrono::NaiveDate = day.parse().expect("a day");
    (day - chrono::NaiveDate::default()).num_days() as i32
}

pub fn write(folder: &Path, relative: &str, text: &str) {
    let path = folder.join(relative);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
}

pub fn parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    );
    let batch = batch.expect("columns of one length");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let file = std::fs::File::create(path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

fn accounts(folder: &Path) {
    let facts = facts();
    let rows = || facts.iter();
    let number = |of: fn(&Fact) -> i64| -> ArrayRef {
        Arc::new(rows().map(|fact| Some(of(fact))).collect::<Int64Array>())
    };
    let double =
        |of: fn(&Fact) -> Option<f64>| -> ArrayRef { Arc::new(rows().map(of).collect::<Float64Array>()) };
    parquet(
        &folder.join("data/accounts.parquet"),
        vec![
            ("account_id", Arc::new(rows().map(|fact| Some(fact.account.as_str())).collect::<StringArray>())),
            (
                "as_of_date",
                Arc::new(rows().map(|fact| Some(days_since_1970(fact.day))).collect::<Date32Array>()),
            ),
            ("segment", Arc::new(rows().map(|fact| fact.segment).collect::<StringArray>())),
            ("usage_seconds_28d", number(|fact| fact.seconds)),
            ("logins_28d", number(|fact| fact.logins)),
            ("top_user_share_28d", double(|fact| fact.share)),
            ("noise", double(|fact| fact.noise)),
            ("is_trial", Arc::new(rows().map(|fact| Some(fact.is_trial)).collect::<BooleanArray>())),
            ("pulse", double(|fact| fact.account.ends_with("99").then_some(fact.seconds as f64))),
            ("nothing", double(|_| None)),
            ("same", number(|_| 3)),
            ("Odd \"name\"", double(|fact| Some(-(fact.seconds as f64)))),
        ],
    );
}

fn users(folder: &Path) {
    let facts = facts();
    let text = |of: &dyn Fn(&Fact) -> String| -> ArrayRef {
        Arc::new(facts.iter().map(|fact| Some(of(fact))).collect::<StringArray>())
    };
    parquet(
        &folder.join("data/users.parquet"),
        vec![
            ("account_id", text(&|fact| fact.account.clone())),
            ("user_id", text(&|fact| format!("u of {}", fact.account))),
            (
                "as_of_date",
                Arc::new(facts.iter().map(|fact| Some(days_since_1970(fact.day))).collect::<Date32Array>()),
            ),
            ("role", text(&|fact| if fact.is_trial { "guest" } else { "member" }.to_owned())),
            ("logins_28d", Arc::new(facts.iter().map(|fact| Some(fact.logins)).collect::<Int64Array>())),
        ],
    );
}

/// A project in a folder of its own, all of its days published.
pub fn project() -> &'static TempDir {
    static PROJECT: OnceLock<TempDir> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "hale.yml", "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-06-01\n");
        let tables = [
            table("accounts", COLUMNS, "account_id, as_of_date"),
            table("users", USERS, "account_id, user_id, as_of_date"),
        ];
        tables.iter().flatten().for_each(|(path, text)| write(folder.path(), path, text));
        write(folder.path(), "sql/components/all.yml", COMPONENTS);
        write(folder.path(), "sql/scores/health.yml", &health(""));
        for component in LEFT_OUT {
            write(folder.path(), &format!("sql/scores/without_{component}.yml"), &health(component));
        }
        write(folder.path(), "sql/scores/people.yml", &format!("title: People\nversion: '1'\nentity: user\ncomponents: [habit]\n{TIERS}"));
        write(
            folder.path(),
            "sql/scores/rolled.yml",
            &format!("title: Rolled\nversion: '1'\nroll_up: {{of: people, to: account_id, measure: mean, fallback: unscored}}\n{TIERS}"),
        );
        write(folder.path(), "sql/tests/.keep", "");
        accounts(folder.path());
        users(folder.path());
        for day in DAYS.iter().chain([&EMPTY_DAY]) {
            let ran = hale(folder.path(), &["run", "--as-of", day]);
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        }
        folder
    })
}

/// The components of the score, of each of which there is a score without it.
pub const LEFT_OUT: [&str; 5] = ["usage", "logins", "noise", "spread", "kind"];

pub fn hale(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hale"));
    for variable in
        ["HALE_PROJECT", "HALE_THREADS", "HALE_MEMORY_LIMIT", "HALE_SOURCES", "HALE_OUT", "NO_COLOR"]
    {
        command.env_remove(variable);
    }
    command.current_dir(folder).args(arguments).output().expect("it starts")
}

pub fn text(arguments: &[&str]) -> String {
    let output = hale(project().path(), arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

pub fn json(arguments: &[&str]) -> Value {
    let all: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&text(&all)).expect("JSON")
}

/// What is said when a call is refused with an exit code.
pub fn refused(code: i32, arguments: &[&str]) -> String {
    let output = hale(project().path(), arguments);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.stdout, b"", "nothing is printed");
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// Every file below the project's folder, with its bytes.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.to_string_lossy().into_owned(), std::fs::read(&path).expect("read"));
        }
    }
    found
}
