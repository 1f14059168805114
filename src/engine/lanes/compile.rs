//! From DataFusion's physical expressions to programs. What a program cannot do gives `None`, and nothing is lost.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, StringViewArray};
use arrow::datatypes::{DataType, Schema};
use datafusion::functions::core::coalesce;
use datafusion::functions::math::{abs, floor};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::ScalarFunctionExpr;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CaseExpr, CastExpr, Column, IsNotNullExpr, IsNullExpr, Literal, NotExpr,
};
use datafusion::physical_plan::PhysicalExpr;
use datafusion::scalar::ScalarValue;

use super::program::{Arithmetic, Comparison, Condition, Number, Output, Program, Unary};

/// Integers up to here are doubles, and every other integer is on the same side of them as the double nearest to it.
const EXACT: i64 = 1 << 53;

impl Program {
    /// The program of an expression over the columns of `schema`; `None` where it has something that no program does.
    pub(super) fn compile(expression: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Option<Self> {
        let mut compiler = Compiler { schema, inputs: Vec::new(), texts: Vec::new() };
        let (number, result) = match expression.data_type(schema).ok()? {
            DataType::Float64 => (compiler.number(expression)?, Output::Double),
            DataType::Utf8 | DataType::Utf8View => {
                let number = compiler.text(expression)?;
                let view = expression.data_type(schema).ok()? == DataType::Utf8View;
                let any = !compiler.texts.is_empty();
                (number, any.then(|| Output::Text(texts(&compiler.texts, view)))?)
            }
            DataType::Int32 => (compiler.whole(expression)?, Output::SmallInteger),
            DataType::Int64 => (compiler.whole(expression)?, Output::Integer),
            _ => return None,
        };
        Some(Self { inputs: compiler.inputs, number, result })
    }
}

fn texts(texts: &[String], view: bool) -> ArrayRef {
    let texts = texts.iter().map(String::as_str);
    if view {
        Arc::new(StringViewArray::from_iter_values(texts))
    } else {
        Arc::new(StringArray::from_iter_values(texts))
    }
}

struct Compiler<'a> {
    schema: &'a Schema,
    inputs: Vec<Arc<dyn PhysicalExpr>>,
    texts: Vec<String>,
}

