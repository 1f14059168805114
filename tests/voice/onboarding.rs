//! Plans, their steps, and the people who come into use.

use std::cmp::Reverse;
use std::path::Path;

use chrono::{NaiveDate, NaiveTime, TimeDelta};

use super::customers::{Facts, IDS, USERS, Ugly, count, flag, must_equal, ratio};
use super::sources::{Column, DAY, Dice, Thing, Versioned, things, write_source};
use crate::oracle::table::Value;
use crate::oracle::world::{at, days_ago};

/// `onboarding_days` of the project.
const FIRST_DAYS: i64 = 90;

/// `plan_lapses_days` of the project.
const PLAN_LAPSES_DAYS: i64 = 365;

pub struct User {
    user_id: &'static str,
    account_id: &'static str,
    is_internal: bool,
    created_on: NaiveDate,
    activated_on: Option<NaiveDate>,
    deactivated_on: Option<NaiveDate>,
}

pub fn users(dice: &mut Dice) -> Vec<User> {
    let accounts = [IDS[0], IDS[0], IDS[1], IDS[2], IDS[3], IDS[1]];
    let user = |(user_id, account_id): (&&'static str, &'static str)| {
        let created_on = dice.day(60);
        User {
            user_id,
            account_id,
            is_internal: *user_id == "helper",
            created_on,
            activated_on: (!dice.once_in(4)).then(|| created_on + TimeDelta::days(dice.below(30) - 1)),
            deactivated_on: dice.once_in(3).then(|| created_on + TimeDelta::days(dice.below(50))),
        }
    };
    USERS.iter().zip(accounts).map(user).collect()
}

pub fn write_users(rows: &[User], folder: &Path) {
    write_source(
        folder,
        "users",
        vec![
            ("user_id", Column::words(rows, |row| row.user_id)),
            ("account_id", Column::words(rows, |row| row.account_id)),
            ("role", Column::words(rows, |_| "member")),
            ("is_internal", Column::Flag(rows.iter().map(|row| row.is_internal).collect())),
            ("created_on", Column::days(rows, |row| row.created_on)),
            ("activated_on", Column::Day(rows.iter().map(|row| row.activated_on).collect())),
            ("deactivated_on", Column::Day(rows.iter().map(|row| row.deactivated_on).collect())),
        ],
    );
}

pub struct Plan {
    plan_id: String,
    account_id: &'static str,
    started_on: NaiveDate,
    go_live_on: Option<NaiveDate>,
    completed_on: Option<NaiveDate>,
    recorded_at: i64,
}

impl Versioned for Plan {
    fn id(&self) -> String {
        self.plan_id.clone()
    }

    fn recorded_at(&self) -> i64 {
        self.recorded_at
    }
}

impl Plan {
    fn live_on(&self) -> Option<NaiveDate> {
        self.go_live_on.or(self.completed_on)
    }
}

pub struct Step {
    plan_id: String,
    milestone_id: String,
    is_required: bool,
    due_on: NaiveDate,
    completed_on: Option<NaiveDate>,
    recorded_at: i64,
}

impl Versioned for Step {
    fn id(&self) -> String {
        format!("{} {}", self.plan_id, self.milestone_id)
    }

    fn recorded_at(&self) -> i64 {
        self.recorded_at
    }
}

pub struct Rows {
    pub plans: Vec<Plan>,
    pub steps: Vec<Step>,
}

pub fn drawn(dice: &mut Dice) -> Rows {
    let mut rows = Rows { plans: Vec::new(), steps: Vec::new() };
    for (number, account_id) in [IDS[0], IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]].into_iter().enumerate() {
        let (plan_id, started_on) = (format!("p{number}"), dice.day(70));
        let slip = TimeDelta::days(dice.pick(&[1, 31, 366, 731]));
        let mut recorded_at = dice.moment(70) / 10 * 10;
        for version in 0..=dice.below(4) {
            let later =
                |dice: &mut Dice| dice.once_in(2).then(|| started_on + TimeDelta::days(dice.below(60)));
            rows.plans.push(Plan {
                plan_id: plan_id.clone(),
                account_id,
                // A slip of the keyboard at first.
                started_on: if version == 0 && dice.once_in(3) { started_on - slip } else { started_on },
                go_live_on: later(dice),
                completed_on: later(dice).filter(|_| dice.once_in(2)),
                recorded_at: recorded_at + version,
            });
            recorded_at += dice.pick(&[0, DAY, 9 * DAY, 25 * DAY]);
        }
        for milestone in 0..6 {
            let (is_required, due_on) = (!dice.once_in(4), started_on + TimeDelta::days(dice.below(60)));
            for version in 0..=dice.below(3) {
                rows.steps.push(Step {
                    plan_id: plan_id.clone(),
                    milestone_id: format!("s{milestone}"),
                    is_required,
                    due_on: due_on + TimeDelta::days(version * dice.below(12)),
                    completed_on: dice.once_in(2).then(|| started_on + TimeDelta::days(dice.below(60))),
                    recorded_at: dice.moment(70) / 10 * 10 + version,
                });
            }
        }
    }
    // One that nobody ended lapses on a day that is looked at; some are live after all, some days later.
    rows.plans.push(Plan {
        plan_id: "lapsed".to_owned(),
        account_id: IDS[1],
        started_on: days_ago(380),
        go_live_on: dice.once_in(2).then(|| days_ago(8)),
        completed_on: None,
        recorded_at: at(days_ago(380), NaiveTime::MIN),
    });
    for milestone in 0..3 {
        rows.steps.push(Step {
            plan_id: "lapsed".to_owned(),
            milestone_id: format!("s{milestone}"),
            is_required: true,
            due_on: days_ago(40 * (milestone + 1)),
            completed_on: dice.once_in(3).then(|| days_ago(30)),
            recorded_at: at(days_ago(380), NaiveTime::MIN),
        });
    }
    // One that is live, as is known some days later.
    rows.plans.push(Plan {
        plan_id: "live".to_owned(),
        account_id: IDS[4],
        started_on: days_ago(50),
        go_live_on: Some(days_ago(30)),
        completed_on: None,
        recorded_at: at(days_ago(20), NaiveTime::MIN) + DAY / 2,
    });
    rows
}

