//! Late rows: which published days before those of a run are not what sources say now, and because of which of their days.
//!
//! With `max_restatement_days: 7` a run looks at what sources say of the seven days before it, and at what they said of these
//! when the published days were made. Of a day that sources tell otherwise now, it and all published days after it are built
//! again, in tables that read the source; days further back are not looked at, and a row that comes later than that counts
//! in the days that are built from then on. So a late row counts in all days from its own on, or in none before the run.
//!
//! A day of which another definition of the project made a table that this would change is built again only when asked for; it is
//! told, and left whole: its tables go on being of the same rows. Left out: sources of `kind` `current`, which say nothing of the past, days that nobody looked at when they were made, and days of which a source has
//! no rows any more, as it says itself (`kept_from`). When a row was known is no part of what it says of a day.
//!
//! A day of which a source said something and now says nothing is no late row: its files are gone, by mistake or for good. A run
//! stops then, unless it is told to go on with what is there (`--incomplete`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{Days, NaiveDate};

use super::kept::Kept;
use super::key::Inputs;
use super::steps::{Action, Step};
use super::why::Why;
use crate::diagnostic::Diagnostic;
use crate::engine::Engine;
use crate::engine::digests::of_source;
use crate::engine::landed::{self, Place};
use crate::engine::sources::{Horizon, Reading};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::Kind;
use crate::project::time::Time;
use crate::storage::Storage;
use crate::store::{Entry, SourceDays, State};

/// What a run finds out about late rows.
#[derive(Debug, Clone)]
pub struct Late {
    /// What sources say now of the days of the run and those before it.
    pub sources: Arc<SourceDays>,
    /// The published days that are to be built again, and of which tables.
    pub days: BTreeMap<NaiveDate, BTreeSet<ModelName>>,
    /// Published days that they have changed too, and that are left: another definition of the project made them.
    pub left: BTreeSet<NaiveDate>,
    /// Because of which sources, and which of their days.
    pub because: BTreeMap<String, BTreeSet<NaiveDate>>,
    /// Days of which sources say nothing any more, and did when rows were made.
    vanished: BTreeMap<String, BTreeSet<NaiveDate>>,
}

/// Which days sources may lack.
#[derive(Debug, Clone, Copy)]
pub struct MayLack<'a> {
    /// Those of which they have no rows any more, as they say.
    pub kept: &'a Kept,
    /// Whether all others too: what is there is taken for all that is.
    pub any: bool,
}

impl Late {
    /// Looks for late rows; `None` where the project does not ask for that, or each day is built from what was known of it.
    ///
    /// # Errors
    /// [`Error::Audit`] where a source lacks days that it may not lack; what storage says; what reading a source says: it has not landed, or is not as it was declared.
    pub async fn of(
        pipeline: &Pipeline,
        engine: &Engine,
        (sources, reading): (&Storage, Reading),
        (selected, days): (&BTreeSet<ModelName>, &RangeInclusive<NaiveDate>),
        (inputs, state): (&Inputs, &State),
        may_lack: MayLack<'_>,
    ) -> Result<Option<Self>> {
        let most = match (reading, pipeline.settings.max_restatement_days) {
            (Reading::AsHappened, Some(most)) => most,
            _ => return Ok(None),
        };
        let place = Place { storage: sources, engine, zone: pipeline.settings.time_zone };
        let read = Read::of(pipeline, selected);
        let looked_at = window(pipeline, days, most);
        let told = told(place, pipeline, &read.all, looked_at).await?;
        let mut late = Self {
            sources: Arc::new(told),
            days: BTreeMap::new(),
            left: BTreeSet::new(),
            because: BTreeMap::new(),
            vanished: BTreeMap::new(),
        };
        let before = before(pipeline, *days.start(), most);
        let mut then = Then { storage: state.storage(), read: BTreeMap::new() };
        let held = &state.commit().held;
        for (table, read) in &read.by_table {
            for (day, entry) in state.entries(table, before..=*days.end()).await? {
                if held.contains_key(&day) {
                    continue;
                }
                let Some(then) = then.of(&entry).await? else { continue };
                let changed = late.changed((read, &then), before..=day, may_lack.kept);
                let is_before = day < *days.start();
                let is_left = is_before && !inputs.has_definition_of(table, &entry);
                if !is_left {
                    late.lose(&changed);
                }
                if is_before {
                    late.enter((table, day, is_left), changed);
                }
            }
        }
        if late.vanished.is_empty() || may_lack.any {
            late.whole_days(pipeline, selected, (inputs, state)).await?;
            return Ok(Some(late));
        }
        Err(Error::Audit(late.vanished.iter().map(|(source, days)| vanished(source, days)).collect()))
    }

