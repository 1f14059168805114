//! Forms of queries that DataFusion takes for something else, or answers wrongly: said in another way where there is one,
//! else refused.
//!
//! Each has its reproduction among the tests, which fails once DataFusion answers it right.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column, DataFusionError, Diagnostic, NullEquality, Result, ScalarValue, Span};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::logical_plan::JoinConstraint;
use datafusion::logical_expr::{
    BinaryExpr, Cast, Distinct, Expr, Join, JoinType, Like, LogicalPlan, Operator, lit,
};
use datafusion::optimizer::AnalyzerRule;

use super::similar::{is_regular, regular};
use super::whole_keys::SAME_VALUE;
use crate::project::types::is_text;

/// Settles what DataFusion would get wrong.
#[derive(Debug)]
pub(super) struct KnownFaults;

impl AnalyzerRule for KnownFaults {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| {
            if let LogicalPlan::Join(join) = &node {
                whole_rows(join)?;
                shared_columns(join)?;
            }
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                if !expr.exists(|part| Ok(may_change(part)))? {
                    return Ok(Transformed::no(expr));
                }
                let name = names.save(&expr);
                Ok(expr.transform_up(settled)?.update_data(|expr| name.restore(expr)))
            })
        })
        .data()
    }

    fn name(&self) -> &str {
        "known_faults"
    }
}

fn may_change(expr: &Expr) -> bool {
    match expr {
        Expr::SimilarTo(_) => true,
        Expr::BinaryExpr(BinaryExpr { left, right, .. }) => {
            matches!((left.as_ref(), right.as_ref()), (Expr::InList(_), Expr::InList(_)))
        }
        _ => false,
    }
}

fn settled(expr: Expr) -> Result<Transformed<Expr>> {
    match expr {
        Expr::SimilarTo(like) => similar(like).map(Transformed::yes),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => Ok(match lists(&left, op, &right) {
            Some(settled) => Transformed::yes(settled),
            None => Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })),
        }),
        other => Ok(Transformed::no(other)),
    }
}

/// EXCEPT ALL and INTERSECT ALL count how often a row occurs; DataFusion only asks whether it does
/// (apache/datafusion#12955, #12956).
fn whole_rows(join: &Join) -> Result<()> {
    let of_sets = join.null_equality == NullEquality::NullEqualsNull && join.filter.is_none();
    let word = match join.join_type {
        JoinType::LeftAnti => "EXCEPT",
        JoinType::LeftSemi => "INTERSECT",
        _ => return Ok(()),
    };
    if !of_sets || occurs_once(&join.left) {
        return Ok(());
    }
    Err(refused(
        format!("{word} ALL does not count how often a row occurs"),
        None,
        &format!(
            "write {word} where each row is wanted once, or number the rows (row_number() OVER (PARTITION BY …)) and compare the numbers too"
        ),
    ))
}

/// Whether no row of a plan occurs twice: a DISTINCT, or the grouping that it becomes.
fn occurs_once(plan: &LogicalPlan) -> bool {
    told_apart_by(plan).is_some()
}

/// The places of columns that tell the rows of a plan apart.
fn told_apart_by(plan: &LogicalPlan) -> Option<Vec<usize>> {
    match plan {
        LogicalPlan::Distinct(Distinct::All(_)) => Some((0..plan.schema().fields().len()).collect()),
        LogicalPlan::Aggregate(aggregate) => Some((0..aggregate.group_expr_len().ok()?).collect()),
        LogicalPlan::SubqueryAlias(alias) => told_apart_by(&alias.input),
        LogicalPlan::Filter(filter) => told_apart_by(&filter.input),
        LogicalPlan::Projection(projection) => {
            let input = projection.input.schema();
            let is = |expr: &Expr, at: usize| match column(expr) {
                Some(column) => input.index_of_column(column).is_ok_and(|of| of == at),
                None => false,
            };
            let place = |at| projection.expr.iter().position(|expr| is(expr, at));
            told_apart_by(&projection.input)?.into_iter().map(place).collect()
        }
        _ => None,
    }
}

