//! Whether a condition holds where usage is zero.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value,
    visit_expressions,
};

/// What a condition names, where usage is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A count of usage: 0.
    Count,
    /// Made of usage in another way, such as the state `no_usage`: it may be what the condition asks for.
    Made,
    /// Anything else: nothing is known of it.
    Other,
}

/// Whether a condition holds where every count of usage is 0; `None` where that depends on something else.
pub(super) fn holds(condition: &Expr, known: &dyn Fn(&str) -> Known) -> Option<bool> {
    match condition {
        Expr::Nested(inner) => holds(inner, known),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => Some(!holds(expr, known)?),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            match (holds(left, known), holds(right, known)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            }
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            match (holds(left, known), holds(right, known)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            }
        }
        // Of an account that does not report it nothing is asked.
        Expr::IsNotNull(_) => Some(true),
        Expr::BinaryOp { left, op, right } => match (number(left, known), number(right, known)) {
            (Some(left), Some(right)) => compared(left, op, right),
            _ => possibly(condition, known),
        },
        Expr::Between { expr, negated, low, high } => {
            match (number(expr, known), number(low, known), number(high, known)) {
                (Some(value), Some(low), Some(high)) => Some((low <= value && value <= high) != *negated),
                _ => possibly(condition, known),
            }
        }
        Expr::InList { expr, list, negated } => {
            let list: Option<Vec<f64>> = list.iter().map(|item| number(item, known)).collect();
            match number(expr, known).zip(list) {
                Some((value, list)) => Some(list.contains(&value) != *negated),
                None => possibly(condition, known),
            }
        }
        Expr::Value(value) => match value.value {
            Value::Boolean(always) => Some(always),
            _ => None,
        },
        other => possibly(other, known),
    }
}

/// What cannot be computed is believed where it asks for something that is made of usage.
fn possibly(condition: &Expr, known: &dyn Fn(&str) -> Known) -> Option<bool> {
    let named = visit_expressions(condition, |part| match name(part) {
        Some(name) if known(name) == Known::Made => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    named.is_break().then_some(true)
}

fn name(part: &Expr) -> Option<&str> {
    match part {
        Expr::Identifier(ident) => Some(&ident.value),
        Expr::CompoundIdentifier(parts) => parts.last().map(|ident| ident.value.as_str()),
        _ => None,
    }
}

/// The number that an expression is where every count of usage is 0.
fn number(expr: &Expr, known: &dyn Fn(&str) -> Known) -> Option<f64> {
    match expr {
        Expr::Nested(inner) => number(inner, known),
        Expr::Cast { expr, .. } => number(expr, known),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => number(expr, known).map(|number| -number),
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        Expr::BinaryOp { left, op, right } => {
            let (left, right) = (number(left, known)?, number(right, known)?);
            match op {
                BinaryOperator::Plus => Some(left + right),
                BinaryOperator::Minus => Some(left - right),
                BinaryOperator::Multiply => Some(left * right),
                _ => None,
            }
        }
        Expr::Function(call) if call.name.to_string().eq_ignore_ascii_case("coalesce") => {
            let FunctionArguments::List(list) = &call.args else { return None };
            match list.args.first() {
                Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) => number(first, known),
                _ => None,
            }
        }
        other => (known(name(other)?) == Known::Count).then_some(0.0),
    }
}

fn compared(left: f64, op: &BinaryOperator, right: f64) -> Option<bool> {
    Some(match op {
        BinaryOperator::Eq => left == right,
        BinaryOperator::NotEq => left != right,
        BinaryOperator::Lt => left < right,
        BinaryOperator::LtEq => left <= right,
        BinaryOperator::Gt => left > right,
        BinaryOperator::GtEq => left >= right,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::GenericDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::{Known, holds};

    #[test]
    fn conditions_where_usage_is_zero() {
        let known = |name: &str| match name {
            "logins" | "seconds" => Known::Count,
            "growth_base" | "last_login" => Known::Made,
            _ => Known::Other,
        };
        for (condition, answer) in [
            ("logins = 0", Some(true)),
            ("logins = 3", Some(false)),
            ("logins + seconds = 0 AND seats IS NOT NULL", Some(true)),
            ("NOT (logins > 0)", Some(true)),
            ("logins = 0 AND tenure > 90", None),
            ("logins = 0 OR tenure > 90", Some(true)),
            ("logins > 0 AND tenure > 90", Some(false)),
            ("coalesce(logins, 0) < 1", Some(true)),
            ("logins BETWEEN 0 AND 2", Some(true)),
            ("logins NOT IN (0)", Some(false)),
            ("growth_base = 'no_usage'", Some(true)),
            ("last_login IS NULL", Some(true)),
            ("region = 'EU'", None),
            ("TRUE", Some(true)),
        ] {
            let parsed =
                Parser::new(&GenericDialect {}).try_with_sql(condition).unwrap().parse_expr().unwrap();
            assert_eq!(holds(&parsed, &known), answer, "{condition}");
        }
    }
}
