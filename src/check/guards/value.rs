//! What is known of the values of a row: the optional sources that they come from unguarded, and what a condition says of
//! these.

use std::collections::BTreeSet;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use crate::engine::functions::reported::call;

/// Names of optional sources.
pub(super) type Sources = BTreeSet<String>;

/// What is known of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// The optional sources that it comes from, also where they are not reported.
    pub(super) from: Sources,
    /// Those that are reported where it is true.
    pub(super) if_true: Sources,
    /// Those that are reported where it is not.
    pub(super) if_not: Sources,
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

    fn constant(is: Is) -> Self {
        Self { is, ..Self::default() }
    }

    /// Whether a condition of it keeps no row.
    pub(super) fn is_never_true(&self) -> bool {
        matches!(self.is, Is::False | Is::Null | Is::NotTrue)
    }

    /// The same where some sources are reported.
    pub(super) fn where_reported(mut self, sources: &Sources) -> Self {
        self.from.retain(|source| !sources.contains(source));
        self
    }

    /// One of two values: what is known of both.
    pub(super) fn or(self, other: &Self) -> Self {
        Self {
            from: &self.from | &other.from,
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
        let here = self.clone().where_reported(&other.if_true);
        let there = other.clone().where_reported(&self.if_true);
        Self {
            from: &here.from | &there.from,
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
        let here = self.clone().where_reported(&other.if_not);
        let there = other.clone().where_reported(&self.if_not);
        Self {
            from: &here.from | &there.from,
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
        let if_not = if self.is_decided { self.if_true } else { Sources::new() };
        Self { from: self.from, if_true: self.if_not, if_not, is, is_decided: self.is_decided }
    }
}

/// What two values say together, of which one may say nothing since it is never so.
fn shared(one: &Value, other: &Value, says: fn(&Value) -> &Sources, is_never: fn(&Value) -> bool) -> Sources {
    match (is_never(one), is_never(other)) {
        (true, _) => says(other).clone(),
        (_, true) => says(one).clone(),
        _ => says(one) & says(other),
    }
}

/// The value of an expression over a row; `within` tells of the sub-queries in it.
pub(super) fn value(
    expression: &Expr,
    row: &[Value],
    schema: &DFSchema,
    within: &mut dyn FnMut(&Expr) -> Sources,
) -> Value {
    let mut of = |part: &Expr| value(part, row, schema, within);
    if let Some((source, _)) = call(expression) {
        return Value { if_true: Sources::from([source]), is_decided: true, ..Value::default() };
    }
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
            let from = within(expression);
            let parts = of_parts(expression, row, schema, within);
            Value::of(&from | &parts.from)
        }
        _ => of_parts(expression, row, schema, within),
    }
}

/// A value that is computed from all parts of an expression. Operators on NULL give NULL.
fn of_parts(
    expression: &Expr,
    row: &[Value],
    schema: &DFSchema,
    within: &mut dyn FnMut(&Expr) -> Sources,
) -> Value {
    let mut parts = Vec::new();
    let visited = expression.apply_children(|part| {
        parts.push(value(part, row, schema, within));
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
    Value::of(parts.iter().fold(Sources::new(), |from, part| &from | &part.from))
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
    Value { is, ..Value::of(value.from.clone()) }
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
    let (mut reported, mut from) = (Sources::new(), Sources::new());
    let mut branches: Vec<Value> = Vec::new();
    let mut ends = false;
    let compared = case.expr.as_deref().map(&mut *of);
    for (when, then) in &case.when_then_expr {
        let condition = match &compared {
            None => of(when),
            Some(compared) => Value::of(&compared.from | &of(when).from),
        };
        if condition.is_never_true() {
            continue;
        }
        let condition = condition.where_reported(&reported);
        let known = &reported | &condition.if_true;
        let mut branch = of(then).where_reported(&known);
        branch.if_true = &branch.if_true | &known;
        branch.if_not = &branch.if_not | &known;
        branches.push(branch);
        from = &from | &condition.from;
        reported = &reported | &condition.if_not;
        if condition.is == Is::True {
            ends = true;
            break;
        }
    }
    if !ends {
        let last = case.else_expr.as_deref().map_or(Value::constant(Is::Null), of);
        branches.push(last.where_reported(&reported));
    }
    let mut value = branches.into_iter().reduce(|one, other| one.or(&other)).unwrap_or_default();
    if value.is == Is::Null {
        return Value::constant(Is::Null);
    }
    value.from = &value.from | &from;
    value
}
