//! What is known of the values of a row: the optional sources that they come from unguarded, the days of logs that they are
//! made of, and what a condition tells of both.

use chrono::NaiveDate;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::days::Days;
use super::operators;
use super::since::since;
use super::told::{Reaches, Sources, Told, WITHOUT_END};
use crate::engine::functions::reported::call;

/// What is known of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// The optional sources that it comes from, also where they are not reported.
    pub(super) from: Sources,
    /// The days of logs that it is made of.
    pub(super) days: Days,
    /// What is told where it is true.
    pub(super) if_true: Told,
    /// What is told where it is not.
    pub(super) if_not: Told,
    /// What it is, where that is the same in all rows.
    pub(super) is: Is,
    /// Whether it is true or false, and never NULL.
    is_decided: bool,
}

/// What a value is in all rows of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Is {
    /// One thing or another.
    #[default]
    Any,
    Null,
    True,
    False,
    /// False or NULL.
    NotTrue,
    Zero,
    Text(String),
}

impl Value {
    /// A value that comes from some sources.
    pub(super) fn of(from: Sources) -> Self {
        Self { from, ..Self::default() }
    }

    /// A value that comes from some sources, and is made of days of logs.
    pub(super) fn made(from: Sources, days: Days) -> Self {
        Self { days, ..Self::of(from) }
    }

    /// A condition that tells something, and is never NULL.
    fn telling(if_true: Told) -> Self {
        Self { if_true, is_decided: true, ..Self::default() }
    }

    fn constant(is: Is) -> Self {
        Self { is, ..Self::default() }
    }

    /// Whether a condition of it keeps no row.
    pub(super) fn is_never_true(&self) -> bool {
        matches!(self.is, Is::False | Is::Null | Is::NotTrue)
    }

    /// The same where something is told.
    pub(super) fn where_told(mut self, told: &Told) -> Self {
        self.from.retain(|source| !told.reported.contains(source));
        self.days = self.days.where_told(told);
        self
    }

    /// One of two values: what is known of both.
    pub(super) fn or(self, other: &Self) -> Self {
        Self {
            from: &self.from | &other.from,
            days: self.days.or(&other.days),
            if_true: shared(&self, other, |value| &value.if_true, Self::is_never_true),
            if_not: shared(&self, other, |value| &value.if_not, |value| value.is == Is::True),
            is: if self.is == other.is { self.is } else { Is::Any },
            is_decided: false,
        }
    }

    fn and(self, other: Self) -> Self {
        let is = match (&self.is, &other.is) {
            (Is::False, _) | (_, Is::False) => return Self::constant(Is::False),
            (Is::True, is) | (is, Is::True) => is.clone(),
            (Is::Null, Is::Null) => Is::Null,
            _ if self.is_never_true() || other.is_never_true() => Is::NotTrue,
            _ => Is::Any,
        };
        let here = self.clone().where_told(&other.if_true);
        let there = other.clone().where_told(&self.if_true);
        Self {
            from: &here.from | &there.from,
            days: here.days.with(&there.days).asked(),
            if_true: &self.if_true | &other.if_true,
            if_not: &self.if_not & &other.if_not,
            is,
            is_decided: self.is_decided && other.is_decided,
        }
    }

    fn either(self, other: Self) -> Self {
        let is = match (&self.is, &other.is) {
            (Is::True, _) | (_, Is::True) => return Self::constant(Is::True),
            (Is::False, is) | (is, Is::False) => is.clone(),
            (Is::Null, Is::Null) => Is::Null,
            _ if self.is_never_true() && other.is_never_true() => Is::NotTrue,
            _ => Is::Any,
        };
        let here = self.clone().where_told(&other.if_not);
        let there = other.clone().where_told(&self.if_not);
        Self {
            from: &here.from | &there.from,
            days: here.days.with(&there.days).asked(),
            if_true: shared(&self, &other, |value| &value.if_true, Self::is_never_true),
            if_not: &self.if_not | &other.if_not,
            is,
            is_decided: self.is_decided && other.is_decided,
        }
    }

    /// The opposite. Where it is not true, this value is true, or NULL, which says nothing.
    fn not(self) -> Self {
        let is = match self.is {
            Is::True => Is::False,
            Is::False => Is::True,
            Is::Null => Is::Null,
            _ => Is::Any,
        };
        let if_not = if self.is_decided { self.if_true } else { Told::default() };
        Self { if_true: self.if_not, if_not, is, ..self }
    }
}

