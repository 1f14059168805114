//! From computed rows to what analysts read: staged, audited, published.
//!
//! ```text
//! Staging::begin ──► write (each table: cast, audit, encode) ──► … ──► publish(days)
//!      │                                                            └─► abort, or dropped: nothing was published
//!      └─► removes what killed runs have left behind
//! ```
//!
//! Where what lies below the output's root is [`crate::store`]'s to know.
//!
//! Each file has one or more row groups, sorted by the table's key, of types that every reader takes (see
//! [`stored_type`]); the same rows give the same bytes. Nothing but Parquet lies below a table's folder. A run that is
//! killed while it writes a large file to an object store leaves the parts sent so far, which the store shows nowhere:
//! give the bucket a lifecycle rule that ends unfinished multipart uploads.

mod again;
mod audit;
mod cast;
mod encode;
mod file;
mod files;
mod finding;
mod key_order;
mod row_file;
mod spec;
mod staged;
mod staging;
mod upload;
mod writer;

pub(crate) use again::{Again, spec_of};
pub use finding::{Finding, Rule, Sample};
pub(crate) use row_file::{RowFile, failed};
pub use spec::{TableSpec, stored_type};
pub use staged::{StagedFile, StagedTable};
pub use staging::{Publication, Published, PublishedTable, Staging};
