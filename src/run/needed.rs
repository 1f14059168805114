//! Which days of each stored model a run must build: those asked for, and those that other models look back to.
//!
//! The engine's own optimiser is the proof. A filter on the day is put on top of each model; where it arrives at the
//! scan of another table, only those days of that table can matter. Where it does not (a window over days, a
//! grouping without the day), all of history can, and all of it is built: right by default, fast when provable.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use tracing::info_span;

use super::declared::within_look_back;
use super::look_back;
use super::placeholders::{self, Read, Reads};
use super::question::Question;
use super::scope::Scope;
use super::standing::Standing;
use super::stored::stored_rows;
use crate::check::Checked;
use crate::engine::{Session, diagnose};
use crate::error::Result as HaleResult;
use crate::project::layer::ModelName;
use crate::project::model::Model;
use crate::store::LookBacks;

/// What a run needs.
#[derive(Debug, Default)]
pub(super) struct Needed {
    /// What is needed of every stored table.
    pub(super) tables: BTreeMap<ModelName, Need>,
    /// The optimised plans of the models that read stored tables alone: the rows of their days in the stored order,
    /// over tables that are not there yet.
    pub(super) plans: BTreeMap<ModelName, LogicalPlan>,
    /// Of the logs that are read the first day that matters; `None` where all of them may.
    pub(super) logs: BTreeMap<ModelName, Option<NaiveDate>>,
    /// Of the scores that are read as they were published the first day that matters.
    pub(super) published: BTreeMap<ModelName, NaiveDate>,
    /// The logs that are read, by the tables that read them.
    pub(super) log_reads: BTreeMap<ModelName, Vec<(ModelName, Option<NaiveDate>)>>,
    /// Of the models that read sources, through how many windows within windows bounds on the day were put.
    pub(super) windows: BTreeMap<ModelName, usize>,
    /// The models whose rows of a day are made of nothing but rows of that day of these stored tables.
    pub(super) day_by_day: BTreeMap<ModelName, BTreeSet<ModelName>>,
    /// How far back the rows of the tables that are built look.
    pub(super) look_backs: LookBacks,
}

/// What is needed of a stored table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    /// The first day; the last is the run's last.
    pub(super) first: NaiveDate,
    /// From which day on it is built; `None` where all of it is read as published.
    pub(super) built_from: Option<NaiveDate>,
    /// The days that are read as published.
    pub(super) standing: BTreeSet<NaiveDate>,
    /// The columns that are read.
    pub(super) columns: BTreeSet<String>,
    /// Who looks that far back.
    pub(super) reader: String,
}

impl Needed {
    /// The first day that is needed of a stored table; `None` where nothing of it is.
    pub(super) fn first(&self, name: &ModelName) -> Option<NaiveDate> {
        self.tables.get(name).map(|need| need.first)
    }

    /// The first day that is built of a stored table; `None` where nothing of it is.
    pub(super) fn built_from(&self, name: &ModelName) -> Option<NaiveDate> {
        self.tables.get(name).and_then(|need| need.built_from)
    }

    /// The tables of which all that is needed is read as published.
    pub(super) fn not_built(&self) -> BTreeSet<ModelName> {
        let tables = self.tables.iter().filter(|(_, need)| need.built_from.is_none());
        tables.map(|(name, _)| name.clone()).collect()
    }

    /// Notes which days of a model stand, and from which on it is built: the first that does not.
    fn stand(&mut self, model: &Model, standing: BTreeSet<NaiveDate>, asked: &RangeInclusive<NaiveDate>) {
        let Some(need) = self.tables.get_mut(&model.name) else { return };
        let last = *asked.end();
        let mut wanted = if model.by_day() { need.first } else { last }.iter_days();
        let built_from = wanted.find(|day| !standing.contains(day)).filter(|day| *day <= last);
        need.built_from = if model.by_day() { built_from } else { built_from.map(|_| need.first) };
        need.standing = standing;
    }

    /// Notes how far back the rows of a table look that is built from a first day on.
    fn look_back(&mut self, model: &Model, first: NaiveDate, reads: &Reads) {
        let LookBacks { tables, published, .. } = &mut self.look_backs;
        for (look_backs, reads) in [(tables, &reads.tables), (published, &reads.published)] {
            let look_backs = look_backs.entry(model.name.clone()).or_default();
            for read in reads {
                let days = read.first.map(|from| (first - from).num_days().try_into().unwrap_or_default());
                let furthest = |known: &mut Option<u64>| *known = known.zip(days).map(|(a, b)| a.max(b));
                look_backs.entry(read.table.clone()).and_modify(furthest).or_insert(days);
            }
        }
    }

