//! Expressions over doubles in one pass: what scores are computed with.
//!
//! A score is a few hundred small expressions over a row: `CASE WHEN v < 1 THEN 0 WHEN v < 5 THEN 1 … END`, sums of
//! `coalesce(points * weight, 0)`, `floor(x * 1e10 + 0.5) / 1e10`. DataFusion computes each part of each as an array
//! of its own, and the branches of a `CASE` by taking the rows apart and putting them together again. Nothing in
//! these expressions can fail, so there is a shorter way: a whole expression is compiled into a **program** once, and
//! run over a few hundred rows (**lanes**) at a time, all branches of a `CASE` for all of them, in buffers that stay in
//! the processor's first cache.
//!
//! | file | is about |
//! | --- | --- |
//! | `rule` | which expressions of a plan are replaced |
//! | `program` | what a program is made of |
//! | `compile` | from DataFusion's expression to a program, or why not |
//! | `run` | a program over the rows of a batch |
//! | `buffer` | lanes, and how they are loaded from a batch |
//! | `compare` | comparisons of lanes |
//! | `expression` | a program in an expression's place |
//!
//! **Taken over**: arithmetic, `abs`, `floor`, `coalesce`, `CASE`, comparisons, `IS NULL`, `AND`, `OR`, `NOT` over
//! columns of doubles and integers and literals, with a double, one of several texts or one of several small integers as the result. **Exact**: every
//! operation is the one that DataFusion does, on the same numbers in the same order, so results are the same to the
//! last bit; doubles are compared by their total order with one zero, as DataFusion does. Everything else stays with
//! DataFusion, and `EXPLAIN` shows which is which.

mod buffer;
mod compare;
mod compile;
mod expression;
mod program;
mod rule;
mod run;

pub use rule::LanesRule;
