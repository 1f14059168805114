//! What one operator computes: the measures to keep for each day, and the functions over frames of days.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::{Result, ScalarValue};
use datafusion::physical_plan::PhysicalExpr;

use crate::engine::functions::Statistic;

use super::frame::DayFrame;

/// All that one pass over the input computes. Everything that occurs twice is listed once.
#[derive(Debug, Clone)]
pub(super) struct WindowSpec {
    /// The partition keys; an account, mostly.
    pub(super) partition_by: Vec<Arc<dyn PhysicalExpr>>,
    /// The day, ascending.
    pub(super) order_by: Arc<dyn PhysicalExpr>,
    /// Where rows without a day stand.
    pub(super) nulls_first: bool,
    /// The arguments of the functions.
    pub(super) inputs: Vec<Arc<dyn PhysicalExpr>>,
    /// The predicates that let rows into measures.
    pub(super) filters: Vec<Arc<dyn PhysicalExpr>>,
    /// Which inputs are keys, and so get numbers.
    pub(super) keys: Vec<usize>,
    /// What is kept for each account and day.
    pub(super) measures: Vec<MeasureSpec>,
    /// The frames of days.
    pub(super) frames: Vec<DayFrame>,
    /// What `lag` and `lead` give where there is no row.
    pub(super) defaults: Vec<ScalarValue>,
    /// The new columns.
    pub(super) outputs: Vec<OutputSpec>,
}

/// A measure: what is kept, of which input or key, and of which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MeasureSpec {
    pub(super) kind: MeasureKind,
    /// An index into `inputs`; `None` counts rows.
    pub(super) input: Option<usize>,
    /// An index into `keys`.
    pub(super) key: Option<usize>,
    /// An index into `filters`.
    pub(super) filter: Option<usize>,
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MeasureKind {
    Count,
    Sum {
        wide: bool,
    },
    Extreme {
        greatest: bool,
    },
    Active,
    Keys,
    /// `all`: keys are listed on days without an amount as well, with zero.
    Amounts {
        wide: bool,
        all: bool,
    },
    Values,
}

/// A new column: a function over a frame.
#[derive(Debug, Clone)]
pub(super) struct OutputSpec {
    pub(super) function: Function,
    /// An index into `frames`.
    pub(super) frame: usize,
    /// Name and type, as DataFusion's own operator would give them.
    pub(super) field: FieldRef,
}

/// The functions, over measures by their indices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Function {
    Count { counts: usize },
    Sum { sums: usize, counts: usize },
    Average { sums: usize, counts: usize },
    Pick { pick: Pick, values: Values },
    CountDistinct { keys: usize },
    ActiveDays { active: usize },
    Share { amounts: usize, statistic: Statistic },
    Shift { shift: Shift, values: Values, rows: usize },
    Median { values: Values },
}

impl Function {
    /// Where the values are that it gives back or calculates with.
    pub(super) fn values(self) -> Option<Values> {
        match self {
            Self::Pick { values, .. } | Self::Shift { values, .. } | Self::Median { values } => Some(values),
            _ => None,
        }
    }
}

/// Which value of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    Min,
    Max,
    First { ignore_nulls: bool },
    Last { ignore_nulls: bool },
}

impl Pick {
    /// Which value stands for a day: among rows of one day, the first is the least and the last the greatest.
    pub(super) fn greatest(self) -> bool {
        matches!(self, Self::Max | Self::Last { .. })
    }
}

/// The value of a row some rows away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// How many rows on; back where below zero, never 0.
    pub(super) by: i64,
    /// Whether only rows with a value count.
    pub(super) ignore_nulls: bool,
    /// What stands where there is no such row: an index into `defaults`, NULL without one.
    pub(super) default: Option<usize>,
}

/// Where values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// In a measure of codes.
    Codes(usize),
    /// In a measure of keys, whose values are put in order once all are known.
    Keys { measure: usize, key: usize },
}

