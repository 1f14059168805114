//! `reported(source, day)`: a call that a session writes as a comparison, once it knows as of which days sources are reported.

use arrow::datatypes::{DataType, Date32Type};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    lit,
};
use datafusion::scalar::ScalarValue;

use crate::project::reported::{NAME, Reports};
use crate::project::types::{is_text, sql_name};

/// `reported('tickets', DATE) → BOOLEAN`. It stands in plans that nothing is computed with; see
/// [`crate::project::reported`] for what it means.
pub fn reported() -> ScalarUDF {
    ScalarUDF::new_from_impl(Reported { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Reported {
    signature: Signature,
}

impl ScalarUDFImpl for Reported {
    fn name(&self) -> &'static str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [source, DataType::Date32 | DataType::Null] if is_text(source) => {
                Ok(vec![source.clone(), DataType::Date32])
            }
            _ => {
                let given: Vec<String> = types.iter().map(sql_name).collect();
                plan_err!("reported takes the name of a source and a DATE, not ({})", given.join(", "))
            }
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("nothing was asked of the sources, which alone can tell what is reported")
    }
}

/// A plan with every call that asks of one of these sources as a comparison of its day with two days.
///
/// # Errors
/// When a comparison does not plan, which would be a bug.
pub(crate) fn written(plan: LogicalPlan, reports: &Reports) -> Result<LogicalPlan> {
    if reports.is_empty() {
        return Ok(plan);
    }
    let written = plan.transform_up_with_subqueries(|node| {
        let names = NamePreserver::new(&node);
        node.map_expressions(|expression| {
            let name = names.save(&expression);
            let written = expression.transform_up(|part| comparison(part, reports))?;
            Ok(written.update_data(|expression| name.restore(expression)))
        })
    });
    written.data()
}

/// The comparison that a call stands for.
fn comparison(expression: Expr, reports: &Reports) -> Result<Transformed<Expr>> {
    let Some((reported, day)) = call(&expression).and_then(|(name, day)| Some((reports.get(&name)?, day)))
    else {
        return Ok(Transformed::no(expression));
    };
    let (since, until) = reported.ends();
    let date = |day| lit(ScalarValue::Date32(Some(Date32Type::from_naive_date(day))));
    Ok(Transformed::yes(day.clone().gt_eq(date(since)).and(day.clone().lt_eq(date(until)))))
}

/// The source and the day of which an expression asks, where it is a call.
pub(crate) fn call(expression: &Expr) -> Option<(String, &Expr)> {
    let Expr::ScalarFunction(call) = expression else { return None };
    let [Expr::Literal(source, _), day] = call.args.as_slice() else { return None };
    let is_ours = call.func.name() == NAME;
    source.try_as_str().flatten().filter(|_| is_ours).map(|source| (source.to_owned(), day))
}
