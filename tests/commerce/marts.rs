//! Money tied out over a generated world: what marts say against the contracts themselves, to the cent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveDate};
use tempfile::TempDir;

use crate::oracle::commerce::{Commerce, Line, Standing, State, units};
use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::oracle::world::{self, GENERATED_LAST_DAY, World, words};
use crate::pipeline::Run;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 9, 2).unwrap();
/// The contract of an account ran out in the weeks before.
const OVERDUE_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 8, 26).unwrap();

/// A generated world, and what the bundled project makes of it.
pub struct Published {
    pub out: TempDir,
    pub world: World,
    pub commerce: Commerce,
}

pub static PUBLISHED: LazyLock<Published> = LazyLock::new(|| {
    let (sources, out) = (world::generated(&world::small()), tempfile::tempdir().unwrap());
    let run = Run::new(Path::new(ROOT), sources.path(), out.path()).select(&[
        "metrics.accounts",
        "scores.health",
        "marts.renewals",
        "marts.overdue_renewals",
        "marts.health_trends",
        "marts.revenue_at_risk",
        "marts.revenue_at_risk_bridge",
        "marts.tier_migrations",
        "marts.portfolios",
        "marts.retention",
        "marts.cohorts",
        "marts.expansion_candidates",
        "marts.score_vs_commercial",
    ]);
    run.publish(OVERDUE_DAY..=GENERATED_LAST_DAY).unwrap_or_else(|error| panic!("{error}"));
    let world = World::read(sources.path());
    let commerce = world.commerce();
    Published { out, world, commerce }
});

/// Five of the days, the first and the last among them.
fn dates() -> [NaiveDate; 5] {
    [0, 3, 13, 27, 28].map(|age| GENERATED_LAST_DAY - Days::new(age))
}

/// The rows of a published table on a day.
pub fn published(table: &str, day: NaiveDate) -> Vec<Row> {
    let files = parquet_below(&PUBLISHED.out.path().join(table));
    let all = files.iter().flat_map(|path| batches(path)).flat_map(|batch| rows(&batch));
    all.filter(|row| row["as_of_date"] == Value::Day(day)).collect()
}

/// In which quarter a line is decided: the one in which it renews, or ends where it is cancelled.
pub fn quarter(line: &Line) -> String {
    let decided_on = if line.is_cancelled { line.end.or(line.renewal) } else { line.renewal };
    decided_on
        .map_or("no renewal date".to_owned(), |day| format!("{}-Q{}", day.year(), day.month().div_ceil(3)))
}

/// Money by quarter, in cents.
#[derive(Debug, Default, Clone, PartialEq)]
struct Sums {
    arr: i128,
    at_risk: i128,
    unscored: i128,
}

/// ARR, what of it is at risk, and what is of accounts without a score, from the versions of contracts and the tiers.
fn by_quarter(day: NaiveDate) -> BTreeMap<String, Sums> {
    let at_risk: BTreeMap<String, Value> = published("scores/health", day)
        .iter()
        .map(|row| (words(row, "account_id").unwrap(), row["is_at_risk"].clone()))
        .collect();
    let mut of_quarter = BTreeMap::<String, Sums>::new();
    for account in PUBLISHED.commerce.account_ids() {
        let Some(customer) = PUBLISHED.commerce.customer(&PUBLISHED.world, account, day) else { continue };
        for line in customer.lines {
            let sums = of_quarter.entry(quarter(line)).or_default();
            sums.arr += line.arr_cents();
            if line.is_cancelled || at_risk[account] == Value::Flag(true) {
                sums.at_risk += line.arr_cents();
            }
            if at_risk[account] == Value::Null {
                sums.unscored += line.arr_cents();
            }
        }
    }
    of_quarter
}

#[test]
fn capability_64_arr_seats_and_revenue_at_risk_tie_out_at_five_dates() {
    for day in dates() {
        let expected = by_quarter(day);
        let mut got = BTreeMap::<String, Sums>::new();
        for row in published("marts/revenue_at_risk", day) {
            let sums = got.entry(words(&row, "quarter").unwrap()).or_default();
            sums.arr += units(&row, "arr");
            sums.at_risk += units(&row, "at_risk_arr");
            sums.unscored += units(&row, "unscored_arr");
        }
        assert_eq!(got, expected, "{day}");
        let total = |pick: fn(&Sums) -> i128| expected.values().map(pick).sum::<i128>();
        assert!(total(|sums| sums.arr) > 0 && total(|sums| sums.at_risk) > 0, "{day}: nothing to tie out");
        let accounts = published("metrics/accounts", day);
        assert_eq!(
            accounts.iter().map(|row| units(row, "arr")).sum::<i128>(),
            total(|sums| sums.arr),
            "{day}"
        );
        let seats: i64 = PUBLISHED
            .commerce
            .account_ids()
            .into_iter()
            .filter_map(|account| PUBLISHED.commerce.customer(&PUBLISHED.world, account, day))
            .flat_map(|customer| customer.lines)
            .map(|line| line.seats)
            .sum();
        let published_seats = accounts.iter().map(|row| world::moment(row, "seats").unwrap());
        assert_eq!(published_seats.sum::<i64>(), seats, "{day}");
        let business = published("marts/health_trends", day);
        let business = business.iter().find(|row| row["cut"] == Value::Text("business".to_owned())).unwrap();
        assert_eq!(units(business, "arr"), total(|sums| sums.arr), "{day}");
        assert_eq!(units(business, "unscored_arr"), total(|sums| sums.unscored), "{day}");
    }
}

