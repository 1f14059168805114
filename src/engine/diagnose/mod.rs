//! What the engine says of a model, as a diagnostic in the model's own file.
//!
//! [`of_plan`] is for planning, [`of_data`] for computing, where the expression and the rows are looked for that
//! made it fail, and [`of_run`] for whatever has no statement. All speak SQL: no name of the engine's own.

mod data;
mod fault;
mod memory;
mod missing;
mod place;
mod planning;
mod run;
mod statement;
mod subquery;
mod terms;
mod text;
mod trial;
mod words;

pub use data::of_data;
pub use planning::{of_model, of_plan};
pub use run::of_run;
pub(super) use run::without_kinds;
pub use statement::Failed;
pub(crate) use subquery::{has_subquery, unanswerable};
pub(crate) use terms::in_sql;
pub(crate) use text::{beginning, whole_words};
pub use words::first_line;
pub(crate) use words::plain;

use std::ops::Range;

use datafusion::logical_expr::Expr;
use datafusion::sql::sqlparser::ast::{Expr as Written, Query};

use crate::diagnostic::SourceFile;

/// Where a query writes an expression of its plan, and how; its beginning where that is not known.
pub(crate) fn place_in(
    query: Option<&Query>,
    file: &SourceFile,
    expr: &Expr,
) -> (Range<usize>, Option<Written>) {
    match query.and_then(|query| place::of(query, file, expr)) {
        Some(place) => (place.bytes, Some(place.written)),
        None => (place::of_column(file, expr).unwrap_or_else(|| beginning(&file.text)), None),
    }
}
