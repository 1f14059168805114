//! What a condition tells of the rows where it holds: which sources are reported, and how many days up to that of a row lie
//! in complete logs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{BitAnd, BitOr};

/// Names of sources.
pub(super) type Sources = BTreeSet<String>;

/// More days than any number: those of a row that was looked up far back.
pub(super) const WITHOUT_END: u32 = u32::MAX;

/// A number of days that cannot be read off a condition, and is some number.
pub(super) const SOME: u32 = 0;

/// How many days of some logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reaches(BTreeMap<String, u32>);

impl Reaches {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, u32)> {
        self.0.iter().map(|(log, days)| (log, *days))
    }

    pub(super) fn of(&self, log: &str) -> Option<u32> {
        self.0.get(log).copied()
    }

    /// Each with some days more.
    pub(super) fn longer_by(&self, days: u32) -> Self {
        self.iter().map(|(log, own)| (log.clone(), own.saturating_add(days))).collect()
    }

    /// Those that have an end.
    pub(super) fn with_end(&self) -> Self {
        self.iter().filter(|(_, days)| *days < WITHOUT_END).map(|(log, days)| (log.clone(), days)).collect()
    }

    /// Those that are also in another one, with the longer.
    pub(super) fn shared(&self, other: &Self) -> Self {
        let both = self.iter().filter_map(|(log, days)| Some((log.clone(), days.max(other.of(log)?))));
        both.collect()
    }

    /// Those that reach back farther than some days do which are known to be there.
    pub(super) fn beyond(&self, ready: &Self) -> Self {
        let reaches = |(log, days): &(&String, u32)| ready.of(log).is_none_or(|ready| ready < *days);
        self.iter().filter(reaches).map(|(log, days)| (log.clone(), days)).collect()
    }
}

impl FromIterator<(String, u32)> for Reaches {
    /// Of several of one log the longest.
    fn from_iter<T: IntoIterator<Item = (String, u32)>>(all: T) -> Self {
        let mut found: BTreeMap<String, u32> = BTreeMap::new();
        for (log, days) in all {
            let longest = found.entry(log).or_default();
            *longest = days.max(*longest);
        }
        Self(found)
    }
}

/// Both, of one log the longer.
impl BitOr for &Reaches {
    type Output = Reaches;

    fn bitor(self, other: Self) -> Reaches {
        self.iter().chain(other.iter()).map(|(log, days)| (log.clone(), days)).collect()
    }
}

/// What a condition tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The sources that are reported.
    pub(super) reported: Sources,
    /// The logs of which so many days, up to that of the row, are complete.
    pub(super) ready: Reaches,
}

impl Told {
    /// That some sources are reported.
    pub(super) fn reported(reported: Sources) -> Self {
        Self { reported, ready: Reaches::default() }
    }

    /// That days of logs are complete.
    pub(super) fn ready(ready: Reaches) -> Self {
        Self { reported: Sources::new(), ready }
    }
}

/// All that is told by one or the other.
impl BitOr for &Told {
    type Output = Told;

    fn bitor(self, other: Self) -> Told {
        Told { reported: &self.reported | &other.reported, ready: &self.ready | &other.ready }
    }
}

/// What both tell.
impl BitAnd for &Told {
    type Output = Told;

    fn bitand(self, other: Self) -> Told {
        let common = self.ready.iter();
        let common = common.filter_map(|(log, days)| Some((log.clone(), days.min(other.ready.of(log)?))));
        Told { reported: &self.reported & &other.reported, ready: common.collect() }
    }
}
