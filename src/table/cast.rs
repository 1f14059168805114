//! From what the engine computed to what the contract declares and every reader takes. Nothing is lost in silence.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::cmp::distinct;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;

use super::TableSpec;
use crate::error::{Error, Result};

/// Casts the batches of one table to its stored columns.
pub(super) struct Caster {
    table: String,
    schema: SchemaRef,
}

/// A batch as it will be stored.
pub(super) struct Cast {
    /// The stored columns, in the contract's order.
    pub batch: RecordBatch,
    /// Where a value did not survive its cast.
    pub losses: Vec<Loss>,
}

/// Values of one column that the stored type cannot hold.
pub(super) struct Loss {
    /// Which column of the contract.
    pub column: usize,
    /// The rows of the batch.
    pub rows: BooleanBuffer,
    /// The column before the cast.
    pub computed: ArrayRef,
}

impl Caster {
    pub(super) fn new(spec: &TableSpec) -> Result<Self> {
        Ok(Self { table: spec.to_string(), schema: spec.stored_schema()? })
    }

    /// The stored columns.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The stored columns of a batch, found by name.
    pub(super) fn cast(&self, batch: &RecordBatch) -> Result<Cast> {
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        let mut losses = Vec::new();
        for (index, field) in self.schema.fields().iter().enumerate() {
            let computed =
                batch.column_by_name(field.name()).ok_or_else(|| self.bug("lacks", field.name()))?;
            let (stored, lost) = cast_column(computed, field.data_type()).map_err(|error| {
                self.bug(&format!("cannot be written as {} ({error}):", field.data_type()), field.name())
            })?;
            if let Some(rows) = lost {
                losses.push(Loss { column: index, rows, computed: ArrayRef::clone(computed) });
            }
            columns.push(stored);
        }
        let batch = RecordBatch::try_new(SchemaRef::clone(&self.schema), columns)
            .map_err(|error| Error::Bug(format!("a batch of {}: {error}", self.table)))?;
        Ok(Cast { batch, losses })
    }

    fn bug(&self, what: &str, column: &str) -> Error {
        Error::Bug(format!("what was computed for {} {what} `{column}`", self.table))
    }
}

/// A column in its stored type, and the rows whose value is another one after the way there and back.
fn cast_column(
    computed: &ArrayRef,
    stored: &DataType,
) -> Result<(ArrayRef, Option<BooleanBuffer>), ArrowError> {
    if computed.data_type() == stored {
        return Ok((ArrayRef::clone(computed), None));
    }
    // A value out of range becomes null, which the way back then shows.
    let options = CastOptions { safe: true, ..CastOptions::default() };
    let cast = cast_with_options(computed, stored, &options)?;
    if keeps_everything(computed.data_type(), stored) {
        return Ok((cast, None));
    }
    let back = cast_with_options(&cast, computed.data_type(), &options)?;
    let lost = distinct(computed, &back)?;
    let rows = (lost.true_count() > 0).then(|| lost.values().clone());
    Ok((cast, rows))
}

/// Whether a cast can lose nothing whatever the values are.
fn keeps_everything(computed: &DataType, stored: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Date32, Dictionary, FixedSizeBinary, Float32, Float64, Int8, Int16, Int32, Int64,
        LargeBinary, LargeUtf8, UInt8, UInt16, UInt32, Utf8, Utf8View,
    };
    match (computed, stored) {
        (Dictionary(_, values), _) => values.as_ref() == stored || keeps_everything(values, stored),
        (Utf8 | LargeUtf8, Utf8View) | (Binary | LargeBinary | FixedSizeBinary(_), BinaryView) => true,
        (Int8 | Int16 | UInt8 | UInt16, Int32 | Int64 | Float64) => true,
        (Int32 | UInt32, Int64 | Float64) | (Float32, Float64) | (Date32, Date32) => true,
        _ => false,
    }
}
