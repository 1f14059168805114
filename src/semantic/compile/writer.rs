//! SQL text: literals, statements, and what in them comes from the YAML.

use std::ops::Range;
use std::sync::Arc;

use super::CompiledModel;
use crate::diagnostic::{Origin, SourceFile};
use crate::project::identifier::identifier;
use crate::project::layer::ModelName;
use crate::semantic::definition::Score;
use crate::semantic::expression::Expression;

/// The longest expression that is written on one line.
const WIDTH: usize = 90;

/// A column of a model's contract.
pub(super) struct Column {
    name: String,
    rule: String,
    description: &'static str,
}

impl Column {
    /// A column, its type with its constraints, and what it means.
    pub(super) fn new(name: impl Into<String>, rule: impl Into<String>, description: &'static str) -> Self {
        Self { name: name.into(), rule: rule.into(), description }
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        self.name.clone()
    }
}

/// A model being written.
pub(super) struct Writer {
    sql: String,
    origins: Vec<Origin>,
    query: Range<usize>,
}

impl Writer {
    /// Begins a model with its description and contract, up to `AS`.
    pub(super) fn new(
        (table, score): (&ModelName, &Score),
        description: &str,
        columns: &[Column],
        constraints: &[&str],
    ) -> Self {
        let mut sql = String::new();
        for line in description.lines() {
            sql.push_str(format!("-- {}", one_line(line)).trim_end());
            sql.push('\n');
        }
        let (path, layer, name) = (one_line(&score.file.path), table.layer, identifier(&table.table));
        sql.push_str(&format!("-- Compiled from {path}.\nCREATE TABLE {layer}.{name} (\n"));
        for Column { name, rule, description } in columns {
            sql.push_str(&format!("  {name} {rule}, -- {description}\n"));
        }
        sql.push_str(&format!("  {}\n) PARTITIONED BY (as_of_date) AS\n", constraints.join(",\n  ")));
        let start = sql.len();
        Self { sql, origins: Vec::new(), query: start..start }
    }

    /// Begins a query that is no model.
    pub(super) fn bare() -> Self {
        Self { sql: String::new(), origins: Vec::new(), query: 0..0 }
    }

    /// The text so far.
    pub(super) fn into_sql(self) -> String {
        self.sql
    }

    /// Adds text.
    pub(super) fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    /// Adds an expression of the YAML.
    pub(super) fn expression(&mut self, expression: &Expression) {
        let start = self.sql.len();
        self.sql.push_str(expression.sql());
        self.origins.push(Origin { sql: start..self.sql.len(), yaml: expression.location().clone() });
        let names = expression.names().iter();
        self.origins.extend(names.map(|(bytes, place)| Origin {
            sql: start + bytes.start..start + bytes.end,
            yaml: place.clone(),
        }));
    }

    /// Adds a step of the query: a name, what it does, its columns (of hale's own making), and what it reads.
    pub(super) fn step(&mut self, name: &str, comment: &str, items: &[String], from: &str) {
        self.push(&format!(",\n-- {comment}\n{name} AS (\n  SELECT\n    "));
        self.push(&items.join(",\n").replace('\n', "\n    "));
        self.push(&format!("\n  FROM {from}\n)"));
    }

    /// Ends the query with its last `SELECT`.
    pub(super) fn select(&mut self, items: &[String], from: &str) {
        self.push("\nSELECT\n  ");
        self.push(&items.join(",\n").replace('\n', "\n  "));
        self.push(&format!("\nFROM {from}\n"));
        self.query.end = self.sql.len();
    }

    /// A finished query that is no table.
    pub(super) fn finish_query(
        self,
        layer: &'static str,
        name: &str,
        yaml: &Arc<SourceFile>,
    ) -> CompiledModel {
        let query = 0..self.sql.len();
        let (name, yaml) = (name.to_owned(), Arc::clone(yaml));
        CompiledModel { layer, name, was: None, sql: self.sql, query, yaml, origins: self.origins }
    }

    /// The finished model.
    pub(super) fn finish(self, table: ModelName, score: &Score) -> CompiledModel {
        CompiledModel {
            layer: table.layer.name(),
            name: table.table,
            was: score.was.clone(),
            sql: self.sql,
            query: self.query,
            yaml: score.file.clone(),
            origins: self.origins,
        }
    }
}

/// A text without anything that could end a comment's line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A text literal.
pub(crate) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Text literals with commas between them.
pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(text).collect();
    texts.join(", ")
}

/// A number literal: plain where every engine reads it as the same number, else with an exponent, which makes it a
/// double everywhere.
pub(super) fn number(number: f64) -> String {
    let scientific = format!("{number:e}");
    let digits =
        scientific.split('e').next().map_or(0, |mantissa| mantissa.matches(char::is_numeric).count());
    let plain = number == 0.0 || (digits <= 15 && (1e-9..1e15).contains(&number.abs()));
    if plain { format!("{number}") } else { scientific }
}

/// A number literal that every engine reads as a double: what is reckoned with must not be a decimal in one of them.
pub(super) fn real(number: f64) -> String {
    format!("{number:e}")
}

/// `CASE subject WHEN when THEN then … ELSE otherwise END`, a line for each branch where one line is too short; without
/// branches, `otherwise`.
pub(super) fn case(
    subject: &str,
    branches: impl IntoIterator<Item = (String, String)>,
    otherwise: Option<&str>,
) -> String {
    let branches = branches.into_iter().map(|(when, then)| format!("WHEN {when} THEN {then}"));
    let mut branches = branches.peekable();
    if branches.peek().is_none() {
        return otherwise.unwrap_or("NULL").to_owned();
    }
    let parts: Vec<String> = branches.chain(otherwise.map(|value| format!("ELSE {value}"))).collect();
    let subject = if subject.is_empty() { String::new() } else { format!(" {subject}") };
    let line = format!("CASE{subject} {} END", parts.join(" "));
    if line.len() <= WIDTH { line } else { format!("CASE{subject}\n  {}\nEND", parts.join("\n  ")) }
}

/// The terms with `+` between them, a line for each where one line is too short.
pub(super) fn sum(terms: &[String]) -> String {
    let line = terms.join(" + ");
    if line.len() <= WIDTH { line } else { terms.join("\n  + ") }
}

#[cfg(test)]
mod tests {
    use super::{number, text};

    #[test]
    fn literals_read_back_as_what_they_were() {
        assert_eq!(text("it's"), "'it''s'");
        let numbers = [0.0, 1.0, -0.25, 1e14, 1e15, 1e-9, 1e-10, f64::MAX, 0.1 + 0.2];
        let written = ["0", "1", "-0.25", "100000000000000", "1e15", "0.000000001", "1e-10"];
        assert_eq!(numbers.map(number)[..7], written);
        for value in numbers {
            assert_eq!(number(value).parse(), Ok(value));
        }
    }
}
