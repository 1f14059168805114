//! From input rows to measures of accounts and days.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use arrow::compute::{BatchCoalescer, partition};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::common::{Result, exec_err};
use datafusion::physical_plan::PhysicalExpr;

use super::accounts::Accounts;
use super::frame::{NULL_FIRST, NULL_LAST};
use super::interner::Interner;
use super::keyed::KeyList;
use super::measure::{Counts, Measure, passes};
use super::rows::Rows;
use super::slots::Slots;
use super::spec::{MeasureKind, WindowSpec};
use super::values::ValueList;

/// Which input rows come out again, and which of their columns.
#[derive(Debug, Clone)]
pub(super) struct Emit {
    /// Rows for which this is not true only contribute to frames.
    pub(super) predicate: Option<Arc<dyn PhysicalExpr>>,
    /// The input columns that are among the output columns.
    pub(super) columns: Vec<usize>,
}

impl Emit {
    /// The columns that are kept of emitted rows: those that come out, and the slot.
    pub(super) fn kept_schema(&self, input: &Schema) -> SchemaRef {
        let columns = self.columns.iter().map(|column| Arc::clone(&input.fields()[*column]));
        let slot = Arc::new(Field::new("slot", DataType::UInt32, false));
        Arc::new(Schema::new(columns.chain([slot]).collect::<Vec<_>>()))
    }
}

/// Everything that has been kept of the rows so far.
pub(super) struct Ingest {
    spec: Arc<WindowSpec>,
    emit: Arc<Emit>,
    pub(super) accounts: Accounts,
    pub(super) keys: Vec<Interner>,
    pub(super) slots: Slots,
    pub(super) measures: Vec<Measure>,
    /// How many rows each slot has.
    pub(super) counted: Vec<i64>,
    /// How many emitted rows each slot has.
    pub(super) emitted: Vec<u32>,
    kept: BatchCoalescer,
    pub(super) batches: Vec<RecordBatch>,
    kept_bytes: usize,
    row_accounts: Vec<u32>,
    row_slots: Vec<u32>,
    key_numbers: Vec<Vec<u32>>,
}

impl Ingest {
    /// Nothing so far, of rows with this schema; emitted rows are kept in batches of `batch_size`.
    pub(super) fn new(
        spec: &Arc<WindowSpec>,
        emit: &Arc<Emit>,
        input: &Schema,
        batch_size: usize,
    ) -> Result<Self> {
        let keys: Vec<DataType> =
            spec.keys.iter().map(|key| spec.inputs[*key].data_type(input)).collect::<Result<_>>()?;
        Ok(Self {
            accounts: Accounts::new(&spec.partition_types(input)?)?,
            keys: keys.iter().map(Interner::new).collect::<Result<_>>()?,
            slots: Slots::default(),
            measures: spec.measures.iter().map(|measure| new_measure(measure.kind)).collect(),
            counted: Vec::new(),
            emitted: Vec::new(),
            kept: BatchCoalescer::new(emit.kept_schema(input), batch_size)
                .with_biggest_coalesce_batch_size(Some(batch_size / 2)),
            batches: Vec::new(),
            kept_bytes: 0,
            row_accounts: Vec::new(),
            row_slots: Vec::new(),
            key_numbers: vec![Vec::new(); keys.len()],
            spec: Arc::clone(spec),
            emit: Arc::clone(emit),
        })
    }

    /// Where the rows of the last account of a sorted batch start.
    pub(super) fn last_account_start(&self, batch: &RecordBatch) -> Result<usize> {
        let keys = evaluate(&self.spec.partition_by, batch)?;
        if keys.is_empty() {
            return Ok(0);
        }
        Ok(partition(&keys)?.ranges().last().map_or(0, |range| range.start))
    }

    /// Whether the first row of a batch is of an account that no row has been of before.
    pub(super) fn is_new_account(&mut self, batch: &RecordBatch) -> Result<bool> {
        let known = self.accounts.len();
        self.number_accounts(&batch.slice(0, 1))?;
        Ok(self.accounts.len() > known)
    }

    fn number_accounts(&mut self, batch: &RecordBatch) -> Result<()> {
        let keys = evaluate(&self.spec.partition_by, batch)?;
        self.accounts.number(&keys, batch.num_rows(), &mut self.row_accounts)
    }

