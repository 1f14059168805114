//! Constant behaviour: growth 0 and trend 1 from the first day on which their windows lie in the complete log, and no value
//! before, however long the account has been a customer.

use chrono::{Days, NaiveDate, NaiveTime};

use crate::oracle::table::{Table, Value};
use crate::oracle::world::{Account, Event, LAST_DAY, World, at};
use crate::oracle::{project_with, subjects};

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
    let accounts = [("old", FIRST - Days::new(400)), ("new", day(10))];
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

/// What a project makes of it that is complete from a day on.
fn usage(complete_from: NaiveDate) -> Table {
    let said = format!("events: {complete_from}");
    let project = project_with(&[("hale.yml", "events: 2026-03-15", &said)]);
    let sources = tempfile::tempdir().unwrap();
    world().write(sources.path());
    subjects(project.path(), sources.path(), FIRST..=LAST_DAY, &["usage"]).remove(0)
}

#[test]
fn what_is_constant_neither_grows_nor_trends_from_the_first_ready_day_on() {
    let usage = usage(FIRST);
    let (mut ready, mut not_ready) = (0, 0);
    for ((as_of, account), row) in &usage.0 {
        let since = if account == "old" { 0 } else { 10 };
        // The whole window lies in the log, and in the time as a customer.
        let is_ready = |days: u64| *as_of >= day(since + days - 1);
        let expected = |days: u64, value: f64| if is_ready(days) { Value::Real(value) } else { Value::Null };
        for (column, value) in [
            ("usage_growth_28d", expected(56, 0.0)),
            ("active_users_growth_28d", expected(56, 0.0)),
            ("login_trend", expected(90, 1.0)),
            ("usage_growth_base", Value::Text(if is_ready(56) { "observed" } else { "warm_up" }.to_owned())),
        ] {
            assert_eq!(row[column], value, "{column} of {account} as of {as_of}");
        }
        if is_ready(90) { ready += 1 } else { not_ready += 1 }
    }
    assert!(ready > 20 && not_ready > 100, "{ready} days are ready, {not_ready} are not");
}

/// The law is seen to fail where the log is said to be complete from a day on of which it has nothing.
#[test]
fn a_log_that_is_said_to_begin_too_early_grows() {
    let usage = usage(FIRST - Days::new(30));
    let row = usage.row("old", day(35));
    let Value::Real(growth) = row["usage_growth_28d"] else { panic!("{row:?}") };
    assert!(growth > 2.0, "{growth}");
}
