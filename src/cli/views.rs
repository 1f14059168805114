//! `hale views`

use clap::Args;

use super::arguments::{PublishedAt, ReadingAs};
use super::context::Context;
use super::outcome::Outcome;
use super::output;
use crate::store::views;

/// Print SQL for DuckDB: a view of every published table, pinned to one commit
///
/// What is published afterwards changes nothing of what the views show, as long as `hale gc` keeps the commit.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale views > views.sql && duckdb -init views.sql
  hale views --commit 41")]
pub(super) struct Views {
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    out: PublishedAt,
}

impl Views {
    pub async fn execute(self, context: &Context) -> Outcome {
        let (pipeline, _) = context.sound_pipeline()?;
        let engine = context.engine()?;
        let state = context.published(&self.out, self.reading.reading(), (&pipeline, &engine)).await?;
        output::write(views(&state).await?.as_bytes())
    }
}
