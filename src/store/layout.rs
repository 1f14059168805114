//! Every path below the output's root, both ways: from what it means to the path, and back.

use chrono::NaiveDate;

use crate::project::layer::ModelName;

/// Where commits lie.
pub(super) const COMMITS: &str = "_hale/commits";

/// Where objects lie.
pub(super) const OBJECTS: &str = "_hale/objects";

/// Where runs build.
pub(super) const STAGING: &str = "_hale/staging";

/// Where followers take turns.
pub(super) const FOLLOWING: &str = "_hale/following";

/// Which commit the plain folders show.
pub(super) const FOLLOWED: &str = "_hale/followed.json";

/// The folder of hale's own files.
pub(super) const OWN: &str = "_hale";

/// The folder with one file a table.
pub(super) const LATEST: &str = "latest";

/// What the folder of one day is called, before its date.
const DAY_FOLDER: &str = "as_of=";

/// The file of rows in a folder.
const PART: &str = "part-0000.parquet";

/// The folder of a table.
fn table_folder(table: &ModelName) -> String {
    format!("{}/{}", table.layer, table.table)
}

/// The plain file of a table's day, or of a table that is stored whole.
pub(crate) fn plain_file(table: &ModelName, day: Option<NaiveDate>) -> String {
    let folder = table_folder(table);
    match day {
        Some(day) => format!("{folder}/{DAY_FOLDER}{day}/{PART}"),
        None => format!("{folder}/{PART}"),
    }
}

/// The file that holds a table's rows of the latest day.
pub(super) fn latest_file(table: &ModelName) -> String {
    format!("{LATEST}/{table}.parquet")
}

/// The file of a commit.
pub(super) fn commit_file(number: u64) -> String {
    numbered(COMMITS, number)
}

/// A file of a numbered series.
pub(super) fn numbered(folder: &str, number: u64) -> String {
    format!("{folder}/{number:08}.json")
}

/// The number of a file of a numbered series, from its path.
pub(super) fn number_of(path: &str) -> Option<u64> {
    path.rsplit('/').next()?.strip_suffix(".json")?.parse().ok()
}

/// The path of an object: its name begins with the hash of its bytes.
pub(super) fn object_file(name: &str) -> String {
    format!("{OBJECTS}/{}/{name}", name.get(..2).unwrap_or_default())
}

/// The name of an object: the hash of its bytes, and the run that wrote it. No two runs write the same object, so what
/// removes old ones never meets one that is being written.
pub(super) fn object_name(hash: &str, run: &str, ending: &str) -> String {
    format!("{hash}-{run}.{ending}")
}

/// The hash in an object's name.
pub(super) fn hash_of(name: &str) -> &str {
    name.split_once('-').map_or(name, |(hash, _)| hash)
}

/// The file of a definition.
pub(super) fn definition_file(hash: &str) -> String {
    format!("{OWN}/definitions/{hash}.json")
}
