//! Keys that stand once and keys that stand more often, told apart without a table of all keys.
//!
//! Of a log in which few events were delivered twice, two questions are asked over and over: which keys are these, and
//! which row of each key counts.
//!
//! ```sql
//! SELECT k FROM t GROUP BY k HAVING count(*) > 1
//! SELECT … FROM t QUALIFY row_number() OVER (PARTITION BY k ORDER BY …) = 1
//! ```
//!
//! DataFusion counts every key in a hash table for the first and sorts every row for the second: gigabytes, though nearly
//! no key stands twice. Here the keys are read first and noted in a [sieve] of a few bits a row. Then the rows are read: a
//! grouping gets only those whose key may stand more than once. For the first rows of keys they are read twice, through
//! the same sieve: rows whose key stands once pass at once, the others go through the window as ever.
//!
//! | file | is about |
//! | --- | --- |
//! | `rule` | the rule of the physical optimizer |
//! | `groups` | groupings of which only those of two rows and more are wanted |
//! | `firsts` | windows of which only the first row of each key is wanted |
//! | `sievable` | which rows may be read more than once, and when that pays |
//! | `exec` | the node of the plan: two inputs, one after the other |
//! | `noting` | the reading of keys, shared by the readings of rows that wait for it |
//! | `sieve` | the bits |
//!
//! The sieve may say of a key that stands once that it may stand more often, never the other way round, so results are the
//! same with and without it.

mod exec;
mod firsts;
mod groups;
mod noting;
mod rule;
mod sievable;
mod sieve;
#[cfg(test)]
mod tests;

pub(in crate::engine) use rule::KeySieveRule;
