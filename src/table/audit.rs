//! The audits that run on the rows as they are written: what is audited is what is published.
//!
//! Each rule of a contract that one pass over sorted rows can decide: `NOT NULL`, `PRIMARY KEY`, `CHECK`; and two that
//! every stored table has without saying so: doubles are finite, and no value is changed by its stored type.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Schema, SchemaRef};
use datafusion::common::internal_err;
use datafusion::error::DataFusionError;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr_adapter::{DefaultPhysicalExprAdapterFactory, PhysicalExprAdapterFactory};
use datafusion::physical_plan::PhysicalExpr;

use super::TableSpec;
use super::cast::Cast;
use super::finding::{Finding, Rows, Rule};
use super::key_order::KeyOrder;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::diagnose::first_line;
use crate::error::{Error, Result};
use crate::project::types::sql_name;

/// Audits the batches of one table as they pass, in their order.
pub(super) struct Auditor {
    table: String,
    order: KeyOrder,
    audits: Vec<Audit>,
    same_key: Finding,
}

/// A test and what it found so far.
struct Audit {
    test: Test,
    finding: Finding,
}

enum Test {
    NotNull(usize),
    Finite(usize),
    Lossless(usize),
    Check { expression: Arc<dyn PhysicalExpr>, columns: Vec<usize> },
}

impl Auditor {
    /// The audits of a table whose stored columns are `stored`.
    ///
    /// # Errors
    /// [`Error::Bug`] for a contract about columns that the table does not have.
    pub(super) fn new(spec: &TableSpec, stored: &SchemaRef) -> Result<Self> {
        let key = spec.sort_key();
        if key.len() != spec.primary_key.len() {
            return Err(Error::Bug(format!("the key of {spec}, stored by day, does not name the day")));
        }
        let positions = key.iter().map(|column| spec.index_of(column)).collect::<Result<Vec<_>>>()?;
        for column in &spec.not_null {
            spec.index_of(column)?;
        }
        let mut audits = Vec::new();
        for (index, field) in stored.fields().iter().enumerate() {
            let not_null = spec.not_null.contains(field.name()) || positions.contains(&index);
            audits.extend(column_audits(index, field, not_null));
        }
        audits.extend(check_audits(spec, stored)?);
        let rule = Rule::PrimaryKey { columns: spec.primary_key.clone() };
        Ok(Self {
            table: spec.to_string(),
            order: KeyOrder::new(spec.to_string(), positions),
            audits,
            same_key: Finding::none(rule),
        })
    }

    /// Audits the next batch.
    ///
    /// # Errors
    /// [`Error::Bug`] when the rows are not in the order of the key, [`Error::Audit`] when a `CHECK` cannot be evaluated.
    pub(super) fn observe(&mut self, cast: &Cast) -> Result<()> {
        let repeated = self.order.repeated(&cast.batch)?;
        let rows = Rows { batch: &cast.batch, key: self.order.columns() };
        self.same_key.add(&rows, repeated, &[]);
        for Audit { test, finding } in &mut self.audits {
            let broken =
                test.broken(cast).map_err(|error| unevaluated(&self.table, &finding.rule, &error))?;
            if let Some(broken) = broken {
                finding.add(&rows, broken.set_indices(), &test.values(cast, rows.key));
            }
        }
        Ok(())
    }

    /// What was found of each rule, if anything: column by column, then checks, then the key.
    pub(super) fn finish(self) -> Vec<Finding> {
        self.audits.into_iter().map(|audit| audit.finding).chain([self.same_key]).collect()
    }
}

/// The audits of one stored column.
fn column_audits(index: usize, field: &Field, not_null: bool) -> impl Iterator<Item = Audit> {
    let column = || field.name().clone();
    let not_null = not_null.then(|| (Test::NotNull(index), Rule::NotNull { column: column() }));
    let finite =
        field.data_type().is_floating().then(|| (Test::Finite(index), Rule::Finite { column: column() }));
    let rule = Rule::Lossless { column: column(), stored: shown_type(field.data_type()) };
    let audits = not_null.into_iter().chain(finite).chain([(Test::Lossless(index), rule)]);
    audits.map(|(test, rule)| Audit { test, finding: Finding::none(rule) })
}

