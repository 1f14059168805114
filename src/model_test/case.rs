//! A case held against the checked pipeline: every name known, every value of its column's type.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use chrono::NaiveDate;
use datafusion::common::TableReference;
use datafusion::scalar::ScalarValue;

use super::document::{Cell, Days, Document, Input, Order, Rows, place_of_key};
use super::select::CaseFile;
use super::value;
use crate::check::Checked;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::error::Error;
use crate::pipeline::CALENDAR_DAYS;
use crate::project::layer::{CALENDAR, Layer, ModelName};
use crate::project::model::Model;
use crate::project::reported::{Reported, Reports, asked};
use crate::project::settings::Settings;
use crate::yaml::{Entries, Placed, place};

/// The first day of a source that is always complete.
const ALWAYS: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a calendar has its first day");

/// One case, ready to run.
pub(super) struct Case<'a> {
    /// The model under test.
    pub(super) model: &'a Model,
    /// The file's stem.
    pub(super) name: String,
    /// The file.
    pub(super) file: &'a Arc<SourceFile>,
    /// What it is about.
    pub(super) description: String,
    /// Every table that the model reads, with its rows; of a dated relation those of the source, where these are given.
    pub(super) given: Vec<Given>,
    /// The dated relations that are made of a source's rows.
    pub(super) dated: Vec<&'a Model>,
    /// The project's settings with this case's parameters.
    pub(super) settings: Settings,
    /// As of which days the sources are reported of which the model asks.
    pub(super) reports: Reports,
    /// What the model must give.
    pub(super) expected: Expected,
}

/// A table that the model reads.
pub(super) struct Given {
    /// Its name in SQL.
    pub(super) table: TableReference,
    /// Its columns.
    pub(super) schema: SchemaRef,
    /// Its rows, in the plain form of the columns' types.
    pub(super) rows: Vec<Vec<ScalarValue>>,
}

/// The rows that a model must give.
pub(super) struct Expected {
    /// The columns that are compared, with their plain types, in the model's order.
    pub(super) columns: Vec<(String, DataType)>,
    /// The rows: their values, and the line on which each is written.
    pub(super) rows: Vec<(usize, Vec<ScalarValue>)>,
    /// How far two doubles may be apart.
    pub(super) tolerance: f64,
    /// Whether the order of the rows matters.
    pub(super) order: Order,
}

impl<'a> Case<'a> {
    /// Reads a case.
    ///
    /// # Errors
    /// Every fault in the file, each with its place.
    pub(super) fn read(checked: &'a Checked, of: &CaseFile<'a>) -> Result<Self, Diagnostics> {
        let document = Document::read(of.file)?;
        let mut reader = Reader { checked, of, problems: Diagnostics::new() };
        let (given, dated) = reader.given(&document.given);
        let mut settings = reader.settings(&document.parameters);
        reader.complete_from(&mut settings, &document.complete_from);
        let reports = reader.reports(&document.reported);
        let expected = reader.expected(&document);
        if reader.problems.has_errors() {
            return Err(reader.problems);
        }
        let (model, name, file) = (of.model, of.name.clone(), of.file);
        let description = document.description;
        Ok(Self { model, name, file, description, given, dated, settings, reports, expected })
    }

    /// The model could not be computed on the rows of the case: what was said, and in which case.
    pub(super) fn failed(&self, error: Error) -> Diagnostic {
        let found = match error {
            Error::Project(found) | Error::Audit(found) | Error::Transient(found) => found.into_iter().next(),
            _ => None,
        };
        let case = format!("{}/{}", self.model.name, self.name);
        match found {
            Some(found) => found.note(format!("in the case {case} ({})", self.file.path)),
            None => self.failure("the model cannot be computed"),
        }
    }

    /// The case failed: where, and why in a few words.
    pub(super) fn failure(&self, why: &str) -> Diagnostic {
        let problem = Diagnostic::error("model-test", format!("{}/{}: {why}", self.model.name, self.name));
        problem.at(place_of_key(self.file, "expect")).label(self.description.clone())
    }
}

