//! Commits: what each of them says, going back, holding days, and what is collected.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use halescore::error::Error;
use halescore::project::layer::ModelName;
use halescore::storage::Storage;
use halescore::store::{Change, Keep, State, What, amend, collect, history, verify};

use super::{batch, begin, content, day, days, local, publish, publish_on, publish_usage, usage_rows, write};
use super::{row, usage};
use crate::s3_server::s3_server;

fn table() -> ModelName {
    ModelName::parse("metrics.usage").unwrap()
}

/// What is published of a day as of a commit: the bytes of its object.
async fn rows(storage: &Storage, commit: u64, number: u64) -> Option<bytes::Bytes> {
    let state = State::at(storage, commit).await.unwrap();
    let entry = state.entry(&table(), Some(day(number))).await.unwrap()?;
    Some(storage.get(&entry.path()).await.unwrap())
}

async fn is_whole(storage: &Storage) {
    let state = State::newest(storage).await.unwrap();
    let verified = verify(&state, true).await.unwrap();
    assert_eq!(verified.faults, [].into(), "{verified:?}");
    assert!(verified.files > 0);
}

#[tokio::test]
async fn each_change_is_one_commit_and_no_change_is_none() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    assert_eq!(State::newest(&storage).await.unwrap().number(), 0);
    assert_eq!(publish_usage(&storage, &usage_rows(days(0, 2), 1), days(0, 2)).await.commit, Some(1));
    assert_eq!(publish_usage(&storage, &usage_rows(days(0, 2), 1), days(0, 2)).await.commit, None);
    let second = publish_usage(&storage, &usage_rows(days(2, 3), 7), days(2, 3)).await;
    assert_eq!((second.commit, second.tables[0].written), (Some(2), 2));
    let told: Vec<_> = history(&storage).await.unwrap().into_iter().map(|commit| commit.what).collect();
    let published = |from, to, count| What::Published {
        from: day(from),
        to: day(to),
        rescored: false,
        tables: [("metrics.usage".to_owned(), count)].into(),
        columns_added: [].into(),
    };
    assert_eq!(told, [published(2, 3, 2), published(0, 2, 3)]);
    assert_ne!(rows(&storage, 1, 2).await, rows(&storage, 2, 2).await);
    assert_eq!(rows(&storage, 1, 3).await, None);
    is_whole(&storage).await;
}

#[tokio::test]
async fn a_commit_is_published_again_and_what_differs_is_held_until_it_is_released() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 2), 1), days(0, 2)).await;
    let first = content(&storage).await;
    publish_usage(&storage, &usage_rows(days(2, 3), 7), days(2, 3)).await;
    let amended = amend(&storage, &Change::RollBack(1), Some("wrong weights".to_owned())).await.unwrap();
    assert_eq!((amended.commit, amended.days), (Some(3), 2));
    assert_eq!(content(&storage).await, first);
    let state = State::newest(&storage).await.unwrap();
    assert_eq!(state.commit().held.keys().copied().collect::<Vec<_>>(), [day(2), day(3)]);
    assert_eq!(state.commit().why.as_deref(), Some("wrong weights"));
    // Another day is free; one that is held is refused where a run did not know of it.
    publish_usage(&storage, &usage_rows(days(4, 4), 7), days(4, 4)).await;
    let staging = begin(&storage).await;
    write(&staging, usage(), vec![batch(&usage_rows(days(2, 2), 9))]).await.unwrap();
    let failed = publish(staging, &storage, days(2, 2)).await.unwrap_err();
    assert!(failed.error.to_string().contains("is held meanwhile: rolled back to commit 1"), "{failed}");
    amend(&storage, &Change::Release([day(2)].into()), None).await.unwrap();
    publish_usage(&storage, &usage_rows(days(2, 2), 9), days(2, 2)).await;
    assert_eq!(State::newest(&storage).await.unwrap().commit().held.len(), 1);
    amend(&storage, &Change::Release(BTreeSet::new()), None).await.unwrap();
    assert!(State::newest(&storage).await.unwrap().commit().held.is_empty());
    is_whole(&storage).await;
    let error = amend(&storage, &Change::RollBack(77), None).await.unwrap_err();
    assert!(matches!(error, Error::Usage(_)) && error.to_string().contains("there are 1 to"), "{error}");
}

