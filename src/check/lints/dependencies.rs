//! Which columns of a plan settle which others: functional dependencies, from the keys of tables upwards.
//!
//! The engine is told of no key (it would believe it), so what an `ORDER BY` settles is found out here. Every column of
//! every node is an attribute. A dependency says that rows with the same values in some attributes have the same in
//! others; it holds for the node where it arises and for all above it. Beside its columns a node has attributes that tell
//! its rows apart, even such as are the same in every column.

use std::collections::HashMap;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, TableReference};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, WindowFrameUnits};

use crate::engine::whole_keys::SAME_VALUE;

/// A column of one node, or what tells its rows apart.
pub(super) type Attribute = usize;

/// What is known of the rows of a node.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    /// The attribute of each column.
    pub(super) columns: Vec<Attribute>,
    /// Attributes that tell any two rows apart.
    pub(super) identity: Vec<Attribute>,
}

/// A union of rows of which some column tells what each came from.
#[derive(Debug)]
struct Union {
    rows: Rows,
    inputs: Vec<Rows>,
    /// The columns that tell.
    telling: Vec<usize>,
}

/// The primary keys of tables, by their names in SQL.
pub(super) type Keys<'a> = dyn Fn(&TableReference) -> Vec<String> + 'a;

/// The dependencies found so far.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    all: Vec<(Vec<Attribute>, Vec<Attribute>)>,
    attributes: usize,
    /// Expressions over attributes that have one of their own.
    known: HashMap<Expr, Attribute>,
    unions: Vec<Union>,
    /// The rows of each sort, by its place in memory.
    sorts: HashMap<*const LogicalPlan, Rows>,
}

impl Dependencies {
    pub(super) fn fresh(&mut self) -> Attribute {
        self.attributes += 1;
        self.attributes - 1
    }

    /// Attributes without any dependency, for columns of which nothing is known.
    pub(super) fn unknown(&mut self, columns: usize) -> Rows {
        let columns: Vec<Attribute> = (0..columns).map(|_| self.fresh()).collect();
        let row = self.fresh();
        self.add(vec![row], columns.clone());
        Rows { columns, identity: vec![row] }
    }

    /// Keeps the rows of a sort for what is above it.
    pub(super) fn sorted(&mut self, sort: &LogicalPlan, rows: &Rows) {
        self.sorts.insert(sort, rows.clone());
    }

    /// The rows of a sort that was visited.
    pub(super) fn of_sort(&self, sort: &LogicalPlan) -> Option<Rows> {
        self.sorts.get(&std::ptr::from_ref(sort)).cloned()
    }

    pub(super) fn add(&mut self, from: Vec<Attribute>, to: Vec<Attribute>) {
        self.all.push((from, to));
    }

    /// The rows of a union, `telling` the columns that are another constant in each input.
    pub(super) fn union(&mut self, inputs: &[Rows], columns: usize, telling: Vec<usize>) -> Rows {
        let rows = self.unknown(columns);
        if !telling.is_empty() {
            self.unions.push(Union { rows: rows.clone(), inputs: inputs.to_vec(), telling });
        }
        rows
    }

    /// Everything that some attributes settle, themselves included.
    pub(super) fn closure(&self, of: &[Attribute]) -> Vec<bool> {
        let mut settled = self.closure_within(of);
        let whole = |union: &&Union| union.rows.identity.iter().all(|attribute| settled[*attribute]);
        let open = self.unions.iter().filter(|union| !whole(union));
        let more: Vec<Attribute> = open
            .filter(|union| {
                let columns: Vec<usize> =
                    (0..union.rows.columns.len()).filter(|at| settled[union.rows.columns[*at]]).collect();
                union.telling.iter().any(|at| columns.contains(at))
                    && union.inputs.iter().all(|input| {
                        let by: Vec<Attribute> = columns.iter().map(|at| input.columns[*at]).collect();
                        let within = self.closure(&by);
                        input.identity.iter().all(|attribute| within[*attribute])
                    })
            })
            .flat_map(|union| union.rows.identity.clone())
            .collect();
        if !more.is_empty() {
            let with: Vec<Attribute> = of.iter().copied().chain(more).collect();
            settled = self.closure(&with);
        }
        settled
    }

    fn closure_within(&self, of: &[Attribute]) -> Vec<bool> {
        let mut settled = vec![false; self.attributes];
        let mut missing: Vec<usize> = Vec::with_capacity(self.all.len());
        let mut uses: Vec<Vec<usize>> = vec![Vec::new(); self.attributes];
        let mut queue: Vec<Attribute> = of.to_vec();
        for (at, (from, to)) in self.all.iter().enumerate() {
            missing.push(from.len());
            from.iter().for_each(|attribute| uses[*attribute].push(at));
            if from.is_empty() {
                queue.extend(to);
            }
        }
        while let Some(attribute) = queue.pop() {
            if std::mem::replace(&mut settled[attribute], true) {
                continue;
            }
            for at in &uses[attribute] {
                missing[*at] -= 1;
                if missing[*at] == 0 {
                    queue.extend(&self.all[*at].1);
                }
            }
        }
        settled
    }

    /// Whether no two rows that differ have the same values in these attributes.
    pub(super) fn settles(&self, attributes: &[Attribute], rows: &Rows) -> bool {
        let settled = self.closure(attributes);
        let all = |of: &[Attribute]| of.iter().all(|attribute| settled[*attribute]);
        all(&rows.identity) || all(&rows.columns)
    }

