//! What holds of every mart of the bundled project, whatever its score: names of tiers are but names, and who stops using
//! the product is the first to be called.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array, BooleanArray, StringArray};
use arrow::compute::filter_record_batch;
use chrono::{NaiveDate, TimeDelta};
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;

use crate::cli::{good, hale};
use crate::oracle::project_with;
use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::pipeline::Run;

const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 9, 30).unwrap();

/// Sources without which nothing runs.
const OBLIGATORY: [&str; 4] = ["accounts.parquet", "contracts.parquet", "users.parquet", "events"];

fn data() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The rows of every published table below a folder, by table.
fn tables(out: &Path, layer: &str) -> BTreeMap<String, Vec<Row>> {
    let folders = std::fs::read_dir(out.join(layer)).unwrap().map(|entry| entry.unwrap().path());
    let of_table = |folder: std::path::PathBuf| {
        let files = parquet_below(&folder);
        let all = files.iter().flat_map(|file| batches(file)).flat_map(|batch| rows(&batch)).collect();
        (folder.file_name().unwrap().to_str().unwrap().to_owned(), all)
    };
    folders.map(of_table).collect()
}

/// What the marts of a project say, the names of tiers apart: rows in an order of their own, which names must not decide.
fn said(project: &Path) -> BTreeMap<String, Vec<String>> {
    let out = tempfile::tempdir().unwrap();
    let run = Run::new(project, &data(), out.path()).select(&["marts"]);
    run.publish(LAST_DAY..=LAST_DAY).unwrap_or_else(|error| panic!("{error}"));
    let mut said = BTreeMap::new();
    for (table, rows) in tables(out.path(), "marts") {
        let mut lines: Vec<String> = rows
            .into_iter()
            .map(|mut row| {
                // Names are a part of the definition, by which its hash says that it is another one.
                let of_names = ["tier", "from_tier", "to_tier", "definition"];
                row.retain(|column, _| !of_names.contains(&column.as_str()));
                format!("{row:?}")
            })
            .collect();
        lines.sort();
        // What became of accounts is told of days long before, of which nothing is published here.
        assert!(!lines.is_empty() || table == "outcomes_by_tier", "marts.{table} is empty: it shows nothing");
        said.insert(table, lines);
    }
    said
}

#[test]
fn names_of_tiers_change_no_number_of_any_mart() {
    let file = "sql/scores/health.yml";
    let bundled = project_with(&[]);
    // Names that would sort otherwise, and that marts use for something else.
    let renames = [
        ("name: at-risk,", "name: zz,"),
        ("name: struggling,", "name: new,"),
        ("name: steady,", "name: gone,"),
        ("name: healthy,", "name: 'it''s \"so-so\"',"),
        ("name: champion,", "name: all,"),
    ];
    let edits: Vec<(&str, &str, &str)> = renames.iter().map(|(from, to)| (file, *from, *to)).collect();
    let renamed = project_with(&edits);
    let [before, after] = [&bundled, &renamed].map(|project| said(project.path()));
    assert!(before.keys().eq(after.keys()));
    for (table, lines) in &before {
        assert_eq!(lines, &after[table], "marts.{table}");
    }
}

#[test]
fn no_score_and_no_tier_is_named_in_a_mart() {
    let compared = ["tier =", "tier <>", "tier IN", "tier NOT", "tier LIKE", "tier !="];
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/marts")).unwrap() {
        let path = entry.unwrap().path();
        let sql = std::fs::read_to_string(&path).unwrap();
        let sql = sql.replace("used.tier = sizes.tier", "");
        for words in ["scores.health", "components.health"].iter().chain(&compared) {
            assert!(!sql.contains(words), "{} has `{words}`", path.display());
        }
    }
}

