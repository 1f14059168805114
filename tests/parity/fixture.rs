//! A folder of `tests/parity/`: definition, input, and what is published about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Seek as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format;
use arrow::record_batch::RecordBatch;
use datafusion::common::ScalarValue;
use halescore::diagnostic::SourceFile;
use halescore::semantic::{self, CompiledModel, Semantics, Source};

/// A definition and the metrics that it scores.
pub struct Fixture {
    pub folder: String,
    pub semantics: Semantics,
    /// Rows of `metrics.accounts`, and of `metrics.users` where there are users.
    pub metrics: Vec<(&'static str, RecordBatch)>,
}

/// A CSV of expected cells by column; an empty cell is NULL.
pub struct Sheet {
    pub file: String,
    pub rows: Vec<BTreeMap<String, String>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity")
}

fn entries(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries.map(|entry| entry.file_name().into_string().expect("UTF-8")).collect()
}

/// The folders that hold a fixture.
pub fn folders() -> BTreeSet<String> {
    entries(&root()).into_iter().filter(|name| root().join(name).is_dir()).collect()
}

impl Fixture {
    /// Reads a folder whose definition must have neither errors nor warnings.
    pub fn read(folder: &str) -> Self {
        let source = |name: &str, layer: &str| {
            let text = fs::read_to_string(root().join(folder).join(name)).expect("a file");
            SourceFile::new(format!("sql/{layer}/{name}"), text)
        };
        let files = entries(&root().join(folder));
        let scores = files.iter().filter(|name| name.ends_with(".yml") && *name != "components.yml");
        let scores: Vec<Arc<SourceFile>> = scores.map(|name| source(name, "scores")).collect();
        let components = [source("components.yml", "components")];
        let semantics =
            semantic::parse(&components, &scores).unwrap_or_else(|problems| panic!("{folder}: {problems}"));
        let of_score = |score: &semantic::Score| ["expected", "points"].map(|kind| file(kind, &score.name));
        let read: BTreeSet<String> = semantics.scores.iter().flat_map(of_score).collect();
        let inputs = [("accounts", "input.csv"), ("users", "users.csv")];
        let is_input = |name: &str| inputs.iter().any(|(_, input)| *input == name);
        let sheets = files.iter().filter(|name| name.ends_with(".csv") && !is_input(name));
        sheets.for_each(|sheet| assert!(read.contains(sheet), "{folder}/{sheet} is of no score"));
        let inputs = inputs.into_iter().filter(|(_, name)| files.contains(*name));
        let metrics = inputs.map(|(table, name)| (table, input(&root().join(folder).join(name)))).collect();
        Self { folder: folder.to_owned(), semantics, metrics }
    }

    /// The models in an order in which each reads those before it: roll-ups come last.
    pub fn models(&self) -> Vec<CompiledModel> {
        let rolls_up = |model: &CompiledModel| {
            let score = self.semantics.scores.iter().find(|score| score.name == model.name);
            matches!(score.expect("of this project").source, Source::RollUp(_))
        };
        let mut models = self.semantics.compile();
        models.sort_by_key(rolls_up);
        models
    }

    /// What is published about a score: all its rows.
    pub fn expected(&self, score: &str) -> Sheet {
        sheet(&root().join(&self.folder).join(file("expected", score)))
    }

    /// What is published about the components of a score: some rows, or nothing.
    pub fn points(&self, score: &str) -> Option<Sheet> {
        let file = root().join(&self.folder).join(file("points", score));
        file.exists().then(|| sheet(&file))
    }
}

/// The name of a score's sheet.
fn file(kind: &str, score: &str) -> String {
    if score == "score" { format!("{kind}.csv") } else { format!("{kind}_{score}.csv") }
}

fn input(path: &Path) -> RecordBatch {
    let mut file = File::open(path).expect("an input");
    let (schema, rows) =
        Format::default().with_header(true).infer_schema(&mut file, None).expect("columns of one kind");
    file.rewind().expect("the beginning");
    let reader = ReaderBuilder::new(Arc::new(schema)).with_header(true).with_batch_size(rows.max(1));
    reader.build(file).expect("a reader").next().expect("rows").expect("sound rows")
}

fn sheet(path: &Path) -> Sheet {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<String>>());
    let header = lines.next().expect("a header");
    let row = |cells: Vec<String>| {
        assert_eq!(cells.len(), header.len(), "{}: {cells:?}", path.display());
        header.iter().cloned().zip(cells).collect()
    };
    Sheet { file: path.display().to_string(), rows: lines.map(row).collect() }
}

/// The nearest decimal with ten digits after the point.
pub fn ten_digits(value: f64) -> f64 {
    (value * 1e10).round() / 1e10
}

/// Whether a cell is what is expected: doubles with ten digits, or `exact` to the last bit.
pub fn same(cell: &ScalarValue, expected: &str, exact: bool) -> bool {
    if cell.is_null() || expected.is_empty() {
        return cell.is_null() && expected.is_empty();
    }
    match cell {
        ScalarValue::Float64(Some(value)) => {
            let expected: f64 = expected.parse().expect("a number");
            *value == expected || !exact && ten_digits(*value) == ten_digits(expected)
        }
        other => other.to_string() == expected,
    }
}
