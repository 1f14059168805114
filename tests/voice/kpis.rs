//! Figures of one's own.

use std::path::Path;

use chrono::{NaiveDate, NaiveTime, TimeDelta};

use super::customers::{Facts, IDS, Ugly, must_equal};
use super::sources::{Column, Dice, write_source};
use crate::oracle::table::Value;
use crate::oracle::world::{at, days_ago};

pub struct Figure {
    account_id: &'static str,
    day: NaiveDate,
    metric: &'static str,
    /// In units of 10⁻⁴.
    value: i64,
    available_at: i64,
}

pub fn drawn(dice: &mut Dice) -> Vec<Figure> {
    let mut rows = Vec::new();
    for number in 0..200 {
        rows.push(Figure {
            account_id: dice.pick(&[IDS[0], IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]),
            day: dice.day(90),
            metric: dice.pick(&["storage_gb", "storage_gb", "campaigns_sent", "other"]),
            value: dice.pick(&[0, 1, 10_000, 123_456]),
            // All of one day, the last: that of the newest row tells how far loads reach.
            available_at: at(days_ago(0), NaiveTime::MIN) + number,
        });
    }
    rows
}

pub fn write(rows: &[Figure], folder: &Path) {
    write_source(
        folder,
        "usage_daily",
        vec![
            ("account_id", Column::words(rows, |row| row.account_id)),
            ("day", Column::days(rows, |row| row.day)),
            ("metric", Column::words(rows, |row| row.metric)),
            ("value", Column::Decimal(rows.iter().map(|row| row.value).collect())),
            ("available_at", Column::times(rows, |row| row.available_at)),
        ],
    );
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let told = ugly.reports("usage_daily", as_of);
    let of_day = |metric: &str, day: NaiveDate| {
        let rows = ugly
            .kpis
            .iter()
            .filter(|row| row.account_id == account_id && row.metric == metric && row.day == day);
        rows.max_by_key(|row| row.available_at).map(|row| row.value as f64 / 10_000.0)
    };
    let level = |until: NaiveDate| (0..7).find_map(|age| of_day("storage_gb", until - TimeDelta::days(age)));
    let sent: f64 = (0..28).filter_map(|age| of_day("campaigns_sent", as_of - TimeDelta::days(age))).sum();
    let any_by_now = ugly.kpis.iter().any(|row| row.metric == "campaigns_sent" && row.day <= as_of);
    let real = |value: Option<f64>| value.filter(|_| told).map_or(Value::Null, Value::Real);
    let (now, before) = (level(as_of), level(as_of - TimeDelta::days(28)));
    let growth = now.zip(before).filter(|(_, before)| *before != 0.0).map(|(now, before)| now / before - 1.0);
    Facts::from([
        ("storage_gb", real(now)),
        ("storage_gb_28d_ago", real(before)),
        ("storage_growth_28d", real(growth)),
        ("campaigns_28d", real(any_by_now.then_some(sent))),
    ])
}

#[test]
fn capability_33_figures_of_ones_own() {
    must_equal("kpis", facts);
}
