//! Names: of keys, of files and folders.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use arrow::array::AsArray;

use super::world::{World, accounts, events, hale, users};

const IDS: [&str; 10] = [
    "",
    "'; DROP TABLE x; --",
    "../../outside",
    "/etc/passwd",
    "a/b",
    "as_of=2026-01-01",
    "line\nbreak",
    "nul\0",
    "\"quoted\"",
    "🦀",
];

#[test]
fn any_text_can_be_a_key() {
    let world = World::published();
    world.parquet("accounts.parquet", &accounts(&IDS.map(Some)));
    world.parquet("users.parquet", &users(&IDS.map(|id| (id, id))));
    let rows: Vec<(i64, &str, i32, f64)> =
        IDS.iter().zip(1..).map(|(id, number)| (number, *id, 1, 1.0)).collect();
    world.parquet("events/one.parquet", &events(&rows));
    world.accepted();
    let published = world.accounts();
    let mut found: Vec<&str> = published["account_id"].as_string::<i32>().iter().flatten().collect();
    found.sort_unstable();
    let mut expected = IDS;
    expected.sort_unstable();
    assert_eq!(found, expected);
    // A key is data: it names no file.
    assert!(world.output().keys().all(|path| !path.to_string_lossy().contains("outside")));
    for id in IDS.iter().filter(|id| !id.contains('\0')) {
        let shown = world.hale(&["show", "metrics.accounts", "--format", "json", &format!("--account={id}")]);
        assert_eq!(shown.code, 0, "{}", shown.stderr);
        let rows: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), 1, "{id:?}: {}", shown.stdout);
        assert_eq!(rows[0]["account_id"], *id);
    }
}

#[test]
fn a_source_lies_below_the_sources() {
    for place in [
        "../data/events",
        "/etc",
        "events/../../..",
        "events//",
        "./events",
        "",
        "a\nb",
        "s3://elsewhere/events",
    ] {
        let world = World::published();
        let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
        world.write(
            "sql/raw/events.sql",
            declared.replace("LOCATION 'events'", &format!("LOCATION '{place}'")),
        );
        world.refused(1, &["sql/raw/events.sql"]);
    }
}

#[test]
fn files_of_a_source_may_have_any_name_in_utf8() {
    let world = World::published();
    let names = [
        "with space.parquet",
        "it's \"quoted\".parquet",
        "100%.parquet",
        "a%2Fb.parquet",
        "day=1/x.parquet",
        "ünïcode.parquet",
        "[1]*?.parquet",
    ];
    for (name, id) in names.iter().zip(100..) {
        world.parquet(&format!("events/{name}"), &events(&[(id, "a", 3, 1.0)]));
    }
    world.accepted();
    let counts = world.accounts();
    let counts = counts["events"].as_primitive::<arrow::datatypes::Int64Type>();
    assert_eq!(counts.values(), &[1 + names.len() as i64, 1]);
}

#[test]
fn a_file_name_that_no_storage_can_carry_is_refused_rather_than_left_out() {
    for name in [&b"caf\xe9.parquet"[..], b"line\nbreak.parquet"] {
        let world = World::published();
        let sound = fs::read(world.path("data/events/one.parquet")).unwrap();
        fs::write(world.path("data/events").join(OsStr::from_bytes(name)), sound).unwrap();
        world.refused(1, &["events"]);
    }
}

#[test]
fn a_model_file_is_named_as_a_table_can_be() {
    for name in ["My Model", "a-b", "ünï", "1st", "a.b", "_x", "it's"] {
        let world = World::published();
        world.write(format!("sql/staging/{name}.sql"), "SELECT 1 AS one");
        world.refused(1, &["file-name", "cannot name a table", "lower-case letters, digits and underscores"]);
    }
}

#[test]
fn a_model_file_whose_name_is_not_utf8_is_refused() {
    let world = World::published();
    fs::write(world.path("sql/staging").join(OsStr::from_bytes(b"caf\xe9.sql")), "SELECT 1 AS one").unwrap();
    world.refused(1, &["file-name", "not UTF-8"]);
}

#[test]
fn a_project_may_lie_in_a_folder_of_any_name_in_utf8() {
    for name in ["it's a \"folder\"", "100% ünï", "a=b;c", "-dash"] {
        let world = World::published();
        let folder = world.path("outer").join(name);
        fs::create_dir_all(&folder).unwrap();
        for part in ["hale.yml", "sql", "data"] {
            fs::rename(world.path(part), folder.join(part)).unwrap();
        }
        let ended = hale(&folder, &["run", "--as-of", "2026-09-03"]);
        assert_eq!(ended.code, 0, "{name}: {}", ended.stderr);
        assert!(folder.join("out/metrics/accounts/as_of=2026-09-03/part-0000.parquet").is_file());
    }
}

#[test]
fn a_project_in_a_folder_that_is_not_utf8_is_refused_in_words() {
    let world = World::published();
    let folder = world.path("outer").join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir_all(&folder).unwrap();
    for part in ["hale.yml", "sql", "data"] {
        fs::rename(world.path(part), folder.join(part)).unwrap();
    }
    let ended = hale(&folder, &["run", "--as-of", "2026-09-03"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("UTF-8"), "{}", ended.stderr);
    assert!(!folder.join("out").exists());
}
