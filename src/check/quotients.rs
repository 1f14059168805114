//! Quotients of whole numbers: whole themselves, so a share of them is 0.

use std::ops::ControlFlow;

use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr as Written, Query, Select, SelectItem, Visit, Visitor, visit_expressions,
};

use super::text::Text;
use super::widened::{Division, widened};
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::diagnose;
use crate::project::contract::Check;
use crate::project::layer::ModelName;
use crate::project::model::Model;

/// Quotients of whole numbers in a query's plan with settled types that become numbers with decimals, whether or not a cast
/// is written. `views` gives the views that it reads, which may have divided.
pub(crate) fn whole<'a>(
    text: Text<'a>,
    analysed: &LogicalPlan,
    views: &dyn Fn(&ModelName) -> Option<&'a Model>,
) -> Diagnostics {
    let mut found = Diagnostics::new();
    match widened(analysed) {
        Ok(divisions) => {
            for Division { quotient, view } in &divisions {
                let of_view = view.as_deref().and_then(ModelName::parse).and_then(|name| views(&name));
                let problem = too_late(of_view.map_or(text, Text::of_model), quotient);
                let problem = match view {
                    Some(view) => problem.note(format!(
                        "{view} gives the quotient; {} makes a number with decimals of it",
                        text.file.path
                    )),
                    None => problem,
                };
                // What a query names once stands in its plan wherever it is read.
                if !found.iter().any(|known| known.location == problem.location) {
                    found.push(problem);
                }
            }
        }
        Err(error) => {
            let at = text.locate(diagnose::beginning(&text.file.text));
            found.push(Diagnostic::error("plan", diagnose::first_line(&error)).at(at));
        }
    }
    found
}

/// The same of a `CHECK`, whose condition is the one column of a plan.
pub(super) fn whole_in_check(check: &Check, analysed: &LogicalPlan) -> Option<Diagnostic> {
    let division = widened(analysed).ok()?.into_iter().next()?;
    let divisions = visit_expressions(&check.expr, |part| match part {
        Written::BinaryOp { op: BinaryOperator::Divide, .. } => ControlFlow::Break(part.clone()),
        _ => ControlFlow::Continue(()),
    });
    debug_assert!(division.view.is_none());
    Some(told(check.location.clone(), divisions.break_value().as_ref()))
}

fn too_late(text: Text<'_>, division: &Expr) -> Diagnostic {
    let (at, written) = text.place_of(division);
    told(at, written.as_ref())
}

fn told(at: Location, written: Option<&Written>) -> Diagnostic {
    let division = written.and_then(with_decimals);
    let division = division.unwrap_or_else(|| "CAST(a AS DOUBLE) / b".to_owned());
    let message = "a quotient of whole numbers becomes a number with decimals, which it no longer has";
    Diagnostic::error("whole-quotient", message)
        .at(at)
        .note("a quotient of whole numbers is whole: 1 / 2 is 0")
        .help(format!(
            "divide numbers with decimals: {division}; where the whole part is meant, say so: floor(a / b)"
        ))
}

/// The first division in what a query calls by a name, with decimals.
pub(super) fn quotient(query: &Query, name: &str) -> Option<String> {
    let mut found = None;
    let mut named =
        Named { name, visit: &mut |written| found = found.take().or_else(|| with_decimals(written)) };
    let visited = query.visit(&mut named);
    debug_assert!(visited.is_continue());
    found
}

fn with_decimals(written: &Written) -> Option<String> {
    let division = visit_expressions(written, |part| match part {
        Written::BinaryOp { left, op: BinaryOperator::Divide, right } => {
            ControlFlow::Break(format!("CAST({left} AS DOUBLE) / {right}"))
        }
        _ => ControlFlow::Continue(()),
    });
    division.break_value()
}

/// Visits what a query selects under a name.
struct Named<'a> {
    name: &'a str,
    visit: &'a mut dyn FnMut(&Written),
}

impl Visitor for Named<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { expr, alias } = item
                && alias.value.eq_ignore_ascii_case(self.name)
            {
                (self.visit)(expr);
            }
        }
        ControlFlow::Continue(())
    }
}
