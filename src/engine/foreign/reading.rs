//! How a column that a file has is read as the column that was declared.

use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};

use crate::project::types::{fits, is_binary, is_text};

/// How the values of a file's column become values of the declared type. What has no reading is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reading {
    /// As they are, or by a cast that keeps every value and the order of values: bounds of the one are bounds of the other.
    Kept,
    /// Each value must be the same in the declared type, or the file is refused.
    Exact,
    /// An instant in another unit, cut off at the microsecond.
    Instant,
    /// A day as the instant at which it begins in the project's time zone.
    DayBegins,
    /// An instant that must be a midnight, as the day that it begins.
    Midnight,
    /// The sixteen bytes of a UUID as text.
    Uuid,
    /// Bytes that nobody promised to be text, which must be valid UTF-8. The reader of Parquet takes them for text unseen.
    Text,
    /// A duration of any unit, which must be a whole number of microseconds, as that number.
    Microseconds,
}

/// What the Parquet schema says of a column's bytes, beyond their type.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Marks {
    /// They are UUIDs.
    pub(crate) uuid: bool,
    /// They are not promised to be UTF-8: no kind is given, or JSON, ENUM and the like, which no reader tries.
    pub(crate) untried: bool,
}

/// The reading of a file's type as a declared type; `None` where the one is not the other, however small the values.
pub(crate) fn reading(given: &DataType, declared: &DataType, marks: Marks) -> Option<Reading> {
    use DataType as T;
    match (given, declared) {
        (T::UInt64, T::Int64) => Some(Reading::Exact),
        (T::Timestamp(TimeUnit::Microsecond, _), T::Timestamp(TimeUnit::Microsecond, _)) => {
            Some(Reading::Kept)
        }
        (T::Timestamp(..), T::Timestamp(TimeUnit::Microsecond, _)) => Some(Reading::Instant),
        (T::Date32, T::Timestamp(TimeUnit::Microsecond, _)) => Some(Reading::DayBegins),
        (T::Timestamp(_, None), T::Date32) => Some(Reading::Midnight),
        (T::Time32(_) | T::Time64(_), T::Time64(TimeUnit::Nanosecond)) => Some(Reading::Kept),
        (T::FixedSizeBinary(16), to) if is_text(to) && marks.uuid => Some(Reading::Uuid),
        (from, to) if is_text(to) && (is_binary(from) || (is_text(from) && marks.untried)) => {
            Some(Reading::Text)
        }
        (T::Duration(_), T::Int64) => Some(Reading::Microseconds),
        (T::FixedSizeBinary(_), T::Binary | T::BinaryView | T::LargeBinary) => Some(Reading::Kept),
        (T::Struct(given), T::Struct(declared)) => fields_kept(given, declared),
        (T::List(given), T::List(declared)) => kept(given, declared),
        _ if fits(given, declared) => Some(Reading::Kept),
        _ if is_number(given) && is_number(declared) => Some(Reading::Exact),
        _ => None,
    }
}

/// Parts of a struct are read by their names, each as it is.
fn fields_kept(given: &Fields, declared: &Fields) -> Option<Reading> {
    let of_name = |name: &str| given.iter().find(|field| field.name() == name);
    let all =
        declared.iter().all(|field| of_name(field.name()).is_some_and(|given| kept(given, field).is_some()));
    all.then_some(Reading::Kept)
}

fn kept(given: &Field, declared: &Field) -> Option<Reading> {
    reading(given.data_type(), declared.data_type(), Marks::default())
        .filter(|reading| *reading == Reading::Kept)
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_integer() || data_type.is_floating() || data_type.is_decimal()
}

/// Which of a file's columns a declared name means: the one so called; else the only one that is, but for upper and lower
/// case.
pub(crate) fn place_of(schema: &Schema, name: &str) -> Option<usize> {
    let fields = schema.fields();
    fields.iter().position(|field| field.name() == name).or_else(|| {
        let mut alike = alike(schema, name);
        alike.next().filter(|_| alike.next().is_none())
    })
}

/// The columns whose names are alike, but for upper and lower case.
pub(crate) fn alike<'a>(schema: &'a Schema, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let lower = name.to_lowercase();
    let fields = schema.fields().iter().enumerate();
    fields.filter(move |(_, field)| field.name().to_lowercase() == lower).map(|(place, _)| place)
}
