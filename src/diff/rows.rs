//! Whose scores are compared, and what else metrics say of them.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;

use super::stored::Stored;
use crate::error::{Error, Result};
use crate::project::model::AS_OF_DATE;
use crate::read::columns::{known_texts, numbers, texts};
use crate::semantic::Entity;

/// How many units of money make 1: amounts have at most so many decimals, and their sums are exact.
const UNITS: f64 = 1e4;

/// Columns of metrics that say who a row is about, where a project has them.
const NAME: &str = "account_name";
const OWNER: &str = "owner_id";
const SEGMENT: &str = "segment";
const ARR: &str = "arr";

/// The rows that are compared, in the order of their keys and days.
pub(super) struct Rows {
    /// The entity's key of each.
    pub(super) keys: Vec<Vec<String>>,
    /// The day of each.
    pub(super) days: Vec<NaiveDate>,
    /// The name of the account.
    pub(super) name: Option<Vec<Option<String>>>,
    /// Its owner.
    pub(super) owner: Option<Vec<Option<String>>>,
    /// Its segment.
    pub(super) segment: Option<Vec<Option<String>>>,
    /// What it is worth a year, in whole units.
    pub(super) arr: Option<Vec<i64>>,
}

impl Rows {
    /// Reads the rows of some days of an entity's metrics, which are readable and have these columns.
    pub(super) async fn read(
        stored: &Stored<'_>,
        entity: Entity,
        columns: &SchemaRef,
        days: &[NaiveDate],
    ) -> Result<Self> {
        let key = entity.key().join(", ");
        let known =
            [NAME, OWNER, SEGMENT, ARR].into_iter().filter(|name| columns.field_with_name(name).is_ok());
        let items: String = known.map(|name| format!(", {name}")).collect();
        let days: Vec<String> = days.iter().map(|day| format!("DATE '{day}'")).collect();
        let sql = format!(
            "SELECT {key}, CAST({AS_OF_DATE} AS VARCHAR) AS {AS_OF_DATE}{items} FROM {} WHERE {AS_OF_DATE} IN ({}) ORDER BY {key}, {AS_OF_DATE}",
            entity.table(),
            days.join(", ")
        );
        let batch = stored.rows("what is published of metrics", &sql).await?;
        let text = |name: &str| batch.column_by_name(name).map(|_| texts(&batch, name)).transpose();
        let arr = batch.column_by_name(ARR).map(|_| numbers(&batch, ARR)).transpose()?;
        Ok(Self {
            keys: keys(&batch, entity)?,
            days: known_texts(&batch, AS_OF_DATE)?.iter().map(|day| parsed(day)).collect::<Result<_>>()?,
            name: text(NAME)?,
            owner: text(OWNER)?,
            segment: text(SEGMENT)?,
            arr: arr.map(|arr| arr.into_iter().map(|arr| arr.map_or(0, amount)).collect()),
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Some of them, in the order given.
    pub(super) fn only(&self, rows: &[usize]) -> Self {
        fn of<T: Clone>(all: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().filter_map(|row| all.get(*row).cloned()).collect()
        }
        let texts = |all: &Option<Vec<Option<String>>>| all.as_ref().map(|all| of(all, rows));
        Self {
            keys: of(&self.keys, rows),
            days: of(&self.days, rows),
            name: texts(&self.name),
            owner: texts(&self.owner),
            segment: texts(&self.segment),
            arr: self.arr.as_ref().map(|arr| of(arr, rows)),
        }
    }

    /// The money of some rows; `None` where metrics tell of none.
    pub(super) fn arr_of(&self, rows: impl IntoIterator<Item = usize>) -> Option<f64> {
        let arr = self.arr.as_ref()?;
        let sum: i128 = rows.into_iter().filter_map(|row| arr.get(row)).map(|arr| i128::from(*arr)).sum();
        Some(sum as f64 / UNITS)
    }
}

/// The entity's key of each row of an answer.
pub(super) fn keys(batch: &RecordBatch, entity: Entity) -> Result<Vec<Vec<String>>> {
    let columns = entity.key().iter().map(|key| known_texts(batch, key));
    let columns: Vec<Vec<String>> = columns.collect::<Result<_>>()?;
    let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
    Ok((0..batch.num_rows()).map(row).collect())
}

fn amount(arr: f64) -> i64 {
    (arr * UNITS).round() as i64
}

fn parsed(day: &str) -> Result<NaiveDate> {
    day.parse()
        .map_err(|_| Error::Bug(format!("{AS_OF_DATE} of a published row is `{}`", day.escape_debug())))
}
