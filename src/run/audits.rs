//! Audits that run as queries: the contracts of sources, further unique keys, and [questions](super::question) over
//! several tables, what people expect of scores among them.
//!
//! Null checks, the primary key and CHECKs of a stored table are audited in the stream that is written; these run over
//! sources before anything is built, and over what is staged before anything is published.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions::math::expr_fn::{abs, isnan};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, not};
use datafusion::prelude::DataFrame;
use tracing::info_span;

use super::stored::column;
use super::unbroken::{OfRow, ToldBy, one_count, unbroken};
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::diagnose::Failed;
use crate::engine::{Session, diagnose, ran_out, shown};
use crate::error::{Error, Result as HaleResult};
use crate::expectations::{Expectations, broken};
use crate::pipeline::Pipeline;
use crate::project::contract::{Check, Contract};
use crate::project::layer::ModelName;
use crate::project::model::Model;

/// Rows shown of each failed audit.
const SHOWN: usize = 5;

/// A query for the rows that break one rule.
pub(super) struct BadRows {
    /// The rule, by the name that people see.
    pub(super) rule: String,
    /// What the contract says of the rule or its column, beside it.
    pub(super) said: Option<String>,
    pub(super) location: Location,
    pub(super) plan: LogicalPlan,
    /// Whether its rows are warned of, and stop nothing.
    pub(super) warns: bool,
    /// What breaks it, where it is a rule on single rows.
    pub(super) of_row: Option<OfRow>,
    /// What is expected of the rows, where they are not bad ones but those that are to be held against that.
    pub(super) expected: Option<Expectations>,
}

impl BadRows {
    /// The rules about a model's own rows that no stream has audited.
    ///
    /// # Errors
    /// When a rule that was checked does not plan.
    pub(super) fn of_contract(session: &Session, model: &Model, rows: &LogicalPlan) -> Result<Vec<Self>> {
        let mut found = if model.is_stored() { Vec::new() } else { Self::of_source(session, model, rows)? };
        let whole = Location::whole(&model.file);
        let contract = &model.contract;
        for key in &contract.unique {
            let rule = format!("UNIQUE ({})", key.join(", "));
            found.push(
                Self::of_rule(model, rule, &whole, repeated(rows, key)?).saying(said_of_key(contract, key)),
            );
        }
        Ok(found)
    }

    /// What the stream of a stored table audits, for rows that hale did not write: the constraints of single rows, the
    /// primary key, and what every table promises without saying so: doubles are finite.
    fn of_source(session: &Session, model: &Model, rows: &LogicalPlan) -> Result<Vec<Self>> {
        let contract = &model.contract;
        let whole = Location::whole(&model.file);
        let place = |name: &str| contract.column(name).map_or(&whole, |column| &column.location);
        let shared = Arc::new(rows.clone());
        let of_row = |bad: Expr, told_by| OfRow { rows: Arc::clone(&shared), bad, told_by };
        let mut found = Vec::new();
        for name in contract.not_null() {
            let nulls = of_row(column(&name).is_null(), ToldBy::Footers);
            let rule = Self::of_single_rows(model, format!("NOT NULL {name}"), place(&name), nulls)?;
            found.push(rule.saying(contract.said_of(&name)));
        }
        for check in &contract.checks {
            let condition = session.condition(&check.sql, rows.schema().inner())?;
            let failing = of_row(not(condition), ToldBy::Values);
            let rule = format!("CHECK ({})", check.sql);
            let rule = Self::of_single_rows(model, rule, &check.location, failing)?;
            found.push(rule.saying(said_of_check(check)));
        }
        for name in doubles(rows) {
            let odd = of_row(not_finite(&name), ToldBy::Values);
            let rule = format!("finite values in {name}");
            found.push(Self::of_single_rows(model, rule, place(&name), odd)?);
        }
        if !contract.primary_key.is_empty() {
            let rule = format!("PRIMARY KEY ({})", contract.primary_key.join(", "));
            let rule = Self::of_rule(model, rule, &whole, repeated(rows, &contract.primary_key)?);
            found.push(rule.saying(said_of_key(contract, &contract.primary_key)));
        }
        Ok(found)
    }

    fn of_rule(model: &Model, rule: String, location: &Location, plan: LogicalPlan) -> Self {
        let (rule, location) = (format!("{}: {rule}", model.name), location.clone());
        Self { rule, said: None, location, plan, warns: false, of_row: None, expected: None }
    }

    fn of_single_rows(model: &Model, rule: String, location: &Location, of_row: OfRow) -> Result<Self> {
        let rows = LogicalPlanBuilder::from(of_row.rows.as_ref().clone());
        let plan = rows.filter(of_row.bad.clone())?.build()?;
        Ok(Self { of_row: Some(of_row), ..Self::of_rule(model, rule, location, plan) })
    }

    fn saying(self, said: Option<String>) -> Self {
        Self { said, ..self }
    }

    /// How many rows break the rule, and a few of them.
    async fn found(&self, session: &Session) -> Result<(Option<i64>, Vec<RecordBatch>)> {
        let frame = |plan: LogicalPlan| DataFrame::new(session.state(), plan);
        let counted = frame(self.plan.clone()).aggregate(vec![], vec![count(lit(1))])?.collect().await?;
        let rows = counted_rows(&counted);
        if rows == Some(0) {
            return Ok((rows, Vec::new()));
        }
        Ok((rows, frame(self.plan.clone()).limit(0, Some(SHOWN))?.collect().await?))
    }

    /// What its rows break.
    async fn run(self, session: &Session, pipeline: &Pipeline) -> HaleResult<Diagnostics> {
        let _phase = info_span!("audits: one by one");
        match &self.expected {
            Some(expected) => match session.rows_of(self.plan.clone()).await {
                Ok(rows) => broken(expected, &rows),
                Err(error) => Err(self.failed(session, pipeline, &error).await),
            },
            None => Ok(self.counted(session, pipeline).await?.into_iter().collect()),
        }
    }

