//! Quotients of whole numbers: whole themselves, so a share of them is 0.

use std::ops::ControlFlow;

use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr as Written, Query, Select, SelectItem, Visit, Visitor, visit_expressions,
};

use super::widened::widened;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::diagnose;
use crate::project::model::Model;

/// Quotients of whole numbers in a plan with settled types that become numbers with decimals, whether or not a cast is
/// written. A model written as SQL is refused; of what is compiled from YAML it is worth knowing.
pub(super) fn whole(model: &Model, analysed: &LogicalPlan) -> Diagnostics {
    let mut found = Diagnostics::new();
    match widened(analysed) {
        Ok(divisions) => {
            for division in &divisions {
                let problem = too_late(model, division);
                // What a query names once stands in its plan wherever it is read.
                if !found.iter().any(|known| known.location == problem.location) {
                    found.push(problem);
                }
            }
        }
        Err(error) => found.push(diagnose::of_model(model, &error)),
    }
    found
}

fn too_late(model: &Model, division: &Expr) -> Diagnostic {
    let message = "a quotient of whole numbers becomes a number with decimals, which it no longer has";
    let problem = if model.name.layer.is_semantic() {
        Diagnostic::warning("whole-quotient", message)
    } else {
        Diagnostic::error("whole-quotient", message)
    };
    let (at, written) = diagnose::place_of(model, division);
    let division = written.as_ref().and_then(with_decimals);
    let division = division.unwrap_or_else(|| "CAST(a AS DOUBLE) / b".to_owned());
    problem.at(at).note("a quotient of whole numbers is whole: 1 / 2 is 0").help(format!(
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
