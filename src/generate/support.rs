//! Requests for support and what becomes of them: the unhealthy ask more, about worse things, and wait longer.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::draw::{Draw, Purpose};
use super::names::{AccountId, Id, UserId};
use super::plant::Plant;
use super::planted::Planted;
use super::row::Row;
use super::scene::{HOUR, Scene, day_of, start_of};
use super::sheet::{Clock, Sheet};

const SECOND: i64 = 1_000_000;
/// Channels, drawn alone: which one says nothing about health.
const CHANNELS: [&str; 4] = ["email", "chat", "phone", "portal"];

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    account: u32,
    /// Its number among the account's.
    pub(super) number: u32,
    /// Who asked.
    pub(super) user: Option<u32>,
    kind: &'static str,
    severity: i64,
    channel: &'static str,
    at: i64,
    available: i64,
}

/// A change of a ticket's status.
#[derive(Clone, Debug)]
pub(super) struct Transition {
    account: u32,
    /// The ticket.
    pub(super) ticket: u32,
    /// What it became.
    pub(super) to: &'static str,
    /// When.
    pub(super) at: i64,
    available: i64,
}

/// An account's tickets.
#[derive(Debug, Default)]
pub(super) struct Support {
    /// Every ticket, by its number.
    pub(super) tickets: Vec<Ticket>,
    /// Every change of status.
    pub(super) transitions: Vec<Transition>,
}

/// What an account asked for. Questions come at one rate whatever the health; all else does not.
pub(super) fn support(scene: &Scene<'_>) -> Support {
    let mut support = Support::default();
    if matches!(scene.account.plant, Plant::Hermit | Plant::BrandNew) {
        return support;
    }
    let mut draw = scene.draw(Purpose::Support);
    let size = f64::from(scene.users() + 1).sqrt();
    for day in scene.seen().filter(|day| scene.is_customer(*day)) {
        let ill = 1.0 - scene.health(day);
        let (questions, troubles) = (draw.count(0.006 * size), draw.count(0.005 * size * (0.2 + 3.0 * ill)));
        for nth in 0..questions + troubles {
            let kind = if nth < questions { "question" } else { trouble(&mut draw, ill) };
            let second = i64::from(8 * 3600 + draw.below(10 * 3600));
            let user = scene.any_user(&mut draw, day).filter(|_| draw.chance(0.9));
            let at = start_of(day) + second * SECOND;
            support.ask(&mut draw, Ticket { user, kind, at, ..blank(scene) }, ill);
        }
    }
    for at in scene.edges() {
        support.ask(&mut draw, Ticket { at, ..blank(scene) }, 0.5);
    }
    support
}

fn trouble(draw: &mut Draw, ill: f64) -> &'static str {
    match draw.unit() {
        share if share < 0.2 + 0.35 * ill => "bug",
        share if share < 0.3 + 0.4 * ill => "incident",
        share if share < 0.45 + 0.4 * ill => "billing",
        _ => "feature_request",
    }
}

/// A question whose time is still to be said.
fn blank(scene: &Scene<'_>) -> Ticket {
    let account = scene.account.index;
    Ticket {
        account,
        number: 0,
        user: None,
        kind: "question",
        severity: 4,
        channel: "email",
        at: 0,
        available: 0,
    }
}

impl Support {
    fn ask(&mut self, draw: &mut Draw, ticket: Ticket, ill: f64) {
        let number = self.tickets.len() as u32;
        let channel = CHANNELS[draw.below(4) as usize];
        let worst = if ticket.kind == "incident" { 1 } else { 2 };
        let severity = (worst + i64::from(draw.below(3)) - i64::from(draw.chance(0.6 * ill))).clamp(1, 4);
        let available = ticket.at + lag(draw);
        let ticket = Ticket { number, channel, severity, available, ..ticket };
        self.go_on(draw, &ticket, ill);
        self.tickets.push(ticket);
    }

