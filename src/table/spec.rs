//! What a table promises, as far as its writer needs to know; and the types that every reader takes.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::physical_plan::PhysicalExpr;

use crate::error::{Error, Result};
use crate::project::layer::ModelName;

/// A stored table: where it goes, what its contract says, how it is described.
#[derive(Clone)]
pub struct TableSpec {
    /// The layer, which is the schema in SQL and the first folder of the output.
    pub layer: String,
    /// The name within the layer.
    pub name: String,
    /// The columns in the contract's order, with the declared types; nullability is not looked at.
    pub schema: SchemaRef,
    /// Columns declared `NOT NULL`. Those of the primary key need no mention.
    pub not_null: Vec<String>,
    /// Columns of the primary key; the rows must arrive in the order of [`TableSpec::sort_key`].
    pub primary_key: Vec<String>,
    /// `CHECK` constraints: the text as written, and the boolean expression planned on `schema`.
    pub checks: Vec<(String, Arc<dyn PhysicalExpr>)>,
    /// The date column by which the table is stored, one file a day; `None` for one file in all.
    pub by_day: Option<String>,
    /// What the table is, in words.
    pub description: String,
    /// What its columns are: name and description.
    pub column_descriptions: Vec<(String, String)>,
}

impl fmt::Debug for TableSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TableSpec({self})")
    }
}

/// As in SQL: `layer.name`.
impl fmt::Display for TableSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.layer, self.name)
    }
}

impl TableSpec {
    /// The columns that the rows must be sorted by, ascending, nulls last: the day first, then the rest of the key.
    pub fn sort_key(&self) -> Vec<&str> {
        self.by_day.iter().map(String::as_str).chain(self.file_key()).collect()
    }

    /// The columns that tell the rows of one file apart: the primary key without the day, when a file is of one day.
    pub(super) fn file_key(&self) -> Vec<&str> {
        let key = self.primary_key.iter().filter(|column| self.by_day.as_ref() != Some(column));
        key.map(String::as_str).collect()
    }

    /// The folder of the table below the output's root.
    pub fn folder(&self) -> String {
        format!("{}/{}", self.layer, self.name)
    }

    /// The columns as they are written: the declared ones with the types of [`stored_type`], all nullable.
    pub(super) fn stored_schema(&self) -> Result<SchemaRef> {
        let stored = |field: &Arc<Field>| match stored_type(field.data_type()) {
            Some(data_type) => Ok(Field::new(field.name(), data_type, true)),
            None => Err(Error::Bug(format!(
                "column `{}` of {self} reached the writer with type {}, which no file holds",
                field.name(),
                field.data_type()
            ))),
        };
        let fields = self.schema.fields().iter().map(stored).collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(Schema::new(fields)))
    }

    /// Its name as that of a model.
    ///
    /// # Errors
    /// [`Error::Bug`] for a layer that there is not.
    pub(super) fn model(&self) -> Result<ModelName> {
        let name = ModelName::parse(&self.to_string());
        name.ok_or_else(|| Error::Bug(format!("{self} is in no layer")))
    }

    /// Where a column of the contract stands.
    pub(super) fn index_of(&self, column: &str) -> Result<usize> {
        self.schema.index_of(column).map_err(|_| {
            Error::Bug(format!("the contract of {self} names `{column}`, which it does not have"))
        })
    }
}

/// The type that a declared type is written as, so that every reader takes it, or `None` when there is none.
///
/// Signed 32- and 64-bit integers, floats, decimals up to 38 digits, strings, bytes, dates, booleans, and timestamps
/// as instants in microseconds. Small and unsigned integers widen, a 64-bit unsigned one must fit into a signed one; a
/// timestamp without a time zone is taken as UTC. Times of day, intervals and nested types have no such type.
/// Strings are named as the view type they have in memory: in the file there is only one kind of string.
pub fn stored_type(declared: &DataType) -> Option<DataType> {
    Some(match declared {
        DataType::Boolean | DataType::Int32 | DataType::Int64 => declared.clone(),
        DataType::Int8 | DataType::Int16 | DataType::UInt8 | DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Float16 | DataType::Float32 => DataType::Float32,
        DataType::Float64 => DataType::Float64,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale)
            if *precision <= 38 && *scale >= 0 =>
        {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::BinaryView
        }
        DataType::Date32 | DataType::Date64 => DataType::Date32,
        DataType::Timestamp(_, _) => DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into())),
        DataType::Dictionary(_, values) => stored_type(values)?,
        DataType::RunEndEncoded(_, values) => stored_type(values.data_type())?,
        _ => return None,
    })
}
