//! Columns of every type that is met: read, or refused in SQL's words with what to do.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::Int64Builder;
use arrow::array::{
    ArrayRef, BinaryArray, DictionaryArray, DurationMicrosecondArray, DurationMillisecondArray,
    DurationNanosecondArray, DurationSecondArray, Float32Array, Int64Array, LargeStringArray, ListArray,
    MapBuilder, StringArray, StringBuilder, StructArray, Time32MillisecondArray, Time64MicrosecondArray,
    TimestampMicrosecondArray, UInt8Array, UInt16Array, UInt32Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int8Type, Int64Type};
use parquet::data_type::Int96;

use super::forge::{Column, write};
use crate::bad_input::world::{World, day, events, numbers};

/// A project with a source `raw.odd` of one declared column `v`, and a number that names the row.
fn odd(declared: &str) -> World {
    let world = World::published();
    let statement = format!(
        "CREATE EXTERNAL TABLE raw.odd (n BIGINT NOT NULL PRIMARY KEY, v {declared}) STORED AS PARQUET LOCATION 'odd.parquet'
         OPTIONS ('kind' 'current', 'key' 'n')"
    );
    world.write("sql/raw/odd.sql", statement);
    world.write("sql/staging/odd.sql", "SELECT v FROM dated.odd");
    world
}

