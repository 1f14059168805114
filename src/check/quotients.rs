//! Quotients of whole numbers: whole themselves, so a share of them is 0.

use std::ops::ControlFlow;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr as Written, Query, Select, SelectItem, Visit, Visitor, visit_expressions,
};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::diagnose;
use crate::project::model::Model;

/// Casts of such quotients to a type with decimals, in a plan as it reads: the cast comes too late. A model written as SQL
/// is refused; of what is compiled from YAML it is worth knowing.
pub(super) fn whole(model: &Model, plan: &LogicalPlan) -> Diagnostics {
    let mut found = Diagnostics::new();
    let walked = plan.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        let is_whole = |expr: &Expr| expr.get_type(&schema).is_ok_and(|given| given.is_integer());
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                if let Expr::Cast(cast) = part
                    && !cast.field.data_type().is_integer()
                    && cast.field.data_type().is_numeric()
                    && let Expr::BinaryExpr(division) = cast.expr.as_ref()
                    && division.op == Operator::Divide
                    && is_whole(&division.left)
                    && is_whole(&division.right)
                {
                    found.push(too_late(model, part));
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    if let Err(error) = walked {
        found.push(diagnose::of_model(model, &error));
    }
    found
}

fn too_late(model: &Model, cast: &Expr) -> Diagnostic {
    let message = "a quotient of whole numbers is cast to a number with decimals, which it no longer has";
    let problem = if model.name.layer.is_semantic() {
        Diagnostic::warning("whole-quotient", message)
    } else {
        Diagnostic::error("whole-quotient", message)
    };
    let (at, written) = diagnose::place_of(model, cast);
    let division = written.as_ref().and_then(with_decimals);
    let division = division.unwrap_or_else(|| "CAST(a AS DOUBLE) / b".to_owned());
    problem.at(at).note("a quotient of whole numbers is whole: 1 / 2 is 0").help(format!(
        "divide numbers with decimals: {division}; where the whole part is meant, leave the cast out"
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
