//! What the columns of an answer are called: by their names, and what has none as the query writes it.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::sql::sqlparser::ast::{Expr, Query, SelectItem, SetExpr};
use futures::StreamExt;

use crate::engine::diagnose::in_sql;

/// The rows that answer a query, under headings that people can read.
pub(super) fn headed(query: &Query, rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let given = rows.schema();
    let items = items(&query.body).filter(|items| items.len() == given.fields().len());
    let fields = given.fields().iter().enumerate().map(|(at, field)| {
        let name = items.map_or_else(|| usual(field), |items| heading(&items[at], field));
        field.as_ref().clone().with_name(name)
    });
    let schema = Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), given.metadata().clone()));
    let headed = Arc::clone(&schema);
    let rows = rows.map(move |batch| {
        let batch = batch?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch =
            RecordBatch::try_new_with_options(Arc::clone(&headed), batch.columns().to_vec(), &options);
        Ok(batch?)
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, rows))
}

/// What a query selects: that of the first of several in a UNION.
fn items(body: &SetExpr) -> Option<&[SelectItem]> {
    match body {
        SetExpr::Select(select) => Some(&select.projection),
        SetExpr::Query(query) => items(&query.body),
        SetExpr::SetOperation { left, .. } => items(left),
        _ => None,
    }
}

/// The name of an item, or how it is written where it has none.
fn heading(item: &SelectItem, field: &Field) -> String {
    match item {
        SelectItem::ExprWithAlias { .. }
        | SelectItem::UnnamedExpr(Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => field.name().clone(),
        SelectItem::UnnamedExpr(expression) => expression.to_string(),
        _ => usual(field),
    }
}

/// A column's name; what the engine made up for a computed one is put into SQL.
fn usual(field: &Field) -> String {
    let name = field.name();
    if name.contains('(') { in_sql(name) } else { name.clone() }
}
