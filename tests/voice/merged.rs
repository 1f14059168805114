//! An account in which another one goes on: its windows, which without the merge count what stands under its own name alone,
//! and what still names the other one.

use std::path::Path;
use std::sync::LazyLock;

use chrono::{Days, NaiveDate};
use tempfile::TempDir;

use super::absent::{OUT, SOURCES, SURVIVOR, table};
use crate::cli::{code, err, hale};
use crate::laws::world::{linked, merge};
use crate::oracle::merges::window;
use crate::oracle::table::{Row, Table, Value};
use crate::oracle::world::{GENERATED_LAST_DAY, World, words};
use crate::pipeline::Run;

/// The day of the merge.
static MERGED_ON: LazyLock<NaiveDate> = LazyLock::new(|| {
    let commerce = World::read(SOURCES.path()).commerce;
    commerce.joined_on(SURVIVOR, GENERATED_LAST_DAY).expect("somebody goes on in it")
});

/// How long the other account has gone on in it on the days that are looked at: on both sides of 28 days, and last.
const JOINED: [u64; 4] = [1, 27, 28, 40];

/// Metrics of the days that are looked at, with merges or without.
fn metrics(with_merges: bool) -> Table {
    let [sources, out] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for entry in std::fs::read_dir(SOURCES.path()).unwrap().map(Result::unwrap) {
        if with_merges || entry.file_name() != "account_merges.parquet" {
            std::os::unix::fs::symlink(entry.path(), sources.path().join(entry.file_name())).unwrap();
        }
    }
    for joined in JOINED {
        publish(&sources, &out, *MERGED_ON + Days::new(joined - 1));
    }
    Table::read(&out.path().join("metrics/accounts"))
}

fn publish(sources: &TempDir, out: &TempDir, day: NaiveDate) {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = Run::new(project, sources.path(), out.path()).select(&["metrics.accounts"]);
    run.publish(day..=day).unwrap_or_else(|error| panic!("{day}: {error}"));
}

/// Columns that say of the merge itself how long ago it was.
const OF_THE_MERGE: [&str; 2] = ["joined_days", "usage_growth_base"];

#[test]
fn windows_that_reach_back_before_a_merge_have_no_value_and_all_else_is_as_it_was() {
    let [with, without] = [true, false].map(metrics);
    let mut taken = 0;
    for joined in JOINED {
        let day = *MERGED_ON + Days::new(joined - 1);
        let [row, alone]: [&Row; 2] = [&with, &without].map(|table| table.row(SURVIVOR, day));
        assert_eq!(row["joined_days"], Value::Whole(joined.cast_signed()));
        for (column, value) in row.iter().filter(|(column, _)| !OF_THE_MERGE.contains(&column.as_str())) {
            let reaches = window(column).is_some_and(|days| days > joined.cast_signed());
            // The last days with use lie on either side of the merge.
            if reaches || column.starts_with("last_") || column == "stickiness_28d" && joined < 28 {
                assert!(!reaches || *value == Value::Null, "{column} on {day}: {value:?}");
                taken += usize::from(alone[column] != Value::Null);
            } else {
                assert_eq!(*value, alone[column], "{column} on {day}");
            }
        }
    }
    assert!(taken > 150, "{taken} values are little to take");
    let others = with.0.keys().filter(|(_, account)| account != SURVIVOR);
    let mut same = 0;
    for key in others {
        assert_eq!(with.0[key], without.0[key], "{key:?}, in which nobody goes on");
        same += 1;
    }
    assert!(same > 60, "{same} others are few");
}

/// Each metric over days is one of those that wait, or is known to be a state of the day.
#[test]
fn every_metric_that_is_named_after_days_is_a_window_or_said_to_be_none() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/metrics/accounts.sql"))
            .unwrap();
    let (columns, _) = text.split_once("PRIMARY KEY").unwrap();
    let columns = columns.lines().filter_map(|line| line.trim_start().split_once(' '));
    for (column, declared) in columns.filter(|(column, _)| window(column).is_some_and(|days| days > 1)) {
        let (declared, comment) = declared.split_once(" -- ").unwrap();
        assert!(!declared.contains("NOT NULL"), "{column} has a value for whoever has just been joined");
        let says = ["another account", "unmerged"].iter().any(|words| comment.contains(words));
        assert!(says, "{column} does not say what it is after a merge: {comment}");
    }
}

/// A customer that goes on in another one, though its lines and users still name it.
#[test]
fn what_still_names_a_merged_account_is_warned_of() {
    let customers = table(OUT.path(), "metrics/accounts");
    let is_in_force = |row: &&Row| row["is_in_force"] == Value::Flag(true) && text(row) != SURVIVOR;
    let customer = text(customers.iter().find(is_in_force).unwrap());
    let sources = linked(SOURCES.path(), |_| true);
    let warned = |sources: &Path| {
        let out = tempfile::tempdir().unwrap();
        let [sources, out, day] =
            [sources.display().to_string(), out.path().display().to_string(), GENERATED_LAST_DAY.to_string()];
        let words = [
            "run",
            "--sources",
            &sources,
            "--out",
            &out,
            "--as-of",
            &day,
            "--select",
            "metrics.contract_lines",
        ];
        let ended = hale(Path::new(env!("CARGO_MANIFEST_DIR")), &words);
        assert_eq!(code(&ended), 0, "{}", err(&ended));
        err(&ended)
    };
    let said = warned(sources.path());
    assert!(!said.contains("under_the_old_name is broken"), "{said}");
    merge(sources.path(), &[(customer.clone(), SURVIVOR.to_owned(), GENERATED_LAST_DAY - Days::new(2))]);
    let said = warned(sources.path());
    assert!(said.contains("warning[audit]: audit under_the_old_name is broken by"), "{said}");
    assert!(said.contains(&format!("account_id = '{customer}', survivor_id = '{SURVIVOR}'")), "{said}");
}

fn text(row: &Row) -> String {
    words(row, "account_id").unwrap()
}
