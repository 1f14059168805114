//! Plans with and without a sieve give the same rows.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use arrow::util::pretty::pretty_format_batches;
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::datasource::MemTable;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::{ExecutionPlan, collect, displayable};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use proptest::prelude::*;

use super::rule::KeySieveRule;

/// A key of two columns and what else stands in the row.
type Row = (Option<i64>, Option<&'static str>, i64);

const FIRSTS: &str =
    "SELECT k, t, v, row_number() OVER (PARTITION BY k, t ORDER BY v DESC, w) AS n, w FROM t";

/// A session with the rule from so many rows on; without it where there is no number.
fn session(from_rows: Option<usize>, threads: usize, runtime: Arc<RuntimeEnv>) -> SessionContext {
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_runtime_env(runtime)
        .with_config(SessionConfig::new().with_target_partitions(threads).with_batch_size(50))
        .build();
    let mut rules = state.physical_optimizers().to_vec();
    if let Some(from_rows) = from_rows {
        rules.insert(0, Arc::new(KeySieveRule { groups_from: from_rows, firsts_from: from_rows }));
    }
    let state = SessionStateBuilder::new_from_existing(state).with_physical_optimizer_rules(rules).build();
    SessionContext::new_with_state(state)
}

fn batch(rows: &[(usize, Row)]) -> RecordBatch {
    let keys: ArrayRef = Arc::new(rows.iter().map(|(_, row)| row.0).collect::<Int64Array>());
    let texts: ArrayRef = Arc::new(rows.iter().map(|(_, row)| row.1).collect::<StringArray>());
    let values: ArrayRef = Arc::new(rows.iter().map(|(_, row)| Some(row.2)).collect::<Int64Array>());
    let places: ArrayRef =
        Arc::new(rows.iter().map(|(place, _)| Some(*place as i64)).collect::<Int64Array>());
    let columns = [("k", keys, true), ("t", texts, true), ("v", values, false), ("w", places, false)];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// The rows as the table `t`, dealt out to some partitions.
fn register(context: &SessionContext, rows: &[Row], partitions: usize) {
    let rows: Vec<_> = rows.iter().copied().enumerate().collect();
    let part = |p: usize| vec![batch(&rows.iter().skip(p).step_by(partitions).copied().collect::<Vec<_>>())];
    let parts = (0..partitions).map(part).collect();
    context.register_table("t", Arc::new(MemTable::try_new(batch(&[]).schema(), parts).unwrap())).unwrap();
}

fn small() -> SessionContext {
    let context = session(Some(0), 3, Arc::default());
    register(&context, &[(Some(1), Some("a"), 7)], 2);
    context
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

async fn planned(context: &SessionContext, sql: &str) -> Arc<dyn ExecutionPlan> {
    context.sql(sql).await.unwrap().create_physical_plan().await.unwrap()
}

fn shown(plan: &Arc<dyn ExecutionPlan>) -> String {
    displayable(plan.as_ref()).indent(false).to_string()
}

fn plan(sql: &str) -> String {
    run(async { shown(&planned(&small(), sql).await) })
}

/// The rows of a plan, as texts in order.
async fn given(plan: &Arc<dyn ExecutionPlan>, context: &SessionContext) -> Vec<String> {
    let batches = collect(Arc::clone(plan), context.task_ctx()).await.unwrap();
    let table = pretty_format_batches(&batches).unwrap().to_string();
    let mut lines: Vec<String> =
        table.lines().skip(3).filter(|line| line.starts_with('|')).map(str::to_owned).collect();
    for line in &mut lines {
        line.retain(|c| c != ' ');
    }
    lines.sort_unstable();
    lines
}

async fn answer(context: &SessionContext, sql: &str) -> Vec<String> {
    given(&planned(context, sql).await, context).await
}

#[test]
fn only_groups_of_two_and_more_are_sieved() {
    let is_sieved = |having: &str| {
        let plan = plan(&format!("SELECT k, count(*) AS n FROM t GROUP BY k HAVING {having}"));
        plan.contains("KeySieveExec: keep=Repeated")
    };
    assert!(is_sieved("count(*) > 1"));
    assert!(is_sieved("count(*) >= 2"));
    assert!(is_sieved("count(*) > 3 AND k > 7"));
    assert!(!is_sieved("count(*) > 0"));
    assert!(!is_sieved("count(*) >= 1"));
    assert!(!is_sieved("count(*) < 5"));
    assert!(!is_sieved("count(*) > 1 OR k > 7"));
    assert!(!is_sieved("sum(k) > 1"));
    let distinct = plan("SELECT k FROM (SELECT DISTINCT k, t FROM t) GROUP BY k HAVING count(*) > 1");
    assert!(!distinct.contains("KeySieveExec"));
}

#[test]
fn only_windows_for_the_first_row_of_a_key_are_sieved() {
    let is_sieved = |window: &str, condition: &str| {
        let plan = plan(&format!("SELECT k, t, v FROM t QUALIFY {window} {condition}"));
        let sieves = plan.matches("KeySieveExec").count();
        assert!(sieves == 0 || plan.contains("keep=Once") && plan.contains("keep=Repeated"), "{plan}");
        sieves == 2
    };
    let numbers = "row_number() OVER (PARTITION BY k ORDER BY v)";
    assert!(is_sieved(numbers, "= 1"));
    assert!(is_sieved(numbers, "<= 1"));
    assert!(is_sieved(numbers, "< 2"));
    assert!(is_sieved(numbers, "= 1 AND v > 3"));
    assert!(!is_sieved(numbers, "= 2"));
    assert!(!is_sieved(numbers, "<= 2"));
    assert!(!is_sieved(numbers, "> 1"));
    assert!(is_sieved(numbers, "= 1 OR v > 3"));
    assert!(!is_sieved(numbers, "= 2 OR v > 3"));
    assert!(!is_sieved("row_number() OVER (ORDER BY v)", "= 1"));
    assert!(!is_sieved("row_number() OVER (PARTITION BY CAST(k AS DOUBLE) ORDER BY v)", "= 1"));
    assert!(!is_sieved("row_number() OVER (PARTITION BY random() ORDER BY v)", "= 1"));
    assert!(!is_sieved("rank() OVER (PARTITION BY k ORDER BY v)", "= 1"));
    assert!(!is_sieved("sum(v) OVER (PARTITION BY k ORDER BY v)", "= 1"));
    let nested = plan(&format!("SELECT k, t, v FROM ({FIRSTS}) WHERE n = 1 AND v > 3"));
    assert_eq!(nested.matches("KeySieveExec").count(), 2, "{nested}");
    let joined = "SELECT a.k FROM t AS a JOIN t AS b ON a.v = b.v QUALIFY row_number() OVER (PARTITION BY a.k ORDER BY a.v) = 1";
    assert!(!plan(joined).contains("KeySieveExec"));
}

#[test]
fn few_rows_are_left_alone() {
    run(async {
        let context = session(Some(4), 2, Arc::default());
        for (rows, is_sieved) in [(3, false), (4, true)] {
            register(&context, &vec![(Some(1), None, 2); rows], 2);
            let plan = planned(&context, &format!("SELECT k FROM ({FIRSTS}) WHERE n = 1")).await;
            assert_eq!(shown(&plan).contains("KeySieveExec"), is_sieved);
            context.deregister_table("t").unwrap();
        }
    });
}

/// Tables of files: a scan that gave its files away once has none for the second reading.
#[test]
fn files_are_read_in_full_each_time_and_only_the_columns_that_are_wanted() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let context = session(Some(0), 2, Arc::default());
        let rows: Vec<Row> = (0..900).map(|n| (Some(n % 800), Some("text"), n)).collect();
        register(&context, &rows, 4);
        let files = folder.path().to_str().unwrap();
        let written = context.table("t").await.unwrap();
        written.write_parquet(files, DataFrameWriteOptions::new(), None).await.unwrap();
        context.register_parquet("f", files, ParquetReadOptions::default()).await.unwrap();

        let repeated = "SELECT k FROM f GROUP BY k HAVING count(*) > 1";
        assert_eq!(answer(&context, repeated).await.len(), 100);
        let unbounded = "SELECT k FROM f WHERE v + 0 >= 0 OR v IS NULL GROUP BY k HAVING count(*) > 1";
        assert_eq!(answer(&context, unbounded).await.len(), 100);
        let firsts = "SELECT k FROM f QUALIFY row_number() OVER (PARTITION BY k ORDER BY v) = 1";
        assert_eq!(answer(&context, firsts).await.len(), 800);
        let only = "SELECT k FROM f QUALIFY row_number() OVER (PARTITION BY k ORDER BY k) = 1";
        assert_eq!(answer(&context, only).await.len(), 800);

        let all = "SELECT v FROM f QUALIFY row_number() OVER (PARTITION BY k ORDER BY v, t, w) = 1";
        let plan = planned(&context, all).await;
        let shown = shown(&plan);
        let scans: Vec<&str> = shown
            .lines()
            .filter_map(|line| line.trim().strip_prefix("DataSourceExec")?.split_once("projection=["))
            .filter_map(|(_, columns)| Some(columns.split_once(']')?.0))
            .collect();
        assert_eq!(scans, ["k@0 as key_0", "k, v", "k@0 as key_0", "k, t, v, w"], "{shown}");
    });
}

