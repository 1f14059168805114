//! From the text of a SQL file to a [`Model`]: DataFusion's own parser reads it whole; what hale has no use for is refused.

mod column_types;
mod contract;
mod options;
mod parse;
mod source;
mod table;
mod time;

pub(crate) use options::place_of;
pub(crate) use parse::{bytes, parse_one};

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::sql::parser::{CreateExternalTable, Statement};
use datafusion::sql::sqlparser::ast::{
    ColumnDef, CreateTable, HiveDistributionStyle, ObjectName, Query, Spanned, Statement as SqlStatement,
    TableConstraint,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::comments::Comments;
use super::contract::Contract;
use super::layer::{Layer, ModelName};
use super::model::{AS_OF_DATE, Kind, Model, Storing};
use super::was::Was;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use contract::ContractReader;
use parse::normal;
use table::TableOptions;

/// Parses one file into the model that its path names.
pub(crate) fn parse_model(name: ModelName, file: &Arc<SourceFile>) -> Result<Model, Diagnostics> {
    Reader { name, file, comments: Comments::read(&file.text), problems: Diagnostics::new() }.read()
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
        let was = self.was();
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
            Some(model) if !self.problems.has_errors() => Ok(Model { was, ..model }),
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

    /// What the model was called before.
    fn was(&mut self) -> Option<Was> {
        let mut found = Vec::new();
        for (start, name) in self.comments.was() {
            let from = self.file.offset(start.line as usize, start.column as usize);
            let from = from + self.file.text[from..].find(name.as_str()).unwrap_or_default();
            let location = Location::new(self.file, from..from + name.len());
            match ModelName::parse(name) {
                Some(name) if found.is_empty() => found.push(Was { name, location }),
                read => {
                    let message = match read {
                        Some(_) => "the model says twice what it was called".to_owned(),
                        None => format!("`{name}` names no table of a layer"),
                    };
                    let problem = Diagnostic::error("renamed", message).at(location);
                    self.problems.push(problem.help("write one line, such as `-- was: metrics.old_name`"));
                }
            }
        }
        found.pop()
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
            was: None,
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
        let (mut contract, declared) = self.contract(&create.columns, &create.constraints);
        let (options, wrong) = TableOptions::read(&create.table_options, storing);
        self.problems
            .extend(wrong.into_iter().map(|(span, problem)| problem.at(self.at(span))).collect::<Vec<_>>());
        (contract.look_back, contract.settles_after) = (options.look_back, options.settles_after);
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
        let source = source::source(self.file, &create, &contract, declared.as_ref(), &mut self.problems)?;
        Some(self.model(Kind::Source(Box::new(source)), contract, declared))
    }

    fn contract(
        &mut self,
        columns: &[ColumnDef],
        constraints: &[TableConstraint],
    ) -> (Contract, Option<SchemaRef>) {
        let Self { file, comments, problems, .. } = self;
        ContractReader { file, comments, problems }.read(columns, constraints)
    }
}
