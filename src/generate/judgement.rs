//! What people did and thought: who looked after an account, how they judged it, where they decided against its score.
use super::account::Account;
use super::day::DAY;
use super::draw::{Draw, Purpose};
use super::plant::Plant;
use super::population::Population;
use super::world::World;

const HOUR: i64 = DAY / 24;
/// Accounts that one owner looks after.
const BOOK: u32 = 25;
/// How long an override may hold, in days, where nothing is planted.
const HOLDS: i32 = 45;

/// An owner's time with an account. Times of this module are microseconds since the first day began.
pub(super) struct Ownership {
    /// Position of the account in the population.
    pub(super) account: u32,
    /// The owner, counted from 0.
    pub(super) owner: u32,
    /// From when.
    pub(super) from: i64,
    /// Until when; `None` to this day.
    pub(super) until: Option<i64>,
}

/// A version of a judgement.
pub(super) struct Assessment {
    /// Position of the account.
    pub(super) account: u32,
    /// Its number among the account's.
    pub(super) number: u32,
    /// 1, the worst, to 5.
    pub(super) value: u8,
    /// The owner who judged.
    pub(super) author: u32,
    /// From when it holds.
    pub(super) effective: i64,
    /// Until when, where that is said.
    pub(super) expires: Option<i64>,
    /// When it was written down.
    pub(super) recorded: i64,
}

/// A decision against a score.
pub(super) struct Override {
    /// Position of the account.
    pub(super) account: u32,
    /// Its number among the account's.
    pub(super) number: u32,
    /// What it does.
    pub(super) mode: Mode,
    /// The number to do it with.
    pub(super) value: f64,
    /// The owner who decided.
    pub(super) author: u32,
    /// From when it holds.
    pub(super) effective: i64,
    /// Until when.
    pub(super) expires: i64,
    /// When it was taken back.
    pub(super) revoked: Option<i64>,
}

/// What an override does with a score.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    /// Takes its place.
    Set,
    /// Holds it down.
    Cap,
    /// Holds it up.
    Floor,
    /// Is added to it.
    Adjust,
}

/// Everything that people did, account by account, in order of time.
#[derive(Default)]
pub(super) struct Judgement {
    /// Who looked after whom.
    pub(super) ownerships: Vec<Ownership>,
    /// How they judged.
    pub(super) assessments: Vec<Assessment>,
    /// Where they decided against the score.
    pub(super) overrides: Vec<Override>,
}

impl Judgement {
    /// What the people of a world did by the time of its extract.
    pub(super) fn new(world: &World, population: &Population) -> Self {
        let mut all = Self::default();
        for account in population.accounts.iter().filter(|account| account.is_listed()) {
            let mut draw = Draw::new(world.seed, Purpose::Judgement, account.index, 0);
            let mut told = Telling { world, account, draw: &mut draw, all: &mut all };
            let hand_over = told.ownership();
            told.assessments(population, hand_over);
            told.overrides();
        }
        let extracted = i64::from(world.days) * DAY + 6 * HOUR;
        all.assessments.retain(|assessment| assessment.recorded <= extracted);
        all
    }
}

/// One account's story, being told.
struct Telling<'a> {
    world: &'a World,
    account: &'a Account,
    draw: &'a mut Draw,
    all: &'a mut Judgement,
}

