//! Random tables of metrics: NULL, NaN, infinities, the hugest numbers, values on edges, accounts that miss days.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use proptest::prelude::*;

/// How many columns of doubles there are: `m0`, `m1`, …
pub const METRICS: usize = 4;

/// The first day of the tables, as days since 1970.
pub const FIRST_DAY: i32 = 20_000;

/// A day as a date.
pub fn date(day: i32) -> NaiveDate {
    NaiveDate::from_epoch_days(day).expect("a day of this century")
}

/// One row of `metrics.accounts`, or of `metrics.users`.
#[derive(Clone)]
pub struct Row {
    pub account: u8,
    pub user: u8,
    pub day: i32,
    pub metrics: [Option<f64>; METRICS],
    pub events: Option<i64>,
    pub pulse: Option<i64>,
    pub grade: Option<&'static str>,
    pub segment: Option<&'static str>,
    pub paid: Option<bool>,
    pub tenure: Option<i64>,
    pub age: Option<f64>,
    /// What people have said against the number: what to do, and with which.
    pub judged: Option<(&'static str, f64)>,
}

// On one line, and a table on as many as it has rows.
impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { account, user, day, metrics, events, pulse, grade, segment, paid, tenure, age, judged } =
            self;
        write!(
            f,
            "a{account}-u{user} on {day}: {metrics:?} events {events:?} pulse {pulse:?} grade {grade:?} "
        )?;
        write!(f, "segment {segment:?} paid {paid:?} tenure {tenure:?} age {age:?} judged {judged:?}")
    }
}

impl Row {
    /// Whether two rows are of the same account and user.
    pub fn is_of(&self, other: &Self) -> bool {
        (self.account, self.user) == (other.account, other.user)
    }

    /// The key of the row, as texts.
    pub fn key(&self, by_user: bool) -> (String, Option<String>) {
        if by_user {
            (format!("a{}", self.account), Some(format!("u{}", self.user)))
        } else {
            (format!("a{}-{}", self.account, self.user), None)
        }
    }
}

const STRANGE: [f64; 10] = [
    f64::NAN,
    -f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    -0.0,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    1e15,
    -9.5e14,
];

/// A metric: often exactly on an edge, sometimes not a number at all.
fn metric() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        10 => (-32..=32_i64).prop_map(|value| Some(value as f64 / 100.0)),
        3 => (-500..=500_i64).prop_map(|value| Some(value as f64)),
        1 => proptest::num::f64::NORMAL.prop_map(Some),
        2 => Just(None),
        1 => proptest::sample::select(STRANGE.to_vec()).prop_map(Some),
    ]
}

fn age() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        8 => (-3..60_i64).prop_map(|days| Some(days as f64)),
        2 => Just(None),
        1 => proptest::sample::select(STRANGE.to_vec()).prop_map(Some),
    ]
}

fn one_of<T: Copy + std::fmt::Debug + 'static>(values: &[T]) -> impl Strategy<Value = T> {
    proptest::sample::select(values.to_vec())
}

fn row() -> impl Strategy<Value = Row> {
    let key = (0..7_u8, 0..3_u8, prop_oneof![9 => 0..10_i32, 1 => 10..40_i32]);
    let metrics = [metric(), metric(), metric(), metric()];
    let counts = (
        prop::option::weighted(0.8, -3..40_i64),
        prop::option::weighted(0.8, prop_oneof![40 => 1..=5_i64, 1 => 0..=9_i64]),
        prop::option::weighted(0.8, -2..60_i64),
    );
    let texts = (
        one_of(&[Some("A"), Some("B"), Some("it's"), Some(""), Some("Z"), None]),
        one_of(&[Some("small"), Some("large"), Some("é \"quoted\""), None]),
        one_of(&[Some(true), Some(false), None]),
    );
    let judged = prop::option::weighted(
        0.3,
        (
            one_of(&["set", "cap", "floor", "adjust"]),
            (-1500..=1500_i64).prop_map(|value| value as f64 / 10.0),
        ),
    );
    (key, metrics, counts, texts, age(), judged).prop_map(
        |((account, user, day), metrics, (events, pulse, tenure), (grade, segment, paid), age, judged)| Row {
            account,
            user,
            day: FIRST_DAY + day,
            metrics,
            events,
            pulse,
            grade,
            segment,
            paid,
            tenure,
            age,
            judged,
        },
    )
}

/// Random tables, each key once.
pub fn tables(rows: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec(row(), rows).prop_map(|rows| {
        let unique: BTreeMap<_, Row> =
            rows.into_iter().map(|row| ((row.account, row.user, row.day), row)).collect();
        unique.into_values().collect()
    })
}

/// The rows as `metrics.accounts`, or as `metrics.users`.
pub fn metrics(rows: &[Row], by_user: bool) -> RecordBatch {
    let mut columns = keys(rows, by_user);
    for at in 0..METRICS {
        let values: Float64Array = rows.iter().map(|row| row.metrics[at]).collect();
        columns.push((format!("m{at}"), Arc::new(values)));
    }
    let mut add = |name: &str, column: ArrayRef| columns.push((name.to_owned(), column));
    add("events", Arc::new(rows.iter().map(|row| row.events).collect::<Int64Array>()));
    add("pulse", Arc::new(rows.iter().map(|row| row.pulse).collect::<Int64Array>()));
    add("grade", Arc::new(rows.iter().map(|row| row.grade).collect::<StringArray>()));
    add("segment", Arc::new(rows.iter().map(|row| row.segment).collect::<StringArray>()));
    add("paid", Arc::new(rows.iter().map(|row| row.paid).collect::<BooleanArray>()));
    add("tenure", Arc::new(rows.iter().map(|row| row.tenure).collect::<Int64Array>()));
    add("age", Arc::new(rows.iter().map(|row| row.age).collect::<Float64Array>()));
    batch(columns)
}

/// What the rows say against their scores, as `metrics.overrides`.
pub fn overrides(rows: &[Row], by_user: bool) -> RecordBatch {
    let rows: Vec<Row> = rows.iter().filter(|row| row.judged.is_some()).cloned().collect();
    let mut columns = keys(&rows, by_user);
    let judged = || rows.iter().filter_map(|row| row.judged);
    let all = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text.to_owned(); rows.len()])) };
    let modes: StringArray = judged().map(|(mode, _)| Some(mode)).collect();
    let values: Float64Array = judged().map(|(_, value)| Some(value)).collect();
    let names = ["score_name", "override_id", "reason", "author_id"];
    let texts = ["health", "o1", "they said so", "someone"];
    columns.extend(names.iter().zip(texts).map(|(name, text)| ((*name).to_owned(), all(text))));
    columns.push(("mode".to_owned(), Arc::new(modes)));
    columns.push(("value".to_owned(), Arc::new(values)));
    batch(columns)
}

fn keys(rows: &[Row], by_user: bool) -> Vec<(String, ArrayRef)> {
    let accounts: StringArray = rows.iter().map(|row| Some(row.key(by_user).0)).collect();
    let mut columns: Vec<(String, ArrayRef)> = vec![("account_id".into(), Arc::new(accounts))];
    if by_user {
        let users: StringArray = rows.iter().map(|row| row.key(true).1).collect();
        columns.push(("user_id".into(), Arc::new(users)));
    }
    columns
        .push(("as_of_date".into(), Arc::new(rows.iter().map(|row| Some(row.day)).collect::<Date32Array>())));
    columns
}

fn batch(columns: Vec<(String, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .expect("columns of one length")
}
