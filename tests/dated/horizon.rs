//! Up to a day there are only spans that have begun by its end: of every kind, in what a run builds and in what a question
//! reads, in both readings.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, StringArray, TimestampMicrosecondArray};
use serde_json::Value;

use crate::cli::{Project, good};
use crate::oracle::world::write;

/// Things: on which day of January 2026 each was known, and on which it began. Each load has those that were known on its day.
const THINGS: [(&str, i64, Option<i64>); 4] =
    [("a", 1, Some(1)), ("b", 9, Some(3)), ("c", 2, Some(5)), ("d", 9, None)];

const KINDS: [(&str, &str); 3] = [
    ("versions", "'kind' 'versions', 'key' 'k', 'known_at' 'known', 'begins_at' 'begun'"),
    ("snapshots", "'kind' 'snapshots', 'key' 'k', 'taken_at' 'known'"),
    ("current", "'kind' 'current', 'key' 'k', 'begins_at' 'begun'"),
];

const FIRST: i64 = 20_454;

/// The things that have begun by the end of a day, by the definition of each kind.
fn begun(kind: &str, day: i64, as_known: bool) -> Vec<&'static str> {
    let has = |&(_, known, begun): &(&str, i64, Option<i64>)| match kind {
        "versions" => begun.map_or(known, |begun| begun.min(known)) <= day && (!as_known || known <= day),
        "snapshots" => known <= day,
        _ => begun.is_none_or(|begun| begun <= day),
    };
    THINGS.iter().filter(|thing| has(thing)).map(|(thing, ..)| *thing).collect()
}

fn project() -> Project {
    let mut files = vec![(
        "hale.yml".to_owned(),
        "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n".to_owned(),
    )];
    for (kind, options) in KINDS {
        files.push((
            format!("sql/raw/{kind}.sql"),
            format!(
                "-- Things.\nCREATE EXTERNAL TABLE raw.{kind} (\n  k VARCHAR NOT NULL, -- what\n  begun DATE, -- since when\n  \
                 known TIMESTAMP NOT NULL -- when\n) STORED AS PARQUET LOCATION 'things.parquet'\nOPTIONS ({options})\n"
            ),
        ));
        files.push((
            format!("sql/staging/{kind}.sql"),
            format!("-- Things.\nSELECT k, first_day, day_after FROM dated.{kind}\n"),
        ));
    }
    let all = KINDS.map(|(kind, _)| format!("SELECT '{kind}' AS kind, k FROM staging.{kind}"));
    let things = format!(
        "-- Things.\nCREATE TABLE marts.things (\n  kind VARCHAR NOT NULL, -- how dated\n  k VARCHAR NOT NULL, -- what\n  \
         PRIMARY KEY (kind, k)\n) AS\n{}\n",
        all.join("\nUNION ALL\n")
    );
    files.push(("sql/marts/things.sql".to_owned(), things));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let project = Project::of(&files);
    std::fs::create_dir_all(project.path("data")).unwrap();
    let noon = |day: i64| (FIRST + day - 1) * 86_400_000_000 + 43_200_000_000;
    let begun = THINGS.iter().map(|(_, _, begun)| begun.map(|day| (FIRST + day - 1) as i32));
    let known = THINGS.iter().map(|(_, known, _)| Some(noon(*known)));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("k", Arc::new(StringArray::from_iter_values(THINGS.map(|(thing, ..)| thing)))),
        ("begun", Arc::new(begun.collect::<Date32Array>())),
        ("known", Arc::new(known.collect::<TimestampMicrosecondArray>())),
    ];
    write(&project.path("data/things.parquet"), columns);
    project
}

/// The things that a query names.
fn things(project: &Project, query: &str, more: &[&str]) -> Vec<String> {
    let answer = good(project.hale(&[&["query", query, "--json"][..], more].concat()));
    let rows: Value = serde_json::from_str(&answer).unwrap();
    rows.as_array().unwrap().iter().map(|row| row["k"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_run_and_a_question_up_to_a_day_have_the_spans_that_have_begun() {
    let project = project();
    for (day, as_known) in [(2, false), (4, false), (4, true), (10, false)] {
        let as_of = format!("2026-01-{day:02}");
        let reading: &[&str] = if as_known { &["--as-known"] } else { &[] };
        good(project.hale(&[&["run", "--as-of", &as_of, "--incomplete"][..], reading].concat()));
        for (kind, _) in KINDS {
            let expected = begun(kind, day, as_known);
            let built = format!("SELECT k FROM marts.things WHERE kind = '{kind}' ORDER BY k");
            assert_eq!(things(&project, &built, reading), expected, "{kind} built as of {as_of} {reading:?}");
            let dated = format!("SELECT k FROM dated.{kind} ORDER BY k");
            for up_to in ["--as-of", "--until"] {
                let read = things(&project, &dated, &[&[up_to, &as_of][..], reading].concat());
                assert_eq!(read, expected, "{kind} asked {up_to} {as_of} {reading:?}");
            }
        }
    }
}
