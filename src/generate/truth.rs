//! What is true of the world and stands in no source: written to `truth/`, which no model reads.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::day;
use super::loads;
use super::names::AccountId;
use super::row::Row;
use super::scene::Scene;
use super::sheet::{Clock, Sheet};

/// The latent health of an account on the first day of a week.
#[derive(Clone, Debug)]
pub(super) struct Health {
    account: u32,
    day: i32,
    health: f64,
}

/// The health of one account, week by week; it is linear in between.
pub(super) fn health(scene: &Scene<'_>) -> Vec<Health> {
    let account = scene.account.index;
    let weeks = (0..scene.days()).step_by(7).filter(|day| scene.is_customer(*day));
    weeks.map(|day| Health { account, day, health: scene.health(day) }).collect()
}

/// What became of an account, and why.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    account: u32,
    plant: String,
    declines: Option<i32>,
    churned: Option<i32>,
    returned: Option<i32>,
    chosen: Option<i32>,
    is_treated: Option<bool>,
    is_kept: Option<bool>,
}

/// The fate of one account.
pub(super) fn fate(scene: &Scene<'_>) -> Option<Fate> {
    let account = scene.account;
    let play = account.play;
    account.is_listed().then(|| Fate {
        account: account.index,
        plant: format!("{:?}", account.plant),
        declines: account.declines,
        churned: account.churned,
        returned: account.returned,
        chosen: play.map(|play| play.chosen),
        is_treated: play.map(|play| play.is_treated),
        is_kept: play.map(|play| play.kept),
    })
}

/// Something that is true of all accounts.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    kind: &'static str,
    what: &'static str,
    from: Option<i32>,
    until: Option<i32>,
}

/// Signals that follow health, by table: they are drivers of churn, with its lead time.
const DRIVERS: [&str; 15] = [
    "events: how often users come",
    "events: how many features they use",
    "events: how often calls fail",
    "usage_daily: campaigns_sent",
    "tickets: bugs, incidents, billing; severity; hours to resolve; escalations; reopenings",
    "surveys: nps and csat scores, and whether they are answered",
    "messages: sentiment",
    "feedback: praise and complaints",
    "invoices and payments: days late, failures, disputes",
    "interactions: no-shows, executives present",
    "contacts: the sponsor leaves before 45 in 100 churns",
    "advocacy: acts",
    "onboarding: pace",
    "goals: achieved",
    "opportunities: probability",
];

/// Signals that are drawn without regard to health.
const IRRELEVANT: [&str; 8] = [
    "accounts: industry",
    "tickets: questions, and the channel of all",
    "surveys: ces",
    "messages: channel, and how many",
    "usage_daily: storage_gb",
    "contracts: discount, auto_renew",
    "events: seconds of a single use, midday, weekends",
    "interactions: how many are planned",
];

/// Everything that is true of the world as a whole.
pub(super) fn facts(scene: &Scene<'_>) -> Vec<Fact> {
    let days = scene.days();
    let broken = day::broken(scene.world.days);
    let failing = loads::failing(days);
    let during =
        |kind, what, from: i32, until: i32| Fact { kind, what, from: Some(from), until: Some(until) };
    let mut facts = vec![
        during(
            "fleet shift",
            "four in five uses of features are lost",
            broken.start as i32,
            broken.end as i32,
        ),
        during("not reported", "loads of tickets and ticket_events fail", failing.start, failing.end),
        during("late", "events: 2 in 10,000 come 2 to 60 days after they happened", 0, days),
        during("not reported", "feedback is not collected yet", 0, super::messages::feedback_begins(days)),
        during("config change", "from here on another definition of the score may be tried", days / 2, days),
    ];
    let always = |kind| move |what| Fact { kind, what, from: None, until: None };
    facts.extend(DRIVERS.into_iter().map(always("driver")));
    facts.extend(IRRELEVANT.into_iter().map(always("irrelevant")));
    facts
}

impl Row for Health {
    const FILE: &'static str = "truth/health.parquet";

    fn known(&self) -> i64 {
        i64::MIN
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("account_id", |row| AccountId(row.account))
            .day("day", |row| row.day)
            .real("health", |row| row.health)
            .finish()
    }
}

impl Row for Fate {
    const FILE: &'static str = "truth/accounts.parquet";

    fn known(&self) -> i64 {
        i64::MIN
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("account_id", |row| AccountId(row.account))
            .text("planted", |row| row.plant.clone())
            .maybe_day("declines_from", |row| row.declines)
            .maybe_day("churned_on", |row| row.churned)
            .maybe_day("returned_on", |row| row.returned)
            .maybe_day("chosen_for_play_on", |row| row.chosen)
            .maybe_flag("is_treated", |row| row.is_treated)
            .maybe_flag("is_kept_by_play", |row| row.is_kept)
            .finish()
    }
}

impl Row for Fact {
    const FILE: &'static str = "truth/facts.parquet";

    fn known(&self) -> i64 {
        i64::MIN
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("kind", |row| row.kind)
            .text("what", |row| row.what)
            .maybe_day("from_day", |row| row.from)
            .maybe_day("until_day", |row| row.until)
            .finish()
    }
}
