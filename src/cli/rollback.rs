//! `hale rollback`

use clap::Args;

use super::amending::{Amending, Amendment};
use super::context::Context;
use super::outcome::Outcome;
use crate::store::Change;

/// Publish again what was published as of an earlier commit
///
/// A new commit, made at once: nothing is computed. Days that differ are held from then on: runs leave them as they are and
/// say so, until `hale release`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale rollback 41 --why \"weights of v7 were wrong\"")]
pub(super) struct Rollback {
    /// The commit, as `hale history` numbers them
    commit: u64,
    #[command(flatten)]
    amending: Amending,
}

impl Rollback {
    pub async fn execute(self, context: &Context) -> Outcome {
        let done = Amendment { verb: "rolled back", change: Change::RollBack(self.commit) };
        self.amending.execute(context, done).await
    }
}
