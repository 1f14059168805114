//! A program in the place of the expression that it was compiled from.

use std::fmt::{self, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_plan::PhysicalExpr;

use super::program::Program;

/// An expression that is computed by its program.
#[derive(Debug)]
pub(super) struct LanesExpr {
    /// What is computed; also what tells it from others.
    expression: Arc<dyn PhysicalExpr>,
    program: Program,
}

impl LanesExpr {
    /// The expression, computed by a program; `None` where that would gain nothing or cannot be.
    pub(super) fn compile(expression: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Option<Self> {
        let program = Program::compile(expression, schema)?;
        (program.number.operations() > 1).then(|| Self { expression: Arc::clone(expression), program })
    }
}

impl PartialEq for LanesExpr {
    fn eq(&self, other: &Self) -> bool {
        self.expression.eq(&other.expression)
    }
}

impl Eq for LanesExpr {}

impl Hash for LanesExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expression.hash(state);
    }
}

impl Display for LanesExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "lanes({})", self.expression)
    }
}

impl PhysicalExpr for LanesExpr {
    fn data_type(&self, input: &Schema) -> Result<DataType> {
        self.expression.data_type(input)
    }

    fn nullable(&self, input: &Schema) -> Result<bool> {
        self.expression.nullable(input)
    }

    fn return_field(&self, input: &Schema) -> Result<FieldRef> {
        self.expression.return_field(input)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.program.run(batch).map(ColumnarValue::Array)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.expression]
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        match <[_; 1]>::try_from(children) {
            Ok([same]) if same.eq(&self.expression) => Ok(self),
            // Another expression is DataFusion's to compute.
            Ok([other]) => Ok(other),
            Err(_) => internal_err!("a program stands for one expression"),
        }
    }

    fn fmt_sql(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.expression.fmt_sql(f)
    }
}
