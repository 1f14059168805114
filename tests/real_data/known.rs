//! Two logs that say when each row was known, as known: a recount of the rows that were known by the end of the day.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use chrono::NaiveDate;
use polars::prelude::*;

use super::{Facts, Table, compare, dates, golden, hale_with, published, shared};

const DAY: i64 = 24 * 3600 * 1_000_000;

/// Parts of the way through golden's dates.
const AT: [f64; 5] = [0.2, 0.35, 0.6, 0.8, 0.95];

#[test]
fn dpdk_as_known_equals_a_recount() {
    as_known_equals_a_recount("dpdk");
}

#[test]
fn hpc_ctc_sp2_as_known_equals_a_recount() {
    as_known_equals_a_recount("hpc_ctc_sp2");
}

fn as_known_equals_a_recount(set: &str) {
    let Some(shared) = shared(set) else { return };
    let (golden, sources) = (golden(&shared, set), shared.join(format!("data/real/{set}")));
    let log = log(&sources);
    let mut differ = 0;
    for day in AT.map(|part| dates(&golden, &(part..=part))[0]) {
        let out = tempfile::tempdir().unwrap();
        let output = hale_with(set, &sources, out.path(), day..=day, &["--as-known"]);
        assert!(output.status.success(), "{set} on {day}: {}", String::from_utf8_lossy(&output.stderr));
        let known = recount(&log, day);
        compare(set, day, &known, &published(&out.path().join("as-known"), day));
        let happened = golden.iter().filter(|((date, _), _)| *date == day);
        differ += happened.filter(|(key, facts)| known.get(key) != Some(facts)).count();
    }
    assert!(differ > 20, "{set}: hardly any row was known late");
}

/// A row of a log.
struct Act {
    account: String,
    user: String,
    kind: String,
    feature: String,
    quantity: f64,
    /// Microseconds of UTC, both.
    occurred_at: i64,
    recorded_at: i64,
}

fn log(folder: &Path) -> Vec<Act> {
    let frame = ParquetReader::new(File::open(folder.join("events.parquet")).unwrap()).finish().unwrap();
    let text = |name: &str| -> Vec<String> {
        let column = frame.column(name).unwrap().str().unwrap();
        column.iter().map(|value| value.unwrap().to_owned()).collect()
    };
    let time = |name: &str| -> Vec<i64> {
        let column = frame.column(name).unwrap();
        let micros = column.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
        let micros = micros.cast(&DataType::Int64).unwrap();
        micros.i64().unwrap().iter().map(Option::unwrap).collect()
    };
    let quantity = frame.column("quantity").unwrap().f64().unwrap();
    let columns = ["account_id", "user_id", "event_type", "feature"].map(text);
    let (occurred_at, recorded_at) = (time("occurred_at"), time("recorded_at"));
    let act = |row: usize| {
        let [account, user, kind, feature] = columns.each_ref().map(|column| column[row].clone());
        let quantity = quantity.get(row).unwrap();
        Act {
            account,
            user,
            kind,
            feature,
            quantity,
            occurred_at: occurred_at[row],
            recorded_at: recorded_at[row],
        }
    };
    (0..frame.height()).map(act).collect()
}

/// What of the 28 days up to one was known by its end.
fn recount(log: &[Act], day: NaiveDate) -> Table {
    let last = i64::from(day.to_epoch_days());
    let age = |micros: i64| last - micros.div_euclid(DAY);
    let is_there = |act: &&Act| age(act.recorded_at) >= 0 && (0..28).contains(&age(act.occurred_at));
    let there: Vec<&Act> = log.iter().filter(is_there).collect();
    let accounts: BTreeSet<&str> = there.iter().map(|act| act.account.as_str()).collect();
    let of = |account: &str| {
        let acts: Vec<&Act> = there.iter().copied().filter(|act| act.account == account).collect();
        let distinct = |read: &dyn Fn(&Act) -> String| -> i64 {
            acts.iter().map(|act| read(act)).collect::<BTreeSet<_>>().len() as i64
        };
        let facts = Facts {
            counts: [
                acts.len() as i64,
                distinct(&|act| age(act.occurred_at).to_string()),
                distinct(&|act| act.user.clone()),
                distinct(&|act| act.feature.clone()),
                distinct(&|act| act.kind.clone()),
            ],
            quantity: acts.iter().map(|act| act.quantity).sum(),
            last_event_at: acts.iter().map(|act| act.occurred_at).max(),
        };
        ((day, account.to_owned()), facts)
    };
    accounts.into_iter().map(of).collect()
}
