//! What people thought and did in a world: made up, drawn at random or generated; written as Parquet; and the judgement
//! that holds on a day, found by looking through all of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::sample::select;

use super::table::{Row, Value};
use super::world::{IDS, LAST_DAY, World, at, moment, words, write};

/// A row of `raw.account_owners`, always of an owner (CSM).
#[derive(Debug, Clone)]
pub struct Ownership {
    pub account_id: String,
    pub owner_id: String,
    pub start_at: i64,
}

/// A row of `raw.assessments`.
#[derive(Debug, Clone)]
pub struct Assessment {
    pub assessment_id: String,
    pub account_id: String,
    pub component: String,
    pub value: f64,
    pub scale: i64,
    pub reason: String,
    pub author_id: String,
    pub effective_at: i64,
    pub expires_at: Option<i64>,
    pub recorded_at: i64,
    pub supersedes_id: Option<String>,
}

/// A row of `raw.overrides`.
#[derive(Debug, Clone)]
pub struct Override {
    pub override_id: String,
    pub account_id: String,
    pub score_name: String,
    pub mode: String,
    pub value: f64,
    pub effective_at: i64,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
    pub recorded_at: i64,
}

/// Everything that people left behind.
#[derive(Debug, Clone, Default)]
pub struct People {
    pub ownerships: Vec<Ownership>,
    pub assessments: Vec<Assessment>,
    pub overrides: Vec<Override>,
}

fn text<T>(rows: &[T], read: impl Fn(&T) -> Option<String>) -> ArrayRef {
    Arc::new(StringArray::from_iter(rows.iter().map(read)))
}

fn time<T>(rows: &[T], read: impl Fn(&T) -> Option<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(rows.iter().map(read)))
}

impl People {
    /// Writes the files of what there is: the sources are optional.
    pub fn write(&self, folder: &Path) {
        let rows = &self.ownerships;
        if !rows.is_empty() {
            let columns = vec![
                ("account_id", text(rows, |row| Some(row.account_id.clone()))),
                ("owner_id", text(rows, |row| Some(row.owner_id.clone()))),
                ("role", text(rows, |_| Some("csm".to_owned()))),
                ("start_at", time(rows, |row| Some(row.start_at))),
                ("end_at", time(rows, |_| None)),
            ];
            write(&folder.join("account_owners.parquet"), columns);
        }
        if !self.assessments.is_empty() {
            self.write_assessments(folder);
        }
        if !self.overrides.is_empty() {
            self.write_overrides(folder);
        }
    }

    fn write_assessments(&self, folder: &Path) {
        let rows = &self.assessments;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("assessment_id", text(rows, |row| Some(row.assessment_id.clone()))),
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("component", text(rows, |row| Some(row.component.clone()))),
            ("value", Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.value)))),
            ("scale", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.scale)))),
            ("reason", text(rows, |row| Some(row.reason.clone()))),
            ("author_id", text(rows, |row| Some(row.author_id.clone()))),
            ("effective_at", time(rows, |row| Some(row.effective_at))),
            ("expires_at", time(rows, |row| row.expires_at)),
            ("recorded_at", time(rows, |row| Some(row.recorded_at))),
            ("supersedes_id", text(rows, |row| row.supersedes_id.clone())),
        ];
        write(&folder.join("assessments.parquet"), columns);
    }

    fn write_overrides(&self, folder: &Path) {
        let rows = &self.overrides;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("override_id", text(rows, |row| Some(row.override_id.clone()))),
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("score_name", text(rows, |row| Some(row.score_name.clone()))),
            ("mode", text(rows, |row| Some(row.mode.clone()))),
            ("value", Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.value)))),
            ("reason", text(rows, |row| Some(format!("because of {}", row.override_id)))),
            ("author_id", text(rows, |_| Some("ann".to_owned()))),
            ("effective_at", time(rows, |row| Some(row.effective_at))),
            ("expires_at", time(rows, |row| Some(row.expires_at))),
            ("revoked_at", time(rows, |row| row.revoked_at)),
            ("recorded_at", time(rows, |row| Some(row.recorded_at))),
        ];
        write(&folder.join("overrides.parquet"), columns);
    }

    /// What the generator wrote about owners and judgements.
    pub fn read(owners: &[Row], assessments: &[Row]) -> Self {
        let ownership = |row: &Row| Ownership {
            account_id: words(row, "account_id").unwrap(),
            owner_id: words(row, "owner_id").unwrap(),
            start_at: moment(row, "start_at").unwrap(),
        };
        Self {
            ownerships: owners.iter().map(ownership).collect(),
            assessments: assessments.iter().map(assessment_of).collect(),
            overrides: Vec::new(),
        }
    }
}

fn assessment_of(row: &Row) -> Assessment {
    let Value::Real(value) = row["value"] else { panic!("{row:?}") };
    Assessment {
        assessment_id: words(row, "assessment_id").unwrap(),
        account_id: words(row, "account_id").unwrap(),
        component: words(row, "component").unwrap(),
        value,
        scale: moment(row, "scale").unwrap(),
        reason: words(row, "reason").unwrap(),
        author_id: words(row, "author_id").unwrap(),
        effective_at: moment(row, "effective_at").unwrap(),
        expires_at: moment(row, "expires_at"),
        recorded_at: moment(row, "recorded_at").unwrap(),
        supersedes_id: words(row, "supersedes_id"),
    }
}

