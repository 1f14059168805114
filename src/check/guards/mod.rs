//! Metrics that come from an optional source and are told also where it is not reported.
//!
//! Nothing of such a source may be there: its loads stopped, or it has not landed at all. A count of it is zero then, of
//! what nobody knows. So every column of a table of metrics that comes from one asks for it, in a `CASE`, in a filter or in
//! a join: `reported('tickets', as_of_date)`, or a column that is true only where it is.
//!
//! Of a source that says `'none_where_absent' 'true'` nothing is asked: where it is absent there are none.
//!
//! Columns are followed from the sources on, through rows of several kinds where rows of different queries stand below each
//! other: what is counted of the ones says nothing of the others. A row that stands only where the source has one, or a
//! union that gives other rows where the source has none, answers for itself. A column is told of once, in the first table
//! that stores it.

mod kinds;
mod value;
mod walk;

use std::collections::BTreeMap;

use datafusion::logical_expr::LogicalPlan;

use self::value::Sources;
use self::walk::Guards;
use crate::diagnostic::Diagnostic;
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model};

/// The warnings of metrics that nothing guards, over the plans of models as they read.
pub(super) fn unguarded(pipeline: &Pipeline, plans: &BTreeMap<ModelName, LogicalPlan>) -> Vec<Diagnostic> {
    let is_optional = |model: &Model| matches!(&model.kind, Kind::Source(source) if source.optional);
    if !pipeline.models.iter().any(is_optional) {
        return Vec::new();
    }
    let mut guards = Guards::new(pipeline, plans);
    for model in &pipeline.models {
        if model.is_stored() && model.name.layer == Layer::Metrics {
            guards.of_model(model);
        }
    }
    guards.found.iter().map(|(model, column, open)| told(model, column, open)).collect()
}

fn told(model: &Model, column: &str, open: &Sources) -> Diagnostic {
    let named: Vec<String> = open.iter().map(|source| format!("raw.{source}")).collect();
    let asked: Vec<String> = open.iter().map(|source| format!("reported('{source}', as_of_date)")).collect();
    let (named, asked) = (named.join(" and "), asked.join(" AND "));
    let message = format!("`{column}` comes from {named}, and has a value also where that is not reported");
    let told = Diagnostic::warning("unguarded-source", message)
        .note("the source is optional: where it is absent, or its loads stopped, nobody knows the value, and zero would stand for it")
        .help(format!("tell it where it is known: CASE WHEN {asked} THEN … END AS {column}; or say of the source 'none_where_absent' 'true'"));
    match model.contract.column(column) {
        Some(declared) => told.at(declared.location.clone()),
        None => told.at(crate::diagnostic::Location::whole(&model.file)),
    }
}