#[tokio::test]
async fn a_day_that_is_unpublished_is_gone_from_every_reader_and_still_in_history() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 2), 1), days(0, 2)).await;
    amend(&storage, &Change::Unpublish([day(2)].into()), None).await.unwrap();
    let state = State::newest(&storage).await.unwrap();
    assert_eq!(state.days(&table()).await.unwrap(), [day(0), day(1)]);
    let plain = content(&storage).await;
    assert!(!plain.keys().any(|path| path.contains("2026-09-01")), "{plain:?}");
    // The latest is the newest day that is left.
    let latest = &plain["latest/metrics.usage.parquet"];
    assert_eq!(latest, &plain["metrics/usage/as_of=2026-08-31/part-0000.parquet"]);
    assert!(!out.path().join("metrics/usage/as_of=2026-09-01").exists());
    assert!(rows(&storage, 1, 2).await.is_some());
    is_whole(&storage).await;
    let error = amend(&storage, &Change::Unpublish([day(9)].into()), None).await.unwrap_err();
    assert!(matches!(error, Error::Usage(_)), "{error}");
}

#[tokio::test]
async fn of_two_runs_of_one_day_the_first_wins_and_equal_work_is_success() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    let base = State::newest(&storage).await.unwrap();
    publish_usage(&storage, &usage_rows(days(1, 1), 2), days(1, 1)).await;
    let staged = async |seed| {
        let staging = begin(&storage).await;
        write(&staging, usage(), vec![batch(&usage_rows(days(1, 2), seed))]).await.unwrap();
        staging
    };
    let failed = publish_on(staged(3).await, &base, days(1, 2)).await.unwrap_err();
    assert_eq!((failed.error.exit_code(), failed.commit), (75, None));
    assert!(failed.error.to_string().contains("metrics.usage of 2026-08-31"), "{failed}");
    assert_eq!(State::newest(&storage).await.unwrap().number(), 2);
    // The same bytes of that day, and another day beside it.
    let made = publish_on(staged(2).await, &base, days(1, 2)).await.unwrap();
    assert_eq!((made.commit, made.tables[0].written, made.tables[0].unchanged), (Some(3), 1, 1));
    is_whole(&storage).await;
}

#[tokio::test]
async fn a_run_that_has_read_what_another_one_replaced_has_to_try_again() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    let base = State::newest(&storage).await.unwrap();
    for (replaced, wins) in [(0, false), (1, true)] {
        publish_usage(
            &storage,
            &usage_rows(days(replaced, replaced), 40 + replaced as i64),
            days(replaced, replaced),
        )
        .await;
        let staging = begin(&storage).await;
        let spec = halescore::table::TableSpec { name: "scored".to_owned(), ..usage() };
        write(&staging, spec, vec![batch(&[row("acme", day(0), 5)])]).await.unwrap();
        let base = if wins { &State::newest(&storage).await.unwrap() } else { &base };
        let publication = halescore::table::Publication {
            base,
            author: halescore::store::Author::default(),
            days: [day(0)].into(),
            facts: std::collections::BTreeMap::new(),
            rewritten: std::collections::BTreeMap::new(),
            read: [(table(), Some(day(0)))].into(),
        };
        let ended = staging.publish(publication, |_| true).await;
        assert_eq!(ended.is_ok(), wins, "{ended:?}");
    }
}

