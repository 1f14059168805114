//! A program over the rows of a batch, a few hundred at a time.

use std::ops::Deref;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, UInt32Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::take;
use arrow::record_batch::RecordBatch;
use datafusion::common::Result;

use super::buffer::{Input, LANES, Lanes, Mask, bits, select};
use super::compare::compare;
use super::program::{Arithmetic, Condition, Number, Output, Program, Unary};

impl Program {
    /// The results for all rows of a batch.
    pub(super) fn run(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        let rows = batch.num_rows();
        let columns = self.inputs.iter().map(|input| input.evaluate(batch)?.into_array(rows));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let inputs: Vec<Input<'_>> = columns.iter().map(Input::new).collect();
        let mut loaded: Vec<Box<Lanes>> = inputs.iter().map(|_| Lanes::boxed()).collect();
        let mut spare = Vec::new();
        let mut values = Vec::with_capacity(rows);
        let mut known = Vec::with_capacity(rows.div_ceil(64));
        for start in (0..rows).step_by(LANES) {
            let count = LANES.min(rows - start);
            for (lanes, input) in loaded.iter_mut().zip(&inputs) {
                input.load(start..start + count, lanes);
            }
            let mut run = Run { loaded: &loaded, spare };
            let lanes = run.number(&self.number);
            values.extend_from_slice(&lanes.values[..count]);
            known.extend(lanes.known.chunks(64).map(bits));
            spare = run.spare;
            spare.push(lanes);
        }
        let known = NullBuffer::new(BooleanBuffer::new(known.into(), 0, rows));
        let known = Some(known).filter(|known| known.null_count() > 0);
        match &self.result {
            Output::Double => Ok(Arc::new(Float64Array::new(values.into(), known))),
            Output::SmallInteger => {
                let values: Vec<i32> = values.iter().map(|value| *value as i32).collect();
                Ok(Arc::new(Int32Array::new(values.into(), known)))
            }
            Output::Integer => {
                let values: Vec<i64> = values.iter().map(|value| *value as i64).collect();
                Ok(Arc::new(Int64Array::new(values.into(), known)))
            }
            Output::Text(texts) => {
                let places: Vec<u32> = values.iter().map(|place| *place as u32).collect();
                Ok(take(texts, &UInt32Array::new(places.into(), known), None)?)
            }
        }
    }
}

/// A program being run over some rows: what it reads, and buffers that are free.
struct Run<'a> {
    loaded: &'a [Box<Lanes>],
    spare: Vec<Box<Lanes>>,
}

/// Lanes to read: an input where it lies, or a result.
enum Operand<'a> {
    Loaded(&'a Lanes),
    Result(Box<Lanes>),
}

impl Deref for Operand<'_> {
    type Target = Lanes;

    fn deref(&self) -> &Lanes {
        match self {
            Self::Loaded(lanes) => lanes,
            Self::Result(lanes) => lanes,
        }
    }
}

impl<'a> Run<'a> {
    /// A buffer with anything in it.
    fn buffer(&mut self) -> Box<Lanes> {
        self.spare.pop().unwrap_or_else(Lanes::boxed)
    }

    fn free(&mut self, operand: Operand<'_>) {
        if let Operand::Result(lanes) = operand {
            self.spare.push(lanes);
        }
    }

    fn operand(&mut self, number: &Number) -> Operand<'a> {
        match number {
            Number::Input(input) => Operand::Loaded(&self.loaded[*input]),
            number => Operand::Result(self.number(number)),
        }
    }

    fn number(&mut self, number: &Number) -> Box<Lanes> {
        match number {
            Number::Input(input) => {
                let mut lanes = self.buffer();
                lanes.values = self.loaded[*input].values;
                lanes.known = self.loaded[*input].known;
                lanes
            }
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
        let right = self.operand(right);
        let pairs = lanes.values.iter_mut().zip(&right.values);
        match operation {
            Arithmetic::Plus => pairs.for_each(|(value, right)| *value += right),
            Arithmetic::Minus => pairs.for_each(|(value, right)| *value -= right),
            Arithmetic::Times => pairs.for_each(|(value, right)| *value *= right),
            Arithmetic::Divide => pairs.for_each(|(value, right)| *value /= right),
        }
        lanes.known.iter_mut().zip(&right.known).for_each(|(known, right)| *known &= right);
        self.free(right);
        lanes
    }

    fn coalesce(&mut self, of: &[Number]) -> Box<Lanes> {
        let [first, rest @ ..] = of else { return self.number(&Number::Literal(None)) };
        let mut lanes = self.number(first);
        for number in rest {
            if let Number::Literal(Some(value)) = number {
                for (lane, known) in lanes.values.iter_mut().zip(&mut lanes.known) {
                    *lane = select(*known, *lane, *value);
                    *known = u64::MAX;
                }
                break;
            }
            let next = self.operand(number);
            let pairs = lanes.values.iter_mut().zip(&mut lanes.known);
            for ((lane, known), (next, next_known)) in pairs.zip(next.values.iter().zip(&next.known)) {
                *lane = select(*known, *lane, *next);
                *known |= next_known;
            }
            self.free(next);
        }
        lanes
    }

    /// From the last branch to the first, so that the first that is true is what stays.
    fn case(&mut self, branches: &[(Condition, Number)], otherwise: Option<&Number>) -> Box<Lanes> {
        let mut lanes = self.number(otherwise.unwrap_or(&Number::Literal(None)));
        for (when, then) in branches.iter().rev() {
            let is = self.condition(when, true);
            let pairs = lanes.values.iter_mut().zip(&mut lanes.known);
            if let Number::Literal(then) = then {
                let (then, then_known) =
                    (then.unwrap_or_default(), if then.is_some() { u64::MAX } else { 0 });
                for ((lane, known), is) in pairs.zip(&is.known) {
                    *lane = select(*is, then, *lane);
                    *known = (is & then_known) | (!is & *known);
                }
            } else {
                let then = self.operand(then);
                for (((lane, known), (then, then_known)), is) in
                    pairs.zip(then.values.iter().zip(&then.known)).zip(&is.known)
                {
                    *lane = select(*is, *then, *lane);
                    *known = (is & then_known) | (!is & *known);
                }
                self.free(then);
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
                let of = self.operand(of);
                let mut lanes = self.buffer();
                let flip = if is { u64::MAX } else { 0 };
                lanes.known.iter_mut().zip(&of.known).for_each(|(mask, known)| *mask = known ^ flip);
                self.free(of);
                lanes
            }
            Condition::Compare(comparison, left, right) => {
                let left = self.operand(left);
                let mut lanes = self.buffer();
                let mask: &mut Mask = &mut lanes.known;
                if let Number::Literal(Some(right)) = right {
                    compare(*comparison, is, &left.values, &[*right; LANES], mask);
                } else {
                    let right = self.operand(right);
                    compare(*comparison, is, &left.values, &right.values, mask);
                    mask.iter_mut().zip(&right.known).for_each(|(mask, known)| *mask &= known);
                    self.free(right);
                }
                mask.iter_mut().zip(&left.known).for_each(|(mask, known)| *mask &= known);
                self.free(left);
                lanes
            }
        }
    }
}
