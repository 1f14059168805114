//! Columns that come from what a source says of now alone (kind `current`): on earlier days they are approximate.
//!
//! A column comes from another one by its value, and by the rows that it is counted or added up over: a filter by a user's
//! role makes what is left of the users' work as approximate as the role itself. What is `fixed`, what names a thing, and
//! when it began and ended, is true of all days. A table with the key of `metrics.accounts` has a row for each account and
//! day, whatever its rows are made of; how many rows a left join finds is not looked at.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::Column;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, Join, JoinType, LogicalPlan};

use super::Checked;
use super::lineage::{Origins, model};
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model};
use crate::project::time::Time;
use crate::semantic::Entity;

/// The columns of a model that come from others.
pub(super) type OfColumns = BTreeMap<String, Origins>;

/// Of each model the columns that come from what sources say of now, with the columns of the sources.
pub(super) fn of_now(checked: &Checked) -> BTreeMap<ModelName, OfColumns> {
    let mut walk = Walk { checked, known: BTreeMap::new() };
    let models = &checked.pipeline.models;
    models.iter().for_each(|model| walk.add(model));
    let named = |model: &Model| {
        let rows = walk.known.get(&model.name.to_string())?;
        let found = rows.columns.iter().map(|(name, of)| (name.clone(), of | &rows.there));
        Some((model.name.clone(), found.filter(|(_, of)| !of.is_empty()).collect()))
    };
    models.iter().filter_map(named).collect()
}

/// What the columns of a model come from, and what its rows do.
#[derive(Default)]
struct OfModel {
    columns: OfColumns,
    there: Origins,
}

/// The same of a step of a plan, its columns in their order.
#[derive(Clone, Default)]
struct OfStep {
    columns: Vec<Origins>,
    there: Origins,
}

impl OfStep {
    fn everything(&self) -> Origins {
        self.columns.iter().fold(self.there.clone(), |all, column| &all | column)
    }
}

struct Walk<'a> {
    checked: &'a Checked,
    known: BTreeMap<String, OfModel>,
}