/// The four columns of the judgement that holds for an account at the end of a day.
pub fn pulse(world: &World, account_id: &str, day: NaiveDate, put: &mut impl FnMut(&str, Value)) {
    let held = judgement(world, account_id, day);
    let age = |held: &Assessment| {
        Value::Whole(day.signed_duration_since(world.local_day(held.effective_at)).num_days())
    };
    let value = |held: &Assessment| Value::Real(1.0 + (held.value - 1.0) * 4.0 / (held.scale - 1) as f64);
    put("csm_pulse", held.map_or(Value::Null, value));
    put("csm_pulse_age_days", held.map_or(Value::Null, age));
    put("csm_pulse_author", held.map_or(Value::Null, |held| Value::Text(held.author_id.clone())));
    put("csm_pulse_reason", held.map_or(Value::Null, |held| Value::Text(held.reason.clone())));
}

/// The judgement with the newest effective time by the end of the day, unless it is over. Of the rows of one judgement
/// the one written down last is true, with its days; one that is over on its first day was none.
fn judgement<'a>(world: &'a World, account_id: &str, day: NaiveDate) -> Option<&'a Assessment> {
    let by_then = |micros: i64| world.local_day(micros) <= day;
    let mut last: BTreeMap<&str, &Assessment> = BTreeMap::new();
    for row in &world.people.assessments {
        let kept = last.entry(&row.assessment_id).or_insert(row);
        if row.recorded_at > kept.recorded_at {
            *kept = row;
        }
    }
    let is_one = |row: &&Assessment| {
        row.expires_at.is_none_or(|at| world.local_day(at) > world.local_day(row.effective_at))
    };
    let begun: Vec<&Assessment> =
        last.into_values().filter(is_one).filter(|row| by_then(row.effective_at)).collect();
    let of_account = begun.iter().filter(|row| row.account_id == account_id && row.component == "csm_pulse");
    let newest = of_account.max_by_key(|row| (row.effective_at, &row.assessment_id)).copied()?;
    let expired = newest.expires_at.is_some_and(by_then);
    let superseded = begun.iter().any(|row| {
        row.supersedes_id.as_ref() == Some(&newest.assessment_id) && row.assessment_id != newest.assessment_id
    });
    let over = expired || superseded || handed_over(world, newest, day);
    (!over).then_some(newest)
}

/// Whether the account came to somebody else than before, and than the author, after the judgement. Of those who got it on
/// one day it is the last one's.
fn handed_over(world: &World, judged: &Assessment, day: NaiveDate) -> bool {
    let mut of_days: BTreeMap<NaiveDate, &Ownership> = BTreeMap::new();
    for row in world.people.ownerships.iter().filter(|row| row.account_id == judged.account_id) {
        let kept = of_days.entry(world.local_day(row.start_at)).or_insert(row);
        if (row.start_at, Reverse(&row.owner_id)) > (kept.start_at, Reverse(&kept.owner_id)) {
            *kept = row;
        }
    }
    let owners: Vec<&Ownership> = of_days.into_values().collect();
    owners.windows(2).any(|pair| {
        pair[0].owner_id != pair[1].owner_id
            && pair[1].owner_id != judged.author_id
            && pair[1].start_at > judged.effective_at
            && world.local_day(pair[1].start_at) <= day
    })
}

fn any_moment(ages: std::ops::Range<i64>) -> impl Strategy<Value = i64> {
    let hour = select(vec![0, 1, 4, 5, 12, 23]);
    (ages, hour).prop_map(|(age, hour)| {
        at(LAST_DAY - chrono::TimeDelta::days(age), chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap())
    })
}

fn any_assessment() -> impl Strategy<Value = (Assessment, bool)> {
    let who = (select(IDS.to_vec()), select(vec!["ann", "bob", "eve"]), 0..8_i64, 0..8_i64);
    let component = prop_oneof![5 => Just("csm_pulse"), 1 => Just("other")];
    let value = (1..=4_i64, select(vec![2_i64, 4, 5, 10]));
    let times = (any_moment(-2..12), prop::option::of(any_moment(-3..8)), any_moment(-2..12));
    (who, component, value, times, prop::bool::weighted(0.2), prop::bool::weighted(0.2)).prop_map(
        |(
            (account, author, id, other),
            component,
            (value, scale),
            (effective, expires, recorded),
            takes,
            twice,
        )| {
            let assessment = Assessment {
                assessment_id: format!("j{id}"),
                account_id: account.to_owned(),
                component: component.to_owned(),
                value: value.min(scale) as f64,
                scale,
                reason: format!("{author} says '{value}'"),
                author_id: author.to_owned(),
                effective_at: effective,
                expires_at: expires,
                recorded_at: recorded,
                supersedes_id: takes.then(|| format!("j{other}")),
            };
            (assessment, twice)
        },
    )
}

/// Judgements that are corrected, superseded, expired, written down late or twice, and accounts handed to and fro.
pub fn any_people() -> impl Strategy<Value = People> {
    let owner = (select(IDS.to_vec()), select(vec!["ann", "bob"]), any_moment(-2..12));
    let owner = owner.prop_map(|(account, owner, start_at)| Ownership {
        account_id: account.to_owned(),
        owner_id: owner.to_owned(),
        start_at,
    });
    let judged = prop::collection::vec(any_assessment(), 0..24);
    (prop::collection::vec(owner, 0..12), judged).prop_map(|(ownerships, judged)| {
        let mut assessments = Vec::new();
        for (index, (mut assessment, twice)) in (0_i64..).zip(judged) {
            // Versions of one moment would leave open which is the later.
            assessment.recorded_at += index;
            assessments.extend(twice.then(|| assessment.clone()));
            assessments.push(assessment);
        }
        People { ownerships, assessments, overrides: Vec::new() }
    })
}