/// Values of `v`, each in a row with its number.
fn numbered(values: ArrayRef) -> [(&'static str, ArrayRef); 2] {
    [("n", numbers(values.len())), ("v", values)]
}

/// A file in Parquet's own words: `v` as it is described, beside the numbers of its rows.
fn forged(path: &Path, described: &str, values: Column) {
    let ids = (1..).take(values.rows()).map(Some).collect();
    write(path, &format!("message odd {{ optional int64 n; {described} }}"), &[Column::Int64(ids), values]);
}

fn read(declared: &str, values: ArrayRef) -> String {
    let world = odd(declared);
    world.parquet("odd.parquet", &numbered(values));
    world.accepted();
    let raw = world.asked("SELECT v FROM raw.odd ORDER BY n");
    assert_eq!(world.asked("SELECT v FROM dated.odd ORDER BY n"), raw, "dating leaves it as it is");
    raw.replacen("v\n", "", 1)
}

#[test]
fn rare_types_are_read_as_what_they_hold() {
    assert_eq!(read("TIME", Arc::new(Time64MicrosecondArray::from(vec![3_723_000_000]))), "01:02:03\n");
    assert_eq!(read("TIME", Arc::new(Time32MillisecondArray::from(vec![3_723_500]))), "01:02:03.500\n");
    assert_eq!(read("BIGINT", Arc::new(UInt32Array::from(vec![u32::MAX]))), "4294967295\n");
    assert_eq!(read("INT", Arc::new(UInt16Array::from(vec![u16::MAX]))), "65535\n");
    assert_eq!(read("SMALLINT", Arc::new(UInt8Array::from(vec![255]))), "255\n");
    let half = cast(&Float32Array::from(vec![1.5]), &DataType::Float16).unwrap();
    assert_eq!(read("DOUBLE", half), "1.5\n");
    assert_eq!(read("VARCHAR", Arc::new(LargeStringArray::from(vec!["x"]))), "x\n");
    let dictionary: DictionaryArray<Int8Type> = ["x", "y", "x"].into_iter().collect();
    assert_eq!(read("VARCHAR", Arc::new(dictionary)), "x\ny\nx\n");
}

#[test]
fn a_duration_is_its_number_of_microseconds_whatever_its_unit() {
    let world = odd("BIGINT");
    let declared = fs::read_to_string(world.path("sql/raw/odd.sql")).unwrap();
    world.write("sql/raw/odd.sql", declared.replace("odd.parquet", "odd"));
    let units: [ArrayRef; 4] = [
        Arc::new(DurationSecondArray::from(vec![Some(5), None, Some(-6)])),
        Arc::new(DurationMillisecondArray::from(vec![5, 6])),
        Arc::new(DurationMicrosecondArray::from(vec![5, 6])),
        Arc::new(DurationNanosecondArray::from(vec![5000, -6000])),
    ];
    for (number, values) in units.into_iter().enumerate() {
        let first = 10 * number as i64;
        let numbers: ArrayRef = Arc::new((first..).take(values.len()).collect::<Int64Array>());
        world.parquet(&format!("odd/{number}.parquet"), &[("n", numbers), ("v", values)]);
    }
    world.accepted();
    assert_eq!(
        world.asked("SELECT v FROM raw.odd WHERE v IS NOT NULL ORDER BY v"),
        "v\n-6000000\n-6\n5\n5\n6\n5000\n6000\n5000000\n"
    );
    assert_eq!(world.asked("SELECT max(v) AS v FROM raw.odd WHERE v > 6000"), "v\n5000000\n");
    for (values, said) in [
        (
            Arc::new(DurationNanosecondArray::from(vec![5000, 5001])) as ArrayRef,
            "row 2: `v` is a duration of 5001 nanoseconds, read as whole microseconds, which a BIGINT cannot hold",
        ),
        (
            Arc::new(DurationSecondArray::from(vec![i64::MAX])),
            "row 1: `v` is a duration of 9223372036854775807 seconds",
        ),
    ] {
        world.parquet("odd/4.parquet", &numbered(values));
        let ended = world.hale(&["query", "SELECT v FROM raw.odd"]);
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    let world = odd("VARCHAR");
    world.parquet("odd.parquet", &numbered(Arc::new(DurationSecondArray::from(vec![5]))));
    world.refused(1, &["`v` is declared VARCHAR but is INTERVAL", "declare it BIGINT", "microseconds"]);
}

#[test]
fn bytes_are_text_only_where_they_are_utf_8() {
    let bytes: Vec<Option<&[u8]>> = vec![Some(b"a"), None, Some(b"\xff\x00")];
    let binary: ArrayRef = Arc::new(BinaryArray::from(bytes));
    let kinds = [
        DataType::Binary,
        DataType::LargeBinary,
        DataType::BinaryView,
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Binary)),
    ];
    let refused = |world: &World, kind: &str| {
        for query in ["SELECT v FROM raw.odd", "SELECT count(*) AS n FROM raw.odd WHERE v > 'b'"] {
            let ended = world.hale(&["query", query]);
            assert_eq!(ended.code, 1, "{kind}: {}", ended.stderr);
            let said = "odd.parquet, row 3: `v` is 0xff00, which a VARCHAR cannot hold";
            assert!(ended.stderr.contains(said), "{kind}: {}", ended.stderr);
        }
    };
    for kind in kinds {
        let world = odd("VARCHAR");
        world.parquet("odd.parquet", &numbered(cast(&binary, &kind).unwrap()));
        refused(&world, &kind.to_string());
        world.parquet("odd.parquet", &numbered(cast(&binary.slice(0, 2), &kind).unwrap()));
        assert_eq!(world.asked("SELECT v FROM raw.odd WHERE v = 'a'"), "v\na\n", "{kind}");
    }
    // No reader tries these, though they are text by their kind.
    let world = odd("VARCHAR");
    let values = vec![Some(b"{}".to_vec()), None, Some(b"\xff\x00".to_vec())];
    for kind in ["(ENUM)", "(JSON)", "(BSON)", ""] {
        let described = format!("optional binary v {kind};");
        forged(&world.path("data/odd.parquet"), &described, Column::Bytes(values.clone()));
        refused(&world, kind);
    }
    world.write(
        "sql/marts/odd.sql",
        "CREATE TABLE marts.odd (v VARCHAR NOT NULL PRIMARY KEY) AS SELECT v FROM staging.odd WHERE v IS NOT NULL",
    );
    world.refused(1, &["unfit-value", "odd.parquet, row 3", "sql/raw/odd.sql"]);
}

#[test]
fn an_instant_is_the_same_in_whatever_zone_it_was_written() {
    let micros = (i64::from(day(1)) * 86_400 + 22 * 3600 + 1800) * 1_000_000;
    for zone in [None, Some("UTC"), Some("Europe/Berlin"), Some("America/New_York"), Some("+02:00")] {
        let values = TimestampMicrosecondArray::from(vec![micros]).with_timezone_opt(zone);
        assert_eq!(read("TIMESTAMP", Arc::new(values.clone())), "2026-09-01T22:30:00\n", "{zone:?}");
        let world = odd("TIMESTAMP WITH TIME ZONE");
        world.parquet("odd.parquet", &numbered(Arc::new(values)));
        world.write(
            "hale.yml",
            "name: bad\ntime_zone: Europe/Berlin\nsources: data\nout: out\nhistory_starts: 2026-09-01\n",
        );
        assert_eq!(world.asked("SELECT local_day(v) AS v FROM raw.odd"), "v\n2026-09-02\n", "{zone:?}");
        assert_eq!(
            world.asked("SELECT count(*) AS v FROM raw.odd WHERE v >= TIMESTAMP '2026-09-01T22:30:00Z'"),
            "v\n1\n",
            "{zone:?}"
        );
    }
}

