//! The rows of a file of kept scores.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::diagnostic::visible;
use crate::error::Result;
use crate::evidence::{TypedRows, day_of};

/// A kept score.
pub(super) struct Kept {
    pub(super) account: String,
    pub(super) day: NaiveDate,
    /// As it was written.
    pub(super) text: String,
    /// As a number; `None` of words.
    pub(super) number: Option<f64>,
}

/// The rows of a file: `account_id`, `score`, and `day` where a row is not of the newest day. A row without a score is none.
///
/// # Errors
/// [`Error::Usage`](crate::error::Error::Usage) for a file without such columns or rows, a row without an account, one that stands
/// there twice, numbers beside words.
pub(super) fn kept(file: &TypedRows, newest: NaiveDate) -> Result<Vec<Kept>> {
    let (accounts, scores) = (file.texts("account_id")?, file.texts("score")?);
    let days = file.first_of(&["day", "as_of_date"]).map(|name| file.texts(name)).transpose()?;
    let mut found: Vec<Kept> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut first_word: Option<(usize, String)> = None;
    for row in 0..file.len() {
        let Some(text) = scores[row].clone() else { continue };
        let Some(account) = accounts[row].clone() else { return Err(file.fault_at(row, "no account_id")) };
        let day = match days.as_ref().map(|days| days[row].as_deref()) {
            Some(written) => day_of(file, row, written)?,
            None => newest,
        };
        if !seen.insert((account.clone(), day)) {
            return Err(file.fault_at(row, &format!("`{}` stands there twice on {day}", visible(&account))));
        }
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() && first_word.is_none() {
            first_word = Some((row, text.clone()));
        }
        found.push(Kept { account, day, text, number });
    }
    if found.is_empty() {
        return Err(file.fault("no row has a score"));
    }
    match first_word {
        Some((row, word)) if found.iter().any(|kept| kept.number.is_some()) => Err(file.fault_at(
            row,
            &format!(
                "`{}` is no number, as other scores of the file are; write all as numbers, or all as words",
                visible(&word)
            ),
        )),
        _ => Ok(found),
    }
}
