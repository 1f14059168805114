//! `hale suggest combination`

use clap::Args;

use super::ask;
use super::learned::{tried, tried_title, verdict};
use crate::cli::arguments::PublishedAt;
use crate::cli::console::Console;
use crate::cli::context::Context;
use crate::cli::judged::JudgedBy;
use crate::cli::numbers::percent;
use crate::cli::outcome::Outcome;
use crate::cli::output::{self, Sheet, shown};
use crate::suggest::{Combination, LearnedBin, MOST_BINS, suggest_combination};

/// Propose a score: a few metrics, cut into bins and weighed, from what became of the accounts
///
/// Every metric is cut where it tells most, in one direction, no bin below a twentieth of the rows; then the one is taken that
/// tells most, then the one that tells most beside it, and so on; weights are those of a logistic regression on points, none
/// below zero. All of that is done anew for each day, from days whose outcomes were known by then, and told on that day
/// beside the score as it is, days since last use, and a regression on the same metrics. What is printed as YAML is learned
/// from all days: a score to begin with, to be read and named by people.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale suggest combination --labels known.csv                                    of all metrics
  hale suggest combination usage noise --labels known.csv --at-most 1            of these
  hale suggest combination --labels known.csv --json | jq -r .yaml               only the YAML")]
pub(super) struct SuggestCombination {
    /// The columns of metrics.accounts that are tried [default: all that are numbers]
    metrics: Vec<String>,
    /// The score that it is held against [default: the main one]
    #[arg(long, value_name = "NAME")]
    score: Option<String>,
    /// The most metrics
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=20))]
    at_most: u8,
    /// The most bins of a metric
    #[arg(long, value_name = "N", default_value_t = MOST_BINS as u8, value_parser = clap::value_parser!(u8).range(2..=20))]
    parts: u8,
    #[command(flatten)]
    by: JudgedBy,
    #[command(flatten)]
    out: PublishedAt,
}

impl SuggestCombination {
    pub async fn execute(self, context: &Context) -> Outcome {
        let console = context.console;
        let told = ask(context, &self.out, async |published| {
            let asked = self.by.learn_from(self.score.as_ref(), published.pipeline)?;
            let most = (usize::from(self.at_most), usize::from(self.parts));
            suggest_combination(published, &asked, &self.metrics, most).await
        });
        let told = told.await?;
        output::value(&told, &text(&told, console), console)
    }
}

fn text(told: &Combination, console: Console) -> String {
    let mut text =
        format!("{} days: {} rows, {} lost, by {}\n", told.days, told.rows, told.lost, shown(&told.outcomes));
    text += &tried_title(&told.out_of_time);
    text += &tried(&told.out_of_time).fitted(console.width);
    told.verdict.iter().for_each(|better| text += &format!("{}\n", verdict(*better)));
    text += &format!("\nLearned from all days:\n{}", parts(told).fitted(console.width));
    text + &format!("\n{}", told.yaml)
}

fn parts(told: &Combination) -> Sheet {
    let mut rows = Vec::new();
    for own in &told.components {
        let mut from: Option<f64> = None;
        for (at, bin) in own.bins.bins.iter().enumerate() {
            let first = at == 0;
            rows.push(vec![
                if first { shown(&own.metric) } else { String::new() },
                if first { own.weight.to_string() } else { String::new() },
                words(from, bin),
                bin.points.to_string(),
                bin.rows.to_string(),
                percent((bin.rows > 0).then(|| bin.lost as f64 / bin.rows as f64)),
            ]);
            from = bin.below;
        }
    }
    let names = ["metric", "weight", "bin", "points", "rows", "lost"].map(str::to_owned).to_vec();
    Sheet { rows, right: vec![false, true, false, true, true, true], yields: vec![4], names }
}

fn words(from: Option<f64>, bin: &LearnedBin) -> String {
    let parts = [from.map(|from| format!("from {from}")), bin.below.map(|below| format!("below {below}"))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
