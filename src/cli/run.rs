//! `hale run`

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use clap::Args;
use indicatif::{DecimalBytes, HumanCount};
use serde_json::{Map, Value, json};

use super::arguments::{Log, Moment, OutAt, SourcesAt};
use super::console::{Console, event, line, object};
use super::context::Context;
use super::files;
use super::outcome::{Failure, Outcome};
use super::output::{self, Sheet};
use super::progress::{held, rate, watch};
use super::signals::{unless_panicked, unless_stopped};
use crate::check::check;
use crate::engine::{Engine, peak_resident};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::run::{BuiltModel, Report, Request, Selection, build};

/// Build the models, audit them, publish them
///
/// A score as of a day means the end of that day in the project's time zone: a job that runs at night passes the day
/// that just closed. Everything is built and audited in staging; only then is it published, all of it or nothing.
/// Running a day again gives the same bytes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale run --as-of 2026-09-30                           one day
  hale run --from 2026-09-01 --to 2026-09-30            a month, both ends included
  hale run --as-of 2026-09-30 --select metrics          the stored models of a layer
  hale run --as-of 2026-09-30 --select metrics.usage+   a model and everything that reads it
  hale run --as-of 2026-09-30 --rescore                 scores again, from the metrics as published
  hale run --as-of {{ ds }} --json --log json           from an orchestrator: facts on stdout, events on stderr
  hale run --as-of 2026-09-30 --sources s3://lake/exports --out s3://lake/health --memory-limit 2GB")]
pub(super) struct Run {
    /// The day to publish: YYYY-MM-DD, or RFC 3339 for the project's day at that instant
    #[arg(long, value_name = "DAY", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    as_of: Option<Moment>,
    /// The first of several days to publish
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<Moment>,
    /// The last of several days to publish
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<Moment>,
    /// Stored models to publish: `metrics` (a layer), `metrics.usage` (a model), with + behind it its readers as well
    #[arg(long, value_name = "WORD", num_args = 1..)]
    select: Vec<String>,
    /// Components and scores again, from metrics as they are published: no source is read. After a change of a threshold, a
    /// weight or a tier
    #[arg(long)]
    rescore: bool,
    /// Build and audit, publish nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the line that --json prints to a file, also when the run fails
    #[arg(long, value_name = "FILE")]
    result_file: Option<PathBuf>,
    #[command(flatten)]
    sources: SourcesAt,
    #[command(flatten)]
    out: OutAt,
}

/// A run that ended well.
struct Done {
    /// `None` after a dry run.
    report: Option<Report>,
    days: RangeInclusive<NaiveDate>,
    took: Duration,
    peak: Peak,
}

/// The most memory that was held, in bytes.
struct Peak {
    process: Option<u64>,
    tracked: usize,
}

impl Run {
    pub async fn execute(self, context: &Context) -> Outcome {
        let outcome = unless_panicked(self.work(context)).await;
        let result = outcome.as_ref().map_or_else(failed, Done::to_json);
        if let Some(path) = &self.result_file {
            // Whole or not at all: an orchestrator may look at any moment.
            files::replace(path, format!("{result}\n").as_bytes())
                .map_err(|error| files::failed(path, &error))?;
        }
        if context.console.json {
            output::json_line(&result)?;
        }
        outcome.map(|done| done.tell(context.console)).map_err(|failure| Failure::Printed(Box::new(failure)))
    }

    async fn work(&self, context: &Context) -> Outcome<Done> {
        let started = Instant::now();
        let pipeline = context.pipeline()?;
        let engine = context.engine()?;
        let request = self.request(context, &pipeline, &engine)?;
        let watch = watch(context.console);
        let built = unless_stopped(async {
            let sources = (!self.rescore).then_some(&request.sources);
            let checked = check(pipeline, &engine, sources).await?;
            context.console.problems(&checked.warnings);
            Ok(build(&checked, &engine, &request, watch.as_ref()).await?)
        });
        let built = built.await?;
        let report = if self.dry_run {
            built.abort().await?;
            None
        } else {
            Some(built.publish(watch.as_ref()).await?)
        };
        let peak = Peak { process: peak_resident(), tracked: engine.peak_tracked() };
        Ok(Done { report, days: request.days, took: started.elapsed(), peak })
    }

