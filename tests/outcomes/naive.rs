//! What became of an account, by the definition: looking at one day after the other at the lines that are in force.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate};

use crate::oracle::commerce::{Commerce, Line, RETURN_GAP_DAYS, day as day_of, holding, units};
use crate::oracle::table::{Row, Value};
use crate::oracle::world::{World, moment, words};

/// `lead_days` of the project.
pub const LEAD_DAYS: u64 = 30;
pub const HORIZONS: [u64; 5] = [30, 60, 90, 180, 365];

/// The day on which it became known, the account, and the horizon.
pub type Key = (NaiveDate, String, u64);

/// What is told of an account; money in cents.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub observed_on: NaiveDate,
    pub segment: String,
    pub population: String,
    pub is_lost: Option<bool>,
    pub outcome: Option<String>,
    pub lost_on: Option<NaiveDate>,
    pub notice_on: Option<NaiveDate>,
    pub reason: Option<String>,
    pub arr: i128,
    pub arr_later: i128,
}

impl Told {
    /// What is published.
    pub fn of(row: &Row) -> (Key, Self) {
        let key = (
            day_of(row, "as_of_date").unwrap(),
            words(row, "account_id").unwrap(),
            moment(row, "horizon_days").unwrap().try_into().unwrap(),
        );
        let told = Self {
            observed_on: day_of(row, "observed_on").unwrap(),
            segment: words(row, "segment").unwrap(),
            population: words(row, "population").unwrap(),
            is_lost: if let Value::Flag(lost) = row["is_lost"] { Some(lost) } else { None },
            outcome: words(row, "outcome"),
            lost_on: day_of(row, "lost_on"),
            notice_on: day_of(row, "notice_on"),
            reason: words(row, "reason"),
            arr: units(row, "arr"),
            arr_later: units(row, "arr_later"),
        };
        (key, told)
    }
}

/// Of each day, the lines in force, by the account that has them then.
struct History<'a> {
    world: &'a World,
    commerce: &'a Commerce,
    of_line: BTreeMap<&'a str, Vec<&'a Line>>,
    days: BTreeMap<NaiveDate, BTreeMap<&'a str, Vec<&'a Line>>>,
}

fn arr(lines: &[&Line]) -> i128 {
    lines.iter().map(|line| line.arr_cents()).sum()
}

fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day - Days::new(days)
}

impl<'a> History<'a> {
    fn of(world: &'a World, commerce: &'a Commerce, days: RangeInclusive<NaiveDate>) -> Self {
        let mut of_line: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
        for line in &commerce.lines {
            of_line.entry(&line.line_id).or_default().push(line);
        }
        let mut history = Self { world, commerce, of_line, days: BTreeMap::new() };
        for day in days.start().iter_days().take_while(|day| day <= days.end()) {
            let mut held: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
            for id in history.of_line.keys() {
                if let Some(line) = history.line(id, day).filter(|line| line.end.is_none_or(|end| day < end))
                {
                    held.entry(commerce.survivor(&line.account_id, day)).or_default().push(line);
                }
            }
            history.days.insert(day, held);
        }
        history
    }

