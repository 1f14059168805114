//! Weeks with use, and faults met.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};

use super::customers::{Facts, Ugly, count, days_since, flag, must_equal, ratio};
use super::sources::within;
use crate::oracle::table::Value;
use crate::oracle::world::Event;

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let listed = ugly.reports("features", as_of);
    let uses = ugly.uses(account_id, as_of);
    let month: Vec<(NaiveDate, &Event)> =
        uses.iter().copied().filter(|(day, _)| within(*day, as_of, 28)).collect();
    let active_on = uses.iter().map(|(day, _)| *day).max();
    let by_users = || uses.iter().filter_map(|(day, event)| Some((*day, event.user_id.as_deref()?)));
    let seen_on = by_users().map(|(day, _)| day).max();
    let last_users = seen_on.map(|last| {
        by_users().filter(|(day, _)| within(*day, last, 28)).map(|(_, user)| user).collect::<BTreeSet<_>>()
    });
    let calls = || uses.iter().filter(|(_, event)| event.event_name == "api_call");
    let called_on = calls().map(|(day, _)| *day).max();
    // From which day on the log tells of 28 days.
    let told_from = ugly.complete_from() + TimeDelta::days(27);
    let last_error_rate = called_on.filter(|last| *last >= told_from).map_or(Value::Null, |last| {
        let month: Vec<_> = calls().filter(|(day, _)| within(*day, last, 28)).collect();
        let failed = month.iter().filter(|(_, event)| event.is_error).count();
        ratio(true, failed as f64, month.len() as f64)
    });
    let week = |day: NaiveDate| as_of.signed_duration_since(day).num_days() / 7;
    let of_users: Vec<(NaiveDate, &Event)> =
        month.iter().copied().filter(|(_, event)| event.user_id.is_some()).collect();
    let active: BTreeSet<i64> = of_users.iter().map(|(day, _)| week(*day)).collect();
    let is_key =
        |event: &Event| event.feature.as_deref().is_some_and(|feature| ugly.adoption.is_key(feature));
    let key: BTreeSet<i64> =
        of_users.iter().filter(|(_, event)| is_key(event)).map(|(day, _)| week(*day)).collect();
    let errors = month.iter().filter(|(_, event)| event.is_error).count();
    let users: BTreeSet<&str> = month.iter().filter_map(|(_, event)| event.user_id.as_deref()).collect();
    let features: Vec<&str> = month.iter().filter_map(|(_, event)| event.feature.as_deref()).collect();
    let distinct: BTreeSet<&str> = features.iter().copied().collect();
    let customer = ugly.customer(account_id, as_of);
    let (tenure, joined) = (customer.tenure_days, customer.joined_days);
    // The 28 days up to a last day with use hold some before another account went on in this one, and some after.
    let crosses = |last: NaiveDate| {
        joined
            .is_some_and(|joined| (1..28).contains(&(joined - as_of.signed_duration_since(last).num_days())))
    };
    let unless_across =
        |last: Option<NaiveDate>, value| if last.is_some_and(crosses) { Value::Null } else { value };
    let last_share = last_top_share(&uses, as_of).filter(|(last, _)| *last >= told_from);
    let (shared_on, last_share) = last_share.unzip();
    let unseen = seen_on.map_or(tenure, |seen| as_of.signed_duration_since(seen).num_days().min(tenure));
    Facts::from([
        (
            "stickiness_28d",
            if tenure < 28 || joined.is_some_and(|joined| joined < 28) {
                Value::Null
            } else {
                stickiness(&of_users)
            },
        ),
        ("active_weeks_28d", count(true, active.len())),
        ("is_weekly_habit", flag(true, active.len() == 4)),
        ("days_since_active", days_since(true, active_on, as_of)),
        ("days_since_user_seen", days_since(true, seen_on, as_of)),
        ("days_without_users", Value::Whole(unseen)),
        (
            "last_active_users_28d",
            unless_across(seen_on, last_users.map_or(Value::Null, |users| count(true, users.len()))),
        ),
        ("last_top_user_share_28d", unless_across(shared_on, last_share.map_or(Value::Null, Value::Real))),
        ("last_api_error_rate_28d", unless_across(called_on, last_error_rate)),
        ("key_feature_weeks_28d", count(listed, key.len())),
        ("is_key_feature_habit", flag(listed, key.len() == 4)),
        ("errors_28d", count(true, errors)),
        ("errors_per_user_28d", ratio(true, errors as f64, users.len() as f64)),
        (
            "uses_per_feature_and_user_28d",
            ratio(true, features.len() as f64, (users.len() * distinct.len()) as f64),
        ),
    ])
}

/// The mean over 28 days of the users of each, by all users of them.
fn stickiness(month: &[(NaiveDate, &Event)]) -> Value {
    let mut by_day: BTreeMap<NaiveDate, BTreeSet<&str>> = BTreeMap::new();
    for (day, event) in month {
        by_day.entry(*day).or_default().extend(event.user_id.as_deref());
    }
    let daily: usize = by_day.values().map(BTreeSet::len).sum();
    let monthly = by_day.into_values().flatten().collect::<BTreeSet<&str>>().len();
    ratio(true, daily as f64 / 28.0, monthly as f64)
}

/// What the one with most has of the usage by users, of the last day in 28 with any on which that can be told, and the day.
fn last_top_share(uses: &[(NaiveDate, &Event)], as_of: NaiveDate) -> Option<(NaiveDate, f64)> {
    let of_users: Vec<(NaiveDate, &str, i64)> = uses
        .iter()
        .filter_map(|(day, event)| Some((*day, event.user_id.as_deref()?, event.seconds)))
        .collect();
    let days: BTreeSet<NaiveDate> =
        of_users.iter().map(|(day, ..)| *day).filter(|day| within(*day, as_of, 28)).collect();
    let share = |last: &NaiveDate| {
        let mut by_user: BTreeMap<&str, i64> = BTreeMap::new();
        for (_, user, seconds) in of_users.iter().filter(|(day, ..)| within(*day, *last, 28)) {
            *by_user.entry(user).or_default() += seconds;
        }
        let whole: i64 = by_user.values().sum();
        (whole > 0).then(|| by_user.values().max().map(|most| (*last, *most as f64 / whole as f64))).flatten()
    };
    days.iter().rev().find_map(share)
}

#[test]
fn capabilities_45_51_84_habits_and_faults() {
    must_equal("habits", facts);
}
