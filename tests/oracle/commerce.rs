//! What the CRM says and what was signed, version by version; and what of it holds at the end of a day, found by looking
//! through all versions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use chrono::{Days, NaiveDate};

use super::columns::{date, decimal, flag, text, time};
pub use super::merges::Merge;
use super::table::{Row, Value};
use super::world::{Account, World, moment, words, write};

/// Days after the last contract in which an account that returns has not churned: `return_gap_days` of the project.
pub const RETURN_GAP_DAYS: u64 = 30;

/// When a version holds and when it was written down; microseconds of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    pub valid_from: Option<i64>,
    pub recorded_at: i64,
}

impl Version {
    /// Written down before all else, and valid from then on.
    pub const EVER: Self = Self { valid_from: Some(0), recorded_at: 0 };

    fn holds_from(self) -> i64 {
        self.valid_from.unwrap_or(self.recorded_at)
    }
}

/// A row of `raw.accounts`.
#[derive(Debug, Clone)]
pub struct AccountVersion {
    pub account_id: String,
    pub segment: String,
    pub is_customer: bool,
    pub is_test: bool,
    pub customer_since: Option<NaiveDate>,
    pub version: Version,
}

/// A row of `raw.contracts`; money in cents, the rate in units of 10⁻⁸.
#[derive(Debug, Clone)]
pub struct Line {
    pub line_id: String,
    pub contract_id: String,
    pub account_id: String,
    pub product_id: String,
    pub seats: i64,
    pub arr: i128,
    pub currency: String,
    pub fx_rate: i128,
    pub start: NaiveDate,
    pub end: Option<NaiveDate>,
    pub renewal: Option<NaiveDate>,
    pub auto_renew: bool,
    /// Days before the end by which notice must be given.
    pub notice_days: Option<i64>,
    pub is_cancelled: bool,
    pub cancel_reason: Option<String>,
    pub version: Version,
}

impl Line {
    /// A plain line in the project's currency with an open end.
    pub fn new(line_id: &str, account_id: &str, start: NaiveDate) -> Self {
        Self {
            line_id: line_id.to_owned(),
            contract_id: format!("c-{line_id}"),
            account_id: account_id.to_owned(),
            product_id: "core".to_owned(),
            seats: 10,
            arr: 120_000,
            currency: "USD".to_owned(),
            fx_rate: 100_000_000,
            start,
            end: None,
            renewal: None,
            auto_renew: true,
            notice_days: None,
            is_cancelled: false,
            cancel_reason: None,
            version: Version::EVER,
        }
    }

    /// A year's worth in cents of the project's currency, half a cent rounded away from zero.
    pub fn arr_cents(&self) -> i128 {
        (self.arr * self.fx_rate * 2 + 100_000_000) / 200_000_000
    }
}

/// All versions of all that was said and signed.
#[derive(Debug, Clone, Default)]
pub struct Commerce {
    pub accounts: Vec<AccountVersion>,
    pub lines: Vec<Line>,
    pub merges: Vec<Merge>,
}

/// What became of a line that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its end is still to come, or open.
    InForce,
    /// Its end has passed, and nobody wrote down that it renewed, which it does unless somebody acts.
    Overdue,
    /// Its end has passed, and nobody wrote down what became of it; it does not renew by itself.
    Lapsed,
    /// It was cancelled, or another line took its place.
    Ended,
    /// It ended longer ago than an account may take to come back.
    Past,
}

impl State {
    /// Whether the line is worth something on the day.
    pub fn is_in_force(self) -> bool {
        matches!(self, Self::InForce | Self::Overdue)
    }

    /// As models write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Overdue => "overdue",
            Self::Lapsed => "lapsed",
            Self::Ended => "ended",
            Self::Past => "past",
        }
    }
}

/// A line on a day.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub line: &'a Line,
    pub state: State,
    /// A row of now stands for what it was.
    pub approximate: bool,
}

/// A customer on a day.
pub struct Customer<'a> {
    pub account: &'a AccountVersion,
    /// Lines in force.
    pub lines: Vec<&'a Line>,
    pub tenure_days: i64,
    /// Of these, the days since the last account went on in it.
    pub same_days: i64,
    /// Days since the last account went on in it, the day included.
    pub joined_days: Option<i64>,
    pub approximate: bool,
}

impl Commerce {
    /// Plain accounts, each under one line from its first to its last day.
    pub fn of(accounts: &[Account]) -> Self {
        let mut commerce = Self::default();
        for account in accounts {
            commerce.accounts.push(AccountVersion {
                account_id: account.account_id.clone(),
                segment: account.segment.clone(),
                is_customer: true,
                is_test: account.is_test,
                customer_since: Some(account.customer_since),
                version: Version::EVER,
            });
            if account.churned_on.is_none_or(|end| end > account.customer_since) {
                let line = Line::new(&account.account_id, &account.account_id, account.customer_since);
                commerce.lines.push(Line { end: account.churned_on, ..line });
            }
        }
        commerce
    }