#[test]
fn capability_64_the_bridge_leads_from_one_date_to_the_other() {
    let (first, last) = (by_quarter(FIRST_DAY), by_quarter(GENERATED_LAST_DAY));
    let rows = published("marts/revenue_at_risk_bridge", GENERATED_LAST_DAY);
    let mut sums = BTreeMap::<String, (i128, i128)>::new();
    for row in &rows {
        assert_eq!(row["from_date"], Value::Day(FIRST_DAY));
        let of_quarter = sums.entry(words(row, "quarter").unwrap()).or_default();
        of_quarter.0 += units(row, "at_risk_before");
        of_quarter.1 += units(row, "change");
    }
    let quarters: BTreeSet<&String> = first.keys().chain(last.keys()).collect();
    assert!(sums.keys().eq(quarters));
    for (quarter, (before, change)) in &sums {
        let at_risk = |sums: &BTreeMap<String, Sums>| sums.get(quarter).map_or(0, |sums| sums.at_risk);
        assert_eq!(*before, at_risk(&first), "{quarter}");
        assert_eq!(before + change, at_risk(&last), "{quarter}");
    }
    let moved: BTreeSet<Option<String>> =
        rows.iter().filter(|row| units(row, "change") != 0).map(|row| words(row, "cause")).collect();
    assert!(moved.len() > 1, "one cause moves everything: {moved:?}");
}

/// Who did not say whether it renews, for as long as a call may still help.
#[test]
fn lines_past_their_end_without_a_word_are_listed_day_by_day() {
    let Published { world, commerce, .. } = &*PUBLISHED;
    let mut seen = BTreeSet::new();
    for day in OVERDUE_DAY.iter_days().take_while(|day| *day <= GENERATED_LAST_DAY) {
        let customers = commerce.account_ids().into_iter();
        let customers = customers.filter(|account| commerce.customer(world, account, day).is_some());
        let awaited = customers
            .flat_map(|account| commerce.lines_on(world, account, day))
            .filter(|it| matches!(it.state, State::Overdue | State::Lapsed));
        let expected: BTreeSet<_> = awaited
            .map(|Standing { line, state, .. }| {
                let past = day.signed_duration_since(line.end.unwrap()).num_days() + 1;
                (line.line_id.clone(), state.name().to_owned(), line.arr_cents(), past, 31 - past)
            })
            .collect();
        let got: BTreeSet<_> = published("marts/overdue_renewals", day)
            .iter()
            .map(|row| {
                let [line, state] = ["line_id", "state"].map(|column| words(row, column).unwrap());
                let [past, left] =
                    ["days_overdue", "days_left"].map(|column| world::moment(row, column).unwrap());
                (line, state, units(row, "arr"), past, left)
            })
            .collect();
        assert_eq!(got, expected, "{day}");
        seen.extend(got.into_iter().map(|(_, state, ..)| state));
    }
    assert!(seen.contains("overdue"), "no renewal is overdue: {seen:?}");
}

#[test]
fn capability_60_migrations_count_every_customer_of_both_days() {
    let in_force = |day| {
        let ids = PUBLISHED.commerce.account_ids().into_iter();
        let customers = ids.filter_map(|id| PUBLISHED.commerce.customer(&PUBLISHED.world, id, day));
        customers.filter(|customer| !customer.lines.is_empty()).count() as i64
    };
    let rows = published("marts/tier_migrations", GENERATED_LAST_DAY);
    let sum = |is: &dyn Fn(&str) -> bool| -> i64 {
        let counted = rows.iter().filter(|row| is(&words(row, "move").unwrap()));
        counted.filter_map(|row| world::moment(row, "accounts")).sum()
    };
    assert_eq!(sum(&|which| which != "new"), in_force(FIRST_DAY));
    assert_eq!(sum(&|which| which != "gone"), in_force(GENERATED_LAST_DAY));
    assert!(sum(&|which| ["up", "down"].contains(&which)) > 0, "nobody moved");
}

#[test]
fn capability_23_trends_of_segments_add_up_to_the_business() {
    for day in dates() {
        let rows = published("marts/health_trends", day);
        let of_cut = |cut: &str| {
            rows.iter().filter(|row| row["cut"] == Value::Text(cut.to_owned())).collect::<Vec<_>>()
        };
        let sums = |cut: &str| {
            let rows = of_cut(cut);
            let accounts: i64 = rows.iter().filter_map(|row| world::moment(row, "accounts")).sum();
            (accounts, rows.iter().map(|row| units(row, "at_risk_arr")).sum::<i128>())
        };
        assert_eq!(sums("segment"), sums("business"), "{day}");
        assert_eq!(sums("owner"), sums("business"), "{day}");
        let scores = published("scores/health", day);
        let in_force: Vec<Row> = published("metrics/accounts", day)
            .into_iter()
            .filter(|row| row["is_in_force"] == Value::Flag(true))
            .collect();
        let (mut weighted, mut weights, mut plain) = (0.0, 0.0, Vec::new());
        for account in &in_force {
            let of_account = scores.iter().find(|row| row["account_id"] == account["account_id"]).unwrap();
            if let Value::Real(score) = of_account["score"] {
                let arr = units(account, "arr") as f64;
                (weighted, weights) = (weighted + score * arr, weights + arr);
                plain.push(score);
            }
        }
        let real = |column: &str| match of_cut("business")[0][column] {
            Value::Real(value) => value,
            ref other => panic!("{column}: {other:?}"),
        };
        assert!((real("arr_weighted_score") - weighted / weights).abs() < 1e-4, "{day}");
        assert!((real("mean_score") - plain.iter().sum::<f64>() / plain.len() as f64).abs() < 1e-4, "{day}");
    }
}
