//! The day-window operator and our aggregates: equal to DataFusion's own operator wherever that has an answer, equal to
//! a naive calculation where it has none, in every mode, for any partitioning.

mod functions;
mod limits;
mod median;
mod order;
mod plans;
mod shares;
mod shift;
mod sliding;
mod stock;
pub mod support;
