//! Published rows of one account, read by the names of their columns.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use chrono::NaiveDate;
use futures::TryStreamExt;

use super::{Place, Subject};
use crate::engine::diagnose;
use crate::error::{Error, Result};
use crate::read::{Days, Reader};
use crate::semantic::{Entity, Score, text_literal};

/// One row.
pub(super) struct Row {
    batch: RecordBatch,
    at: usize,
}

impl Row {
    /// The rows of a query over what is published on some days.
    pub(super) async fn query(place: &Place<'_>, days: Days, sql: &str) -> Result<Vec<Self>> {
        let reader = Reader::open(place.pipeline, place.engine, (place.sources, place.out), days).await?;
        let stream = reader.reading(place.reading).query(sql, None).await?;
        let batches: Vec<RecordBatch> =
            stream.try_collect().await.map_err(|error| diagnose::of_run("the explanation", &error))?;
        Ok(Self::of(&batches))
    }

    /// The rows of batches.
    pub(super) fn of(batches: &[RecordBatch]) -> Vec<Self> {
        let rows = |batch: &RecordBatch| {
            let batch = batch.clone();
            (0..batch.num_rows()).map(move |at| Self { batch: batch.clone(), at })
        };
        batches.iter().flat_map(rows).collect()
    }

    fn column(&self, name: &str, form: &DataType) -> Option<ArrayRef> {
        cast(self.batch.column_by_name(name)?, form).ok().filter(|column| !column.is_null(self.at))
    }

    /// A number of any type.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        Some(self.column(name, &DataType::Float64)?.as_primitive::<Float64Type>().value(self.at))
    }

    /// A whole number from 1, as people count.
    pub(super) fn ordinal(&self, name: &str) -> Option<usize> {
        let number = self.number(name)?;
        (number >= 1.0).then_some(number as usize)
    }

    /// A truth value.
    pub(super) fn truth(&self, name: &str) -> Option<bool> {
        Some(self.column(name, &DataType::Boolean)?.as_boolean().value(self.at))
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        Some(self.column(name, &DataType::Utf8)?.as_string::<i32>().value(self.at).to_owned())
    }

    /// A text that the contract says is there.
    pub(super) fn known(&self, name: &str) -> Result<String> {
        self.text(name).ok_or_else(|| Error::Bug(format!("a published row has no {name}")))
    }
}

/// The condition that picks the rows of a subject.
pub(super) fn of_subject(score: &Score, subject: &Subject) -> Result<String> {
    let account = format!("account_id = {}", text_literal(&subject.account));
    match (score.entity, &subject.user) {
        (Entity::User, Some(user)) => Ok(format!("{account} AND user_id = {}", text_literal(user))),
        (Entity::User, None) => {
            Err(Error::Usage(format!("{} is a score of users: say which with --user", score.name)))
        }
        (Entity::Account, Some(_)) => {
            Err(Error::Usage(format!("{} is a score of accounts: leave --user out", score.name)))
        }
        (Entity::Account, None) => Ok(account),
    }
}

/// The score's row of a day.
pub(super) async fn scored(
    place: &Place<'_>,
    score: &Score,
    subject: &Subject,
    day: NaiveDate,
) -> Result<Row> {
    let only = of_subject(score, subject)?;
    let sql = format!("SELECT * FROM scores.\"{}\" WHERE {only}", score.name);
    let found = Row::query(place, Days::Only(day), &sql).await?.into_iter().next();
    found.ok_or_else(|| {
        let who = subject.account.escape_debug();
        Error::Usage(format!("there is no row of `{who}` in scores.{} on {day}", score.name))
    })
}
