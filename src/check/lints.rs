//! Plans that the engine would answer wrongly, or differently each time, without a word: refused by name.
//!
//! Each rule has a reproduction among the tests that fails when an upgrade of the engine mends the fault.

use std::collections::BTreeSet;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::logical_expr::expr::{AggregateFunctionParams, WindowFunctionParams};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, WindowFrameBound};

use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::project::model::{AS_OF_DATE, Model};

/// Every finding in a model's analysed plan, views included.
pub(super) fn lint(model: &Model, plan: &LogicalPlan) -> Diagnostics {
    let mut lints = Lints { model, seen: BTreeSet::new(), found: Diagnostics::new() };
    let walked = plan.apply_with_subqueries(|node| {
        lints.unnest(node);
        let schema = merge_schema(&node.inputs());
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                lints.expression(part, &schema);
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    if let Err(error) = walked {
        lints.found.push(crate::engine::diagnose::of_model(model, &error));
    }
    lints.found
}

/// The first place of a word in a model's text, else the whole model.
fn word(model: &Model, word: &str) -> Location {
    let place = model.file.text.to_lowercase().find(word);
    place.map_or_else(|| Location::whole(&model.file), |at| model.locate(at..at + word.len()))
}

struct Lints<'a> {
    model: &'a Model,
    seen: BTreeSet<String>,
    found: Diagnostics,
}

impl Lints<'_> {
    fn push(&mut self, diagnostic: Diagnostic) {
        if self.seen.insert(diagnostic.message.clone()) {
            self.found.push(diagnostic);
        }
    }

    /// apache/datafusion#24787: an unnested row keeps its input's unique key, and later groupings on it lose rows.
    fn unnest(&mut self, node: &LogicalPlan) {
        let LogicalPlan::Unnest(unnest) = node else { return };
        let input = unnest.input.schema();
        let is_unique = |index: usize| {
            input.functional_dependencies().iter().any(|key| key.source_indices.contains(&index))
        };
        let Some(column) = (0..input.fields().len()).find(|index| is_unique(*index)) else { return };
        let name = input.field(column).name().clone();
        let diagnostic = Diagnostic::error("unnest-above-key", format!("UNNEST above a query in which `{name}` is unique loses rows"))
            .at(word(self.model, "unnest"))
            .note("the engine goes on taking the key for unique after it was repeated (apache/datafusion#24787)")
            .help(format!(
                "store the input of UNNEST as a table of its own, join calendar.days instead, or select the key through an expression such as {name} || ''"
            ));
        self.push(diagnostic);
    }

    fn expression(&mut self, expr: &Expr, schema: &DFSchema) {
        match expr {
            Expr::AggregateFunction(call) => {
                let AggregateFunctionParams { args, .. } = &call.params;
                self.float_sum(call.func.name(), args, schema);
            }
            Expr::WindowFunction(call) => {
                self.float_sum(call.fun.name(), &call.params.args, schema);
                self.looks_ahead(call.fun.name(), &call.params);
            }
            _ => {}
        }
    }

    /// A sum of doubles depends on the order of its rows; a sliding one drifts and never recovers from NaN.
    fn float_sum(&mut self, function: &str, args: &[Expr], schema: &DFSchema) {
        let Some(argument) = args.first().filter(|_| matches!(function, "sum" | "avg")) else { return };
        let is_float = |expr: &Expr| {
            matches!(expr.get_type(schema), Ok(DataType::Float16 | DataType::Float32 | DataType::Float64))
        };
        // avg casts whole numbers to doubles; those sums are exact.
        let from_integer = |expr: &Expr| match expr {
            Expr::Cast(cast) => cast.expr.get_type(schema).is_ok_and(|from| from.is_integer()),
            _ => false,
        };
        if !is_float(argument) || from_integer(argument) {
            return;
        }
        let diagnostic = Diagnostic::error("float-sum", format!("{function}({argument}) adds up doubles"))
            .at(self.first_column(argument, function))
            .note("the sum depends on the order of the rows, so the same input would not give the same bytes")
            .help("cast the column to BIGINT or DECIMAL first, in staging for instance");
        self.push(diagnostic);
    }

    /// A row for a day must not see later days, or a backfill would know what a daily run did not.
    fn looks_ahead(&mut self, function: &str, window: &WindowFunctionParams) {
        let within_a_day = |expr: &Expr| matches!(expr, Expr::Column(column) if column.name == AS_OF_DATE);
        if !self.model.by_day() || window.partition_by.iter().any(within_a_day) {
            return;
        }
        let ahead = matches!(window.window_frame.end_bound, WindowFrameBound::Following(_));
        // `lag(x, -1)` is `lead(x, 1)`.
        let backwards = |rows: &Expr| matches!(rows, Expr::Literal(ScalarValue::Int64(Some(..0)), _));
        let shifts = function == "lead" || (function == "lag" && window.args.get(1).is_some_and(backwards));
        if !ahead && !shifts {
            return;
        }
        let diagnostic = Diagnostic::error("looks-ahead", format!("{function} OVER (…) looks at rows after the current one"))
            .at(word(self.model, function))
            .note("a backfill would use days that the daily run had not seen")
            .help("end the frame at CURRENT ROW; a window without ORDER BY takes all of its rows, later ones included");
        self.push(diagnostic);
    }

    fn first_column(&self, expr: &Expr, function: &str) -> Location {
        let columns: Vec<&Column> = expr.column_refs().into_iter().collect();
        let span = columns.first().and_then(|column| column.spans.first());
        match span {
            Some(span) if span.start.line > 0 => {
                let start = self.model.file.offset(span.start.line as usize, span.start.column as usize);
                let end = self.model.file.offset(span.end.line as usize, span.end.column as usize);
                // The column may stand in a view's file: only a place that names it here is shown.
                let name = columns.first().map_or("", |column| column.name.as_str());
                match self.model.file.text.get(start..end) {
                    Some(text) if text.to_lowercase().ends_with(name) => self.model.locate(start..end),
                    _ => word(self.model, function),
                }
            }
            _ => word(self.model, function),
        }
    }
}
