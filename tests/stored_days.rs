//! Stored tables read day by day: the rows of any other table, in their order, each day's files only where they matter.

use std::fs::File;
use std::sync::Arc;

use crate::windows::support;
use arrow::array::{ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, StringArray};
use chrono::{DateTime, Days, NaiveDate};
use datafusion::common::Result;
use datafusion::datasource::MemTable;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::physical_plan::{collect, displayable};
use datafusion::prelude::{SessionConfig, SessionContext};
use halescore::engine::rules::{Rule, with_rules};
use halescore::engine::stored_days::{DayFile, day_table};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use tempfile::TempDir;
use url::Url;

/// Days after the first of the table.
type Day = u8;
/// Day, account, amount.
type Row = (Day, u8, Option<i64>);

fn date(day: Day) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 1).unwrap() + Days::new(day.into())
}

fn batch(rows: &[Row]) -> RecordBatch {
    let since_epoch = |day: Day| (date(day) - NaiveDate::default()).num_days() as i32;
    let columns: [(&str, ArrayRef); 3] = [
        ("account_id", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| format!("a{}", row.1))))),
        ("as_of_date", Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| since_epoch(row.0))))),
        ("amount", Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

/// Writes each run of rows of one day as a file.
fn stored(rows: &[Row], folder: &TempDir) -> Vec<DayFile> {
    let days = rows.chunk_by(|a, b| a.0 == b.0).enumerate();
    let files = days.map(|(at, rows)| {
        let path = folder.path().join(format!("{at} 100%.parquet"));
        let mut writer =
            ArrowWriter::try_new(File::create(&path).unwrap(), batch(rows).schema(), None).unwrap();
        writer.write(&batch(rows)).unwrap();
        writer.close().unwrap();
        let bytes = path.metadata().unwrap().len();
        let url = Url::from_file_path(path).unwrap();
        DayFile { day: date(rows[0].0), url, bytes, modified: DateTime::UNIX_EPOCH }
    });
    files.collect()
}

/// A session in which the files are `rows` and `others`, or (`files` is `None`) the same rows in memory.
fn session(rows: &[Row], files: Option<&[DayFile]>, threads: usize) -> SessionContext {
    let state = SessionStateBuilder::new()
        .with_config(SessionConfig::new().with_target_partitions(threads).with_batch_size(16))
        .with_default_features()
        .build();
    let state = if files.is_some() { installed(state) } else { state };
    let session = SessionContext::new_with_state(state);
    let schema = batch(rows).schema();
    for name in ["rows", "others"] {
        let order = ["as_of_date".to_owned(), "account_id".to_owned()];
        let table = match files {
            Some(files) => day_table(files, &schema, &order).unwrap(),
            None => Arc::new(MemTable::try_new(schema.clone(), vec![vec![batch(rows)]]).unwrap()),
        };
        session.register_table(name, table).unwrap();
    }
    session
}

fn installed(state: SessionState) -> SessionState {
    with_rules(state, &[Rule::DayRank, Rule::SideBySide, Rule::BuildSide])
}

async fn run(session: &SessionContext, sql: &str) -> Result<(String, Vec<RecordBatch>)> {
    let plan = session.sql(sql).await?.create_physical_plan().await?;
    let shown = displayable(plan.as_ref()).indent(true).to_string();
    Ok((shown, collect(plan, session.task_ctx()).await?))
}

fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0..12u8, 0..40u8, prop::option::of(-50..50i64));
    prop::collection::vec(row, 0..300).prop_map(|mut rows| {
        rows.sort_by_key(|(day, account, _)| (*day, format!("a{account}")));
        rows.dedup_by_key(|(day, account, _)| (*day, *account));
        rows
    })
}

