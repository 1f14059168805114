//! What a scan asks of the declared columns, put in terms of the columns of one file.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono_tz::Tz;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{CastExpr, Column, lit};
use datafusion::physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory};
use datafusion::scalar::ScalarValue;

use super::convert::{Unfit, converted};
use super::instants::{comparison, in_unit_of_file};
use super::reading::{Marks, Reading, place_of, reading};

/// Makes an adapter for each file.
#[derive(Debug)]
pub(super) struct Readings {
    /// What the files say of the bytes of declared columns, by name.
    pub(super) marks: HashMap<String, Marks>,
    /// The project's time zone.
    pub(super) zone: Tz,
}

impl PhysicalExprAdapterFactory for Readings {
    fn create(&self, declared: SchemaRef, file: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        Ok(Arc::new(Adapter { marks: self.marks.clone(), zone: self.zone, declared, file }))
    }
}

#[derive(Debug)]
struct Adapter {
    marks: HashMap<String, Marks>,
    zone: Tz,
    declared: SchemaRef,
    file: SchemaRef,
}

impl PhysicalExprAdapter for Adapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        expr.transform_down(|part| {
            let read = match part.downcast_ref::<Column>() {
                Some(column) => Some(self.read(column.name())?),
                None => self.compared(&part),
            };
            // Not looked into again: its own columns are already the file's.
            let jump = TreeNodeRecursion::Jump;
            Ok(read.map_or_else(|| Transformed::no(part), |read| Transformed::new(read, true, jump)))
        })
        .data()
    }
}

impl Adapter {
    /// A comparison with an instant, where the file keeps instants in another unit.
    fn compared(&self, expr: &Arc<dyn PhysicalExpr>) -> Option<Arc<dyn PhysicalExpr>> {
        let (name, op, micros) = comparison(expr)?;
        let declared = self.declared.field_with_name(name).ok()?;
        let place = place_of(&self.file, name)?;
        let given = self.file.field(place);
        if reading(given.data_type(), declared.data_type(), Marks::default()) != Some(Reading::Instant) {
            return None;
        }
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(given.name(), place));
        in_unit_of_file(&column, given.data_type(), op, micros)
    }

    /// A declared column, out of a file's.
    fn read(&self, name: &str) -> Result<Arc<dyn PhysicalExpr>> {
        let declared = self.declared.field_with_name(name)?;
        let Some(place) = place_of(&self.file, name) else {
            return Ok(lit(ScalarValue::try_new_null(declared.data_type())?));
        };
        let given = self.file.field(place);
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(given.name(), place));
        let marks = self.marks.get(name).copied().unwrap_or_default();
        match reading(given.data_type(), declared.data_type(), marks) {
            Some(Reading::Kept) if given.data_type() == declared.data_type() => Ok(column),
            Some(Reading::Kept) => {
                let target = Field::new(given.name(), declared.data_type().clone(), true);
                Ok(Arc::new(CastExpr::new_with_target_field(column, Arc::new(target), None)))
            }
            Some(reading) => Ok(Arc::new(Read {
                column,
                name: name.to_owned(),
                declared: declared.data_type().clone(),
                reading,
                zone: self.zone,
            })),
            None => Err(DataFusionError::Plan(format!("`{name}` cannot be read as it was declared"))),
        }
    }
}

/// A file's column, read value by value. Opaque to what leaves row groups out by their bounds.
#[derive(Debug, Clone, Eq)]
struct Read {
    column: Arc<dyn PhysicalExpr>,
    name: String,
    declared: DataType,
    reading: Reading,
    zone: Tz,
}

impl PartialEq for Read {
    fn eq(&self, other: &Self) -> bool {
        self.column.eq(&other.column)
            && (&self.name, &self.declared, self.reading, self.zone)
                == (&other.name, &other.declared, other.reading, other.zone)
    }
}

impl Hash for Read {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.column.hash(state);
        (&self.name, &self.declared, self.reading).hash(state);
    }
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read({})", self.name)
    }
}

impl PhysicalExpr for Read {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(self.declared.clone())
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let values = self.column.evaluate(batch)?.into_array(batch.num_rows())?;
        match converted(&values, &self.declared, self.reading, self.zone)? {
            Ok(values) => Ok(ColumnarValue::Array(values)),
            Err(Unfit { value, .. }) => {
                Err(DataFusionError::External(Box::new(UnfitValue { column: self.name.clone(), value })))
            }
        }
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.column]
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let mut read = self.as_ref().clone();
        if let Some(column) = children.into_iter().next() {
            read.column = column;
        }
        Ok(Arc::new(read))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A value met in a scan that the declared type cannot hold; in which file and row is found out by looking again.
#[derive(Debug, thiserror::Error)]
#[error("`{column}` holds {value}, which its declared type cannot hold")]
pub(crate) struct UnfitValue {
    column: String,
    value: String,
}
