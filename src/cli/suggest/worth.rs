//! `hale suggest worth`

use clap::Args;

use super::ask;
use crate::cli::arguments::{Moment, PublishedAt};
use crate::cli::console::Console;
use crate::cli::context::Context;
use crate::cli::numbers::percent;
use crate::cli::outcome::Outcome;
use crate::cli::output::{self, Sheet, shown};
use crate::evidence::Separation;
use crate::suggest::{ComponentWorth, Verdict, Worth as Told, suggest_worth};

/// Say what each component adds to a score
///
/// Of each component: the share of accounts with a value; its rank correlation with the score without it; and, where the
/// metrics of so many days later are published, how well it tells the accounts that were gone by then. AUC is the chance that
/// an account that stayed has more points than one that left (0.5 says nothing); lift is the share that left of the fifth
/// with the least points over the share of all; marginal is the AUC of the score less that of the score without the
/// component. What lies within 1.96 standard errors (DeLong) may be chance, and with fewer than 20 accounts that left, or
/// stayed, no number is told.
///
/// An account has left when it is in force on the day of the score (is_in_force of metrics.accounts) and not so many days
/// later; a user, when active in the four weeks before the one and not before the other (active_days_28d of metrics.users).
/// Where metrics have no such column, when they have a row on the one day and none on the other. Where the project has a table
/// of outcomes (sql/outcomes) that tells of the day, that says who left.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale suggest worth --score health                              the newest day whose outcome is known
  hale suggest worth --score health --as-of 2026-06-30           another day
  hale suggest worth --score health --horizon 30                 who was gone 30 days later
  hale suggest worth --score health --json | jq '.components[] | {name, verdict}'")]
pub(super) struct Worth {
    /// The score [default: the only one]
    #[arg(long, value_name = "NAME")]
    score: Option<String>,
    /// The published day [default: the newest whose outcome is published, else the newest]
    #[arg(long, value_name = "DAY")]
    as_of: Option<Moment>,
    /// How many days later it is looked who is gone
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
    horizon: u32,
    #[command(flatten)]
    out: PublishedAt,
}

impl Worth {
    pub async fn execute(self, context: &Context) -> Outcome {
        let console = context.console;
        let told = ask(context, &self.out, async |published| {
            let day = self.as_of.map(|moment| moment.day(published.pipeline.settings.time_zone));
            suggest_worth(published, self.score.as_deref(), day, self.horizon).await
        });
        let told = told.await?;
        output::value(&told, &text(&told, console), console)
    }
}

fn text(told: &Told, console: Console) -> String {
    let mut text =
        format!("{} at the end of {}: {} rows", shown(&told.title), told.as_of_date, told.accounts);
    if let Some(outcome) = &told.outcome {
        text += &format!(
            "; {} gone on {}, {} of them",
            outcome.gone,
            outcome.date,
            percent(Some(outcome.base_rate))
        );
    }
    text += "\n";
    if let Some(score) = &told.score {
        text += &format!("The score itself: AUC {}, lift {}\n", auc(score), two(score.lift));
    }
    text += &sheet(told).fitted(console.width);
    told.notes.iter().for_each(|note| text += &format!("{note}\n"));
    text
}

fn sheet(told: &Told) -> Sheet {
    let names = ["component", "known", "with the rest", "AUC", "lift", "marginal", "verdict"];
    let rows = told.components.iter().map(|component| {
        let marginal = component.marginal.as_ref();
        let marginal = marginal.map_or_else(String::new, |marginal| {
            format!("{:+.3} ± {:.3}", marginal.auc, 1.96 * marginal.standard_error)
        });
        let separation = component.separation.as_ref();
        vec![
            shown(&component.title),
            percent(component.coverage),
            component.rest_correlation.map(two).unwrap_or_default(),
            separation.map(auc).unwrap_or_default(),
            separation.map(|separation| two(separation.lift)).unwrap_or_default(),
            marginal,
            words(component),
        ]
    });
    Sheet {
        rows: rows.collect(),
        right: (0..names.len()).map(|at| (1..6).contains(&at)).collect(),
        yields: vec![6, 4],
        names: names.map(str::to_owned).to_vec(),
    }
}

fn words(component: &ComponentWorth) -> String {
    let marginal = component.marginal.as_ref().filter(|marginal| !marginal.is_noise());
    let text = match (component.verdict, marginal.map(|marginal| marginal.auc > 0.0)) {
        (Verdict::Unknown, _) => "not known yet",
        (Verdict::TooFew, _) => {
            return component.gone.map_or_else(String::new, |gone| format!("too few to tell: {gone} gone"));
        }
        (Verdict::SaysNothing, None) => "says nothing: may be chance",
        (Verdict::SaysNothing, Some(true)) => "says nothing by itself, but the score is better with it",
        (Verdict::SaysNothing, Some(false)) => "says nothing, and the score is better without it",
        (Verdict::WrongWay, _) => "points the wrong way",
        (Verdict::Tells, _) => "tells who leaves",
        (Verdict::AddsNothing, _) => "tells who leaves, but the rest does too",
        (Verdict::Adds, _) => "adds to the score",
        (Verdict::Weakens, _) => "tells who leaves, but the score is better without it",
    };
    text.to_owned()
}

fn auc(separation: &Separation) -> String {
    format!("{} ± {}", two(separation.auc), two(1.96 * separation.standard_error))
}

fn two(number: f64) -> String {
    format!("{number:.2}")
}
