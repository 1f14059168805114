//! Known silent errors of the engine, each reproduced on plain DataFusion.
//!
//! A test that fails here after an upgrade is good news: the engine mended the fault, and the lint in
//! `src/check/lints/` that guards against it can go.

use arrow::array::AsArray;
use arrow::datatypes::{Float64Type, Int64Type};
use datafusion::prelude::{SessionConfig, SessionContext};

async fn number(context: &SessionContext, sql: &str) -> i64 {
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    batches[0].column(0).as_primitive::<Int64Type>().value(0)
}

/// apache/datafusion#24787: a dense spine by UNNEST above an aggregate loses rows once grouped again.
#[tokio::test]
async fn unnest_above_a_unique_key_loses_rows() {
    let context = SessionContext::new();
    let spine = "SELECT account, unnest(range(low, high)) AS day FROM
                   (SELECT account, min(day) AS low, max(day) AS high FROM (VALUES ('a', 0), ('a', 4), ('b', 0), ('b', 4)) AS log (account, day) GROUP BY account)";
    let direct = number(&context, &format!("SELECT count(*) FROM ({spine})")).await;
    let grouped = number(
        &context,
        &format!("SELECT count(*) FROM (SELECT account, day FROM ({spine}) GROUP BY account, day)"),
    )
    .await;
    assert_eq!(direct, 8);
    assert_ne!(grouped, 8, "UNNEST no longer keeps its input's uniqueness: the lint unnest-above-key can go");
}

/// A key that a join repeats is taken for the key of all columns once it is grouped by together with others: groupings
/// and sorts further up leave the others out.
#[tokio::test]
async fn a_part_of_a_key_is_taken_for_the_whole() {
    let context = SessionContext::new();
    let spine = "SELECT a.account, d.day, count(*) AS n FROM
                   (SELECT DISTINCT account FROM (VALUES ('a'), ('b')) AS log (account)) AS a
                   CROSS JOIN (VALUES (1), (2), (3), (4)) AS d (day) GROUP BY a.account, d.day";
    let direct = number(&context, &format!("SELECT count(*) FROM ({spine})")).await;
    let again = format!("SELECT count(*) FROM (SELECT account, day FROM ({spine}) GROUP BY account, day)");
    assert_eq!(direct, 8);
    assert_ne!(
        number(&context, &again).await,
        8,
        "a part of a key is no longer taken for it: the rule whole_keys can go"
    );
}

/// Sliding sums of doubles retract by subtraction and drift.
#[tokio::test]
async fn sliding_sums_of_doubles_drift() {
    let context = SessionContext::new();
    let sql = "SELECT total FROM (SELECT i, sum(x) OVER (ORDER BY i ROWS 1 PRECEDING) AS total FROM
                 (VALUES (1, 1e17), (2, 1.0), (3, 2.0), (4, 0.0), (5, 0.0)) AS log (i, x)) ORDER BY i";
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    let last = batches.last().unwrap();
    let drifted = last.column(0).as_primitive::<Float64Type>().value(last.num_rows() - 1);
    assert_ne!(drifted, 0.0, "0 + 0 is 0 again: the lint float-sum may go for windows");
}

/// A NULL partition key is written as 1970-01-01.
#[tokio::test]
async fn a_null_partition_key_becomes_a_day_of_1970() {
    let folder = tempfile::tempdir().unwrap();
    let context = SessionContext::new();
    let copy = format!(
        "COPY (SELECT 1 AS x, CAST(NULL AS DATE) AS d) TO '{}/' STORED AS PARQUET PARTITIONED BY (d)",
        folder.path().display()
    );
    context.sql(&copy).await.unwrap().collect().await.unwrap();
    let day = folder.path().join("d=1970-01-01");
    assert!(day.is_dir(), "NULL keys are no longer written as a day: tables by day still audit NOT NULL");
}

/// A declared NOT NULL is believed: the filter for nulls is folded away. The reason why contracts are never handed over.
#[tokio::test]
async fn a_declared_not_null_is_believed() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::datasource::file_format::parquet::ParquetFormat;
    use datafusion::datasource::listing::{
        ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
    };

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let nullable = Arc::new(Schema::new(vec![Field::new("x", DataType::Int64, true)]));
    let column: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let mut writer = parquet::arrow::ArrowWriter::try_new(
        std::fs::File::create(&path).unwrap(),
        Arc::clone(&nullable),
        None,
    )
    .unwrap();
    writer.write(&RecordBatch::try_new(nullable, vec![column]).unwrap()).unwrap();
    writer.close().unwrap();

    let declared = Arc::new(Schema::new(vec![Field::new("x", DataType::Int64, false)]));
    let url = ListingTableUrl::parse(path.to_str().unwrap()).unwrap();
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
    let config = ListingTableConfig::new(url).with_listing_options(options).with_schema(declared);
    let context = SessionContext::new();
    context.register_table("t", Arc::new(ListingTable::try_new(config).unwrap())).unwrap();
    assert_eq!(
        number(&context, "SELECT count(*) FROM t WHERE x IS NULL").await,
        0,
        "the engine no longer believes NOT NULL"
    );
}

