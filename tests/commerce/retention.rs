//! What is kept of customers and revenue, account by account from the contracts themselves, against the marts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{Datelike, Days, Months, NaiveDate};

use super::marts::{PUBLISHED, published};
use crate::oracle::commerce::{Version, units};
use crate::oracle::table::{Row, Value};
use crate::oracle::world::{GENERATED_LAST_DAY, moment, words};

/// A day within a month, and the last of one.
fn dates() -> [NaiveDate; 2] {
    [GENERATED_LAST_DAY - Days::new(13), GENERATED_LAST_DAY]
}

/// What an account is on a day: its segment, its ARR in cents, and whether a line is in force.
#[derive(Debug, Clone, PartialEq)]
struct Standing {
    segment: String,
    arr: i128,
    is_in_force: bool,
}

fn standing(account: &str, day: NaiveDate) -> Option<Standing> {
    let customer = PUBLISHED.commerce.customer(&PUBLISHED.world, account, day)?;
    let arr = customer.lines.iter().map(|line| line.arr_cents()).sum();
    Some(Standing { segment: customer.account.segment.clone(), arr, is_in_force: !customer.lines.is_empty() })
}

/// Each account's first day with ARR, and what it was then worth.
static PAID: LazyLock<BTreeMap<&str, (NaiveDate, i128)>> = LazyLock::new(|| {
    let accounts = PUBLISHED.commerce.account_ids().into_iter();
    accounts.filter_map(|account| Some((account, first_paid(account)?))).collect()
});

/// The first day on which an account is worth anything, with what: on one of the days on which anything of it changes.
fn first_paid(account: &str) -> Option<(NaiveDate, i128)> {
    let holds_on = |of: Version| PUBLISHED.world.local_day(of.valid_from.unwrap_or(of.recorded_at));
    let commerce = &PUBLISHED.commerce;
    let of_account = commerce.accounts.iter().filter(|row| row.account_id == account);
    let listed = of_account.map(|row| holds_on(row.version));
    let lines = commerce.lines.iter().filter(|line| line.account_id == account);
    let signed = lines.flat_map(|line| [line.start, holds_on(line.version)]);
    let turns: BTreeSet<NaiveDate> = listed.chain(signed).collect();
    turns.into_iter().find_map(|day| {
        let arr = standing(account, day)?.arr;
        (arr > 0).then_some((day, arr))
    })
}

/// Accounts of which one is the other by the end of a day, by the one in which they go on.
fn customers(day: NaiveDate) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut of_survivor = BTreeMap::<&str, Vec<&str>>::new();
    for account in PUBLISHED.commerce.account_ids() {
        of_survivor.entry(PUBLISHED.commerce.survivor(account, day)).or_default().push(account);
    }
    of_survivor
}

/// What came of the accounts of one member from one day to another; money in cents.
#[derive(Debug, Default, Clone, PartialEq)]
struct Kept {
    accounts: [i64; 7],
    arr: [i128; 8],
}

const ACCOUNTS: [&str; 7] = [
    "accounts_at_start",
    "new_accounts",
    "returned_accounts",
    "churned_accounts",
    "lapsed_accounts",
    "accounts_at_end",
    "merged_accounts",
];
const ARR: [&str; 8] = [
    "arr_at_start",
    "new_arr",
    "returned_arr",
    "expansion_arr",
    "contraction_arr",
    "churned_arr",
    "lapsed_arr",
    "arr_at_end",
];

impl Kept {
    /// One customer: how many accounts with what ARR it was, and what it is.
    fn add(&mut self, has_paid: bool, (count, before): (i64, i128), after: Option<&Standing>) {
        let worth = after.map_or(0, |after| after.arr);
        let may_renew = after.is_some_and(|after| !after.is_in_force);
        let is = |yes: bool| i64::from(yes);
        let if_so = |yes: bool, arr: i128| if yes { arr } else { 0 };
        let (began, ended) = (before == 0, worth == 0);
        let accounts = [
            count,
            is(began && !has_paid),
            is(began && has_paid),
            is(ended),
            is(ended && may_renew),
            is(!ended),
            (count - 1).max(0),
        ];
        let arr = [
            before,
            if_so(began && !has_paid, worth),
            if_so(began && has_paid, worth),
            if_so(!began && !ended, (worth - before).max(0)),
            if_so(!began && !ended, (before - worth).max(0)),
            if_so(ended, before),
            if_so(ended && may_renew, before),
            worth,
        ];
        (0..7).for_each(|at| self.accounts[at] += accounts[at]);
        (0..8).for_each(|at| self.arr[at] += arr[at]);
    }

