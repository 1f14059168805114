//! Columns that come later, and types that differ from file to file.

use std::fs;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Float32Array, Float64Array, Int32Array, Int64Array, NullArray,
    StringArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
};

use crate::bad_input::world::{World, day, events, numbers};

/// A project with a source `raw.drift` whose column `v` is declared so, and these files of it. A row is named by its file and
/// its place in it, so that dating leaves every row as it is.
fn drift(declared: &str, files: &[(&str, ArrayRef)]) -> World {
    let world = World::published();
    world.write(
        "sql/raw/drift.sql",
        format!(
            "CREATE EXTERNAL TABLE raw.drift (f VARCHAR NOT NULL, n BIGINT NOT NULL, v {declared}, PRIMARY KEY (f, n))
             STORED AS PARQUET LOCATION 'drift' OPTIONS ('kind' 'current', 'key' 'f, n')"
        ),
    );
    world.write("sql/staging/drift.sql", "SELECT f, v FROM dated.drift");
    for (name, values) in files {
        let names: ArrayRef = Arc::new(StringArray::from(vec![*name; values.len()]));
        let columns = [("f", names), ("n", numbers(values.len())), ("v", Arc::clone(values))];
        world.parquet(&format!("drift/{name}.parquet"), &columns);
    }
    world
}

fn values(world: &World) -> String {
    world.asked("SELECT v FROM raw.drift ORDER BY f, v NULLS LAST").replacen("v\n", "", 1)
}

fn array(values: impl arrow::array::Array + 'static) -> ArrayRef {
    Arc::new(values)
}

#[test]
fn numbers_are_read_as_the_declared_type_where_each_is_the_same_number_in_it() {
    let files = [
        ("1", array(Int64Array::from(vec![5, (1 << 53) + 1]))),
        ("2", array(Float64Array::from(vec![Some(7.0), None, Some(-0.0)]))),
        ("3", array(NullArray::new(1))),
        ("4", array(Int32Array::from(vec![3]))),
        ("5", array(Float32Array::from(vec![16_777_216.0]))),
        ("6", array(Decimal128Array::from(vec![1200]).with_precision_and_scale(9, 2).unwrap())),
    ];
    let world = drift("BIGINT", &files);
    assert_eq!(values(&world), "5\n9007199254740993\n0\n7\n\"\"\n\"\"\n3\n16777216\n12\n");
    assert_eq!(
        world.asked("SELECT sum(v) AS s, max(v) AS m FROM raw.drift"),
        "s,m\n9007199271518236,9007199254740993\n"
    );
}

