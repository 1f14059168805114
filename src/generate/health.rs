//! The latent health of an account: what no source shows and all sources follow.
use super::account::{Account, Play};
use super::draw::{Draw, Purpose};
use super::plant::Plant;

/// How fast health is drawn back to the account's own level, a week.
const PULL: f64 = 0.08;
/// How much it wanders a week, standard deviation.
const WANDER: f64 = 0.045;
/// A blow falls on an account in this share of weeks …
const BLOW: f64 = 0.012;
/// … and this share of it is left a week later.
const LASTS: f64 = 0.8;
/// Health at which an account is chosen for the play.
const CHOSEN_BELOW: f32 = 0.4;
/// What the play gives those who are treated, at most.
const LIFT: f64 = 0.2;
/// Of those who were about to leave, this share of the treated stays.
const KEPT: f64 = 0.65;
/// Weeks that it takes to rise, and again to fade.
const LIFT_WEEKS: usize = 6;

/// The health of an account at the start of each week, and what shaped it.
pub(super) struct Course {
    /// Health in [0.05, 1], week by week.
    pub(super) weeks: Vec<f32>,
    /// The day from which it falls towards churn.
    pub(super) declines: Option<i32>,
    /// The play, for those who were chosen.
    pub(super) play: Option<Play>,
}

/// The course of an account's health.
///
/// A first-order autoregressive walk, h(w+1) = h(w) + 0.08 · (level − h(w)) + 0.045 · ε, less the blows that have
/// fallen and fade by a fifth a week. Before churn it falls in a straight line from wherever it stood, over a lead time
/// of 60 to 119 days, to 0.05. Who falls below 0.4 is chosen for the play once: lessons for one half, which lift health
/// by up to 0.2 for twelve weeks and keep 65 in 100 of those who were about to leave.
pub(super) fn course(seed: u64, account: &Account, weeks: usize) -> Course {
    let mut walk = Walk::new(seed, account);
    let mut course = Course { weeks: Vec::with_capacity(weeks), declines: None, play: None };
    let leaves = account.leaves();
    course.declines = leaves.map(|day| day - walk.lead);
    for week in 0..weeks as i32 {
        course.weeks.push(walk.step(leaves.map(|day| day - week * 7)));
    }
    if account.plant == Plant::Ordinary {
        play(seed, account, &mut course);
    }
    course
}

struct Walk {
    draw: Draw,
    blows: Draw,
    level: f64,
    lead: i32,
    health: f64,
    blow: f64,
    before_decline: f64,
    back: bool,
}

impl Walk {
    fn new(seed: u64, account: &Account) -> Self {
        let mut draw = Draw::new(seed, Purpose::Health, account.index, 0);
        let level = account.plant.level().unwrap_or(0.35 + 0.6 * draw.unit());
        let lead = 60 + draw.below(60) as i32;
        let blows = Draw::new(seed, Purpose::Blows, account.index, 0);
        let back = account.returned.is_some();
        Self { draw, blows, level, lead, health: level, blow: 0.0, before_decline: level, back }
    }

    /// The next week's health, so many days before churn.
    fn step(&mut self, days_left: Option<i32>) -> f32 {
        let wandered = self.health + PULL * (self.level - self.health) + WANDER * self.draw.bell();
        self.health = wandered.clamp(0.05, 1.0);
        self.blow *= LASTS;
        let (falls, force) = (self.blows.chance(BLOW), 0.15 + 0.2 * self.blows.unit());
        self.blow += if falls { force } else { 0.0 };
        let health = (self.health - self.blow).max(0.05);
        let days_left = days_left.filter(|left| *left >= 0 || !self.back).unwrap_or(i32::MAX);
        if days_left >= self.lead {
            self.before_decline = health;
            return health as f32;
        }
        let left = f64::from(days_left.max(0)) / f64::from(self.lead);
        (0.05 + (self.before_decline - 0.05).max(0.0) * left) as f32
    }
}

/// Chooses the account for the play in the first week in which it is unwell, not in the first or last month.
fn play(seed: u64, account: &Account, course: &mut Course) {
    let last = course.weeks.len().saturating_sub(6);
    let inside = |week: usize| account.active.contains(&(week as i32 * 7));
    let Some(week) = (4..last).find(|&week| course.weeks[week] < CHOSEN_BELOW && inside(week)) else {
        return;
    };
    let mut draw = Draw::new(seed, Purpose::Play, account.index, 0);
    let chosen = week as i32 * 7;
    let (is_treated, saved) = (draw.chance(0.5), draw.chance(KEPT));
    let leaves_soon = account.churned.is_some_and(|day| day > chosen && day <= chosen + 119);
    let kept = is_treated && saved && leaves_soon;
    course.play = Some(Play { chosen, is_treated, kept });
    if kept {
        course.declines = None;
        recover(&mut course.weeks[week..]);
    } else if is_treated && !leaves_soon {
        lift(&mut course.weeks[week..]);
    }
}

/// Back to an even 0.6 in eight weeks, and on from there.
fn recover(weeks: &mut [f32]) {
    let from = weeks.first().copied().unwrap_or(0.6);
    for (nth, health) in weeks.iter_mut().enumerate() {
        *health = from + (0.6 - from) * (nth as f32 / 8.0).min(1.0);
    }
}

/// Up for six weeks and down for six.
fn lift(weeks: &mut [f32]) {
    for (nth, health) in weeks.iter_mut().enumerate().take(2 * LIFT_WEEKS) {
        let share = 1.0 - nth.abs_diff(LIFT_WEEKS) as f64 / LIFT_WEEKS as f64;
        *health = (f64::from(*health) + LIFT * share).min(1.0) as f32;
    }
}
