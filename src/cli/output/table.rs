//! Rows as a table for people: numbers to the right, control characters visible, nothing wider than the terminal.

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use comfy_table::presets::{NOTHING, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, ContentArrangement, Table as Drawing};

use super::Rows;
use crate::cli::console::Console;
use crate::cli::numbers::short;

/// The most characters of one cell.
const CELL: usize = 120;

/// A table of texts.
pub(in crate::cli) struct Sheet {
    /// The columns.
    pub names: Vec<String>,
    /// Which of them are numbers.
    pub right: Vec<bool>,
    /// A text for each column of each row.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Drawn as wide as it is.
    fn natural(&self, console: Console) -> String {
        self.draw(ContentArrangement::Disabled, console)
    }

    /// Drawn as wide as the terminal at most: long texts go on below.
    pub fn fitted(&self, console: Console) -> String {
        self.draw(ContentArrangement::Dynamic, console)
    }

    fn draw(&self, arrangement: ContentArrangement, console: Console) -> String {
        let mut drawing = drawing(UTF8_FULL_CONDENSED, console);
        drawing.set_content_arrangement(arrangement).set_header(&self.names).add_rows(&self.rows);
        for (index, _) in self.right.iter().enumerate().filter(|(_, right)| **right) {
            if let Some(column) = drawing.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        format!("{drawing}\n")
    }

    /// Each row below the other, a line per column: for rows that are wider than the terminal.
    fn expanded(&self, console: Console) -> String {
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let mut drawing = drawing(NOTHING, console);
            for (name, cell) in self.names.iter().zip(row) {
                drawing.add_row([name, cell]);
            }
            text.push_str(&format!("row {}\n{}\n", number + 1, drawing.trim_fmt()));
        }
        text
    }
}

fn drawing(preset: &str, console: Console) -> Drawing {
    let mut drawing = Drawing::new();
    drawing.load_preset(preset);
    if !console.wide_aware {
        drawing.force_no_tty();
    }
    drawing
}

/// Collects rows, because the widest decides the width.
pub(super) struct Table {
    sheet: Sheet,
    console: Console,
}

impl Table {
    pub fn new(schema: SchemaRef, console: Console) -> Self {
        let fields = schema.fields();
        let sheet = Sheet {
            names: fields.iter().map(|field| shown(field.name())).collect(),
            right: fields.iter().map(|field| field.data_type().is_numeric()).collect(),
            rows: Vec::new(),
        };
        Self { sheet, console }
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
        let table = self.sheet.natural(self.console);
        let natural = table.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        let terminal = self.console.wide_aware.then(|| Drawing::new().width()).flatten();
        let fits = terminal.is_none_or(|width| natural <= usize::from(width));
        Ok(if fits { table } else { self.sheet.expanded(self.console) }.into_bytes())
    }
}

/// The cells of a column: of doubles as many digits as people read, all of them are in the other forms.
enum Cells<'a> {
    Doubles(&'a Float64Array),
    Others(ArrayFormatter<'a>),
}

impl<'a> Cells<'a> {
    fn of(column: &'a ArrayRef, options: &FormatOptions<'a>) -> Result<Self, ArrowError> {
        match column.as_primitive_opt() {
            Some(doubles) => Ok(Self::Doubles(doubles)),
            None => ArrayFormatter::try_new(column.as_ref(), options).map(Self::Others),
        }
    }

    fn shown(&self, row: usize) -> String {
        match self {
            Self::Doubles(doubles) if doubles.is_null(row) => "NULL".to_owned(),
            Self::Doubles(doubles) => short(doubles.value(row)),
            Self::Others(cells) => shown(&cells.value(row).to_string()),
        }
    }
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
    use super::shown;

    #[test]
    fn cells_stay_on_one_line_and_move_no_cursor() {
        assert_eq!(shown("a\nb\u{1b}[31mc"), "a\\nb\\u{1b}[31mc");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), 121);
        assert_eq!(shown("Zoë 你好"), "Zoë 你好");
    }
}
