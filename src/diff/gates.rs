//! Limits of what may move.

use super::told::{Gate, Moved};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};

/// The most that may move, as shares from 0 to 1; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// The share of rows that change their tier.
    pub moved: Option<f64>,
    /// The share of ARR of rows that change their tier.
    pub arr_moved: Option<f64>,
}

impl Limits {
    /// Holds the limits against what moves.
    ///
    /// # Errors
    /// [`Error::Usage`] for a limit of ARR where metrics tell of none.
    pub(super) fn gates(self, moved: &Moved, table: &str) -> Result<Vec<Gate>> {
        let gate = |gate, share: f64, limit| Gate { gate, share, limit, is_broken: share > limit };
        let mut gates: Vec<Gate> =
            self.moved.map(|limit| gate("--max-moved", moved.share, limit)).into_iter().collect();
        if let Some(limit) = self.arr_moved {
            let share = moved.arr_share.ok_or_else(|| {
                let message =
                    format!("--max-arr-moved: {table} has no column `arr`, so nobody knows what moves");
                Error::Usage(format!("{message}; leave it out, or add the column"))
            })?;
            gates.push(gate("--max-arr-moved", share, limit));
        }
        Ok(gates)
    }
}

/// What is said of the limits that do not hold; nothing where all do.
pub fn broken(gates: &[Gate]) -> Diagnostics {
    let problem = |gate: &Gate| {
        let what = if gate.gate == "--max-moved" { "of all rows" } else { "of ARR" };
        let percent = |share: f64| format!("{} %", (share * 1e6).round() / 1e4);
        let (share, limit) = (percent(gate.share), percent(gate.limit));
        let message = format!("{}: {share} {what} would change the tier, and at most {limit} may", gate.gate);
        Diagnostic::error("gate-broken", message)
    };
    gates.iter().filter(|gate| gate.is_broken).map(problem).collect()
}
