//! The rows of views that are computed once: which those are, [`super::once`] says.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::{LogicalPlanBuilder, ident};
use datafusion::sql::sqlparser::ast::Query;
use tracing::info_span;

use super::under_way::Build;
use crate::engine::copied::{Copied, copied};
use crate::engine::diagnose::{self, Failed};
use crate::engine::{Session, ran_out};
use crate::error::Result;
use crate::project::model::Model;

impl Build<'_> {
    /// Computes a view once, and makes its rows readable under its name.
    pub(super) async fn compute_once(
        &mut self,
        model: &Model,
        query: &Query,
        names: &BTreeSet<String>,
    ) -> Result<()> {
        let _phase = info_span!("views: computed once");
        let compute = |session| async move { rows(&session, query, names).await };
        let done = match self.session.frugally(ran_out, compute).await {
            Ok(done) => done,
            Err(error) => {
                let (pipeline, failed) = (&self.checked.pipeline, Failed::model(model));
                let reads = pipeline.reads[&model.name].0.keys().cloned();
                return Err(diagnose::of_data(&self.session, pipeline, &failed, reads, &error).await);
            }
        };
        let entered = self.session.register(&model.name, Arc::clone(&done.table));
        entered.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))?;
        self.copies.push((model.name.clone(), done));
        Ok(())
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
