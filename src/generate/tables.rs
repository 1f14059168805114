//! The columns of the event log, and the batches that fill them.
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use chrono::NaiveDate;

use super::day::{DAY, Event};
use super::names::{AccountId, UserId};
use super::population::Population;
use super::product::FEATURE_NAMES;
use super::world::World;

const EVENT_NAMES: [&str; 4] = ["login", "feature_use", "content_view", "api_call"];
/// Rows per day and kind of number: an id is the day since 1970 times this, plus the number within the day.
const IDS_PER_DAY: i64 = 1_000_000_000;

/// Turns events into rows of the `events` table.
pub(super) struct EventTable {
    schema: SchemaRef,
    accounts: StringArray,
    users: StringArray,
    names: StringArray,
    features: StringArray,
}

impl EventTable {
    /// Prepares the dictionary of ids and names.
    pub(super) fn new(population: &Population) -> Self {
        let ids: Vec<String> = population
            .accounts
            .iter()
            .flat_map(|account| account.users.clone().map(move |user| (account, user - account.users.start)))
            .map(|(account, number)| UserId(account.index, number).to_string())
            .collect();
        let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
        let fields = vec![
            Field::new("event_id", DataType::Int64, false),
            Field::new("account_id", DataType::Utf8, false),
            Field::new("user_id", DataType::Utf8, true),
            Field::new("session_id", DataType::Int64, true),
            Field::new("event_name", DataType::Utf8, false),
            Field::new("feature", DataType::Utf8, true),
            Field::new("seconds", DataType::Int64, false),
            Field::new("is_error", DataType::Boolean, false),
            Field::new("occurred_at", timestamp.clone(), false),
            Field::new("available_at", timestamp, false),
        ];
        Self {
            schema: Arc::new(Schema::new(fields)),
            accounts: StringArray::from_iter_values(
                population.accounts.iter().map(|account| AccountId(account.index).to_string()),
            ),
            users: StringArray::from_iter_values(ids),
            names: StringArray::from_iter_values(EVENT_NAMES),
            features: StringArray::from_iter_values(FEATURE_NAMES),
        }
    }

    /// The table's columns.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows of one day, in the order of `events`; a row delivered twice stands twice, under one `event_id`.
    /// Rows that arrive after `extracted` (microseconds since 1970) are not there yet.
    pub(super) fn day(
        &self,
        events: &[Event],
        epoch_day: i64,
        extracted: i64,
    ) -> Result<RecordBatch, ArrowError> {
        let midnight = epoch_day * DAY;
        let rows: Vec<(i64, &Event)> = (0..)
            .zip(events)
            .filter(|(_, event)| midnight + event.at + event.lag <= extracted)
            .flat_map(|(number, event)| std::iter::repeat_n((number, event), 1 + usize::from(event.twice)))
            .collect();
        let id = |number: i64| epoch_day * IDS_PER_DAY + number;
        let pick = |names: &StringArray, row: &dyn Fn(&Event) -> Option<u32>| {
            take(names, &UInt32Array::from_iter(rows.iter().map(|(_, event)| row(event))), None)
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|(number, _)| id(*number)))),
            pick(&self.accounts, &|event| Some(event.account))?,
            pick(&self.users, &|event| event.user)?,
            Arc::new(Int64Array::from_iter(
                rows.iter().map(|(_, event)| event.session.map(|session| id(i64::from(session)))),
            )),
            pick(&self.names, &|event| Some(event.kind as u32))?,
            pick(&self.features, &|event| event.feature.map(u32::from))?,
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, event)| i64::from(event.seconds)))),
            Arc::new(BooleanArray::from_iter(rows.iter().map(|(_, event)| Some(event.is_error)))),
            Arc::new(TimestampMicrosecondArray::from_iter_values(
                rows.iter().map(|(_, event)| midnight + event.at),
            )),
            Arc::new(TimestampMicrosecondArray::from_iter_values(
                rows.iter().map(|(_, event)| midnight + event.at + event.lag),
            )),
        ];
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

impl World {
    /// Days since 1970 of a day of the world, which may lie before its first.
    pub(super) fn epoch_day(&self, day: i32) -> i32 {
        let first = self.date(0).signed_duration_since(NaiveDate::default()).num_days();
        first as i32 + day
    }
}