/// The `CHECK`s of a table, planned on its declared columns and evaluated on its stored ones.
fn check_audits(spec: &TableSpec, stored: &SchemaRef) -> Result<Vec<Audit>> {
    let bug = |error: DataFusionError| Error::Bug(format!("a CHECK of {spec}: {error}"));
    let declared = spec.schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
    let declared = Arc::new(Schema::new(declared.collect::<Vec<_>>()));
    let adapter = DefaultPhysicalExprAdapterFactory.create(declared, Arc::clone(stored)).map_err(bug)?;
    let audit = |(text, expression): &(String, Arc<dyn PhysicalExpr>)| {
        let expression = adapter.rewrite(Arc::clone(expression)).map_err(bug)?;
        let mut columns: Vec<usize> =
            collect_columns(&expression).iter().map(|column| column.index()).collect();
        columns.sort_unstable();
        let test = Test::Check { expression, columns };
        Ok(Audit { test, finding: Finding::none(Rule::Check { text: text.clone() }) })
    };
    spec.checks.iter().map(audit).collect()
}

impl Test {
    /// The rows of a batch that fail the test, or `None` when there are none.
    fn broken(&self, cast: &Cast) -> Result<Option<BooleanBuffer>, DataFusionError> {
        let broken = match self {
            Self::NotNull(index) => {
                let nulls = cast.batch.column(*index).nulls().filter(|nulls| nulls.null_count() > 0);
                nulls.map(|nulls| !nulls.inner())
            }
            Self::Finite(index) => not_finite(cast.batch.column(*index)),
            Self::Lossless(index) => {
                cast.losses.iter().find(|loss| loss.column == *index).map(|loss| loss.rows.clone())
            }
            Self::Check { expression, .. } => check_fails(expression.as_ref(), &cast.batch)?,
        };
        Ok(broken)
    }

    /// The columns that show how a row fails the test; those of the key are shown anyway.
    fn values<'a>(&self, cast: &'a Cast, key: &[usize]) -> Vec<(&'a str, &'a ArrayRef)> {
        let name = |index: usize| cast.batch.schema_ref().field(index).name().as_str();
        match self {
            Self::Lossless(index) => {
                let computed = cast.losses.iter().find(|loss| loss.column == *index);
                computed.map(|loss| (name(*index), &loss.computed)).into_iter().collect()
            }
            Self::NotNull(index) | Self::Finite(index) => {
                let shown = (!key.contains(index)).then(|| (name(*index), cast.batch.column(*index)));
                shown.into_iter().collect()
            }
            Self::Check { columns, .. } => {
                let shown = columns.iter().filter(|index| !key.contains(index));
                shown.map(|&index| (name(index), cast.batch.column(index))).collect()
            }
        }
    }
}

/// The rows for which a constraint is false; null passes, as in SQL.
fn check_fails(
    expression: &dyn PhysicalExpr,
    batch: &RecordBatch,
) -> Result<Option<BooleanBuffer>, DataFusionError> {
    let result = expression.evaluate(batch)?.into_array(batch.num_rows())?;
    let Some(holds) = result.as_boolean_opt() else {
        return internal_err!("it gives {}, not a truth value", result.data_type());
    };
    if holds.false_count() == 0 {
        return Ok(None);
    }
    let fails = !holds.values();
    Ok(Some(match holds.nulls() {
        Some(nulls) => &fails & nulls.inner(),
        None => fails,
    }))
}

/// The rows of a column of floats that hold NaN or an infinity.
fn not_finite(column: &ArrayRef) -> Option<BooleanBuffer> {
    match column.data_type() {
        DataType::Float32 => not_finite_of::<Float32Type>(column, f32::is_finite),
        _ => not_finite_of::<Float64Type>(column, f64::is_finite),
    }
}

fn not_finite_of<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    finite: impl Fn(T::Native) -> bool,
) -> Option<BooleanBuffer> {
    let column = column.as_primitive::<T>();
    // Slots of nulls may hold anything, so they only cost a second look.
    if column.values().iter().fold(true, |all, &value| all & finite(value)) {
        return None;
    }
    let broken =
        BooleanBuffer::collect_bool(column.len(), |row| column.is_valid(row) && !finite(column.value(row)));
    (broken.count_set_bits() > 0).then_some(broken)
}

/// A stored type by its name in SQL.
fn shown_type(stored: &DataType) -> String {
    match stored {
        DataType::Timestamp(_, _) => "TIMESTAMP in microseconds".to_owned(),
        other => sql_name(other),
    }
}

/// A constraint without a value for some row. One that the engine should never have made is a bug: it passes nothing.
fn unevaluated(table: &str, rule: &Rule, error: &DataFusionError) -> Error {
    if let DataFusionError::Internal(why) = error.find_root() {
        return Error::Bug(format!("{rule} of {table}: {why}"));
    }
    let message = format!("{rule} of {table} cannot be evaluated");
    let problem = Diagnostic::error("check-not-evaluated", message).note(first_line(error));
    Error::Audit(Diagnostics::from(problem.help("write the constraint so that it has a value for every row")))
}
