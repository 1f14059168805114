//! Lanes: a few hundred doubles and which of them are known, loaded from the columns of a batch.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};

/// Rows at a time. A buffer of so many doubles and its mask are 4 kB, and a deep expression needs about six.
pub(super) const LANES: usize = 256;

/// All ones where something holds, else 0.
pub(super) type Mask = [u64; LANES];

/// Doubles, and where there are any.
pub(super) struct Lanes {
    pub(super) values: [f64; LANES],
    pub(super) known: Mask,
}

impl Lanes {
    pub(super) fn boxed() -> Box<Self> {
        Box::new(Self { values: [0.0; LANES], known: [0; LANES] })
    }
}

/// A column of a batch.
pub(super) struct Input<'a> {
    values: Values<'a>,
    nulls: Option<NullBuffer>,
}

enum Values<'a> {
    Doubles(&'a [f64]),
    Integers(&'a [i64]),
    SmallIntegers(&'a [i32]),
    /// Of another type: only asked whether it is NULL.
    Other,
}

impl<'a> Input<'a> {
    pub(super) fn new(column: &'a ArrayRef) -> Self {
        let values = match column.data_type() {
            DataType::Float64 => Values::Doubles(column.as_primitive::<Float64Type>().values()),
            DataType::Int64 => Values::Integers(column.as_primitive::<Int64Type>().values()),
            DataType::Int32 => Values::SmallIntegers(column.as_primitive::<Int32Type>().values()),
            _ => Values::Other,
        };
        Self { values, nulls: column.logical_nulls().filter(|nulls| nulls.null_count() > 0) }
    }

    /// Puts some rows into the first lanes. What is in the others means nothing.
    pub(super) fn load(&self, rows: Range<usize>, lanes: &mut Lanes) {
        let count = rows.len();
        let into = lanes.values[..count].iter_mut();
        match &self.values {
            Values::Doubles(values) => lanes.values[..count].copy_from_slice(&values[rows.clone()]),
            Values::Integers(values) => {
                into.zip(&values[rows.clone()]).for_each(|(lane, value)| *lane = *value as f64);
            }
            Values::SmallIntegers(values) => {
                into.zip(&values[rows.clone()]).for_each(|(lane, value)| *lane = f64::from(*value));
            }
            Values::Other => {}
        }
        let Some(nulls) = &self.nulls else { return lanes.known.fill(u64::MAX) };
        let valid = nulls.inner().slice(rows.start, count);
        for (word, lanes) in valid.bit_chunks().iter_padded().zip(lanes.known.chunks_mut(64)) {
            match word {
                u64::MAX => lanes.fill(u64::MAX),
                0 => lanes.fill(0),
                word => {
                    let lanes = lanes.iter_mut().enumerate();
                    lanes.for_each(|(bit, lane)| *lane = (word >> bit & 1).wrapping_neg());
                }
            }
        }
    }
}

/// A mask as one bit for each lane.
pub(super) fn bits(mask: &[u64]) -> u64 {
    mask.iter().enumerate().fold(0, |bits, (lane, is)| bits | ((is & 1) << lane))
}

/// `a` where the mask is set, else `b`.
pub(super) fn select(mask: u64, a: f64, b: f64) -> f64 {
    f64::from_bits((mask & a.to_bits()) | (!mask & b.to_bits()))
}
