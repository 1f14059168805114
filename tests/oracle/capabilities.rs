//! What each metric means, on accounts made for it: the number is that of the capability it shows.
//!
//! All accounts live in one log that is run once, as of [`LAST_DAY`]; each test reads the rows of its own.

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::log_book::LogBook;
use super::table::{Row, Table, Value};
use super::world::{LAST_DAY, at, days_ago};
use super::{project_of, project_with, published};
use Value::{Null, Real, Whole};

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut log = LogBook::default();
    totals_and_growth(&mut log);
    shares(&mut log);
    features_and_sessions(&mut log);
    published(project_of(&log.0).path(), &log.0, LAST_DAY..=LAST_DAY)
});

fn row(account: &str) -> &'static Row {
    TABLE.row(account, LAST_DAY)
}

/// Some columns of a row.
fn columns<const N: usize>(account: &str, columns: [&str; N]) -> [Value; N] {
    columns.map(|column| row(account)[column].clone())
}

fn totals_and_growth(log: &mut LogBook) {
    log.account("edges", 200);
    for (age, seconds) in [
        (-1, 1),
        (0, 10),
        (6, 100),
        (7, 1_000),
        (27, 10_000),
        (28, 100_000),
        (55, 1_000_000),
        (56, 10_000_000),
    ] {
        log.event("edges", &format!("u{age}"), age, seconds);
    }
    log.account("microseconds", 200);
    let first = at(days_ago(27), NaiveTime::MIN);
    log.event_at("microseconds", "in", first, 1);
    log.event_at("microseconds", "out", first - 1, 2);
    let last = at(LAST_DAY, NaiveTime::MIN) + TimeDelta::days(1).num_microseconds().unwrap() - 1;
    log.event_at("microseconds", "in", last, 4);
    log.event_at("microseconds", "out", last + 1, 8);

    for (account, tenure) in [
        ("halved", 56),
        ("halved_big", 56),
        ("from_zero", 56),
        ("no_usage", 56),
        ("warm_up", 55),
        ("fell_silent", 56),
    ] {
        log.account(account, tenure);
    }
    for (account, before, now) in
        [("halved", 100, 50), ("halved_big", 1_000_000, 500_000), ("warm_up", 100, 50)]
    {
        log.event(account, "u1", 30, before - 1);
        log.event(account, "u2", 30, 1);
        log.event(account, "u1", 3, now);
    }
    log.event("from_zero", "u1", 0, 10);
    log.event("fell_silent", "u1", 28, 10);
}

fn shares(log: &mut LogBook) {
    for account in ["one_user", "alike", "unequal", "no_users", "no_seconds"] {
        log.account(account, 200);
    }
    log.event("one_user", "u1", 0, 7);
    log.event("one_user", "u1", 27, 3);
    for user in ["u1", "u2", "u3", "u4", "u5"] {
        log.event("alike", user, 1, 6);
        log.event("no_seconds", user, 1, 0);
    }
    for (user, seconds) in [("u1", 8), ("u2", 4), ("u3", 2), ("u4", 2), ("", 1_000)] {
        log.event("unequal", user, 1, seconds);
    }
    log.event("no_users", "", 0, 500);
}

