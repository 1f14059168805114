//! Audits that need more than one look at a row: foreign keys, further unique keys, sources, and `sql/audits`.
//!
//! Null checks, the primary key and CHECKs of a stored table are audited in the stream that is written; these run as
//! queries, over sources before anything is built and over what is staged before anything is published.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::JoinType;
use datafusion::error::Result;
use datafusion::functions::math::expr_fn::{abs, isnan};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, not};
use datafusion::prelude::DataFrame;

use super::stored::column;
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::{Session, diagnose};
use crate::error::{Error, Result as HaleResult};
use crate::pipeline::Audit;
use crate::project::model::Model;

/// Rows shown of each failed audit.
const SHOWN: usize = 5;

/// A query for the rows that break one rule.
pub(super) struct BadRows {
    rule: String,
    location: Location,
    plan: LogicalPlan,
}

impl BadRows {
    /// All rules of a model that its stream did not audit.
    ///
    /// # Errors
    /// When a rule that was checked does not plan.
    pub(super) fn of_contract(
        session: &Session,
        model: &Model,
        rows: &LogicalPlan,
        lookup: &dyn Fn(&str) -> Option<LogicalPlan>,
    ) -> Result<Vec<Self>> {
        let contract = &model.contract;
        let mut found = if model.is_stored() { Vec::new() } else { Self::of_source(session, model, rows)? };
        let whole = Location::whole(&model.file);
        for key in &contract.unique {
            let rule = format!("UNIQUE ({})", key.join(", "));
            found.push(Self::of_rule(model, rule, &whole, repeated(rows, key)?));
        }
        for reference in &contract.references {
            let Some(target) = lookup(&reference.target.to_string()) else { continue };
            let rule = format!(
                "({}) REFERENCES {} ({})",
                reference.columns.join(", "),
                reference.target,
                reference.target_columns.join(", ")
            );
            let plan = unmatched(rows, &reference.columns, target, &reference.target_columns)?;
            found.push(Self::of_rule(model, rule, &reference.location, plan));
        }
        Ok(found)
    }

    /// What the stream of a stored table audits, for rows that hale did not write: the constraints of single rows, the
    /// primary key, and what every table promises without saying so: doubles are finite.
    fn of_source(session: &Session, model: &Model, rows: &LogicalPlan) -> Result<Vec<Self>> {
        let contract = &model.contract;
        let whole = Location::whole(&model.file);
        let place = |name: &str| contract.column(name).map_or(&whole, |column| &column.location);
        let failing = |bad: Expr| LogicalPlanBuilder::from(rows.clone()).filter(bad)?.build();
        let mut found = Vec::new();
        for name in contract.not_null() {
            let nulls = failing(column(&name).is_null())?;
            found.push(Self::of_rule(model, format!("NOT NULL {name}"), place(&name), nulls));
        }
        for check in &contract.checks {
            let condition = session.state().create_logical_expr(&check.sql, rows.schema())?;
            let rule = format!("CHECK ({})", check.sql);
            found.push(Self::of_rule(model, rule, &check.location, failing(not(condition))?));
        }
        for name in doubles(rows) {
            let rule = format!("finite values in {name}");
            found.push(Self::of_rule(model, rule, place(&name), failing(not_finite(&name))?));
        }
        if !contract.primary_key.is_empty() {
            let rule = format!("PRIMARY KEY ({})", contract.primary_key.join(", "));
            found.push(Self::of_rule(model, rule, &whole, repeated(rows, &contract.primary_key)?));
        }
        Ok(found)
    }

    fn of_rule(model: &Model, rule: String, location: &Location, plan: LogicalPlan) -> Self {
        Self { rule: format!("{}: {rule}", model.name), location: location.clone(), plan }
    }

    /// A query of `sql/audits`, whose rows are the bad ones.
    ///
    /// # Errors
    /// When a query that was checked does not plan.
    pub(super) async fn of_file(session: &Session, audit: &Audit) -> Result<Self> {
        let plan = session.plan(&audit.query).await?;
        Ok(Self { rule: format!("audit {}", audit.name), location: Location::whole(&audit.file), plan })
    }

