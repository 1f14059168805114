//! From the text of a SQL file to a [`Model`]: DataFusion's own parser reads it whole; what hale has no use for is refused.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::common::TableReference;
use datafusion::logical_expr::planner::ContextProvider;
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};
use datafusion::sql::parser::{CreateExternalTable, DFParserBuilder, Statement};
use datafusion::sql::planner::SqlToRel;
use datafusion::sql::sqlparser::ast::{
    ColumnDef, ColumnOption, CreateTable, HiveDistributionStyle, Ident, IndexColumn, ObjectName, Query,
    Spanned, Statement as SqlStatement, TableConstraint, Value,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location as SqlLocation, Span};

use super::comments::Comments;
use super::contract::{Check, Column, Contract, Reference};
use super::layer::{Layer, ModelName};
use super::model::{AS_OF_DATE, Kind, Model, Source, Storing};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};

/// Parses one file into the model that its path names.
pub(crate) fn parse_model(name: ModelName, file: &Arc<SourceFile>) -> Result<Model, Diagnostics> {
    Reader { name, file, comments: Comments::read(&file.text), problems: Diagnostics::new() }.read()
}

/// The one statement of a text.
pub(crate) fn parse_one(file: &Arc<SourceFile>) -> Result<Statement, Diagnostic> {
    let parsed = DFParserBuilder::new(file.text.as_str())
        .with_dialect(&GenericDialect {})
        .build()
        .and_then(|mut parser| parser.parse_statements());
    let mut statements = parsed.map_err(|error| syntax_error(file, &error.strip_backtrace()))?;
    match (statements.pop_front(), statements.len()) {
        (Some(statement), 0) => Ok(statement),
        (None, _) => Err(Diagnostic::error("empty-model", "the file holds no SQL statement")
            .at(Location::whole(file))
            .help("write one statement, or delete the file")),
        (Some(_), more) => {
            Err(Diagnostic::error("many-statements", format!("the file holds {} statements", more + 1))
                .at(Location::whole(file))
                .note("a model is one statement; the file's path is its name")
                .help("move each statement into a file of its own"))
        }
    }
}

/// A parser's message, placed: the parser writes the place into its text.
fn syntax_error(file: &Arc<SourceFile>, message: &str) -> Diagnostic {
    let message = message
        .trim_start_matches("SQL error: ")
        .trim_start_matches("ParserError(\"")
        .trim_end_matches("\")");
    let (what, place) = message.split_once(" at Line: ").unwrap_or((message, ""));
    let mut numbers = place
        .split(", Column: ")
        .map(|number| number.trim_end_matches(|c: char| !c.is_ascii_digit()).parse());
    let location = match (numbers.next(), numbers.next()) {
        (Some(Ok(line)), Some(Ok(column))) => Location::word_at(file, file.offset(line, column)),
        _ => Location::new(file, file.text.len()..file.text.len()),
    };
    let what = what.trim_start_matches("sql parser error: ");
    Diagnostic::error("syntax", format!("this is not SQL that can be read: {what}")).at(location)
}

/// Bytes of a parser's span (lines and columns from 1, the end inclusive of nothing).
pub(crate) fn bytes(file: &SourceFile, span: Span) -> std::ops::Range<usize> {
    if span.start.line == 0 {
        return 0..0;
    }
    let at = |place: SqlLocation| file.offset(place.line as usize, place.column as usize);
    at(span.start)..at(span.end).max(at(span.start))
}

/// An identifier as SQL understands it: unquoted ones are lower case.
fn normal(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

struct Reader<'a> {
    name: ModelName,
    file: &'a Arc<SourceFile>,
    comments: Comments,
    problems: Diagnostics,
}

