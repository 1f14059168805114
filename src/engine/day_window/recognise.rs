//! Which window expressions the operator takes over, read from DataFusion's physical plan.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::{count, median, min_max};
use datafusion::functions_window::nth_value;
use datafusion::logical_expr::AggregateUDF;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::window::SlidingAggregateWindowExpr;
use datafusion::physical_plan::windows::{PlainAggregateWindowExpr, WindowExpr, WindowUDFExpr};
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use crate::engine::functions::{Statistic, avg, share_statistic, sum};

use super::argument::{Argument, Below};
use super::call::{call, ignores_nulls, is_unfiltered};
use super::code::{has_code, is_narrow};
use super::frame::DayFrame;
use super::interner::Interner;
use super::shift::Shifted;
use super::spec::{
    Function, MeasureKind, MeasureSpec, OutputSpec, Pick, Shift, Values, WindowSpec, index_of,
};

/// Collects what the operator computes, expression by expression.
pub(super) struct Recogniser {
    below: Below,
    /// The expressions taken over so far.
    pub(super) spec: WindowSpec,
}

impl Recogniser {
    /// For a window over these partition keys and order; `None` when they are not the operator's.
    pub(super) fn new(window: &dyn WindowExpr, input: &Arc<dyn ExecutionPlan>) -> Result<Option<Self>> {
        let schema = input.schema();
        let [order] = window.order_by() else { return Ok(None) };
        if order.options.descending || order.expr.data_type(&schema)? != DataType::Date32 {
            return Ok(None);
        }
        for key in window.partition_by() {
            if !Interner::supports(&key.data_type(&schema)?) {
                return Ok(None);
            }
        }
        let below = Below::new(input)?;
        let spec = WindowSpec {
            partition_by: window.partition_by().to_vec(),
            order_by: Arc::clone(&order.expr),
            nulls_first: order.options.nulls_first,
            inputs: Vec::new(),
            filters: Vec::new(),
            keys: Vec::new(),
            measures: Vec::new(),
            frames: Vec::new(),
            defaults: Vec::new(),
            outputs: Vec::new(),
        };
        Ok(Some(Self { below, spec }))
    }

    /// The input with the columns that the arguments turned out to need.
    pub(super) fn input(&self) -> Result<Arc<dyn ExecutionPlan>> {
        self.below.plan()
    }

    /// Takes an expression over; `false` when it is not the operator's, and then nothing has changed that counts.
    pub(super) fn take(&mut self, window: &dyn WindowExpr) -> Result<bool> {
        let (function, frame) = match call(window).and_then(Shifted::of) {
            // By SQL's definition the frame that is written does not matter to it.
            Some(shifted) => {
                let frame = DayFrame::beside(shifted.by);
                (self.shift(shifted)?, frame)
            }
            None => {
                let Some(frame) = DayFrame::new(window.get_window_frame()) else { return Ok(false) };
                (self.function(window)?, frame)
            }
        };
        let Some(function) = function else { return Ok(false) };
        let frame = index_of(&mut self.spec.frames, frame);
        self.spec.outputs.push(OutputSpec { function, frame, field: window.field()? });
        Ok(true)
    }

    fn function(&mut self, window: &dyn WindowExpr) -> Result<Option<Function>> {
        let any = window.as_any();
        let plain = any.downcast_ref::<PlainAggregateWindowExpr>().map(|w| w.get_aggregate_expr());
        let sliding = any.downcast_ref::<SlidingAggregateWindowExpr>().map(|w| w.get_aggregate_expr());
        if let Some(aggregate) = plain.or(sliding) {
            return match is_unfiltered(window)
                && aggregate.order_bys().is_empty()
                && !aggregate.ignore_nulls()
            {
                true => self.aggregate(aggregate),
                false => Ok(None),
            };
        }
        call(window).map_or(Ok(None), |function| self.positional(function))
    }

