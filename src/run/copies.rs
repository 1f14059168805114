//! The rows of views that are computed once: which those are, [`super::once`] says.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::{LogicalPlanBuilder, ident};
use datafusion::sql::sqlparser::ast::Query;
use tracing::info_span;

use super::under_way::Build;
use crate::engine::copied::{Copied, copied};
use crate::engine::{Session, diagnose, ran_out};
use crate::error::Result;
use crate::project::model::Model;

impl Build<'_> {
    /// Computes a view once, and makes its rows readable under its name. Where they cannot be computed it is put into each query
    /// that reads it, as other views are: a row that cannot be computed with matters only where a query wants it.
    pub(super) async fn compute_once(
        &mut self,
        model: &Model,
        query: &Query,
        names: &BTreeSet<String>,
    ) -> Result<()> {
        let _phase = info_span!("views: computed once");
        let compute = |session| async move { rows(&session, query, names).await };
        let Ok(done) = self.session.frugally(ran_out, compute).await else {
            return self.put_in(model, query).await;
        };
        let entered = self.session.register(&model.name, Arc::clone(&done.table));
        entered.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))?;
        self.copies.push((model.name.clone(), done));
        Ok(())
    }

    /// Makes a view readable under its name, for each query that reads it to be put in.
    pub(super) async fn put_in(&self, model: &Model, query: &Query) -> Result<()> {
        let _phase = info_span!("views: planned");
        let planned = self.session.plan(query).await;
        let entered = planned.and_then(|plan| self.session.register_view(&model.name, plan));
        entered.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))
    }
}

async fn rows(session: &Session, query: &Query, names: &BTreeSet<String>) -> EngineResult<Copied> {
    let plan = session.plan(query).await?;
    let columns = plan.schema().fields().iter().map(|field| field.name());
    let named: Vec<_> = columns.filter(|name| names.contains(*name)).map(ident).collect();
    let plan =
        if named.is_empty() { plan } else { LogicalPlanBuilder::from(plan).project(named)?.build()? };
    copied(session, plan).await
}
