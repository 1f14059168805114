//! How well a number tells who is lost: against scikit-learn and scipy, and on worlds whose truth is known.

mod agreement;
mod asked;
mod backtest;
mod figures;
mod leaks;
mod proposals;
mod real_logs;
pub(crate) mod world;
