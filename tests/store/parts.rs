//! A table whose rows come in several streams: the files and findings of one stream.

use arrow::array::RecordBatch;
use futures::stream;
use halescore::error::Error;
use halescore::table::StagedFile;

use super::{Row, batch, begin, content, days, local, publish, publish_usage, usage, usage_rows};

/// The rows of each part as a stream of small batches.
fn parts(rows: &[&[Row]]) -> Vec<impl futures::Stream<Item = Result<RecordBatch, Error>> + Send + 'static> {
    let batches = rows.iter().map(|rows| rows.chunks(4).map(|rows| Ok(batch(rows))).collect::<Vec<_>>());
    batches.map(stream::iter).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_those_of_one_stream() {
    let rows = usage_rows(days(0, 9), 1);
    let expected = tempfile::tempdir().unwrap();
    let expected = local(expected.path());
    publish_usage(&expected, &rows, days(0, 9)).await;
    let expected = content(&expected).await;
    for cut in [[0, 0], [0, 30], [3, 6], [15, 15], [27, 30]] {
        let out = tempfile::tempdir().unwrap();
        let storage = local(out.path());
        let staging = begin(&storage).await;
        let [first, second] = cut;
        let parts = parts(&[&rows[..first], &rows[first..second], &rows[second..]]);
        let table = staging.write(usage(), parts).await.unwrap();
        assert_eq!((table.rows(), table.findings.len()), (30, 0));
        assert!(table.files.is_sorted_by_key(|file: &StagedFile| file.day));
        publish(staging, &storage, days(0, 9)).await.unwrap();
        let found = content(&storage).await;
        let files = |path: &&String| path.starts_with("metrics/");
        assert!(found.keys().filter(files).eq(expected.keys().filter(files)), "{cut:?}");
        assert!(found.iter().all(|(path, bytes)| !path.starts_with("metrics/") || expected[path] == *bytes));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_are_those_of_one_stream() {
    let mut rows = usage_rows(days(0, 9), 1);
    for broken in [1, 2, 10, 11, 17, 20, 28, 29] {
        rows[broken].seconds = None;
    }
    rows[13].account = rows[12].account.clone();
    let out = tempfile::tempdir().unwrap();
    let one = begin(&local(&out.path().join("one"))).await;
    let one = one.write(usage(), parts(&[&rows])).await.unwrap();
    assert!(one.findings.iter().any(|finding| finding.rows == 8), "{:?}", one.findings);
    for cut in [9, 12, 15, 21] {
        let several = begin(&local(&out.path().join(cut.to_string()))).await;
        let several = several.write(usage(), parts(&[&rows[..cut], &rows[cut..]])).await.unwrap();
        assert_eq!(several.findings, one.findings, "{cut}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_overlap_or_fail_leave_nothing() {
    let rows = usage_rows(days(0, 9), 1);
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    let staging = begin(&storage).await;
    let overlapping = parts(&[&rows[..16], &rows[15..]]);
    let error = staging.write(usage(), overlapping).await.unwrap_err();
    assert!(matches!(error, Error::Bug(_)), "{error}");
    let broken = vec![Ok(batch(&rows[15..])), Err(Error::transient("no memory"))];
    let failing = vec![stream::iter(vec![Ok(batch(&rows[..15]))]), stream::iter(broken)];
    let error = staging.write(usage(), failing).await.unwrap_err();
    assert_eq!(error.to_string(), "error[try-again]: no memory");
    assert!(staging.tables().is_empty());
    assert_eq!(content(&storage).await.keys().filter(|path| path.contains("metrics")).count(), 0);
    staging.write(usage(), parts(&[&rows])).await.unwrap();
    staging.abort().await.unwrap();
}
