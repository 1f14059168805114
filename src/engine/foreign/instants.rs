//! Comparisons of instants in the unit of a file, so that its bounds can be held against them.
//!
//! A file's instant v is read as the microsecond m(v) in which it lies, and m never falls as v rises. So m(v) >= L just
//! where v is at least the first instant of the file's unit whose m is L or later. DataFusion would cut the literal instead,
//! and leave out rows between the two.

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, Literal, lit};
use datafusion::scalar::ScalarValue;

/// A comparison of a column with an instant: the column's name, the operator, the instant in microseconds.
pub(super) fn comparison(expr: &Arc<dyn PhysicalExpr>) -> Option<(&str, Operator, i64)> {
    let compared = expr.downcast_ref::<BinaryExpr>()?;
    let sides = |column: &'_ Arc<dyn PhysicalExpr>, value: &Arc<dyn PhysicalExpr>| {
        let ScalarValue::TimestampMicrosecond(Some(micros), _) = value.downcast_ref::<Literal>()?.value()
        else {
            return None;
        };
        column.is::<Column>().then_some(*micros)
    };
    if let Some(micros) = sides(compared.left(), compared.right()) {
        return Some((compared.left().downcast_ref::<Column>()?.name(), *compared.op(), micros));
    }
    let micros = sides(compared.right(), compared.left())?;
    Some((compared.right().downcast_ref::<Column>()?.name(), compared.op().swap()?, micros))
}

/// The same of a file's column of another unit; `None` where it has to be computed.
pub(super) fn in_unit_of_file(
    column: &Arc<dyn PhysicalExpr>,
    given: &DataType,
    op: Operator,
    micros: i64,
) -> Option<Arc<dyn PhysicalExpr>> {
    let DataType::Timestamp(unit, zone) = given else { return None };
    let bound = |micros: i64| {
        let value = first_at_least(*unit, micros)?;
        let value = match unit {
            TimeUnit::Second => ScalarValue::TimestampSecond(Some(value), zone.clone()),
            TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(value), zone.clone()),
            TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(value), zone.clone()),
            TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(Some(value), zone.clone()),
        };
        Some(lit(value))
    };
    let compared = |op, micros| -> Option<Arc<dyn PhysicalExpr>> {
        Some(Arc::new(BinaryExpr::new(Arc::clone(column), op, bound(micros)?)))
    };
    let after = micros.checked_add(1)?;
    match op {
        Operator::Lt => compared(Operator::Lt, micros),
        Operator::LtEq => compared(Operator::Lt, after),
        Operator::Gt => compared(Operator::GtEq, after),
        Operator::GtEq => compared(Operator::GtEq, micros),
        Operator::Eq => {
            let (from, before) = (compared(Operator::GtEq, micros)?, compared(Operator::Lt, after)?);
            Some(Arc::new(BinaryExpr::new(from, Operator::And, before)))
        }
        _ => None,
    }
}

/// The first instant of a unit that is read as this microsecond or a later one.
fn first_at_least(unit: TimeUnit, micros: i64) -> Option<i64> {
    let up = |of: i64| Some(micros.div_euclid(of) + i64::from(micros.rem_euclid(of) > 0));
    match unit {
        TimeUnit::Second => up(1_000_000),
        TimeUnit::Millisecond => up(1000),
        TimeUnit::Microsecond => Some(micros),
        TimeUnit::Nanosecond => micros.checked_mul(1000),
    }
}
