//! What the CRM says and what was signed, version by version; and what of it is known at the end of a day, found by
//! looking through all versions.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use chrono::{Days, NaiveDate};

use super::columns::{date, decimal, flag, text, time};
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

    pub fn holds_from(self) -> i64 {
        self.valid_from.unwrap_or(self.recorded_at)
    }

    pub fn counts_from(self) -> i64 {
        self.holds_from().max(self.recorded_at)
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
    pub is_cancelled: bool,
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
            is_cancelled: false,
            version: Version::EVER,
        }
    }

    /// Whether it is in force on a day.
    pub fn is_in_force(&self, day: NaiveDate) -> bool {
        self.start <= day && self.end.is_none_or(|end| day < end)
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
}

/// A customer on a day, as known that day.
pub struct Customer<'a> {
    pub account: &'a AccountVersion,
    /// Lines in force.
    pub lines: Vec<&'a Line>,
    pub tenure_days: i64,
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

    /// The lines of an account as they are known at the end of a day, in force or not; and whether each is approximate.
    pub fn lines_known(&self, world: &World, account_id: &str, day: NaiveDate) -> Vec<(&Line, bool)> {
        let mut ids: Vec<&str> = self.lines.iter().map(|line| line.line_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let known = ids.into_iter().filter_map(|id| {
            let versions = self.lines.iter().filter(|line| line.line_id == id).collect();
            as_known(world, day, versions, |line: &&Line| line.version)
        });
        let is_one = |line: &Line| line.end.is_none_or(|end| end > line.start);
        let is_here = |line: &Line| line.account_id == account_id && line.start <= day && is_one(line);
        known.filter(|(line, _)| is_here(line)).collect()
    }

    /// What an account is at the end of a day; `None` for one that is no customer, or not scored.
    pub fn customer(&self, world: &World, account_id: &str, day: NaiveDate) -> Option<Customer<'_>> {
        let versions = self.accounts.iter().filter(|account| account.account_id == account_id).collect();
        let (account, account_is_approximate) =
            as_known(world, day, versions, |account: &&AccountVersion| account.version)?;
        let known = self.lines_known(world, account_id, day);
        let stays = |line: &Line| line.end.is_none_or(|end| day < end + Days::new(RETURN_GAP_DAYS));
        let standing: Vec<_> = known.into_iter().filter(|(line, _)| stays(line)).collect();
        if !account.is_customer || account.is_test || standing.is_empty() {
            return None;
        }
        let since =
            account.customer_since.into_iter().chain(self.oldest_start(world, account_id, day)).min()?;
        Some(Customer {
            account,
            approximate: account_is_approximate || standing.iter().any(|(_, approximate)| *approximate),
            lines: standing.iter().map(|(line, _)| *line).filter(|line| line.is_in_force(day)).collect(),
            tenure_days: day.signed_duration_since(since).num_days() + 1,
        })
    }

    /// The first day of the oldest line that was known at the end of any day so far.
    pub fn oldest_start(&self, world: &World, account_id: &str, day: NaiveDate) -> Option<NaiveDate> {
        let turns = self.lines.iter().filter(|line| line.account_id == account_id);
        let days = turns.flat_map(|line| [world.local_day(line.version.counts_from()), line.start, day]);
        let known =
            days.filter(|turn| *turn <= day).flat_map(|turn| self.lines_known(world, account_id, turn));
        known.map(|(line, _)| line.start).min()
    }

    /// Writes both files.
    pub fn write(&self, folder: &Path) {
        self.write_accounts(folder);
        self.write_lines(folder);
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
            ("status", text(rows, status)),
            ("cancel_reason", text(rows, |_| None)),
            ("valid_from", time(rows, |row| row.version.valid_from)),
            ("recorded_at", time(rows, |row| Some(row.version.recorded_at))),
        ];
        write(&folder.join("contracts.parquet"), columns);
    }

    /// What the generator wrote.
    pub fn read(accounts: &[Row], contracts: &[Row]) -> Self {
        Self {
            accounts: accounts.iter().map(account_of).collect(),
            lines: contracts.iter().map(line_of).collect(),
        }
    }
}

/// Of the versions of one thing the one that is known at the end of a day: the newest by when it holds, among those
/// that hold and are written down. Before all of them the first stands for what was, where it does not say since when it
/// holds: then the answer is approximate.
pub fn as_known<T: Copy>(
    world: &World,
    day: NaiveDate,
    versions: Vec<T>,
    version: impl Fn(&T) -> Version,
) -> Option<(T, bool)> {
    let order = |row: &T| {
        let Version { valid_from, recorded_at } = version(row);
        (version(row).holds_from(), recorded_at, valid_from.is_none())
    };
    let counts = |row: &&T| world.local_day(version(row).counts_from()) <= day;
    if let Some(newest) = versions.iter().filter(counts).max_by_key(|row| order(row)) {
        return Some((*newest, false));
    }
    let first = versions.iter().min_by_key(|row| (version(row).counts_from(), order(row)))?;
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
        is_cancelled: words(row, "status").unwrap() == "cancelled",
        version: version_of(row),
    }
}
