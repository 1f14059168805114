//! The contract that a statement declares: columns, keys, checks and references, each with its place.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::sql::sqlparser::ast::{
    ColumnDef, ColumnOption, DataType as SqlType, Expr, Ident, IndexColumn, ObjectName, Spanned,
    TableConstraint,
};
use datafusion::sql::sqlparser::tokenizer::{Location as SqlLocation, Span};

use super::column_types::declared_schema;
use super::parse::{NO_MAP, bytes, normal};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::project::comments::Comments;
use crate::project::contract::{Check, Column, Contract, Reference};
use crate::project::layer::ModelName;

/// Reads what stands between the parentheses of a `CREATE TABLE`.
pub(super) struct ContractReader<'a> {
    pub(super) file: &'a Arc<SourceFile>,
    pub(super) comments: &'a Comments,
    pub(super) problems: &'a mut Diagnostics,
}

impl ContractReader<'_> {
    /// The contract, and its columns with their types where any are declared.
    pub(super) fn read(
        mut self,
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
        let untyped = columns.iter().filter(|column| declared_schema(std::slice::from_ref(column)).is_err());
        let untyped: Vec<Diagnostic> = untyped.map(|column| self.no_type(column)).collect();
        self.problems.extend(untyped);
        (contract, declared_schema(columns).ok())
    }

    /// A type that no column can have.
    fn no_type(&self, column: &ColumnDef) -> Diagnostic {
        let message = format!(
            "`{}` is declared {}, which is no type that a column can have",
            normal(&column.name),
            column.data_type
        );
        let problem = Diagnostic::error("column-type", message).at(self.at(column.name.span));
        if matches!(column.data_type, SqlType::Map(..)) {
            return problem.help(NO_MAP);
        }
        problem.help(
            "types are VARCHAR, BOOLEAN, SMALLINT, INT, BIGINT, REAL, DOUBLE, DECIMAL(9, 2), DATE, TIME, TIMESTAMP, BYTEA, \
             lists such as BIGINT[] and STRUCT<plan VARCHAR, …>; a UUID is read as VARCHAR",
        )
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
                    let said = contract.said_of(&name).unwrap_or_default();
                    self.check(contract, &check.expr, said, location.clone());
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
                let span = check.expr.span();
                let said = self.comments.on_line(span.end.line);
                self.check(contract, &check.expr, said, self.at(span));
            }
            TableConstraint::ForeignKey(key) => {
                let columns = key.columns.iter().map(normal).collect();
                self.reference(contract, columns, &key.foreign_table, &key.referred_columns);
            }
            other => self.unsupported(&other.to_string(), Location::whole(self.file)),
        }
    }

    fn check(&self, contract: &mut Contract, expr: &Expr, description: String, location: Location) {
        contract.checks.push(Check { sql: expr.to_string(), expr: expr.clone(), description, location });
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

    fn at(&self, span: Span) -> Location {
        Location::new(self.file, bytes(self.file, span))
    }
}

fn key_columns(columns: &[IndexColumn]) -> Vec<String> {
    columns
        .iter()
        .map(|column| match &column.column.expr {
            Expr::Identifier(ident) => normal(ident),
            other => other.to_string(),
        })
        .collect()
}
