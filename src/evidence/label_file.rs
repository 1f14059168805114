//! What a row of a file says of an account: a label, or a loss with its day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::typed_rows::TypedRows;
use crate::diagnostic::visible;
use crate::error::Result;

/// When each account was lost, if ever, and until when it was seen.
pub(super) type Losses = BTreeMap<String, (Option<NaiveDate>, NaiveDate)>;

/// The losses of a file: an account a row.
///
/// # Errors
/// [`Error::Usage`](crate::error::Error::Usage) for a row that is none, or stands there twice.
pub(super) fn losses_of(rows: &TypedRows, column: &str) -> Result<Losses> {
    let (accounts, lost) = (rows.texts("account_id")?, rows.texts(column)?);
    let until = rows.texts("observed_until")?;
    let mut found = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for row in 0..rows.len() {
        let Some(account) = accounts[row].clone() else { return Err(rows.fault_at(row, "no account_id")) };
        if !seen.insert(account.clone()) {
            return Err(rows.fault_at(row, &format!("`{}` stands there twice", visible(&account))));
        }
        let lost = lost[row].as_deref().map(|day| day_of(rows, row, Some(day))).transpose()?;
        let until = day_of(rows, row, until[row].as_deref())?;
        if let Some(lost) = lost.filter(|lost| *lost > until) {
            let account = visible(&account);
            return Err(
                rows.fault_at(row, &format!("`{account}` was lost on {lost}, and seen only until {until}"))
            );
        }
        found.insert(account, (lost, until));
    }
    Ok(found)
}

/// The day until which half of those that were never lost were seen; of all, where everybody was lost.
pub(super) fn told_until(accounts: &Losses) -> NaiveDate {
    let mut kept: Vec<NaiveDate> =
        accounts.values().filter(|(lost, _)| lost.is_none()).map(|(_, until)| *until).collect();
    if kept.is_empty() {
        kept = accounts.values().map(|(_, until)| *until).collect();
    }
    kept.sort_unstable();
    kept.get(kept.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// A day as written; of an instant the day of it.
pub(crate) fn day_of(rows: &TypedRows, row: usize, text: Option<&str>) -> Result<NaiveDate> {
    let is_day =
        |text: &&str| text.get(10..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', 'T']));
    let day = text.filter(is_day).and_then(|text| text.get(..10)).and_then(|day| day.parse().ok());
    day.ok_or_else(|| {
        let text = text.map_or_else(|| "no day".to_owned(), |text| format!("`{}` is no day", visible(text)));
        rows.fault_at(row, &format!("{text}; write YYYY-MM-DD"))
    })
}

/// Words for those that were lost, and for those that were not.
const LOST: [&str; 7] = ["lost", "churned", "struggling", "unhealthy", "bad", "true", "1"];
const KEPT: [&str; 8] = ["kept", "stayed", "retained", "healthy", "good", "false", "0", "active"];

/// Whether a label says that an account was lost.
///
/// # Errors
/// [`Error::Usage`](crate::error::Error::Usage) for another word, with the row.
pub(super) fn label_of(rows: &TypedRows, row: usize, text: Option<&str>) -> Result<bool> {
    let lower = text.map(str::to_lowercase).unwrap_or_default();
    // A column of numbers reads as 1.0.
    let word = lower.strip_suffix(".0").unwrap_or(&lower);
    if LOST.contains(&word) {
        return Ok(true);
    }
    if KEPT.contains(&word) {
        return Ok(false);
    }
    let text = text.map_or_else(|| "no label".to_owned(), |text| format!("`{}` is no label", visible(text)));
    Err(rows
        .fault_at(row, &format!("{text}; write one of {} or one of {}", LOST.join(", "), KEPT.join(", "))))
}
