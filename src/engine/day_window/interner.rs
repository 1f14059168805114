//! Small numbers for values: each distinct value of a column once, whatever its type.

use std::sync::Arc;

use arrow::array::{AnyDictionaryArray, Array, ArrayData, ArrayRef, AsArray, StringViewArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::Result;
use datafusion::logical_expr::EmitTo;
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;

use super::short::ShortStrings;

/// The number of NULL.
pub(super) const NULL: u32 = u32::MAX;
/// In a dictionary's map: not met yet.
const UNSEEN: u32 = u32::MAX - 1;

/// Gives the distinct values of one column numbers from 0, in the order in which they are first seen.
/// A dictionary's values are looked up once for each dictionary, not for each row.
pub(super) struct Interner {
    values: Box<dyn GroupValues>,
    dictionary: Option<Dictionary>,
    short: ShortStrings,
    unknown: Vec<u32>,
    numbers: Vec<usize>,
}

/// The dictionary of the latest batch, and the numbers of those of its values that have been met.
struct Dictionary {
    values: ArrayData,
    numbers: Vec<u32>,
    unseen: usize,
}

impl Interner {
    /// Whether values of this type are equal exactly when SQL says so, and can be told apart here.
    pub(super) fn supports(data_type: &DataType) -> bool {
        match data_type {
            DataType::Dictionary(_, value) => Self::supports(value),
            DataType::Decimal128(_, _) | DataType::Boolean => true,
            DataType::Date32 | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_) => true,
            DataType::Timestamp(_, _) => true,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => true,
            other => other.is_integer(),
        }
    }

    /// An empty interner for a column of this type.
    pub(super) fn new(data_type: &DataType) -> Result<Self> {
        let value = value_type(data_type).clone();
        let schema = Arc::new(Schema::new(vec![Field::new("value", value, true)]));
        let values = new_group_values(schema, &GroupOrdering::None)?;
        let (short, unknown, numbers) = (ShortStrings::default(), Vec::new(), Vec::new());
        Ok(Self { values, dictionary: None, short, unknown, numbers })
    }

    /// The number of each row's value, [`NULL`] for NULL.
    pub(super) fn intern(&mut self, column: &ArrayRef, numbers: &mut Vec<u32>) -> Result<()> {
        if let Some(dictionary) = column.as_any_dictionary_opt() {
            return self.intern_dictionary(dictionary, numbers);
        }
        match column.as_string_view_opt() {
            Some(strings) => self.intern_strings(column, strings, numbers),
            None => self.intern_values(column, numbers),
        }
    }

    fn intern_strings(
        &mut self,
        column: &ArrayRef,
        strings: &StringViewArray,
        numbers: &mut Vec<u32>,
    ) -> Result<()> {
        self.short.find(strings, NULL, numbers, &mut self.unknown);
        if self.unknown.is_empty() {
            return Ok(());
        }
        let unknown = UInt32Array::from(std::mem::take(&mut self.unknown));
        let mut new = Vec::new();
        self.intern_values(&take(column, &unknown, None)?, &mut new)?;
        for (row, number) in unknown.values().iter().zip(new) {
            numbers[*row as usize] = number;
            self.short.learn(strings.views()[*row as usize], number);
        }
        Ok(())
    }

    fn intern_values(&mut self, column: &ArrayRef, numbers: &mut Vec<u32>) -> Result<()> {
        self.numbers.clear();
        self.values.intern(std::slice::from_ref(column), &mut self.numbers)?;
        numbers.clear();
        // Numbers stay below the reserved ones: 4 billion distinct values do not fit in memory first.
        numbers.extend(self.numbers.iter().map(|number| *number as u32));
        if let Some(nulls) = column.logical_nulls() {
            for row in (!nulls.inner()).set_indices() {
                numbers[row] = NULL;
            }
        }
        Ok(())
    }

    fn intern_dictionary(&mut self, column: &dyn AnyDictionaryArray, numbers: &mut Vec<u32>) -> Result<()> {
        let values = column.values();
        if values.is_empty() {
            numbers.clear();
            numbers.resize(column.len(), NULL);
            return Ok(());
        }
        let rows = column.normalized_keys();
        let mut dictionary = match self.dictionary.take() {
            Some(known) if known.values.ptr_eq(&values.to_data()) => known,
            _ => Dictionary {
                values: values.to_data(),
                numbers: vec![UNSEEN; values.len()],
                unseen: values.len(),
            },
        };
        let nulls = column.nulls();
        if dictionary.unseen > 0 {
            let is_valid = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(row));
            let met = rows.iter().enumerate().filter(|(row, _)| is_valid(*row)).map(|(_, key)| *key);
            self.learn(&mut dictionary, values, met, numbers)?;
        }
        numbers.clear();
        numbers.extend(rows.iter().map(|key| dictionary.numbers[*key]));
        if let Some(nulls) = nulls {
            for row in (!nulls.inner()).set_indices() {
                numbers[row] = NULL;
            }
        }
        self.dictionary = Some(dictionary);
        Ok(())
    }

    /// Looks up the values behind those keys that have not been met before.
    fn learn(
        &mut self,
        dictionary: &mut Dictionary,
        values: &ArrayRef,
        keys: impl Iterator<Item = usize>,
        numbers: &mut Vec<u32>,
    ) -> Result<()> {
        let mut unseen: Vec<u32> = Vec::new();
        for key in keys {
            if dictionary.numbers[key] == UNSEEN {
                dictionary.numbers[key] = NULL;
                unseen.push(key as u32);
            }
        }
        if unseen.is_empty() {
            return Ok(());
        }
        dictionary.unseen -= unseen.len();
        let unseen = UInt32Array::from(unseen);
        self.intern_values(&take(values, &unseen, None)?, numbers)?;
        for (key, number) in unseen.values().iter().zip(numbers) {
            dictionary.numbers[*key as usize] = *number;
        }
        Ok(())
    }

    /// Bytes held.
    pub(super) fn size(&self) -> usize {
        let dictionary =
            self.dictionary.as_ref().map_or(0, |known| known.numbers.capacity() * size_of::<u32>());
        let rows = self.unknown.capacity() * size_of::<u32>();
        self.values.size()
            + self.short.size()
            + rows
            + dictionary
            + self.numbers.capacity() * size_of::<usize>()
    }

    /// Every value, at the index that is its number.
    pub(super) fn into_values(mut self) -> Result<ArrayRef> {
        Ok(self.values.emit(EmitTo::All)?.swap_remove(0))
    }
}

fn value_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, value) => value_type(value),
        other => other,
    }
}
