//! Any few files of a column of whole numbers, in any types, row groups and claims: every filter finds what is there.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, NullArray, UInt8Array};
use arrow::datatypes::Int64Type;
use halescore::engine::sources::Reading;
use halescore::read::Days;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use super::forge::claim;
use crate::bad_input::world::{World, numbers, write_parquet_with};
use crate::question::answer;

/// One file: the type of its column, its values, rows in a group, and which groups claim nothing.
#[derive(Debug, Clone)]
struct Drawn {
    kind: u8,
    values: Vec<Option<i64>>,
    rows: usize,
    silent: u8,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let values = prop::collection::vec(prop::option::weighted(0.8, 0_i64..6), 1..8);
    (0_u8..5, values, 1_usize..4, any::<u8>()).prop_map(|(kind, values, rows, silent)| {
        let values = if kind == 4 { vec![None; values.len()] } else { values };
        Drawn { kind, values, rows, silent }
    })
}

impl Drawn {
    fn write(&self, path: &Path) {
        let values = self.values.iter();
        let column: ArrayRef = match self.kind {
            0 => Arc::new(values.copied().collect::<Int64Array>()),
            1 => Arc::new(values.map(|value| value.map(|value| value as i32)).collect::<Int32Array>()),
            2 => Arc::new(values.map(|value| value.map(|value| value as f64)).collect::<Float64Array>()),
            3 => Arc::new(values.map(|value| value.map(|value| value as u8)).collect::<UInt8Array>()),
            _ => Arc::new(NullArray::new(self.values.len())),
        };
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(self.rows));
        write_parquet_with(
            path,
            &[("n", numbers(self.values.len())), ("v", column)],
            Some(properties.build()),
        );
        claim(path, |group, _, column| {
            let silent = self.silent >> (group % 8) & 1 == 1;
            if silent { column.into_builder().clear_statistics().build().unwrap() } else { column }
        });
    }
}

type Holds = fn(Option<i64>, i64) -> bool;

/// Filters, and what they mean.
const FILTERS: [(&str, Holds); 10] = [
    ("v = $", |v, l| v == Some(l)),
    ("v <> $", |v, l| v.is_some_and(|v| v != l)),
    ("v < $", |v, l| v.is_some_and(|v| v < l)),
    ("v >= $", |v, l| v.is_some_and(|v| v >= l)),
    ("v IN ($, 5)", |v, l| v == Some(l) || v == Some(5)),
    ("v NOT IN ($, 5)", |v, l| v.is_some_and(|v| v != l && v != 5)),
    ("v BETWEEN 1 AND $", |v, l| v.is_some_and(|v| (1..=l).contains(&v))),
    ("v IS NULL OR v > $", |v, l| v.is_none_or(|v| v > l)),
    ("v IS DISTINCT FROM $", |v, l| v != Some(l)),
    ("CAST(v AS VARCHAR) = '$'", |v, l| v == Some(l)),
];

fn answered(root: &Path, query: &str) -> Vec<Option<i64>> {
    let batches = answer(root, query, Days::All, Reading::AsHappened);
    let row = batches.iter().find(|batch| batch.num_rows() > 0).unwrap();
    row.columns().iter().map(|column| column.as_primitive::<Int64Type>().iter().next().unwrap()).collect()
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/foreign_chance.txt", 200))]

    #[test]
    fn filters_and_extremes_over_any_files_are_those_of_their_values(
        files in prop::collection::vec(drawn(), 1..4),
        literal in -1_i64..7,
    ) {
        let world = World::published();
        world.write(
            "sql/raw/any_numbers.sql",
            "CREATE EXTERNAL TABLE raw.any_numbers (n BIGINT NOT NULL, v BIGINT) STORED AS PARQUET LOCATION 'any'
             OPTIONS ('kind' 'current', 'key' 'n')",
        );
        for (number, file) in files.iter().enumerate() {
            file.write(&world.path(format!("data/any/{number}.parquet")));
        }
        let all: Vec<Option<i64>> = files.iter().flat_map(|file| file.values.clone()).collect();
        let known = || all.iter().flatten().copied();
        let mut query = "SELECT min(v) AS a, max(v) AS b, count(v) AS c".to_owned();
        let mut expected = vec![known().min(), known().max(), Some(known().count() as i64)];
        for (place, (filter, holds)) in FILTERS.iter().enumerate() {
            let filter = filter.replace('$', &literal.to_string());
            query += &format!(", (SELECT count(*) FROM raw.any_numbers WHERE {filter}) AS f{place}");
            expected.push(Some(all.iter().filter(|value| holds(**value, literal)).count() as i64));
        }
        let found = answered(world.path("").as_path(), &format!("{query} FROM raw.any_numbers"));
        prop_assert_eq!(found, expected);
    }
}
