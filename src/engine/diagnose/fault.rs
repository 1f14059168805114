//! The ways in which data make a computation fail, each with what to do about it.

use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion::common::tree_node::TreeNode;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Expr;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, Expr as Written, FunctionArg, FunctionArgExpr, FunctionArguments,
};

use super::run::of_a_file;
use super::terms::in_sql;
use super::words::{arrow_cause, plain};
use crate::project::types::sql_name;

/// What to do about instants that a function does not reach.
pub(super) const BEYOND_REACH: &str = "cut off what lies beyond, as in least(…, TIMESTAMP '2261-12-31'); or give NULL for it: CASE WHEN … < TIMESTAMP '2262-01-01' THEN … END";

/// A way in which rows make an expression fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A value that another type cannot hold.
    Cast,
    /// A division by zero.
    Division,
    /// A number too large for its type.
    Overflow,
    /// An instant that nanoseconds do not reach, where a function computes in these.
    Reach,
    /// A query that stands for one value gives more rows.
    ManyRows,
    /// Anything else that a function says of a value.
    Value,
}

impl Fault {
    /// The fault that an error tells of; `None` where it is not about rows.
    pub(super) fn of(error: &DataFusionError) -> Option<Self> {
        if of_a_file("", error).is_some() {
            return None;
        }
        let arrow = arrow_cause(error);
        match (error.find_root(), arrow) {
            (_, Some(ArrowError::DivideByZero)) => return Some(Self::Division),
            (_, Some(ArrowError::ArithmeticOverflow(_))) => return Some(Self::Overflow),
            (_, Some(ArrowError::ParquetError(_) | ArrowError::IoError(..) | ArrowError::MemoryError(_)))
            | (
                DataFusionError::ResourcesExhausted(_)
                | DataFusionError::ObjectStore(_)
                | DataFusionError::ParquetError(_)
                | DataFusionError::IoError(_)
                | DataFusionError::Internal(_)
                | DataFusionError::Configuration(_),
                _,
            ) => return None,
            _ => {}
        }
        let text = error.find_root().strip_backtrace().to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let beyond = text.contains("timestamp") && text.contains("out of range");
        Some(if says(&["more than one row"]) {
            Self::ManyRows
        } else if beyond || says(&["an instant lies beyond"]) {
            Self::Reach
        } else if says(&["divide by zero", "division by zero", "divides by zero"]) {
            Self::Division
        } else if says(&[
            "overflow",
            "too large to store",
            "out of range",
            "can't cast value",
            "cannot be stored",
            " cannot hold",
            " can hold",
        ]) {
            Self::Overflow
        } else if matches!(arrow, Some(ArrowError::CastError(_) | ArrowError::ParseError(_)))
            || says(&["cannot cast"])
        {
            Self::Cast
        } else {
            Self::Value
        })
    }

    /// Whether an error tells of this fault.
    pub(super) fn is_of(self, error: &DataFusionError) -> bool {
        Self::of(error) == Some(self)
    }

