//! The files of `sql/audits`: queries that must return no rows.
//!
//! A row stops the run, unless the query says of its rows that they are only worth a warning: `'warn' AS severity` in what it
//! selects.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Expr, Query, SelectItem, SetExpr, Statement as SqlStatement, Value};

use super::graph::{self, Reads};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::project::layer::{Layer, ModelName};
use crate::project::{digests, statement};

/// A query over what was built that must return no rows.
#[derive(Debug, Clone)]
pub struct Audit {
    /// The file's stem.
    pub name: String,
    /// Its text.
    pub file: Arc<SourceFile>,
    /// The query.
    pub query: Box<Query>,
    /// What it reads.
    pub reads: Reads,
    /// Whether its rows are warned of and stop no run: it selects `'warn' AS severity`.
    pub warns: bool,
}

/// The audits of a project; what is wrong with one is told.
pub(super) fn audits_of(
    files: &[Arc<SourceFile>],
    known: &BTreeSet<ModelName>,
    problems: &mut Diagnostics,
) -> Vec<Audit> {
    let mut audits = Vec::new();
    for file in files {
        let query = match problems.keep(statement::parse_one(file)) {
            Some(Statement::Statement(statement)) => match *statement {
                SqlStatement::Query(query) => Some(query),
                _ => None,
            },
            Some(_) => None,
            None => continue,
        };
        let Some(query) = query else {
            let problem = Diagnostic::error("not-a-query", "an audit is a SELECT that returns the bad rows");
            problems.push(problem.at(Location::word_at(file, 0)));
            continue;
        };
        problems.extend(digests::refused(&query, file, |span| Location::new(file, span)));
        let Some(warns) = problems.keep(warns(&query, file)) else { continue };
        match graph::reads_of(&query, file, known) {
            Ok(reads) => {
                problems.extend(of_drafts(&reads));
                let name = std::path::Path::new(&file.path).file_stem().unwrap_or_default();
                let name = name.to_string_lossy().into_owned();
                audits.push(Audit { name, file: Arc::clone(file), query, reads, warns });
            }
            Err(faults) => problems.extend(faults),
        }
    }
    audits
}

/// What an audit reads of drafts: its rows would stop a run for what is shown to none.
fn of_drafts(reads: &Reads) -> Vec<Diagnostic> {
    let drafts = reads.0.iter().filter(|(name, _)| name.layer == Layer::Drafts);
    let problem = |(name, place): (&ModelName, &Location)| {
        Diagnostic::error("layer-rule", format!("an audit may not read `{name}`"))
            .at(place.clone())
            .note("a draft is shown to none: an audit of it would stop what is published beside it")
            .help("look at it with `hale query`, or publish it first with `hale promote`")
    };
    drafts.map(problem).collect()
}

/// Whether rows of an audit are warned of; `error` may be said too.
fn warns(query: &Query, file: &Arc<SourceFile>) -> Result<bool, Diagnostic> {
    match severity(&query.body) {
        None | Some("error") => Ok(false),
        Some("warn") => Ok(true),
        Some(other) => {
            let message = format!("the severity of an audit is 'warn' or 'error', not '{other}'");
            let at = file.text.find(&format!("'{other}'")).unwrap_or_default();
            Err(Diagnostic::error("unsupported-value", message)
                .at(Location::word_at(file, at))
                .suggest(other, ["warn", "error"]))
        }
    }
}

/// The text that a query gives as the severity of each of its rows; the first of several in a UNION says it for all.
fn severity(body: &SetExpr) -> Option<&str> {
    match body {
        SetExpr::Select(select) => select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr: Expr::Value(value), alias }
                if alias.value.eq_ignore_ascii_case("severity") =>
            {
                match &value.value {
                    Value::SingleQuotedString(text) => Some(text.as_str()),
                    _ => None,
                }
            }
            _ => None,
        }),
        SetExpr::Query(query) => severity(&query.body),
        SetExpr::SetOperation { left, .. } => severity(left),
        _ => None,
    }
}
