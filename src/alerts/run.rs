//! For how long a condition has held in one run.

use super::condition::{Judged, judge};
use super::rule::Rule;
use super::view::View;

/// A run of days on which a condition holds. Unknown days do not count, and only so many in a row do not end it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Run {
    count: u32,
    gap: u32,
    began: i32,
    /// Its alert is over already: it opens no other.
    is_spent: bool,
}

impl Run {
    /// One more day on which the rule is asked.
    pub(super) fn count(&mut self, rule: &Rule, day: i32, holds: Option<bool>) {
        match holds {
            Some(true) if self.count == 0 => *self = Self { count: 1, began: day, ..Self::default() },
            Some(true) => *self = Self { count: self.count + rule.step(), gap: 0, ..*self },
            Some(false) => *self = Self::default(),
            None if self.count > 0 && self.gap == rule.bridge => *self = Self::default(),
            None if self.count > 0 => self.gap += 1,
            None => {}
        }
    }

    /// The run up to the last of some days, of which all that is known is in a view.
    pub(super) fn over(rule: &Rule, view: &View, days: std::ops::Range<i32>) -> Self {
        let mut run = Self::default();
        for day in days.filter(|day| rule.measured.is_on(*day)) {
            let Judged { holds, .. } = judge(rule, view, day, None);
            run.count(rule, day, holds);
        }
        run
    }

    /// Days, or measurements, that count; none of a run whose alert is over.
    pub(super) fn length(&self) -> u32 {
        if self.is_spent { 0 } else { self.count }
    }

    /// The same of a run that began on a day or after it.
    pub(super) fn since(&self, day: i32) -> u32 {
        if self.began >= day { self.length() } else { 0 }
    }

    /// Whether its alert is over already.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// What goes on of it opens nothing any more.
    pub(super) fn spend(&mut self) {
        self.is_spent = self.count > 0;
    }
}
