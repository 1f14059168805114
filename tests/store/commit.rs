//! Publishing: which files appear, which stay, which go, and that a reader never sees half of a change.

use std::path::Path;
use std::time::SystemTime;

use halescore::error::Error;
use halescore::table::TableSpec;

use super::{
    Row, batch, begin, content, day, days, local, publish, publish_usage, row, usage, usage_rows, write,
};
use crate::s3_server::s3_server;

const DAY_0: &str = "metrics/usage/as_of=2026-08-30/part-0000.parquet";
const DAY_1: &str = "metrics/usage/as_of=2026-08-31/part-0000.parquet";
const DAY_2: &str = "metrics/usage/as_of=2026-09-01/part-0000.parquet";
const LATEST: &str = "latest/metrics.usage.parquet";

/// Files on local disk with the time of their last change; those published in vain get a new one.
fn changes(out: &Path, relative: &[&str]) -> Vec<SystemTime> {
    relative.iter().map(|path| std::fs::metadata(out.join(path)).unwrap().modified().unwrap()).collect()
}

/// `staging.accounts`, which is not stored by day.
fn accounts() -> TableSpec {
    TableSpec { layer: "staging".to_owned(), name: "accounts".to_owned(), by_day: None, ..usage() }
}

fn sorted_by_account(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| (&a.account, a.day).cmp(&(&b.account, b.day)));
    rows
}

#[tokio::test]
async fn only_the_asked_days_are_published_and_the_last_one_is_the_latest() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    let published = publish_usage(&storage, &usage_rows(days(0, 3), 1), days(1, 2)).await;
    let content = content(&storage).await;
    assert_eq!(content.keys().collect::<Vec<_>>(), [LATEST, DAY_1, DAY_2]);
    assert_eq!(content[LATEST], content[DAY_2]);
    let table = &published.tables[0];
    assert_eq!((table.layer.as_str(), table.name.as_str()), ("metrics", "usage"));
    assert_eq!((table.written, table.unchanged, table.rows), (2, 0, 6));
    assert_eq!(table.bytes as usize, content[DAY_1].len() + content[DAY_2].len());
}

#[tokio::test]
async fn a_day_with_the_same_bytes_is_left_alone() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 2), 1), days(0, 2)).await;
    let before = changes(out.path(), &[DAY_0, DAY_1, DAY_2, LATEST]);
    let mut rows = usage_rows(days(0, 2), 1);
    rows[3].seconds = Some(12_345);
    let published = publish_usage(&storage, &rows, days(0, 2)).await;
    let after = changes(out.path(), &[DAY_0, DAY_1, DAY_2, LATEST]);
    let changed: Vec<_> = before.iter().zip(&after).map(|(before, after)| before != after).collect();
    assert_eq!(changed, [false, true, false, false]);
    assert_eq!((published.tables[0].written, published.tables[0].unchanged), (1, 2));
}

#[tokio::test]
async fn the_latest_is_the_newest_published_day_whatever_is_run_last() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(2, 2), 1), days(2, 2)).await;
    let newest = content(&storage).await[DAY_2].clone();
    publish_usage(&storage, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    assert_eq!(content(&storage).await[LATEST], newest);
    publish_usage(&storage, &usage_rows(days(2, 2), 7), days(2, 2)).await;
    let after = content(&storage).await;
    assert_ne!(after[LATEST], newest);
    assert_eq!(after[LATEST], after[DAY_2]);
}

#[tokio::test]
async fn a_day_without_rows_is_published_as_a_file_without_rows() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 2), 1), days(0, 2)).await;
    let rows: Vec<_> = usage_rows(days(0, 2), 1).into_iter().filter(|row| row.day != Some(day(1))).collect();
    let published = publish_usage(&storage, &rows, days(0, 2)).await;
    assert_eq!((published.tables[0].written, published.tables[0].rows), (1, 6));
    assert_eq!(super::types::rows_of(&content(&storage).await[DAY_1]), 0);
    let none = publish_usage(&local(&out.path().join("none")), &[], days(0, 1)).await;
    assert_eq!((none.tables[0].written, none.tables[0].rows), (2, 0));
}

#[tokio::test]
async fn what_hale_did_not_publish_stays() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    let file = storage.get(DAY_0).await.unwrap();
    let theirs = [
        "metrics/usage/as_of=2026-08-30/part-0001.parquet",
        "metrics/usage/as_of=2026-08-31/part-0001.parquet",
        "metrics/usage/part-0000.parquet",
        "metrics/usage_of_others/as_of=2026-08-31/part-0001.parquet",
    ];
    for theirs in theirs {
        storage.put(theirs, file.clone()).await.unwrap();
    }
    publish_usage(&storage, &usage_rows(days(1, 1), 1), days(1, 1)).await;
    publish_usage(&storage, &usage_rows(days(1, 1), 2), days(1, 1)).await;
    let left: Vec<_> = content(&storage).await.into_keys().collect();
    assert_eq!(left, [LATEST, DAY_0, theirs[0], DAY_1, theirs[1], theirs[2], theirs[3]]);
}