const QUERIES: [&str; 12] = [
    "SELECT * FROM rows",
    "SELECT amount FROM rows WHERE as_of_date BETWEEN DATE '2026-09-03' AND DATE '2026-09-06'",
    "SELECT account_id FROM rows WHERE account_id = 'a7' AND amount IS NOT NULL",
    "SELECT as_of_date, count(*), sum(amount) FROM rows GROUP BY as_of_date",
    "SELECT account_id, max(as_of_date) FROM rows WHERE as_of_date <> DATE '2026-09-04' GROUP BY account_id",
    "SELECT * FROM rows JOIN others USING (as_of_date, account_id) WHERE others.as_of_date < DATE '2026-09-08'",
    "SELECT rows.account_id, others.amount FROM rows JOIN others
     ON rows.account_id = others.account_id AND rows.as_of_date = others.as_of_date + INTERVAL '1' DAY",
    SIDE_BY_SIDE,
    "SELECT rows.amount, third.account_id FROM rows JOIN others USING (as_of_date, account_id)
     JOIN (SELECT * FROM rows WHERE amount > 0) AS third ON third.as_of_date = others.as_of_date AND third.amount > others.amount",
    "SELECT account_id, rank() OVER (PARTITION BY as_of_date ORDER BY amount DESC NULLS LAST) FROM rows",
    "SELECT account_id, sum(amount) OVER (PARTITION BY account_id ORDER BY as_of_date) FROM rows",
    "SELECT account_id, sum(place) OVER (PARTITION BY account_id ORDER BY as_of_date) FROM
     (SELECT *, rank() OVER (PARTITION BY as_of_date ORDER BY amount) AS place FROM rows)",
];

/// Four tables by account and day, in the order in which they are stored.
const SIDE_BY_SIDE: &str = "SELECT rows.account_id, rows.as_of_date, rows.amount, b.amount AS b, c.account_id AS c, d.amount AS d FROM rows
     JOIN others AS b ON b.account_id = rows.account_id AND b.as_of_date = rows.as_of_date
     JOIN rows AS c ON c.account_id = rows.account_id AND c.as_of_date = rows.as_of_date
     JOIN others AS d ON d.account_id = rows.account_id AND d.as_of_date = rows.as_of_date
     ORDER BY rows.as_of_date, rows.account_id";

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/stored_days.txt", 96))]

    #[test]
    fn answers_are_those_over_the_same_rows_in_memory(rows in rows(), threads in 1..5usize, query in prop::sample::select(QUERIES.to_vec())) {
        let folder = tempfile::tempdir().unwrap();
        let files = stored(&rows, &folder);
        blocking(async {
            let (plan, found) = run(&session(&rows, Some(&files), threads), query).await.unwrap();
            let (_, expected) = run(&session(&rows, None, 1), query).await.unwrap();
            assert_eq!(support::lines(&found), support::lines(&expected), "{plan}");
        });
    }
}

/// Three accounts on each of ten days.
fn ten_days() -> Vec<Row> {
    (0..10).flat_map(|day| (0..3).map(move |account| (day, account, Some(1)))).collect()
}

#[test]
fn ranks_within_the_day_and_the_order_of_the_key_take_no_sort() {
    let (rows, folder) = (ten_days(), tempfile::tempdir().unwrap());
    let files = stored(&rows, &folder);
    let sql = "SELECT *, rank() OVER (PARTITION BY as_of_date ORDER BY amount) AS place FROM rows
               ORDER BY as_of_date, account_id";
    let (plan, found) = blocking(run(&session(&rows, Some(&files), 3), sql)).unwrap();
    assert!(plan.contains("DayRankExec") && !plan.contains("SortExec"), "{plan}");
    assert!(!plan.contains("RepartitionExec"), "{plan}");
    assert_eq!(found.iter().map(RecordBatch::num_rows).sum::<usize>(), rows.len());
}

#[test]
fn only_the_files_of_the_days_asked_for_are_read() {
    let (rows, folder) = (ten_days(), tempfile::tempdir().unwrap());
    let files = stored(&rows, &folder);
    let sql = "SELECT account_id FROM rows WHERE as_of_date >= DATE '2026-09-09' AND account_id <> 'a2'";
    let (plan, found) = blocking(run(&session(&rows, Some(&files), 2), sql)).unwrap();
    assert_eq!(plan.matches(".parquet").count(), 2, "{plan}");
    assert!(plan.contains("pruning_predicate"), "filters reach the files' statistics\n{plan}");
    assert_eq!(support::lines(&found), ["a0", "a0", "a1", "a1"]);
}

