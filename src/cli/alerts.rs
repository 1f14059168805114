//! `hale alerts`

use std::path::PathBuf;

use clap::Args;

use super::arguments::{Moment, PublishedAt, ReadingAs};
use super::console::Console;
use super::context::Context;
use super::outcome::Outcome;
use super::output::{self, Sheet, shown};
use crate::alerts::{Asked, EventTold, RuleTold, StateTold, Watched, watch};
use crate::engine::sources::Reading;
use crate::evidence::Published;

/// Show which accounts somebody should look at, by rules over the published days of a score
///
/// Rules are files of sql/alerts: a score that fell, is low for long, or declines. An alert opens, may be answered, is over when it is good
/// again for long enough, and comes back as the same one within its cooldown. All of it follows from the published days up to the
/// one that is looked at: history that is built again has other alerts. Changes are compared under the definition of the day; what
/// a new definition, another scorecard or a day on which everybody fell did is told of nobody.
///
/// --acts is a file (CSV or Parquet) of what people did: account_id, rule, day, act (acknowledged, done or snoozed), of a snooze
/// `until`, and `known_on` where that is another day. Without it no alert is overdue. An act counts for the alert that stood on its
/// own day; what counts for nothing is in `acts_without_alert`, with `why`.
///
/// --told is a file of what was told: account_id, rule, day, what. The result has in `to_tell` what differs from how history
/// reads now, each once; who tells it adds these lines to the file. Nothing is sent, and nothing is written. `notes` has what else is
/// to be known: a rule that can never open on days that lie so far apart, lines of rules that are not there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale alerts                                    the newest published day of the main score
  hale alerts --days 28                          with what happened in the four weeks up to it
  hale alerts --account acme-042 --days 90       every day of one account
  hale alerts --acts tasks.csv                   with what people did about them
  hale alerts --told told.csv --json | jq '.to_tell[] | {account_id, rule, what, words}'")]
pub(super) struct Alerts {
    /// The score [default: the main one]
    score: Option<String>,
    /// The published day that is looked at [default: the newest]
    #[arg(long, value_name = "DAY")]
    as_of: Option<Moment>,
    /// Of how many days up to it events are told
    #[arg(long, value_name = "N", default_value_t = 7)]
    days: u32,
    /// One account alone, each of these days
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// What people did about alerts
    #[arg(long, value_name = "FILE")]
    acts: Option<PathBuf>,
    /// What was told of alerts
    #[arg(long, value_name = "FILE")]
    told: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    out: PublishedAt,
}

impl Alerts {
    pub async fn execute(self, context: &Context) -> Outcome {
        let pipeline = context.pipeline()?;
        let engine = context.engine()?;
        let reading = self.reading.reading();
        let out = context.published(&self.out, reading, (&pipeline, &engine)).await?;
        let asked = Asked {
            score: self.score,
            day: self.as_of.map(|moment| moment.day(pipeline.settings.time_zone)),
            days: self.days,
            account: self.account,
            acts: self.acts,
            told: self.told,
            as_known: reading == Reading::AsKnown,
        };
        let published = Published { pipeline: &pipeline, engine: &engine, out: &out };
        let told = watch(&published, &asked).await?;
        output::value(&told, &text(&told, context.console), context.console)
    }
}

fn text(told: &Watched, console: Console) -> String {
    let mut text = format!("{} on {}\n", shown(&told.title), told.as_of);
    text += &rules(told).fitted(console.width);
    if told.states.is_empty() {
        text += "\nNobody has to be looked at.\n";
    } else {
        text += &format!("\n{}", states(told).fitted(console.width));
    }
    if !told.events.is_empty() {
        text +=
            &format!("\nWhat happened from {} on:\n{}", told.from_date, events(told).fitted(console.width));
    }
    let ignored = told.acts_without_alert.len();
    if ignored > 0 {
        text +=
            &format!("\n{ignored} of what people did counts for nothing; --json lists it and says why.\n");
    }
    if let Some(lines) = &told.to_tell {
        text += &match lines.len() {
            1 => "\n1 line is to be told; --json lists it.\n".to_owned(),
            count => format!("\n{count} lines are to be told; --json lists them.\n"),
        };
    }
    for note in &told.notes {
        text += &format!("\nNote: {}.\n", shown(note));
    }
    text
}

fn rules(told: &Watched) -> Sheet {
    let row = |rule: &RuleTold| {
        let counts = [rule.active, rule.opened, rule.pending, rule.suppressed, rule.not_evaluable];
        let counts = counts.map(|count| if count == 0 { String::new() } else { count.to_string() });
        [shown(&rule.title)].into_iter().chain(counts).collect()
    };
    Sheet {
        names: ["rule", "alerts", "opened", "pending", "suppressed", "not evaluable"]
            .map(str::to_owned)
            .to_vec(),
        right: vec![false, true, true, true, true, true],
        yields: vec![5, 4, 3],
        rows: told.rules.iter().map(row).collect(),
    }
}

fn states(told: &Watched) -> Sheet {
    let row = |state: &StateTold| {
        vec![
            shown(&state.account_id),
            state.as_of_date.to_string(),
            state.rule.clone(),
            state.state.unwrap_or("left").to_owned(),
            state.since.to_string(),
            if state.level == 0 { String::new() } else { state.level.to_string() },
            state.words.as_deref().map(shown).unwrap_or_default(),
        ]
    };
    Sheet {
        names: ["account", "day", "rule", "state", "since", "level", "why"].map(str::to_owned).to_vec(),
        right: vec![false, false, false, false, false, true, false],
        yields: vec![1, 5, 6, 4],
        rows: told.states.iter().map(row).collect(),
    }
}

fn events(told: &Watched) -> Sheet {
    let row = |event: &EventTold| {
        vec![
            shown(&event.account_id),
            event.as_of_date.to_string(),
            event.rule.clone(),
            event.event.to_owned(),
            event.words.as_deref().map(shown).unwrap_or_default(),
        ]
    };
    Sheet {
        names: ["account", "day", "rule", "event", "why"].map(str::to_owned).to_vec(),
        right: vec![false; 5],
        yields: vec![4],
        rows: told.events.iter().map(row).collect(),
    }
}
