//! `IN`, `NOT IN` and `EXISTS` with a query: what DataFusion answers wrongly is said in another way, and where it cannot
//! answer at all is refused with the place.
//!
//! `x NOT IN (SELECT y …)` is true only where no `y` is equal to `x` and none is NULL, nor `x` itself, unless there is no
//! row at all. DataFusion forgets the NULLs where the query looks at the row outside (apache/datafusion#25347), where `x` is a
//! constant, and where the `NOT IN` stands under an `OR`. As `NOT EXISTS (SELECT … WHERE (x = y) IS NOT FALSE)` it is answered
//! right. That holds where only "true" counts: in a `WHERE`, `HAVING` or `QUALIFY`, beneath nothing but AND, OR and NOT.
//! Elsewhere the NULL itself would be asked for, which DataFusion's joins for sub-queries do not give.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DataFusionError, Diagnostic, Result, Span};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    BinaryExpr, Expr, Filter, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, lit, not,
};
use datafusion::optimizer::AnalyzerRule;

/// Settles predicates with sub-queries.
#[derive(Debug)]
pub(super) struct SubqueryPredicates;

impl AnalyzerRule for SubqueryPredicates {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| match node {
            LogicalPlan::Filter(filter) if has_subquery(&filter.predicate)? => {
                let schema = Arc::clone(filter.input.schema());
                let parts = split_conjunction_owned(filter.predicate).into_iter();
                let parts = parts.map(|part| Within { schema: &schema, alone: true }.holds(part, true));
                let predicate = conjunction(parts.collect::<Result<Vec<_>>>()?).unwrap_or_else(|| lit(true));
                Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(predicate, filter.input)?)))
            }
            other => {
                other.apply_expressions(|expr| refuse(expr).map(|()| TreeNodeRecursion::Continue))?;
                Ok(Transformed::no(other))
            }
        })
        .data()
    }

    fn name(&self) -> &str {
        "subquery_predicates"
    }
}

/// Where a condition stands.
#[derive(Clone, Copy)]
struct Within<'a> {
    /// The columns of the rows that it is asked of.
    schema: &'a DFSchema,
    /// Whether nothing stands beside it.
    alone: bool,
}

impl Within<'_> {
    /// A condition that is true where `expr` is true, or (`is` false) where it is false.
    fn holds(self, expr: Expr, is: bool) -> Result<Expr> {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
                let within = Self { alone: false, ..self };
                let (left, right) = (within.holds(*left, is)?, within.holds(*right, is)?);
                let and = (op == Operator::And) == is;
                Ok(if and { left.and(right) } else { left.or(right) })
            }
            Expr::Not(of) => self.holds(*of, !is),
            Expr::InSubquery(of) => {
                refuse(&of.expr)?;
                refuse_total(&of.subquery, "IN", place(&of.expr))?;
                match of.negated == is {
                    true => self.not_in(of),
                    false => Ok(Expr::InSubquery(InSubquery { negated: false, ..of })),
                }
            }
            Expr::Exists(of) => {
                refuse_total(&of.subquery, "EXISTS", None)?;
                Ok(Expr::Exists(Exists { negated: of.negated == is, ..of }))
            }
            other => {
                refuse(&other)?;
                Ok(if is { other } else { not(other) })
            }
        }
    }

    /// `NOT IN` as DataFusion answers it right.
    fn not_in(self, of: InSubquery) -> Result<Expr> {
        let InSubquery { expr, subquery, .. } = of;
        // Its join for this form knows of NULLs.
        if self.alone && subquery.outer_ref_columns.is_empty() && is_column(&expr) {
            return Ok(Expr::InSubquery(InSubquery { expr, subquery, negated: true }));
        }
        let outer = expr.transform(|part| match part {
            Expr::Column(column) => {
                let (_, field) = self.schema.qualified_field_from_column(&column)?;
                Ok(Transformed::yes(Expr::OuterReferenceColumn(Arc::clone(field), column)))
            }
            other => Ok(Transformed::no(other)),
        })?;
        let given = Expr::Column(Column::from(subquery.subquery.schema().qualified_field(0)));
        let equal = Expr::IsNotFalse(Box::new(outer.data.eq(given)));
        let plan =
            LogicalPlanBuilder::from(Arc::unwrap_or_clone(subquery.subquery)).filter(equal)?.build()?;
        let outer_ref_columns = plan.all_out_ref_exprs();
        let subquery = Subquery { subquery: Arc::new(plan), outer_ref_columns, spans: subquery.spans };
        Ok(Expr::Exists(Exists { subquery, negated: true }))
    }
}

/// An error where a query that looks at the row outside gives a total of all its rows: DataFusion takes it for no row
/// where nothing was added up (apache/datafusion#24960).
fn refuse_total(subquery: &Subquery, what: &str, at: Option<Span>) -> Result<()> {
    if subquery.outer_ref_columns.is_empty() || !is_total(&subquery.subquery) {
        return Ok(());
    }
    let message = format!(
        "{what} (SELECT …) over a total of rows that belong to the row outside is answered wrongly where there are none"
    );
    let help = "compare with the total itself: (SELECT count(*) …) > 0, or add GROUP BY where no row should give none";
    Err(error(message, at.or_else(|| subquery.spans.first()), help))
}

/// Whether a query gives one row however many it reads.
fn is_total(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::Limit(_) => plan.inputs().into_iter().any(is_total),
        _ => false,
    }
}

fn is_column(expr: &Expr) -> bool {
    match expr {
        Expr::Cast(cast) => is_column(&cast.expr),
        expr => matches!(expr, Expr::Column(_)),
    }
}

fn is_predicate(expr: &Expr) -> bool {
    matches!(expr, Expr::InSubquery(_) | Expr::Exists(_) | Expr::SetComparison(_))
}

fn has_subquery(expr: &Expr) -> Result<bool> {
    expr.exists(|part| Ok(is_predicate(part)))
}

/// An error where an expression has a predicate with a sub-query: it stands where it has no answer.
fn refuse(expr: &Expr) -> Result<()> {
    let mut found = None;
    expr.apply(|part| {
        if is_predicate(part) {
            found = Some(refused(part));
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    found.map_or(Ok(()), Err)
}

fn refused(predicate: &Expr) -> DataFusionError {
    let (what, place) = match predicate {
        Expr::Exists(of) => ("EXISTS (SELECT …)", of.subquery.spans.first()),
        Expr::InSubquery(of) => ("IN (SELECT …)", place(&of.expr).or_else(|| of.subquery.spans.first())),
        Expr::SetComparison(of) => {
            let place = place(&of.expr).or_else(|| of.subquery.spans.first());
            let message = "ANY and ALL (SELECT …) cannot be answered";
            return error(
                message.to_owned(),
                place,
                "write IN (SELECT …), NOT IN (SELECT …), or compare with (SELECT max(…) …)",
            );
        }
        _ => ("a sub-query", None),
    };
    let message = format!("{what} can be asked only in WHERE, HAVING and QUALIFY, beneath AND, OR and NOT");
    let help = "join the other table (LEFT JOIN … ON …) and ask whether its key IS NULL, or count its rows: (SELECT count(*) …) > 0";
    error(message, place, help)
}

fn error(message: String, place: Option<Span>, help: &str) -> DataFusionError {
    let diagnostic = Diagnostic::new_error(message.clone(), place).with_help(help, None);
    DataFusionError::Plan(message).with_diagnostic(diagnostic)
}

fn place(expr: &Expr) -> Option<Span> {
    expr.column_refs().into_iter().find_map(|column| column.spans.first())
}
