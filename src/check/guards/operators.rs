//! What operators and functions make of counts over days: other counts, or what half of the days tell wrongly.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::days::Days;
use super::told::{Reaches, Sources, WITHOUT_END};

/// Days of a week: so many times a divisor are days that it is the weeks of.
const WEEK: f64 = 7.0;

/// What an operator makes of what stands on its sides.
pub(super) fn binary(expression: &BinaryExpr, left: &Days, right: &Days) -> Days {
    let both = left.with(right);
    match expression.op {
        Operator::Divide | Operator::Modulo => match number(&expression.right) {
            // Of another unit, or a mean by day or by week.
            Some(divisor) => {
                let is_mean = |(_, days): (_, u32)| [divisor, WEEK * divisor].contains(&f64::from(days));
                if left.counted.iter().any(is_mean) { both.compared() } else { both }
            }
            None => both.compared(),
        },
        // What is less by a count is more where that is too small.
        Operator::Minus if !right.counted.is_empty() => both.compared(),
        // In how many of some parts of the time there was anything.
        Operator::Plus if is_flag_of(right) && (is_flag_of(left) || !left.relative.is_empty()) => {
            both.compared()
        }
        Operator::Eq
        | Operator::NotEq
        | Operator::Lt
        | Operator::LtEq
        | Operator::Gt
        | Operator::GtEq
        | Operator::IsDistinctFrom
        | Operator::IsNotDistinctFrom => {
            // Windows of one log that are held against each other.
            let relative = &both.relative | &left.counted.shared(&right.counted);
            Days { relative, ..both }.asked()
        }
        _ => both,
    }
}

/// Whether a value says of some days whether there was anything.
fn is_flag_of(days: &Days) -> bool {
    days.is_flag && !days.counted.is_empty()
}

/// Whether a function only asks whether there is anything: `least(count, 1)`.
pub(super) fn is_flag(name: &str, args: &[Expr]) -> bool {
    name == "least" && args.iter().filter_map(number).any(|most| most == 1.0)
}

/// What a function makes of many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Makes {
    /// How many, how much, whether any.
    Counts,
    /// The least or the most.
    Extremes,
    /// The value of one of them.
    Choice,
    /// Anything else, as a mean or a share.
    Relations,
}

impl Makes {
    fn of(function: &str) -> Self {
        match function {
            "count" | "sum" | "regr_count" | "bool_or" | "array_agg" | "string_agg" | "row_number"
            | "rank" | "dense_rank" => Self::Counts,
            "min" | "max" => Self::Extremes,
            "first_value" | "last_value" | "nth_value" | "any_value" | "lag" | "lead" => Self::Choice,
            _ => Self::Relations,
        }
    }
}

/// The rows that a function is made over.
pub(super) struct Span<'a> {
    /// The logs of which all of them are of one day.
    pub(super) of_one_day: Sources,
    /// Over how many days of a log they lie; `None` where nothing limits them.
    pub(super) days: &'a dyn Fn(&str) -> Option<u32>,
    /// How many days before a row the first of them lies at most.
    pub(super) back: u32,
}

/// What a function makes of what it is given of all rows.
pub(super) fn of_rows(function: &str, is_distinct: bool, given: &Days, span: &Span<'_>) -> Days {
    let many = |log: &&String| !span.of_one_day.contains(*log);
    let over = |log: &String| (span.days)(log).filter(|days| *days < WITHOUT_END);
    let over: Reaches =
        given.facts.iter().filter(many).filter_map(|log| Some((log.clone(), over(log)?))).collect();
    let [counted, relative] = [&given.counted, &given.relative].map(|reaches| reaches.longer_by(span.back));
    let facts = &given.facts & &span.of_one_day;
    match Makes::of(function) {
        // Facts without an end are those since the log began, and so are counts of them.
        Makes::Counts if !is_distinct || given.dates.is_empty() => {
            Days { facts, counted: &over | &counted.with_end(), relative, ..Days::default() }
        }
        // On how many of so many days.
        Makes::Counts => Days { facts, relative: &over | &relative, ..Days::default() },
        // How long ago something was is told as at least so long.
        Makes::Extremes | Makes::Choice if !given.dates.is_empty() => Days { relative, ..Days::default() },
        Makes::Extremes => Days { facts, counted: &over | &counted.with_end(), relative, ..Days::default() },
        Makes::Choice => {
            Days { facts: given.facts.clone(), counted: counted.with_end(), relative, ..Days::default() }
        }
        Makes::Relations => Days { facts, relative: &(&over | &counted) | &relative, ..Days::default() },
    }
}

/// A number that is written out.
fn number(expression: &Expr) -> Option<f64> {
    match expression {
        Expr::Cast(cast) => number(&cast.expr),
        Expr::Literal(value, _) if value.data_type().is_numeric() => {
            match value.cast_to(&arrow::datatypes::DataType::Float64) {
                Ok(ScalarValue::Float64(number)) => number,
                _ => None,
            }
        }
        _ => None,
    }
}
