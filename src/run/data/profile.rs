//! A log by day: how many rows, of how many accounts, how many of them without a value.

use chrono::NaiveDate;
use datafusion::error::Result;

use super::ask::{days, numbers};
use crate::engine::Session;
use crate::project::identifier::identifier;
use crate::project::model::{Model, Source};
use crate::project::time::Time;

/// The column that says whose a row is.
pub(super) const ACCOUNT: &str = "account_id";

/// A log by day.
#[derive(Debug)]
pub(super) struct Profile {
    /// The columns that may be NULL.
    pub(super) columns: Vec<String>,
    /// The days that have rows, in order.
    pub(super) days: Vec<Day>,
}

/// A day of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) day: NaiveDate,
    pub(super) rows: i64,
    /// How many accounts they are of; 0 where no column says whose a row is.
    pub(super) accounts: i64,
    /// How many rows have no value, of each column that may be NULL.
    pub(super) nulls: Vec<i64>,
}

impl Profile {
    /// The log of a source; `None` where its rows are no facts of a day.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) async fn of(session: &Session, model: &Model, source: &Source) -> Result<Option<Self>> {
        let Time::Events(events) = &source.time else { return Ok(None) };
        let contract = &model.contract;
        let optional = contract.columns.iter().filter(|column| !column.not_null);
        let columns: Vec<String> = optional.map(|column| column.name.clone()).collect();
        let mut measured = vec!["count(*)".to_owned()];
        let has_account = contract.column(ACCOUNT).is_some();
        measured.push(if has_account { format!("count(DISTINCT {ACCOUNT})") } else { "0".to_owned() });
        measured.extend(columns.iter().map(|name| format!("count(*) - count({})", identifier(name))));
        let happened_at = identifier(&events.happened_at);
        let named = measured.iter().enumerate().map(|(at, sql)| format!("{sql} AS measure_{at}"));
        let sql = format!(
            "SELECT local_day({happened_at}) AS day, {} FROM {} WHERE {happened_at} IS NOT NULL GROUP BY 1 ORDER BY 1",
            named.collect::<Vec<_>>().join(", "),
            model.name
        );
        let batches = session.rows(&sql).await?;
        let measures: Vec<Vec<i64>> = (0..measured.len()).map(|at| numbers(&batches, at + 1)).collect();
        let of_day = |(at, day): (usize, NaiveDate)| Day {
            day,
            rows: measures[0][at],
            accounts: measures[1][at],
            nulls: measures[2..].iter().map(|counts| counts[at]).collect(),
        };
        Ok(Some(Self { columns, days: days(&batches, 0).into_iter().enumerate().map(of_day).collect() }))
    }
}