    fn of(row: &Row) -> Self {
        Self {
            accounts: ACCOUNTS.map(|column| moment(row, column).unwrap()),
            arr: ARR.map(|column| units(row, column)),
        }
    }
}

/// By member: `all`, and each segment.
fn kept(from: NaiveDate, through: NaiveDate) -> BTreeMap<String, Kept> {
    let mut of_member = BTreeMap::<String, Kept>::new();
    for (survivor, accounts) in customers(through) {
        let stood = accounts.iter().map(|account| (*account, standing(account, from)));
        let before: Vec<(&str, Standing)> =
            stood.filter_map(|(account, stood)| Some((account, stood?))).collect();
        let after = standing(survivor, through);
        let paying = || before.iter().filter(|(_, stood)| stood.arr > 0);
        let (count, worth) = (paying().count() as i64, paying().map(|(_, stood)| stood.arr).sum());
        if count == 0 && after.as_ref().is_none_or(|after| after.arr == 0) {
            continue;
        }
        let has_paid = |account| PAID.get(account).is_some_and(|(paid, _)| *paid <= from);
        let has_paid = before.iter().any(|(account, _)| has_paid(*account)) || has_paid(survivor);
        let own = paying().find(|(account, _)| *account == survivor);
        let segment = own.map(|(_, stood)| stood.segment.clone());
        let segment = segment.or_else(|| paying().map(|(_, stood)| stood.segment.clone()).max());
        let segment = segment.or_else(|| Some(after.clone()?.segment)).unwrap();
        for member in ["all".to_owned(), segment] {
            of_member.entry(member).or_default().add(has_paid, (count, worth), after.as_ref());
        }
    }
    of_member
}

/// The first day on which any of the accounts of a customer had ARR, and what they began with, each by itself: who began
/// with what came from another one began with nothing of its own.
fn beginning(survivor: &str, accounts: &[&str], day: NaiveDate) -> Option<(NaiveDate, i128)> {
    let came_on = |account: &str| {
        let turns = PUBLISHED.commerce.merges.iter().map(|merge| merge.merged_on);
        turns.filter(|turn| PUBLISHED.commerce.survivor(account, *turn) == survivor).min()
    };
    let begun = accounts.iter().filter_map(|account| Some((*account, *PAID.get(account)?)));
    let begun: Vec<_> = begun.filter(|(_, (paid, _))| *paid <= day).collect();
    let others = begun.iter().filter(|(account, _)| *account != survivor);
    let joined = others.filter_map(|(account, _)| came_on(account)).min();
    let is_own = |account: &str, paid: NaiveDate| account != survivor || joined.is_none_or(|on| paid < on);
    let start = begun.iter().filter(|(account, (paid, _))| is_own(account, *paid)).map(|(_, (_, arr))| arr);
    Some((begun.iter().map(|(_, (paid, _))| *paid).min()?, start.sum()))
}

fn real(row: &Row, column: &str) -> Option<f64> {
    if let Value::Real(value) = row[column] { Some(value) } else { None }
}

fn close(got: Option<f64>, want: Option<f64>) -> bool {
    match (got, want) {
        (Some(got), Some(want)) => (got - want).abs() < 1e-4,
        (got, want) => got == want,
    }
}

/// Periods as of a day: months from the beginning of the calendar, the last to date, and twelve months.
fn periods(day: NaiveDate) -> Vec<(&'static str, NaiveDate, NaiveDate)> {
    let first_of = |month: u32| NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap();
    let months = (1..=day.month()).map(|month| {
        let last = first_of(month) + Months::new(1) - Days::new(1);
        ("month", first_of(month) - Days::new(1), last.min(day))
    });
    months.chain([("12 months", day - Months::new(12), day)]).collect()
}