#[tokio::test]
async fn what_no_kept_commit_names_is_collected_and_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    for seed in 1..=5 {
        publish_usage(&storage, &usage_rows(days(0, 1), seed), days(0, 1)).await;
    }
    let theirs =
        ["_hale/objects/notes.txt", "_hale/objects/ab/theirs.parquet", "metrics/usage/theirs.parquet"];
    for path in theirs {
        storage.put(path, "theirs".into()).await.unwrap();
    }
    let objects = async || storage.list("_hale/objects").await.unwrap().len();
    let before = objects().await;
    let week = Duration::from_secs(7 * 24 * 3600);
    let kept = collect(&storage, Keep { commits: 2, age: week }).await.unwrap();
    assert_eq!((kept.kept_from, kept.commits, kept.objects), (4, 3, 0), "they are younger than a week");
    assert_eq!(objects().await, before);
    // Of five runs with two days and a manifest each, those that only three of them name.
    let kept = collect(&storage, Keep { commits: 2, age: Duration::ZERO }).await.unwrap();
    assert_eq!(kept.kept_from, 5, "the collection itself is a commit");
    let _ = kept;
    assert_eq!(State::at(&storage, 5).await.unwrap().number(), 5);
    let error = State::at(&storage, 3).await.unwrap_err();
    assert!(matches!(error, Error::Usage(_)), "{error}");
    assert!(rows(&storage, 5, 0).await.is_some());
    assert!(objects().await < before);
    for path in theirs {
        assert_eq!(storage.get(path).await.unwrap(), "theirs");
    }
    let verified = verify(&State::newest(&storage).await.unwrap(), true).await.unwrap();
    assert!(!verified.is_broken(), "{verified:?}");
    assert_eq!(verified.faults.keys().collect::<Vec<_>>(), ["metrics/usage/theirs.parquet"]);
}

#[tokio::test]
async fn what_is_gone_or_changed_is_named() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    let state = State::newest(&storage).await.unwrap();
    let entry = state.entry(&table(), Some(day(0))).await.unwrap().unwrap();
    storage.put(&entry.path(), "changed".into()).await.unwrap();
    storage.delete("metrics/usage/as_of=2026-08-31/part-0000.parquet").await.unwrap();
    storage.put("latest/metrics.usage.parquet", "changed".into()).await.unwrap();
    let verified = verify(&state, true).await.unwrap();
    let told: Vec<String> = verified.faults.iter().map(|(path, fault)| format!("{path}: {fault}")).collect();
    let expected = [
        format!("{}: changed", entry.path()),
        "latest/metrics.usage.parquet: changed".to_owned(),
        "metrics/usage/as_of=2026-08-31/part-0000.parquet: missing".to_owned(),
    ];
    assert_eq!(told, expected);
    // The next run of the day writes what is gone of the plain folders.
    publish_usage(&storage, &usage_rows(days(1, 1), 1), days(1, 1)).await;
    assert!(Path::new(out.path()).join("metrics/usage/as_of=2026-08-31/part-0000.parquet").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_runs_at_once_lose_nothing() {
    let out = tempfile::tempdir().unwrap();
    let mut places = vec![local(out.path())];
    places.extend(s3_server().map(|server| server.storage("twenty")));
    for storage in places {
        let runs = (0..20u64).map(|number| {
            let storage = storage.clone();
            tokio::spawn(async move {
                // Each two of them overlap in a day, on which they agree.
                let range = days(number, number + 1);
                publish_usage(&storage, &usage_rows(range.clone(), 1), range).await
            })
        });
        for run in runs.collect::<Vec<_>>() {
            run.await.unwrap();
        }
        let state = State::newest(&storage).await.unwrap();
        let expected: Vec<_> = (0..=20).map(day).collect();
        assert_eq!(state.days(&table()).await.unwrap(), expected);
        let numbers: Vec<u64> = history(&storage).await.unwrap().iter().map(|commit| commit.number).collect();
        assert_eq!(numbers, (1..=state.number()).rev().collect::<Vec<_>>());
        is_whole(&storage).await;
        let plain = content(&storage).await;
        assert_eq!(plain.len(), 22);
        assert_eq!(plain["latest/metrics.usage.parquet"], rows(&storage, state.number(), 20).await.unwrap());
    }
}
