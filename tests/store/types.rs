//! What a published file says to its readers: types that all of them take, order, statistics, descriptions.

use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimeUnit};
use bytes::Bytes;
use halescore::table::{TableSpec, stored_type};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::LogicalType;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use polars::prelude::{IntoLazy, ParquetReader, SerReader, col};

use super::{batch, begin, content, days, local, publish, usage, usage_rows, write};

fn metadata(file: &Bytes) -> Arc<ParquetMetaData> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options).unwrap();
    Arc::clone(reader.metadata())
}

/// How many rows a file has.
pub fn rows_of(file: &Bytes) -> i64 {
    metadata(file).file_metadata().num_rows()
}

/// How many rows each row group of a file has.
pub fn groups_of(file: &Bytes) -> Vec<i64> {
    metadata(file).row_groups().iter().map(|group| group.num_rows()).collect()
}

fn read(file: &Bytes) -> RecordBatch {
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap().build().unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert!(reader.next().is_none());
    batch
}

/// A table of one column beside its key, with the column's declared type, published and read back.
async fn round_trip(declared: DataType, values: ArrayRef) -> (Bytes, ArrayRef) {
    let ids = Int64Array::from_iter_values(0..values.len() as i64);
    let schema =
        Schema::new(vec![Field::new("id", DataType::Int64, false), Field::new("value", declared, true)]);
    let spec = TableSpec {
        schema: Arc::new(schema),
        primary_key: vec!["id".to_owned()],
        not_null: Vec::new(),
        by_day: None,
        ..usage()
    };
    let columns: [(&str, ArrayRef); 2] = [("value", values), ("id", Arc::new(ids))];
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    let staging = begin(&storage).await;
    let table = write(&staging, spec, vec![RecordBatch::try_from_iter(columns).unwrap()]).await.unwrap();
    assert_eq!(table.findings, []);
    publish(staging, &storage, days(0, 0)).await.unwrap();
    let file = storage.get("metrics/usage/part-0000.parquet").await.unwrap();
    let value = ArrayRef::clone(read(&file).column_by_name("value").unwrap());
    (file, value)
}

#[tokio::test]
async fn every_type_becomes_one_that_all_readers_take() {
    let utc = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let micros = |values: Vec<i64>| TimestampMicrosecondArray::from(values).with_timezone("UTC");
    let nanos = TimestampNanosecondArray::from(
        vec![1_500, -2_000].into_iter().map(|n| n * 1_000).collect::<Vec<_>>(),
    );
    let offset = TimestampSecondArray::from(vec![7_200, 0]).with_timezone("+02:00");
    let words: DictionaryArray<Int32Type> = vec!["a", "b"].into_iter().collect();
    let decimal = Decimal128Array::from(vec![12_345, -1]).with_precision_and_scale(18, 2).unwrap();
    let cases: Vec<(DataType, ArrayRef, ArrayRef)> = vec![
        (DataType::UInt8, Arc::new(UInt8Array::from(vec![0, 255])), Arc::new(Int32Array::from(vec![0, 255]))),
        (DataType::Int16, Arc::new(Int16Array::from(vec![-1, 1])), Arc::new(Int32Array::from(vec![-1, 1]))),
        (DataType::Int32, Arc::new(Int64Array::from(vec![-1, 1])), Arc::new(Int32Array::from(vec![-1, 1]))),
        (
            DataType::UInt32,
            Arc::new(UInt32Array::from(vec![0, u32::MAX])),
            Arc::new(Int64Array::from(vec![0, 4_294_967_295])),
        ),
        (DataType::Int64, Arc::new(UInt64Array::from(vec![0, 9])), Arc::new(Int64Array::from(vec![0, 9]))),
        (
            DataType::Float64,
            Arc::new(Float64Array::from(vec![0.1, -0.0])),
            Arc::new(Float64Array::from(vec![0.1, -0.0])),
        ),
        (
            DataType::Float32,
            Arc::new(Float32Array::from(vec![0.1, 1.0])),
            Arc::new(Float32Array::from(vec![0.1, 1.0])),
        ),
        (
            DataType::Utf8View,
            Arc::new(StringViewArray::from(vec!["a", "b"])),
            Arc::new(StringArray::from(vec!["a", "b"])),
        ),
        (DataType::Utf8View, Arc::new(words), Arc::new(StringArray::from(vec!["a", "b"]))),
        (
            DataType::LargeUtf8,
            Arc::new(LargeStringArray::from(vec!["a", "b"])),
            Arc::new(StringArray::from(vec!["a", "b"])),
        ),
        (
            DataType::Date64,
            Arc::new(Date64Array::from(vec![86_400_000, 0])),
            Arc::new(Date32Array::from(vec![1, 0])),
        ),
        (
            DataType::Timestamp(TimeUnit::Nanosecond, None),
            Arc::new(nanos),
            Arc::new(micros(vec![1_500, -2_000])),
        ),
        (utc(), Arc::new(offset), Arc::new(micros(vec![7_200_000_000, 0]))),
        (DataType::Decimal128(18, 2), Arc::new(decimal.clone()), Arc::new(decimal)),
        (
            DataType::Boolean,
            Arc::new(BooleanArray::from(vec![true, false])),
            Arc::new(BooleanArray::from(vec![true, false])),
        ),
        (
            DataType::BinaryView,
            Arc::new(BinaryArray::from(vec![&b"a"[..], b"\xff"])),
            Arc::new(BinaryArray::from(vec![&b"a"[..], b"\xff"])),
        ),
    ];
    for (declared, computed, wanted) in cases {
        let (file, value) = round_trip(declared.clone(), computed).await;
        assert_eq!(&value, &wanted, "{declared}");
        let key_values = metadata(&file).file_metadata().key_value_metadata().unwrap().clone();
        assert!(key_values.iter().all(|pair| pair.key != "ARROW:schema"), "{declared}");
    }
}