impl Rows {
    pub fn write(&self, folder: &Path) {
        let rows = &self.plans;
        write_source(
            folder,
            "onboarding_plans",
            vec![
                ("plan_id", Column::words(rows, |row| &row.plan_id)),
                ("account_id", Column::words(rows, |row| row.account_id)),
                ("started_on", Column::days(rows, |row| row.started_on)),
                ("target_go_live_on", Column::days(rows, |row| row.started_on)),
                ("go_live_on", Column::Day(rows.iter().map(|row| row.go_live_on).collect())),
                ("completed_on", Column::Day(rows.iter().map(|row| row.completed_on).collect())),
                ("recorded_at", Column::times(rows, |row| row.recorded_at)),
            ],
        );
        let rows = &self.steps;
        write_source(
            folder,
            "onboarding_milestones",
            vec![
                ("plan_id", Column::words(rows, |row| &row.plan_id)),
                ("milestone_id", Column::words(rows, |row| &row.milestone_id)),
                ("name", Column::words(rows, |_| "Kick-off")),
                ("is_required", Column::Flag(rows.iter().map(|row| row.is_required).collect())),
                ("due_on", Column::days(rows, |row| row.due_on)),
                ("completed_on", Column::Day(rows.iter().map(|row| row.completed_on).collect())),
                ("recorded_at", Column::times(rows, |row| row.recorded_at)),
            ],
        );
    }
}

/// A plan at the end of a day.
#[derive(Clone, Copy)]
struct Spoken<'a> {
    plan: &'a Plan,
    is_live: bool,
}

/// The plans of an account that speak at the end of a day, each as was written down last: those that went live, and those
/// under way for less than the days after which one that nobody ended says nothing.
fn speaking<'a>(ugly: &'a Ugly, account_id: &str, as_of: NaiveDate) -> Vec<Spoken<'a>> {
    let all = things(&ugly.onboarding.plans).into_iter().map(|plan| plan.last());
    let begun = all.filter(|plan| plan.account_id == account_id && plan.started_on <= as_of);
    let spoken = begun.map(|plan| Spoken { plan, is_live: plan.live_on().is_some_and(|day| day <= as_of) });
    spoken.filter(|it| it.is_live || (as_of - it.plan.started_on).num_days() < PLAN_LAPSES_DAYS).collect()
}

/// A required step of a plan that speaks, and the day on which it was done as was known last.
struct Stepped<'a> {
    step: &'a Step,
    done_on: Option<NaiveDate>,
    of_live: bool,
}

impl Stepped<'_> {
    fn is_done(&self, as_of: NaiveDate) -> bool {
        self.done_on.is_some_and(|day| day <= as_of)
    }

    /// Days past its day; 0 where that is to come, or the step is done, or of a plan that is over.
    fn days_stalled(&self, as_of: NaiveDate) -> i64 {
        let past = (as_of - self.step.due_on).num_days().max(0);
        if self.of_live || self.is_done(as_of) { 0 } else { past }
    }
}

/// The required steps of the plans that speak, each as it stood on the day: one that is done was there by then.
fn steps<'a>(ugly: &'a Ugly, account_id: &str, as_of: NaiveDate) -> Vec<Stepped<'a>> {
    let plans = speaking(ugly, account_id, as_of);
    let of_step = |thing: Thing<'a, Step>| {
        let done_on = thing.last().completed_on;
        let step = thing.on(&ugly.world, as_of, done_on).filter(|step| step.is_required)?;
        let of_plan = plans.iter().find(|it| it.plan.plan_id == step.plan_id)?;
        Some(Stepped { step, done_on, of_live: of_plan.is_live })
    };
    things(&ugly.onboarding.steps).into_iter().filter_map(of_step).collect()
}