impl Compiler<'_> {
    /// An expression whose type is that of doubles.
    fn number(&mut self, expression: &Arc<dyn PhysicalExpr>) -> Option<Number> {
        if let Some(literal) = expression.downcast_ref::<Literal>() {
            return match literal.value() {
                ScalarValue::Float64(value) => Some(Number::Literal(*value)),
                ScalarValue::Null => Some(Number::Literal(None)),
                _ => None,
            };
        }
        if let Some(case) = expression.downcast_ref::<CaseExpr>() {
            return self.case(case, Self::number);
        }
        if expression.data_type(self.schema).ok()? != DataType::Float64 {
            return None;
        }
        if expression.is::<Column>() {
            return Some(self.input(expression));
        }
        if let Some(cast) = expression.downcast_ref::<CastExpr>() {
            return match cast.expr().data_type(self.schema).ok()? {
                DataType::Float64 => self.number(cast.expr()),
                DataType::Int32 | DataType::Int64 if cast.expr().is::<Column>() => {
                    Some(self.input(cast.expr()))
                }
                _ => None,
            };
        }
        if let Some(binary) = expression.downcast_ref::<BinaryExpr>() {
            let operation = match binary.op() {
                Operator::Plus => Arithmetic::Plus,
                Operator::Minus => Arithmetic::Minus,
                Operator::Multiply => Arithmetic::Times,
                Operator::Divide => Arithmetic::Divide,
                _ => return None,
            };
            let (left, right) = (self.number(binary.left())?, self.number(binary.right())?);
            return Some(Number::Binary(operation, Box::new(left), Box::new(right)));
        }
        self.function(expression.downcast_ref::<ScalarFunctionExpr>()?)
    }

    fn function(&mut self, call: &ScalarFunctionExpr) -> Option<Number> {
        let is = |other: Arc<datafusion::logical_expr::ScalarUDF>| *call.fun() == *other;
        let mut arguments =
            call.args().iter().map(|argument| self.number(argument)).collect::<Option<Vec<_>>>()?;
        if is(coalesce()) {
            return Some(Number::Coalesce(arguments));
        }
        let only = arguments.pop().filter(|_| arguments.is_empty())?;
        let unary = if is(abs()) {
            Unary::Abs
        } else if is(floor()) {
            Unary::Floor
        } else {
            return None;
        };
        Some(Number::Unary(unary, Box::new(only)))
    }

    /// A `CASE`, whose results are compiled by `result`.
    fn case(
        &mut self,
        case: &CaseExpr,
        result: fn(&mut Self, &Arc<dyn PhysicalExpr>) -> Option<Number>,
    ) -> Option<Number> {
        // `coalesce(x, y)` reaches a plan as `CASE WHEN x IS NOT NULL THEN x ELSE y END`.
        if let ([(when, then)], Some(otherwise)) = (case.when_then_expr(), case.else_expr())
            && when.downcast_ref::<IsNotNullExpr>().is_some_and(|when| when.arg().eq(then))
        {
            return Some(Number::Coalesce(vec![result(self, then)?, result(self, otherwise)?]));
        }
        let mut branches = Vec::with_capacity(case.when_then_expr().len());
        for (when, then) in case.when_then_expr() {
            let when = match case.expr() {
                Some(subject) => {
                    // Of doubles DataFusion tells -0 from 0 here, and nowhere else.
                    let (subject, when) = self.compared_integers(subject, when)?;
                    Condition::Compare(Comparison::Equal, subject, when)
                }
                None => self.condition(when)?,
            };
            branches.push((when, result(self, then)?));
        }
        let otherwise = match case.else_expr() {
            Some(otherwise) => Some(Box::new(result(self, otherwise)?)),
            None => None,
        };
        Some(Number::Case(branches, otherwise))
    }

    fn condition(&mut self, expression: &Arc<dyn PhysicalExpr>) -> Option<Condition> {
        if let Some(is_null) = expression.downcast_ref::<IsNullExpr>() {
            return self.any(is_null.arg()).map(Condition::IsNull);
        }
        if let Some(is_not_null) = expression.downcast_ref::<IsNotNullExpr>() {
            return self.any(is_not_null.arg()).map(|of| Condition::Not(Box::new(Condition::IsNull(of))));
        }
        if let Some(not) = expression.downcast_ref::<NotExpr>() {
            return self.condition(not.arg()).map(|of| Condition::Not(Box::new(of)));
        }
        let binary = expression.downcast_ref::<BinaryExpr>()?;
        if let Operator::And | Operator::Or = binary.op() {
            let (left, right) = (self.condition(binary.left())?, self.condition(binary.right())?);
            let (left, right) = (Box::new(left), Box::new(right));
            let and = *binary.op() == Operator::And;
            return Some(if and { Condition::And(left, right) } else { Condition::Or(left, right) });
        }
        let (left, right) = self.compared(binary.left(), binary.right())?;
        let not = |condition| Condition::Not(Box::new(condition));
        Some(match binary.op() {
            Operator::Lt => Condition::Compare(Comparison::Less, left, right),
            Operator::LtEq => Condition::Compare(Comparison::AtMost, left, right),
            Operator::Gt => Condition::Compare(Comparison::Less, right, left),
            Operator::GtEq => Condition::Compare(Comparison::AtMost, right, left),
            Operator::Eq => Condition::Compare(Comparison::Equal, left, right),
            Operator::NotEq => not(Condition::Compare(Comparison::Equal, left, right)),
            _ => return None,
        })
    }

    /// Two doubles, or a column of integers and a literal.
    fn compared(
        &mut self,
        left: &Arc<dyn PhysicalExpr>,
        right: &Arc<dyn PhysicalExpr>,
    ) -> Option<(Number, Number)> {
        let is_double =
            |of: &Arc<dyn PhysicalExpr>| Some(of.data_type(self.schema).ok()? == DataType::Float64);
        if is_double(left)? && is_double(right)? {
            return Some((self.number(left)?, self.number(right)?));
        }
        self.compared_integers(left, right)
    }

    /// A column of integers and a literal.
    fn compared_integers(
        &mut self,
        left: &Arc<dyn PhysicalExpr>,
        right: &Arc<dyn PhysicalExpr>,
    ) -> Option<(Number, Number)> {
        let types = (left.data_type(self.schema).ok()?, right.data_type(self.schema).ok()?);
        if !matches!(types, (DataType::Int32, DataType::Int32) | (DataType::Int64, DataType::Int64)) {
            return None;
        }
        match integer(left) {
            Some(literal) => Some((literal, self.column(right)?)),
            None => Some((self.column(left)?, integer(right)?)),
        }
    }

    /// Something that is asked only whether it is NULL.
    fn any(&mut self, expression: &Arc<dyn PhysicalExpr>) -> Option<Number> {
        self.column(expression).or_else(|| self.number(expression))
    }

    fn column(&mut self, expression: &Arc<dyn PhysicalExpr>) -> Option<Number> {
        expression.is::<Column>().then(|| self.input(expression))
    }

    fn input(&mut self, column: &Arc<dyn PhysicalExpr>) -> Number {
        let known = self.inputs.iter().position(|input| input.eq(column));
        Number::Input(known.unwrap_or_else(|| {
            self.inputs.push(Arc::clone(column));
            self.inputs.len() - 1
        }))
    }

    /// One of several texts, as its place.
    fn text(&mut self, expression: &Arc<dyn PhysicalExpr>) -> Option<Number> {
        if let Some(literal) = expression.downcast_ref::<Literal>() {
            let text = match literal.value() {
                ScalarValue::Null => return Some(Number::Literal(None)),
                value => value.try_as_str()?,
            };
            return Some(Number::Literal(text.map(|text| self.place(text) as f64)));
        }
        if let Some(cast) = expression.downcast_ref::<CastExpr>() {
            let from = cast.expr().data_type(self.schema).ok()?;
            let is_text = matches!(from, DataType::Utf8 | DataType::Utf8View);
            return is_text.then(|| self.text(cast.expr())).flatten();
        }
        self.case(expression.downcast_ref::<CaseExpr>()?, Self::text)
    }

    /// One of several small integers.
    fn whole(&mut self, expression: &Arc<dyn PhysicalExpr>) -> Option<Number> {
        if expression.is::<Literal>() {
            let small = |value: f64| f64::from(i32::MIN) <= value && value <= f64::from(i32::MAX);
            return integer(expression)
                .filter(|number| matches!(number, Number::Literal(value) if value.is_none_or(small)));
        }
        if let Some(cast) = expression.downcast_ref::<CastExpr>() {
            let from = cast.expr().data_type(self.schema).ok()?;
            return matches!(from, DataType::Int32 | DataType::Int64)
                .then(|| self.whole(cast.expr()))
                .flatten();
        }
        self.case(expression.downcast_ref::<CaseExpr>()?, Self::whole)
    }

    fn place(&mut self, text: &str) -> usize {
        let known = self.texts.iter().position(|known| known == text);
        known.unwrap_or_else(|| {
            self.texts.push(text.to_owned());
            self.texts.len() - 1
        })
    }
}

/// An integer literal that is exact as a double.
fn integer(expression: &Arc<dyn PhysicalExpr>) -> Option<Number> {
    let value = match expression.downcast_ref::<Literal>()?.value() {
        ScalarValue::Int64(value) => *value,
        ScalarValue::Int32(value) => value.map(i64::from),
        ScalarValue::Null => None,
        _ => return None,
    };
    match value {
        None => Some(Number::Literal(None)),
        Some(value) => (-EXACT < value && value < EXACT).then_some(Number::Literal(Some(value as f64))),
    }
}
