//! Facts about the types of columns: what can be stored as what, and how people write them in SQL.

use arrow::datatypes::DataType;

/// Whether every value of one type can be stored as the other without loss.
pub(crate) fn fits(given: &DataType, declared: &DataType) -> bool {
    use DataType as T;
    if given == declared || *given == T::Null {
        return true;
    }
    match (given, declared) {
        (T::Dictionary(_, value), _) => fits(value, declared),
        (T::Timestamp(_, from), T::Timestamp(_, to)) => from.is_some() == to.is_some(),
        (T::Date32, T::Timestamp(_, None)) => false,
        (T::Decimal128(p, s), T::Decimal128(to_p, to_s)) => {
            to_s >= s && i16::from(*to_p) - i16::from(*to_s) >= i16::from(*p) - i16::from(*s)
        }
        // A count may be unsigned inside the engine; the cast at the writer fails rather than wraps.
        (T::UInt64, T::Int64) => true,
        (T::Float16 | T::Float32, T::Float64) => true,
        _ if is_text(given) && is_text(declared) => true,
        _ if is_binary(given) && is_binary(declared) => true,
        _ => {
            integer_range(given)
                .zip(integer_range(declared))
                .is_some_and(|(from, to)| to.0 <= from.0 && from.1 <= to.1)
                || exact_in_double(given, declared)
                || integer_in_decimal(given, declared)
        }
    }
}

/// Whether it is text, however it is kept.
pub(crate) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Whether it is bytes of any length, however they are kept.
pub(crate) fn is_binary(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

fn integer_range(data_type: &DataType) -> Option<(i128, i128)> {
    Some(match data_type {
        DataType::Int8 => (i8::MIN.into(), i8::MAX.into()),
        DataType::Int16 => (i16::MIN.into(), i16::MAX.into()),
        DataType::Int32 => (i32::MIN.into(), i32::MAX.into()),
        DataType::Int64 => (i64::MIN.into(), i64::MAX.into()),
        DataType::UInt8 => (0, u8::MAX.into()),
        DataType::UInt16 => (0, u16::MAX.into()),
        DataType::UInt32 => (0, u32::MAX.into()),
        DataType::UInt64 => (0, u64::MAX.into()),
        _ => return None,
    })
}

fn exact_in_double(given: &DataType, declared: &DataType) -> bool {
    let small = |(low, high): (i128, i128)| low >= -(1 << 53) && high <= 1 << 53;
    *declared == DataType::Float64 && integer_range(given).is_some_and(small)
}

fn integer_in_decimal(given: &DataType, declared: &DataType) -> bool {
    let (Some((_, high)), DataType::Decimal128(precision, scale)) = (integer_range(given), declared) else {
        return false;
    };
    let digits = i16::from(*precision) - i16::from(*scale);
    digits >= high.to_string().len() as i16
}

/// Whether a column can be declared with a type of this name.
pub(crate) fn is_declarable(sql_name: &str) -> bool {
    const UNKNOWN: [&str; 5] = ["MAP", "STRUCT", "INTERVAL", "UUID", "HALF"];
    !UNKNOWN.iter().any(|kind| sql_name.starts_with(kind)) && !sql_name.ends_with(']')
}

/// The name of a type, or of another thing, with its article: `an INT`, `a DATE`.
pub(crate) fn with_article(name: &str) -> String {
    let article = if name.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// A value of a type, as a sentence names it: `an INT`, `a TIMESTAMP WITH TIME ZONE`, `a text`.
pub(crate) fn a_value_of(data_type: &DataType) -> String {
    if is_text(data_type) { "a text".to_owned() } else { with_article(&sql_name(data_type)) }
}

/// A type as people write it in SQL.
pub(crate) fn sql_name(data_type: &DataType) -> String {
    match data_type {
        DataType::UInt8 => "TINYINT UNSIGNED".to_owned(),
        DataType::UInt16 => "SMALLINT UNSIGNED".to_owned(),
        DataType::UInt32 => "INT UNSIGNED".to_owned(),
        DataType::Float16 => "HALF FLOAT".to_owned(),
        DataType::Decimal256(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        DataType::Time32(_) | DataType::Time64(_) => "TIME".to_owned(),
        DataType::Duration(_) | DataType::Interval(_) => "INTERVAL".to_owned(),
        DataType::FixedSizeBinary(_) => "BYTEA".to_owned(),
        other if is_binary(other) => "BYTEA".to_owned(),
        DataType::List(of) | DataType::LargeList(of) | DataType::FixedSizeList(of, _) => {
            format!("{}[]", sql_name(of.data_type()))
        }
        DataType::Struct(fields) => {
            let parts =
                fields.iter().map(|field| format!("{} {}", field.name(), sql_name(field.data_type())));
            format!("STRUCT<{}>", parts.collect::<Vec<_>>().join(", "))
        }
        DataType::Map(entry, _) => match entry.data_type() {
            DataType::Struct(pair) => {
                let parts = pair.iter().map(|field| sql_name(field.data_type()));
                format!("MAP<{}>", parts.collect::<Vec<_>>().join(", "))
            }
            _ => "MAP".to_owned(),
        },
        DataType::Null => "NULL".to_owned(),
        DataType::Int8 => "TINYINT".to_owned(),
        DataType::Int16 => "SMALLINT".to_owned(),
        DataType::Int32 => "INT".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::UInt64 => "BIGINT UNSIGNED".to_owned(),
        DataType::Float32 => "REAL".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Timestamp(_, None) => "TIMESTAMP".to_owned(),
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        other if is_text(other) => "VARCHAR".to_owned(),
        DataType::Dictionary(_, value) => sql_name(value),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, TimeUnit};

    use super::{a_value_of, with_article};

    #[test]
    fn a_sentence_names_a_type_with_the_article_that_it_has() {
        let of = [
            (DataType::Int32, "an INT"),
            (DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano), "an INTERVAL"),
            (DataType::Int64, "a BIGINT"),
            (DataType::UInt32, "an INT UNSIGNED"),
            (DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), "a TIMESTAMP WITH TIME ZONE"),
            (DataType::Utf8View, "a text"),
        ];
        for (data_type, said) in of {
            assert_eq!(a_value_of(&data_type), said);
        }
        assert_eq!(["Iceberg", "Delta", "UUID"].map(with_article), ["an Iceberg", "a Delta", "a UUID"]);
    }
}
