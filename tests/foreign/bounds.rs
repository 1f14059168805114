//! What a footer claims of values is never a number, and leaves nothing out unless it is proven sane.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::Statistics;

use super::forge::{Column, claim, write};
use crate::bad_input::world::{World, numbers, texts, write_parquet_with};

/// A project with one more source, `raw.notes`, each row with an `id` of its own, and its staging.
fn notes(columns: &str, staging: &str) -> World {
    let world = World::published();
    let declared = format!(
        "CREATE EXTERNAL TABLE raw.notes ({columns}) STORED AS PARQUET LOCATION 'notes'
         OPTIONS ('kind' 'current', 'key' 'id')"
    );
    world.write("sql/raw/notes.sql", declared);
    world.write("sql/staging/notes.sql", staging);
    world
}

#[test]
fn extremes_of_what_is_cast_are_those_of_the_cast_values() {
    let world = notes(
        "id BIGINT NOT NULL PRIMARY KEY, score VARCHAR, day VARCHAR, i BIGINT",
        "SELECT id, score, CAST(score AS BIGINT) AS n, CAST(score AS DOUBLE) AS x, CAST(day AS DATE) AS d, -i AS neg,
                i * i AS sq, CAST(i AS VARCHAR) AS t FROM dated.notes",
    );
    world.parquet(
        "notes/one.parquet",
        &[
            ("id", Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef),
            ("score", texts(&[Some("9"), Some("10"), Some("100"), Some("-5")])),
            ("day", texts(&[Some("2026-09-01"), Some("2026-10-01"), Some("2026-9-15"), Some("2026-11-05")])),
            ("i", Arc::new(Int64Array::from(vec![-3, 2, 1, 0]))),
        ],
    );
    let all = "n_max,n_min,x,d,neg,sq,sq_min,t\n100,-5,100.0,2026-11-05,3,9,0,2\n";
    let extremes =
        "max(n) AS n_max, min(n) AS n_min, max(x) AS x, max(d) AS d, max(neg) AS neg, max(sq) AS sq,
                    min(sq) AS sq_min, max(t) AS t";
    assert_eq!(world.asked(&format!("SELECT {extremes} FROM staging.notes")), all);
    assert_eq!(world.asked(&format!("SELECT {extremes} FROM (SELECT * FROM staging.notes) AS s")), all);
    for one in ["max(n)", "max(CAST(score AS BIGINT))", "max(TRY_CAST(score AS BIGINT))"] {
        assert_eq!(world.asked(&format!("SELECT {one} AS v FROM staging.notes")), "v\n100\n", "{one}");
        let scalar = format!("SELECT (SELECT {one} FROM staging.notes) AS v FROM raw.users LIMIT 1");
        assert_eq!(world.asked(&scalar), "v\n100\n", "{one}");
    }
    assert_eq!(world.asked("SELECT count(TRY_CAST(day AS BIGINT)) AS v FROM raw.notes"), "v\n0\n");
}

#[test]
fn extremes_of_what_is_cast_from_a_stored_table_are_those_of_the_cast_values() {
    let world = notes("id BIGINT NOT NULL PRIMARY KEY, score VARCHAR", "SELECT id, score FROM dated.notes");
    let scores = [Some("9"), Some("10"), Some("100"), Some("-5")];
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
    world.parquet("notes/one.parquet", &[("id", ids), ("score", texts(&scores))]);
    world.write(
        "sql/marts/texts.sql",
        "CREATE TABLE marts.texts (id BIGINT NOT NULL PRIMARY KEY, score VARCHAR) AS SELECT id, score FROM staging.notes",
    );
    world.write(
        "sql/marts/top.sql",
        "CREATE TABLE marts.top (k BIGINT NOT NULL PRIMARY KEY, hi BIGINT, lo BIGINT) AS
         SELECT 1 AS k, max(CAST(score AS BIGINT)) AS hi, min(CAST(score AS BIGINT)) AS lo FROM marts.texts",
    );
    world.accepted();
    assert_eq!(world.asked("SELECT hi, lo FROM marts.top"), "hi,lo\n100,-5\n");
    let published = "SELECT max(CAST(score AS BIGINT)) AS hi FROM marts.texts";
    assert_eq!(world.asked(published), "hi\n100\n");
}

