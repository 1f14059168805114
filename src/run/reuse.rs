//! Scoring again from what is published: which tables are computed, which are taken as they are.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use datafusion::catalog::TableProvider;
use futures::{StreamExt, TryStreamExt, stream};

use super::request::{Request, Selection};
use super::stored::sort_key;
use crate::diagnostic::Diagnostic;
use crate::engine::diagnose;
use crate::engine::published::{parquet, published_days, table_folder};
use crate::engine::sources::parquet_table;
use crate::engine::stored_days::{DayFile, day_table};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::project::model::{Kind, Model};
use crate::publish::day_folder;
use crate::storage::Storage;

/// Days that are listed at the same time.
const AT_ONCE: usize = 16;

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

/// A published table as it is: all of it, or from a day on. The days asked for must all be there.
///
/// # Errors
/// [`Error::Project`] for a day that is not published; what storage says.
pub(super) async fn table(
    model: &Model,
    schema: &SchemaRef,
    first: NaiveDate,
    request: &Request,
) -> Result<Arc<dyn TableProvider>> {
    let table = if model.by_day() {
        day_table(&files_of_days(model, first, request).await?, schema, &sort_key(model))
    } else {
        let files = parquet(&request.out, &table_folder(&model.name)).await?;
        parquet_table(&request.out, &files, schema)
    };
    table.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))
}

async fn files_of_days(model: &Model, first: NaiveDate, request: &Request) -> Result<Vec<DayFile>> {
    let days = published_days(&request.out, &model.name).await?;
    let wanted = request.days.start().iter_days().take_while(|day| day <= request.days.end());
    if let Some(missing) = wanted.into_iter().find(|day| days.binary_search(day).is_err()) {
        let message = format!("{} is not published on {missing} in {}", model.name, request.out.shown());
        let problem = Diagnostic::error("not-published", message);
        return Err(Error::Project(problem.help("build it first: `hale run` without --rescore").into()));
    }
    let read = days.into_iter().filter(|day| (first..=*request.days.end()).contains(day));
    let listed = stream::iter(read).map(|day| files_of_day(model, day, &request.out));
    let listed: Vec<Vec<DayFile>> = listed.buffered(AT_ONCE).try_collect().await?;
    Ok(listed.into_iter().flatten().collect())
}

async fn files_of_day(model: &Model, day: NaiveDate, out: &Storage) -> Result<Vec<DayFile>> {
    let files = parquet(out, &day_folder(&table_folder(&model.name), day)).await?;
    let named = files.into_iter().filter_map(|file| Some((out.relative(&file.location)?, file)));
    let located = named.map(|(relative, file)| {
        Ok(DayFile { day, url: out.file_url(&relative)?, bytes: file.size, modified: file.last_modified })
    });
    located.collect()
}