impl Reader<'_> {
    fn read(mut self) -> Result<Model, Diagnostics> {
        let statement = parse_one(self.file)?;
        let model = match statement {
            Statement::CreateExternalTable(create) => self.source(create),
            Statement::Statement(statement) => match *statement {
                SqlStatement::Query(query) => Some(self.view(query)),
                SqlStatement::CreateView(view) => {
                    self.named(&view.name);
                    Some(self.view(view.query))
                }
                SqlStatement::CreateTable(create) => self.table(create),
                other => self.refuse(&other.to_string()),
            },
            other => self.refuse(&other.to_string()),
        };
        match model {
            Some(model) if !self.problems.has_errors() => Ok(model),
            _ => Err(self.problems),
        }
    }

    fn refuse(&mut self, statement: &str) -> Option<Model> {
        let verb: Vec<&str> = statement.split_whitespace().take(2).collect();
        let problem = Diagnostic::error("not-a-model", format!("`{}` does not make a model", verb.join(" ")))
            .at(Location::word_at(self.file, 0))
            .help("a model is SELECT, CREATE VIEW … AS, CREATE TABLE … AS, or CREATE EXTERNAL TABLE");
        self.problems.push(problem);
        None
    }

    fn at(&self, span: Span) -> Location {
        Location::new(self.file, bytes(self.file, span))
    }

    /// The name in the statement must be the one in the path.
    fn named(&mut self, name: &ObjectName) {
        let parts: Vec<String> = name.0.iter().filter_map(|part| part.as_ident()).map(normal).collect();
        if parts.join(".") != self.name.to_string() {
            let problem =
                Diagnostic::error("name-mismatch", format!("the statement names `{}`", parts.join(".")))
                    .at(self.at(name.span()))
                    .note(format!("the file's path makes it `{}`", self.name))
                    .help("rename the one or the other");
            self.problems.push(problem);
        }
    }

    fn model(&self, kind: Kind, contract: Contract, declared: Option<SchemaRef>) -> Model {
        Model {
            name: self.name.clone(),
            file: Arc::clone(self.file),
            description: self.comments.leading().to_owned(),
            kind,
            contract,
            declared,
            origins: Vec::new(),
        }
    }

    fn view(&mut self, query: Box<Query>) -> Model {
        self.only_sources_in_raw(false);
        self.model(Kind::View(query), Contract::default(), None)
    }

    fn only_sources_in_raw(&mut self, is_source: bool) {
        let message = match (self.name.layer == Layer::Raw, is_source) {
            (true, false) => "the raw layer holds sources only",
            (false, true) => "sources belong to the raw layer",
            _ => return,
        };
        let problem = Diagnostic::error("wrong-layer", message)
            .at(Location::word_at(self.file, 0))
            .help("sources (CREATE EXTERNAL TABLE) go to sql/raw/, every other model to a later layer");
        self.problems.push(problem);
    }

    fn table(&mut self, create: CreateTable) -> Option<Model> {
        self.named(&create.name);
        self.only_sources_in_raw(false);
        let Some(query) = create.query else {
            let problem = Diagnostic::error("no-query", "the table has no query")
                .at(self.at(create.name.span()))
                .help("end the statement with AS SELECT …, or make it a source with CREATE EXTERNAL TABLE");
            self.problems.push(problem);
            return None;
        };
        let storing = self.storing(&create.hive_distribution);
        let (contract, declared) = self.contract(&create.columns, &create.constraints);
        if contract.columns.is_empty() || contract.primary_key.is_empty() {
            let missing = if contract.columns.is_empty() { "columns" } else { "PRIMARY KEY" };
            let problem = Diagnostic::error("no-key", format!("a stored table must declare its {missing}"))
                .at(self.at(create.name.span()))
                .note("its columns, types and key are what readers rely on and what is audited before publishing")
                .help("declare every column with its type, and PRIMARY KEY (account_id, as_of_date) or whatever the grain is");
            self.problems.push(problem);
        }
        if storing == Storing::ByDay && !contract.primary_key.iter().any(|key| key == AS_OF_DATE) {
            let problem =
                Diagnostic::error("no-day-key", "a table stored by day must have as_of_date in its key")
                    .at(self.at(create.name.span()))
                    .help("add as_of_date DATE NOT NULL to the columns and to the PRIMARY KEY");
            self.problems.push(problem);
        }
        Some(self.model(Kind::Table(query, storing), contract, declared))
    }

    fn storing(&mut self, style: &HiveDistributionStyle) -> Storing {
        let HiveDistributionStyle::PARTITIONED { columns } = style else { return Storing::Whole };
        if let [column] = columns.as_slice()
            && normal(&column.name) == AS_OF_DATE
        {
            return Storing::ByDay;
        }
        let at =
            columns.first().map_or_else(|| Location::whole(self.file), |column| self.at(column.name.span));
        let problem = Diagnostic::error("partitioning", "a table is stored by day or whole")
            .at(at)
            .help("write PARTITIONED BY (as_of_date), or leave it out");
        self.problems.push(problem);
        Storing::Whole
    }

    fn source(&mut self, create: CreateExternalTable) -> Option<Model> {
        self.named(&create.name);
        self.only_sources_in_raw(true);
        if !create.file_type.eq_ignore_ascii_case("parquet") {
            let problem =
                Diagnostic::error("not-parquet", format!("sources are Parquet, not {}", create.file_type))
                    .at(self.at(create.name.span()))
                    .help("write STORED AS PARQUET");
            self.problems.push(problem);
        }
        let (contract, declared) = self.contract(&create.columns, &create.constraints);
        if contract.columns.is_empty() {
            let problem = Diagnostic::error("no-columns", "a source must declare its columns")
                .at(self.at(create.name.span()))
                .help("list the columns that the project reads, with their types");
            self.problems.push(problem);
        }
        let mut source =
            Source { path: String::new(), event_time: None, available_at: None, optional: false };
        match create.locations.as_slice() {
            [path] => source.path.clone_from(path),
            _ => self.problems.push(
                Diagnostic::error("one-location", "a source has one location")
                    .at(self.at(create.name.span())),
            ),
        }
        for (key, value) in &create.options {
            self.option(&mut source, &contract, key, value);
        }
        Some(self.model(Kind::Source(source), contract, declared))
    }

    fn option(&mut self, source: &mut Source, contract: &Contract, key: &str, value: &Value) {
        const KNOWN: [&str; 3] = ["event_time", "available_at", "optional"];
        let text = match value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.clone(),
            other => other.to_string(),
        };
        let key = key.trim_start_matches("format.");
        let place = self
            .file
            .text
            .find(key)
            .map_or_else(|| Location::whole(self.file), |at| Location::word_at(self.file, at));
        let column_names = || contract.columns.iter().map(|column| column.name.as_str());
        let problem = match key {
            "event_time" | "available_at" if contract.column(&text).is_none() => {
                Diagnostic::error("unknown-column", format!("`{key}` names no declared column: `{text}`"))
                    .suggest(&text, column_names())
            }
            "event_time" => return source.event_time = Some(text),
            "available_at" => return source.available_at = Some(text),
            "optional" => match text.to_lowercase().as_str() {
                "true" => return source.optional = true,
                "false" => return source.optional = false,
                _ => Diagnostic::error(
                    "option-value",
                    format!("`optional` is 'true' or 'false', not '{text}'"),
                ),
            },
            _ => Diagnostic::error("unknown-option", format!("there is no source option `{key}`"))
                .note(format!("known: {}", KNOWN.join(", ")))
                .suggest(key, KNOWN),
        };
        self.problems.push(problem.at(place));
    }

    fn contract(
        &mut self,
        columns: &[ColumnDef],
        constraints: &[TableConstraint],
    ) -> (Contract, Option<SchemaRef>) {
        let mut contract = Contract::default();
        for (index, column) in columns.iter().enumerate() {
            let until = columns.get(index + 1).map(|next| next.name.span.start);
            self.column(&mut contract, column, until);
        }
        for constraint in constraints {
            self.constraint(&mut contract, constraint);
        }
        self.known_columns(&contract);
        if columns.is_empty() {
            return (contract, None);
        }
        let declared = declared_schema(columns).map_err(|error| {
            Diagnostic::error("column-type", error.strip_backtrace()).at(Location::whole(self.file))
        });
        (contract, self.problems.keep(declared))
    }

    fn column(&mut self, contract: &mut Contract, column: &ColumnDef, until: Option<SqlLocation>) {
        let name = normal(&column.name);
        let location = self.at(column.name.span);
        if contract.column(&name).is_some() {
            self.problems.push(
                Diagnostic::error("duplicate-column", format!("column `{name}` is declared twice"))
                    .at(location.clone()),
            );
        }
        let not_null = column.options.iter().any(|option| option.option == ColumnOption::NotNull);
        let description = self.comments.behind(column.name.span.start, until);
        contract.columns.push(Column {
            name: name.clone(),
            not_null,
            description,
            location: location.clone(),
        });
        for option in &column.options {
            match &option.option {
                ColumnOption::NotNull | ColumnOption::Null => {}
                ColumnOption::PrimaryKey(_) => contract.primary_key = vec![name.clone()],
                ColumnOption::Unique(_) => contract.unique.push(vec![name.clone()]),
                ColumnOption::Check(check) => {
                    contract.checks.push(Check { sql: check.expr.to_string(), location: location.clone() });
                }
                ColumnOption::ForeignKey(key) => {
                    self.reference(contract, vec![name.clone()], &key.foreign_table, &key.referred_columns);
                }
                other => self.unsupported(&other.to_string(), location.clone()),
            }
        }
    }

    fn constraint(&mut self, contract: &mut Contract, constraint: &TableConstraint) {
        match constraint {
            TableConstraint::PrimaryKey(key) => contract.primary_key = key_columns(&key.columns),
            TableConstraint::Unique(key) => contract.unique.push(key_columns(&key.columns)),
            TableConstraint::Check(check) => {
                let location = self.at(check.expr.span());
                contract.checks.push(Check { sql: check.expr.to_string(), location });
            }
            TableConstraint::ForeignKey(key) => {
                let columns = key.columns.iter().map(normal).collect();
                self.reference(contract, columns, &key.foreign_table, &key.referred_columns);
            }
            other => self.unsupported(&other.to_string(), Location::whole(self.file)),
        }
    }

    fn unsupported(&mut self, what: &str, location: Location) {
        let problem =
            Diagnostic::error("unsupported-constraint", format!("`{what}` is not part of a contract"))
                .at(location)
                .note("a contract is made of types, NOT NULL, PRIMARY KEY, UNIQUE, CHECK and REFERENCES");
        self.problems.push(problem);
    }

    fn reference(&mut self, contract: &mut Contract, columns: Vec<String>, table: &ObjectName, to: &[Ident]) {
        let location = self.at(table.span());
        let target: Vec<String> = table.0.iter().filter_map(|part| part.as_ident()).map(normal).collect();
        let target_columns: Vec<String> =
            if to.is_empty() { columns.clone() } else { to.iter().map(normal).collect() };
        match ModelName::parse(&target.join(".")) {
            Some(target) => contract.references.push(Reference { columns, target, target_columns, location }),
            None => self.problems.push(
                Diagnostic::error(
                    "unknown-table",
                    format!("REFERENCES names no layer: `{}`", target.join(".")),
                )
                .at(location)
                .help("write it as layer.table, such as staging.accounts"),
            ),
        }
    }

    /// Every column that a key or reference names must be declared.
    fn known_columns(&mut self, contract: &Contract) {
        let named = contract.primary_key.iter().chain(contract.unique.iter().flatten());
        let named = named.chain(contract.references.iter().flat_map(|reference| &reference.columns));
        for column in named.filter(|column| contract.column(column).is_none()) {
            let place = self.file.text.rfind(column.as_str()).unwrap_or_default();
            let problem = Diagnostic::error(
                "unknown-column",
                format!("a constraint names an undeclared column: `{column}`"),
            )
            .at(Location::word_at(self.file, place))
            .suggest(column, contract.columns.iter().map(|column| column.name.as_str()));
            self.problems.push(problem);
        }
    }
}

