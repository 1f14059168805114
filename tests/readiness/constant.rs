//! Constant behaviour: growth 0 and trend 1 from the first day on which their windows lie in the complete log, and no value
//! before, however long the account has been a customer.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, StringArray};
use arrow::datatypes::Date32Type;
use chrono::{Days, NaiveDate, NaiveTime};

use crate::laws::world::lines;
use crate::oracle::project_with;
use crate::oracle::table::{Row, Value};
use crate::oracle::world::{Account, Event, LAST_DAY, World, at, write};
use crate::pipeline::Run;

/// The first day of the log.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 17).unwrap();

fn day(number: u64) -> NaiveDate {
    FIRST + Days::new(number)
}

/// Accounts of every age, of which two users log in and work each day, as much on each.
fn world() -> World {
    let account = |(account_id, customer_since): (&str, NaiveDate)| Account {
        account_id: account_id.to_owned(),
        segment: "MM".to_owned(),
        is_test: false,
        customer_since,
        churned_on: None,
    };
    let accounts = ACCOUNTS.map(|(account, since)| (account, came(since)));
    let mut events: Vec<Event> = Vec::new();
    for (account_id, since) in accounts {
        for day in FIRST.max(since).iter_days().take_while(|day| *day <= LAST_DAY) {
            for (user, name, hour, seconds) in [
                ("u", "login", 9, 0),
                ("u", "feature_use", 10, 60),
                ("v", "login", 11, 0),
                ("v", "feature_use", 12, 30),
            ] {
                let occurred_at = at(day, NaiveTime::from_hms_opt(hour, 0, 0).unwrap());
                events.push(Event {
                    event_id: events.len() as i64,
                    account_id: account_id.to_owned(),
                    user_id: Some(format!("{user} of {account_id}")),
                    session_id: Some(events.len() as i64 / 2),
                    event_name: name.to_owned(),
                    feature: (name == "feature_use").then(|| "reports".to_owned()),
                    seconds,
                    is_error: false,
                    occurred_at,
                    available_at: occurred_at,
                });
            }
        }
    }
    World { accounts: accounts.map(account).into(), events, ..World::default() }
}

/// The accounts, and from when each is a customer.
const ACCOUNTS: [(&str, u64); 2] = [("old", 0), ("new", 10)];

/// The day on which an account, or its users, came.
fn came(since: u64) -> NaiveDate {
    if since == 0 { FIRST - Days::new(400) } else { day(since) }
}

/// Writes the sources; the users of the log are invited when their accounts come, long before the log or within it.
fn write_sources(folder: &Path) {
    world().write(folder);
    let users =
        ACCOUNTS.iter().flat_map(|(account, since)| ["u", "v"].map(|user| (user, *account, came(*since))));
    let users: Vec<(&str, &str, NaiveDate)> = users.collect();
    let days = || -> ArrayRef {
        Arc::new(users.iter().map(|user| Some(Date32Type::from_naive_date(user.2))).collect::<Date32Array>())
    };
    let text = |of: &dyn Fn(&(&str, &str, NaiveDate)) -> String| -> ArrayRef {
        Arc::new(users.iter().map(|user| Some(of(user))).collect::<StringArray>())
    };
    let columns = vec![
        ("user_id", text(&|user| format!("{} of {}", user.0, user.1))),
        ("account_id", text(&|user| user.1.to_owned())),
        ("role", text(&|_| "member".to_owned())),
        ("is_internal", Arc::new(users.iter().map(|_| Some(false)).collect::<BooleanArray>()) as ArrayRef),
        ("created_on", days()),
        ("activated_on", days()),
        ("deactivated_on", Arc::new(users.iter().map(|_| None::<i32>).collect::<Date32Array>())),
    ];
    write(&folder.join("users.parquet"), columns);
}

/// What a project makes of it that is complete from a day on: some tables, row by row.
fn made<const N: usize>(complete_from: NaiveDate, tables: [&str; N]) -> [Vec<Row>; N] {
    let said = format!("events: {complete_from}");
    let project = project_with(&[("hale.yml", "events: 2026-03-15", &said)]);
    let [sources, out] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    write_sources(sources.path());
    let run = Run::new(project.path(), sources.path(), out.path()).select(&tables);
    run.publish(FIRST..=LAST_DAY).unwrap_or_else(|error| panic!("{error}"));
    tables.map(|table| lines(out.path(), &table.replace('.', "/")))
}

/// The account and the day of a row, and since when the account is a customer.
fn whose(row: &Row) -> (&str, NaiveDate, u64) {
    let (Value::Text(account), Value::Day(as_of)) = (&row["account_id"], &row["as_of_date"]) else {
        panic!("{row:?}")
    };
    let since = ACCOUNTS.iter().find(|(id, _)| id == account).unwrap().1;
    (account, *as_of, since)
}

/// Whether a window lies in the log, and in the time as a customer, or since the invitation.
fn is_ready(row: &Row, days: u64) -> bool {
    let (_, as_of, since) = whose(row);
    as_of >= day(since + days - 1)
}

