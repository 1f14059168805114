//! Sources as others may deliver them: split into files, rows in another order, some rows twice. The same bytes come out.

use std::path::Path;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use halescore::engine::sources::Reading;
use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::project::model::Kind;
use parquet::arrow::ArrowWriter;

use super::Draw;
use super::cases::DELIVERED_TWICE;
use super::time::tables::{Difference, Project as Said};
use crate::oracle::project_with;
use crate::oracle::table::{batches, parquet_below};
use crate::oracle::world::{GENERATED_LAST_DAY, generated, small};
use crate::pipeline::{Run, published_bytes};

/// Draws, each of which delivers all sources anew. Kept are those that failed once.
const SEEDS: [u64; 2] = [1, 2];

/// The rows of a source, wherever its files lie.
pub fn read(folder: &Path, path: &str) -> Option<RecordBatch> {
    let path = folder.join(path);
    let files = if path.is_dir() { parquet_below(&path) } else { vec![path] };
    let read: Vec<RecordBatch> =
        files.iter().filter(|file| file.is_file()).flat_map(|file| batches(file)).collect();
    let schema = read.first()?.schema();
    Some(concat_batches(&schema, &read).unwrap())
}

/// Writes rows as one file.
pub fn write(path: &Path, rows: &RecordBatch) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, rows.schema(), None).unwrap();
    writer.write(rows).unwrap();
    writer.close().unwrap();
}

/// The sources of the bundled project: their names and where they lie.
pub fn all() -> Vec<(String, String)> {
    let project = Project::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let pipeline = Pipeline::build(project).unwrap();
    let source = |model: &halescore::project::model::Model| match &model.kind {
        Kind::Source(source) => Some((model.name.table.clone(), source.path.clone())),
        _ => None,
    };
    pipeline.models.iter().filter_map(source).collect()
}

/// All sources delivered anew.
fn delivered(from: &Path, to: &Path, seed: u64) {
    let mut draw = Draw(seed);
    let (mut split, mut doubled) = (0, 0);
    for (name, path) in all() {
        let Some(rows) = read(from, &path) else { continue };
        let mut order: Vec<u32> = (0..u32::try_from(rows.num_rows()).unwrap()).collect();
        if DELIVERED_TWICE.contains(&name.as_str()) {
            let twice: Vec<u32> = order.iter().copied().filter(|_| draw.below(10) == 0).collect();
            doubled += twice.len();
            order.extend(twice);
        }
        draw.shuffle(&mut order);
        let files = 1 + draw.below(4).min(order.len());
        split += files - 1;
        // A file becomes a folder of the same name.
        for (number, part) in order.chunks(order.len().div_ceil(files).max(1)).enumerate() {
            let part = take_record_batch(&rows, &UInt32Array::from(part.to_vec())).unwrap();
            write(&to.join(&path).join(format!("{}.parquet", (number * 7 + 3) % 10)), &part);
        }
    }
    assert!(split > 10 && doubled > 50, "seed {seed}: {split} splits, {doubled} rows twice");
}

#[test]
fn files_and_the_order_of_rows_and_rows_that_come_twice_change_no_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = generated(&small());
    let published = |sources: &Path| {
        let out = tempfile::tempdir().unwrap();
        let run = Run::new(root, sources, out.path());
        run.publish(GENERATED_LAST_DAY..=GENERATED_LAST_DAY).unwrap_or_else(|error| panic!("{error}"));
        published_bytes(out.path())
    };
    let expected = published(sources.path());
    assert!(expected.len() > 40, "only {} files", expected.len());
    for seed in SEEDS {
        let again = tempfile::tempdir().unwrap();
        delivered(sources.path(), again.path(), seed);
        let got = published(again.path());
        assert!(got.keys().eq(expected.keys()), "seed {seed}: {:?}", got.keys());
        let differ: Vec<&String> = expected.keys().filter(|name| got[*name] != expected[*name]).collect();
        if !differ.is_empty() {
            let value = difference(root, [sources.path(), again.path()], &[]);
            let value = value.map_or_else(|| "no value differs".to_owned(), |value| value.to_string());
            panic!("seed {seed}: {value}; {differ:?}");
        }
    }
}

/// The first value that a project makes otherwise of two deliveries: of some tables, or of all.
fn difference(project: &Path, deliveries: [&Path; 2], tables: &[&str]) -> Option<Difference> {
    let project = Said::new(project);
    let days = GENERATED_LAST_DAY..=GENERATED_LAST_DAY;
    let [one, other] =
        deliveries.map(|sources| project.some_tables(tables, sources, days.clone(), Reading::AsHappened));
    one.difference(&other)
}

/// The law is seen to fail: where a source has no key, rows that come twice count twice, and where it is one file of several, it
/// matters how the rows are split.
#[test]
fn a_delivery_that_matters_is_told_with_table_row_and_column() {
    let sources = generated(&small());
    let [one, other] = SEEDS.map(|seed| {
        let again = tempfile::tempdir().unwrap();
        delivered(sources.path(), again.path(), seed);
        again
    });
    let keyless = ("sql/raw/events.sql", "'key' 'event_id', ", "");
    let one_file =
        ("sql/raw/tickets.sql", "LOCATION 'tickets.parquet'", "LOCATION 'tickets.parquet/3.parquet'");
    for (edit, deliveries, table, column) in [
        (keyless, [sources.path(), one.path()], "metrics.usage", "_28d is "),
        (one_file, [one.path(), other.path()], "metrics.support", "_90d is "),
    ] {
        let project = project_with(&[edit]);
        let told = difference(project.path(), deliveries, &[table]);
        let told = told.unwrap_or_else(|| panic!("{} is not seen", edit.0)).to_string();
        let of_row = format!("{table}, account_id ");
        let of_day = format!(", as_of_date {GENERATED_LAST_DAY}: ");
        assert!(told.starts_with(&of_row) && told.contains(&of_day) && told.contains(column), "{told}");
    }
}
