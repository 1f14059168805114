//! Each step of an erasure once killed, once made to fail, to be refused, to lose its answer: every commit stays whole, and the
//! next run finishes what has taken effect, or a second erasure all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use halescore::engine::{Engine, EngineOptions};
use halescore::erase::erase;
use halescore::storage::Storage;
use halescore::store::{State, What, history, verify};
use object_store::memory::InMemory;

use super::erase::{asked, erase_from, found};
use super::faults::{FAULTS, Fault, Faulty, storage};
use super::{Row, days, publish_usage, row, usage_rows};

/// What a process wrote about itself is of one that is gone by now.
async fn process_ends(storage: &Storage) {
    for folder in ["_hale/following", "_hale/staging", "_hale"] {
        for object in storage.list(folder).await.unwrap() {
            let path = storage.relative(&object.location).unwrap();
            if !path.ends_with(".json") || path.contains("objects") || path.contains("commits") {
                continue;
            }
            let text = String::from_utf8(storage.get(&path).await.unwrap().to_vec()).unwrap();
            // Beyond the highest number that Linux gives to a process.
            let gone = text.replace(&format!("\"process\":{}", std::process::id()), "\"process\":4194305");
            storage.put(&path, gone.into()).await.unwrap();
        }
    }
}

async fn is_whole(storage: &Storage, with_plain: bool, what: &str) {
    for commit in history(storage).await.unwrap() {
        let state = State::at(storage, commit.number).await.unwrap();
        let is_newest = commit.number == State::newest(storage).await.unwrap().number();
        let verified = verify(&state, is_newest && with_plain).await.unwrap();
        assert!(verified.faults.is_empty(), "{what}: commit {}: {verified:?}", commit.number);
    }
}

/// One erasure in which one request goes wrong; whether that came to pass.
async fn broken(fault: Fault, at: usize, by_a_run: bool) -> bool {
    let what =
        format!("{fault:?} at request {at}, finished by {}", if by_a_run { "a run" } else { "an erasure" });
    let inner = Arc::new(InMemory::new());
    let good = storage(Arc::clone(&inner) as _);
    publish_usage(&good, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    publish_usage(&good, &usage_rows(days(1, 2), 2), days(1, 2)).await;
    let faulty = Arc::new(Faulty { inner: Arc::clone(&inner), fault, at, seen: AtomicUsize::new(0) });
    let bad = storage(Arc::clone(&faulty) as _);
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let ended = erase(&bad, &engine, &asked(&["acme"]), None).await;
    let hit = faulty.seen.load(Ordering::SeqCst) > at;
    if ended.is_ok() {
        assert_eq!(found(&good, "acme").await, Vec::<String>::new(), "{what}: it says that it is done");
    }
    // Whatever happened, each commit has all of its objects.
    is_whole(&good, false, &what).await;
    process_ends(&good).await;
    let newest = State::newest(&good).await.unwrap();
    let took_effect = matches!(newest.commit().what, What::Erased { .. });
    if by_a_run {
        let rows: Vec<Row> = vec![row("zoe", super::day(9), 3)];
        publish_usage(&good, &rows, days(9, 9)).await;
    } else {
        erase_from(&good, &["acme"]).await;
    }
    let left = found(&good, "acme").await;
    assert_eq!(left.is_empty(), took_effect || !by_a_run, "{what}: {left:?}");
    is_whole(&good, true, &what).await;
    let erasing = good.find("_hale/erasing.json").await.unwrap();
    assert!(erasing.is_none(), "{what}: nobody has ended it");
    hit
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_is_killed_is_finished_by_whoever_comes_next() {
    for by_a_run in [true, false] {
        for fault in FAULTS {
            let mut requests = 0;
            while broken(fault, requests, by_a_run).await {
                requests += 1;
            }
            assert!(requests > 25, "{fault:?}: only {requests} requests");
        }
    }
}
