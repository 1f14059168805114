//! Growth: contracts then and now, changes, the first expansion, and what is open.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::books::{Change, Opportunity};
use super::published::{BOOKS, HISTORY_STARTS, customer_days, growth, known, money, ratio, row, table};
use crate::oracle::commerce::{Line, holding};
use crate::oracle::table::{Row, Table, Value};

fn dollars(cents: i128) -> f64 {
    cents as f64 / 100.0
}

/// ARR in cents and seats at the end of a day; `None` on days on which it is no customer.
fn standing(account: &str, day: NaiveDate) -> Option<(i128, i64)> {
    let customer =
        BOOKS.world.commerce.customer(&BOOKS.world, account, day).filter(|_| day >= HISTORY_STARTS)?;
    let seats = customer.lines.iter().map(|line| line.seats).sum();
    Some((customer.lines.iter().map(|line| line.arr_cents()).sum(), seats))
}

/// Each change of an account once: of its deliveries for one day the one written down last; one for a day within 60 days
/// of an earlier one never counts.
fn changes(account: &str) -> Vec<&'static Change> {
    let mut last: BTreeMap<(&str, NaiveDate), &Change> = BTreeMap::new();
    for change in BOOKS.changes.iter().filter(|change| change.account_id == account) {
        let kept = last.entry((&change.change_id, change.effective_on)).or_insert(change);
        if change.recorded_at > kept.recorded_at {
            *kept = change;
        }
    }
    let is_again = |(id, day): &(&str, NaiveDate)| {
        last.keys().any(|(other, on)| other == id && (1..=60).contains(&(*day - *on).num_days()))
    };
    last.iter().filter(|(key, _)| !is_again(key)).map(|(_, change)| *change).collect()
}

/// When onboarding ended: the earliest end of a plan by the end of the day, each plan as was written down last.
fn onboarded(account: &str, day: NaiveDate) -> Option<NaiveDate> {
    let mut last: BTreeMap<&str, &super::books::Plan> = BTreeMap::new();
    for plan in BOOKS.plans.iter().filter(|plan| plan.account_id == account) {
        let kept = last.entry(&plan.plan_id).or_insert(plan);
        if plan.recorded_at > kept.recorded_at {
            *kept = plan;
        }
    }
    last.values().filter_map(|plan| plan.completed_on).filter(|ended_on| *ended_on <= day).min()
}

/// The opportunities of an account that are open at the end of a day.
fn open(account: &str, day: NaiveDate) -> Vec<&'static Opportunity> {
    let mut of_id: BTreeMap<&str, Vec<&Opportunity>> = BTreeMap::new();
    for row in &BOOKS.opportunities {
        of_id.entry(&row.opportunity_id).or_default().push(row);
    }
    let known =
        of_id.into_values().filter_map(|versions| holding(&BOOKS.world, day, versions, |row| row.version));
    // What a pipeline was before it was written down nobody can tell.
    let exact = known.filter(|(_, approximate)| !approximate).map(|(row, _)| row);
    exact.filter(|row| row.closed_on.is_none() && row.account_id == account).collect()
}

fn likely(rows: &[&Opportunity]) -> i128 {
    rows.iter()
        .map(|row| (dollars(row.amount) * row.probability.unwrap_or(0.0) * 100.0).round() as i128)
        .sum()
}

