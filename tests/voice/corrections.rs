//! What was mended, and what changed: on both sides of the day on which it was known, as happened and as known.
//!
//! A correction was always so as happened, and is so from when it was known as known. A change is so from its own day,
//! in both readings, and takes nothing from the days before.

use std::collections::BTreeMap;

use halescore::engine::sources::Reading;

use super::mended::write_sources;
use crate::oracle::table::{Table, Value};
use crate::oracle::world::days_ago;
use crate::oracle::{project_with, subjects_as};

/// Days before the last that are looked at.
const LOOKED_AT: [u64; 7] = [28, 22, 20, 19, 17, 10, 3];

const SUBJECTS: [&str; 14] = [
    "spine",
    "onboarding",
    "relationship",
    "pulse",
    "growth",
    "surveys",
    "support",
    "billing",
    "goals",
    "overrides",
    "advocacy",
    "sentiment",
    "kpis",
    "usage",
];

/// What each subject is, in a reading, on each day that is looked at.
fn read(reading: Reading) -> BTreeMap<(&'static str, u64), Table> {
    let sources = tempfile::tempdir().unwrap();
    write_sources(sources.path());
    let project = project_with(&[]);
    let mut found = BTreeMap::new();
    for age in LOOKED_AT {
        // As known a day is of a run of its own.
        let days = days_ago(age)..=days_ago(age);
        let tables = subjects_as(reading, project.path(), sources.path(), days, &SUBJECTS);
        found.extend(SUBJECTS.iter().zip(tables).map(|(subject, table)| ((*subject, age), table)));
    }
    found
}

