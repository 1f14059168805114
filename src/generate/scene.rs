//! One account in its world: what every subject needs to tell its part of the account's story.
use std::ops::Range;

use chrono::{Days, Months, NaiveDate, TimeDelta};

use super::account::Account;
use super::company::Company;
use super::day::{DAY, WINDOWS};
use super::draw::{Draw, Purpose};
use super::plant::Plant;
use super::population::Population;
use super::world::World;

/// Microseconds of an hour.
pub(super) const HOUR: i64 = DAY / 24;

/// An account, who it is, and the world around it.
pub(super) struct Scene<'a> {
    /// The world.
    pub(super) world: &'a World,
    /// Everybody in it.
    pub(super) population: &'a Population,
    /// The account.
    pub(super) account: &'a Account,
    /// What kind of company it is.
    pub(super) company: Company,
}

impl<'a> Scene<'a> {
    /// The scene of one account.
    pub(super) fn new(world: &'a World, population: &'a Population, account: &'a Account) -> Self {
        Self { world, population, account, company: Company::of(world, account) }
    }

    /// The account's stream of draws for a purpose.
    pub(super) fn draw(&self, purpose: Purpose) -> Draw {
        Draw::new(self.world.seed, purpose, self.account.index, 0)
    }

    /// Latent health on a day; before the first day and after the last it is as on those.
    pub(super) fn health(&self, day: i32) -> f64 {
        let last = self.world.days.saturating_sub(1);
        let day = u32::try_from(day.max(0)).unwrap_or(0).min(last);
        self.population.health(self.account, day)
    }

    /// The days of the world.
    pub(super) fn days(&self) -> i32 {
        self.world.days as i32
    }

    /// The days of the world on which the account is a customer, from the first to the last such day.
    pub(super) fn seen(&self) -> Range<i32> {
        let end = self.stays().last().map_or(0, |stay| stay.until.unwrap_or(i32::MAX));
        self.account.since.max(0)..end.min(self.days())
    }

    /// Whether the account is a customer on a day.
    pub(super) fn is_customer(&self, day: i32) -> bool {
        self.stays().any(|stay| stay.from <= day && stay.until.is_none_or(|until| day < until))
    }

    /// The periods in which the account is a customer.
    pub(super) fn stays(&self) -> impl Iterator<Item = Stay> + use<'a> {
        let account = self.account;
        let first = Stay { from: account.since, until: account.ended() };
        let again = account.returned.map(|from| Stay { from, until: None });
        [Some(first).filter(|_| account.is_customer()), again].into_iter().flatten()
    }

    /// How many users the account has in all.
    pub(super) fn users(&self) -> u32 {
        self.account.users.end - self.account.users.start
    }

    /// The number of one of the users who were there by a day; `None` before the first, and for one who went over.
    pub(super) fn any_user(&self, draw: &mut Draw, day: i32) -> Option<u32> {
        let there = self.population.users_of(self.account).partition_point(|user| user.created <= day);
        let drawn = (there > 0).then(|| draw.below(there as u32))?;
        let user = &self.population.users_of(self.account)[drawn as usize];
        Some(drawn).filter(|_| user.moves.is_none_or(|moves| day < moves.on))
    }

    /// The last moment outside and the first inside each last window, where they are planted.
    pub(super) fn edges(&self) -> Vec<i64> {
        let windows = WINDOWS.iter().filter(|_| self.account.plant == Plant::WindowEdges);
        let days = windows.map(|window| self.days() - *window as i32).filter(|day| *day > 0);
        days.flat_map(|day| [start_of(day) - 1, start_of(day)]).collect()
    }

    /// The first day of the month `months` after that of `day`, or the same day of it: the calendar's own arithmetic.
    pub(super) fn months_after(&self, day: i32, months: i32) -> i32 {
        let date = self.world.on(day);
        let by = Months::new(months.unsigned_abs());
        let moved = if months < 0 { date.checked_sub_months(by) } else { date.checked_add_months(by) };
        moved.map_or(day, |to| day + to.signed_duration_since(date).num_days() as i32)
    }
}

/// A period in which an account is a customer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    /// Its first day.
    pub(super) from: i32,
    /// The first day after it, if it is over.
    pub(super) until: Option<i32>,
}

/// A moment of a day's working hours.
pub(super) fn working_hours(draw: &mut Draw, day: i32) -> i64 {
    start_of(day) + 9 * HOUR + i64::from(draw.below(8 * 3600)) * 1_000_000
}

/// The first moment of a day.
pub(super) fn start_of(day: i32) -> i64 {
    i64::from(day) * DAY
}

/// The day of a moment.
pub(super) fn day_of(time: i64) -> i32 {
    time.div_euclid(DAY) as i32
}

impl World {
    /// The date of a day of the world, which may lie before its first or after its last.
    pub(super) fn on(&self, day: i32) -> NaiveDate {
        let first = self.end - Days::new(u64::from(self.days - 1));
        first.checked_add_signed(TimeDelta::days(i64::from(day))).unwrap_or(first)
    }
}
