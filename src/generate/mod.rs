//! Synthetic sources: a believable world at any scale, seeded and streamed.
//!
//! ```text
//! World ──► Population ──► Scale ──► a day's events ──► Parquet
//! (asked    (accounts,     (habits    (per account       (one file for each month
//!  for)      users,         to the     and day)           of events)
//!            health)        number
//!                           of events)
//! ```
//!
//! # The world
//!
//! Every account has a **latent health** in \[0, 1\] that no table shows: a weekly walk around the account's own level.
//! Before an account churns, its health falls in a straight line for 60 to 119 days, and with it everything that can be
//! seen: how often users come, how many features they use, how often calls fail. Accounts are of very unequal size
//! (log-logistic), a few users of an account do most of the work, features differ in popularity, and activity follows
//! the week and slows at the turn of the year.
//!
//! Managers feel the latent health, not exactly: three in five judge their accounts every two or three months. They
//! change now and then, and decide against a score here and there.
//!
//! # The tables
//!
//! | table | file | one row is | columns |
//! | --- | --- | --- | --- |
//! | accounts | `accounts.parquet` | an account | account_id, name, segment (`SMB`, `MM`, `ENT`), is_test, customer_since, churned_on (null while a customer) |
//! | users | `users.parquet` | a user | user_id, account_id, role (`owner`, `admin`, `member`, `viewer`), created_on |
//! | events | `events/YYYY-MM.parquet` | a delivered event | event_id, account_id, user_id, session_id, event_name, feature, seconds, is_error, occurred_at, available_at |
//! | account_owners | `account_owners.parquet` | a manager's time with an account | account_id, owner_id, role (`csm`), start_at, end_at (null to this day) |
//! | assessments | `assessments.parquet` | a version of a manager's judgement | assessment_id, account_id, component (`csm_pulse`), value, scale (5), reason, author_id, effective_at, expires_at, recorded_at, supersedes_id |
//! | overrides | `overrides.parquet` | a decision against a score | override_id, account_id, score_name (`health`), mode, value, reason, author_id, effective_at, expires_at, revoked_at, recorded_at |
//!
//! Times are UTC, in microseconds, without a zone. Events are sorted by `occurred_at`; `event_name` is `login` (one
//! per session), `feature_use` (with feature), `content_view` or `api_call` (an integration: no user, no session).
//! `seconds` is time in the product and never null. The extract is taken at 06:00 on the morning after the last
//! day: what arrives later is not in it.
//!
//! # What is planted
//!
//! Worlds of at least 40 accounts contain, by account:
//!
//! | account | what is awkward |
//! | --- | --- |
//! | `a000001`, `a000002`, `a000003` | names with quotes and comma; outside ASCII; with `../`, `;` and a line break |
//! | `a000004` | a test account |
//! | `a000005` | brand new: a customer since the last day |
//! | `a000006`, `a000007` | no user (events of its integration at most); users but no event |
//! | `a000008` | used the product for 30 days before `customer_since` |
//! | `a000009` | one user; events on the last microsecond outside and the first inside the last 28-day window |
//! | `a000010` | nothing in the 28 days before the last 28: growth divides by zero |
//! | `a000011` | still a customer, silent for the last 35 days |
//! | `a000012`, `a000013` | churned, with events up to five days after; churned before the first day |
//! | `a000014` | events of a user (the first of four) who is missing from `users` |
//! | `a000001` | judged, and handed over to another manager ten days later |
//! | `a000002`, `a000003` | judged twice; a judgement that expired five days before the end |
//! | `a000009`, `a000010` | judged, and written down 20 days later; a judgement corrected under its own id |
//! | `a000001`, `a000009`, `a000011`, `a000014` | an override in force: `cap`, `floor`, `set`, `adjust` |
//! | `a000002`, `a000003` | an override that expired; one that was revoked |
//! | one past the last | events and a user of an account that is missing from `accounts` |
//!
//! and, anywhere, 4 rows in 1,000 that arrive 1 to 10 days late and 5 in 10,000 that were delivered twice, equal in every column.
//! Otherwise every `account_id` and every non-null `user_id` has its row, users act for their own account and not before `created_on`.
//!
//! # Where to add a table
//!
//! A builder beside those in `tables.rs`, a line in [`generate`], a row in the table above.

