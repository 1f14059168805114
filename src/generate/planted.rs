//! What was planted in single rows, and how it reads there: the truth of corrections, late rows and moves.
use std::fmt::Display;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::names::AccountId;
use super::row::Row;
use super::sheet::{Clock, Sheet};

/// Something awkward in one row of a source.
#[derive(Clone, Debug)]
pub(super) struct Planted {
    /// What it is.
    pub(super) kind: &'static str,
    /// Whose row it is.
    pub(super) account: u32,
    /// The key of the row.
    pub(super) row: String,
    /// The day that the row is about.
    pub(super) day: i32,
    /// What the row said before.
    pub(super) was: Option<String>,
    /// What it says since.
    pub(super) becomes: Option<String>,
    /// The other thing that it is about, such as the account in which one goes on.
    pub(super) other: Option<String>,
    /// When that was known.
    pub(super) known: i64,
}

impl Planted {
    /// Something of a kind in a row about a day, known at once.
    pub(super) fn new(kind: &'static str, account: u32, row: impl Display, day: i32) -> Self {
        let row = row.to_string();
        Self { kind, account, row, day, was: None, becomes: None, other: None, known: i64::MIN }
    }

    /// The same with what the row said before and says since.
    pub(super) fn turned(self, was: impl Display, becomes: impl Display, known: i64) -> Self {
        Self { was: Some(was.to_string()), becomes: Some(becomes.to_string()), known, ..self }
    }
}

impl Row for Planted {
    const FILE: &'static str = "truth/planted.parquet";

    fn known(&self) -> i64 {
        self.known
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("kind", |row| row.kind)
            .text("account_id", |row| AccountId(row.account))
            .text("row_id", |row| row.row.clone())
            .day("day", |row| row.day)
            .maybe_text("was", |row| row.was.clone())
            .maybe_text("becomes", |row| row.becomes.clone())
            .maybe_text("other_id", |row| row.other.clone())
            .time("known_at", |row| row.known)
            .finish()
    }
}
