//! `hale agree`

use std::path::PathBuf;

use clap::Args;

use super::arguments::{PublishedAt, ReadingAs};
use super::console::Console;
use super::context::Context;
use super::numbers::percent;
use super::outcome::Outcome;
use super::output::{self, Sheet, shown};
use crate::agree::{Agreement, Apart, KeptValue, agreement};
use crate::evidence::{Interval, Published, TypedRows};
use crate::explain::score_named;

/// Hold scores that were kept by hand against the computed ones
///
/// The file, .csv or .parquet, has account_id, score, and `day` where a row is not of the newest published day. Kept scores may
/// be of any scale: told is the rank correlation (Spearman: 1 is the same order, 0 none), with the range in which 95 of 100
/// such numbers lie when accounts are drawn again, and the accounts that lie farthest apart, by their places among all of the
/// day. A kept score may be words as well, such as red, yellow and green: told are the computed scores and tiers of each. The
/// computed score is that before overrides. Nothing is written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale agree --with kept.csv                     of the main score
  hale agree health --with kept.csv --names 20
  hale agree --with kept.csv --json | jq '.apart[] | {account_id, kept, score}'")]
pub(super) struct Agree {
    /// The score [default: the main one]
    score: Option<String>,
    /// The file of kept scores
    #[arg(long, value_name = "FILE")]
    with: PathBuf,
    /// How many accounts are named that lie apart
    #[arg(long, value_name = "N", default_value_t = 10)]
    names: usize,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    out: PublishedAt,
}

impl Agree {
    pub async fn execute(self, context: &Context) -> Outcome {
        let file = TypedRows::read(&self.with)?;
        let pipeline = context.pipeline()?;
        let engine = context.engine()?;
        let out = context.published(&self.out, self.reading.reading(), (&pipeline, &engine)).await?;
        let published = Published { pipeline: &pipeline, engine: &engine, out: &out };
        let score = score_named(&pipeline, self.score.as_deref())?;
        let told = agreement(&published, score, &file, self.names).await?;
        output::value(&told, &text(&told, context.console), context.console)
    }
}

fn text(told: &Agreement, console: Console) -> String {
    let days = match told.days.as_slice() {
        [day] => day.to_string(),
        [first, .., last] => format!("{} days from {first} to {last}", told.days.len()),
        [] => String::new(),
    };
    let mut text = format!("{} beside {}, {days}\n", shown(&told.title), shown(&told.file));
    text += &format!("{} of {} rows have a computed score", told.compared, told.rows);
    let unknown = told.unknown.len();
    if told.unscored > 0 {
        text += &format!("; unscored: {}", told.unscored);
    }
    if unknown > 0 {
        text += &format!("; of no account of the day: {unknown} ({})", few(&told.unknown));
    }
    if told.empty > 0 {
        text += &format!("; without a kept score: {}", told.empty);
    }
    text += "\n";
    if let Some(correlation) = told.correlation {
        let range = told
            .interval
            .map_or_else(String::new, |Interval { from, to }| format!(" ({from:.2} to {to:.2})"));
        text += &format!("rank correlation {correlation:.2}{range}\n");
    }
    if !told.values.is_empty() {
        text += &format!("\n{}", values(&told.values).fitted(console.width));
    }
    if !told.apart.is_empty() {
        text += &format!(
            "\nfarthest apart, by the share of the day's accounts below:\n{}",
            apart(&told.apart).fitted(console.width)
        );
    }
    text
}

fn few(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let listed: Vec<String> = names.iter().take(SHOWN).map(|name| shown(name)).collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    listed.join(", ") + more
}

fn values(values: &[KeptValue]) -> Sheet {
    let tiers = |value: &KeptValue| {
        let tiers = value.tiers.iter().map(|(tier, count)| format!("{count} {}", shown(tier)));
        tiers.collect::<Vec<_>>().join(", ")
    };
    let row = |value: &KeptValue| {
        vec![shown(&value.kept), value.rows.to_string(), format!("{:.1}", value.mean_score), tiers(value)]
    };
    Sheet {
        names: ["kept", "rows", "mean score", "tiers"].map(str::to_owned).to_vec(),
        right: vec![false, true, true, false],
        yields: vec![3],
        rows: values.iter().map(row).collect(),
    }
}

fn apart(rows: &[Apart]) -> Sheet {
    let row = |row: &Apart| {
        vec![
            shown(&row.account_id),
            row.as_of_date.to_string(),
            shown(&row.kept),
            percent(Some(row.kept_place)),
            format!("{:.1}", row.score),
            shown(&row.tier),
            percent(Some(row.place)),
        ]
    };
    Sheet {
        names: ["account", "day", "kept", "below it", "score", "tier", "below it"]
            .map(str::to_owned)
            .to_vec(),
        right: vec![false, false, true, true, true, false, true],
        yields: vec![0, 5],
        rows: rows.iter().map(row).collect(),
    }
}
