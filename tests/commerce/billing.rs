//! Invoices and payments.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::books::{Invoice, Payment};
use super::published::{BOOKS, customer_days, known, money, ratio, row, table};
use crate::oracle::table::{Row, Table, Value};

/// The invoices of an account by the version that is known at the end of a day.
fn invoices(account: &str, day: NaiveDate) -> Vec<&'static Invoice> {
    let mut newest: BTreeMap<&str, &Invoice> = BTreeMap::new();
    for version in BOOKS.invoices.iter().filter(|version| BOOKS.world.local_day(version.recorded_at) <= day) {
        let kept = newest.entry(&version.invoice_id).or_insert(version);
        if version.recorded_at > kept.recorded_at {
            *kept = version;
        }
    }
    newest.into_values().filter(|invoice| invoice.account_id == account).collect()
}

/// The attempts of an account so far, each once, with their age in days.
fn payments(account: &str, day: NaiveDate) -> Vec<(i64, &'static Payment)> {
    let order = |row: &Payment| (BOOKS.world.local_day(row.attempted_at), Reverse(row.available_at));
    let mut kept: BTreeMap<&str, &Payment> = BTreeMap::new();
    for row in &BOOKS.payments {
        let other = kept.entry(&row.payment_id).or_insert(row);
        if order(row) < order(other) {
            *other = row;
        }
    }
    let aged =
        kept.into_values().map(|row| ((day - BOOKS.world.local_day(row.attempted_at)).num_days(), row));
    aged.filter(|(age, row)| *age >= 0 && row.account_id == account).collect()
}

fn received(payments: &[(i64, &Payment)], days: i64) -> Value {
    let of_window = payments.iter().filter(|(age, _)| *age < days);
    money(
        of_window
            .map(|(_, row)| match row.status {
                "paid" => row.amount,
                "refunded" | "chargeback" => -row.amount.abs(),
                _ => 0,
            })
            .sum(),
    )
}

fn attempts(payments: &[(i64, &Payment)], status: &str, days: i64) -> i64 {
    payments.iter().filter(|(age, row)| *age < days && row.status == status).count() as i64
}

/// Whether the last day with a plain attempt has only attempts that failed.
fn last_failed(payments: &[(i64, &Payment)]) -> Value {
    let plain = || payments.iter().filter(|(_, row)| ["paid", "failed"].contains(&row.status));
    let Some(last) = plain().map(|(age, _)| *age).min() else { return Value::Null };
    Value::Flag(plain().filter(|(age, _)| *age == last).all(|(_, row)| row.status == "failed"))
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
    let invoices = invoices(account, day);
    let valid: Vec<&&Invoice> = invoices.iter().filter(|invoice| invoice.voided_on.is_none()).collect();
    let open: Vec<&&Invoice> = valid.iter().copied().filter(|invoice| invoice.paid_on.is_none()).collect();
    let owed = |invoice: &&&Invoice| (invoice.amount - invoice.amount_paid).max(0);
    let late = |days: i64| open.iter().filter(move |invoice| (day - invoice.due_on).num_days() > days);
    let overdue = late(0).count();
    let overdue_days: i64 = late(0).map(|invoice| (day - invoice.due_on).num_days()).sum();
    let due: Vec<&&Invoice> =
        valid.into_iter().filter(|invoice| (0..365).contains(&(day - invoice.due_on).num_days())).collect();
    let on_time =
        due.iter().filter(|invoice| invoice.paid_on.is_some_and(|paid| paid <= invoice.due_on)).count();
    let days_late: Vec<i64> = due
        .iter()
        .filter_map(|invoice| Some((invoice.paid_on? - invoice.due_on).num_days().max(0)))
        .collect();
    let payments = payments(account, day);
    let reports = BOOKS.reports("payments", day);
    row(
        (day, account),
        [
            ("overdue_invoices", Value::Whole(overdue as i64)),
            ("overdue_amount", money(late(0).map(&owed).sum())),
            ("overdue_30d_amount", money(late(30).map(&owed).sum())),
            ("overdue_share_of_arr", share_of_arr(late(0).map(&owed).sum(), account, day)),
            ("mean_days_overdue", ratio(overdue_days as f64, overdue as f64)),
            ("disputed_amount", money(open.iter().filter(|invoice| invoice.is_disputed).map(owed).sum())),
            ("invoices_due_365d", Value::Whole(due.len() as i64)),
            ("on_time_share_365d", ratio(on_time as f64, due.len() as f64)),
            ("mean_days_late_365d", ratio(days_late.iter().sum::<i64>() as f64, days_late.len() as f64)),
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
