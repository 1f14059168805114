//! Tickets and what became of them.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::customers::{Facts, IDS, Ugly, count, must_equal, published, ratio};
use super::sources::{Column, DAY, Delivered, Dice, delivered, within, write_source};
use crate::oracle::table::Value;
use crate::oracle::world::World;

pub struct Ticket {
    ticket_id: String,
    account_id: &'static str,
    kind: &'static str,
    severity: i64,
    created_at: i64,
    available_at: i64,
}

impl Delivered for Ticket {
    fn id(&self) -> &str {
        &self.ticket_id
    }

    fn times(&self) -> (i64, i64) {
        (self.created_at, self.available_at)
    }
}

pub struct Change {
    ticket_id: String,
    account_id: &'static str,
    to_status: &'static str,
    occurred_at: i64,
    available_at: i64,
}

pub struct Rows {
    pub tickets: Vec<Ticket>,
    pub changes: Vec<Change>,
}

/// In the order of a ticket's life.
const STATUSES: [&str; 6] = ["open", "responded", "escalated", "resolved", "closed", "reopened"];
const KINDS: [&str; 5] = ["bug", "question", "incident", "feature_request", "billing"];

pub fn drawn(dice: &mut Dice) -> Rows {
    let mut rows = Rows { tickets: Vec::new(), changes: Vec::new() };
    for number in 0..90 {
        let (ticket_id, account_id) =
            (format!("t{number}"), dice.pick(&[IDS[0], IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]));
        let created_at = dice.moment(160);
        let ticket = |severity, created_at, available_at| Ticket {
            ticket_id: ticket_id.clone(),
            account_id,
            kind: KINDS[number % 5],
            severity,
            created_at,
            available_at,
        };
        let severity = 1 + dice.below(4);
        rows.tickets.push(ticket(severity, created_at, created_at));
        if dice.once_in(4) {
            // Delivered again with what was mended, or dated later, which never counts.
            rows.tickets.push(ticket(1 + dice.below(4), created_at, created_at + DAY));
            rows.tickets.push(ticket(1 + dice.below(4), created_at + 40 * DAY, created_at + 50 * DAY));
        }
        rows.changes.extend(life(dice, &ticket_id, account_id, created_at));
    }
    // What became of tickets that nobody knows.
    rows.changes.extend(life(dice, "unknown", IDS[0], dice_start()));
    rows
}

fn dice_start() -> i64 {
    crate::oracle::world::at(crate::oracle::world::days_ago(20), chrono::NaiveTime::MIN)
}

/// A walk through statuses, some at one instant, some before the ticket, some delivered twice.
fn life(dice: &mut Dice, ticket_id: &str, account_id: &'static str, created_at: i64) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut occurred_at = if dice.once_in(8) { created_at - 2 * DAY } else { created_at };
    let mut status = if dice.once_in(6) { "responded" } else { "open" };
    for _ in 0..dice.below(8) {
        for delivery in 0..=i64::from(dice.once_in(4)) {
            changes.push(Change {
                ticket_id: ticket_id.to_owned(),
                account_id,
                to_status: status,
                occurred_at,
                available_at: occurred_at + delivery * DAY,
            });
        }
        occurred_at += dice.pick(&[0, 1, 3_600_000_000, DAY, 5 * DAY, 27 * DAY, 28 * DAY, 40 * DAY]);
        status = dice.pick(&STATUSES[1..]);
    }
    changes
}

impl Rows {
    pub fn write(&self, folder: &Path) {
        let tickets = &self.tickets;
        write_source(
            folder,
            "tickets",
            vec![
                ("ticket_id", Column::words(tickets, |row| &row.ticket_id)),
                ("account_id", Column::words(tickets, |row| row.account_id)),
                ("user_id", Column::none(tickets)),
                ("type", Column::words(tickets, |row| row.kind)),
                ("severity", Column::Whole(tickets.iter().map(|row| row.severity).collect())),
                ("channel", Column::words(tickets, |_| "email")),
                ("created_at", Column::times(tickets, |row| row.created_at)),
                ("available_at", Column::times(tickets, |row| row.available_at)),
            ],
        );
        let changes = &self.changes;
        write_source(
            folder,
            "ticket_events",
            vec![
                ("ticket_id", Column::words(changes, |row| &row.ticket_id)),
                ("account_id", Column::words(changes, |row| row.account_id)),
                ("to_status", Column::words(changes, |row| row.to_status)),
                ("occurred_at", Column::times(changes, |row| row.occurred_at)),
                ("available_at", Column::times(changes, |row| row.available_at)),
            ],
        );
    }

    /// The changes of a ticket by the end of a day, each once, in order: status and the day on which it counts.
    fn of(&self, world: &World, ticket: &Ticket, as_of: NaiveDate) -> Vec<(&'static str, NaiveDate)> {
        let step = |status: &str| STATUSES.iter().position(|other| *other == status).unwrap();
        let of_ticket = self.changes.iter().filter(|change| change.ticket_id == ticket.ticket_id);
        let seen = of_ticket.filter(|change| world.local_day(change.occurred_at) <= as_of);
        let moments: BTreeSet<_> = seen.map(|change| (change.occurred_at, step(change.to_status))).collect();
        let opened_on = world.local_day(ticket.created_at);
        moments.into_iter().map(|(at, step)| (STATUSES[step], world.local_day(at).max(opened_on))).collect()
    }

