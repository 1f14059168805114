//! From kept rows and swept accounts to output batches.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::{concat, interleave, take_record_batch};
use arrow::datatypes::{SchemaRef, UInt32Type};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryReservation;

use super::column::Column;
use super::gather::Gathered;
use super::sweep::Sweeper;

/// Accounts are swept in groups of so many days, so that small accounts share their arrays.
pub(super) const CHUNK_DAYS: usize = 8192;

/// Where an output column comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A kept column of the input, by its place among the kept ones.
    Kept(usize),
    /// A result, by its place among the outputs of the window.
    Result(usize),
}

/// Emits the rows of a share of the accounts, in the order in which they came. Accounts are swept when their first
/// row is due, and their results dropped after their last.
pub(super) struct Emission {
    pub(super) data: Arc<Gathered>,
    pub(super) schema: SchemaRef,
    pub(super) sources: Arc<[Source]>,
    pub(super) reservation: MemoryReservation,
    sweeper: Sweeper,
    chunks: Vec<Chunk>,
    /// For each account, its chunk; `NONE` where it is in another share.
    chunk_of: Vec<u32>,
    partial: usize,
    batch: usize,
    is_whole: bool,
}

const NONE: u32 = u32::MAX;

#[derive(Default)]
struct Chunk {
    accounts: Vec<u32>,
    results: Option<Vec<ArrayRef>>,
    bytes: usize,
    /// Rows that are still to be emitted.
    left: usize,
}

impl Emission {
    /// For a share of the accounts.
    pub(super) fn new(
        data: Arc<Gathered>,
        share: &[u32],
        schema: SchemaRef,
        sources: Arc<[Source]>,
        reservation: MemoryReservation,
    ) -> Self {
        let mut chunk_of = vec![NONE; data.accounts.len()];
        let mut chunks = Vec::new();
        let mut days = CHUNK_DAYS;
        for account in share {
            if days >= CHUNK_DAYS {
                chunks.push(Chunk::default());
                days = 0;
            }
            let last = chunks.len() - 1;
            chunk_of[*account as usize] = last as u32;
            chunks[last].accounts.push(*account);
            days += data.days(*account);
        }
        let is_whole = share.len() == data.accounts.len();
        let sweeper = Sweeper::new(&data);
        Self { data, schema, sources, reservation, sweeper, chunks, chunk_of, partial: 0, batch: 0, is_whole }
    }

    /// The next kept batch that has rows of this share.
    fn next_rows(&mut self) -> Result<Option<RecordBatch>> {
        let data = Arc::clone(&self.data);
        while let Some(partial) = data.partials.get(self.partial) {
            let Some(batch) = partial.batches.get(self.batch) else {
                self.partial += 1;
                self.batch = 0;
                continue;
            };
            self.batch += 1;
            if self.is_whole {
                return Ok(Some(batch.clone()));
            }
            let ours =
                slots(batch).iter().enumerate().filter(|(_, slot)| self.chunk(self.partial, **slot) != NONE);
            let rows: UInt32Array = ours.map(|(row, _)| row as u32).collect();
            if rows.len() == batch.num_rows() {
                return Ok(Some(batch.clone()));
            }
            if !rows.is_empty() {
                return Ok(Some(take_record_batch(batch, &rows)?));
            }
        }
        Ok(None)
    }

    /// The results of all accounts, chunk by chunk.
    pub(super) fn sweep_all(&mut self) -> Result<Vec<Vec<ArrayRef>>> {
        (0..self.chunks.len()).try_for_each(|chunk| self.sweep(chunk))?;
        Ok(self.chunks.iter_mut().filter_map(|chunk| chunk.results.take()).collect())
    }

    /// The account of a slot, and the chunk and the row of its results; `None` when it is in another share.
    pub(super) fn place(&self, partial: usize, slot: u32) -> Option<(u32, (u32, u32))> {
        let of = &self.data.partials[partial];
        let account = of.accounts[of.slots.account[slot as usize] as usize];
        let chunk = self.chunk_of[account as usize];
        (chunk != NONE).then(|| (account, (chunk, of.result_row(slot))))
    }

    fn chunk(&self, partial: usize, slot: u32) -> u32 {
        let partial = &self.data.partials[partial];
        let account = partial.accounts[partial.slots.account[slot as usize] as usize];
        self.chunk_of[account as usize]
    }

