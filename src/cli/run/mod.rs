//! `hale run`

mod done;
mod frozen;
mod renamed;
mod replaced;
mod restated;
mod timings;
mod to_build;
mod visible;
mod warned;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chrono::{Days, NaiveDate};
use clap::{Args, ValueEnum};
use tracing::info_span;

use crate::check::{Checked, check};
use crate::cli::arguments::{DaysAsked, OutAt, ReadingAs, SourcesAt};
use crate::cli::context::Context;
use crate::cli::days::today;
use crate::cli::files;
use crate::cli::outcome::{Failure, Outcome};
use crate::cli::output;
use crate::cli::progress::watch;
use crate::cli::signals::{unless_panicked, unless_stopped};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::plan::{Inputs, Kept, Late, MayLack, renames};
use crate::run::{Incomplete, Report, Request, Selection, build};
use crate::storage::Storage;
use crate::store::{State, Unfinished};
pub(super) use done::names;
use done::{DaysBuilt, Done, Peak};
use replaced::not_replaced;
pub(super) use restated::why;
use timings::Timings;
use to_build::{ToBuild, to_build};
use visible::{Visible, failed, tell_of_held};
use warned::tell_of;

/// Build the models, audit them, publish them
///
/// A score as of a day means the end of that day in the project's time zone: a job that runs at night passes the day
/// that just closed. Everything is built and audited in staging; only then is it published, all of it or nothing, as one
/// commit (see `hale history`). Running a day again gives the same bytes: where the project and the files of the sources are as
/// they were, nothing is done (see `hale plan`). A table that says what it was called before (`-- was: metrics.old_name`) gets its
/// published days first, as a commit of its own. Days that are held are left as they are.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale run --as-of 2026-09-30                           one day
  hale run --from 2026-09-01 --to 2026-09-30            a month, both ends included
  hale run --as-of 2026-09-30 --select metrics          the stored models of a layer
  hale run --as-of 2026-09-30 --select metrics.usage+   a model and everything that reads it
  hale run --as-of 2026-09-30 --rescore                 scores again, from the metrics as published
  hale run --as-of 2026-09-30 --as-known                the day from what was known by its end, for a backtest
  hale run --from 2026-08-05 --to 2026-09-30 --every 28 --as-known
  hale run --as-of {{ ds }} --json --log json           from an orchestrator: facts on stdout, events on stderr
  hale run --as-of 2026-09-30 --sources s3://lake/exports --out s3://lake/health --memory-limit 2GB")]
pub(super) struct Run {
    #[command(flatten)]
    asked: DaysAsked,
    /// Of these days only every so many, the last one among them, each built on its own
    #[arg(long, value_name = "DAYS", requires = "from")]
    every: Option<NonZeroU32>,
    /// Stored models to publish: `metrics` (a layer), `metrics.usage` (a model), with + behind it its readers as well
    #[arg(long, value_name = "WORD", num_args = 1..)]
    select: Vec<String>,
    /// Components and scores again, and the published marts that follow from them, from metrics as they are published: no
    /// source is read. After a change of a threshold, a weight or a tier
    #[arg(long)]
    rescore: bool,
    /// Build days also where they are not over, or where the loads of a source that must be there do not reach them: with
    /// what is there
    #[arg(long)]
    incomplete: bool,
    /// What to exit with where a source has not landed, cannot be read, or does not reach the day: 75, try again, or 99, skip the day
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    if_not_ready: IfNotReady,
    /// Build and audit, publish nothing
    #[arg(long)]
    dry_run: bool,
    /// Build and publish also what is published as it would be now
    #[arg(long)]
    force: bool,
    /// Declare columns that are new in a table as NULL on its published days that are not built; without it such a run is refused,
    /// as all days of a table have the same columns
    #[arg(long)]
    add_columns: bool,
    /// Publish also where other days are left with other columns, which readers of plain folders drop or refuse
    #[arg(long, conflicts_with = "add_columns")]
    mixed_columns: bool,
    /// Publish also by a definition that has published before and was replaced since, as where a change is taken back
    #[arg(long)]
    older_definition: bool,
    /// Why, for the history of what is published
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// Write the line that --json prints to a file, also when the run fails
    #[arg(long, value_name = "FILE")]
    result_file: Option<PathBuf>,
    /// Tell at the end how long each phase of the run took
    #[arg(long)]
    timings: bool,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    sources: SourcesAt,
    #[command(flatten)]
    out: OutAt,
}

/// What a run does where its sources are not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum IfNotReady {
    /// Ends with exit code 75
    #[default]
    Retry,
    /// Ends with exit code 99
    Skip,
}

