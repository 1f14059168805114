//! A data engineer's afternoon: two real logs on the bundled catalogue by sources and staging alone, with scores that say
//! how much they rest on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use tempfile::TempDir;

use crate::oracle::copy;
use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::pipeline::Run;

/// Sources and staging of the bundled project that these logs have in another shape.
const REPLACED: [&str; 6] = ["accounts", "contracts", "users", "events", "tickets", "ticket_events"];

/// The bundled project with this one's sources and staging in place of its own.
fn project() -> TempDir {
    let (root, project) = (Path::new(env!("CARGO_MANIFEST_DIR")), tempfile::tempdir().unwrap());
    let is_replaced = |file: &Path| {
        file == Path::new("sql/tests")
            || REPLACED.iter().any(|name| file == Path::new("sql/raw").join(format!("{name}.sql")))
    };
    copy(root, project.path(), &is_replaced);
    copy(&root.join("tests/projects/two_logs"), project.path(), &|_| false);
    project
}

/// The folder with the logs, if it is there.
fn logs() -> Option<PathBuf> {
    let shared = crate::skip::unless_shared(&["data/real/dpdk", "data/real/incidents"]);
    shared.map(|shared| shared.join("data/real"))
}

fn table(folder: &Path) -> Vec<Row> {
    parquet_below(folder).iter().flat_map(|file| batches(file)).flat_map(|batch| rows(&batch)).collect()
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    if let Value::Text(text) = &row[column] { text } else { panic!("no {column}: {row:?}") }
}

/// Tickets open at the end of a day by location: the last state that the desk's log has of each by then.
fn open_tickets(logs: &Path, day: NaiveDate) -> BTreeMap<String, i64> {
    let end = day.succ_opt().unwrap().and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
    let mut last: BTreeMap<String, (i64, i64, String)> = BTreeMap::new();
    for row in table(&logs.join("incidents")).iter().filter(|row| row.contains_key("seq")) {
        let (Value::Whole(at), seq) = (&row["occurred_at"], &row["seq"]) else { panic!("{row:?}") };
        let seq: i64 = match seq {
            Value::Text(seq) => seq.parse().unwrap(),
            other => panic!("{other:?}"),
        };
        let state = (*at, seq, text(row, "event_type").to_owned());
        if *at < end && last.get(text(row, "ticket_id")).is_none_or(|known| *known < state) {
            last.insert(text(row, "ticket_id").to_owned(), state);
        }
    }
    let mut open = BTreeMap::new();
    for row in table(&logs.join("incidents")).iter().filter(|row| row.contains_key("priority")) {
        let Value::Whole(opened_at) = row["opened_at"] else { panic!("{row:?}") };
        let state = last.get(text(row, "ticket_id")).filter(|_| opened_at < end);
        if state.is_some_and(|(.., state)| !["ticket_resolved", "ticket_closed"].contains(&state.as_str())) {
            *open.entry(text(row, "account_id").to_owned()).or_default() += 1;
        }
    }
    open
}

#[test]
fn two_real_logs_have_scores_of_honest_coverage() {
    let Some(logs) = logs() else { return };
    let (project, out) = (project(), tempfile::tempdir().unwrap());
    let select = ["metrics.accounts", "components.health", "scores.health"];
    // On the first the desk is busy; long before the second its log ends.
    let [busy, silent] = ["2016-05-10", "2017-03-01"].map(|day| day.parse::<NaiveDate>().unwrap());
    for day in [busy, silent] {
        let run = Run::new(project.path(), &logs, out.path()).select(&select);
        run.publish(day..=day).unwrap_or_else(|error| panic!("{error}"));
    }
    let of_day =
        |table_of: &str, day: NaiveDate| table(&out.path().join(table_of).join(format!("as_of={day}")));
    let open = open_tickets(&logs, busy);
    assert!(open.values().sum::<i64>() > 50, "the desk is not busy");
    for row in of_day("metrics/accounts", busy) {
        let expected = open.get(text(&row, "account_id")).copied().unwrap_or(0);
        assert_eq!(row["tickets_open"], Value::Whole(expected), "{}", text(&row, "account_id"));
        assert_eq!(row["approximate"], Value::Flag(true));
    }
    for row in of_day("metrics/accounts", silent) {
        assert_eq!([&row["tickets_open"], &row["nps_latest"], &row["overdue_amount"]], [&Value::Null; 3]);
    }
    for (day, told) in [(busy, true), (silent, false)] {
        let (mut seen, mut scored) = (0, 0);
        for part in of_day("components/health", day) {
            let is_known = text(&part, "state") == "observed";
            match text(&part, "component") {
                "payment" | "steps_done" | "csm_pulse" => assert!(!is_known, "{part:?}"),
                "severe_support" => assert_eq!(is_known, told, "{part:?}"),
                "usage" => assert!(is_known, "{part:?}"),
                _ => continue,
            }
            seen += 1;
        }
        for score in of_day("scores/health", day) {
            let Value::Real(coverage) = score["coverage"] else { panic!("{score:?}") };
            assert!(coverage < 1.0, "nobody knows all of {score:?}");
            scored += usize::from(score["score"] != Value::Null);
        }
        // Some are scored on either day: of those fallen silent the usage is known, and it is none.
        assert!(seen > 200 && scored > 20, "{day}: {seen} components, {scored} scores");
    }
}