#[test]
fn spark_timestamps_outside_of_what_nanoseconds_reach_are_right() {
    let world = odd("TIMESTAMP");
    let at = |day: i32, nanos: u64| {
        let mut value = Int96::new();
        let julian = u32::try_from(day + 2_440_588).unwrap();
        value.set_data(nanos as u32, (nanos >> 32) as u32, julian);
        Some(value)
    };
    let days = [2_932_896, 106_752, -719_162, day(1)];
    let values = days.iter().map(|day| at(*day, 3_600_000_000_000)).chain([None]).collect();
    forged(&world.path("data/odd.parquet"), "optional int96 v;", Column::Int96(values));
    world.accepted();
    assert_eq!(
        world.asked("SELECT v FROM raw.odd ORDER BY n"),
        "v\n9999-12-31T01:00:00\n2262-04-12T01:00:00\n0001-01-01T01:00:00\n2026-09-01T01:00:00\n\"\"\n"
    );
    assert_eq!(world.asked("SELECT count(*) AS n FROM raw.odd WHERE v > TIMESTAMP '2026-01-01'"), "n\n3\n");
    assert_eq!(world.asked("SELECT max(v) AS v FROM raw.odd"), "v\n9999-12-31T01:00:00\n");
}

#[test]
fn what_only_parquet_has_a_name_for_is_read_as_text() {
    let world = odd("VARCHAR");
    let path = world.path("data/odd.parquet");
    let uuid = vec![Some((0..16).collect::<Vec<u8>>()), None];
    forged(&path, "optional fixed_len_byte_array(16) v (UUID);", Column::Fixed(uuid.clone()));
    let text = "v\n00010203-0405-0607-0809-0a0b0c0d0e0f\n\"\"\n";
    assert_eq!(world.asked("SELECT v FROM raw.odd"), text);
    assert_eq!(
        world.asked("SELECT v FROM raw.odd WHERE v = '00010203-0405-0607-0809-0a0b0c0d0e0f'"),
        "v\n00010203-0405-0607-0809-0a0b0c0d0e0f\n"
    );
    for kind in ["(ENUM)", "(JSON)", "(UTF8)", ""] {
        forged(&path, &format!("optional binary v {kind};"), Column::Bytes(vec![Some(b"{}".to_vec())]));
        assert_eq!(world.asked("SELECT v FROM raw.odd"), "v\n{}\n", "{kind}");
        assert_eq!(world.asked("SELECT v FROM raw.odd WHERE v = '{}'"), "v\n{}\n", "{kind}");
    }
    // Sixteen bytes that are no UUID are no text.
    forged(&path, "optional fixed_len_byte_array(16) v;", Column::Fixed(uuid));
    world.refused(1, &["`v` is declared VARCHAR but is BYTEA in odd.parquet"]);
}

fn nested() -> Vec<(&'static str, ArrayRef)> {
    let parts: Vec<(Arc<Field>, ArrayRef)> = vec![
        (
            Arc::new(Field::new("plan", DataType::Utf8, true)),
            Arc::new(StringArray::from(vec!["pro", "free"])),
        ),
        (Arc::new(Field::new("n", DataType::Int64, true)), Arc::new(Int64Array::from(vec![1, 2]))),
    ];
    let list =
        ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1)]), Some(vec![Some(2), None])]);
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    for _ in 0..2 {
        map.keys().append_value("k");
        map.values().append_value(1);
        map.append(true).unwrap();
    }
    vec![("s", Arc::new(StructArray::from(parts))), ("l", Arc::new(list)), ("m", Arc::new(map.finish()))]
}

#[test]
fn nested_columns_that_nobody_declares_do_not_matter() {
    let world = World::published();
    let mut columns = events(&[(1, "a", 1, 5.0), (2, "b", 2, 7.5)]);
    for (place, column) in nested().into_iter().enumerate() {
        columns.insert(place, column);
    }
    world.parquet("events/one.parquet", &columns);
    world.accepted();
    assert_eq!(world.asked("SELECT sum(amount) AS v FROM raw.events WHERE account_id = 'b'"), "v\n7.5\n");
}