    fn aggregate(&mut self, aggregate: &AggregateFunctionExpr) -> Result<Option<Function>> {
        let arguments = aggregate.expressions();
        let function = aggregate.fun();
        let Some(first) = arguments.first() else { return Ok(None) };
        if let Some(statistic) = share_statistic(function, &arguments) {
            let amounts = match aggregate.is_distinct() {
                false => self.amounts(first, &arguments[1], statistic)?,
                true => None,
            };
            return Ok(amounts.map(|amounts| Function::Share { amounts, statistic }));
        }
        if arguments.len() != 1 {
            return Ok(None);
        }
        let is = |other: Arc<AggregateUDF>| *function == *other;
        if is(count::count_udaf()) {
            return if aggregate.is_distinct() {
                self.count_distinct(first)
            } else {
                self.count(first).map(Some)
            };
        }
        if is(min_max::min_udaf()) || is(min_max::max_udaf()) {
            let pick = if is(min_max::min_udaf()) { Pick::Min } else { Pick::Max };
            let is_float = first.data_type(&self.below.schema)?.is_floating();
            return if is_float { Ok(None) } else { self.pick(pick, first) };
        }
        if aggregate.is_distinct() {
            return Ok(None);
        }
        if is(sum()) {
            let argument = self.below.argument(first)?;
            let sum = self.sum(&argument)?;
            return Ok(sum.map(|(sums, counts)| Function::Sum { sums, counts }));
        }
        if is(avg()) {
            let argument = self.below.average(first)?;
            let sum = self.sum(&argument)?;
            return Ok(sum.map(|(sums, counts)| Function::Average { sums, counts }));
        }
        if is(median::median_udaf()) {
            return self.median(first);
        }
        Ok(None)
    }

    fn count(&mut self, argument: &Arc<dyn PhysicalExpr>) -> Result<Function> {
        let argument = self.below.argument(argument)?;
        let input = (!is_value(&argument.value)).then(|| self.value(&argument.value));
        let counts = self.measure(MeasureKind::Count, input, None, &argument);
        Ok(Function::Count { counts })
    }

    fn count_distinct(&mut self, argument: &Arc<dyn PhysicalExpr>) -> Result<Option<Function>> {
        let argument = self.below.argument(argument)?;
        if *argument.value == *self.spec.order_by {
            let input = self.value(&argument.value);
            let active = self.measure(MeasureKind::Active, Some(input), None, &argument);
            return Ok(Some(Function::ActiveDays { active }));
        }
        if !Interner::supports(&argument.value.data_type(&self.below.schema)?) {
            return Ok(None);
        }
        let input = self.value(&argument.value);
        let (key, filter) = (index_of(&mut self.spec.keys, input), self.filter(&argument));
        Ok(Some(Function::CountDistinct { keys: self.spec.list_of_keys(key, filter) }))
    }

    /// The measures of a sum and of the count of what is summed.
    fn sum(&mut self, argument: &Argument) -> Result<Option<(usize, usize)>> {
        let wide = match argument.value.data_type(&self.below.schema)? {
            DataType::Int64 => false,
            DataType::UInt64 | DataType::Decimal128(_, _) => true,
            _ => return Ok(None),
        };
        let input = Some(self.value(&argument.value));
        let sums = self.measure(MeasureKind::Sum { wide }, input, None, argument);
        let counts = self.measure(MeasureKind::Count, input, None, argument);
        Ok(Some((sums, counts)))
    }

    fn pick(&mut self, pick: Pick, argument: &Arc<dyn PhysicalExpr>) -> Result<Option<Function>> {
        let argument = self.below.argument(argument)?;
        if !has_code(&argument.value.data_type(&self.below.schema)?) {
            let keys = self.keys(&argument)?;
            return Ok(
                keys.map(|(measure, key)| Function::Pick { pick, values: Values::Keys { measure, key } })
            );
        }
        let input = Some(self.value(&argument.value));
        let kind = MeasureKind::Extreme { greatest: pick.greatest() };
        let codes = self.measure(kind, input, None, &argument);
        Ok(Some(Function::Pick { pick, values: Values::Codes(codes) }))
    }

    fn positional(&mut self, function: &WindowUDFExpr) -> Result<Option<Function>> {
        let ([argument], Some(ignore_nulls)) = (function.args(), ignores_nulls(function)) else {
            return Ok(None);
        };
        if *function.fun() == nth_value::first_value_udwf() {
            return self.pick(Pick::First { ignore_nulls }, argument);
        }
        if *function.fun() == nth_value::last_value_udwf() {
            return self.pick(Pick::Last { ignore_nulls }, argument);
        }
        Ok(None)
    }