#[test]
fn extremes_of_what_cannot_be_cast_are_an_error() {
    let world = notes(
        "id BIGINT NOT NULL PRIMARY KEY, day VARCHAR",
        "SELECT CAST(day AS DATE) AS d FROM dated.notes",
    );
    world.parquet(
        "notes/one.parquet",
        &[("id", numbers(2)), ("day", texts(&[Some("2026-02-30"), Some("2026-09-01")]))],
    );
    let ended = world.hale(&["query", "SELECT max(d) AS v FROM staging.notes"]);
    assert_ne!(ended.code, 0, "{}", ended.stdout);
}

/// Four notes in two row groups, each of which claims what `claims` makes of it.
fn four(
    world: &World,
    claims: impl Fn(
        usize,
        parquet::file::metadata::ColumnChunkMetaData,
    ) -> parquet::file::metadata::ColumnChunkMetaData,
) {
    let path = world.path("data/notes/one.parquet");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3, 4]))),
        ("note", Arc::new(StringArray::from(vec![Some("b"), Some("c"), Some("z"), None]))),
    ];
    let small = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
    write_parquet_with(&path, &columns, Some(small));
    claim(&path, |group, name, column| if name == "note" { claims(group, column) } else { column });
}

#[test]
fn a_row_group_without_bounds_loses_no_rows() {
    let world = notes(
        "id BIGINT NOT NULL PRIMARY KEY, note VARCHAR CHECK (note < 'x')",
        "SELECT id, note FROM dated.notes",
    );
    world.write(
        "sql/marts/notes.sql",
        "CREATE TABLE marts.notes (id BIGINT NOT NULL PRIMARY KEY) AS SELECT id FROM staging.notes",
    );
    four(&world, |group, column| match group {
        1 => column.into_builder().clear_statistics().build().unwrap(),
        _ => column,
    });
    for (filter, ids) in [
        ("note > 'x'", "3"),
        ("note = 'z'", "3"),
        ("note <> 'b'", "2,3"),
        ("note IN ('z', 'q')", "3"),
        ("note LIKE 'z%'", "3"),
        ("starts_with(note, 'z')", "3"),
        ("note BETWEEN 'y' AND 'zz'", "3"),
        ("note IS NULL", "4"),
        ("note IS NOT NULL", "1,2,3"),
        ("note NOT IN ('b', 'c')", "3"),
        ("note IS DISTINCT FROM 'z'", "1,2,4"),
    ] {
        let found = world.asked(&format!(
            "SELECT string_agg(CAST(id AS VARCHAR), ',' ORDER BY id) AS v FROM staging.notes WHERE {filter}"
        ));
        let found = found.trim_start_matches("v\n").trim().trim_matches('"').to_owned();
        assert_eq!(found, ids, "{filter}");
    }
    assert_eq!(
        world.asked("SELECT max(note) AS hi, min(note) AS lo, count(note) AS n FROM raw.notes"),
        "hi,lo,n\nz,b,3\n"
    );
    // Filters that are found out on the way: of a join, and of the best few.
    let joined = "SELECT n.id AS v FROM staging.notes AS n JOIN (SELECT 'z' AS note) AS k ON k.note = n.note";
    assert_eq!(world.asked(joined), "v\n3\n");
    assert_eq!(
        world.asked("SELECT id AS v FROM staging.notes ORDER BY note DESC NULLS LAST LIMIT 1"),
        "v\n3\n"
    );
    world.refused(3, &["CHECK (note < 'x') is broken by 1 row"]);
}

#[test]
fn a_column_that_does_not_count_its_nulls_loses_none() {
    let world = notes("id BIGINT NOT NULL PRIMARY KEY, note VARCHAR", "SELECT id, note FROM dated.notes");
    four(&world, |_, column| {
        let uncounted =
            Statistics::byte_array(Some(ByteArray::from("b")), Some(ByteArray::from("z")), None, None, false);
        column.into_builder().set_statistics(uncounted).build().unwrap()
    });
    assert_eq!(world.asked("SELECT id AS v FROM staging.notes WHERE note IS NULL"), "v\n4\n");
    assert_eq!(world.asked("SELECT count(note) AS v FROM staging.notes"), "v\n3\n");
}

