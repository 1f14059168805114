//! A run's own folder: what is in it while it builds, and that nothing of it stays, however the run ends.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures::{StreamExt, stream};
use halescore::error::Error;

use super::{batch, begin, content, day, days, local, publish, publish_usage, usage, usage_rows, write};
use crate::s3_server::s3_server;

fn staging_folders(out: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(out.join("_hale/staging")) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn a_staged_table_can_be_read_where_it_lies() {
    let out = tempfile::tempdir().unwrap();
    let staging = begin(&local(out.path())).await;
    let table = write(&staging, usage(), vec![batch(&usage_rows(days(0, 2), 1))]).await.unwrap();
    let folder = table.url.to_file_path().unwrap();
    assert_eq!(folder, staging_folders(out.path())[0].join("metrics/usage"));
    assert_eq!((table.rows(), table.files.len()), (9, 3));
    assert_eq!(table.files[1].day, Some(day(1)));
    let on_disk = std::fs::metadata(folder.join("as_of=2026-08-31/part-0000.parquet")).unwrap().len();
    assert_eq!(table.files[1].bytes, on_disk);
    assert_eq!(staging.tables().len(), 1);
}

#[tokio::test]
async fn nothing_is_published_and_nothing_stays_when_a_run_gives_up() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    let before = content(&storage).await;
    let aborted = begin(&storage).await;
    write(&aborted, usage(), vec![batch(&usage_rows(days(0, 1), 2))]).await.unwrap();
    aborted.abort().await.unwrap();
    assert_eq!(content(&storage).await, before);
    let dropped = begin(&storage).await;
    write(&dropped, usage(), vec![batch(&usage_rows(days(0, 1), 2))]).await.unwrap();
    drop(dropped);
    assert_eq!(content(&storage).await, before);
    assert_eq!(staging_folders(out.path()), [] as [PathBuf; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_cancelled_while_it_writes_leaves_nothing() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    let staging = begin(&storage).await;
    let rows = (0..200).map(|number| Ok(batch(&usage_rows(days(number, number), 1))));
    let rows = stream::iter(rows).chain(stream::pending());
    let writing = staging.write(usage(), vec![rows]);
    assert!(tokio::time::timeout(Duration::from_millis(100), writing).await.is_err());
    staging.abort().await.unwrap();
    assert!(content(&storage).await.is_empty());
    assert_eq!(staging_folders(out.path()), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn an_error_of_the_engine_ends_the_table() {
    let out = tempfile::tempdir().unwrap();
    let staging = begin(&local(out.path())).await;
    let rows = [Ok(batch(&usage_rows(days(0, 0), 1))), Err(Error::transient("the source went away"))];
    let error = staging.write(usage(), vec![stream::iter(rows)]).await.unwrap_err();
    assert_eq!(error.to_string(), "error[try-again]: the source went away");
    assert!(staging.tables().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_failed_half_way_can_be_tried_again() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    let all = batch(&usage_rows(days(0, 49), 1));
    for rows in [1, 2, 3, 80, 149] {
        let staging = begin(&storage).await;
        let half = [Ok(all.slice(0, rows)), Err(Error::transient("no memory"))];
        staging.write(usage(), vec![stream::iter(half)]).await.unwrap_err();
        assert!(!staging_folders(out.path())[0].join("metrics/usage").exists());
        write(&staging, usage(), vec![all.clone()]).await.unwrap();
        publish(staging, &storage, days(0, 49)).await.unwrap();
        let whole = local(&out.path().join("whole"));
        publish_usage(&whole, &usage_rows(days(0, 49), 1), days(0, 49)).await;
        let day = "metrics/usage/as_of=2026-08-30/part-0000.parquet";
        assert_eq!(storage.list("metrics").await.unwrap().len(), 50);
        assert_eq!(storage.get(day).await.unwrap(), whole.get(day).await.unwrap());
    }
}

/// A killed run: its folder stays, and nobody is told.
async fn killed_run(out: &Path, owner: &str) -> PathBuf {
    let before = staging_folders(out);
    let staging = begin(&local(out)).await;
    write(&staging, usage(), vec![batch(&usage_rows(days(0, 1), 9))]).await.unwrap();
    std::mem::forget(staging);
    let folder = staging_folders(out).into_iter().find(|folder| !before.contains(folder)).unwrap();
    let file = folder.join("owner.json");
    let own = std::fs::read_to_string(&file).unwrap();
    let this = format!("\"process\":{}", std::process::id());
    assert!(own.contains(&this), "{own}");
    std::fs::write(file, own.replace(&this, owner)).unwrap();
    folder
}

#[expect(clippy::disallowed_methods, reason = "files are made to look old")]
fn age(folder: &Path, hours: u64) {
    let then = SystemTime::now() - Duration::from_secs(hours * 3600);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            age(&path, hours);
        } else {
            std::fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_dead_process_left_is_removed_and_what_a_living_one_builds_is_not() {
    let out = tempfile::tempdir().unwrap();
    let living = killed_run(out.path(), &format!("\"process\":{}", std::process::id())).await;
    age(&living, 1000);
    // Beyond the highest number that Linux gives to a process.
    let dead = killed_run(out.path(), "\"process\":4194305").await;
    let begun = begin(&local(out.path())).await;
    assert!(living.exists());
    assert!(!dead.exists());
    begun.abort().await.unwrap();
}

#[tokio::test]
async fn what_nobody_is_known_to_own_is_removed_after_a_day() {
    let out = tempfile::tempdir().unwrap();
    let unknown = "\"machine\":null,\"process\":1";
    let young = out.path().join("_hale/staging/young");
    let old = out.path().join("_hale/staging/old");
    let ownerless = out.path().join("_hale/staging/ownerless");
    let named_empty = out.path().join("_hale/staging/20200101T000000000Z-0000000000000000");
    for folder in [&young, &old, &ownerless] {
        std::fs::create_dir_all(folder.join("metrics/usage")).unwrap();
        std::fs::write(folder.join("metrics/usage/part-0000.parquet"), b"x").unwrap();
    }
    std::fs::create_dir_all(&named_empty).unwrap();
    for folder in [&young, &old] {
        std::fs::write(folder.join("owner.json"), format!("{{{unknown},\"began\":null}}")).unwrap();
    }
    age(&old, 25);
    age(&ownerless, 25);
    age(&young, 23);
    begin(&local(out.path())).await.abort().await.unwrap();
    assert_eq!(staging_folders(out.path()), [young]);
}

#[tokio::test]
async fn names_that_leave_the_root_are_refused() {
    let out = tempfile::tempdir().unwrap();
    let staging = begin(&local(out.path())).await;
    for name in ["..", "../../../escaped", "/etc", "a//b", ""] {
        let spec = halescore::table::TableSpec { name: name.to_owned(), ..usage() };
        let error = write(&staging, spec, vec![batch(&usage_rows(days(0, 0), 1))]).await.unwrap_err();
        assert!(error.to_string().contains("path-leaves-root"), "{name}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_built_at_the_same_time_by_tasks_of_their_own() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    let run = tokio::spawn(async move {
        let staging = std::sync::Arc::new(begin(&storage).await);
        let tasks = ["one", "two", "three"].map(|name| {
            let staging = std::sync::Arc::clone(&staging);
            let spec = halescore::table::TableSpec { name: name.to_owned(), ..usage() };
            tokio::spawn(async move { write(&staging, spec, vec![batch(&usage_rows(days(0, 9), 1))]).await })
        });
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        publish(std::sync::Arc::into_inner(staging).unwrap(), &storage, days(0, 9)).await.unwrap()
    });
    let published = run.await.unwrap();
    assert_eq!(published.tables.iter().map(|table| table.rows).collect::<Vec<_>>(), [30, 30, 30]);
}

#[tokio::test]
async fn a_table_is_built_once() {
    let out = tempfile::tempdir().unwrap();
    let staging = begin(&local(out.path())).await;
    write(&staging, usage(), vec![batch(&usage_rows(days(0, 0), 1))]).await.unwrap();
    let again = write(&staging, usage(), vec![batch(&usage_rows(days(0, 0), 1))]).await;
    assert!(matches!(again, Err(Error::Bug(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_run_leaves_nothing_on_s3() {
    let Some(server) = s3_server() else { return };
    let storage = server.storage("staging");
    let aborted = begin(&storage).await;
    write(&aborted, usage(), vec![batch(&usage_rows(days(0, 3), 1))]).await.unwrap();
    assert_eq!(storage.list("_hale/staging").await.unwrap().len(), 5);
    aborted.abort().await.unwrap();
    assert!(content(&storage).await.is_empty());
}
