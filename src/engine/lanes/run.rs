//! A program over the rows of a batch, a few hundred at a time.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, UInt32Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};
use arrow::record_batch::RecordBatch;
use datafusion::common::Result;

use super::program::{Arithmetic, Comparison, Condition, Number, Output, Program, Unary};

/// Rows at a time. A buffer of so many doubles and its mask are 4 kB, and a deep expression needs about six.
const LANES: usize = 256;

/// All ones where something holds, else 0.
type Mask = [u64; LANES];

/// Doubles, and where there are any.
struct Lanes {
    values: [f64; LANES],
    known: Mask,
}

/// A column of the batch.
enum Input<'a> {
    Doubles(&'a [f64]),
    Integers(&'a [i64]),
    SmallIntegers(&'a [i32]),
    /// Of another type: only asked whether it is NULL.
    Other,
}

impl Program {
    /// The results for all rows of a batch.
    pub(super) fn run(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        let rows = batch.num_rows();
        let columns = self.inputs.iter().map(|input| input.evaluate(batch)?.into_array(rows));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let nulls: Vec<Option<NullBuffer>> = columns.iter().map(|column| column.logical_nulls()).collect();
        let inputs: Vec<Input<'_>> = columns.iter().map(Input::new).collect();
        let mut run = Run { inputs: &inputs, nulls: &nulls, start: 0, rows, spare: Vec::new() };
        let mut values = Vec::with_capacity(rows);
        let mut known = Vec::with_capacity(rows.div_ceil(64));
        while run.start < rows {
            let count = LANES.min(rows - run.start);
            let lanes = run.number(&self.number);
            values.extend_from_slice(&lanes.values[..count]);
            known.extend(lanes.known.chunks(64).map(bits));
            run.spare.push(lanes);
            run.start += LANES;
        }
        let known = NullBuffer::new(BooleanBuffer::new(known.into(), 0, rows));
        let known = Some(known).filter(|known| known.null_count() > 0);
        match &self.result {
            Output::Double => Ok(Arc::new(Float64Array::new(values.into(), known))),
            Output::Text(texts) => {
                let places: Vec<u32> = values.iter().map(|place| *place as u32).collect();
                Ok(take(texts, &UInt32Array::new(places.into(), known), None)?)
            }
        }
    }
}

fn bits(mask: &[u64]) -> u64 {
    mask.iter().enumerate().fold(0, |bits, (lane, is)| bits | ((is & 1) << lane))
}

impl<'a> Input<'a> {
    fn new(column: &'a ArrayRef) -> Self {
        match column.data_type() {
            DataType::Float64 => Self::Doubles(column.as_primitive::<Float64Type>().values()),
            DataType::Int64 => Self::Integers(column.as_primitive::<Int64Type>().values()),
            DataType::Int32 => Self::SmallIntegers(column.as_primitive::<Int32Type>().values()),
            _ => Self::Other,
        }
    }
}

/// A program being run: where it is, and buffers that are free.
struct Run<'a> {
    inputs: &'a [Input<'a>],
    nulls: &'a [Option<NullBuffer>],
    start: usize,
    rows: usize,
    spare: Vec<Box<Lanes>>,
}

