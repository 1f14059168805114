//! The same rows give the same bytes: however they arrive in batches, and on however many threads they are encoded.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringViewArray,
};
use datafusion::execution::runtime_env::RuntimeEnv;
use futures::stream;
use halescore::table::{Staging, TableSpec};
use proptest::prelude::*;

use super::{content, date32, day, days, local, publish, usage};

/// Rows of [`wide`], enough for some days with several chunks and, as one file, for several row groups.
fn wide_rows(count: usize, rows_of_a_day: usize) -> RecordBatch {
    let number = |row: usize| (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let rows = || 0..count;
    let within = |row: usize| row % rows_of_a_day;
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "account_id",
            Arc::new(StringViewArray::from_iter_values(
                rows().map(|row| format!("account {:07}", within(row))),
            )),
        ),
        (
            "as_of_date",
            Arc::new(Date32Array::from_iter_values(
                rows().map(|row| date32(day((row / rows_of_a_day) as u64))),
            )),
        ),
        ("seconds", Arc::new(Int64Array::from_iter(rows().map(|row| Some((number(row) % 5_000) as i64))))),
        (
            "share",
            Arc::new(Float64Array::from_iter(
                rows().map(|row| (row % 9 != 0).then(|| number(row) as f64 / 3.0)),
            )),
        ),
        (
            "few",
            Arc::new(Int32Array::from_iter(rows().map(|row| (row % 1000 < 500).then_some((row % 3) as i32)))),
        ),
        ("flag", Arc::new(BooleanArray::from_iter(rows().map(|row| (row % 4 != 0).then_some(row % 2 == 0))))),
        (
            "text",
            Arc::new(StringViewArray::from_iter(
                rows().map(|row| (row % 5 != 0).then(|| "x".repeat(row % 23))),
            )),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

fn wide(rows: &RecordBatch) -> TableSpec {
    TableSpec { schema: rows.schema(), ..usage() }
}

/// The rows cut into batches at the given places, an empty one among them.
fn cut(rows: &RecordBatch, places: &[usize]) -> Vec<RecordBatch> {
    let mut places: Vec<_> = places.iter().map(|place| place % (rows.num_rows() + 1)).collect();
    places.extend([0, 0, rows.num_rows()]);
    places.sort_unstable();
    places.windows(2).map(|pair| rows.slice(pair[0], pair[1] - pair[0])).collect()
}

/// What is published of a table when it arrives in these batches and is encoded by so many threads.
fn published(spec: &TableSpec, batches: Vec<RecordBatch>, threads: usize) -> BTreeMap<String, bytes::Bytes> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap();
    runtime.block_on(async {
        let out = tempfile::tempdir().unwrap();
        let storage = local(out.path());
        let staging = Staging::begin(&storage, threads, &RuntimeEnv::default()).await.unwrap();
        let rows = stream::iter(batches.into_iter().map(Ok));
        let table = staging.write(spec.clone(), vec![rows]).await.unwrap();
        assert_eq!(table.findings, []);
        publish(staging, &storage, days(0, 2)).await.unwrap();
        content(&storage).await
    })
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/publish_encoding.txt", 12))]
    #[test]
    fn bytes_depend_on_the_rows_alone(places in prop::collection::vec(0..30_000usize, 0..40), threads in 1..5usize) {
        let rows = wide_rows(30_000, 10_000);
        let whole = published(&wide(&rows), vec![rows.clone()], 1);
        prop_assert_eq!(whole.len(), 4);
        prop_assert!(published(&wide(&rows), cut(&rows, &places), threads) == whole);
    }
}

#[test]
fn bytes_of_several_row_groups_depend_on_the_rows_alone() {
    let rows = wide_rows(260_000, 260_000);
    let spec = TableSpec { by_day: None, ..wide(&rows) };
    let whole = published(&spec, vec![rows.clone()], 1);
    assert_eq!(whole.len(), 1);
    let groups = super::types::groups_of(whole.values().next().unwrap());
    assert_eq!(groups, [122_880, 122_880, 14_240]);
    let places: Vec<_> = (0..40).map(|cut| cut * 6_789).collect();
    assert!(published(&spec, cut(&rows, &places), 3) == whole);
}

#[test]
fn wide_rows_end_a_row_group_early_and_always_at_the_same_place() {
    let count = 20_000;
    let texts = StringViewArray::from_iter_values((0..count).map(|row| format!("{row:08}").repeat(1_100)));
    let numbers = Int64Array::from_iter_values(0..count);
    let columns: [(&str, ArrayRef); 2] = [("id", Arc::new(numbers)), ("text", Arc::new(texts))];
    let rows =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap();
    let spec = TableSpec {
        schema: rows.schema(),
        not_null: Vec::new(),
        primary_key: vec!["id".to_owned()],
        by_day: None,
        ..usage()
    };
    let whole = published(&spec, vec![rows.clone()], 1);
    assert_eq!(super::types::groups_of(whole.values().next().unwrap()), [16_384, 3_616]);
    assert!(published(&spec, cut(&rows, &[1, 5_000, 8_193, 19_999]), 2) == whole);
}
