//! A published table in memory: by day and account, every column by name.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use chrono::NaiveDate;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// One value, of the types that metrics have.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Flag(bool),
    Whole(i64),
    Real(f64),
    Text(String),
    Day(NaiveDate),
}

/// A row's values by column.
pub type Row = BTreeMap<String, Value>;

/// Rows by day and account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table(pub BTreeMap<(NaiveDate, String), Row>);

impl Table {
    /// Reads every file of a published table.
    pub fn read(folder: &Path) -> Self {
        let mut table = Self::default();
        for batch in parquet_below(folder).iter().flat_map(|path| batches(path)) {
            for row in rows(&batch) {
                let (Value::Day(day), Value::Text(account)) = (&row["as_of_date"], &row["account_id"]) else {
                    panic!("not the key of a metrics table: {row:?}")
                };
                let key = (*day, account.clone());
                assert!(table.0.insert(key.clone(), row).is_none(), "{key:?} stands twice");
            }
        }
        table
    }

    /// Some of its columns.
    pub fn only(mut self, columns: &[&str]) -> Self {
        self.0.values_mut().for_each(|row| row.retain(|column, _| columns.contains(&column.as_str())));
        self
    }

    /// Two tables of the same rows as one, the columns of both side by side.
    pub fn beside(mut self, other: Self) -> Self {
        assert!(self.0.keys().eq(other.0.keys()), "not the same accounts and days");
        for (key, row) in other.0 {
            self.0.entry(key).or_default().extend(row);
        }
        self
    }

    /// The row of an account on a day.
    pub fn row(&self, account: &str, day: NaiveDate) -> &Row {
        self.0.get(&(day, account.to_owned())).unwrap_or_else(|| panic!("no row of {account} on {day}"))
    }

    /// Fails at the first row or value that differs.
    pub fn must_equal(&self, expected: &Self) {
        let [got, want] = [self, expected].map(|table| table.0.keys().collect::<Vec<_>>());
        assert_eq!(got, want, "not the same accounts and days");
        for (key, want) in &expected.0 {
            let got = &self.0[key];
            assert!(got.keys().eq(want.keys()), "not the same columns: {:?}, {:?}", got.keys(), want.keys());
            for (column, want) in want {
                assert_eq!(got[column], *want, "{column} of {key:?}; the whole row: {got:?}");
            }
        }
    }
}

/// Parquet files below a folder, by name.
pub fn parquet_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(parquet_below(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// The rows of one file.
pub fn batches(path: &Path) -> Vec<RecordBatch> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    reader.map(Result::unwrap).collect()
}

/// A batch row by row.
pub fn rows(batch: &RecordBatch) -> Vec<Row> {
    let schema = batch.schema();
    let row = |index: usize| {
        let cells = schema.fields().iter().zip(batch.columns());
        cells.map(|(field, column)| (field.name().clone(), value(column, index))).collect()
    };
    (0..batch.num_rows()).map(row).collect()
}

fn value(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Boolean => Value::Flag(column.as_boolean().value(row)),
        DataType::Int64 => Value::Whole(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Value::Real(column.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => {
            Value::Day(Date32Type::to_naive_date_opt(column.as_primitive::<Date32Type>().value(row)).unwrap())
        }
        DataType::Timestamp(..) => {
            let micros = arrow::compute::cast(&column.slice(row, 1), &DataType::Int64).unwrap();
            Value::Whole(micros.as_primitive::<Int64Type>().value(0))
        }
        _ => Value::Text(
            arrow::compute::cast(&column.slice(row, 1), &DataType::Utf8)
                .unwrap()
                .as_string::<i32>()
                .value(0)
                .to_owned(),
        ),
    }
}
