//! Places within a day, of rows that come day by day: the same as DataFusion's own windows, in the order of the rows.

use std::sync::Arc;

use crate::windows::support;
use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray};
use datafusion::common::Result;
use datafusion::datasource::MemTable;
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{SortExpr, col};
use datafusion::physical_plan::{collect, displayable};
use datafusion::prelude::{SessionConfig, SessionContext};
use halescore::engine::day_window::{WindowMode, WindowOptions};
use halescore::engine::rules::{Rule, with_rules};
use proptest::prelude::*;

/// Day, score, peers.
type Row = (Option<i32>, Option<f64>, Option<u8>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let score = prop_oneof![
        8 => (0..6i32).prop_map(|score| f64::from(score) * 12.5),
        1 => any::<f64>(),
        1 => Just(0.0),
        1 => Just(-0.0),
        1 => Just(f64::NAN),
    ];
    let row = (
        prop::option::weighted(0.97, 0..5i32),
        prop::option::weighted(0.8, score),
        prop::option::weighted(0.9, 0..3u8),
    );
    prop::collection::vec(row, 0..120).prop_map(|mut rows: Vec<Row>| {
        rows.sort_by_key(|(day, ..)| day.unwrap_or(i32::MAX));
        rows
    })
}

fn batch(rows: &[Row]) -> RecordBatch {
    let peers = rows.iter().map(|(_, _, peers)| peers.map(|peers| format!("peers {peers}")));
    let columns: [(&str, ArrayRef); 4] = [
        ("place", Arc::new(Int64Array::from_iter_values(0..rows.len() as i64))),
        ("day", Arc::new(rows.iter().map(|row| row.0).collect::<Date32Array>())),
        ("score", Arc::new(rows.iter().map(|row| row.1).collect::<Float64Array>())),
        ("peers", Arc::new(peers.collect::<StringViewArray>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

/// A session in which `rows` come day by day, in pieces.
fn session(rows: &[Row], piece: usize, ours: bool, options: WindowOptions, memory: usize) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(1).with_option_extension(options);
    let pool = Arc::new(GreedyMemoryPool::new(memory));
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc().unwrap())
        .with_default_features()
        .build();
    let session =
        SessionContext::new_with_state(if ours { with_rules(state, &[Rule::DayRank]) } else { state });
    let batch = batch(rows);
    let pieces = support::pieces(&batch, piece);
    let table = MemTable::try_new(batch.schema(), vec![pieces]).unwrap();
    let order: Vec<SortExpr> = vec![col("day").sort(true, false)];
    session.register_table("rows", Arc::new(table.with_sort_order(vec![order]))).unwrap();
    session
}

async fn run(session: &SessionContext, sql: &str) -> Result<(String, Vec<RecordBatch>)> {
    let plan = session.sql(sql).await?.create_physical_plan().await?;
    let shown = displayable(plan.as_ref()).indent(true).to_string();
    Ok((shown, collect(plan, session.task_ctx()).await?))
}

const TAKEN: [&str; 7] = [
    "rank() OVER (PARTITION BY day ORDER BY score DESC NULLS LAST)",
    "rank() OVER (PARTITION BY day ORDER BY score ASC NULLS FIRST)",
    "rank() OVER (PARTITION BY day, coalesce(peers, '') ORDER BY score DESC NULLS LAST)",
    "rank() OVER (PARTITION BY day ORDER BY peers, score)",
    "count(score) OVER (PARTITION BY day)",
    "count(score) OVER (PARTITION BY day, peers)",
    "count(score) OVER (PARTITION BY day, coalesce(peers, '') ORDER BY score ASC NULLS LAST)",
];

fn query(windows: &[&str]) -> String {
    let windows = windows.iter().enumerate().map(|(at, window)| format!(", {window} AS w{at}"));
    format!("SELECT place, day, score{} FROM rows", windows.collect::<String>())
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/day_rank.txt", 64))]

    #[test]
    fn places_and_counts_are_those_of_datafusion(
        rows in rows(),
        piece in 1..50usize,
        windows in prop::sample::subsequence(TAKEN.to_vec(), 1..=TAKEN.len()),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let sql = query(&windows);
            let ours = session(&rows, piece, true, WindowOptions::default(), 1 << 30);
            let (plan, found) = run(&ours, &sql).await.unwrap();
            assert!(plan.contains("DayRankExec") && !plan.contains("WindowAggExec") && !plan.contains("SortExec"), "{plan}");
            let places = found.iter().flat_map(|batch| {
                let places = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
                places.values().to_vec()
            });
            assert!(places.eq(0..rows.len() as i64), "rows go out as they come");
            let stock = session(&rows, piece, false, WindowOptions::default(), 1 << 30);
            let (_, expected) = run(&stock, &sql).await.unwrap();
            assert_eq!(support::lines(&found), support::lines(&expected));
        });
    }
}

#[tokio::test]
async fn other_windows_stay() {
    let rows = [(Some(1), Some(2.0), None), (Some(2), None, Some(1))];
    for window in [
        "sum(score) OVER (PARTITION BY day)",
        "rank() OVER (ORDER BY score)",
        "rank() OVER (PARTITION BY peers ORDER BY score)",
        "dense_rank() OVER (PARTITION BY day ORDER BY score)",
        "count(DISTINCT score) OVER (PARTITION BY day)",
        "count(score) FILTER (WHERE score > 1) OVER (PARTITION BY day)",
        "count(score) OVER (PARTITION BY day ORDER BY score ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
        "count(score) OVER (PARTITION BY day ORDER BY score RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
    ] {
        let ours = session(&rows, 1, true, WindowOptions::default(), 1 << 30);
        let (plan, found) = run(&ours, &query(&[window])).await.unwrap();
        assert!(plan.contains("WindowAggExec") && !plan.contains("DayRankExec"), "{window}\n{plan}");
        assert_eq!(support::lines(&found).len(), 2);
    }
}

#[tokio::test]
async fn a_day_that_does_not_fit_into_memory_is_an_error_and_is_left_alone_where_memory_is_scarce() {
    let rows: Vec<Row> = (0..20_000).map(|row| (Some(1), Some(f64::from(row)), None)).collect();
    let sql = query(&TAKEN[..1]);
    let small = session(&rows, 8192, true, WindowOptions::default(), 100_000);
    let error = run(&small, &sql).await.unwrap_err();
    assert!(error.to_string().contains("DayRankExec"), "{error}");
    let mut options = WindowOptions::default();
    options.window_mode = WindowMode::Sorted;
    let scarce = session(&rows, 8192, true, options, 1 << 30);
    let (plan, _) = run(&scarce, &sql).await.unwrap();
    assert!(!plan.contains("DayRankExec"), "{plan}");
}
