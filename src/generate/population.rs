//! Who lives in the world: accounts with their dates, habits and latent health, and their users.

use super::account::{Account, FEATURES, Move, User};
use super::draw::{Draw, Purpose};
use super::health;
use super::plant::Plant;
use super::world::World;

/// Days before the end on which the planted user goes over.
const MOVED_FOR: i32 = 70;
/// The number of the planted user in its first account.
const MOVER: usize = 1;

/// Everyone, and how healthy they are; memory grows with accounts × weeks and with users, never with events.
pub(super) struct Population {
    /// All accounts; the unlisted one, if any, is the last.
    pub(super) accounts: Vec<Account>,
    /// All users, account by account, oldest first within an account.
    pub(super) users: Vec<User>,
    /// Latent health at the start of each week, account by account.
    health: Vec<f32>,
    weeks: usize,
}

impl Population {
    /// Draws the population of a world.
    pub(super) fn new(world: &World) -> Self {
        let count = world.accounts + u32::from(Plant::of(world.accounts, world.accounts) != Plant::Ordinary);
        let sizes: Vec<f64> =
            (0..count).map(|index| Draw::new(world.seed, Purpose::Size, index, 0).long_tail()).collect();
        let mean = sizes.iter().sum::<f64>() / f64::from(count.max(1));
        let weeks = world.days as usize / 7 + 2;
        let mut population = Self {
            accounts: Vec::with_capacity(count as usize),
            users: Vec::new(),
            health: Vec::with_capacity(count as usize * weeks),
            weeks,
        };
        for (index, size) in (0..count).zip(sizes) {
            population.settle(world, index, size / mean);
        }
        population
    }

    /// Latent health of an account on a day, in [0, 1]: linear between the weekly values.
    pub(super) fn health(&self, account: &Account, day: u32) -> f64 {
        let (week, rest) = (day as usize / 7, f64::from(day % 7) / 7.0);
        let at = account.index as usize * self.weeks + week;
        f64::from(self.health[at]) * (1.0 - rest) + f64::from(self.health[at + 1]) * rest
    }

    /// The users of an account.
    pub(super) fn users_of(&self, account: &Account) -> &[User] {
        &self.users[account.users.start as usize..account.users.end as usize]
    }

    fn settle(&mut self, world: &World, index: u32, size: f64) {
        let mut draw = Draw::new(world.seed, Purpose::Life, index, 0);
        let mut account = life(&mut draw, world, index, size);
        account.bend(world.days as i32);
        let course = health::course(world.seed, &account, self.weeks);
        (account.declines, account.play) = (course.declines, course.play);
        if course.play.is_some_and(|play| play.kept) {
            account.be_active(account.since, world.days as i32);
        }
        self.health.extend(course.weeks);
        let users = account.plant.users().unwrap_or_else(|| {
            let expected = (world.users_per_account * size + draw.unit()) as u32;
            expected.max(1)
        });
        let first = self.users.len() as u32;
        account.users = first..first + users;
        let seats = Draw::new(world.seed, Purpose::Users, index, 0);
        self.users.extend(staff(&mut draw, &account, users, seats));
        settle(&account, &mut self.users[first as usize..], world.days as i32);
        self.accounts.push(account);
    }
}

/// An account before its plant bends it: three in five were customers before the first day.
fn life(draw: &mut Draw, world: &World, index: u32, size: f64) -> Account {
    let days = world.days as i32;
    let since = if draw.chance(0.6) { -(draw.below(1000) as i32) } else { draw.below(world.days) as i32 };
    let lifetime = 90 + draw.below(3 * 365) as i32;
    let left = since + lifetime;
    let churned = (draw.chance(0.4) && left > 0 && left < days).then_some(left);
    Account {
        index,
        plant: Plant::of(index, world.accounts),
        size,
        is_test: false,
        since,
        churned,
        returned: None,
        active: since..churned.unwrap_or(days),
        silent: 0..0,
        users: 0..0,
        api: if draw.chance(0.4) { size * draw.long_tail() } else { 0.0 },
        midday: (6 + draw.below(13)) * 3600,
        weekends: draw.chance(0.15),
        preference: preference(draw),
        declines: None,
        play: None,
        merged: None,
    }
}

/// A shuffle of the features that leaves popular ones near the front: each may trade places with one up to four behind.
fn preference(draw: &mut Draw) -> [u8; FEATURES] {
    let mut order: [u8; FEATURES] = std::array::from_fn(|feature| feature as u8);
    for position in 0..FEATURES {
        let reach = (FEATURES - position).min(5);
        order.swap(position, position + draw.below(reach as u32) as usize);
    }
    order
}

/// Users of an account, oldest first: the first on its first day, half soon after, half over its life. Most are seldom
/// active and few are nearly always; one in twenty never signs in, and one in ten loses the seat after a while.
fn staff(draw: &mut Draw, account: &Account, users: u32, mut seats: Draw) -> Vec<User> {
    let span = (account.active.end - account.active.start).max(1) as u32;
    let mut staff: Vec<User> = (0..users)
        .map(|nth| {
            let wait = match nth {
                0 => 0,
                _ if draw.chance(0.5) => draw.below(span.min(14)),
                _ => draw.below(span),
            };
            let keen = draw.unit();
            let propensity = 0.02 + 0.88 * if nth == 0 { keen.sqrt() } else { keen * keen };
            let created = account.active.start + wait as i32;
            let propensity = propensity as f32;
            User { created, activated: Some(created), left: None, propensity, moves: None }
        })
        .collect();
    staff.sort_by_key(|user| user.created);
    for user in staff.iter_mut().skip(1) {
        let (never, waits, goes) = (seats.chance(0.05), seats.below(4) as i32, seats.chance(0.1));
        let stays = 60 + seats.below(300) as i32;
        let first = (user.created + waits).min(account.active.end - 1);
        user.activated = Some(first.max(user.created)).filter(|_| !never);
        user.left = Some(user.created + stays).filter(|day| goes && *day < account.active.end);
    }
    staff
}

/// Decides who of an account's users goes over to which account when: all of them with an account that is merged, and
/// one from the thriving child to its parent.
fn settle(account: &Account, users: &mut [User], days: i32) {
    if let Some(merged) = account.merged {
        let are_there = users.iter_mut().filter(|user| user.created < merged.on);
        are_there.for_each(|user| user.moves = Some(merged));
    }
    if let (Plant::ThrivingChild, Some(to), Some(user)) =
        (account.plant, Plant::Parent.position(), users.get_mut(MOVER))
    {
        let created = account.active.start;
        let moves = Some(Move { on: days - MOVED_FOR, to });
        *user = User { created, activated: Some(created), left: None, propensity: 0.8, moves };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn churns_are_many_at_scale_and_the_play_prevents_some() {
        let world = World { accounts: 2_000, days: 730, ..World::default() };
        let population = Population::new(&world);
        let inside = |day: i32| (0..730).contains(&day);
        let churned = population.accounts.iter().filter(|account| account.churned.is_some_and(inside));
        assert!(churned.count() >= 200);
        let kept = population.accounts.iter().filter(|account| account.play.is_some_and(|play| play.kept));
        assert!((20..200).contains(&kept.count()));
    }
}
