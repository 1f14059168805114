//! What an account owes, paid, changed and may buy: rows of the sources, and their Parquet.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array};
use chrono::{NaiveDate, TimeDelta};

use crate::oracle::columns::{date, decimal, flag, text, time};
use crate::oracle::commerce::Version;
use crate::oracle::world::{World, write};

/// A row of `raw.contract_events`; money in cents, here and below.
#[derive(Debug, Clone)]
pub struct Change {
    pub change_id: String,
    pub account_id: String,
    pub kind: &'static str,
    pub delta_arr: i128,
    pub effective_on: NaiveDate,
    pub recorded_at: i64,
}

/// A row of `raw.invoices`.
#[derive(Debug, Clone)]
pub struct Invoice {
    pub invoice_id: String,
    pub account_id: String,
    pub issued_on: NaiveDate,
    pub due_on: NaiveDate,
    pub amount: i128,
    pub amount_paid: i128,
    pub paid_on: Option<NaiveDate>,
    pub voided_on: Option<NaiveDate>,
    pub is_disputed: bool,
    pub recorded_at: i64,
}

/// A row of `raw.payments`.
#[derive(Debug, Clone)]
pub struct Payment {
    pub payment_id: String,
    pub account_id: String,
    pub attempted_at: i64,
    pub amount: i128,
    pub status: &'static str,
    pub available_at: i64,
}

/// A row of `raw.opportunities`.
#[derive(Debug, Clone)]
pub struct Opportunity {
    pub opportunity_id: String,
    pub account_id: String,
    pub kind: &'static str,
    pub amount: i128,
    pub probability: Option<f64>,
    pub closed_on: Option<NaiveDate>,
    pub version: Version,
}

/// A row of `raw.onboarding_plans`.
#[derive(Debug, Clone)]
pub struct Plan {
    pub plan_id: String,
    pub account_id: String,
    pub completed_on: Option<NaiveDate>,
    pub recorded_at: i64,
}

/// A row of `raw.users`.
#[derive(Debug, Clone)]
pub struct User {
    pub user_id: String,
    pub account_id: String,
    pub is_internal: bool,
    pub created_on: NaiveDate,
    pub activated_on: Option<NaiveDate>,
    pub deactivated_on: Option<NaiveDate>,
}

/// A row of `raw.user_accounts`.
#[derive(Debug, Clone)]
pub struct Seat {
    pub user_id: String,
    pub account_id: String,
    pub valid_from: i64,
    pub recorded_at: i64,
}

/// A row of `raw.source_status`.
#[derive(Debug, Clone)]
pub struct Load {
    pub source: &'static str,
    pub loaded_through: NaiveDate,
    pub ok: bool,
    pub loaded_at: i64,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct Books {
    pub world: World,
    pub changes: Vec<Change>,
    pub invoices: Vec<Invoice>,
    pub payments: Vec<Payment>,
    pub opportunities: Vec<Opportunity>,
    pub plans: Vec<Plan>,
    pub users: Vec<User>,
    pub seats: Vec<Seat>,
    pub loads: Vec<Load>,
}

/// `stale_after_days` of the project.
const STALE_AFTER_DAYS: i64 = 3;

impl Books {
    /// Whether a source that has rows for long reports as of a day: some load that went well reaches it, or a few days before.
    pub fn reports(&self, source: &str, day: NaiveDate) -> bool {
        let mut spoken = self.loads.iter().filter(|load| load.source == source).peekable();
        let least = day - TimeDelta::days(STALE_AFTER_DAYS);
        spoken.peek().is_none() || spoken.any(|load| load.ok && load.loaded_through >= least)
    }

    /// Writes every file.
    pub fn write(&self, folder: &Path) {
        self.world.write(folder);
        self.write_changes(&folder.join("contract_events.parquet"));
        self.write_invoices(&folder.join("invoices.parquet"));
        self.write_payments(&folder.join("payments.parquet"));
        self.write_opportunities(&folder.join("opportunities.parquet"));
        self.write_plans(&folder.join("onboarding_plans.parquet"));
        self.write_users(&folder.join("users.parquet"));
        self.write_seats(&folder.join("user_accounts.parquet"));
        self.write_loads(&folder.join("source_status.parquet"));
    }

    fn write_seats(&self, path: &Path) {
        let rows = &self.seats;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("user_id", text(rows, |row| Some(row.user_id.clone()))),
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("valid_from", time(rows, |row| Some(row.valid_from))),
            ("recorded_at", time(rows, |row| Some(row.recorded_at))),
        ];
        write(path, columns);
    }

