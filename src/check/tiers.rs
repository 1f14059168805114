//! Tiers that a statement asks for and no score declares: a comparison with one is never true, and the list made by it is
//! empty without a word.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::WindowFunctionParams;
use datafusion::logical_expr::{BinaryExpr, Distinct, Expr, JoinType, LogicalPlan, Operator};

use super::lineage::model;
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::engine::diagnose::{self, Failed};
use crate::pipeline::Pipeline;
use crate::project::types::is_text;
use crate::semantic::{MAIN, Score, Source};

/// The texts that a column can hold, of which some are tiers of scores; `None` where it may hold anything.
type Texts = Option<Held>;

/// Texts that a column can hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Held {
    texts: BTreeSet<String>,
    /// The scores whose tiers are among them.
    scores: BTreeSet<String>,
}

impl Held {
    fn text(text: &str) -> Self {
        Self { texts: BTreeSet::from([text.to_owned()]), ..Self::default() }
    }

    fn and(mut self, other: Self) -> Self {
        self.texts.extend(other.texts);
        self.scores.extend(other.scores);
        self
    }
}

/// What columns of models are known to hold.
pub(super) struct Tiers {
    /// By `layer.table` and column.
    columns: BTreeMap<String, BTreeMap<String, Held>>,
}

impl Tiers {
    /// The tiers of the scores as they are published.
    pub(super) fn of(pipeline: &Pipeline) -> Self {
        let scores = &pipeline.semantics.scores;
        let held = |score: &Score| {
            let names = score.tier_names().map(str::to_owned);
            Held { texts: names.collect(), scores: BTreeSet::from([score.name.clone()]) }
        };
        let mut columns = BTreeMap::new();
        for score in scores {
            let is_main = pipeline.main_score.as_ref() == Some(&score.name);
            let names = || std::iter::once(score.name.as_str()).chain(is_main.then_some(MAIN));
            let members = match &score.source {
                Source::RollUp(roll_up) => scores.iter().find(|member| member.name == roll_up.of),
                Source::Scorecards(_) => None,
            };
            let tables = names().map(|name| (format!("scores.{name}"), held(score)));
            let members = members
                .into_iter()
                .flat_map(|member| names().map(move |name| (format!("components.{name}"), held(member))));
            for (table, held) in tables.chain(members) {
                columns.insert(table, BTreeMap::from([("tier".to_owned(), held)]));
            }
        }
        Self { columns }
    }

    /// The tiers that a model asks for in vain; what its columns hold is known from here on.
    pub(super) fn of_model(&mut self, name: &str, statement: &Failed<'_>, plan: &LogicalPlan) -> Diagnostics {
        if self.columns.contains_key(name) {
            return Diagnostics::new();
        }
        let mut walk = Walk { tiers: self, statement, found: Diagnostics::new() };
        let texts = walk.plan(plan);
        let found = walk.found.distinct();
        let fields = plan.schema().fields().iter().map(|field| field.name().clone());
        let known = fields.zip(texts).filter_map(|(field, held)| Some((field, held?)));
        let known: BTreeMap<String, Held> = known.filter(|(_, held)| !held.scores.is_empty()).collect();
        if !known.is_empty() {
            self.columns.insert(name.to_owned(), known);
        }
        found
    }
}

/// A walk through a plan, from the tables upwards; what stands for another model is not entered.
struct Walk<'a> {
    tiers: &'a Tiers,
    statement: &'a Failed<'a>,
    found: Diagnostics,
}

/// The inputs of a step, and what their columns hold.
type Inputs<'a> = Vec<(&'a LogicalPlan, Vec<Texts>)>;

