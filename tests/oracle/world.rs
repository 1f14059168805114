//! Accounts, users and events: made up, drawn at random, or generated; written and read as Parquet.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Date32Type;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use halescore::generate;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use proptest::sample::select;
use tempfile::TempDir;

use super::commerce::Commerce;
use super::people::{People, any_people};
use super::table::{Row, Value, batches, parquet_below, rows};

/// The last day of hand-made and random worlds; events may lie behind it.
pub const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap();

/// The day of the bundled project, which is far enough back for the windows of [`LAST_DAY`].
const COMPLETE_FROM: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 15).unwrap();

/// A plain account: all about it known from the start, under one contract from its first to its last day.
#[derive(Debug, Clone)]
pub struct Account {
    pub account_id: String,
    pub segment: String,
    pub is_test: bool,
    pub customer_since: NaiveDate,
    pub churned_on: Option<NaiveDate>,
}

/// A row of `raw.events`; times in microseconds of UTC.
#[derive(Debug, Clone)]
pub struct Event {
    pub event_id: i64,
    pub account_id: String,
    pub user_id: Option<String>,
    pub session_id: Option<i64>,
    pub event_name: String,
    pub feature: Option<String>,
    pub seconds: i64,
    pub is_error: bool,
    pub occurred_at: i64,
    pub available_at: i64,
}

/// Everything that a run reads.
#[derive(Debug, Clone)]
pub struct World {
    pub accounts: Vec<Account>,
    pub commerce: Commerce,
    pub events: Vec<Event>,
    pub people: People,
    /// Users who are our own people.
    pub helpers: Vec<String>,
    pub zone: Tz,
    pub adopted_after: i64,
    /// From which day on the log is said to be complete.
    pub complete_from: NaiveDate,
}

impl Default for World {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            commerce: Commerce::default(),
            events: Vec::new(),
            people: People::default(),
            helpers: Vec::new(),
            zone: Tz::UTC,
            adopted_after: 3,
            complete_from: COMPLETE_FROM,
        }
    }
}

/// A time of a day in UTC, in microseconds.
pub fn at(day: NaiveDate, time: NaiveTime) -> i64 {
    day.and_time(time).and_utc().timestamp_micros()
}

impl World {
    /// What was said and signed, that of the plain accounts included.
    pub fn commerce(&self) -> Commerce {
        let mut all = Commerce::of(&self.accounts);
        all.accounts.extend(self.commerce.accounts.iter().cloned());
        all.lines.extend(self.commerce.lines.iter().cloned());
        all.merges.extend(self.commerce.merges.iter().cloned());
        all
    }

    /// The day of an instant where the project is.
    pub fn local_day(&self, micros: i64) -> NaiveDate {
        DateTime::from_timestamp_micros(micros).unwrap().with_timezone(&self.zone).date_naive()
    }

    /// Writes the sources; the log in two files, so that what belongs together stands apart.
    pub fn write(&self, folder: &Path) {
        self.commerce().write(folder);
        // One that nobody refers to keeps the source from being empty.
        let ids: Vec<&str> = self.helpers.iter().map(String::as_str).chain(["u"]).collect();
        let only = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value; ids.len()])) };
        let on_the_last_day = || -> ArrayRef {
            Arc::new(Date32Array::from(vec![Date32Type::from_naive_date(LAST_DAY); ids.len()]))
        };
        let is_internal = ids.iter().map(|id| Some(*id != "u")).collect::<BooleanArray>();
        let users: Vec<(&str, ArrayRef)> = vec![
            ("user_id", Arc::new(StringArray::from(ids.clone()))),
            ("account_id", only("a")),
            ("role", only("owner")),
            ("is_internal", Arc::new(is_internal)),
            ("created_on", on_the_last_day()),
            ("activated_on", on_the_last_day()),
            ("deactivated_on", Arc::new(Date32Array::from(vec![None::<i32>; ids.len()]))),
        ];
        write(&folder.join("users.parquet"), users);
        std::fs::create_dir(folder.join("events")).unwrap();
        let (one, other) = self.events.split_at(self.events.len() / 2);
        write_events(&folder.join("events/1.parquet"), one);
        write_events(&folder.join("events/2.parquet"), other);
        self.people.write(folder);
    }

    /// Reads sources that were written by the generator.
    pub fn read(folder: &Path) -> Self {
        let read = |name: &str| -> Vec<Row> {
            let path = folder.join(name);
            let files = if path.is_dir() { parquet_below(&path) } else { vec![path] };
            files.iter().flat_map(|file| batches(file)).flat_map(|batch| rows(&batch)).collect()
        };
        let names = ["accounts.parquet", "contracts.parquet", "account_merges.parquet"];
        let [accounts, contracts, merges] = names.map(read);
        let commerce = Commerce::read(&accounts, &contracts, &merges);
        let people = People::read(&read("account_owners.parquet"), &read("assessments.parquet"));
        let ours = |row: &&Row| row["is_internal"] == Value::Flag(true);
        let helpers =
            read("users.parquet").iter().filter(ours).filter_map(|row| words(row, "user_id")).collect();
        let events = read("events").iter().map(event_of).collect();
        Self { commerce, events, people, helpers, ..Self::default() }
    }
}

