//! The SQL face of the statistics: names, argument types, accumulators.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_plan::PhysicalExpr;

use super::accumulator::{ShareAccumulator, TOTAL};
use super::statistic::Statistic;

/// Which function, before its constant arguments are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Hhi,
    Gini,
    TopShare,
    MedianTotal,
}

/// One of our aggregates, as DataFusion sees it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ShareFunction {
    name: Name,
    signature: Signature,
}

impl ShareFunction {
    pub(super) fn new(name: Name) -> Self {
        Self { name, signature: Signature::user_defined(Volatility::Immutable) }
    }

    fn statistic(&self, arguments: &[Arc<dyn PhysicalExpr>]) -> Result<Statistic> {
        match self.name {
            Name::Hhi => Ok(Statistic::Hhi),
            Name::Gini => Ok(Statistic::Gini),
            Name::TopShare => top_count(&arguments[2]).map(Statistic::TopShare),
            Name::MedianTotal => Ok(Statistic::MedianTotal),
        }
    }
}

/// The statistic of a call, where the function is one of ours and its constants are sound.
pub(crate) fn share_statistic(
    function: &AggregateUDF,
    arguments: &[Arc<dyn PhysicalExpr>],
) -> Option<Statistic> {
    let function: &dyn std::any::Any = function.inner().as_ref();
    function.downcast_ref::<ShareFunction>()?.statistic(arguments).ok()
}

fn top_count(argument: &Arc<dyn PhysicalExpr>) -> Result<usize> {
    let literal = argument.downcast_ref::<Literal>().map(Literal::value);
    match literal {
        Some(ScalarValue::Int64(Some(n))) if *n > 0 => Ok(usize::try_from(*n).unwrap_or(usize::MAX)),
        _ => {
            exec_err!("the third argument of top_share is how many keys: a whole number from 1, written out")
        }
    }
}

impl AggregateUDFImpl for ShareFunction {
    fn name(&self) -> &str {
        match self.name {
            Name::Hhi => "hhi",
            Name::Gini => "gini",
            Name::TopShare => "top_share",
            Name::MedianTotal => "median_total",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let name = self.name();
        match (self.name, arguments) {
            (Name::Hhi | Name::Gini, [key, amount]) => Ok(vec![key.clone(), amount_type(name, amount)?]),
            (Name::TopShare, [key, amount, n]) if n.is_integer() => {
                Ok(vec![key.clone(), amount_type(name, amount)?, DataType::Int64])
            }
            (Name::MedianTotal, [key, amount]) => Ok(vec![key.clone(), whole_amount_type(amount)?]),
            (Name::TopShare, _) => plan_err!("top_share takes a key, an amount and a whole number"),
            _ => plan_err!("{name} takes a key and an amount"),
        }
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let statistic = self.statistic(arguments.exprs)?;
        let key = arguments.expr_fields[0].data_type().clone();
        Ok(Box::new(ShareAccumulator::new(statistic, key)))
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let list = |name, item: DataType| {
            let item = Field::new_list_field(item, true);
            Arc::new(Field::new_list(format_state_name(arguments.name, name), item, true))
        };
        let key = arguments.input_fields[0].data_type().clone();
        Ok(vec![list("keys", key), list("totals", TOTAL)])
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// A median has the unit of its totals, so it takes no decimals whose digits it would have to know.
fn whole_amount_type(amount: &DataType) -> Result<DataType> {
    match amount {
        whole if whole.is_integer() || whole.is_null() => amount_type("median_total", whole),
        other => plan_err!(
            "median_total takes amounts of whole numbers, not {other}: cast the amount to BIGINT, in a smaller unit where it has decimals"
        ),
    }
}

fn amount_type(function: &str, amount: &DataType) -> Result<DataType> {
    match amount {
        DataType::UInt64 => Ok(DataType::Decimal128(20, 0)),
        DataType::Null => Ok(DataType::Int64),
        integer if integer.is_integer() => Ok(DataType::Int64),
        DataType::Decimal128(_, _) => Ok(amount.clone()),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            Ok(DataType::Decimal128(*precision, *scale))
        }
        other => plan_err!(
            "{function} is exact and takes amounts of integers or decimals, not {other}: cast the amount, for example CAST(amount AS DECIMAL(18, 4))"
        ),
    }
}
