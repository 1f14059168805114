//! The hash of a row: of the names of its columns and of what they say, however that is kept.
//!
//! Columns are taken in the order of their names, each value with a mark of what it is and, where that varies, its length, so
//! that no two rows are written alike. Texts are their bytes, numbers their digits without zeros at the end, instants
//! nanoseconds: how wide a column is, in which unit, as a dictionary or a view, makes no difference. Of doubles all bits count.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int64Type, Schema,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, i256,
};
use datafusion::common::not_impl_err;
use datafusion::error::Result;
use sha2::{Digest as _, Sha256};

use crate::project::types::{a_value_of, is_binary, is_text};

/// What a value is, as it is written before it.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Mark {
    Null,
    Truth,
    Number,
    LongNumber,
    Double,
    Text,
    Bytes,
    Day,
    Instant,
    Time,
}

/// How rows of some columns are hashed.
#[derive(Clone)]
pub(super) struct RowHash {
    /// The hash after the names of the columns.
    named: Sha256,
    /// The places of the columns, in the order of their names.
    places: Vec<usize>,
}

impl RowHash {
    /// Of the columns of a schema but some.
    pub(super) fn of(schema: &Schema, left_out: &[&str]) -> Self {
        let mut columns: Vec<(&String, usize)> = (schema.fields().iter().enumerate())
            .map(|(place, field)| (field.name(), place))
            .filter(|(name, _)| !left_out.contains(&name.as_str()))
            .collect();
        columns.sort_unstable();
        let mut names = Vec::new();
        for (name, _) in &columns {
            sized(name.as_bytes(), &mut names);
        }
        let mut named = Sha256::new();
        named.update((columns.len() as u64).to_le_bytes());
        named.update(&names);
        Self { named, places: columns.into_iter().map(|(_, place)| place).collect() }
    }

    /// The hashes of the rows of a batch.
    ///
    /// # Errors
    /// Where a column is of a type that no source can declare.
    pub(super) fn hashes(&self, batch: &RecordBatch) -> Result<Vec<u128>> {
        let columns = self.places.iter().map(|place| Values::of(batch.column(*place)));
        let columns: Vec<Values> = columns.collect::<Result<_>>()?;
        let mut written = Vec::new();
        let hash = |row| {
            written.clear();
            columns.iter().for_each(|column| column.write(row, &mut written));
            let hash = self.named.clone().chain_update(&written).finalize();
            hash.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
        };
        Ok((0..batch.num_rows()).map(hash).collect())
    }
}

/// A column by what it says.
struct Values {
    column: ArrayRef,
    are: Are,
}

/// What values are, and how they are kept.
#[derive(Clone, Copy)]
enum Are {
    Null,
    Truths,
    Whole,
    Decimals(i8),
    LongDecimals(i8),
    Doubles,
    Texts,
    Bytes,
    Days,
    Instants(TimeUnit),
    Times,
}

impl Values {
    fn of(column: &ArrayRef) -> Result<Self> {
        use DataType as T;
        let (are, kept_as) = match column.data_type() {
            T::Null => (Are::Null, T::Null),
            T::Dictionary(_, value) => return Self::of(&cast(column, value)?),
            T::Boolean => (Are::Truths, T::Boolean),
            whole if whole.is_integer() && *whole != T::UInt64 => (Are::Whole, T::Int64),
            T::UInt64 => (Are::Decimals(0), T::Decimal128(20, 0)),
            T::Decimal32(_, scale) | T::Decimal64(_, scale) => {
                (Are::Decimals(*scale), T::Decimal128(38, *scale))
            }
            kept @ T::Decimal128(_, scale) => (Are::Decimals(*scale), kept.clone()),
            kept @ T::Decimal256(_, scale) => (Are::LongDecimals(*scale), kept.clone()),
            T::Float16 | T::Float32 | T::Float64 => (Are::Doubles, T::Float64),
            T::Date32 => (Are::Days, T::Date32),
            kept @ T::Timestamp(unit, _) => (Are::Instants(*unit), kept.clone()),
            T::Time32(_) | T::Time64(_) => (Are::Times, T::Time64(TimeUnit::Nanosecond)),
            text if is_text(text) => (Are::Texts, T::Utf8View),
            bytes if is_binary(bytes) => (Are::Bytes, T::BinaryView),
            other => return not_impl_err!("no digest is made of {}", a_value_of(other)),
        };
        Ok(Self { column: cast(column, &kept_as)?, are })
    }

