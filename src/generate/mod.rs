//! Synthetic sources: a believable world at any scale, seeded and streamed.
//!
//! ```text
//! World ──► Population ──┬─► Scale ──► a day's events ──► events/YYYY-MM.parquet, a month at a time
//! (asked    (accounts,   │   (habits    (log: per account
//!  for)      users,      │    to their    and day)
//!            health)     │    number)
//!                        ├─► Scene ──► Rows ──► every other source and truth/, a stretch of accounts at a time
//!                        │   (one       (contracts, bills, requests, answers, letters,
//!                        │    account)   people, plans, deals: one subject a file)
//!                        └─► Judgement ──► owners, assessments, overrides
//! ```
//!
//! # The world
//!
//! Every account has a **latent health** in \[0.05, 1\] that no source shows and all of them follow. It is a first-order
//! autoregressive walk by week, linear in between, around the account's own level μ (uniform in 0.35 … 0.95):
//! h(w+1) = h(w) + 0.08 · (μ − h(w)) + 0.045 · ε, ε near normal, less the **blows** that have fallen: in 1.2 % of
//! weeks, 0.15 to 0.35 deep, fading by a fifth a week. **Churn follows decline**: before an account leaves its health
//! falls in a straight line to 0.05 over a lead time of 60 to 119 days. Two in five accounts are to leave, 90 to 1,184
//! days after they began, where that day lies in the world. **A play**: who falls below 0.4 is chosen once; a coin gives
//! one half three lessons (`interactions` of type `training`), which lift health by up to 0.2 for twelve weeks and keep
//! 65 in 100 of those who were about to leave; the other half is held out.
//!
//! | follows health (a driver) | does not (irrelevant) |
//! | --- | --- |
//! | how often users come, how many features they use, how often calls fail | the length of a single use, the hour, weekends |
//! | `campaigns_sent` | `storage_gb` |
//! | bugs, incidents, billing questions; severity, hours to resolve, escalations, reopenings | questions, channels |
//! | NPS, CSAT, and whether they are answered | CES |
//! | the sentiment of messages, praise and complaints | how many messages there are |
//! | days late, failed payments, disputes | discount, automatic renewal, days of notice |
//! | meetings kept, executives present, sponsors who leave before 45 in 100 churns | how many meetings are planned |
//! | more or fewer seats, other products, acts for us, pace of onboarding, goals reached, what sellers expect | line of business |
//!
//! Accounts are of very unequal size (log-logistic), a few users of an account do most of the work, features differ in
//! popularity, and activity follows the week and slows at the turn of the year. Owners feel the health, not exactly:
//! three in five judge their accounts every two or three months.
//!
//! # The sources
//!
//! All of those that `sql/raw/` describes. Times are UTC, in microseconds, without a zone; money is in cents. Events are
//! sorted by `occurred_at`. The extract is taken at 06:00 on the morning after the last day: what arrives later is not in
//! it. Anywhere, 4 events in 1,000 arrive 1 to 10 days late, one in twenty of these up to 60, and 5 in 10,000 were
//! delivered twice, equal in every column; of other sources 2 rows in 1,000 were. [`Ids::Uuid`] gives every id the look of
//! a UUID, and changes nothing else. Changes of contracts add up to the lines in force on every day, and
//! invoices bill them, to the cent: a month's twelfth, or at the beginning of a term all the months begun in it, of one of
//! several years a year at a time. Notice must be given 14 days before the end of a month, 30 before that of a term, and of the largest
//! accounts 60; who leaves a contract that renews by itself gives it by then, three in five of the others do at all. One enterprise in four signs for three
//! years at a time. Three in sixteen accounts that leave do so because of `bankruptcy`, `non-payment`, or were `ended by us`.
//!
//! # The truth
//!
//! `truth/` stands beside the sources and no model reads it: `health.parquet` (account_id, day, health on the first day of
//! each of its weeks), `accounts.parquet` (planted, declines_from, churned_on, returned_on, chosen_for_play_on, is_treated,
//! is_kept_by_play), `facts.parquet` (kind, what, from_day, until_day: drivers, irrelevant signals and what befalls all) and
//! `planted.parquet`: the single rows that were planted, each with its kind, whose it is, its key (`row_id`), the day that it
//! is about, what it said before (`was`) and says since (`becomes`), and from when that was known. Its kinds:
//!
//! | kind | the row |
//! | --- | --- |
//! | `answered again` | 5 in 100 answers of surveys: another answer under the same id, 2 to 36 days later |
//! | `severity raised` | 5 in 100 requests: one severity worse, 1 to 6 days later |
//! | `request known late` | 1 in 100 requests, known 11 to 59 days after they were made |
//! | `charged back months later` | 2 in 100 payments, taken back 60 to 119 days later; the invoice is open again |
//! | `plan begun on a wrong day` | one plan in five: written down 5 to 19 days too early, and mended within days |
//! | `stage backdated` | 6 in 100 customers: a stage of the CRM written down 5 to 29 days after it is said to hold |
//! | `contract signed late`, `renewal signed early`, `line taken back` | of `a000039` |
//! | `renewal signed late`, `renewal overdue` | of `a000038`: on paper its contract has run out |
//! | `account merged` | `a000036`, 40 days before the end: its lines, users and events are those of `other_id` since |
//! | `user moved` | who went over with it, and a user of `a000018` |
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
//! | `a000015` | pays for the platform and for no seat |
//! | `a000016` | a stage of the CRM and a lost opportunity, written down 40 days after the day they are said to hold from |
//! | `a000017` … `a000020` | a parent; its children thrive, have left, are about to leave |
//! | `a000021`, `a000022` | left and came back, after 12 days and after 75 |
//! | `a000023` | half of the seats given back, twice, and stays |
//! | `a000024` | two contracts of several lines in two currencies |
//! | `a000025` | a season: hardly used in July and August |
//! | `a000026` | its champion is silent for the last 40 days while totals hold |
//! | `a000027` | only the row of now is known: `valid_from` is NULL |
//! | `a000028` | a renewal written down six days after the term had ended |
//! | `a000029` | a customer 300 days longer than its contracts reach back |
//! | `a000030` | its last five invoices: disputed, voided, half paid, charged back, refunded |
//! | `a000031` | its executive sponsor left 50 days before the end |
//! | `a000032` | began 100 days ago; onboarding stands still after two steps |
//! | `a000033` | a prospect, never a customer |
//! | `a000034` | events, requests, answers, messages and feedback on either edge of the last 7, 28, 30, 56, 90 and 180 days |
//! | `a000035` | a customer of whom no optional source but changes of contracts and owners knows |
//! | `a000001` | judged, and handed over to another owner ten days later |
//! | `a000002`, `a000003` | judged twice; a judgement that expired five days before the end |
//! | `a000009`, `a000010` | judged, and written down 20 days later; a judgement corrected under its own id |
//! | `a000001`, `a000009`, `a000011`, `a000014` | an override in force: `cap`, `floor`, `set`, `adjust` |
//! | `a000002`, `a000003` | an override that expired; one that was revoked |
//! | `a000036`, `a000037` | goes on in the other since 40 days before the end; the one in which it does |
//! | `a000018`, `a000017` | a user of the one goes over to the other 70 days before the end |
//! | `a000038` | renewed on paper twelve days after its term had ended, and again past its end, for ten days, without a word |
//! | `a000039` | a contract signed twelve days after it began and renewed 40 days early; a line signed and taken back |
//! | one past the last | events and a user of an account that is missing from `accounts` |
//!
//! and of all of them: a week in which four in five uses of features are lost (in worlds of at least 150 days), eight
//! nights on which loads of tickets fail, feedback that is not collected in the first quarter.
//! Otherwise every `account_id` and every non-null `user_id` has its row, users act for the account that they are in, not before
//! they signed in first and not after their seat was taken back.
//!
//! # Where to add a source
//!
//! A file for its subject beside `support.rs`: rows, the story that makes them, and `row::Row` for their columns; a
//! field and two lines in `rows.rs`; a line in the tables above.