#[test]
fn rows_in_another_order_or_of_another_day_are_an_error() {
    let unsorted = [(0, 2, None), (0, 1, None)];
    let (first, last) = ([(0, 1, None)], [(1, 1, None)]);
    let swapped = |folder: &TempDir| {
        let folders = [folder.path().join("a"), folder.path().join("b")];
        let mut files = Vec::new();
        for (rows, place) in [&first, &last].into_iter().zip(&folders) {
            std::fs::create_dir(place).unwrap();
            let inner = tempfile::tempdir_in(place).unwrap();
            files.extend(stored(rows, &inner));
            let _ = inner.keep();
        }
        let (a, b) = (files[0].day, files[1].day);
        (files[0].day, files[1].day) = (b, a);
        files
    };
    for threads in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        for files in [stored(&unsorted, &folder), swapped(&folder)] {
            let session = session(&unsorted, Some(&files), threads);
            let error = blocking(run(&session, "SELECT * FROM rows")).unwrap_err();
            assert!(error.to_string().contains("order of as_of_date, account_id"), "{error}");
        }
    }
}

/// What a hash join keeps, under it in a plan as it is shown: the lines of its first input.
fn kept(plan: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = plan.lines().collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let joins = (0..lines.len()).filter(|at| lines[*at].trim_start().starts_with("HashJoinExec"));
    let first_input = |at: usize| {
        let own = depth(lines[at + 1]);
        let rest = lines[at + 2..].iter().take_while(|line| depth(line) > own);
        [lines[at + 1]].into_iter().chain(rest.copied()).collect()
    };
    joins.map(first_input).collect()
}

#[test]
fn tables_side_by_side_are_kept_one_at_a_time_and_what_is_joined_streams_in_order() {
    let (rows, folder) = (ten_days(), tempfile::tempdir().unwrap());
    let files = stored(&rows, &folder);
    let (plan, found) = blocking(run(&session(&rows, Some(&files), 3), SIDE_BY_SIDE)).unwrap();
    let kept = kept(&plan);
    assert_eq!(kept.len(), 3, "{plan}");
    assert!(kept.iter().flatten().all(|line| !line.contains("HashJoinExec")), "a join keeps a join:\n{plan}");
    assert!(!plan.contains("SortExec"), "{plan}");
    assert_eq!(found.iter().map(RecordBatch::num_rows).sum::<usize>(), rows.len());
}

/// A table that streams in an order of which a column is not read has equal rows in what is left of it: each brings its own
/// rows of the table that is kept.
#[test]
fn the_order_of_the_table_that_a_join_keeps_is_not_that_of_what_is_joined() {
    const JOINED: &str = "SELECT rows.account_id FROM rows JOIN places ON places.as_of_date = rows.as_of_date
         AND places.account_id = rows.account_id ORDER BY rows.as_of_date, rows.account_id";
    let rows: Vec<Row> =
        (0..4).flat_map(|day| (0..3).map(move |account| (day, account, Some(-i64::from(account))))).collect();
    let mut places = rows.clone();
    places.sort_by_key(|(day, _, amount)| (*day, *amount));
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let files = [stored(&rows, &folders[0]), stored(&places, &folders[1])];
    let answer = |threads| {
        let config = SessionConfig::new().with_target_partitions(threads);
        let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
        let session = SessionContext::new_with_state(installed(state));
        for ((name, by), files) in [("rows", "account_id"), ("places", "amount")].into_iter().zip(&files) {
            let order = ["as_of_date".to_owned(), by.to_owned()];
            let table = day_table(files, &batch(&rows).schema(), &order).unwrap();
            session.register_table(name, table).unwrap();
        }
        let (_, found) = blocking(run(&session, JOINED)).unwrap();
        let accounts = found.iter().flat_map(|batch| {
            batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned).collect::<Vec<_>>()
        });
        accounts.collect::<Vec<_>>()
    };
    let right = ["a0", "a1", "a2"].repeat(4);
    for threads in 1..4 {
        assert_eq!(answer(threads), right, "{threads} threads");
    }
}
