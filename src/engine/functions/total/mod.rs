//! `sum` and `avg` of integers and decimals without overflow: added up in 128 bits, and an error where the result does
//! not fit its type.
//!
//! DataFusion's `sum` of integers wraps, and its `avg` of integers adds up doubles, which beyond 2^53 depends on the
//! order of the rows. These stand under the same names in its place. The order and the partitioning of rows never show
//! in a result. Doubles, durations and intervals stay with DataFusion's own functions, but for frames that slide
//! ([`super::sliding`]).

mod accumulator;
mod distinct;
mod figure;
mod groups;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, plan_err};
use datafusion::functions_aggregate::{average, sum};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, SetMonotonicity, Signature,
    Volatility,
};

use self::accumulator::TotalAccumulator;
use self::distinct::DistinctAccumulator;
use self::figure::Figure;
use self::groups::TotalGroups;
use super::accumulator::TOTAL;
use super::sliding::Recomputed;

/// `sum`, exact.
pub(crate) fn sum() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(Total::new(Name::Sum)))
}

/// `avg`, exact.
pub(crate) fn avg() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(Total::new(Name::Average)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Name {
    Sum,
    Average,
}

/// A total as DataFusion sees it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Total {
    name: Name,
    /// DataFusion's own function of the name.
    own: Arc<AggregateUDF>,
    signature: Signature,
}

impl Total {
    fn new(name: Name) -> Self {
        let own = match name {
            Name::Sum => sum::sum_udaf(),
            Name::Average => average::avg_udaf(),
        };
        let signature = match name {
            Name::Sum => own.signature().clone(),
            // DataFusion's signature turns integers into doubles.
            Name::Average => Signature::user_defined(Volatility::Immutable),
        };
        Self { name, own, signature }
    }

    /// What is made of a sum, where the argument is of a type that is added up exactly.
    fn figure(&self, arguments: &AccumulatorArgs<'_>) -> Option<Figure> {
        let average = self.name == Name::Average;
        let from = arguments.expr_fields.first()?.data_type();
        let to = arguments.return_field.data_type();
        is_exact(from).then(|| Figure::new(arguments.name, average, from, to))
    }
}

/// Whether values of the type are added up exactly.
fn is_exact(argument: &DataType) -> bool {
    matches!(argument, DataType::Int64 | DataType::UInt64 | DataType::Decimal128(..))
}

impl AggregateUDFImpl for Total {
    fn name(&self) -> &str {
        self.own.name()
    }

    fn aliases(&self) -> &[String] {
        self.own.aliases()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match (self.name, arguments) {
            (Name::Average, [DataType::Int64 | DataType::UInt64]) => Ok(DataType::Float64),
            _ => self.own.return_type(arguments),
        }
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let [argument] = arguments else { return plan_err!("{} takes one argument", self.name()) };
        Ok(vec![match argument {
            DataType::UInt64 => DataType::UInt64,
            integer if integer.is_integer() => DataType::Int64,
            DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
                DataType::Decimal128(*precision, *scale)
            }
            DataType::Decimal128(..) | DataType::Decimal256(..) | DataType::Duration(_) => argument.clone(),
            DataType::Null => DataType::Float64,
            float if float.is_floating() => DataType::Float64,
            _ => return plan_err!("{} takes numbers, not {argument}", self.name()),
        }])
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        match self.figure(&arguments) {
            Some(figure) if arguments.is_distinct => Ok(Box::new(DistinctAccumulator::new(figure))),
            Some(figure) => Ok(Box::new(TotalAccumulator::new(figure))),
            None => self.own.accumulator(arguments),
        }
    }

    fn create_sliding_accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        match self.figure(&arguments) {
            Some(_) => self.accumulator(arguments),
            None => Ok(Box::new(Recomputed::new(&self.own, &arguments))),
        }
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        if !arguments.input_fields.first().is_some_and(|field| is_exact(field.data_type())) {
            return self.own.state_fields(arguments);
        }
        let name = |part| format_state_name(arguments.name, part);
        Ok(match arguments.is_distinct {
            true => {
                let item = Field::new_list_field(TOTAL, true);
                vec![Arc::new(Field::new_list(name("values"), item, true))]
            }
            false => vec![
                Arc::new(Field::new(name("sum"), TOTAL, true)),
                Arc::new(Field::new(name("rows"), DataType::Int64, true)),
            ],
        })
    }

    fn groups_accumulator_supported(&self, arguments: AccumulatorArgs) -> bool {
        match self.figure(&arguments) {
            Some(_) => !arguments.is_distinct,
            None => self.own.groups_accumulator_supported(arguments),
        }
    }

    fn create_groups_accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        match self.figure(&arguments) {
            Some(figure) => Ok(Box::new(TotalGroups::new(figure))),
            None => self.own.create_groups_accumulator(arguments),
        }
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn set_monotonicity(&self, data_type: &DataType) -> SetMonotonicity {
        self.own.inner().set_monotonicity(data_type)
    }
}