impl Walk<'_> {
    /// What each column of a step holds.
    fn plan(&mut self, plan: &LogicalPlan) -> Vec<Texts> {
        let fields = plan.schema().fields();
        if let Some(name) = model(plan) {
            let known = self.tiers.columns.get(&name);
            return fields
                .iter()
                .map(|field| known.and_then(|known| known.get(field.name())).cloned())
                .collect();
        }
        let inputs: Inputs<'_> = plan.inputs().into_iter().map(|input| (input, self.plan(input))).collect();
        self.subqueries(plan);
        self.comparisons(plan, &inputs);
        let of = |expr: &Expr| of_expression(expr, &inputs);
        let first = || inputs.first().map(|(_, texts)| texts.clone()).unwrap_or_default();
        let held: Vec<Texts> = match plan {
            LogicalPlan::Projection(projection) => projection.expr.iter().map(of).collect(),
            LogicalPlan::Aggregate(aggregate) => {
                aggregate.group_expr.iter().chain(&aggregate.aggr_expr).map(of).collect()
            }
            LogicalPlan::Window(window) => {
                first().into_iter().chain(window.window_expr.iter().map(of)).collect()
            }
            LogicalPlan::Distinct(Distinct::On(on)) => on.select_expr.iter().map(of).collect(),
            LogicalPlan::Join(join) => match join.join_type {
                JoinType::RightSemi | JoinType::RightAnti => {
                    inputs.last().map(|(_, texts)| texts.clone()).unwrap_or_default()
                }
                JoinType::LeftSemi | JoinType::LeftAnti => first(),
                _ => inputs.iter().flat_map(|(_, texts)| texts.clone()).collect(),
            },
            LogicalPlan::Union(_) => (0..fields.len())
                .map(|at| all(inputs.iter().map(|(_, texts)| texts.get(at).cloned().flatten())))
                .collect(),
            LogicalPlan::Values(values) => (0..fields.len())
                .map(|at| all(values.values.iter().map(|row| row.get(at).and_then(of))))
                .collect(),
            _ => first(),
        };
        // A step of a kind that is not known here may give anything.
        if held.len() == fields.len() { held } else { vec![None; fields.len()] }
    }

    fn subqueries(&mut self, plan: &LogicalPlan) {
        let walked = plan.apply_subqueries(|subquery| {
            if let LogicalPlan::Subquery(subquery) = subquery {
                self.plan(&subquery.subquery);
            }
            Ok(TreeNodeRecursion::Continue)
        });
        debug_assert!(walked.is_ok(), "looking at a plan cannot fail");
    }

    /// Comparisons of a step with texts that what is compared never is.
    fn comparisons(&mut self, plan: &LogicalPlan, inputs: &Inputs<'_>) {
        let walked = plan.apply_expressions(|expr| {
            expr.apply(|part| {
                for (compared, text) in compared(part) {
                    let held = of_expression(compared, inputs).filter(|held| !held.scores.is_empty());
                    if let Some(held) = held.filter(|held| !held.texts.contains(text)) {
                        let problem = never(text, &held).at(self.place(part, text));
                        self.found.push(problem);
                    }
                }
                Ok(TreeNodeRecursion::Continue)
            })
        });
        debug_assert!(walked.is_ok(), "looking at a plan cannot fail");
    }

    /// Where the text is written: the first time from where the comparison begins.
    fn place(&self, comparison: &Expr, text: &str) -> Location {
        let Failed { file, query, .. } = self.statement;
        let (around, _) = diagnose::place_in(*query, file, comparison);
        let quoted = format!("'{}'", text.replace('\'', "''"));
        let behind = file.text.get(around.start..).and_then(|rest| rest.find(&quoted));
        let at = behind.map(|at| around.start + at).or_else(|| file.text.find(&quoted));
        self.statement.locate(at.map_or(around, |at| at..at + quoted.len()))
    }
}

fn never(text: &str, held: &Held) -> Diagnostic {
    let scores: Vec<&str> = held.scores.iter().map(String::as_str).collect();
    let texts: Vec<&str> = held.texts.iter().map(String::as_str).collect();
    let message =
        format!("`{}` is no tier of {}, so this is never true", text.escape_debug(), scores.join(" or "));
    Diagnostic::error("unknown-tier", message)
        .note(format!("what is compared is one of: {}", texts.join(", ")))
        .help(
            "compare with one of these, or ask by is_at_risk or tier_rank, which stay when tiers are renamed",
        )
        .suggest(text, texts)
}

/// What an expression compares with texts that are written out, and these texts.
fn compared(expr: &Expr) -> Vec<(&Expr, &str)> {
    match expr {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Eq | Operator::NotEq | Operator::IsDistinctFrom | Operator::IsNotDistinctFrom,
            right,
        }) => {
            let sides = [(left, right), (right, left)];
            sides.into_iter().filter_map(|(side, other)| Some((side.as_ref(), literal(other)?))).collect()
        }
        Expr::InList(list) => {
            list.list.iter().filter_map(|item| Some((list.expr.as_ref(), literal(item)?))).collect()
        }
        Expr::Case(case) => case
            .expr
            .iter()
            .flat_map(|of| {
                case.when_then_expr.iter().filter_map(|(when, _)| Some((of.as_ref(), literal(when)?)))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A text that is written out.
fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        Expr::Cast(cast) if is_text(cast.field.data_type()) => literal(&cast.expr),
        _ => None,
    }
}

/// The texts of several things together.
fn all(mut parts: impl Iterator<Item = Texts>) -> Texts {
    parts.try_fold(Held::default(), |held, part| Some(held.and(part?)))
}

fn of_expression(expr: &Expr, inputs: &Inputs<'_>) -> Texts {
    let of = |expr: &Expr| of_expression(expr, inputs);
    let first = |args: &[Expr]| args.first().and_then(of);
    match expr {
        Expr::Column(column) => inputs.iter().find_map(|(input, texts)| {
            texts.get(input.schema().maybe_index_of_column(column)?).cloned().flatten()
        }),
        Expr::Alias(alias) => of(&alias.expr),
        Expr::Cast(cast) if is_text(cast.field.data_type()) => of(&cast.expr),
        Expr::Literal(value, _) if value.is_null() => Some(Held::default()),
        Expr::Literal(value, _) => value.try_as_str().flatten().map(Held::text),
        Expr::Case(case) => {
            let results = case.when_then_expr.iter().map(|(_, then)| then.as_ref());
            all(results.chain(case.else_expr.as_deref()).map(of))
        }
        Expr::ScalarFunction(call) => match call.func.name() {
            "coalesce" | "nvl" | "ifnull" => all(call.args.iter().map(of)),
            "nullif" => first(&call.args),
            _ => None,
        },
        Expr::AggregateFunction(call) => match call.func.name() {
            "min" | "max" | "first_value" | "last_value" => first(&call.params.args),
            _ => None,
        },
        Expr::WindowFunction(call) => {
            let WindowFunctionParams { args, .. } = &call.params;
            match call.fun.name() {
                "min" | "max" | "first_value" | "last_value" | "nth_value" => first(args),
                // The third argument stands where there is no such row.
                "lag" | "lead" => all(args.iter().take(1).chain(args.get(2)).map(of)),
                _ => None,
            }
        }
        _ => None,
    }
}