/// What two values say together, of which one may say nothing since it is never so.
fn shared(one: &Value, other: &Value, says: fn(&Value) -> &Told, is_never: fn(&Value) -> bool) -> Told {
    match (is_never(one), is_never(other)) {
        (true, _) => says(other).clone(),
        (_, true) => says(one).clone(),
        _ => says(one) & says(other),
    }
}

/// What an expression asks beyond its row.
pub(super) trait Beyond {
    /// What a sub-query comes from.
    fn query(&mut self, expression: &Expr) -> Value;

    /// Of which logs so many days up to a day are complete, from a day on.
    fn ready(&self, since: NaiveDate) -> Reaches;
}

/// The value of an expression over a row.
pub(super) fn value(expression: &Expr, row: &[Value], schema: &DFSchema, beyond: &mut dyn Beyond) -> Value {
    if let Some((source, _)) = call(expression) {
        return Value::telling(Told::reported(Sources::from([source])));
    }
    if let Some((day, since)) = since(expression) {
        let ready = beyond.ready(since);
        // Who computes a day to ask of, as the first one of an account, has seen to how far it looks back.
        let is_of_row = matches!(day, Expr::Column(_));
        let ready = if is_of_row { ready } else { ready.longer_by(WITHOUT_END) };
        let of_day = of_parts(expression, row, schema, beyond);
        return Value { if_true: Told::ready(ready), is_decided: of_day.from.is_empty(), ..of_day };
    }
    let mut of = |part: &Expr| value(part, row, schema, beyond);
    match expression {
        Expr::Column(column) => {
            let place = schema.maybe_index_of_column(column);
            place.and_then(|place| row.get(place).cloned()).unwrap_or_default()
        }
        Expr::Alias(alias) => of(&alias.expr),
        Expr::Cast(cast) => of(&cast.expr),
        Expr::TryCast(cast) => of(&cast.expr),
        Expr::Literal(literal, _) => Value::constant(constant(literal)),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => of(left).and(of(right)),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => of(left).either(of(right)),
        Expr::Not(inner) => of(inner).not(),
        Expr::IsTrue(inner) => of(inner),
        Expr::IsNotTrue(inner) => of(inner).not(),
        Expr::IsNull(inner) => is_null(&of(inner)),
        Expr::IsNotNull(inner) => is_null(&of(inner)).not(),
        Expr::Case(case) => of_case(case, &mut of),
        Expr::ScalarFunction(call) if matches!(call.func.name(), "coalesce" | "nvl" | "ifnull") => {
            let values = call.args.iter().map(of).filter(|value| value.is != Is::Null);
            values.reduce(|one, other| one.or(&other)).unwrap_or_else(|| Value::constant(Is::Null))
        }
        Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_) => {
            let asked = beyond.query(expression);
            let parts = of_parts(expression, row, schema, beyond);
            Value::made(&asked.from | &parts.from, asked.days.with(&parts.days))
        }
        _ => of_parts(expression, row, schema, beyond),
    }
}

/// A value that is computed from all parts of an expression. Operators on NULL give NULL.
fn of_parts(expression: &Expr, row: &[Value], schema: &DFSchema, beyond: &mut dyn Beyond) -> Value {
    let mut parts = Vec::new();
    let visited = expression.apply_children(|part| {
        parts.push(value(part, row, schema, beyond));
        Ok(TreeNodeRecursion::Continue)
    });
    // Nothing in it fails.
    debug_assert!(visited.is_ok());
    let is_strict = match expression {
        Expr::BinaryExpr(binary) => {
            !matches!(binary.op, Operator::IsDistinctFrom | Operator::IsNotDistinctFrom)
        }
        Expr::Between(_) | Expr::Like(_) | Expr::Negative(_) => true,
        _ => false,
    };
    if is_strict && parts.iter().any(|part| part.is == Is::Null) {
        return Value::constant(Is::Null);
    }
    if let Some(is) = compared(expression, &parts) {
        return Value::constant(is);
    }
    let from = parts.iter().fold(Sources::new(), |from, part| &from | &part.from);
    Value::made(from, made_of(expression, &parts))
}

