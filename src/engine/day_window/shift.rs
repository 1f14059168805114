//! `lag` and `lead`: the value some rows before or after, by rows, however many days lie between them.
//!
//! SQL leaves the order of the rows of one day open. Here the rows before a day stand as `last_value` would see them
//! (NULLs, then values in ascending order) and those after it as `first_value` would (values, then NULLs); and a row
//! never sees another one of its own day: `lag` takes each as the first of its day, `lead` as the last. With one row
//! for each day there is nothing to choose.

use std::iter::repeat_n;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_window::lead_lag;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::physical_plan::windows::WindowUDFExpr;

use super::call::ignores_nulls;
use super::column::Column;
use super::spec::Shift;
use super::values::ValuesByDay;

/// A call of `lag` or `lead`.
pub(super) struct Shifted<'a> {
    pub(super) argument: &'a Arc<dyn PhysicalExpr>,
    /// How many rows on; back where below zero, never 0.
    pub(super) by: i64,
    /// What it gives where there is no such row.
    pub(super) default: ScalarValue,
    /// Whether only rows with a value count.
    pub(super) ignore_nulls: bool,
}

impl<'a> Shifted<'a> {
    /// `None` where the function is another one, and where the number of rows or the default is no plain constant.
    pub(super) fn of(function: &'a WindowUDFExpr) -> Option<Self> {
        let is_lag = *function.fun() == lead_lag::lag_udwf();
        if !is_lag && *function.fun() != lead_lag::lead_udwf() {
            return None;
        }
        let (argument, rows, default) = match function.args() {
            [argument] => (argument, ScalarValue::Int64(Some(1)), ScalarValue::Null),
            [argument, rows] => (argument, literal(rows)?, ScalarValue::Null),
            [argument, rows, default] => (argument, literal(rows)?, literal(default)?),
            _ => return None,
        };
        let ignore_nulls = ignores_nulls(function)?;
        if !rows.data_type().is_integer() {
            return None;
        }
        let Ok(ScalarValue::Int64(Some(rows))) = rows.cast_to(&DataType::Int64) else { return None };
        let by = if is_lag { rows.checked_neg()? } else { rows };
        // No shift at all stays with DataFusion, and so does one whose opposite does not exist.
        (by != 0 && by != i64::MIN).then_some(Self { argument, by, default, ignore_nulls })
    }
}

fn literal(argument: &Arc<dyn PhysicalExpr>) -> Option<ScalarValue> {
    argument.downcast_ref::<Literal>().map(|literal| literal.value().clone())
}

/// The shifted value of every day into a column of codes. `rows` has the number of rows up to the start of each day,
/// `default` the code of what stands where there is no row.
pub(super) fn shift(
    shift: Shift,
    values: &ValuesByDay,
    rows: &[i64],
    default: Option<i64>,
    column: &mut Column,
) -> Result<()> {
    let mut line: Vec<Option<i64>> = Vec::new();
    let mut starts = vec![0];
    for day in 0..values.days() {
        let codes = values.of(day);
        let all = (rows[day + 1] - rows[day]) as usize;
        let nulls = if shift.ignore_nulls { 0 } else { all.saturating_sub(codes.len()) };
        let (before, after) = if shift.by < 0 { (nulls, 0) } else { (0, nulls) };
        line.extend(repeat_n(None, before));
        line.extend(codes.iter().copied().map(Some));
        line.extend(repeat_n(None, after));
        starts.push(line.len());
    }
    let distance = usize::try_from(shift.by.unsigned_abs()).unwrap_or(usize::MAX);
    starts.windows(2).try_for_each(|day| {
        let at = match shift.by < 0 {
            true => day[0].checked_sub(distance),
            false => day[1].checked_add(distance - 1),
        };
        column.push_code(at.and_then(|at| line.get(at)).map_or(default, |code| *code))
    })
}
