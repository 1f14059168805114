//! `hale history`

use clap::Args;
use serde_json::{Value, json};

use super::arguments::{OutAt, ReadingAs};
use super::console::Console;
use super::context::Context;
use super::outcome::Outcome;
use super::output::{self, Sheet};
use crate::store::{Commit, What, history};

/// List what was published: commit after commit, by whom and why, and which days are held
///
/// Each run that changes anything makes one commit. `hale show`, `query` and `explain` read an earlier one with --commit N;
/// `hale rollback N` publishes it again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale history                      the newest first
  hale history --limit 5 --json")]
pub(super) struct History {
    /// The most commits to list
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    out: OutAt,
}

impl History {
    pub async fn execute(self, context: &Context) -> Outcome {
        let (pipeline, _) = context.sound_pipeline()?;
        let engine = context.engine()?;
        let out = context.out_of(&self.out, self.reading.reading(), &pipeline, &engine)?;
        let mut commits = history(&out).await?;
        commits.truncate(self.limit.unwrap_or(usize::MAX));
        if context.console.json {
            return output::json_line(&to_json(&commits));
        }
        output::write(text(&commits, context.console).as_bytes())
    }
}

fn to_json(commits: &[Commit]) -> Value {
    let commit = |commit: &Commit| {
        json!({
            "commit": commit.number, "at": commit.at, "by": commit.by, "run_id": commit.run, "what": commit.what,
            "why": commit.why, "definition": commit.definition, "held": commit.held,
            "erased_by": commit.erased_by,
        })
    };
    json!({ "commits": commits.iter().map(commit).collect::<Vec<_>>() })
}

fn text(commits: &[Commit], console: Console) -> String {
    let Some(newest) = commits.first() else { return "nothing was published yet\n".to_owned() };
    let row = |commit: &Commit| {
        vec![
            commit.number.to_string(),
            commit.at.format("%Y-%m-%d %H:%M:%SZ").to_string(),
            commit.by.clone(),
            did(commit),
            commit.why.clone().unwrap_or_default(),
        ]
    };
    let names = ["commit", "at", "by", "what", "why"].map(str::to_owned).to_vec();
    let right = vec![true, false, false, false, false];
    let rows = commits.iter().map(row).collect();
    let mut text = Sheet { names, right, yields: vec![4, 2], rows }.fitted(console.width);
    for (day, held) in &newest.held {
        text += &format!("{day} is held since commit {}: {}\n", held.since, held.why);
    }
    text
}

/// What a commit did, in a few words.
fn did(commit: &Commit) -> String {
    let since: Vec<String> = commit.erased_by.iter().map(u64::to_string).collect();
    let since =
        if since.is_empty() { String::new() } else { format!("; rows erased by {}", since.join(", ")) };
    let what = match &commit.what {
        What::Published { from, to, rescored, tables, columns_added } => {
            let days = if from == to { from.to_string() } else { format!("{from} to {to}") };
            let verb = if *rescored { "scored again" } else { "published" };
            let count = match tables.len() {
                0 => "the same rows, made of other files or another definition".to_owned(),
                1 => "1 table".to_owned(),
                count => format!("{count} tables"),
            };
            let added =
                columns_added.iter().map(|(table, days)| format!("; new columns on {days} days of {table}"));
            format!("{verb} {days}, {count}{}", added.collect::<String>())
        }
        What::RolledBack { to } => format!("rolled back to {to}"),
        What::Unpublished { days } => format!("unpublished {}", listed(days)),
        What::Released { days } => format!("released {}", listed(days)),
        What::Collected { kept_from } => format!("kept from {kept_from}"),
        What::Expired { keep, days } => format!("took out {}, beyond {keep}", listed(days)),
        What::Promoted { draft, score, definition } => {
            format!("promoted {draft} to {score}, definition {definition}")
        }
        What::Renamed { tables } => {
            let renamed = tables.iter().map(|(old, new)| format!("{old} to {new}"));
            format!("renamed {}", renamed.collect::<Vec<_>>().join(", "))
        }
        What::Erased { column, values, rows, objects, .. } => {
            format!("erased {values} of {column}: {rows} rows of {objects} files")
        }
    };
    what + &since
}

fn listed(days: &[chrono::NaiveDate]) -> String {
    match days {
        [] => "no day".to_owned(),
        [day] => day.to_string(),
        [first, .., last] => format!("{} days, {first} to {last}", days.len()),
    }
}