impl Run<'_> {
    fn buffer(&mut self) -> Box<Lanes> {
        self.spare.pop().unwrap_or_else(|| Box::new(Lanes { values: [0.0; LANES], known: [0; LANES] }))
    }

    fn number(&mut self, number: &Number) -> Box<Lanes> {
        match number {
            Number::Input(input) => self.input(*input),
            Number::Literal(value) => {
                let mut lanes = self.buffer();
                lanes.values.fill(value.unwrap_or_default());
                lanes.known.fill(if value.is_some() { u64::MAX } else { 0 });
                lanes
            }
            Number::Unary(operation, of) => {
                let mut lanes = self.number(of);
                match operation {
                    Unary::Abs => lanes.values.iter_mut().for_each(|value| *value = value.abs()),
                    Unary::Floor => lanes.values.iter_mut().for_each(|value| *value = value.floor()),
                }
                lanes
            }
            Number::Binary(operation, left, right) => self.binary(*operation, left, right),
            Number::Coalesce(of) => self.coalesce(of),
            Number::Case(branches, otherwise) => self.case(branches, otherwise.as_deref()),
        }
    }

    fn input(&mut self, input: usize) -> Box<Lanes> {
        let mut lanes = self.buffer();
        let rows = self.start..self.rows.min(self.start + LANES);
        match &self.inputs[input] {
            Input::Doubles(values) => lanes.values[..rows.len()].copy_from_slice(&values[rows.clone()]),
            Input::Integers(values) => {
                let values = values[rows.clone()].iter();
                lanes.values.iter_mut().zip(values).for_each(|(lane, value)| *lane = *value as f64);
            }
            Input::SmallIntegers(values) => {
                let values = values[rows.clone()].iter();
                lanes.values.iter_mut().zip(values).for_each(|(lane, value)| *lane = f64::from(*value));
            }
            Input::Other => lanes.values.fill(0.0),
        }
        match &self.nulls[input] {
            None => lanes.known.fill(u64::MAX),
            Some(nulls) => {
                let valid = nulls.inner().slice(rows.start, rows.len());
                for (lane, is) in lanes.known.iter_mut().zip(valid.iter()) {
                    *lane = u64::from(is).wrapping_neg();
                }
            }
        }
        lanes
    }

    fn binary(&mut self, operation: Arithmetic, left: &Number, right: &Number) -> Box<Lanes> {
        let mut lanes = self.number(left);
        if let Number::Literal(Some(right)) = right {
            let values = &mut lanes.values;
            match operation {
                Arithmetic::Plus => values.iter_mut().for_each(|value| *value += right),
                Arithmetic::Minus => values.iter_mut().for_each(|value| *value -= right),
                Arithmetic::Times => values.iter_mut().for_each(|value| *value *= right),
                Arithmetic::Divide => values.iter_mut().for_each(|value| *value /= right),
            }
            return lanes;
        }
        let right = self.number(right);
        let pairs = lanes.values.iter_mut().zip(&right.values);
        match operation {
            Arithmetic::Plus => pairs.for_each(|(value, right)| *value += right),
            Arithmetic::Minus => pairs.for_each(|(value, right)| *value -= right),
            Arithmetic::Times => pairs.for_each(|(value, right)| *value *= right),
            Arithmetic::Divide => pairs.for_each(|(value, right)| *value /= right),
        }
        lanes.known.iter_mut().zip(&right.known).for_each(|(known, right)| *known &= right);
        self.spare.push(right);
        lanes
    }

    fn coalesce(&mut self, of: &[Number]) -> Box<Lanes> {
        let mut lanes = self.buffer();
        lanes.known.fill(0);
        for number in of {
            if let Number::Literal(Some(value)) = number {
                for (lane, known) in lanes.values.iter_mut().zip(&mut lanes.known) {
                    *lane = select(*known, *lane, *value);
                    *known = u64::MAX;
                }
                break;
            }
            let next = self.number(number);
            for (((lane, known), next_lane), next_known) in
                lanes.values.iter_mut().zip(&mut lanes.known).zip(&next.values).zip(&next.known)
            {
                *lane = select(*known, *lane, *next_lane);
                *known |= next_known;
            }
            self.spare.push(next);
        }
        lanes
    }

    /// From the last branch to the first, so that the first that is true is what stays.
    fn case(&mut self, branches: &[(Condition, Number)], otherwise: Option<&Number>) -> Box<Lanes> {
        let mut lanes = self.number(otherwise.unwrap_or(&Number::Literal(None)));
        for (when, then) in branches.iter().rev() {
            let is = self.condition(when, true);
            match then {
                Number::Literal(value) => {
                    let known = if value.is_some() { u64::MAX } else { 0 };
                    let value = value.unwrap_or_default();
                    for ((lane, lane_known), is) in
                        lanes.values.iter_mut().zip(&mut lanes.known).zip(&is.known)
                    {
                        *lane = select(*is, value, *lane);
                        *lane_known = (is & known) | (!is & *lane_known);
                    }
                }
                then => {
                    let then = self.number(then);
                    let pairs = lanes.values.iter_mut().zip(&mut lanes.known);
                    let then_pairs = then.values.iter().zip(&then.known);
                    for (((lane, known), (then, then_known)), is) in pairs.zip(then_pairs).zip(&is.known) {
                        *lane = select(*is, *then, *lane);
                        *known = (is & then_known) | (!is & *known);
                    }
                    self.spare.push(then);
                }
            }
            self.spare.push(is);
        }
        lanes
    }

    /// Where a condition is true, or (`is` false) where it is false: in the mask of the buffer.
    fn condition(&mut self, condition: &Condition, is: bool) -> Box<Lanes> {
        match condition {
            Condition::Not(of) => self.condition(of, !is),
            Condition::And(left, right) | Condition::Or(left, right) => {
                let both = matches!(condition, Condition::And(..)) == is;
                let mut lanes = self.condition(left, is);
                let right = self.condition(right, is);
                let pairs = lanes.known.iter_mut().zip(&right.known);
                if both {
                    pairs.for_each(|(left, right)| *left &= right);
                } else {
                    pairs.for_each(|(left, right)| *left |= right);
                }
                self.spare.push(right);
                lanes
            }
            Condition::IsNull(of) => {
                let mut lanes = self.number(of);
                if is {
                    lanes.known.iter_mut().for_each(|known| *known = !*known);
                }
                lanes
            }
            Condition::Compare(comparison, left, right) => {
                let mut lanes = self.number(left);
                if let Number::Literal(Some(right)) = right {
                    compare(*comparison, is, &mut lanes, &[*right; LANES]);
                } else {
                    let right = self.number(right);
                    compare(*comparison, is, &mut lanes, &right.values);
                    lanes.known.iter_mut().zip(&right.known).for_each(|(known, right)| *known &= right);
                    self.spare.push(right);
                }
                lanes
            }
        }
    }
}

/// Keeps in the mask the lanes of which a comparison is as asked.
fn compare(comparison: Comparison, is: bool, left: &mut Lanes, right: &[f64; LANES]) {
    let flip = u64::from(!is).wrapping_neg();
    let lanes = left.values.iter().zip(right).zip(&mut left.known);
    match comparison {
        Comparison::Less => lanes.for_each(|((a, b), known)| *known &= ones(order(*a) < order(*b)) ^ flip),
        Comparison::AtMost => lanes.for_each(|((a, b), known)| *known &= ones(order(*a) <= order(*b)) ^ flip),
        Comparison::Equal => lanes.for_each(|((a, b), known)| *known &= ones(order(*a) == order(*b)) ^ flip),
    }
}

/// An integer in the place of a double in the order by which DataFusion compares: that of [`f64::total_cmp`], with one
/// zero.
fn order(value: f64) -> i64 {
    let value = if value == 0.0 { 0.0 } else { value };
    let bits = value.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn ones(is: bool) -> u64 {
    u64::from(is).wrapping_neg()
}

/// `a` where the mask is set, else `b`.
fn select(mask: u64, a: f64, b: f64) -> f64 {
    f64::from_bits((mask & a.to_bits()) | (!mask & b.to_bits()))
}
