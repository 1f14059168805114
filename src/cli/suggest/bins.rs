//! `hale suggest bins`

use clap::Args;

use super::ask;
use crate::cli::arguments::{PublishedAt, PublishedDays};
use crate::cli::console::Console;
use crate::cli::context::Context;
use crate::cli::numbers::{percent, short};
use crate::cli::outcome::Outcome;
use crate::cli::output::{self, Sheet, shown};
use crate::evidence::Period;
use crate::explain::number;
use crate::suggest::{Asked, Current, CurrentRule, Proposal, current_bins, suggest_bins};

/// The most segments that stand beside each other in a table.
const SIDE_BY_SIDE: usize = 8;

/// Show how a metric is spread, and propose where to cut it into bins
///
/// With a metric: its quartiles, cut points at equal shares of the rows (or at the shares wanted), how many rows would be in
/// each bin, in all and by segment, and the bins as YAML. A value never stands in two bins: where values repeat there are
/// fewer bins, and shares are as near as they can be. An edge belongs to the bin above it, and is the number with the fewest
/// digits that cuts there. Missing values are in no bin; shares are of the rows with a value. With --component: the bins that
/// a component has today.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale suggest bins usage_seconds_28d                                five bins of about a fifth of the rows each
  hale suggest bins \"usage_seconds_28d / 3600.0\" --parts 4           an expression, as in a component's `value`
  hale suggest bins top_user_share_28d --lower-is-better             the lowest bin earns the most points
  hale suggest bins logins_28d --shares 10,20,40,20,10               few at both ends
  hale suggest bins logins_28d --from 2026-09-01 --to 2026-09-30     the rows of all published days of a month
  hale suggest bins logins_28d --table metrics.users --by role       another table, other segments
  hale suggest bins --component usage                                the bins of today, and who stands in them
  hale suggest bins logins_28d --json | jq -r .yaml                  only the YAML")]
pub(super) struct Bins {
    /// A column of metrics.accounts, or an SQL expression over one row of it
    #[arg(required_unless_present = "component", conflicts_with = "component")]
    metric: Option<String>,
    /// Show the bins that this component has
    #[arg(long, value_name = "NAME", conflicts_with_all = ["table", "from", "parts", "shares", "lower_is_better"])]
    component: Option<String>,
    /// The score in which it has them [default: the only one]
    #[arg(long, value_name = "NAME", requires = "component")]
    score: Option<String>,
    /// The table, stored by day
    #[arg(long, value_name = "TABLE", default_value = "metrics.accounts")]
    table: String,
    #[command(flatten)]
    days: PublishedDays,
    /// How many bins
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=100))]
    parts: u8,
    /// The shares of the rows that the bins are to have, lowest first, in percent
    #[arg(long, value_name = "P,P,…", conflicts_with = "parts", value_parser = parse_shares)]
    shares: Option<Shares>,
    /// The column that tells segments apart [default: segment, where there is one]
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
    /// Give the most points to the lowest values
    #[arg(long)]
    lower_is_better: bool,
    #[command(flatten)]
    out: PublishedAt,
}

/// Percentages that make a hundred.
#[derive(Debug, Clone)]
struct Shares(Vec<f64>);

fn parse_shares(text: &str) -> Result<Shares, String> {
    let shares: Option<Vec<f64>> = text.split(',').map(|share| share.trim().parse().ok()).collect();
    let shares = shares.filter(|shares| shares.iter().all(|share: &f64| share.is_finite() && *share > 0.0));
    let shares = shares.filter(|shares| (2..=100).contains(&shares.len()));
    let shares =
        shares.ok_or("write two to a hundred numbers above 0 with commas between them: 10,20,40,20,10")?;
    let sum: f64 = shares.iter().sum();
    // 33.3 three times is meant as a third each.
    if (sum - 100.0).abs() > 0.5 {
        return Err(format!("they make {} together, not 100", short(sum)));
    }
    Ok(Shares(shares))
}

impl Bins {
    pub async fn execute(self, context: &Context) -> Outcome {
        let console = context.console;
        if let Some(component) = self.component.as_deref() {
            let current = ask(context, &self.out, async |published| {
                let day = self.days.day(published.pipeline.settings.time_zone);
                current_bins(published, (component, self.score.as_deref()), day, self.by.as_deref()).await
            });
            let current = current.await?;
            return output::value(&current, &current_text(&current, console), console);
        }
        let proposal = ask(context, &self.out, async |published| {
            let zone = published.pipeline.settings.time_zone;
            suggest_bins(published, &self.asked(zone)).await
        });
        let proposal = proposal.await?;
        output::value(&proposal, &proposal_text(&proposal, console), console)
    }

    fn asked(&self, zone: chrono_tz::Tz) -> Asked {
        let period = match (self.days.day(zone), self.days.span(zone)) {
            (Some(day), _) => Period::Day(day),
            (None, Some((from, to))) => Period::Between(from, to),
            (None, None) => Period::Newest,
        };
        let equal = || vec![1.0; usize::from(self.parts)];
        Asked {
            table: self.table.clone(),
            metric: self.metric.clone().unwrap_or_default(),
            period,
            shares: self.shares.as_ref().map_or_else(equal, |shares| shares.0.clone()),
            by: self.by.clone(),
            lower_is_better: self.lower_is_better,
        }
    }
}

/// A segment's heading, and its rows, for choosing those that fit side by side.
struct Side {
    name: String,
    rows: usize,
}

