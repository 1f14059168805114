//! Rows as a table for people: numbers to the right, control characters visible, nothing wider than the terminal.

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::Rows;
use super::sheet::{Sheet, widest};
use crate::cli::numbers::short;

/// Decimals that are shown as they are.
const DECIMALS: usize = 6;

/// The most characters of one cell.
const CELL: usize = 120;

/// Collects rows, because the widest decides the width.
pub(super) struct Table {
    sheet: Sheet,
    /// That of the terminal.
    width: Option<usize>,
}

impl Table {
    pub fn new(schema: SchemaRef, width: Option<usize>) -> Self {
        let fields = schema.fields();
        let sheet = Sheet {
            names: fields.iter().map(|field| shown(field.name())).collect(),
            right: fields.iter().map(|field| field.data_type().is_numeric()).collect(),
            ..Sheet::default()
        };
        Self { sheet, width }
    }
}

impl Rows for Table {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        let options = FormatOptions::default().with_null("NULL");
        let columns = batch.columns().iter().map(|column| Cells::of(column, &options));
        let columns: Vec<Cells<'_>> = columns.collect::<Result<_, _>>()?;
        let row = |index| columns.iter().map(|column| column.shown(index)).collect();
        self.sheet.rows.extend((0..batch.num_rows()).map(row));
        Ok(Vec::new())
    }

    fn end(&mut self) -> Result<Vec<u8>, ArrowError> {
        let table = self.sheet.natural();
        let narrow = self.width.filter(|width| widest(&table) > *width);
        Ok(narrow.map_or(table, |width| self.sheet.expanded(width)).into_bytes())
    }
}

/// The cells of a column: of doubles as many digits as people read, all of them are in the other forms.
enum Cells<'a> {
    Doubles(&'a Float64Array),
    /// What holds numbers of any precision: single ones, decimals, lists and structs.
    Numbers(ArrayFormatter<'a>),
    Others(ArrayFormatter<'a>),
}

impl<'a> Cells<'a> {
    fn of(column: &'a ArrayRef, options: &FormatOptions<'a>) -> Result<Self, ArrowError> {
        match column.as_primitive_opt() {
            Some(doubles) => Ok(Self::Doubles(doubles)),
            None => {
                let has_numbers = column.data_type().is_numeric() || column.data_type().is_nested();
                let cells = if has_numbers { Self::Numbers } else { Self::Others };
                ArrayFormatter::try_new(column.as_ref(), options).map(cells)
            }
        }
    }

    fn shown(&self, row: usize) -> String {
        match self {
            Self::Doubles(doubles) if doubles.is_null(row) => "NULL".to_owned(),
            Self::Doubles(doubles) => short(doubles.value(row)),
            Self::Numbers(cells) => shown(&in_few_digits(&cells.value(row).to_string())),
            Self::Others(cells) => shown(&cells.value(row).to_string()),
        }
    }
}

/// A text whose numbers have as many decimals as people read; those of few, such as amounts of money, stay as they are.
fn in_few_digits(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let mut told = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number.find(|c| !is_part(c)).unwrap_or(number.len());
        let (number, behind) = number.split_at(end);
        let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        // Not a part of a name, or of a time.
        let alone = !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ':' | '_'));
        let read = number.parse().ok().filter(|value: &f64| alone && decimals > DECIMALS && *value < 1e15);
        told.push_str(before);
        told.push_str(&read.map_or_else(|| number.to_owned(), short));
        rest = behind;
    }
    told + rest
}

/// A text on one line that moves no cursor: control characters are written out, and the end of a long one is cut.
pub(in crate::cli) fn shown(text: &str) -> String {
    let mut plain = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == CELL {
            plain.push('…');
            break;
        }
        if character.is_control() { plain.extend(character.escape_default()) } else { plain.push(character) }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{in_few_digits, shown};

    #[test]
    fn numbers_within_others_are_short_too() {
        for (stored, read) in [
            ("0.3333333333", "0.3333"),
            ("-28.5714285714", "-28.5714"),
            ("12.50", "12.50"),
            ("[0.3333333333333333, 2.0, 7]", "[0.3333, 2.0, 7]"),
            (
                "{at: 2026-09-30T10:00:00.123456, share: 0.14285714285714285}",
                "{at: 2026-09-30T10:00:00.123456, share: 0.1429}",
            ),
            ("{version: v1.23456789}", "{version: v1.23456789}"),
            ("NULL", "NULL"),
        ] {
            assert_eq!(in_few_digits(stored), read);
        }
    }

    #[test]
    fn cells_stay_on_one_line_and_move_no_cursor() {
        assert_eq!(shown("a\nb\u{1b}[31mc"), "a\\nb\\u{1b}[31mc");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), 121);
        assert_eq!(shown("Zoë 你好"), "Zoë 你好");
    }
}
