//! What the operator takes over, and what it leaves alone.

use halescore::engine::day_window::WindowMode;

use super::support::{Engine, Row, Strings, batch};

fn rows() -> Vec<arrow::array::RecordBatch> {
    let row = |at: u8| Row {
        account: Some(at % 3),
        region: at % 2,
        day: Some(19_700 + i32::from(at)),
        user: Some(at % 4),
        amount: Some(i64::from(at)),
        on_spine: Some(at.is_multiple_of(2)),
    };
    vec![batch(&(0..40).map(row).collect::<Vec<_>>(), Strings::View)]
}

const ROW: Row =
    Row { account: Some(1), region: 0, day: Some(19_700), user: None, amount: None, on_spine: None };
const HASHED: Engine = Engine { mode: Some(WindowMode::Hashed), partitions: 2, memory: None };
const WEEK: &str =
    "(PARTITION BY account ORDER BY day RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW)";

#[test]
fn explain_names_keys_frames_and_what_is_emitted() {
    let sql =
        format!("SELECT day, week FROM (SELECT *, sum(amount) OVER {WEEK} AS week FROM rows) WHERE on_spine");
    let (plan, _) = HASHED.run(rows(), &sql);
    let shown = "DayWindowExec: mode=hashed, partition_by=[account@0], order_by=day@1, windows=[";
    assert!(
        plan.contains(shown) && plan.contains("over days -6..0]") && plan.contains("emit=on_spine"),
        "{plan}"
    );
    assert!(!plan.contains("FilterExec") && !plan.contains("RepartitionExec: partitioning=Hash"), "{plan}");
}

#[test]
fn a_mixed_window_is_shared_out() {
    let sql = format!(
        "SELECT account, row_number() OVER (PARTITION BY account ORDER BY day) AS n, sum(amount) OVER {WEEK} AS week, \
         sum(amount * 0.5) OVER {WEEK} AS inexact, count(*) OVER {WEEK} AS days FROM rows QUALIFY n > 0 AND on_spine"
    );
    let (plan, found) = HASHED.run(rows(), &sql);
    assert!(plan.contains("DayWindowExec") && plan.contains("BoundedWindowAggExec"), "{plan}");
    assert_eq!(found, Engine::STOCK.run(rows(), &sql).1);
}

#[test]
fn what_is_not_over_days_is_left_alone() {
    for window in [
        "sum(amount) OVER (PARTITION BY account ORDER BY day DESC)",
        "sum(amount) OVER (PARTITION BY account ORDER BY day, region)",
        "sum(amount) OVER (PARTITION BY account ORDER BY amount)",
        "sum(amount) OVER (PARTITION BY account ORDER BY day ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)",
        "sum(amount) OVER (PARTITION BY account ORDER BY at RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW)",
        "sum(amount) OVER (PARTITION BY account ORDER BY day RANGE BETWEEN INTERVAL '1' MONTH PRECEDING AND CURRENT ROW)",
        "sum(amount) OVER (PARTITION BY account)",
        "sum(CAST(amount AS DOUBLE)) OVER (PARTITION BY account ORDER BY day)",
        "sum(amount) OVER (PARTITION BY CAST(amount AS DOUBLE) ORDER BY day)",
        "min(CAST(amount AS DOUBLE)) OVER (PARTITION BY account ORDER BY day)",
        "sum(DISTINCT amount) OVER (PARTITION BY account ORDER BY day)",
        "stddev(amount) OVER (PARTITION BY account ORDER BY day)",
        "median(DISTINCT amount) OVER (PARTITION BY account ORDER BY day)",
        "median(CAST(amount AS FLOAT)) OVER (PARTITION BY account ORDER BY day)",
        "lag(amount, 0) OVER (PARTITION BY account ORDER BY day)",
        "lag(amount) OVER (PARTITION BY account ORDER BY day DESC)",
        "lead(amount) OVER (PARTITION BY account ORDER BY day, region)",
        "nth_value(amount, 2) OVER (PARTITION BY account ORDER BY day)",
        "rank() OVER (PARTITION BY account ORDER BY day)",
    ] {
        let sql = format!("SELECT account, day, w FROM (SELECT *, {window} AS w FROM rows) WHERE on_spine");
        let (plan, found) = HASHED.run(rows(), &sql);
        assert!(!plan.contains("DayWindowExec"), "{window}\n{plan}");
        assert_eq!(found, Engine::STOCK.run(rows(), &sql).1, "{window}");
    }
}

