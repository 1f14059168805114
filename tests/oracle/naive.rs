//! Columns of usage, of habits and of the pulse, written down once more in the plainest way: loops over the log, one account and
//! day at a time, seeing only what had happened by the end of that day.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::NaiveDate;

use super::beginnings::{log_days, not_told};
use super::commerce::Customer;
use super::merges::not_yet;
use super::people;
use super::table::{Row, Table, Value};
use super::world::{Event, World};

/// The whole table for some days.
pub fn accounts(world: &World, days: RangeInclusive<NaiveDate>) -> Table {
    let (mut table, commerce) = (Table::default(), world.commerce());
    for day in days.start().iter_days().take_while(|day| day <= days.end()) {
        let seen = deliveries_seen(world, day);
        for account_id in commerce.account_ids() {
            let Some(customer) = commerce.customer(world, account_id, day) else { continue };
            let of_account = |(_, event): &(NaiveDate, &Event)| event.account_id == account_id;
            let log = Log { day, events: seen.iter().copied().filter(of_account).collect() };
            table.0.insert((day, account_id.to_owned()), row(world, &customer, &log));
        }
    }
    table
}

/// A delivery of an event's id is another event if none lies this many days or fewer before it.
const MAX_DELAY: i64 = 60;

/// Each event of customers once, with its local day: what happened by the end of `day`.
fn deliveries_seen(world: &World, day: NaiveDate) -> Vec<(NaiveDate, &Event)> {
    let mut of_id: BTreeMap<i64, Vec<(NaiveDate, &Event)>> = BTreeMap::new();
    for event in &world.events {
        let happened_on = world.local_day(event.occurred_at);
        if happened_on <= day {
            of_id.entry(event.event_id).or_default().push((happened_on, event));
        }
    }
    let ours = |event: &Event| event.user_id.as_ref().is_some_and(|user| world.helpers.contains(user));
    let facts = of_id.into_values().flat_map(|deliveries| facts(world, deliveries));
    facts.filter(|(_, event)| !ours(event)).collect()
}

/// What the deliveries under one id tell of: mostly one event.
fn facts<'a>(world: &World, mut deliveries: Vec<(NaiveDate, &'a Event)>) -> Vec<(NaiveDate, &'a Event)> {
    deliveries.sort_by(|(_, one), (_, other)| rank(world, one).cmp(&rank(world, other)));
    let mut before: Option<NaiveDate> = None;
    deliveries.retain(|(day, _)| {
        let last = before.replace(*day);
        last.is_none_or(|last| day.signed_duration_since(last).num_days() > MAX_DELAY)
    });
    deliveries
}

/// Of several deliveries: one of the earliest day, of these the one available last, then by the columns in the order of
/// their names.
fn rank<'a>(world: &World, event: &'a Event) -> impl Ord + use<'a> {
    let last_if_null = |text: &Option<String>| (text.is_none(), text.clone());
    let named = (&event.account_id, &event.event_name, last_if_null(&event.feature), event.is_error);
    let session = (event.session_id.is_none(), event.session_id);
    let others = (event.occurred_at, event.seconds, session, last_if_null(&event.user_id));
    (world.local_day(event.occurred_at), Reverse(event.available_at), named, others)
}

/// One account's events up to one day.
struct Log<'a> {
    day: NaiveDate,
    events: Vec<(NaiveDate, &'a Event)>,
}

impl<'a> Log<'a> {
    /// Events that are at least `from` and less than `to` days old.
    fn aged(&self, from: i64, to: i64) -> Vec<(NaiveDate, &'a Event)> {
        let age = |day: NaiveDate| self.day.signed_duration_since(day).num_days();
        self.events.iter().copied().filter(|(day, _)| (from..to).contains(&age(*day))).collect()
    }

    fn last(&self, days: i64) -> Vec<(NaiveDate, &'a Event)> {
        self.aged(0, days)
    }

    fn count(&self, days: i64, is_counted: impl Fn(&Event) -> bool) -> i64 {
        self.last(days).iter().filter(|(_, event)| is_counted(event)).count() as i64
    }

