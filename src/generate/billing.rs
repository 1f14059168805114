//! Invoices of what contracts say, and how they are paid: the unhealthy pay late, fail, dispute or do not pay.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::contracts::Deal;
use super::draw::{Draw, Purpose};
use super::names::{AccountId, Id};
use super::plant::Plant;
use super::planted::Planted;
use super::row::Row;
use super::scene::{HOUR, Scene, day_of, start_of, working_hours};
use super::sheet::{Clock, Sheet};

/// Older invoices lie in another system: days before the world's first.
const OLDEST: i32 = -400;

/// A version of an invoice.
#[derive(Clone, Debug)]
pub(super) struct Invoice {
    account: u32,
    number: u32,
    contract: u32,
    issued: i32,
    due: i32,
    amount: i64,
    paid: i64,
    paid_on: Option<i32>,
    voided_on: Option<i32>,
    is_disputed: bool,
    recorded: i64,
}

/// An attempt to pay.
#[derive(Clone, Debug)]
pub(super) struct Payment {
    account: u32,
    number: u32,
    invoice: u32,
    at: i64,
    amount: i64,
    status: &'static str,
    available: i64,
}

/// What an account was billed and paid.
#[derive(Debug, Default)]
pub(super) struct Bills {
    /// Every version of every invoice.
    pub(super) invoices: Vec<Invoice>,
    /// Every attempt to pay.
    pub(super) payments: Vec<Payment>,
}

/// An invoice on the first day of each period, for the period's share of what is then in force: a month's or, under a
/// term, the whole term's, counted in months begun.
pub(super) fn bills(scene: &Scene<'_>, deal: &Deal) -> Bills {
    let mut draw = scene.draw(Purpose::Billing);
    let mut bills = Bills::default();
    if scene.account.plant == Plant::Hermit {
        return bills;
    }
    let issued = issues(scene, deal);
    let count = issued.len();
    for (nth, (day, contract, amount)) in issued.into_iter().enumerate() {
        let net = if scene.company.is_monthly() { 14 } else { 30 };
        let issued = Invoice {
            account: scene.account.index,
            number: nth as u32,
            contract,
            issued: day,
            due: day + net,
            amount,
            paid: 0,
            paid_on: None,
            voided_on: None,
            is_disputed: false,
            recorded: start_of(day) + 7 * HOUR,
        };
        bills.invoices.push(issued.clone());
        let mut story = Story { invoice: issued, draw: &mut draw, bills: &mut bills };
        match (scene.account.plant, count - nth) {
            (Plant::Disputed, back @ 1..=5) => story.go_wrong(back),
            _ => story.be_paid(scene.health(day + net)),
        }
    }
    bills
}

/// Some payments are taken back by the bank, two to four months after they came; the invoice is open again.
pub(super) fn take_back(scene: &Scene<'_>, bills: &mut Bills) -> Vec<Planted> {
    let mut draw = scene.draw(Purpose::Chargebacks);
    let mut planted = Vec::new();
    for nth in 0..bills.payments.len() {
        let payment = bills.payments[nth].clone();
        let (taken, after) = (draw.chance(0.02), 60 + draw.below(60));
        if !taken || payment.status != "paid" || scene.account.plant == Plant::Disputed {
            continue;
        }
        let available = payment.at + i64::from(after) * 24 * HOUR;
        let row = Id('p', payment.account, payment.number);
        let truth = Planted::new("charged back months later", payment.account, row, day_of(available));
        planted.push(truth.turned("paid", "chargeback", available));
        let invoice = bills.invoices.iter().rfind(|invoice| invoice.number == payment.invoice).cloned();
        bills.payments.push(Payment { status: "chargeback", available, ..payment });
        bills.invoices.extend(invoice.map(|invoice| Invoice {
            paid: 0,
            paid_on: None,
            recorded: available,
            ..invoice
        }));
    }
    planted
}

/// The days of invoices with their contracts and amounts.
fn issues(scene: &Scene<'_>, deal: &Deal) -> Vec<(i32, u32, i64)> {
    let mut issues = Vec::new();
    for term in &deal.terms {
        let end = term.until.unwrap_or(i32::MAX).min(scene.days());
        let months =
            |day: i32| (0..).take_while(|&nth| scene.months_after(term.from, nth) < day).count() as i64;
        let periods: Vec<(i32, i64)> = if scene.company.is_monthly() {
            (0..)
                .map(|nth| (scene.months_after(term.from, nth), 1))
                .take_while(|(day, _)| *day < end)
                .collect()
        } else {
            by_year(months(term.until.unwrap_or(term.from + 365)))
                .map(|(begun, months)| (scene.months_after(term.from, begun), months))
                .collect()
        };
        for (day, months) in periods {
            let worth: i64 = deal
                .in_force(day)
                .iter()
                .filter(|line| line.contract == term.contract)
                .map(|line| line.worth())
                .sum();
            let amount = (worth * months + 6) / 12;
            if (OLDEST..scene.days()).contains(&day) && amount > 0 {
                issues.push((day, term.contract, amount));
            }
        }
    }
    issues
}

