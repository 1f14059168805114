//! Erasing: what was somebody's is in no commit and in no file any more, and all else is as a run without them would have it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use halescore::engine::{Engine, EngineOptions};
use halescore::erase::{Asked, Erased, absent, erase, would_erase};
use halescore::project::layer::ModelName;
use halescore::storage::Storage;
use halescore::store::{Author, Change, Erasure, Keep, Key, State, What, amend, collect, history, verify};
use halescore::table::{Publication, TableSpec};

use super::{
    Row, batch, begin, content, day, days, local, publish, publish_usage, row, usage, usage_rows, write,
};
use crate::s3_server::s3_server;

pub fn asked(values: &[&str]) -> Asked {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Asked { column: "account_id".to_owned(), values }
}

pub async fn erase_from(storage: &Storage, values: &[&str]) -> Erased {
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    erase(storage, &engine, &asked(values), Some("a request".to_owned())).await.unwrap()
}

/// Where a value is found under an output.
pub async fn found(storage: &Storage, value: &str) -> Vec<String> {
    let looked = absent(storage, &asked(&[value]).values, "account_id").await.unwrap();
    assert!(looked.unread.is_empty() && looked.files > 0, "{looked:?}");
    looked.found.into_keys().collect()
}

/// Rows of everybody but one.
fn others(mut rows: Vec<Row>) -> Vec<Row> {
    rows.retain(|row| row.account.as_deref() != Some("acme"));
    rows
}

/// The bytes of all published days as of each kept commit.
async fn bytes_of(storage: &Storage) -> Vec<(u64, Vec<(String, bytes::Bytes)>)> {
    let table = ModelName::parse("metrics.usage").unwrap();
    let mut all = Vec::new();
    for commit in history(storage).await.unwrap() {
        let state = State::at(storage, commit.number).await.unwrap();
        let verified = verify(&state, false).await.unwrap();
        assert!(verified.faults.is_empty() && verified.files > 0, "{verified:?}");
        let mut days = Vec::new();
        for (day, entry) in state.entries(&table, ..).await.unwrap() {
            days.push((day.to_string(), storage.get(&entry.path()).await.unwrap()));
        }
        all.push((commit.number, days));
    }
    all
}

/// Three publications, one of them taken back.
async fn published(storage: &Storage, of: impl Fn(Vec<Row>) -> Vec<Row>) {
    publish_usage(storage, &of(usage_rows(days(0, 2), 1)), days(0, 2)).await;
    publish_usage(storage, &of(usage_rows(days(1, 3), 7)), days(1, 3)).await;
    amend(storage, &Change::RollBack(1), None).await.unwrap();
    amend(storage, &Change::Release(BTreeSet::new()), None).await.unwrap();
    publish_usage(storage, &of(usage_rows(days(3, 4), 9)), days(3, 4)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_gone_from_every_commit_and_the_bytes_are_those_without_it() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [mut places, mut without] = folders.each_ref().map(|folder| vec![local(folder.path())]);
    places.extend(s3_server().map(|server| server.storage("erased")));
    without.extend(s3_server().map(|server| server.storage("never")));
    for (storage, without) in places.into_iter().zip(without) {
        published(&storage, |rows| rows).await;
        published(&without, others).await;
        let before = bytes_of(&storage).await;
        assert!(found(&storage, "acme").await.len() > 10);
        let told = would_erase(&storage, &asked(&["acme"])).await.unwrap();
        assert_eq!(bytes_of(&storage).await, before, "a rehearsal changes nothing");
        let erased = erase_from(&storage, &["acme"]).await;
        assert_eq!((erased.commit, erased.rows, erased.objects), (Some(6), 8, 8));
        assert_eq!((told.rows, told.objects, told.found), (8, 8, erased.found));
        assert_eq!(erased.commits, (1..=5).collect());
        assert_eq!(found(&storage, "acme").await, Vec::<String>::new());
        let (mut now, expected) = (bytes_of(&storage).await, bytes_of(&without).await);
        assert_eq!(now.remove(0).1, expected[0].1, "the erasing commit has what the newest had");
        assert_eq!(now, expected);
        assert_eq!(content(&storage).await, content(&without).await);
        let verified = verify(&State::newest(&storage).await.unwrap(), true).await.unwrap();
        assert!(verified.faults.is_empty(), "{verified:?}");
        assert!(storage.find("_hale/erasing.json").await.unwrap().is_none());
        // Everybody else is there as before, and another erasure finds them.
        assert_eq!(erase_from(&storage, &["acme", "nobody"]).await.commit, None);
        assert_eq!(erase_from(&storage, &["zo\u{eb}\n"]).await.commits, (1..=6).collect());
        assert_eq!(found(&storage, "zo\u{eb}\n").await, Vec::<String>::new());
        assert!(!found(&storage, "it's; \"q\"/..").await.is_empty());
    }
}

#[tokio::test]
async fn commits_say_how_many_were_erased_and_not_who() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    published(&storage, |rows| rows).await;
    erase_from(&storage, &["acme", "nobody"]).await;
    let commits = history(&storage).await.unwrap();
    let erased = What::Erased {
        column: "account_id".to_owned(),
        values: 2,
        rows: 8,
        objects: 8,
        commits: (1..=5).collect(),
    };
    assert_eq!((&commits[0].what, commits[0].why.as_deref()), (&erased, Some("a request")));
    let by: Vec<_> = commits.iter().map(|commit| (commit.number, commit.erased_by.clone())).collect();
    assert_eq!(by, [(6, vec![]), (5, vec![6]), (4, vec![6]), (3, vec![6]), (2, vec![6]), (1, vec![6])]);
    // What is gone is gone also for who goes back.
    amend(&storage, &Change::RollBack(2), None).await.unwrap();
    assert_eq!(found(&storage, "acme").await, Vec::<String>::new());
    let kept = collect(&storage, Keep { commits: 1, age: std::time::Duration::ZERO }).await.unwrap();
    assert!(kept.objects > 0, "{kept:?}");
    let verified = verify(&State::newest(&storage).await.unwrap(), true).await.unwrap();
    assert!(verified.faults.is_empty(), "{verified:?}");
}

