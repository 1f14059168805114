//! What a case's YAML says, with the place of every name and value; nothing of it is believed yet.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::diagnostic::{Diagnostic, Location, SourceFile};
use crate::yaml::{self, Entries, Placed};

/// A case as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) given: Entries<Input>,
    pub(super) expect: Rows,
    pub(super) columns: Option<Vec<Placed<String>>>,
    pub(super) tolerance: Option<Placed<f64>>,
    #[serde(default)]
    pub(super) order: Order,
    #[serde(default)]
    pub(super) parameters: Entries<Cell>,
    #[serde(default)]
    pub(super) complete_from: Entries<Cell>,
    #[serde(default)]
    pub(super) reported: Entries<Days>,
}

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
pub(super) type Cell = Placed<Option<String>>;

/// As of which days a source is reported, as written: a word, or the first day and the last.
#[derive(Debug)]
pub(super) enum Days {
    Word(String),
    Ends(Vec<Cell>),
}

/// Rows as written.
#[derive(Debug)]
pub(super) struct Rows(pub(super) Vec<Placed<Entries<Cell>>>);

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
        yaml::read(file)
    }
}

/// Where a key of the document is written; the whole file where it is not to be found at the start of a line.
pub(super) fn place_of_key(file: &Arc<SourceFile>, key: &str) -> Location {
    let is_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'));
    match file.text.lines().position(is_key) {
        Some(line) => Location::word_at(file, file.offset(line + 1, 1)),
        None => Location::whole(file),
    }
}

// By hand: serde's untagged enums lose the places of what they hold.
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

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DaysVisitor)
    }
}

struct DaysVisitor;

impl<'de> Visitor<'de> for DaysVisitor {
    type Value = Days;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[DATE, DATE], the first day and the last, or `never`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
        Ok(Days::Word(word.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut ends = Vec::new();
        while let Some(end) = list.next_element()? {
            ends.push(end);
        }
        Ok(Days::Ends(ends))
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
        Entries::visit(map).map(Input::Days)
    }
}
