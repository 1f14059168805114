//! Invoices and payments.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::books::{Invoice, Payment};
use super::published::{BOOKS, customer_days, known, money, ratio, row, table};
use crate::oracle::table::{Row, Table, Value};

/// An invoice at the end of a day.
struct Bill {
    /// As it stood: its due day, amounts, and whether it was disputed.
    now: &'static Invoice,
    paid_on: Option<NaiveDate>,
    voided_on: Option<NaiveDate>,
}

/// The invoices of an account that are not taken back: what changes as was written down by the end of the day, before the
/// first row as that one from the day on which it was sent; the days of sending, paying and taking back as was written
/// down last.
fn bills(account: &str, day: NaiveDate) -> Vec<Bill> {
    let mut of_id: BTreeMap<&str, Vec<&'static Invoice>> = BTreeMap::new();
    for row in BOOKS.invoices.iter().filter(|row| row.account_id == account) {
        of_id.entry(&row.invoice_id).or_default().push(row);
    }
    let recorded_on = |row: &Invoice| BOOKS.world.local_day(row.recorded_at);
    let of_rows = |rows: Vec<&'static Invoice>| {
        let last = rows.iter().max_by_key(|row| row.recorded_at).unwrap();
        let first_day = rows.iter().map(|row| recorded_on(row)).min().unwrap();
        let until = if last.issued_on <= day { day.max(first_day) } else { day };
        let by_then = rows.iter().filter(|row| recorded_on(row) <= until);
        let now = by_then.max_by_key(|row| row.recorded_at)?;
        Some(Bill { now, paid_on: last.paid_on, voided_on: last.voided_on })
    };
    let bills = of_id.into_values().filter_map(of_rows);
    bills.filter(|bill| bill.voided_on.is_none_or(|voided| day < voided)).collect()
}

impl Bill {
    fn is_paid(&self, day: NaiveDate) -> bool {
        self.paid_on.is_some_and(|paid| paid <= day)
    }

    fn owed(&self) -> i128 {
        (self.now.amount - self.now.amount_paid).max(0)
    }

    /// Days from due to paid, so far of one that is not.
    fn days_late(&self, day: NaiveDate) -> i64 {
        (self.paid_on.map_or(day, |paid| paid.min(day)) - self.now.due_on).num_days().max(0)
    }
}

/// What became of an attempt on a day, and what came by it.
struct Move {
    age: i64,
    status: &'static str,
    received: i128,
}

/// What became of the attempts of an account so far.
fn moves(account: &str, day: NaiveDate) -> Vec<Move> {
    let mut of_id: BTreeMap<&str, Vec<&Payment>> = BTreeMap::new();
    for row in BOOKS.payments.iter().filter(|row| row.account_id == account) {
        of_id.entry(&row.payment_id).or_default().push(row);
    }
    let all = of_id.into_values().flat_map(|rows| moves_of(&rows));
    let aged = all.map(|(on, status, received)| Move { age: (day - on).num_days(), status, received });
    aged.filter(|one| one.age >= 0).collect()
}

/// An attempt is what its first delivery says from the day of the attempt, and what a later one says from the day of that;
/// of one day the last counts, and one that says the same as the one before is none.
fn moves_of(rows: &[&Payment]) -> Vec<(NaiveDate, &'static str, i128)> {
    let mut of_day: BTreeMap<NaiveDate, &Payment> = BTreeMap::new();
    for row in rows {
        let kept = of_day.entry(BOOKS.world.local_day(row.available_at)).or_insert(row);
        if row.available_at > kept.available_at {
            *kept = row;
        }
    }
    let attempted_at = rows.iter().max_by_key(|row| row.available_at).unwrap().attempted_at;
    let attempted_on = BOOKS.world.local_day(attempted_at);
    let (mut found, mut said, mut came, mut have) = (Vec::new(), None, 0, 0);
    for (known_on, row) in of_day {
        if said == Some((row.status, row.amount)) {
            continue;
        }
        // What came and went back is nothing, or less where nothing came; a failure brings nothing.
        let now = match row.status {
            "paid" => row.amount,
            "failed" => 0,
            _ => came - row.amount.abs(),
        };
        let on = if said.is_none() { attempted_on } else { known_on.max(attempted_on) };
        found.push((on, row.status, now - have));
        if row.status == "paid" {
            came = row.amount;
        }
        (said, have) = (Some((row.status, row.amount)), now);
    }
    found
}

fn received(moves: &[Move], days: i64) -> Value {
    money(moves.iter().filter(|one| one.age < days).map(|one| one.received).sum())
}