impl Run {
    pub async fn execute(self, context: &Context) -> Outcome {
        if let Some(path) = &self.result_file {
            files::can_replace(path).map_err(|error| files::failed(path, &error))?;
        }
        let timings = self.timings.then(Timings::begin).transpose()?;
        let visible = Mutex::new(Visible::default());
        let outcome = unless_panicked(self.work(context, &visible)).await;
        let outcome = outcome.map_err(|failure| self.skipping(failure));
        let visible = visible.into_inner().unwrap_or_else(PoisonError::into_inner);
        let result = outcome.as_ref().map_or_else(|failure| failed(failure, &visible), Done::to_json);
        if let Some(path) = &self.result_file {
            // Whole or not at all: an orchestrator may look at any moment.
            files::replace(path, format!("{result}\n").as_bytes())
                .map_err(|error| files::failed(path, &error))?;
        }
        let outcome = outcome.map(|done| done.tell(context.console));
        if let Some(timings) = timings {
            timings.tell(context.console);
        }
        // Last of all: orchestrators that read both streams as one keep the last line.
        if context.console.json {
            output::json_line(&result)?;
        }
        outcome.map_err(|failure| Failure::Printed(Box::new(failure)))
    }

    /// A failure for want of a source, as what the caller asked for.
    fn skipping(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Hale(Error::NotReady { found, .. }) => {
                Failure::Hale(Error::NotReady { found, skip: self.if_not_ready == IfNotReady::Skip })
            }
            other => other,
        }
    }

    async fn work(&self, context: &Context, visible: &Mutex<Visible>) -> Outcome<Done> {
        let started = Instant::now();
        let reading = info_span!("project: read");
        let pipeline = context.pipeline_to_check()?;
        drop(reading);
        let engine = context.engine()?;
        let mut days = self.days(&pipeline)?;
        let out = context.out_of(&self.out, self.reading.reading(), &pipeline, &engine)?;
        let mut request = self.request(context, &pipeline, &engine, (days[0].clone(), &out)).await?;
        let renames = renames(&pipeline, &request.out)?;
        request.out = Arc::new(request.out.renamed(&renames));
        let frozen = self.without_frozen(&pipeline, &request, &mut days, context.console).await?;
        let inputs = match self.rescore {
            true => None,
            false => Some(Inputs::of(&pipeline, &request.sources, request.reading, self.incomplete).await),
        };
        request.keys = match &inputs {
            Some(inputs) => inputs.keys(),
            None => Inputs::without_sources(&pipeline, &request.sources, request.reading).keys(),
        };
        let todo = match &inputs {
            Some(inputs) if !self.force && !self.dry_run => {
                to_build(&pipeline, inputs, &request, &days).await?
            }
            _ => ToBuild::All,
        };
        let mut selection = match todo {
            ToBuild::All => request.selection.clone(),
            ToBuild::Tables(selection) => selection,
            ToBuild::Nothing(built) => {
                self.rename(context, &pipeline, &request, (&renames, visible)).await?;
                for days in built.iter().map(|built| built.days.clone()) {
                    tell_of_held(&Request { days, ..request.clone() }, context.console);
                }
                return Ok(Done {
                    built,
                    renames,
                    frozen,
                    restated: Vec::new(),
                    because: BTreeMap::new(),
                    left: BTreeSet::new(),
                    is_dry: false,
                    reading: request.reading,
                    took: started.elapsed(),
                    peak: Peak::of(&engine),
                });
            }
        };
        if !self.older_definition && !self.dry_run {
            not_replaced(&pipeline, &request).await?;
        }
        let sources = (!self.rescore).then_some(&request.sources);
        let checked = unless_stopped(async { Ok(check(pipeline, &engine, sources).await?) }).await?;
        context.console.problems(&checked.warnings);
        self.rename(context, &checked.pipeline, &request, (&renames, visible)).await?;
        let late = self.late(&checked.pipeline, &engine, inputs.as_ref(), &request, &days).await?;
        let mut restated = Vec::new();
        if let Some(late) = &late {
            restated::tell(late, context.console);
            for (days, selected) in late.builds() {
                let request = restated::request(&request, late, days, selected);
                restated.push(self.days_built(context, &checked, &engine, request, visible).await?);
            }
        }
        if let (Some(inputs), false) = (&inputs, restated.is_empty() || self.dry_run) {
            // What looks back to days that were built again may be stale by now.
            request.out = Arc::new(State::newest(&out).await?);
            if let ToBuild::Tables(more) = to_build(&checked.pipeline, inputs, &request, &days).await? {
                selection.0.extend(more.0);
            }
        }
        request.told = late.as_ref().map(|late| Arc::clone(&late.sources));
        request.selection = selection;
        let mut built = Vec::with_capacity(days.len());
        for days in days {
            let request = Request { days, ..request.clone() };
            built.push(self.days_built(context, &checked, &engine, request, visible).await?);
        }
        Ok(Done {
            built,
            renames,
            frozen,
            restated,
            left: late.as_ref().map(|late| late.left.clone()).unwrap_or_default(),
            because: late.map(|late| late.because).unwrap_or_default(),
            is_dry: self.dry_run,
            reading: request.reading,
            took: started.elapsed(),
            peak: Peak::of(&engine),
        })
    }

    /// The published days before those asked for that late rows have changed; `None` where nobody looks for them.
    async fn late(
        &self,
        pipeline: &Pipeline,
        engine: &Engine,
        inputs: Option<&Inputs>,
        request: &Request,
        days: &[RangeInclusive<NaiveDate>],
    ) -> Outcome<Option<Late>> {
        let ([days], Some(inputs)) = (days, inputs) else { return Ok(None) };
        let (sources, out) = ((&request.sources, request.reading), (inputs, request.out.as_ref()));
        let looked = info_span!("late rows: looked for");
        let may_lack = MayLack { kept: &request.kept, any: self.incomplete };
        let late = Late::of(pipeline, engine, sources, (&request.selection.0, days), out, may_lack);
        let late = unless_stopped(async { Ok(late.await?) }).await;
        drop(looked);
        late
    }

    /// Builds days that are not held, and publishes them.
    async fn days_built(
        &self,
        context: &Context,
        checked: &Checked,
        engine: &Engine,
        mut request: Request,
        visible: &Mutex<Visible>,
    ) -> Outcome<DaysBuilt> {
        if !self.dry_run {
            request.out = Arc::new(State::newest(request.out.storage()).await?);
        }
        let held = tell_of_held(&request, context.console);
        let report = if request.free_days().is_empty() {
            None
        } else {
            self.build(context, checked, engine, &request, visible).await?
        };
        Ok(DaysBuilt { days: request.days, report, held, is_up_to_date: false })
    }

    /// Builds and publishes the days of a request.
    async fn build(
        &self,
        context: &Context,
        checked: &Checked,
        engine: &Engine,
        request: &Request,
        visible: &Mutex<Visible>,
    ) -> Outcome<Option<Report>> {
        let watch = watch(context.console);
        let built =
            unless_stopped(async { Ok(build(checked, engine, request, watch.as_ref()).await?) }).await?;
        tell_of(built.report(), *request.days.end(), context.console);
        if self.dry_run {
            built.abort().await?;
            return Ok(None);
        }
        let seen = || visible.lock().unwrap_or_else(PoisonError::into_inner);
        seen().under_way = true;
        let phase = info_span!("publish: commit");
        let published = built.publish(watch.as_ref()).await;
        drop(phase);
        let mut seen = seen();
        seen.under_way = false;
        match published {
            Ok(report) => {
                seen.commits.extend(report.commit);
                Ok(Some(report))
            }
            Err(Unfinished { error, commit, is_unknown }) => {
                seen.commits.extend(commit);
                seen.under_way = is_unknown;
                if let Some(commit) = commit {
                    seen.followed = Some(false);
                    let text = format!(
                        "commit {commit} took effect; plain folders do not show it yet, any next run makes them"
                    );
                    context.console.note("not-followed", &text);
                }
                Err(error.into())
            }
        }
    }

    async fn request(
        &self,
        context: &Context,
        pipeline: &Pipeline,
        engine: &Engine,
        (days, out): (RangeInclusive<NaiveDate>, &Storage),
    ) -> Result<Request> {
        let selection = if self.select.is_empty() {
            if self.rescore { Selection::semantic(pipeline) } else { Selection::all(pipeline) }
        } else {
            Selection::of_words(pipeline, &self.select)?
        };
        let sources = context.sources(&self.sources, pipeline, engine)?;
        Ok(Request {
            days,
            selection,
            from_published: self.rescore,
            followers: self.select.is_empty(),
            reading: self.reading.reading(),
            incomplete: self.incomplete(pipeline),
            add_columns: self.add_columns,
            mixed_columns: self.mixed_columns,
            kept: Kept::of(pipeline, today(pipeline)),
            sources,
            out: Arc::new(State::newest(out).await?),
            why: self.why.clone(),
            keys: BTreeMap::new(),
            told: None,
        })
    }

    fn incomplete(&self, pipeline: &Pipeline) -> Incomplete {
        if self.incomplete { Incomplete::Built } else { Incomplete::Refused { today: today(pipeline) } }
    }

    /// The days to build, those that are built at once together; there is at least one.
    fn days(&self, pipeline: &Pipeline) -> Result<Vec<RangeInclusive<NaiveDate>>> {
        let asked = self.asked.of(&pipeline.settings)?;
        // What was known by the end of a day is another cut of the sources for each.
        let each = self.every.or_else(|| self.reading.as_known.then_some(NonZeroU32::MIN));
        let Some(each) = each else { return Ok(vec![asked]) };
        let earlier = |day: &NaiveDate| day.checked_sub_days(Days::new(each.get().into()));
        let mut days: Vec<_> = std::iter::successors(Some(*asked.end()), earlier)
            .take_while(|day| day >= asked.start())
            .map(|day| day..=day)
            .collect();
        days.reverse();
        Ok(days)
    }
}