fn growth_row(account: &str, day: NaiveDate) -> Row {
    let (arr, seats) = standing(account, day).unwrap();
    let ago = |days: u64| standing(account, day - Days::new(days));
    let arr_ago = |days| ago(days).map(|(arr, _)| dollars(arr));
    let seats_ago = |days| ago(days).map(|(_, seats)| seats as f64);
    let lines = BOOKS.world.commerce.customer(&BOOKS.world, account, day).unwrap().lines;
    let part = |is_part: fn(&Line) -> bool| {
        dollars(lines.iter().filter(|line| is_part(line)).map(|line| line.arr_cents()).sum())
    };
    let all = changes(account);
    let age = |change: &Change| (day - change.effective_on).num_days();
    let of_year: Vec<&Change> =
        all.iter().copied().filter(|change| (0..365).contains(&age(change))).collect();
    let count = |kind: &str| Value::Whole(of_year.iter().filter(|change| change.kind == kind).count() as i64);
    let sum = |kinds: [&str; 4], sign: i128| {
        let of_kind = of_year.iter().filter(|change| kinds.contains(&change.kind));
        money(of_kind.map(|change| (change.delta_arr * sign).max(0)).sum())
    };
    let ended_on = onboarded(account, day);
    let is_first = |change: &&&Change| {
        age(change) >= 0
            && ["upsell", "cross_sell"].contains(&change.kind)
            && ended_on.is_some_and(|ended_on| change.effective_on >= ended_on)
    };
    let expanded_on = all.iter().filter(is_first).map(|change| change.effective_on).min();
    let until_first = ended_on.map(|ended_on| (expanded_on.unwrap_or(day) - ended_on).num_days());
    let (renewals, others): (Vec<_>, Vec<_>) =
        open(account, day).into_iter().filter(|row| row.kind != "new").partition(|row| row.kind == "renewal");
    let judged: Vec<_> = renewals.into_iter().filter(|row| row.probability.is_some()).collect();
    row(
        (day, account),
        [
            ("arr_growth_90d", growth(dollars(arr), arr_ago(90))),
            ("arr_growth_365d", growth(dollars(arr), arr_ago(365))),
            ("seats_growth_90d", growth(seats as f64, seats_ago(90))),
            ("seats_growth_365d", growth(seats as f64, seats_ago(365))),
            ("cancelled_share", ratio(part(|line| line.is_cancelled), dollars(arr))),
            ("auto_renew_share", ratio(part(|line| line.auto_renew && !line.is_cancelled), dollars(arr))),
            ("renewals_365d", count("renewal")),
            ("upsells_365d", count("upsell")),
            ("cross_sells_365d", count("cross_sell")),
            ("downsells_365d", count("downsell")),
            ("expansion_arr_365d", sum(["renewal", "upsell", "cross_sell", "price_change"], 1)),
            ("contraction_arr_365d", sum(["renewal", "downsell", "churn", "price_change"], -1)),
            ("has_expanded", known(ended_on.is_some(), Value::Flag(expanded_on.is_some()))),
            ("days_to_first_expansion", until_first.map_or(Value::Null, Value::Whole)),
            ("open_expansion_opportunities", Value::Whole(others.len() as i64)),
            ("open_expansion_arr", money(others.iter().map(|row| row.amount).sum())),
            ("weighted_expansion_arr", money(likely(&others))),
            (
                "renewal_probability",
                ratio(dollars(likely(&judged)), dollars(judged.iter().map(|row| row.amount).sum())),
            ),
        ],
    )
}

/// Every column over contracts, changes and opportunities that are late, backdated and delivered twice.
#[test]
fn capabilities_54_72_73_77_and_89_growth() {
    let rows = customer_days().into_iter().map(|(day, account)| {
        let row = growth_row(&account, day);
        ((day, account), row)
    });
    let expected = Table(rows.collect());
    for censored in [true, false] {
        let some = expected.0.values().any(|row| row["has_expanded"] == Value::Flag(!censored));
        assert!(some, "no first expansion that is censored: {censored}");
    }
    assert!(expected.0.values().any(|row| row["arr_growth_365d"] != Value::Null), "no base a year ago");
    assert!(expected.0.values().any(|row| row["renewal_probability"] != Value::Null), "no renewal is judged");
    let withheld = expected.0.iter().filter(|((day, account), row)| {
        row["arr_growth_90d"] == Value::Null
            && standing(account, *day - Days::new(90)).is_some_and(|(arr, _)| arr > 0)
    });
    assert!(withheld.count() > 0, "no growth reaches back before a merge");
    table("growth").must_equal(&expected);
}