#[test]
fn types_that_no_reader_agrees_on_have_no_stored_type() {
    let item = || Arc::new(Field::new("item", DataType::Int64, true));
    for declared in [
        DataType::Null,
        DataType::List(item()),
        DataType::Struct(vec![item()].into()),
        DataType::Time64(TimeUnit::Nanosecond),
        DataType::Duration(TimeUnit::Second),
        DataType::Decimal256(50, 2),
        DataType::Decimal128(10, -2),
    ] {
        assert_eq!(stored_type(&declared), None, "{declared}");
    }
}

#[tokio::test]
async fn casts_that_lose_something_are_found() {
    let cases: Vec<(DataType, ArrayRef, u64)> = vec![
        (DataType::Int32, Arc::new(Int64Array::from(vec![1, i64::MAX])), 1),
        (
            DataType::Timestamp(TimeUnit::Nanosecond, None),
            Arc::new(TimestampNanosecondArray::from(vec![1_000, 1_001])),
            1,
        ),
        (DataType::Int64, Arc::new(Float64Array::from(vec![1.0, 1.5])), 1),
        (DataType::Float64, Arc::new(Int64Array::from(vec![1 << 53, (1 << 53) + 1])), 1),
        (DataType::Decimal128(10, 2), Arc::new(Float64Array::from(vec![0.25, 0.125])), 1),
        (DataType::Date32, Arc::new(Date64Array::from(vec![86_400_000, 86_400_001])), 1),
        (DataType::Int64, Arc::new(StringViewArray::from(vec!["12", "no number"])), 1),
    ];
    for (declared, computed, lost) in cases {
        let ids = Int64Array::from_iter_values(0..computed.len() as i64);
        let schema = Schema::new(vec![
            Field::new("id", DataType::Int64, false),
            Field::new("value", declared.clone(), true),
        ]);
        let spec = TableSpec {
            schema: Arc::new(schema),
            primary_key: vec!["id".to_owned()],
            not_null: Vec::new(),
            by_day: None,
            ..usage()
        };
        let columns: [(&str, ArrayRef); 2] = [("id", Arc::new(ids)), ("value", computed)];
        let out = tempfile::tempdir().unwrap();
        let staging = begin(&local(out.path())).await;
        let table = write(&staging, spec, vec![RecordBatch::try_from_iter(columns).unwrap()]).await.unwrap();
        let rows: Vec<_> = table.findings.iter().map(|finding| finding.rows).collect();
        assert_eq!(rows, [lost], "{declared}: {:?}", table.findings);
        assert!(table.findings[0].samples[0].to_string().starts_with("id = 1: value = "), "{declared}");
    }
}

#[tokio::test]
async fn a_file_describes_itself_and_nothing_of_the_run() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    super::publish_usage(&storage, &usage_rows(days(0, 0), 1), days(0, 0)).await;
    let file = storage.get("metrics/usage/as_of=2026-08-30/part-0000.parquet").await.unwrap();
    let metadata = metadata(&file);
    assert_eq!(metadata.file_metadata().created_by(), Some("hale"));
    let pairs = metadata.file_metadata().key_value_metadata().unwrap();
    let pairs: Vec<_> =
        pairs.iter().map(|pair| (pair.key.as_str(), pair.value.as_deref().unwrap())).collect();
    let columns = r#"[{"description":"seconds in the \"product\"","name":"seconds"}]"#;
    let wanted = [
        ("hale.model", "metrics.usage"),
        ("hale.description", "Usage of each account."),
        ("hale.columns", columns),
        ("hale.as_of", "2026-08-30"),
    ];
    assert_eq!(pairs, wanted);
    let group = metadata.row_group(0);
    let sorting: Vec<_> = group.sorting_columns().unwrap().iter().map(|column| column.column_idx).collect();
    assert_eq!(sorting, [1, 0], "the day, then the account");
    let names: Vec<_> = group.columns().iter().map(|column| column.column_path().string()).collect();
    assert_eq!(names, ["account_id", "as_of_date", "seconds", "share"], "as_of is only in the path");
    assert_eq!(group.column(0).column_descr().logical_type_ref(), Some(&LogicalType::String));
    assert!(group.columns().iter().all(|column| column.statistics().is_some()));
    assert!(metadata.column_index().is_some() && metadata.offset_index().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_engine_reads_what_was_written() {
    let out = tempfile::tempdir().unwrap();
    let storage = local(out.path());
    let rows = usage_rows(days(0, 1), 3);
    super::publish_usage(&storage, &rows, days(0, 1)).await;
    assert_eq!(content(&storage).await.len(), 3);
    let file = storage.get("latest/metrics.usage.parquet").await.unwrap();
    let frame = ParquetReader::new(std::io::Cursor::new(file)).finish().unwrap();
    let accounts: Vec<_> =
        frame.column("account_id").unwrap().str().unwrap().iter().map(|a| a.unwrap().to_owned()).collect();
    let wanted: Vec<_> = rows[3..].iter().map(|row| row.account.clone().unwrap()).collect();
    assert_eq!(accounts, wanted);
    let sum = frame.lazy().select([col("seconds").sum()]).collect().unwrap();
    let sum = sum.column("seconds").unwrap().i64().unwrap().get(0);
    assert_eq!(sum, Some(rows[3..].iter().map(|row| row.seconds.unwrap()).sum()));
    assert_eq!(
        read(&storage.get("latest/metrics.usage.parquet").await.unwrap()).num_rows(),
        batch(&rows[3..]).num_rows()
    );
}
