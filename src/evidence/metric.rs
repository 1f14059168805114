//! A metric as typed: a column, or an expression over one row.

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;

use super::published::{columns, unknown_column};
use crate::diagnostic::{closest, visible};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::identifier::identifier;
use crate::project::model::Model;
use crate::project::types::a_value_of;
use crate::read::columns::numbers;
use crate::semantic::{Entity, Expression};

/// What is measured.
pub(crate) struct Measured {
    /// As typed, for people.
    pub(crate) shown: String,
    /// SQL over one row.
    pub(crate) sql: String,
    /// Names in it; those of functions too.
    names: Vec<String>,
}

/// A column by its very name, or an expression as a component's `value` would have it.
pub(crate) fn metric(model: &Model, text: &str) -> Result<Measured> {
    let (name, shown) = (text.trim(), visible(text.trim()));
    if columns(model).contains(&name) {
        return Ok(Measured { shown, sql: identifier(name), names: Vec::new() });
    }
    let expression = Expression::typed(name).map_err(|problem| {
        let help = problem.help.map_or_else(String::new, |help| format!("; {help}"));
        Error::Usage(format!("`{shown}`: {}{}", visible(&problem.message), visible(&help)))
    })?;
    let sql = expression.sql();
    let parts: Vec<&str> = expression.names().iter().map(|(at, _)| &sql[at.clone()]).collect();
    let names: Vec<String> = parts.iter().map(|part| unquoted(part)).collect();
    match (parts.as_slice(), names.as_slice()) {
        ([part], [only]) if *part == sql && !columns(model).contains(&only.as_str()) => {
            Err(unknown_column(model, only))
        }
        _ => Ok(Measured { shown, sql: format!("({sql})"), names }),
    }
}

/// A name as the table has it.
fn unquoted(part: &str) -> String {
    let inner = part.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.map_or_else(|| part.to_owned(), |inner| inner.replace("\"\"", "\""))
}

impl Measured {
    /// What the planner says against a question that only the metric can be at fault for.
    pub(crate) fn blamed(&self, error: Error, model: &Model) -> Error {
        let Error::Project(found) = &error else { return error };
        // What has a place is a fault of the question; a table that is not published has none.
        let Some(problem) = found.iter().find(|problem| problem.location.is_some()) else { return error };
        let known = columns(model);
        let wrong = self.names.iter().filter(|name| !known.contains(&name.as_str()));
        let meant = wrong.filter(|name| problem.message.contains(name.as_str()));
        let meant = meant.filter_map(|name| closest(name, known.iter().copied())).next();
        let hint = meant.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        Error::Usage(format!("`{}`: {}{hint}", self.shown, visible(&problem.message)))
    }

    /// The column `value` of what was answered, which must be of numbers or truth values.
    pub(crate) fn values(&self, batch: &RecordBatch) -> Result<Vec<Option<f64>>> {
        let schema = batch.schema();
        let form = schema.field_with_name("value").map_or(&DataType::Null, |field| field.data_type());
        if form.is_numeric() || matches!(form, DataType::Boolean | DataType::Null) {
            return numbers(batch, "value");
        }
        Err(Error::Usage(format!("`{}` is {}; bins are for numbers", self.shown, a_value_of(form))))
    }
}

/// Functions that give another value each time.
const BY_CHANCE: [&str; 7] =
    ["random", "uuid", "now", "current_date", "current_time", "current_timestamp", "today"];

/// A condition on a row of `metrics.accounts` as typed, as SQL.
///
/// # Errors
/// [`Error::Usage`] for what is no expression, or names no column of the table.
pub fn condition(pipeline: &Pipeline, text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let table = Entity::Account.table();
    let model = pipeline.models.iter().find(|model| model.name.to_string() == table);
    let model = model.ok_or_else(|| Error::Usage(format!("the project has no {table}")))?;
    let measured = metric(model, text)?;
    let known = columns(model);
    let lower = measured.sql.to_lowercase();
    let is_called = |name: &str| {
        let name = name.to_lowercase();
        let mut after = lower.match_indices(&name).map(|(at, _)| lower[at + name.len()..].trim_start());
        after.any(|rest| rest.starts_with('('))
    };
    if let Some(name) = measured.names.iter().find(|name| BY_CHANCE.contains(&name.to_lowercase().as_str())) {
        return Err(Error::Usage(format!(
            "--where: `{}` is another one each time: it is refused",
            visible(name)
        )));
    }
    match measured.names.iter().find(|name| !known.contains(&name.as_str()) && !is_called(name)) {
        Some(name) => Err(unknown_column(model, name)),
        None => Ok(Some(measured.sql)),
    }
}