    /// The ids of accounts, each once.
    pub fn account_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.accounts.iter().map(|account| account.account_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The lines of an account that have begun by the end of a day, and whether each is approximate. A line that ends on
    /// the day it starts was taken back: there is none.
    fn begun(&self, world: &World, account_id: &str, day: NaiveDate) -> Vec<(&Line, bool)> {
        let mut of_line: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
        for line in &self.lines {
            of_line.entry(&line.line_id).or_default().push(line);
        }
        let holding = of_line.into_values().filter_map(|rows| holding(world, day, rows, |line| line.version));
        let is_one = |line: &Line| line.end.is_none_or(|end| end > line.start);
        let is_here = |line: &Line| line.account_id == account_id && line.start <= day && is_one(line);
        holding.filter(|(line, _)| is_here(line)).collect()
    }

    /// Whether by the end of a day, but not before a line ended, another one of its contract or product began that starts
    /// on or after its end.
    fn is_replaced(&self, world: &World, line: &Line, end: NaiveDate, day: NaiveDate) -> bool {
        let takes_its_place = |other: &Line| {
            other.line_id != line.line_id
                && other.start >= end
                && (other.contract_id == line.contract_id || other.product_id == line.product_id)
        };
        end.iter_days()
            .take_while(|on| *on <= day)
            .any(|on| self.begun(world, &line.account_id, on).iter().any(|(other, _)| takes_its_place(other)))
    }

    fn state(&self, world: &World, line: &Line, day: NaiveDate) -> State {
        match line.end {
            None => State::InForce,
            Some(end) if day < end => State::InForce,
            Some(end) if day >= end + Days::new(RETURN_GAP_DAYS) => State::Past,
            Some(end) if line.is_cancelled || self.is_replaced(world, line, end, day) => State::Ended,
            Some(_) if line.auto_renew => State::Overdue,
            Some(_) => State::Lapsed,
        }
    }

    /// The lines of an account that have begun by the end of a day.
    pub fn lines_on(&self, world: &World, account_id: &str, day: NaiveDate) -> Vec<Standing<'_>> {
        let begun = self.begun(world, account_id, day).into_iter();
        let standing =
            |(line, approximate)| Standing { line, state: self.state(world, line, day), approximate };
        begun.map(standing).collect()
    }

    /// What an account is at the end of a day; `None` for one that is no customer, goes on in another, or is not scored.
    pub fn customer(&self, world: &World, account_id: &str, day: NaiveDate) -> Option<Customer<'_>> {
        if self.survivor(account_id, day) != account_id {
            return None;
        }
        let versions = self.accounts.iter().filter(|account| account.account_id == account_id).collect();
        let (account, account_is_approximate) =
            holding(world, day, versions, |account: &&AccountVersion| account.version)?;
        let lines = self.lines_on(world, account_id, day);
        let first = lines.iter().map(|standing| standing.line.start).min();
        let stays: Vec<_> = lines.into_iter().filter(|line| line.state != State::Past).collect();
        if !account.is_customer || account.is_test || stays.is_empty() {
            return None;
        }
        let since = account.customer_since.into_iter().chain(first).min()?;
        let days_since = |first: NaiveDate| day.signed_duration_since(first).num_days() + 1;
        let joined_days = self.joined_on(account_id, day).map(days_since);
        Some(Customer {
            account,
            approximate: account_is_approximate || stays.iter().any(|line| line.approximate),
            lines: stays.iter().filter(|line| line.state.is_in_force()).map(|line| line.line).collect(),
            tenure_days: days_since(since),
            same_days: days_since(since).min(joined_days.unwrap_or(i64::MAX)),
            joined_days,
        })
    }

    /// Writes both files.
    pub fn write(&self, folder: &Path) {
        self.write_accounts(folder);
        self.write_lines(folder);
        if !self.merges.is_empty() {
            self.write_merges(folder);
        }
    }

    fn write_accounts(&self, folder: &Path) {
        let rows = &self.accounts;
        let none = |_: &AccountVersion| None;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("parent_account_id", text(rows, none)),
            ("name", text(rows, |row| Some(format!("\"{}\",\n'Ltd'", row.account_id)))),
            ("domain", text(rows, none)),
            ("segment", text(rows, |row| Some(row.segment.clone()))),
            ("industry", text(rows, none)),
            ("region", text(rows, none)),
            ("business_model", text(rows, none)),
            ("lifecycle_stage", text(rows, none)),
            ("is_customer", flag(rows, |row| row.is_customer)),
            ("is_test", flag(rows, |row| row.is_test)),
            ("currency", text(rows, |_| Some("USD".to_owned()))),
            ("customer_since", date(rows, |row| row.customer_since)),
            ("valid_from", time(rows, |row| row.version.valid_from)),
            ("recorded_at", time(rows, |row| Some(row.version.recorded_at))),
        ];
        write(&folder.join("accounts.parquet"), columns);
    }

    fn write_lines(&self, folder: &Path) {
        let rows = &self.lines;
        let status = |row: &Line| Some(if row.is_cancelled { "cancelled" } else { "active" }.to_owned());
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("contract_id", text(rows, |row| Some(row.contract_id.clone()))),
            ("line_id", text(rows, |row| Some(row.line_id.clone()))),
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("product_id", text(rows, |row| Some(row.product_id.clone()))),
            ("plan", text(rows, |_| Some("standard".to_owned()))),
            ("quantity", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.seats)))),
            ("arr", decimal(rows.iter().map(|row| row.arr), 2)),
            ("currency", text(rows, |row| Some(row.currency.clone()))),
            ("fx_rate", decimal(rows.iter().map(|row| row.fx_rate), 8)),
            ("start_date", date(rows, |row| Some(row.start))),
            ("end_date", date(rows, |row| row.end)),
            ("renewal_date", date(rows, |row| row.renewal)),
            ("auto_renew", flag(rows, |row| row.auto_renew)),
            ("notice_days", Arc::new(Int64Array::from_iter(rows.iter().map(|row| row.notice_days)))),
            ("status", text(rows, status)),
            ("cancel_reason", text(rows, |row| row.cancel_reason.clone())),
            ("valid_from", time(rows, |row| row.version.valid_from)),
            ("recorded_at", time(rows, |row| Some(row.version.recorded_at))),
        ];
        write(&folder.join("contracts.parquet"), columns);
    }

    /// What the generator wrote.
    pub fn read(accounts: &[Row], contracts: &[Row], merges: &[Row]) -> Self {
        Self {
            accounts: accounts.iter().map(account_of).collect(),
            lines: contracts.iter().map(line_of).collect(),
            merges: merges.iter().map(Merge::of).collect(),
        }
    }
}

