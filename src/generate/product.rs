//! The product beside its log of events: features, who has bought which, figures that come by day already.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use chrono::{Datelike, Weekday};

use super::account::FEATURES;
use super::contracts::Deal;
use super::draw::Purpose;
use super::names::AccountId;
use super::plant::Plant;
use super::row::Row;
use super::scene::{HOUR, Scene, start_of};
use super::sheet::{Clock, Sheet};

/// The features in the event log.
pub(super) const FEATURE_NAMES: [&str; FEATURES] = [
    "dashboards",
    "reports",
    "queries",
    "sharing",
    "exports",
    "alerts",
    "mobile",
    "comments",
    "automation",
    "integrations",
    "forecasts",
    "audit_log",
];

/// A feature.
#[derive(Clone, Debug)]
pub(super) struct Feature {
    name: &'static str,
    weight: i64,
    released: i32,
    retired: Option<i32>,
}

/// Every feature: those of the log, one that was retired and one that came late; nobody uses these two.
pub(super) fn features(scene: &Scene<'_>) -> Vec<Feature> {
    let weight = |name: &str| match name {
        "automation" => 2,
        "reports" | "integrations" => 1,
        _ => 0,
    };
    let feature = |name| Feature { name, weight: weight(name), released: -1_500, retired: None };
    let mut features: Vec<Feature> = FEATURE_NAMES.into_iter().map(feature).collect();
    features.push(Feature { retired: Some(scene.days() / 2), ..feature("legacy_import") });
    features.push(Feature { released: scene.days() / 2, ..feature("copilot") });
    features
}

/// A feature that an account has bought.
#[derive(Clone, Debug)]
pub(super) struct Entitlement {
    account: u32,
    feature: &'static str,
    from: i32,
    until: Option<i32>,
}

/// What an account has bought: the features it prefers, as many as its plan holds, more with another product.
pub(super) fn entitlements(scene: &Scene<'_>, deal: &Deal) -> Vec<Entitlement> {
    let mut bought = Vec::new();
    if scene.account.plant == Plant::Hermit {
        return bought;
    }
    let held = match (scene.company.is_monthly(), scene.company.segment) {
        (true, _) => 7,
        (_, "ENT") => 12,
        _ => 9,
    };
    let more = deal.changes.iter().find(|change| change.kind == "cross_sell").map(|change| change.effective);
    for stay in scene.stays() {
        for (nth, feature) in scene.account.preference.iter().enumerate() {
            let from = match more {
                _ if nth < held => Some(stay.from),
                Some(day) if nth < held + 2 => Some(day.max(stay.from)),
                _ => None,
            };
            let feature = FEATURE_NAMES[usize::from(*feature)];
            let from = from.filter(|from| stay.until.is_none_or(|until| *from < until));
            bought.extend(from.map(|from| Entitlement {
                account: scene.account.index,
                feature,
                from,
                until: stay.until,
            }));
        }
    }
    bought
}

/// A figure of a day.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    account: u32,
    day: i32,
    metric: &'static str,
    /// In ten-thousandths.
    value: i64,
    available: i64,
}

/// Campaigns sent on working days, by half of the accounts, which follow health; and storage on Mondays, which grows
/// with time alone. A few are mended the day after.
pub(super) fn figures(scene: &Scene<'_>) -> Vec<Figure> {
    let mut figures = Vec::new();
    if matches!(scene.account.plant, Plant::Hermit | Plant::UnlistedAccount) {
        return figures;
    }
    let mut draw = scene.draw(Purpose::Product);
    let campaigns = draw.chance(0.5);
    let growth = 1.0 + 9.0 * draw.unit();
    let mut stored = scene.account.size * 100.0 * draw.long_tail();
    let first = scene.world.on(0).weekday().num_days_from_monday();
    for day in scene.seen().filter(|day| scene.is_customer(*day)) {
        let weekday = (first + day as u32) % 7;
        let available = start_of(day + 1) + 2 * HOUR;
        let figure = Figure { account: scene.account.index, day, metric: "storage_gb", value: 0, available };
        if weekday == Weekday::Mon.num_days_from_monday() {
            stored += growth * draw.unit();
            figures.push(Figure { value: (stored * 10_000.0) as i64, ..figure.clone() });
        }
        if campaigns && weekday < 5 {
            let sent = draw.count(4.0 * scene.account.size.sqrt() * scene.health(day));
            let sent = Figure { metric: "campaigns_sent", value: i64::from(sent) * 10_000, ..figure };
            let mended = draw.chance(0.01);
            figures.push(sent.clone());
            if mended {
                figures.push(Figure { value: sent.value + 10_000, available: available + 24 * HOUR, ..sent });
            }
        }
    }
    figures
}

impl Row for Feature {
    const FILE: &'static str = "features.parquet";

    fn known(&self) -> i64 {
        i64::MIN
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("feature", |row| row.name)
            .text("title", |row| row.name.replace('_', " "))
            .flag("is_key", |row| row.weight > 0)
            .whole("weight", |row| row.weight)
            .day("released_on", |row| row.released)
            .maybe_day("retired_on", |row| row.retired)
            .finish()
    }
}

impl Row for Entitlement {
    const FILE: &'static str = "entitlements.parquet";

    fn known(&self) -> i64 {
        start_of(self.from)
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("account_id", |row| AccountId(row.account))
            .text("feature", |row| row.feature)
            .day("valid_from", |row| row.from)
            .maybe_day("valid_to", |row| row.until)
            .finish()
    }
}

impl Row for Figure {
    const FILE: &'static str = "usage_daily.parquet";

    fn known(&self) -> i64 {
        self.available
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("account_id", |row| AccountId(row.account))
            .day("day", |row| row.day)
            .text("metric", |row| row.metric)
            .decimal("value", 4, |row| row.value)?
            .time("available_at", |row| row.available)
            .finish()
    }
}
