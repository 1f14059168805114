//! Which expression of a statement fails, and on which rows.
//!
//! Each step of the plan, as it was written and before the optimiser moved anything, is computed on what flows into it:
//! batch by batch, and where a batch fails half by half, down to the row and to the innermost expression that fails on it.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Fields, Schema};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, TableReference};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Aggregate, Distinct, Expr, LogicalPlan, LogicalPlanBuilder, Window};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::prelude::DataFrame;
use futures::{StreamExt, TryStreamExt};

use super::fault::Fault;
use super::terms::in_sql;
use crate::engine::{Session, shown};

/// Rows that are shown of those that fail.
const SHOWN: usize = 3;

/// Columns of a row that are shown beside those that fail, so that it can be found.
const NAMING: usize = 4;

/// The expression that fails.
pub(super) struct Culprit {
    /// The innermost one.
    pub(super) expression: Expr,
    /// What the engine says of it.
    pub(super) error: DataFusionError,
    /// The first rows on which it fails; none where no single row does.
    pub(super) rows: Vec<String>,
    /// Whether there are more of them in the same batch.
    pub(super) more: bool,
}

/// The columns that name a row of a table.
pub(super) type Keys<'a> = &'a (dyn Fn(&TableReference) -> Vec<String> + Sync);

/// The first expression of a plan that fails in a way.
pub(super) async fn culprit(
    session: &Session,
    plan: &LogicalPlan,
    fault: Fault,
    keys: Keys<'_>,
) -> Option<Culprit> {
    let mut steps = Vec::new();
    if collect(plan, &mut steps).is_err() {
        return None;
    }
    for step in steps {
        // A step whose input fails has an earlier one to blame, or one of another kind.
        if let Ok(Some(found)) = step.tried(session, fault, keys).await {
            return Some(found);
        }
    }
    None
}

/// Something that can be computed by itself.
enum Step {
    /// Expressions of each row of an input.
    Rows { input: LogicalPlan, expressions: Vec<Expr> },
    /// An expression that takes many rows, as the only one of a plan.
    Whole { plan: LogicalPlan, expression: Expr },
    /// A query in brackets that stands for one value.
    OneRow { plan: LogicalPlan, expression: Expr },
}

