//! Sub-queries that the engine cannot answer: known only once a query is planned to the end.

use std::ops::ControlFlow;

use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{Expr, Query, visit_expressions};

use crate::diagnostic::{Diagnostic, Location};
use crate::engine::{Session, diagnose};
use crate::project::model::Model;

/// The finding, where a model's own query has sub-queries that have no plan. Other models are not planned to the end, which
/// takes longer than all the rest of a check.
pub(super) async fn unanswerable(
    model: &Model,
    analysed: &LogicalPlan,
    session: &Session,
) -> Option<Diagnostic> {
    if !model.query().is_some_and(has_subquery) {
        return None;
    }
    let error = session.state().create_physical_plan(analysed).await.err()?;
    let said = diagnose::first_line(&error);
    // What the engine says of a sub-query is a dump of its own structures.
    let is_dump = said.contains("not support logical expression") || said.contains(" { ");
    let message = match is_dump {
        true => format!("{}: a sub-query stands where it cannot be answered", model.name),
        false => format!("{}: a sub-query cannot be answered: {said}", model.name),
    };
    let help = "join a query that has one row for each key (LEFT JOIN (SELECT key, count(*) … GROUP BY key) …), and compare its columns";
    Some(Diagnostic::error("subquery", message).at(place(model)).help(help))
}

/// Whether a query has sub-queries in its expressions; those of views that it reads were looked at with the views.
fn has_subquery(query: &Query) -> bool {
    let found = visit_expressions(query, |expr| match expr {
        Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// The first sub-query of a model's text.
fn place(model: &Model) -> Location {
    let text = model.file.text.to_lowercase();
    let opens = text.match_indices('(').map(|(at, _)| at);
    let mut inner = opens.filter_map(|at| {
        let after = text[at + 1..].trim_start();
        after.starts_with("select").then(|| text.len() - after.len())
    });
    inner.next().map_or_else(|| Location::whole(&model.file), |at| model.locate(at..at + "select".len()))
}
