//! Components by themselves: those that no score uses, and what their values are made of; scorecards against what the
//! contract of their metrics promises.

use datafusion::logical_expr::LogicalPlan;

use super::Pass;
use super::silence::Silence;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::diagnose;
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::semantic::{CompiledModel, Entity};

impl Pass {
    /// Components that no score uses, and those that would lose a silent customer.
    pub(super) async fn components(&mut self, pipeline: &Pipeline) {
        let mut measured = Vec::new();
        for component in &pipeline.semantics.components {
            let entities = pipeline.semantics.entities_of(component);
            let used = !entities.is_empty();
            let entities = if used { entities } else { Entity::ALL.to_vec() };
            let readable = |entity: &Entity| {
                ModelName::parse(entity.table())
                    .is_some_and(|name| self.schemas.contains_key(&name) && !self.failed.contains(&name))
            };
            let mut refused: Option<Diagnostics> = None;
            for entity in entities.into_iter().filter(readable) {
                let asked = self.query(component.asked(entity)).await;
                match (asked, self.query(component.measured(entity)).await) {
                    (Ok(_), Ok(plan)) => measured.push((component, entity, plan)),
                    (Err(problem), _) | (_, Err(problem)) => refused = refused.or(Some(problem)),
                }
            }
            // What a score uses is planned with it; what no score uses has to suit accounts or users.
            let suits = measured.iter().any(|(known, ..)| known.name == component.name);
            self.found.extend(refused.filter(|_| !used && !suits).into_iter().flatten());
        }
        let Some(mut silence) = Silence::of(pipeline, &self.as_read) else { return };
        let unanswered: Vec<Diagnostic> = measured
            .iter()
            .filter_map(|(component, entity, plan)| silence.unanswered(component, *entity, plan))
            .collect();
        self.found.extend(unanswered);
    }

    /// Scorecards that no row can have which keeps the `CHECK`s of the metrics: a name misspelt, a number out of range.
    pub(super) fn scorecards(&mut self, pipeline: &Pipeline) {
        for score in pipeline.semantics.all() {
            let metrics = ModelName::parse(score.entity.table()).and_then(|name| pipeline.model(&name));
            let checks = metrics.map(|model| model.contract.checks.as_slice()).unwrap_or_default();
            for card in score.scorecards() {
                let Some(when) = &card.when else { continue };
                let Some(check) = checks.iter().find(|check| when.is_ruled_out_by(&check.expr)) else {
                    continue;
                };
                let message = format!(
                    "the scorecard `{}` can never match: {} has no such row",
                    card.name,
                    score.entity.table()
                );
                self.found.push(
                    Diagnostic::error("unreachable-scorecard", message)
                        .at(when.location().clone())
                        .note(format!("its contract says CHECK ({})", check.sql))
                        .help("mend the condition, or the contract of the metrics"),
                );
            }
        }
    }

    /// The plan of a query that was compiled.
    async fn query(&self, compiled: CompiledModel) -> Result<LogicalPlan, Diagnostics> {
        let model = crate::pipeline::parsed(compiled)?;
        let Some(query) = model.query() else {
            return Err(Diagnostic::error("plan", "it is no query").into());
        };
        self.session.plan(query).await.map_err(|error| diagnose::of_model(&model, &error).into())
    }
}
