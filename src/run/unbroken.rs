//! Rules on single rows of a source that no row breaks: told of all of them in one scan.
//!
//! Nearly every rule is kept, and asked on its own each one costs a plan and a scan. So the rules of a source are first
//! asked together how many rows break each; none is, where that is zero. A rule that is broken is asked again on its
//! own, and so are all of them where they cannot be asked together (a row that one cannot be computed of, want of
//! memory): what is told of a rule never depends on its neighbours.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, lit};
use tracing::info_span;

use crate::engine::Session;

/// A rule on single rows.
pub(super) struct OfRow {
    /// All rows that it is about, the same value for all rules about them.
    pub(super) rows: Arc<LogicalPlan>,
    /// What is true of a row that breaks it.
    pub(super) bad: Expr,
    /// How it can be told that no row breaks it.
    pub(super) told_by: ToldBy,
}

/// What tells that no row breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToldBy {
    /// Footers, mostly: they say how many NULLs there are, and then no row is read.
    Footers,
    /// The values of every row.
    Values,
}

/// Of each rule whether it is known that no row breaks it; of those that are not on single rows nothing is.
pub(super) async fn unbroken(session: &Session, rules: &[Option<&OfRow>]) -> Vec<bool> {
    let mut known = Vec::with_capacity(rules.len());
    for together in rules.chunk_by(share_a_scan) {
        let asked: Vec<&OfRow> = together.iter().copied().flatten().collect();
        // Why a question fails is told by the rule that it fails for.
        let counts = if asked.len() > 1 { broken_rows(session, &asked).await.ok().flatten() } else { None };
        let none = |counts: Vec<i64>| counts.into_iter().map(|rows| rows == 0).collect();
        known.extend(counts.map_or_else(|| vec![false; together.len()], none));
    }
    known
}

/// Rules that footers tell of stay apart from others: asked with these, their columns would be read.
fn share_a_scan(one: &Option<&OfRow>, next: &Option<&OfRow>) -> bool {
    let (Some(one), Some(next)) = (one, next) else { return false };
    Arc::ptr_eq(&one.rows, &next.rows) && one.told_by == next.told_by
}

/// How many rows break each of some rules about the same rows; `None` for whatever are no such counts.
async fn broken_rows(session: &Session, rules: &[&OfRow]) -> Result<Option<Vec<i64>>> {
    let _phase = info_span!("audits: rules together");
    let Some(any) = rules.iter().map(|rule| rule.bad.clone()).reduce(Expr::or) else { return Ok(None) };
    let counts = rules.iter().enumerate().map(|(at, rule)| {
        let broken = count(lit(1)).filter(rule.bad.clone()).build()?;
        Ok(broken.alias(format!("rule_{at}")))
    });
    let counts = counts.collect::<Result<Vec<_>>>()?;
    let no_keys: [Expr; 0] = [];
    let rows = rules[0].rows.as_ref().clone();
    let plan = LogicalPlanBuilder::from(rows).filter(any)?.aggregate(no_keys, counts)?.build()?;
    let counted = session.rows_of(plan).await?;
    let [batch] = counted.as_slice() else { return Ok(None) };
    let counts: Option<Vec<i64>> = batch.columns().iter().map(|count| one_count(count.as_ref())).collect();
    Ok(counts.filter(|counts| counts.len() == rules.len()))
}

/// The number that a count gave; `None` for whatever is no count.
pub(super) fn one_count(count: &dyn Array) -> Option<i64> {
    let count = count.as_primitive_opt::<Int64Type>()?;
    (count.len() == 1 && count.is_valid(0)).then(|| count.value(0))
}