impl Telling<'_> {
    /// The first day on which something can be said about the account, and the day after the last.
    fn life(&self) -> (i32, i32) {
        let days = self.world.days as i32;
        (self.account.since.max(0), self.account.ended().map_or(days, |ended| ended.min(days)))
    }

    /// Working hours of a day.
    fn moment(&mut self, day: i32) -> i64 {
        i64::from(day) * DAY + 9 * HOUR + i64::from(self.draw.below(8 * 3600)) * 1_000_000
    }

    fn owner(&self, nth: u32) -> u32 {
        let owners = 2 + self.world.accounts / BOOK;
        (self.account.index + nth) % owners
    }

    /// Who looked after the account; one in four is handed over. Tells the day of that.
    fn ownership(&mut self) -> Option<i32> {
        let (first, end) = self.life();
        let wanted = self.draw.chance(0.25);
        let day = first + 1 + self.draw.below((end - first - 1).max(1) as u32) as i32;
        let day = match self.account.plant {
            Plant::QuotedName => Some(end - 20),
            Plant::Ordinary => (wanted && day < end).then_some(day),
            _ => None,
        };
        let begin = i64::from(self.account.since) * DAY + 8 * HOUR;
        let handed_over = day.map(|day| i64::from(day) * DAY + 8 * HOUR);
        let left = self.account.ended().map(|day| i64::from(day) * DAY);
        let account = self.account.index;
        let first_owner = self.owner(0);
        let until = handed_over.or(left);
        self.all.ownerships.push(Ownership { account, owner: first_owner, from: begin, until });
        if let Some(from) = handed_over {
            let next = self.owner(1);
            self.all.ownerships.push(Ownership { account, owner: next, from, until: left });
        }
        day
    }

    fn assessments(&mut self, population: &Population, hand_over: Option<i32>) {
        let (first, end) = self.life();
        if self.account.plant != Plant::Ordinary {
            return self.planted_assessments(end);
        }
        // Two in five owners never write anything down.
        if !self.draw.chance(0.6) {
            return;
        }
        let mut day = first + self.draw.below(30) as i32;
        let mut number = 0;
        while day < end {
            let author = self.owner(u32::from(hand_over.is_some_and(|after| day > after)));
            let felt = 1.0 + 4.0 * population.health(self.account, day as u32) + 0.6 * self.draw.bell();
            let value = felt.round().clamp(1.0, 5.0) as u8;
            let effective = self.moment(day);
            let expires = self.draw.chance(0.6).then_some(effective + 90 * DAY);
            let late = if self.draw.chance(0.1) { 10 } else { self.draw.below(2) };
            let recorded = effective + i64::from(late) * DAY;
            self.assess(Assessment { number, value, author, effective, expires, recorded, ..self.blank() });
            number += 1;
            day += 45 + self.draw.below(60) as i32;
        }
    }

    /// A judgement by the first owner, whose times are still to be said.
    fn blank(&self) -> Assessment {
        let (account, author) = (self.account.index, self.owner(0));
        Assessment { account, number: 0, value: 3, author, effective: 0, expires: None, recorded: 0 }
    }

    fn assess(&mut self, assessment: Assessment) {
        self.all.assessments.push(assessment);
    }

    fn planted_assessments(&mut self, end: i32) {
        let at = |days_before: i32| i64::from(end - days_before) * DAY + 10 * HOUR;
        let judged =
            |value: u8, effective: i64| Assessment { value, effective, recorded: effective, ..self.blank() };
        let told = match self.account.plant {
            // Before the account was handed over, 20 days before the end.
            Plant::QuotedName => vec![judged(5, at(30))],
            Plant::UnicodeName => vec![judged(2, at(40)), Assessment { number: 1, ..judged(4, at(10)) }],
            Plant::OddName => vec![Assessment { expires: Some(at(5)), ..judged(1, at(50)) }],
            // Written down 20 days late; then another value under the same number.
            Plant::OneUser => vec![Assessment { recorded: at(20), ..judged(3, at(40)) }],
            Plant::ZeroBase => vec![judged(5, at(30)), Assessment { recorded: at(12), ..judged(2, at(30)) }],
            _ => Vec::new(),
        };
        told.into_iter().for_each(|assessment| self.assess(assessment));
    }

    fn overrides(&mut self) {
        let (first, end) = self.life();
        if self.account.plant != Plant::Ordinary {
            return self.planted_overrides(end);
        }
        if end <= first || !self.draw.chance(0.04) {
            return;
        }
        let day = first + self.draw.below((end - first) as u32) as i32;
        let effective = self.moment(day);
        let (mode, value) = match self.draw.below(3) {
            0 => (Mode::Cap, 45.0),
            1 => (Mode::Floor, 50.0),
            _ => (Mode::Adjust, f64::from(self.draw.below(5)) * 5.0 - 10.0),
        };
        let holds = self.draw.below(HOLDS as u32) as i32 + 5;
        self.decide(mode, value, effective, effective + i64::from(holds) * DAY, None);
    }

    fn decide(&mut self, mode: Mode, value: f64, effective: i64, expires: i64, revoked: Option<i64>) {
        let account = self.account.index;
        let number = self.all.overrides.last().filter(|one| one.account == account);
        let number = number.map_or(0, |one| one.number + 1);
        let author = self.owner(0);
        self.all.overrides.push(Override {
            account,
            number,
            mode,
            value,
            author,
            effective,
            expires,
            revoked,
        });
    }

    fn planted_overrides(&mut self, end: i32) {
        let at = |days_before: i32| i64::from(end - days_before) * DAY + 10 * HOUR;
        match self.account.plant {
            Plant::QuotedName => self.decide(Mode::Cap, 40.0, at(15), at(-30), None),
            Plant::OneUser => self.decide(Mode::Floor, 60.0, at(15), at(-30), None),
            Plant::Silent => self.decide(Mode::Set, 20.0, at(20), at(-10), None),
            Plant::UnlistedUser => self.decide(Mode::Adjust, -15.0, at(10), at(-20), None),
            Plant::UnicodeName => self.decide(Mode::Set, 90.0, at(60), at(30), None),
            Plant::OddName => self.decide(Mode::Adjust, 10.0, at(25), at(-60), Some(at(8))),
            _ => {}
        }
    }
}
