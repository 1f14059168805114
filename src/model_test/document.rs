//! What a case's YAML says, with the place of every name and value; nothing of it is believed yet.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::diagnostic::{Diagnostic, Location, SourceFile};
use crate::project::settings::yaml_error;

/// A case as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) given: Entries<Input>,
    pub(super) expect: Rows,
    pub(super) columns: Option<Vec<Spanned<String>>>,
    pub(super) tolerance: Option<Spanned<f64>>,
    #[serde(default)]
    pub(super) order: Order,
    #[serde(default)]
    pub(super) parameters: Entries<Cell>,
}

const KEYS: [&str; 7] = ["description", "given", "expect", "columns", "tolerance", "order", "parameters"];

/// Whether the order of the rows is part of what is expected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Order {
    /// The same rows in any order.
    #[default]
    Any,
    /// The same rows in the order written.
    Exact,
}

/// A value as text, `None` for null: its column's type decides how it is read.
pub(super) type Cell = Spanned<Option<String>>;

/// Names with what stands behind them, in the order of the file.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(Spanned<String>, T)>);

/// Rows as written.
#[derive(Debug)]
pub(super) struct Rows(pub(super) Vec<Spanned<Entries<Cell>>>);

/// The rows of an input: written one by one, or the days of a calendar.
#[derive(Debug)]
pub(super) enum Input {
    Rows(Rows),
    Days(Entries<Cell>),
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// What is no YAML, an unknown key, a value of the wrong form; with its place.
    pub(super) fn read(file: &Arc<SourceFile>) -> Result<Self, Diagnostic> {
        serde_saphyr::from_str(&file.text).map_err(|error| yaml_error(file, &error, &KEYS))
    }
}

/// Where a value is written.
pub(super) fn place<T>(file: &Arc<SourceFile>, value: &Spanned<T>) -> Location {
    let at = value.referenced;
    let span = at.span().byte_offset().zip(at.span().byte_len());
    let (start, end) = span.map_or_else(
        || {
            let start = file.offset(at.line() as usize, at.column() as usize);
            (start, start)
        },
        |(start, length)| (start as usize, start.saturating_add(length) as usize),
    );
    let inside = |at: usize| file.text.floor_char_boundary(at.min(file.text.len()));
    let (start, end) = (inside(start), inside(end));
    Location::new(file, start..start + file.text[start..end].trim_end().len())
}

/// Where a key of the document is written; the whole file where it is not to be found at the start of a line.
pub(super) fn place_of_key(file: &Arc<SourceFile>, key: &str) -> Location {
    let is_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'));
    match file.text.lines().position(is_key) {
        Some(line) => Location::word_at(file, file.offset(line + 1, 1)),
        None => Location::whole(file),
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

// By hand: serde's maps lose the order, and its untagged enums the places of what they hold.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping from names to values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key()? {
            entries.push((name, map.next_value()?));
        }
        Ok(Entries(entries))
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowsVisitor)
    }
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = Rows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows, `[]` for none")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = list.next_element()? {
            rows.push(row);
        }
        Ok(Rows(rows))
    }
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InputVisitor)
    }
}

struct InputVisitor;

impl<'de> Visitor<'de> for InputVisitor {
    type Value = Input;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows, `[]` for none, or {from: DATE, to: DATE} for calendar.days")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        RowsVisitor.visit_seq(list).map(Input::Rows)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        EntriesVisitor(PhantomData).visit_map(map).map(Input::Days)
    }
}