/// The days that an expression is made of.
fn made_of(expression: &Expr, parts: &[Value]) -> Days {
    let all = parts.iter().fold(Days::default(), |all, part| all.with(&part.days));
    match (expression, parts) {
        (Expr::BinaryExpr(binary), [left, right]) => operators::binary(binary, &left.days, &right.days),
        (Expr::ScalarFunction(call), _) => {
            Days { is_flag: operators::is_flag(call.func.name(), &call.args), ..all }
        }
        (Expr::Between(_) | Expr::InList(_) | Expr::Like(_) | Expr::SimilarTo(_), _) => all.asked(),
        _ => all,
    }
}

/// What a comparison of texts says that are the same in all rows.
fn compared(expression: &Expr, parts: &[Value]) -> Option<Is> {
    let texts = parts.iter().map(|part| match &part.is {
        Is::Text(text) => Some(text),
        _ => None,
    });
    let texts: Vec<&String> = texts.collect::<Option<_>>()?;
    let (one, others) = texts.split_first()?;
    let is_among = others.contains(one);
    let holds = match expression {
        Expr::BinaryExpr(binary) if binary.op == Operator::Eq => is_among,
        Expr::BinaryExpr(binary) if binary.op == Operator::NotEq => !is_among,
        Expr::InList(list) => is_among != list.negated,
        _ => return None,
    };
    Some(if holds { Is::True } else { Is::False })
}

fn is_null(value: &Value) -> Value {
    let is = match value.is {
        Is::Any | Is::NotTrue => Is::Any,
        Is::Null => Is::True,
        _ => Is::False,
    };
    Value { is, days: value.days.clone().there(), ..Value::of(value.from.clone()) }
}

fn constant(literal: &ScalarValue) -> Is {
    match literal {
        value if value.is_null() => Is::Null,
        ScalarValue::Boolean(Some(true)) => Is::True,
        ScalarValue::Boolean(Some(false)) => Is::False,
        value if value.try_as_str().flatten().is_some() => {
            Is::Text(value.try_as_str().flatten().unwrap_or_default().to_owned())
        }
        value if ScalarValue::new_zero(&value.data_type()).is_ok_and(|zero| zero == *value) => Is::Zero,
        _ => Is::Any,
    }
}

/// The value of a `CASE`: a branch counts where its condition may hold, with the sources that are reported then.
fn of_case(case: &Case, of: &mut dyn FnMut(&Expr) -> Value) -> Value {
    let (mut told, mut asked) = (Told::default(), Value::default());
    let mut branches: Vec<Value> = Vec::new();
    let mut ends = false;
    let compared = case.expr.as_deref().map(&mut *of);
    for (when, then) in &case.when_then_expr {
        let condition = match &compared {
            None => of(when),
            Some(compared) => {
                let when = of(when);
                let days = compared.days.with(&when.days).asked();
                Value::made(&compared.from | &when.from, days)
            }
        };
        if condition.is_never_true() {
            continue;
        }
        let condition = condition.where_told(&told);
        let known = &told | &condition.if_true;
        let mut branch = of(then).where_told(&known);
        branch.if_true = &branch.if_true | &known;
        branch.if_not = &branch.if_not | &known;
        branches.push(branch);
        asked.from = &asked.from | &condition.from;
        asked.days = asked.days.with(&condition.days);
        told = &told | &condition.if_not;
        if condition.is == Is::True {
            ends = true;
            break;
        }
    }
    if !ends {
        let last = case.else_expr.as_deref().map_or(Value::constant(Is::Null), of);
        branches.push(last.where_told(&told));
    }
    let mut value = branches.into_iter().reduce(|one, other| one.or(&other)).unwrap_or_default();
    if value.is == Is::Null {
        return Value::constant(Is::Null);
    }
    value.from = &value.from | &asked.from;
    let is_flag =
        !asked.days.counted.is_empty() && case.when_then_expr.iter().all(|(_, then)| is_written(then));
    value.days = Days { is_flag, ..value.days.with(&Days { dates: Sources::new(), ..asked.days }) };
    value
}

/// Whether an expression names no column.
fn is_written(expression: &Expr) -> bool {
    matches!(expression, Expr::Literal(..))
}
