//! Plans that the engine would answer wrongly, or differently each time, without a word: refused by name.
//!
//! Each rule has a reproduction among the tests that fails when an upgrade of the engine mends the fault.

mod dependencies;
pub(crate) mod inner_order;
mod order;
mod rows;
pub(super) mod spans;

use std::collections::BTreeSet;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ScalarValue, TableReference};
use datafusion::logical_expr::expr::{AggregateFunctionParams, Sort, WindowFunctionParams};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};

use super::text::Text;
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::diagnose::{beginning, first_line, in_sql, whole_words};
use crate::engine::{is_ahead, is_behind};
use crate::project::model::AS_OF_DATE;

/// Every finding in a query's analysed plan, views included; `keys` gives the primary keys of tables.
pub(super) fn lint(
    text: Text<'_>,
    plan: &LogicalPlan,
    keys: &dyn Fn(&TableReference) -> Vec<String>,
) -> Diagnostics {
    let mut lints = Lints { text, seen: BTreeSet::new(), found: Diagnostics::new() };
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
    let walked = walked.and_then(|_| order::unsettled(plan, keys, |unsettled| lints.unsettled(&unsettled)));
    if let Err(error) = walked {
        let problem = Diagnostic::error("plan", first_line(&error));
        lints.found.push(problem.at(text.locate(beginning(&text.file.text))));
    }
    lints.found
}

/// The first place of a word in a text, else the whole text.
fn word(text: Text<'_>, word: &str) -> Location {
    let place = words(&text.file.text.to_ascii_lowercase(), word).next();
    place.map_or_else(|| Location::whole(text.file), |at| text.locate(at..at + word.len()))
}

/// Where a word stands in a text, and is no part of a longer one.
fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    whole_words(text, word, |c| c.is_alphanumeric() || c == '_')
}

