//! Parquet that is missing, broken, empty, or not of the declared shape.

use std::fs;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::array::{
    ArrayRef, DictionaryArray, Int32Array, StringArray, TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::{Int32Type, Int64Type};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::WriterProperties;

use super::world::{World, accounts, day, events, texts, users, write_parquet_with};

#[test]
fn a_missing_file_or_folder_is_named_with_its_source() {
    let world = World::published();
    fs::remove_file(world.path("data/users.parquet")).unwrap();
    fs::remove_dir_all(world.path("data/events")).unwrap();
    world.refused(
        75,
        &[
            "missing-source",
            "raw.users has no Parquet at",
            "users.parquet",
            "raw.events has no Parquet at",
            "sql/raw/events.sql",
        ],
    );
}

#[test]
fn a_folder_without_parquet_is_a_missing_source() {
    let world = World::published();
    fs::remove_file(world.path("data/events/one.parquet")).unwrap();
    world.write("data/events/_SUCCESS", "");
    world.write("data/events/readme.txt", "nothing here");
    world.refused(75, &["missing-source", "raw.events has no Parquet at", "events/readme.txt is not read"]);
}

#[test]
fn an_optional_source_may_be_absent() {
    let world = World::published();
    let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
    world.write("sql/raw/events.sql", declared.replace("'optional' 'false'", "'optional' 'true'"));
    fs::remove_dir_all(world.path("data/events")).unwrap();
    world.accepted();
    let rows = world.accounts();
    assert_eq!(rows.num_rows(), 2);
    assert_eq!(rows["largest"].null_count(), 2);
}

#[test]
fn a_file_that_is_no_parquet_is_named() {
    let sound = World::published();
    let whole = fs::read(sound.path("data/events/one.parquet")).unwrap();
    let cut_footer = whole[..whole.len() - 20].to_vec();
    let half = whole[..whole.len() / 2].to_vec();
    let lying_footer = [&whole[..whole.len() - 8], &u32::MAX.to_le_bytes(), b"PAR1"].concat();
    let zeroed_footer = [&whole[..8], &vec![0; whole.len() - 16][..], &whole[whole.len() - 8..]].concat();
    let broken = [Vec::new(), b"PAR1".to_vec(), cut_footer, half, lying_footer, zeroed_footer];
    for (number, bytes) in broken.into_iter().enumerate() {
        let world = World::published();
        // Beside a sound file: one bad file of many must not be left out in silence.
        world.write("data/events/two.parquet", &bytes);
        let ended = world.refused(
            75,
            &["corrupt-parquet", "events/two.parquet cannot be read as Parquet", "sql/raw/events.sql"],
        );
        assert!(!ended.stderr.contains("one.parquet"), "case {number}: {}", ended.stderr);
    }
}

#[test]
fn data_pages_that_are_broken_under_a_sound_footer_stop_the_run() {
    let world = World::published();
    let many: Vec<(i64, &str, i32, f64)> = (0..20_000).map(|id| (id, "a", 1, 0.1 * id as f64)).collect();
    world.parquet("events/one.parquet", &events(&many));
    let mut bytes = fs::read(world.path("data/events/one.parquet")).unwrap();
    let middle = bytes.len() / 4..bytes.len() / 2;
    bytes[middle].fill(0xA5);
    world.write("data/events/one.parquet", bytes);
    world.refused(75, &["corrupt-parquet", "events/one.parquet is damaged", "row group 1"]);
}

#[test]
fn a_column_of_another_type_or_none_is_named_with_its_file() {
    let world = World::published();
    let mut wrong = accounts(&[Some("a")]);
    wrong[2].1 = texts(&[Some("yesterday")]);
    world.parquet("accounts.parquet", &wrong);
    world.parquet("users.parquet", &users(&[("u1", "a")])[..1]);
    world.refused(
        1,
        &[
            "`since` is declared DATE but is VARCHAR in accounts.parquet",
            "there is no column `account_id` in users.parquet",
        ],
    );
}

#[test]
fn one_file_of_many_with_another_shape_is_named() {
    let world = World::published();
    let mut wrong = events(&[(3, "a", 3, 1.0)]);
    wrong[3].1 = texts(&[Some("much")]);
    world.parquet("events/three.parquet", &wrong);
    world.parquet("events/four.parquet", &events(&[(4, "a", 3, 1.0)])[..2]);
    world.refused(
        1,
        &[
            "`amount` is declared DOUBLE but is VARCHAR in events/three.parquet",
            "there is no column `at` in events/four.parquet",
        ],
    );
}

#[test]
fn columns_beside_the_declared_ones_and_other_encodings_are_read() {
    let world = World::published();
    let dictionary: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
    let mut columns = events(&[(1, "", 1, 5.0), (2, "", 2, 7.5), (3, "", 3, 1.0)]);
    columns[1].1 = Arc::new(dictionary);
    let nanos = [1, 2, 3].map(|date| (i64::from(day(date)) * 86_400 + 43_200) * 1_000_000_000 + 999);
    columns[2].1 = Arc::new(TimestampNanosecondArray::from(nanos.to_vec()));
    columns[0].1 = Arc::new(Int32Array::from(vec![1, 2, 3]));
    columns.push(("note", Arc::new(StringArray::from(vec!["x", "y", "z"])) as ArrayRef));
    world.parquet("events/one.parquet", &columns);
    world.accepted();
    let rows = world.accounts();
    let counts = rows["events"].as_any().downcast_ref::<arrow::array::Int64Array>().unwrap();
    assert_eq!(counts.values(), &[2, 1]);
}

#[test]
fn an_unsigned_number_past_the_declared_range_stops_the_run() {
    let world = World::published();
    let mut columns = events(&[(1, "a", 1, 5.0), (2, "b", 2, 7.5)]);
    columns[0].1 = Arc::new(UInt64Array::from(vec![1, u64::MAX]));
    world.parquet("events/one.parquet", &columns);
    world.refused(1, &["18446744073709551615"]);
}

#[test]
fn no_rows_are_warned_of_and_give_tables_without_rows() {
    let world = World::published();
    world.parquet("accounts.parquet", &accounts(&[]));
    world.parquet("users.parquet", &users(&[]));
    world.parquet("events/one.parquet", &events(&[]));
    let ended = world.accepted();
    for source in ["raw.accounts", "raw.users", "raw.events"] {
        assert!(
            ended.stderr.contains(&format!("[empty-source]: {source} holds no rows")),
            "{}",
            ended.stderr
        );
    }
    let rows = world.accounts();
    assert_eq!((rows.num_rows(), rows.num_columns()), (0, 5));
}

#[test]
fn accounts_without_any_event_have_their_row() {
    let world = World::published();
    world.parquet("events/one.parquet", &events(&[]));
    world.accepted();
    assert_eq!(world.accounts().num_rows(), 2);
}

#[test]
fn an_order_that_a_file_only_claims_is_not_believed() {
    let world = World::published();
    let rows: Vec<(i64, &str, i32, f64)> =
        (0..1000).map(|id| (id, if id % 3 == 0 { "b" } else { "a" }, 1, 1.0 + id as f64)).collect();
    let ascending = |column_idx| SortingColumn { column_idx, descending: false, nulls_first: false };
    let claims =
        WriterProperties::builder().set_sorting_columns(Some(vec![ascending(1), ascending(0)])).build();
    write_parquet_with(&world.path("data/events/one.parquet"), &events(&rows), Some(claims));
    world.write(
        "sql/marts/firsts.sql",
        "CREATE TABLE marts.firsts (account_id VARCHAR NOT NULL PRIMARY KEY, event_id BIGINT) AS
         SELECT account_id, event_id FROM staging.events
         QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY event_id) = 1",
    );
    let ended = world.hale(&["run", "--as-of", "2026-09-03", "--threads", "1"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let rows = world.accounts();
    assert_eq!(rows["events"].as_primitive::<Int64Type>().values(), &[666, 334]);
}
