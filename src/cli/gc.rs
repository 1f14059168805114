//! `hale gc`

use std::time::Duration;

use clap::Args;
use indicatif::DecimalBytes;
use serde_json::json;

use super::arguments::{OutAt, ReadingAs};
use super::context::Context;
use super::outcome::Outcome;
use super::output;
use crate::store::{Keep, collect};

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Remove commits that are too old to go back to, and files that only they name
///
/// Only hale's own files below _hale/ are looked at, and none that a kept commit names, that is younger than --days, or than
/// the oldest run under way.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale gc                           keep the newest 30 commits
  hale gc --keep 400 --days 30")]
pub(super) struct Gc {
    /// How many of the newest commits to keep
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    keep: u64,
    /// Keep files that are younger than so many days, whoever names them
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    days: u32,
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
        let age = Duration::from_secs(u64::from(self.days) * DAY);
        let collected = collect(&out, Keep { commits: self.keep, age }).await?;
        if context.console.json {
            return output::json_line(&json!({
                "kept_from": collected.kept_from, "commits": collected.commits, "objects": collected.objects,
                "bytes": collected.bytes,
            }));
        }
        output::line(&format!(
            "removed {} commits and {} files, {}; kept from commit {} on",
            collected.commits,
            collected.objects,
            DecimalBytes(collected.bytes),
            collected.kept_from
        ))
    }
}