mod activity;
mod advocacy;
mod billing;
mod company;
mod contracts;
mod day;
mod draw;
mod files;
mod health;
mod history;
mod judgement;
mod loads;
mod messages;
mod names;
mod onboarding;
mod opportunities;
mod people;
mod plant;
mod population;
mod product;
mod relationship;
mod rows;
mod scene;
mod sheet;
mod signing;
mod stories;
mod support;
mod surveys;
mod tables;
mod truth;
mod users;

use std::sync::Arc;

use arrow::error::ArrowError;
use chrono::{Datelike, NaiveDate};
use object_store::ObjectStore;
use object_store::path::Path;

use crate::error::{Error, Result};
use files::{Place, Written};
use judgement::Judgement;
use population::Population;

/// What to generate. The same value gives the same bytes; [`World::default`] is the bundled sample in `data/`.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// How many accounts, at least 1.
    pub accounts: u32,
    /// Users per account, on average; each account has at least one, planted exceptions aside.
    pub users_per_account: f64,
    /// How many days, at least 1.
    pub days: u32,
    /// The last day.
    pub end: NaiveDate,
    /// About how many events; the exact number is up to chance.
    pub events: u64,
    /// Names the world among all worlds of this shape.
    pub seed: u64,
}

impl Default for World {
    fn default() -> Self {
        Self {
            accounts: 120,
            users_per_account: 8.0,
            days: 200,
            end: NaiveDate::from_ymd_opt(2026, 9, 30).expect("30 September exists"),
            events: 120_000,
            seed: 1,
        }
    }
}

/// What was generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows of `accounts`.
    pub accounts: u64,
    /// Rows of `users`.
    pub users: u64,
    /// Rows of `events`.
    pub events: u64,
    /// Rows of all sources together.
    pub rows: u64,
    /// Bytes of all files together.
    pub bytes: u64,
}

/// Writes the sources of `world` under `folder` of `store`, with up to `threads` months of events at a time.
///
/// Memory grows with accounts, users and threads, not with events. Files of the same names are replaced.
///
/// # Errors
///
/// [`Error::Usage`] for a world that cannot be, and where `events/` holds files that this world would leave standing
/// among its own; [`Error::Transient`] where the store fails.
pub async fn generate(
    world: &World,
    store: &Arc<dyn ObjectStore>,
    folder: &Path,
    threads: usize,
) -> Result<Summary> {
    world.validate()?;
    let place = Place { store: Arc::clone(store), folder: folder.clone(), threads: threads.max(1) };
    history::refuse_strangers(world, &place).await?;
    let population = Arc::new(Population::new(world));
    let accounts = population.accounts.iter().filter(|account| account.is_listed()).count() as u64;
    let mut summary = Summary { accounts, ..Summary::default() };
    for written in stories::write(world, &population, &place).await? {
        if written.file == "users.parquet" {
            summary.users = written.rows;
        }
        summary.add(&written);
    }
    for (name, rows) in people::tables(world, &Judgement::new(world, &population)).map_err(unfit)? {
        summary.add(&place.write_table(name, &rows).await?);
    }
    for written in history::write(world, population, &place).await? {
        summary.events += written.rows;
        summary.add(&written);
    }
    Ok(summary)
}

impl Summary {
    fn add(&mut self, written: &Written) {
        self.rows += written.rows;
        self.bytes += written.bytes;
    }
}

impl World {
    fn validate(&self) -> Result<()> {
        let wrong = |what: &str| Err(Error::Usage(format!("cannot generate a world: {what}")));
        if self.accounts == 0 || self.days == 0 {
            return wrong("it needs at least one account and one day");
        }
        if !(self.users_per_account > 0.0 && self.users_per_account <= 1e6) {
            return wrong("users per account must lie between 0 and 1,000,000");
        }
        if self.accounts > 10_000_000 || f64::from(self.accounts) * self.users_per_account > 1e8 {
            return wrong("more than 10 million accounts or 100 million users");
        }
        if self.days > 100_000 {
            return wrong("more than 100,000 days");
        }
        if self.end.year() < 1900 || self.end.year() > 2200 {
            return wrong("the last day must lie between 1900 and 2200");
        }
        Ok(())
    }
}

fn unfit(error: ArrowError) -> Error {
    Error::Bug(error.to_string())
}
