//! Stored tables whose files are of one day each, read day by day.
//!
//! A run reads back what it or an earlier run has stored. Its files say more than other Parquet: each is of one day,
//! and its rows lie in the order of the key. So the days are dealt out to the threads in ranges, each thread reads its
//! days one after the other, and what needs rows by day or in the order of the key (a rank within the day, the files of a
//! table made of this one) needs neither sort nor exchange.
//!
//! The order is not believed: it is looked at as the rows pass, and a file that breaks it is an error.

mod in_order;
mod table;

pub use table::{DayFile, day_table};
