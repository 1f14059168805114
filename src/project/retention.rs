//! How long what is published is kept: `keep: 800 days, then month ends` of `hale.yml`.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate};

/// The most days that can be asked for, beyond any calendar of a project.
const MOST: u32 = 100_000;

/// Which published days are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How many days are kept, the newest published one among them; at least one.
    pub days: u32,
    /// Whether the last day of each month is kept beyond them.
    pub month_ends: bool,
}

impl Retention {
    /// What a text says; `None` for one that says no such thing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (first, then) = match text.split_once(',') {
            Some((first, then)) => (first, Some(then.split_whitespace().collect::<Vec<_>>().join(" "))),
            None => (text, None),
        };
        let words: Vec<&str> = first.split_whitespace().collect();
        let [number, "days" | "day"] = words[..] else { return None };
        let days = number.parse().ok().filter(|days| (1..=MOST).contains(days))?;
        match then.as_deref() {
            None => Some(Self { days, month_ends: false }),
            Some("then month ends") => Some(Self { days, month_ends: true }),
            Some(_) => None,
        }
    }

    /// Whether a day is kept where another is the newest published one.
    pub fn keeps(self, day: NaiveDate, newest: NaiveDate) -> bool {
        let is_young = newest.signed_duration_since(day).num_days() < i64::from(self.days);
        let next = day.checked_add_days(Days::new(1));
        let ends_month = next.is_none_or(|next| next.month() != day.month());
        is_young || (self.month_ends && ends_month)
    }
}

/// As it is written.
impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let then = if self.month_ends { ", then month ends" } else { "" };
        let days = if self.days == 1 { "day" } else { "days" };
        write!(f, "{} {days}{then}", self.days)
    }
}