    /// What becomes of a ticket: an answer, help from above for the worst, an end, and for some of them another one.
    fn go_on(&mut self, draw: &mut Draw, ticket: &Ticket, ill: f64) {
        let hours = |draw: &mut Draw, mean: f64| (mean * draw.long_tail() * HOUR as f64) as i64 + 1;
        self.become_(draw, ticket, "open", ticket.at);
        let answered = ticket.at + hours(draw, 1.0 + ticket.severity as f64);
        self.become_(draw, ticket, "responded", answered);
        let escalates = draw.chance((0.02 + 0.25 * ill) * (5 - ticket.severity) as f64 / 3.0);
        let mut at = answered;
        if escalates {
            at += hours(draw, 10.0);
            self.become_(draw, ticket, "escalated", at);
        }
        at += hours(draw, 12.0 + 60.0 * ill);
        self.become_(draw, ticket, "resolved", at);
        if draw.chance(0.04 + 0.12 * ill) {
            at += hours(draw, 20.0);
            self.become_(draw, ticket, "reopened", at);
            at += hours(draw, 30.0);
            self.become_(draw, ticket, "resolved", at);
        }
        self.become_(draw, ticket, "closed", at + 72 * HOUR);
    }

    fn become_(&mut self, draw: &mut Draw, ticket: &Ticket, to: &'static str, at: i64) {
        let (account, ticket) = (ticket.account, ticket.number);
        self.transitions.push(Transition { account, ticket, to, at, available: at + lag(draw) });
    }
}

/// Some requests turn out worse than they seemed, and a few reach the warehouse weeks late.
pub(super) fn turn_out(scene: &Scene<'_>, tickets: &mut Vec<Ticket>) -> Vec<Planted> {
    let (mut worse, mut late) = (scene.draw(Purpose::Worse), scene.draw(Purpose::Late));
    let mut planted = Vec::new();
    // What stands on the edges of windows stays there.
    let count = if scene.account.plant == Plant::WindowEdges { 0 } else { tickets.len() };
    for nth in 0..count {
        let ticket = &mut tickets[nth];
        let row = Id('t', ticket.account, ticket.number);
        let (rises, after) = (worse.chance(0.05), 1 + worse.below(6));
        let (is_late, by) = (late.chance(0.01), 11 + late.below(45));
        if is_late {
            ticket.available += i64::from(by) * 24 * HOUR;
            let truth = Planted::new("request known late", ticket.account, row, day_of(ticket.at));
            planted.push(Planted { known: ticket.available, ..truth });
        } else if rises && ticket.severity > 1 {
            let available = ticket.available + i64::from(after) * 24 * HOUR;
            let ticket = Ticket { severity: ticket.severity - 1, available, ..ticket.clone() };
            let truth = Planted::new("severity raised", ticket.account, row, day_of(available));
            planted.push(truth.turned(ticket.severity + 1, ticket.severity, available));
            tickets.push(ticket);
        }
    }
    planted
}

/// How long the warehouse takes to know: minutes, and now and then days.
pub(super) fn lag(draw: &mut Draw) -> i64 {
    let days = if draw.chance(0.01) { 24 * HOUR * i64::from(1 + draw.below(4)) } else { 0 };
    days + SECOND * i64::from(60 + draw.below(1800))
}

impl Row for Ticket {
    const FILE: &'static str = "tickets.parquet";

    fn known(&self) -> i64 {
        self.available
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("ticket_id", |row| Id('t', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .maybe_text("user_id", |row| row.user.map(|user| UserId(row.account, user)))
            .text("type", |row| row.kind)
            .whole("severity", |row| row.severity)
            .text("channel", |row| row.channel)
            .time("created_at", |row| row.at)
            .time("available_at", |row| row.available)
            .finish()
    }
}

impl Row for Transition {
    const FILE: &'static str = "ticket_events.parquet";

    fn known(&self) -> i64 {
        self.available
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("ticket_id", |row| Id('t', row.account, row.ticket))
            .text("account_id", |row| AccountId(row.account))
            .text("to_status", |row| row.to)
            .time("occurred_at", |row| row.at)
            .time("available_at", |row| row.available)
            .finish()
    }
}