#[test]
fn nested_columns_are_read_as_declared_or_refused_in_the_words_of_sql() {
    let world = World::published();
    let mut columns = nested();
    columns.push(("n", numbers(2)));
    world.parquet("odd.parquet", &columns);
    let declare = |columns: &str| {
        world.write(
            "sql/raw/odd.sql",
            format!(
                "CREATE EXTERNAL TABLE raw.odd (n BIGINT NOT NULL PRIMARY KEY, {columns}) STORED AS PARQUET LOCATION 'odd.parquet'
                 OPTIONS ('kind' 'current', 'key' 'n')"
            ),
        );
        world.hale(&["check"])
    };
    world.write("sql/staging/odd.sql", "SELECT 1 AS one FROM dated.odd");
    let ended = declare("s STRUCT<plan VARCHAR, n BIGINT>, l BIGINT[]");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(world.asked("SELECT s['plan'] AS p, l[1] AS f FROM raw.odd"), "p,f\npro,1\nfree,2\n");
    for (columns, said) in [
        ("s VARCHAR", "`s` is declared VARCHAR but is STRUCT<plan VARCHAR, n BIGINT> in odd.parquet"),
        ("l BIGINT", "`l` is declared BIGINT but is BIGINT[] in odd.parquet"),
        ("m VARCHAR", "`m` is declared VARCHAR but is MAP<VARCHAR, BIGINT> in odd.parquet"),
        ("m UUID", "UUID"),
        ("m MAP(VARCHAR, BIGINT)", "columns of a file that are not declared do not matter"),
        ("m MAP<VARCHAR, BIGINT>", "columns of a file that are not declared do not matter"),
    ] {
        let ended = declare(columns);
        assert_eq!(ended.code, 1, "{columns}");
        assert!(ended.stderr.contains(said), "{columns}: {}", ended.stderr);
        assert!(ended.stderr.contains("help"), "{columns}: {}", ended.stderr);
        for internal in ["Utf8", "Int64", "Field {", "nullable"] {
            assert!(!ended.stderr.contains(internal), "{columns}: {}", ended.stderr);
        }
    }
}

#[test]
fn names_are_found_in_upper_case_and_refused_where_they_are_no_names() {
    let world = World::published();
    let rows = || events(&[(1, "a", 1, 5.0), (2, "b", 2, 7.5)]);
    let upper: Vec<(&str, ArrayRef)> = ["EVENT_ID", "Account_Id", "AT", "amount"]
        .into_iter()
        .zip(rows().into_iter().map(|(_, values)| values))
        .collect();
    world.parquet("events/one.parquet", &upper);
    world.accepted();
    assert_eq!(world.asked("SELECT event_id AS v FROM raw.events WHERE account_id = 'b'"), "v\n2\n");
    // Beside the very name, another one of its letters is another column.
    let mut both = rows();
    both.insert(0, ("AMOUNT", Arc::new(Int64Array::from(vec![0, 0])) as ArrayRef));
    world.parquet("events/one.parquet", &both);
    assert_eq!(world.asked("SELECT sum(amount) AS v FROM raw.events"), "v\n12.5\n");
    let mut unclear = rows();
    unclear[3].0 = "Amount";
    unclear.push(("AMOUNT", Arc::new(Int64Array::from(vec![0, 0])) as ArrayRef));
    world.parquet("events/one.parquet", &unclear);
    let ended = world.hale(&["check"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("which column is `amount`?"), "{}", ended.stderr);
}

#[test]
fn a_column_that_stands_twice_in_a_file_is_refused_only_where_it_is_read() {
    let world = odd("BIGINT");
    let path = world.path("data/odd.parquet");
    let columns = || [1, 2, 3, 4].map(|value| Column::Int64(vec![Some(value)]));
    let schema = |twice: &str| {
        format!(
            "message odd {{ optional int64 v; optional int64 n; optional int64 {twice}; optional int64 {twice}; }}"
        )
    };
    write(&path, &schema("w"), &columns());
    assert_eq!(world.asked("SELECT v FROM raw.odd"), "v\n1\n");
    write(&path, &schema("v"), &columns());
    world.refused(1, &["which column is `v`? More than one is called so in odd.parquet"]);
    fs::remove_file(path).unwrap();
}
