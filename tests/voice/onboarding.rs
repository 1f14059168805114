//! Plans, their steps, and the people who come into use.

use std::path::Path;

use chrono::{NaiveDate, NaiveTime, TimeDelta};

use super::customers::{Facts, IDS, USERS, Ugly, count, flag, must_equal, ratio};
use super::sources::{Column, DAY, Dice, Versioned, things, write_source};
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

/// What is known of an account's plans at the end of a day.
struct Progress {
    plans: usize,
    live: usize,
    required: usize,
    done: usize,
    stalled: usize,
    stalled_lately: usize,
}

fn progress(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Progress {
    let plans = begun(ugly, account_id, as_of);
    let by_now = |day: Option<NaiveDate>| day.is_some_and(|day| day <= as_of);
    // A step as it stood on the day, and the day on which it was done as was known last: it was there by then.
    let mut steps = Vec::new();
    for step in things(&ugly.onboarding.steps) {
        let done_on = step.last().completed_on;
        let Some(step) = step.on(&ugly.world, as_of, done_on).filter(|step| step.is_required) else {
            continue;
        };
        let of_plan = plans.iter().filter(|plan| plan.plan_id == step.plan_id);
        steps.extend(of_plan.map(|plan| (*plan, step, done_on)));
    }
    let is_stalled = |(plan, step, done_on): &&(&Plan, &Step, Option<NaiveDate>)| {
        step.due_on < as_of && !by_now(*done_on) && !by_now(plan.live_on())
    };
    Progress {
        plans: plans.len(),
        live: plans.iter().filter(|plan| by_now(plan.live_on())).count(),
        required: steps.len(),
        done: steps.iter().filter(|(.., done_on)| by_now(*done_on)).count(),
        stalled: steps.iter().filter(is_stalled).count(),
        stalled_lately: steps
            .iter()
            .filter(is_stalled)
            .filter(|(_, step, _)| (as_of - step.due_on).num_days() <= 28)
            .count(),
    }
}

/// The plans of an account that have begun by a day, each as was written down last.
fn begun<'a>(ugly: &'a Ugly, account_id: &str, as_of: NaiveDate) -> Vec<&'a Plan> {
    let all = things(&ugly.onboarding.plans).into_iter().map(|plan| plan.last());
    all.filter(|plan| plan.account_id == account_id && plan.started_on <= as_of).collect()
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
    let progress = progress(ugly, account_id, as_of);
    ratio(stepped, progress.done as f64, progress.required as f64)
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
    let progress = progress(ugly, account_id, as_of);
    let planned = ugly.reports("onboarding_plans", as_of) && progress.plans > 0;
    let stepped = ugly.reports("onboarding_plans", as_of) && ugly.reports("onboarding_milestones", as_of);
    let is_live = planned && progress.live > 0;
    let tenure = ugly.world.commerce().customer(&ugly.world, account_id, as_of).unwrap().tenure_days;
    let plans = begun(ugly, account_id, as_of);
    let started_on = plans.iter().map(|plan| plan.started_on).min();
    let lapsed = started_on.is_some_and(|start| (as_of - start).num_days() >= PLAN_LAPSES_DAYS);
    let speaks = planned && (is_live || !lapsed);
    let stage = match (speaks, is_live) {
        (true, true) => "live",
        (true, false) if stepped && progress.done > 0 => "implementation",
        (true, false) => "onboarding",
        _ if tenure <= FIRST_DAYS => "onboarding",
        _ => "live",
    };
    let live_on = plans.iter().filter_map(|plan| plan.live_on()).filter(|day| *day <= as_of).min();
    let live_on = live_on.filter(|_| is_live);
    let days =
        started_on.map(|start| live_on.unwrap_or(as_of).signed_duration_since(start).num_days().max(0));
    let (invited, activated) = people(ugly, account_id, as_of);
    Facts::from([
        ("stage", Value::Text(stage.to_owned())),
        ("stage_by", Value::Text(if speaks { "plan" } else { "tenure" }.to_owned())),
        ("onboarding_days", days.filter(|_| planned).map_or(Value::Null, Value::Whole)),
        ("onboarding_is_over", flag(planned, is_live)),
        ("live_since", live_on.map_or(Value::Null, Value::Day)),
        ("milestones_required", count(stepped, progress.required)),
        ("milestones_done", count(stepped, progress.done)),
        ("milestones_stalled", count(stepped, progress.stalled)),
        ("milestones_stalled_28d", count(stepped, progress.stalled_lately)),
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
