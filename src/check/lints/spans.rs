//! Spans and days: `first_day` and `day_after` meet a day in one form, `first_day <= D AND (day_after IS NULL OR D < day_after)`.
//!
//! Looked at are joins and filters of relations that have both columns. What is refused is what says another thing than it
//! seems to: a day that counts the first on which the row no longer does, NULL forgotten, one of the two sides left out.
//! To compute with spans is free: a bound of one span compared with that of another, or with columns of its own row.

use arrow::datatypes::FieldRef;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, ScalarValue, TableReference};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, LogicalPlan, Operator};

use super::dependencies::unaliased;
use crate::check::text::Text;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::project::model::AS_OF_DATE;

const FIRST_DAY: &str = "first_day";
const DAY_AFTER: &str = "day_after";

/// Which tables have a `day_after` that is NULL while a row still counts.
type IsOpen<'a> = &'a dyn Fn(&TableReference) -> bool;

/// The joins and filters of a query that put spans and days together otherwise.
pub(in crate::check) fn misspelt(text: Text<'_>, plan: &LogicalPlan, is_open: IsOpen<'_>) -> Diagnostics {
    let mut lint = Lint { text, is_open, found: Diagnostics::new() };
    lint.walk(plan);
    lint.found
}

/// Whether `day_after` of what a query gives is that of a dated relation, handed on.
pub(in crate::check) fn hands_on(plan: &LogicalPlan, is_open: IsOpen<'_>) -> bool {
    let place = plan.schema().iter().position(|(_, field)| field.name() == DAY_AFTER);
    place.is_some_and(|place| is_open_at(plan, place, is_open))
}

/// Whether the column at a place of a plan is the `day_after` of a dated relation.
fn is_open_at(plan: &LogicalPlan, place: usize, is_open: IsOpen<'_>) -> bool {
    let of_column = |input: &LogicalPlan, expr: &Expr| match unaliased(expr) {
        Expr::Column(column) => {
            input.schema().maybe_index_of_column(column).is_some_and(|at| is_open_at(input, at, is_open))
        }
        _ => false,
    };
    if let Some(model) = model_of(plan) {
        return plan.schema().field(place).name() == DAY_AFTER && is_open(model);
    }
    match plan {
        LogicalPlan::Projection(projection) => of_column(&projection.input, &projection.expr[place]),
        LogicalPlan::Aggregate(aggregate) => {
            aggregate.group_expr.get(place).is_some_and(|expr| of_column(&aggregate.input, expr))
        }
        LogicalPlan::Join(join) => match place.checked_sub(join.left.schema().fields().len()) {
            None => is_open_at(&join.left, place, is_open),
            Some(place) => is_open_at(&join.right, place, is_open),
        },
        LogicalPlan::Union(union) => union.inputs.iter().any(|input| is_open_at(input, place, is_open)),
        // The columns of the input come first.
        LogicalPlan::Window(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Distinct(_) => {
            let inputs = plan.inputs();
            let input = inputs.first().filter(|input| place < input.schema().fields().len());
            input.is_some_and(|input| is_open_at(input, place, is_open))
        }
        _ => false,
    }
}

/// The model that a plan is the rows of: a table, or a view put in under its name.
fn model_of(plan: &LogicalPlan) -> Option<&TableReference> {
    let name = match plan {
        LogicalPlan::TableScan(scan) => &scan.table_name,
        LogicalPlan::SubqueryAlias(alias) => &alias.alias,
        _ => return None,
    };
    name.schema().is_some().then_some(name)
}

/// The conditions of one `FROM … JOIN … ON … WHERE …`, and what it reads.
#[derive(Default)]
struct Block<'a> {
    conditions: Vec<&'a Expr>,
    reads: Vec<&'a LogicalPlan>,
}

impl<'a> Block<'a> {
    fn gather(&mut self, plan: &'a LogicalPlan) {
        match plan {
            LogicalPlan::Filter(filter) => {
                self.conditions.extend(split_conjunction(&filter.predicate));
                self.gather(&filter.input);
            }
            LogicalPlan::Join(join) => {
                self.conditions.extend(join.filter.iter().flat_map(split_conjunction));
                self.gather(&join.left);
                self.gather(&join.right);
            }
            other => self.reads.push(other),
        }
    }