/// Frames that end before the current row, where days may be missing, and looks ahead with `IGNORE NULLS`: DataFusion's
/// streaming operator gives other answers for other batches (`engine_traps`), so it must not get them.
#[test]
fn what_is_left_is_not_streamed_where_that_is_wrong() {
    let row = |at: u8| Row { day: None, amount: (!at.is_multiple_of(3)).then_some(i64::from(at)), ..ROW };
    let timed = |at: u8| Row {
        account: Some(at % 2),
        amount: (!(5..=90).contains(&at)).then_some(i64::from(at)),
        ..ROW
    };
    let frame = "RANGE BETWEEN INTERVAL '9' DAY PRECEDING AND INTERVAL '2' DAY PRECEDING";
    for (rows, window) in [
        (
            (0..100).map(row).collect::<Vec<_>>(),
            format!(
                "count(DISTINCT CAST(amount AS DOUBLE)) OVER (PARTITION BY account ORDER BY day {frame})"
            ),
        ),
        (
            (0..100).map(timed).collect(),
            "lead(amount, 2) IGNORE NULLS OVER (PARTITION BY account ORDER BY user_id, amount)".to_owned(),
        ),
    ] {
        let rows = vec![batch(&rows, Strings::View)];
        for sql in [
            format!("SELECT amount, {window} AS w FROM rows"),
            format!(
                "SELECT amount, w, week FROM (SELECT *, {window} AS w, sum(amount) OVER {WEEK} AS week FROM rows)"
            ),
            format!(
                "SELECT amount, {window} AS w FROM (SELECT * FROM rows ORDER BY day, user_id, amount LIMIT 1000)"
            ),
        ] {
            let (plan, found) = HASHED.run(rows.clone(), &sql);
            assert_eq!(found, Engine { partitions: 1, ..HASHED }.run(rows.clone(), &sql).1, "{sql}");
            assert!(plan.contains(" WindowAggExec") && !plan.contains("BoundedWindowAggExec"), "{plan}");
            assert_eq!(plan.contains("DayWindowExec"), sql.contains("week"), "{plan}");
            assert_eq!(found, Engine::STOCK.run(rows.clone(), &sql).1, "{sql}");
        }
    }
}

#[test]
fn a_condition_on_results_stays_above() {
    let sql =
        format!("SELECT day FROM rows QUALIFY sum(amount) OVER {WEEK} > 20 AND on_spine AND random() < 2");
    let (plan, found) = HASHED.run(rows(), &sql);
    assert!(plan.contains("FilterExec") && plan.contains("emit=on_spine"), "{plan}");
    assert!(
        !plan
            .split("emit=")
            .nth(1)
            .is_some_and(|emit| emit.contains("random()") && !plan.contains("FilterExec"))
    );
    assert_eq!(found, Engine::STOCK.run(rows(), &sql).1);
}

#[test]
fn windows_over_windows_answer_each_in_turn() {
    let sql = format!(
        "SELECT account, day, max(week) OVER {WEEK} FROM (SELECT *, sum(amount) OVER {WEEK} AS week FROM rows)"
    );
    for engine in Engine::OURS {
        let (plan, found) = engine.run(rows(), &sql);
        assert_eq!(plan.matches("DayWindowExec").count(), 2, "{plan}");
        assert_eq!(found, Engine::STOCK.run(rows(), &sql).1);
    }
}

#[test]
fn rows_of_one_day_are_told_apart_by_value() {
    let mut rows = rows();
    let sql = "SELECT DISTINCT region, first_value(amount) OVER w, last_value(amount) OVER w FROM (SELECT region, \
               amount, DATE '2024-01-01' AS day FROM rows) WINDOW w AS (PARTITION BY region ORDER BY day)";
    let expected = vec!["0 | 0 | 38", "1 | 1 | 39"];
    assert_eq!(HASHED.run(rows.clone(), sql).1, expected);
    let reversed: arrow::array::UInt32Array = (0..40).rev().collect();
    rows[0] = arrow::compute::take_record_batch(&rows[0], &reversed).expect("rows in another order");
    assert_eq!(HASHED.run(rows, sql).1, expected);
}
