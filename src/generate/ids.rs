//! How ids look: short ones that say what they are, or UUIDs as most systems give them.
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// How the ids of a world look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ids {
    /// A letter and numbers, such as `a000017`; numbers for events and sessions.
    #[default]
    Short,
    /// A UUID for each of the others, as text: the same world under other names.
    Uuid,
}

/// Gives the ids of a table the look that was asked for.
#[derive(Clone, Copy)]
pub(super) struct Naming {
    /// The seed of the world whose ids become UUIDs; `None` leaves ids as they are.
    seed: Option<u64>,
}

impl Naming {
    /// The naming of a world of a seed.
    pub(super) fn new(ids: Ids, seed: u64) -> Self {
        Self { seed: Some(seed).filter(|_| ids == Ids::Uuid) }
    }

    /// The columns of a table, renamed ids as text.
    pub(super) fn schema(self, schema: &SchemaRef) -> SchemaRef {
        if self.seed.is_none() {
            return Arc::clone(schema);
        }
        let fields = schema.fields().iter().map(|field| match is_id(field) {
            true => Field::new(field.name(), DataType::Utf8, field.is_nullable()),
            false => field.as_ref().clone(),
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// The rows of a table with the ids that they are to have.
    pub(super) fn rows(self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let Some(seed) = self.seed else { return Ok(batch.clone()) };
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| match is_id(field) {
            true => uuids(seed, column),
            false => Arc::clone(column),
        });
        RecordBatch::try_new(self.schema(&schema), columns.collect())
    }
}

/// Whether a column holds ids.
fn is_id(field: &Field) -> bool {
    field.name().ends_with("_id") && matches!(field.data_type(), DataType::Utf8 | DataType::Int64)
}

fn uuids(seed: u64, ids: &ArrayRef) -> ArrayRef {
    let texts: StringArray = match ids.data_type() {
        DataType::Int64 => {
            ids.as_primitive::<Int64Type>().iter().map(|id| Some(uuid(seed, &id?.to_string()))).collect()
        }
        _ => ids.as_string::<i32>().iter().map(|id| Some(uuid(seed, id?))).collect(),
    };
    Arc::new(texts)
}

/// The UUID that stands for an id of a world: one id, one UUID, in all tables.
fn uuid(seed: u64, id: &str) -> String {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    for (place, byte) in id.bytes().enumerate() {
        key[8 + place % 24] ^= byte;
    }
    let mut random = ChaCha8Rng::from_seed(key);
    let (high, low) = (random.next_u64(), random.next_u64());
    // Version 4, which random ones have, and the variant of the standard.
    let (high, low) = (high & !0xf000 | 0x4000, low & !(3 << 62) | 2 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_uuid_in_a_world_and_another_in_the_next() {
        let first = uuid(1, "a000001");
        assert_eq!(first, uuid(1, "a000001"));
        assert!(first != uuid(1, "a000002") && first != uuid(2, "a000001"));
        let parts: Vec<usize> = first.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert!(first[14..15] == *"4" && "89ab".contains(&first[19..20]), "{first}");
    }
}
