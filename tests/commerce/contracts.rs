//! Contracts in force, and who is a customer.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::published::{BOOKS, customer_days, day, days, each_day, known, money, ratio, row, rows_of, table};
use crate::oracle::commerce::{Line, Standing, State, day as day_of, units};
use crate::oracle::table::{Row, Table, Value};
use crate::oracle::world::{moment, words};

fn distinct<'a>(lines: &[&'a Line], read: impl Fn(&'a Line) -> &'a str) -> Value {
    Value::Whole(lines.iter().map(|line| read(line)).collect::<BTreeSet<_>>().len() as i64)
}

fn arr<'a>(lines: impl IntoIterator<Item = &'a &'a Line>) -> i128 {
    lines.into_iter().map(|line| line.arr_cents()).sum()
}

fn contract_row(account: &str, as_of: NaiveDate) -> Option<Row> {
    let known = BOOKS.world.commerce.lines_on(&BOOKS.world, account, as_of);
    let standing: Vec<&Standing> = known.iter().filter(|line| line.state != State::Past).collect();
    if standing.is_empty() {
        return None;
    }
    let is = |wanted: fn(State) -> bool| -> Vec<&Line> {
        standing.iter().filter(|line| wanted(line.state)).map(|line| line.line).collect()
    };
    let lines = is(State::is_in_force);
    let renews = |line: &&&Line| !line.is_cancelled && line.renewal.is_some_and(|renewal| renewal > as_of);
    let next = lines.iter().filter(renews).filter_map(|line| line.renewal).min();
    let renewing = lines.iter().filter(renews).filter(|line| line.renewal == next);
    let since = known.iter().map(|line| line.line.start).min();
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
            ("overdue_renewal_arr", money(arr(&is(|state| state == State::Overdue)))),
            ("next_renewal_date", day(next)),
            ("next_renewal_arr", money(arr(renewing))),
            ("days_to_renewal", in_days),
            ("approximate", Value::Flag(standing.iter().any(|line| line.approximate))),
        ],
    ))
}

fn accounts() -> BTreeSet<&'static str> {
    BOOKS.world.commerce.lines.iter().map(|line| line.account_id.as_str()).collect()
}

/// Lines of several versions, late, backdated, corrected, repeated, in two currencies, moved between accounts.
#[test]
fn capability_55_contracts_in_force_on_each_day() {
    let mut expected = Table::default();
    for day in each_day() {
        for account in accounts() {
            if let Some(row) = contract_row(account, day) {
                expected.0.insert((day, account.to_owned()), row);
            }
        }
    }
    let several = |row: &Row| row["currencies"] == Value::Whole(2);
    assert!(expected.0.values().any(several), "no account pays in two currencies");
    assert!(expected.0.values().any(|row| row["contract_lines"] == Value::Whole(0)), "nobody is in the gap");
    assert!(expected.0.values().any(|row| row["approximate"] == Value::Flag(true)), "all history is exact");
    let overdue = |row: &Row| row["overdue_renewal_arr"] != money(0);
    assert!(expected.0.values().any(overdue), "no renewal is overdue");
    table("contracts").must_equal(&expected);
}

/// Each line on each day: in force, overdue or lapsed.
#[test]
fn lines_past_their_end_without_a_word_are_told_apart() {
    let lines = rows_of("contract_lines");
    let (mut seen, mut replaced) = (BTreeSet::new(), 0);
    for day in each_day() {
        let on = |row: &&Row| day_of(row, "first_day") <= Some(day) && Some(day) < day_of(row, "day_after");
        let got: BTreeSet<_> = lines
            .iter()
            .filter(on)
            .map(|row| {
                let [line, account, state] =
                    ["line_id", "account_id", "state"].map(|column| words(row, column).unwrap());
                (line, account, state, units(row, "arr"), moment(row, "seats").unwrap())
            })
            .collect();
        let of_account = |id| BOOKS.world.commerce.lines_on(&BOOKS.world, id, day);
        let begun: Vec<Standing> = accounts().into_iter().flat_map(of_account).collect();
        replaced += begun.iter().filter(|it| it.state == State::Ended && !it.line.is_cancelled).count();
        let is_there = |it: &Standing| !matches!(it.state, State::Ended | State::Past);
        let expected: BTreeSet<_> = begun
            .into_iter()
            .filter(is_there)
            .map(|Standing { line, state, .. }| {
                let state = state.name().to_owned();
                (line.line_id.clone(), line.account_id.clone(), state, line.arr_cents(), line.seats)
            })
            .collect();
        seen.extend(expected.iter().map(|(_, _, state, ..)| state.clone()));
        assert_eq!(got, expected, "{day}");
    }
    assert!(["in_force", "overdue", "lapsed"].into_iter().all(|state| seen.contains(state)), "{seen:?}");
    assert!(replaced > 0, "no line took the place of another");
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
                ("same_days", Value::Whole(customer.same_days)),
                ("joined_days", customer.joined_days.map_or(Value::Null, Value::Whole)),
                ("is_in_force", Value::Flag(!customer.lines.is_empty())),
                ("approximate", Value::Flag(customer.approximate)),
            ],
        );
        expected.0.insert((day, account), row);
    }
    let joined = |row: &Row| row["same_days"] != row["tenure_days"];
    assert!(expected.0.values().any(joined), "nothing went on in another account");
    let merged = |id: &str| commerce.survivor(id, *days().end()) != id;
    assert!(commerce.account_ids().into_iter().any(merged), "no account was merged");
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
