//! What the CRM wrote down about an account, and when.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::company::Company;
use super::draw::{Draw, Purpose};
use super::names::AccountId;
use super::plant::Plant;
use super::planted::Planted;
use super::row::Row;
use super::scene::{HOUR, Scene, day_of, start_of, working_hours};
use super::sheet::{Clock, Sheet};

/// A version of an account in the CRM.
#[derive(Clone, Debug)]
pub(super) struct Version {
    account: u32,
    name: String,
    parent: Option<u32>,
    company: Company,
    stage: &'static str,
    is_customer: bool,
    is_test: bool,
    since: Option<i32>,
    from: Option<i64>,
    recorded: i64,
}

/// The versions of one account: a lead, then a customer in stages, as its seller sees them.
pub(super) fn versions(scene: &Scene<'_>) -> Vec<Version> {
    let account = scene.account;
    if !account.is_listed() {
        return Vec::new();
    }
    let mut draw = scene.draw(Purpose::Crm);
    let parent = parent(scene, &mut draw);
    // Some sellers leave the day to the contracts.
    let since = Some(account.since).filter(|_| account.plant != Plant::Ordinary || account.index % 10 != 7);
    let mut is_customer = false;
    let mut told: Vec<Version> = stages(scene, &mut draw)
        .into_iter()
        .map(|(day, stage)| {
            is_customer |= stage == "onboarding";
            let written = working_hours(&mut draw, day);
            let begins = stage == "onboarding";
            Version {
                account: account.index,
                name: account.name(),
                parent,
                company: scene.company,
                stage,
                is_customer,
                is_test: account.is_test,
                since: since.filter(|_| is_customer),
                from: Some(if begins { start_of(day) } else { written }),
                recorded: if begins { start_of(day) - HOUR } else { written },
            }
        })
        .collect();
    bend(scene, &mut told);
    told
}

/// What is planted in versions: only the last is left, or one more is written down 40 days after it is said to hold.
fn bend(scene: &Scene<'_>, told: &mut Vec<Version>) {
    let Some(last) = told.last().cloned() else { return };
    match scene.account.plant {
        Plant::OnlyNow => *told = vec![Version { from: None, ..last }],
        Plant::BackdatedStage => {
            let (from, recorded) = (start_of(scene.days() - 60), start_of(scene.days() - 20) + 11 * HOUR);
            told.push(Version { stage: "at_risk", from: Some(from), recorded, ..last });
        }
        _ => {}
    }
}

/// Some stages are written down weeks after the day from which they are said to hold.
pub(super) fn backdate(scene: &Scene<'_>, told: &mut Vec<Version>) -> Vec<Planted> {
    let mut draw = scene.draw(Purpose::Backdated);
    let (backdates, before, after) = (draw.chance(0.06), 30 + draw.below(90) as i32, 5 + draw.below(25));
    let last = told.iter().max_by_key(|version| version.from).cloned();
    let Some(last) = last.filter(|last| last.stage != "churned") else { return Vec::new() };
    let from = start_of(scene.days() - before);
    let is_free = last.from.is_some_and(|last| last < from) && scene.is_customer(scene.days() - 1);
    if backdates && is_free && scene.account.plant == Plant::Ordinary {
        let recorded = from + i64::from(after) * 24 * HOUR + 11 * HOUR;
        told.push(Version { stage: "at_risk", from: Some(from), recorded, ..last.clone() });
    }
    let late = told.iter().filter(|version| {
        version.stage == "at_risk" && version.from.is_some_and(|from| version.recorded > from + 24 * HOUR)
    });
    let truth = late.map(|version| {
        let day = day_of(version.from.unwrap_or_default());
        let planted = Planted::new("stage backdated", version.account, AccountId(version.account), day);
        planted.turned(last_before(told, version), version.stage, version.recorded)
    });
    truth.collect()
}

/// The stage that held before a version.
fn last_before(told: &[Version], version: &Version) -> &'static str {
    let before = told.iter().filter(|other| other.from < version.from);
    before.max_by_key(|other| other.from).map_or("", |other| other.stage)
}

/// What the CRM calls an account from which day on: its seller's view, which is not always in time.
fn stages(scene: &Scene<'_>, draw: &mut Draw) -> Vec<(i32, &'static str)> {
    let mut stages = vec![(scene.account.since - 30 - draw.below(60) as i32, "lead")];
    for stay in scene.stays() {
        let live = stay.from + 30 + draw.below(60) as i32;
        stages.extend([(stay.from, "onboarding"), (live, "live")]);
        if let Some(until) = stay.until.filter(|_| scene.account.merged.is_none()) {
            stages.retain(|(day, _)| *day < until);
            stages.push((until, "churned"));
        }
    }
    stages
}

/// The account that this one belongs to: planted, or that of a neighbour for a few.
fn parent(scene: &Scene<'_>, draw: &mut Draw) -> Option<u32> {
    let (belongs, before) = (draw.chance(0.06), 1 + draw.below(3));
    match scene.account.plant {
        Plant::ThrivingChild | Plant::ChurnedChild | Plant::DecliningChild => Plant::Parent.position(),
        Plant::Ordinary if belongs => {
            let neighbour = scene.account.index.checked_sub(before);
            neighbour.filter(|index| *index > Plant::LAST)
        }
        _ => None,
    }
}

impl Row for Version {
    const FILE: &'static str = "accounts.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("account_id", |row| AccountId(row.account))
            .maybe_text("parent_account_id", |row| row.parent.map(AccountId))
            .text("name", |row| row.name.clone())
            .maybe_text("domain", |row| Some(format!("{}.example", AccountId(row.account))))
            .text("segment", |row| row.company.segment)
            .maybe_text("industry", |row| Some(row.company.industry))
            .maybe_text("region", |row| Some(row.company.region))
            .maybe_text("business_model", |row| Some(row.company.model))
            .maybe_text("lifecycle_stage", |row| Some(row.stage))
            .flag("is_customer", |row| row.is_customer)
            .flag("is_test", |row| row.is_test)
            .text("currency", |row| row.company.currency)
            .maybe_day("customer_since", |row| row.since)
            .maybe_time("valid_from", |row| row.from)
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}
