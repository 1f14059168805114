//! Weeks with use, and faults met.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::customers::{Facts, Ugly, count, flag, must_equal, ratio};
use super::sources::within;
use crate::oracle::world::Event;

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let listed = ugly.reports("features", as_of);
    let uses = ugly.uses(account_id, as_of);
    let month: Vec<(NaiveDate, &Event)> =
        uses.into_iter().filter(|(day, _)| within(*day, as_of, 28)).collect();
    let week = |day: NaiveDate| as_of.signed_duration_since(day).num_days() / 7;
    let active: BTreeSet<i64> = month.iter().map(|(day, _)| week(*day)).collect();
    let is_key =
        |event: &Event| event.feature.as_deref().is_some_and(|feature| ugly.adoption.is_key(feature));
    let key: BTreeSet<i64> =
        month.iter().filter(|(_, event)| is_key(event)).map(|(day, _)| week(*day)).collect();
    let errors = month.iter().filter(|(_, event)| event.is_error).count();
    let users: BTreeSet<&str> = month.iter().filter_map(|(_, event)| event.user_id.as_deref()).collect();
    let features: Vec<&str> = month.iter().filter_map(|(_, event)| event.feature.as_deref()).collect();
    let distinct: BTreeSet<&str> = features.iter().copied().collect();
    Facts::from([
        ("active_weeks_28d", count(true, active.len())),
        ("is_weekly_habit", flag(true, active.len() == 4)),
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

#[test]
fn capabilities_45_51_84_habits_and_faults() {
    must_equal("habits", facts);
}
