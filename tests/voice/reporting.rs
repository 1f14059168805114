//! Which sources report on a day.

use chrono::{NaiveDate, NaiveTime, TimeDelta};

use super::customers::Ugly;
use crate::oracle::world::{at, days_ago};

/// `stale_after_days` of the project.
const STALE_AFTER_DAYS: i64 = 3;

/// What the loader said.
pub struct Load {
    pub source: &'static str,
    pub loaded_through: NaiveDate,
    pub ok: bool,
    pub loaded_at: i64,
}

/// Tickets keep up but for a gap, surveys stop, messages are spoken of only by loads that failed, goals late.
pub fn drawn() -> Vec<Load> {
    let load = |source, age: u64, behind: u64, ok| Load {
        source,
        loaded_through: days_ago(age + behind),
        ok,
        loaded_at: at(days_ago(age), NaiveTime::from_hms_opt(12, 0, 0).unwrap()),
    };
    let mut loads: Vec<Load> =
        (0..60).filter(|age| !(10..20).contains(age)).map(|age| load("tickets", age, 1, true)).collect();
    loads.extend((5..60).map(|age| load("surveys", age, 0, age % 7 > 0)));
    loads.push(load("messages", 30, 0, false));
    loads.push(load("messages", 25, 1, true));
    loads.push(load("messages", 25, 9, false));
    loads.push(load("goals", 8, 2, true));
    loads.push(load("ticket_events", 12, 9, true));
    loads.push(load("feedback", 9, 1, true));
    loads.push(load("feedback", 2, 0, false));
    loads.push(load("nothing of ours", 1, 0, true));
    loads
}

impl Ugly {
    /// Whether a source reports as of a day: some load that went well reaches it, or a few days before.
    pub fn reports(&self, source: &str, as_of: NaiveDate) -> bool {
        let mut spoken = self.loads.iter().filter(|load| load.source == source).peekable();
        // Every source of this world has rows long before the days that are looked at.
        let least = as_of - TimeDelta::days(STALE_AFTER_DAYS);
        spoken.peek().is_none() || spoken.any(|load| load.ok && load.loaded_through >= least)
    }
}
