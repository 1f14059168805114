//! Every path below the output's root, both ways: from what it means to the path, and back.

use chrono::NaiveDate;

/// What the folder of one day is called, before its date.
const DAY_FOLDER: &str = "as_of=";

/// The folder of a table.
pub(crate) fn table_folder(layer: &str, table: &str) -> String {
    format!("{layer}/{table}")
}

/// The folder of one day of a table.
pub(crate) fn day_folder(folder: &str, day: NaiveDate) -> String {
    format!("{folder}/{DAY_FOLDER}{day}")
}

/// The day of a file below a table's folder, from the name of its own folder.
pub(crate) fn day_of(relative: &str) -> Option<NaiveDate> {
    relative.rsplit('/').nth(1)?.strip_prefix(DAY_FOLDER)?.parse().ok()
}

/// The file that holds the last published day of a table.
pub(crate) fn latest_file(layer: &str, table: &str) -> String {
    format!("latest/{layer}.{table}.parquet")
}
