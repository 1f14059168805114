//! `hale generate`

use std::path::Path;
use std::time::Instant;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use indicatif::{DecimalBytes, HumanCount};
use serde_json::json;

use super::context::Context;
use super::outcome::Outcome;
use super::output;
use super::progress::rate;
use crate::generate::{Ids, World, generate};
use crate::storage::Storage;

/// Write synthetic sources, all that the bundled project reads, at any scale
///
/// Every source follows one latent health of each account, which is written to truth/ beside them. The same arguments
/// give the same bytes. Awkward cases are planted: accounts without users or seats, users of no account, late and
/// duplicate rows, names with quotes and line breaks. What is not given is as in the bundled sample.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale generate --sample --out data                                        the bundled sample
  hale generate --out /tmp/big --accounts 2000 --users-per-account 10 --days 730 --events 20000000
  hale generate --out /tmp/uuids --ids uuid
  hale generate --out s3://lake/try --seed 7 && hale run --as-of 2026-09-30 --sources s3://lake/try")]
pub(super) struct Generate {
    /// Where to write: a folder or a URL such as s3://bucket/path; files of the same names are replaced
    #[arg(long, value_name = "URL")]
    out: String,
    /// Exactly the bundled sample
    #[arg(long, conflicts_with_all = ["accounts", "users_per_account", "days", "end", "events", "seed", "ids"])]
    sample: bool,
    /// Accounts
    #[arg(long, value_name = "N")]
    accounts: Option<u32>,
    /// Users of an account, on average
    #[arg(long, value_name = "X")]
    users_per_account: Option<f64>,
    /// Days of history
    #[arg(long, value_name = "N")]
    days: Option<u32>,
    /// The last day
    #[arg(long, value_name = "DAY")]
    end: Option<NaiveDate>,
    /// Events, about
    #[arg(long, value_name = "N")]
    events: Option<u64>,
    /// Another number, another world of the same shape
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How ids look; the world is the same. UUIDs are text, those of events and sessions too: read them as VARCHAR in
    /// sql/raw/events.sql
    #[arg(long, value_enum, default_value_t)]
    ids: Look,
}

/// How ids look.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Look {
    /// Such as a000017, and numbers for events and sessions
    #[default]
    Short,
    /// A UUID for each
    Uuid,
}

impl Generate {
    pub async fn execute(self, context: &Context) -> Outcome {
        let started = Instant::now();
        let storage = Storage::open(&self.out, Path::new(""))?;
        let world = self.world();
        let summary = generate(&world, storage.store(), &storage.location("")?, context.threads()).await?;
        let took = started.elapsed();
        if context.console.json {
            return output::json_line(&json!({
                "ok": true, "out": storage.shown(), "accounts": summary.accounts, "users": summary.users,
                "events": summary.events, "rows": summary.rows, "bytes": summary.bytes, "seconds": took.as_secs_f64(),
            }));
        }
        output::line(&format!(
            "{} accounts, {} users, {} events, {} rows of all sources in {}: {}, {:.2} s, {} rows/s",
            HumanCount(summary.accounts),
            HumanCount(summary.users),
            HumanCount(summary.events),
            HumanCount(summary.rows),
            storage.shown(),
            DecimalBytes(summary.bytes),
            took.as_secs_f64(),
            HumanCount(rate(summary.rows, took)),
        ))
    }

    /// The sample, with what was asked for in place of its own.
    fn world(&self) -> World {
        let sample = World::default();
        World {
            accounts: self.accounts.unwrap_or(sample.accounts),
            users_per_account: self.users_per_account.unwrap_or(sample.users_per_account),
            days: self.days.unwrap_or(sample.days),
            end: self.end.unwrap_or(sample.end),
            events: self.events.unwrap_or(sample.events),
            seed: self.seed.unwrap_or(sample.seed),
            ids: match self.ids {
                Look::Short => Ids::Short,
                Look::Uuid => Ids::Uuid,
            },
        }
    }
}
