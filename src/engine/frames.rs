//! Window frames whose bounds are intervals of mixed units, or the wrong way round.
//!
//! DataFusion compares two intervals by their months, then their days, then their hours. So it takes a frame from 1 DAY
//! before to 240 HOURS before for one that has rows, and refuses one from 240 HOURS before to 1 DAY before. Here bounds
//! without months are first brought to days and a rest of less than one. A frame that ends before it begins is refused at
//! its place, and so is one of which only the calendar can tell. One that never does, as from 45 DAYS before to 1 MONTH
//! before, is written so that DataFusion compares nothing: 1 MONTH before is -1 MONTH after.

use std::cmp::Ordering;

use datafusion::arrow::datatypes::IntervalMonthDayNano;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{DataFusionError, Diagnostic, Result, ScalarValue, Span};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::WindowFunctionParams;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan, WindowFrame, WindowFrameBound};
use datafusion::optimizer::AnalyzerRule;

const NANOS_A_DAY: i128 = 86_400_000_000_000;

/// Settles the bounds of window frames.
#[derive(Debug)]
pub(super) struct FrameBounds;

impl AnalyzerRule for FrameBounds {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| {
            if !matches!(node, LogicalPlan::Window(_)) {
                return Ok(Transformed::no(node));
            }
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(expr.transform_up(settled)?.update_data(|expr| name.restore(expr)))
            })
        })
        .data()
    }

    fn name(&self) -> &str {
        "frame_bounds"
    }
}

fn settled(expr: Expr) -> Result<Transformed<Expr>> {
    let Expr::WindowFunction(mut window) = expr else { return Ok(Transformed::no(expr)) };
    let frame = &mut window.params.window_frame;
    let in_days = [&mut frame.start_bound, &mut frame.end_bound].map(in_days).contains(&true);
    match runs_forward(frame) {
        Some(true) => {}
        answer => {
            let function = window.fun.name().to_owned();
            return Err(refused(&function, &window.params, answer.is_none()));
        }
    }
    let turned = turned(frame)?;
    let expr = Expr::WindowFunction(window);
    Ok(if in_days || turned { Transformed::yes(expr) } else { Transformed::no(expr) })
}

/// Writes the bounds of a frame that runs forward so that DataFusion does not take it for one that runs back; whether
/// that changed them.
fn turned(frame: &mut WindowFrame) -> Result<bool> {
    use WindowFrameBound::{CurrentRow, Following, Preceding};
    let bounds = match (&frame.start_bound, &frame.end_bound) {
        // Only distances of nothing come here, which are the row itself.
        (Following(_) | CurrentRow, Preceding(_)) | (Following(_), CurrentRow) => (CurrentRow, CurrentRow),
        (start @ Preceding(from), Preceding(to)) if is_less(from, to) => {
            (start.clone(), Following(to.arithmetic_negate()?))
        }
        (Following(from), end @ Following(to)) if is_less(to, from) => {
            (Preceding(from.arithmetic_negate()?), end.clone())
        }
        _ => return Ok(false),
    };
    (frame.start_bound, frame.end_bound) = bounds;
    Ok(true)
}

/// Whether DataFusion takes one distance for less than another.
fn is_less(one: &ScalarValue, other: &ScalarValue) -> bool {
    !one.is_null() && !other.is_null() && one < other
}

/// Whether rows behind the current one can lie within a bound, in the order of the window.
pub(crate) fn is_ahead(bound: &WindowFrameBound) -> bool {
    match bound {
        WindowFrameBound::CurrentRow => false,
        WindowFrameBound::Following(offset) => offset.is_null() || reach(offset).1.is_gt(),
        WindowFrameBound::Preceding(offset) => reach(offset).0.is_lt(),
    }
}

/// Whether rows before the current one can lie within a bound, in the order of the window.
pub(crate) fn is_behind(bound: &WindowFrameBound) -> bool {
    match bound {
        WindowFrameBound::CurrentRow => false,
        WindowFrameBound::Preceding(offset) => offset.is_null() || reach(offset).1.is_gt(),
        WindowFrameBound::Following(offset) => reach(offset).0.is_lt(),
    }
}

