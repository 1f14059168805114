//! The rows that a model gave against the rows that a case expects.

use datafusion::scalar::ScalarValue;

use super::case::{Case, Expected};
use super::document::Order;

/// One row: a value for each compared column.
pub(super) type Row = Vec<ScalarValue>;

/// What is compared with what.
pub(super) struct Comparison<'a> {
    /// Columns, expected rows and how they are compared.
    pub(super) expected: &'a Expected,
    /// The rows that the model gave.
    pub(super) got: &'a [Row],
    /// Which columns name a row: the model's primary key; none where it has none or not all of it is compared.
    pub(super) key: Vec<usize>,
}

/// Rows of the two sides that have no equal on the other, by their place.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    /// An expected row and the row that was given for it, with other values.
    pub(super) differing: Vec<(usize, usize)>,
    /// Expected rows that the model did not give.
    pub(super) missing: Vec<usize>,
    /// Rows that the model gave and nobody expected.
    pub(super) unexpected: Vec<usize>,
}

impl Differences {
    /// Whether the two sides are the same.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// How many of each kind, in words.
    pub(super) fn summary(&self) -> String {
        let kinds = [
            (self.differing.len(), "other than expected"),
            (self.missing.len(), "missing"),
            (self.unexpected.len(), "unexpected"),
        ];
        let counted = kinds.iter().filter(|(count, _)| *count > 0);
        let words = counted
            .map(|(count, kind)| format!("{count} {} {kind}", if *count == 1 { "row" } else { "rows" }));
        words.collect::<Vec<_>>().join(", ")
    }
}

impl<'a> Comparison<'a> {
    /// What a case expects against what its model gave.
    pub(super) fn of(case: &'a Case<'_>, got: &'a [Row]) -> Self {
        let expected = &case.expected;
        let place = |name: &String| expected.columns.iter().position(|(column, _)| column == name);
        let key: Option<Vec<usize>> = case.model.contract.primary_key.iter().map(place).collect();
        Self { expected, got, key: key.unwrap_or_default() }
    }

    /// Pairs equal rows off, then the rest by key, or by most equal values where there is no key.
    pub(super) fn differences(&self) -> Differences {
        if self.expected.order == Order::Exact {
            return self.in_order();
        }
        let equal = self.equal_pairs();
        let mut left: Vec<usize> = (0..self.got.len()).filter(|row| !equal.contains(&Some(*row))).collect();
        let mut found = Differences::default();
        for expected in (0..equal.len()).filter(|row| equal[*row].is_none()) {
            match self.nearest(expected, &left) {
                Some(place) => found.differing.push((expected, left.remove(place))),
                None => found.missing.push(expected),
            }
        }
        found.unexpected = left;
        found
    }

    fn in_order(&self) -> Differences {
        let (expected, got) = (self.expected.rows.len(), self.got.len());
        let both = expected.min(got);
        let differing = (0..both).filter(|row| !self.rows_equal(*row, *row)).map(|row| (row, row));
        Differences {
            differing: differing.collect(),
            missing: (both..expected).collect(),
            unexpected: (both..got).collect(),
        }
    }

    /// For each expected row the given row that is taken for it. As many rows as possible find a partner: with a
    /// tolerance a row may equal several, and the first come must not take the only partner of another.
    fn equal_pairs(&self) -> Vec<Option<usize>> {
        let mut taken_by = vec![None; self.got.len()];
        for expected in 0..self.expected.rows.len() {
            self.find_partner(expected, &mut taken_by, &mut vec![false; self.got.len()]);
        }
        let mut pairs = vec![None; self.expected.rows.len()];
        for (got, expected) in taken_by.iter().enumerate() {
            if let Some(expected) = *expected {
                pairs[expected] = Some(got);
            }
        }
        pairs
    }

    fn find_partner(&self, expected: usize, taken_by: &mut [Option<usize>], tried: &mut [bool]) -> bool {
        for got in 0..self.got.len() {
            if tried[got] || !self.rows_equal(expected, got) {
                continue;
            }
            tried[got] = true;
            // Without a tolerance rows that equal one row equal each other: moving one elsewhere gains nothing.
            let free = match taken_by[got] {
                None => true,
                Some(other) => self.expected.tolerance > 0.0 && self.find_partner(other, taken_by, tried),
            };
            if free {
                taken_by[got] = Some(expected);
                return true;
            }
        }
        false
    }

    /// Among the rows left over, the place of the one that was probably meant.
    fn nearest(&self, expected: usize, left: &[usize]) -> Option<usize> {
        if !self.key.is_empty() {
            return left
                .iter()
                .position(|got| self.key.iter().all(|column| self.cells_equal(*column, expected, *got)));
        }
        let columns = self.expected.columns.len();
        let equal =
            |got: usize| (0..columns).filter(|column| self.cells_equal(*column, expected, got)).count();
        let scored = left.iter().enumerate().map(|(place, got)| (equal(*got), place));
        let best = scored.max_by_key(|(equal, place)| (*equal, std::cmp::Reverse(*place)));
        best.filter(|(equal, _)| *equal > 0 && equal * 2 >= columns).map(|(_, place)| place)
    }

    fn rows_equal(&self, expected: usize, got: usize) -> bool {
        (0..self.expected.columns.len()).all(|column| self.cells_equal(column, expected, got))
    }

    /// Whether an expected and a given row have the same value in a column.
    pub(super) fn cells_equal(&self, column: usize, expected: usize, got: usize) -> bool {
        equal(&self.expected.rows[expected].1[column], &self.got[got][column], self.expected.tolerance)
    }
}

fn equal(expected: &ScalarValue, got: &ScalarValue, tolerance: f64) -> bool {
    match (expected, got) {
        (ScalarValue::Float64(Some(expected)), ScalarValue::Float64(Some(got))) => {
            near(*expected, *got, tolerance)
        }
        (ScalarValue::Float32(Some(expected)), ScalarValue::Float32(Some(got))) => {
            near(f64::from(*expected), f64::from(*got), tolerance)
        }
        _ => expected == got,
    }
}

/// Equal, both NaN, or no further apart than the tolerance.
fn near(expected: f64, got: f64, tolerance: f64) -> bool {
    expected == got || (expected.is_nan() && got.is_nan()) || (expected - got).abs() <= tolerance
}
