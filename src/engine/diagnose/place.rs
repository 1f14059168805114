//! Where an expression of a plan is written in the text of its statement.
//!
//! The engine keeps the places of columns alone; the parser keeps them of most of its own expressions. The two are the
//! same expression where they are of one kind and name the same columns at the same places.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Expr;
use datafusion::sql::sqlparser::ast::{CastKind, Expr as Written, Query, Spanned, visit_expressions};

use super::terms::balanced;
use crate::diagnostic::SourceFile;
use crate::project::statement::bytes;

/// Places in a text, by line and column.
type Places = BTreeSet<(u64, u64)>;

/// An expression as it was written.
pub(super) struct Place {
    pub(super) written: Written,
    pub(super) bytes: Range<usize>,
}

/// The expression of a query that the plan's one was made of.
pub(super) fn of(query: &Query, file: &SourceFile, expr: &Expr) -> Option<Place> {
    let columns = columns_of(expr);
    let casts = casts_in(expr);
    let mut best: Option<(usize, Written)> = None;
    let visited: ControlFlow<()> = visit_expressions(query, |written| {
        if is_same_kind(expr, written) && identifiers_of(written) == columns {
            let far = casts_written(written).abs_diff(casts);
            // Brackets around an expression are not the expression, and the inner of two alike is visited last.
            if best.as_ref().is_none_or(|(nearest, _)| far <= *nearest) {
                best = Some((far, written.clone()));
            }
        }
        ControlFlow::Continue(())
    });
    debug_assert!(visited.is_continue());
    let written = best.map(|(_, written)| written);
    let written = written.or_else(|| named_alike(query, expr)).or_else(|| only_of_kind(query, expr))?;
    let bytes = whole(&written, &file.text, bytes(file, written.span()))?;
    Some(Place { written, bytes })
}

/// The first cast of a query to a type of some name, without what stands in its brackets.
pub(super) fn of_cast(query: &Query, file: &SourceFile, to: &str) -> Option<Range<usize>> {
    let is_to = |written: &Written| match written {
        Written::Cast { data_type, .. } => head(&data_type.to_string()).eq_ignore_ascii_case(head(to)),
        _ => false,
    };
    let visited = visit_expressions(query, |written| {
        if is_to(written) { ControlFlow::Break(written.clone()) } else { ControlFlow::Continue(()) }
    });
    let cast = visited.break_value()?;
    whole(&cast, &file.text, bytes(file, cast.span()))
}