/// How the least and the most that a distance can be compare with nothing. NULL is without an end.
fn reach(offset: &ScalarValue) -> (Ordering, Ordering) {
    match offset {
        ScalarValue::IntervalMonthDayNano(Some(interval)) => {
            let (least, most) = lengths(interval.months.into(), length(interval));
            (least.cmp(&0), most.cmp(&0))
        }
        offset if offset.is_null() => (Ordering::Greater, Ordering::Greater),
        offset => {
            let zero = ScalarValue::new_zero(&offset.data_type()).ok();
            // Of what cannot be compared both is possible.
            let sign = zero.and_then(|zero| offset.partial_cmp(&zero));
            (sign.unwrap_or(Ordering::Less), sign.unwrap_or(Ordering::Greater))
        }
    }
}

/// Brings a bound without months to whole days and a rest; whether that changed it.
fn in_days(bound: &mut WindowFrameBound) -> bool {
    let (WindowFrameBound::Preceding(offset) | WindowFrameBound::Following(offset)) = bound else {
        return false;
    };
    let ScalarValue::IntervalMonthDayNano(Some(interval)) = offset else { return false };
    if interval.months != 0 {
        return false;
    }
    let nanos = length(interval);
    let Ok(days) = i32::try_from(nanos.div_euclid(NANOS_A_DAY)) else { return false };
    let rest = nanos.rem_euclid(NANOS_A_DAY) as i64;
    let settled = IntervalMonthDayNano::new(0, days, rest);
    std::mem::replace(interval, settled) != settled
}

/// The length of what an interval has beside its months.
fn length(interval: &IntervalMonthDayNano) -> i128 {
    i128::from(interval.days) * NANOS_A_DAY + i128::from(interval.nanoseconds)
}

/// The least and the most that some months and a rest can be: a month has 28 to 31 days.
fn lengths(months: i128, rest: i128) -> (i128, i128) {
    let (least, most) = if months < 0 { (31, 28) } else { (28, 31) };
    (months * least * NANOS_A_DAY + rest, months * most * NANOS_A_DAY + rest)
}

/// Whether a frame begins before it ends, or with the same row; `None` where that depends on the month.
fn runs_forward(frame: &WindowFrame) -> Option<bool> {
    use WindowFrameBound::{CurrentRow, Following, Preceding};
    match (&frame.start_bound, &frame.end_bound) {
        (Following(_) | CurrentRow, Preceding(offset)) | (Following(offset), CurrentRow) => {
            // UNBOUNDED ends are refused by the parser; a distance of nothing is the row itself.
            Some(is_nothing(offset) && !matches!(frame.start_bound, Following(ref from) if !is_nothing(from)))
        }
        (Preceding(from), Preceding(to)) => ordered(to, from),
        (Following(from), Following(to)) => ordered(from, to),
        _ => Some(true),
    }
}

fn is_nothing(offset: &ScalarValue) -> bool {
    ScalarValue::new_zero(&offset.data_type()).is_ok_and(|zero| zero == *offset)
}

/// Whether one distance is at most the other; NULL is without an end.
fn ordered(less: &ScalarValue, more: &ScalarValue) -> Option<bool> {
    if more.is_null() || less.is_null() {
        return Some(more.is_null());
    }
    let (ScalarValue::IntervalMonthDayNano(Some(less)), ScalarValue::IntervalMonthDayNano(Some(more))) =
        (less, more)
    else {
        return Some(less <= more);
    };
    let months = i128::from(more.months) - i128::from(less.months);
    let rest = length(more) - length(less);
    let (least, most) = lengths(months, rest);
    match (least >= 0, most >= 0) {
        (true, true) => Some(true),
        (false, false) => Some(false),
        _ => None,
    }
}

fn refused(function: &str, params: &WindowFunctionParams, mixed: bool) -> DataFusionError {
    let frame = &params.window_frame;
    let between = format!("{} and {}", frame.start_bound, frame.end_bound);
    let (message, help) = match mixed {
        true => (
            format!(
                "the frame of {function}(…) has bounds of which only the calendar tells the order: {between}"
            ),
            "give both bounds in days, or both in months",
        ),
        false => (
            format!("the frame of {function}(…) ends before it begins: {between}"),
            "write the bound that lies further back first",
        ),
    };
    let order = params.order_by.iter().map(|sort| &sort.expr);
    let mut exprs = order.chain(&params.partition_by).chain(&params.args);
    let place = exprs.find_map(place);
    DataFusionError::Plan(message.clone())
        .with_diagnostic(Diagnostic::new_error(message, place).with_help(help, None))
}

/// The place of the first column of an expression.
fn place(expr: &Expr) -> Option<Span> {
    expr.column_refs().into_iter().find_map(|column| column.spans.first())
}
