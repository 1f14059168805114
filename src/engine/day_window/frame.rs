//! Window frames that are bounded in days, and where they lie on one account's days.

use std::fmt;
use std::ops::Range;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits};

/// A `RANGE` frame over days: from `start` to `end` days after the current one, `None` where unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DayFrame {
    start: Option<i64>,
    end: Option<i64>,
}

impl DayFrame {
    /// The frame, where it is a `RANGE` whose bounds are whole days.
    pub(super) fn new(frame: &WindowFrame) -> Option<Self> {
        if frame.units != WindowFrameUnits::Range {
            return None;
        }
        Some(Self { start: bound(&frame.start_bound)?, end: bound(&frame.end_bound)? })
    }

    /// All rows before the current one, where `rows` is below zero, or all after it: what `lag` and `lead` may see.
    pub(super) fn beside(rows: i64) -> Self {
        match rows < 0 {
            true => Self { start: None, end: Some(0) },
            false => Self { start: Some(0), end: None },
        }
    }

    /// For each day, the days within its frame, as indices. Both ends never go back from one day to the next.
    pub(super) fn bounds(&self, timeline: &Timeline, bounds: &mut Vec<Range<usize>>) {
        bounds.clear();
        let days = &timeline.days;
        let dated = timeline.dated();
        let (mut low, mut high) = (dated.start, dated.start);
        for (index, &day) in days.iter().enumerate() {
            if !dated.contains(&index) {
                // Rows without a day are peers of each other and at no distance from any other row.
                bounds.push(self.start.map_or(0, |_| index)..self.end.map_or(days.len(), |_| index + 1));
                continue;
            }
            let day = i64::from(day);
            if let Some(start) = self.start {
                while low < dated.end && i64::from(days[low]) < day.saturating_add(start) {
                    low += 1;
                }
            }
            if let Some(end) = self.end {
                while high < dated.end && i64::from(days[high]) <= day.saturating_add(end) {
                    high += 1;
                }
            }
            bounds.push(self.start.map_or(0, |_| low)..self.end.map_or(days.len(), |_| high));
        }
    }
}

/// `Some(None)` is unbounded, `None` is not a number of days.
fn bound(bound: &WindowFrameBound) -> Option<Option<i64>> {
    match bound {
        WindowFrameBound::CurrentRow => Some(Some(0)),
        WindowFrameBound::Preceding(offset) if offset.is_null() => Some(None),
        WindowFrameBound::Following(offset) if offset.is_null() => Some(None),
        WindowFrameBound::Preceding(offset) => days(offset).map(|days| Some(-days)),
        WindowFrameBound::Following(offset) => days(offset).map(Some),
    }
}

fn days(offset: &ScalarValue) -> Option<i64> {
    match offset {
        ScalarValue::IntervalMonthDayNano(Some(interval))
            if interval.months == 0 && interval.nanoseconds == 0 && interval.days >= 0 =>
        {
            Some(i64::from(interval.days))
        }
        _ => None,
    }
}

impl fmt::Display for DayFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", Bound(self.start, "-∞"), Bound(self.end, "+∞"))
    }
}

struct Bound(Option<i64>, &'static str);

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str(self.1),
            Some(0) => f.write_str("0"),
            Some(days) => write!(f, "{days:+}"),
        }
    }
}

/// The distinct days of one account in the window's order, rows without a day first or last.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// Days since 1970-01-01, ascending; a row without a day stands at [`NULL_FIRST`] or [`NULL_LAST`].
    pub(super) days: Vec<i32>,
}

/// Where rows without a day stand when NULLs come first.
pub(super) const NULL_FIRST: i32 = i32::MIN;
/// Where rows without a day stand when NULLs come last.
pub(super) const NULL_LAST: i32 = i32::MAX;

impl Timeline {
    /// The indices of real days.
    fn dated(&self) -> Range<usize> {
        let first = usize::from(self.days.first() == Some(&NULL_FIRST));
        let last = usize::from(self.days.last() == Some(&NULL_LAST));
        first..self.days.len() - last
    }
}

/// Finds a day's index on a timeline.
pub(super) enum DayIndex<'a> {
    /// By the distance from the first day.
    Table { base: i32, indices: Vec<u32>, last: usize },
    /// By searching, where days lie far apart.
    Search(&'a [i32]),
}

impl<'a> DayIndex<'a> {
    /// An index of a timeline's days.
    pub(super) fn new(timeline: &'a Timeline) -> Self {
        let dated = timeline.dated();
        let days = &timeline.days[dated.clone()];
        let (Some(&first), Some(&end)) = (days.first(), days.last()) else {
            return Self::Search(&timeline.days);
        };
        let span = (i64::from(end) - i64::from(first)) as usize;
        // Rows without a day that come first would need a place before the table.
        if span > 16 * days.len() + 64 || dated.start > 0 {
            return Self::Search(&timeline.days);
        }
        let mut indices = vec![0; span + 1];
        for (index, day) in days.iter().enumerate() {
            indices[(day - first) as usize] = index as u32;
        }
        Self::Table { base: first, indices, last: timeline.days.len() - 1 }
    }

    /// The index of a day that is on the timeline.
    #[inline]
    pub(super) fn of(&self, day: i32) -> usize {
        match self {
            Self::Table { base, indices, last } => {
                indices.get(day.wrapping_sub(*base) as u32 as usize).map_or(*last, |index| *index as usize)
            }
            Self::Search(days) => days.partition_point(|known| *known < day),
        }
    }
}
