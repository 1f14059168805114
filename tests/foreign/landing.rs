//! Which files of a source's folder count, and what is said of the others.

use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array};

use crate::bad_input::world::{World, day, events};

/// A world whose only events lie under these names, one event each.
fn named(names: &[&str]) -> World {
    let world = World::published();
    fs::remove_file(world.path("data/events/one.parquet")).unwrap();
    for (id, name) in (1..).zip(names) {
        world.parquet(&format!("events/{name}"), &events(&[(id, "a", 1, 1.0)]));
    }
    world
}

fn count(world: &World) -> String {
    world.asked("SELECT count(*) AS n FROM raw.events").replace("n\n", "").trim().to_owned()
}

/// The declaration of the events with other options.
fn options(world: &World, options: &str) {
    let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
    world.write("sql/raw/events.sql", declared.replace("'optional' 'false'", options));
}

#[test]
fn a_data_file_is_known_by_its_bytes_whatever_its_name() {
    let world = named(&[
        "1.parquet",
        "2.PARQUET",
        "3.parq",
        "4.pq",
        "part-00005-abc",
        "6.snappy",
        "7.parquet.gz",
        "8.parquet.bak",
        "deep/er/9.parquet",
        "with space.parquet",
    ]);
    let ended = world.accepted();
    assert!(!ended.stderr.contains("not read"), "{}", ended.stderr);
    assert_eq!(count(&world), "10");
}

#[test]
fn hidden_names_and_check_sums_are_passed_by_in_silence() {
    let world = named(&["1.parquet"]);
    for name in
        ["_SUCCESS", "_metadata", ".hidden", "1.parquet.crc", ".1.parquet.crc", "_temporary/0/x.parquet"]
    {
        world.write(format!("data/events/{name}"), "x");
    }
    let ended = world.accepted();
    assert!(!ended.stderr.contains("not read"), "{}", ended.stderr);
}

#[test]
fn a_file_that_is_not_read_is_named() {
    let world = named(&["1.parquet"]);
    world.write("data/events/readme.txt", "what this is");
    world.write("data/events/2.csv", "event_id,account_id\n2,a\n");
    world.write("data/events/empty", "");
    for ended in [world.accepted(), world.hale(&["check"])] {
        for name in ["events/readme.txt", "events/2.csv", "events/empty", "not read for raw.events"] {
            assert!(ended.stderr.contains(name), "{name}: {}", ended.stderr);
        }
    }
}

