//! What happens on one day: every account's sessions and API calls, in order of time.
use std::ops::Range;

use super::account::{Account, FEATURES, User};
use super::activity::{Scale, activity};
use super::draw::{Draw, Purpose};
use super::plant::Plant;
use super::population::Population;
use super::world::World;

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;
const MILLISECOND: i64 = 1_000;
/// Rows that reach the warehouse days after they happened.
const LATE: f64 = 0.004;
/// Of these, how many come up to 60 days after they happened.
const VERY_LATE: f64 = 0.05;
/// Rows that were delivered twice.
const TWICE: f64 = 0.0005;

/// Uses of features that are not lost in the broken week.
const SURVIVE: f64 = 0.2;
/// Windows, in days, on whose edges something is planted.
pub(super) const WINDOWS: [u32; 6] = [7, 28, 30, 56, 90, 180];
/// How long the champion has been silent at the end, in days.
const CHAMPION_SILENT: u32 = 40;

/// What kind of event a row is; the order of [`super::tables`]' names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A session begins.
    Login = 0,
    /// A feature was used, for some seconds.
    FeatureUse = 1,
    /// Documentation or training was read.
    ContentView = 2,
    /// A call by an integration: no user, no session.
    ApiCall = 3,
}

/// One event; times in microseconds of its UTC day.
#[derive(Clone)]
pub(super) struct Event {
    /// When it happened.
    pub(super) at: i64,
    /// How long after that the warehouse knew.
    pub(super) lag: i64,
    /// The account, by position in the population.
    pub(super) account: u32,
    /// The user, by position in the population.
    pub(super) user: Option<u32>,
    /// The session, numbered within the day.
    pub(super) session: Option<u32>,
    /// What happened.
    pub(super) kind: Kind,
    /// The feature used.
    pub(super) feature: Option<u8>,
    /// Seconds in the product.
    pub(super) seconds: u32,
    /// It failed.
    pub(super) is_error: bool,
    /// The row was delivered twice.
    pub(super) twice: bool,
}

/// The day's events of all accounts, sorted by time; ties stay in the order of accounts.
pub(super) fn events_of(world: &World, population: &Population, scale: &Scale, day: u32) -> Vec<Event> {
    let mut events = Vec::new();
    let mut sessions = 0;
    for account in &population.accounts {
        let activity = activity(world, population, account, day);
        if activity > 0.0 {
            let draw = Draw::new(world.seed, Purpose::Day, account.index, day);
            let health = population.health(account, day);
            let day = day as i32;
            let mut account_day = AccountDay { account, day, health, draw, sessions, events };
            account_day.visits(population, scale, activity, world.days);
            account_day.api_calls(scale.api * activity * account.api);
            account_day.window_edges(population, world.days);
            AccountDay { events, sessions, .. } = account_day;
        }
    }
    if broken(world.days).contains(&day) {
        let mut draw = Draw::new(world.seed, Purpose::Telemetry, 0, day);
        events.retain(|event| event.kind != Kind::FeatureUse || draw.chance(SURVIVE));
    }
    be_very_late(world, day, &mut events);
    events.sort_by_key(|event| event.at);
    events
}

/// Lets a few of the late events come later still: at most 60 days after they happened.
fn be_very_late(world: &World, day: u32, events: &mut [Event]) {
    let mut draw = Draw::new(world.seed, Purpose::Late, u32::MAX, day);
    for event in events.iter_mut().filter(|event| event.lag >= DAY) {
        if draw.chance(VERY_LATE) {
            event.lag += DAY * i64::from(1 + draw.below(49));
        }
    }
}

/// The week in which most uses of features were lost, of all accounts; none in a short world.
pub(super) fn broken(days: u32) -> Range<u32> {
    let first = days * 3 / 10;
    if days < 150 { first..first } else { first..first + 7 }
}

/// By how much the others have to come more often while the champion is away.
fn made_up(users: &[User], day: u32) -> f64 {
    let there = users.iter().filter(|user| user.may_come(day as i32));
    let all: f64 = there.map(|user| f64::from(user.propensity)).sum();
    let others = all - users.first().map_or(0.0, |champion| f64::from(champion.propensity));
    if others > 0.0 { all / others } else { 1.0 }
}

/// One account on one day, adding to the day's events.
struct AccountDay<'a> {
    account: &'a Account,
    day: i32,
    health: f64,
    draw: Draw,
    sessions: u32,
    events: Vec<Event>,
}

