//! Bad input, against the real binary: each is a clear refusal or a documented behaviour; nothing is lost in
//! silence, nothing is published by halves, nothing panics.

mod answers; // what `hale query` answers and says
mod catalogue; // rows of CRMs and billing systems, in the bundled project
mod computed; // rows that make an expression fail
mod files; // Parquet that is missing, broken, empty or of another shape
mod names; // names of files, folders and keys
mod project; // SQL and YAML that are not what they should be
mod quotients; // whole quotients that come to have decimals behind the query that divides
mod values; // rows that break a contract, or are only odd
mod words; // what is said of wrong SQL, and what still works beside it
pub mod world; // a small project with something published
