//! How many days of a table are built at once.
//!
//! A join keeps one of its sides in memory. A model that puts stored tables side by side, day by day, such as
//! `metrics.accounts`, would keep all but one of them whole, for all the days of a backfill. Its days have nothing to do
//! with each other, so they are built in stretches instead, one after the other.

use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate};

/// Bytes of memory for a row that a join keeps: its columns, its key, and its place in the hash table.
const BYTES_A_ROW: usize = 512;

/// The most rows that the joins of a stretch keep, however much memory there is.
const MOST_ROWS: usize = 2_000_000;

/// The stretches of `days` in which tables of so many rows each are put side by side within a memory limit.
pub(super) fn stretches(
    days: RangeInclusive<NaiveDate>,
    rows: &[u64],
    memory_limit: usize,
) -> Vec<RangeInclusive<NaiveDate>> {
    let kept = rows.iter().sum::<u64>() - rows.iter().max().copied().unwrap_or_default();
    let room = (memory_limit / BYTES_A_ROW).clamp(1, MOST_ROWS) as u64;
    let all = (*days.end() - *days.start()).num_days().unsigned_abs() + 1;
    let length = all.div_ceil(kept.div_ceil(room).max(1)).max(1);
    let starts = (0..all).step_by(usize::try_from(length).unwrap_or(usize::MAX));
    let stretch = |start: u64| {
        let first = *days.start() + Days::new(start);
        first..=(first + Days::new(length - 1)).min(*days.end())
    };
    starts.map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};

    use super::stretches;

    const MEMORY: usize = 512_000_000;

    fn lengths(days: u64, rows: &[u64]) -> Vec<i64> {
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let last = first + Days::new(days - 1);
        let found = stretches(first..=last, rows, MEMORY);
        assert_eq!((*found[0].start(), *found[found.len() - 1].end()), (first, last));
        assert!(found.windows(2).all(|pair| *pair[0].end() + Days::new(1) == *pair[1].start()));
        found.iter().map(|days| (*days.end() - *days.start()).num_days() + 1).collect()
    }

    #[test]
    fn stretches_cover_all_days_once_and_are_as_long_as_memory_allows() {
        assert_eq!(lengths(730, &[1_000_000]), [730]);
        assert_eq!(lengths(730, &[1_000_000, 900_000]), [730]);
        assert_eq!(lengths(730, &[1_000_000, 1_000_000, 1_000_000]), [365, 365]);
        assert_eq!(lengths(7, &[1_000_000, 1_000_000, 1_000_000]), [4, 3]);
        assert_eq!(lengths(3, &[9_000_000; 9]), [1, 1, 1]);
        assert_eq!(lengths(1, &[9_000_000; 9]), [1]);
        assert_eq!(lengths(1, &[]), [1]);
    }
}