    /// Writes the value of a row behind those before it.
    fn write(&self, row: usize, to: &mut Vec<u8>) {
        let column = &self.column;
        if column.is_null(row) {
            return to.push(Mark::Null as u8);
        }
        match self.are {
            Are::Null => to.push(Mark::Null as u8),
            Are::Truths => marked(Mark::Truth, &[u8::from(column.as_boolean().value(row))], to),
            Are::Whole => number(column.as_primitive::<Int64Type>().value(row).into(), 0, to),
            Are::Decimals(scale) => {
                number(column.as_primitive::<Decimal128Type>().value(row), scale.into(), to);
            }
            Are::LongDecimals(scale) => {
                long_number(column.as_primitive::<Decimal256Type>().value(row), scale.into(), to);
            }
            Are::Doubles => {
                let bits = column.as_primitive::<Float64Type>().value(row).to_bits();
                marked(Mark::Double, &bits.to_le_bytes(), to);
            }
            Are::Texts => {
                to.push(Mark::Text as u8);
                sized(column.as_string_view().value(row).as_bytes(), to);
            }
            Are::Bytes => {
                to.push(Mark::Bytes as u8);
                sized(column.as_binary_view().value(row), to);
            }
            Are::Days => {
                marked(Mark::Day, &column.as_primitive::<Date32Type>().value(row).to_le_bytes(), to);
            }
            Are::Instants(unit) => marked(Mark::Instant, &instant(column, unit, row).to_le_bytes(), to),
            Are::Times => {
                let time = column.as_primitive::<Time64NanosecondType>().value(row);
                marked(Mark::Time, &time.to_le_bytes(), to);
            }
        }
    }
}

fn marked(mark: Mark, bytes: &[u8], to: &mut Vec<u8>) {
    to.push(mark as u8);
    to.extend_from_slice(bytes);
}

/// Bytes of which the length stands before them.
fn sized(bytes: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    to.extend_from_slice(bytes);
}

/// A number as its digits without zeros at the end, and how many of them stand behind the point.
fn number(mut digits: i128, mut scale: i16, to: &mut Vec<u8>) {
    if digits == 0 {
        scale = 0;
    }
    while digits != 0 && digits % 10 == 0 {
        digits /= 10;
        scale -= 1;
    }
    marked(Mark::Number, &scale.to_le_bytes(), to);
    to.extend_from_slice(&digits.to_le_bytes());
}

/// The same of a number that may have too many digits for that.
fn long_number(mut digits: i256, mut scale: i16, to: &mut Vec<u8>) {
    let ten = i256::from_i128(10);
    loop {
        if let Some(digits) = digits.to_i128() {
            return number(digits, scale, to);
        }
        if digits.wrapping_rem(ten) != i256::ZERO {
            break;
        }
        digits = digits.wrapping_div(ten);
        scale -= 1;
    }
    marked(Mark::LongNumber, &scale.to_le_bytes(), to);
    to.extend_from_slice(&digits.to_le_bytes());
}