fn features_and_sessions(log: &mut LogBook) {
    for account in [
        "deep", "shallow", "regular", "sticky", "steady", "begun", "stopped", "sessions", "visits",
        "endless", "readers", "robots", "nightly",
    ] {
        log.account(account, 200);
    }
    log.uses("deep", "u1", "reports", 3);
    log.uses("deep", "u2", "automation", 4);
    log.uses("deep", "u2", "search", 1);
    log.uses("shallow", "u1", "reports", 2);
    log.uses("shallow", "u1", "integrations", 2);
    for age in [0, 1, 2, 7, 8, 14, 21, 27, 28] {
        log.event("regular", "u1", age, 1);
        log.event("regular", "u1", age, 1);
    }
    for (user, age) in [("u1", 0), ("u1", 0), ("u2", 0), ("u3", 6), ("u4", 27), ("u5", 28), ("", 3)] {
        log.event("sticky", user, age, 1);
    }
    for age in 0..28 {
        log.event("nightly", "", age, 1).event_name = "api_call".to_owned();
    }
    log.event("nightly", "u", 9, 1);
    for age in 0..90 {
        log.login("steady", age);
    }
    for age in [0, 5, 29] {
        log.login("begun", age);
    }
    for age in [30, 89, 90] {
        log.login("stopped", age);
    }
    for age in [0, 1] {
        log.login("sessions", age);
        log.event("sessions", "u", age, 45);
    }
    for (session, age, seconds) in [(1, 0, 20), (2, 2, 40), (2, 1, 8), (3, 1, 0), (4, 9, 600), (4, 28, 1)] {
        log.event("visits", "u", age, seconds).session_id = Some(session);
    }
    log.event("endless", "u", 1, 90);
    for (user, age) in [("u1", 0), ("u1", 0), ("u2", 27), ("", 3), ("u2", 28)] {
        log.event("readers", user, age, 0).event_name = "content_view".to_owned();
    }
    log.event("readers", "u1", 0, 5);
    for (age, is_error) in [(0, true), (1, false), (2, false), (27, false), (28, true)] {
        let call = log.event("robots", "", age, 0);
        (call.event_name, call.is_error) = ("api_call".to_owned(), is_error);
    }
    log.event("robots", "u1", 0, 5).is_error = true;
}

#[test]
fn capability_2_total_usage() {
    assert_eq!(row("edges")["usage_seconds_28d"], Whole(11_110));
    assert_eq!(row("no_users")["usage_seconds_28d"], Whole(500), "usage by integrations is usage");
}

#[test]
fn capability_3_growth_of_usage_never_divides_by_zero() {
    let growth = |account| columns(account, ["usage_growth_28d", "usage_growth_base"]);
    let base = |name: &str| Value::Text(name.to_owned());
    assert_eq!(growth("halved"), [Real(-0.5), base("observed")]);
    assert_eq!(growth("fell_silent"), [Real(-1.0), base("observed")]);
    assert_eq!(growth("from_zero"), [Null, base("from_zero")]);
    assert_eq!(growth("no_usage"), [Null, base("no_usage")]);
    assert_eq!(growth("warm_up"), [Null, base("warm_up")]);
    for (key, row) in &TABLE.0 {
        let finite = |value: &Value| !matches!(value, Real(value) if !value.is_finite());
        assert!(row.values().all(finite), "{key:?}: {row:?}");
    }
}

#[test]
fn capability_4_growth_of_active_users() {
    let growth = |account| row(account)["active_users_growth_28d"].clone();
    assert_eq!(growth("halved"), Real(-0.5));
    assert_eq!(growth("fell_silent"), Real(-1.0));
    assert_eq!([growth("from_zero"), growth("no_usage"), growth("warm_up")], [Null, Null, Null]);
}

#[test]
fn capability_5_concentration() {
    let shares = |account| {
        columns(account, ["top_user_share_28d", "top_3_users_share_28d", "usage_hhi_28d", "usage_gini_28d"])
    };
    assert_eq!(shares("one_user"), [1.0, 1.0, 1.0, 0.0].map(Real));
    assert_eq!(shares("alike"), [0.2, 0.6, 0.2, 0.0].map(Real));
    // 8, 4, 2 and 2; what nobody used is nobody's share.
    assert_eq!(shares("unequal"), [0.5, 0.875, 0.34375, 0.3125].map(Real));
    assert_eq!(shares("no_users"), [Null, Null, Null, Null]);
    assert_eq!(shares("no_seconds"), [Null, Null, Null, Null], "users without usage share nothing");
}

