//! One account and its users: its dates and habits, and what is planted in them.
use std::ops::Range;

use super::plant::{GAPS, Plant};

/// Days before the end on which one account goes on in another; half of a short world.
const MERGED_FOR: i32 = 40;
/// How many product features there are.
pub(super) const FEATURES: usize = 12;

/// One account. Days count from the world's first day, which is 0; earlier days are negative.
pub(super) struct Account {
    /// Position in the population; also names its draws.
    pub(super) index: u32,
    /// What is awkward about it.
    pub(super) plant: Plant,
    /// Size relative to the mean account: 1 is average.
    pub(super) size: f64,
    /// Marked as a test account.
    pub(super) is_test: bool,
    /// The day it became a customer.
    pub(super) since: i32,
    /// The day it left, if it did.
    pub(super) churned: Option<i32>,
    /// The day it came back after that, if it did.
    pub(super) returned: Option<i32>,
    /// The days on which something may happen.
    pub(super) active: Range<i32>,
    /// Days inside [`Self::active`] on which nothing happens all the same.
    pub(super) silent: Range<i32>,
    /// Where its users stand in [`Population::users`](super::population::Population::users).
    pub(super) users: Range<u32>,
    /// Weight of its API traffic; 0 for the accounts without an integration.
    pub(super) api: f64,
    /// The middle of its working day, in seconds of the UTC day.
    pub(super) midday: u32,
    /// Open at weekends.
    pub(super) weekends: bool,
    /// Its features in order of preference.
    pub(super) preference: [u8; FEATURES],
    /// The day from which its health falls towards churn.
    pub(super) declines: Option<i32>,
    /// The play for which it was chosen.
    pub(super) play: Option<Play>,
    /// The account in which it goes on, if it does.
    pub(super) merged: Option<Move>,
}

/// A step into another account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// The first day in the other account.
    pub(super) on: i32,
    /// The other account, by its position in the population.
    pub(super) to: u32,
}

impl Account {
    /// Leaves on a day.
    pub(super) fn leave(&mut self, day: i32) {
        self.churned = Some(day);
        self.active.end = day;
    }

    /// Leaves on a day, comes back on a later one and is active until `end`.
    pub(super) fn come_back(&mut self, left: i32, back: i32, end: i32) {
        (self.churned, self.returned) = (Some(left), Some(back).filter(|day| *day < end));
        self.active.end = if self.returned.is_some() { end } else { left };
        self.silent = left..back;
    }

    /// The day towards which health falls, if it does: the child that is about to leave goes after the end.
    pub(super) fn leaves(&self) -> Option<i32> {
        match self.plant {
            Plant::DecliningChild => Some(self.active.end + 20),
            _ => self.churned,
        }
    }

    /// Customer from `since` and active until `end`, without churn.
    pub(super) fn be_active(&mut self, since: i32, end: i32) {
        self.since = since;
        self.churned = None;
        self.active = since..end;
    }

    /// Bends an ordinary life of `days` days into the planted one.
    pub(super) fn bend(&mut self, days: i32) {
        if !matches!(self.plant, Plant::Ordinary | Plant::NoUsers | Plant::NoEvents) {
            self.be_active(-400, days);
        }
        match self.plant {
            Plant::TestAccount => self.is_test = true,
            Plant::BrandNew => self.be_active(days - 1, days),
            Plant::NoEvents | Plant::Hermit => self.silent = i32::MIN..i32::MAX,
            Plant::Prospect => self.active = 0..0,
            Plant::StalledOnboarding => self.be_active(days - 100, days),
            Plant::EventsBeforeStart => {
                self.be_active(days / 2, days);
                self.active.start -= 30;
            }
            Plant::ZeroBase => self.silent = days - 60..days - 28,
            Plant::Silent => self.silent = days - 35..days,
            Plant::Stragglers => {
                self.leave(days / 2);
                self.active.end += 6;
            }
            Plant::ChurnedBefore => self.leave(-100),
            Plant::ChurnedChild => self.leave(days - 40),
            Plant::ReturnsSoon => self.come_back(days / 2, days / 2 + GAPS[0], days),
            Plant::ReturnsLate => self.come_back(days / 2, days / 2 + GAPS[1], days),
            Plant::Merged => {
                let on = days - days.min(2 * MERGED_FOR) / 2;
                self.merged = Plant::Survivor.position().map(|to| Move { on, to });
            }
            Plant::Paperwork => self.be_active(days - 150, days),
            _ => {}
        }
    }

