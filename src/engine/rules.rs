//! Physical rules of our own among those of a session.

use std::sync::Arc;

use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::physical_optimizer::PhysicalOptimizerRule;

/// A rule as sessions hold it.
type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// The session with one more rule, at the place among those it has.
pub(super) fn with_rule(
    session: SessionState,
    rule: Rule,
    place: impl FnOnce(&[Rule]) -> usize,
) -> SessionState {
    let mut rules = session.physical_optimizers().to_vec();
    rules.insert(place(&rules), rule);
    SessionStateBuilder::new_from_existing(session).with_physical_optimizer_rules(rules).build()
}