#[test]
fn a_plan_may_be_run_again_and_left_early() {
    run(async {
        let context = session(Some(0), 3, Arc::default());
        register(&context, &(0..500).map(|n| (Some(n % 450), None, n)).collect::<Vec<_>>(), 3);
        let plan = planned(&context, &format!("SELECT k FROM ({FIRSTS}) WHERE n = 1")).await;
        drop(plan.execute(0, context.task_ctx()).unwrap());
        for _ in 0..2 {
            let again = reset_plan_states(Arc::clone(&plan)).unwrap();
            assert_eq!(given(&again, &context).await.len(), 450);
        }
        let some = answer(&context, &format!("SELECT k FROM ({FIRSTS}) WHERE n = 1 LIMIT 3")).await;
        assert_eq!(some.len(), 3);
    });
}

#[test]
fn what_fails_in_the_first_reading_is_told() {
    run(async {
        let sql = "SELECT v FROM t QUALIFY row_number() OVER (PARTITION BY CAST(t AS BIGINT) ORDER BY v) = 1";
        let error = small().sql(sql).await.unwrap().collect().await.unwrap_err();
        assert!(error.to_string().contains("Cannot cast string 'a'"), "{error}");
    });
}

/// Many rows in little memory: the sieve takes some keys for repeated that are not, and sorts spill.
#[test]
fn in_little_memory_sorts_spill_and_the_rows_are_the_same() {
    let row = |n: i64| (Some(n * 7919 % 100_000), Some(["a", "b", "c"][(n % 3) as usize]), n % 97);
    let rows: Vec<Row> = (0..150_000).flat_map(|n| [row(n), row(n)]).collect();
    let pool = TrackConsumersPool::new(FairSpillPool::new(8 << 20), NonZeroUsize::MIN);
    let scarce = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc().unwrap();
    let sql = format!("SELECT k, t, v, n, w FROM ({FIRSTS}) WHERE n = 1");
    run(async {
        let plain = session(None, 2, Arc::default());
        register(&plain, &rows, 3);
        let mut config = SessionConfig::new().with_target_partitions(2).with_batch_size(1024);
        config.options_mut().execution.sort_spill_reservation_bytes = 1 << 16;
        let state = SessionStateBuilder::new_from_existing(session(Some(0), 2, scarce).state());
        let sieved = SessionContext::new_with_state(state.with_config(config).build());
        register(&sieved, &rows, 3);
        let plan = planned(&sieved, &sql).await;
        let answered = given(&plan, &sieved).await;
        assert!(spills(&plan) > 0, "{}", shown(&plan));
        assert!(answered == answer(&plain, &sql).await);
    });
}

