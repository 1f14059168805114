//! One damaged file among sound ones: which, where, and that it may be tried again.

use std::fs;

use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::bad_input::world::{World, events, write_parquet_with};

/// Ten files of events; in those of these numbers the bytes of the amounts are no Parquet any more.
fn with_damaged(numbers: &[usize], compression: Compression) -> World {
    let world = World::published();
    fs::remove_file(world.path("data/events/one.parquet")).unwrap();
    for file in 0..10 {
        let rows: Vec<(i64, &str, i32, f64)> =
            (0..2000).map(|id| (i64::from(file) * 2000 + id, "a", 1, 0.1 * id as f64)).collect();
        let path = world.path(format!("data/events/{file:02}.parquet"));
        let properties =
            WriterProperties::builder().set_compression(compression).set_dictionary_enabled(false);
        write_parquet_with(&path, &events(&rows), Some(properties.build()));
    }
    for number in numbers {
        let path = world.path(format!("data/events/{number:02}.parquet"));
        let read = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
        let column = read.metadata().row_group(0).column(3);
        let start = column.data_page_offset() as usize;
        let mut bytes = fs::read(&path).unwrap();
        bytes[start..start + column.compressed_size() as usize / 2].fill(0xA5);
        fs::write(&path, bytes).unwrap();
    }
    world
}

#[test]
fn every_damaged_file_is_named_with_column_and_row_group() {
    for compression in
        [Compression::SNAPPY, Compression::UNCOMPRESSED, Compression::ZSTD(ZstdLevel::default())]
    {
        let world = with_damaged(&[3, 7], compression);
        let ended = world.refused(
            75,
            &[
                "corrupt-parquet",
                "events/03.parquet is damaged: column `amount`, row group 1",
                "events/07.parquet is damaged: column `amount`, row group 1",
                "write or copy the file again",
                "sql/raw/events.sql",
            ],
        );
        for sound in ["00.parquet", "06.parquet", "08.parquet"] {
            assert!(!ended.stderr.contains(sound), "{}", ended.stderr);
        }
        let ended = world.hale(&["query", "SELECT sum(amount) FROM raw.events"]);
        assert_eq!(ended.code, 75, "{}", ended.stderr);
        assert!(ended.stderr.contains("events/03.parquet is damaged"), "{}", ended.stderr);
    }
}

#[test]
fn all_files_with_broken_footers_are_named_at_once() {
    let world = with_damaged(&[], Compression::SNAPPY);
    for (number, cut) in [(2, 20), (5, 1000)] {
        let path = world.path(format!("data/events/{number:02}.parquet"));
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
    }
    world.refused(
        75,
        &[
            "events/02.parquet cannot be read as Parquet",
            "events/05.parquet cannot be read as Parquet",
            "cut short",
        ],
    );
}

#[test]
fn damage_to_a_column_that_nobody_declares_stops_nothing() {
    let world = with_damaged(&[4], Compression::SNAPPY);
    let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
    world.write("sql/raw/events.sql", declared.replace(", amount DOUBLE", ""));
    let staging = fs::read_to_string(world.path("sql/staging/events.sql")).unwrap();
    world.write("sql/staging/events.sql", staging.replace("amount", "CAST(1 AS DOUBLE) AS amount"));
    world.accepted();
}