    /// The stable name of its diagnostic.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Cast => "cast",
            Self::Division => "division-by-zero",
            Self::Overflow | Self::Reach => "overflow",
            Self::ManyRows => "many-rows",
            Self::Value => "value",
        }
    }

    /// What is wrong, in a few words.
    pub(super) fn said(
        self,
        expression: &Expr,
        written: Option<&Written>,
        error: &DataFusionError,
    ) -> String {
        match (self, expression) {
            (Self::Cast, Expr::Cast(cast)) => {
                format!("a value cannot be read as {}", sql_name(cast.field.data_type()))
            }
            (Self::Cast, _) => {
                format!("a value cannot be converted: {}", plain(&error.find_root().strip_backtrace()))
            }
            (Self::Division, _) => "a row divides by zero".to_owned(),
            (Self::Overflow, Expr::Cast(cast)) => {
                format!("a number does not fit into {}", sql_name(cast.field.data_type()))
            }
            (Self::Overflow, _) if is_total(expression) => {
                too_large(expression, written, &plain(&error.find_root().strip_backtrace()))
            }
            (Self::Overflow, Expr::ScalarFunction(_)) => plain(&error.find_root().strip_backtrace()),
            (Self::Overflow, _) if counts_time(expression) => {
                "a date or an interval grows beyond what its type holds".to_owned()
            }
            (Self::Overflow, _) => "a number grows too large for its type".to_owned(),
            (Self::Reach, Expr::ScalarFunction(call)) => {
                format!("{} reaches from the year 1678 to 2261, and an instant lies beyond", call.func.name())
            }
            (Self::Reach, _) => "an instant lies beyond the years 1678 to 2261".to_owned(),
            (Self::ManyRows, _) => {
                "the query in brackets stands for one value and gives several rows".to_owned()
            }
            (Self::Value, _) => plain(&error.find_root().strip_backtrace()),
        }
    }

    /// What to do, with the expression as it was written where that is known.
    pub(super) fn help(self, expression: &Expr, written: Option<&Written>) -> String {
        match self {
            Self::Cast => {
                let tried = written.and_then(tried_cast);
                let tried = tried.unwrap_or_else(|| "TRY_CAST(… AS …)".to_owned());
                format!(
                    "mend the value where it comes from; or write {tried}, which gives NULL for it; or refuse such rows with a CHECK in the source's contract"
                )
            }
            Self::Division => {
                let divided = written.and_then(guarded_division);
                let divided = divided.unwrap_or_else(|| "… / nullif(…, 0)".to_owned());
                format!("write {divided}: it is NULL where there is nothing to divide by")
            }
            Self::Overflow if matches!(expression, Expr::ScalarFunction(_)) || counts_time(expression) => {
                Self::Value.help(expression, written)
            }
            Self::Overflow if is_total(expression) => {
                let wider = written.and_then(wider_total);
                let wider = wider.unwrap_or_else(|| "sum(CAST(… AS DECIMAL(38, 0)))".to_owned());
                format!("write {wider}, which holds 38 digits; or refuse such values with a CHECK in the source's contract")
            }
            Self::Overflow => {
                let wide = match expression {
                    Expr::Cast(cast) if is_narrow(cast.field.data_type()) => "BIGINT",
                    _ => "DECIMAL(38, 0)",
                };
                format!("compute in a wider type: cast to {wide} first; or refuse such values with a CHECK in the source's contract")
            }
            Self::Reach => BEYOND_REACH.to_owned(),
            Self::ManyRows => {
                "make it one row: an aggregate such as max(…), or ORDER BY a key and LIMIT 1; or join it instead".to_owned()
            }
            Self::Value if matches!(expression, Expr::Cast(_) | Expr::TryCast(_)) => {
                "no value of the one type can be cast to the other: cast a field or an element of it".to_owned()
            }
            Self::Value if expression.column_refs().is_empty() => "mend the value in the statement".to_owned(),
            Self::Value => {
                "mend the value where it comes from, leave such rows out with WHERE, or refuse them with a CHECK in the source's contract".to_owned()
            }
        }
    }
}

/// Whether an expression computes with an interval that it names.
fn counts_time(expression: &Expr) -> bool {
    let is_interval = |part: &Expr| matches!(part, Expr::Literal(value, _) if matches!(value.data_type(), DataType::Interval(_)));
    !matches!(expression, Expr::Cast(_)) && expression.exists(|part| Ok(is_interval(part))).unwrap_or(false)
}

/// Whether an expression takes many rows.
fn is_total(expression: &Expr) -> bool {
    matches!(expression, Expr::AggregateFunction(_) | Expr::WindowFunction(_))
}

/// The same total of its argument in a wider type.
fn wider_total(written: &Written) -> Option<String> {
    let Written::Function(function) = written else { return None };
    let FunctionArguments::List(list) = &function.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = list.args.as_slice() else { return None };
    let distinct = if list.duplicate_treatment.is_some() { "DISTINCT " } else { "" };
    Some(format!("{}({distinct}CAST({argument} AS DECIMAL(38, 0)))", function.name))
}

/// A total that does not fit, called as the statement calls it: the engine may have rewritten it.
fn too_large(expression: &Expr, written: Option<&Written>, said: &str) -> String {
    let call = written.map_or_else(|| in_sql(&expression.to_string()), ToString::to_string);
    let figure = said.rfind(" is ").filter(|_| said.ends_with(" hold")).map(|at| &said[at..]);
    figure.map_or_else(|| "a number grows too large for its type".to_owned(), |figure| call + figure)
}

fn is_narrow(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16
    )
}

/// The same cast as one that gives NULL.
fn tried_cast(written: &Written) -> Option<String> {
    match written {
        Written::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, .. } => {
            Some(format!("TRY_CAST({expr} AS {data_type})"))
        }
        _ => None,
    }
}

/// The same division as one that gives NULL.
fn guarded_division(written: &Written) -> Option<String> {
    match written {
        Written::BinaryOp { left, op, right }
            if matches!(op, BinaryOperator::Divide | BinaryOperator::Modulo) =>
        {
            let right = match right.as_ref() {
                Written::Nested(inner) => inner,
                other => other,
            };
            Some(format!("{left} {op} nullif({right}, 0)"))
        }
        _ => None,
    }
}
