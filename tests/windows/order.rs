//! Results in the order of a sort above, without the sort.

use arrow::array::RecordBatch;
use datafusion::physical_plan::{collect, displayable};
use halescore::engine::day_window::WindowMode;
use proptest::prelude::*;

use super::support::{Engine, Row, Strings, batch, lines, pieces, rows, strings};

const HASHED: Engine = Engine { mode: Some(WindowMode::Hashed), partitions: 2, memory: None };

/// The plan, and the rows as they come.
fn run(engine: Engine, rows: Vec<RecordBatch>, sql: &str) -> (String, Vec<RecordBatch>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let session = engine.session(rows);
        let plan = session.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
        let shown = displayable(plan.as_ref()).indent(true).to_string();
        (shown, collect(plan, session.task_ctx()).await.unwrap())
    })
}

/// The columns that rows are sorted by, row by row.
fn keys(batches: &[RecordBatch], columns: &[usize]) -> Vec<String> {
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| batch.slice(row, 1)));
    rows.flat_map(|row| lines(&[row.project(columns).expect("columns of the result")])).collect()
}

fn query(order: &str, tail: &str) -> String {
    let window = "(PARTITION BY account, region ORDER BY day RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW)";
    format!(
        "SELECT account, region, day, week + 1 AS more, users FROM (SELECT *, sum(amount) OVER {window} AS week, \
         count(DISTINCT user) OVER {window} AS users FROM rows) {tail} ORDER BY {order}"
    )
}

fn agree(rows: &[Row], input: &[RecordBatch], (order, columns): (&str, &[usize]), tail: &str) {
    let sql = query(order, tail);
    let (plan, found) = run(HASHED, input.to_vec(), &sql);
    assert!(plan.contains("order=") && !plan.contains("SortExec"), "{plan}");
    let (_, expected) = run(Engine::STOCK, input.to_vec(), &sql);
    assert_eq!(keys(&found, columns), keys(&expected, columns), "{order}: {rows:?}");
    assert_eq!(lines(&found), lines(&expected));
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/windows_order.txt", 24))]

    #[test]
    fn results_come_by_day_or_by_account(
        rows in rows(),
        layout in strings(),
        piece in 1..60usize,
        by in prop::sample::select(vec![
            ("day, account, region", &[2, 0, 1][..]),
            ("day, account", &[2, 0]),
            ("day", &[2]),
            ("account, region, day", &[0, 1, 2]),
        ]),
        tail in prop::sample::select(vec!["", "WHERE on_spine"]),
    ) {
        agree(&rows, &pieces(&batch(&rows, layout), piece), by, tail);
    }
}

#[test]
fn another_order_is_left_to_a_sort() {
    for order in ["day DESC, account, region", "account, day, region", "users, day", "day NULLS FIRST"] {
        let (plan, _) = run(HASHED, vec![batch(&[], Strings::View)], &query(order, ""));
        assert!(plan.contains("SortExec") && !plan.contains("order="), "{order}: {plan}");
    }
}

/// What results are sorted by may be asked for by nobody: they come sorted all the same, with one thread as with many.
#[tokio::test]
async fn results_keep_their_order_when_the_day_is_not_selected() {
    let rows: Vec<String> = (0..12)
        .map(|at| format!("('{}', DATE '2026-03-01' + {}, {at})", ["c", "a", "b"][at % 3], 11 - at))
        .collect();
    let sums = format!(
        "SELECT account, sum(x) OVER (PARTITION BY account ORDER BY day RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW) AS s
         FROM (VALUES {}) AS log (account, day, x)",
        rows.join(", ")
    );
    // Account c has the rows 9, 6, 3 and 0, from its first day to its last.
    for threads in [1, 2, 4] {
        let last =
            crate::ask::hale_with(threads, &format!("{sums} ORDER BY account, day OFFSET 10")).await.unwrap();
        assert_eq!(last, ["c | 18", "c | 9"], "{threads} threads");
        let last =
            crate::ask::hale_with(threads, &format!("{sums} ORDER BY day, account OFFSET 11")).await.unwrap();
        assert_eq!(last, ["c | 9"], "{threads} threads");
    }
}
