//! `hale release`

use clap::Args;

use super::amending::{Amending, Amendment};
use super::arguments::Moment;
use super::context::Context;
use super::outcome::Outcome;
use crate::store::Change;

/// Let runs publish days again that are held
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale release 2026-09-30           one day
  hale release --all                every day that is held")]
pub(super) struct Release {
    /// The days
    #[arg(value_name = "DAY", required_unless_present = "all", conflicts_with = "all")]
    days: Vec<Moment>,
    /// Every day that is held
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    amending: Amending,
}

impl Release {
    pub async fn execute(self, context: &Context) -> Outcome {
        let zone = context.sound_pipeline()?.0.settings.time_zone;
        let days = self.days.iter().map(|moment| moment.day(zone)).collect();
        let done = Amendment { verb: "released", change: Change::Release(days) };
        self.amending.execute(context, done).await
    }
}