    fn emit(&mut self, rows: &RecordBatch) -> Result<RecordBatch> {
        let slots = slots(rows);
        let partial = self.partial;
        let mut places = Vec::with_capacity(slots.len());
        for slot in slots {
            let chunk = self.chunk(partial, *slot) as usize;
            if self.chunks[chunk].results.is_none() {
                self.sweep(chunk)?;
            }
            self.chunks[chunk].left -= 1;
            places.push((chunk, self.data.partials[partial].result_row(*slot) as usize));
        }
        let gather = Gather::new(&places);
        let columns = self.sources.iter().map(|source| match source {
            Source::Kept(column) => Ok(Arc::clone(rows.column(*column))),
            Source::Result(output) => gather.collect(&self.chunks, *output),
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        for chunk in gather.chunks {
            if self.chunks[chunk].left == 0 {
                self.chunks[chunk].results = Some(Vec::new());
                self.reservation.shrink(std::mem::take(&mut self.chunks[chunk].bytes));
            }
        }
        Ok(batch)
    }

    fn sweep(&mut self, chunk: usize) -> Result<()> {
        let outputs = &self.data.spec.outputs;
        let columns =
            outputs.iter().zip(&self.data.scales).map(|(output, scale)| Column::new(output, *scale));
        let mut columns = columns.collect::<Result<Vec<_>>>()?;
        let chunk = &mut self.chunks[chunk];
        let mut days = 0;
        for account in &chunk.accounts {
            let (swept, emitted) = self.sweeper.sweep(&self.data, *account, &mut columns, days)?;
            days += swept;
            chunk.left += emitted;
        }
        let results =
            columns.into_iter().zip(outputs).map(|(column, output)| column.finish(output, &self.data));
        let results = results.collect::<Result<Vec<_>>>()?;
        chunk.bytes = results.iter().map(|result| result.get_array_memory_size()).sum();
        self.reservation.try_grow(chunk.bytes)?;
        chunk.results = Some(results);
        Ok(())
    }
}

impl Iterator for Emission {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.next_rows().transpose()?;
        Some(rows.and_then(|rows| self.emit(&rows)))
    }
}

/// The slots of kept rows.
pub(super) fn slots(batch: &RecordBatch) -> &[u32] {
    batch.column(batch.num_columns() - 1).as_primitive::<UInt32Type>().values()
}

/// Where the results of the rows of one batch are, by chunk and row.
struct Gather {
    /// The chunks that the batch needs, each once.
    chunks: Vec<usize>,
    /// For each row, the place of its chunk among `chunks`, and its row there.
    places: Vec<(usize, usize)>,
    /// The same as runs: place of the chunk, first row, and number of rows.
    runs: Vec<(usize, usize, usize)>,
}

impl Gather {
    fn new(rows: &[(usize, usize)]) -> Self {
        let mut chunks: Vec<usize> = rows.iter().map(|(chunk, _)| *chunk).collect();
        chunks.dedup();
        chunks.sort_unstable();
        chunks.dedup();
        let mut places = Vec::with_capacity(rows.len());
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (chunk, row) in rows {
            let chunk = chunks.partition_point(|known| known < chunk);
            places.push((chunk, *row));
            match runs.last_mut() {
                Some((of, first, count)) if *of == chunk && *first + *count == *row => *count += 1,
                _ => runs.push((chunk, *row, 1)),
            }
        }
        Self { chunks, places, runs }
    }

    fn collect(&self, chunks: &[Chunk], output: usize) -> Result<ArrayRef> {
        let results = self.chunks.iter().filter_map(|chunk| chunks[*chunk].results.as_ref());
        let results: Vec<&dyn Array> = results.map(|results| results[output].as_ref()).collect();
        if let [(chunk, first, count)] = self.runs[..] {
            return Ok(results[chunk].slice(first, count));
        }
        if self.runs.len() * 8 > self.places.len() {
            return Ok(interleave(&results, &self.places)?);
        }
        let runs: Vec<ArrayRef> =
            self.runs.iter().map(|(chunk, first, count)| results[*chunk].slice(*first, *count)).collect();
        let runs: Vec<&dyn Array> = runs.iter().map(AsRef::as_ref).collect();
        Ok(concat(&runs)?)
    }
}
