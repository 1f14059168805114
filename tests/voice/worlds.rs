//! Worlds side by side in one run: the sources of each beside those of the others, under ids of their own.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
use arrow::datatypes::{DataType, Int64Type};

use crate::oracle::table::{batches, parquet_below};
use crate::oracle::world::write;

/// Sources that are of no world: the first one writes them for all.
const OF_ALL: [&str; 2] = ["features", "source_status"];

/// An id of a world as it stands beside those of others.
pub fn id_in(world: usize, id: &str) -> String {
    format!("{world:02} {id}")
}

/// The world of an id, and the id in it.
pub fn world_of(id: &str) -> (usize, &str) {
    let (world, id) = id.split_once(' ').unwrap();
    (world.parse().unwrap(), id)
}

/// Puts the sources of a world beside those of others: each source becomes a folder with a file of each world.
pub fn put_beside(sources: &Path, world: usize, is_first: bool, all: &Path) {
    for file in parquet_below(sources) {
        let inside = file.strip_prefix(sources).unwrap();
        let source = inside.iter().next().unwrap().to_str().unwrap();
        if !is_first && OF_ALL.contains(&source.trim_end_matches(".parquet")) {
            continue;
        }
        let folder = all.join(source);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, batch) in batches(&file).into_iter().enumerate() {
            let schema = batch.schema();
            let named = schema.fields().iter().zip(batch.columns());
            let columns =
                named.map(|(field, column)| (field.name().as_str(), in_world(world, field.name(), column)));
            let name = format!("{world:02}-{number}-{}", file.file_name().unwrap().to_str().unwrap());
            write(&folder.join(name), columns.collect());
        }
    }
}

/// A column; ids as they are in the world.
fn in_world(world: usize, name: &str, column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        // Who of us looks after an account is the same person everywhere.
        DataType::Utf8 if name.ends_with("_id") && name != "owner_id" => {
            let ids = column.as_string::<i32>().iter();
            Arc::new(ids.map(|id| id.map(|id| id_in(world, id))).collect::<StringArray>())
        }
        DataType::Int64 if name.ends_with("_id") => {
            let ids = column.as_primitive::<Int64Type>().iter();
            let first = i64::try_from(world).unwrap() * 1_000_000;
            Arc::new(ids.map(|id| id.map(|id| first + id)).collect::<Int64Array>())
        }
        _ => Arc::clone(column),
    }
}