    /// A line that has begun, as it stands on a day; one that ends on the day it starts is none.
    fn line(&self, id: &str, day: NaiveDate) -> Option<&'a Line> {
        let (line, _) = holding(self.world, day, self.of_line[id].clone(), |line| line.version)?;
        (line.start <= day && line.end.is_none_or(|end| end > line.start)).then_some(line)
    }

    /// The lines in force of an account, in whichever account it is on the day.
    fn lines(&self, account: &str, day: NaiveDate) -> &[&'a Line] {
        let holder = self.commerce.survivor(account, day);
        self.days.get(&day).and_then(|held| held.get(holder)).map_or(&[], Vec::as_slice)
    }

    /// Whether from a day on nothing is in force for as long as an account may take to come back.
    fn is_gone(&self, account: &str, day: NaiveDate) -> bool {
        day.iter_days().take(RETURN_GAP_DAYS as usize).all(|day| self.lines(account, day).is_empty())
    }

    fn lost_on(&self, account: &str, observed_on: NaiveDate, until: NaiveDate) -> Option<NaiveDate> {
        let days = observed_on.iter_days().skip(1).take_while(|day| *day <= until);
        days.into_iter().find(|day| self.is_gone(account, *day))
    }

    fn is_leaving(&self, account: &str, day: NaiveDate) -> bool {
        let lines = self.lines(account, day);
        !lines.is_empty() && lines.iter().all(|line| line.is_cancelled)
    }

    /// The first of the days up to a last one on all of which it was known that the account leaves.
    fn notice_on(&self, account: &str, last: NaiveDate) -> Option<NaiveDate> {
        let days = (0..).map(|age| before(last, age));
        days.take_while(|day| self.is_leaving(account, *day)).last()
    }

    fn is_bound(&self, account: &str, observed_on: NaiveDate, until: NaiveDate) -> bool {
        self.lines(account, observed_on).iter().any(|line| {
            let Some(end) = line.end else { return false };
            let notice_by = line.notice_days.map(|days| before(end, days as u64));
            let renews = line.auto_renew && !line.is_cancelled;
            end > until || renews && notice_by.is_some_and(|by| observed_on > by)
        })
    }

    fn reason(&self, account: &str, lost_on: NaiveDate) -> String {
        let last = lost_on + Days::new(RETURN_GAP_DAYS - 1);
        let lines = self.lines(account, before(lost_on, 1)).iter();
        let said = lines.filter_map(|line| self.line(&line.line_id, last)).filter(|line| line.is_cancelled);
        let said: Vec<String> = said.filter_map(|line| line.cancel_reason.clone()).collect();
        let ours = ["bankruptcy", "non-payment", "ended by us"].into_iter();
        let ours = ours.into_iter().find(|class| said.iter().any(|said| said == class));
        ours.unwrap_or(if said.is_empty() { "unknown" } else { "customer" }).to_owned()
    }

    /// The first day from a day on, on which anything is in force.
    fn goes_on(&self, account: &str, day: NaiveDate) -> NaiveDate {
        day.iter_days().find(|day| !self.lines(account, *day).is_empty()).unwrap()
    }

    /// All accounts that are observed on a day, with their segments.
    fn observed(&self, day: NaiveDate) -> Vec<(&'a str, String)> {
        let all = self.commerce.account_ids().into_iter();
        all.filter(|account| !self.lines(account, day).is_empty())
            .filter_map(|account| {
                let customer = self.commerce.customer(self.world, account, day)?;
                Some((account, customer.account.segment.clone()))
            })
            .collect()
    }

    fn told(&self, day: NaiveDate, horizon: u64) -> BTreeMap<Key, Told> {
        let until = before(day, RETURN_GAP_DAYS);
        let lead_until = before(until, horizon);
        let observed_on = before(lead_until, LEAD_DAYS);
        let observed = self.observed(observed_on);
        let worth: BTreeMap<&str, i128> =
            observed.iter().map(|(account, _)| (*account, arr(self.lines(account, observed_on)))).collect();
        let lost_on: BTreeMap<&str, Option<NaiveDate>> = observed
            .iter()
            .map(|(account, _)| (*account, self.lost_on(account, observed_on, until)))
            .collect();
        let stays = worth.iter().filter(|(account, _)| lost_on[*account].is_none());
        let later = self.later(until, &stays.map(|(account, arr)| (*account, *arr)).collect());
        let tell = |(account, segment): (&str, String)| {
            let (arr, lost_on) = (worth[account], lost_on[account]);
            let population = if self.is_leaving(account, observed_on) {
                "notice"
            } else if self.is_bound(account, observed_on, until) {
                "bound"
            } else if lost_on.is_some_and(|lost_on| lost_on <= lead_until) {
                "lost in lead"
            } else {
                "judged"
            };
            let arr_later = later.get(account).copied().unwrap_or(0);
            let outcome = match arr_later.cmp(&arr) {
                _ if lost_on.is_some() => "lost",
                std::cmp::Ordering::Less => "contracted",
                std::cmp::Ordering::Equal => "flat",
                std::cmp::Ordering::Greater => "expanded",
            };
            let notice_on = match lost_on {
                Some(lost_on) => self.notice_on(account, before(lost_on, 1)),
                None => self.notice_on(account, observed_on),
            };
            let told = Told {
                observed_on,
                segment,
                population: population.to_owned(),
                is_lost: (population == "judged").then_some(lost_on.is_some()),
                outcome: (population != "lost in lead").then(|| outcome.to_owned()),
                lost_on,
                notice_on,
                reason: lost_on.map(|lost_on| self.reason(account, lost_on)),
                arr,
                arr_later,
            };
            ((day, account.to_owned(), horizon), told)
        };
        observed.into_iter().map(tell).collect()
    }

    /// What those who stay are worth at the end of a horizon: accounts that are one by then share what that is worth.
    fn later<'b>(&self, until: NaiveDate, stays: &BTreeMap<&'b str, i128>) -> BTreeMap<&'b str, i128> {
        let mut together: BTreeMap<&str, Vec<(&str, NaiveDate)>> = BTreeMap::new();
        for account in stays.keys() {
            let on = self.goes_on(account, until);
            together.entry(self.commerce.survivor(account, on)).or_default().push((account, on));
        }
        let mut later = BTreeMap::new();
        for (holder, mut members) in together {
            let all_on = members.iter().map(|(_, on)| *on).max().unwrap();
            let mut left = arr(&self.days[&all_on][holder]);
            members.sort_by_key(|(account, _)| *account == holder);
            let last = members.len() - 1;
            for (place, (account, _)) in members.into_iter().enumerate() {
                let (account, worth) = stays.get_key_value(account).unwrap();
                let own = if place == last { left } else { left.min(*worth) };
                left -= own;
                later.insert(*account, own);
            }
        }
        later
    }
}

/// What is told on each day.
pub fn told(world: &World, days: RangeInclusive<NaiveDate>) -> BTreeMap<Key, Told> {
    let commerce = world.commerce();
    let longest = HORIZONS.into_iter().max().unwrap() + LEAD_DAYS + RETURN_GAP_DAYS;
    // Far enough back for whoever gave notice long before.
    let history = History::of(world, &commerce, before(*days.start(), longest + 200)..=*days.end());
    let each = days.start().iter_days().take_while(|day| day <= days.end());
    each.flat_map(|day| HORIZONS.into_iter().flat_map(move |horizon| [(day, horizon)]))
        .flat_map(|(day, horizon)| history.told(day, horizon))
        .collect()
}
