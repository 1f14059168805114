//! Scoring again from what is published: which tables are computed, which are taken as they are.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::request::{Request, Selection};
use crate::diagnostic::Diagnostic;
use crate::engine::published::{parquet, published_days, table_folder};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::project::model::{Kind, Model};
use crate::publish::day_folder;
use object_store::ObjectMeta;

impl Selection {
    /// Every stored model of the semantic side: what scoring again publishes.
    pub fn semantic(pipeline: &Pipeline) -> Self {
        let semantic =
            pipeline.models.iter().filter(|model| model.name.layer.is_semantic() && model.is_stored());
        Self(semantic.map(|model| model.name.clone()).collect())
    }
}

/// What a run computes, and the published tables that it reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    /// Models that are planned: computed tables, views, sources.
    pub(super) planned: BTreeSet<ModelName>,
    /// Stored tables that are read as they are published.
    pub(super) reused: BTreeSet<ModelName>,
}

impl Parts {
    /// The parts of a request.
    ///
    /// # Errors
    /// [`Error::Project`] when scoring from published tables would need a source.
    pub(super) fn of(pipeline: &Pipeline, request: &Request) -> Result<Self> {
        if !request.from_published {
            let planned = pipeline.models.iter().map(|model| model.name.clone()).collect();
            return Ok(Self { planned, reused: BTreeSet::new() });
        }
        let mut parts = Self::default();
        let mut waiting: Vec<ModelName> = request.selection.0.iter().cloned().collect();
        while let Some(name) = waiting.pop() {
            let Some(model) = pipeline.model(&name) else { continue };
            if matches!(model.kind, Kind::Source(_)) {
                return Err(needs_source(model));
            }
            if model.is_stored() && !request.selection.0.contains(&name) {
                parts.reused.insert(name);
            } else if parts.planned.insert(name.clone()) {
                waiting
                    .extend(pipeline.reads.get(&name).into_iter().flat_map(|reads| reads.0.keys().cloned()));
            }
        }
        Ok(parts)
    }
}

fn needs_source(source: &Model) -> Error {
    let message = format!("{} would be read, and scoring again reads only what is published", source.name);
    let problem = Diagnostic::error("needs-source", message)
        .note("a view between the sources and a score has to be computed from the sources")
        .help("store it with CREATE TABLE, or leave --rescore out");
    Error::Project(problem.into())
}

/// The published files of a table from a day on; the days asked for must all be there.
///
/// # Errors
/// [`Error::Project`] for a day that is not published; what storage says.
pub(super) async fn files(model: &Model, first: NaiveDate, request: &Request) -> Result<Vec<ObjectMeta>> {
    if !model.by_day() {
        return parquet(&request.out, &table_folder(&model.name)).await;
    }
    let days = published_days(&request.out, &model.name).await?;
    let wanted = request.days.start().iter_days().take_while(|day| day <= request.days.end());
    if let Some(missing) = wanted.into_iter().find(|day| !days.contains(day)) {
        let message = format!("{} is not published on {missing} in {}", model.name, request.out.shown());
        let problem = Diagnostic::error("not-published", message);
        return Err(Error::Project(problem.help("build it first: `hale run` without --rescore").into()));
    }
    let mut files = Vec::new();
    for day in days.into_iter().filter(|day| (first..=*request.days.end()).contains(day)) {
        files.extend(parquet(&request.out, &day_folder(&table_folder(&model.name), day)).await?);
    }
    Ok(files)
}