#[test]
fn capability_6_depth_by_feature() {
    // Reports 1 and automation 2, each used often enough; of the others none is key, or none is adopted.
    assert_eq!(columns("deep", ["features_28d", "key_feature_weight"]), [3, 3].map(Whole));
    assert_eq!(
        columns("shallow", ["features_28d", "key_feature_weight"]),
        [2, 0].map(Whole),
        "used, not adopted"
    );
}

#[test]
fn capability_7_an_event_exactly_28_days_old_is_out() {
    let totals = ["usage_seconds_28d", "usage_seconds_prev_28d"];
    assert_eq!(columns("edges", totals), [11_110, 1_100_000].map(Whole));
    assert_eq!(
        columns("microseconds", totals),
        [5, 2].map(Whole),
        "days end at midnight, to the microsecond"
    );
    assert_eq!(
        columns("edges", ["active_users_1d", "active_users_7d", "active_users_28d"]),
        [1, 2, 4].map(Whole)
    );
}

#[test]
fn capability_7_the_length_of_a_window_is_the_projects_own() {
    let fortnight =
        ("sql/metrics/activity.sql", "INTERVAL '27' DAY PRECEDING", "INTERVAL '13' DAY PRECEDING");
    let mut log = LogBook::default();
    log.account("a", 200);
    for (age, seconds) in [(13, 1), (14, 2), (27, 4), (28, 8)] {
        log.event("a", "u", age, seconds);
    }
    let table = published(project_with(&[fortnight]).path(), &log.0, LAST_DAY..=LAST_DAY);
    assert_eq!(table.row("a", LAST_DAY)["usage_seconds_28d"], Whole(1));
    assert_eq!(table.row("a", LAST_DAY)["usage_seconds_prev_28d"], Whole(8));
}

#[test]
fn capability_26_activity_level() {
    assert_eq!(
        columns("regular", ["events_28d", "active_days_28d", "active_days_7d"]),
        [16, 8, 3].map(Whole)
    );
    assert_eq!(row("sessions")["logins_28d"], Whole(2));
    assert_eq!(columns("no_usage", ["events_28d", "active_days_28d", "logins_28d"]), [0, 0, 0].map(Whole));
}

#[test]
fn capability_44_active_days_per_week() {
    assert_eq!(row("regular")["active_days_per_week_28d"], Real(2.0));
    assert_eq!(row("no_usage")["active_days_per_week_28d"], Real(0.0));
}

/// A job that calls every night is no habit of people.
#[test]
fn capability_44_active_days_are_those_of_people() {
    let days = ["active_days_28d", "active_days_7d", "integration_days_28d"];
    assert_eq!(columns("nightly", days), [1, 0, 28].map(Whole));
    assert_eq!(columns("regular", days), [8, 3, 0].map(Whole));
}

/// One evening in London is two days in Auckland.
#[test]
fn capability_44_days_are_those_of_the_projects_time_zone() {
    let evening = |hour| at(days_ago(1), NaiveTime::from_hms_opt(hour, 0, 0).unwrap());
    let active_days = |zone| {
        let mut log = LogBook::default();
        log.account("a", 200);
        log.0.zone = zone;
        for hour in [11, 13] {
            log.event_at("a", "u", evening(hour), 1);
        }
        let table = published(project_of(&log.0).path(), &log.0, LAST_DAY..=LAST_DAY);
        table.row("a", LAST_DAY)["active_days_28d"].clone()
    };
    assert_eq!(active_days(Tz::UTC), Whole(1));
    assert_eq!(active_days(Tz::Pacific__Auckland), Whole(2));
}

#[test]
fn capability_46_a_reduction_is_measured_against_the_accounts_own_usage() {
    let growth = |account| row(account)["usage_growth_28d"].clone();
    assert_eq!(growth("halved"), Real(-0.5));
    assert_eq!(growth("halved_big"), growth("halved"), "whatever its size");
}

