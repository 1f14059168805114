//! Sub-queries that the engine cannot answer: known only once a query is planned to the end.

use datafusion::logical_expr::LogicalPlan;

use crate::diagnostic::Diagnostic;
use crate::engine::diagnose::Failed;
use crate::engine::{Session, diagnose};
use crate::project::model::Model;

/// The finding, where a model's own query has sub-queries that have no plan. Other models are not planned to the end, which
/// takes longer than all the rest of a check.
pub(super) async fn unanswerable(
    model: &Model,
    analysed: &LogicalPlan,
    session: &Session,
) -> Option<Diagnostic> {
    if !model.query().is_some_and(diagnose::has_subquery) {
        return None;
    }
    let error = session.state().create_physical_plan(analysed).await.err()?;
    Some(diagnose::unanswerable(&Failed::model(model), &error))
}
