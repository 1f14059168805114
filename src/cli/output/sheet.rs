//! A table of texts for people, never wider than the terminal: what does not fit stands below, or is left out by name.

use comfy_table::presets::{NOTHING, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table as Drawing, Width};

use super::lines::wrapped;

/// Headings and rows without a frame, for narrow terminals: one line under the headings.
const NARROW: &str = "     ══            ";

/// Spaces between columns without a frame.
const BETWEEN: u16 = 2;

/// Texts are given so much room, and may be broken beyond it.
const LONGEST_WORD: usize = 16;

/// A table of texts.
#[derive(Default)]
pub(in crate::cli) struct Sheet {
    /// The columns. The first one tells the rows apart.
    pub names: Vec<String>,
    /// Which of them are numbers.
    pub right: Vec<bool>,
    /// Those that a narrow terminal does without, the first of them first: texts stand below, numbers are left out.
    pub yields: Vec<usize>,
    /// A text for each column of each row.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Drawn in a frame, as wide as it is.
    pub fn natural(&self) -> String {
        let mut drawing = Drawing::new();
        drawing.load_preset(UTF8_FULL_CONDENSED).force_no_tty();
        drawing.set_header(&self.names).add_rows(&self.rows);
        self.align(&mut drawing, &self.all());
        format!("{drawing}\n")
    }

    /// Drawn at most as wide as the terminal, where there is one.
    pub fn fitted(&self, width: Option<usize>) -> String {
        let natural = self.natural();
        let Some(width) = width.filter(|width| widest(&natural) > *width) else { return natural };
        let mut kept = self.all();
        let mut yielding = self.yields.iter();
        while self.least(&kept) > width {
            let Some(next) = yielding.next() else { return self.expanded(width) };
            kept.retain(|column| column != next);
        }
        let drawn = self.narrow(&kept, width);
        if widest(&drawn) > width {
            return self.expanded(width);
        }
        let gone = self.yields.iter().rev().filter(|column| !kept.contains(column));
        let (numbers, texts): (Vec<usize>, Vec<usize>) = gone.partition(|column| self.right[**column]);
        let mut text = drawn;
        texts.iter().for_each(|column| text += &self.below(*column, width));
        if !numbers.is_empty() {
            let names: Vec<&str> = numbers.iter().map(|column| self.names[*column].as_str()).collect();
            let note = format!("for want of width without {}; --json has all", names.join(", "));
            text += &wrapped(&note, Some(width));
        }
        text
    }

    /// Each row below the other, a line per column: for rows that are wider than the terminal.
    pub fn expanded(&self, width: usize) -> String {
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let mut drawing = bare(NOTHING, width);
            for (name, cell) in self.names.iter().zip(row) {
                drawing.add_row([name, cell]);
            }
            text.push_str(&format!("row {}\n{}\n", number + 1, drawing.trim_fmt()));
        }
        text
    }

    fn all(&self) -> Vec<usize> {
        (0..self.names.len()).collect()
    }

    /// The least width of some columns beside each other.
    fn least(&self, columns: &[usize]) -> usize {
        let between = usize::from(BETWEEN) * columns.len().saturating_sub(1);
        columns.iter().map(|column| self.least_of(*column)).sum::<usize>() + between
    }

    /// The least width of a column: numbers and names are not broken, texts between words.
    fn least_of(&self, column: usize) -> usize {
        let words = |text: &str| text.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
        let whole = self.right[column];
        let cells = || self.rows.iter().map(|row| row[column].as_str());
        let longest = cells().map(|cell| cell.chars().count()).max().unwrap_or_default();
        let word = cells().map(words).max().unwrap_or_default();
        let cells = match (whole, column) {
            (true, _) => longest,
            (false, 0) => word.max(longest.min(LONGEST_WORD)),
            (false, _) => longest.min(LONGEST_WORD),
        };
        cells.max(words(&self.names[column])).max(1)
    }

    fn narrow(&self, columns: &[usize], width: usize) -> String {
        let of = |row: &Vec<String>| columns.iter().map(|column| row[*column].clone()).collect::<Vec<_>>();
        // What stands behind the last column is cut off again.
        let mut drawing = bare(NARROW, width + usize::from(BETWEEN));
        drawing.set_header(of(&self.names)).add_rows(self.rows.iter().map(of));
        for (index, column) in columns.iter().enumerate() {
            let least = u16::try_from(self.least_of(*column)).unwrap_or(u16::MAX).saturating_add(BETWEEN);
            if let Some(drawn) = drawing.column_mut(index) {
                drawn.set_padding((0, BETWEEN));
                drawn.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
            }
        }
        self.align(&mut drawing, columns);
        let cut = |line: &str| format!("{}\n", cut_to(line.trim_end(), width));
        drawing.lines().map(|line| cut(&line)).collect()
    }

    fn align(&self, drawing: &mut Drawing, columns: &[usize]) {
        for (index, _) in columns.iter().enumerate().filter(|(_, column)| self.right[**column]) {
            if let Some(column) = drawing.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }

    /// What a column says, a line for each row of which it says something.
    fn below(&self, column: usize, width: usize) -> String {
        let said = self.rows.iter().filter(|row| !row[column].is_empty());
        let lines =
            said.map(|row| wrapped(&format!("  {}: {}", row[0].trim_start(), row[column]), Some(width)));
        let lines: String = lines.collect();
        if lines.is_empty() { lines } else { format!("{}:\n{lines}", self.names[column]) }
    }
}

/// A drawing without colours that fits a width.
fn bare(preset: &str, width: usize) -> Drawing {
    let mut drawing = Drawing::new();
    drawing.load_preset(preset).force_no_tty();
    drawing.set_content_arrangement(ContentArrangement::Dynamic);
    drawing.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    drawing
}

/// The line under the headings is as long as all columns with what stands behind them.
fn cut_to(line: &str, width: usize) -> &str {
    let is_rule = line.starts_with('═');
    match line.char_indices().nth(width).filter(|_| is_rule) {
        Some((end, _)) => &line[..end],
        None => line,
    }
}

/// The longest line.
pub(super) fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Sheet, widest};

    fn sheet() -> Sheet {
        let texts = |row: [&str; 5]| row.map(str::to_owned).to_vec();
        Sheet {
            names: texts(["model", "rows", "read/s", "why it is so", "state"]),
            right: vec![false, true, true, false, false],
            yields: vec![3, 2],
            rows: vec![
                texts([
                    "metrics.contract_periods",
                    "1,234,567",
                    "22,333",
                    "for a reason that takes some words",
                    "new",
                ]),
                texts(["metrics.usage", "7", "1", "", ""]),
            ],
        }
    }

    #[test]
    fn a_table_is_never_wider_than_the_terminal_and_breaks_no_number_or_name() {
        let sheet = sheet();
        for width in 20..120 {
            let drawn = sheet.fitted(Some(width));
            assert!(widest(&drawn) <= width, "{width}:\n{drawn}");
            if width >= 50 {
                for word in ["metrics.contract_periods", "1,234,567", "new"] {
                    assert!(drawn.contains(word), "{width}: {word}\n{drawn}");
                }
            }
        }
        assert_eq!(sheet.fitted(None), sheet.natural());
        assert_eq!(sheet.fitted(Some(200)), sheet.natural());
    }

    #[test]
    fn what_does_not_fit_stands_below_or_is_named() {
        let drawn = sheet().fitted(Some(60));
        assert!(drawn.contains("why it is so:\n  metrics.contract_periods: for a reason"), "{drawn}");
        let drawn = sheet().fitted(Some(45));
        assert!(drawn.contains("for want of width without read/s;"), "{drawn}");
    }
}