impl Walk<'_> {
    fn add(&mut self, model: &Model) {
        let of = match (&model.kind, model.name.layer) {
            (Kind::Source(source), _) => Some(of_source(model, &source.time)),
            // Each row of now is there once; which one where there are several is a fault of the source.
            (_, Layer::Dated) => {
                let source = ModelName::new(Layer::Raw, model.name.table.clone()).to_string();
                let source = self.known.get(&source);
                source.map(|of| OfModel { columns: of.columns.clone(), there: Origins::new() })
            }
            _ => self.checked.as_read.get(&model.name).map(|plan| {
                let step = self.of_plan(plan);
                let names = plan.schema().fields().iter().map(|field| field.name().clone());
                let there = if self.is_of_each_account(model) { Origins::new() } else { step.there };
                OfModel { columns: names.zip(step.columns).collect(), there }
            }),
        };
        self.known.insert(model.name.to_string(), of.unwrap_or_default());
    }

    /// Whether a table has the key of the accounts' metrics.
    fn is_of_each_account(&self, model: &Model) -> bool {
        let accounts = ModelName::parse(Entity::Account.table());
        let accounts = accounts.and_then(|name| self.checked.pipeline.model(&name));
        let key = |model: &Model| model.contract.primary_key.iter().cloned().collect::<BTreeSet<_>>();
        model.is_stored() && accounts.is_some_and(|accounts| key(accounts) == key(model))
    }

    fn of_plan(&self, plan: &LogicalPlan) -> OfStep {
        if let Some(name) = model(plan) {
            let of = self.known.get(&name);
            let column = |name: &String| of.and_then(|of| of.columns.get(name)).cloned().unwrap_or_default();
            let columns = plan.schema().fields().iter().map(|field| column(field.name())).collect();
            return OfStep { columns, there: of.map(|of| of.there.clone()).unwrap_or_default() };
        }
        let inputs: Vec<(&LogicalPlan, OfStep)> =
            plan.inputs().into_iter().map(|input| (input, self.of_plan(input))).collect();
        let of = |expression: &Expr| self.of_expression(expression, &inputs);
        let first = || inputs.first().map(|(_, step)| step.clone()).unwrap_or_default();
        let over = |there: &Origins, expressions: &[Expr]| -> Vec<Origins> {
            expressions.iter().map(|expression| &of(expression) | there).collect()
        };
        let OfStep { mut columns, mut there } = first();
        match plan {
            LogicalPlan::Projection(step) => columns = step.expr.iter().map(of).collect(),
            LogicalPlan::Filter(step) => there = &there | &of(&step.predicate),
            LogicalPlan::Aggregate(step) => {
                // Which groups there are, and which rows fall into each, is a matter of what they are made by.
                columns = step.group_expr.iter().map(of).collect();
                there = columns.iter().fold(there, |all, column| &all | column);
                columns.extend(over(&there, &step.aggr_expr));
            }
            LogicalPlan::Window(step) => columns.extend(over(&there, &step.window_expr)),
            LogicalPlan::Join(step) => return joined(step, &inputs, &of),
            LogicalPlan::Union(_) => {
                for (_, other) in &inputs[1..] {
                    columns.iter_mut().zip(&other.columns).for_each(|(own, others)| *own = &*own | others);
                    there = &there | &other.there;
                }
            }
            _ => {}
        }
        let width = plan.schema().fields().len();
        if columns.len() != width {
            // A step of a kind that is not known here: each column may come from all that goes in.
            let all = inputs.iter().fold(there.clone(), |all, (_, step)| &all | &step.everything());
            columns = vec![all; width];
        }
        OfStep { columns, there }
    }

    fn of_expression(&self, expression: &Expr, inputs: &[(&LogicalPlan, OfStep)]) -> Origins {
        let mut found = Origins::new();
        let visited = expression.apply(|part| {
            match part {
                Expr::Column(column) | Expr::OuterReferenceColumn(_, column) => {
                    found.extend(of_column(column, inputs));
                }
                Expr::ScalarSubquery(query) => found.extend(self.of_plan(&query.subquery).everything()),
                Expr::Exists(exists) => found.extend(self.of_plan(&exists.subquery.subquery).everything()),
                Expr::InSubquery(within) => {
                    found.extend(self.of_plan(&within.subquery.subquery).everything())
                }
                Expr::SetComparison(compared) => {
                    found.extend(self.of_plan(&compared.subquery.subquery).everything());
                }
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
        // Nothing in it fails.
        debug_assert!(visited.is_ok());
        found
    }
}

fn of_column(column: &Column, inputs: &[(&LogicalPlan, OfStep)]) -> Origins {
    let of = |(input, step): &(&LogicalPlan, OfStep)| {
        let at = input.schema().maybe_index_of_column(column)?;
        step.columns.get(at).cloned()
    };
    inputs.iter().filter_map(of).flatten().collect()
}

/// Rows of a side that a join may leave without a partner keep what they are; which partners there are is a matter of the
/// other side and of the condition.
fn joined(join: &Join, inputs: &[(&LogicalPlan, OfStep)], of: &dyn Fn(&Expr) -> Origins) -> OfStep {
    let [(_, left), (_, right)] = inputs else { return OfStep::default() };
    let pairs = join.on.iter().flat_map(|(one, other)| [one, other]);
    let condition = pairs.chain(&join.filter).fold(Origins::new(), |all, part| &all | &of(part));
    let marked = |side: &OfStep, marks: &Origins| -> Vec<Origins> {
        side.columns.iter().map(|column| column | marks).collect()
    };
    let none = Origins::new();
    let (of_left, of_right) = (&left.there | &condition, &right.there | &condition);
    let both = |left_marks: &Origins, right_marks: &Origins| {
        [marked(left, left_marks), marked(right, right_marks)].concat()
    };
    match join.join_type {
        JoinType::Left => OfStep { columns: both(&none, &of_right), there: left.there.clone() },
        JoinType::Right => OfStep { columns: both(&of_left, &none), there: right.there.clone() },
        JoinType::LeftSemi | JoinType::LeftAnti => {
            OfStep { columns: left.columns.clone(), there: &left.there | &of_right }
        }
        JoinType::RightSemi | JoinType::RightAnti => {
            OfStep { columns: right.columns.clone(), there: &right.there | &of_left }
        }
        _ => OfStep { columns: both(&none, &none), there: &(&left.there | &right.there) | &condition },
    }
}

/// What a source says of now: all but what names a thing, when it began and ended, and what does not change.
fn of_source(model: &Model, time: &Time) -> OfModel {
    let Time::Current(current) = time else { return OfModel::default() };
    let lasting: Vec<&String> =
        current.key.iter().chain(&current.fixed).chain(&current.begins_at).chain(&current.ends_at).collect();
    let names = model.contract.columns.iter().map(|column| &column.name);
    let changing = names.filter(|name| !lasting.contains(name));
    let own = |name: &String| Origins::from([(model.name.to_string(), name.clone())]);
    OfModel { columns: changing.map(|name| (name.clone(), own(name))).collect(), there: Origins::new() }
}