    /// Days with an event of somebody, or of no user at all.
    fn active_days(&self, days: i64, by_users: bool) -> i64 {
        let of_kind = self.last(days).into_iter().filter(|(_, event)| event.user_id.is_some() == by_users);
        of_kind.map(|(day, _)| day).collect::<BTreeSet<_>>().len() as i64
    }

    /// The mean of each day's users over the 28 days, by the users of all of them.
    fn stickiness(&self, same: i64) -> Value {
        let daily: i64 = (0..28).map(|age| users(&self.aged(age, age + 1))).sum();
        match users(&self.last(28)) {
            0 => Value::Null,
            _ if same < 28 => Value::Null,
            monthly => Value::Real(daily as f64 / 28.0 / monthly as f64),
        }
    }
}

fn seconds(events: &[(NaiveDate, &Event)]) -> i64 {
    events.iter().map(|(_, event)| event.seconds).sum()
}

fn users(events: &[(NaiveDate, &Event)]) -> i64 {
    events.iter().filter_map(|(_, event)| event.user_id.as_ref()).collect::<BTreeSet<_>>().len() as i64
}

/// `above / below`, unknown without anything below the line.
fn ratio(above: i64, below: i64) -> Value {
    if below == 0 { Value::Null } else { Value::Real(above as f64 / below as f64) }
}

fn growth(now: i64, before: i64, same: i64) -> Value {
    match ratio(now, before) {
        Value::Real(times) if same >= 56 => Value::Real(times - 1.0),
        _ => Value::Null,
    }
}

fn row(world: &World, customer: &Customer, log: &Log) -> Row {
    let (account, tenure) = (customer.account, customer.tenure_days);
    // What has gone on in the account since was not there before, and of what lies before the log nobody tells.
    let same = customer.same_days.min(log_days(log.day, world.complete_from));
    let mut row = Row::new();
    let mut put = |column: &str, value: Value| {
        assert!(row.insert(column.to_owned(), value).is_none(), "{column} twice")
    };
    put("account_id", Value::Text(account.account_id.clone()));
    put("as_of_date", Value::Day(log.day));
    put("segment", Value::Text(account.segment.clone()));
    put("tenure_days", Value::Whole(tenure));
    usage(log, same, &mut put);
    breadth(log, same, &mut put);
    shares(log, &mut put);
    depth(world, log, &mut put);
    people::pulse(world, &account.account_id, log.day, &mut put);
    not_yet(row.iter_mut().map(|(column, value)| (column.as_str(), value)), customer.joined_days);
    not_told(row.iter_mut().map(|(column, value)| (column.as_str(), value)), log.day, world.complete_from);
    row
}

fn usage(log: &Log, same: i64, put: &mut impl FnMut(&str, Value)) {
    let (used, used_before) = (seconds(&log.last(28)), seconds(&log.aged(28, 56)));
    put("usage_seconds_28d", Value::Whole(used));
    put("usage_seconds_prev_28d", Value::Whole(used_before));
    put("usage_growth_28d", growth(used, used_before, same));
    let base = match (same, used_before, used) {
        (..56, _, _) => "warm_up",
        (_, 0, 0) => "no_usage",
        (_, 0, _) => "from_zero",
        _ => "observed",
    };
    put("usage_growth_base", Value::Text(base.to_owned()));
    put("events_28d", Value::Whole(log.count(28, |_| true)));
    put("events_prev_28d", Value::Whole(log.aged(28, 56).len() as i64));
    let logins = |days| log.count(days, |event| event.event_name == "login");
    put("logins_28d", Value::Whole(logins(28)));
    put("login_trend", if same >= 90 { ratio(3 * logins(30), logins(90)) } else { Value::Null });
    let sessions = lengths(&log.last(28));
    put("session_seconds_mean_28d", ratio(sessions.iter().sum(), sessions.len() as i64));
    put("session_seconds_median_28d", median(sessions));
    let calls = log.count(28, |event| event.event_name == "api_call");
    let errors = log.count(28, |event| event.event_name == "api_call" && event.is_error);
    put("api_calls_28d", Value::Whole(calls));
    put("api_error_rate_28d", ratio(errors, calls));
    put("content_views_28d", Value::Whole(log.count(28, |event| event.event_name == "content_view")));
    put("active_days_28d", Value::Whole(log.active_days(28, true)));
    put("active_days_7d", Value::Whole(log.active_days(7, true)));
    put("active_days_per_week_28d", ratio(log.active_days(28, true), 4));
    put("integration_days_28d", Value::Whole(log.active_days(28, false)));
}

