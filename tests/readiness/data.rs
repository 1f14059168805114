//! `hale check --data`: what in the rows of the sources cannot be, each seen by its name and passed by where it is not.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use chrono::{Days, NaiveDate, NaiveTime};
use serde_json::Value;
use tempfile::TempDir;

use super::{bundled, project};
use crate::cli::{code, err, hale, one_line, out};
use crate::laws::sources::read;
use crate::laws::world::{END, before, linked, replace, without_events};
use crate::oracle::table::parquet_below;
use crate::oracle::world::at;

/// The sample.
fn sample() -> TempDir {
    linked(&bundled().join("data"), |_| true)
}

const DAY: i64 = 86_400_000_000;

/// The first day of the sample.
fn first() -> NaiveDate {
    before(199)
}

/// What is told of the data of a project, by the name of the rule: messages with their notes.
fn told(project: &Path, sources: &Path) -> Vec<(String, String)> {
    let sources = sources.display().to_string();
    let output = hale(project, &["check", "--data", "--sources", &sources, "--json"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let diagnostics = one_line(&out(&output))["diagnostics"].clone();
    let text = |diagnostic: &Value| (diagnostic["code"].as_str().unwrap().to_owned(), diagnostic.to_string());
    diagnostics.as_array().unwrap().iter().map(text).collect()
}

/// What is told beside what is told of the sample as it is.
fn more(project: &Path, sources: &Path) -> Vec<(String, String)> {
    let mut told = told(project, sources);
    told.retain(|(code, text)| code != "unusual-days" || !text.contains("raw.events"));
    told
}

/// The events, a column of times changed.
fn events(sources: &Path, column: &str, change: impl Fn(usize, i64) -> i64) {
    let events = read(sources, "events").unwrap();
    let schema = events.schema();
    let columns = schema.fields().iter().zip(events.columns()).map(|(field, old)| -> ArrayRef {
        if field.name() != column {
            return Arc::clone(old);
        }
        let times = cast(old, &DataType::Int64).unwrap();
        let times = times.as_primitive::<Int64Type>();
        let changed: TimestampMicrosecondArray =
            (0..times.len()).map(|row| Some(change(row, times.value(row)))).collect();
        cast(&changed, field.data_type()).unwrap()
    });
    let changed = RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap();
    replace(sources, "events", &changed);
}

#[test]
fn the_planted_week_is_told_by_its_name_and_nothing_else_of_the_sample() {
    let told = told(project(&[]).path(), sample().path());
    let [(code, text)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(code, "unusual-days");
    assert!(
        text.contains("raw.events is unlike the same weekdays of the weeks before on 2026-05-14"),
        "{text}"
    );
    assert!(text.contains("`feature` is NULL in") && text.contains("rows, where"), "{text}");
    // The generator's week, from which no other day is named.
    let week: Vec<String> = (60..67).map(|day| (first() + Days::new(day)).to_string()).collect();
    let message = text.split("weeks before on ").nth(1).unwrap().split('"').next().unwrap();
    let named: Vec<&str> = message.split([' ', ',']).filter(|word| word.starts_with("2026-")).collect();
    assert!(named.iter().all(|day| week.iter().any(|of| of == day)), "{message}");
}

#[test]
fn a_log_that_ends_before_others_is_told() {
    let sources = sample();
    without_events(sources.path(), &|_, _, time| time >= at(before(10), NaiveTime::MIN));
    let told = more(project(&[]).path(), sources.path());
    let [(code, text)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(code, "stopped-log");
    assert!(text.contains(&format!("raw.events ends on {}", before(11))), "{text}");
    assert!(text.contains("2026-10-01"), "others are known of the morning after: {text}");
}

#[test]
fn a_hole_in_a_log_is_told() {
    let sources = sample();
    let hole = at(before(60), NaiveTime::MIN)..at(before(40), NaiveTime::MIN);
    without_events(sources.path(), &|_, _, time| hole.contains(&time));
    let told = more(project(&[]).path(), sources.path());
    assert!(
        told.iter().any(|(code, text)| code == "silent-log" && text.contains("raw.events has no rows on")),
        "{told:?}"
    );
}

#[test]
fn a_known_at_that_a_load_rewrote_is_told() {
    let sources = sample();
    events(sources.path(), "available_at", |_, _| at(END, NaiveTime::MIN) + DAY);
    let told = more(project(&[]).path(), sources.path());
    let [(code, text)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(code, "rewritten-known-at");
    assert!(
        text.contains("`available_at` of raw.events") && text.contains("nine in ten are of 1 day, and"),
        "{text}"
    );
}

#[test]
fn rows_of_the_future_are_told() {
    let sources = sample();
    // A day is allowed: clocks and zones differ.
    events(sources.path(), "occurred_at", |row, time| match row {
        0..5 => time + 3 * DAY,
        5..20 => time + DAY / 24,
        _ => time,
    });
    let told = more(project(&[]).path(), sources.path());
    let [(code, text)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(code, "rows-of-the-future");
    assert!(text.contains("5 rows of raw.events happened more than a day after they were known"), "{text}");
}

#[test]
fn facts_delivered_again_too_late_are_told() {
    let sources = sample();
    // Ten facts of the last days have the keys of the first ten: ids that are used again.
    let events = read(sources.path(), "events").unwrap();
    let ids = cast(events.column_by_name("event_id").unwrap(), &DataType::Int64).unwrap();
    let ids = ids.as_primitive::<Int64Type>();
    let count = ids.len();
    let again =
        (0..count).map(|row| if row < count - 10 { ids.value(row) } else { ids.value(row + 10 - count) });
    let again: ArrayRef = Arc::new(Int64Array::from_iter_values(again));
    let schema = events.schema();
    let columns =
        schema.fields().iter().zip(events.columns()).map(|(field, old)| match field.name().as_str() {
            "event_id" => cast(&again, field.data_type()).unwrap(),
            _ => Arc::clone(old),
        });
    let changed = RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap();
    replace(sources.path(), "events", &changed);
    let told = more(project(&[]).path(), sources.path());
    let [(code, text)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(code, "delivered-again");
    assert!(text.contains("10 rows of raw.events count though the fact was delivered before"), "{text}");
    assert!(text.contains("looked for 60 days back"), "{text}");
    // As many days as it says are enough.
    let days = text.split("say 'max_delay' '").nth(1).unwrap().split('\'').next().unwrap();
    let longer =
        project(&[("sql/raw/events.sql", "'stale_after'", &format!("'max_delay' '{days}', 'stale_after'"))]);
    assert_eq!(more(longer.path(), sources.path()), Vec::new());
}

#[test]
fn the_first_day_of_a_log_is_proposed_where_it_is_not_said_or_said_wrongly() {
    let sample = sample();
    let said = |complete_from: &str| {
        let changed = project(&[("hale.yml", "events: 2026-03-15", complete_from)]);
        let mut told = more(changed.path(), sample.path());
        told.retain(|(code, _)| code == "complete-from");
        told.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
    };
    assert_eq!(said("events: 2026-03-15"), Vec::<String>::new());
    assert_eq!(said("events: 2026-03-13"), Vec::<String>::new(), "a weekend");
    for (complete_from, message) in [
        ("events: 2026-05-01", "raw.events has rows before 2026-05-01"),
        (
            "events: 2026-02-01",
            "raw.events is said to be complete from 2026-02-01 on, and begins on 2026-03-1",
        ),
    ] {
        let told = said(complete_from);
        let [text] = told.as_slice() else { panic!("{complete_from}: {told:?}") };
        assert!(
            text.contains(message) && text.contains("complete_from: {events: 2026-03-1"),
            "{complete_from}: {text}"
        );
    }
    // Where it is not said at all, the models that ask are refused, and the day is proposed beside.
    let changed = project(&[
        ("hale.yml", "complete_from:", "# complete_from:"),
        ("hale.yml", "  events: 2026-03-15", "#"),
    ]);
    let sources = sample.path().display().to_string();
    let output = hale(changed.path(), &["check", "--data", "--sources", &sources]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("error[no-complete-from]"), "{}", err(&output));
    assert!(err(&output).contains("complete_from: {events: 2026-03-1"), "{}", err(&output));
}

#[test]
fn a_run_stops_at_an_unusual_day_where_the_log_says_so() {
    let broken = (first() + Days::new(60)).to_string();
    let usual = (first() + Days::new(75)).to_string();
    for (option, codes, word) in [("stop", [3, 0], "error"), ("warn", [0, 0], "warning")] {
        let said = format!("'unusual_days' '{option}', 'usage' 'true'");
        let changed = project(&[("sql/raw/events.sql", "'usage' 'true'", &said)]);
        let sources = bundled().join("data").display().to_string();
        let run = |day: &str| {
            hale(
                changed.path(),
                &["run", "--as-of", day, "--sources", &sources, "--select", "metrics.days", "--dry-run"],
            )
        };
        for (day, expected) in [&broken, &usual].into_iter().zip(codes) {
            let output = run(day);
            assert_eq!(code(&output), expected, "{option} {day}: {}", err(&output));
            let is_told = err(&output).contains(&format!("{word}[unusual-days]: raw.events"));
            assert_eq!(is_told, *day == broken, "{option} {day}: {}", err(&output));
        }
        // Not tried only: where it stops nothing is published, and where it warns the day is.
        let out = tempfile::tempdir().unwrap();
        let place = out.path().display().to_string();
        let words =
            ["run", "--as-of", &broken, "--sources", &sources, "--out", &place, "--select", "metrics.days"];
        let output = hale(changed.path(), &[&words[..], &["--json"]].concat());
        assert_eq!(code(&output), codes[0], "{}", err(&output));
        let published = codes[0] == 0;
        assert_eq!(one_line(&crate::cli::out(&output))["published"], published);
        assert_eq!(out.path().join("metrics/days").join(format!("as_of={broken}")).exists(), published);
        assert_eq!(parquet_below(out.path()).is_empty(), !published);
    }
}
