//! What to generate: how many, how long, until when.
use chrono::{Datelike, Days, NaiveDate};

use super::ids::Ids;
use crate::error::{Error, Result};

/// What to generate. The same value gives the same bytes; [`World::default`] is the bundled sample in `data/`.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// How many accounts, at least 1.
    pub accounts: u32,
    /// Users per account, on average; each account has at least one, planted exceptions aside.
    pub users_per_account: f64,
    /// How many days, at least 1.
    pub days: u32,
    /// The last day.
    pub end: NaiveDate,
    /// About how many events; the exact number is up to chance.
    pub events: u64,
    /// Names the world among all worlds of this shape.
    pub seed: u64,
    /// How ids look; nothing else of the world depends on it.
    pub ids: Ids,
}

impl Default for World {
    fn default() -> Self {
        Self {
            accounts: 120,
            users_per_account: 8.0,
            days: 200,
            end: NaiveDate::from_ymd_opt(2026, 9, 30).expect("30 September exists"),
            events: 120_000,
            seed: 1,
            ids: Ids::Short,
        }
    }
}

impl World {
    /// Whether such a world can be.
    pub(super) fn validate(&self) -> Result<()> {
        let wrong = |what: &str| Err(Error::Usage(format!("cannot generate a world: {what}")));
        if self.accounts == 0 || self.days == 0 {
            return wrong("it needs at least one account and one day");
        }
        if !(self.users_per_account > 0.0 && self.users_per_account <= 1e6) {
            return wrong("users per account must lie between 0 and 1,000,000");
        }
        if self.accounts > 10_000_000 || f64::from(self.accounts) * self.users_per_account > 1e8 {
            return wrong("more than 10 million accounts or 100 million users");
        }
        if self.days > 100_000 {
            return wrong("more than 100,000 days");
        }
        if self.end.year() < 1900 || self.end.year() > 2200 {
            return wrong("the last day must lie between 1900 and 2200");
        }
        Ok(())
    }

    /// The date of a day of the world; day 0 is the first.
    pub(super) fn date(&self, day: u32) -> NaiveDate {
        self.end - Days::new(u64::from(self.days - 1 - day))
    }
}