impl AccountDay<'_> {
    fn visits(&mut self, population: &Population, scale: &Scale, activity: f64, days: u32) {
        let day = self.day as u32;
        let users = population.users_of(self.account);
        let silent = self.account.plant == Plant::SilentChampion && day + CHAMPION_SILENT >= days;
        let eager = if silent { made_up(users, day) } else { 1.0 };
        let presence = scale.presence * activity * eager;
        for (user, who) in self.account.users.clone().zip(users) {
            if who.created > day as i32 {
                return;
            }
            if !who.may_come(day as i32) || silent && user == self.account.users.start {
                continue;
            }
            if self.draw.chance(presence * f64::from(who.propensity)) {
                let events = 1 + self.draw.count(scale.per_visit - 1.0);
                self.visit(user, who.acts_for(self.account, self.day), events);
            }
        }
    }

    /// One user's day: sessions of about twelve events, each begun by a login.
    fn visit(&mut self, user: u32, account: u32, events: u32) {
        let sessions = 1 + events / 12;
        let pause = 14_400 / sessions;
        let pace = (20_000 / events).min(90);
        let mut second = self.account.midday as f64 + (self.draw.unit() + self.draw.unit() - 1.0) * 18_000.0;
        for nth in 0..events {
            let begins = nth % 12 == 0;
            if begins {
                self.sessions += 1;
                second += f64::from(if nth == 0 { 0 } else { self.draw.below(pause) });
            }
            let mut event = self.event(second, if begins { Kind::Login } else { Kind::FeatureUse });
            if !begins {
                self.fill(&mut event, pace);
            }
            second += f64::from(event.seconds) + 5.0 * self.draw.unit();
            (event.account, event.user, event.session) = (account, Some(user), Some(self.sessions));
            self.events.push(event);
        }
    }

    /// Decides which feature was used and for how long. Healthy accounts use more of the features.
    fn fill(&mut self, event: &mut Event, pace: u32) {
        event.seconds = (f64::from(pace) * self.draw.long_tail()) as u32;
        if self.draw.chance(0.05) {
            event.kind = Kind::ContentView;
            return;
        }
        let breadth = 2.0 + (FEATURES - 2) as f64 * self.health;
        let favour = self.draw.unit();
        event.feature = Some(self.account.preference[(breadth * favour * favour) as usize]);
        event.is_error = self.draw.chance(0.02 - 0.015 * self.health);
    }

    fn api_calls(&mut self, expected: f64) {
        for _ in 0..self.draw.count(expected) {
            let second = f64::from(self.draw.below(86_400));
            let mut event = self.event(second, Kind::ApiCall);
            event.is_error = self.draw.chance(0.06 - 0.05 * self.health);
            self.events.push(event);
        }
    }

    /// The planted events on the last microsecond outside and the first inside the last windows.
    fn window_edges(&mut self, population: &Population, days: u32) {
        let windows: &[u32] = match self.account.plant {
            Plant::OneUser => &[28],
            Plant::WindowEdges => &WINDOWS,
            _ => return,
        };
        let left = days.saturating_sub(self.day as u32);
        let moments = [(windows.contains(&left), 0), (left > 0 && windows.contains(&(left - 1)), DAY - 1)];
        for (_, at) in moments.into_iter().filter(|(planted, _)| *planted) {
            let mut event = self.event(0.0, Kind::FeatureUse);
            (event.at, event.lag, event.seconds) = (at, SECOND, 60);
            event.user = population.users_of(self.account).first().map(|_| self.account.users.start);
            event.feature = Some(self.account.preference[0]);
            self.events.push(event);
        }
    }

    /// An event without a subject. What would fall past midnight happens in the small hours of the same day, so that
    /// each day stands alone.
    fn event(&mut self, second: f64, kind: Kind) -> Event {
        let millisecond = i64::from(self.draw.below(1_000));
        let lag = if self.draw.chance(LATE) {
            DAY * i64::from(1 + self.draw.below(10)) + SECOND * i64::from(self.draw.below(80_000))
        } else {
            SECOND * i64::from(5 + self.draw.below(300))
        };
        Event {
            at: (second as i64 * SECOND + millisecond * MILLISECOND).rem_euclid(DAY),
            lag,
            account: self.account.acts_for(self.day),
            user: None,
            session: None,
            kind,
            feature: None,
            seconds: 0,
            is_error: false,
            twice: self.draw.chance(TWICE),
        }
    }
}
