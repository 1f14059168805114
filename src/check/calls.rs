//! Functions that are called where they may not be, each at its place in the text: hidden time and chance anywhere, and in
//! a `CHECK` whatever looks beyond its row.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use datafusion::logical_expr::Volatility;
use datafusion::sql::sqlparser::ast::{Expr, Function, Query, Spanned, Visit, Visitor};
use datafusion::sql::sqlparser::tokenizer::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::engine::Session;
use crate::project::contract::Check;
use crate::project::reported::NAME;
use crate::project::statement::bytes;

/// The names of functions that are not called everywhere.
pub(super) struct Functions {
    /// Those that give another answer each time.
    unsteady: BTreeSet<String>,
    /// Those that look at several rows.
    aggregates: BTreeSet<String>,
}

impl Functions {
    pub(super) fn of(session: &Session) -> Self {
        let state = session.state();
        let unsteady = state
            .scalar_functions()
            .iter()
            .filter(|(_, function)| function.signature().volatility != Volatility::Immutable)
            .map(|(name, _)| name.clone());
        Self {
            unsteady: unsteady.collect(),
            aggregates: state.aggregate_functions().keys().cloned().collect(),
        }
    }

    /// Hidden time and chance in a query or condition: a score must not depend on when it is computed.
    pub(super) fn hidden_time(
        &self,
        part: &impl Visit,
        file: &Arc<SourceFile>,
        place: impl Fn(Range<usize>) -> Location,
    ) -> Diagnostics {
        let mut named = BTreeSet::new();
        let calls = Calls::of(part).into_iter().filter(|call| self.unsteady.contains(&call.name));
        calls
            .filter(|call| named.insert(call.name.clone()))
            .map(|Call { name, span, .. }| {
                Diagnostic::error("hidden-time", format!("`{name}()` gives another answer each time"))
                    .at(place(bytes(file, span)))
                    .note("a score for a day must be the same whenever it is computed")
                    .help("take the day from the row (as_of_date), or a value from `parameters` in hale.yml as $name")
            })
            .collect()
    }

    /// What in a `CHECK` looks beyond the row that it is about: the first such part.
    pub(super) fn beyond_the_row(&self, check: &Check, file: &Arc<SourceFile>) -> Option<Diagnostic> {
        let (what, span) =
            Calls::of(&check.expr).into_iter().find_map(|Call { name, kind, span }| match kind {
                Kind::Query => Some(("this is a sub-query".to_owned(), span)),
                Kind::Window => Some((format!("`{name}(…) OVER (…)` is a window"), span)),
                Kind::Plain if self.aggregates.contains(&name) => {
                    Some((format!("`{name}(…)` is an aggregate"), span))
                }
                Kind::Plain if name == NAME => Some((format!("`{name}(…)` asks of a source"), span)),
                Kind::Plain => None,
            })?;
        let span = bytes(file, span);
        let place = if span.is_empty() { check.location.clone() } else { Location::new(file, span) };
        let problem = Diagnostic::error("check", format!("a CHECK looks at one row, and {what}")).at(place);
        Some(problem.help("write a query for the rows that are wrong, in a file under sql/audits/"))
    }
}

/// A function that is called, or a query.
struct Call {
    name: String,
    kind: Kind,
    span: Span,
}

enum Kind {
    Plain,
    Window,
    Query,
}

/// The calls of a text, in their order.
#[derive(Default)]
struct Calls(Vec<Call>);

impl Calls {
    fn of(part: &impl Visit) -> Vec<Call> {
        let mut calls = Self::default();
        // Nothing in it breaks off.
        let _ = part.visit(&mut calls);
        calls.0
    }
}

impl Visitor for Calls {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.0.push(Call { name: String::new(), kind: Kind::Query, span: query.span() });
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        if let Expr::Function(Function { name, over, .. }) = expression {
            let kind = if over.is_some() { Kind::Window } else { Kind::Plain };
            let written = name.0.last().and_then(|part| part.as_ident());
            let written = written.map(|ident| ident.value.to_lowercase()).unwrap_or_default();
            self.0.push(Call { name: written, kind, span: name.span() });
        }
        ControlFlow::Continue(())
    }
}