/// The word that a type begins with.
fn head(name: &str) -> &str {
    name.find(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(name, |end| &name[..end])
}

/// The first expression of a kind that names the same columns in the same order, best with the same numbers: what is
/// grouped by has lost its place in the plan.
fn named_alike(query: &Query, expr: &Expr) -> Option<Written> {
    let (names, numbers) = words_of(expr);
    let mut alike = None;
    let visited = visit_expressions(query, |written| {
        if names.is_empty() || !is_same_kind(expr, written) {
            return ControlFlow::Continue(());
        }
        let (own, own_numbers) = words_written(written);
        if own == names && own_numbers == numbers {
            return ControlFlow::Break(written.clone());
        }
        if own == names && alike.is_none() {
            alike = Some(written.clone());
        }
        ControlFlow::Continue(())
    });
    visited.break_value().or(alike)
}

/// The names of the columns of an expression, and its literals.
fn words_of(expr: &Expr) -> (Vec<String>, Vec<String>) {
    let (mut names, mut numbers) = (Vec::new(), Vec::new());
    let walked = expr.apply(|part| {
        match part {
            Expr::Column(column) => names.push(column.name.to_lowercase()),
            Expr::Literal(value, _) => numbers.push(value.to_string()),
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    });
    debug_assert!(walked.is_ok());
    (names, numbers)
}

fn words_written(written: &Written) -> (Vec<String>, Vec<String>) {
    let (mut names, mut numbers) = (Vec::new(), Vec::new());
    let visited: ControlFlow<()> = visit_expressions(written, |part| {
        match part {
            Written::Identifier(ident) => names.push(ident.value.to_lowercase()),
            Written::CompoundIdentifier(parts) => {
                names.extend(parts.last().map(|ident| ident.value.to_lowercase()));
            }
            Written::Value(value) => numbers.push(value.value.to_string()),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    debug_assert!(visited.is_continue());
    (names, numbers)
}

/// The one expression of a kind in a query: above a grouping the plan names its columns by what they were made of.
fn only_of_kind(query: &Query, expr: &Expr) -> Option<Written> {
    let mut all = Vec::new();
    let visited: ControlFlow<()> = visit_expressions(query, |written| {
        if is_same_kind(expr, written) {
            all.push(written.clone());
        }
        ControlFlow::Continue(())
    });
    debug_assert!(visited.is_continue());
    if all.len() == 1 { all.pop() } else { None }
}

/// The first column of an expression that the statement names itself.
pub(super) fn of_column(file: &SourceFile, expr: &Expr) -> Option<Range<usize>> {
    let (line, column) = columns_of(expr).into_iter().next()?;
    let start = file.offset(usize::try_from(line).ok()?, usize::try_from(column).ok()?);
    let length = file.text[start..].find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '"')));
    Some(start..length.map_or(file.text.len(), |length| start + length))
}

fn columns_of(expr: &Expr) -> Places {
    let spans = expr.column_refs().into_iter().filter_map(|column| column.spans.first()).collect::<Vec<_>>();
    let mut places: Places = spans.iter().map(|span| (span.start.line, span.start.column)).collect();
    // `column_refs` holds each column once, though it may be named at several places.
    let walked = expr.apply(|part| {
        if let Expr::Column(column) = part
            && let Some(span) = column.spans.first()
        {
            places.insert((span.start.line, span.start.column));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    debug_assert!(walked.is_ok());
    places
}

fn identifiers_of(written: &Written) -> Places {
    let mut places = Places::new();
    let visited: ControlFlow<()> = visit_expressions(written, |part| {
        let span = match part {
            Written::Identifier(ident) => Some(ident.span),
            Written::CompoundIdentifier(parts) => parts.first().map(|ident| ident.span),
            _ => None,
        };
        places.extend(span.map(|span| (span.start.line, span.start.column)));
        ControlFlow::Continue(())
    });
    debug_assert!(visited.is_continue());
    places
}

fn is_cast(written: &Written) -> bool {
    matches!(written, Written::Cast { .. } | Written::Convert { .. } | Written::TypedString(_))
}

fn is_same_kind(expr: &Expr, written: &Written) -> bool {
    match expr {
        Expr::Cast(_) | Expr::TryCast(_) => is_cast(written),
        Expr::BinaryExpr(binary) => match written {
            Written::BinaryOp { op, .. } => op.to_string() == binary.op.to_string(),
            Written::IsDistinctFrom(..) | Written::Between { .. } => true,
            _ => false,
        },
        Expr::Negative(_) => matches!(written, Written::UnaryOp { .. }),
        Expr::AggregateFunction(call) => is_call(written, call.func.name(), call.func.aliases()),
        Expr::WindowFunction(call) => is_call(written, call.fun.name(), &[]),
        Expr::ScalarFunction(call) => is_call(written, call.func.name(), call.func.aliases()),
        Expr::Case(_) => matches!(written, Written::Case { .. }),
        Expr::ScalarSubquery(_) => matches!(written, Written::Subquery(_)),
        _ => !matches!(written, Written::Nested(_)),
    }
}

/// A call by one of its names; what has a syntax of its own (`EXTRACT`, `SUBSTRING … FROM`) is a call by another.
fn is_call(written: &Written, name: &str, aliases: &[String]) -> bool {
    match written {
        Written::Function(function) => {
            let called = function.name.to_string().to_lowercase();
            called == name || aliases.contains(&called)
        }
        _ => has_own_syntax(written),
    }
}

/// Calls that are not written as a name with arguments in brackets.
fn has_own_syntax(written: &Written) -> bool {
    matches!(
        written,
        Written::Extract { .. }
            | Written::Substring { .. }
            | Written::Trim { .. }
            | Written::Position { .. }
            | Written::Overlay { .. }
            | Written::Ceil { .. }
            | Written::Floor { .. }
    )
}

fn casts_in(expr: &Expr) -> usize {
    let mut count = 0;
    let walked = expr.apply(|part| {
        count += usize::from(matches!(part, Expr::Cast(_) | Expr::TryCast(_)));
        Ok(TreeNodeRecursion::Continue)
    });
    debug_assert!(walked.is_ok());
    count
}

fn casts_written(written: &Written) -> usize {
    let mut count = 0;
    let visited: ControlFlow<()> = visit_expressions(written, |part| {
        count += usize::from(is_cast(part));
        ControlFlow::Continue(())
    });
    debug_assert!(visited.is_continue());
    count
}

/// The whole text of an expression: the parser leaves out the word of a cast and the brackets at the end.
fn whole(written: &Written, text: &str, span: Range<usize>) -> Option<Range<usize>> {
    if span.is_empty() {
        return None;
    }
    let range = match written {
        Written::Cast { kind: CastKind::DoubleColon, .. } => span.start..type_behind(text, span.end),
        Written::Cast { .. } | Written::Convert { .. } => called_around(text, span.start).unwrap_or(span),
        _ if has_own_syntax(written) => called_around(text, span.start).unwrap_or(span),
        Written::Function(_) => {
            let open = text[span.start..].find('(').map_or(span.end, |at| span.start + at);
            span.start..open + balanced(&text[open..])
        }
        _ => span.start..closed(text, &span),
    };
    Some(range)
}

/// The end of `value::type` behind its value.
fn type_behind(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    let Some(at) = rest.find("::") else { return end };
    let word = rest[at + 2..].trim_start();
    let start = text.len() - word.len();
    let length = word.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(word.len());
    let behind = start + length;
    if text[behind..].starts_with('(') { behind + balanced(&text[behind..]) } else { behind }
}

/// A call from its name to the bracket that closes it, around a place within its brackets.
fn called_around(text: &str, inside: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    for (at, character) in text[..inside].char_indices().rev() {
        match character {
            ')' => depth += 1,
            '(' if depth > 0 => depth -= 1,
            '(' => {
                let before = text[..at].trim_end();
                let is_name = |c: char| c.is_alphanumeric() || c == '_';
                let start = before.rfind(|c: char| !is_name(c)).map_or(0, |found| found + 1);
                if start < before.len() {
                    return Some(start..at + balanced(&text[at..]));
                }
            }
            _ => {}
        }
    }
    None
}

/// The end of a text with the brackets closed that it opens.
fn closed(text: &str, span: &Range<usize>) -> usize {
    let within = &text[span.clone()];
    let open = within.matches('(').count().saturating_sub(within.matches(')').count());
    let mut end = span.end;
    for _ in 0..open {
        match text[end..].find(')') {
            Some(at) => end += at + 1,
            None => return span.end,
        }
    }
    end
}