    /// The days of which sources say something else now than when a day was made, but those that they need not have any more.
    fn changed(
        &self,
        (read, then): (&BTreeSet<String>, &SourceDays),
        days: RangeInclusive<NaiveDate>,
        kept: &Kept,
    ) -> Vec<(String, NaiveDate)> {
        let changed = self.sources.changed_since(then, read, days);
        let named = changed.map(|(source, of)| (ModelName::new(Layer::Raw, source), of));
        named.filter(|(source, of)| kept.has(source, *of)).map(|(source, of)| (source.table, of)).collect()
    }

    /// Notes the days of which sources say nothing any more.
    fn lose(&mut self, changed: &[(String, NaiveDate)]) {
        for (source, of) in changed.iter().filter(|(source, of)| self.sources.is_silent(source, *of)) {
            self.vanished.entry(source.clone()).or_default().insert(*of);
        }
    }

    /// A day of a table, where sources say something else than they did when it was made.
    fn enter(
        &mut self,
        (table, day, is_left): (&ModelName, NaiveDate, bool),
        changed: Vec<(String, NaiveDate)>,
    ) {
        for (source, of) in changed {
            self.because.entry(source).or_default().insert(of);
            if is_left {
                self.left.insert(day);
            } else {
                self.days.entry(day).or_default().insert(table.clone());
            }
        }
    }

    /// Makes whole days of those found, so that the tables of a day go on being of the same rows. What reads a table that is
    /// built again is built again with it, a score too that was made of published metrics, of which nobody knows what sources
    /// said. A day of which any of these is of another definition is left.
    async fn whole_days(
        &mut self,
        pipeline: &Pipeline,
        selected: &BTreeSet<ModelName>,
        (inputs, state): (&Inputs, &State),
    ) -> Result<()> {
        let models = pipeline.models.iter().map(|model| &model.name).filter(|name| selected.contains(name));
        let models: Vec<(&ModelName, BTreeSet<ModelName>)> =
            models.map(|name| (name, pipeline.with_upstream([name.clone()]))).collect();
        for (day, mut tables) in std::mem::take(&mut self.days) {
            let mut is_left = self.left.contains(&day);
            for (name, upstream) in &models {
                if tables.contains(name) || upstream.is_disjoint(&tables) {
                    continue;
                }
                let Some(entry) = state.entry(name, Some(day)).await? else { continue };
                is_left |= !inputs.has_definition_of(name, &entry);
                tables.insert((*name).clone());
            }
            if is_left {
                self.left.insert(day);
            } else {
                self.days.insert(day, tables);
            }
        }
        Ok(())
    }

    /// The days to build again, those that are built at once together, each with the tables: days of the same ones, for none
    /// is published on a day of which it was not.
    pub fn builds(&self) -> Vec<(RangeInclusive<NaiveDate>, BTreeSet<ModelName>)> {
        let mut builds: Vec<(RangeInclusive<NaiveDate>, BTreeSet<ModelName>)> = Vec::new();
        for (day, tables) in &self.days {
            match builds.last_mut() {
                Some((days, all)) if days.end().succ_opt() == Some(*day) && all == tables => {
                    *days = *days.start()..=*day;
                }
                _ => builds.push((*day..=*day, tables.clone())),
            }
        }
        builds
    }

    /// The same as steps of a plan.
    pub fn steps(&self, pipeline: &Pipeline) -> Vec<Step> {
        let of_table = |table: &ModelName| {
            let days = self.days.iter().filter(|(_, tables)| tables.contains(table));
            let days: BTreeSet<NaiveDate> = days.map(|(day, _)| *day).collect();
            let action = Action::Build(Why::LateRows);
            (!days.is_empty()).then(|| Step { table: table.clone(), action, days })
        };
        pipeline.models.iter().filter_map(|model| of_table(&model.name)).collect()
    }
}

