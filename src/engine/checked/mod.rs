//! Arithmetic of integers and decimals that never overflows unseen.
//!
//! DataFusion's `+`, `-`, `*`, unary minus and `<<` of integers wrap, and a decimal of 38 digits may come to have 39. At
//! planning each of them is replaced by a function that gives the same type and the same value, or an error that says
//! what was computed from what. Arithmetic of doubles, days and timestamps is left alone: the first cannot overflow, and
//! the engine checks the others itself.

mod compute;
mod operation;
mod operator;
mod rewrite;

pub(super) use rewrite::CheckedArithmetic;