struct Lints<'a> {
    text: Text<'a>,
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
            .at(word(self.text, "unnest"))
            .note("the engine goes on taking the key for unique after it was repeated (apache/datafusion#24787)")
            .help(format!(
                "store the input of UNNEST as a table of its own, join calendar.days instead, or select the key through an expression such as {name} || ''"
            ));
        self.push(diagnostic);
    }

    /// What depends on an order of rows that nothing settles.
    fn unsettled(&mut self, unsettled: &order::Unsettled<'_>) {
        let text = self.text.file.text.to_ascii_lowercase();
        // By now it may have become what it is made of.
        let was = |made: &str, of: &str| unsettled.word == made && !text.contains(made) && text.contains(of);
        let (word, message) = match unsettled.word.as_str() {
            _ if was("first_value", "distinct") => ("distinct", order::DISTINCT_ON.to_owned()),
            word if was("nth_value", "array_agg") => {
                ("array_agg", unsettled.message.replace(word, "array_agg"))
            }
            word => (word, unsettled.message.clone()),
        };
        let diagnostic = Diagnostic::error("row-order", message)
            .at(self.call(word, &unsettled.exprs))
            .note(unsettled.note.clone())
            .help(unsettled.help.clone());
        self.push(diagnostic);
    }

    fn expression(&mut self, expr: &Expr, schema: &DFSchema) {
        match expr {
            Expr::AggregateFunction(call) => {
                let AggregateFunctionParams { args, .. } = &call.params;
                self.float_sum(call.func.name(), args, schema);
                self.estimate(call.func.name(), args);
            }
            Expr::WindowFunction(call) => {
                self.float_sum(call.fun.name(), &call.params.args, schema);
                self.estimate(call.fun.name(), &call.params.args);
                self.looks_ahead(call.fun.name(), &call.params);
            }
            _ => {}
        }
    }

    /// What is an estimate, or any of several values.
    fn estimate(&mut self, function: &str, args: &[Expr]) {
        let Some(estimate) = order::estimates(function) else { return };
        let at = self.call(function, &args.iter().collect::<Vec<_>>());
        self.push(estimate.at(at));
    }

    /// A sum of doubles depends on the order of its rows, and so does everything that is made of such sums.
    fn float_sum(&mut self, function: &str, args: &[Expr], schema: &DFSchema) {
        let Some(argument) = args.first() else { return };
        let is_sum = matches!(function, "sum" | "avg");
        if !is_sum && !is_moment(function) {
            return;
        }
        let is_float = |expr: &Expr| {
            matches!(expr.get_type(schema), Ok(DataType::Float16 | DataType::Float32 | DataType::Float64))
        };
        // A double that was a whole number adds up exactly only below 2^53.
        if !is_float(argument) {
            return;
        }
        let help = match (function, is_sum) {
            ("avg", _) => {
                "cast the column to BIGINT or DECIMAL first, in staging for instance; the average of those is exact"
            }
            (_, true) => "cast the column to BIGINT or DECIMAL first, in staging for instance",
            (_, false) => {
                "make it of sums that are exact: count(x), sum(x) and sum(x * x) of a BIGINT or DECIMAL, and the one division at the end in DOUBLE"
            }
        };
        let added = in_sql(&argument.to_string());
        let diagnostic = Diagnostic::error("float-sum", format!("{function}({added}) adds up doubles"))
            .at(self.first_column(argument, function))
            .note("the sum depends on the order of the rows, so the same input would not give the same bytes")
            .help(help);
        self.push(diagnostic);
    }

    /// A row for a day must not see later days, or a backfill would know what a daily run did not.
    fn looks_ahead(&mut self, function: &str, window: &WindowFunctionParams) {
        let is_day = |expr: &Expr| matches!(expr, Expr::Column(column) if column.name == AS_OF_DATE);
        if !self.text.by_day() || window.partition_by.iter().any(is_day) || !sees_later_days(function, window)
        {
            return;
        }
        let turned = window.order_by.iter().any(|by| is_day(&by.expr) && !by.asc);
        let (message, help) = match turned {
            true => (
                format!("{function} OVER (… ORDER BY {AS_OF_DATE} DESC) looks at the rows before it, which are those of later days"),
                format!("order by {AS_OF_DATE} from the first day to the last: what lag(…) is there, lead(…) is here, and the other way round"),
            ),
            false => (
                format!("{function} OVER (…) looks at rows after the current one"),
                "end the frame at CURRENT ROW; a window without ORDER BY takes all of its rows, later ones included".to_owned(),
            ),
        };
        let diagnostic = Diagnostic::error("looks-ahead", message)
            .at(word(self.text, function))
            .note("a backfill would use days that the daily run had not seen")
            .help(help);
        self.push(diagnostic);
    }

    /// The place of a call: the word that stands last before one of its columns, else the first of its kind.
    fn call(&self, word: &str, exprs: &[&Expr]) -> Location {
        let text = self.text.file.text.to_ascii_lowercase();
        let columns = exprs.iter().filter_map(|expr| self.column(expr));
        let before = |column: usize| words(text.get(..column)?, word).last();
        match columns.filter_map(before).next() {
            Some(at) => self.text.locate(at..at + word.len()),
            None => self::word(self.text, word),
        }
    }

    /// Where the first column of an expression stands in the model's text. It may stand in a view's: only a place that
    /// names it here counts.
    fn column(&self, expr: &Expr) -> Option<usize> {
        expr.column_refs().into_iter().find_map(|column| {
            let span = column.spans.first().filter(|span| span.start.line > 0)?;
            let start = self.text.file.offset(span.start.line as usize, span.start.column as usize);
            let end = self.text.file.offset(span.end.line as usize, span.end.column as usize);
            let text = self.text.file.text.get(start..end)?;
            text.to_lowercase().ends_with(column.name.as_str()).then_some(start)
        })
    }

    fn first_column(&self, expr: &Expr, function: &str) -> Location {
        let columns: Vec<&Column> = expr.column_refs().into_iter().collect();
        let span = columns.first().and_then(|column| column.spans.first());
        match span {
            Some(span) if span.start.line > 0 => {
                let start = self.text.file.offset(span.start.line as usize, span.start.column as usize);
                let end = self.text.file.offset(span.end.line as usize, span.end.column as usize);
                // The column may stand in a view's file: only a place that names it here is shown.
                let name = columns.first().map_or("", |column| column.name.as_str());
                match self.text.file.text.get(start..end) {
                    Some(text) if text.to_lowercase().ends_with(name) => self.text.locate(start..end),
                    _ => word(self.text, function),
                }
            }
            _ => word(self.text, function),
        }
    }
}

/// Whether a window takes rows of later days than the row's own.
fn sees_later_days(function: &str, window: &WindowFunctionParams) -> bool {
    let (start, end) = (&window.window_frame.start_bound, &window.window_frame.end_bound);
    let turned = matches!(
        window.order_by.first(),
        Some(Sort { expr: Expr::Column(column), asc: false, .. }) if column.name == AS_OF_DATE
    );
    // `lag(x, -1)` is `lead(x, 1)`.
    let backwards = |rows: &Expr| matches!(rows, Expr::Literal(ScalarValue::Int64(Some(..0)), _));
    let is_negative = window.args.get(1).is_some_and(backwards);
    match function {
        "lead" => turned == is_negative,
        "lag" => turned != is_negative,
        // They count all rows of the partition, whatever the frame.
        "percent_rank" | "cume_dist" | "ntile" => true,
        "row_number" | "rank" | "dense_rank" => turned || is_ahead(end),
        _ if turned => is_behind(start),
        _ => is_ahead(end),
    }
}

/// Functions that are made of sums of products of doubles.
fn is_moment(function: &str) -> bool {
    match function {
        "corr" => true,
        "regr_count" => false,
        name => ["var", "stddev", "covar", "regr_"].iter().any(|family| name.starts_with(family)),
    }
}