#[test]
fn capability_52_stickiness() {
    let users = ["active_users_1d", "active_users_7d", "active_users_28d"];
    assert_eq!(columns("sticky", users), [2, 3, 4].map(Whole));
    // Two users on one day, one on two others, of four.
    assert_eq!(row("sticky")["stickiness_28d"], Real(4.0 / 28.0 / 4.0));
    assert_eq!(row("no_users")["stickiness_28d"], Null, "no users, nothing to be sticky");
}

/// Five who come on every working day and on no other are as sticky on Sunday as on Monday.
#[test]
fn capability_52_stickiness_does_not_know_which_weekday_it_is() {
    let mut log = LogBook::default();
    log.account("office", 200);
    log.account("begun", 27);
    let working =
        (0..60).filter(|age| (LAST_DAY - TimeDelta::days(*age)).weekday().num_days_from_monday() < 5);
    for age in working {
        for user in ["u1", "u2", "u3", "u4", "u5"] {
            log.event("office", user, age, 1);
        }
        log.event("begun", "u", age, 1);
    }
    let table = published(project_of(&log.0).path(), &log.0, days_ago(6)..=LAST_DAY);
    for age in 0..7 {
        let stickiness = |account| table.row(account, days_ago(age))["stickiness_28d"].clone();
        assert_eq!(stickiness("office"), Real(100.0 / 28.0 / 5.0), "{age} days ago");
        assert_eq!(stickiness("begun"), Null, "no customer for 28 days yet");
    }
}

#[test]
fn capability_82_login_frequency() {
    assert_eq!(row("steady")["logins_28d"], Whole(28));
    assert_eq!(row("stopped")["logins_28d"], Whole(0));
}

#[test]
fn capability_83_session_duration() {
    let lengths = ["session_seconds_mean_28d", "session_seconds_median_28d"];
    // 0, 20, 48 and 600: the middle is half way between the two in it; no login is needed.
    assert_eq!(columns("visits", lengths), [167.0, 34.0].map(Real));
    assert_eq!(columns("sessions", lengths), [Null, Null], "logins tell of no session");
    assert_eq!(columns("endless", lengths), [Null, Null], "usage without a session has no length");
}

#[test]
fn capability_84_feature_usage_depth() {
    assert_eq!(row("deep")["feature_uses_per_user_28d"], Real(4.0));
    assert_eq!(row("no_users")["feature_uses_per_user_28d"], Null);
    assert_eq!(row("alike")["feature_uses_per_user_28d"], Real(0.0));
}

#[test]
fn capability_85_content_consumption() {
    assert_eq!(row("readers")["content_views_28d"], Whole(4), "by whomever, and nothing else that is done");
    assert_eq!(row("robots")["content_views_28d"], Whole(0));
}

#[test]
fn capability_86_api_call_volumes() {
    assert_eq!(row("robots")["api_calls_28d"], Whole(4));
    assert_eq!(row("robots")["api_error_rate_28d"], Real(0.25), "of calls, not of all that failed");
    assert_eq!(row("readers")["api_error_rate_28d"], Null, "no calls, no rate");
}

#[test]
fn capability_94_login_trend() {
    let trend = |account| row(account)["login_trend"].clone();
    assert_eq!(trend("steady"), Real(1.0));
    assert_eq!(trend("begun"), Real(3.0), "all logins of 90 days in the last 30");
    assert_eq!(trend("stopped"), Real(0.0));
    assert_eq!(trend("no_usage"), Null, "no logins in 90 days: no trend");
}

/// A row exists for every day as a customer, none outside.
#[test]
fn the_silent_have_rows_and_strangers_have_none() {
    let accounts: Vec<&str> = TABLE.0.keys().map(|(_, account)| account.as_str()).collect();
    assert!(accounts.contains(&"no_usage"));
    let days: Vec<NaiveDate> = TABLE.0.keys().map(|(day, _)| *day).collect();
    assert!(days.iter().all(|day| *day == LAST_DAY));
}
