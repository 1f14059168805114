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

mod rows;
mod value;

use std::collections::BTreeMap;

use datafusion::logical_expr::LogicalPlan;

use self::rows::{KindOfRows, Rows, merged};
use self::value::{Sources, Value};
use crate::diagnostic::Diagnostic;
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model};

/// What models are made of, as far as it was asked for.
pub(super) struct Guards<'a> {
    pipeline: &'a Pipeline,
    plans: &'a BTreeMap<ModelName, LogicalPlan>,
    known: BTreeMap<ModelName, Rows>,
    found: Vec<Diagnostic>,
}

/// The warnings of metrics that nothing guards, over the plans of models as they read.
pub(super) fn unguarded(pipeline: &Pipeline, plans: &BTreeMap<ModelName, LogicalPlan>) -> Vec<Diagnostic> {
    let is_optional = |model: &Model| matches!(&model.kind, Kind::Source(source) if source.optional);
    if !pipeline.models.iter().any(is_optional) {
        return Vec::new();
    }
    let mut guards = Guards { pipeline, plans, known: BTreeMap::new(), found: Vec::new() };
    for model in &pipeline.models {
        if model.is_stored() && model.name.layer == Layer::Metrics {
            guards.of_model(model);
        }
    }
    guards.found
}

impl Guards<'_> {
    /// The rows of a model; `None` of one that is not known, as the calendar.
    fn of_name(&mut self, name: &str) -> Option<Rows> {
        let pipeline = self.pipeline;
        pipeline.model(&ModelName::parse(name)?).map(|model| self.of_model(model))
    }

    fn of_model(&mut self, model: &Model) -> Rows {
        if let Some(known) = self.known.get(&model.name) {
            return known.clone();
        }
        let rows = match &model.kind {
            Kind::Source(source) => {
                let is_asked = source.optional && !source.none_where_absent;
                let from: Sources = is_asked.then(|| model.name.table.clone()).into_iter().collect();
                let values = vec![Value::of(from.clone()); model.contract.columns.len()];
                vec![KindOfRows { values, there: from }]
            }
            Kind::View(_) => self.plans.get(&model.name).map(|plan| self.rows(plan)).unwrap_or_default(),
            Kind::Table(..) => {
                let rows = self.plans.get(&model.name).map(|plan| self.rows(plan)).unwrap_or_default();
                self.stored(model, rows)
            }
        };
        self.known.insert(model.name.clone(), rows.clone());
        rows
    }

    /// The rows of a stored table: what is unguarded in them is told of here, and no more in what reads them.
    fn stored(&mut self, model: &Model, rows: Rows) -> Rows {
        let columns = self.plans.get(&model.name).map(|plan| plan.schema().fields().clone());
        for (at, column) in columns.iter().flatten().enumerate() {
            let open = rows.iter().filter_map(|kind| Some(&kind.values.get(at)?.from - &kind.there));
            let open = open.fold(Sources::new(), |all, more| &all | &more);
            let is_told = model.name.layer == Layer::Metrics && !open.is_empty();
            if is_told && !model.contract.primary_key.contains(column.name()) {
                self.found.push(told(model, column.name(), &open));
            }
        }
        let mut kind = merged(rows);
        kind.values.iter_mut().for_each(|value| value.from.clear());
        vec![kind]
    }
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