/// A sum of doubles differs with the order in which partitions arrive.
#[tokio::test]
async fn a_sum_of_doubles_depends_on_its_order() {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
    let sum = async |rows: &str| {
        let sql = format!("SELECT sum(x) FROM (VALUES {rows}) AS log (x)");
        context.sql(&sql).await.unwrap().collect().await.unwrap()[0]
            .column(0)
            .as_primitive::<Float64Type>()
            .value(0)
    };
    let (mixed, paired) =
        (sum("(1e17), (1.0), (-1e17), (1.0)").await, sum("(1e17), (-1e17), (1.0), (1.0)").await);
    assert_ne!(mixed, paired, "sums of doubles no longer depend on order: the lint float-sum can go");
}

/// `GREATEST` skips NULL: a clamp would turn missing into worst.
#[tokio::test]
async fn greatest_of_zero_and_null_is_zero() {
    let context = SessionContext::new();
    assert_eq!(number(&context, "SELECT greatest(0, CAST(NULL AS BIGINT))").await, 0);
}

/// apache/datafusion#24804: the bounds of doubles leave NaN out, and a column with equal bounds is read as a constant.
/// The reason why `engine::foreign_parquet` hides them.
#[tokio::test]
async fn nan_beside_one_number_is_read_as_that_number() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, RecordBatch};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let column: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, 7.5]));
    let batch = RecordBatch::try_from_iter([("x", column)]).unwrap();
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();

    let context = SessionContext::new();
    let create = format!("CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{}'", path.display());
    context.sql(&create).await.unwrap();
    let batches = context.sql("SELECT x FROM t").await.unwrap().collect().await.unwrap();
    let read = batches[0].column(0).as_primitive::<Float64Type>();
    assert_eq!(read.values(), &[7.5, 7.5], "NaN is read again: the bounds of doubles can be believed");
}

async fn numbers(batch_size: usize, sql: &str) -> Vec<Option<i64>> {
    let config = SessionConfig::new().with_target_partitions(1).with_batch_size(batch_size);
    let batches = SessionContext::new_with_config(config).sql(sql).await.unwrap().collect().await.unwrap();
    batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().iter().collect::<Vec<_>>())
        .collect()
}

/// A frame that ends before the current row does not wait for the other rows without a day, so what they see depends on
/// how rows are cut into batches. The reason for `engine::day_window::stock`.
#[tokio::test]
async fn a_frame_before_the_row_does_not_wait_for_rows_without_a_day() {
    let sql = "SELECT count(*) OVER (ORDER BY day RANGE BETWEEN INTERVAL '9' DAY PRECEDING AND INTERVAL '2' DAY PRECEDING)
               FROM (VALUES (CAST(NULL AS DATE)), (NULL), (NULL)) AS log (day)";
    assert_eq!(numbers(8192, sql).await, [Some(3); 3], "rows without a day are each other's frame");
    assert_ne!(
        numbers(1, sql).await,
        [Some(3); 3],
        "frames wait for all rows now: windows may be streamed again"
    );
}

/// `lead` with `IGNORE NULLS` loses count of the NULLs when it streams. The reason for `engine::day_window::stock`.
#[tokio::test]
async fn lead_ignoring_nulls_loses_count() {
    let sql = "SELECT lead(x, 2) IGNORE NULLS OVER (ORDER BY i) FROM
                 (VALUES (1, 6), (2, 37), (3, 0), (4, -7), (5, NULL), (6, 1)) AS log (i, x)";
    let right = [Some(0), Some(-7), Some(1), None, None, None];
    assert_ne!(numbers(8192, sql).await, right, "NULLs are counted now: windows may be streamed again");
}

/// Sliding variances of doubles retract by subtraction: below zero where large values have left the frame.
#[tokio::test]
async fn sliding_variances_of_doubles_drift() {
    let rows = "(VALUES (1, 1e9, 0.5), (2, 3e8, 0.25), (3, 1.5, 0.75), (4, 1.25, 1.0), (5, 1.75, 0.5), (6, 1.5, 0.25)) AS log (i, x, y)";
    let frame = "OVER (ORDER BY i ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)";
    for call in [
        "var_pop(x)",
        "var(x)",
        "stddev_pop(x)",
        "stddev(x)",
        "covar_pop(x, y)",
        "covar_samp(x, y)",
        "corr(x, y)",
        "regr_slope(y, x)",
        "regr_intercept(y, x)",
        "regr_r2(y, x)",
        "regr_sxx(y, x)",
        "regr_sxy(y, x)",
        "sum(x)",
        "avg(x)",
    ] {
        let sliding = format!("SELECT v FROM (SELECT i, {call} {frame} AS v FROM {rows}) WHERE i = 6");
        let alone = format!("SELECT {call} FROM {rows} WHERE i BETWEEN 4 AND 6");
        let right = crate::ask::plain(&alone).await.unwrap();
        assert_eq!(crate::ask::hale(&sliding).await.unwrap(), right, "{call}");
    }
    let sql = format!("SELECT v FROM (SELECT i, var_pop(x) {frame} AS v FROM {rows}) WHERE i = 6");
    let (drifted, right) = (crate::ask::plain(&sql).await.unwrap(), crate::ask::hale(&sql).await.unwrap());
    assert_ne!(drifted, right, "frames of variances no longer drift: engine::functions::sliding can go");
}
