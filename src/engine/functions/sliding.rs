//! Functions of doubles over frames that slide, computed anew for each frame.
//!
//! DataFusion takes the rows that leave a frame back out of a running state. With doubles that drifts: a variance of
//! ordinary values that follow large ones comes out below zero, and a NaN never leaves. Here a frame's state is made
//! from its rows alone. Frames of models are spared the work: `check` refuses these functions there, since their
//! last digits depend on the order of the rows.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::{correlation, covariance, regr, stddev, variance};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, Signature,
};
use datafusion::physical_expr::PhysicalSortExpr;
use datafusion::physical_plan::PhysicalExpr;

/// DataFusion's functions that drift, each in a form that does not.
pub(super) fn functions() -> Vec<Arc<AggregateUDF>> {
    let own = [
        variance::var_samp_udaf(),
        variance::var_pop_udaf(),
        stddev::stddev_udaf(),
        stddev::stddev_pop_udaf(),
        covariance::covar_samp_udaf(),
        covariance::covar_pop_udaf(),
        correlation::corr_udaf(),
        regr::regr_slope_udaf(),
        regr::regr_intercept_udaf(),
        regr::regr_count_udaf(),
        regr::regr_r2_udaf(),
        regr::regr_avgx_udaf(),
        regr::regr_avgy_udaf(),
        regr::regr_sxx_udaf(),
        regr::regr_syy_udaf(),
        regr::regr_sxy_udaf(),
    ];
    own.into_iter().map(|own| Arc::new(AggregateUDF::from(Sliding { own }))).collect()
}

/// A function of DataFusion's whose frames are computed anew.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Sliding {
    own: Arc<AggregateUDF>,
}

impl AggregateUDFImpl for Sliding {
    fn name(&self) -> &str {
        self.own.name()
    }

    fn aliases(&self) -> &[String] {
        self.own.aliases()
    }

    fn signature(&self) -> &Signature {
        self.own.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.own.return_type(arguments)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.own.coerce_types(arguments)
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.own.accumulator(arguments)
    }

    fn create_sliding_accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Recomputed::new(&self.own, &arguments)))
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.own.state_fields(arguments)
    }

    fn groups_accumulator_supported(&self, arguments: AccumulatorArgs) -> bool {
        self.own.groups_accumulator_supported(arguments)
    }

    fn create_groups_accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        self.own.create_groups_accumulator(arguments)
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.own.order_sensitivity()
    }

    fn is_nullable(&self) -> bool {
        self.own.is_nullable()
    }

    fn default_value(&self, data_type: &DataType) -> Result<ScalarValue> {
        self.own.default_value(data_type)
    }
}

/// The rows of a frame, in the order in which they came.
pub(super) struct Recomputed {
    call: Call,
    batches: VecDeque<Vec<ArrayRef>>,
}

impl Recomputed {
    /// For a call of one of DataFusion's functions.
    pub(super) fn new(own: &Arc<AggregateUDF>, arguments: &AccumulatorArgs<'_>) -> Self {
        Self { call: Call::new(own, arguments), batches: VecDeque::new() }
    }

    fn whole(&self) -> Result<Box<dyn Accumulator>> {
        let mut whole = self.call.accumulator()?;
        self.batches.iter().try_for_each(|batch| whole.update_batch(batch))?;
        Ok(whole)
    }
}

impl Accumulator for Recomputed {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if values.first().is_some_and(|values| !values.is_empty()) {
            self.batches.push_back(values.to_vec());
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let mut gone = values.first().map_or(0, |values| values.len());
        while let Some(first) = self.batches.front_mut().filter(|_| gone > 0) {
            let rows = first[0].len();
            if rows > gone {
                first.iter_mut().for_each(|column| *column = column.slice(gone, rows - gone));
                break;
            }
            gone -= rows;
            self.batches.pop_front();
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, _states: &[ArrayRef]) -> Result<()> {
        datafusion::common::internal_err!("the state of a frame is never merged")
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.whole()?.state()
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.whole()?.evaluate()
    }

    fn size(&self) -> usize {
        let arrays = self.batches.iter().flatten();
        size_of_val(self) + arrays.map(|array| array.get_array_memory_size()).sum::<usize>()
    }
}

impl std::fmt::Debug for Recomputed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recomputed({})", self.call.name)
    }
}

/// What accumulators of a call are made from.
struct Call {
    own: Arc<AggregateUDF>,
    return_field: FieldRef,
    schema: Schema,
    ignore_nulls: bool,
    order_bys: Vec<PhysicalSortExpr>,
    is_reversed: bool,
    name: String,
    is_distinct: bool,
    exprs: Vec<Arc<dyn PhysicalExpr>>,
    expr_fields: Vec<FieldRef>,
}

impl Call {
    fn new(own: &Arc<AggregateUDF>, arguments: &AccumulatorArgs<'_>) -> Self {
        Self {
            own: Arc::clone(own),
            return_field: Arc::clone(&arguments.return_field),
            schema: arguments.schema.clone(),
            ignore_nulls: arguments.ignore_nulls,
            order_bys: arguments.order_bys.to_vec(),
            is_reversed: arguments.is_reversed,
            name: arguments.name.to_owned(),
            is_distinct: arguments.is_distinct,
            exprs: arguments.exprs.to_vec(),
            expr_fields: arguments.expr_fields.to_vec(),
        }
    }

    fn accumulator(&self) -> Result<Box<dyn Accumulator>> {
        self.own.accumulator(AccumulatorArgs {
            return_field: Arc::clone(&self.return_field),
            schema: &self.schema,
            ignore_nulls: self.ignore_nulls,
            order_bys: &self.order_bys,
            is_reversed: self.is_reversed,
            name: &self.name,
            is_distinct: self.is_distinct,
            exprs: &self.exprs,
            expr_fields: &self.expr_fields,
        })
    }
}
