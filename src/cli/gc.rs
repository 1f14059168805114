//! `hale gc`

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::NaiveDate;
use clap::Args;
use indicatif::DecimalBytes;
use serde_json::json;

use super::arguments::{OutAt, ReadingAs};
use super::console::{Console, object};
use super::context::Context;
use super::days::listed;
use super::outcome::Outcome;
use super::output;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::project::retention::Retention;
use crate::store::{Collected, Keep, State, collect, expire, expiring};

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Remove commits that are too old to go back to, and files that only they name
///
/// Before that, where `keep` of hale.yml says how many days are kept (`keep: 800 days, then month ends`), older days are taken out
/// of what is published, as a commit; their files go with the commits that still name them. A run that is asked for such a day
/// publishes it all the same, until the next time. Tables that are stored whole stay as they are.
///
/// Only hale's own files below _hale/ are looked at, and none that a kept commit names, that is younger than --days, or than
/// the oldest run under way.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale gc                           keep the newest 30 commits
  hale gc --keep 400 --days 30
  hale gc --dry-run                 which days `keep` of hale.yml would take out")]
pub(super) struct Gc {
    /// How many of the newest commits to keep
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    keep: u64,
    /// Keep files that are younger than so many days, whoever names them
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    days: u32,
    /// Say which days would be taken out, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    out: OutAt,
}

impl Gc {
    pub async fn execute(self, context: &Context) -> Outcome {
        let (pipeline, _) = context.sound_pipeline()?;
        let engine = context.engine()?;
        let out = context.out_of(&self.out, self.reading.reading(), &pipeline, &engine)?;
        let (keep, state) = (pipeline.settings.keep, State::newest(&out).await?);
        if self.dry_run {
            let days = expiring_days(&state, &pipeline).await?;
            return tell(context.console, &days, keep, None);
        }
        let days = match keep {
            Some(keep) => expire(&state, keep, &pipeline.facts()).await?,
            None => BTreeSet::new(),
        };
        let age = Duration::from_secs(u64::from(self.days) * DAY);
        let collected = collect(&out, Keep { commits: self.keep, age }).await?;
        tell(context.console, &days, keep, Some(&collected))
    }
}

/// The days that a project does not keep; none where it keeps all.
pub(super) async fn expiring_days(state: &State, pipeline: &Pipeline) -> Result<BTreeSet<NaiveDate>> {
    match pipeline.settings.keep {
        Some(keep) => expiring(state, keep, &pipeline.facts()).await,
        None => Ok(BTreeSet::new()),
    }
}

/// Says which days are taken out, or would be where nothing was collected, and what was removed.
fn tell(
    console: Console,
    days: &BTreeSet<NaiveDate>,
    keep: Option<Retention>,
    collected: Option<&Collected>,
) -> Outcome {
    if console.json {
        let mut told = json!({ "expired": days, "dry_run": collected.is_none() });
        if let (Some(collected), Some(told)) = (collected, told.as_object_mut()) {
            told.extend(object(json!({
                "kept_from": collected.kept_from, "commits": collected.commits, "objects": collected.objects,
                "bytes": collected.bytes,
            })));
        }
        return output::json_line(&told);
    }
    if let (Some(keep), false) = (keep, days.is_empty()) {
        let verb = if collected.is_some() { "took out" } else { "would take out" };
        output::line(&format!("{verb} {}, beyond `keep: {keep}`", listed(days)))?;
    }
    match collected {
        Some(collected) => output::line(&format!(
            "removed {} commits and {} files, {}; kept from commit {} on",
            collected.commits,
            collected.objects,
            DecimalBytes(collected.bytes),
            collected.kept_from
        )),
        None if days.is_empty() => output::line("no day would be taken out"),
        None => Ok(()),
    }
}
