//! Tickets and what became of them.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::customers::{Facts, IDS, Ugly, count, must_equal, ratio};
use super::sources::{Column, DAY, Dice, Thing, Versioned, things, within, write_source};
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

impl Versioned for Ticket {
    fn id(&self) -> String {
        self.ticket_id.clone()
    }

    fn recorded_at(&self) -> i64 {
        self.available_at
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
        let ticket = |account_id, kind, severity, created_at, available_at| Ticket {
            ticket_id: ticket_id.clone(),
            account_id,
            kind,
            severity,
            created_at,
            available_at,
        };
        let (severity, kind) = (1 + dice.below(4), KINDS[number % 5]);
        let mut available_at = created_at + dice.pick(&[0, 0, DAY, 9 * DAY]);
        rows.tickets.push(ticket(account_id, kind, severity, created_at, available_at));
        // It gets worse or better, or turns out to be another's, or about something else: some days later, or on the same.
        for _ in 0..dice.below(3) {
            available_at += 1 + dice.pick(&[0, 3_600_000_000, DAY, 20 * DAY, 60 * DAY]);
            let account_id = if dice.once_in(6) { dice.pick(&IDS[..4]) } else { account_id };
            let kind = if dice.once_in(4) { dice.pick(&KINDS) } else { kind };
            // Now and then its time is mended with it.
            let created_at = if dice.once_in(5) { created_at - dice.below(3) * DAY } else { created_at };
            rows.tickets.push(ticket(account_id, kind, 1 + dice.below(4), created_at, available_at));
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
    fn of(&self, world: &World, case: &Case, as_of: NaiveDate) -> Vec<(&'static str, NaiveDate)> {
        let step = |status: &str| STATUSES.iter().position(|other| *other == status).unwrap();
        let of_ticket = self.changes.iter().filter(|change| change.ticket_id == case.ticket.last().ticket_id);
        let seen = of_ticket.filter(|change| world.local_day(change.occurred_at) <= as_of);
        let moments: BTreeSet<_> = seen.map(|change| (change.occurred_at, step(change.to_status))).collect();
        let opened_on = case.opened_on;
        moments.into_iter().map(|(at, step)| (STATUSES[step], world.local_day(at).max(opened_on))).collect()
    }

    /// Seconds until the first resolution, at most four weeks, and the day on which that is known.
    fn wait(&self, world: &World, case: &Case) -> (NaiveDate, i64) {
        let (opened_on, ticket) = (case.opened_on, case.ticket.last());
        let ends = |change: &&Change| {
            change.ticket_id == ticket.ticket_id && ["resolved", "closed"].contains(&change.to_status)
        };
        let first = self.changes.iter().filter(ends).map(|change| change.occurred_at).min();
        let last_day = opened_on + TimeDelta::days(28);
        match first.filter(|at| world.local_day(*at) <= last_day) {
            Some(at) => {
                let seconds = at.div_euclid(1_000_000) - case.created_at.div_euclid(1_000_000);
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

/// A ticket on days, by its versions.
struct Case<'a> {
    ticket: Thing<'a, Ticket>,
    opened_on: NaiveDate,
    created_at: i64,
}

impl<'a> Case<'a> {
    fn of(world: &World, ticket: Thing<'a, Ticket>) -> Self {
        let created_at = ticket.last().created_at;
        Self { ticket, opened_on: world.local_day(created_at), created_at }
    }

    /// What it is at the end of a day, once it is opened.
    fn on(&self, world: &World, day: NaiveDate) -> Option<&'a Ticket> {
        let held = self.ticket.on(world, day, Some(self.opened_on));
        held.filter(|_| self.opened_on <= day)
    }

    fn is_of(&self, world: &World, account_id: &str, day: NaiveDate) -> bool {
        self.on(world, day).is_some_and(|ticket| ticket.account_id == account_id)
    }
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let (world, rows) = (&ugly.world, &ugly.support);
    let (told, traced) = (
        ugly.reports("tickets", as_of),
        ugly.reports("tickets", as_of) && ugly.reports("ticket_events", as_of),
    );
    let cases: Vec<Case> = things(&rows.tickets).into_iter().map(|ticket| Case::of(world, ticket)).collect();
    let theirs: Vec<(&Case, &Ticket)> = cases
        .iter()
        .filter_map(|case| Some((case, case.on(world, as_of)?)))
        .filter(|(_, ticket)| ticket.account_id == account_id)
        .collect();
    let opened = |days: i64, is: &dyn Fn(&Ticket) -> bool| {
        theirs.iter().filter(|(case, ticket)| within(case.opened_on, as_of, days) && is(ticket)).count()
    };
    let of_kind = |kind: &str| opened(90, &|ticket| ticket.kind == kind);
    let states: Vec<(&Case, State)> =
        cases.iter().map(|case| (case, state(&rows.of(world, case, as_of)))).collect();
    // What happens to a ticket counts for the account that has it then.
    let happened = |read: fn(&State) -> &Vec<NaiveDate>, days: i64| {
        let all = states.iter().flat_map(|(case, state)| read(state).iter().map(move |day| (case, *day)));
        let of_account = all.filter(|(case, day)| case.is_of(world, account_id, *day));
        of_account.filter(|(_, day)| within(*day, as_of, days)).count()
    };
    let now: Vec<(&Case, &Ticket, &State)> = states
        .iter()
        .filter_map(|(case, state)| Some((*case, case.on(world, as_of)?, state)))
        .filter(|(_, ticket, state)| ticket.account_id == account_id && state.is_open)
        .collect();
    let open: Vec<&Ticket> = now.iter().map(|(_, ticket, _)| *ticket).collect();
    let ages: i64 = now.iter().map(|(case, ..)| as_of.signed_duration_since(case.opened_on).num_days()).sum();
    let waits = cases
        .iter()
        .filter(|case| case.is_of(world, account_id, case.opened_on))
        .map(|case| rows.wait(world, case))
        .filter(|(day, _)| within(*day, as_of, 90));
    let wait = median(waits.map(|(_, seconds)| seconds).collect()).filter(|_| traced);
    let uses = ugly.uses(account_id, as_of);
    let month = uses.iter().filter(|(day, _)| within(*day, as_of, 28));
    let users = month.filter_map(|(_, event)| event.user_id.as_deref()).collect::<BTreeSet<_>>().len();
    let Value::Whole(tenure) = ugly.published("spine", account_id, as_of)["tenure_days"] else {
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
        ("escalations_open", count(traced, now.iter().filter(|(.., state)| state.is_escalated).count())),
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
