//! As of which days sources are reported, asked of their rows.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type};
use chrono::{Days, NaiveDate};

use super::day_window::WindowOptions;
use super::landed::{self, Place};
use super::sources::{Horizon, Reading};
use super::{Session, diagnose};
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::project::model::{Model, Source};
use crate::project::reported::{Definition, FIRST, Reported, Reports, of_name, status, statuses};

/// What is told of a source.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// The day on which it began; `None` where there is no row.
    pub(crate) began: Option<NaiveDate>,
    /// How far its loads reach.
    pub(crate) reach: Reach,
    /// How many days they may lag behind.
    pub(crate) may_lag: u32,
}

/// How far the loads of a source reach.
#[derive(Debug, Clone)]
pub(crate) enum Reach {
    /// Nothing tells.
    Untold,
    /// To the end of a day that loaders name; `None`: no load went well.
    Loaded(Option<NaiveDate>),
    /// Into the day on which its newest row was known, by a column; `None`: there is none.
    Known(Option<NaiveDate>, String),
}

impl Reach {
    /// The last day that loads reach, where anything tells; `None` within where none went well.
    pub(crate) fn through(&self) -> Option<Option<NaiveDate>> {
        match self {
            Self::Untold => None,
            Self::Loaded(through) | Self::Known(through, _) => Some(*through),
        }
    }
}

impl Told {
    /// As of which days it is reported.
    pub(crate) fn reported(&self) -> Reported {
        let until = match self.reach.through() {
            None => None,
            Some(Some(through)) => through.checked_add_days(Days::new(self.may_lag.into())),
            Some(None) => return Reported::Never,
        };
        let Some(since) = self.began else { return Reported::Never };
        Reported::During { since: (since > FIRST).then_some(since), until }
    }
}

/// What is told of some sources, in the rows that a reading knows: as happened all there are.
///
/// # Errors
/// What storage says, and the engine of rows that cannot be read.
pub(crate) async fn told(
    place: Place<'_>,
    pipeline: &Pipeline,
    names: &BTreeSet<String>,
    horizon: Option<Horizon>,
) -> Result<BTreeMap<String, Told>> {
    let mut told = BTreeMap::new();
    if names.is_empty() {
        return Ok(told);
    }
    let asking = Asking::new(place, pipeline, horizon)?;
    let statuses = asking.statuses().await?;
    for name in names {
        if let Some(definition) = of_name(name, &pipeline.models, &pipeline.settings) {
            told.insert(name.clone(), asking.told(definition, &statuses).await?);
        }
    }
    Ok(told)
}

/// The same as days alone.
///
/// # Errors
/// As [`told`].
pub(crate) async fn reports(
    place: Place<'_>,
    pipeline: &Pipeline,
    names: &BTreeSet<String>,
    horizon: Option<Horizon>,
) -> Result<Reports> {
    let told = told(place, pipeline, names, horizon).await?;
    Ok(told.iter().map(|(name, told)| (name.clone(), told.reported())).collect())
}

/// Questions to sources, whose rows stand in a session of their own: as happened, those of a run end with its last day.
struct Asking<'a> {
    place: Place<'a>,
    pipeline: &'a Pipeline,
    horizon: Option<Horizon>,
    session: Session,
}

impl<'a> Asking<'a> {
    fn new(place: Place<'a>, pipeline: &'a Pipeline, horizon: Option<Horizon>) -> Result<Self> {
        let (settings, day) = (&pipeline.settings, pipeline.settings.history_starts);
        let session = Session::new(place.engine, settings, WindowOptions::default(), day);
        let session = session.map_err(|error| diagnose::of_run("setting up", &error))?;
        let horizon = horizon.filter(|horizon| horizon.reading == Reading::AsKnown);
        Ok(Self { place, pipeline, horizon, session })
    }

    async fn told(
        &self,
        definition: Definition<'_>,
        statuses: &BTreeMap<String, Option<NaiveDate>>,
    ) -> Result<Told> {
        let Definition { model, source, .. } = definition;
        self.enter(model, source).await?;
        let began = self.day(model, &definition.began()).await?;
        let reach = match (statuses.get(&model.name.table), definition.newest()) {
            (Some(through), _) => Reach::Loaded(*through),
            (None, Some((newest, known_at))) => {
                Reach::Known(self.day(model, &newest).await?, known_at.to_owned())
            }
            (None, None) => Reach::Untold,
        };
        Ok(Told { began, reach, may_lag: definition.may_lag() })
    }

    /// What loaders say, by source: nothing where the project has no such source, or nothing landed of it.
    async fn statuses(&self) -> Result<BTreeMap<String, Option<NaiveDate>>> {
        let Some((model, source)) = status(&self.pipeline.models) else { return Ok(BTreeMap::new()) };
        self.enter(model, source).await?;
        let batches = self.asked(&model.name, &statuses()).await?;
        Ok(batches.iter().flat_map(statuses_of).collect())
    }

    /// Makes the rows of a source readable.
    async fn enter(&self, model: &Model, source: &Source) -> Result<()> {
        let rows = landed::table(self.place, model, source, self.horizon).await?;
        let entered = self.session.register(&model.name, rows.table);
        entered.map_err(|error| diagnose::of_run(&model.name.to_string(), &error))
    }

    /// The one day that a query gives.
    async fn day(&self, model: &Model, sql: &str) -> Result<Option<NaiveDate>> {
        let batches = self.asked(&model.name, sql).await?;
        Ok(batches.first().and_then(|batch| day_of(batch.columns().first()?, 0)))
    }

    async fn asked(&self, name: &ModelName, sql: &str) -> Result<Vec<RecordBatch>> {
        self.session.rows(sql).await.map_err(|error| diagnose::of_run(&name.to_string(), &error))
    }
}

fn statuses_of(batch: &RecordBatch) -> Vec<(String, Option<NaiveDate>)> {
    let [source, through] = batch.columns() else { return Vec::new() };
    let Ok(source) = cast(source, &DataType::Utf8) else { return Vec::new() };
    let source = source.as_string::<i32>();
    let named = (0..batch.num_rows()).filter(|row| source.is_valid(*row));
    named.map(|row| (source.value(row).to_owned(), day_of(through, row))).collect()
}

fn day_of(column: &ArrayRef, row: usize) -> Option<NaiveDate> {
    let days = column.as_primitive_opt::<Date32Type>()?;
    if row < days.len() && days.is_valid(row) { days.value_as_date(row) } else { None }
}
