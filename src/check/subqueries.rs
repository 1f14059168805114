//! Sub-queries that the engine cannot answer: known only once a query is planned to the end.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan};

use crate::diagnostic::{Diagnostic, Location};
use crate::engine::{Session, diagnose};
use crate::project::model::Model;

/// The finding, where a model has sub-queries that have no plan. Other models are not planned to the end, which takes
/// longer than all the rest of a check.
pub(super) async fn unanswerable(
    model: &Model,
    analysed: &LogicalPlan,
    session: &Session,
) -> Option<Diagnostic> {
    if !has_subquery(analysed).unwrap_or(true) {
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

fn has_subquery(plan: &LogicalPlan) -> Result<bool> {
    let mut has = false;
    plan.apply(|node| {
        node.apply_expressions(|expr| {
            has |= expr.exists(|part| {
                Ok(matches!(part, Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_)))
            })?;
            Ok(if has { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        Ok(if has { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(has)
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
