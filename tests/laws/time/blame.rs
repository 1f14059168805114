//! Which rows of the sources break a law: the fewest that still do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use tempfile::TempDir;

use super::cut::{Dated, changed};
use super::tables::Difference;
use crate::laws::sources::read;

/// A row of a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub source: String,
    pub row: usize,
}

/// Rows of sources, by source.
pub struct Rows<'a> {
    folder: &'a Path,
    sources: &'a [Dated],
}

impl<'a> Rows<'a> {
    pub fn new(folder: &'a Path, sources: &'a [Dated]) -> Self {
        Self { folder, sources }
    }

    /// The rows that are asked for.
    pub fn places(&self, wanted: impl Fn(&Dated, &RecordBatch) -> Vec<bool>) -> Vec<Place> {
        let of_source = |source: &Dated| {
            let Some(rows) = read(self.folder, &source.path) else { return Vec::new() };
            let wanted = wanted(source, &rows).into_iter().enumerate().filter(|(_, wanted)| *wanted);
            wanted.map(|(row, _)| Place { source: source.name.clone(), row }).collect()
        };
        self.sources.iter().flat_map(of_source).collect()
    }

    /// The sources with the rows that are wanted; `None` where one of them would have none.
    pub fn only(&self, wanted: impl Fn(&Place) -> bool) -> Option<TempDir> {
        let is_empty = std::cell::Cell::new(false);
        let folder = changed(self.sources, self.folder, |source, rows| {
            let place = |row| Place { source: source.name.clone(), row };
            let kept: BooleanArray = (0..rows.num_rows()).map(|row| Some(wanted(&place(row)))).collect();
            is_empty.set(is_empty.get() || kept.true_count() == 0);
            filter_record_batch(&rows, &kept).unwrap()
        });
        (!is_empty.get()).then_some(folder)
    }

    /// The sources without some rows.
    pub fn without(&self, rows: &[Place]) -> Option<TempDir> {
        let left_out: BTreeSet<&Place> = rows.iter().collect();
        self.only(|place| !left_out.contains(place))
    }

    /// A row as people read it.
    fn told(&self, place: &Place) -> String {
        let source = self.sources.iter().find(|source| source.name == place.source).unwrap();
        let rows = read(self.folder, &source.path).unwrap();
        let options = FormatOptions::default().with_null("NULL");
        let value = |(field, column): (&std::sync::Arc<arrow::datatypes::Field>, &arrow::array::ArrayRef)| {
            let shown = ArrayFormatter::try_new(column.as_ref(), &options).unwrap();
            format!("{} {}", field.name(), shown.value(place.row))
        };
        let schema = rows.schema();
        let values: Vec<String> = schema.fields().iter().zip(rows.columns()).map(value).collect();
        format!("raw.{} ({})", place.source, values.join(", "))
    }

    /// Whether a law holds for some rows; the error has a value that differs and the fewest rows that make it differ.
    ///
    /// # Errors
    /// That it does not.
    pub fn held(
        &self,
        rows: Vec<Place>,
        broken: impl Fn(&[Place]) -> Option<Difference>,
    ) -> Result<(), String> {
        let Some(difference) = broken(&rows) else { return Ok(()) };
        let (rows, difference) = fewest(rows, difference, broken);
        let told: Vec<String> = rows.iter().take(4).map(|row| self.told(row)).collect();
        let why = match rows.len() {
            0 => "the order of rows, or how they lie in files".to_owned(),
            _ => told.join(" and "),
        };
        Err(format!("{difference}, because of {why}"))
    }
}

/// Leaves out rows as long as the law stays broken: first those of whole sources, then halves, quarters and so on.
fn fewest(
    mut rows: Vec<Place>,
    mut difference: Difference,
    broken: impl Fn(&[Place]) -> Option<Difference>,
) -> (Vec<Place>, Difference) {
    let mut by_source: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for row in &rows {
        by_source.entry(row.source.clone()).or_default().push(row.clone());
    }
    let mut parts: Vec<Vec<Place>> = by_source.into_values().collect();
    loop {
        let without = |part: &Vec<Place>| -> Vec<Place> {
            rows.iter().filter(|row| !part.contains(row)).cloned().collect()
        };
        let tried = parts.iter().map(without).filter(|fewer| !fewer.is_empty());
        let found = tried.into_iter().find_map(|fewer| broken(&fewer).map(|difference| (fewer, difference)));
        let size = match found {
            Some((fewer, found)) => {
                (rows, difference) = (fewer, found);
                rows.len().div_ceil(2)
            }
            None if parts.iter().all(|part| part.len() <= 1) => return (rows, difference),
            None => parts.iter().map(Vec::len).max().unwrap_or(1).div_ceil(2),
        };
        parts = rows.chunks(size.max(1)).map(<[Place]>::to_vec).collect();
    }
}
