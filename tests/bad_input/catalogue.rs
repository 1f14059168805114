//! Rows as CRMs and billing systems hold them, in the bundled project: each has its place, or is told what to become.

use std::fs::{self, File};
use std::path::PathBuf;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches};
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;

use super::world::{Ended, hale};
use crate::oracle::table::batches;

/// The bundled project, to be spoiled.
struct Catalogue(TempDir);

impl Catalogue {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = hale(folder.path(), &["init", "."]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        Self(folder)
    }

    fn source(&self, name: &str) -> PathBuf {
        self.0.path().join(format!("data/{name}.parquet"))
    }

    fn read(&self, name: &str) -> RecordBatch {
        let rows = batches(&self.source(name));
        concat_batches(&rows[0].schema(), &rows).unwrap()
    }

    fn write(&self, name: &str, rows: &RecordBatch) {
        let file = File::create(self.source(name)).unwrap();
        let mut writer = ArrowWriter::try_new(file, rows.schema(), None).unwrap();
        writer.write(rows).unwrap();
        writer.close().unwrap();
    }

    /// One more row: the first of a source, with other values in some of its columns.
    fn add(&self, name: &str, changes: &[(&str, Option<&str>)]) {
        let rows = self.read(name);
        let schema = rows.schema();
        let first = rows.slice(0, 1);
        let columns = schema.fields().iter().zip(first.columns()).map(|(field, old)| -> ArrayRef {
            match changes.iter().find(|(column, _)| column == field.name()) {
                Some((_, value)) => cast(&StringArray::from(vec![*value]), field.data_type()).unwrap(),
                None => old.clone(),
            }
        });
        assert!(changes.iter().all(|(column, _)| schema.field_with_name(column).is_ok()), "{changes:?}");
        let row = RecordBatch::try_new(schema.clone(), columns.collect()).unwrap();
        self.write(name, &concat_batches(&schema, [&rows, &row]).unwrap());
    }

    fn run(&self, select: &str) -> Ended {
        hale(self.0.path(), &["run", "--as-of", "2026-09-30", "--select", select])
    }

    fn asked(&self, query: &str) -> String {
        let ended = hale(self.0.path(), &["query", query, "--format", "csv"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        ended.stdout
    }
}

#[test]
fn a_row_that_is_refused_is_told_what_to_become() {
    for (source, changes, said) in [
        (
            "contracts",
            &[("line_id", Some("zz")), ("arr", Some("-1000.00"))][..],
            ["raw.contracts: CHECK (arr >= 0) is broken by 1 row", "is taken off the line that it lowers"],
        ),
        (
            "invoices",
            &[
                ("invoice_id", Some("zz")),
                ("amount", Some("-250.00")),
                ("amount_paid", Some("0")),
                ("paid_on", None),
            ],
            [
                "raw.invoices: CHECK (amount >= 0) is broken by 1 row",
                "a later version of its invoice, of a lower amount",
            ],
        ),
        (
            "users",
            &[("account_id", Some("another"))],
            ["raw.users: PRIMARY KEY (user_id) is broken by 1 row", "who has seats in two is two users"],
        ),
        (
            "surveys",
            &[
                ("response_id", Some("zz")),
                ("score", Some("11")),
                ("responded_at", Some("2026-09-01T10:00:00")),
            ],
            [
                "raw.surveys: CHECK (score IS NULL OR score BETWEEN",
                "an answer beyond its scale is one of another scale",
            ],
        ),
    ] {
        let project = Catalogue::new();
        project.add(source, changes);
        let ended = project.run("metrics");
        assert_eq!(ended.code, 3, "{source}: {}", ended.stderr);
        for part in said.iter().chain(&["help: "]) {
            assert!(ended.stderr.contains(part), "{source}: not said: {part}\n{}", ended.stderr);
        }
    }
}

#[test]
fn a_line_that_ends_on_the_day_it_starts_never_was_in_force() {
    let project = Catalogue::new();
    project.add(
        "contracts",
        &[
            ("line_id", Some("zz")),
            ("contract_id", Some("zz")),
            ("account_id", Some("zz")),
            ("start_date", Some("2026-09-20")),
            ("end_date", Some("2026-09-20")),
            ("renewal_date", None),
            ("status", Some("cancelled")),
        ],
    );
    let ended = project.run("metrics.contracts");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(
        project.asked("SELECT count(*) AS n FROM metrics.contracts WHERE account_id = 'zz'"),
        "n\n0\n"
    );
    project.add(
        "contracts",
        &[("line_id", Some("zy")), ("start_date", Some("2026-09-20")), ("end_date", Some("2026-09-19"))],
    );
    let ended = project.run("metrics.contracts");
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("CHECK (end_date IS NULL OR end_date >= start_date)"), "{}", ended.stderr);
}

/// The message names the declaration that reads the texts and the cast that makes numbers of them; both together do.
#[test]
fn answers_kept_as_text_are_read_once_the_help_is_followed() {
    let project = Catalogue::new();
    let asked = "SELECT count(rating) AS n, sum(rating) AS s FROM staging.surveys";
    let before = project.asked(asked);
    let rows = project.read("surveys");
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, column)| {
        let name = field.name().clone();
        (
            name.clone(),
            if name == "score" {
                cast(column, &arrow::datatypes::DataType::Utf8).unwrap()
            } else {
                column.clone()
            },
        )
    });
    project.write("surveys", &RecordBatch::try_from_iter(columns).unwrap());
    let ended = hale(project.0.path(), &["check"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("declare it VARCHAR, and cast it in staging: CAST(score AS DOUBLE)"),
        "{}",
        ended.stderr
    );
    let follow = |file: &str, from: &str, to: &str| {
        let path = project.0.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    };
    follow("sql/raw/surveys.sql", "score        DOUBLE,", "score        VARCHAR,");
    follow("sql/raw/surveys.sql", "score BETWEEN", "CAST(score AS DOUBLE) BETWEEN");
    follow("sql/staging/surveys.sql", "(score - ", "(CAST(score AS DOUBLE) - ");
    let ended = hale(project.0.path(), &["check"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(project.asked(asked), before);
}