fn spills(plan: &Arc<dyn ExecutionPlan>) -> usize {
    let own = plan.metrics().and_then(|metrics| metrics.spill_count()).unwrap_or_default();
    own + plan.children().into_iter().map(spills).sum::<usize>()
}

fn keys(most: i64) -> impl Strategy<Value = Vec<Row>> {
    let text =
        prop::sample::select(vec![None, Some(""), Some("a"), Some("b"), Some("a text longer than a view")]);
    prop::collection::vec((prop::option::of(0..most), text, 0..5i64), 0..160)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn repeated_keys_are_counted_as_they_are(rows in keys(40), partitions in 1..4usize) {
        let mut counts = std::collections::BTreeMap::new();
        for (key, text, _) in &rows {
            *counts.entry((*key, *text)).or_insert(0i64) += 1;
        }
        let expected: i64 = counts.values().filter(|count| **count > 1).map(|count| count * count).sum();
        let counted = run(async {
            let context = session(Some(0), 3, Arc::default());
            register(&context, &rows, partitions);
            let sql = "SELECT sum(n * n) FROM (SELECT k, t, count(*) AS n FROM t GROUP BY k, t HAVING count(*) > 1)";
            let plan = planned(&context, sql).await;
            assert!(shown(&plan).contains("KeySieveExec"), "{}", shown(&plan));
            collect(plan, context.task_ctx()).await.unwrap()
        });
        let column = counted[0].column(0).as_primitive::<Int64Type>();
        prop_assert_eq!(column.iter().next().flatten().unwrap_or(0), expected);
    }

    /// Keys of which nearly all stand once, and keys of which nearly none does.
    #[test]
    fn first_rows_are_those_of_the_plain_plan(
        rows in prop_oneof![keys(3), keys(40), keys(4_000)],
        partitions in 1..4usize,
        threads in 1..4usize,
    ) {
        run(async {
            let (plain, sieved) = (session(None, threads, Arc::default()), session(Some(0), threads, Arc::default()));
            for context in [&plain, &sieved] {
                register(context, &rows, partitions);
            }
            for (query, sieves) in [
                (format!("SELECT k, t, v, w, n FROM ({FIRSTS}) WHERE n = 1"), 2),
                (format!("SELECT w, n + 1 AS m FROM ({FIRSTS}) WHERE n < 2 AND v > 1 AND n * v < 4"), 2),
                ("SELECT w FROM t QUALIFY row_number() OVER (PARTITION BY k ORDER BY v, w) <= 1 ORDER BY w".into(), 2),
                ("SELECT w FROM t QUALIFY row_number() OVER (PARTITION BY t, v ORDER BY w) = 1".into(), 2),
                ("SELECT w, d FROM (SELECT w, v, row_number() OVER one AS n, lag(v) OVER one AS d FROM t \
                  WINDOW one AS (PARTITION BY k ORDER BY v, w)) WHERE n = 1 OR d < v - 2".into(), 2),
                ("SELECT t, count(*), sum(w) FROM (SELECT t, w FROM t WHERE v > 0 QUALIFY row_number() OVER \
                  (PARTITION BY upper(t) ORDER BY w) = 1) GROUP BY t".into(), 2),
            ] {
                let plan = planned(&sieved, &query).await;
                assert_eq!(shown(&plan).matches("KeySieveExec").count(), sieves, "{}", shown(&plan));
                let expected = planned(&plain, &query).await;
                assert_eq!(plan.schema(), expected.schema());
                assert_eq!(given(&plan, &sieved).await, given(&expected, &plain).await, "{query}");
            }
        });
    }
}