    /// Takes in a batch of rows.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        let spec = Arc::clone(&self.spec);
        self.number_accounts(batch)?;
        let days = self.days(&spec, batch)?;
        let days = days.as_primitive::<Date32Type>().values();
        self.row_slots.clear();
        self.row_slots.extend(self.row_accounts.iter().zip(days).map(|(a, day)| self.slots.slot(*a, *day)));
        self.counted.resize(self.slots.len(), 0);
        self.emitted.resize(self.slots.len(), 0);
        self.update(&spec, batch, days)?;
        for slot in &self.row_slots {
            self.counted[*slot as usize] += 1;
        }
        self.keep(batch)
    }

    /// The day of each row, with rows that have none at one end of the order.
    fn days(&self, spec: &WindowSpec, batch: &RecordBatch) -> Result<ArrayRef> {
        let days = spec.order_by.evaluate(batch)?.into_array(batch.num_rows())?;
        let typed = days.as_primitive::<Date32Type>();
        if typed.iter().flatten().any(|day| day == NULL_FIRST || day == NULL_LAST) {
            return exec_err!("a date is out of range");
        }
        if typed.null_count() == 0 {
            return Ok(days);
        }
        let null = if spec.nulls_first { NULL_FIRST } else { NULL_LAST };
        Ok(Arc::new(typed.iter().map(|day| day.or(Some(null))).collect::<arrow::array::Date32Array>()))
    }

    fn update(&mut self, spec: &WindowSpec, batch: &RecordBatch, days: &[i32]) -> Result<()> {
        let inputs = evaluate(&spec.inputs, batch)?;
        let filters = evaluate(&spec.filters, batch)?;
        let filters: Vec<&BooleanArray> = filters.iter().map(|filter| filter.as_boolean()).collect();
        for ((interner, key), numbers) in self.keys.iter_mut().zip(&spec.keys).zip(&mut self.key_numbers) {
            interner.intern(&inputs[*key], numbers)?;
        }
        let rows =
            Rows { slots: &self.row_slots, accounts: &self.row_accounts, days, counted: &self.counted };
        for (measure, of) in self.measures.iter_mut().zip(&spec.measures) {
            measure.grow(self.counted.len());
            let keys = of.key.map_or(&[][..], |key| &self.key_numbers[key]);
            let values = of.input.map(|input| &inputs[input]);
            measure.update(&rows, values, keys, of.filter.map(|filter| filters[filter]))?;
        }
        Ok(())
    }

    /// Keeps the rows that will be emitted.
    fn keep(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut columns: Vec<ArrayRef> =
            self.emit.columns.iter().map(|column| Arc::clone(batch.column(*column))).collect();
        columns.push(Arc::new(UInt32Array::from(self.row_slots.clone())));
        let rows = RecordBatch::try_new(self.kept.schema(), columns)?;
        match &self.emit.predicate {
            None => {
                self.row_slots.iter().for_each(|slot| self.emitted[*slot as usize] += 1);
                self.kept.push_batch(rows)?;
            }
            Some(predicate) => {
                let predicate = predicate.evaluate(batch)?.into_array(batch.num_rows())?;
                let chosen = passes(predicate.as_boolean());
                if chosen.count_set_bits() == 0 {
                    return Ok(());
                }
                chosen.set_indices().for_each(|row| self.emitted[self.row_slots[row] as usize] += 1);
                self.kept.push_batch_with_filter(rows, &BooleanArray::new(chosen, None))?;
            }
        }
        self.collect_kept()
    }

    fn collect_kept(&mut self) -> Result<()> {
        while let Some(batch) = self.kept.next_completed_batch() {
            self.kept_bytes += batch.get_array_memory_size();
            self.batches.push(batch);
        }
        Ok(())
    }

    /// After the last batch.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.measures.iter_mut().try_for_each(Measure::finish)?;
        self.kept.finish_buffered_batch()?;
        self.collect_kept()
    }

    /// Bytes held.
    pub(super) fn size(&self) -> usize {
        let keys: usize = self.keys.iter().map(Interner::size).sum();
        let measures: usize = self.measures.iter().map(Measure::size).sum();
        let counts = self.counted.capacity() * 8 + self.emitted.capacity() * 4;
        let accounts = self.accounts.size() + self.slots.size();
        keys + measures + counts + accounts + self.kept_bytes + self.kept.size()
    }
}

fn evaluate(expressions: &[Arc<dyn PhysicalExpr>], batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
    expressions.iter().map(|e| e.evaluate(batch)?.into_array(batch.num_rows())).collect()
}

fn new_measure(kind: MeasureKind) -> Measure {
    match kind {
        MeasureKind::Count => Measure::Count(Counts::default()),
        MeasureKind::Sum { wide: false } => Measure::Sum(Vec::new()),
        MeasureKind::Sum { wide: true } => Measure::WideSum(Vec::new()),
        MeasureKind::Extreme { greatest } => Measure::Extreme { greatest, codes: Vec::new() },
        MeasureKind::Active => Measure::Active(Vec::new()),
        MeasureKind::Keys => Measure::Keys(KeyList::default()),
        MeasureKind::Amounts { wide: false, all } => Measure::Amounts(KeyList::new(all)),
        MeasureKind::Amounts { wide: true, all } => Measure::WideAmounts(KeyList::new(all)),
        MeasureKind::Values => Measure::Values(ValueList::default()),
    }
}
