//! Places and counts within a day, under unchanged standard SQL, where rows come day by day.
//!
//! `rank() OVER (PARTITION BY as_of_date ORDER BY score DESC)` and `count(score) OVER (PARTITION BY as_of_date)` tell where an
//! account stands among all of its day. DataFusion sorts whole rows by day and score for the first, and everything above
//! has to be sorted back. Where rows come day by day, as they do from stored tables, a day's rows are held as they
//! are, the score alone is sorted, and the rows go out in the order in which they came.
//!
//! **Taken over**: windows whose partition begins with a column by which the rows come in order, each value of it in one
//! partition of the plan: `rank()` over one or more sort keys, `count(…)` over the whole partition, and `count(…)` up to the
//! current value. Everything else stays with DataFusion, and `EXPLAIN` shows which is which.
//!
//! | file | is about |
//! | --- | --- |
//! | `rule` | which windows are taken over |
//! | `exec` | the node of the plan: days are collected, computed and put out |
//! | `places` | the results of a day |

mod exec;
mod places;
mod rule;

pub use rule::DayRankRule;