/// An instant in nanoseconds of UTC.
fn instant(column: &ArrayRef, unit: TimeUnit, row: usize) -> i128 {
    let (value, nanoseconds): (i64, i128) = match unit {
        TimeUnit::Second => (column.as_primitive::<TimestampSecondType>().value(row), 1_000_000_000),
        TimeUnit::Millisecond => (column.as_primitive::<TimestampMillisecondType>().value(row), 1_000_000),
        TimeUnit::Microsecond => (column.as_primitive::<TimestampMicrosecondType>().value(row), 1_000),
        TimeUnit::Nanosecond => (column.as_primitive::<TimestampNanosecondType>().value(row), 1),
    };
    i128::from(value) * nanoseconds
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use arrow::array::{
        BinaryArray, Decimal128Array, Decimal256Array, DictionaryArray, Float32Array, Float64Array,
        Int16Array, Int64Array, NullArray, StringArray, StringViewArray, TimestampMicrosecondArray,
        TimestampSecondArray, UInt64Array,
    };
    use arrow::datatypes::Int8Type;
    use proptest::prelude::*;

    use super::*;

    fn hashes(columns: Vec<(&str, ArrayRef)>) -> Vec<u128> {
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, column)| (name, column, true)),
        );
        let batch = batch.unwrap();
        RowHash::of(&batch.schema(), &[]).hashes(&batch).unwrap()
    }

    fn texts(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    #[test]
    fn how_a_value_is_kept_makes_no_difference() {
        let of = |column: ArrayRef| hashes(vec![("a", column)]);
        let alike: [Vec<ArrayRef>; 4] = [
            vec![
                texts(&[Some("x"), None, Some("")]),
                Arc::new(StringViewArray::from(vec![Some("x"), None, Some("")])),
                Arc::new(DictionaryArray::<Int8Type>::from_iter([Some("x"), None, Some("")])),
            ],
            vec![
                Arc::new(Int64Array::from(vec![Some(120), None, Some(-3), Some(0)])),
                Arc::new(Int16Array::from(vec![Some(120), None, Some(-3), Some(0)])),
                Arc::new(
                    Decimal128Array::from(vec![Some(12_000), None, Some(-300), Some(0)])
                        .with_precision_and_scale(9, 2)
                        .unwrap(),
                ),
                Arc::new(
                    Decimal256Array::from_iter(
                        [Some(120_000), None, Some(-3_000), Some(0)].map(|value| value.map(i256::from_i128)),
                    )
                    .with_precision_and_scale(50, 3)
                    .unwrap(),
                ),
            ],
            vec![
                Arc::new(Float64Array::from(vec![0.5, -1.0])),
                Arc::new(Float32Array::from(vec![0.5, -1.0])),
            ],
            vec![
                Arc::new(TimestampSecondArray::from(vec![5, -5])),
                Arc::new(TimestampMicrosecondArray::from(vec![5_000_000, -5_000_000]).with_timezone("UTC")),
            ],
        ];
        for columns in alike {
            let found: Vec<Vec<u128>> = columns.iter().map(|column| of(Arc::clone(column))).collect();
            assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{columns:?}");
        }
        let unsigned = of(Arc::new(UInt64Array::from(vec![120])));
        assert_eq!(unsigned, of(Arc::new(Int64Array::from(vec![120]))));
        let none = of(Arc::new(NullArray::new(1)));
        assert_eq!(none, of(texts(&[None])), "NULL of any type");
        let long = i256::from_i128(i128::MAX).wrapping_mul(i256::from_i128(7));
        let long = |scale, times: i128| -> ArrayRef {
            let value = long.wrapping_mul(i256::from_i128(times));
            Arc::new(Decimal256Array::from(vec![value]).with_precision_and_scale(60, scale).unwrap())
        };
        assert_eq!(of(long(0, 1)), of(long(2, 100)));
    }

    #[test]
    fn the_order_of_columns_and_the_borders_of_batches_make_no_difference() {
        let [one, two] = [texts(&[Some("x"), Some("y")]), texts(&[Some("y"), None])];
        let both = hashes(vec![("a", Arc::clone(&one)), ("b", Arc::clone(&two))]);
        assert_eq!(both, hashes(vec![("b", Arc::clone(&two)), ("a", Arc::clone(&one))]));
        let halves = [0, 1].map(|at| hashes(vec![("a", one.slice(at, 1)), ("b", two.slice(at, 1))]));
        assert_eq!(both, halves.concat());
        let all = RecordBatch::try_from_iter([("a", one), ("b", two)]).unwrap();
        let without = RowHash::of(&all.schema(), &["a"]).hashes(&all).unwrap();
        assert_eq!(without, hashes(vec![("b", Arc::clone(all.column(1)))]));
    }

    #[test]
    fn what_says_something_else_is_hashed_to_something_else() {
        let of = |columns: Vec<(&str, ArrayRef)>| hashes(columns)[0];
        let text = |name, value| (name, texts(&[value]));
        let rows = [
            of(vec![text("a", Some(""))]),
            of(vec![text("a", None)]),
            of(vec![text("b", None)]),
            of(vec![text("a", None), text("b", None)]),
            of(vec![text("ab", None)]),
            of(vec![text("a", Some("x")), text("b", Some(""))]),
            of(vec![text("a", Some("")), text("b", Some("x"))]),
            of(vec![text("a", Some("x")), text("c", Some(""))]),
            of(vec![text("a", Some("x")), text("b", None)]),
            // Where one text ends and the next begins.
            of(vec![text("a", Some("x\u{5}y")), text("b", Some(""))]),
            of(vec![text("a", Some("x")), text("b", Some("y\u{5}"))]),
            of(vec![text("a", Some("1"))]),
            of(vec![("a", Arc::new(BinaryArray::from(vec![&b"1"[..]])))]),
            of(vec![("a", Arc::new(Int64Array::from(vec![1])))]),
            of(vec![("a", Arc::new(Int64Array::from(vec![10])))]),
            of(vec![("a", Arc::new(Float64Array::from(vec![1.0])))]),
            of(vec![("a", Arc::new(Float64Array::from(vec![0.0])))]),
            of(vec![("a", Arc::new(Float64Array::from(vec![-0.0])))]),
            of(vec![("a", Arc::new(TimestampSecondArray::from(vec![1])))]),
            of(vec![("a", Arc::new(arrow::array::Date32Array::from(vec![1])))]),
            of(vec![("a", Arc::new(arrow::array::BooleanArray::from(vec![true])))]),
        ];
        let different: std::collections::BTreeSet<u128> = rows.into_iter().collect();
        assert_eq!(different.len(), rows.len());
    }

    type Said = (Option<String>, Option<String>, Option<i64>, Option<i64>);

    fn said() -> impl Strategy<Value = Vec<Said>> {
        let text = || prop::option::of("[ab]{0,2}");
        let number = || prop::option::of(-30_i64..30);
        prop::collection::vec((text(), text(), number(), number()), 2_000)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4))]

        #[test]
        fn rows_have_one_hash_where_they_say_the_same(rows in said()) {
            let one = |of: fn(&Said) -> &Option<String>| -> ArrayRef {
                Arc::new(rows.iter().map(of).map(Option::as_deref).collect::<StringViewArray>())
            };
            let whole = rows.iter().map(|row| row.2).collect::<Int64Array>();
            let decimal = rows.iter().map(|row| row.3.map(i128::from)).collect::<Decimal128Array>();
            let decimal = decimal.with_precision_and_scale(12, 1).unwrap();
            let hashes = hashes(vec![
                ("d", Arc::new(decimal)),
                ("b", one(|row| &row.1)),
                ("c", Arc::new(whole)),
                ("a", one(|row| &row.0)),
            ]);
            let (mut hash_of, mut row_of) = (HashMap::new(), HashMap::new());
            for (row, hash) in rows.iter().zip(&hashes) {
                prop_assert_eq!(*hash_of.entry(row).or_insert(*hash), *hash, "{:?}", row);
                prop_assert_eq!(*row_of.entry(*hash).or_insert(row), row);
            }
        }
    }
}
