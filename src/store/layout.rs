//! Every path below the output's root, both ways: from what it means to the path, and back.

use chrono::NaiveDate;

use crate::project::layer::ModelName;

/// Where commits lie.
pub(super) const COMMITS: &str = "_hale/commits";

/// Where objects lie.
pub(crate) const OBJECTS: &str = "_hale/objects";

/// Where runs build.
pub(super) const STAGING: &str = "_hale/staging";

/// Where followers take turns.
pub(super) const FOLLOWING: &str = "_hale/following";

/// Which commit the plain folders show.
pub(super) const FOLLOWED: &str = "_hale/followed.json";

/// Which rows are being erased, by the objects that give way; one erasure at a time.
pub(super) const ERASING: &str = "_hale/erasing.json";

/// The folder of hale's own files.
pub(crate) const OWN: &str = "_hale";

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

/// What the folder of a follower's copies is called, before the number of its turn.
const FOLLOWER: &str = "following-";

/// Where a follower puts copies on their way to plain folders.
pub(super) fn copies_folder(turn: u64) -> String {
    format!("{STAGING}/{FOLLOWER}{turn}")
}

/// Whether a folder below [`STAGING`] is that of a follower's copies.
pub(super) fn is_of_follower(name: &str) -> bool {
    name.strip_prefix(FOLLOWER).is_some_and(|turn| turn.parse::<u64>().is_ok())
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
pub(crate) fn object_file(name: &str) -> String {
    format!("{OBJECTS}/{}/{name}", name.get(..2).unwrap_or_default())
}

/// The name of an object: the hash of its bytes, and the run that wrote it. No two runs write the same object, so what
/// removes old ones never meets one that is being written.
pub(crate) fn object_name(hash: &str, run: &str, ending: &str) -> String {
    format!("{hash}-{run}.{ending}")
}

/// The name of an object, from its path; `None` for whatever lies elsewhere or is named otherwise, which is not hale's.
pub(crate) fn object_of(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    (path == object_file(name) && name.contains('-')).then_some(name)
}

/// The hash in an object's name.
pub(crate) fn hash_of(name: &str) -> &str {
    name.split_once('-').map_or(name, |(hash, _)| hash)
}

/// The run that wrote an object, from its name.
pub(crate) fn run_of(name: &str) -> &str {
    let run = name.split_once('-').map_or("", |(_, run)| run);
    run.rsplit_once('.').map_or(run, |(run, _)| run)
}

/// The file of a definition.
pub(super) fn definition_file(hash: &str) -> String {
    format!("{OWN}/definitions/{hash}.json")
}
