//! The results of one day: places and counts, for each row in the order in which the rows came.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt64Array};
use arrow::compute::{SortOptions, concat};
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use datafusion::common::Result;
use datafusion::physical_expr::PhysicalSortExpr;
use datafusion::physical_plan::PhysicalExpr;

/// What is computed for each row.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// One more than the rows of the group that come before, by the sort keys.
    Rank,
    /// How many rows of the group have a value.
    Count(Arc<dyn PhysicalExpr>),
    /// How many rows of the group have a value, of those that come before or share the place.
    CountUpTo(Arc<dyn PhysicalExpr>),
}

/// One window: its groups within the day, its order, and what is computed.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// Keys of a group, beside the day.
    pub(super) groups: Vec<Arc<dyn PhysicalExpr>>,
    pub(super) order: Vec<PhysicalSortExpr>,
    pub(super) results: Vec<Place>,
}

impl Places {
    /// The results for all rows of a day, which came in these batches.
    pub(super) fn of_day(&self, rows: &[RecordBatch]) -> Result<Vec<ArrayRef>> {
        let count = rows.iter().map(RecordBatch::num_rows).sum();
        let sorted = self.sorted(rows, count)?;
        self.results.iter().map(|place| place.of(rows, &sorted)).collect()
    }

    fn sorted(&self, rows: &[RecordBatch], count: usize) -> Result<Sorted> {
        if self.groups.is_empty() && self.order.is_empty() {
            return Ok(Sorted::one_group(count));
        }
        let groups = self.groups.iter().map(|group| (group, SortOptions::default()));
        let keys = groups.chain(self.order.iter().map(|by| (&by.expr, by.options)));
        let keys = keys.map(|(key, options)| Ok((collected(key, rows)?, options)));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        match &keys[..] {
            [(key, options)] if *key.data_type() == DataType::Float64 && self.groups.is_empty() => {
                Ok(Sorted::by_doubles(key, *options))
            }
            _ => Sorted::by_rows(keys, self.groups.len()),
        }
    }
}

/// The rows of a day in the order of a window.
struct Sorted {
    /// Rows by their place.
    rows: Vec<u32>,
    /// Whether a row, by its place, begins a group; whether it differs from the one before.
    begins_group: Vec<bool>,
    differs: Vec<bool>,
}

impl Sorted {
    fn one_group(count: usize) -> Self {
        let first = |place| place == 0;
        let begins: Vec<bool> = (0..count).map(first).collect();
        Self { rows: (0..count as u32).collect(), differs: begins.clone(), begins_group: begins }
    }

    /// By one key of doubles, in their total order.
    fn by_doubles(key: &ArrayRef, options: SortOptions) -> Self {
        let key = key.as_primitive::<Float64Type>();
        // NULLs are told apart by the word above the number; so a key and its row are one integer to sort.
        let word = |row: usize| {
            if key.is_null(row) {
                return if options.nulls_first { 0 } else { 2_u128 << 96 };
            }
            let bits = key.value(row).to_bits();
            let ascending = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
            let ordered = if options.descending { !ascending } else { ascending };
            1 << 96 | u128::from(ordered) << 32
        };
        let mut words: Vec<u128> = (0..key.len()).map(|row| word(row) | row as u128).collect();
        words.sort_unstable();
        let rows = words.iter().map(|word| *word as u32).collect();
        let same = |place: usize| words[place] >> 32 == words[place - 1] >> 32;
        Self {
            rows,
            begins_group: (0..words.len()).map(|place| place == 0).collect(),
            differs: (0..words.len()).map(|place| place == 0 || !same(place)).collect(),
        }
    }