/// The column that an expression is, under whatever name.
fn column(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Column(column) => Some(column),
        Expr::Alias(alias) => column(&alias.expr),
        Expr::ScalarFunction(call) if call.func.name() == SAME_VALUE => call.args.first().and_then(column),
        _ => None,
    }
}

/// A column of `USING` is that of whichever side has one; DataFusion takes the left side's.
fn shared_columns(join: &Join) -> Result<()> {
    let word = match join.join_type {
        JoinType::Right => "RIGHT",
        JoinType::Full => "FULL",
        _ => return Ok(()),
    };
    if join.join_constraint != JoinConstraint::Using {
        return Ok(());
    }
    let column =
        join.on.first().and_then(|(left, _)| left.try_as_col()).map_or("key", |column| column.name());
    let place = join.on.iter().find_map(|(left, right)| {
        [left, right].into_iter().find_map(|side| side.spans().and_then(|spans| spans.first()))
    });
    Err(refused(
        format!("{word} JOIN … USING ({column}) gives NULL for `{column}` where only the right side has one"),
        place,
        &format!(
            "write ON left.{column} = right.{column}, and select coalesce(left.{column}, right.{column})"
        ),
    ))
}

/// SQL's `SIMILAR TO` is of the whole text, with `%` and `_`; DataFusion looks for a regular expression anywhere in it.
fn similar(like: Like) -> Result<Expr> {
    let escape = like.escape_char.unwrap_or('\\');
    let Some(pattern) = translated(&like.pattern, escape) else {
        let place = like.expr.column_refs().into_iter().find_map(|column| column.spans.first());
        let help = "write the pattern out, or use a regular expression: text ~ pattern";
        return Err(refused("SIMILAR TO takes a pattern that is written out".to_owned(), place, help));
    };
    Ok(Expr::SimilarTo(Like { pattern: Box::new(pattern), escape_char: None, ..like }))
}

/// A pattern that is written out as a regular expression, of the type that it was settled to: a column of a file is of
/// another type of text than a literal, which is cast to it. `None` where it is not written out.
fn translated(pattern: &Expr, escape: char) -> Option<Expr> {
    match pattern {
        Expr::Cast(Cast { expr, field }) if is_text(field.data_type()) => {
            let expr = Box::new(translated(expr, escape)?);
            Some(Expr::Cast(Cast { expr, field: Arc::clone(field) }))
        }
        Expr::Literal(value, _) if value.is_null() => Some(pattern.clone()),
        Expr::Literal(value, _) => {
            let written = value.try_as_str().flatten()?;
            if is_regular(written) {
                return Some(pattern.clone());
            }
            let regular = regular(written, escape);
            Some(lit(ScalarValue::Utf8(Some(regular)).cast_to(&value.data_type()).ok()?))
        }
        _ => None,
    }
}

/// `x IN (1) AND x IN (2)` is false, and NULL where `x` is NULL; DataFusion forgets the latter
/// (apache/datafusion#24246). The same with `NOT IN` and `OR`.
fn lists(left: &Expr, op: Operator, right: &Expr) -> Option<Expr> {
    let (Expr::InList(left), Expr::InList(right)) = (left, right) else { return None };
    let never = match op {
        Operator::And => !left.negated && !right.negated,
        Operator::Or => left.negated && right.negated,
        _ => false,
    };
    let apart = |left: &InList, right: &InList| left.list.iter().all(|item| !right.list.contains(item));
    let literal = |list: &InList| {
        list.list.iter().all(|item| matches!(item, Expr::Literal(value, _) if !value.is_null()))
    };
    if !never || left.expr != right.expr || !literal(left) || !literal(right) || !apart(left, right) {
        return None;
    }
    let unknown = lit(ScalarValue::Boolean(None));
    let of = left.expr.as_ref().clone();
    Some(if op == Operator::And { of.is_null().and(unknown) } else { of.is_not_null().or(unknown) })
}

fn refused(message: String, place: Option<Span>, help: &str) -> DataFusionError {
    let diagnostic = Diagnostic::new_error(message.clone(), place).with_help(help, None);
    DataFusionError::Plan(message).with_diagnostic(diagnostic)
}