    fn request(&self, context: &Context, pipeline: &Pipeline, engine: &Engine) -> Result<Request> {
        let selection = if self.select.is_empty() {
            if self.rescore { Selection::semantic(pipeline) } else { Selection::all(pipeline) }
        } else {
            Selection::of_words(pipeline, &self.select)?
        };
        Ok(Request {
            days: self.days(pipeline)?,
            selection,
            from_published: self.rescore,
            sources: context.sources(&self.sources, pipeline, engine)?,
            out: context.out(&self.out, pipeline, engine)?,
        })
    }

    fn days(&self, pipeline: &Pipeline) -> Result<RangeInclusive<NaiveDate>> {
        let (Some(from), Some(to)) = (self.as_of.or(self.from), self.as_of.or(self.to)) else {
            return Err(Error::Usage("give --as-of DAY, or --from DAY and --to DAY".to_owned()));
        };
        let zone = pipeline.settings.time_zone;
        let (from, to) = (from.day(zone), to.day(zone));
        if from > to {
            return Err(Error::Usage(format!("--from {from} is after --to {to}")));
        }
        let first = pipeline.settings.history_starts;
        if from < first {
            let message = format!(
                "{from} is before the project's history, which starts {first} (history_starts in hale.yml)"
            );
            return Err(Error::Usage(message));
        }
        Ok(from..=to)
    }
}

/// What is known of a run that failed.
fn failed(failure: &Failure) -> Value {
    let mut all = failure.to_json().map(object).unwrap_or_default();
    all.remove("ok");
    all.insert("published".to_owned(), Value::Bool(false));
    Value::Object(all)
}

impl Done {
    fn to_json(&self) -> Value {
        let (first, last) = (self.days.start(), self.days.end());
        let mut all = if first == last {
            object(json!({ "as_of": first }))
        } else {
            object(json!({ "from": first, "to": last }))
        };
        all.extend(object(json!({
            "published": self.report.is_some(), "exit_code": 0, "seconds": self.took.as_secs_f64(),
            "peak_memory_bytes": self.peak.process, "peak_tracked_bytes": self.peak.tracked,
        })));
        match &self.report {
            Some(report) => all.extend(facts(report)),
            None => drop(all.insert("dry_run".to_owned(), Value::Bool(true))),
        }
        Value::Object(all)
    }

    /// The table at the end, for people; in a log, the same facts as the last event.
    fn tell(&self, console: Console) {
        if console.log == Log::Json {
            return event("info", "finished", object(self.to_json()));
        }
        match &self.report {
            Some(report) => line(table(report, console).trim_end()),
            None => line("dry run: everything was built and audited, nothing was published"),
        }
        let tracked = DecimalBytes(self.peak.tracked as u64);
        let process = held(self.peak.process);
        line(format_args!(
            "{:.2} s, peak memory {process} ({tracked} of it in queries)",
            self.took.as_secs_f64()
        ));
    }
}

fn facts(report: &Report) -> Map<String, Value> {
    let tables = report.tables.iter();
    let rows: Map<String, Value> =
        tables.map(|table| (format!("{}.{}", table.layer, table.name), table.rows.into())).collect();
    let read = |model: &BuiltModel| (model.name.to_string(), model.rows_read.into());
    let rows_read: Map<String, Value> = report.models.iter().map(read).collect();
    let written: usize = report.tables.iter().map(|table| table.written).sum();
    let unchanged: usize = report.tables.iter().map(|table| table.unchanged).sum();
    object(json!({
        "run_id": report.run_id, "rows_read": rows_read, "rows": rows, "audits": { "pass": report.audits },
        "files": { "written": written, "unchanged": unchanged },
    }))
}

fn table(report: &Report, console: Console) -> String {
    let names = ["model", "read", "rows", "bytes", "seconds", "read/s", "memory", ""].map(str::to_owned);
    let row = |model: &BuiltModel| {
        vec![
            model.name.to_string(),
            HumanCount(model.rows_read).to_string(),
            HumanCount(model.rows).to_string(),
            DecimalBytes(model.bytes).to_string(),
            format!("{:.2}", model.took.as_secs_f64()),
            HumanCount(rate(model.rows_read, model.took)).to_string(),
            held(model.memory),
            if model.published { "published" } else { "built for others to read" }.to_owned(),
        ]
    };
    let right = vec![false, true, true, true, true, true, true, false];
    Sheet { names: names.to_vec(), right, rows: report.models.iter().map(row).collect() }.fitted(console)
}
