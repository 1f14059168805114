//! What sources say of now alone: another word of it changes no column of the bundled project that is not told as approximate.

use std::collections::BTreeSet;
use std::path::Path;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take;
use halescore::engine::sources::Reading;
use halescore::project::time::{Current, Time};

use super::cut::{Dated, changed, dated};
use super::tables::Project;
use crate::laws::world::before;
use crate::oracle::world::{generated, small};

/// Each row with what the next one says, where that may change over time.
fn said_by_the_next(current: &Current, rows: &RecordBatch) -> RecordBatch {
    let count = u32::try_from(rows.num_rows()).unwrap();
    let next: UInt32Array = (0..count).map(|row| (row + 1) % count).collect();
    let Current { key, begins_at, ends_at, fixed } = current;
    let lasting: Vec<&String> = key.iter().chain(begins_at).chain(ends_at).chain(fixed).collect();
    let schema = rows.schema();
    let column = |(field, column): (&arrow::datatypes::FieldRef, _)| {
        if lasting.contains(&field.name()) {
            std::sync::Arc::clone(column)
        } else {
            take(column, &next, None).unwrap()
        }
    };
    let columns = schema.fields().iter().zip(rows.columns()).map(column).collect();
    RecordBatch::try_new(schema.clone(), columns).unwrap()
}

#[test]
fn what_is_now_changes_only_columns_that_are_told_as_approximate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (sources, project) = (generated(&small()), Project::new(root));
    let of_now: Vec<Dated> =
        dated(root).into_iter().filter(|source| matches!(source.time, Time::Current(_))).collect();
    let others = changed(&of_now, sources.path(), |source, rows| match &source.time {
        Time::Current(current) => said_by_the_next(current, &rows),
        _ => rows,
    });
    let day = before(20);
    let [one, other] = [sources.path(), others.path()]
        .map(|sources| project.tables(sources, day..=day, Reading::AsHappened));
    let told: BTreeSet<(String, String)> = project
        .of_now()
        .into_iter()
        .flat_map(|(model, columns)| columns.into_iter().map(move |column| (model.to_string(), column)))
        .collect();
    for column in ["segment", "arr", "nps_latest"] {
        let column = ("metrics.accounts".to_owned(), column.to_owned());
        assert!(!told.contains(&column), "{column:?} comes from nothing that is of now alone");
    }
    let differing = one.differing(&other);
    let untold: Vec<_> = differing.difference(&told).collect();
    assert!(untold.is_empty(), "not told as approximate: {untold:?}");
    assert!(differing.len() > 20, "only {differing:?} differ");
    let scores = differing.iter().filter(|(table, _)| table == "scores.health").count();
    assert!(scores > 0, "no score differs");
}
