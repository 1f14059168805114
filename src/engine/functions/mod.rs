//! SQL aggregates of our own: how an amount is shared out among keys.
//!
//! | function | over the totals of the keys |
//! | --- | --- |
//! | `hhi(key, amount)` | Herfindahl–Hirschman index, [`hhi`] |
//! | `gini(key, amount)` | Gini coefficient, [`gini`] |
//! | `top_share(key, amount, n)` | share of the `n` largest keys, [`top_share`] |
//! | `median_total(key, amount)` | the middle total, [`median_total`] |
//!
//! Amounts (integers or decimals) are first summed for each key within the group or window frame. Keys that are
//! NULL are left out, and so are, but for `median_total`, keys whose total is zero or less; when no key is left the
//! result is NULL. Everything is
//! computed in integers with one floating division at the end, so the order and the partitioning of rows never show
//! in a result.
//!
//! `sum` and `avg` of integers and decimals (`total`) and the functions of doubles over sliding frames (`sliding`)
//! stand in the place of DataFusion's own of the same names.
//!
//! `local_day(timestamp)` and `hashed_share(salt, text)` are of one row: [`local_day()`], [`hashed_share::share`].
//!
//! The functions work as plain aggregates, in DataFusion's own windows, and in
//! [`DayWindowExec`](crate::engine::day_window::DayWindowExec), which calls the same statistics.

mod accumulator;
pub mod gini;
pub mod hashed_share;
pub mod hhi;
mod local_day;
pub mod median_total;
mod moments;
pub(crate) mod reported;
mod share_function;
mod sliding;
mod statistic;
pub mod top_share;
mod total;

use std::sync::Arc;

use datafusion::logical_expr::AggregateUDF;

pub use hashed_share::hashed_share;
pub use local_day::local_day;
pub(crate) use moments::Moments;
pub(crate) use share_function::share_statistic;
use share_function::{Name, ShareFunction};
pub(crate) use statistic::Statistic;
pub(crate) use total::{avg, sum};

/// Every aggregate of ours, ready for `SessionContext::register_udaf`: new ones, and those that stand in the place of
/// DataFusion's own.
pub fn aggregates() -> Vec<Arc<AggregateUDF>> {
    let shares = [Name::Hhi, Name::Gini, Name::TopShare, Name::MedianTotal]
        .into_iter()
        .map(|name| Arc::new(AggregateUDF::from(ShareFunction::new(name))));
    shares.chain([sum(), avg()]).chain(sliding::functions()).collect()
}
