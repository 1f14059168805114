//! What commands share that make a commit without a run.

use clap::Args;
use serde_json::json;

use super::arguments::{OutAt, ReadingAs};
use super::context::Context;
use super::outcome::Outcome;
use super::output;
use crate::store::{Change, amend};

/// Why, and where.
#[derive(Debug, Args)]
pub(super) struct Amending {
    /// Why, for the history of what is published
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    out: OutAt,
}

/// What is to be done, and how it is told.
pub(super) struct Amendment {
    pub verb: &'static str,
    pub change: Change,
}

impl Amending {
    pub async fn execute(self, context: &Context, amendment: Amendment) -> Outcome {
        let (pipeline, _) = context.sound_pipeline()?;
        let engine = context.engine()?;
        let out = context.out_of(&self.out, self.reading.reading(), &pipeline, &engine)?;
        let amended = amend(&out, &amendment.change, self.why).await?;
        if context.console.json {
            return output::json_line(&json!({
                "commit": amended.commit, "days": amended.days,
                "files": { "written": amended.followed.written, "removed": amended.followed.removed },
            }));
        }
        output::line(&match amended.commit {
            Some(number) => format!("{}: commit {number}, {} days of tables", amendment.verb, amended.days),
            None => "nothing to do: all is published so already".to_owned(),
        })
    }
}