fn key_columns(columns: &[IndexColumn]) -> Vec<String> {
    use datafusion::sql::sqlparser::ast::Expr;
    columns
        .iter()
        .map(|column| match &column.column.expr {
            Expr::Identifier(ident) => normal(ident),
            other => other.to_string(),
        })
        .collect()
}

/// Declared SQL types as Arrow types, all nullable. Timestamps are microseconds: what Parquet readers agree on.
fn declared_schema(columns: &[ColumnDef]) -> datafusion::error::Result<SchemaRef> {
    let schema = SqlToRel::new(&NoTables::default()).build_schema(columns.to_vec())?;
    let fields = schema.fields().iter().map(|field| {
        let data_type = match field.data_type() {
            DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
                DataType::Timestamp(TimeUnit::Microsecond, zone.clone())
            }
            other => other.clone(),
        };
        Field::new(field.name(), data_type, true)
    });
    Ok(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}

/// The planner wants to know of tables and functions; types need neither.
#[derive(Default)]
struct NoTables(datafusion::config::ConfigOptions);

impl ContextProvider for NoTables {
    fn get_table_source(&self, name: TableReference) -> datafusion::error::Result<Arc<dyn TableSource>> {
        datafusion::common::plan_err!("no table {name}")
    }
    fn get_function_meta(&self, _: &str) -> Option<Arc<ScalarUDF>> {
        None
    }
    fn get_higher_order_meta(&self, _: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }
    fn get_aggregate_meta(&self, _: &str) -> Option<Arc<AggregateUDF>> {
        None
    }
    fn get_window_meta(&self, _: &str) -> Option<Arc<WindowUDF>> {
        None
    }
    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }
    fn options(&self) -> &datafusion::config::ConfigOptions {
        &self.0
    }
    fn udf_names(&self) -> Vec<String> {
        Vec::new()
    }
    fn udaf_names(&self) -> Vec<String> {
        Vec::new()
    }
    fn udwf_names(&self) -> Vec<String> {
        Vec::new()
    }
    fn higher_order_function_names(&self) -> Vec<String> {
        Vec::new()
    }
}
