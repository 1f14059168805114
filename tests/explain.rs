//! `hale explain` and `hale run --rescore`, on a project of random usage: capabilities 16, 18, 19 and 118.

mod known; // days as they were known

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::Value;
use tempfile::TempDir;

const FILES: [(&str, &str); 8] = [
    ("hale.yml", "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n"),
    (
        "sql/raw/events.sql",
        "-- What happened.\nCREATE EXTERNAL TABLE raw.events (\n  account_id VARCHAR NOT NULL, -- who\n  day DATE NOT NULL, -- when\n  \
         n BIGINT, -- how much\n) STORED AS PARQUET LOCATION 'events.parquet' OPTIONS (kind 'events', happened_at 'day', known_after '0 days')\n",
    ),
    ("sql/staging/events.sql", "-- Events as they are.\nSELECT account_id, day, n FROM dated.events\n"),
    (
        "sql/metrics/accounts.sql",
        "-- Facts of each account and day.\nCREATE TABLE metrics.accounts (\n  account_id VARCHAR NOT NULL, -- who\n  as_of_date DATE NOT NULL, -- when\n  \
         n_7d BIGINT, -- how much in seven days; NULL when nothing\n  events_7d BIGINT NOT NULL, -- how often\n  young BOOLEAN NOT NULL, -- of the first days\n  \
         PRIMARY KEY (account_id, as_of_date)\n) PARTITIONED BY (as_of_date) AS\n\
         WITH log AS (\n  SELECT account_id, day AS as_of_date, n, TRUE AS happened, FALSE AS on_spine FROM staging.events\n  UNION ALL\n  \
         SELECT a.account_id, d.day, NULL, CAST(NULL AS BOOLEAN), TRUE FROM (VALUES ('a'), ('b'), ('c'), ('it''s')) AS a (account_id) CROSS JOIN calendar.days AS d\n), rolling AS (\n  \
         SELECT account_id, as_of_date, on_spine, sum(n) OVER w AS n_7d, count(happened) OVER w AS events_7d FROM log\n  \
         WINDOW w AS (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW)\n)\n\
         SELECT account_id, as_of_date, n_7d, events_7d, as_of_date < DATE '2026-01-20' AS young FROM rolling WHERE on_spine\n",
    ),
    (
        "sql/components/all.yml",
        "amount: {title: Amount, value: n_7d, bins: [{below: 5, points: 0}, {at_most: 20, points: 2, label: some}, {points: 3}], docs: Why not}\n\
         often: {title: Often, value: events_7d, linear: {from: 0, to: 7, points: [0, 10]}, rounding: 1}\n\
         kept: {title: Kept, value: n_7d, linear: {from: 0, to: 30, points: [0, 1]}, on_missing: {carry_forward: 3}}\n\
         sparse: {title: Sparse, value: \"n_7d / nullif(events_7d - 1, 0)\", bins: [{below: 4, points: 1}, {points: 0}]}\n\
         rise: {title: Rise, value: n_7d, relative_to: {own_history: {days: 7, gap: 7, as: change}}, zero_base: {give: worst}, bins: [{below: 0, points: -2}, {points: 3}]}\n",
    ),
    (
        "sql/scores/health.yml",
        "title: Health\nversion: '1'\nrounding: 1\ncomponents:\n  use: {weight: 60, components: {amount: 2, often: 1}}\n  \
         quality: {weight: 40, aggregate: min, components: [kept, sparse]}\n\
         scorecards:\n  - {name: young, when: young, weights: {use: 10}}\n  - {name: default}\n\
         tiers: [{name: low, below: 40}, {name: high}]\n",
    ),
    (
        "sql/scores/risk.yml",
        "title: Risk\nversion: '1'\nscale: [0, 10]\naggregate: {additive: {base: 5, min: 0, max: 10}}\ncomponents: {rise: 1, sparse: 0.3, often: 0.1}\n\
         tiers: [{name: low, at_most: 4}, {name: high}]\n",
    ),
    ("sql/tests/.keep", ""),
];

const DAYS: i32 = 40;