    /// Seconds until the first resolution, at most four weeks, and the day on which that is known.
    fn wait(&self, world: &World, ticket: &Ticket) -> (NaiveDate, i64) {
        let opened_on = world.local_day(ticket.created_at);
        let ends = |change: &&Change| {
            change.ticket_id == ticket.ticket_id && ["resolved", "closed"].contains(&change.to_status)
        };
        let first = self.changes.iter().filter(ends).map(|change| change.occurred_at).min();
        let last_day = opened_on + TimeDelta::days(28);
        match first.filter(|at| world.local_day(*at) <= last_day) {
            Some(at) => {
                let seconds = at.div_euclid(1_000_000) - ticket.created_at.div_euclid(1_000_000);
                (world.local_day(at).max(opened_on), seconds.clamp(0, 28 * 86_400))
            }
            None => (last_day, 28 * 86_400),
        }
    }
}

/// What a ticket is after some changes.
#[derive(Default)]
struct State {
    is_open: bool,
    is_escalated: bool,
    closed_on: Vec<NaiveDate>,
    reopened_on: Vec<NaiveDate>,
    escalated_on: Vec<NaiveDate>,
}

fn state(changes: &[(&'static str, NaiveDate)]) -> State {
    let mut state = State::default();
    for (status, day) in changes {
        let ends = ["resolved", "closed"].contains(status);
        if ends && state.is_open {
            state.closed_on.push(*day);
        }
        if *status == "reopened" {
            state.reopened_on.push(*day);
        }
        if *status == "escalated" {
            state.escalated_on.push(*day);
            state.is_escalated = true;
        }
        state.is_open = !ends;
        state.is_escalated &= !ends;
    }
    state
}

fn median(mut values: Vec<i64>) -> Option<f64> {
    values.sort_unstable();
    let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some((*low as f64 + *high as f64) / 2.0)
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let (world, rows) = (&ugly.world, &ugly.support);
    let (told, traced) = (
        ugly.reports("tickets", as_of),
        ugly.reports("tickets", as_of) && ugly.reports("ticket_events", as_of),
    );
    let opened_on = |ticket: &Ticket| world.local_day(ticket.created_at);
    let of_account = |ticket: &&Ticket| ticket.account_id == account_id;
    let tickets: Vec<&Ticket> = delivered(world, &rows.tickets)
        .into_iter()
        .filter(of_account)
        .filter(|ticket| opened_on(ticket) <= as_of)
        .collect();
    let opened = |days: i64, is: &dyn Fn(&Ticket) -> bool| {
        tickets.iter().filter(|ticket| within(opened_on(ticket), as_of, days) && is(ticket)).count()
    };
    let of_kind = |kind: &str| opened(90, &|ticket| ticket.kind == kind);
    let states: Vec<(&Ticket, State)> =
        tickets.iter().map(|ticket| (*ticket, state(&rows.of(world, ticket, as_of)))).collect();
    let happened = |read: fn(&State) -> &Vec<NaiveDate>, days: i64| {
        states.iter().flat_map(|(_, state)| read(state)).filter(|day| within(**day, as_of, days)).count()
    };
    let open: Vec<&Ticket> =
        states.iter().filter(|(_, state)| state.is_open).map(|(ticket, _)| *ticket).collect();
    let ages: i64 = open.iter().map(|ticket| as_of.signed_duration_since(opened_on(ticket)).num_days()).sum();
    let waits =
        tickets.iter().map(|ticket| rows.wait(world, ticket)).filter(|(day, _)| within(*day, as_of, 90));
    let wait = median(waits.map(|(_, seconds)| seconds).collect()).filter(|_| traced);
    let Value::Whole(users) = published("usage", account_id, as_of)["active_users_28d"] else {
        panic!("no users")
    };
    let Value::Whole(tenure) = published("spine", account_id, as_of)["tenure_days"] else {
        panic!("no tenure")
    };
    Facts::from([
        ("tickets_opened_28d", count(told, opened(28, &|_| true))),
        ("tickets_opened_90d", count(told, opened(90, &|_| true))),
        ("tickets_per_user_28d", ratio(told, opened(28, &|_| true) as f64, users as f64)),
        ("bugs_90d", count(told, of_kind("bug"))),
        ("incidents_90d", count(told, of_kind("incident"))),
        ("questions_90d", count(told, of_kind("question"))),
        ("feature_requests_90d", count(told, of_kind("feature_request"))),
        ("billing_tickets_90d", count(told, of_kind("billing"))),
        ("severe_tickets_90d", count(told, opened(90, &|ticket| ticket.severity <= 2))),
        ("severe_tickets_28d", count(told, opened(28, &|ticket| ticket.severity <= 2))),
        ("tickets_closed_28d", count(traced, happened(|state| &state.closed_on, 28))),
        ("tickets_reopened_90d", count(traced, happened(|state| &state.reopened_on, 90))),
        ("tickets_open", count(traced, open.len())),
        ("severe_tickets_open", count(traced, open.iter().filter(|ticket| ticket.severity <= 2).count())),
        ("bugs_open", count(traced, open.iter().filter(|ticket| ticket.kind == "bug").count())),
        ("open_ticket_days_mean", ratio(traced, ages as f64, open.len() as f64)),
        ("escalations_90d", count(traced, happened(|state| &state.escalated_on, 90))),
        ("escalations_28d", count(traced, happened(|state| &state.escalated_on, 28))),
        ("escalations_open", count(traced, states.iter().filter(|(_, state)| state.is_escalated).count())),
        ("resolve_hours_median_90d", wait.map_or(Value::Null, |seconds| Value::Real(seconds / 3600.0))),
        (
            "resolve_median_is_censored",
            wait.map_or(Value::Null, |seconds| Value::Flag(seconds >= 28.0 * 86_400.0)),
        ),
        ("support_burden", ratio(traced, open.len() as f64 * 30.0, tenure.clamp(30, 90) as f64)),
    ])
}

#[test]
fn capabilities_28_36_37_47_51_74_75_87_95_support() {
    must_equal("support", facts);
}