#[test]
fn a_file_of_another_kind_is_told_from_a_damaged_one() {
    for (bytes, said) in [
        (&b"event_id,account_id\n1,a\n"[..], "is CSV, not Parquet"),
        (b"{\"event_id\": 1}\n", "is JSON, not Parquet"),
        (b"[{\"event_id\": 1}]", "is JSON, not Parquet"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03more", "is compressed with gzip"),
        (b"PK\x03\x04workbook", "is a zip archive or an Excel workbook"),
    ] {
        let world = named(&["1.parquet"]);
        world.write("data/events/2.parquet", bytes);
        let ended = world.refused(1, &["not-parquet", "events/2.parquet", said]);
        assert!(!ended.stderr.contains("events/1.parquet"), "{}", ended.stderr);
    }
}

#[test]
fn csv_or_json_in_place_of_all_parquet_says_how_to_convert_it() {
    for optional in [false, true] {
        let world = named(&[]);
        if optional {
            options(&world, "'optional' 'true'");
        }
        world.write("data/events/2026-09.csv", "event_id,account_id,at,amount\n1,a,2026-09-01,2\n");
        world.refused(
            1,
            &["events/2026-09.csv is CSV, not Parquet", "duckdb -c", "read_csv(", "2026-09.parquet"],
        );
    }
}

/// Text under the name that its Parquet will have is not overwritten while it is read.
#[test]
fn the_conversion_that_is_proposed_never_writes_what_it_reads() {
    let world = named(&[]);
    world.write("data/events/part.parquet", "event_id,account_id,at,amount\n1,a,2026-09-01,2\n");
    let ended = world.refused(1, &["not-parquet", "part.parquet')", "TO 'part.converted.parquet'"]);
    assert!(!ended.stderr.contains("TO 'part.parquet'"), "{}", ended.stderr);
}

#[test]
fn an_optional_source_never_counts_as_absent_in_silence() {
    let world = named(&[]);
    options(&world, "'optional' 'true'");
    let ended = world.accepted();
    assert!(ended.stderr.contains("raw.events counts as absent"), "{}", ended.stderr);
    world.write("data/events/_SUCCESS", "");
    let ended = world.hale(&["check"]);
    assert!(ended.stderr.contains("raw.events counts as absent"), "{}", ended.stderr);
    fs::remove_dir_all(world.path("data/events")).unwrap();
    let ended = world.hale(&["check"]);
    assert!(ended.code == 0 && !ended.stderr.contains("counts as absent"), "{}", ended.stderr);
}

#[test]
fn a_file_that_is_still_being_written_is_a_reason_to_wait() {
    let world = named(&["1.parquet"]);
    let whole = fs::read(world.path("data/events/1.parquet")).unwrap();
    world.write("data/events/2.parquet._COPYING_", &whole[..whole.len() / 2]);
    world.refused(75, &["events/2.parquet._COPYING_", "cut short, or is still being written"]);
}

#[test]
fn the_folder_of_a_table_format_is_refused_by_name() {
    for (log, name) in [
        ("_delta_log/00000000000000000000.json", "a Delta"),
        ("metadata/v3.metadata.json", "an Iceberg"),
        (".hoodie/hoodie.properties", "a Hudi"),
    ] {
        let world = named(&["1.parquet"]);
        world.write(format!("data/events/{log}"), "{}");
        world.refused(1, &["table-format", &format!("raw.events is {name} table"), "help"]);
        // So is a part of one.
        let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
        world.write("sql/raw/events.sql", declared.replace("LOCATION 'events'", "LOCATION 'events/data'"));
        world.parquet("events/data/1.parquet", &events(&[(1, "a", 1, 1.0)]));
        world.refused(1, &["table-format", &format!("raw.events is a part of {name} table")]);
    }
}

#[test]
fn the_help_for_a_table_format_names_the_folder_that_holds_its_log() {
    for (log, root, relation) in [
        ("events/_delta_log/0.json", "data/events", "is a Delta table"),
        ("events/deeper/_delta_log/0.json", "data/events/deeper", "holds a Delta table"),
        ("_delta_log/0.json", "data", "is a part of a Delta table"),
        ("events/metadata/v1.metadata.json", "data/events", "is an Iceberg table"),
        ("metadata/v1.metadata.json", "data", "is a part of an Iceberg table"),
    ] {
        let world = named(&["1.parquet"]);
        world.write(format!("data/{log}"), "{}");
        let scan = format!("{}')) TO 'rows.parquet'", world.path(root).display());
        world.refused(1, &["table-format", &format!("raw.events {relation}"), "_scan('", &scan]);
    }
}

#[test]
fn a_column_of_some_folder_names_is_refused_with_the_files_that_lack_it() {
    let world = named(&["dt=2026-09-01/1.parquet", "2.parquet"]);
    let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
    let declared = declared.replace("(event_id", "(dt DATE, event_id");
    for later in ["", ", 'added_columns' 'dt'"] {
        let with = format!("'optional' 'false'{later}");
        world.write("sql/raw/events.sql", declared.replace("'optional' 'false'", &with));
        world.refused(
            1,
            &[
                "there is no column `dt` in events/2.parquet, nor in the names of its folders",
                "move what lacks it below a folder `dt=…`",
            ],
        );
    }
    // One that stands in a folder's name is never read as NULL for files that have it themselves.
    let mut with = events(&[(2, "a", 1, 1.0)]);
    let day: ArrayRef = Arc::new(Date32Array::from(vec![day(1)]));
    with.push(("dt", day));
    world.parquet("events/2.parquet", &with);
    world
        .refused(1, &["`dt` stands only in the names of folders for events/dt=2026-09-01/1.parquet", "help"]);
}

#[test]
fn columns_of_folder_names_are_read_decoded() {
    let world = named(&[]);
    let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
    world.write("sql/raw/events.sql", declared.replace("(event_id", "(region VARCHAR, dt DATE, event_id"));
    for (id, region) in
        (1..).zip(["New%20York", "a%2Fb", "__HIVE_DEFAULT_PARTITION__", "Zürich", "x y", "100%", "_u"])
    {
        let path = format!("events/region={region}/dt=2026-09-0{id}/part-0.parquet");
        world.parquet(&path, &events(&[(id, "a", 1, 1.0)]));
    }
    world.write("data/events/region=x y/_SUCCESS", "");
    world.accepted();
    let rows = world.asked("SELECT event_id, region, dt FROM raw.events ORDER BY event_id");
    let expected = "event_id,region,dt\n1,New York,2026-09-01\n2,a/b,2026-09-02\n3,,2026-09-03\n4,Zürich,2026-09-04\n\
                    5,x y,2026-09-05\n6,100%,2026-09-06\n7,_u,2026-09-07\n";
    assert_eq!(rows, expected);
    assert_eq!(world.asked("SELECT event_id AS v FROM raw.events WHERE region = 'x y'"), "v\n5\n");
    assert_eq!(world.asked("SELECT event_id AS v FROM raw.events WHERE region IS NULL"), "v\n3\n");
    assert_eq!(world.asked("SELECT count(*) AS v FROM raw.events WHERE dt > DATE '2026-09-04'"), "v\n3\n");
    assert_eq!(
        world.asked("SELECT max(dt) AS d, min(region) AS r FROM raw.events"),
        "d,r\n2026-09-07,100%\n"
    );
    assert_eq!(world.asked("SELECT max(extract(day FROM dt)) AS v FROM raw.events"), "v\n7\n");
}

#[test]
fn a_folder_name_that_is_no_value_of_its_column_is_refused() {
    let world = named(&["dt=2026-09-01/1.parquet", "dt=2026-02-30/2.parquet"]);
    let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
    world.write("sql/raw/events.sql", declared.replace("(event_id", "(dt DATE, event_id"));
    world.refused(
        1,
        &["`dt` stands in the names of folders, where it is no DATE: events/dt=2026-02-30/2.parquet"],
    );
}

#[test]
fn a_column_in_both_file_and_folder_name_is_read_from_the_file() {
    let world = named(&["account_id=zzz/1.parquet"]);
    world.accepted();
    assert_eq!(world.asked("SELECT account_id AS v FROM raw.events"), "v\na\n");
}

#[test]
fn a_source_that_has_not_landed_is_75_or_99_and_a_wrong_one_is_1() {
    let world = named(&[]);
    let run = |more: &[&str]| {
        let result = world.path("result.json");
        let mut words = vec!["run", "--as-of", "2026-09-03", "--result-file", result.to_str().unwrap()];
        words.extend(more);
        let ended = world.hale(&words);
        let result = fs::read_to_string(&result).unwrap();
        assert!(result.contains(&format!("\"exit_code\":{}", ended.code)), "{result}");
        assert!(result.contains("\"published\":false"), "{result}");
        ended.code
    };
    assert_eq!(run(&[]), 75);
    assert_eq!(run(&["--if-not-ready", "retry"]), 75);
    assert_eq!(run(&["--if-not-ready", "skip"]), 99);
    assert_eq!(world.hale(&["check"]).code, 75);
    world.parquet("events/1.parquet", &events(&[(1, "a", 1, 1.0)])[..2]);
    assert_eq!(run(&["--if-not-ready", "skip"]), 1);
    world.parquet("events/1.parquet", &events(&[(1, "a", 1, 1.0)]));
    assert_eq!(world.run().code, 0);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_75_with_its_name() {
    use std::os::unix::fs::PermissionsExt;
    let world = named(&["1.parquet", "2.parquet"]);
    let file = world.path("data/events/2.parquet");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        crate::skip::aloud("this user may read everything");
        return;
    }
    world.refused(75, &["events/2.parquet"]);
}

#[test]
fn a_source_inside_the_output_is_refused() {
    let world = World::published();
    world.write("hale.yml", "name: bad\ntime_zone: UTC\nsources: .\nout: out\nhistory_starts: 2026-09-01\n");
    for source in ["accounts", "users", "events"] {
        let path = format!("sql/raw/{source}.sql");
        let declared = fs::read_to_string(world.path(&path)).unwrap();
        world.write(&path, declared.replace("LOCATION '", "LOCATION 'data/"));
    }
    assert_eq!(world.run().code, 0);
    world.write(
        "sql/raw/own.sql",
        "CREATE EXTERNAL TABLE raw.own (account_id VARCHAR NOT NULL) STORED AS PARQUET LOCATION 'out/metrics/accounts'
         OPTIONS ('kind' 'current', 'key' 'account_id')",
    );
    world.write("sql/staging/own.sql", "SELECT account_id FROM dated.own");
    let ended = world.run();
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("raw.own") && ended.stderr.contains("source-in-output"),
        "{}",
        ended.stderr
    );
}

