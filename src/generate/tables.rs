//! The columns of each source, and the batches that fill them.
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use chrono::NaiveDate;

use super::World;
use super::day::{DAY, Event};
use super::plant::Plant;
use super::population::{Account, Population};

const EVENT_NAMES: [&str; 4] = ["login", "feature_use", "content_view", "api_call"];
const FEATURE_NAMES: [&str; super::population::FEATURES] = [
    "dashboards",
    "reports",
    "queries",
    "sharing",
    "exports",
    "alerts",
    "mobile",
    "comments",
    "automation",
    "integrations",
    "forecasts",
    "audit_log",
];
/// Rows per day and kind of number: an id is the day since 1970 times this, plus the number within the day.
const IDS_PER_DAY: i64 = 1_000_000_000;

/// The `accounts` table: one row per listed account.
pub(super) fn accounts(world: &World, population: &Population) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<&Account> = population.accounts.iter().filter(|account| account.is_listed()).collect();
    let fields = vec![
        Field::new("account_id", DataType::Utf8, false),
        Field::new("name", DataType::Utf8, false),
        Field::new("segment", DataType::Utf8, false),
        Field::new("is_test", DataType::Boolean, false),
        Field::new("customer_since", DataType::Date32, false),
        Field::new("churned_on", DataType::Date32, true),
    ];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|account| account_id(account.index)))),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|account| name(account)))),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|account| segment(account)))),
        Arc::new(BooleanArray::from_iter(rows.iter().map(|account| Some(account.is_test)))),
        Arc::new(Date32Array::from_iter_values(rows.iter().map(|account| world.epoch_day(account.since)))),
        Arc::new(Date32Array::from_iter(
            rows.iter().map(|account| account.churned.map(|day| world.epoch_day(day))),
        )),
    ];
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// The `users` table: one row per listed user.
pub(super) fn users(world: &World, population: &Population) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<(&Account, u32)> = population
        .accounts
        .iter()
        .flat_map(|account| account.users.clone().map(move |user| (account, user)))
        .filter(|(account, user)| account.plant != Plant::UnlistedUser || *user != account.users.start)
        .collect();
    let fields = vec![
        Field::new("user_id", DataType::Utf8, false),
        Field::new("account_id", DataType::Utf8, false),
        Field::new("role", DataType::Utf8, false),
        Field::new("created_on", DataType::Date32, false),
    ];
    let created = |user: u32| population.users[user as usize].created;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|(account, user)| user_id(account, *user)))),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|(account, _)| account_id(account.index)))),
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|(account, user)| role(user - account.users.start)),
        )),
        Arc::new(Date32Array::from_iter_values(rows.iter().map(|(_, user)| world.epoch_day(created(*user))))),
    ];
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

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
            .flat_map(|account| account.users.clone().map(move |user| user_id(account, user)))
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
                population.accounts.iter().map(|account| account_id(account.index)),
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

/// The id of the account at a position in the population.
pub(super) fn account_id(index: u32) -> String {
    format!("a{index:06}")
}

fn user_id(account: &Account, user: u32) -> String {
    format!("u{:06}-{:03}", account.index, user - account.users.start)
}

fn segment(account: &Account) -> &'static str {
    match account.size {
        size if size < 0.8 => "SMB",
        size if size < 2.5 => "MM",
        _ => "ENT",
    }
}

fn role(nth: u32) -> &'static str {
    match nth {
        0 => "owner",
        nth if nth % 9 == 1 => "admin",
        nth if nth % 3 == 0 => "viewer",
        _ => "member",
    }
}

fn name(account: &Account) -> String {
    const FIRST: [&str; 20] = [
        "Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Indigo", "Juniper",
        "Kestrel", "Lumen", "Maple", "Nimbus", "Onyx", "Pioneer", "Quartz", "River", "Summit", "Tundra",
    ];
    const SECOND: [&str; 13] = [
        "Analytics",
        "Bank",
        "Clinics",
        "Dynamics",
        "Energy",
        "Foods",
        "Games",
        "Health",
        "Insurance",
        "Logistics",
        "Media",
        "Retail",
        "Works",
    ];
    if let Some(name) = account.plant.name() {
        return name.to_owned();
    }
    let index = account.index as usize;
    let (first, second) = (FIRST[index % FIRST.len()], SECOND[index % SECOND.len()]);
    match index / (FIRST.len() * SECOND.len()) {
        0 => format!("{first} {second}"),
        round => format!("{first} {second} {}", round + 1),
    }
}
