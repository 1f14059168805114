//! What a value is made of, of the days of logs that are complete from some day on.

use super::told::{Reaches, Sources, Told};

/// What a value holds of logs that are complete from some day on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Days {
    /// Logs of which it is a fact of one day, that of its row.
    pub(super) facts: Sources,
    /// Logs of which it is a day.
    pub(super) dates: Sources,
    /// Logs of which it counts or adds up so many days: as many as there are, where these begin before the log does.
    pub(super) counted: Reaches,
    /// Logs of which it makes of so many days what a part of them tells wrongly: a share, a mean, a growth.
    pub(super) relative: Reaches,
    /// Whether it says no more than that there was something.
    pub(super) is_flag: bool,
}

impl Days {
    /// What two values hold together.
    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            facts: &self.facts | &other.facts,
            dates: &self.dates | &other.dates,
            counted: &self.counted | &other.counted,
            relative: &self.relative | &other.relative,
            is_flag: false,
        }
    }

    /// What one of two values holds.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self { is_flag: self.is_flag && other.is_flag, ..self.with(other) }
    }

    /// The same of what asks for it.
    pub(super) fn asked(self) -> Self {
        Self { dates: Sources::new(), is_flag: true, ..self }
    }

    /// Whether there is a value at all: that is known of a share as of a count.
    pub(super) fn there(self) -> Self {
        let counted = &self.counted | &self.relative;
        Self { counted, relative: Reaches::default(), ..self }.asked()
    }

    /// The same of what compares what is counted.
    pub(super) fn compared(self) -> Self {
        let relative = &self.relative | &self.counted;
        Self { relative, ..self }
    }

    /// The same where it is told that days are there.
    pub(super) fn where_told(self, told: &Told) -> Self {
        let [counted, relative] = [&self.counted, &self.relative].map(|reaches| reaches.beyond(&told.ready));
        Self { counted, relative, ..self }
    }
}
