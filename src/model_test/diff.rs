//! Draws the rows in which a case and its model differ, value under value.

use comfy_table::{Cell, CellAlignment, Table, presets};
use datafusion::scalar::ScalarValue;

use super::compare::{Comparison, Differences};
use super::value::shown;

/// Differences of each kind that are drawn; the others are counted.
const DRAWN: usize = 10;

/// Characters of a value that are drawn.
const WIDTH: usize = 40;

/// The widest table that is drawn side by side: with what is before it, it fits a terminal of 80.
const WIDEST: usize = 70;

/// The differences as a table: the columns of the key and those that differ, or all of them where a row has no
/// counterpart; of a row with other values only those.
pub(super) fn draw(comparison: &Comparison<'_>, differences: &Differences) -> String {
    let columns = drawn_columns(comparison, differences);
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    let names = columns.iter().map(|column| comparison.expected.columns[*column].0.as_str());
    table.set_header(std::iter::once("").chain(names));
    for (expected, got) in differences.differing.iter().take(DRAWN) {
        let (wanted, given) = differing_rows(comparison, &columns, *expected, *got);
        table.add_row(wanted);
        table.add_row(given);
    }
    for expected in differences.missing.iter().take(DRAWN) {
        let (line, row) = &comparison.expected.rows[*expected];
        table.add_row(whole_row(format!("missing, line {line}"), row, &columns));
    }
    for got in differences.unexpected.iter().take(DRAWN) {
        table.add_row(whole_row("unexpected".to_owned(), &comparison.got[*got], &columns));
    }
    let mut drawn = table.trim_fmt();
    if drawn.lines().any(|line| line.chars().count() > WIDEST) {
        drawn = tall(comparison, differences, &columns);
    }
    let kinds = [differences.differing.len(), differences.missing.len(), differences.unexpected.len()];
    match kinds.iter().map(|count| count.saturating_sub(DRAWN)).sum() {
        0_usize => drawn,
        more => format!("{drawn}\n… and {more} more"),
    }
}

/// The same with a line for each column, where the columns do not fit side by side.
fn tall(comparison: &Comparison<'_>, differences: &Differences, columns: &[usize]) -> String {
    let mut blocks = Vec::new();
    let short = |value: &ScalarValue, shows| shorten_to(&shown(value), shows, WIDTH / 2);
    let mut block = |title: String, rows: Vec<[String; 3]>| {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).add_rows(rows);
        blocks.push(format!("{title}\n{}", table.trim_fmt()));
    };
    for (expected, got) in differences.differing.iter().take(DRAWN) {
        let (line, wanted) = &comparison.expected.rows[*expected];
        let row = |column: &usize| {
            let (want, have) = (&wanted[*column], &comparison.got[*got][*column]);
            let name = comparison.expected.columns[*column].0.clone();
            if comparison.cells_equal(*column, *expected, *got) {
                return [name, short(want, 0), String::new()];
            }
            let from = common_start(&shown(want), &shown(have));
            [name, short(want, from), format!("got {}", short(have, from))]
        };
        block(format!("expected, line {line}"), columns.iter().map(row).collect());
    }
    let whole = |row: &[ScalarValue]| -> Vec<[String; 3]> {
        let cell = |column: &usize| {
            [comparison.expected.columns[*column].0.clone(), short(&row[*column], 0), String::new()]
        };
        columns.iter().map(cell).collect()
    };
    for expected in differences.missing.iter().take(DRAWN) {
        let (line, row) = &comparison.expected.rows[*expected];
        block(format!("missing, line {line}"), whole(row));
    }
    for got in differences.unexpected.iter().take(DRAWN) {
        block("unexpected".to_owned(), whole(&comparison.got[*got]));
    }
    blocks.join("\n")
}

fn drawn_columns(comparison: &Comparison<'_>, differences: &Differences) -> Vec<usize> {
    let all = 0..comparison.expected.columns.len();
    let is_paired = differences.missing.is_empty() && differences.unexpected.is_empty();
    if comparison.key.is_empty() || !is_paired {
        return all.collect();
    }
    let differs = |column: usize| {
        differences.differing.iter().any(|(expected, got)| !comparison.cells_equal(column, *expected, *got))
    };
    all.filter(|column| comparison.key.contains(column) || differs(*column)).collect()
}

fn differing_rows(
    comparison: &Comparison<'_>,
    columns: &[usize],
    expected: usize,
    got: usize,
) -> (Vec<Cell>, Vec<Cell>) {
    let (line, wanted) = &comparison.expected.rows[expected];
    let mut above = vec![Cell::new(format!("expected, line {line}"))];
    let mut below = vec![Cell::new("got")];
    for column in columns {
        let (want, have) = (&wanted[*column], &comparison.got[got][*column]);
        if comparison.cells_equal(*column, expected, got) {
            above.push(cell(want, shorten(&shown(want), 0)));
            below.push(Cell::new(""));
        } else {
            let (want_text, have_text) = (shown(want), shown(have));
            let from = common_start(&want_text, &have_text);
            above.push(cell(want, shorten(&want_text, from)));
            below.push(cell(have, shorten(&have_text, from)));
        }
    }
    (above, below)
}

fn whole_row(label: String, row: &[ScalarValue], columns: &[usize]) -> Vec<Cell> {
    let values = columns.iter().map(|column| cell(&row[*column], shorten(&shown(&row[*column]), 0)));
    std::iter::once(Cell::new(label)).chain(values).collect()
}

fn cell(value: &ScalarValue, text: String) -> Cell {
    let alignment = if value.data_type().is_numeric() { CellAlignment::Right } else { CellAlignment::Left };
    Cell::new(text).set_alignment(alignment)
}

fn common_start(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

/// At most [`WIDTH`] characters of a text, so that the one at `shows` is among them.
fn shorten(text: &str, shows: usize) -> String {
    shorten_to(text, shows, WIDTH)
}

/// At most so many characters of a text, so that the one at `shows` is among them.
fn shorten_to(text: &str, shows: usize, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let from = if shows < width - 1 { 0 } else { (shows - width / 2).min(length - width) };
    let part: String = text.chars().skip(from).take(width).collect();
    let (before, after) = (if from > 0 { "…" } else { "" }, if from + width < length { "…" } else { "" });
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, shorten};

    #[test]
    fn a_long_text_is_cut_around_what_differs() {
        let text: String = ('a'..='z').cycle().take(200).collect();
        assert_eq!(shorten("short", 3), "short");
        assert_eq!(shorten(&text, 0), format!("{}…", &text[..WIDTH]));
        assert!(shorten(&text, 150).contains(&text[150..155]));
        assert_eq!(shorten(&text, 199), format!("…{}", &text[200 - WIDTH..]));
    }
}
