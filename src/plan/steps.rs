//! The steps of a run: of each table the days that are built, kept, or held, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::NaiveDate;

use super::key::Inputs;
use super::why::Why;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::project::model::Model;
use crate::store::{DayHashes, DaysRead, State};

/// What becomes of days of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// They are built.
    Build(Why),
    /// They are as they would be.
    Keep,
    /// They are held, and left as published.
    Hold,
    /// A source has no rows of them any more, and they are left as published.
    Freeze,
}

/// Days of a table with which the same is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The table.
    pub table: ModelName,
    /// What is done.
    pub action: Action,
    /// The days; of a table that is stored whole, the last one alone.
    pub days: BTreeSet<NaiveDate>,
}

/// What a run will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its steps, by table in the order in which data flows.
    pub steps: Vec<Step>,
}

impl Plan {
    /// What a run from the sources would do for some days of some tables.
    ///
    /// # Errors
    /// What storage says.
    pub async fn of(
        pipeline: &Pipeline,
        selected: &BTreeSet<ModelName>,
        days: &RangeInclusive<NaiveDate>,
        inputs: &Inputs,
        state: &State,
    ) -> Result<Self> {
        let mut steps: Vec<Step> = Vec::new();
        let mut upstream = Upstream::of(state);
        for model in pipeline.models.iter().filter(|model| selected.contains(&model.name)) {
            let mut actions = if model.by_day() {
                of_days(model, days, (inputs, state), &mut upstream).await?
            } else {
                of_whole(model, *days.end(), (inputs, state), &mut upstream).await?
            };
            let unsettled = unsettled(model, *days.start(), pipeline.settings.history_starts);
            if !unsettled.is_empty() && actions.keys().any(|action| matches!(action, Action::Build(_))) {
                actions.insert(Action::Build(Why::Unsettled), unsettled);
            }
            upstream.builds(&model.name, &actions);
            let step = |(action, days)| Step { table: model.name.clone(), action, days };
            steps.extend(actions.into_iter().map(step));
        }
        Ok(Self { steps })
    }

    /// The days asked for on which anything is built; `None` where nothing is to be done.
    pub fn to_build(&self) -> Option<RangeInclusive<NaiveDate>> {
        let is_built = |action| matches!(action, Action::Build(why) if why != Why::Unsettled);
        let built = self.steps.iter().filter(|step| is_built(step.action));
        let days: BTreeSet<NaiveDate> = built.flat_map(|step| step.days.iter().copied()).collect();
        Some(*days.first()?..=*days.last()?)
    }
}

/// The days of daily facts before those of a run that it makes anew with them.
fn unsettled(model: &Model, start: NaiveDate, history_starts: NaiveDate) -> BTreeSet<NaiveDate> {
    let first = model.open_from(start).max(history_starts);
    first.iter_days().take_while(|day| *day < start).collect()
}

type Actions = BTreeMap<Action, BTreeSet<NaiveDate>>;

async fn of_days(
    model: &Model,
    days: &RangeInclusive<NaiveDate>,
    (inputs, state): (&Inputs, &State),
    upstream: &mut Upstream<'_>,
) -> Result<Actions> {
    let there = state.entries(&model.name, days.clone()).await?;
    let held = &state.commit().held;
    let mut actions = Actions::new();
    for day in days.start().iter_days().take_while(|day| days.contains(day)) {
        let action = match there.get(&day) {
            _ if held.contains_key(&day) => Action::Hold,
            None => Action::Build(Why::Unpublished),
            Some(entry) => match inputs.differ_from(&model.name, entry) {
                Some(why) => Action::Build(why),
                None if upstream.is_other_than(&entry.read).await? => Action::Build(Why::Upstream),
                None => Action::Keep,
            },
        };
        actions.entry(action).or_default().insert(day);
    }
    Ok(actions)
}

/// The days that rows were made of: as they are published now, and those that a run builds.
struct Upstream<'a> {
    state: &'a State,
    /// The hashes of the days of months of tables that were looked at, by the table and the first day of the month.
    hashes: BTreeMap<(String, NaiveDate), DayHashes>,
    built: BTreeMap<String, BTreeSet<NaiveDate>>,
}

impl<'a> Upstream<'a> {
    fn of(state: &'a State) -> Self {
        Self { state, hashes: BTreeMap::new(), built: BTreeMap::new() }
    }

    /// Notes the days of a table that a run builds. Those of facts that every run makes anew are what they were where sources are.
    fn builds(&mut self, table: &ModelName, actions: &Actions) {
        let is_other = |action: &Action| matches!(action, Action::Build(why) if *why != Why::Unsettled);
        let days = actions.iter().filter(|(action, _)| is_other(action)).flat_map(|(_, days)| days);
        self.built.insert(table.to_string(), days.copied().collect());
    }

    /// Whether any day is other than when rows were made of it, or is built before these.
    async fn is_other_than(&mut self, read: &[DaysRead]) -> Result<bool> {
        for days in read {
            let table = self.state.commit().name_now(&days.table);
            let built = self.built.get(table);
            if built.is_some_and(|built| built.range(days.from..=days.to).next().is_some()) {
                return Ok(true);
            }
            let (first, last) = days.month();
            let month = (table.to_owned(), first);
            if !self.hashes.contains_key(&month) {
                let hashes = match ModelName::parse(table) {
                    Some(table) => self.state.hashes(&table, first..=last).await?,
                    None => DayHashes::new(),
                };
                self.hashes.insert(month.clone(), hashes);
            }
            if self.hashes.get(&month).is_some_and(|now| days.is_other_than(now)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A table that is stored whole is kept where one is there that reaches as far.
async fn of_whole(
    model: &Model,
    last: NaiveDate,
    (inputs, state): (&Inputs, &State),
    upstream: &mut Upstream<'_>,
) -> Result<Actions> {
    let action = match state.whole(&model.name).filter(|whole| whole.through >= last) {
        _ if state.commit().held.contains_key(&last) => Action::Hold,
        None => Action::Build(Why::Unpublished),
        Some(whole) => match inputs.differ_from(&model.name, &whole.entry) {
            Some(why) => Action::Build(why),
            // One that reaches further stands, whatever is built up to a day before.
            None if whole.through == last && upstream.is_other_than(&whole.entry.read).await? => {
                Action::Build(Why::Upstream)
            }
            None => Action::Keep,
        },
    };
    Ok(Actions::from([(action, BTreeSet::from([last]))]))
}
