//! Conditions of `CHECK`s, tried: what passes here has a truth value, or NULL, in a run.

use std::sync::Arc;

use arrow::array::{RecordBatch, new_null_array};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::DFSchema;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::logical_expr::{ExprSchemable, LogicalPlan};

use super::quotients::whole_in_check;
use crate::diagnostic::Diagnostic;
use crate::engine::{Session, diagnose};
use crate::project::contract::Check;
use crate::project::types::sql_name;

/// Plans a condition as a run does, and evaluates it on a row of NULLs.
///
/// # Errors
/// Why it has no truth value.
pub(super) fn tried(session: &Session, check: &Check, declared: &SchemaRef) -> Result<(), Diagnostic> {
    let planned = session.condition_plan(&check.sql, declared);
    let why = match planned.and_then(|plan| Ok((holds(session, &plan, declared)?, plan))) {
        Ok((DataType::Boolean, plan)) => return whole_in_check(check, &plan).map_or(Ok(()), Err),
        Ok((other, _)) => format!("CHECK ({}) gives {}, not a truth value", check.sql, sql_name(&other)),
        Err(DataFusionError::Internal(_)) => {
            format!("CHECK ({}) is of a form that cannot be evaluated", check.sql)
        }
        Err(error) => format!("CHECK ({}): {}", check.sql, diagnose::first_line(&error)),
    };
    Err(Diagnostic::error("check", why).at(check.location.clone()))
}

/// The type of what a condition gives, by its plan.
fn holds(session: &Session, plan: &LogicalPlan, declared: &SchemaRef) -> EngineResult<DataType> {
    let columns = DFSchema::try_from(Arc::clone(declared))?;
    let condition = session.condition_in(plan, declared)?;
    let declared_type = condition.get_type(&columns)?;
    if declared_type != DataType::Boolean {
        return Ok(declared_type);
    }
    let evaluated = session.state().create_physical_expr(condition, &columns)?;
    let nulls = declared.fields().iter().map(|field| new_null_array(field.data_type(), 1));
    let row = RecordBatch::try_new(Arc::clone(declared), nulls.collect())?;
    Ok(evaluated.evaluate(&row)?.data_type())
}
