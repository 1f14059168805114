//! `hale check`

use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::arguments::SourcesAt;
use super::context::Context;
use super::outcome::Outcome;
use super::output;
use crate::check::{Checked, as_far_as_sound};
use crate::diagnostic::Diagnostics;
use crate::error::Error;
use crate::model_test::misspelt_tiers;
use crate::project::layer::Layer;
use crate::project::model::Kind;
use crate::project::time::WORDS;
use crate::run::{implausible, rehearse};

/// Find what is wrong with a project, without reading data unless asked to
///
/// Parses every file, plans every model on empty sources, compares columns with contracts and source contracts with
/// the footers of the Parquet files, and refuses what would give silently wrong numbers. All problems of a pass are
/// shown at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale check                                 the project here or above
  hale check --no-sources                    leave the Parquet files alone, as in CI without data
  hale check --sources s3://lake/exports     hold other files against the contracts
  hale check --data                          read the sources as well, and say what in them cannot be
  hale check --means                         say in one sentence what each source declares about time, and the words of it
  hale check --json | jq .diagnostics        problems as data")]
pub(super) struct Check {
    /// Do not look at the sources' files
    #[arg(long)]
    no_sources: bool,
    /// Read the rows of the sources, and say what in them cannot be: logs that stopped or have holes, days unlike the same
    /// weekdays before, a known_at that loads rewrite, rows of the future, from which day on logs are complete
    #[arg(long, conflicts_with = "no_sources")]
    data: bool,
    /// Say in one sentence what each source declares about its rows and their time, for whoever wrote it to read back, and
    /// what the words for it mean
    #[arg(long)]
    means: bool,
    #[command(flatten)]
    sources: SourcesAt,
}

impl Check {
    pub async fn execute(self, context: &Context) -> Outcome {
        let started = Instant::now();
        let pipeline = context.pipeline_to_check()?;
        let engine = context.engine()?;
        let sources =
            if self.no_sources { None } else { Some(context.sources(&self.sources, &pipeline, &engine)?) };
        let (checked, mut found) = as_far_as_sound(pipeline, &engine, sources.as_ref()).await?;
        let implausible = match sources.as_ref().filter(|_| self.data) {
            Some(sources) => implausible(&checked, &engine, sources).await?,
            None => Diagnostics::new(),
        };
        if implausible.has_errors() && !found.wrong.has_errors() {
            return Err(Error::Audit(implausible).into());
        }
        found.wrong.extend(implausible);
        let mut checked = Checked { warnings: found.into_result()?, ..checked };
        let rehearsed = rehearse(&checked, &engine).await?;
        if rehearsed.has_errors() {
            return Err(rehearsed.into());
        }
        checked.warnings.extend(rehearsed);
        checked.warnings.extend(misspelt_tiers(&checked));
        context.console.problems(&checked.warnings);
        let counts = Counts::of(&checked);
        let seconds = started.elapsed().as_secs_f64();
        if context.console.json {
            return counts.print_json(&checked, seconds);
        }
        if self.means {
            let said = meanings(&checked).map(|(name, means)| format!("{name}: {means}"));
            let said: Vec<String> = said.chain([String::new()]).chain(words()).collect();
            let width = context.console.width.unwrap_or(PAGE);
            output::write(output::wrapped(&said.join("\n"), Some(width)).as_bytes())?;
        }
        counts.print(seconds)
    }
}

/// How wide sentences are where nothing says how wide the terminal is.
const PAGE: usize = 80;

/// What each source declares about time, in one sentence.
fn meanings(checked: &Checked) -> impl Iterator<Item = (String, String)> {
    let settings = &checked.pipeline.settings;
    checked.pipeline.models.iter().filter_map(|model| {
        let Kind::Source(source) = &model.kind else { return None };
        let means = source.time.means(settings.complete_from(&model.name));
        Some((model.name.to_string(), means))
    })
}

/// The words in which they say it, each with what it says.
fn words() -> impl Iterator<Item = String> {
    WORDS.lines().skip(2).filter_map(|line| {
        let mut cells = line.trim_matches('|').splitn(3, '|').map(|cell| cell.trim().replace('`', ""));
        let (word, place, says) = (cells.next()?, cells.next()?, cells.next()?);
        Some(format!("{word} ({place}): {says}"))
    })
}

struct Counts {
    models: usize,
    sources: usize,
    scores: usize,
    warnings: usize,
}

impl Counts {
    fn of(checked: &Checked) -> Self {
        let models = &checked.pipeline.models;
        let sources = models.iter().filter(|model| matches!(model.kind, Kind::Source(_))).count();
        let scores =
            models.iter().filter(|model| model.name.layer == Layer::Scores && model.is_stored()).count();
        Self { models: models.len() - sources, sources, scores, warnings: checked.warnings.len() }
    }

    fn print(&self, seconds: f64) -> Outcome {
        let Self { models, sources, scores, warnings } = self;
        let milliseconds = seconds * 1e3;
        output::line(&format!(
            "ok: {models} models, {sources} sources, {scores} scores, {warnings} warnings in {milliseconds:.0} ms"
        ))
    }

    fn print_json(&self, checked: &Checked, seconds: f64) -> Outcome {
        let diagnostics: Vec<_> =
            checked.warnings.iter().map(crate::diagnostic::Diagnostic::to_json).collect();
        output::json_line(&json!({
            "ok": true, "models": self.models, "sources": self.sources, "scores": self.scores,
            "warnings": self.warnings, "seconds": seconds, "diagnostics": diagnostics,
            "means": meanings(checked).collect::<std::collections::BTreeMap<_, _>>(),
        }))
    }
}
