//! The beginning of a log: which metrics have no value until it is complete for the days that they look at.

use chrono::NaiveDate;

use super::table::Value;

/// How many days up to a day lie in a log that is complete from another day on.
pub fn log_days(day: NaiveDate, complete_from: NaiveDate) -> i64 {
    day.signed_duration_since(complete_from).num_days() + 1
}

/// How many days of the log a metric has to have; `None` of counts, which are of as many days as there are, of what an
/// evaluator looks at itself, and of what comes from no log.
fn whole(column: &str) -> Option<i64> {
    match column {
        "active_days_7d" => Some(7),
        // In how many of the last days and weeks, and whether in all.
        "active_days_28d"
        | "integration_days_28d"
        | "active_days_per_week_28d"
        | "active_weeks_28d"
        | "is_weekly_habit"
        | "key_feature_weeks_28d"
        | "is_key_feature_habit" => Some(28),
        // Means, and shares.
        "session_seconds_mean_28d"
        | "session_seconds_median_28d"
        | "api_error_rate_28d"
        | "top_user_share_28d"
        | "top_3_users_share_28d"
        | "usage_hhi_28d"
        | "usage_gini_28d"
        | "stickiness_28d" => Some(28),
        // Quotients of counts, and differences.
        "feature_uses_per_user_28d"
        | "errors_per_user_28d"
        | "uses_per_feature_and_user_28d"
        | "tickets_per_user_28d"
        | "seat_utilisation_28d"
        | "seats_unused_28d"
        | "arr_per_active_user"
        | "feature_adoption_28d"
        | "key_adoption" => Some(28),
        _ => None,
    }
}

/// Takes the values of which the log does not tell yet. `day` is that of the row.
pub fn not_told<'a>(
    row: impl IntoIterator<Item = (&'a str, &'a mut Value)>,
    day: NaiveDate,
    complete_from: NaiveDate,
) {
    let there = log_days(day, complete_from);
    for (column, value) in row {
        if whole(column).is_some_and(|days| days > there) {
            *value = Value::Null;
        }
    }
}
