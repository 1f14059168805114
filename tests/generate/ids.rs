//! UUIDs in the place of short ids: the same world, and the same scores of it, up to ids.

use std::collections::BTreeMap;
use std::path::Path;

use halescore::generate::{Ids, World};

use crate::oracle::project_with;
use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::oracle::world::{GENERATED_LAST_DAY, generated, small};
use crate::pipeline::Run;

/// The log's numbers are text where they are UUIDs.
const AS_TEXT: [(&str, &str, &str); 2] = [
    ("sql/raw/events.sql", "event_id     BIGINT  ", "event_id     VARCHAR "),
    ("sql/raw/events.sql", "session_id   BIGINT,", "session_id   VARCHAR,"),
];

/// The UUID of each id, from the rows of all files, which come in the same order; all else in them is the same.
fn names(short: &Path, long: &Path) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (one, other) in parquet_below(short).iter().zip(parquet_below(long)) {
        assert_eq!(one.file_name(), other.file_name());
        let [one, other] =
            [one, &other].map(|path| batches(path).iter().flat_map(rows).collect::<Vec<Row>>());
        assert_eq!(one.len(), other.len());
        for (one, other) in one.into_iter().zip(other) {
            for (column, value) in one {
                match (column.ends_with("_id"), &value, &other[&column]) {
                    (true, Value::Text(id), Value::Text(uuid)) => {
                        let known = names.entry(id.clone()).or_insert_with(|| uuid.clone());
                        assert_eq!(known, uuid, "{id} has two names");
                        assert!(uuid.len() == 36 && uuid.as_bytes()[14] == b'4', "{column}: {uuid}");
                    }
                    (true, Value::Whole(id), Value::Text(uuid)) => {
                        let known = names.entry(id.to_string()).or_insert_with(|| uuid.clone());
                        assert_eq!(known, uuid, "{id} has two names");
                    }
                    (_, value, same) => assert_eq!(value, same, "{column}"),
                }
            }
        }
    }
    names
}

/// Published tables of a world, their rows in an order of their own, with ids as they are named.
fn published(
    sources: &Path,
    project: &Path,
    names: &BTreeMap<String, String>,
) -> BTreeMap<String, Vec<String>> {
    let out = tempfile::tempdir().unwrap();
    let tables =
        ["metrics.accounts", "metrics.users", "scores.health", "scores.expansion", "scores.user_health"];
    let run = Run::new(project, sources, out.path()).select(&tables);
    run.publish(GENERATED_LAST_DAY..=GENERATED_LAST_DAY).unwrap_or_else(|error| panic!("{error}"));
    let named = |value: Value| match value {
        Value::Text(id) => Value::Text(names.get(&id).cloned().unwrap_or(id)),
        other => other,
    };
    let of_table = |table: &str| {
        let files = parquet_below(&out.path().join(table.replace('.', "/")));
        let all = files.iter().flat_map(|file| batches(file)).flat_map(|batch| rows(&batch));
        let named =
            all.map(|row| row.into_iter().map(|(column, value)| (column, named(value))).collect::<Row>());
        let mut lines: Vec<String> = named.map(|row| format!("{row:?}")).collect();
        lines.sort();
        assert!(lines.len() > 20, "{table} shows little");
        (table.to_owned(), lines)
    };
    tables.into_iter().map(of_table).collect()
}

#[test]
fn the_same_world_under_uuids_has_the_same_scores() {
    let [short, long] = [Ids::Short, Ids::Uuid].map(|ids| generated(&World { ids, ..small() }));
    let names = names(short.path(), long.path());
    assert!(names.len() > 3_000, "{} ids", names.len());
    let [numbers, texts] = [&[][..], &AS_TEXT].map(project_with);
    let expected = published(short.path(), numbers.path(), &names);
    let got = published(long.path(), texts.path(), &BTreeMap::new());
    for (table, rows) in &expected {
        assert_eq!(rows, &got[table], "{table}");
    }
}
