//! Over how many days rows lie: the frame of a window, and a condition that keeps the last days of a log.

use arrow::datatypes::{DataType, IntervalUnit};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::expr::Between;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, WindowFrame, WindowFrameBound};

use super::since::date;
use super::told::{Reaches, SOME, Sources, WITHOUT_END};
use super::value::Value;

/// Over how many days a frame reaches, that of its row included.
pub(super) fn of_frame(frame: &WindowFrame) -> u32 {
    match &frame.start_bound {
        WindowFrameBound::Preceding(offset) if offset.is_null() => WITHOUT_END,
        WindowFrameBound::Preceding(offset) => days_of(offset).map_or(SOME, |days| days.saturating_add(1)),
        WindowFrameBound::CurrentRow | WindowFrameBound::Following(_) => 1,
    }
}

/// The days of a distance, however it is written.
fn days_of(offset: &ScalarValue) -> Option<u32> {
    if let Some(text) = offset.try_as_str().flatten()
        && let Ok(days) = text.trim().parse()
    {
        return Some(days);
    }
    let interval = DataType::Interval(IntervalUnit::MonthDayNano);
    let days = match offset {
        whole if whole.data_type().is_integer() => match whole.cast_to(&DataType::Int64) {
            Ok(ScalarValue::Int64(days)) => days?,
            _ => return None,
        },
        other => match other.cast_to(&interval) {
            Ok(ScalarValue::IntervalMonthDayNano(Some(length))) => {
                i64::from(length.months) * 31 + i64::from(length.days)
            }
            _ => return None,
        },
    };
    u32::try_from(days).ok()
}

/// How many days of logs a condition keeps: `day > as_of_date - 28`, `as_of_date - day < 28` and their like.
pub(super) fn kept(condition: &Expr, row: &[Value], schema: &DFSchema) -> Reaches {
    let mut found = Reaches::default();
    for part in split_conjunction(condition) {
        match part {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                let less = match op {
                    Operator::Lt | Operator::LtEq => Some((left, right)),
                    Operator::Gt | Operator::GtEq => Some((right, left)),
                    _ => None,
                };
                if let Some((less, more)) = less {
                    let is_strict = matches!(op, Operator::Lt | Operator::Gt);
                    found = &found | &between(less, more, is_strict, row, schema);
                }
            }
            Expr::Between(Between { expr, negated: false, low, high }) => {
                found = &found | &between(low, expr, false, row, schema);
                found = &found | &between(expr, high, false, row, schema);
            }
            _ => {}
        }
    }
    found
}

/// How many days of logs there are where one side is less than the other.
fn between(less: &Expr, more: &Expr, is_strict: bool, row: &[Value], schema: &DFSchema) -> Reaches {
    let (less, more) = (Sum::of(less, row, schema), Sum::of(more, row, schema));
    // The log's day is not before the other one, so many days apart.
    let logs = &less.subtracted | &more.added;
    let is_held_against_a_day =
        less.has_day || more.has_day || !less.added.is_empty() || !more.subtracted.is_empty();
    if logs.is_empty() || !is_held_against_a_day {
        return Reaches::default();
    }
    let apart = match (less.days, more.days) {
        (Some(less), Some(more)) => u32::try_from(more - less + i64::from(!is_strict)).ok(),
        _ => None,
    };
    logs.into_iter().map(|log| (log, apart.unwrap_or(SOME))).collect()
}

/// Days that are added up and subtracted.
#[derive(Default)]
struct Sum {
    added: Sources,
    subtracted: Sources,
    /// Whether the day of something else is among them.
    has_day: bool,
    /// The days on top; `None` where that is not a number.
    days: Option<i64>,
}

impl Sum {
    fn of(expression: &Expr, row: &[Value], schema: &DFSchema) -> Self {
        let of = |part: &Expr| Self::of(part, row, schema);
        match expression {
            Expr::Alias(alias) => of(&alias.expr),
            Expr::Cast(cast) => of(&cast.expr),
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Plus, right }) => of(left).with(of(right)),
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Minus, right }) => {
                of(left).with(of(right).negative())
            }
            Expr::Literal(value, _) if date(expression).is_none() => {
                Self { days: days_of(value).map(i64::from), ..Self::default() }
            }
            Expr::Literal(..) => Self { days: None, ..Self::default() },
            Expr::Column(column) => {
                let place = schema.maybe_index_of_column(column);
                let dates = place.and_then(|at| row.get(at)).map(|value| value.days.dates.clone());
                let added = dates.unwrap_or_default();
                Self { has_day: added.is_empty(), added, days: Some(0), ..Self::default() }
            }
            Expr::OuterReferenceColumn(..) => Self { has_day: true, days: Some(0), ..Self::default() },
            // Of a log's day it is known only that it is in it.
            other => {
                let parts = other.column_refs().into_iter().map(|column| of(&Expr::Column(column.clone())));
                let all = parts.fold(Self::default(), Self::with);
                Self { days: None, ..all }
            }
        }
    }

    fn with(self, other: Self) -> Self {
        Self {
            added: &self.added | &other.added,
            subtracted: &self.subtracted | &other.subtracted,
            has_day: self.has_day || other.has_day,
            days: self.days.zip(other.days).map(|(one, other)| one + other),
        }
    }

    fn negative(self) -> Self {
        Self {
            added: self.subtracted,
            subtracted: self.added,
            days: self.days.map(std::ops::Neg::neg),
            ..self
        }
    }
}
