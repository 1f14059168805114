//! Whether the sources that must be there reach the days of a run: a log that stopped is not a customer base that fell
//! silent. What it means, and what models ask of optional ones: [`crate::project::reported`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::request::Incomplete;
use super::under_way::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::reported::{Reach, Told, told};
use crate::engine::sources::Horizon;
use crate::error::{Error, Result};
use crate::project::layer::Layer;
use crate::project::model::{Kind, Model, Source};
use crate::project::reported::{STATUS, asked};
use crate::project::statement::place_of;

impl Build<'_> {
    /// Asks the sources as of which days they are reported, for the models that want to know; and that the days of this run
    /// are over, and the sources that must be there reach the last of them.
    ///
    /// # Errors
    /// [`Error::NotReady`] with every source that does not.
    pub(super) async fn sources_ready(&mut self) -> Result<()> {
        let asked = self.asked();
        let mut names = asked.clone();
        names.extend(self.obligatory().map(|(model, _)| model.name.table.clone()));
        let (day, zone) = (*self.request.days.end(), self.checked.pipeline.settings.time_zone);
        let horizon = Horizon { day, zone, reading: self.request.reading };
        let told = told(self.place(), &self.checked.pipeline, &names, Some(horizon)).await?;
        let wanted = told.iter().filter(|(name, _)| asked.contains(*name));
        self.reported = wanted.map(|(name, told)| (name.clone(), told.reported())).collect();
        self.session.report(self.reported.clone());
        let models = &self.checked.pipeline.models;
        self.warnings.extend(models.iter().filter_map(|model| untold(model, told.get(&model.name.table)?)));
        self.waits_for(&told)
    }

    /// The sources of which the models and audits of this run ask.
    fn asked(&self) -> BTreeSet<String> {
        let pipeline = &self.checked.pipeline;
        let models = pipeline.models.iter().filter(|model| self.decided.scope.computes(&model.name));
        let mut found: BTreeSet<String> = models.filter_map(Model::query).flat_map(asked).collect();
        found.extend(self.decided.scope.questions.iter().flat_map(|question| question.asked()));
        found
    }

    /// The sources that this run reads and that must be there; none where it does not mind.
    fn obligatory(&self) -> impl Iterator<Item = (&Model, &Source)> {
        let minds = matches!(self.request.incomplete, Incomplete::Refused { .. });
        self.checked.pipeline.models.iter().filter_map(move |model| match &model.kind {
            Kind::Source(source) => {
                let is_read = minds && !source.optional && self.decided.scope.computes(&model.name);
                is_read.then_some((model, source.as_ref()))
            }
            _ => None,
        })
    }

    fn waits_for(&self, told: &BTreeMap<String, Told>) -> Result<()> {
        let Incomplete::Refused { today } = self.request.incomplete else { return Ok(()) };
        let day = *self.request.days.end();
        let mut waited_for = Diagnostics::new();
        let mut is_over = day < today;
        for (model, source) in self.obligatory() {
            let Some(told) = told.get(&model.name.table) else { continue };
            is_over |= holds_whole(&told.reach).is_some_and(|whole| whole >= day);
            waited_for.extend(late(model, source, told, day));
        }
        if !is_over {
            let zone = self.checked.pipeline.settings.time_zone.name();
            let message = format!("{day} is not over in {zone}, where it is {today}");
            let problem = Diagnostic::error("day-not-over", message)
                .note("a score as of a day means the end of that day");
            waited_for.push(problem.help(OTHERWISE));
        }
        if waited_for.is_empty() {
            return Ok(());
        }
        Err(Error::NotReady { found: waited_for, skip: false })
    }
}

/// The last day that loads hold whole. What was known on a day may be of that day, and not all of it.
fn holds_whole(reach: &Reach) -> Option<NaiveDate> {
    match reach {
        Reach::Untold => None,
        Reach::Loaded(through) => *through,
        Reach::Known(known, _) => known.and_then(|known| known.pred_opt()),
    }
}

const OTHERWISE: &str =
    "run again when it is, or build an earlier day; --incomplete builds the day with what is there";

/// That a source says how many days its loads may lag, and nothing tells how far they reach.
fn untold(model: &Model, told: &Told) -> Option<Diagnostic> {
    let Kind::Source(source) = &model.kind else { return None };
    let is_untold = matches!(told.reach, Reach::Untold) && told.began.is_some();
    (is_untold && source.stale_after.is_some()).then(|| {
        let loads = format!("{}.{STATUS}", Layer::Raw);
        let message = format!(
            "nothing tells how far the loads of {} reach, so `stale_after` holds nothing up",
            model.name
        );
        Diagnostic::warning("loads-untold", message)
            .at(place_of(&model.file, "stale_after"))
            .note(format!("{loads} has no row of it that this run may know"))
            .help(format!("write a row of each of its loads, with '{}' as the source", model.name.table))
    })
}

/// That the loads of a source do not reach a day.
fn late(model: &Model, source: &Source, told: &Told, day: NaiveDate) -> Option<Diagnostic> {
    let (through, allowed) = (told.reach.through()?, told.may_lag);
    let lag = through.map(|through| (day - through).num_days());
    if lag.is_some_and(|lag| lag <= i64::from(allowed)) {
        return None;
    }
    let message = match through {
        Some(through) => format!("{} is not reported as of {day}: its loads reach {through}", model.name),
        None => format!("{} is not reported as of {day}: its loads brought nothing", model.name),
    };
    let said_by = match &told.reach {
        Reach::Known(_, known_at) => format!("its newest `{known_at}` says so"),
        Reach::Loaded(_) | Reach::Untold => format!("{}.{STATUS} says so", Layer::Raw),
    };
    Some(
        Diagnostic::error("not-reported", message)
            .at(place_of(
                &model.file,
                if source.stale_after.is_some() { "stale_after" } else { &source.path },
            ))
            .note(format!("{said_by}; it may lag {allowed} days behind (`stale_after`)"))
            .note("days without its rows would be taken for days on which nothing happened")
            .help(OTHERWISE),
    )
}