    /// By any keys, the first of which are those of the groups.
    fn by_rows(keys: Vec<(ArrayRef, SortOptions)>, groups: usize) -> Result<Self> {
        let fields = |keys: &[(ArrayRef, SortOptions)]| {
            let fields = keys
                .iter()
                .map(|(key, options)| SortField::new_with_options(key.data_type().clone(), *options));
            RowConverter::new(fields.collect())
        };
        let arrays: Vec<ArrayRef> = keys.iter().map(|(key, _)| Arc::clone(key)).collect();
        let all = fields(&keys)?.convert_columns(&arrays)?;
        let group = match groups {
            0 => None,
            _ => Some(fields(&keys[..groups])?.convert_columns(&arrays[..groups])?),
        };
        let mut rows: Vec<u32> = (0..all.num_rows() as u32).collect();
        rows.sort_unstable_by(|a, b| all.row(*a as usize).cmp(&all.row(*b as usize)).then(a.cmp(b)));
        let pair = |place: usize| (rows[place - 1] as usize, rows[place] as usize);
        let differs = |place: usize| {
            place == 0 || {
                let (a, b) = pair(place);
                all.row(a) != all.row(b)
            }
        };
        let begins = |place: usize| {
            place == 0
                || group.as_ref().is_some_and(|group| {
                    let (a, b) = pair(place);
                    group.row(a) != group.row(b)
                })
        };
        let differs = (0..rows.len()).map(differs).collect();
        let begins_group = (0..rows.len()).map(begins).collect();
        Ok(Self { rows, begins_group, differs })
    }

    /// For each place, how many of `counted` rows lie before the end of what it shares with others: its group, or
    /// (`ends` is [`Self::differs`]) the rows of the same keys.
    fn counts(&self, counted: impl Fn(u32) -> bool, ends: &[bool]) -> Vec<i64> {
        let mut counts = vec![0; self.rows.len()];
        let (mut count, mut first) = (0, 0);
        for place in 0..self.rows.len() {
            if self.begins_group[place] {
                count = 0;
            }
            if ends[place] {
                first = place;
            }
            count += i64::from(counted(self.rows[place]));
            if ends.get(place + 1).is_none_or(|ends| *ends) {
                counts[first..=place].iter_mut().for_each(|of| *of = count);
            }
        }
        counts
    }

    /// Values by place as values by row.
    fn by_row<T: Copy + Default>(&self, by_place: impl Iterator<Item = T>) -> Vec<T> {
        let mut by_row = vec![T::default(); self.rows.len()];
        for (row, value) in self.rows.iter().zip(by_place) {
            by_row[*row as usize] = value;
        }
        by_row
    }
}

impl Place {
    fn of(&self, rows: &[RecordBatch], sorted: &Sorted) -> Result<ArrayRef> {
        let counted = |value: &Arc<dyn PhysicalExpr>, ends: &[bool]| -> Result<ArrayRef> {
            let nulls = collected(value, rows)?.logical_nulls();
            let known = |row: u32| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row as usize));
            let counts = sorted.counts(known, ends);
            Ok(Arc::new(Int64Array::from(sorted.by_row(counts.into_iter()))))
        };
        match self {
            Self::Count(value) => counted(value, &sorted.begins_group),
            Self::CountUpTo(value) => counted(value, &sorted.differs),
            Self::Rank => {
                let (mut first, mut rank) = (0, 0);
                let ranks = (0..sorted.rows.len()).map(|place| {
                    if sorted.begins_group[place] {
                        first = place;
                    }
                    if sorted.differs[place] {
                        rank = (place - first + 1) as u64;
                    }
                    rank
                });
                Ok(Arc::new(UInt64Array::from(sorted.by_row(ranks))))
            }
        }
    }

    /// The expression that it is about.
    pub(super) fn value(&self) -> Option<&Arc<dyn PhysicalExpr>> {
        match self {
            Self::Rank => None,
            Self::Count(value) | Self::CountUpTo(value) => Some(value),
        }
    }
}

/// The values of an expression for all rows of a day.
fn collected(expression: &Arc<dyn PhysicalExpr>, rows: &[RecordBatch]) -> Result<ArrayRef> {
    let pieces = rows.iter().map(|batch| expression.evaluate(batch)?.into_array(batch.num_rows()));
    let pieces = pieces.collect::<Result<Vec<_>>>()?;
    match &pieces[..] {
        [only] => Ok(Arc::clone(only)),
        pieces => Ok(concat(&pieces.iter().map(AsRef::as_ref).collect::<Vec<_>>())?),
    }
}
