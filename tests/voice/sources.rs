//! Rows of any source: drawn at random, written, and read the way a person would: as known at the end of a day.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::Date32Type;
use chrono::{NaiveDate, TimeDelta};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

use crate::oracle::world::{LAST_DAY, World, at, write};

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;

/// One column of a source, row by row.
pub enum Column {
    Text(Vec<Option<String>>),
    Whole(Vec<i64>),
    Real(Vec<Option<f64>>),
    /// In units of 10⁻⁴.
    Decimal(Vec<i64>),
    Flag(Vec<bool>),
    Day(Vec<Option<NaiveDate>>),
    /// Microseconds of UTC.
    Time(Vec<Option<i64>>),
}

impl Column {
    /// A text that is always there.
    pub fn words<T>(rows: &[T], read: impl Fn(&T) -> &str) -> Self {
        Self::Text(rows.iter().map(|row| Some(read(row).to_owned())).collect())
    }

    /// A time that is always there.
    pub fn times<T>(rows: &[T], read: impl Fn(&T) -> i64) -> Self {
        Self::Time(rows.iter().map(|row| Some(read(row))).collect())
    }

    /// A day that is always there.
    pub fn days<T>(rows: &[T], read: impl Fn(&T) -> NaiveDate) -> Self {
        Self::Day(rows.iter().map(|row| Some(read(row))).collect())
    }

    /// Nothing, in every row.
    pub fn none<T>(rows: &[T]) -> Self {
        Self::Text(vec![None; rows.len()])
    }

    fn array(self) -> ArrayRef {
        match self {
            Self::Text(values) => Arc::new(StringArray::from(values)),
            Self::Whole(values) => Arc::new(Int64Array::from(values)),
            Self::Real(values) => Arc::new(Float64Array::from(values)),
            Self::Decimal(values) => {
                let array = Decimal128Array::from_iter_values(values.into_iter().map(i128::from));
                Arc::new(array.with_precision_and_scale(18, 4).unwrap())
            }
            Self::Flag(values) => Arc::new(BooleanArray::from(values)),
            Self::Day(days) => Arc::new(Date32Array::from_iter(
                days.into_iter().map(|day| day.map(Date32Type::from_naive_date)),
            )),
            Self::Time(values) => Arc::new(TimestampMicrosecondArray::from(values)),
        }
    }
}

/// Writes one source.
pub fn write_source(folder: &Path, name: &str, columns: Vec<(&str, Column)>) {
    let columns = columns.into_iter().map(|(name, column)| (name, column.array())).collect();
    write(&folder.join(format!("{name}.parquet")), columns);
}

/// A source of chance that gives the same rows each time.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of one subject.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from 0 to `below`, without it.
    pub fn below(&mut self, below: i64) -> i64 {
        i64::try_from(self.0.next_u64() % u64::try_from(below).unwrap()).unwrap()
    }

    /// Happens once in so many times.
    pub fn once_in(&mut self, times: i64) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(i64::try_from(of.len()).unwrap())).unwrap()]
    }

    /// A day up to so many before the last, the edges of windows more often than what lies between; a few are ahead.
    pub fn day(&mut self, back: i64) -> NaiveDate {
        const EDGES: [i64; 12] = [-1, 0, 1, 27, 28, 29, 60, 89, 90, 91, 179, 180];
        let age = if self.once_in(3) { self.pick(&EDGES) } else { self.below(back) };
        LAST_DAY - TimeDelta::days(age.min(back))
    }

    /// A moment of such a day: often the first or the last of it, there or in UTC.
    pub fn moment(&mut self, back: i64) -> i64 {
        const TIMES: [i64; 6] =
            [0, DAY - 1, 4 * 3_600_000_000, 4 * 3_600_000_000 - 1, 5 * 3_600_000_000, DAY / 2];
        let time = if self.once_in(2) { self.pick(&TIMES) } else { self.below(DAY) };
        at(self.day(back), chrono::NaiveTime::MIN) + time
    }
}

/// A row that is delivered again: of several deliveries one counts.
pub trait Delivered {
    /// What is the same in each delivery.
    fn id(&self) -> &str;
    /// When it happened, and when the warehouse knew.
    fn times(&self) -> (i64, i64);
}

/// Each thing once, on the earliest of its days, and of those deliveries the one available last. Two of one moment are alike.
pub fn delivered<'a, T: Delivered>(world: &World, rows: &'a [T]) -> Vec<&'a T> {
    let mut of_id: BTreeMap<&str, &T> = BTreeMap::new();
    let rank = |row: &T| (world.local_day(row.times().0), Reverse(row.times().1));
    for row in rows {
        let kept = of_id.entry(row.id()).or_insert(row);
        if rank(row) < rank(kept) {
            *kept = row;
        }
    }
    of_id.into_values().collect()
}

/// A row that is one version of something.
pub trait Versioned {
    /// What is the same in each version.
    fn id(&self) -> String;
    /// When it was written down.
    fn recorded_at(&self) -> i64;
}

/// A thing with all that was ever written down about it.
pub struct Thing<'a, T>(Vec<&'a T>);

/// Every thing that rows speak of.
pub fn things<T: Versioned>(rows: &[T]) -> Vec<Thing<'_, T>> {
    let mut of_id: BTreeMap<String, Vec<&T>> = BTreeMap::new();
    for row in rows {
        of_id.entry(row.id()).or_default().push(row);
    }
    of_id.into_values().map(Thing).collect()
}

impl<'a, T: Versioned> Thing<'a, T> {
    /// The row written down last: what is true of it on all days, of what does not change over time.
    pub fn last(&self) -> &'a T {
        self.0.iter().max_by_key(|row| row.recorded_at()).unwrap()
    }

    /// The row that holds at the end of a day, of what does change: the newest by then; before the first that one, from
    /// the day on which the thing began.
    pub fn on(&self, world: &World, day: NaiveDate, began: Option<NaiveDate>) -> Option<&'a T> {
        let known_on = |row: &T| world.local_day(row.recorded_at());
        let first = self.0.iter().map(|row| known_on(row)).min().unwrap();
        let until = if began.is_some_and(|began| began <= day) { day.max(first) } else { day };
        let by_then = self.0.iter().filter(|row| known_on(row) <= until);
        by_then.max_by_key(|row| row.recorded_at()).copied()
    }
}

/// Whether a day lies in the last so many as of another: (as_of − days, as_of].
pub fn within(day: NaiveDate, as_of: NaiveDate, days: i64) -> bool {
    (0..days).contains(&as_of.signed_duration_since(day).num_days())
}