/// What a link leads to is where it lies, whether all of it is there yet or not.
#[cfg(unix)]
#[test]
fn no_link_hides_that_the_output_and_what_a_project_is_read_from_are_one() {
    let world = World::published();
    for (name, to) in
        [("within", "data/events"), ("all", "data"), ("later", "data/events/later"), ("models", "sql")]
    {
        std::os::unix::fs::symlink(world.path(to), world.path(name)).unwrap();
    }
    for (sources, out) in [
        ("data", "within"),
        ("data", "within/new"),
        ("data", "within/new/er"),
        ("data", "all/events/new"),
        ("data", "later"),
        ("data", "later/new"),
        ("all", "data/events/new"),
        ("all", "within/new"),
        ("all", "all"),
    ] {
        let ended = world.hale(&["run", "--as-of", "2026-09-03", "--sources", sources, "--out", out]);
        assert_eq!(ended.code, 1, "{sources}, {out}: {}", ended.stderr);
        assert!(ended.stderr.contains("source-in-output"), "{sources}, {out}: {}", ended.stderr);
    }
    for out in ["models/pages", "models", "all/pages", "later", "within/../pages"] {
        for command in ["docs", "compile"] {
            let ended = world.hale(&[command, "--out", out]);
            assert_eq!(ended.code, 2, "{command} {out}: {}", ended.stderr);
            assert!(
                ended.stderr.contains("name a folder apart from them"),
                "{command} {out}: {}",
                ended.stderr
            );
        }
    }
    assert_eq!(fs::read_dir(world.path("data/events")).unwrap().count(), 1, "something was written");
}

/// What is declared and is nowhere is told beside what there is: in the files, and in the names of their folders.
#[test]
fn a_column_that_is_nowhere_is_told_beside_those_that_are() {
    let world = named(&["dt=2026-09-01/1.parquet"]);
    let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
    world.write("sql/raw/events.sql", declared.replace("amount DOUBLE", "amount DOUBLE, heard_on DATE"));
    let ended = world.hale(&["check"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    for said in [
        "there is no column `heard_on` in events/dt=2026-09-01/1.parquet",
        "1.parquet has event_id, account_id, at and amount",
        "the names of its folders give dt",
        "name a column that the files have",
    ] {
        assert!(ended.stderr.contains(said), "not said: {said}\n{}", ended.stderr);
    }
}