    fn write_changes(&self, path: &Path) {
        let rows = &self.changes;
        let seats = Int64Array::from_iter_values(rows.iter().map(|_| 0));
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("change_id", text(rows, |row| Some(row.change_id.clone()))),
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("contract_id", text(rows, |_| Some("c".to_owned()))),
            ("type", text(rows, |row| Some(row.kind.to_owned()))),
            ("delta_arr", decimal(rows.iter().map(|row| row.delta_arr), 2)),
            ("delta_seats", Arc::new(seats)),
            ("effective_on", date(rows, |row| Some(row.effective_on))),
            ("recorded_at", time(rows, |row| Some(row.recorded_at))),
        ];
        write(path, columns);
    }

    fn write_invoices(&self, path: &Path) {
        let rows = &self.invoices;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("invoice_id", text(rows, |row| Some(row.invoice_id.clone()))),
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("contract_id", text(rows, |_| None)),
            ("issued_on", date(rows, |row| Some(row.issued_on))),
            ("due_on", date(rows, |row| Some(row.due_on))),
            ("amount", decimal(rows.iter().map(|row| row.amount), 2)),
            ("amount_paid", decimal(rows.iter().map(|row| row.amount_paid), 2)),
            ("paid_on", date(rows, |row| row.paid_on)),
            ("voided_on", date(rows, |row| row.voided_on)),
            ("is_disputed", flag(rows, |row| row.is_disputed)),
            ("recorded_at", time(rows, |row| Some(row.recorded_at))),
        ];
        write(path, columns);
    }

    fn write_payments(&self, path: &Path) {
        let rows = &self.payments;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("payment_id", text(rows, |row| Some(row.payment_id.clone()))),
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("invoice_id", text(rows, |_| None)),
            ("attempted_at", time(rows, |row| Some(row.attempted_at))),
            ("amount", decimal(rows.iter().map(|row| row.amount), 2)),
            ("status", text(rows, |row| Some(row.status.to_owned()))),
            ("available_at", time(rows, |row| Some(row.available_at))),
        ];
        write(path, columns);
    }

    fn write_opportunities(&self, path: &Path) {
        let rows = &self.opportunities;
        let ever = NaiveDate::from_ymd_opt(2025, 1, 1);
        let probability = Float64Array::from_iter(rows.iter().map(|row| row.probability));
        let won = BooleanArray::from_iter(rows.iter().map(|row| row.closed_on.map(|_| true)));
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("opportunity_id", text(rows, |row| Some(row.opportunity_id.clone()))),
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("type", text(rows, |row| Some(row.kind.to_owned()))),
            ("stage", text(rows, |_| Some("talks".to_owned()))),
            ("amount_arr", decimal(rows.iter().map(|row| row.amount), 2)),
            ("probability", Arc::new(probability)),
            ("forecast_category", text(rows, |_| None)),
            ("created_on", date(rows, |_| ever)),
            ("expected_close_on", date(rows, |_| ever)),
            ("closed_on", date(rows, |row| row.closed_on)),
            ("is_won", Arc::new(won)),
            ("valid_from", time(rows, |row| row.version.valid_from)),
            ("recorded_at", time(rows, |row| Some(row.version.recorded_at))),
        ];
        write(path, columns);
    }

    fn write_plans(&self, path: &Path) {
        let rows = &self.plans;
        let ever = NaiveDate::from_ymd_opt(2025, 1, 1);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("plan_id", text(rows, |row| Some(row.plan_id.clone()))),
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("started_on", date(rows, |_| ever)),
            ("target_go_live_on", date(rows, |_| ever)),
            ("go_live_on", date(rows, |_| None)),
            ("completed_on", date(rows, |row| row.completed_on)),
            ("recorded_at", time(rows, |row| Some(row.recorded_at))),
        ];
        write(path, columns);
    }

    fn write_users(&self, path: &Path) {
        let rows = &self.users;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("user_id", text(rows, |row| Some(row.user_id.clone()))),
            ("account_id", text(rows, |row| Some(row.account_id.clone()))),
            ("role", text(rows, |_| Some("member".to_owned()))),
            ("is_internal", flag(rows, |row| row.is_internal)),
            ("created_on", date(rows, |row| Some(row.created_on))),
            ("activated_on", date(rows, |row| row.activated_on)),
            ("deactivated_on", date(rows, |row| row.deactivated_on)),
        ];
        write(path, columns);
    }

    fn write_loads(&self, path: &Path) {
        let rows = &self.loads;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("source", text(rows, |row| Some(row.source.to_owned()))),
            ("loaded_through", date(rows, |row| Some(row.loaded_through))),
            ("ok", flag(rows, |row| row.ok)),
            ("loaded_at", time(rows, |row| Some(row.loaded_at))),
        ];
        write(path, columns);
    }
}