/// The obligatory sources of the sample, an account's events of the last days of it left out.
fn silenced(account: &str, days: i64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let since = (LAST_DAY - TimeDelta::days(days - 1)).and_time(chrono::NaiveTime::MIN).and_utc();
    for name in OBLIGATORY {
        let (from, to) = (data().join(name), folder.path().join(name));
        if name != "events" {
            std::fs::copy(&from, &to).unwrap();
            continue;
        }
        std::fs::create_dir(&to).unwrap();
        for file in parquet_below(&from) {
            let kept: Vec<_> = batches(&file)
                .into_iter()
                .map(|batch| {
                    let ids = batch.column_by_name("account_id").unwrap();
                    let ids = ids.as_any().downcast_ref::<StringArray>().unwrap().clone();
                    let happened = rows(&batch).into_iter().map(|row| match row["occurred_at"] {
                        Value::Whole(micros) => micros,
                        ref other => panic!("{other:?}"),
                    });
                    let keep: BooleanArray = happened
                        .enumerate()
                        .map(|(row, micros)| {
                            Some(ids.value(row) != account || micros < since.timestamp_micros())
                        })
                        .collect();
                    filter_record_batch(&batch, &keep).unwrap()
                })
                .collect();
            let written = std::fs::File::create(to.join(file.file_name().unwrap())).unwrap();
            let mut writer = ArrowWriter::try_new(written, kept[0].schema(), None).unwrap();
            kept.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.close().unwrap();
        }
    }
    folder
}

fn text(row: &Row, column: &str) -> String {
    match &row[column] {
        Value::Text(text) => text.clone(),
        other => panic!("{column}: {other:?}"),
    }
}

fn cents(row: &Row, column: &str) -> i64 {
    (text(row, column).parse::<f64>().unwrap() * 100.0).round() as i64
}

/// The customer that is worth most on the last day.
fn largest() -> String {
    let out = tempfile::tempdir().unwrap();
    let run = Run::new(Path::new(env!("CARGO_MANIFEST_DIR")), &data(), out.path());
    let run = run.select(&["metrics.contracts", "metrics.spine"]);
    run.publish(LAST_DAY..=LAST_DAY).unwrap_or_else(|error| panic!("{error}"));
    let mut tables = tables(out.path(), "metrics");
    let [contracts, spine] = ["contracts", "spine"].map(|name| tables.remove(name).unwrap());
    let is_customer = |row: &&Row| spine.iter().any(|customer| customer["account_id"] == row["account_id"]);
    text(contracts.iter().filter(is_customer).max_by_key(|row| cents(row, "arr")).unwrap(), "account_id")
}

#[test]
fn the_largest_account_that_stopped_for_three_months_is_the_first_to_call() {
    let account = largest();
    let sources = silenced(&account, 92);
    for template in ["default", "usage", "enterprise", "onboarding", "rfm"] {
        let [project, out] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        good(hale(project.path(), &["init", "--template", template, "."]));
        let run = Run::new(project.path(), sources.path(), out.path());
        let run = run.select(&["marts.work_queue", "marts.revenue_at_risk", "marts.renewals"]);
        run.publish(LAST_DAY..=LAST_DAY).unwrap_or_else(|error| panic!("{template}: {error}"));
        let marts = tables(out.path(), "marts");
        let queued = |row: &&Row| text(row, "account_id") == account;
        let first =
            marts["work_queue"].iter().find(queued).unwrap_or_else(|| panic!("{template}: on no list"));
        assert_eq!(
            (text(first, "list"), &first["rank"]),
            ("scored".to_owned(), &Value::Whole(1)),
            "{template}: {first:?}"
        );
        assert_eq!(first["is_at_risk"], Value::Flag(true), "{template}: {first:?}");
        assert!(text(first, "reasons").starts_with("no usage for 9"), "{template}: {first:?}");
        let renewing: Vec<&Row> = marts["renewals"].iter().filter(queued).collect();
        let (arr, at_risk): (i64, i64) = (
            renewing.iter().map(|row| cents(row, "arr")).sum(),
            renewing.iter().map(|row| cents(row, "at_risk_arr")).sum(),
        );
        assert!(arr > 0 && at_risk == arr, "{template}: {at_risk} of {arr} at risk");
    }
}