    fn shift(&mut self, shifted: Shifted) -> Result<Option<Function>> {
        let argument = self.below.argument(shifted.argument)?;
        let data_type = argument.value.data_type(&self.below.schema)?;
        // A default that is no value of the argument's type is DataFusion's to refuse.
        let Ok(default) = shifted.default.cast_to(&data_type) else { return Ok(None) };
        let Some(values) = self.values(&argument)? else { return Ok(None) };
        let default = (!default.is_null()).then(|| index_of(&mut self.spec.defaults, default));
        let all = MeasureSpec { kind: MeasureKind::Count, input: None, key: None, filter: None };
        let rows = index_of(&mut self.spec.measures, all);
        let shift = Shift { by: shifted.by, ignore_nulls: shifted.ignore_nulls, default };
        Ok(Some(Function::Shift { shift, values, rows }))
    }

    fn median(&mut self, argument: &Arc<dyn PhysicalExpr>) -> Result<Option<Function>> {
        let argument = self.below.argument(argument)?;
        // Integers come as doubles.
        let is_ours = matches!(
            argument.value.data_type(&self.below.schema)?,
            DataType::Float64 | DataType::Decimal128(_, _)
        );
        let values = if is_ours { self.values(&argument)? } else { None };
        Ok(values.map(|values| Function::Median { values }))
    }

    /// Every value of each day.
    fn values(&mut self, argument: &Argument) -> Result<Option<Values>> {
        let data_type = argument.value.data_type(&self.below.schema)?;
        if has_code(&data_type) {
            let input = Some(self.value(&argument.value));
            return Ok(Some(Values::Codes(self.measure(MeasureKind::Values, input, None, argument))));
        }
        if !Interner::supports(&data_type) {
            return Ok(None);
        }
        let input = self.value(&argument.value);
        let key = index_of(&mut self.spec.keys, input);
        Ok(Some(Values::Keys { measure: self.measure(MeasureKind::Values, None, Some(key), argument), key }))
    }

    /// The measure of a key's days, and the key.
    fn keys(&mut self, argument: &Argument) -> Result<Option<(usize, usize)>> {
        if !Interner::supports(&argument.value.data_type(&self.below.schema)?) {
            return Ok(None);
        }
        let input = self.value(&argument.value);
        let key = index_of(&mut self.spec.keys, input);
        Ok(Some((self.measure(MeasureKind::Keys, None, Some(key), argument), key)))
    }

    fn amounts(
        &mut self,
        key: &Arc<dyn PhysicalExpr>,
        amount: &Arc<dyn PhysicalExpr>,
        statistic: Statistic,
    ) -> Result<Option<usize>> {
        let argument = self.below.argument(key)?;
        if !Interner::supports(&argument.value.data_type(&self.below.schema)?) {
            return Ok(None);
        }
        let wide = match amount.data_type(&self.below.schema)? {
            DataType::Int64 => false,
            DataType::Decimal128(precision, _) => !is_narrow(precision),
            _ => return Ok(None),
        };
        let key = self.value(&argument.value);
        let key = index_of(&mut self.spec.keys, key);
        let (input, filter) = (Some(self.value(amount)), self.filter(&argument));
        // Where only totals above zero count, a key may as well be listed with none.
        let kind = MeasureKind::Amounts { wide, all: !statistic.counts(0) };
        let measure = MeasureSpec { kind, input, key: Some(key), filter };
        Ok(Some(self.spec.list_of_amounts(measure)))
    }

    fn value(&mut self, value: &Arc<dyn PhysicalExpr>) -> usize {
        index_of(&mut self.spec.inputs, Arc::clone(value))
    }

    fn measure(
        &mut self,
        kind: MeasureKind,
        input: Option<usize>,
        key: Option<usize>,
        argument: &Argument,
    ) -> usize {
        let filter = self.filter(argument);
        index_of(&mut self.spec.measures, MeasureSpec { kind, input, key, filter })
    }

    fn filter(&mut self, argument: &Argument) -> Option<usize> {
        argument.filter.as_ref().map(|filter| index_of(&mut self.spec.filters, Arc::clone(filter)))
    }
}

/// A literal that is not NULL: counting it counts rows.
fn is_value(argument: &Arc<dyn PhysicalExpr>) -> bool {
    argument.downcast_ref::<Literal>().is_some_and(|literal| !ScalarValue::is_null(literal.value()))
}