    /// The relations that have both columns.
    fn spans(&self, is_open: IsOpen<'_>) -> Vec<Span<'a>> {
        let of_plan = |plan: &&'a LogicalPlan| {
            let plan = *plan;
            let ends = plan.schema().iter().enumerate().filter(|(_, (_, field))| field.name() == DAY_AFTER);
            ends.filter(|(_, (relation, _))| {
                let begins = |(of, field): (_, &FieldRef)| of == *relation && field.name() == FIRST_DAY;
                plan.schema().iter().any(begins)
            })
            .map(|(place, (relation, _))| Span { relation, is_open: is_open_at(plan, place, is_open) })
            .collect::<Vec<_>>()
        };
        self.reads.iter().flat_map(of_plan).collect()
    }
}

/// A relation of spans in a block.
struct Span<'a> {
    relation: Option<&'a TableReference>,
    /// Whether its `day_after` may be NULL, as that of a dated relation is.
    is_open: bool,
}

/// What a condition says of a day and the end of a span.
enum End<'a> {
    /// The day lies before it.
    Before(&'a Expr),
    /// As above, and it is not said what is true where there is no end.
    BeforeIfAny(&'a Expr),
    /// The day lies before it or is it.
    UpTo(&'a Expr),
}

impl Span<'_> {
    fn is(&self, column: &Column, name: &str) -> bool {
        column.name == name && column.relation.as_ref() == self.relation
    }

    fn is_column(&self, expr: &Expr, name: &str) -> bool {
        matches!(unaliased(expr), Expr::Column(column) if self.is(column, name))
    }

    fn names(&self, expr: &Expr, name: &str) -> bool {
        expr.column_refs().into_iter().any(|column| self.is(column, name))
    }

    /// A day to look at, and not a bound of a span, nor a column of the row itself.
    fn is_day(&self, expr: &Expr) -> bool {
        expr.column_refs().into_iter().all(|column| {
            let is_bound = column.name == FIRST_DAY || column.name == DAY_AFTER;
            let is_own = column.relation.as_ref() == self.relation && column.name != AS_OF_DATE;
            !is_bound && !is_own
        })
    }

    /// `first_day <= D`, either way round.
    fn begun<'e>(&self, condition: &'e Expr) -> Option<&'e Expr> {
        let (left, operator, right) = compared(condition)?;
        let day = match operator {
            Operator::LtEq | Operator::Lt if self.is_column(left, FIRST_DAY) => right,
            Operator::GtEq | Operator::Gt if self.is_column(right, FIRST_DAY) => left,
            _ => return None,
        };
        self.is_day(day).then_some(day)
    }

    /// A day before `day_after`, however that is said.
    fn ended<'e>(&self, condition: &'e Expr) -> Option<End<'e>> {
        match unaliased(condition) {
            Expr::Between(Between { expr, negated: false, high, .. }) if self.is_end(high) => {
                self.is_day(expr).then_some(End::UpTo(expr))
            }
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
                let says_null =
                    |expr: &Expr| matches!(unaliased(expr), Expr::IsNull(end) if self.is_end(end));
                let other = match (says_null(left), says_null(right)) {
                    (true, false) => right,
                    (false, true) => left,
                    _ => return None,
                };
                self.ended(other).map(End::or_none)
            }
            Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == "coalesce" => {
                self.ended(args.first()?).map(End::or_none)
            }
            other => self.before(other),
        }
    }

    /// `D < day_after`, either way round.
    fn before<'e>(&self, condition: &'e Expr) -> Option<End<'e>> {
        let (left, operator, right) = compared(condition)?;
        let (day, end, operator) = match self.is_end(right) {
            true => (left, right, operator),
            false => (right, left, operator.swap()?),
        };
        if !self.is_end(end) || !self.is_day(day) {
            return None;
        }
        match operator {
            Operator::LtEq => Some(End::UpTo(day)),
            Operator::Lt if self.is_open && self.is_column(end, DAY_AFTER) => Some(End::BeforeIfAny(day)),
            Operator::Lt => Some(End::Before(day)),
            _ => None,
        }
    }

    /// `day_after IS NULL`, and nothing else.
    fn still_counts(&self, condition: &Expr) -> bool {
        matches!(unaliased(condition), Expr::IsNull(end) if self.is_open && self.is_column(end, DAY_AFTER))
    }

    /// `day_after`, or another day where that is NULL.
    fn is_end(&self, expr: &Expr) -> bool {
        match unaliased(expr) {
            Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == "coalesce" => {
                args.first().is_some_and(|first| self.is_column(first, DAY_AFTER))
            }
            other => self.is_column(other, DAY_AFTER),
        }
    }

    /// The form that is meant.
    fn spelled(&self, day: &Expr) -> String {
        let of = self.relation.map_or_else(String::new, |relation| format!("{}.", relation.table()));
        let (day, which) = match unaliased(day) {
            Expr::Column(column) | Expr::OuterReferenceColumn(_, column) => {
                let of = column.relation.as_ref().map_or_else(String::new, |of| format!("{}.", of.table()));
                (format!("{of}{}", column.name), "")
            }
            _ => ("D".to_owned(), " for the day D"),
        };
        format!(
            "write {of}{FIRST_DAY} <= {day} AND ({of}{DAY_AFTER} IS NULL OR {day} < {of}{DAY_AFTER}){which}"
        )
    }
}