/// The seconds of each session among some events.
fn lengths(events: &[(NaiveDate, &Event)]) -> Vec<i64> {
    let mut lengths: BTreeMap<i64, i64> = BTreeMap::new();
    for (_, event) in events {
        if let Some(session) = event.session_id {
            *lengths.entry(session).or_default() += event.seconds;
        }
    }
    lengths.into_values().collect()
}

fn median(mut values: Vec<i64>) -> Value {
    values.sort_unstable();
    match values.len() {
        0 => Value::Null,
        odd if odd % 2 == 1 => Value::Real(values[odd / 2] as f64),
        even => ratio(values[even / 2 - 1] + values[even / 2], 2),
    }
}

fn breadth(log: &Log, same: i64, put: &mut impl FnMut(&str, Value)) {
    let (today, month, before) = (users(&log.last(1)), users(&log.last(28)), users(&log.aged(28, 56)));
    put("active_users_1d", Value::Whole(today));
    put("active_users_7d", Value::Whole(users(&log.last(7))));
    put("active_users_28d", Value::Whole(month));
    put("active_users_prev_28d", Value::Whole(before));
    put("active_users_growth_28d", growth(month, before, same));
    put("stickiness_28d", log.stickiness(same));
}

/// How usage is spread over users: only users who used something count.
fn shares(log: &Log, put: &mut impl FnMut(&str, Value)) {
    let mut of_user: BTreeMap<&str, i128> = BTreeMap::new();
    for (_, event) in log.last(28) {
        if let Some(user) = &event.user_id {
            *of_user.entry(user).or_default() += i128::from(event.seconds);
        }
    }
    let mut totals: Vec<i128> = of_user.into_values().filter(|total| *total > 0).collect();
    totals.sort_unstable_by_key(|total| Reverse(*total));
    let whole: i128 = totals.iter().sum();
    let share = |part: i128, whole: i128| {
        if whole == 0 { Value::Null } else { Value::Real(part as f64 / whole as f64) }
    };
    put("top_user_share_28d", share(totals.iter().take(1).sum(), whole));
    put("top_3_users_share_28d", share(totals.iter().take(3).sum(), whole));
    put("usage_hhi_28d", share(totals.iter().map(|total| total * total).sum(), whole * whole));
    // Half the mean difference of all pairs, relative to the mean.
    let pairs = totals.iter().flat_map(|one| totals.iter().map(move |other| (one - other).abs()));
    put("usage_gini_28d", share(pairs.sum::<i128>() / 2, totals.len() as i128 * whole));
}

fn depth(world: &World, log: &Log, put: &mut impl FnMut(&str, Value)) {
    let features: BTreeSet<_> =
        log.last(28).into_iter().filter_map(|(_, event)| event.feature.clone()).collect();
    put("features_28d", Value::Whole(features.len() as i64));
    let uses = log.count(28, |event| event.feature.is_some());
    put("feature_uses_per_user_28d", ratio(uses, users(&log.last(28))));
    // The worlds have no list of features: the shipped ones are key.
    let adopted = [("reports", 1), ("automation", 2), ("integrations", 1)].into_iter().filter(|(key, _)| {
        log.count(28, |event| event.feature.as_deref() == Some(key)) >= world.adopted_after
    });
    put("key_feature_weight", Value::Whole(adopted.map(|(_, weight)| weight).sum()));
}
