//! The rows of contracts: every version of every line, and what became of each contract.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::names::{AccountId, Id};
use super::row::Row;
use super::scene::start_of;
use super::sheet::{Clock, Sheet};

/// One unit of an exchange rate: eight digits behind the point.
pub(super) const RATE: i64 = 100_000_000;

/// A version of a contract line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Who signed.
    pub(super) account: u32,
    /// Who has it now: the account in which the one that signed goes on.
    pub(super) holder: u32,
    /// Which of the account's contracts.
    pub(super) contract: u32,
    /// Which of the account's lines.
    pub(super) line: u32,
    /// What was bought.
    pub(super) product: &'static str,
    /// In which edition.
    pub(super) plan: &'static str,
    /// Seats; 0 for what is not sold by seat.
    pub(super) seats: i64,
    /// Cents a year for a seat, or for all of it where there are no seats, in the currency.
    pub(super) price: i64,
    /// Of the price.
    pub(super) currency: &'static str,
    /// What a unit of the currency is worth in the project's, in [`RATE`]s.
    pub(super) rate: i64,
    /// First day in force.
    pub(super) start: i32,
    /// First day no more in force.
    pub(super) end: Option<i32>,
    /// Renews unless somebody acts.
    pub(super) auto_renew: bool,
    /// Days before the end by which notice must be given, where that is known.
    pub(super) notice: Option<i32>,
    /// Why it was cancelled, where it was.
    pub(super) cancelled: Option<&'static str>,
    /// From when the version holds; `None` where only the last version is known.
    pub(super) from: Option<i64>,
    /// When it was written down.
    pub(super) recorded: i64,
}

impl Line {
    /// Worth a year, in cents of the currency.
    pub(super) fn arr(&self) -> i64 {
        self.price * if self.product == "platform" { 1 } else { self.seats }
    }

    /// Worth a year, in cents of the project's currency, half a cent rounded up.
    pub(super) fn worth(&self) -> i64 {
        let exact = i128::from(self.arr()) * i128::from(self.rate);
        ((exact + i128::from(RATE / 2)) / i128::from(RATE)) as i64
    }
}

/// A change of a contract.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// Whose.
    pub(super) account: u32,
    /// Its number among the account's changes.
    pub(super) number: u32,
    /// Who signed the contract.
    pub(super) signer: u32,
    /// Of which contract.
    pub(super) contract: u32,
    /// What happened.
    pub(super) kind: &'static str,
    /// By how much a year's worth changed, in cents of the project's currency.
    pub(super) worth: i64,
    /// By how many seats.
    pub(super) seats: i64,
    /// From which day.
    pub(super) effective: i32,
    /// When it was written down.
    pub(super) recorded: i64,
}

/// A stretch of a contract for which it was signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    /// Of which contract.
    pub(super) contract: u32,
    /// First day.
    pub(super) from: i32,
    /// First day after it; `None` for an open end.
    pub(super) until: Option<i32>,
}

/// All that an account signed: its lines in the order of their versions, its changes in order of their days.
#[derive(Debug, Default)]
pub(super) struct Deal {
    /// Every version of every line.
    pub(super) lines: Vec<Line>,
    /// Every change.
    pub(super) changes: Vec<Change>,
    /// Every term, contract by contract.
    pub(super) terms: Vec<Term>,
}

impl Deal {
    /// The lines in force on a day, as they then stood, whenever that was written down.
    pub(super) fn in_force(&self, day: i32) -> Vec<&Line> {
        let mut latest: Vec<&Line> = Vec::new();
        for line in self.lines.iter().filter(|line| line.from.is_none_or(|from| from <= start_of(day))) {
            match latest.iter_mut().find(|known| known.line == line.line) {
                Some(known) => *known = line,
                None => latest.push(line),
            }
        }
        latest.retain(|line| line.start <= day && line.end.is_none_or(|end| day < end));
        latest
    }
}

impl Row for Line {
    const FILE: &'static str = "contracts.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("contract_id", |row| Id('c', row.account, row.contract))
            .text("line_id", |row| Id('l', row.account, row.line))
            .text("account_id", |row| AccountId(row.holder))
            .text("product_id", |row| row.product)
            .text("plan", |row| row.plan)
            .whole("quantity", |row| row.seats)
            .money("arr", Line::arr)?
            .text("currency", |row| row.currency)
            .decimal("fx_rate", 8, |row| row.rate)?
            .day("start_date", |row| row.start)
            .maybe_day("end_date", |row| row.end)
            .maybe_day("renewal_date", |row| row.end)
            .flag("auto_renew", |row| row.auto_renew)
            .maybe_whole("notice_days", |row| row.notice.map(i64::from))
            .text("status", |row| if row.cancelled.is_some() { "cancelled" } else { "active" })
            .maybe_text("cancel_reason", |row| row.cancelled)
            .maybe_time("valid_from", |row| row.from)
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}

impl Row for Change {
    const FILE: &'static str = "contract_events.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("change_id", |row| Id('x', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .text("contract_id", |row| Id('c', row.signer, row.contract))
            .text("type", |row| row.kind)
            .money("delta_arr", |row| row.worth)?
            .whole("delta_seats", |row| row.seats)
            .day("effective_on", |row| row.effective)
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}
