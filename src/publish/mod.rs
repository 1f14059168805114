//! From computed rows to what analysts read: staged, audited, published.
//!
//! ```text
//! Staging::begin ──► write (each table: cast, audit, encode) ──► … ──► publish(days)
//!      │                                                            └─► abort, or dropped: nothing was published
//!      └─► removes what killed runs have left behind
//! ```
//!
//! Below the output's root lies
//!
//! ```text
//! <layer>/<table>/as_of=2026-09-01/part-0000.parquet    a table stored by day; in the file the column is as_of_date
//! <layer>/<table>/part-0000.parquet                     any other table
//! latest/<layer>.<table>.parquet                        the last published day of a table stored by day
//! _hale/staging/<run>/…                                 the same layout, while a run is building it
//! ```
//!
//! Each file has one or more row groups, sorted by the table's key, of types that every reader takes (see
//! [`stored_type`]); the same rows give the same bytes. Nothing but Parquet lies below a table's folder. A run that is
//! killed while it writes a large file to an object store leaves the parts sent so far, which the store shows nowhere:
//! give the bucket a lifecycle rule that ends unfinished multipart uploads.

mod audit;
mod cast;
mod commit;
mod encode;
mod file;
mod files;
mod finding;
mod key_order;
mod run_folder;
mod spec;
mod staged;
mod staging;
mod upload;
mod writer;

use chrono::NaiveDate;

pub use commit::{Published, PublishedTable, Torn};
pub use finding::{Finding, Rule, Sample};
pub use spec::{TableSpec, stored_type};
pub use staged::{StagedFile, StagedTable};
pub use staging::Staging;

/// The folder of one day of a table.
pub(crate) fn day_folder(folder: &str, day: NaiveDate) -> String {
    format!("{folder}/as_of={day}")
}

/// The day of a file below a table's folder, from the name of its own folder.
pub(crate) fn day_of(relative: &str) -> Option<NaiveDate> {
    relative.rsplit('/').nth(1)?.strip_prefix("as_of=")?.parse().ok()
}

/// The file that holds the last published day of a table.
pub(crate) fn latest_file(spec: &TableSpec) -> String {
    format!("latest/{}.{}.parquet", spec.layer, spec.name)
}
