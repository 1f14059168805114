//! A column that a statement names and that is not there: what was probably meant, and what there is.

use std::cmp::Reverse;

use datafusion::common::utils::quote_identifier;
use datafusion::common::{Column, SchemaError, Span};
use datafusion::error::DataFusionError;

use super::terms::in_sql;
use crate::diagnostic::{Diagnostic, closest};

/// Columns that are listed, the most alike first.
const LISTED: usize = 8;

/// The column, and those that could be named in its place.
pub(super) struct Missing<'a> {
    column: &'a Column,
    known: &'a [Column],
}

impl<'a> Missing<'a> {
    /// What an error says is missing, if it says so.
    pub(super) fn of(error: &'a DataFusionError) -> Option<Self> {
        let DataFusionError::SchemaError(inner, _) = error.find_root() else { return None };
        let SchemaError::FieldNotFound { field, valid_fields } = inner.as_ref() else { return None };
        Some(Self { column: field, known: valid_fields })
    }

    /// Where the engine knows that it stands.
    pub(super) fn span(&self) -> Option<Span> {
        self.column.spans.first()
    }

    /// The name as a message quotes it.
    pub(super) fn quoted(&self) -> String {
        format!("`{}`", in_sql(&self.column.name))
    }

    /// What is wrong, without its place.
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let name = self.column.name.as_str();
        let table = self.column.relation.as_ref().map(|relation| relation.table());
        let of_table: Vec<&str> = self.names(table);
        if let Some(table) = table.filter(|_| of_table.is_empty()) {
            let tables: Vec<&str> =
                self.known.iter().filter_map(|known| Some(known.relation.as_ref()?.table())).collect();
            let message = format!("there is no column `{table}.{name}`: nothing here is called `{table}`");
            return Diagnostic::error("unknown-column", message).suggest(table, tables);
        }
        let of = table.map_or_else(String::new, |table| format!(" in `{table}`"));
        let problem =
            Diagnostic::error("unknown-column", format!("there is no column {}{of}", self.quoted()));
        let problem = match closest(&name.to_lowercase(), of_table.iter().copied()) {
            Some(meant) => problem.help(format!("did you mean `{}`?", quote_identifier(meant))),
            None => problem,
        };
        if of_table.is_empty() { problem } else { problem.note(listed(name, of_table)) }
    }

    /// The names of columns, each once, of one table or of all.
    fn names(&self, table: Option<&str>) -> Vec<&'a str> {
        let is_of = |known: &&Column| {
            table
                .is_none_or(|table| known.relation.as_ref().is_some_and(|relation| relation.table() == table))
        };
        let mut names: Vec<&str> = Vec::new();
        for known in self.known.iter().filter(is_of) {
            if !names.contains(&known.name.as_str()) {
                names.push(&known.name);
            }
        }
        names
    }
}

/// `the columns here: a, b and 20 more`, the most alike first.
fn listed(name: &str, mut names: Vec<&str>) -> String {
    let likeness = |other: &str| (strsim::jaro_winkler(name, other) * 1e6) as u64;
    names.sort_by_key(|other| Reverse(likeness(other)));
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    let names: Vec<String> = names.into_iter().map(in_sql).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("the columns here: {}{more}", names.join(", "))
}