fn attempts(moves: &[Move], status: &str, days: i64) -> i64 {
    moves.iter().filter(|one| one.age < days && one.status == status).count() as i64
}

/// Whether on the last day on which an attempt was paid or failed all failed.
fn last_failed(moves: &[Move]) -> Value {
    let plain = || moves.iter().filter(|one| ["paid", "failed"].contains(&one.status));
    let Some(last) = plain().map(|one| one.age).min() else { return Value::Null };
    Value::Flag(plain().filter(|one| one.age == last).all(|one| one.status == "failed"))
}

/// What is owed by a year's worth; all of it, and so 1, where nothing is under contract any more.
fn share_of_arr(owed: i128, account: &str, day: NaiveDate) -> Value {
    let customer = BOOKS.world.commerce.customer(&BOOKS.world, account, day).unwrap();
    let arr: i128 = customer.lines.iter().map(|line| line.arr_cents()).sum();
    match (owed, arr) {
        (0, _) => Value::Real(0.0),
        (_, 0) => Value::Real(1.0),
        _ => Value::Real((owed as f64 / 100.0) / (arr as f64 / 100.0)),
    }
}

fn billing_row(account: &str, day: NaiveDate) -> Row {
    let bills = bills(account, day);
    let open: Vec<&Bill> = bills.iter().filter(|bill| !bill.is_paid(day)).collect();
    // Whether one that the customer objects to is owed has still to be settled: it is late by no day, until it is paid.
    let (disputed, owed): (Vec<&Bill>, Vec<&Bill>) = open.iter().partition(|bill| bill.now.is_disputed);
    let late = |days: i64| owed.iter().copied().filter(move |bill| (day - bill.now.due_on).num_days() > days);
    let overdue = late(0).count();
    let overdue_days: i64 = late(0).map(|bill| (day - bill.now.due_on).num_days()).sum();
    let is_settled = |bill: &&Bill| bill.is_paid(day) || !bill.now.is_disputed;
    let due: Vec<&Bill> = bills
        .iter()
        .filter(is_settled)
        .filter(|bill| (0..365).contains(&(day - bill.now.due_on).num_days()))
        .collect();
    let on_time = due.iter().filter(|bill| bill.paid_on.is_some_and(|paid| paid <= bill.now.due_on)).count();
    let days_late: i64 = due.iter().map(|bill| bill.days_late(day)).sum();
    let payments = moves(account, day);
    let reports = BOOKS.reports("payments", day);
    row(
        (day, account),
        [
            ("overdue_invoices", Value::Whole(overdue as i64)),
            ("overdue_amount", money(late(0).map(|bill| bill.owed()).sum())),
            ("overdue_30d_amount", money(late(30).map(|bill| bill.owed()).sum())),
            ("overdue_share_of_arr", share_of_arr(late(0).map(|bill| bill.owed()).sum(), account, day)),
            ("mean_days_overdue", ratio(overdue_days as f64, overdue as f64)),
            ("disputed_amount", money(disputed.iter().map(|bill| bill.owed()).sum())),
            ("invoices_due_365d", Value::Whole(due.len() as i64)),
            ("on_time_share_365d", ratio(on_time as f64, due.len() as f64)),
            ("mean_days_late_365d", ratio(days_late as f64, due.len() as f64)),
            ("paid_amount_90d", known(reports, received(&payments, 90))),
            ("paid_amount_365d", known(reports, received(&payments, 365))),
            ("failed_payments_90d", known(reports, Value::Whole(attempts(&payments, "failed", 90)))),
            ("chargebacks_365d", known(reports, Value::Whole(attempts(&payments, "chargeback", 365)))),
            ("last_payment_failed", known(reports, last_failed(&payments))),
        ],
    )
}

/// Every column over invoices of several versions, and payments with a gap in their loads.
#[test]
fn capabilities_29_49_55_88_and_110_billing() {
    let rows = customer_days().into_iter().map(|(day, account)| {
        let row = billing_row(&account, day);
        ((day, account), row)
    });
    let expected = Table(rows.collect());
    let some = |column: &str, value: &Value| expected.0.values().any(|row| row[column] == *value);
    assert!(some("paid_amount_90d", &Value::Null), "payments always report");
    assert!(some("on_time_share_365d", &Value::Null), "every account has invoices due");
    assert!(some("overdue_share_of_arr", &Value::Real(1.0)), "nobody in the gap owes anything");
    assert!(some("last_payment_failed", &Value::Flag(true)), "no payment failed last");
    table("billing").must_equal(&expected);
}