/// Every period of two days: customers and revenue at both ends tie out with the contracts, and the rates with them.
#[test]
fn capability_64_retention_ties_out_with_the_contracts() {
    let mut total = Kept::default();
    for day in dates() {
        let rows = published("marts/retention", day);
        let periods = periods(day);
        let mut expected_rows = 0;
        for (period, from, through) in periods {
            let expected = kept(from, through);
            expected_rows += expected.len();
            for (member, want) in &expected {
                let is_it = |row: &&Row| {
                    words(row, "period").as_deref() == Some(period)
                        && row["through_date"] == Value::Day(through)
                        && words(row, "member").as_ref() == Some(member)
                };
                let row =
                    rows.iter().find(is_it).unwrap_or_else(|| panic!("{day} {period} {through} {member}"));
                assert_eq!(row["from_date"], Value::Day(from), "{row:?}");
                assert_eq!(Kept::of(row), *want, "{day} {period} {through} {member}");
                rates(row, want);
                (0..7).for_each(|at| total.accounts[at] += want.accounts[at]);
                (0..8).for_each(|at| total.arr[at] += want.arr[at]);
            }
        }
        assert_eq!(rows.len(), expected_rows, "{day}: other periods or members");
    }
    // Nobody returns in this world: the unit test of the mart has one who does.
    let accounts = (0..7).filter(|at| total.accounts[*at] == 0).map(|at| ACCOUNTS[at]);
    let arr = (0..8).filter(|at| total.arr[*at] == 0).map(|at| ARR[at]);
    let never: Vec<&str> = accounts.chain(arr).filter(|column| !column.starts_with("returned")).collect();
    assert!(never.is_empty(), "this world shows nothing of {never:?}");
}

/// NRR is what is left of the start, with its growth; GRR counts no growth.
fn rates(row: &Row, want: &Kept) {
    let [start, _, _, expansion, contraction, churned, ..] = want.arr.map(|arr| arr as f64);
    let share = |of: f64| (start > 0.0).then(|| of / start);
    assert!(close(real(row, "nrr"), share(start + expansion - contraction - churned)), "{row:?}");
    assert!(close(real(row, "grr"), share(start - contraction - churned)), "{row:?}");
    assert!(close(real(row, "revenue_churn"), share(churned)), "{row:?}");
    let there = want.accounts[0] as f64;
    let logo_churn = (there > 0.0).then(|| want.accounts[3] as f64 / there);
    assert!(close(real(row, "logo_churn"), logo_churn), "{row:?}");
}

/// What a cohort began with and what is left of it; money in cents.
#[derive(Debug, Default, Clone, PartialEq)]
struct Left {
    accounts: [i64; 2],
    arr: [i128; 3],
    arr_of_churned: i128,
}

#[test]
fn capability_64_cohorts_tie_out_with_the_contracts() {
    for day in dates() {
        let mut expected = BTreeMap::<NaiveDate, Left>::new();
        for (survivor, accounts) in customers(day) {
            let Some((paid, start)) = beginning(survivor, &accounts, day) else { continue };
            let now = standing(survivor, day).map_or(0, |standing| standing.arr);
            let left = expected.entry(paid.with_day(1).unwrap()).or_default();
            left.accounts[0] += 1;
            left.accounts[1] += i64::from(now > 0);
            left.arr[0] += start;
            left.arr[1] += now;
            left.arr[2] += now.min(start);
            left.arr_of_churned += if now == 0 { start } else { 0 };
        }
        let rows = published("marts/cohorts", day);
        assert_eq!(rows.len(), expected.len(), "{day}: not the same cohorts");
        for (cohort, want) in &expected {
            let row = rows.iter().find(|row| row["cohort"] == Value::Day(*cohort)).unwrap();
            let accounts = ["accounts_at_start", "accounts"].map(|column| moment(row, column).unwrap());
            let arr = ["arr_at_start", "arr", "kept_arr"].map(|column| units(row, column));
            assert_eq!((accounts, arr), (want.accounts, want.arr), "{day} {cohort}");
            let months = |day: NaiveDate| 12 * i64::from(day.year()) + i64::from(day.month());
            assert_eq!(moment(row, "age_months"), Some(months(day) - months(*cohort)));
            let share = |of: i128| Some(of as f64 / want.arr[0] as f64);
            assert!(close(real(row, "nrr"), share(want.arr[1])), "{row:?}");
            assert!(close(real(row, "grr"), share(want.arr[2])), "{row:?}");
            assert!(close(real(row, "revenue_churn"), share(want.arr_of_churned)), "{row:?}");
            let gone = (want.accounts[0] - want.accounts[1]) as f64 / want.accounts[0] as f64;
            assert!(close(real(row, "logo_churn"), Some(gone)), "{row:?}");
        }
        assert!(expected.values().any(|left| left.accounts[0] > left.accounts[1]), "{day}: nobody left");
        assert!(expected.values().any(|left| left.arr[1] > left.arr[2]), "{day}: nobody grew");
        let merged = PUBLISHED.commerce.account_ids().len() - customers(day).len();
        assert_eq!(merged, 1, "{day}: no account went on in another");
    }
}
