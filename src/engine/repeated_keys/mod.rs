//! Keys that occur more than once, found without a table of all keys.
//!
//! `SELECT k FROM t GROUP BY k HAVING count(*) > 1` looks for the few keys that were delivered twice, or for the proof
//! that there are none. DataFusion counts every key in a hash table to find them: gigabytes for a log of events. Here
//! the rows are read twice instead. The first pass notes each key's hash in a [sieve] of a few bits a row; the
//! second lets through only rows whose key may have been noted twice, which are all that the aggregate then counts.
//!
//! | file | is about |
//! | --- | --- |
//! | `rule` | in which plans this is worth a second reading |
//! | `exec` | the node of the plan: two inputs, one after the other |
//! | `sieve` | the bits |
//!
//! The sieve may let through too much, never too little, so results are the same with and without it.

mod exec;
mod rule;
mod sieve;

use std::sync::Arc;

use datafusion::execution::session_state::SessionState;

use super::rules::with_rule;
use rule::RepeatedKeysRule;

/// Puts [`RepeatedKeysRule`] before the physical rules that a session has.
pub(super) fn install(session: SessionState) -> SessionState {
    with_rule(session, Arc::new(RepeatedKeysRule::default()), |_| 0)
}