fn whole(value: i64) -> Value {
    Value::Whole(value)
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// A number of an account on the days that are looked at, as happened and as known.
struct Line {
    account: &'static str,
    subject: &'static str,
    column: &'static str,
    happened: [Value; 7],
    known: [Value; 7],
}

/// A correction: in the two readings it is not the same until it is known.
fn mended(
    (account, subject, column): (&'static str, &'static str, &'static str),
    happened: [Value; 7],
    known: [Value; 7],
) -> Line {
    Line { account, subject, column, happened, known }
}

/// A change: the same in both readings.
fn changed(
    (account, subject, column): (&'static str, &'static str, &'static str),
    values: [Value; 7],
) -> Line {
    Line { account, subject, column, known: values.clone(), happened: values }
}

/// Whole numbers, -1 for NULL.
fn numbers(values: [i64; 7]) -> [Value; 7] {
    values.map(|value| if value < 0 { Value::Null } else { whole(value) })
}

/// Numbers, below 0 for NULL.
fn reals(values: [f64; 7]) -> [Value; 7] {
    values.map(|value| if value < 0.0 { Value::Null } else { Value::Real(value) })
}

/// What is said and signed.
fn lines() -> Vec<Line> {
    let money = |values: [&str; 7]| values.map(text);
    vec![
        // Days before the last:                                28  22  20  19  17  10  3
        mended(
            ("slip", "onboarding", "onboarding_days"),
            numbers([2, 8, 10, 11, 13, 20, 27]),
            // As of a plan of two years ago that nobody ended: it says nothing any more.
            numbers([-1, -1, -1, 11, 13, 20, 27]),
        ),
        mended(
            ("live", "onboarding", "onboarding_days"),
            numbers([2, 8, 10, 11, 13, 20, 20]),
            numbers([2, 2, 10, 11, 13, 20, 20]),
        ),
        mended(
            ("live", "onboarding", "live_since"),
            [
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Day(days_ago(10)),
                Value::Day(days_ago(10)),
            ],
            [
                Value::Day(days_ago(28)),
                Value::Day(days_ago(28)),
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Day(days_ago(10)),
            ],
        ),
        mended(
            ("step", "onboarding", "milestones_done"),
            numbers([0, 0, 0, 0, 0, 1, 1]),
            numbers([0, 0, 0, 0, 0, 0, 1]),
        ),
        changed(("step", "onboarding", "milestones_stalled"), numbers([0, 0, 1, 0, 0, 0, 0])),
        mended(
            ("meeting", "relationship", "meetings_90d"),
            numbers([-1, -1, 0, 0, 0, 0, 0]),
            numbers([-1, -1, 1, 0, 0, 0, 0]),
        ),
        mended(
            ("meeting", "relationship", "no_shows_90d"),
            numbers([-1, -1, 1, 1, 1, 1, 1]),
            numbers([-1, -1, 0, 1, 1, 1, 1]),
        ),
        mended(
            ("meeting", "relationship", "days_since_meeting"),
            numbers([-1; 7]),
            numbers([-1, -1, 0, -1, -1, -1, -1]),
        ),
        mended(
            ("meeting", "relationship", "days_since_sponsor_contact"),
            numbers([-1; 7]),
            numbers([-1, -1, 0, -1, -1, -1, -1]),
        ),
        mended(
            ("contact", "relationship", "sponsors"),
            numbers([0, 1, 1, 1, 0, 0, 0]),
            numbers([0, 1, 1, 1, 1, 0, 0]),
        ),
        changed(("contact", "relationship", "champions"), numbers([1, 0, 0, 0, 0, 0, 0])),
        mended(
            ("pulse", "pulse", "csm_pulse_age_days"),
            numbers([-1, 3, 5, 6, 8, 15, 22]),
            numbers([-1, -1, 0, 1, 8, 15, 22]),
        ),
        mended(
            ("pulse", "pulse", "csm_pulse"),
            reals([-1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]),
            reals([-1.0, -1.0, 2.0, 2.0, 2.0, 2.0, 2.0]),
        ),
        mended(
            ("override", "overrides", "value"),
            reals([-1.0, -1.0, 50.0, 50.0, 50.0, 50.0, 50.0]),
            reals([-1.0, -1.0, 40.0, 40.0, 50.0, 50.0, 50.0]),
        ),
        mended(
            ("contract", "growth", "expansion_arr_365d"),
            [
                Value::Null,
                Value::Null,
                text("1000.00"),
                text("1000.00"),
                text("1000.00"),
                text("1000.00"),
                text("1000.00"),
            ],
            [
                Value::Null,
                Value::Null,
                text("10000.00"),
                text("10000.00"),
                text("1000.00"),
                text("1000.00"),
                text("1000.00"),
            ],
        ),
        changed(("again", "surveys", "nps_latest"), reals([9.0, 9.0, 9.0, 9.0, 9.0, 2.0, 2.0])),
        changed(("again", "surveys", "nps_365d"), {
            let (before, after) = (Value::Real(100.0), Value::Real(-100.0));
            [&before, &before, &before, &before, &before, &after, &after].map(Value::clone)
        }),
        changed(("again", "surveys", "nps_answers_365d"), numbers([1; 7])),
        mended(
            ("mended", "surveys", "nps_latest"),
            reals([2.0; 7]),
            reals([9.0, 9.0, 9.0, 2.0, 2.0, 2.0, 2.0]),
        ),
        changed(("ticket", "support", "severe_tickets_90d"), numbers([0, 0, 0, 0, 0, 1, 1]))
            .known_from([-1, 0, 0, 0, 0, 1, 1]),
        changed(("ticket", "support", "bugs_90d"), numbers([1, 1, 1, 1, 1, 0, 0]))
            .known_from([-1, 1, 1, 1, 1, 0, 0]),
        changed(("ticket", "support", "incidents_90d"), numbers([0, 0, 0, 0, 0, 1, 1]))
            .known_from([-1, 0, 0, 0, 0, 1, 1]),
        changed(("severe", "support", "severe_tickets_open"), numbers([0, 0, 0, 1, 0, 0, 0]))
            .known_from([-1, 0, 0, 1, 1, 0, 0]),
        changed(("severe", "support", "tickets_open"), numbers([1, 1, 1, 1, 0, 0, 0]))
            .known_from([-1, 1, 1, 1, 1, 0, 0]),
        mended(
            ("asked", "surveys", "nps_response_rate_365d"),
            reals([0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
            reals([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]),
        ),
        mended(
            ("asked", "surveys", "survey_response_rate_90d"),
            reals([0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
            reals([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]),
        ),
        changed(
            ("payment", "billing", "paid_amount_90d"),
            money(["100.00", "100.00", "100.00", "100.00", "100.00", "0.00", "0.00"]),
        ),
        changed(("payment", "billing", "chargebacks_365d"), numbers([0, 0, 0, 0, 0, 1, 1])),
        mended(
            ("invoice", "billing", "overdue_invoices"),
            numbers([0, 1, 0, 0, 0, 0, 0]),
            numbers([0, 1, 1, 1, 0, 0, 0]),
        ),
        changed(
            ("disputed", "billing", "disputed_amount"),
            money(["0.00", "0.00", "0.00", "100.00", "100.00", "100.00", "100.00"]),
        ),
        changed(("goal", "goals", "goals_due"), numbers([0, 1, 1, 0, 0, 0, 1])),
        mended(
            ("goal", "goals", "goals_attained"),
            numbers([0, 0, 0, 0, 1, 1, 1]),
            numbers([0, 0, 0, 0, 0, 1, 1]),
        ),
        mended(
            ("act", "advocacy", "referrals_180d"),
            numbers([0, 1, 1, 1, 1, 1, 1]),
            numbers([0, 0, 0, 1, 1, 1, 1]),
        ),
    ]
}

/// Facts of one day each: a late one is of its day, and so is the last word on it.
fn facts() -> Vec<Line> {
    vec![
        // Days before the last:                                28  22  20  19  17  10  3
        changed(("message", "sentiment", "messages_28d"), numbers([1; 7])),
        mended(
            ("message", "sentiment", "sentiment_mean_28d"),
            reals([0.5; 7]),
            reals([-1.0, -1.0, -1.0, 0.5, 0.5, 0.5, 0.5]),
        ),
        mended(("said", "sentiment", "feedback_bugs_90d"), numbers([0; 7]), numbers([1, 1, 1, 1, 1, 0, 0])),
        mended(("said", "sentiment", "feedback_praise_90d"), numbers([1; 7]), numbers([0, 0, 0, 0, 0, 1, 1])),
        mended(
            ("said", "sentiment", "feedback_ideas_90d"),
            numbers([0, 1, 1, 1, 1, 1, 1]),
            numbers([0, 0, 0, 1, 1, 1, 1]),
        ),
        mended(
            ("figure", "kpis", "campaigns_28d"),
            reals([1.0, 1.0, 8.0, 8.0, 8.0, 8.0, 8.0]),
            reals([1.0, 1.0, 6.0, 6.0, 8.0, 8.0, 8.0]),
        ),
        mended(
            ("figure", "kpis", "storage_gb"),
            reals([-1.0, -1.0, 50.0, 50.0, 50.0, -1.0, 25.0]),
            reals([-1.0, -1.0, 100.0, 100.0, 50.0, -1.0, 25.0]),
        ),
        mended(
            ("late", "usage", "usage_seconds_28d"),
            numbers([0, 60, 60, 60, 60, 60, 60]),
            numbers([0, 0, 0, 60, 60, 60, 60]),
        ),
        mended(
            ("late", "usage", "active_users_28d"),
            numbers([0, 1, 1, 1, 1, 1, 1]),
            numbers([0, 0, 0, 1, 1, 1, 1]),
        ),
        changed(("twice", "usage", "usage_seconds_28d"), numbers([0, 60, 60, 60, 60, 60, 60])),
        changed(("twice", "usage", "events_28d"), numbers([0, 1, 1, 1, 1, 1, 1])),
        mended(
            ("seconds", "usage", "usage_seconds_28d"),
            numbers([0, 90, 90, 90, 90, 90, 90]),
            numbers([0, 60, 60, 60, 90, 90, 90]),
        ),
        mended(
            ("earlier", "usage", "usage_seconds_28d"),
            numbers([90; 7]),
            numbers([0, 0, 60, 60, 90, 90, 90]),
        ),
        changed(("earlier", "usage", "events_28d"), numbers([1; 7])).known_from([0, 0, 1, 1, 1, 1, 1]),
    ]
}

impl Line {
    /// What is known is otherwise on days before the first row was known.
    fn known_from(self, known: [i64; 7]) -> Self {
        Self { known: numbers(known), ..self }
    }
}

#[test]
fn a_correction_mends_the_past_and_a_change_does_not() {
    let mut wrong = Vec::new();
    for reading in [Reading::AsHappened, Reading::AsKnown] {
        let tables = read(reading);
        for line in lines().into_iter().chain(facts()) {
            let wanted = if reading == Reading::AsKnown { line.known } else { line.happened };
            for (age, want) in LOOKED_AT.into_iter().zip(wanted) {
                let table = &tables[&(line.subject, age)];
                let row = table.0.get(&(days_ago(age), line.account.to_owned()));
                let got = row.map_or(&Value::Null, |row| &row[line.column]);
                if *got != want {
                    wrong.push(format!(
                        "{reading:?}: {}.{} of {} {age} days before the last: {got:?}, expected {want:?}",
                        line.subject, line.column, line.account
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
