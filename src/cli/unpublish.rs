//! `hale unpublish`

use clap::Args;

use super::amending::{Amending, Amendment};
use super::arguments::Moment;
use super::context::Context;
use super::outcome::Outcome;
use crate::store::Change;

/// Take days out of every published table
///
/// A new commit: earlier ones still have them, until `hale gc`. The days are held from then on: runs leave them out and say
/// so, until `hale release`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale unpublish 2026-09-30 --why \"the events of that day were a test\"")]
pub(super) struct Unpublish {
    /// The days
    #[arg(value_name = "DAY", required = true)]
    days: Vec<Moment>,
    #[command(flatten)]
    amending: Amending,
}

impl Unpublish {
    pub async fn execute(self, context: &Context) -> Outcome {
        let zone = context.sound_pipeline()?.0.settings.time_zone;
        let days = self.days.iter().map(|moment| moment.day(zone)).collect();
        let done = Amendment { verb: "unpublished", change: Change::Unpublish(days) };
        self.amending.execute(context, done).await
    }
}
