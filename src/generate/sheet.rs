//! Rows of any kind to columns of Arrow.
use std::fmt::{Display, Write as _};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    StringBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;

use super::day::DAY;
use super::world::World;

/// Digits of a decimal in the sources.
const DIGITS: u8 = 18;

/// Days and times of a world's own count as those of the calendar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Days since 1970 of the world's first day.
    first: i32,
    /// When the extract is taken, in microseconds since the first day began.
    pub(super) extracted: i64,
}

impl Clock {
    /// The clock of a world: the extract is taken at 06:00 on the morning after the last day.
    pub(super) fn new(world: &World) -> Self {
        Self { first: world.epoch_day(0), extracted: i64::from(world.days) * DAY + DAY / 4 }
    }
}

/// A table being made of rows, column by column. Days count from the world's first, times are microseconds since it
/// began, money is in cents.
pub(super) struct Sheet<'r, T> {
    rows: &'r [T],
    clock: Clock,
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

impl<'r, T> Sheet<'r, T> {
    /// A table of rows, without a column as yet.
    pub(super) fn new(rows: &'r [T], clock: Clock) -> Self {
        Self { rows, clock, fields: Vec::new(), columns: Vec::new() }
    }

    /// The table.
    pub(super) fn finish(self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.columns)
    }

    fn with(mut self, name: &str, column: ArrayRef, nullable: bool) -> Self {
        self.fields.push(Field::new(name, column.data_type().clone(), nullable));
        self.columns.push(column);
        self
    }

    /// A text that is always there.
    pub(super) fn text<D: Display>(self, name: &str, read: impl Fn(&T) -> D) -> Self {
        let column = texts(self.rows.iter().map(|row| Some(read(row))));
        self.with(name, column, false)
    }

    /// A text that may be missing.
    pub(super) fn maybe_text<D: Display>(self, name: &str, read: impl Fn(&T) -> Option<D>) -> Self {
        let column = texts(self.rows.iter().map(read));
        self.with(name, column, true)
    }

    /// A whole number.
    pub(super) fn whole(self, name: &str, read: impl Fn(&T) -> i64) -> Self {
        let column = Int64Array::from_iter_values(self.rows.iter().map(read));
        self.with(name, Arc::new(column), false)
    }

    /// A whole number that may be missing.
    pub(super) fn maybe_whole(self, name: &str, read: impl Fn(&T) -> Option<i64>) -> Self {
        let column: Int64Array = self.rows.iter().map(read).collect();
        self.with(name, Arc::new(column), true)
    }

    /// A number that is always there.
    pub(super) fn real(self, name: &str, read: impl Fn(&T) -> f64) -> Self {
        let column = Float64Array::from_iter_values(self.rows.iter().map(read));
        self.with(name, Arc::new(column), false)
    }

    /// A number that may be missing.
    pub(super) fn maybe_real(self, name: &str, read: impl Fn(&T) -> Option<f64>) -> Self {
        let column: Float64Array = self.rows.iter().map(read).collect();
        self.with(name, Arc::new(column), true)
    }

    /// Yes or no.
    pub(super) fn flag(self, name: &str, read: impl Fn(&T) -> bool) -> Self {
        let column = BooleanArray::from_iter(self.rows.iter().map(|row| Some(read(row))));
        self.with(name, Arc::new(column), false)
    }

    /// Yes, no or not known.
    pub(super) fn maybe_flag(self, name: &str, read: impl Fn(&T) -> Option<bool>) -> Self {
        let column = BooleanArray::from_iter(self.rows.iter().map(read));
        self.with(name, Arc::new(column), true)
    }

    /// A day.
    pub(super) fn day(self, name: &str, read: impl Fn(&T) -> i32) -> Self {
        let first = self.clock.first;
        let column = Date32Array::from_iter_values(self.rows.iter().map(|row| first + read(row)));
        self.with(name, Arc::new(column), false)
    }

    /// A day, where there is one.
    pub(super) fn maybe_day(self, name: &str, read: impl Fn(&T) -> Option<i32>) -> Self {
        let first = self.clock.first;
        let column: Date32Array = self.rows.iter().map(|row| read(row).map(|day| first + day)).collect();
        self.with(name, Arc::new(column), true)
    }

    /// A moment.
    pub(super) fn time(self, name: &str, read: impl Fn(&T) -> i64) -> Self {
        let first = i64::from(self.clock.first) * DAY;
        let column =
            TimestampMicrosecondArray::from_iter_values(self.rows.iter().map(|row| first + read(row)));
        self.with(name, Arc::new(column), false)
    }

    /// A moment, where there is one.
    pub(super) fn maybe_time(self, name: &str, read: impl Fn(&T) -> Option<i64>) -> Self {
        let first = i64::from(self.clock.first) * DAY;
        let times = self.rows.iter().map(|row| read(row).map(|time| first + time));
        let column: TimestampMicrosecondArray = times.collect();
        self.with(name, Arc::new(column), true)
    }

    /// A number with `scale` digits behind the point, given as a count of its smallest unit.
    pub(super) fn decimal(self, name: &str, scale: i8, read: impl Fn(&T) -> i64) -> Result<Self, ArrowError> {
        let values = self.rows.iter().map(|row| i128::from(read(row)));
        let column = Decimal128Array::from_iter_values(values).with_precision_and_scale(DIGITS, scale)?;
        Ok(self.with(name, Arc::new(column), false))
    }

    /// Money, given in cents.
    pub(super) fn money(self, name: &str, read: impl Fn(&T) -> i64) -> Result<Self, ArrowError> {
        self.decimal(name, 2, read)
    }
}

fn texts<D: Display>(values: impl Iterator<Item = Option<D>>) -> ArrayRef {
    let mut column = StringBuilder::new();
    for value in values {
        match value {
            // A builder takes any text: writing to it cannot fail.
            Some(value) => {
                let _ = write!(column, "{value}");
                column.append_value("");
            }
            None => column.append_null(),
        }
    }
    Arc::new(column.finish())
}