/// People invited and people activated by the end of a day, and not gone.
fn people(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> (usize, usize) {
    let there = |user: &&User| {
        !user.is_internal
            && user.account_id == account_id
            && user.created_on <= as_of
            && user.deactivated_on.is_none_or(|day| as_of < day)
    };
    let invited: Vec<&User> = ugly.users.iter().filter(there).collect();
    (invited.len(), invited.iter().filter(|user| user.activated_on.is_some_and(|day| day <= as_of)).count())
}

fn depth(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Value {
    let stepped = ugly.reports("onboarding_plans", as_of) && ugly.reports("onboarding_milestones", as_of);
    let steps = steps(ugly, account_id, as_of);
    let done = steps.iter().filter(|step| step.is_done(as_of)).count();
    ratio(stepped, done as f64, steps.len() as f64)
}

fn breadth(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Value {
    let (invited, activated) = people(ugly, account_id, as_of);
    let seats = ugly.seats(account_id, as_of);
    ratio(true, activated as f64, if seats > 0 { seats as f64 } else { invited as f64 })
}

/// The last known of the first days, among those that are in the data.
fn early(
    ugly: &Ugly,
    account_id: &str,
    as_of: NaiveDate,
    read: fn(&Ugly, &str, NaiveDate) -> Value,
) -> Value {
    let history_starts = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let commerce = ugly.world.commerce();
    let tenure = |day| commerce.customer(&ugly.world, account_id, day).map(|customer| customer.tenure_days);
    let days = as_of.iter_days().map(|day| as_of - (day - as_of)).take_while(|day| *day >= history_starts);
    let first = days.filter(|day| tenure(*day).is_some_and(|tenure| tenure <= FIRST_DAYS));
    first.map(|day| read(ugly, account_id, day)).find(|value| *value != Value::Null).unwrap_or(Value::Null)
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let stepped = ugly.reports("onboarding_plans", as_of) && ugly.reports("onboarding_milestones", as_of);
    let plans =
        if ugly.reports("onboarding_plans", as_of) { speaking(ugly, account_id, as_of) } else { Vec::new() };
    let steps = steps(ugly, account_id, as_of);
    let done = steps.iter().filter(|step| step.is_done(as_of)).count();
    let stalled =
        |days: i64| steps.iter().filter(|step| (1..=days).contains(&step.days_stalled(as_of))).count();
    let tenure = ugly.world.commerce().customer(&ugly.world, account_id, as_of).unwrap().tenure_days;
    // The first to go live; of two on one day the faster.
    let live =
        plans.iter().filter(|it| it.is_live).filter_map(|it| Some((it.plan.live_on()?, it.plan.started_on)));
    let live = live.min_by_key(|(live_on, started_on)| (*live_on, Reverse(*started_on)));
    let days = match live {
        Some((live_on, started_on)) => Some((live_on - started_on).num_days().max(0)),
        None => plans.iter().map(|it| (as_of - it.plan.started_on).num_days()).max(),
    };
    let stage = match (plans.is_empty(), live) {
        (false, Some(_)) => "live",
        (false, None) if stepped && done > 0 => "implementation",
        (false, None) => "onboarding",
        (true, _) if tenure <= FIRST_DAYS => "onboarding",
        (true, _) => "live",
    };
    let (invited, activated) = people(ugly, account_id, as_of);
    Facts::from([
        ("stage", Value::Text(stage.to_owned())),
        ("stage_by", Value::Text(if plans.is_empty() { "tenure" } else { "plan" }.to_owned())),
        ("onboarding_days", days.map_or(Value::Null, Value::Whole)),
        ("onboarding_is_over", flag(!plans.is_empty(), live.is_some())),
        ("live_since", live.map_or(Value::Null, |(live_on, _)| Value::Day(live_on))),
        ("milestones_required", count(stepped, steps.len())),
        ("milestones_done", count(stepped, done)),
        ("milestones_stalled", count(stepped, stalled(i64::MAX))),
        ("milestones_stalled_28d", count(stepped, stalled(28))),
        ("onboarding_depth", depth(ugly, account_id, as_of)),
        ("early_onboarding_depth", early(ugly, account_id, as_of, depth)),
        ("users_invited", count(true, invited)),
        ("users_activated", count(true, activated)),
        ("onboarding_breadth", breadth(ugly, account_id, as_of)),
        ("early_onboarding_breadth", early(ugly, account_id, as_of, breadth)),
    ])
}

#[test]
fn capabilities_65_68_69_70_onboarding() {
    must_equal("onboarding", facts);
}
