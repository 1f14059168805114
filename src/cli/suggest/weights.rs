//! `hale suggest weights`

use clap::Args;

use super::ask;
use super::learned::{tried, tried_title, verdict};
use crate::cli::arguments::PublishedAt;
use crate::cli::console::Console;
use crate::cli::context::Context;
use crate::cli::judged::JudgedBy;
use crate::cli::outcome::Outcome;
use crate::cli::output::{self, Sheet, shown};
use crate::suggest::{Weights, suggest_weights};

/// Propose weights of a score's components, from what became of the accounts
///
/// Weights are those of a logistic regression on the points of the components, none below zero, as whole numbers of which the
/// greatest is 10. They are learned for each day from days whose outcomes were known by then, and told on that day beside the
/// score as it is: where the range of the gain covers zero they are no better, and no YAML is given. With --at-most they are
/// searched among fewer components; the search is done anew for each day, so that its price is in the figures.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale suggest weights --labels known.csv                 of the main score
  hale suggest weights --labels known.csv --at-most 3     of the three components that tell most
  hale suggest weights --labels known.csv --json | jq '.components[] | {name, weight}'")]
pub(super) struct SuggestWeights {
    /// The score [default: the main one]
    #[arg(long, value_name = "NAME")]
    score: Option<String>,
    /// The most components that have a weight [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    at_most: Option<u8>,
    #[command(flatten)]
    by: JudgedBy,
    #[command(flatten)]
    out: PublishedAt,
}

impl SuggestWeights {
    pub async fn execute(self, context: &Context) -> Outcome {
        let console = context.console;
        let told = ask(context, &self.out, async |published| {
            let asked = self.by.learn_from(self.score.as_ref(), published.pipeline)?;
            suggest_weights(published, &asked, self.at_most.map(usize::from)).await
        });
        let told = told.await?;
        output::value(&told, &text(&told, console), console)
    }
}

fn text(told: &Weights, console: Console) -> String {
    let mut text = format!(
        "{} on {} days: {} rows, {} lost, by {}\n",
        shown(&told.title),
        told.days,
        told.rows,
        told.lost,
        shown(&told.outcomes)
    );
    text += &tried_title(&told.out_of_time);
    text += &tried(&told.out_of_time).fitted(console.width);
    text += &format!("{}\n\nWeights learned from all days:\n", verdict(told.verdict));
    let rows = told.components.iter().map(|own| vec![shown(&own.title), own.weight.to_string()]);
    let names = ["component", "weight"].map(str::to_owned).to_vec();
    text += &Sheet { rows: rows.collect(), right: vec![false, true], yields: vec![], names }
        .fitted(console.width);
    told.yaml.iter().for_each(|yaml| text += &format!("\n{yaml}"));
    text
}