    /// Counts the rows and shows a few.
    async fn run(self, session: &Session) -> Result<Option<Diagnostic>> {
        let frame = |plan: LogicalPlan| DataFrame::new(session.state(), plan);
        let counted = frame(self.plan.clone()).aggregate(vec![], vec![count(lit(1))])?.collect().await?;
        let rows = counted
            .first()
            .filter(|batch| batch.num_rows() > 0)
            .map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0));
        if rows == 0 {
            return Ok(None);
        }
        let sample = frame(self.plan).limit(0, Some(SHOWN))?.collect().await?;
        let mut failed = Diagnostic::error(
            "audit",
            format!("{} is broken by {rows} row{}", self.rule, if rows == 1 { "" } else { "s" }),
        )
        .at(self.location);
        for line in sample.iter().flat_map(shown) {
            failed = failed.note(line);
        }
        Ok(Some(failed))
    }
}

/// Runs audits one after the other and gives every failure.
///
/// # Errors
/// [`Error::Audit`] with all that failed; the errors of reading otherwise.
pub(super) async fn run_all(session: &Session, audits: Vec<BadRows>) -> HaleResult<usize> {
    let (mut failed, passed) = (Diagnostics::new(), audits.len());
    for audit in audits {
        let rule = audit.rule.clone();
        failed.extend(audit.run(session).await.map_err(|error| diagnose::of_run(&rule, &error))?);
    }
    if failed.is_empty() { Ok(passed) } else { Err(Error::Audit(failed)) }
}

/// The columns of doubles. NaN in one would make comparisons, extremes and the engine's own pruning go wrong further on.
fn doubles(rows: &LogicalPlan) -> Vec<String> {
    let fields = rows.schema().fields().iter();
    fields.filter(|field| field.data_type().is_floating()).map(|field| field.name().clone()).collect()
}

/// NaN or an infinity. By a function, since files are left out by their bounds, and those do not cover NaN.
fn not_finite(name: &str) -> Expr {
    isnan(column(name)).or(abs(column(name)).eq(lit(f64::INFINITY)))
}

/// Keys that stand more than once.
fn repeated(rows: &LogicalPlan, key: &[String]) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = key.iter().map(|name| column(name)).collect();
    let present =
        columns.iter().cloned().map(Expr::is_not_null).reduce(Expr::and).unwrap_or_else(|| lit(true));
    LogicalPlanBuilder::from(rows.clone())
        .filter(present)?
        .aggregate(columns, vec![count(lit(1)).alias("rows_with_this_key")])?
        .filter(column("rows_with_this_key").gt(lit(1_i64)))?
        .build()
}

/// Rows whose key (no part of it NULL) is not found in the other table.
fn unmatched(
    rows: &LogicalPlan,
    columns: &[String],
    target: LogicalPlan,
    to: &[String],
) -> Result<LogicalPlan> {
    // Every distinct key once: a day's table has the same account on many days.
    let keys: Vec<Expr> = columns.iter().map(|name| column(name)).collect();
    let present = keys.iter().cloned().map(Expr::is_not_null).reduce(Expr::and).unwrap_or_else(|| lit(true));
    let target_keys: Vec<Expr> =
        to.iter().enumerate().map(|(index, name)| column(name).alias(format!("target_{index}"))).collect();
    let target = LogicalPlanBuilder::from(target).project(target_keys)?.build()?;
    let on: (Vec<_>, Vec<_>) = columns
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let here = datafusion::common::Column::from_name(name);
            (here, datafusion::common::Column::from_name(format!("target_{index}")))
        })
        .unzip();
    LogicalPlanBuilder::from(rows.clone())
        .filter(present)?
        .aggregate(keys, vec![count(lit(1)).alias("rows_with_this_key")])?
        .join(target, JoinType::LeftAnti, on, None)?
        .build()
}

/// Rows as `column = value, …`, long values cut, control characters escaped.
fn shown(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let fields = batch.schema();
    (0..batch.num_rows())
        .map(|row| {
            let cells = fields.fields().iter().zip(batch.columns()).map(|(field, values)| {
                let text = ArrayFormatter::try_new(values.as_ref(), &options)
                    .map(|values| values.value(row).to_string());
                format!("{} = {}", field.name(), shortened(&text.unwrap_or_default()))
            });
            cells.collect::<Vec<_>>().join(", ")
        })
        .collect()
}

fn shortened(text: &str) -> String {
    let start: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() { format!("{start}…") } else { start }
}
