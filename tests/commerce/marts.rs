//! Money tied out over a generated world: what marts say against the contracts themselves, to the cent.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveDate};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::cli::{good, hale};
use crate::oracle::commerce::{Commerce, units};
use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::oracle::world::{self, GENERATED_LAST_DAY, World, words};
use crate::pipeline::Run;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 9, 2).unwrap();

struct Published {
    sources: TempDir,
    out: TempDir,
    world: World,
    commerce: Commerce,
}

static PUBLISHED: LazyLock<Published> = LazyLock::new(|| {
    let (sources, out) = (world::generated(&world::small()), tempfile::tempdir().unwrap());
    let run = Run::new(Path::new(ROOT), sources.path(), out.path()).select(&[
        "metrics.accounts",
        "scores.health",
        "marts.renewals",
        "marts.health_trends",
        "marts.revenue_at_risk",
        "marts.expansion_candidates",
        "marts.disagreements",
    ]);
    run.publish(FIRST_DAY..=GENERATED_LAST_DAY).unwrap_or_else(|error| panic!("{error}"));
    let world = World::read(sources.path());
    let commerce = world.commerce();
    Published { sources, out, world, commerce }
});

/// Five of the days, the first and the last among them.
fn dates() -> [NaiveDate; 5] {
    [0, 3, 13, 27, 28].map(|age| GENERATED_LAST_DAY - Days::new(age))
}

/// The rows of a published table on a day.
fn published(table: &str, day: NaiveDate) -> Vec<Row> {
    let files = parquet_below(&PUBLISHED.out.path().join(table));
    let all = files.iter().flat_map(|path| batches(path)).flat_map(|batch| rows(&batch));
    all.filter(|row| row["as_of_date"] == Value::Day(day)).collect()
}

/// The answer to a question of the published tables and the views over them.
fn asked(sql: &str) -> Vec<Json> {
    let [sources, out] = [&PUBLISHED.sources, &PUBLISHED.out].map(|folder| folder.path().to_str().unwrap());
    let arguments = ["query", sql, "--json", "--limit", "0", "--sources", sources, "--out", out];
    serde_json::from_str(&good(hale(Path::new(ROOT), &arguments))).unwrap()
}

fn cents(row: &Json, column: &str) -> i128 {
    let text = row[column].as_str().map_or_else(|| row[column].to_string(), str::to_owned);
    (text.parse::<f64>().unwrap() * 100.0).round() as i128
}

fn quarter(renewal: Option<NaiveDate>) -> String {
    renewal.map_or("open".to_owned(), |day| format!("{}-Q{}", day.year(), day.month().div_ceil(3)))
}

/// ARR and ARR at risk by quarter, from the versions of contracts and the published tiers.
fn at_risk_by_quarter(day: NaiveDate) -> BTreeMap<String, (i128, i128)> {
    let tiers: BTreeMap<String, String> = published("scores/health", day)
        .iter()
        .map(|row| (words(row, "account_id").unwrap(), words(row, "tier").unwrap()))
        .collect();
    let mut of_quarter = BTreeMap::<String, (i128, i128)>::new();
    for account in PUBLISHED.commerce.account_ids() {
        let Some(customer) = PUBLISHED.commerce.customer(&PUBLISHED.world, account, day) else { continue };
        for line in customer.lines {
            let is_at_risk =
                line.is_cancelled || ["at-risk", "struggling"].contains(&tiers[account].as_str());
            let sums = of_quarter.entry(quarter(line.renewal)).or_default();
            sums.0 += line.arr_cents();
            sums.1 += if is_at_risk { line.arr_cents() } else { 0 };
        }
    }
    of_quarter
}

#[test]
fn capability_64_arr_seats_and_revenue_at_risk_tie_out_at_five_dates() {
    for day in dates() {
        let expected = at_risk_by_quarter(day);
        let mut got = BTreeMap::<String, (i128, i128)>::new();
        for row in published("marts/revenue_at_risk", day) {
            let sums = got.entry(words(&row, "quarter").unwrap()).or_default();
            sums.0 += units(&row, "arr");
            sums.1 += units(&row, "at_risk_arr");
        }
        assert_eq!(got, expected, "{day}");
        let total = |pick: fn(&(i128, i128)) -> i128| expected.values().map(pick).sum::<i128>();
        assert!(total(|sums| sums.0) > 0 && total(|sums| sums.1) > 0, "{day}: nothing to tie out");
        let accounts = published("metrics/accounts", day);
        assert_eq!(accounts.iter().map(|row| units(row, "arr")).sum::<i128>(), total(|sums| sums.0), "{day}");
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
        assert_eq!(units(business, "arr"), total(|sums| sums.0), "{day}");
    }
}

#[test]
fn capability_64_the_bridge_leads_from_one_date_to_the_other() {
    let (first, last) = (at_risk_by_quarter(FIRST_DAY), at_risk_by_quarter(GENERATED_LAST_DAY));
    let sql =
        "SELECT quarter, sum(at_risk_before) AS before, sum(change) AS change, sum(at_risk_after) AS after
               FROM marts.revenue_at_risk_bridge GROUP BY quarter ORDER BY quarter";
    let rows = asked(sql);
    let quarters: std::collections::BTreeSet<&String> = first.keys().chain(last.keys()).collect();
    assert_eq!(rows.len(), quarters.len());
    for (row, quarter) in rows.iter().zip(quarters) {
        let at_risk = |sums: &BTreeMap<String, (i128, i128)>| sums.get(quarter).map_or(0, |sums| sums.1);
        assert_eq!(row["quarter"].as_str(), Some(quarter.as_str()));
        assert_eq!(cents(row, "before"), at_risk(&first), "{quarter}");
        assert_eq!(cents(row, "after"), at_risk(&last), "{quarter}");
        assert_eq!(cents(row, "before") + cents(row, "change"), cents(row, "after"), "{quarter}");
    }
    let moved = asked("SELECT cause FROM marts.revenue_at_risk_bridge WHERE change <> 0 GROUP BY cause");
    assert!(moved.len() > 1, "one cause moves everything: {moved:?}");
}

#[test]
fn capability_60_migrations_count_every_customer_of_both_days() {
    let in_force = |day| {
        let ids = PUBLISHED.commerce.account_ids().into_iter();
        let customers = ids.filter_map(|id| PUBLISHED.commerce.customer(&PUBLISHED.world, id, day));
        customers.filter(|customer| !customer.lines.is_empty()).count() as i64
    };
    let sum = |condition: &str| {
        let sql =
            format!("SELECT CAST(sum(accounts) AS BIGINT) AS n FROM marts.tier_migrations WHERE {condition}");
        asked(&sql)[0]["n"].as_i64().unwrap()
    };
    assert_eq!(sum("from_tier <> 'new'"), in_force(FIRST_DAY));
    assert_eq!(sum("to_tier <> 'gone'"), in_force(GENERATED_LAST_DAY));
    assert!(sum("from_tier <> to_tier") > 0, "nobody moved");
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
        assert!((real("arr_weighted_score") - weighted / weights).abs() < 1e-5, "{day}");
        assert!((real("mean_score") - plain.iter().sum::<f64>() / plain.len() as f64).abs() < 1e-5, "{day}");
    }
}