    /// Counts the rows and shows a few.
    async fn counted(self, session: &Session, pipeline: &Pipeline) -> HaleResult<Option<Diagnostic>> {
        let rule = &self;
        let found = |session| async move { rule.found(&session).await };
        let (rows, sample) = match session.frugally(ran_out, found).await {
            Ok(found) => found,
            Err(error) => return Err(self.failed(session, pipeline, &error).await),
        };
        let rows = rows
            .ok_or_else(|| Error::Bug(format!("{}: the rows that break it were not counted", self.rule)))?;
        if rows == 0 {
            return Ok(None);
        }
        let many = if rows == 1 { "" } else { "s" };
        let message = format!("{} is broken by {rows} row{many}", self.rule);
        let broken = if self.warns {
            Diagnostic::warning("audit", message)
        } else {
            Diagnostic::error("audit", message)
        };
        let shown =
            sample.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| shown::row(batch, row)));
        let broken = shown.fold(broken.at(self.location), Diagnostic::note);
        let broken = self.said.into_iter().fold(broken, Diagnostic::note);
        let left = usize::try_from(rows).unwrap_or_default().saturating_sub(SHOWN);
        let broken =
            if left > 0 { broken.note(format!("and {left} more, which are not shown")) } else { broken };
        Ok(Some(broken.help(remedy(&self.rule))))
    }

    /// Why the rule could not be looked into: where rows are at fault, which expression of a view behind it.
    async fn failed(self, session: &Session, pipeline: &Pipeline, error: &DataFusionError) -> Error {
        let named = self.rule.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
        let mut reads: Vec<ModelName> = named.filter_map(ModelName::parse).collect();
        let walked = self.plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                reads.extend(ModelName::parse(&scan.table_name.to_string()));
            }
            Ok(TreeNodeRecursion::Continue)
        });
        debug_assert!(walked.is_ok());
        let file = &self.location.file;
        let audit = pipeline.audits.iter().find(|audit| Arc::ptr_eq(&audit.file, file));
        let query = audit.map(|audit| audit.query.as_ref());
        let rule = Failed { name: self.rule, file, query, model: None, rule: Some(&self.plan) };
        diagnose::of_data(session, pipeline, &rule, reads, error).await.placed(|_| self.location.clone())
    }
}

/// What the comment behind a check or its column says.
pub(super) fn said_of_check(check: &Check) -> Option<String> {
    (!check.description.is_empty()).then(|| check.description.clone())
}

/// What the comment behind the column of a key says, where it is one column.
pub(super) fn said_of_key(contract: &Contract, key: &[String]) -> Option<String> {
    let [column] = key else { return None };
    contract.said_of(column)
}

/// What to do about rows that break a rule.
fn remedy(rule: &str) -> &'static str {
    if rule.starts_with("audit ") {
        "mend the rows where they come from, or the audit where such rows are right"
    } else if rule.contains(" REFERENCES ") {
        "deliver the rows that are missing there; where such rows are right, drop the reference here and leave them out in staging"
    } else if rule.contains(": PRIMARY KEY (") || rule.contains(": UNIQUE (") {
        "deliver one row for each key; where several are right, take what tells them apart into the key here and choose among them in staging"
    } else if rule.contains(": finite values in ") {
        "write NULL where there is no number, at the source or in staging: nullif(x, CAST('NaN' AS DOUBLE))"
    } else {
        "mend the rows where they come from; where such rows are right, take them into the rule here and say in staging what they mean"
    }
}

/// The number that a query for a count gave; `None` for whatever is no count.
fn counted_rows(counted: &[RecordBatch]) -> Option<i64> {
    let [batch] = counted else { return None };
    one_count(batch.columns().first()?.as_ref())
}

/// Runs audits, rules on single rows of a source together and all others one after the other, and gives every failure; how
/// many passed, and what is only warned of.
///
/// # Errors
/// [`Error::Audit`] with all that was found, where one of it stops the run; the errors of reading otherwise.
pub(super) async fn run_all(
    session: &Session,
    pipeline: &Pipeline,
    audits: Vec<BadRows>,
) -> HaleResult<(usize, Diagnostics)> {
    let (mut found, mut passed) = (Diagnostics::new(), audits.len());
    let of_rows: Vec<Option<&OfRow>> = audits.iter().map(|audit| audit.of_row.as_ref()).collect();
    let unbroken = unbroken(session, &of_rows).await;
    for (audit, _) in audits.into_iter().zip(unbroken).filter(|(_, is_unbroken)| !is_unbroken) {
        let broken = audit.run(session, pipeline).await?;
        passed -= usize::from(!broken.is_empty());
        found.extend(broken);
    }
    if found.has_errors() { Err(Error::Audit(found)) } else { Ok((passed, found)) }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};

    use super::counted_rows;

    #[test]
    fn what_is_no_count_is_never_taken_for_none() {
        let batch = |column: ArrayRef| RecordBatch::try_from_iter([("n", column)]).unwrap();
        let count = |counts: Vec<Option<i64>>| batch(Arc::new(Int64Array::from(counts)));
        assert_eq!(counted_rows(&[count(vec![Some(0)])]), Some(0));
        assert_eq!(counted_rows(&[]), None);
        assert_eq!(counted_rows(&[count(vec![])]), None);
        assert_eq!(counted_rows(&[count(vec![None])]), None);
        assert_eq!(counted_rows(&[count(vec![Some(0)]), count(vec![Some(3)])]), None);
        assert_eq!(counted_rows(&[batch(Arc::new(StringArray::from(vec!["0"])))]), None);
    }
}