/// The steps of a plan, each after those that flow into it.
fn collect(plan: &LogicalPlan, steps: &mut Vec<Step>) -> Result<()> {
    for input in plan.inputs() {
        collect(input, steps)?;
    }
    let mut within = Vec::new();
    plan.apply_expressions(|expr| {
        expr.apply(|part| {
            match part {
                Expr::ScalarSubquery(query) => within.push((query.clone(), Some(part.clone()))),
                Expr::Exists(exists) => within.push((exists.subquery.clone(), None)),
                Expr::InSubquery(is_in) => within.push((is_in.subquery.clone(), None)),
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    for (query, scalar) in within.into_iter().filter(|(query, _)| query.outer_ref_columns.is_empty()) {
        collect(&query.subquery, steps)?;
        let plan = || query.subquery.as_ref().clone();
        steps.extend(scalar.map(|expression| Step::OneRow { plan: plan(), expression }));
    }
    of_node(plan, steps)
}

/// The steps of one node.
fn of_node(plan: &LogicalPlan, steps: &mut Vec<Step>) -> Result<()> {
    let rows = |input: &LogicalPlan, expressions: Vec<&Expr>| Step::Rows {
        input: input.clone(),
        expressions: expressions.into_iter().flat_map(parts).collect(),
    };
    match plan {
        LogicalPlan::Projection(node) => steps.push(rows(&node.input, node.expr.iter().collect())),
        LogicalPlan::Filter(node) => steps.push(rows(&node.input, vec![&node.predicate])),
        LogicalPlan::Sort(node) => {
            steps.push(rows(&node.input, node.expr.iter().map(|sort| &sort.expr).collect()));
        }
        LogicalPlan::Distinct(Distinct::On(node)) => {
            steps.push(rows(&node.input, node.on_expr.iter().chain(&node.select_expr).collect()));
        }
        LogicalPlan::Aggregate(node) => {
            steps.push(rows(&node.input, node.group_expr.iter().chain(&node.aggr_expr).collect()));
            for expression in &node.aggr_expr {
                let (input, groups) = (Arc::clone(&node.input), node.group_expr.clone());
                let alone = Aggregate::try_new(input, groups, vec![expression.clone()])?;
                let plan = LogicalPlan::Aggregate(alone);
                steps.push(Step::Whole { plan, expression: expression.clone().unalias() });
            }
        }
        LogicalPlan::Window(node) => {
            steps.push(rows(&node.input, node.window_expr.iter().collect()));
            for expression in &node.window_expr {
                let plan =
                    LogicalPlan::Window(Window::try_new(vec![expression.clone()], Arc::clone(&node.input))?);
                steps.push(Step::Whole { plan, expression: expression.clone().unalias() });
            }
        }
        LogicalPlan::Join(node) => {
            steps.push(rows(&node.left, node.on.iter().map(|(left, _)| left).collect()));
            steps.push(rows(&node.right, node.on.iter().map(|(_, right)| right).collect()));
            // What needs rows of one side alone is computed there; every pair of rows would be too many.
            for side in [&node.left, &node.right] {
                let own = node.filter.iter().flat_map(|filter| of_side(filter, side.schema()));
                steps.push(Step::Rows { input: side.as_ref().clone(), expressions: own.collect() });
            }
        }
        _ => {}
    }
    Ok(())
}

/// The largest parts of an expression that need nothing but a row of the input, and can fail.
fn parts(expr: &Expr) -> Vec<Expr> {
    let mut needs_more = false;
    let walked = expr.apply(|part| {
        needs_more |= matches!(
            part,
            Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
                | Expr::ScalarSubquery(_)
                | Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::SetComparison(_)
                | Expr::OuterReferenceColumn(..)
                | Expr::GroupingSet(_)
                | Expr::Unnest(_)
        );
        Ok(TreeNodeRecursion::Continue)
    });
    debug_assert!(walked.is_ok());
    match expr {
        Expr::Column(_) | Expr::Literal(..) => Vec::new(),
        Expr::Alias(alias) => parts(&alias.expr),
        _ if needs_more => children(expr).iter().flat_map(parts).collect(),
        _ => vec![expr.clone()],
    }
}

/// The largest parts of a join's condition that need columns of one side alone.
fn of_side(expr: &Expr, side: &DFSchema) -> Vec<Expr> {
    let columns = expr.column_refs();
    if !columns.is_empty() && columns.iter().all(|column| side.has_column(column)) {
        return parts(expr);
    }
    children(expr).iter().flat_map(|child| of_side(child, side)).collect()
}

fn children(expr: &Expr) -> Vec<Expr> {
    let mut found = Vec::new();
    let walked = expr.apply_children(|child| {
        found.push(child.clone());
        Ok(TreeNodeRecursion::Continue)
    });
    debug_assert!(walked.is_ok());
    found
}

impl Step {
    async fn tried(self, session: &Session, fault: Fault, keys: Keys<'_>) -> Result<Option<Culprit>> {
        match self {
            Self::Rows { expressions, .. } if expressions.is_empty() => Ok(None),
            Self::Rows { input, expressions } => each_row(session, &input, &expressions, fault, keys).await,
            Self::Whole { plan, expression } => {
                let error = match drained(session, plan).await {
                    Err(error) if fault.is_of(&error) => error,
                    _ => return Ok(None),
                };
                Ok(Some(Culprit { expression, error, rows: Vec::new(), more: false }))
            }
            Self::OneRow { plan, expression } => match fault {
                Fault::ManyRows => many_rows(session, plan, expression).await,
                _ => Ok(None),
            },
        }
    }
}

/// Computes all rows of a plan and keeps none.
async fn drained(session: &Session, plan: LogicalPlan) -> Result<()> {
    let mut rows = DataFrame::new(session.state(), plan).execute_stream().await?;
    while let Some(batch) = rows.next().await {
        batch?;
    }
    Ok(())
}

/// Rows of a batch, whose columns may have the engine's names for what computed them.
fn rows_of(batch: &RecordBatch, rows: impl IntoIterator<Item = usize>) -> Vec<String> {
    let named = |field: &FieldRef| Arc::new(field.as_ref().clone().with_name(in_sql(field.name())));
    let fields: Fields = batch.schema_ref().fields().iter().map(named).collect();
    let renamed = RecordBatch::try_new(Arc::new(Schema::new(fields)), batch.columns().to_vec());
    let batch = renamed.unwrap_or_else(|_| batch.clone());
    rows.into_iter().map(|row| shown::row(&batch, row)).filter(|row| !row.is_empty()).collect()
}

/// A query that should give one row and gives more.
async fn many_rows(session: &Session, plan: LogicalPlan, expression: Expr) -> Result<Option<Culprit>> {
    let found = DataFrame::new(session.state(), plan).limit(0, Some(SHOWN + 1))?.collect().await?;
    let all: Vec<String> = found.iter().flat_map(|batch| rows_of(batch, 0..batch.num_rows())).collect();
    if all.len() < 2 {
        return Ok(None);
    }
    let more = all.len() > SHOWN;
    let error = DataFusionError::Execution("the query in brackets gives more than one row".to_owned());
    Ok(Some(Culprit { expression, error, rows: all.into_iter().take(SHOWN).collect(), more }))
}

/// The first of several expressions that fails on a row of an input.
async fn each_row(
    session: &Session,
    input: &LogicalPlan,
    expressions: &[Expr],
    fault: Fault,
    keys: Keys<'_>,
) -> Result<Option<Culprit>> {
    let state = session.state();
    let naming = naming(input, keys)?;
    let mut columns = naming.clone();
    for column in expressions.iter().flat_map(Expr::column_refs) {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    let plan =
        LogicalPlanBuilder::from(input.clone()).project(columns.into_iter().map(Expr::Column))?.build()?;
    let schema = Arc::clone(plan.schema());
    let trial = Trial { state: &state, schema: &schema, fault, naming: &naming };
    let mut rows = DataFrame::new(state.clone(), plan).execute_stream().await?;
    while let Some(batch) = rows.try_next().await? {
        for expression in expressions {
            if let Some(found) = trial.of(expression, &batch) {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// Columns that name a row of an input: the keys of the tables that flow into it, else its ids, else its first ones.
fn naming(input: &LogicalPlan, keys: Keys<'_>) -> Result<Vec<Column>> {
    let mut wanted = Vec::new();
    input.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            wanted.extend(keys(&scan.table_name));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let all = input.schema().columns();
    let of = |is_wanted: &dyn Fn(&str) -> bool| -> Vec<Column> {
        all.iter().filter(|column| is_wanted(&column.name)).take(NAMING).cloned().collect()
    };
    let by_key = of(&|name| wanted.iter().any(|key| key == name));
    let by_id = of(&|name| name.ends_with("id") || name.ends_with("date") || name == "day");
    let first = if by_key.is_empty() { by_id } else { by_key };
    Ok(if first.is_empty() { of(&|_| true) } else { first })
}

/// Expressions tried on rows of one input.
struct Trial<'a> {
    state: &'a SessionState,
    schema: &'a DFSchema,
    fault: Fault,
    naming: &'a [Column],
}

impl Trial<'_> {
    /// An expression on a batch: where it fails, the first rows and the innermost part that fails.
    fn of(&self, expression: &Expr, batch: &RecordBatch) -> Option<Culprit> {
        if batch.num_rows() == 0 {
            return None;
        }
        let physical = match self.physical(expression, batch) {
            Ok(physical) => physical,
            Err(error) if self.fault.is_of(&error) => {
                return Some(Culprit {
                    expression: expression.clone(),
                    error,
                    rows: Vec::new(),
                    more: false,
                });
            }
            Err(_) => return None,
        };
        self.failure(&physical, batch)?;
        let mut failing = Vec::new();
        self.rows(&physical, batch, 0, &mut failing);
        let first = batch.slice(*failing.first()?, 1);
        let (expression, error) = self.innermost(expression, &first)?;
        let used = expression.column_refs();
        if used.is_empty() {
            // What is the same for each row is no row's fault.
            return Some(Culprit { expression, error, rows: Vec::new(), more: false });
        }
        let kept: Vec<usize> = (0..self.schema.fields().len())
            .filter(|index| {
                let column = Column::from(self.schema.qualified_field(*index));
                self.naming.contains(&column) || used.contains(&column)
            })
            .collect();
        let more = failing.len() > SHOWN;
        failing.truncate(SHOWN);
        let rows = rows_of(&batch.project(&kept).ok()?, failing);
        Some(Culprit { expression, error, rows, more })
    }

    /// An expression as it can be computed on a batch: some functions, such as `coalesce`, only once they are rewritten.
    fn physical(&self, expression: &Expr, batch: &RecordBatch) -> Result<Arc<dyn PhysicalExpr>> {
        let physical = self.state.create_physical_expr(expression.clone(), self.schema)?;
        let is_rewritten =
            |error: &DataFusionError| matches!(error.find_root(), DataFusionError::Internal(_));
        if !physical.evaluate(batch).is_err_and(|error| is_rewritten(&error)) {
            return Ok(physical);
        }
        let schema = Arc::new(self.schema.clone());
        let context = SimplifyContext::builder()
            .with_schema(Arc::clone(&schema))
            .with_config_options(Arc::clone(self.state.config_options()))
            .build();
        let simplifier = ExprSimplifier::new(context);
        let rewritten = simplifier.simplify(simplifier.coerce(expression.clone(), &schema)?)?;
        self.state.create_physical_expr(rewritten, self.schema)
    }

    fn failure(&self, physical: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Option<DataFusionError> {
        let computed = physical.evaluate(batch);
        computed.err().filter(|error| self.fault.is_of(error))
    }

    /// The first rows of a batch that fail: half by half, until there is one more than is shown.
    fn rows(&self, physical: &Arc<dyn PhysicalExpr>, batch: &RecordBatch, at: usize, found: &mut Vec<usize>) {
        if found.len() > SHOWN || batch.num_rows() == 0 || self.failure(physical, batch).is_none() {
            return;
        }
        if batch.num_rows() == 1 {
            return found.push(at);
        }
        let half = batch.num_rows() / 2;
        self.rows(physical, &batch.slice(0, half), at, found);
        self.rows(physical, &batch.slice(half, batch.num_rows() - half), at + half, found);
    }

    /// The innermost part of an expression that fails on a row, and how.
    fn innermost(&self, expression: &Expr, row: &RecordBatch) -> Option<(Expr, DataFusionError)> {
        let physical = self.physical(expression, row).ok()?;
        let error = self.failure(&physical, row)?;
        let inner = children(expression).into_iter().find_map(|child| self.innermost(&child, row));
        Some(inner.unwrap_or_else(|| (expression.clone().unalias(), error)))
    }
}