/// That a source says nothing any more of days of which it did.
fn vanished(source: &str, days: &BTreeSet<NaiveDate>) -> Diagnostic {
    const SHOWN: usize = 5;
    let shown: Vec<String> = days.iter().take(SHOWN).map(NaiveDate::to_string).collect();
    let more = days.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more days") } else { String::new() };
    let message = format!(
        "raw.{source} has no row any more of {}{more}, and had some when days were published",
        shown.join(", ")
    );
    Diagnostic::error("vanished-days", message)
        .note("nothing was built: what counts on these days would be built as if nothing had happened")
        .help("deliver them again; where the source keeps rows for a while alone, say from when on it has them: OPTIONS ('kept_from' '400 days'); \
               where they are gone for good, --incomplete builds with what is there")
}

/// The sources whose past may change and that tables read, directly or not.
struct Read {
    by_table: BTreeMap<ModelName, BTreeSet<String>>,
    all: BTreeSet<String>,
}

impl Read {
    fn of(pipeline: &Pipeline, selected: &BTreeSet<ModelName>) -> Self {
        let has_past = |name: &ModelName| {
            let model = pipeline.model(name).filter(|_| name.layer == Layer::Raw);
            model.is_some_and(|model| match &model.kind {
                Kind::Source(source) => !matches!(source.time, Time::Current(_)),
                _ => false,
            })
        };
        let read = |table: &ModelName| {
            let upstream = pipeline.with_upstream([table.clone()]);
            let sources = upstream.iter().filter(|name| has_past(name));
            (table.clone(), sources.map(|name| name.table.clone()).collect())
        };
        let by_table: BTreeMap<_, BTreeSet<String>> = selected.iter().map(read).collect();
        let all = by_table.values().flatten().cloned().collect();
        Self { by_table, all }
    }
}

/// What sources said when entries were made, each read once.
struct Then<'a> {
    storage: &'a Storage,
    read: BTreeMap<String, Arc<SourceDays>>,
}

impl Then<'_> {
    async fn of(&mut self, entry: &Entry) -> Result<Option<Arc<SourceDays>>> {
        let Some(object) = &entry.sources else { return Ok(None) };
        if let Some(known) = self.read.get(object) {
            return Ok(Some(Arc::clone(known)));
        }
        let read = Arc::new(SourceDays::read(self.storage, object).await?);
        self.read.insert(object.clone(), Arc::clone(&read));
        Ok(Some(read))
    }
}

/// The first day that late rows may restate.
fn before(pipeline: &Pipeline, day: NaiveDate, most: u32) -> NaiveDate {
    let first = day.checked_sub_days(Days::new(most.into())).unwrap_or(day);
    first.max(pipeline.settings.history_starts.min(day))
}

/// The days that are looked at: those before a run, and of its own as many as later runs may ask for.
fn window(pipeline: &Pipeline, days: &RangeInclusive<NaiveDate>, most: u32) -> RangeInclusive<NaiveDate> {
    let from = before(pipeline, *days.end(), most).max(*days.start());
    before(pipeline, from, most)..=*days.end()
}

/// What sources say of days.
async fn told(
    place: Place<'_>,
    pipeline: &Pipeline,
    names: &BTreeSet<String>,
    days: RangeInclusive<NaiveDate>,
) -> Result<SourceDays> {
    let (from, to) = days.into_inner();
    let horizon = Horizon { day: to, zone: place.zone, reading: Reading::AsHappened };
    let mut sources = BTreeMap::new();
    for name in names {
        let digests = match of_source(place, pipeline, name, (Some(from), Some(horizon))).await {
            Ok(digests) => digests,
            Err(error) => {
                let source = pipeline.model(&ModelName::new(Layer::Raw, name.clone()));
                return Err(landed::explained(place, source.into_iter(), error).await);
            }
        };
        let days = from.iter_days().take_while(|day| *day <= to);
        let said = days.map(|day| (day, digests.on(day))).filter(|(_, said)| said.rows != 0);
        sources.insert(name.clone(), said.map(|(day, said)| (day, said.to_string())).collect());
    }
    Ok(SourceDays { from, to, sources })
}