#[test]
fn what_is_constant_neither_grows_nor_trends_from_the_first_ready_day_on() {
    let [usage, users] = made(FIRST, ["metrics.usage", "metrics.users"]);
    let (mut ready, mut not_ready) = (0, 0);
    let growth = |row: &Row| if is_ready(row, 56) { Value::Real(0.0) } else { Value::Null };
    let base = |row: &Row| Value::Text(if is_ready(row, 56) { "observed" } else { "warm_up" }.to_owned());
    for row in &usage {
        let trend = if is_ready(row, 90) { Value::Real(1.0) } else { Value::Null };
        for (column, value) in [
            ("usage_growth_28d", growth(row)),
            ("active_users_growth_28d", growth(row)),
            ("login_trend", trend),
            ("usage_growth_base", base(row)),
        ] {
            assert_eq!(row[column], value, "{column}: {row:?}");
        }
        if is_ready(row, 90) { ready += 1 } else { not_ready += 1 }
    }
    assert!(ready > 20 && not_ready > 100, "{ready} days are ready, {not_ready} are not");
    // Each of the users does as much on each day as well.
    for row in &users {
        assert_eq!(
            [&row["usage_growth_28d"], &row["usage_growth_base"]],
            [&growth(row), &base(row)],
            "{row:?}"
        );
    }
    assert!(users.len() > 300, "{} days of users", users.len());
}

/// Whether a window lies in the log.
fn is_told(row: &Row, days: u64) -> bool {
    let (_, as_of, _) = whose(row);
    as_of >= day(days - 1)
}

/// Shares and means have no value before the log has the whole of their window, and counts and ages have one on its first day.
#[test]
fn what_half_a_window_tells_wrongly_has_no_value_before_the_first_whole_one() {
    let [usage, habits, seats, users] =
        made(FIRST, ["metrics.usage", "metrics.habits", "metrics.seats", "metrics.users"]);
    let mut told = [0, 0];
    for (rows, days, columns) in [
        (&usage, 7, &["active_days_7d"][..]),
        (
            &usage,
            28,
            &[
                "active_days_28d",
                "active_days_per_week_28d",
                "integration_days_28d",
                "session_seconds_mean_28d",
                "session_seconds_median_28d",
                "top_user_share_28d",
                "top_3_users_share_28d",
                "usage_hhi_28d",
                "usage_gini_28d",
                "feature_uses_per_user_28d",
            ],
        ),
        (
            &habits,
            28,
            &[
                "active_weeks_28d",
                "is_weekly_habit",
                "last_top_user_share_28d",
                "errors_per_user_28d",
                "uses_per_feature_and_user_28d",
            ],
        ),
        (&seats, 28, &["seats_unused_28d", "arr_per_active_user"]),
        (&users, 28, &["active_days_per_week_28d", "last_error_share_28d"]),
    ] {
        for row in rows.iter() {
            for column in columns {
                let is_told = is_told(row, days);
                assert_eq!(row[*column] != Value::Null, is_told, "{column}: {row:?}");
                told[usize::from(is_told)] += 1;
            }
        }
    }
    assert!(told.iter().all(|values| *values > 500), "{told:?}");
    for row in &usage {
        let columns = ["usage_seconds_28d", "logins_28d", "active_users_28d", "features_28d"];
        assert!(columns.iter().all(|column| matches!(row[*column], Value::Whole(1..))), "{row:?}");
    }
    for row in &habits {
        assert_eq!(row["days_since_user_seen"], Value::Whole(0), "{row:?}");
    }
}

/// What cannot be known yet is no missing value: it says so, of accounts and of their users.
#[test]
fn growth_of_which_the_log_does_not_tell_yet_is_not_yet() {
    let [accounts, users] = made(FIRST, ["components.health", "components.user_health"]);
    for (rows, days, components) in [
        (&accounts, 56, &["usage_growth", "active_user_growth"][..]),
        (&users, 56, &["user_trend"]),
        (&accounts, 28, &["concentration"]),
        (&users, 28, &["user_habit", "user_friction"]),
    ] {
        let (mut ready, mut not_ready) = (0, 0);
        let of = |row: &&Row| matches!(&row["component"], Value::Text(name) if components.contains(&name.as_str()));
        for row in rows.iter().filter(of) {
            let is_ready = if days == 56 { is_ready(row, days) } else { is_told(row, days) };
            let state = if is_ready { "observed" } else { "not_yet" };
            assert_eq!(row["state"], Value::Text(state.to_owned()), "{row:?}");
            assert_eq!(row["points"] == Value::Null, !is_ready, "{row:?}");
            if is_ready { ready += 1 } else { not_ready += 1 }
        }
        assert!(ready > 50 && not_ready > 20, "{components:?}: {ready} are ready, {not_ready} are not");
    }
}

/// The law is seen to fail where the log is said to be complete from a day on of which it has nothing.
#[test]
fn a_log_that_is_said_to_begin_too_early_grows() {
    let [usage, users] = made(FIRST - Days::new(30), ["metrics.usage", "metrics.users"]);
    let is_old = |row: &&Row| {
        let (account, as_of, _) = whose(row);
        account == "old" && as_of == day(35)
    };
    for row in usage.iter().chain(&users).filter(is_old) {
        let Value::Real(growth) = row["usage_growth_28d"] else { panic!("{row:?}") };
        assert!(growth > 2.0, "{growth}");
    }
    assert!(users.iter().any(|row| is_old(&row)), "no user is looked at");
}
