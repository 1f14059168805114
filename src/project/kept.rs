//! From which day on a source still has its rows: `'kept_from' '2026-03-01'` where that day stays, `'kept_from' '400 days'` where
//! rows go as time passes, counted back from today.

use chrono::{Days, NaiveDate};

use crate::diagnostic::Diagnostic;

/// The name of the option.
pub(crate) const OPTION: &str = "kept_from";

/// From which day on a source has its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptFrom {
    /// From this day on.
    Day(NaiveDate),
    /// From so many days before today on.
    Days(u32),
}

impl KeptFrom {
    /// What the option says.
    pub(super) fn parse(text: &str) -> Result<Self, Diagnostic> {
        if let Ok(day) = text.parse() {
            return Ok(Self::Day(day));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = match words[..] {
            [number, "days" | "day"] => number.parse().ok(),
            _ => None,
        };
        number.map(Self::Days).ok_or_else(|| {
            let message = format!("`{OPTION}` is a day, or a number of days before today, not '{text}'");
            Diagnostic::error("option-value", message).help("write '2026-03-01', or '400 days'")
        })
    }

    /// The first day of which it has its rows, on a day.
    pub fn on(self, today: NaiveDate) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::Days(days) => today.checked_sub_days(Days::new(days.into())).unwrap_or(NaiveDate::MIN),
        }
    }
}
