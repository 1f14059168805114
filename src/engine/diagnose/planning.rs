//! What the planner says of a statement, at its place in the text and with what to do about it.

use std::ops::Range;

use datafusion::common::Diagnostic as EngineDiagnostic;
use datafusion::common::Span;
use datafusion::error::DataFusionError;

use super::missing::Missing;
use super::place;
use super::statement::Failed;
use super::subquery::{has_subquery, subquery_in};
use super::text::{beginning, named_in};
use super::words::{first_line, plain};
use crate::diagnostic::Diagnostic;
use crate::project::model::Model;

/// A planning error of a model, placed where the engine knows the place.
pub fn of_model(model: &Model, error: &DataFusionError) -> Diagnostic {
    of_plan(&Failed::model(model), error)
}

/// A planning error of a statement, placed where the engine knows the place, else at what it names.
pub fn of_plan(statement: &Failed<'_>, error: &DataFusionError) -> Diagnostic {
    let text = &statement.file.text;
    let found = error.diagnostic();
    let span = found.and_then(|found| found.span);
    if let Some(missing) = Missing::of(error) {
        let span = span.or_else(|| missing.span()).map(|span| bytes(statement, span));
        let at = span.or_else(|| named_in(&missing.quoted(), text)).unwrap_or_else(|| beginning(text));
        return missing.diagnostic().at(statement.locate(at));
    }
    let message = first_line(error);
    let Some(found) = found else {
        let cast = refused_cast(&message).zip(statement.query);
        let cast = cast.and_then(|(to, query)| place::of_cast(query, statement.file, to));
        let at = cast.or_else(|| named_in(&message, text)).unwrap_or_else(|| outset(statement));
        let problem = Diagnostic::error("plan", format!("{}: {message}", statement.name));
        return helped(problem.at(statement.locate(at)), &message);
    };
    let named = || named_in(&found.message, text).unwrap_or_else(|| outset(statement));
    let at = span.map_or_else(named, |span| bytes(statement, span));
    let problem = Diagnostic::error(code_of(&found.message), plain(&found.message)).at(statement.locate(at));
    let notes = found.notes.iter().filter(|note| !note.message.starts_with(EXTRA_COLUMN));
    let problem = notes.fold(problem, |problem, note| problem.note(plain(&note.message)));
    match helps(found) {
        Some(help) => helped(problem.help(help), &message),
        None => helped(problem, &message),
    }
}

/// What the engine notes of each column of a sub-query but the first, without its place.
const EXTRA_COLUMN: &str = "Extra column";

/// Where a fault is shown whose place is not known: at the first sub-query, where there is one, since most such faults are of
/// those.
fn outset(statement: &Failed<'_>) -> Range<usize> {
    let text = &statement.file.text;
    let inner = statement.query.filter(|query| has_subquery(query)).and_then(|_| subquery_in(text));
    inner.unwrap_or_else(|| beginning(text))
}

/// The type to which a cast is refused.
fn refused_cast(message: &str) -> Option<&str> {
    let casts = ["Unsupported CAST from ", "Unsupported TRY_CAST from "];
    let types = casts.iter().find_map(|cast| message.strip_prefix(cast));
    let to = types.and_then(|types| types.rsplit_once(" to ")).map(|(_, to)| to);
    to.or_else(|| message.strip_prefix("Unsupported SQL type "))
}

/// With what to do about a fault that people often meet and the engine says nothing more of.
fn helped(problem: Diagnostic, message: &str) -> Diagnostic {
    const KNOWN: [(&str, &str); 4] = [
        (
            "ambiguous",
            "write the column with its table, as in orders.account_id; in WHERE also where it is one of USING",
        ),
        (
            "selects one column",
            "select one column in the brackets; for several, join the query: LEFT JOIN (SELECT …) AS x ON …",
        ),
        (
            "cast from ",
            "cast the values that it is made of, one by one; fields are put together by named_struct('plan', plan, 'n', n), and a field is s['plan']",
        ),
        (
            "unsupported sql type",
            "types are VARCHAR, BOOLEAN, SMALLINT, INT, BIGINT, REAL, DOUBLE, DECIMAL(9, 2), DATE, TIME, TIMESTAMP, BYTEA, lists such as BIGINT[]",
        ),
    ];
    let message = message.to_lowercase();
    match KNOWN.iter().find(|(word, _)| message.contains(word)) {
        Some((_, help)) => problem.help(*help),
        None => problem,
    }
}

/// What the engine suggests. It proposes functions by edit distance alone, which confuses more than it helps.
fn helps(found: &EngineDiagnostic) -> Option<String> {
    let helps: Vec<&str> = found.helps.iter().map(|help| help.message.as_str()).collect();
    (!helps.is_empty() && found.notes.is_empty()).then(|| helps.join("; "))
}

fn code_of(message: &str) -> &'static str {
    let known = [
        ("ambiguous", "ambiguous-column"),
        ("only return one column", "many-columns"),
        ("column", "unknown-column"),
        ("table", "unknown-table"),
        ("function", "unknown-function"),
        ("GROUP BY", "group-by"),
    ];
    known.iter().find(|(word, _)| message.contains(word)).map_or("plan", |(_, code)| code)
}

fn bytes(statement: &Failed<'_>, span: Span) -> Range<usize> {
    let at = |line: u64, column: u64| statement.file.offset(line as usize, column as usize);
    let start = at(span.start.line, span.start.column);
    start..at(span.end.line, span.end.column).max(start)
}