fn text<T>(rows: &[T], read: impl Fn(&T) -> Option<String>) -> ArrayRef {
    Arc::new(StringArray::from_iter(rows.iter().map(read)))
}

/// One file of named columns, all of them nullable.
pub fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    )
    .unwrap();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn write_events(path: &Path, events: &[Event]) {
    let whole = |read: fn(&Event) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(events.iter().map(read)))
    };
    let time = |read: fn(&Event) -> i64| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(events.iter().map(read)))
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("event_id", whole(|event| event.event_id)),
        ("account_id", text(events, |event| Some(event.account_id.clone()))),
        ("user_id", text(events, |event| event.user_id.clone())),
        ("session_id", Arc::new(Int64Array::from_iter(events.iter().map(|event| event.session_id)))),
        ("event_name", text(events, |event| Some(event.event_name.clone()))),
        ("feature", text(events, |event| event.feature.clone())),
        ("seconds", whole(|event| event.seconds)),
        ("is_error", Arc::new(BooleanArray::from_iter(events.iter().map(|event| Some(event.is_error))))),
        ("occurred_at", time(|event| event.occurred_at)),
        ("available_at", time(|event| event.available_at)),
    ];
    write(path, columns);
}

/// The last day of [`small`] worlds.
pub const GENERATED_LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 9, 30).unwrap();

/// A small world of the generator, large enough for all that it plants.
pub fn small() -> generate::World {
    generate::World {
        accounts: 42,
        users_per_account: 4.0,
        days: 120,
        end: GENERATED_LAST_DAY,
        events: 6_000,
        seed: 7,
        ids: generate::Ids::Short,
    }
}

/// The sources of a world of the generator.
pub fn generated(world: &generate::World) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(generate::generate(world, &store, &Default::default(), 1)).unwrap();
    folder
}

fn event_of(row: &Row) -> Event {
    let whole = |column: &str| {
        if let Value::Whole(value) = row[column] { value } else { panic!("{column}: {row:?}") }
    };
    Event {
        event_id: whole("event_id"),
        account_id: words(row, "account_id").unwrap(),
        user_id: words(row, "user_id"),
        session_id: if let Value::Whole(session) = row["session_id"] { Some(session) } else { None },
        event_name: words(row, "event_name").unwrap(),
        feature: words(row, "feature"),
        seconds: whole("seconds"),
        is_error: row["is_error"] == Value::Flag(true),
        occurred_at: whole("occurred_at"),
        available_at: whole("available_at"),
    }
}

/// A number or an instant of a row.
pub fn moment(row: &Row, column: &str) -> Option<i64> {
    if let Value::Whole(micros) = row[column] { Some(micros) } else { None }
}

/// A text of a row.
pub fn words(row: &Row, column: &str) -> Option<String> {
    if let Value::Text(text) = &row[column] { Some(text.clone()) } else { None }
}

/// Account ids of random worlds; the last one is never listed.
pub const IDS: [&str; 6] = ["a", "b'\"; --", "../c/*", "d\nd", "ä ☃", "stranger"];

/// How many days before [`LAST_DAY`]: the edges of every window more often than what lies between.
fn age() -> impl Strategy<Value = i64> {
    let edges = vec![-1, 0, 1, 6, 7, 26, 27, 28, 29, 30, 31, 54, 55, 56, 57, 89, 90];
    prop_oneof![3 => select(edges), 2 => -9_i64..100]
}