impl<'a> End<'a> {
    /// The same, where it is said what is true without an end.
    fn or_none(self) -> Self {
        match self {
            Self::BeforeIfAny(day) => Self::Before(day),
            other => other,
        }
    }

    fn day(&self) -> &'a Expr {
        match self {
            Self::Before(day) | Self::BeforeIfAny(day) | Self::UpTo(day) => day,
        }
    }
}

fn compared(expr: &Expr) -> Option<(&Expr, Operator, &Expr)> {
    match unaliased(expr) {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => Some((left, *op, right)),
        _ => None,
    }
}

struct Lint<'a> {
    text: Text<'a>,
    is_open: IsOpen<'a>,
    found: Diagnostics,
}

impl Lint<'_> {
    fn walk(&mut self, plan: &LogicalPlan) {
        let mut block = Block::default();
        match plan {
            LogicalPlan::Filter(_) | LogicalPlan::Join(_) => block.gather(plan),
            other => block.reads = other.inputs(),
        }
        for span in block.spans(self.is_open) {
            self.span(&span, &block.conditions);
        }
        for condition in &block.conditions {
            self.subqueries(condition);
        }
        if block.conditions.is_empty() {
            // Nothing in it fails.
            let _ = plan.apply_expressions(|expr| {
                self.subqueries(expr);
                Ok(TreeNodeRecursion::Continue)
            });
        }
        // What a view reads is said of the view.
        block.reads.into_iter().filter(|read| model_of(read).is_none()).for_each(|read| self.walk(read));
    }

    /// The queries within an expression.
    fn subqueries(&mut self, expr: &Expr) {
        let visited = expr.apply(|part| {
            match part {
                Expr::Exists(exists) => self.walk(&exists.subquery.subquery),
                Expr::InSubquery(within) => self.walk(&within.subquery.subquery),
                Expr::ScalarSubquery(subquery) => self.walk(&subquery.subquery),
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
        debug_assert!(visited.is_ok());
    }

    /// What is said of one relation of spans.
    fn span(&mut self, span: &Span<'_>, conditions: &[&Expr]) {
        let [names_first, names_after] =
            [FIRST_DAY, DAY_AFTER].map(|name| conditions.iter().any(|condition| span.names(condition, name)));
        for condition in conditions {
            let mut push = |day: &Expr, says: &str| self.push(condition, says, span.spelled(day));
            match span.ended(condition) {
                Some(End::UpTo(day)) => push(day, "counts the day after the span as one of it"),
                Some(End::BeforeIfAny(day)) => {
                    push(day, "leaves out what still counts: its day_after is NULL")
                }
                Some(end) if !names_first => {
                    push(end.day(), "asks whether a span has ended, and nothing asks whether it has begun");
                }
                _ => {}
            }
            if let Some(day) = span.begun(condition).filter(|_| !names_after) {
                push(day, "asks whether a span has begun, and nothing asks whether it has ended");
            }
            if span.still_counts(condition) {
                let day = Expr::Literal(ScalarValue::Null, None);
                push(&day, "asks what still counts at the end of the data, and not on a day");
            }
        }
    }

    fn push(&mut self, condition: &Expr, says: &str, spelled: String) {
        let condition = unaliased(condition);
        let (at, written) = self.text.place_of(condition);
        let is_null = if matches!(condition, Expr::IsNull(_)) { " IS NULL" } else { "" };
        let there = || at.file.text.get(at.span.clone()).unwrap_or_default().to_owned() + is_null;
        let written = written.map_or_else(there, |written| written.to_string());
        self.found.push(
            Diagnostic::error("span-join", format!("`{written}` {says}"))
                .at(at)
                .note("a row counts from first_day to the day before day_after, which is NULL while it still does")
                .help(spelled),
        );
    }
}