#[tokio::test]
async fn keys_stay_so_that_nothing_is_stale() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    let staging = begin(&storage).await;
    write(&staging, usage(), vec![batch(&usage_rows(days(0, 1), 1))]).await.unwrap();
    let base = State::newest(&storage).await.unwrap();
    let table = ModelName::parse("metrics.usage").unwrap();
    let author = Author { keys: [(table, Key::parse("1-a-b").unwrap())].into(), ..Author::default() };
    let publication = Publication {
        base: &base,
        author,
        days: [day(0), day(1)].into(),
        facts: BTreeMap::new(),
        rewritten: BTreeMap::new(),
        read: BTreeSet::new(),
    };
    staging.publish(publication, |_| true).await.unwrap();
    erase_from(&storage, &["acme"]).await;
    let state = State::newest(&storage).await.unwrap();
    let entries = state.entries(&ModelName::parse("metrics.usage").unwrap(), ..).await.unwrap();
    let keys: Vec<_> = entries.values().map(|entry| (entry.rows, entry.key.as_deref())).collect();
    assert_eq!(keys, [(2, Some("1-a-b")), (2, Some("1-a-b"))]);
}

/// What a run has left that was killed before its commit is named by no commit.
#[tokio::test]
async fn objects_that_no_commit_names_go_too() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 0), 1), days(0, 0)).await;
    let state = State::newest(&storage).await.unwrap();
    let table = ModelName::parse("metrics.usage").unwrap();
    let entry = state.entry(&table, Some(day(0))).await.unwrap().unwrap();
    let hash = entry.hash();
    let left = format!("_hale/objects/{}/{hash}-20260101T000000000Z-0123456789abcdef.parquet", &hash[..2]);
    storage.copy_apart(&entry.path(), &left, "through").await.unwrap();
    let theirs = "_hale/objects/theirs.parquet";
    storage.copy_apart(&entry.path(), theirs, "through").await.unwrap();
    // And what one built whose process is gone, as what it wrote about itself says.
    let gone = owner(&storage).await.replace(&std::process::id().to_string(), "4194305");
    let staged = "_hale/staging/20260101T000000000Z-0123456789abcdef";
    storage.put(&format!("{staged}/owner.json"), gone.into()).await.unwrap();
    storage.copy_apart(&entry.path(), &format!("{staged}/rows.parquet"), "through").await.unwrap();
    let erased = erase_from(&storage, &["acme"]).await;
    assert_eq!((erased.rows, erased.objects), (2, 2));
    assert!(storage.find(&left).await.unwrap().is_none());
    // What is not hale's is named, and never touched.
    assert_eq!(found(&storage, "acme").await, [theirs]);
}

