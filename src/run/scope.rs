//! What a run has to do with: what it computes, what it reads as published, which questions it asks of both.

use std::collections::BTreeSet;

use super::question::Question;
use super::request::Selection;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model};
use crate::project::reported::asked;

impl Selection {
    /// Every stored model of the semantic side: what scoring again publishes.
    pub fn semantic(pipeline: &Pipeline) -> Self {
        let semantic =
            pipeline.models.iter().filter(|model| model.name.layer.is_semantic() && model.is_stored());
        Self(semantic.map(|model| model.name.clone()).collect())
    }
}

/// Models and questions that belong to a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope<'a> {
    /// Models that are planned: computed tables, and the views and sources that something reads.
    pub(super) planned: BTreeSet<ModelName>,
    /// Stored tables that are read as they are published.
    pub(super) reused: BTreeSet<ModelName>,
    /// What is asked of the tables when they are built.
    pub(super) questions: Vec<Question<'a>>,
    /// Questions that only a run over the sources can answer, and why.
    pub(super) left_out: Vec<String>,
}

impl<'a> Scope<'a> {
    /// A run from the sources: the selection, all that it reads, and whatever is asked of any of these, with all that the
    /// questions read. Of tables that are read as published nothing further is read.
    pub(super) fn full(
        pipeline: &'a Pipeline,
        selection: &Selection,
        as_published: &BTreeSet<ModelName>,
    ) -> Self {
        let mut scope = Self::default();
        scope.plan(pipeline, selection.0.iter().cloned(), as_published);
        let mut waiting = Question::all(pipeline);
        loop {
            let (asked, left): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|question| question.is_about(pipeline, &scope.planned));
            waiting = left;
            if asked.is_empty() {
                break;
            }
            for question in asked {
                scope.plan(pipeline, question.reads(), as_published);
                scope.questions.push(question);
            }
        }
        scope
    }

    /// Adds models and all that they read, up to tables that are read as published.
    fn plan(
        &mut self,
        pipeline: &Pipeline,
        names: impl IntoIterator<Item = ModelName>,
        as_published: &BTreeSet<ModelName>,
    ) {
        let mut waiting: Vec<ModelName> = names.into_iter().collect();
        while let Some(name) = waiting.pop() {
            if as_published.contains(&name) {
                self.reused.insert(name);
            } else if self.planned.insert(name.clone()) {
                waiting
                    .extend(pipeline.reads.get(&name).into_iter().flat_map(|reads| reads.0.keys().cloned()));
            }
        }
    }

    /// A run from what is published: the selection, and the published tables that it reads. No question yet.
    ///
    /// # Errors
    /// [`Error::Project`] when it would need a source.
    pub(super) fn published(pipeline: &Pipeline, selection: &Selection) -> Result<Self> {
        let mut scope = Self::default();
        scope.add(pipeline, selection, selection.0.iter().cloned()).map_err(needs_source)?;
        Ok(scope)
    }

    /// The same with one more table of the selection to compute.
    ///
    /// # Errors
    /// The source that it would need.
    pub(super) fn with_table(
        &self,
        pipeline: &Pipeline,
        selection: &Selection,
        name: &ModelName,
    ) -> Result<Self, ModelName> {
        let mut scope = self.clone();
        scope.reused.remove(name);
        match scope.add(pipeline, selection, [name.clone()]) {
            Ok(()) => Ok(scope),
            Err(source) => Err(source.name.clone()),
        }
    }

    /// The questions about what is computed from published tables. Those that a source would have to answer are left out.
    pub(super) fn ask(&mut self, pipeline: &'a Pipeline, selection: &Selection) {
        for question in Question::all(pipeline) {
            if !question.is_about(pipeline, &selection.0) {
                continue;
            }
            let mut scope = self.clone();
            let asked = question.asked().into_iter().map(|source| ModelName::new(Layer::Raw, source));
            match scope.add(pipeline, selection, question.reads().into_iter().chain(asked)) {
                Ok(()) => {
                    *self = scope;
                    self.questions.push(question);
                }
                Err(source) => self.left_out.push(format!("{question}: reads {}", source.name)),
            }
        }
    }

    /// Whether a stored table is computed, where its days are needed.
    pub(super) fn computes(&self, name: &ModelName) -> bool {
        self.planned.contains(name)
    }

    /// Adds models and what they read; gives the source, where that is read.
    fn add<'p>(
        &mut self,
        pipeline: &'p Pipeline,
        selection: &Selection,
        names: impl IntoIterator<Item = ModelName>,
    ) -> Result<(), &'p Model> {
        let mut waiting: Vec<ModelName> = names.into_iter().collect();
        while let Some(name) = waiting.pop() {
            let Some(model) = pipeline.model(&name) else { continue };
            if matches!(model.kind, Kind::Source(_)) {
                return Err(model);
            }
            if model.is_stored() && !selection.0.contains(&name) {
                self.reused.insert(name);
            } else if self.planned.insert(name.clone()) {
                waiting.extend(pipeline.reads[&name].0.keys().cloned());
                // Only the rows of a source tell as of which days it is reported.
                let asked = model.query().map(asked).unwrap_or_default();
                waiting.extend(asked.into_iter().map(|source| ModelName::new(Layer::Raw, source)));
            }
        }
        Ok(())
    }
}

/// Marts that follow from what a run computes and that it does not compute, in the order of the pipeline.
pub(super) fn followers<'p>(pipeline: &'p Pipeline, computed: &BTreeSet<ModelName>) -> Vec<&'p Model> {
    let follows = |model: &&Model| {
        model.is_stored()
            && model.name.layer == Layer::Marts
            && !computed.contains(&model.name)
            && !pipeline.with_upstream([model.name.clone()]).is_disjoint(computed)
    };
    pipeline.models.iter().filter(follows).collect()
}

fn needs_source(source: &Model) -> Error {
    let message = format!("{} would be read, and scoring again reads only what is published", source.name);
    let problem = Diagnostic::error("needs-source", message)
        .note("a view between the sources and a score has to be computed from the sources")
        .help("store it with CREATE TABLE, or leave --rescore out");
    Error::Project(problem.into())
}
