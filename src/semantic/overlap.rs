//! Which rows a condition can be true of, as far as comparisons with literals tell: a scorecard or case that can never
//! apply, because its condition contradicts itself or one before it takes all of its rows, is a mistake.
//!
//! A condition is read as terms joined by `AND`. A comparison of an expression with a number narrows an interval, one
//! with a text a set; every other term is only the same as itself. What is told is certain; not all is told.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};

use super::not_a_number::{inner, literal};

/// What must hold of a row.
#[derive(Debug, Default)]
pub(super) struct RowSet {
    compared: BTreeMap<String, Allowed>,
    others: BTreeSet<String>,
    is_never: bool,
}

impl RowSet {
    /// What a condition asks for.
    pub(super) fn of(condition: &Expr) -> Self {
        let mut rows = Self::default();
        rows.add(condition);
        rows.is_never |= rows.compared.values().any(Allowed::is_empty);
        rows.is_never |= rows.others.iter().any(|term| rows.others.contains(&format!("NOT {term}")));
        rows
    }

    /// No row fulfils it.
    pub(super) fn is_never(&self) -> bool {
        self.is_never
    }

    /// Every row fulfils it.
    pub(super) fn is_always(&self) -> bool {
        !self.is_never && self.compared.is_empty() && self.others.is_empty()
    }

    /// Every row that fulfils `other` fulfils this.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let holds = |(term, allowed): (&String, &Allowed)| {
            other.compared.get(term).is_some_and(|narrower| allowed.covers(narrower))
        };
        other.is_never
            || !self.is_never && self.others.is_subset(&other.others) && self.compared.iter().all(holds)
    }

    fn add(&mut self, term: &Expr) {
        match inner(term) {
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.add(left);
                self.add(right);
            }
            Expr::BinaryOp { left, op, right } if self.compare(left, op, right) => {}
            Expr::Between { expr, negated: false, low, high }
                if literal(low).is_some() && literal(high).is_some() =>
            {
                self.compare(expr, &BinaryOperator::GtEq, low);
                self.compare(expr, &BinaryOperator::LtEq, high);
            }
            Expr::InList { expr, list, negated: false } if list.iter().all(|one| text(one).is_some()) => {
                let texts = list.iter().filter_map(text).collect();
                self.narrow(expr, &Allowed { texts: Some(texts), ..Allowed::default() });
            }
            term => match truth(term) {
                Some(true) => {}
                Some(false) => self.is_never = true,
                None => drop(self.others.insert(term.to_string())),
            },
        }
    }

    /// Takes a comparison with a literal in; says whether it was one.
    fn compare(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> bool {
        if let (BinaryOperator::Eq, Some(text)) = (op, text(right)) {
            self.narrow(left, &Allowed { texts: Some(BTreeSet::from([text])), ..Allowed::default() });
            return true;
        }
        let (of, op, number) = match (literal(left), literal(right)) {
            (None, Some(number)) => (left, op.clone(), number),
            (Some(number), None) => (right, flipped(op), number),
            (Some(left), Some(right)) => {
                let Some(allowed) = Allowed::by(op, right) else { return false };
                self.is_never |= !allowed.has(left);
                return true;
            }
            (None, None) => return false,
        };
        let Some(allowed) = Allowed::by(&op, number) else { return false };
        self.narrow(of, &allowed);
        true
    }

    fn narrow(&mut self, of: &Expr, allowed: &Allowed) {
        let known = self.compared.entry(inner(of).to_string()).or_default();
        *known = known.and(allowed);
    }
}

/// The values that a comparison leaves: an interval, and a set of texts where one is known.
#[derive(Debug, Clone, Default, PartialEq)]
struct Allowed {
    /// The least number, and whether it belongs.
    low: Option<(f64, bool)>,
    /// The greatest number, and whether it belongs.
    high: Option<(f64, bool)>,
    texts: Option<BTreeSet<String>>,
}

impl Allowed {
    /// What `x op number` leaves of x.
    fn by(op: &BinaryOperator, number: f64) -> Option<Self> {
        let (low, high) = match op {
            BinaryOperator::Eq => (Some((number, true)), Some((number, true))),
            BinaryOperator::Lt => (None, Some((number, false))),
            BinaryOperator::LtEq => (None, Some((number, true))),
            BinaryOperator::Gt => (Some((number, false)), None),
            BinaryOperator::GtEq => (Some((number, true)), None),
            _ => return None,
        };
        Some(Self { low, high, texts: None })
    }

    fn has(&self, number: f64) -> bool {
        let at = Some((number, true));
        self.covers(&Self { low: at, high: at, texts: None })
    }

    fn and(&self, other: &Self) -> Self {
        // Of two edges at one number the one that leaves it out is the narrower.
        let narrower = |a: Option<(f64, bool)>, b: Option<(f64, bool)>, sign: f64| match (a, b) {
            (Some(a), Some(b)) => {
                let order = (sign * a.0).total_cmp(&(sign * b.0)).then(b.1.cmp(&a.1));
                Some(if order.is_ge() { a } else { b })
            }
            (a, b) => a.or(b),
        };
        let texts = match (&self.texts, &other.texts) {
            (Some(a), Some(b)) => Some(a & b),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        Self { low: narrower(self.low, other.low, 1.0), high: narrower(self.high, other.high, -1.0), texts }
    }

    fn is_empty(&self) -> bool {
        let crossed = self.low.zip(self.high).is_some_and(|((low, low_belongs), (high, high_belongs))| {
            low > high || low == high && !(low_belongs && high_belongs)
        });
        crossed || self.texts.as_ref().is_some_and(BTreeSet::is_empty)
    }

    fn covers(&self, other: &Self) -> bool {
        self.and(other) == *other
    }
}

fn flipped(op: &BinaryOperator) -> BinaryOperator {
    match op {
        BinaryOperator::Lt => BinaryOperator::Gt,
        BinaryOperator::LtEq => BinaryOperator::GtEq,
        BinaryOperator::Gt => BinaryOperator::Lt,
        BinaryOperator::GtEq => BinaryOperator::LtEq,
        other => other.clone(),
    }
}

fn text(expression: &Expr) -> Option<String> {
    match inner(expression) {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What a literal condition comes to; NULL is true of no row.
fn truth(term: &Expr) -> Option<bool> {
    match inner(term) {
        Expr::Value(value) => match value.value {
            Value::Boolean(truth) => Some(truth),
            Value::Null => Some(false),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => match inner(expr) {
            Expr::Value(value) if matches!(value.value, Value::Null) => Some(false),
            expr => truth(expr).map(|truth| !truth),
        },
        _ => None,
    }
}