#[tokio::test]
async fn tables_without_the_column_are_left_and_named() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    let staging = begin(&storage).await;
    write(&staging, usage(), vec![batch(&usage_rows(days(0, 1), 1))]).await.unwrap();
    let total: [(&str, ArrayRef); 1] = [("total", Arc::new(Int64Array::from(vec![9])))];
    let totals = TableSpec {
        name: "totals".to_owned(),
        schema: Arc::new(Schema::new(vec![Field::new("total", DataType::Int64, true)])),
        not_null: Vec::new(),
        primary_key: Vec::new(),
        by_day: None,
        column_descriptions: Vec::new(),
        ..usage()
    };
    write(&staging, totals, vec![RecordBatch::try_from_iter(total).unwrap()]).await.unwrap();
    publish(staging, &storage, days(0, 1)).await.unwrap();
    let before = content(&storage).await["metrics/totals/part-0000.parquet"].clone();
    let erased = erase_from(&storage, &["acme"]).await;
    assert_eq!(erased.left, [ModelName::parse("metrics.totals").unwrap()].into());
    assert_eq!(content(&storage).await["metrics/totals/part-0000.parquet"], before);
}

/// Whole tables, many row groups, all types, a number as id, a day without anybody left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_is_written_as_a_run_would_write_it() {
    let fields = [
        ("account_id", DataType::Int64),
        ("small", DataType::Int32),
        ("text", DataType::Utf8View),
        ("share", DataType::Float64),
        ("half", DataType::Float32),
        ("is_it", DataType::Boolean),
        ("on", DataType::Date32),
        ("at", DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into()))),
        ("money", DataType::Decimal128(9, 2)),
        ("much", DataType::Decimal128(38, 4)),
        ("bytes", DataType::BinaryView),
    ];
    let fields: Vec<_> = fields.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
    let spec = || TableSpec {
        schema: Arc::new(Schema::new(fields.clone())),
        primary_key: vec!["account_id".to_owned()],
        not_null: Vec::new(),
        by_day: None,
        ..usage()
    };
    let rows = |ids: Vec<i64>| {
        let some = |id: &i64| (id % 7 != 0).then_some(*id);
        let columns: [(&str, ArrayRef); 11] = [
            ("account_id", Arc::new(Int64Array::from(ids.clone()))),
            ("small", Arc::new(ids.iter().map(|id| some(id).map(|id| id as i32)).collect::<Int32Array>())),
            (
                "text",
                Arc::new(StringViewArray::from_iter(
                    ids.iter().map(|id| some(id).map(|id| format!("word {}", id % 99))),
                )),
            ),
            (
                "share",
                Arc::new(ids.iter().map(|id| some(id).map(|id| id as f64 / 3.0)).collect::<Float64Array>()),
            ),
            (
                "half",
                Arc::new(ids.iter().map(|id| some(id).map(|id| id as f32 / 2.0)).collect::<Float32Array>()),
            ),
            (
                "is_it",
                Arc::new(ids.iter().map(|id| some(id).map(|id| id % 2 == 0)).collect::<BooleanArray>()),
            ),
            ("on", Arc::new(ids.iter().map(|id| some(id).map(|id| id as i32)).collect::<Date32Array>())),
            (
                "at",
                Arc::new(ids.iter().map(some).collect::<TimestampMicrosecondArray>().with_timezone("+00:00")),
            ),
            (
                "money",
                Arc::new(
                    ids.iter()
                        .map(|id| some(id).map(i128::from))
                        .collect::<Decimal128Array>()
                        .with_precision_and_scale(9, 2)
                        .unwrap(),
                ),
            ),
            (
                "much",
                Arc::new(
                    ids.iter()
                        .map(|id| some(id).map(|id| i128::from(id) << 60))
                        .collect::<Decimal128Array>()
                        .with_precision_and_scale(38, 4)
                        .unwrap(),
                ),
            ),
            (
                "bytes",
                Arc::new(BinaryViewArray::from_iter(ids.iter().map(|id| some(id).map(i64::to_be_bytes)))),
            ),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
    };
    let gone = ["3", "8192", "129999"];
    let all = 0..130_000_i64;
    let stay = all.clone().filter(|id| !gone.contains(&id.to_string().as_str())).collect();
    let mut files = Vec::new();
    for ids in [all.collect::<Vec<_>>(), stay] {
        let out = tempfile::tempdir().unwrap();
        let storage = local(out.path());
        let staging = begin(&storage).await;
        let table = write(&staging, spec(), vec![rows(ids)]).await.unwrap();
        assert_eq!(table.findings, []);
        publish(staging, &storage, days(0, 0)).await.unwrap();
        if files.is_empty() {
            assert_eq!(erase_from(&storage, &gone).await.rows, 3);
        }
        files.push(storage.get("metrics/usage/part-0000.parquet").await.unwrap());
    }
    assert!(super::types::groups_of(&files[0]).len() > 1);
    assert!(files[0] == files[1], "the bytes differ");
    // A day of which nobody is left is a file without rows, as of a run.
    let [erased, never] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [erased, never] = [local(erased.path()), local(never.path())];
    publish_usage(&erased, &[row("acme", day(0), 1), row("zoe", day(1), 2)], days(0, 1)).await;
    publish_usage(&never, &[row("zoe", day(1), 2)], days(0, 1)).await;
    erase_from(&erased, &["acme"]).await;
    assert_eq!(content(&erased).await, content(&never).await);
}

