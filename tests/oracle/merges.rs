//! Accounts that go on in another one: which one that is on a day, found by following what was written down last.

use std::path::Path;

use arrow::array::ArrayRef;
use chrono::{Days, NaiveDate};

use super::columns::{date, text, time};
use super::commerce::{Commerce, day};
use super::table::Row;
use super::world::{moment, words, write};

/// A row of `raw.account_merges`.
#[derive(Debug, Clone)]
pub struct Merge {
    pub account_id: String,
    pub survivor_id: String,
    pub merged_on: NaiveDate,
    pub recorded_at: i64,
}

impl Merge {
    /// What the generator wrote.
    pub fn of(row: &Row) -> Self {
        Self {
            account_id: words(row, "account_id").unwrap(),
            survivor_id: words(row, "survivor_id").unwrap(),
            merged_on: day(row, "merged_on").unwrap(),
            recorded_at: moment(row, "recorded_at").unwrap(),
        }
    }
}

impl Commerce {
    /// The merge of an account, as it was written down last.
    fn merge(&self, account_id: &str) -> Option<&Merge> {
        let of_account = self.merges.iter().filter(|merge| merge.account_id == account_id);
        of_account.max_by_key(|merge| merge.recorded_at)
    }

    /// As which account an account goes on at the end of a day: itself, unless it was merged.
    pub fn survivor<'a>(&'a self, account_id: &'a str, day: NaiveDate) -> &'a str {
        let mut survivor = account_id;
        for _ in 0..3 {
            match self.merge(survivor).filter(|merge| merge.merged_on <= day) {
                Some(merge) => survivor = &merge.survivor_id,
                None => break,
            }
        }
        survivor
    }

    /// The last day, up to a day, on which another account went on in this one.
    pub fn joined_on(&self, account_id: &str, day: NaiveDate) -> Option<NaiveDate> {
        let turns = self.merges.iter().map(|merge| merge.merged_on).filter(|turn| *turn <= day);
        let comes = |turn: &NaiveDate| {
            self.merges.iter().map(|merge| merge.account_id.as_str()).any(|other| {
                other != account_id
                    && self.survivor(other, *turn) == account_id
                    && self.survivor(other, *turn - Days::new(1)) != account_id
            })
        };
        turns.filter(comes).max()
    }

    /// Writes the file.
    pub fn write_merges(&self, folder: &Path) {
        let rows = &self.merges;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("survivor_id", text(rows, |row| Some(row.survivor_id.clone()))),
            ("merged_on", date(rows, |row| Some(row.merged_on))),
            ("recorded_at", time(rows, |row| Some(row.recorded_at))),
        ];
        write(&folder.join("account_merges.parquet"), columns);
    }
}