    /// Notes what somebody reads, where the days of each table start. Of a score as published the days of the run are built,
    /// from a first one on, and those before are there or not.
    fn extend(
        &mut self,
        reads: Reads,
        (reader, asked): (&str, NaiveDate),
        starts: impl Fn(&ModelName) -> NaiveDate,
    ) {
        let first_of = |read: &Read| {
            let starts = starts(&read.table);
            read.first.unwrap_or(starts).max(starts)
        };
        for read in reads.tables {
            let first = first_of(&read);
            self.add(read.table, first, read.columns, reader);
        }
        for read in reads.published {
            let first = first_of(&read);
            self.published
                .entry(read.table.clone())
                .and_modify(|known| *known = first.min(*known))
                .or_insert(first);
            self.add(read.table, first.max(asked), read.columns, reader);
        }
        for (log, first) in reads.logs {
            // `None`, all of it, is less than any day.
            self.logs.entry(log).and_modify(|known| *known = (*known).min(first)).or_insert(first);
        }
    }

    fn add(&mut self, table: ModelName, first: NaiveDate, columns: BTreeSet<String>, reader: &str) {
        let need = self.tables.entry(table).or_insert_with(|| Need {
            first,
            built_from: Some(first),
            standing: BTreeSet::new(),
            columns: BTreeSet::new(),
            reader: reader.to_owned(),
        });
        need.columns.extend(columns);
        if first < need.first {
            (need.first, need.built_from) = (first, Some(first));
            reader.clone_into(&mut need.reader);
        }
    }
}

/// What a model reads.
pub(super) struct ReadBy<'a> {
    /// By which plan.
    pub(super) plan: &'a LogicalPlan,
    /// Of what; a table may be read more than once.
    pub(super) reads: &'a Reads,
}

/// Looks for what runs need, each optimised plan made once.
pub(super) struct Search<'a> {
    checked: &'a Checked,
    session: &'a Session,
    days: RangeInclusive<NaiveDate>,
    /// The first day of the logs, where that is before the history.
    logs_start: NaiveDate,
    /// The checked plan of each stored model, over placeholders.
    plans: BTreeMap<ModelName, LogicalPlan>,
    /// What was found of a model whose rows are needed from a day on.
    found: BTreeMap<(ModelName, NaiveDate), Found>,
}

struct Found {
    plan: LogicalPlan,
    reads: Reads,
    windows: usize,
}

impl<'a> Search<'a> {
    /// A search in a session of its own, in which every table that a run may read is a placeholder.
    ///
    /// # Errors
    /// When a model that was checked does not plan.
    pub(super) async fn new(
        checked: &'a Checked,
        session: &'a Session,
        days: RangeInclusive<NaiveDate>,
    ) -> Result<Self> {
        let _phase = info_span!("decide: views and placeholders");
        let plans = placeholders::plans(checked, session).await?;
        let logs_start = checked.pipeline.settings.history_starts;
        Ok(Self { checked, session, days, logs_start, plans, found: BTreeMap::new() })
    }

    /// The same where logs start before the history.
    pub(super) fn with_logs_from(self, logs_start: NaiveDate) -> Self {
        Self { logs_start, ..self }
    }

