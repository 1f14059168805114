//! What may be sold to customers: renewals before every end of a term, and more of what is liked.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::contracts::{Change, Deal, Term};
use super::draw::{Draw, Purpose};
use super::names::{AccountId, Id};
use super::plant::Plant;
use super::row::Row;
use super::scene::{Scene, day_of, start_of, working_hours};
use super::sheet::{Clock, Sheet};

/// Opportunities older than this many days before the first day lie in another system.
const OLDEST: i32 = -200;

/// A version of an opportunity.
#[derive(Clone, Debug)]
pub(super) struct Opportunity {
    account: u32,
    number: u32,
    kind: &'static str,
    stage: &'static str,
    amount: i64,
    probability: f64,
    forecast: &'static str,
    created: i32,
    expected: i32,
    closed: Option<i32>,
    is_won: Option<bool>,
    from: i64,
    recorded: i64,
}

/// What sellers saw in an account, as they wrote it down: what was won is what was signed.
pub(super) fn opportunities(scene: &Scene<'_>, deal: &Deal) -> Vec<Opportunity> {
    let draw = scene.draw(Purpose::Opportunities);
    let mut seller = Seller { scene, draw, rows: Vec::new(), seen: 0 };
    if scene.account.plant == Plant::Hermit {
        return seller.rows;
    }
    for term in &deal.terms {
        seller.renewal(deal, term);
    }
    for change in deal.changes.iter().filter(|change| matches!(change.kind, "upsell" | "cross_sell")) {
        seller.won(change);
    }
    seller.lost(deal);
    if scene.account.plant == Plant::BackdatedStage {
        seller.backdate();
    }
    seller.rows
}

struct Seller<'a> {
    scene: &'a Scene<'a>,
    draw: Draw,
    rows: Vec<Opportunity>,
    seen: u32,
}

impl Seller<'_> {
    fn renewal(&mut self, deal: &Deal, term: &Term) {
        let Some(end) = term.until.filter(|_| !self.scene.company.is_monthly()) else { return };
        let lines = deal.in_force(end - 1);
        let amount =
            lines.iter().filter(|line| line.contract == term.contract).map(|line| line.worth()).sum();
        let renewed = deal.changes.iter().find(|change| {
            change.kind == "renewal" && change.effective == end && change.contract == term.contract
        });
        // Who goes on in another account does not renew here, and what is overdue is not lost.
        let goes_over = self.scene.account.merged.is_some_and(|merged| end > merged.on);
        if goes_over || renewed.is_none() && self.scene.account.plant == Plant::Overdue {
            return;
        }
        let closed = renewed.map_or(end + 1, |change| day_of(change.recorded));
        let created = (end - 80 - self.draw.below(40) as i32).max(term.from);
        self.tell("renewal", amount, (created, closed, end), Some(renewed.is_some()));
    }

    fn won(&mut self, change: &Change) {
        let closed = day_of(change.recorded);
        let created = closed - 20 - self.draw.below(50) as i32;
        self.tell(change.kind, change.worth, (created, closed, change.effective), Some(true));
    }

    /// Some that come to nothing, and some that are still open.
    fn lost(&mut self, deal: &Deal) {
        let seen = self.scene.seen();
        let first = seen.start + self.draw.below(90) as i32;
        for day in (first..seen.end).step_by(80).filter(|day| self.scene.is_customer(*day)) {
            let health = self.scene.health(day);
            let (hope, share, wait) = (self.draw.unit(), self.draw.unit(), self.draw.below(70) as i32);
            if hope < 0.25 * health {
                let worth: i64 = deal.in_force(day).iter().map(|line| line.worth()).sum();
                let amount = (worth as f64 * (0.1 + 0.3 * share)) as i64;
                let kind = if share < 0.4 { "cross_sell" } else { "upsell" };
                self.tell(kind, amount, (day, day + 30 + wait, day + 60), Some(false));
            }
        }
    }

    /// The stages on the way, from the day an opportunity is seen to the day it is decided.
    fn tell(&mut self, kind: &'static str, amount: i64, days: (i32, i32, i32), is_won: Option<bool>) {
        let (created, closed, expected) = days;
        if created < OLDEST || closed <= created {
            return;
        }
        let way = closed - created;
        let stages = [
            ("discovery", created, 0.2, "pipeline"),
            ("proposal", created + way / 3, 0.45, "best_case"),
            ("negotiation", created + 2 * way / 3, 0.7, "commit"),
        ];
        let mut opportunity = Opportunity { amount, created, expected, ..self.blank(kind) };
        self.seen += 1;
        for (stage, day, base, forecast) in stages {
            let felt = base + 0.25 * (self.scene.health(day) - 0.5) + 0.05 * self.draw.bell();
            let likely = if kind == "renewal" { felt + 0.2 } else { felt };
            (opportunity.stage, opportunity.forecast) = (stage, forecast);
            opportunity.probability = (likely.clamp(0.05, 0.95) * 100.0).round() / 100.0;
            self.write(opportunity.clone(), day);
        }
        let is_won = is_won.unwrap_or(false);
        opportunity.stage = if is_won { "closed_won" } else { "closed_lost" };
        opportunity.forecast = if is_won { "commit" } else { "omitted" };
        (opportunity.closed, opportunity.is_won) = (Some(closed), Some(is_won));
        opportunity.probability = if is_won { 1.0 } else { 0.0 };
        self.write(opportunity, closed);
    }

    /// An opportunity that has just been seen.
    fn blank(&self, kind: &'static str) -> Opportunity {
        Opportunity {
            account: self.scene.account.index,
            number: self.seen,
            kind,
            stage: "discovery",
            amount: 0,
            probability: 0.0,
            forecast: "pipeline",
            created: 0,
            expected: 0,
            closed: None,
            is_won: None,
            from: 0,
            recorded: 0,
        }
    }

    fn write(&mut self, opportunity: Opportunity, day: i32) {
        let recorded = working_hours(&mut self.draw, day);
        self.rows.push(Opportunity { from: recorded, recorded, ..opportunity });
    }

    /// The trap: lost 60 days before the end, and written down as of then 20 days before the end.
    fn backdate(&mut self) {
        let days = self.scene.days();
        let before = self.rows.len();
        self.tell("upsell", 123_456, (days - 90, days - 60, days - 50), Some(false));
        if let Some(last) = self.rows[before..].last_mut() {
            (last.from, last.recorded) =
                (start_of(days - 60), start_of(days - 20) + last.recorded % 3_600_000_000);
        }
    }
}

impl Row for Opportunity {
    const FILE: &'static str = "opportunities.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("opportunity_id", |row| Id('q', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .text("type", |row| row.kind)
            .text("stage", |row| row.stage)
            .money("amount_arr", |row| row.amount)?
            .maybe_real("probability", |row| Some(row.probability))
            .maybe_text("forecast_category", |row| Some(row.forecast))
            .day("created_on", |row| row.created)
            .day("expected_close_on", |row| row.expected)
            .maybe_day("closed_on", |row| row.closed)
            .maybe_flag("is_won", |row| row.is_won)
            .maybe_time("valid_from", |row| Some(row.from))
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}
