//! All that lies under `--out`: which path means what, and whose a folder is. Nobody else knows it.
//!
//! ```text
//! <layer>/<table>/as_of=2026-09-01/part-0000.parquet    a table stored by day; in the file the column is as_of_date
//! <layer>/<table>/part-0000.parquet                     any other table
//! latest/<layer>.<table>.parquet                        the last published day of a table stored by day
//! _hale/staging/<run>/…                                 the same layout, while a run is building it
//! ```

pub(crate) mod claim;
pub(crate) mod layout;
