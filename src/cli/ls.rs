//! `hale ls`

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::console::Console;
use super::context::Context;
use super::graph;
use super::outcome::Outcome;
use super::output::{self, Sheet};
use crate::diagnostic::closest;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::project::model::{Kind, Model, Storing};
use crate::project::reported::{Lag, lag};

/// List models, layers and lineage
///
/// Only reads the project's files: no data, no storage, fast enough for an orchestrator to call while it builds its
/// graph. The lag of a source is in days: how far apart deliveries of a row may lie (rows), how much later rows are known
/// (known), how far its loads may lag behind (loads), and whether loaders say how far these reach (by status) or the
/// newest rows do (by files).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale ls                                       every model, in the order in which data flows
  hale ls --lineage metrics.accounts            what it is made from, and what is made from it
  hale ls --format json | jq -r '.models[].name'
  hale ls --format dot | dot -Tsvg > models.svg
  hale ls --format mermaid                      to paste into a page")]
pub(super) struct Ls {
    /// The form of the list [default: table, or json with --json]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Form>,
    /// Only this model, what it reads and what reads it, directly or not
    #[arg(long, value_name = "MODEL")]
    lineage: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A line for each model
    Table,
    /// One JSON object: models with their columns, keys and reads
    Json,
    /// A graph for Graphviz
    Dot,
    /// A graph for Mermaid
    Mermaid,
}

/// The models to list; with a lineage, on which side of the one in question they are.
struct Listed<'a> {
    models: Vec<&'a Model>,
    lineage: Option<Lineage>,
}

struct Lineage {
    of: ModelName,
    upstream: BTreeSet<ModelName>,
    downstream: BTreeSet<ModelName>,
}

impl Ls {
    pub fn execute(self, context: &Context) -> Outcome {
        let pipeline = context.pipeline()?;
        let lineage = self.lineage.as_deref().map(|text| Lineage::of(&pipeline, text)).transpose()?;
        let wanted = |model: &&Model| lineage.as_ref().is_none_or(|lineage| lineage.includes(&model.name));
        let models = pipeline.models.iter().filter(wanted).collect();
        let listed = Listed { models, lineage };
        let form = self.format.unwrap_or(if context.console.json { Form::Json } else { Form::Table });
        match form {
            Form::Table => output::write(listed.table(&pipeline, context.console).as_bytes()),
            Form::Json => output::json_line(&listed.json(&pipeline)),
            Form::Dot => output::write(graph::dot(&pipeline, &listed.models).as_bytes()),
            Form::Mermaid => output::write(graph::mermaid(&pipeline, &listed.models).as_bytes()),
        }
    }
}

impl Lineage {
    fn of(pipeline: &Pipeline, text: &str) -> Result<Self> {
        let names: Vec<String> = pipeline.models.iter().map(|model| model.name.to_string()).collect();
        let Some(model) = pipeline.models.iter().find(|model| model.name.to_string() == text) else {
            let hint = closest(text, names.iter().map(String::as_str));
            let hint = hint.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            return Err(Error::Usage(format!("there is no model `{text}`{hint}")));
        };
        let of = model.name.clone();
        let above = |name: &ModelName| pipeline.with_upstream([name.clone()]);
        let mut upstream = above(&of);
        upstream.remove(&of);
        let others = pipeline.models.iter().map(|model| &model.name).filter(|name| **name != of);
        let downstream = others.filter(|name| above(name).contains(&of)).cloned().collect();
        Ok(Self { of, upstream, downstream })
    }

    fn includes(&self, name: &ModelName) -> bool {
        self.of == *name || self.upstream.contains(name) || self.downstream.contains(name)
    }

    fn side(&self, name: &ModelName) -> &'static str {
        match (self.upstream.contains(name), self.downstream.contains(name)) {
            (true, _) => "upstream",
            (_, true) => "downstream",
            _ => "",
        }
    }
}