    /// The attribute of an expression over the columns of a node.
    pub(super) fn expression(&mut self, expr: &Expr, schema: &DFSchema, rows: &Rows) -> Attribute {
        match expr {
            Expr::Alias(alias) => return self.expression(&alias.expr, schema, rows),
            Expr::ScalarFunction(call) if call.func.name() == SAME_VALUE => {
                if let [same] = call.args.as_slice() {
                    return self.expression(same, schema, rows);
                }
            }
            Expr::Column(column) => {
                return match schema.index_of_column(column) {
                    Ok(at) => rows.columns[at],
                    Err(_) => self.fresh(),
                };
            }
            _ => {}
        }
        let named = expr.clone().transform_up(|part| match &part {
            Expr::Column(column) => {
                let at = schema.index_of_column(column)?;
                let name = format!("#{}", rows.columns[at]);
                Ok(Transformed::yes(Expr::Column(Column::from_name(name))))
            }
            _ => Ok(Transformed::no(part)),
        });
        let Ok(named) = named else { return self.fresh() };
        if let Some(known) = self.known.get(&named.data) {
            return *known;
        }
        let attribute = self.fresh();
        if has_subquery(expr) {
            self.add(rows.identity.clone(), vec![attribute]);
            return attribute;
        }
        let columns = expr.column_refs().into_iter();
        let from: Vec<Attribute> = columns
            .filter_map(|column| schema.index_of_column(column).ok())
            .map(|at| rows.columns[at])
            .collect();
        if !expr.is_volatile() {
            if let Expr::Cast(cast) = expr
                && keeps_apart(cast, schema)
            {
                let inner = self.expression(&cast.expr, schema, rows);
                self.add(vec![attribute], vec![inner]);
            }
            self.add(from, vec![attribute]);
        }
        self.known.insert(named.data, attribute);
        attribute
    }

    /// The attributes of expressions.
    pub(super) fn expressions<'a>(
        &mut self,
        exprs: impl IntoIterator<Item = &'a Expr>,
        schema: &DFSchema,
        rows: &Rows,
    ) -> Vec<Attribute> {
        exprs.into_iter().map(|expr| self.expression(expr, schema, rows)).collect()
    }

    /// What a condition that holds for every row settles.
    pub(super) fn condition(&mut self, condition: &Expr, schema: &DFSchema, rows: &Rows) {
        for part in split_conjunction(condition) {
            match part {
                Expr::BinaryExpr(BinaryExpr {
                    left,
                    op: Operator::Eq | Operator::IsNotDistinctFrom,
                    right,
                }) => {
                    let left = self.expression(left, schema, rows);
                    let right = self.expression(right, schema, rows);
                    self.add(vec![left], vec![right]);
                    self.add(vec![right], vec![left]);
                }
                Expr::Not(of) if matches!(of.as_ref(), Expr::Column(_)) => {
                    let always = self.expression(of, schema, rows);
                    self.add(Vec::new(), vec![always]);
                }
                Expr::Column(_) => {
                    let always = self.expression(part, schema, rows);
                    self.add(Vec::new(), vec![always]);
                }
                Expr::IsNull(of) => {
                    let always = self.expression(of, schema, rows);
                    self.add(Vec::new(), vec![always]);
                }
                _ => {}
            }
        }
    }

    /// The column that a window function adds.
    pub(super) fn window(&mut self, expr: &Expr, schema: &DFSchema, rows: &Rows) -> Attribute {
        let added = self.fresh();
        self.add(rows.identity.clone(), vec![added]);
        let Expr::WindowFunction(window) = unaliased(expr) else { return added };
        let params = &window.params;
        let partition = self.expressions(&params.partition_by, schema, rows);
        let mut ordered = partition.clone();
        ordered.extend(self.expressions(params.order_by.iter().map(|sort| &sort.expr), schema, rows));
        match window.fun.name() {
            "row_number" => {
                let each = partition.into_iter().chain([added]).collect();
                self.add(each, rows.identity.clone());
            }
            "rank" | "dense_rank" | "percent_rank" | "cume_dist" => self.add(ordered, vec![added]),
            "ntile" | "lag" | "lead" | "first_value" | "last_value" | "nth_value" => {}
            _ if params.window_frame.units == WindowFrameUnits::Rows && !params.order_by.is_empty() => {}
            // Peers have the same frame.
            _ => self.add(ordered, vec![added]),
        }
        added
    }
}

/// An expression without the names that it is given.
pub(super) fn unaliased(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => unaliased(&alias.expr),
        _ => expr,
    }
}

fn has_subquery(expr: &Expr) -> bool {
    let is = |part: &Expr| {
        Ok(matches!(
            part,
            Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) | Expr::SetComparison(_)
        ))
    };
    expr.exists(is).unwrap_or(true)
}

/// Whether a cast gives different values for different ones.
fn keeps_apart(cast: &Cast, schema: &DFSchema) -> bool {
    let Ok(from) = cast.expr.get_type(schema) else { return false };
    let to = cast.field.data_type();
    let is_text = |of: &DataType| matches!(of, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    (is_text(&from) && is_text(to))
        || (from.is_integer() && (to.is_integer() || matches!(to, DataType::Decimal128(..))))
        || (matches!(from, DataType::Date32) && matches!(to, DataType::Timestamp(..)))
}