fn day_before(age: i64) -> NaiveDate {
    LAST_DAY - TimeDelta::days(age)
}

fn any_account(index: usize) -> impl Strategy<Value = Account> {
    // A window of 56 days must be able to lie before, across and after the first day.
    let since = prop_oneof![2 => 100_i64..200, 1 => 50_i64..62, 1 => -1_i64..30];
    let churned =
        prop_oneof![3 => Just(None), 1 => (-1_i64..5).prop_map(Some), 1 => (28_i64..36).prop_map(Some)];
    let segments = select(vec!["SMB", "MM", "ENT"]);
    (since, churned, segments, prop::bool::weighted(0.1)).prop_map(
        move |(since, churned, segment, is_test)| Account {
            account_id: IDS[index].to_owned(),
            segment: segment.to_owned(),
            is_test,
            customer_since: day_before(since),
            churned_on: churned.map(day_before),
        },
    )
}

fn any_event() -> impl Strategy<Value = Event> {
    let user = prop_oneof![1 => Just(None), 5 => select(vec!["u1", "u2", "u3", "u'4"]).prop_map(Some)];
    let features = vec!["reports", "automation", "integrations", "search", ""];
    let feature = prop_oneof![1 => Just(None), 2 => select(features).prop_map(Some)];
    let name = select(vec!["login", "feature_use", "content_view", "api_call", "LOGIN"]);
    let seconds = select(vec![0, 0, 1, 7, 60, 3_600, 1_000_000_000_000]);
    // The first and the last microsecond of a day, where zones begin theirs, and noon.
    let time = select(vec![0, 86_400_000_000 - 1, 5 * 3_600_000_000, 4 * 3_600_000_000 - 1, 43_200_000_000]);
    let delay = select(vec![0, 1, 3_600_000_000, 10 * 86_400_000_000]);
    // Few numbers, so that many events are delivered again, with other contents.
    let session = prop::option::weighted(0.8, 0..6_i64);
    let of_whom = (0..40_i64, select(IDS.to_vec()), user, session);
    (of_whom, name, feature, seconds, any::<bool>(), age(), time, delay).prop_map(
        |((event_id, account, user, session_id), name, feature, seconds, is_error, age, time, delay)| {
            let occurred_at = at(day_before(age), NaiveTime::MIN) + time;
            Event {
                event_id,
                account_id: account.to_owned(),
                user_id: user.map(str::to_owned),
                session_id,
                event_name: name.to_owned(),
                feature: feature.map(str::to_owned),
                seconds,
                is_error,
                occurred_at,
                available_at: occurred_at + delay,
            }
        },
    )
}

/// Worlds with nulls, ties, gaps, repeats, no base, no users, no events, events before the account and in the future.
pub fn any_world() -> impl Strategy<Value = World> {
    let accounts: Vec<_> = (0..IDS.len() - 1).map(any_account).collect();
    let zones = vec![Tz::UTC, Tz::America__New_York, Tz::Asia__Kolkata, Tz::Pacific__Auckland];
    // Distinct numbers for most events: a number from a small range is kept only here and there.
    let events = prop::collection::vec((any_event(), prop::bool::weighted(0.3)), 0..120);
    let helpers = select(vec![vec![], vec!["u3".to_owned()]]);
    // The edges of windows, on the days that are looked at, or a log that was always there.
    let complete = prop_oneof![1 => Just(400_i64), 2 => select(vec![1, 6, 8, 27, 29, 55, 57, 89, 92])];
    let project = (select(zones), 1..4_i64, complete);
    (accounts, 0..IDS.len(), events, any_people(), helpers, project).prop_map(
        |(mut accounts, listed, events, people, helpers, (zone, adopted_after, complete))| {
            accounts.truncate(listed);
            let number = |(index, (event, again)): (usize, (Event, bool))| {
                let event_id = if again { event.event_id } else { 1_000 + index as i64 };
                Event { event_id, ..event }
            };
            let events = events.into_iter().enumerate().map(number).collect();
            let complete_from = day_before(complete);
            World {
                accounts,
                events,
                people,
                helpers,
                zone,
                adopted_after,
                complete_from,
                ..World::default()
            }
        },
    )
}

/// A day some days before [`LAST_DAY`].
pub fn days_ago(days: u64) -> NaiveDate {
    LAST_DAY - Days::new(days)
}
