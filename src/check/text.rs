//! A query with the text that it stands in.

use std::ops::Range;
use std::sync::Arc;

use datafusion::logical_expr::Expr;
use datafusion::sql::sqlparser::ast::{Expr as Written, Query};

use crate::diagnostic::{Location, SourceFile};
use crate::engine::diagnose;
use crate::pipeline::Audit;
use crate::project::model::Model;

/// A model's query, an audit's, or one that was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) file: &'a Arc<SourceFile>,
    query: Option<&'a Query>,
    model: Option<&'a Model>,
}

impl<'a> Text<'a> {
    pub(crate) fn of_model(model: &'a Model) -> Self {
        Self { file: &model.file, query: model.query(), model: Some(model) }
    }

    pub(crate) fn of_audit(audit: &'a Audit) -> Self {
        Self { file: &audit.file, query: Some(&audit.query), model: None }
    }

    pub(crate) fn of_query(file: &'a Arc<SourceFile>, query: Option<&'a Query>) -> Self {
        Self { file, query, model: None }
    }

    /// A place in the text, or in the YAML that it was compiled from.
    pub(crate) fn locate(&self, span: Range<usize>) -> Location {
        match self.model {
            Some(model) => model.locate(span),
            None => Location::new(self.file, span),
        }
    }

    /// Whether its rows are stored day by day.
    pub(crate) fn by_day(&self) -> bool {
        self.model.is_some_and(Model::by_day)
    }

    /// Where an expression of its plan is written, and how; the whole text where that is not known.
    pub(crate) fn place_of(&self, expr: &Expr) -> (Location, Option<Written>) {
        let (bytes, written) = diagnose::place_in(self.query, self.file, expr);
        (self.locate(bytes), written)
    }
}
