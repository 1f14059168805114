//! From the text of a cell to a value of its column's type: nothing is rounded, guessed or cut.

use arrow::datatypes::{DataType, Date32Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::NaiveDate;
use datafusion::scalar::ScalarValue;

use super::document::Cell;
use crate::diagnostic::Diagnostic;
use crate::project::types::{sql_name, with_article};

/// The type in which values of a column are written and compared: one kind of text, no dictionary.
pub(super) fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        other => other.clone(),
    }
}

/// The value that a cell writes, in the plain form of a column's type.
///
/// # Errors
/// A diagnostic, still without its place, when the text is no value of the type.
pub(super) fn parse(column: &str, cell: &Cell, data_type: &DataType) -> Result<ScalarValue, Diagnostic> {
    let data_type = plain(data_type);
    if data_type.is_nested() {
        let message = format!(
            "`{column}` is {}: its values cannot be written in a test",
            with_article(&sql_name(&data_type))
        );
        return Err(Diagnostic::error("test-value", message).help("leave the column out"));
    }
    let Some(text) = &cell.value else {
        return ScalarValue::try_new_null(&data_type)
            .map_err(|error| Diagnostic::error("test-value", error.strip_backtrace()));
    };
    value(text, &data_type).ok_or_else(|| {
        let message = format!("`{text}` is no {} (column `{column}`)", sql_name(&data_type));
        let problem = Diagnostic::error("test-value", message);
        match form(&data_type) {
            Some(form) => problem.help(form),
            None => problem,
        }
    })
}

fn value(text: &str, data_type: &DataType) -> Option<ScalarValue> {
    let text = match (data_type, text) {
        (DataType::Utf8, _) => return Some(ScalarValue::from(text)),
        (DataType::Date32, _) => {
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            return Some(ScalarValue::Date32(Some(Date32Type::from_naive_date(date))));
        }
        (DataType::Boolean, "true" | "false") => text,
        (DataType::Boolean, _) => return None,
        (DataType::Float64 | DataType::Float32, ".nan") => "NaN",
        (DataType::Float64 | DataType::Float32, ".inf") => "inf",
        (DataType::Float64 | DataType::Float32, "-.inf") => "-inf",
        (DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale), _)
            if !fits_decimal(text, *scale) =>
        {
            return None;
        }
        _ if data_type.is_integer() => text.parse::<i128>().is_ok().then_some(text)?,
        _ => text,
    };
    // A number out of its type's range must be refused, never read as NULL.
    ScalarValue::try_from_string(text.to_owned(), data_type).ok().filter(|value| !value.is_null())
}

/// Whether a text is a plain decimal number with no more digits behind the point than a scale keeps.
fn fits_decimal(text: &str, scale: i8) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    !(whole.is_empty() && fraction.is_empty())
        && digits(whole)
        && digits(fraction)
        && fraction.trim_end_matches('0').len() <= usize::try_from(scale).unwrap_or(0)
}

fn form(data_type: &DataType) -> Option<&'static str> {
    Some(match data_type {
        DataType::Boolean => "write true, false or null",
        DataType::Date32 => "write it as YYYY-MM-DD",
        DataType::Timestamp(_, _) => {
            "write it as YYYY-MM-DD HH:MM:SS, or with its zone as YYYY-MM-DDTHH:MM:SS+02:00"
        }
        DataType::Decimal128(_, _) | DataType::Decimal256(_, _) => {
            "write digits with no more behind the point than the type keeps, without an exponent"
        }
        data_type if data_type.is_integer() => "write a whole number within the type's range",
        _ => return None,
    })
}

/// A value as people read it: `NULL`, numbers and dates as SQL shows them, text in quotes where it would mislead.
pub(super) fn shown(value: &ScalarValue) -> String {
    if value.is_null() {
        return "NULL".to_owned();
    }
    if let ScalarValue::Utf8(Some(text)) = value {
        let misleads =
            text.is_empty() || text == "NULL" || text.trim() != text || text.chars().any(char::is_control);
        return if misleads { format!("{text:?}") } else { text.clone() };
    }
    let drawn = value.to_array().ok().and_then(|array| {
        let formatter = ArrayFormatter::try_new(&array, &FormatOptions::default()).ok()?;
        formatter.value(0).try_to_string().ok()
    });
    drawn.unwrap_or_else(|| value.to_string())
}