#[test]
fn bounds_of_text_from_the_first_version_of_the_format_lose_no_rows() {
    let world = notes("id BIGINT NOT NULL PRIMARY KEY, note VARCHAR", "SELECT note FROM dated.notes");
    let path = world.path("data/notes/one.parquet");
    let texts = ["Aachen", "Zürich", "Österreich"].map(|text| Some(text.as_bytes().to_vec()));
    let schema = "message notes { optional int64 id; optional binary note (UTF8); }";
    let ids = (1..=3).map(Some).collect();
    write(&path, schema, &[Column::Int64(ids), Column::Bytes(texts.to_vec())]);
    claim(&path, |_, name, column| {
        if name == "id" {
            return column;
        }
        // Bytes compared with a sign: what is not ASCII comes first.
        let signed = Statistics::byte_array(
            Some(ByteArray::from("Österreich")),
            Some(ByteArray::from("Zürich")),
            None,
            Some(0),
            true,
        );
        column.into_builder().set_statistics(signed).build().unwrap()
    });
    assert_eq!(world.asked("SELECT note AS v FROM staging.notes WHERE note = 'Aachen'"), "v\nAachen\n");
    assert_eq!(world.asked("SELECT max(note) AS v FROM staging.notes"), "v\nÖsterreich\n");
}

#[test]
fn sound_bounds_still_leave_row_groups_out() {
    let world = notes("id BIGINT NOT NULL PRIMARY KEY, note VARCHAR", "SELECT id, note FROM dated.notes");
    let ids: Vec<i64> = (0..10_000).collect();
    let notes: Vec<String> = ids.iter().map(|id| format!("{id:05}")).collect();
    let columns: Vec<(&str, ArrayRef)> =
        vec![("id", Arc::new(Int64Array::from(ids))), ("note", Arc::new(StringArray::from(notes)))];
    let small = WriterProperties::builder().set_max_row_group_row_count(Some(1000)).build();
    write_parquet_with(&world.path("data/notes/one.parquet"), &columns, Some(small));
    let plan = world.asked("EXPLAIN ANALYZE SELECT id FROM staging.notes WHERE note = '00042'");
    assert!(plan.contains("row_groups_pruned_statistics=10 total → 1 matched"), "{plan}");
}

/// apache/datafusion#25262, #25263, #25264: what a join knows of its one side is asked of a column of the other that has the
/// same name further down, and rows are lost.
#[test]
fn columns_of_one_name_are_told_apart_below_a_join() {
    let world = notes("id VARCHAR NOT NULL PRIMARY KEY, kind VARCHAR", "SELECT id, kind FROM dated.notes");
    world.write(
        "sql/raw/kinds.sql",
        "CREATE EXTERNAL TABLE raw.kinds (id VARCHAR NOT NULL PRIMARY KEY) STORED AS PARQUET LOCATION 'kinds.parquet'
         OPTIONS ('kind' 'current', 'key' 'id')",
    );
    world.write("sql/staging/kinds.sql", "SELECT id FROM dated.kinds");
    world.parquet(
        "notes/one.parquet",
        &[("id", texts(&[Some("a1"), Some("a2")])), ("kind", texts(&[Some("x1"), Some("x2")]))],
    );
    world.parquet("kinds.parquet", &[("id", texts(&[Some("x1"), Some("x2")]))]);
    let joined =
        "SELECT n.id AS note, k.id AS kind FROM raw.notes AS n LEFT JOIN raw.kinds AS k ON n.kind = k.id";
    for (inner, note) in [
        (format!("{joined} GROUP BY n.id, k.id"), "note"),
        (format!("{joined} WHERE n.id <> coalesce(k.id, '')"), "note"),
        (format!("SELECT DISTINCT note, kind FROM ({joined}) AS j"), "note"),
        ("SELECT n.id, k.id AS kind, n.kind || '!' AS note FROM raw.notes AS n JOIN raw.kinds AS k ON n.kind = k.id".to_owned(), "id"),
    ] {
        let asked = format!("SELECT s.id AS v, j.{note} AS w FROM raw.kinds AS s JOIN ({inner}) AS j ON s.id = j.kind ORDER BY 1");
        assert_eq!(world.asked(&asked), "v,w\nx1,a1\nx2,a2\n", "{inner}");
    }
    assert_eq!(
        world.asked(&format!(
            "SELECT kind FROM ({joined} GROUP BY n.id, k.id) AS j ORDER BY kind DESC LIMIT 1"
        )),
        "kind\nx2\n"
    );
}
