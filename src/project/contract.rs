//! A model's contract: what its DDL promises about its rows.
//!
//! The engine is never told: a constraint handed to DataFusion is believed by its optimiser, and an audit
//! for nulls or duplicates then finds none. hale keeps the contract and audits it.

use datafusion::sql::sqlparser::ast::Expr;

use super::layer::ModelName;
use crate::diagnostic::Location;

/// Types and constraints of a model, as declared.
#[derive(Debug, Clone, Default)]
pub struct Contract {
    /// Columns in order; empty where a view declares none.
    pub columns: Vec<Column>,
    /// Columns of the primary key.
    pub primary_key: Vec<String>,
    /// Further unique keys.
    pub unique: Vec<Vec<String>>,
    /// Conditions that no row may fail (NULL passes, as in SQL).
    pub checks: Vec<Check>,
    /// Columns that must be found in another model.
    pub references: Vec<Reference>,
    /// The days before its own on which rows of a day may depend, where the model declares that:
    /// `WITH (look_back = '27 days')`.
    pub look_back: Option<u32>,
    /// The days after which rows of a day are settled, of daily facts: `WITH (settles_after = '60 days')`. Their days are those of
    /// the log, from its first on; a run makes those anew that are not settled, with what came late.
    pub settles_after: Option<u32>,
}

/// One declared column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `NOT NULL` was declared.
    pub not_null: bool,
    /// The comment behind it.
    pub description: String,
    /// Where it is declared.
    pub location: Location,
}

/// `CHECK (…)`.
#[derive(Debug, Clone)]
pub struct Check {
    /// The condition as SQL.
    pub sql: String,
    /// The condition as it was parsed.
    pub expr: Expr,
    /// The comment behind it, or behind its column: what rows that fail it are, or what to do with them.
    pub description: String,
    /// Where it is declared.
    pub location: Location,
}

/// `REFERENCES other (columns)`.
#[derive(Debug, Clone)]
pub struct Reference {
    /// Columns here.
    pub columns: Vec<String>,
    /// The model referred to.
    pub target: ModelName,
    /// Columns there.
    pub target_columns: Vec<String>,
    /// Where it is declared.
    pub location: Location,
}

impl Contract {
    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// What the comment behind a column says of it, for messages about its rows; `None` without one.
    pub fn said_of(&self, name: &str) -> Option<String> {
        let column = self.column(name).filter(|column| !column.description.is_empty())?;
        Some(format!("`{name}` is: {}", column.description))
    }

    /// Every column that must not be null: declared so, or part of the primary key.
    pub fn not_null(&self) -> Vec<String> {
        let required = |column: &&Column| column.not_null || self.primary_key.contains(&column.name);
        self.columns.iter().filter(required).map(|column| column.name.clone()).collect()
    }
}
