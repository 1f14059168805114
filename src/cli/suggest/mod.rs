//! `hale suggest`

mod bins;
mod combination;
mod learned;
mod themes;
mod weights;
mod worth;

use clap::{Args, Subcommand};

use super::arguments::PublishedAt;
use super::context::Context;
use super::outcome::Outcome;
use crate::engine::sources::Reading;
use crate::evidence::Published;

/// Propose bins, weights, whole scores, and tell what a component is worth
///
/// Questions that come up when a score is designed, answered from what was published. Nothing is written and nothing is
/// decided: what is printed is a proposal, and the numbers to judge it by.
#[derive(Debug, Args)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  hale suggest bins usage_seconds_28d              where to cut a metric, with YAML to paste
  hale suggest bins --component usage              the bins of today, and who stands in them
  hale suggest themes                              which metrics say the same
  hale suggest worth --score health                what each component adds
  hale suggest weights --labels known.csv          weights, from what became of accounts
  hale suggest combination --labels known.csv      a few metrics, cut and weighed: a score to begin with"
)]
pub(super) struct Suggest {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    Bins(bins::Bins),
    Themes(themes::Themes),
    Worth(worth::Worth),
    Weights(weights::SuggestWeights),
    Combination(combination::SuggestCombination),
}

impl Suggest {
    pub async fn execute(self, context: &Context) -> Outcome {
        match self.question {
            Question::Bins(bins) => bins.execute(context).await,
            Question::Themes(themes) => themes.execute(context).await,
            Question::Worth(worth) => worth.execute(context).await,
            Question::Weights(weights) => weights.execute(context).await,
            Question::Combination(combination) => combination.execute(context).await,
        }
    }
}

/// Asks something of what was published.
async fn ask<T>(
    context: &Context,
    out: &PublishedAt,
    question: impl AsyncFnOnce(&Published<'_>) -> crate::error::Result<T>,
) -> Outcome<T> {
    let pipeline = context.pipeline()?;
    let engine = context.engine()?;
    let out = context.published(out, Reading::AsHappened, (&pipeline, &engine)).await?;
    let published = Published { pipeline: &pipeline, engine: &engine, out: &out };
    Ok(question(&published).await?)
}