mod account;
mod activity;
mod advocacy;
mod billing;
mod company;
mod contracts;
mod crm;
mod day;
mod draw;
mod files;
mod health;
mod history;
mod ids;
mod judgement;
mod loads;
mod messages;
mod moves;
mod names;
mod onboarding;
mod opportunities;
mod paper;
mod people;
mod plant;
mod planted;
mod population;
mod product;
mod relationship;
mod row;
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
mod world;

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path;

use crate::error::Result;
use files::{Place, Written, unfit};
pub use ids::Ids;
use ids::Naming;
use judgement::Judgement;
use population::Population;
pub use world::World;

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

/// Writes the sources of `world` and the truth about it under `folder` of `store`, with up to `threads` months of events
/// or stretches of accounts at a time.
///
/// Memory grows with accounts, users and threads, not with events. Files of the same names are replaced.
///
/// # Errors
///
/// [`Error::Usage`](crate::error::Error::Usage) for a world that cannot be, and where `events/` holds files that this world
/// would leave standing among its own; [`Error::Transient`](crate::error::Error::Transient) where the store fails.
pub async fn generate(
    world: &World,
    store: &Arc<dyn ObjectStore>,
    folder: &Path,
    threads: usize,
) -> Result<Summary> {
    world.validate()?;
    let place = Place {
        store: Arc::clone(store),
        folder: folder.clone(),
        threads: threads.max(1),
        naming: Naming::new(world.ids, world.seed),
    };
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