/// The calendar's columns: it is hale's own and in no pipeline.
fn calendar_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("day", DataType::Date32, true)]))
}

struct Reader<'a, 'b> {
    checked: &'a Checked,
    of: &'b CaseFile<'a>,
    problems: Diagnostics,
}

impl<'a> Reader<'a, '_> {
    fn file(&self) -> &'a Arc<SourceFile> {
        self.of.file
    }

    fn fault(&mut self, problem: Diagnostic, at: Location) {
        self.problems.push(problem.at(at));
    }

    /// The tables that the model reads: with the rows written, or empty. Rows of a source stand for its dated relation.
    fn given(&mut self, written: &Entries<Input>) -> (Vec<Given>, Vec<&'a Model>) {
        let checked = self.checked;
        let reads: BTreeSet<&ModelName> = checked.pipeline.reads[&self.of.model.name].0.keys().collect();
        let calendar = format!("{CALENDAR}.{CALENDAR_DAYS}");
        let source_of = |read: &ModelName| {
            (read.layer == Layer::Dated).then(|| ModelName::new(Layer::Raw, read.table.clone()))
        };
        let all = reads.iter().flat_map(|read| [Some((*read).clone()), source_of(read)]).flatten();
        let mut names: Vec<String> = all.map(|name| name.to_string()).collect();
        names.push(calendar.clone());
        for (name, _) in written.0.iter().filter(|(name, _)| !names.contains(&name.value)) {
            let message = format!("`{}` does not read `{}`", self.of.model.name, name.value);
            let problem =
                Diagnostic::error("test-input", message).note(format!("it reads {}", names.join(", ")));
            let problem = problem.suggest(&name.value, names.iter().map(String::as_str));
            self.fault(problem, place(self.file(), name));
        }
        let rows_of = |name: &str| written.get(name);
        let (mut given, mut dated) = (Vec::new(), Vec::new());
        for read in reads {
            let source = source_of(read).filter(|source| rows_of(&source.to_string()).is_some());
            dated.extend(source.as_ref().and_then(|_| checked.pipeline.model(read)));
            let read = source.as_ref().unwrap_or(read);
            let table = TableReference::partial(read.layer.name(), read.table.as_str());
            let schema = Arc::clone(&checked.schemas[read]);
            let rows = rows_of(&read.to_string()).map(|(name, input)| self.input(name, input, &schema));
            given.push(Given { table, rows: rows.unwrap_or_default(), schema });
        }
        let rows = rows_of(&calendar).map(|(name, input)| self.calendar(name, input));
        let table = TableReference::partial(CALENDAR, CALENDAR_DAYS);
        given.push(Given { table, rows: rows.unwrap_or_default(), schema: calendar_schema() });
        (given, dated)
    }

    fn input(&mut self, name: &Placed<String>, input: &Input, schema: &SchemaRef) -> Vec<Vec<ScalarValue>> {
        match input {
            Input::Rows(rows) => self.rows(rows, &columns_of(schema), &name.value),
            Input::Days(_) => {
                let problem = Diagnostic::error(
                    "test-input",
                    format!("`{}` is not given as a list of rows", name.value),
                );
                let problem = problem.help("write one row a line: - {column: value, …}");
                self.fault(problem, place(self.file(), name));
                Vec::new()
            }
        }
    }

    /// The days of the calendar: rows, or all from one day to another.
    fn calendar(&mut self, name: &Placed<String>, input: &Input) -> Vec<Vec<ScalarValue>> {
        let written = match input {
            Input::Rows(rows) => return self.rows(rows, &columns_of(&calendar_schema()), "calendar.days"),
            Input::Days(written) => written,
        };
        let ends = [("from".to_owned(), DataType::Date32), ("to".to_owned(), DataType::Date32)];
        let row = self.row(written, &ends, "calendar.days");
        let day = |value: &ScalarValue| match value {
            ScalarValue::Date32(Some(day)) => Date32Type::to_naive_date_opt(*day),
            _ => None,
        };
        let ends: Vec<NaiveDate> = row.iter().filter_map(day).collect();
        if let [from, to] = ends[..]
            && from <= to
        {
            let days = Date32Type::from_naive_date(from)..=Date32Type::from_naive_date(to);
            return days.map(|day| vec![ScalarValue::Date32(Some(day))]).collect();
        }
        if !self.problems.has_errors() {
            let problem = Diagnostic::error("test-input", "calendar.days wants its first day and its last");
            let problem = problem.help("write {from: 2026-09-01, to: 2026-09-30}, the earlier day first");
            self.fault(problem, place(self.file(), name));
        }
        Vec::new()
    }

    fn rows(&mut self, rows: &Rows, columns: &[(String, DataType)], table: &str) -> Vec<Vec<ScalarValue>> {
        rows.0.iter().map(|row| self.row(&row.value, columns, table)).collect()
    }

    /// The values of a row in the order of the columns; NULL where nothing is written.
    fn row(&mut self, row: &Entries<Cell>, columns: &[(String, DataType)], table: &str) -> Vec<ScalarValue> {
        let known = || columns.iter().map(|(column, _)| column.as_str());
        for (name, _) in row.0.iter().filter(|(name, _)| !known().any(|column| column == name.value)) {
            let problem =
                Diagnostic::error("unknown-column", format!("{table} has no column `{}`", name.value));
            let all: Vec<&str> = known().collect();
            let problem =
                problem.note(format!("its columns: {}", all.join(", "))).suggest(&name.value, known());
            self.fault(problem, place(self.file(), name));
        }
        columns.iter().map(|(column, data_type)| self.cell(row, column, data_type)).collect()
    }

    fn cell(&mut self, row: &Entries<Cell>, column: &str, data_type: &DataType) -> ScalarValue {
        let parsed = row.get(column).map(|(_, cell)| (cell, value::parse(column, cell, data_type)));
        match parsed {
            Some((_, Ok(value))) => return value,
            Some((cell, Err(problem))) => self.fault(problem, place(self.file(), cell)),
            None => {}
        }
        ScalarValue::try_new_null(&value::plain(data_type)).unwrap_or(ScalarValue::Null)
    }

    /// The project's settings with the parameters that the case sets.
    fn settings(&mut self, written: &Entries<Cell>) -> Settings {
        let mut settings = self.checked.pipeline.settings.clone();
        for (name, cell) in &written.0 {
            let Some(known) = settings.parameters.get_mut(&name.value) else {
                let problem = Diagnostic::error(
                    "unknown-parameter",
                    format!("hale.yml has no parameter `{}`", name.value),
                );
                let names = self.checked.pipeline.settings.parameters.keys().map(String::as_str);
                self.fault(problem.suggest(&name.value, names), place(self.file(), name));
                continue;
            };
            match value::parse(&name.value, cell, &known.data_type()) {
                Ok(value) => *known = value,
                Err(problem) => self.fault(problem, place(self.file(), cell)),
            }
        }
        settings
    }

    /// From which day on sources are complete in the case: always, but where it says so.
    fn complete_from(&mut self, settings: &mut Settings, written: &Entries<Cell>) {
        settings.complete_from.values_mut().for_each(|(day, _)| *day = ALWAYS);
        for (name, cell) in &written.0 {
            let Some((day, _)) = settings.complete_from.get_mut(&name.value) else {
                let message = format!("hale.yml does not say from which day on `{}` is complete", name.value);
                let names = self.checked.pipeline.settings.complete_from.keys().map(String::as_str);
                let problem = Diagnostic::error("unknown-source", message).suggest(&name.value, names);
                self.fault(problem, place(self.file(), name));
                continue;
            };
            match value::parse(&name.value, cell, &DataType::Date32) {
                Ok(ScalarValue::Date32(Some(written))) => {
                    *day = Date32Type::to_naive_date_opt(written).unwrap_or(ALWAYS)
                }
                Ok(_) => {
                    let problem = Diagnostic::error("date", "a day from which on it is complete is wanted");
                    self.fault(problem.help("write it as YYYY-MM-DD"), place(self.file(), cell));
                }
                Err(problem) => self.fault(problem, place(self.file(), cell)),
            }
        }
    }

    /// As of which days sources are reported in the case: all, but where it says others.
    fn reports(&mut self, written: &Entries<Days>) -> Reports {
        let asked = self.of.model.query().map(asked).unwrap_or_default();
        for (name, _) in written.0.iter().filter(|(name, _)| !asked.contains(&name.value)) {
            let message =
                format!("`{}` does not ask whether `{}` is reported", self.of.model.name, name.value);
            let problem = Diagnostic::error("test-input", message);
            self.fault(
                problem.suggest(&name.value, asked.iter().map(String::as_str)),
                place(self.file(), name),
            );
        }
        let always = Reported::During { since: None, until: None };
        let said = |reader: &mut Self, name: &String| match written.get(name) {
            Some((name, days)) => reader.reported(name, days),
            None => always,
        };
        asked.iter().map(|name| (name.clone(), said(self, name))).collect()
    }

    fn reported(&mut self, name: &Placed<String>, days: &Days) -> Reported {
        let mut ends = Vec::new();
        match days {
            Days::Word(word) if word == "never" => return Reported::Never,
            Days::Word(_) => {}
            Days::Ends(cells) => {
                for cell in cells {
                    match value::parse(&name.value, cell, &DataType::Date32) {
                        Ok(ScalarValue::Date32(day)) => {
                            ends.push(day.and_then(Date32Type::to_naive_date_opt))
                        }
                        Ok(_) => {}
                        Err(problem) => self.fault(problem, place(self.file(), cell)),
                    }
                }
            }
        }
        if let [since, until] = ends[..]
            && since.zip(until).is_none_or(|(since, until)| since <= until)
        {
            return Reported::During { since, until };
        }
        if !self.problems.has_errors() {
            let problem = Diagnostic::error(
                "test-input",
                "the first day and the last as of which it is reported are wanted",
            );
            let problem = problem
                .help("write [2026-09-01, 2026-09-30], `null` for an end that there is not, or `never`");
            self.fault(problem, place(self.file(), name));
        }
        Reported::Never
    }

    fn expected(&mut self, document: &Document) -> Expected {
        let name = &self.of.model.name;
        let all = columns_of(&self.checked.schemas[name]);
        let columns = self.compared(document, all);
        let mut rows = Vec::new();
        for row in &document.expect.0 {
            let line = usize::try_from(row.referenced.line()).unwrap_or_default();
            rows.push((line, self.row(&row.value, &columns, &name.to_string())));
        }
        let tolerance = document.tolerance.as_ref().map_or(0.0, |tolerance| tolerance.value);
        if let Some(written) =
            document.tolerance.as_ref().filter(|_| !(tolerance.is_finite() && tolerance >= 0.0))
        {
            let problem =
                Diagnostic::error("test-tolerance", format!("a tolerance of {tolerance} compares nothing"));
            self.fault(
                problem.help("write how far two doubles may be apart, such as 0.001"),
                place(self.file(), written),
            );
        }
        let columns = columns.into_iter().map(|(name, data_type)| (name, value::plain(&data_type))).collect();
        Expected { columns, rows, tolerance, order: document.order }
    }

    /// The columns that the case compares, in the model's order.
    fn compared(&mut self, document: &Document, all: Vec<(String, DataType)>) -> Vec<(String, DataType)> {
        let Some(named) = &document.columns else { return all };
        for name in named.iter().filter(|name| !all.iter().any(|(column, _)| *column == name.value)) {
            let message = format!("{} has no column `{}`", self.of.model.name, name.value);
            let known = all.iter().map(|(column, _)| column.as_str());
            let problem = Diagnostic::error("unknown-column", message).suggest(&name.value, known);
            self.fault(problem, place(self.file(), name));
        }
        all.into_iter().filter(|(column, _)| named.iter().any(|name| name.value == *column)).collect()
    }
}

fn columns_of(schema: &SchemaRef) -> Vec<(String, DataType)> {
    schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
}
