//! `hale backtest`

mod probe_text;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use clap::Args;

use super::arguments::PublishedAt;
use super::context::Context;
use super::judged::JudgedBy;
use super::outcome::Outcome;
use super::output;
use crate::backtest::{Asked, backtest, probe};
use crate::check::check;
use crate::engine::Engine;
use crate::engine::sources::Reading;
use crate::error::Result;
use crate::evidence::Published;
use crate::explain::score_named;
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::semantic::Entity;
use crate::store::State;

/// Judge a score on past days, against what became of the accounts
///
/// Each row is an account on a day: its score then, and whether it was lost in the time ahead. Told are how well the score
/// tells the lost ones (AUC: the chance that, of two accounts of a day, the one that stayed has the higher score; average
/// precision; lift of the lowest, as many as the owners can call; KS), the same of what it has to beat, of each component, and
/// by segment, scorecard and ARR; the tiers; how long before a loss the account was at risk, and how much ARR was seen coming;
/// and by name those of which the score was wrong. Behind each figure is the range in which 95 of 100 such figures lie:
/// accounts are drawn again, with all of their rows. With fewer than 30 accounts that were lost, or that stayed, nothing is
/// told.
///
/// Outcomes are those of sql/outcomes, or of a file: account_id and label (lost, churned, struggling or 1; stayed, healthy or
/// 0), with a column `day` where they hold on one; or account_id, lost_on (empty of those that stayed) and observed_until. Days are those published as known
/// where there are any (`hale run --as-known`), else as happened.
///
/// --challenger judges a draft on the same days and accounts: by how much it tells better, pair by pair, and whether that may be
/// chance. It is computed from stored metrics, so it need never have been published.
///
/// --probe looks for metrics that know what they cannot know yet, on days that are published in both readings: such as tell
/// more as happened than as known, such as tell nearly everything, and such as come from sources of now.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale backtest --labels lost.csv --step 7               losses of a file, days a week apart
  hale backtest health --labels lost.csv --horizon 120   losses within 120 days, after a lead of 30
  hale backtest health --labels lost.csv --challenger health_next   a draft on the same days and accounts
  hale backtest --labels known.csv                       healthy and struggling accounts that you know
  hale backtest --labels lost.csv --json | jq '.components[] | {name, verdict}'")]
pub(super) struct Backtest {
    /// The score [default: the main one]
    score: Option<String>,
    #[command(flatten)]
    by: JudgedBy,
    /// A draft, or another score, judged on the same days and accounts: computed from stored metrics
    #[arg(long, value_name = "NAME", conflicts_with = "probe")]
    challenger: Option<String>,
    /// How many accounts of a day the team can call [default: 5 an owner, or a tenth of all]
    #[arg(long, value_name = "N")]
    calls: Option<NonZeroU32>,
    /// A column of metrics.accounts that is above zero where something was done about an account
    #[arg(long, value_name = "COLUMN")]
    acted: Option<String>,
    /// How many accounts are named of each kind
    #[arg(long, value_name = "N", default_value_t = 10)]
    names: usize,
    /// Look for metrics that know what they cannot know yet
    #[arg(long)]
    probe: bool,
    /// Take the days as they happened, though there are some as known
    #[arg(long)]
    as_happened: bool,
    #[command(flatten)]
    out: PublishedAt,
}

impl Backtest {
    pub async fn execute(self, context: &Context) -> Outcome {
        let pipeline = context.pipeline()?;
        let engine = context.engine()?;
        if self.probe {
            return self.probed(context, pipeline, &engine).await;
        }
        let (out, reading) = self.published(context, &pipeline, &engine).await?;
        let asked = self.asked(&pipeline, reading)?;
        let published = Published { pipeline: &pipeline, engine: &engine, out: &out };
        let told = backtest(&published, &asked).await?;
        output::value(&told, &text::text(&told, context.console), context.console)
    }

    /// The days as known, where the score is published so.
    async fn published(
        &self,
        context: &Context,
        pipeline: &Pipeline,
        engine: &Engine,
    ) -> Result<(State, Reading)> {
        if !self.as_happened {
            let known = context.published(&self.out, Reading::AsKnown, (pipeline, engine)).await?;
            let score = score_named(pipeline, self.score.as_deref())?;
            let table = ModelName::new(Layer::Scores, score.name.clone());
            if known.newest_day(&table).await?.is_some() {
                return Ok((known, Reading::AsKnown));
            }
        }
        Ok((
            context.published(&self.out, Reading::AsHappened, (pipeline, engine)).await?,
            Reading::AsHappened,
        ))
    }

    async fn probed(self, context: &Context, pipeline: Pipeline, engine: &Engine) -> Outcome {
        let asked = self.asked(&pipeline, Reading::AsKnown)?;
        let known = context.published(&self.out, Reading::AsKnown, (&pipeline, engine)).await?;
        let happened = context.published(&self.out, Reading::AsHappened, (&pipeline, engine)).await?;
        let checked = check(pipeline, engine, None).await?;
        let of_now = of_now(&checked.of_now());
        let pipeline = &checked.pipeline;
        let of = |out| Published { pipeline, engine, out };
        let told = probe((&of(&known), &of(&happened)), &asked, &of_now).await?;
        output::value(&told, &probe_text::text(&told, context.console), context.console)
    }

    fn asked(&self, pipeline: &Pipeline, reading: Reading) -> Result<Asked> {
        Ok(Asked {
            score: self.score.clone(),
            challenger: self.challenger.clone(),
            days: self.by.which(pipeline),
            reading: words(reading),
            outcomes: self.by.outcomes(),
            ahead: self.by.ahead(),
            condition: self.by.condition(pipeline)?,
            calls: self.calls.map(|calls| f64::from(calls.get())),
            acted: self.acted.clone(),
            names: self.names,
        })
    }
}

fn words(reading: Reading) -> &'static str {
    match reading {
        Reading::AsKnown => "as known",
        Reading::AsHappened => "as happened",
    }
}

/// The columns of a model that come from sources of now, with the tables and columns of these.
type FromNow = BTreeMap<String, BTreeSet<(String, String)>>;

/// The columns of metrics that come from sources of now, with the columns of these.
fn of_now(all: &BTreeMap<ModelName, FromNow>) -> BTreeMap<String, String> {
    let own = all.iter().filter(|(name, _)| name.to_string() == Entity::Account.table());
    let told = own.flat_map(|(_, columns)| columns).map(|(column, from)| {
        let from: Vec<String> = from.iter().map(|(table, column)| format!("{table}.{column}")).collect();
        (column.clone(), from.join(", "))
    });
    told.collect()
}
