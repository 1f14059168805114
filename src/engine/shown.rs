//! Values of rows as people read them in messages: written as in SQL, long ones shortened, on one line.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;

/// How many characters of a value are shown.
const SHOWN_CHARACTERS: usize = 60;

/// A row as `column = value, …`.
pub(crate) fn row(batch: &RecordBatch, row: usize) -> String {
    let fields = batch.schema_ref().fields().iter();
    let cells = fields
        .zip(batch.columns())
        .map(|(field, column)| format!("{} = {}", field.name(), value(column, row)));
    cells.collect::<Vec<_>>().join(", ")
}

/// One value of a column.
pub(crate) fn value(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return "NULL".to_owned();
    }
    match column.data_type() {
        DataType::Utf8View => quoted(column.as_string_view().value(row)),
        DataType::Utf8 => quoted(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => quoted(column.as_string::<i64>().value(row)),
        _ => match array_value_to_string(column, row) {
            Ok(text) => shortened(&text),
            Err(_) => "a value that cannot be shown".to_owned(),
        },
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", shortened(text))
}

/// The start of a text on one line.
fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(SHOWN_CHARACTERS).flat_map(escaped).collect();
    match characters.count() {
        0 => start,
        more => format!("{start}… ({more} more characters)"),
    }
}

fn escaped(character: char) -> impl Iterator<Item = char> {
    let (kept, written) = if character.is_control() {
        (None, Some(character.escape_default()))
    } else {
        (Some(character), None)
    };
    kept.into_iter().chain(written.into_iter().flatten())
}
