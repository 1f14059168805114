//! Contracts in force, and who is a customer.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::published::{BOOKS, customer_days, day, each_day, known, money, ratio, row, table};
use crate::oracle::commerce::{Line, RETURN_GAP_DAYS};
use crate::oracle::table::{Row, Table, Value};

/// The lines that stand on a day, and whether one of them is approximate.
fn standing(account: &str, day: NaiveDate) -> (Vec<&'static Line>, bool) {
    let known = BOOKS.world.commerce.lines_known(&BOOKS.world, account, day);
    let stays = |line: &Line| line.end.is_none_or(|end| day < end + Days::new(RETURN_GAP_DAYS));
    let standing: Vec<_> = known.into_iter().filter(|(line, _)| stays(line)).collect();
    let approximate = standing.iter().any(|(_, approximate)| *approximate);
    (standing.into_iter().map(|(line, _)| line).collect(), approximate)
}

fn distinct<'a>(lines: &[&'a Line], read: impl Fn(&'a Line) -> &'a str) -> Value {
    Value::Whole(lines.iter().map(|line| read(line)).collect::<BTreeSet<_>>().len() as i64)
}

fn arr<'a>(lines: impl IntoIterator<Item = &'a &'a Line>) -> i128 {
    lines.into_iter().map(|line| line.arr_cents()).sum()
}

fn contract_row(account: &str, as_of: NaiveDate) -> Option<Row> {
    let (standing, approximate) = standing(account, as_of);
    if standing.is_empty() {
        return None;
    }
    let lines: Vec<&Line> = standing.into_iter().filter(|line| line.is_in_force(as_of)).collect();
    let renews = |line: &&&Line| !line.is_cancelled && line.renewal.is_some_and(|renewal| renewal > as_of);
    let next = lines.iter().filter(renews).filter_map(|line| line.renewal).min();
    let renewing = lines.iter().filter(renews).filter(|line| line.renewal == next);
    let since = BOOKS.world.commerce.oldest_start(&BOOKS.world, account, as_of);
    let total = arr(&lines);
    let in_days = next.map_or(Value::Null, |next| Value::Whole((next - as_of).num_days()));
    Some(row(
        (as_of, account),
        [
            ("account_since", day(since)),
            ("contract_lines", Value::Whole(lines.len() as i64)),
            ("contracts", distinct(&lines, |line| &line.contract_id)),
            ("products", distinct(&lines, |line| &line.product_id)),
            ("currencies", distinct(&lines, |line| &line.currency)),
            ("arr", money(total)),
            ("mrr", money((total * 2 + 12) / 24)),
            ("seats", Value::Whole(lines.iter().map(|line| line.seats).sum())),
            ("cancelled_arr", money(arr(lines.iter().filter(|line| line.is_cancelled)))),
            ("auto_renew_arr", money(arr(lines.iter().filter(|line| line.auto_renew && !line.is_cancelled)))),
            ("next_renewal_date", day(next)),
            ("next_renewal_arr", money(arr(renewing))),
            ("days_to_renewal", in_days),
            ("approximate", Value::Flag(approximate)),
        ],
    ))
}

/// Lines of several versions, late, backdated, repeated, in two currencies, moved between accounts.
#[test]
fn capability_55_contracts_in_force_as_known_on_each_day() {
    let commerce = &BOOKS.world.commerce;
    let accounts: BTreeSet<&str> = commerce.lines.iter().map(|line| line.account_id.as_str()).collect();
    let mut expected = Table::default();
    for day in each_day() {
        for account in &accounts {
            if let Some(row) = contract_row(account, day) {
                expected.0.insert((day, (*account).to_owned()), row);
            }
        }
    }
    let several = |row: &Row| row["currencies"] == Value::Whole(2);
    assert!(expected.0.values().any(several), "no account pays in two currencies");
    assert!(expected.0.values().any(|row| row["contract_lines"] == Value::Whole(0)), "nobody is in the gap");
    assert!(expected.0.values().any(|row| row["approximate"] == Value::Flag(true)), "all history is exact");
    table("contracts").must_equal(&expected);
}

/// Who is a customer on which day, with what the CRM said that day.
#[test]
fn capability_17_customers_come_and_go_with_their_contracts() {
    let commerce = &BOOKS.world.commerce;
    let mut expected = Table::default();
    for (day, account) in customer_days() {
        let customer = commerce.customer(&BOOKS.world, &account, day).unwrap();
        let row = row(
            (day, &account),
            [
                ("account_name", Value::Text(format!("\"{account}\",\n'Ltd'"))),
                ("segment", Value::Text(customer.account.segment.clone())),
                ("region", Value::Null),
                ("industry", Value::Null),
                ("business_model", Value::Null),
                ("parent_account_id", Value::Null),
                ("tenure_days", Value::Whole(customer.tenure_days)),
                ("is_in_force", Value::Flag(!customer.lines.is_empty())),
                ("approximate", Value::Flag(customer.approximate)),
            ],
        );
        expected.0.insert((day, account), row);
    }
    table("spine").must_equal(&expected);
}

/// Seats in use: the denominator is that of the day.
#[test]
fn capability_71_breadth_of_usage_over_the_seats_of_the_day() {
    let mut expected = Table::default();
    for (day, account) in customer_days() {
        let of_window = BOOKS.world.events.iter().filter(|event| {
            let age = (day - BOOKS.world.local_day(event.occurred_at)).num_days();
            event.account_id == account && (0..28).contains(&age)
        });
        // Our own people, who help there, fill no seat.
        let is_ours = |id: &String| BOOKS.users.iter().any(|user| user.user_id == *id && user.is_internal);
        let users = of_window.filter_map(|event| event.user_id.as_ref()).filter(|id| !is_ours(id));
        let users = users.collect::<BTreeSet<_>>().len() as i64;
        let customer = BOOKS.world.commerce.customer(&BOOKS.world, &account, day).unwrap();
        let seats: i64 = customer.lines.iter().map(|line| line.seats).sum();
        let (cents, people) = (arr(&customer.lines), i128::from(users.max(1)));
        let row = row(
            (day, &account),
            [
                ("seat_utilisation_28d", ratio(users as f64, seats as f64)),
                ("seats_unused_28d", Value::Whole((seats - users).max(0))),
                ("is_over_seats", Value::Flag(seats > 0 && users > seats)),
                ("arr_per_active_user", known(users > 0, money((cents * 2 + people) / (people * 2)))),
            ],
        );
        expected.0.insert((day, account), row);
    }
    table("seats").must_equal(&expected);
}