impl Listed<'_> {
    fn table(&self, pipeline: &Pipeline, console: Console) -> String {
        let mut names = ["model", "kind", "key", "reads", "description"].map(str::to_owned).to_vec();
        if self.lineage.is_some() {
            names.insert(1, "lineage".to_owned());
        }
        let lags: Vec<Option<Lag>> = self.models.iter().map(|model| lag_of(pipeline, model)).collect();
        let has_sources = lags.iter().any(Option::is_some);
        if has_sources {
            names.insert(names.len() - 1, "lag".to_owned());
        }
        let row = |(model, lag): (&&Model, &Option<Lag>)| {
            let mut row = vec![
                model.name.to_string(),
                kind(model),
                model.contract.primary_key.join(", "),
                reads(pipeline, model).join(", "),
                model.description.lines().next().unwrap_or_default().to_owned(),
            ];
            if has_sources {
                row.insert(row.len() - 1, lag.as_ref().map(Lag::short).unwrap_or_default());
            }
            if let Some(lineage) = &self.lineage {
                row.insert(1, lineage.side(&model.name).to_owned());
            }
            row
        };
        let rows = self.models.iter().zip(&lags).map(row).collect();
        let last = names.len() - 1;
        Sheet { right: vec![false; names.len()], names, yields: vec![last], rows }.fitted(console.width)
    }

    fn json(&self, pipeline: &Pipeline) -> Value {
        let models: Vec<Value> = self.models.iter().map(|model| described(pipeline, model)).collect();
        match &self.lineage {
            None => json!({ "models": models }),
            Some(Lineage { of, upstream, downstream }) => {
                let texts =
                    |names: &BTreeSet<ModelName>| names.iter().map(ToString::to_string).collect::<Vec<_>>();
                json!({
                    "lineage": {
                        "of": of.to_string(), "upstream": texts(upstream), "downstream": texts(downstream),
                    },
                    "models": models,
                })
            }
        }
    }
}

fn described(pipeline: &Pipeline, model: &Model) -> Value {
    let columns = model.contract.columns.iter().map(|column| {
        json!({ "name": column.name, "not_null": column.not_null, "description": column.description })
    });
    json!({
        "name": model.name.to_string(),
        "layer": model.name.layer.name(),
        "table": model.name.table,
        "kind": kind(model),
        "key": model.contract.primary_key,
        "reads": reads(pipeline, model),
        "file": model.file.path,
        "description": model.description,
        "columns": columns.collect::<Vec<_>>(),
        "time": time(pipeline, model),
        "lag": lag_of(pipeline, model).map(|lag| json!({
            "max_delay": lag.max_delay,
            "known_after": lag.known_after,
            "may_lag": lag.may_lag,
            "told_by": lag.told_by,
            "means": lag.to_string(),
        })),
    })
}

/// How the rows of a source are dated.
fn time(pipeline: &Pipeline, model: &Model) -> Value {
    let Kind::Source(source) = &model.kind else { return Value::Null };
    let time = &source.time;
    let complete_from = pipeline.settings.complete_from(&model.name);
    json!({
        "kind": time.kind(),
        "key": time.key(),
        "complete_from": complete_from.map(|day| day.to_string()),
        "means": time.means(complete_from),
    })
}

/// How late a source may be.
fn lag_of(pipeline: &Pipeline, model: &Model) -> Option<Lag> {
    lag(model, &pipeline.models, &pipeline.settings)
}

fn kind(model: &Model) -> String {
    match &model.kind {
        Kind::Source(source) => format!("source: {}", source.time.kind()),
        Kind::View(_) => "view".to_owned(),
        Kind::Table(_, Storing::Whole) => "table".to_owned(),
        Kind::Table(_, Storing::ByDay) => "table by day".to_owned(),
    }
}

fn reads(pipeline: &Pipeline, model: &Model) -> Vec<String> {
    let reads = pipeline.reads.get(&model.name);
    reads.into_iter().flat_map(|reads| reads.0.keys()).map(ToString::to_string).collect()
}