/// What holds of a thing at the end of a day, and whether it only stands for what was. Of rows that hold from one time the
/// one recorded last counts; it holds until the next one does. What holds before the first nobody knows: where that does
/// not say since when it holds, it stands for what was.
pub fn holding<T: Copy>(
    world: &World,
    day: NaiveDate,
    rows: Vec<T>,
    version: impl Fn(&T) -> Version,
) -> Option<(T, bool)> {
    let mut statements: BTreeMap<i64, T> = BTreeMap::new();
    for row in rows {
        let kept = statements.entry(version(&row).holds_from()).or_insert(row);
        if version(&row).recorded_at > version(kept).recorded_at {
            *kept = row;
        }
    }
    // Of several of one day the last.
    let of_days: BTreeMap<NaiveDate, T> =
        statements.into_iter().map(|(from, row)| (world.local_day(from), row)).collect();
    if let Some((_, row)) = of_days.range(..=day).next_back() {
        return Some((*row, false));
    }
    let (_, first) = of_days.first_key_value()?;
    version(first).valid_from.is_none().then_some((*first, true))
}

/// A day of a row.
pub fn day(row: &Row, column: &str) -> Option<NaiveDate> {
    if let Value::Day(day) = row[column] { Some(day) } else { None }
}

/// A decimal number in its smallest units.
pub fn units(row: &Row, column: &str) -> i128 {
    words(row, column).unwrap().replace('.', "").parse().unwrap()
}

fn version_of(row: &Row) -> Version {
    Version { valid_from: moment(row, "valid_from"), recorded_at: moment(row, "recorded_at").unwrap() }
}

fn account_of(row: &Row) -> AccountVersion {
    AccountVersion {
        account_id: words(row, "account_id").unwrap(),
        segment: words(row, "segment").unwrap(),
        is_customer: row["is_customer"] == Value::Flag(true),
        is_test: row["is_test"] == Value::Flag(true),
        customer_since: day(row, "customer_since"),
        version: version_of(row),
    }
}

fn line_of(row: &Row) -> Line {
    Line {
        line_id: words(row, "line_id").unwrap(),
        contract_id: words(row, "contract_id").unwrap(),
        account_id: words(row, "account_id").unwrap(),
        product_id: words(row, "product_id").unwrap(),
        seats: moment(row, "quantity").unwrap(),
        arr: units(row, "arr"),
        currency: words(row, "currency").unwrap(),
        fx_rate: units(row, "fx_rate"),
        start: day(row, "start_date").unwrap(),
        end: day(row, "end_date"),
        renewal: day(row, "renewal_date"),
        auto_renew: row["auto_renew"] == Value::Flag(true),
        notice_days: moment(row, "notice_days"),
        is_cancelled: words(row, "status").unwrap() == "cancelled",
        cancel_reason: words(row, "cancel_reason"),
        version: version_of(row),
    }
}
