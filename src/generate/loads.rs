//! What the loader says of each night's load of each source.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::row::Row;
use super::scene::{HOUR, Scene, start_of};
use super::sheet::{Clock, Sheet};

/// The sources that come by a nightly load.
const SOURCES: [&str; 25] = [
    "account_merges",
    "account_owners",
    "accounts",
    "advocacy",
    "assessments",
    "contacts",
    "contract_events",
    "contracts",
    "entitlements",
    "events",
    "feedback",
    "goals",
    "interactions",
    "invoices",
    "messages",
    "onboarding_milestones",
    "onboarding_plans",
    "opportunities",
    "payments",
    "surveys",
    "ticket_events",
    "tickets",
    "usage_daily",
    "user_accounts",
    "users",
];
/// Nights in a row on which the help desk's loads fail.
const NIGHTS: i32 = 8;

/// A load.
#[derive(Clone, Debug)]
pub(super) struct Load {
    source: &'static str,
    through: i32,
    ok: bool,
}

/// Every night's load of every source.
pub(super) fn loads(scene: &Scene<'_>) -> Vec<Load> {
    let failing = failing(scene.days());
    (0..scene.days())
        .flat_map(|day| SOURCES.map(|source| (day, source)))
        .map(|(through, source)| {
            let ok = !(failing.contains(&through) && matches!(source, "tickets" | "ticket_events"));
            Load { source, through, ok }
        })
        .collect()
}

/// The days whose tickets the loader did not get at the time.
pub(super) fn failing(days: i32) -> std::ops::Range<i32> {
    let first = days * 2 / 5;
    first..first + NIGHTS.min(days / 10)
}

impl Row for Load {
    const FILE: &'static str = "source_status.parquet";

    fn known(&self) -> i64 {
        start_of(self.through + 1) + 5 * HOUR
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("source", |row| row.source)
            .day("loaded_through", |row| row.through)
            .flag("ok", |row| row.ok)
            .time("loaded_at", Row::known)
            .finish()
    }
}
