//! Vectorised rolling windows over days, under unchanged standard SQL.
//!
//! Users write `sum(x) OVER (PARTITION BY account_id ORDER BY as_of_date RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND
//! CURRENT ROW)`. DataFusion's own operator answers such a frame row by row on boxed values. Over days there is a
//! shorter way: all rows of one day have the same frame, so rows are first reduced to **measures of accounts and
//! days** as they stream in, in any order, and then each account's days are swept once for all frames together.
//!
//! ```text
//!  rows ──► ingest ──────► gather ───────────► sweep ─────────────► emit
//!           accounts, days, partitions meet by   one account at a      kept rows with
//!           keys → numbers; accounts, no row     time, every frame     the results of
//!           measures        changes place        and function          their day
//! ```
//!
//! | file | is about |
//! | --- | --- |
//! | `rule`, `recognise`, `argument`, `call`, `filter`, `stock` | what is taken over from DataFusion's plan, and what is left |
//! | `spec`, `frame` | what is computed: measures, functions, frames of days |
//! | `exec`, `task`, `hashed`, `sorted`, `options` | the plan node and its two modes |
//! | `ingest`, `accounts`, `interner`, `short`, `slots`, `measure`, `keyed`, `values`, `code` | rows to measures |
//! | `order`, `ordered` | results in the order that a sort above wants |
//! | `gather`, `sweep`, `along`, `pick`, `shift`, `median`, `rolling`, `column`, `emit` | measures to results |
//!
//! **Taken over**: `RANGE` frames bounded in days (or unbounded) over one ascending `DATE`, of `sum`, `avg` and `count`
//! of integers and decimals, `min` and `max` of anything but floats, `first_value` and `last_value` with or without
//! `IGNORE NULLS`, `count(DISTINCT …)`, `median` of anything but single floats, and our own
//! [functions](crate::engine::functions), all with `FILTER` or `CASE WHEN … THEN … END`; and `lag` and `lead`, which
//! count rows and ask for no frame. Everything else stays with DataFusion, and `EXPLAIN` shows which is which.
//!
//! **Exact**: sums are of integers, and one that does not fit its type is an error. **Deterministic**: where SQL leaves
//! the order of rows of one day open, `first_value` takes the least of their values and `last_value` the greatest
//! (NULL only where all are), so neither arrival nor partitioning shows. `lag` sees the rows of earlier days in the same
//! order as `last_value`, `lead` those of later days as `first_value`, and neither another row of its own day. A
//! median is the middle value, or half the sum of the two middle ones: rounded towards zero to the digits of a decimal,
//! and a double for integers.
//!
//! **Modes** ([`WindowMode`]): *hashed* keeps the measures of all accounts in memory, accounted for in the memory
//! pool, and never moves a row between partitions. *Sorted* asks for rows sorted by the partition keys and keeps a few
//! accounts; the sort below it can spill. A `WHERE` or `QUALIFY` above that asks something of input columns only is
//! moved into the operator, so rows that contribute to frames but are not wanted in the result are never kept:
//! 20 million events `UNION ALL` the days of a spine, `QUALIFY on_spine`.

mod accounts;
mod along;
mod argument;
mod call;
mod code;
mod column;
mod emit;
mod exec;
mod filter;
mod frame;
mod gather;
mod hashed;
mod ingest;
mod interner;
mod keyed;
mod measure;
mod median;
mod options;
mod order;
mod ordered;
mod pick;
mod recognise;
mod rolling;
mod rows;
mod rule;
mod shift;
mod short;
mod slots;
mod sorted;
mod sorts;
mod spec;
mod stock;
mod sweep;
mod task;
mod values;

pub(super) use call::{call, is_unfiltered};
pub use exec::DayWindowExec;
pub use filter::WindowFilterRule;
pub use options::{WindowMode, WindowOptions};
pub use rule::DayWindowRule;
pub use stock::WholePartitionsRule;