/// Days that a table had before it was stored whole are in earlier commits; nobody takes them for rows of the new one.
#[tokio::test]
async fn days_of_an_earlier_layout_are_not_read_beside_the_new_one() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    let staging = begin(&storage).await;
    let whole = TableSpec { by_day: None, ..usage() };
    write(&staging, whole, vec![batch(&sorted_by_account(usage_rows(days(0, 1), 1)))]).await.unwrap();
    publish(staging, &storage, days(0, 1)).await.unwrap();
    let left: Vec<_> = content(&storage).await.into_keys().collect();
    assert_eq!(left, ["metrics/usage/part-0000.parquet"]);
    publish_usage(&storage, &usage_rows(days(1, 1), 1), days(1, 1)).await;
    let left: Vec<_> = content(&storage).await.into_keys().collect();
    assert_eq!(left, [LATEST, DAY_1]);
}

#[tokio::test]
async fn a_table_that_is_not_by_day_is_one_file() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    let staging = begin(&storage).await;
    let rows = sorted_by_account(usage_rows(days(0, 3), 1));
    write(&staging, accounts(), vec![batch(&rows)]).await.unwrap();
    write(&staging, usage(), vec![batch(&usage_rows(days(0, 0), 1))]).await.unwrap();
    let published = publish(staging, &storage, days(0, 0)).await.unwrap();
    assert_eq!(published.tables.iter().map(|table| table.rows).collect::<Vec<_>>(), [12, 3]);
    let left: Vec<_> = content(&storage).await.into_keys().collect();
    assert_eq!(left, [LATEST, DAY_0, "staging/accounts/part-0000.parquet"]);
    let empty = begin(&storage).await;
    write(&empty, accounts(), Vec::new()).await.unwrap();
    publish(empty, &storage, days(0, 0)).await.unwrap();
    assert_eq!(super::types::rows_of(&storage.get("staging/accounts/part-0000.parquet").await.unwrap()), 0);
}

#[tokio::test]
async fn a_failed_audit_publishes_nothing() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    let before = content(&storage).await;
    let staging = begin(&storage).await;
    let twice = row("acme", day(0), 1);
    let table = write(&staging, usage(), vec![batch(&[twice.clone(), twice])]).await.unwrap();
    assert_eq!(table.findings.len(), 1);
    let failed = publish(staging, &storage, days(0, 1)).await.unwrap_err();
    assert!(matches!(failed.error, Error::Bug(_)));
    assert_eq!(failed.commit, None);
    assert_eq!(content(&storage).await, before);
}

#[tokio::test]
async fn a_run_killed_before_publishing_leaves_the_old_state_and_the_next_one_is_whole() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    let published = |content: std::collections::BTreeMap<String, bytes::Bytes>| {
        let mut content = content;
        content.retain(|path, _| !path.starts_with("_hale/"));
        content
    };
    let before = published(content(&storage).await);
    let killed = begin(&storage).await;
    write(&killed, usage(), vec![batch(&usage_rows(days(0, 1), 2))]).await.unwrap();
    std::mem::forget(killed);
    assert_eq!(published(content(&storage).await), before);
    publish_usage(&storage, &usage_rows(days(0, 1), 3), days(0, 1)).await;
    let fresh = local(&out.path().join("fresh"));
    publish_usage(&fresh, &usage_rows(days(0, 1), 3), days(0, 1)).await;
    let mut after = published(content(&storage).await);
    after.retain(|path, _| !path.starts_with("fresh/"));
    assert_eq!(after, content(&fresh).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_holds_what_local_disk_holds() {
    let Some(server) = s3_server() else { return };
    let out = tempfile::tempdir().unwrap();
    let (disk, s3) = (local(out.path()), server.storage("commit"));
    let mut reports = Vec::new();
    for storage in [&disk, &s3] {
        let mut rows = usage_rows(days(0, 3), 1);
        let first = publish_usage(storage, &rows, days(0, 3)).await;
        rows[4].seconds = Some(-1);
        let second = publish_usage(storage, &rows, days(0, 2)).await;
        storage.put("metrics/usage/as_of=2026-09-02/part-0001.parquet", "x".into()).await.unwrap();
        let third = publish_usage(storage, &usage_rows(days(3, 3), 5), days(3, 3)).await;
        reports.push([first.tables, second.tables, third.tables]);
    }
    assert_eq!(reports[0], reports[1]);
    assert_eq!((reports[0][1][0].written, reports[0][1][0].unchanged), (1, 2));
    assert_eq!(content(&disk).await, content(&s3).await);
    assert_eq!(content(&disk).await.len(), 6);
}