#[test]
fn a_number_that_the_declared_type_cannot_hold_is_refused_with_file_row_and_value() {
    for (declared, values, said) in [
        (
            "BIGINT",
            array(Float64Array::from(vec![1.0, 7.5])),
            "drift/2.parquet, row 2: `v` is 7.5, which a BIGINT cannot hold",
        ),
        ("BIGINT", array(Float64Array::from(vec![f64::NAN])), "row 1: `v` is NaN"),
        (
            "BIGINT",
            array(Float64Array::from(vec![9_223_372_036_854_775_808.0])),
            "row 1: `v` is 9.223372036854776e18",
        ),
        (
            "DOUBLE",
            array(Int64Array::from(vec![1, 2, (1 << 53) + 1])),
            "row 3: `v` is 9007199254740993, which a DOUBLE cannot hold",
        ),
        (
            "INT",
            array(Int64Array::from(vec![3_000_000_000])),
            "row 1: `v` is 3000000000, which an INT cannot hold",
        ),
        ("DECIMAL(9, 2)", array(Float64Array::from(vec![0.1, 0.125])), "row 2: `v` is 0.125"),
        (
            "TIMESTAMP",
            array(TimestampMillisecondArray::from(vec![i64::MAX])),
            "drift/2.parquet, row 1: `v` is",
        ),
        ("TIMESTAMP", array(Date32Array::from(vec![0, i32::MAX])), "drift/2.parquet, row 2: `v` is"),
        (
            "DATE",
            array(TimestampMicrosecondArray::from(vec![86_400_000_000, 1])),
            "row 2: `v` is 1970-01-01T00:00:00.000001",
        ),
    ] {
        let world = drift(declared, &[("1", array(NullArray::new(1))), ("2", values)]);
        world.write(
            "sql/marts/drift.sql",
            "CREATE TABLE marts.drift (f VARCHAR NOT NULL PRIMARY KEY, n BIGINT) AS
             SELECT f, count(v) AS n FROM staging.drift GROUP BY f",
        );
        world.refused(1, &["unfit-value", said, "sql/raw/drift.sql"]);
        let ended = world.hale(&["query", "SELECT max(v) FROM raw.drift"]);
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[test]
fn filters_over_files_of_several_types_lose_no_rows() {
    let files = [
        ("1", array(Int64Array::from((0..100).collect::<Vec<i64>>()))),
        ("2", array(Float64Array::from((0..100).map(f64::from).collect::<Vec<_>>()))),
        ("3", array(Int32Array::from((0..100).collect::<Vec<i32>>()))),
    ];
    let world = drift("BIGINT", &files);
    for (filter, rows) in
        [("v = 7", 3), ("v > 97", 6), ("v IN (1, 2)", 6), ("v BETWEEN 5 AND 6", 6), ("v IS NULL", 0)]
    {
        let found = world.asked(&format!("SELECT count(*) AS n FROM raw.drift WHERE {filter}"));
        assert_eq!(found, format!("n\n{rows}\n"), "{filter}");
    }
}

#[test]
fn a_date_is_the_instant_at_which_the_day_begins_for_the_project() {
    let files = [
        ("1", array(Date32Array::from(vec![day(1)]))),
        ("2", array(TimestampMicrosecondArray::from(vec![(i64::from(day(1)) * 86_400 + 3600) * 1_000_000]))),
    ];
    let world = drift("TIMESTAMP", &files);
    assert_eq!(values(&world), "2026-09-01T00:00:00\n2026-09-01T01:00:00\n");
    let settings =
        "name: bad\ntime_zone: America/New_York\nsources: data\nout: out\nhistory_starts: 2026-09-01\n";
    world.write("hale.yml", settings);
    assert_eq!(values(&world), "2026-09-01T04:00:00\n2026-09-01T01:00:00\n");
    assert_eq!(world.asked("SELECT local_day(v) AS v FROM raw.drift WHERE f = '1'"), "v\n2026-09-01\n");
}

#[test]
fn midnights_are_read_as_dates() {
    let midnight = i64::from(day(2)) * 86_400 * 1_000_000_000;
    let files = [
        ("1", array(Date32Array::from(vec![day(1)]))),
        ("2", array(TimestampNanosecondArray::from(vec![Some(midnight), None]))),
    ];
    let world = drift("DATE", &files);
    assert_eq!(values(&world), "2026-09-01\n2026-09-02\n\"\"\n");
}

#[test]
fn nanoseconds_are_cut_off_and_filters_know_it() {
    let second = i64::from(day(1)) * 86_400 * 1_000_000_000;
    let world = drift("TIMESTAMP", &[("1", array(TimestampNanosecondArray::from(vec![second + 500, -1])))]);
    assert_eq!(values(&world), "1969-12-31T23:59:59.999999\n2026-09-01T00:00:00\n");
    for filter in [
        "v = TIMESTAMP '2026-09-01'",
        "v >= TIMESTAMP '2026-09-01'",
        "v BETWEEN TIMESTAMP '2026-09-01' AND TIMESTAMP '2026-09-01'",
    ] {
        let found = world.asked(&format!("SELECT count(*) AS n FROM raw.drift WHERE {filter}"));
        assert_eq!(found, "n\n1\n", "{filter}");
    }
    assert_eq!(world.asked("SELECT count(*) AS n FROM raw.drift WHERE v > TIMESTAMP '2026-09-01'"), "n\n0\n");
}

#[test]
fn instants_of_every_unit_are_found_by_every_comparison() {
    let base = i64::from(day(1)) * 86_400;
    let held = base * 1_000_000;
    for values in [
        array(TimestampMillisecondArray::from(vec![base * 1000])),
        array(TimestampNanosecondArray::from(vec![base * 1_000_000_000 + 999])),
    ] {
        // A file whose only value is one instant: its bounds say it all.
        let world = drift("TIMESTAMP", &[("1", values)]);
        let (mut asked, mut expected) = (Vec::new(), "k,n\n".to_owned());
        for micros in [-1, 0, 1, 500, 999, 1000, 1001] {
            let literal = held + micros;
            let text = chrono::DateTime::from_timestamp_micros(literal)
                .unwrap()
                .format("%F %H:%M:%S%.6f")
                .to_string();
            for (op, right) in [
                ("<", held < literal),
                ("<=", held <= literal),
                (">", held > literal),
                (">=", held >= literal),
                ("=", held == literal),
                ("<>", held != literal),
                ("IS DISTINCT FROM", held != literal),
            ] {
                let k = 100 + asked.len();
                asked.push(format!(
                    "SELECT {k} AS k, count(*) AS n FROM raw.drift WHERE v {op} TIMESTAMP '{text}'"
                ));
                expected.push_str(&format!("{k},{}\n", u8::from(right)));
            }
        }
        assert_eq!(world.asked(&format!("{} ORDER BY k", asked.join(" UNION ALL "))), expected);
    }
}

#[test]
fn a_column_that_came_later_is_null_before_once_that_is_declared() {
    let world = World::published();
    let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
    let with = |column: &str, options: &str| {
        let declared = declared.replace("amount DOUBLE", &format!("amount DOUBLE, plan {column}"));
        world.write("sql/raw/events.sql", declared.replace("'optional' 'false'", options));
    };
    let mut later = events(&[(3, "a", 3, 1.0)]);
    later.insert(0, ("plan", array(StringArray::from(vec!["pro"]))));
    world.parquet("events/two.parquet", &later);
    with("VARCHAR", "'optional' 'false'");
    world.refused(
        1,
        &[
            "there is no column `plan` in events/one.parquet",
            "1 of 2 files have it",
            "add OPTIONS ('added_columns' 'plan')",
        ],
    );
    with("VARCHAR", "'optional' 'false', 'added_columns' 'plan'");
    world.accepted();
    assert_eq!(
        world.asked("SELECT event_id, plan FROM raw.events ORDER BY 1"),
        "event_id,plan\n1,\n2,\n3,pro\n"
    );
    assert_eq!(world.asked("SELECT count(*) AS n FROM raw.events WHERE plan IS NULL"), "n\n2\n");
    assert_eq!(world.asked("SELECT event_id AS v FROM raw.events WHERE plan = 'pro'"), "v\n3\n");
    // One that is nowhere is a mistake, whatever is declared.
    fs::remove_file(world.path("data/events/two.parquet")).unwrap();
    let ended = world.hale(&["check"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("there is no column `plan` in events/one.parquet"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("take `plan` out of the declaration until a file has it"),
        "{}",
        ended.stderr
    );
    with("VARCHAR NOT NULL", "'optional' 'false', 'added_columns' 'plan'");
    let ended = world.hale(&["check"]);
    assert!(ended.stderr.contains("cannot be NOT NULL"), "{}", ended.stderr);
    with("VARCHAR", "'optional' 'false', 'added_columns' 'plann'");
    let ended = world.hale(&["check"]);
    assert!(ended.stderr.contains("did you mean `plan`?"), "{}", ended.stderr);
}

#[test]
fn the_advice_for_another_type_can_be_followed() {
    let zoned = TimestampMicrosecondArray::from(vec![0]).with_timezone("UTC");
    for (declared, values, advice) in [
        ("DATE", array(zoned), "declare it TIMESTAMP, and take its day in staging: local_day(v)"),
        ("TIMESTAMP", array(Int64Array::from(vec![0])), "to_timestamp_seconds(v), to_timestamp_millis(v) or"),
        (
            "DOUBLE",
            array(StringArray::from(vec!["1"])),
            "declare it VARCHAR, and cast it in staging: CAST(v AS DOUBLE)",
        ),
    ] {
        drift(declared, &[("1", values)]).refused(1, &["column-type", advice]);
    }
    let world =
        drift("TIMESTAMP", &[("1", array(TimestampMicrosecondArray::from(vec![0]).with_timezone("UTC")))]);
    assert_eq!(world.asked("SELECT local_day(v) AS v FROM raw.drift"), "v\n1970-01-01\n");
    let world = drift("BIGINT", &[("1", array(Int64Array::from(vec![86_400])))]);
    let days = "SELECT local_day(to_timestamp_seconds(v)) AS v FROM raw.drift";
    assert_eq!(world.asked(days), "v\n1970-01-02\n");
}

#[test]
fn types_that_no_declaration_reads_are_said_with_the_files_to_write_again() {
    let world = drift(
        "BIGINT",
        &[("1", array(Int64Array::from(vec![1]))), ("2", array(StringArray::from(vec!["x"])))],
    );
    world.refused(
        1,
        &[
            "`v` is declared BIGINT but is VARCHAR in drift/2.parquet",
            "no declaration reads all files: write these again with a BIGINT",
        ],
    );
}