/// A project in a folder, run over all of its days.
fn project() -> &'static TempDir {
    static PROJECT: OnceLock<TempDir> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in FILES {
            write(folder.path(), path, text);
        }
        events(folder.path());
        let ran = hale(folder.path(), &["run", "--from", "2026-01-01", "--to", "2026-02-09"]);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        folder
    })
}

fn write(folder: &Path, relative: &str, text: &str) {
    let path = folder.join(relative);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
}

/// Random amounts, with gaps of several days: values come and go.
fn events(folder: &Path) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let first = 20_454; // 2026-01-01 in days since 1970
    let (mut accounts, mut days, mut amounts) = (Vec::new(), Vec::new(), Vec::new());
    for account in ["a", "b", "c", "it's"] {
        for day in 0..DAYS {
            let quiet = account == "c" && (10..24).contains(&day);
            if !quiet && random.next_u32() % 3 == 0 {
                accounts.push(account);
                days.push(first + day);
                amounts.push(i64::from(random.next_u32() % 12));
            }
        }
    }
    let columns: [(&str, ArrayRef); 3] = [
        ("account_id", Arc::new(StringArray::from(accounts))),
        ("day", Arc::new(Date32Array::from(days))),
        ("n", Arc::new(Int64Array::from(amounts))),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    std::fs::create_dir_all(folder.join("data")).expect("made");
    let file = std::fs::File::create(folder.join("data/events.parquet")).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

fn hale(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hale")).current_dir(folder).args(arguments).output().expect("it starts")
}

fn text(arguments: &[&str]) -> String {
    let output = hale(project().path(), arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(arguments: &[&str]) -> Value {
    let all: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&text(&all)).expect("JSON")
}

fn sum(parts: &[Value], of: impl Fn(&Value) -> Option<f64>) -> f64 {
    parts.iter().filter_map(of).sum()
}

#[test]
fn capability_16_contributions_and_steps_sum_to_the_score_exactly() {
    for score in ["health", "risk"] {
        for account in ["a", "c", "it's"] {
            for day in ["2026-01-03", "2026-01-21", "2026-02-09"] {
                let told = json(&["explain", account, "--score", score, "--as-of", day]);
                let parts = told["parts"].as_array().expect("parts");
                let leaves: Vec<Value> =
                    parts.iter().filter(|part| part["kind"] != "group").cloned().collect();
                let raw = told["raw_score"].as_f64();
                if let Some(raw) = raw {
                    let total = sum(&leaves, |part| part["contribution"].as_f64());
                    assert_eq!(total, raw, "{score} of {account} on {day}: {told}");
                    let steps = told["steps"].as_array().expect("steps");
                    let after = raw + sum(steps, |step| step["change"].as_f64());
                    assert_eq!(Some(after), told["score"].as_f64());
                }
                let groups = parts.iter().filter(|part| part["kind"] == "group").count();
                assert_eq!(groups, if score == "health" { 2 } else { 0 });
            }
        }
    }
}

#[test]
fn drivers_sum_to_the_difference_exactly() {
    let mut kinds = std::collections::BTreeSet::new();
    for score in ["health", "risk"] {
        for account in ["a", "b", "c", "it's"] {
            for (from, to) in
                [("2026-01-08", "2026-01-12"), ("2026-01-15", "2026-01-22"), ("2026-01-10", "2026-02-09")]
            {
                let moved = json(&["explain", account, "--score", score, "--as-of", to, "--vs", from]);
                assert_eq!(moved["note"], Value::Null);
                let Some(change) = moved["change"].as_f64() else {
                    assert!(moved["from_score"].is_null() || moved["to_score"].is_null());
                    continue;
                };
                let units = |number: f64| (number * 1e10).round() as i64;
                let drivers = moved["drivers"].as_array().expect("drivers");
                let total: i64 =
                    drivers.iter().filter_map(|driver| driver["change"].as_f64()).map(units).sum();
                assert_eq!(total, units(change), "{moved}");
                let published = |day: &str| {
                    json(&["explain", account, "--score", score, "--as-of", day])["score"].as_f64()
                };
                let (first, second) = (published(from).expect("scored"), published(to).expect("scored"));
                assert_eq!(units(second) - units(first), total);
                kinds.extend(drivers.iter().filter_map(|driver| driver["kind"].as_str().map(str::to_owned)));
            }
        }
    }
    for kind in ["scorecard", "data", "roll_off", "new_activity", "rounding"] {
        assert!(kinds.contains(kind), "no case shows {kind}: {kinds:?}");
    }
}

#[test]
fn what_rolled_off_is_what_would_have_been_had_nothing_happened_since() {
    // Events after the first day taken out of the sources: what is left at the second day has only lost old days.
    let mut shown = 0;
    for account in ["a", "b", "c"] {
        let moved =
            json(&["explain", account, "--score", "health", "--as-of", "2026-02-06", "--vs", "2026-02-03"]);
        let drivers = moved["drivers"].as_array().expect("drivers").clone();
        let of = |kind: &str| {
            let found = drivers.iter().find(|driver| driver["kind"] == kind && driver["name"] == "often");
            let said = |driver: &Value, end: &str| driver[end].as_str().expect("a text").to_owned();
            found.map(|driver| format!("{} → {}", said(driver, "from"), said(driver, "to")))
        };
        let count = |after: &str, until: &str| {
            let sql = format!(
                "SELECT count(*) FROM raw.events WHERE account_id = '{account}' AND day > DATE '{after}' AND day <= DATE '{until}'"
            );
            text(&["query", &sql, "--format", "csv"]).lines().nth(1).expect("a row").to_owned()
        };
        let (was, rest) = (count("2026-01-27", "2026-02-03"), count("2026-01-30", "2026-02-03"));
        let now = count("2026-01-30", "2026-02-06");
        for (told, (before, after)) in
            [of("roll_off"), of("new_activity")].iter().zip([(&was, &rest), (&rest, &now)])
        {
            match told {
                Some(words) => assert_eq!(*words, format!("{before} → {after}")),
                None => assert_eq!(before, after, "{moved}"),
            }
            shown += usize::from(told.is_some());
        }
    }
    assert!(shown >= 2, "the case shows something");
}

/// A component stands once, with what it was and became, and the net is the last line.
#[test]
fn what_moved_is_told_once_for_each_component_with_the_net_last() {
    for (from, to) in [("2026-01-15", "2026-01-22"), ("2026-01-10", "2026-02-09")] {
        let arguments = ["explain", "a", "--score", "health", "--as-of", to, "--vs", from];
        let told = json(&arguments);
        let moved = told["moved"].as_array().expect("what moved");
        let components = |kinds: &[&str]| -> Vec<&str> {
            let of_kinds = |line: &&Value| {
                let mut causes = line["causes"].as_array().expect("causes").iter();
                causes.any(|cause| kinds.iter().any(|kind| cause["kind"] == *kind))
            };
            moved.iter().filter(of_kinds).filter_map(|line| line["name"].as_str()).collect()
        };
        let mut names = components(&["roll_off", "new_activity", "data", "behaviour"]);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "a component stands twice: {told}");
        let units = |number: &Value| (number.as_f64().expect("a number") * 1e10).round() as i64;
        assert_eq!(moved.iter().map(|line| units(&line["change"])).sum::<i64>(), units(&told["change"]));
        for line in moved {
            let causes = line["causes"].as_array().expect("causes");
            assert_eq!(
                causes.iter().map(|cause| units(&cause["change"])).sum::<i64>(),
                units(&line["change"])
            );
        }
        let table = text(&arguments);
        let last = table.lines().rfind(|line| line.starts_with('│')).expect("a table");
        assert!(last.contains("together"), "{table}");
    }
}

#[test]
fn capability_118_the_table_says_what_the_next_better_bin_needs() {
    let told = json(&["explain", "b", "--score", "health", "--as-of", "2026-02-09"]);
    let parts = told["parts"].as_array().expect("parts");
    let amount = parts.iter().find(|part| part["name"] == "amount").expect("it is told");
    assert_eq!(amount["docs"], "Why not");
    let points = amount["points"].as_f64().expect("points");
    let next = amount["next_better"].as_str();
    match points {
        0.0 => assert_eq!(next, Some("from 5: 2 points")),
        2.0 => assert_eq!(
            (next, amount["bin"].as_str()),
            (Some("above 20: 3 points"), Some("some: from 5, to 20"))
        ),
        _ => assert_eq!(next, None),
    }
    let table = text(&["explain", "b", "--score", "health", "--as-of", "2026-02-09"]);
    for words in
        ["Health of b at the end of 2026-02-09", "scorecard default", "next better", "  Amount", "rounding"]
    {
        assert!(table.contains(words), "{words}: {table}");
    }
}

/// A component has one name for people, whatever is asked.
#[test]
fn what_moved_a_score_is_called_as_its_components_are() {
    let moved = json(&["explain", "a", "--score", "health", "--as-of", "2026-02-09", "--vs", "2026-01-25"]);
    let titles = [("amount", "Amount"), ("often", "Often"), ("kept", "Kept"), ("sparse", "Sparse")];
    let mut seen = 0;
    for line in moved["moved"]
        .as_array()
        .expect("what moved")
        .iter()
        .chain(moved["drivers"].as_array().expect("drivers"))
    {
        if let Some((_, title)) = titles.iter().find(|(name, _)| line["name"] == *name) {
            assert_eq!(line["title"], *title);
            seen += 1;
        }
    }
    assert!(seen > 2, "{moved}");
    let table = text(&["explain", "a", "--score", "health", "--as-of", "2026-02-09", "--vs", "2026-01-25"]);
    for (name, _) in titles {
        assert!(!table.contains(&format!("│ {name}")), "{table}");
    }
    assert!(table.contains("Amount") || table.contains("Often"), "{table}");
}

#[test]
fn the_definition_is_a_page() {
    let page = text(&["explain", "--score", "health"]);
    for words in [
        "# Health\n",
        "| from 5, to 20 (some) | 2 |",
        "### young: where `young`",
        "the last value of 3 days",
        "Rounded to 1 decimals",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn without_a_name_the_main_score_is_meant() {
    let named = text(&["explain", "a", "--score", "health"]);
    assert_eq!(text(&["explain", "a"]), named);
    assert_eq!(text(&["explain", "a", "--score", "main"]), named);
    // What the score lacks is there and NULL.
    let all = |what: &str, score: &str| {
        text(&["query", &format!("SELECT {what} FROM {score} ORDER BY account_id, as_of_date")])
    };
    let shared = "* EXCLUDE (override_id, override_mode, override_value, override_reason, override_author, is_expected_idle)";
    assert_eq!(all(shared, "scores.main"), all("*", "scores.health"));
    assert_eq!(text(&["show", "scores.main"]), text(&["show", "scores.health"]));
}

#[test]
fn what_is_not_there_is_said() {
    let refused = |arguments: &[&str]| {
        let output = hale(project().path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(refused(&["explain", "a", "--score", "helth"]).contains("did you mean `health`?"));
    assert!(refused(&["explain", "' OR TRUE --", "--score", "health"]).contains("there is no row of"));
    assert!(
        refused(&["explain", "a", "--score", "health", "--as-of", "2026-03-01"])
            .contains("has no day 2026-03-01")
    );
    assert!(refused(&["explain", "a", "--user", "u", "--score", "health"]).contains("leave --user out"));
}

#[test]
fn capability_12_scoring_again_reads_no_source_and_changes_only_what_the_definition_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in FILES {
        write(folder.path(), path, text);
    }
    events(folder.path());
    assert!(hale(folder.path(), &["run", "--from", "2026-01-01", "--to", "2026-01-25"]).status.success());
    let score = folder.path().join("out/scores/health/as_of=2026-01-25/part-0000.parquet");
    let before = std::fs::read(&score).expect("published");
    std::fs::remove_dir_all(folder.path().join("data")).expect("the sources are gone");
    let again = hale(folder.path(), &["run", "--as-of", "2026-01-25", "--rescore"]);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(std::fs::read(&score).expect("published"), before);
    let (path, text) = FILES[5];
    write(folder.path(), path, &text.replace("below: 40", "below: 99"));
    assert!(hale(folder.path(), &["run", "--as-of", "2026-01-25", "--rescore"]).status.success());
    assert_ne!(std::fs::read(&score).expect("published"), before);
    let missing = hale(folder.path(), &["run", "--as-of", "2026-01-26", "--rescore"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&missing.stderr).contains("metrics.accounts is not published on 2026-01-26")
    );
}
