//! Users: who is one on which day, and what each did.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::books::User;
use super::published::{BOOKS, COMPLETE_FROM, days, each_day, ratio, rows_of};
use crate::oracle::beginnings::log_days;
use crate::oracle::table::{Row, Value};
use crate::oracle::world::Event;

/// The users as their accounts see them: one for each stay of somebody in an account, with the days that it has there.
fn stays() -> Vec<User> {
    let mut all = Vec::new();
    for user in &BOOKS.users {
        // Of several rows of one day the last is true.
        let mut starts: BTreeMap<NaiveDate, (i64, &str)> = BTreeMap::new();
        for seat in BOOKS.seats.iter().filter(|seat| seat.user_id == user.user_id) {
            let start = starts.entry(BOOKS.world.local_day(seat.valid_from)).or_default();
            *start = (*start).max((seat.valid_from, &seat.account_id));
        }
        if starts.is_empty() {
            all.push(user.clone());
        }
        let days: Vec<NaiveDate> = starts.keys().copied().collect();
        for (nth, (day, (_, account_id))) in starts.into_iter().enumerate() {
            let begins = if nth == 0 { user.created_on } else { day.max(user.created_on) };
            let end = days.get(nth + 1).copied();
            let activated_on = user.activated_on.filter(|on| end.is_none_or(|end| *on < end));
            all.push(User {
                account_id: account_id.to_owned(),
                created_on: begins,
                activated_on: activated_on.map(|on| if nth == 0 { on } else { on.max(day) }),
                deactivated_on: user.deactivated_on.into_iter().chain(end).min(),
                ..user.clone()
            });
        }
    }
    all
}

/// The events of a user for its account with their days.
fn events(user: &User) -> Vec<(NaiveDate, &'static Event)> {
    let own =
        BOOKS.world.events.iter().filter(|event| {
            event.user_id.as_ref() == Some(&user.user_id) && event.account_id == user.account_id
        });
    own.map(|event| (BOOKS.world.local_day(event.occurred_at), event)).collect()
}

/// Invited, not without the seat, and seen or invited in the last 90 days.
fn is_in(user: &User, day: NaiveDate) -> bool {
    let since = day - Days::new(89);
    let seen = events(user).into_iter().map(|(day, _)| day).filter(|seen| *seen >= user.created_on);
    let is_recent = std::iter::once(user.created_on).chain(seen).any(|seen| (since..=day).contains(&seen));
    !user.is_internal
        && is_recent
        && user.created_on <= day
        && user.deactivated_on.is_none_or(|end| day < end)
}

fn user_row(user: &User, segment: &str, day: NaiveDate) -> Row {
    let age = |seen: NaiveDate| (day - seen).num_days();
    let aged = |from: i64, to: i64| -> Vec<(NaiveDate, &Event)> {
        events(user).into_iter().filter(|(seen, _)| (from..to).contains(&age(*seen))).collect()
    };
    let seconds = |events: &[(NaiveDate, &Event)]| events.iter().map(|(_, event)| event.seconds).sum::<i64>();
    let (month, before) = (aged(0, 28), aged(28, 56));
    // Of what lies before the log nobody tells.
    let told = |day: NaiveDate| log_days(day, COMPLETE_FROM);
    let is_warm = age(user.created_on) >= 55 && told(day) >= 56;
    let count = |counted: fn(&Event) -> bool| {
        Value::Whole(month.iter().filter(|(_, event)| counted(event)).count() as i64)
    };
    let growth = match ratio(seconds(&month) as f64, seconds(&before) as f64) {
        Value::Real(times) if is_warm => Value::Real(times - 1.0),
        _ => Value::Null,
    };
    let base = match (!is_warm, seconds(&before) > 0, seconds(&month) > 0) {
        (true, ..) => "warm_up",
        (_, true, _) => "observed",
        (_, _, true) => "from_zero",
        _ => "no_usage",
    };
    let active = month.iter().map(|(day, _)| *day).collect::<BTreeSet<_>>().len();
    let features =
        month.iter().filter_map(|(_, event)| event.feature.as_ref()).collect::<BTreeSet<_>>().len();
    let did = |event: &&(NaiveDate, &Event)| event.1.feature.is_some() || event.1.is_error;
    let last_did = month.iter().filter(did).map(|(seen, _)| age(*seen)).min();
    let last_did = last_did.filter(|last| told(day - Days::new(last.cast_unsigned())) >= 28);
    let last_error_share = last_did.map_or(Value::Null, |last| {
        let until = aged(last, last + 28);
        let count =
            |counted: fn(&Event) -> bool| until.iter().filter(|(_, event)| counted(event)).count() as f64;
        let (uses, errors) = (count(|event| event.feature.is_some()), count(|event| event.is_error));
        ratio(errors, uses + errors)
    });
    let last_seen = aged(0, 90).iter().map(|(seen, _)| age(*seen)).min();
    let columns = [
        ("account_id", Value::Text(user.account_id.clone())),
        ("user_id", Value::Text(user.user_id.clone())),
        ("as_of_date", Value::Day(day)),
        ("segment", Value::Text(segment.to_owned())),
        ("role", Value::Text("member".to_owned())),
        ("days_since_invited", Value::Whole(age(user.created_on))),
        ("is_activated", Value::Flag(user.activated_on.is_some_and(|activated| activated <= day))),
        ("days_since_seen", last_seen.map_or(Value::Null, Value::Whole)),
        ("usage_seconds_28d", Value::Whole(seconds(&month))),
        ("usage_seconds_prev_28d", Value::Whole(seconds(&before))),
        ("usage_growth_28d", growth),
        ("usage_growth_base", Value::Text(base.to_owned())),
        ("active_days_28d", Value::Whole(active as i64)),
        (
            "active_days_per_week_28d",
            if told(day) >= 28 { Value::Real(active as f64 / 4.0) } else { Value::Null },
        ),
        ("logins_28d", count(|event| event.event_name == "login")),
        ("features_28d", Value::Whole(features as i64)),
        ("feature_uses_28d", count(|event| event.feature.is_some())),
        ("errors_28d", count(|event| event.is_error)),
        ("last_error_share_28d", last_error_share),
        ("tickets_90d", Value::Null),
    ];
    columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Every column of every user, the silent, the returned and those who left included.
#[test]
fn capability_56_users_by_day() {
    let key = |row: &Row| format!("{:?} {:?} {:?}", row["as_of_date"], row["user_id"], row["account_id"]);
    let in_window = |row: &Row| matches!(row["as_of_date"], Value::Day(day) if days().contains(&day));
    let got: BTreeMap<String, Row> =
        rows_of("users").into_iter().filter(in_window).map(|row| (key(&row), row)).collect();
    let mut expected = BTreeMap::new();
    for day in each_day() {
        for user in stays().iter().filter(|user| is_in(user, day)) {
            if let Some(customer) = BOOKS.world.commerce.customer(&BOOKS.world, &user.account_id, day) {
                let row = user_row(user, &customer.account.segment, day);
                expected.insert(key(&row), row);
            }
        }
    }
    let moved = |row: &Row| {
        let is_user = |user: &&User| Value::Text(user.user_id.clone()) == row["user_id"];
        BOOKS
            .users
            .iter()
            .find(is_user)
            .is_some_and(|user| Value::Text(user.account_id.clone()) != row["account_id"])
    };
    assert!(expected.values().any(moved), "nobody is in another account");
    assert!(expected.len() > 200, "{} rows show little", expected.len());
    assert!(got.keys().eq(expected.keys()), "not the same users and days");
    for (key, row) in &expected {
        assert_eq!(&got[key], row, "{key}");
    }
}