    /// The account for which its integrations act on a day.
    pub(super) fn acts_for(&self, day: i32) -> u32 {
        self.merged.filter(|merged| merged.on <= day).map_or(self.index, |merged| merged.to)
    }

    /// The day on which it was no customer any more under its own name.
    pub(super) fn ended(&self) -> Option<i32> {
        self.churned.or(self.merged.map(|merged| merged.on))
    }

    /// In the `accounts` table.
    pub(super) fn is_listed(&self) -> bool {
        self.plant != Plant::UnlistedAccount
    }

    /// A customer now or once.
    pub(super) fn is_customer(&self) -> bool {
        self.is_listed() && self.plant != Plant::Prospect
    }

    /// Its name, for people.
    pub(super) fn name(&self) -> String {
        name(self.plant, self.index as usize)
    }
}

/// One user.
pub(super) struct User {
    /// The day the user was created.
    pub(super) created: i32,
    /// The day of the first sign-in; `None` for those who never came.
    pub(super) activated: Option<i32>,
    /// The day the seat was taken back.
    pub(super) left: Option<i32>,
    /// Probability of being active on a working day of a fully healthy account.
    pub(super) propensity: f32,
    /// The account to which the user goes over, if so.
    pub(super) moves: Option<Move>,
}

impl User {
    /// Whether the user may be seen on a day.
    pub(super) fn may_come(&self, day: i32) -> bool {
        self.activated.is_some_and(|first| first <= day) && self.left.is_none_or(|left| day < left)
    }
}

/// The play: lessons for the unhealthy; a coin decides who gets them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Play {
    /// The day on which the account was chosen.
    pub(super) chosen: i32,
    /// Whether it got the lessons, or was held out.
    pub(super) is_treated: bool,
    /// Whether it would have left, and stayed because of them.
    pub(super) kept: bool,
}

impl Play {
    /// The days of the lessons of those who are treated.
    pub(super) fn lessons(&self) -> [i32; 3] {
        [3, 10, 17].map(|after| self.chosen + after)
    }
}

/// The name of an account of a number; a round more for each time that the names are used up.
fn name(plant: Plant, index: usize) -> String {
    const FIRST: [&str; 20] = [
        "Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Indigo", "Juniper",
        "Kestrel", "Lumen", "Maple", "Nimbus", "Onyx", "Pioneer", "Quartz", "River", "Summit", "Tundra",
    ];
    const SECOND: [&str; 13] = [
        "Analytics",
        "Bank",
        "Clinics",
        "Dynamics",
        "Energy",
        "Foods",
        "Games",
        "Health",
        "Insurance",
        "Logistics",
        "Media",
        "Retail",
        "Works",
    ];
    if let Some(name) = plant.name() {
        return name.to_owned();
    }
    let (first, second) = (FIRST[index % FIRST.len()], SECOND[index % SECOND.len()]);
    match index / (FIRST.len() * SECOND.len()) {
        0 => format!("{first} {second}"),
        round => format!("{first} {second} {}", round + 1),
    }
}

impl User {
    /// The account for which a user of an account acts on a day.
    pub(super) fn acts_for(&self, account: &Account, day: i32) -> u32 {
        let moved = self.moves.filter(|moves| moves.on <= day);
        moved.map_or_else(|| account.acts_for(day), |moves| moves.to)
    }
}
