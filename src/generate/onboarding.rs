//! How customers are brought into use: plans, their steps, and what customers want to reach.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::draw::{Draw, Purpose};
use super::names::{AccountId, Id};
use super::plant::Plant;
use super::planted::Planted;
use super::row::Row;
use super::scene::{HOUR, Scene, Stay, start_of, working_hours};
use super::sheet::{Clock, Sheet};

/// Plans are kept for customers who began at most this many days before the first day.
const OLDEST: i32 = -150;
/// The steps of every plan: name, due on which of its days, required.
const STEPS: [(&str, i32, bool); 6] = [
    ("kick-off", 5, true),
    ("data connected", 14, true),
    ("users invited", 21, true),
    ("first report", 30, true),
    ("administrators trained", 40, false),
    ("go-live", 60, true),
];
const GOALS: [&str; 3] =
    ["monthly reporting without spreadsheets", "half the time to close", "one source of truth"];

/// A version of a plan.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    account: u32,
    number: u32,
    started: i32,
    live: Option<i32>,
    completed: Option<i32>,
    recorded: i64,
}

/// A version of a step.
#[derive(Clone, Debug)]
pub(super) struct Milestone {
    account: u32,
    plan: u32,
    step: usize,
    due: i32,
    completed: Option<i32>,
    recorded: i64,
}

/// A version of a goal.
#[derive(Clone, Debug)]
pub(super) struct Goal {
    account: u32,
    number: u32,
    due: i32,
    achieved: Option<i32>,
    recorded: i64,
}

/// An account's way into use and beyond.
#[derive(Debug, Default)]
pub(super) struct Onboarding {
    /// Every version of every plan.
    pub(super) plans: Vec<Plan>,
    /// Every version of every step.
    pub(super) milestones: Vec<Milestone>,
    /// Every version of every goal.
    pub(super) goals: Vec<Goal>,
}

/// How an account was brought into use: the healthy are in time, and reach what they want.
pub(super) fn onboarding(scene: &Scene<'_>) -> Onboarding {
    let mut told = Onboarding::default();
    if matches!(scene.account.plant, Plant::Hermit | Plant::UnlistedAccount) {
        return told;
    }
    let mut draw = scene.draw(Purpose::Onboarding);
    for stay in scene.stays() {
        let planned = draw.chance(0.9) || scene.account.plant == Plant::StalledOnboarding;
        if planned && stay.from >= OLDEST {
            told.bring(scene, &mut draw, stay);
        }
    }
    if draw.chance(0.5) {
        told.aim(scene, &mut draw);
    }
    told
}

/// Some plans are written down with a wrong first day, and mended within days.
pub(super) fn slip(scene: &Scene<'_>, plans: &mut Vec<Plan>) -> Vec<Planted> {
    let mut draw = scene.draw(Purpose::Slips);
    let mut planted = Vec::new();
    for nth in 0..plans.len() {
        let (slips, by, after) = (draw.chance(0.2), 5 + draw.below(15) as i32, 2 + draw.below(9));
        let plan = &mut plans[nth];
        if !slips || plan.live.is_some() || plan.completed.is_some() {
            continue;
        }
        let wrong = Plan { started: plan.started - by, ..plan.clone() };
        plan.recorded += i64::from(after) * 24 * HOUR;
        let row = Id('b', plan.account, plan.number);
        let truth = Planted::new("plan begun on a wrong day", plan.account, row, plan.started);
        let [was, is] = [wrong.started, plan.started].map(|day| scene.world.on(day));
        planted.push(truth.turned(was, is, plan.recorded));
        plans.push(wrong);
    }
    planted
}

impl Onboarding {
    /// One plan: written down when it starts, with its steps; each step again when it is done.
    fn bring(&mut self, scene: &Scene<'_>, draw: &mut Draw, stay: Stay) {
        let (account, number) = (scene.account.index, self.plans.len() as u32);
        let pace = (1.5 - scene.health(stay.from)) * (0.6 + 0.8 * draw.unit());
        let stalls = scene.account.plant == Plant::StalledOnboarding || draw.chance(0.08);
        let end = stay.until.unwrap_or(i32::MAX);
        let recorded = start_of(stay.from) + 8 * HOUR;
        let plan = Plan { account, number, started: stay.from, live: None, completed: None, recorded };
        self.plans.push(plan.clone());
        let mut live = None;
        for (step, (_, due, required)) in STEPS.into_iter().enumerate() {
            let due_on = stay.from + due;
            let milestone = Milestone { account, plan: number, step, due: due_on, completed: None, recorded };
            self.milestones.push(milestone.clone());
            let done = stay.from + (f64::from(due) * pace) as i32 + draw.below(4) as i32;
            let skipped = !required && draw.chance(0.3) || stalls && step >= 2;
            if !skipped && done < end {
                let late = i32::from(draw.chance(0.1)) * draw.below(15) as i32;
                let recorded = working_hours(draw, done + late);
                self.milestones.push(Milestone { completed: Some(done), recorded, ..milestone });
                live = (step + 1 == STEPS.len()).then_some(done);
            }
        }
        if let Some(day) = live {
            let plan = Plan { live, recorded: working_hours(draw, day), ..plan };
            self.plans.push(plan.clone());
            let completed = day + 5 + draw.below(20) as i32;
            let recorded = working_hours(draw, completed);
            if completed < end {
                self.plans.push(Plan { completed: Some(completed), recorded, ..plan });
            }
        }
    }

    /// One to three goals, one after the other.
    fn aim(&mut self, scene: &Scene<'_>, draw: &mut Draw) {
        let seen = scene.seen();
        let account = scene.account.index;
        for number in 0..1 + draw.below(3) {
            let set = seen.start + 10 + draw.below(60) as i32 + 70 * number as i32;
            let due = set + 60 + draw.below(60) as i32;
            if set >= seen.end {
                return;
            }
            let reached = draw.chance(0.1 + 0.85 * scene.health(due));
            let day = due - 25 + draw.below(40) as i32;
            let goal = Goal { account, number, due, achieved: None, recorded: working_hours(draw, set) };
            self.goals.push(goal.clone());
            if reached && scene.is_customer(day) {
                let recorded = working_hours(draw, day);
                self.goals.push(Goal { achieved: Some(day), recorded, ..goal });
            }
        }
    }
}

impl Row for Plan {
    const FILE: &'static str = "onboarding_plans.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("plan_id", |row| Id('b', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .day("started_on", |row| row.started)
            .day("target_go_live_on", |row| row.started + STEPS[STEPS.len() - 1].1)
            .maybe_day("go_live_on", |row| row.live)
            .maybe_day("completed_on", |row| row.completed)
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}

impl Row for Milestone {
    const FILE: &'static str = "onboarding_milestones.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("plan_id", |row| Id('b', row.account, row.plan))
            .text("milestone_id", |row| format!("step-{}", row.step + 1))
            .text("name", |row| STEPS[row.step].0)
            .flag("is_required", |row| STEPS[row.step].2)
            .day("due_on", |row| row.due)
            .maybe_day("completed_on", |row| row.completed)
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}

impl Row for Goal {
    const FILE: &'static str = "goals.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("goal_id", |row| Id('g', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .text("name", |row| GOALS[row.number as usize])
            .day("due_on", |row| row.due)
            .maybe_day("achieved_on", |row| row.achieved)
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}