/// What this process writes about itself.
async fn owner(storage: &Storage) -> String {
    let turn = storage.list("_hale/following").await.unwrap();
    let turn = storage.get(&storage.relative(&turn[0].location).unwrap()).await.unwrap();
    serde_json::from_slice::<serde_json::Value>(&turn).unwrap()["owner"].to_string()
}

#[tokio::test]
async fn what_nobody_looked_into_is_not_passed_over() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 0), 1), days(0, 0)).await;
    let error = amend(&storage, &Change::Erase(Erasure::default()), None).await.unwrap_err();
    assert_eq!(error.exit_code(), 75, "{error}");
    assert!(error.to_string().contains("not looked into; nothing was erased"), "{error}");
    assert_eq!(State::newest(&storage).await.unwrap().number(), 1);
}

#[tokio::test]
async fn who_lives_is_waited_for_and_goes_first() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    publish_usage(&storage, &usage_rows(days(0, 1), 1), days(0, 1)).await;
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    // A run under way that read what is erased meanwhile has to try again, and brings nothing back.
    let base = State::newest(&storage).await.unwrap();
    let staging = begin(&storage).await;
    write(&staging, usage(), vec![batch(&usage_rows(days(1, 1), 3))]).await.unwrap();
    let erased = erase(&storage, &engine, &asked(&["acme"]), None).await.unwrap();
    assert_eq!((erased.commit, erased.under_way), (Some(2), 1));
    let failed = super::publish_on(staging, &base, days(1, 1)).await.unwrap_err();
    assert_eq!((failed.error.exit_code(), failed.commit), (75, None));
    // Its file is of no commit, and goes once it has ended.
    assert!(found(&storage, "acme").await.iter().all(|path| path.starts_with("_hale/objects/")));
    assert_eq!((erase_from(&storage, &["acme"]).await.rows, erased.under_way), (1, 1));
    assert_eq!(found(&storage, "acme").await, Vec::<String>::new());
    // Another erasure that lives: its owner is this process.
    publish_usage(&storage, &usage_rows(days(3, 3), 1), days(3, 3)).await;
    let owner = owner(&storage).await;
    let under_way =
        format!("{{\"run\": \"another\", \"owner\": {owner}, \"replaced\": {{}}, \"unnamed\": []}}");
    storage.put("_hale/erasing.json", under_way.into()).await.unwrap();
    for error in [
        erase(&storage, &engine, &asked(&["acme"]), None).await.unwrap_err(),
        amend(&storage, &Change::RollBack(1), None).await.unwrap_err(),
    ] {
        assert_eq!(error.exit_code(), 75, "{error}");
        assert!(error.to_string().contains("eras"), "{error}");
    }
    assert!(!found(&storage, "acme").await.is_empty());
}
