//! Days of which sources have no rows any more (`kept_from`): what is published of them is frozen. It is not built again, for its
//! rows would be made of nothing, and that these days are gone from the source is no news.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::NaiveDate;

use super::key::Inputs;
use super::steps::{Action, Plan, Step};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::kept::OPTION;
use crate::project::layer::ModelName;
use crate::project::model::{Kind, Model};
use crate::project::statement::place_of;
use crate::store::State;

/// From which days on sources have their rows, on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    sources: BTreeMap<ModelName, NaiveDate>,
    /// The source of each table that has its rows from the latest day on.
    tables: BTreeMap<ModelName, ModelName>,
}

/// The days of a run that are frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The source that has no rows of them any more.
    pub source: ModelName,
    /// The first day of which it has.
    pub from: NaiveDate,
}

impl Kept {
    /// What the sources of a project say of themselves on a day.
    pub fn of(pipeline: &Pipeline, today: NaiveDate) -> Self {
        let from = |model: &Model| match &model.kind {
            Kind::Source(source) => Some((model.name.clone(), source.kept_from?.on(today))),
            _ => None,
        };
        let sources: BTreeMap<_, _> = pipeline.models.iter().filter_map(from).collect();
        let mut tables = BTreeMap::new();
        if !sources.is_empty() {
            for model in pipeline.models.iter().filter(|model| model.is_stored()) {
                let read = pipeline.with_upstream([model.name.clone()]);
                let read = read.into_iter().filter(|name| sources.contains_key(name));
                tables
                    .extend(read.max_by_key(|name| sources[name]).map(|source| (model.name.clone(), source)));
            }
        }
        Self { sources, tables }
    }

    /// The sources that have not all of their rows, each with the first day of which they have.
    pub fn sources(&self) -> impl Iterator<Item = (&ModelName, NaiveDate)> {
        self.sources.iter().map(|(source, from)| (source, *from))
    }

    /// Whether a source has the rows of a day.
    pub fn has(&self, source: &ModelName, day: NaiveDate) -> bool {
        self.sources.get(source).is_none_or(|from| day >= *from)
    }

    /// The first day of which all sources that a table is made of have their rows; `None` where they have all that ever were.
    pub fn first_of(&self, table: &ModelName) -> Option<NaiveDate> {
        self.sources.get(self.tables.get(table)?).copied()
    }

    /// The days that are frozen in a run of some tables; none where their sources have all of their rows.
    pub fn frozen(&self, tables: &BTreeSet<ModelName>) -> Option<Frozen> {
        let sources = tables.iter().filter_map(|table| self.tables.get(table));
        let source = sources.max_by_key(|source| self.sources[*source])?;
        Some(Frozen { source: source.clone(), from: self.sources[source] })
    }
}

impl Frozen {
    /// Of days asked for those that can be built; `None` where all of them are frozen.
    pub fn free(&self, days: &RangeInclusive<NaiveDate>) -> Option<RangeInclusive<NaiveDate>> {
        let free = (*days.start()).max(self.from)..=*days.end();
        (!free.is_empty()).then_some(free)
    }

    /// Of days asked for those that are frozen.
    pub fn among(&self, days: &RangeInclusive<NaiveDate>) -> BTreeSet<NaiveDate> {
        let frozen = days.start().iter_days().take_while(|day| days.contains(day));
        frozen.take_while(|day| *day < self.from).collect()
    }

    /// That some tables are published on all days asked for that are frozen, and nobody asks for them to be built all the same.
    ///
    /// # Errors
    /// [`Error::Project`] where that is asked for, or a table is not published; what storage says.
    pub async fn check(
        &self,
        pipeline: &Pipeline,
        (tables, days): (&BTreeSet<ModelName>, &RangeInclusive<NaiveDate>),
        (state, force): (&State, bool),
    ) -> Result<()> {
        let frozen = self.among(days);
        let (Some(first), Some(last)) = (frozen.first(), frozen.last()) else { return Ok(()) };
        for model in pipeline.models.iter().filter(|model| tables.contains(&model.name) && model.by_day()) {
            let there = state.entries(&model.name, *first..=*last).await?;
            let lacks = frozen.iter().find(|day| !there.contains_key(*day));
            if let Some(day) = lacks.filter(|_| !force) {
                let what = format!("{} was never published on {day}, and cannot be built", model.name);
                return Err(Error::Project(self.refused(pipeline, what).into()));
            }
        }
        if !force {
            return Ok(());
        }
        let days = if first == last { first.to_string() } else { format!("{first} to {last}") };
        Err(Error::Project(self.refused(pipeline, format!("{days} cannot be built again")).into()))
    }

    fn refused(&self, pipeline: &Pipeline, what: String) -> Diagnostic {
        let Self { source, from } = self;
        let problem = Diagnostic::error("not-kept", format!("{what}: {source} has its rows from {from} on"))
            .note("rows of earlier days would be made of nothing; what is published of them stays as it is")
            .help(format!("build from {from} on, or select tables that do not read {source}"));
        match pipeline.model(source) {
            Some(model) => problem.at(place_of(&model.file, OPTION)),
            None => problem,
        }
    }

    /// A plan of the days asked for: those that are not frozen as a run has them, and these as they are left.
    ///
    /// # Errors
    /// As [`Frozen::check`] and [`Plan::of`].
    pub async fn plan(
        &self,
        pipeline: &Pipeline,
        tables: &BTreeSet<ModelName>,
        days: &RangeInclusive<NaiveDate>,
        (inputs, state): (&Inputs, &State),
    ) -> Result<Plan> {
        self.check(pipeline, (tables, days), (state, false)).await?;
        let free = match self.free(days) {
            Some(free) => Plan::of(pipeline, tables, &free, inputs, state).await?.steps,
            None => Vec::new(),
        };
        let frozen = self.among(days);
        let of_table = |model: &Model| {
            let (table, days) = (model.name.clone(), frozen.clone());
            let is_left = model.by_day() && !days.is_empty();
            let left = is_left.then_some(Step { table, action: Action::Freeze, days });
            let others = free.iter().filter(|step| step.table == model.name).cloned();
            left.into_iter().chain(others).collect::<Vec<_>>()
        };
        let models = pipeline.models.iter().filter(|model| tables.contains(&model.name));
        Ok(Plan { steps: models.flat_map(of_table).collect() })
    }
}