/// Months that are billed at once, from which of a term on: all of it, and of one of several years a year each.
fn by_year(months: i64) -> impl Iterator<Item = (i32, i64)> {
    let each = if months > 24 { 12 } else { months.max(1) };
    (0..months).step_by(each as usize).map(move |begun| (begun as i32, each.min(months - begun)))
}

/// One invoice on its way.
struct Story<'a> {
    invoice: Invoice,
    draw: &'a mut Draw,
    bills: &'a mut Bills,
}

impl Story<'_> {
    fn be_paid(&mut self, health: f64) {
        let ill = 1.0 - health;
        let (disputed, late) = (self.draw.chance(0.01 + 0.06 * ill), self.draw.chance(0.06 + 0.5 * ill));
        let (fails, never) = (self.draw.chance(0.02 + 0.2 * ill), self.draw.chance(0.35 * ill * ill));
        let early = self.draw.below(12) as i32;
        let after = 1 + self.draw.below(40) as i32;
        if disputed {
            self.invoice.is_disputed = true;
            let at = working_hours(self.draw, self.invoice.issued + 4);
            self.write(at);
        }
        let day = self.invoice.due + if late { after } else { -early };
        let mut at = working_hours(self.draw, day);
        if fails {
            self.attempt(at, self.invoice.amount, "failed");
            at += i64::from(3 + self.draw.below(3)) * 24 * HOUR;
        }
        if !never {
            self.pay(at, self.invoice.amount);
        }
    }

    fn attempt(&mut self, at: i64, amount: i64, status: &'static str) {
        self.bills.payments.push(Payment {
            account: self.invoice.account,
            number: self.bills.payments.len() as u32,
            invoice: self.invoice.number,
            at,
            amount,
            status,
            available: at + HOUR + i64::from(self.draw.below(7200)) * 1_000_000,
        });
    }

    fn pay(&mut self, at: i64, amount: i64) {
        self.attempt(at, amount, "paid");
        self.invoice.paid += amount;
        self.invoice.is_disputed = false;
        self.invoice.paid_on = (self.invoice.paid >= self.invoice.amount).then_some(day_of(at));
        self.write(at);
    }

    /// The invoice as it now stands, written down at a time.
    fn write(&mut self, recorded: i64) {
        self.invoice.recorded = recorded;
        self.bills.invoices.push(self.invoice.clone());
    }

    /// What is planted, by how many invoices back: disputed and open, voided, half paid, charged back, refunded.
    fn go_wrong(&mut self, back: usize) {
        let at = start_of(self.invoice.issued + 2) + 10 * HOUR;
        let amount = self.invoice.amount;
        match back {
            1 => {
                self.invoice.is_disputed = true;
                self.write(at);
            }
            2 => {
                self.invoice.voided_on = Some(day_of(at));
                self.write(at);
            }
            3 => self.pay(at, amount / 2),
            _ => {
                self.pay(at, amount);
                self.attempt(at + 96 * HOUR, amount, if back == 4 { "chargeback" } else { "refunded" });
                (self.invoice.paid, self.invoice.paid_on) = (0, None);
                self.write(at + 96 * HOUR);
            }
        }
    }
}

impl Row for Invoice {
    const FILE: &'static str = "invoices.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("invoice_id", |row| Id('i', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .maybe_text("contract_id", |row| Some(Id('c', row.account, row.contract)))
            .day("issued_on", |row| row.issued)
            .day("due_on", |row| row.due)
            .money("amount", |row| row.amount)?
            .money("amount_paid", |row| row.paid)?
            .maybe_day("paid_on", |row| row.paid_on)
            .maybe_day("voided_on", |row| row.voided_on)
            .flag("is_disputed", |row| row.is_disputed)
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}

impl Row for Payment {
    const FILE: &'static str = "payments.parquet";

    fn known(&self) -> i64 {
        self.available
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("payment_id", |row| Id('p', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .maybe_text("invoice_id", |row| Some(Id('i', row.account, row.invoice)))
            .time("attempted_at", |row| row.at)
            .money("amount", |row| row.amount)?
            .text("status", |row| row.status)
            .time("available_at", |row| row.available)
            .finish()
    }
}
