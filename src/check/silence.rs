//! Components that have no value where usage is zero, and do not say what that is worth.
//!
//! A growth, or a share of a count, has no base where nothing was counted; nor has its logarithm a value, nor has a mean, a
//! least or a most of no rows one. Where what is counted is usage (sources say so: `OPTIONS ('usage' 'true')`), a customer
//! who falls silent would lose that component, and score better or not at all. So the component has to say what it is worth
//! then (`zero_base`), for all of these.

use std::collections::BTreeMap;

use arrow::datatypes::Field;
use datafusion::logical_expr::LogicalPlan;

use super::at_zero::{Known, holds};
use super::lineage::{Made, Origin, made_of};
use crate::diagnostic::Diagnostic;
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::project::model::{AS_OF_DATE, Kind, Model};
use crate::semantic::{Component, Entity, Expression};

/// What metrics are made of, as far as it was asked for.
pub(super) struct Silence<'a> {
    pipeline: &'a Pipeline,
    plans: &'a BTreeMap<ModelName, LogicalPlan>,
    made: BTreeMap<String, BTreeMap<String, Made>>,
    usage: BTreeMap<Origin, bool>,
    bases: BTreeMap<Origin, Option<Origin>>,
}

impl<'a> Silence<'a> {
    /// Over the plans of models as they read; `None` where no source says that its rows are usage.
    pub(super) fn of(pipeline: &'a Pipeline, plans: &'a BTreeMap<ModelName, LogicalPlan>) -> Option<Self> {
        let is_usage = |kind: &Kind| matches!(kind, Kind::Source(source) if source.usage);
        pipeline.models.iter().any(|model| is_usage(&model.kind)).then(|| Self {
            pipeline,
            plans,
            made: BTreeMap::new(),
            usage: BTreeMap::new(),
            bases: BTreeMap::new(),
        })
    }

    /// What is wrong with a component whose value is the one column of a plan.
    pub(super) fn unanswered(
        &mut self,
        component: &Component,
        entity: Entity,
        value: &LogicalPlan,
    ) -> Option<Diagnostic> {
        let answer = component.zero_base.as_ref().map(|zero| zero.when.as_ref());
        if answer.is_some_and(|when| when.is_none_or(|when| self.covers_zero(entity, when))) {
            return None;
        }
        let made = made_of(value).into_values().next()?;
        let (model, column) = self.base(&made)?;
        let when = self.condition(entity, &made, &column);
        let name = &component.name;
        let (message, at) = match answer.flatten() {
            None => (
                format!("`{name}` has no value where usage is zero, and it is not said what that is worth"),
                component.location.clone(),
            ),
            Some(asked) => (
                format!(
                    "`{name}` has no value where usage is zero, and its `zero_base` does not say what all of that is worth: {}",
                    asked.sql()
                ),
                asked.location().clone(),
            ),
        };
        Some(
            Diagnostic::error("no-zero-base", message)
                .at(at)
                .note(format!("it is divided by {model}.{column}, or has no value where that is 0 or has no rows, and that counts usage: without an answer who falls silent scores better for it"))
                .help(format!("add `zero_base: {{when: {when} = 0, give: worst}}`, or `best`, `not_applicable`, or points")),
        )
    }

    /// Whether a condition holds where usage is zero.
    fn covers_zero(&mut self, entity: Entity, when: &Expression) -> bool {
        let Some(condition) = when.parsed() else { return false };
        let model = ModelName::parse(entity.table()).and_then(|name| self.pipeline.model(&name));
        let declared = model.and_then(|model| model.declared.as_ref().map(|declared| (model, declared)));
        let counts = |model: &Model, field: &Field| {
            let is_there = model.contract.column(field.name()).is_some_and(|column| column.not_null);
            is_there && field.data_type().is_numeric()
        };
        let columns: Vec<(String, bool)> = declared
            .into_iter()
            .flat_map(|(model, declared)| declared.fields().iter().map(move |field| (model, field)))
            .map(|(model, field)| (field.name().clone(), counts(model, field)))
            .collect();
        let known = columns.into_iter().map(|(name, counts)| {
            let is_key = entity.key().contains(&name.as_str()) || name == AS_OF_DATE;
            let of_usage = !is_key && self.is_usage(&(entity.table().to_owned(), name.clone()));
            let known = match (of_usage, counts) {
                (true, true) => Known::Count,
                (true, false) => Known::Made,
                (false, _) => Known::Other,
            };
            (name, known)
        });
        let known: BTreeMap<String, Known> = known.collect();
        holds(&condition, &|name| known.get(name).copied().unwrap_or(Known::Other)) == Some(true)
    }

    /// The count of usage that something is divided by.
    fn base(&mut self, made: &Made) -> Option<Origin> {
        if let Some(base) = made.over.iter().find(|origin| self.is_usage(origin)) {
            return Some(base.clone());
        }
        made.bare.iter().find_map(|origin| self.base_of(origin))
    }

    fn base_of(&mut self, origin: &Origin) -> Option<Origin> {
        if let Some(known) = self.bases.get(origin) {
            return known.clone();
        }
        // A column that is never NULL, by a contract that is audited, has a value whatever it is made of.
        let model = ModelName::parse(&origin.0).and_then(|name| self.pipeline.model(&name));
        let column = model.and_then(|model| model.contract.column(&origin.1));
        let found = match column.is_some_and(|column| column.not_null) {
            true => None,
            false => self.made(origin).and_then(|made| self.base(&made)),
        };
        self.bases.insert(origin.clone(), found.clone());
        found
    }

    /// Whether a column is counted from usage.
    fn is_usage(&mut self, origin: &Origin) -> bool {
        if let Some(known) = self.usage.get(origin) {
            return *known;
        }
        let model = ModelName::parse(&origin.0).and_then(|name| self.pipeline.model(&name));
        let found = match model.map(|model| &model.kind) {
            Some(Kind::Source(source)) => source.usage,
            _ => self.made(origin).is_some_and(|made| made.counts.iter().any(|origin| self.is_usage(origin))),
        };
        self.usage.insert(origin.clone(), found);
        found
    }

    fn made(&mut self, (model, column): &Origin) -> Option<Made> {
        if !self.made.contains_key(model) {
            let plan = ModelName::parse(model).and_then(|name| self.plans.get(&name));
            self.made.insert(model.clone(), plan.map(made_of).unwrap_or_default());
        }
        self.made[model].get(column).cloned()
    }

    /// A count of usage among the metrics, to ask for: the base itself, or another one.
    fn condition(&mut self, entity: Entity, made: &Made, base: &str) -> String {
        let table = entity.table();
        let columns: Vec<String> = ModelName::parse(table)
            .and_then(|name| self.pipeline.model(&name))
            .into_iter()
            .flat_map(|model| model.contract.columns.iter().filter(|column| column.not_null))
            .map(|column| column.name.clone())
            .collect();
        let own = |name: &String| made.of.contains(&(table.to_owned(), name.clone()));
        let counts = |silence: &mut Self, name: &String| {
            let origin = (table.to_owned(), name.clone());
            silence.is_usage(&origin) && silence.base_of(&origin).is_none()
        };
        let base_itself = columns.iter().find(|name| *name == base);
        let found = base_itself.or_else(|| columns.iter().find(|name| own(name))).or_else(|| {
            columns.iter().find(|name| {
                !entity.key().contains(&name.as_str()) && *name != "as_of_date" && counts(self, name)
            })
        });
        found.cloned().unwrap_or_else(|| base.to_owned())
    }
}
