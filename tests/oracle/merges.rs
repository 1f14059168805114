//! Accounts that go on in another one: which one that is on a day, found by following what was written down last; and what
//! of the other one's windows has no value yet.

use std::path::Path;

use arrow::array::ArrayRef;
use chrono::{Days, NaiveDate};

use super::columns::{date, text, time};
use super::commerce::{Commerce, day};
use super::table::{Row, Value};
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

/// How many days a metric looks at, its own day included, as its name tells; `None` for what is as it stands on a day.
pub fn window(column: &str) -> Option<i64> {
    match column {
        "is_weekly_habit" | "is_key_feature_habit" | "key_features_adopted" | "key_feature_weight" => {
            Some(28)
        }
        "key_adoption" | "is_over_seats" | "arr_per_active_user" => Some(28),
        "resolve_median_is_censored" | "gives_feedback" | "login_trend" | "adoption_velocity" => Some(90),
        "references_lapsed" | "events_lapsed" | "advocacy_lapsed" => Some(360),
        "usage_growth_28d" | "active_users_growth_28d" => Some(56),
        // The last figure of a week, and that of the week four weeks before.
        "storage_growth_28d" => Some(35),
        // Compared with the end of a day so long ago.
        "arr_growth_90d" | "seats_growth_90d" => Some(91),
        "arr_growth_365d" | "seats_growth_365d" => Some(366),
        // People and plans that are an account's own on the day, what is owed on it, and a figure of back then.
        "sponsors_left_28d" | "sponsors_left_90d" | "champions_left_28d" | "champions_left_90d" => None,
        "milestones_stalled_28d" | "overdue_30d_amount" | "storage_gb_28d_ago" => None,
        // Up to a last day, which is not the one that is looked from.
        _ if column.starts_with("last_") => None,
        _ => {
            let (name, days) = column.strip_suffix('d')?.rsplit_once('_')?;
            let days: i64 = days.parse().ok()?;
            Some(if name.ends_with("_prev") { 2 * days } else { days })
        }
    }
}

/// Takes the values of windows that reach back before the last account went on in this one.
pub fn not_yet<'a>(row: impl IntoIterator<Item = (&'a str, &'a mut Value)>, joined_days: Option<i64>) {
    let Some(joined) = joined_days else { return };
    for (column, value) in row {
        if window(column).is_some_and(|days| days > joined) {
            *value = Value::Null;
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
