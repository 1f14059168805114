//! Instants in microseconds, whatever computes them.
//!
//! DataFusion's own unit is the nanosecond: a literal, a cast, and either side of a comparison with a day or a text become
//! nanoseconds, of which 64 bits hold the years 1677 to 2262. So `valid_until < TIMESTAMP '2030-01-01'` failed on the row
//! that is valid until 9999. Columns are declared in microseconds, which hold every year that SQL can write; here whatever
//! is still counted in nanoseconds once types are settled is counted in these, too.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::config::ConfigOptions;
use datafusion::functions::datetime::to_timestamp_micros;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, Cast, Expr, ExprSchemable, LogicalPlan, Projection, TryCast, Union, Values,
};
use datafusion::optimizer::AnalyzerRule;

use super::within_nanoseconds::{WITHIN_NANOSECONDS, within_nanoseconds};
use crate::project::types::is_text;

/// Counts instants in microseconds.
#[derive(Debug)]
pub(super) struct Microseconds;

impl AnalyzerRule for Microseconds {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        if !is_concerned(&plan)? {
            return Ok(plan);
        }
        plan.transform_up_with_subqueries(|node| settled(node).map(Transformed::yes)).data()
    }

    fn name(&self) -> &str {
        "microseconds"
    }
}

/// Whether anything in a plan is counted in nanoseconds. A query that refers to itself is left as it is: what it reads of
/// itself has the type that it began with.
fn is_concerned(plan: &LogicalPlan) -> Result<bool> {
    let (mut concerned, mut recursive) = (false, false);
    plan.apply_with_subqueries(|node| {
        recursive |= matches!(node, LogicalPlan::RecursiveQuery(_));
        concerned = concerned || has_nanoseconds(node.schema());
        node.apply_expressions(|expr| {
            concerned = concerned || expr.exists(|part| Ok(is_made_of_nanoseconds(part)))?;
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(concerned && !recursive)
}

fn has_nanoseconds(schema: &DFSchema) -> bool {
    schema.fields().iter().any(|field| in_microseconds(field.data_type()).is_some())
}

fn is_made_of_nanoseconds(part: &Expr) -> bool {
    match part {
        Expr::Cast(cast) => in_microseconds(cast.field.data_type()).is_some(),
        Expr::TryCast(cast) => in_microseconds(cast.field.data_type()).is_some(),
        Expr::Literal(value, _) => in_microseconds(&value.data_type()).is_some(),
        Expr::ScalarFunction(call) => call.func.name() == "date_bin",
        _ => false,
    }
}

/// A type of nanoseconds, or one that holds such, in microseconds; `None` where there is nothing to change.
fn in_microseconds(of: &DataType) -> Option<DataType> {
    let within = |field: &FieldRef| {
        let inner = in_microseconds(field.data_type())?;
        Some(Arc::new(field.as_ref().clone().with_data_type(inner)))
    };
    Some(match of {
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
            DataType::Timestamp(TimeUnit::Microsecond, zone.clone())
        }
        DataType::List(field) => DataType::List(within(field)?),
        DataType::LargeList(field) => DataType::LargeList(within(field)?),
        DataType::FixedSizeList(field, size) => DataType::FixedSizeList(within(field)?, *size),
        DataType::Struct(fields) => {
            if fields.iter().all(|field| within(field).is_none()) {
                return None;
            }
            let fields = fields.iter().map(|field| within(field).unwrap_or_else(|| Arc::clone(field)));
            DataType::Struct(fields.collect::<Fields>())
        }
        _ => return None,
    })
}

fn settled(node: LogicalPlan) -> Result<LogicalPlan> {
    match node {
        LogicalPlan::TableScan(_) if has_nanoseconds(node.schema()) => converted(node),
        LogicalPlan::Values(Values { schema, values }) if has_nanoseconds(&schema) => {
            let none = DFSchema::empty();
            let row = |row: Vec<Expr>| row.into_iter().map(|value| of_expression(value, &none)).collect();
            let values = values.into_iter().map(row).collect::<Result<_>>()?;
            Ok(LogicalPlan::Values(Values { schema: Arc::new(restated(&schema)?), values }))
        }
        LogicalPlan::Union(Union { inputs, schema }) if has_nanoseconds(&schema) => {
            Ok(LogicalPlan::Union(Union { inputs, schema: Arc::new(restated(&schema)?) }))
        }
        node => {
            let schema = merge_schema(&node.inputs());
            let names = NamePreserver::new(&node);
            let node = node.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(Transformed::yes(name.restore(of_expression(expr, &schema)?)))
            })?;
            node.data.recompute_schema()
        }
    }
}

/// The same names, in microseconds.
fn restated(schema: &DFSchema) -> Result<DFSchema> {
    let fields = schema.iter().map(|(table, field)| {
        let restated = in_microseconds(field.data_type());
        let field =
            restated.map_or_else(|| Arc::clone(field), |of| Arc::new(Field::clone(field).with_data_type(of)));
        (table.cloned(), field)
    });
    DFSchema::new_with_metadata(fields.collect(), schema.metadata().clone())?
        .with_functional_dependencies(schema.functional_dependencies().clone())
}

/// Rows that come in nanoseconds, and behind them the same in microseconds.
fn converted(rows: LogicalPlan) -> Result<LogicalPlan> {
    let columns = rows.schema().iter().map(|(table, field)| {
        let column = Expr::Column(Column::new(table.cloned(), field.name()));
        match in_microseconds(field.data_type()) {
            Some(to) => cast(column, to).alias_qualified(table.cloned(), field.name()),
            None => column,
        }
    });
    Ok(LogicalPlan::Projection(Projection::try_new(columns.collect(), Arc::new(rows))?))
}

fn cast(expr: Expr, to: DataType) -> Expr {
    Expr::Cast(Cast::new(Box::new(expr), to))
}

fn of_expression(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    expr.transform_up(|part| of_part(part, schema)).data()
}

/// An expression whose parts are counted in microseconds.
fn of_part(part: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    Ok(match part {
        Expr::Cast(Cast { expr, field }) => match in_microseconds(field.data_type()) {
            Some(to) => Transformed::yes(cast(seconds(*expr, &to, schema)?, to)),
            None => Transformed::no(Expr::Cast(Cast { expr, field })),
        },
        Expr::TryCast(TryCast { expr, field }) => match in_microseconds(field.data_type()) {
            Some(to) => Transformed::yes(Expr::TryCast(TryCast::new(expr, to))),
            None => Transformed::no(Expr::TryCast(TryCast { expr, field })),
        },
        Expr::Literal(value, noted) => match in_microseconds(&value.data_type()) {
            Some(to) => Transformed::yes(cast(Expr::Literal(value, noted), to)),
            None => Transformed::no(Expr::Literal(value, noted)),
        },
        Expr::OuterReferenceColumn(field, column) => match in_microseconds(field.data_type()) {
            Some(to) => {
                let field = Arc::new(Field::clone(&field).with_data_type(to));
                Transformed::yes(Expr::OuterReferenceColumn(field, column))
            }
            None => Transformed::no(Expr::OuterReferenceColumn(field, column)),
        },
        Expr::ScalarFunction(call) => of_call(call, schema)?,
        Expr::BinaryExpr(binary) => of_operator(binary, schema)?,
        other => Transformed::no(other),
    })
}

/// A whole number that becomes an instant is one of seconds since 1970, of whatever width it is.
fn seconds(expr: Expr, to: &DataType, schema: &DFSchema) -> Result<Expr> {
    match to {
        DataType::Timestamp(_, zone) if expr.get_type(schema)?.is_integer() => {
            let wide = cast(expr, DataType::Int64);
            Ok(cast(wide, DataType::Timestamp(TimeUnit::Second, zone.clone())))
        }
        _ => Ok(expr),
    }
}

/// A call that takes what it is given now, and gives microseconds.
fn of_call(mut call: ScalarFunction, schema: &DFSchema) -> Result<Transformed<Expr>> {
    if let ("date_bin", [_, of, ..]) = (call.func.name(), call.args.as_mut_slice())
        && !matches!(&*of, Expr::ScalarFunction(call) if call.func.name() == WITHIN_NANOSECONDS)
    {
        *of = within_nanoseconds().call(vec![of.clone()]);
    }
    let expr = Expr::ScalarFunction(call.clone());
    if let ("to_timestamp", [of, ..]) = (call.func.name(), call.args.as_slice()) {
        let (given, to) = (of.get_type(schema)?, DataType::Timestamp(TimeUnit::Microsecond, None));
        if is_text(&given) && call.args.len() == 1 {
            return Ok(Transformed::yes(cast(of.clone(), to)));
        }
        if is_text(&given) {
            return Ok(Transformed::yes(to_timestamp_micros(&ConfigOptions::default()).call(call.args)));
        }
        if given.is_integer() || matches!(given, DataType::Timestamp(..)) {
            return Ok(Transformed::yes(cast(seconds(of.clone(), &to, schema)?, to)));
        }
    }
    let fields = call.args.iter().map(|arg| arg.to_field(schema).map(|(_, field)| field));
    let fields = fields.collect::<Result<Vec<_>>>()?;
    let wanted = fields_with_udf(&fields, call.func.as_ref())?;
    let is_wanted = |(given, wanted): (&FieldRef, &FieldRef)| given.data_type() == wanted.data_type();
    let expr = if fields.iter().zip(&wanted).all(is_wanted) {
        expr
    } else {
        // Some functions know nanoseconds alone.
        let args = call.args.into_iter().zip(&fields).zip(&wanted);
        let args = args.map(|((arg, given), wanted)| match is_wanted((given, wanted)) {
            true => arg,
            false => cast(arg, wanted.data_type().clone()),
        });
        Expr::ScalarFunction(ScalarFunction::new_udf(call.func, args.collect()))
    };
    Ok(match in_microseconds(&expr.get_type(schema)?) {
        Some(to) => Transformed::yes(cast(expr, to)),
        None => Transformed::yes(expr),
    })
}

/// A day and a time of day make an instant of nanoseconds, by a duration in these.
fn of_operator(binary: BinaryExpr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let types = [binary.left.get_type(schema)?, binary.right.get_type(schema)?];
    let micros = DataType::Duration(TimeUnit::Microsecond);
    let BinaryExpr { left, op, right } = binary;
    let of = |left: Expr, right: Expr| Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)));
    Ok(match types {
        [DataType::Timestamp(TimeUnit::Microsecond, _), DataType::Duration(TimeUnit::Nanosecond)] => {
            Transformed::yes(of(*left, cast(*right, micros)))
        }
        [DataType::Duration(TimeUnit::Nanosecond), DataType::Timestamp(TimeUnit::Microsecond, _)] => {
            Transformed::yes(of(cast(*left, micros), *right))
        }
        _ => Transformed::no(of(*left, *right)),
    })
}
