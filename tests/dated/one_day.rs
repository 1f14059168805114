//! A table by day straight from a dated relation, built for one day alone: the day is a constant then.

use std::process::Command;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use halescore::engine::sources::Reading;
use halescore::read::Days;

use super::definition::events;
use super::world::{DAY, Row, World, date};
use crate::question::answer;

const MODELS: [(&str, &str); 2] = [
    ("staging/x.sql", "SELECT * FROM dated.x"),
    (
        "metrics/facts.sql",
        "CREATE TABLE metrics.facts (v BIGINT NOT NULL, as_of_date DATE NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (v, as_of_date))\n\
         PARTITIONED BY (as_of_date) AS\nSELECT v, day AS as_of_date, count(*) AS n FROM staging.x GROUP BY v, day",
    ),
];

#[test]
fn facts_are_counted_by_day_for_one_day_alone_on_any_number_of_threads() {
    let row = |number: u32| {
        let at = Some(i64::from(number % 10) * DAY + 600);
        Row {
            id: number,
            v: i64::from(number % 3),
            at,
            known: 0,
            until: None,
            gone: None,
            begun: None,
            ver: 0,
        }
    };
    let rows: Vec<Row> = (0..90).map(row).collect();
    let world = World::new(&events(), &[rows[..40].to_vec(), rows[40..].to_vec()]);
    for (path, sql) in MODELS {
        let path = world.root().join("sql").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, sql).unwrap();
    }
    let day = date(4).to_string();
    for threads in ["1", "2", "5"] {
        let ran = Command::new(env!("CARGO_BIN_EXE_hale"))
            .current_dir(world.root())
            .args(["run", "--incomplete", "--as-of", &day, "--threads", threads])
            .output()
            .unwrap();
        assert!(ran.status.success(), "{threads} threads: {}", String::from_utf8_lossy(&ran.stderr));
        let asked = "SELECT v, n FROM metrics.facts ORDER BY v";
        let found = answer(world.root(), asked, Days::All, Reading::AsHappened);
        let numbers =
            |batch: &RecordBatch, at: usize| batch.column(at).as_primitive::<Int64Type>().values().to_vec();
        let found: Vec<(i64, i64)> =
            found.iter().flat_map(|batch| numbers(batch, 0).into_iter().zip(numbers(batch, 1))).collect();
        assert_eq!(found, [(0, 3), (1, 3), (2, 3)]);
    }
}
