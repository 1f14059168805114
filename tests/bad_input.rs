//! Bad input, against the real binary: each is a clear refusal or a documented behaviour; nothing is lost in
//! silence, nothing is published by halves, nothing panics.

mod files; // Parquet that is missing, broken, empty or of another shape
mod names; // names of files, folders and keys
mod project; // SQL and YAML that are not what they should be
mod values; // rows that break a contract, or are only odd
pub mod world; // a small project with something published
