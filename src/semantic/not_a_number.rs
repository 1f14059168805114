//! Divisions and functions that may give NaN or infinity. Both count as missing, which is seldom what was meant, so they
//! are worth a warning where nothing guards them.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned, UnaryOperator,
    Value, Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Span;

/// A part of an expression that may not be a number.
pub(super) struct Finding {
    pub(super) message: String,
    pub(super) help: &'static str,
    /// Where it stands in the text of the expression; empty where that is not known.
    pub(super) span: Span,
}

/// What may not be a number in an expression.
pub(super) fn findings(expression: &Expr) -> Vec<Finding> {
    let mut reader = Reader::default();
    // Nothing in it breaks off.
    let _ = expression.visit(&mut reader);
    reader.findings
}

#[derive(Default)]
struct Reader {
    findings: Vec<Finding>,
    /// The `CASE`s around a part: who writes one has thought of when to compute.
    cases: usize,
}

impl Reader {
    fn division(&mut self, divisor: &Expr) {
        if self.cases == 0 && !is_never_zero(divisor) {
            self.findings.push(Finding {
                message: format!("a division by `{divisor}` has no value where that is 0"),
                help: "divide by `nullif(…, 0)`, or only where it is not 0: `CASE WHEN … THEN … END`",
                span: divisor.span(),
            });
        }
    }

    fn function(&mut self, function: &Function) {
        let name = function.name.to_string().to_ascii_lowercase();
        let Some(argument) = last_argument(function).filter(|_| self.cases == 0) else { return };
        let (is_safe, message) = match name.as_str() {
            "sqrt" => (is_never_negative(argument), "the root of `{}` is no number where that is below 0"),
            "ln" | "log" | "log2" | "log10" => {
                (is_positive(argument), "the logarithm of `{}` is no number where that is 0 or less")
            }
            _ => return,
        };
        if !is_safe {
            self.findings.push(Finding {
                message: message.replace("{}", &argument.to_string()),
                help: "hold it with `greatest(…, least value)`, or compute it only where it can be: `CASE WHEN … THEN … END`",
                span: argument.span(),
            });
        }
    }
}

impl Visitor for Reader {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::Case { .. } => self.cases += 1,
            Expr::BinaryOp { op: BinaryOperator::Divide | BinaryOperator::Modulo, right, .. } => {
                self.division(right);
            }
            Expr::Function(function) => self.function(function),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if matches!(expression, Expr::Case { .. }) {
            self.cases -= 1;
        }
        ControlFlow::Continue(())
    }
}

fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let arguments = list.args.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
        _ => None,
    });
    arguments.collect()
}

fn last_argument(function: &Function) -> Option<&Expr> {
    arguments(function).last().copied()
}

/// The expression without parentheses and casts.
pub(super) fn inner(expression: &Expr) -> &Expr {
    match expression {
        Expr::Nested(expression) | Expr::Cast { expr: expression, .. } => inner(expression),
        expression => expression,
    }
}

/// The number that is written.
pub(super) fn literal(expression: &Expr) -> Option<f64> {
    match inner(expression) {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => literal(expr).map(|number| -number),
        _ => None,
    }
}

/// The arguments, where the expression is a call of that function.
fn called<'a>(expression: &'a Expr, name: &str) -> Option<Vec<&'a Expr>> {
    match inner(expression) {
        Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case(name) => {
            Some(arguments(function))
        }
        _ => None,
    }
}

fn is_never_zero(divisor: &Expr) -> bool {
    let guarded = called(divisor, "nullif")
        .is_some_and(|arguments| arguments.get(1).is_some_and(|other| literal(other) == Some(0.0)));
    guarded || literal(divisor).is_some_and(|number| number != 0.0) || is_positive(divisor)
}

fn is_positive(expression: &Expr) -> bool {
    let held = called(expression, "greatest").is_some_and(|arguments| {
        arguments.into_iter().any(|least| literal(least).is_some_and(|least| least > 0.0))
    });
    let sum = match inner(expression) {
        Expr::BinaryOp { left, op: BinaryOperator::Plus, right } => {
            is_positive(left) && is_never_negative(right) || is_never_negative(left) && is_positive(right)
        }
        _ => false,
    };
    held || sum || literal(expression).is_some_and(|number| number > 0.0)
}

fn is_never_negative(expression: &Expr) -> bool {
    let held = called(expression, "greatest").is_some_and(|arguments| {
        arguments.into_iter().any(|least| literal(least).is_some_and(|least| least >= 0.0))
    });
    held || called(expression, "abs").is_some()
        || literal(expression).is_some_and(|number| number >= 0.0)
        || is_positive(expression)
}
