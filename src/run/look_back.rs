//! Bounds on the days of rows below windows over days.
//!
//! The engine lets a filter on the day through a window only where the window is over rows of one day. But of a frame
//! that begins 27 days before its row, rows from day D on see none from before D - 27. So that bound is put below the
//! window, where the engine's optimiser moves it on to the next window, or to the scan that tells what is needed.

use std::sync::Arc;

use arrow::datatypes::Date32Type;
use chrono::{NaiveDate, TimeDelta};
use datafusion::common::Column;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::expr::{Sort, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{
    BinaryExpr, Expr, Filter, LogicalPlan, LogicalPlanBuilder, Operator, Projection, SubqueryAlias, Window,
    WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition, lit,
};
use datafusion::scalar::ScalarValue;

use crate::project::model::AS_OF_DATE;

/// The plan with a bound below every window over days that has one above; whether there is any.
///
/// # Errors
/// When a bound does not plan, which would be a bug.
pub(super) fn bounded(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    plan.transform_down_with_subqueries(|node| {
        let LogicalPlan::Filter(filter) = &node else { return Ok(Transformed::no(node)) };
        for condition in split_conjunction(&filter.predicate) {
            let columns: Vec<&Column> = condition.column_refs().into_iter().collect();
            let ([column], Some(first)) = (columns.as_slice(), lower_bound(condition, AS_OF_DATE)) else {
                continue;
            };
            if let Some(input) = below(&filter.input, column, first)? {
                let filter = Filter::try_new(filter.predicate.clone(), Arc::new(input))?;
                return Ok(Transformed::yes(LogicalPlan::Filter(filter)));
            }
        }
        Ok(Transformed::no(node))
    })
}

/// A plan of whose rows none is asked for from before a day, by a column of it: with what that says of the rows below its
/// first window. `None` where it says nothing.
fn below(plan: &LogicalPlan, day: &Column, first: NaiveDate) -> Result<Option<LogicalPlan>> {
    let (input, inner) = match plan {
        LogicalPlan::Window(window) => return under_window(window, day, first),
        LogicalPlan::Filter(Filter { input, .. }) => (input, Some(day.clone())),
        LogicalPlan::Projection(Projection { expr, input, schema, .. }) => {
            let place = schema.maybe_index_of_column(day);
            let inner = place.and_then(|place| expr[place].clone().unalias().try_as_col().cloned());
            (input, inner)
        }
        LogicalPlan::SubqueryAlias(SubqueryAlias { input, schema, .. }) => {
            let place = schema.maybe_index_of_column(day);
            (input, place.map(|place| Column::from(input.schema().qualified_field(place))))
        }
        _ => return Ok(None),
    };
    let Some(inner) = inner else { return Ok(None) };
    let Some(input) = below(input, &inner, first)? else { return Ok(None) };
    plan.with_new_exprs(plan.expressions(), vec![input]).map(Some)
}

/// The same of a window, whose rows look back as far as the frames of its functions.
fn under_window(window: &Window, day: &Column, first: NaiveDate) -> Result<Option<LogicalPlan>> {
    let days = window.window_expr.iter().map(|function| looks_back(function, day));
    let most = days.collect::<Option<Vec<i64>>>().and_then(|days| days.into_iter().max());
    let first = most.and_then(TimeDelta::try_days).and_then(|days| first.checked_sub_signed(days));
    let Some(first) = first.filter(|_| window.input.schema().has_column(day)) else { return Ok(None) };
    let first = lit(ScalarValue::Date32(Some(Date32Type::from_naive_date(first))));
    let input = LogicalPlanBuilder::from(window.input.as_ref().clone());
    let input = input.filter(Expr::Column(day.clone()).gt_eq(first))?.build()?;
    Ok(Some(LogicalPlan::Window(Window::try_new(window.window_expr.clone(), Arc::new(input))?)))
}

/// How many days before its row the frame of a function begins; `None` where that cannot be told, or the function minds
/// rows beyond its frame.
fn looks_back(function: &Expr, day: &Column) -> Option<i64> {
    let function = match function {
        Expr::Alias(alias) => alias.expr.as_ref(),
        other => other,
    };
    let Expr::WindowFunction(function) = function else { return None };
    let WindowFunction { fun, params: WindowFunctionParams { partition_by, order_by, window_frame, .. } } =
        function.as_ref();
    let is_day = |expr: &Expr| matches!(expr, Expr::Column(column) if column == day);
    if partition_by.iter().any(is_day) {
        return Some(0);
    }
    let minds_its_frame = match fun {
        WindowFunctionDefinition::AggregateUDF(_) => true,
        WindowFunctionDefinition::WindowUDF(_) => {
            matches!(fun.name(), "first_value" | "last_value" | "nth_value")
        }
    };
    let [Sort { expr, asc: true, .. }] = order_by.as_slice() else { return None };
    if !minds_its_frame || !is_day(expr) || window_frame.units != WindowFrameUnits::Range {
        return None;
    }
    match &window_frame.start_bound {
        WindowFrameBound::Preceding(days) => days_of(days).filter(|days| *days >= 0),
        WindowFrameBound::CurrentRow => Some(0),
        WindowFrameBound::Following(_) => None,
    }
}

/// The day from which a conjunct keeps rows, by a column of days: `as_of_date >= d`, `> d`, `= d`, either way round, and the
/// same of `as_of_date + 28`, by which a model looks back to the day so many days before.
pub(super) fn lower_bound(filter: &Expr, column: &str) -> Option<NaiveDate> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return None };
    if *op == Operator::And {
        return lower_bound(left, column).max(lower_bound(right, column));
    }
    let (days_later, op, value) = match (left.as_ref(), right.as_ref()) {
        (moved, Expr::Literal(value, _)) => (days_after_the_row(moved, column)?, *op, value),
        (Expr::Literal(value, _), moved) => (days_after_the_row(moved, column)?, op.swap()?, value),
        _ => return None,
    };
    let ScalarValue::Date32(Some(day)) = value else { return None };
    let day = Date32Type::to_naive_date_opt(*day)?.checked_sub_signed(TimeDelta::try_days(days_later)?)?;
    matches!(op, Operator::GtEq | Operator::Gt | Operator::Eq).then_some(day)
}

/// By how many days an expression is after the row's own day: 0 for `as_of_date`, 28 for `as_of_date + 28`.
fn days_after_the_row(expression: &Expr, day: &str) -> Option<i64> {
    match expression {
        Expr::Column(column) if column.name == day => Some(0),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Plus, right }) => {
            days_after_the_row(left, day)?.checked_add(whole_days(right)?)
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Minus, right }) => {
            days_after_the_row(left, day)?.checked_sub(whole_days(right)?)
        }
        _ => None,
    }
}

/// The days of an interval that is nothing but whole days; the engine writes those of `date + 28` as nanoseconds.
fn whole_days(interval: &Expr) -> Option<i64> {
    let Expr::Literal(interval, _) = interval else { return None };
    days_of(interval)
}

/// The same of a value.
fn days_of(interval: &ScalarValue) -> Option<i64> {
    const DAY: i64 = 86_400_000_000_000;
    let ScalarValue::IntervalMonthDayNano(Some(interval)) = interval else { return None };
    let is_whole = interval.months == 0 && interval.nanoseconds % DAY == 0;
    is_whole.then(|| i64::from(interval.days) + interval.nanoseconds / DAY)
}