    /// What is needed for the days asked for of some stored models, and to answer some questions, beside what stands.
    ///
    /// # Errors
    /// When a model or question that was checked does not plan; what storage says of what stands.
    pub(super) async fn needed(
        &mut self,
        scope: &Scope<'_>,
        selected: &BTreeSet<ModelName>,
        questions: &[Question<'_>],
        standing: Standing<'_>,
    ) -> HaleResult<Needed> {
        let failed = |error| diagnose::of_run("planning", &error);
        let history_starts = self.checked.pipeline.settings.history_starts;
        let mut needed = Needed::default();
        needed.look_backs.history_starts = history_starts;
        for table in selected {
            // Of daily facts all are needed: those that stand as published tell that the days without any were looked at.
            let first = if self.are_facts(table) { self.starts(table) } else { *self.days.start() };
            needed.add(table.clone(), first, BTreeSet::new(), "the run");
        }
        for question in questions {
            let _phase = info_span!("decide: what questions read");
            let asked = question.bad_rows(self.session, &self.days).await.map_err(failed)?.plan;
            let reads = self.of_question(&asked).map_err(failed)?;
            needed.extend(reads, (&question.to_string(), *self.days.start()), |table| self.starts(table));
        }
        // Readers come after what they read: from the last model back, every need is known when it is asked for.
        for model in self.checked.pipeline.models.iter().rev().filter(|model| model.is_stored()) {
            let Some(first) = needed.first(&model.name).filter(|_| scope.computes(&model.name)) else {
                continue;
            };
            needed.stand(model, standing.days(model, first, history_starts).await?, &self.days);
            let Some(first) = needed.built_from(&model.name) else { continue };
            self.look_into(model, first).map_err(failed)?;
            let Some(found) = self.found.get(&(model.name.clone(), first)) else { continue };
            needed.look_back(model, first, &found.reads);
            let reader = (model.name.to_string(), *self.days.start());
            needed.extend(found.reads.clone(), (&reader.0, reader.1), |table| self.starts(table));
            needed.log_reads.insert(model.name.clone(), found.reads.logs.clone());
            if found.reads.sources {
                needed.windows.insert(model.name.clone(), found.windows);
                continue;
            }
            if model.by_day() && found.reads.tables.iter().all(|read| read.first == Some(first)) {
                let tables = found.reads.tables.iter().map(|read| read.table.clone()).collect();
                needed.day_by_day.insert(model.name.clone(), tables);
            }
            needed.plans.insert(model.name.clone(), found.plan.clone());
        }
        Ok(needed)
    }

    /// The first day of a table: of daily facts that of the logs, of others that of the history.
    fn starts(&self, table: &ModelName) -> NaiveDate {
        let history = self.checked.pipeline.settings.history_starts;
        if self.are_facts(table) { history.min(self.logs_start) } else { history }
    }

    fn are_facts(&self, table: &ModelName) -> bool {
        self.checked.pipeline.model(table).is_some_and(Model::are_facts)
    }

    /// What a question reads. Of a table that matters in no row of the answer it needs what its query needs to be planned at
    /// all: that it is there.
    fn of_question(&self, asked: &LogicalPlan) -> Result<Reads> {
        let mut found = Reads::of(&self.session.state().optimize(asked)?)?;
        let named = Reads::of(asked)?.tables.into_iter();
        let named: Vec<Read> =
            named.filter(|named| found.tables.iter().all(|read| read.table != named.table)).collect();
        found.tables.extend(named.into_iter().map(|read| Read { first: Some(*self.days.end()), ..read }));
        Ok(found)
    }

    /// A plan, and what it reads; with bounds below its windows, as long as they tell more of that.
    fn looking_back(&self, model: &Model, plan: LogicalPlan, first: NaiveDate) -> Result<Found> {
        let starts = self.checked.pipeline.settings.history_starts;
        let reads = Reads::of(&plan)?;
        let mut found = Found { plan, reads, windows: 0 };
        while found.windows < WINDOWS
            && first > starts
            && found.reads.first_days().iter().any(Option::is_none)
        {
            let bounded = look_back::bounded(found.plan.clone())?;
            if !bounded.transformed {
                break;
            }
            let plan = self.session.for_model(model).optimised(bounded.data)?;
            let reads = Reads::of(&plan)?;
            let tells_more = reads.first_days() != found.reads.first_days();
            found = Found { plan, reads, windows: found.windows + 1 };
            if !tells_more {
                break;
            }
        }
        Ok(found)
    }

    /// What a model reads for the days from a first one on.
    pub(super) fn read_by(&mut self, model: &Model, first: NaiveDate) -> Result<Option<ReadBy<'_>>> {
        self.look_into(model, first)?;
        let found = self.found.get(&(model.name.clone(), first));
        Ok(found.map(|found| ReadBy { plan: &found.plan, reads: &found.reads }))
    }

    fn look_into(&mut self, model: &Model, first: NaiveDate) -> Result<()> {
        let key = (model.name.clone(), first);
        if self.found.contains_key(&key) {
            return Ok(());
        }
        let Some(plan) = self.plans.get(&model.name) else { return Ok(()) };
        let phase = info_span!("decide: optimised plans");
        let plan = within_look_back(plan.clone(), &self.checked.pipeline, model, first)?;
        let plan = stored_rows(model, plan, first..=*self.days.end())?;
        let plan = self.session.for_model(model).optimised(plan)?;
        drop(phase);
        let _phase = info_span!("decide: look-back");
        let found = self.looking_back(model, plan, first)?;
        self.found.insert(key, found);
        Ok(())
    }
}

/// Windows within windows that are looked through.
const WINDOWS: usize = 8;
