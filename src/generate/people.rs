//! The columns of what people did and thought, and the batches that fill them.
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;

use super::day::DAY;
use super::judgement::{Assessment, Judgement, Mode, Override, Ownership};
use super::names::{AccountId, OwnerId};
use super::world::World;

/// What owners write, by how they judge.
const REASONS: [&str; 5] = [
    "Sponsor has left; renewal is in doubt",
    "Fewer people use it than planned",
    "Works, but nobody is enthusiastic",
    "New team goes live next month",
    "Asked to be a reference",
];

/// The files of what people did and thought, with their rows.
pub(super) fn tables(
    world: &World,
    judgement: &Judgement,
) -> Result<[(&'static str, RecordBatch); 3], ArrowError> {
    let first = i64::from(world.epoch_day(0)) * DAY;
    Ok([
        ("account_owners.parquet", owners(first, &judgement.ownerships)?),
        ("assessments.parquet", assessments(first, &judgement.assessments)?),
        ("overrides.parquet", overrides(first, &judgement.overrides)?),
    ])
}

fn owners(first: i64, rows: &[Ownership]) -> Result<RecordBatch, ArrowError> {
    table([
        ("account_id", false, text(rows.iter().map(|row| AccountId(row.account).to_string()))),
        ("owner_id", false, text(rows.iter().map(|row| OwnerId(row.owner).to_string()))),
        ("role", false, text(rows.iter().map(|_| "csm".to_owned()))),
        ("start_at", false, times(first, rows.iter().map(|row| Some(row.from)))),
        ("end_at", true, times(first, rows.iter().map(|row| row.until))),
    ])
}

fn assessments(first: i64, rows: &[Assessment]) -> Result<RecordBatch, ArrowError> {
    let reason = |row: &Assessment| REASONS[usize::from(row.value.clamp(1, 5)) - 1].to_owned();
    table([
        ("assessment_id", false, text(rows.iter().map(|row| id('j', row.account, row.number)))),
        ("account_id", false, text(rows.iter().map(|row| AccountId(row.account).to_string()))),
        ("component", false, text(rows.iter().map(|_| "csm_pulse".to_owned()))),
        (
            "value",
            false,
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| f64::from(row.value)))),
        ),
        ("scale", false, Arc::new(Int64Array::from_iter_values(rows.iter().map(|_| 5)))),
        ("reason", false, text(rows.iter().map(reason))),
        ("author_id", false, text(rows.iter().map(|row| OwnerId(row.author).to_string()))),
        ("effective_at", false, times(first, rows.iter().map(|row| Some(row.effective)))),
        ("expires_at", true, times(first, rows.iter().map(|row| row.expires))),
        ("recorded_at", false, times(first, rows.iter().map(|row| Some(row.recorded)))),
        ("supersedes_id", true, new_null_array(&DataType::Utf8, rows.len())),
    ])
}

fn overrides(first: i64, rows: &[Override]) -> Result<RecordBatch, ArrowError> {
    table([
        ("override_id", false, text(rows.iter().map(|row| id('o', row.account, row.number)))),
        ("account_id", false, text(rows.iter().map(|row| AccountId(row.account).to_string()))),
        ("score_name", false, text(rows.iter().map(|_| "health".to_owned()))),
        ("mode", false, text(rows.iter().map(|row| mode(row.mode).0.to_owned()))),
        ("value", false, Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.value)))),
        ("reason", false, text(rows.iter().map(|row| mode(row.mode).1.to_owned()))),
        ("author_id", false, text(rows.iter().map(|row| OwnerId(row.author).to_string()))),
        ("effective_at", false, times(first, rows.iter().map(|row| Some(row.effective)))),
        ("expires_at", false, times(first, rows.iter().map(|row| Some(row.expires)))),
        ("revoked_at", true, times(first, rows.iter().map(|row| row.revoked))),
        ("recorded_at", false, times(first, rows.iter().map(|row| Some(row.effective)))),
    ])
}

/// The name of what an override does, and a reason to do it.
fn mode(mode: Mode) -> (&'static str, &'static str) {
    match mode {
        Mode::Set => ("set", "Everything is done by another system until the migration ends"),
        Mode::Cap => ("cap", "Has given notice of a review of all vendors"),
        Mode::Floor => ("floor", "Signed for three years last month"),
        Mode::Adjust => ("adjust", "A known fault of tracking"),
    }
}

fn table<const N: usize>(columns: [(&str, bool, ArrayRef); N]) -> Result<RecordBatch, ArrowError> {
    let field = |(name, nullable, values): &(&str, bool, ArrayRef)| {
        Field::new(*name, values.data_type().clone(), *nullable)
    };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, _, values)| values).collect())
}

fn text(values: impl Iterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn times(first: i64, values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    let values: TimestampMicrosecondArray = values.map(|value| value.map(|at| first + at)).collect();
    Arc::new(values)
}

fn id(kind: char, account: u32, number: u32) -> String {
    format!("{kind}{account:06}-{number:02}")
}
