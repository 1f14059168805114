//! How busy an account is on a day, and the scale that makes the world as large as was asked for.
use chrono::{Datelike, NaiveDate, Weekday};

use super::account::{Account, User};
use super::plant::Plant;
use super::population::Population;
use super::world::World;

/// The share of all events that are API calls.
const API_SHARE: f64 = 0.12;
/// Where fewer events per active user and day are asked for, users are active more seldom instead.
const FEWEST_PER_VISIT: f64 = 3.0;

/// Factors from the population's habits to numbers of events.
pub(super) struct Scale {
    /// Multiplies every user's probability of being active.
    pub(super) presence: f64,
    /// Mean number of events of an active user on a day, its login included.
    pub(super) per_visit: f64,
    /// API calls of an account on a day, per unit of its weight and activity.
    pub(super) api: f64,
}

impl Scale {
    /// The scale at which the expected number of events is `world.events`.
    pub(super) fn new(world: &World, population: &Population) -> Self {
        let (mut visits, mut api) = (0.0, 0.0);
        for account in &population.accounts {
            let users = population.users_of(account);
            let propensity = propensities(users, world.days);
            for day in 0..world.days {
                let activity = activity(world, population, account, day);
                visits += activity * propensity[day as usize];
                api += activity * account.api;
            }
        }
        let events = world.events as f64;
        let api_events = if api > 0.0 { API_SHARE * events } else { 0.0 };
        let per_visit = if visits > 0.0 { (events - api_events) / visits } else { 0.0 };
        Self {
            presence: (per_visit / FEWEST_PER_VISIT).min(1.0),
            per_visit: per_visit.max(FEWEST_PER_VISIT),
            api: if api > 0.0 { api_events / api } else { 0.0 },
        }
    }
}

/// The sum of the users' propensities on each day of the world: of those who may come on it.
fn propensities(users: &[User], days: u32) -> Vec<f64> {
    let mut steps = vec![0.0; days as usize + 1];
    let place = |day: i32| day.clamp(0, days as i32) as usize;
    for user in users {
        if let Some(first) = user.activated {
            steps[place(first)] += f64::from(user.propensity);
            steps[place(user.left.unwrap_or(i32::MAX).max(first))] -= f64::from(user.propensity);
        }
    }
    let mut sum: f64 = 0.0;
    steps
        .iter()
        .map(|step| {
            sum += step;
            sum.max(0.0)
        })
        .collect()
}

/// Activity of an account on a day, in [0, 1]: its health times the rhythm of the week and of the year.
pub(super) fn activity(world: &World, population: &Population, account: &Account, day: u32) -> f64 {
    let number = day as i32;
    if !account.active.contains(&number) || account.silent.contains(&number) {
        return 0.0;
    }
    let date = world.date(day);
    let season = if account.plant == Plant::Seasonal && matches!(date.month(), 7 | 8) { 0.15 } else { 1.0 };
    season * rhythm(date, account.weekends) * (0.1 + 0.9 * population.health(account, day))
}

/// Share of a normal working day's activity: weekends are quiet and the turn of the year is slow.
fn rhythm(date: NaiveDate, weekends: bool) -> f64 {
    let week = match date.weekday() {
        Weekday::Sat | Weekday::Sun if weekends => 0.8,
        Weekday::Sat => 0.10,
        Weekday::Sun => 0.06,
        Weekday::Fri => 0.85,
        _ => 1.0,
    };
    let holidays = matches!((date.month(), date.day()), (12, 24..) | (1, 1));
    if holidays { 0.4 * week } else { week }
}