impl Values {
    fn measure(self) -> usize {
        match self {
            Self::Codes(measure) | Self::Keys { measure, .. } => measure,
        }
    }

    /// The key that the values are.
    pub(super) fn key(self) -> Option<usize> {
        match self {
            Self::Codes(_) => None,
            Self::Keys { key, .. } => Some(key),
        }
    }
}

impl WindowSpec {
    /// The types of the partition keys.
    pub(super) fn partition_types(&self, input: &Schema) -> Result<Vec<DataType>> {
        self.partition_by.iter().map(|key| key.data_type(input)).collect()
    }

    /// Every expression that is evaluated on input rows.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Arc<dyn PhysicalExpr>> {
        let day = std::iter::once(&self.order_by);
        self.partition_by.iter().chain(day).chain(&self.inputs).chain(&self.filters)
    }

    /// The list of a key's days, of rows that a filter lets through: one with amounts serves as well.
    pub(super) fn list_of_keys(&mut self, key: usize, filter: Option<usize>) -> usize {
        let with_amounts = self.measures.iter().position(|measure| {
            matches!(measure.kind, MeasureKind::Amounts { all: true, .. })
                && (measure.key, measure.filter) == (Some(key), filter)
        });
        let keys = MeasureSpec { kind: MeasureKind::Keys, input: None, key: Some(key), filter };
        with_amounts.unwrap_or_else(|| index_of(&mut self.measures, keys))
    }

    /// The list of a key's days with amounts, in the place of one without where that is only counted.
    pub(super) fn list_of_amounts(&mut self, amounts: MeasureSpec) -> usize {
        let is_picked = |measure: usize| {
            self.outputs.iter().any(|output| {
                matches!(output.function, Function::Pick { values: Values::Keys { measure: of, .. }, .. } if of == measure)
            })
        };
        let keys = MeasureSpec { kind: MeasureKind::Keys, input: None, ..amounts };
        if !matches!(amounts.kind, MeasureKind::Amounts { all: true, .. }) {
            return index_of(&mut self.measures, amounts);
        }
        match self.measures.iter().position(|measure| *measure == keys).filter(|keys| !is_picked(*keys)) {
            Some(keys) if !self.measures.contains(&amounts) => {
                self.measures[keys] = amounts;
                keys
            }
            _ => index_of(&mut self.measures, amounts),
        }
    }

    /// The measure that a function is first of all over.
    pub(super) fn measure_of(function: Function) -> usize {
        match function {
            Function::Count { counts } => counts,
            Function::Sum { sums, .. } | Function::Average { sums, .. } => sums,
            Function::Pick { values, .. } | Function::Shift { values, .. } | Function::Median { values } => {
                values.measure()
            }
            Function::CountDistinct { keys } => keys,
            Function::ActiveDays { active } => active,
            Function::Share { amounts, .. } => amounts,
        }
    }

    /// The scale of the decimals that each output sums; 0 where it does not.
    pub(super) fn scales(&self, input: &Schema) -> Result<Vec<i8>> {
        let scale = |output: &OutputSpec| {
            let (Function::Sum { sums, .. } | Function::Average { sums, .. }) = output.function else {
                return Ok(0);
            };
            let Some(summed) = self.measures[sums].input else { return Ok(0) };
            Ok(match self.inputs[summed].data_type(input)? {
                DataType::Decimal128(_, scale) => scale,
                _ => 0,
            })
        };
        self.outputs.iter().map(scale).collect()
    }

    /// Whether the values of a key must be put in order.
    pub(super) fn is_ordered(&self, key: usize) -> bool {
        self.outputs.iter().any(|output| output.function.values().and_then(Values::key) == Some(key))
    }
}

impl fmt::Display for OutputSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field.name())
    }
}

/// The index of an item in a list, where it is put when it is not there yet.
pub(super) fn index_of<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter().position(|known| *known == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}
