//! What an audit found: the rule, how many rows break it, and a few of them to look at.

use std::fmt;

use arrow::array::{ArrayRef, RecordBatch};

use crate::engine::shown::value as shown;

/// How many rows of a finding are shown.
const SAMPLES: usize = 5;

/// A promise of the table that rows can break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The column has a value in every row.
    NotNull {
        /// The column.
        column: String,
    },
    /// No two rows have the same key.
    PrimaryKey {
        /// The columns of the key, as declared.
        columns: Vec<String>,
    },
    /// The expression is not false.
    Check {
        /// The constraint as written.
        text: String,
    },
    /// No NaN and no infinity.
    Finite {
        /// The column.
        column: String,
    },
    /// Every value is the same in the type that is stored.
    Lossless {
        /// The column.
        column: String,
        /// The stored type.
        stored: String,
    },
}

/// As in the contract where it stands there: `NOT NULL seats`, `PRIMARY KEY (account_id)`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNull { column } => write!(f, "NOT NULL {column}"),
            Self::PrimaryKey { columns } => write!(f, "PRIMARY KEY ({})", columns.join(", ")),
            Self::Check { text } => f.write_str(text),
            Self::Finite { column } => write!(f, "finite values in {column}"),
            Self::Lossless { column, stored } => write!(f, "values of {column} that {stored} can hold"),
        }
    }
}

/// A broken rule: how many rows break it, and a few of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How many rows break it; of rows with the same key, all but the first.
    pub rows: u64,
    /// The first of them, at most five.
    pub samples: Vec<Sample>,
}

/// A row that breaks a rule. Values are written as in SQL, long ones shortened, control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Column and value of the table's key, the day first.
    pub key: Vec<(String, String)>,
    /// Column and value of what breaks the rule, as far as it is not in the key.
    pub values: Vec<(String, String)>,
}

/// `as_of_date = 2026-09-01, account_id = 'A1': seats = -3`
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |pairs: &[(String, String)]| {
            let pairs = pairs.iter().map(|(column, value)| format!("{column} = {value}"));
            pairs.collect::<Vec<_>>().join(", ")
        };
        let separator = if self.key.is_empty() || self.values.is_empty() { "" } else { ": " };
        write!(f, "{}{separator}{}", listed(&self.key), listed(&self.values))
    }
}

/// Where rows of a batch are, so that they can be shown.
pub(super) struct Rows<'a> {
    pub batch: &'a RecordBatch,
    /// The table's key, by position.
    pub key: &'a [usize],
}

impl Finding {
    /// Nothing found yet.
    pub(super) fn none(rule: Rule) -> Self {
        Self { rule, rows: 0, samples: Vec::new() }
    }

    /// Adds what was found of the same rule in rows that follow.
    pub(super) fn append(&mut self, later: Self) {
        self.rows += later.rows;
        self.samples.extend(later.samples);
        self.samples.truncate(SAMPLES);
    }

    /// Counts rows that break the rule and keeps the first; `values` are the columns that show how.
    pub(super) fn add(
        &mut self,
        rows: &Rows<'_>,
        broken: impl IntoIterator<Item = usize>,
        values: &[(&str, &ArrayRef)],
    ) {
        for row in broken {
            self.rows += 1;
            if self.samples.len() < SAMPLES {
                let key = rows.key.iter().map(|&index| {
                    let name = rows.batch.schema_ref().field(index).name();
                    (name.clone(), shown(rows.batch.column(index), row))
                });
                let values = values.iter().map(|(name, column)| ((*name).to_owned(), shown(column, row)));
                self.samples.push(Sample { key: key.collect(), values: values.collect() });
            }
        }
    }
}
