//! A sub-query that the engine cannot answer: known only once a statement is planned to the end.

use std::ops::{ControlFlow, Range};

use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::ast::{Expr, Query, visit_expressions};

use super::statement::Failed;
use super::text::beginning;
use super::words::first_line;
use crate::diagnostic::Diagnostic;

/// Whether a query has sub-queries in its expressions; those of views that it reads were looked at with the views.
pub(crate) fn has_subquery(query: &Query) -> bool {
    let found = visit_expressions(query, |expr| match expr {
        Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// That a statement with sub-queries has no plan.
pub(crate) fn unanswerable(statement: &Failed<'_>, error: &DataFusionError) -> Diagnostic {
    let said = first_line(error);
    // What the engine says of a sub-query is a dump of its own structures.
    let is_dump = said.contains("not support logical expression") || said.contains(" { ");
    let message = match is_dump {
        true => format!("{}: a sub-query stands where it cannot be answered", statement.name),
        false => format!("{}: a sub-query cannot be answered: {said}", statement.name),
    };
    let help = "join a query that has one row for each key (LEFT JOIN (SELECT key, count(*) … GROUP BY key) …), and compare its columns";
    let text = &statement.file.text;
    let at = subquery_in(text).unwrap_or_else(|| beginning(text));
    Diagnostic::error("subquery", message).at(statement.locate(at)).help(help)
}

/// Whether an error is one of planning a query, not of computing its rows.
pub(super) fn is_of_planning(error: &DataFusionError) -> bool {
    matches!(
        error.find_root(),
        DataFusionError::Plan(_) | DataFusionError::NotImplemented(_) | DataFusionError::Internal(_)
    )
}

/// The first sub-query of a text.
pub(super) fn subquery_in(text: &str) -> Option<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let opens = lower.match_indices('(').map(|(at, _)| at);
    let mut inner = opens.filter_map(|at| {
        let after = lower[at + 1..].trim_start();
        after.starts_with("select").then(|| lower.len() - after.len())
    });
    inner.next().map(|at| at..at + "select".len())
}
