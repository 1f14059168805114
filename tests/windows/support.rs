//! Random rows, sessions with and without the operator, and answers as sorted text.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Int32Array, Int64Array,
    RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Int32Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::Result;
use datafusion::datasource::MemTable;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::physical_plan::{collect, displayable};
use datafusion::prelude::{SessionConfig, SessionContext};
use halescore::engine::day_window::{WindowMode, WindowOptions};
use halescore::engine::functions::aggregates;
use halescore::engine::rules::{Rule, with_rules};
use proptest::prelude::*;

/// One row of the table `rows`.
#[derive(Debug, Clone)]
pub struct Row {
    pub account: Option<u8>,
    pub region: u8,
    pub day: Option<i32>,
    pub user: Option<u8>,
    pub amount: Option<i64>,
    pub on_spine: Option<bool>,
}

/// Rows with NULLs, ties and gaps; amounts may be negative.
pub fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        prop::option::weighted(0.9, 0..4u8),
        0..2u8,
        prop::option::weighted(0.95, prop_oneof![9 => 0..60i32, 1 => 200..4000i32]),
        prop::option::weighted(0.85, 0..6u8),
        prop::option::weighted(0.85, -20..100i64),
        prop::option::weighted(0.9, any::<bool>()),
    );
    let row = row.prop_map(|(account, region, day, user, amount, on_spine)| Row {
        account,
        region,
        day: day.map(|day| day + 19_700),
        user,
        amount,
        on_spine,
    });
    prop::collection::vec(row, 0..160)
}

/// How strings are laid out in memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strings {
    Utf8,
    View,
    Dictionary,
}

/// Any of the layouts.
pub fn strings() -> impl Strategy<Value = Strings> {
    prop_oneof![Just(Strings::Utf8), Just(Strings::View), Just(Strings::Dictionary)]
}

fn text(values: impl Iterator<Item = Option<String>>, layout: Strings) -> ArrayRef {
    let values: Vec<Option<String>> = values.collect();
    match layout {
        Strings::Utf8 => Arc::new(StringArray::from(values)),
        Strings::View => Arc::new(values.into_iter().collect::<StringViewArray>()),
        Strings::Dictionary => {
            let values: DictionaryArray<Int32Type> = values.iter().map(Option::as_deref).collect();
            Arc::new(values)
        }
    }
}

/// The rows as a batch: `account, region, day, user, user_id, amount, small, price, at, on_spine`.
pub fn batch(rows: &[Row], layout: Strings) -> RecordBatch {
    let amounts = || rows.iter().map(|row| row.amount);
    let price: Decimal128Array = amounts().map(|amount| amount.map(|a| i128::from(a) * 5)).collect();
    let price = price.with_precision_and_scale(12, 2).expect("prices are short");
    let user = |row: &Row| row.user.map(|user| format!("user {user} of a name too long to be inlined"));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("account", text(rows.iter().map(|row| row.account.map(|a| format!("account-{a}"))), layout)),
        ("region", Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| i32::from(row.region))))),
        ("day", Arc::new(rows.iter().map(|row| row.day).collect::<Date32Array>())),
        ("user", text(rows.iter().map(user), layout)),
        ("user_id", Arc::new(rows.iter().map(|row| row.user.map(i64::from)).collect::<Int64Array>())),
        ("amount", Arc::new(amounts().collect::<Int64Array>())),
        ("small", Arc::new(amounts().map(|amount| amount.map(|a| a as i32)).collect::<Int32Array>())),
        ("price", Arc::new(price)),
        ("at", Arc::new(amounts().collect::<TimestampMicrosecondArray>())),
        ("on_spine", Arc::new(rows.iter().map(|row| row.on_spine).collect::<BooleanArray>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .expect("columns of one length")
}

/// A way to run a query.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    /// The mode of our operator; `None` is DataFusion as it is.
    pub mode: Option<WindowMode>,
    pub partitions: usize,
    pub memory: Option<usize>,
}

impl Engine {
    pub const STOCK: Self = Self { mode: None, partitions: 1, memory: None };
    /// Every way in which our operator runs.
    pub const OURS: [Self; 4] = [
        Self { mode: Some(WindowMode::Hashed), partitions: 1, memory: None },
        Self { mode: Some(WindowMode::Hashed), partitions: 3, memory: None },
        Self { mode: Some(WindowMode::Sorted), partitions: 1, memory: None },
        Self { mode: Some(WindowMode::Sorted), partitions: 3, memory: None },
    ];

    /// A session in which `rows` is a table of as many partitions.
    pub fn session(self, rows: Vec<RecordBatch>) -> SessionContext {
        // Ours must not depend on how rows are cut into batches. DataFusion's does: a frame that ends before the current
        // row does not wait for the other rows without a day, so it gets all rows in one batch.
        let batch_size = if self.mode.is_some() { 32 } else { 8192 };
        let mut config =
            SessionConfig::new().with_target_partitions(self.partitions).with_batch_size(batch_size);
        let mut runtime = RuntimeEnvBuilder::new();
        if let Some(memory) = self.memory {
            runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(memory)));
            config = config.with_sort_spill_reservation_bytes(64 << 10).with_batch_size(1024);
        }
        if let Some(mode) = self.mode {
            let mut options = WindowOptions::default();
            options.window_mode = mode;
            config = config.with_option_extension(options);
        }
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime.build_arc().expect("a runtime"))
            .with_default_features()
            .build();
        let ours = [Rule::DayWindow, Rule::WholePartitions];
        let state = if self.mode.is_some() { with_rules(state, &ours) } else { state };
        let session = SessionContext::new_with_state(state);
        for aggregate in aggregates() {
            session.register_udaf(aggregate.as_ref().clone());
        }
        let schema = rows[0].schema();
        let mut partitions = vec![Vec::new(); self.partitions];
        for (at, batch) in rows.into_iter().enumerate() {
            partitions[at % self.partitions].push(batch);
        }
        let table = MemTable::try_new(schema, partitions).expect("batches of one schema");
        session.register_table("rows", Arc::new(table)).expect("a new table");
        session
    }

    /// The plan of a query, and its rows as sorted text.
    pub fn try_run(self, rows: Vec<RecordBatch>, sql: &str) -> Result<(String, Vec<String>)> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let session = self.session(rows);
            let plan = session.sql(sql).await?.create_physical_plan().await?;
            let shown = displayable(plan.as_ref()).indent(true).to_string();
            let batches = collect(plan, session.task_ctx()).await?;
            Ok((shown, lines(&batches)))
        })
    }

    /// The same where nothing can fail.
    pub fn run(self, rows: Vec<RecordBatch>, sql: &str) -> (String, Vec<String>) {
        self.try_run(rows, sql).unwrap_or_else(|error| panic!("{self:?}: {error}\n{sql}"))
    }
}

/// Rows as sorted text.
pub fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let format = FormatOptions::default().with_null("NULL");
    let mut lines = Vec::new();
    for batch in batches {
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &format).expect("a printable column"))
            .collect();
        for row in 0..batch.num_rows() {
            let values: Vec<String> = columns.iter().map(|column| column.value(row).to_string()).collect();
            lines.push(values.join(" | "));
        }
    }
    lines.sort_unstable();
    lines
}

/// The batch cut into pieces of so many rows.
pub fn pieces(batch: &RecordBatch, rows: usize) -> Vec<RecordBatch> {
    let starts = (0..batch.num_rows().max(1)).step_by(rows);
    starts.map(|start| batch.slice(start, rows.min(batch.num_rows() - start))).collect()
}
