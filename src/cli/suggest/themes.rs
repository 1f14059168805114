//! `hale suggest themes`

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};

use super::ask;
use crate::cli::arguments::{Moment, PublishedAt};
use crate::cli::console::{Console, object};
use crate::cli::context::Context;
use crate::cli::numbers::{percent, short};
use crate::cli::outcome::Outcome;
use crate::cli::output::{self, Sheet, shown, wrapped};
use crate::error::Error;
use crate::suggest::{Apart, Reason, Themes as Told, suggest_themes};

/// Find metrics that say the same, and one that stands for each theme
///
/// Rank correlations (Spearman) of all numeric metrics of metrics.accounts, truth values as 0 and 1, each over the accounts
/// that have both. A theme is a group in which any two metrics have at least the correlation asked for, up or down (complete
/// linkage). The metric that is most like the others stands for it: score that one, or the ones of your choice, but not all
/// of them, or the theme counts as often as it has metrics.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale suggest themes                             the newest published day
  hale suggest themes --as-of 2026-09-30          another day
  hale suggest themes --at-least 0.9              only what is nearly the same
  hale suggest themes --json | jq -r '.themes[].representative'")]
pub(super) struct Themes {
    /// The published day [default: the newest]
    #[arg(long, value_name = "DAY")]
    as_of: Option<Moment>,
    /// The least correlation between any two metrics of a theme, above 0 and at most 1
    #[arg(long, value_name = "R", default_value_t = 0.7, value_parser = parse_correlation)]
    at_least: f64,
    #[command(flatten)]
    out: PublishedAt,
}

fn parse_correlation(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| *number > 0.0 && *number <= 1.0);
    number.ok_or_else(|| "write a number above 0 and at most 1, such as 0.7".to_owned())
}

impl Themes {
    pub async fn execute(self, context: &Context) -> Outcome {
        let console = context.console;
        let told = ask(context, &self.out, async |published| {
            let day = self.as_of.map(|moment| moment.day(published.pipeline.settings.time_zone));
            suggest_themes(published, day, self.at_least).await
        });
        let (day, themes) = told.await?;
        if console.json {
            let told = serde_json::to_value(&themes).map_err(|error| Error::Bug(error.to_string()))?;
            let mut all = object(json!({ "as_of_date": day }));
            all.extend(object(told));
            return output::json_line(&Value::Object(all));
        }
        output::write(wrapped(&text(day, &themes, console), console.width).as_bytes())
    }
}

fn text(day: NaiveDate, told: &Told, console: Console) -> String {
    let mut text = format!(
        "Metrics of {} accounts at the end of {day}; in a theme any two have a correlation of at least {}\n",
        told.rows,
        short(told.at_least)
    );
    if !told.themes.is_empty() {
        text += &sheet(told).fitted(console.width);
    }
    if !told.alone.is_empty() {
        text += "Like no other:\n";
    }
    for alone in &told.alone {
        let nearest = alone.nearest.as_deref().zip(alone.correlation);
        let nearest = nearest.map_or_else(String::new, |(name, correlation)| {
            format!(", nearest {} at {}", shown(name), signed(correlation))
        });
        text += &format!("  {}: known {}{nearest}\n", shown(&alone.name), percent(Some(alone.coverage)));
    }
    if !told.apart.is_empty() {
        text += "Not compared:\n";
    }
    for apart in &told.apart {
        text += &format!("  {}: {}\n", shown(&apart.name), reason(apart));
    }
    text
}

fn reason(apart: &Apart) -> String {
    match apart.reason {
        Reason::Empty => "no account has it".to_owned(),
        Reason::NearlyEmpty => format!("only {} of the accounts have it", percent(Some(apart.coverage))),
        Reason::Constant => "the same for all accounts that have it".to_owned(),
    }
}

fn sheet(told: &Told) -> Sheet {
    let mut rows = Vec::new();
    for (number, theme) in told.themes.iter().enumerate() {
        for member in &theme.members {
            let is_first = member.name == theme.representative;
            let marked = |first: String, other: String| if is_first { first } else { other };
            rows.push(vec![
                marked((number + 1).to_string(), String::new()),
                shown(&member.name),
                marked("representative".to_owned(), signed(member.correlation)),
                format!("{:.2}", member.mean_correlation),
                percent(Some(member.coverage)),
            ]);
        }
    }
    let names = ["theme", "metric", "with the representative", "mean with the others", "known"];
    let right = vec![true, false, true, true, true];
    Sheet { names: names.map(str::to_owned).to_vec(), right, yields: Vec::new(), rows }
}

/// Two decimals: more would claim what so many accounts cannot tell.
fn signed(correlation: f64) -> String {
    format!("{correlation:+.2}")
}