/// The segments with the most rows, by their places, and what is said of the others.
fn side_by_side(sides: &[Side]) -> (Vec<usize>, Option<String>) {
    let mut places: Vec<usize> = (0..sides.len()).collect();
    places.sort_by_key(|at| std::cmp::Reverse(sides[*at].rows));
    let hidden = places.len().saturating_sub(SIDE_BY_SIDE);
    places.truncate(SIDE_BY_SIDE);
    places.sort_unstable();
    let note = format!("{hidden} segments with fewer rows are not shown; --json has all");
    (places, (hidden > 0).then_some(note))
}

fn heading(name: Option<&str>) -> String {
    name.map_or_else(|| "NULL".to_owned(), shown)
}

fn proposal_text(told: &Proposal, console: Console) -> String {
    let sides = told.segments.iter();
    let sides: Vec<Side> =
        sides.map(|segment| Side { name: heading(segment.name.as_deref()), rows: segment.rows }).collect();
    let (places, hidden) = side_by_side(&sides);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (at, bin) in told.binned.bins.iter().enumerate() {
        let mut row = vec![bin.bin.clone(), bin.rows.to_string(), percent(bin.share)];
        row.extend(places.iter().map(|place| percent(told.segments[*place].bins[at].share)));
        rows.push(row);
    }
    let missing = |rows: usize, known: usize| (rows - known).to_string();
    let spread = &told.binned.distribution;
    let mut row = vec!["no value".to_owned(), missing(spread.rows, spread.known), String::new()];
    row.extend(places.iter().map(|at| missing(told.segments[*at].rows, told.segments[*at].known)));
    rows.push(row);
    let mut text = spread_text(told);
    text += &sheet(["bin", "rows", "share"], &sides, &places, rows).fitted(console.width);
    for note in hidden.iter().chain(&told.binned.note) {
        text += &format!("{note}\n");
    }
    told.yaml.iter().for_each(|yaml| text += &format!("\n{yaml}\n"));
    text
}

/// What was looked at, and how its values are spread.
fn spread_text(told: &Proposal) -> String {
    let spread = &told.binned.distribution;
    let days = match told.days {
        1 => format!("at the end of {}", told.to_date),
        days => format!("on {days} days from {} to {}", told.from_date, told.to_date),
    };
    let by = told.by.as_deref().map_or_else(String::new, |by| format!(", by {}", shown(by)));
    let mut text = format!("{} of {} {days}{by}\n", shown(&told.metric), told.table);
    text += &format!(
        "{} rows, {} without a value; {} different values\n",
        spread.rows,
        percent(Some(spread.missing_share)),
        spread.distinct
    );
    if spread.not_finite > 0 {
        text += &format!("{} rows are infinite or no number: they count as missing\n", spread.not_finite);
    }
    let [min, q1, median, q3, max] =
        [spread.min, spread.q1, spread.median, spread.q3, spread.max].map(number);
    text + &format!(
        "least {min} · a quarter to {q1} · half to {median} · three quarters to {q3} · greatest {max}\n"
    )
}

fn sheet<const N: usize>(
    first: [&str; N],
    sides: &[Side],
    places: &[usize],
    rows: Vec<Vec<String>>,
) -> Sheet {
    let mut names: Vec<String> = first.map(str::to_owned).to_vec();
    names.extend(places.iter().map(|at| sides[*at].name.clone()));
    let right = (0..names.len()).map(|at| at > 0).collect();
    // The segments with the fewest rows are the first to go.
    let mut by_rows: Vec<usize> = (0..places.len()).collect();
    by_rows.sort_by_key(|at| sides[places[*at]].rows);
    Sheet { names, right, yields: by_rows.into_iter().map(|at| N + at).collect(), rows }
}

fn current_text(told: &Current, console: Console) -> String {
    let by = told.by.as_deref().map_or_else(String::new, |by| format!(", by {}", shown(by)));
    let mut text =
        format!("{} in {} at the end of {}{by}\n", shown(&told.title), told.score_name, told.as_of_date);
    let sides = told.segments.iter();
    let sides: Vec<Side> =
        sides.map(|segment| Side { name: heading(segment.name.as_deref()), rows: segment.rows }).collect();
    let (places, hidden) = side_by_side(&sides);
    for rule in &told.rules {
        text += &rule_heading(rule, &told.rules);
        let rows = rule.bins.iter().map(|bin| {
            let mut row = vec![shown(&bin.bin), short(bin.points), bin.rows.to_string(), percent(bin.share)];
            row.extend(places.iter().map(|at| percent(bin.segment_shares[*at])));
            row
        });
        text +=
            &sheet(["bin", "points", "rows", "share"], &sides, &places, rows.collect()).fitted(console.width);
    }
    for valueless in &told.valueless {
        text += &format!("without a bin, {}: {} rows\n", valueless.state.replace('_', " "), valueless.rows);
    }
    hidden.iter().for_each(|note| text += &format!("{note}\n"));
    text
}

/// Who a rule is for, where it is not for all.
fn rule_heading(rule: &CurrentRule, all: &[CurrentRule]) -> String {
    let is_rest = all.iter().any(|other| other.when.is_some() && other.scorecards == rule.scorecards);
    let cards = (!rule.scorecards.is_empty()).then(|| format!("scorecard {}", rule.scorecards.join(", ")));
    let when = match &rule.when {
        Some(when) => Some(format!("where {}", shown(when))),
        None => is_rest.then(|| "else".to_owned()),
    };
    let parts: Vec<String> = cards.into_iter().chain(when).collect();
    if parts.is_empty() { String::new() } else { format!("{}:\n", parts.join(", ")) }
}
