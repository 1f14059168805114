//! The statement that an error is about.

use std::ops::Range;
use std::sync::Arc;

use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::Query;

use crate::diagnostic::{Location, SourceFile};
use crate::project::model::Model;

/// A query that failed: a model's, or one that was asked.
pub struct Failed<'a> {
    /// What it is called in messages.
    pub name: String,
    /// Its text.
    pub file: &'a Arc<SourceFile>,
    /// The query, parsed from the text; none where a rule of a contract failed, which only reads.
    pub query: Option<&'a Query>,
    /// The model, where it is one's.
    pub model: Option<&'a Model>,
    /// What was computed, where that is no query of the text: a rule of a contract.
    pub rule: Option<&'a LogicalPlan>,
}

impl<'a> Failed<'a> {
    /// A model's query.
    pub fn model(model: &'a Model) -> Self {
        let name = model.name.to_string();
        Self { name, file: &model.file, query: model.query(), model: Some(model), rule: None }
    }

    /// The place of some bytes of its text.
    pub(crate) fn locate(&self, span: Range<usize>) -> Location {
        self.model.map_or_else(|| Location::new(self.file, span.clone()), |model| model.locate(span.clone()))
    }
}
