//! Expressions that differ only in a cast.
//!
//! DataFusion names an expression without its casts: `sum(n)` and `sum(CAST(n AS DOUBLE))` are two columns of one name, and
//! refused, whatever AS calls them further up. A query that is refused for that is planned once more, each cast within a
//! call of a function that names it; in the plan the call is a name.

use std::ops::ControlFlow;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{DataFusionError, Result, SchemaError, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    CastKind, Expr as Written, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, Value, visit_expressions, visit_expressions_mut,
};

/// The function that names a cast.
const NAMED: &str = "__named_cast";

/// Whether a query was refused because two of its expressions have one name.
pub(super) fn is_of_one_name(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::SchemaError(error, _) => {
            matches!(
                **error,
                SchemaError::DuplicateUnqualifiedField { .. } | SchemaError::AmbiguousReference { .. }
            )
        }
        DataFusionError::Plan(message) => message.contains("require unique expression names"),
        _ => false,
    }
}

/// The statement with its casts of columns named; `None` where it has none.
pub(super) fn with_names(mut statement: Statement) -> Option<Statement> {
    let mut found = false;
    let query = match &mut statement {
        Statement::Statement(query) => query.as_mut(),
        Statement::Explain(explain) => match explain.statement.as_mut() {
            Statement::Statement(query) => query.as_mut(),
            _ => return None,
        },
        _ => return None,
    };
    // Children come before what they are part of.
    let visited = visit_expressions_mut(query, |written| {
        if let Some(label) = label(written).filter(|_| has_column(written)) {
            let cast = std::mem::replace(written, Written::value(Value::Null));
            *written = named(cast, label);
            found = true;
        }
        ControlFlow::<()>::Continue(())
    });
    debug_assert!(visited.is_continue());
    found.then_some(statement)
}

/// What a cast makes of a value, in words.
fn label(written: &Written) -> Option<String> {
    match written {
        Written::Cast { kind: CastKind::TryCast | CastKind::SafeCast, data_type, .. } => {
            Some(format!("TRY_CAST({{}} AS {data_type})"))
        }
        Written::Cast { data_type, .. } => Some(format!("CAST({{}} AS {data_type})")),
        Written::AtTimeZone { time_zone, .. } => Some(format!("{{}} AT TIME ZONE {time_zone}")),
        _ => None,
    }
}

fn has_column(written: &Written) -> bool {
    let found = visit_expressions(written, |part| match part {
        Written::Identifier(_) | Written::CompoundIdentifier(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

fn named(cast: Written, label: String) -> Written {
    let label = Written::value(Value::SingleQuotedString(label));
    let args = [cast, label].map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)));
    Written::Function(Function {
        name: ObjectName::from(vec![Ident::new(NAMED)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// The plan of a statement with names, in which each call is the name of its cast.
pub(super) fn in_plan(plan: LogicalPlan) -> Result<LogicalPlan> {
    let plan = plan.transform_up_with_subqueries(|node| {
        node.map_expressions(|expr| {
            expr.transform_up(|part| {
                let name = part.schema_name().to_string();
                Ok(match part {
                    Expr::ScalarFunction(mut call) if call.func.name() == NAMED && call.args.len() == 2 => {
                        Transformed::yes(call.args.swap_remove(0).alias(name))
                    }
                    other => Transformed::no(other),
                })
            })
        })
    });
    plan.data()
}

/// The function that names a cast: it gives its first argument, by the name that the second one says.
pub(super) fn function() -> ScalarUDF {
    ScalarUDF::new_from_impl(NamedCast { signature: Signature::any(2, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct NamedCast {
    signature: Signature,
}

impl ScalarUDFImpl for NamedCast {
    fn name(&self) -> &'static str {
        NAMED
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        match args {
            [cast, Expr::Literal(label, _)] => {
                let label = label.try_as_str().flatten().unwrap_or("{}");
                Ok(label.replace("{}", &cast.schema_name().to_string()))
            }
            _ => internal_err!("a cast and its name"),
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("the field of a cast is that of its value")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        match args.arg_fields {
            [field, _] => Ok(FieldRef::clone(field)),
            _ => internal_err!("a cast and its name"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.into_iter().next() {
            Some(value) => Ok(value),
            None => internal_err!("a cast and its name"),
        }
    }
}
