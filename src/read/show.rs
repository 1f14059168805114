//! One published table: a day of it, or all of it where it is stored whole; of one account when asked for.

use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use datafusion::common::Column;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{Expr, SortExpr, col, lit};
use datafusion::prelude::DataFrame;
use datafusion::scalar::ScalarValue;

use super::{published_day, unpublished};
use crate::diagnostic::{closest, visible};
use crate::engine::day_window::WindowOptions;
use crate::engine::sources::parquet_table;
use crate::engine::{Engine, Session, diagnose};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::layer::ModelName;
use crate::project::model::Model;
use crate::project::types::{a_value_of, is_text};
use crate::store::{Entry, State};

/// The column that says which account a row is about.
const ACCOUNT: &str = "account_id";

/// What to show.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// `metrics.accounts`, or a table's bare name where only one layer has it.
    pub table: String,
    /// The published day; the newest where not given.
    pub day: Option<NaiveDate>,
    /// Only the rows of this account.
    pub account: Option<String>,
    /// The most rows.
    pub limit: Option<usize>,
}

/// The rows wanted of a published table, in the order of its key.
///
/// # Errors
/// [`Error::Usage`] for a table, day or account that cannot be, [`Error::Project`] where nothing is published, and
/// what storage says.
pub async fn show(
    pipeline: &Pipeline,
    engine: &Engine,
    out: &State,
    wanted: &Wanted,
) -> Result<SendableRecordBatchStream> {
    let model = stored(pipeline, &wanted.table)?;
    let name = &model.name;
    let Some(schema) = &model.declared else {
        return Err(Error::Bug(format!("{name} is stored without columns")));
    };
    let only = wanted.account.as_deref().map(|account| of_account(model, schema, account)).transpose()?;
    let file = out.file(&entry(model, wanted.day, out).await?)?;
    let failed = |error| diagnose::of_run(&name.to_string(), &error);
    let session =
        Session::new(engine, &pipeline.settings, WindowOptions::default(), pipeline.settings.history_starts);
    let context = session.map_err(failed)?;
    let table = parquet_table(out.storage(), &[file], schema).map_err(failed)?;
    let frame = context.context().read_table(table).map_err(failed)?;
    let frame = arranged(frame, only, model, wanted.limit).map_err(failed)?;
    frame.execute_stream().await.map_err(failed)
}

fn arranged(
    frame: DataFrame,
    only: Option<Expr>,
    model: &Model,
    limit: Option<usize>,
) -> datafusion::error::Result<DataFrame> {
    let frame = only.map_or(Ok(frame.clone()), |only| frame.filter(only))?;
    let key = model.contract.primary_key.iter().map(|column| SortExpr::new(named(column), true, false));
    frame.sort(key.collect())?.limit(0, limit)
}

/// The stored model of a full or bare name.
fn stored<'a>(pipeline: &'a Pipeline, text: &str) -> Result<&'a Model> {
    let meant: Vec<&Model> = pipeline
        .models
        .iter()
        .filter(|model| model.name.to_string() == text || model.name.table == text)
        .collect();
    if let [model] = meant.iter().filter(|model| model.is_stored()).collect::<Vec<_>>()[..] {
        return Ok(model);
    }
    if let Some(model) = ModelName::parse(text).and_then(|name| pipeline.stored_behind(&name)) {
        return Ok(model);
    }
    if let [view] = meant[..] {
        let message = format!(
            "{} is not stored; ask for it with `hale query \"SELECT * FROM {}\"`",
            view.name, view.name
        );
        return Err(Error::Usage(message));
    }
    let names: Vec<String> = pipeline
        .models
        .iter()
        .filter(|model| model.is_stored())
        .map(|model| model.name.to_string())
        .collect();
    if !meant.is_empty() {
        let meant: Vec<String> = meant.iter().map(|model| model.name.to_string()).collect();
        return Err(Error::Usage(format!("`{text}` may be any of {}", meant.join(", "))));
    }
    let hint = match closest(text, names.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("stored are {}", names.join(", ")),
    };
    Err(Error::Usage(format!("there is no stored table `{text}`; {hint}")))
}

/// The rows of the day wanted, or of the whole table.
async fn entry(model: &Model, day: Option<NaiveDate>, out: &State) -> Result<Entry> {
    let name = &model.name;
    let day = match (model.by_day(), day) {
        (true, day) => Some(published_day(out, name, day).await?),
        (false, None) => None,
        (false, Some(_)) => {
            return Err(Error::Usage(format!("{name} is stored whole, not by day; leave --as-of out")));
        }
    };
    out.entry(name, day).await?.ok_or_else(|| unpublished(name, out))
}

/// The account as a value of its column's type: whatever was typed is compared, never read as SQL.
fn of_account(model: &Model, schema: &SchemaRef, account: &str) -> Result<Expr> {
    let Ok(field) = schema.field_with_name(ACCOUNT) else {
        return Err(Error::Usage(format!("{} has no column {ACCOUNT}; leave --account out", model.name)));
    };
    let value = match field.data_type() {
        text if is_text(text) => Ok(ScalarValue::from(account)),
        other => ScalarValue::try_from_string(account.to_owned(), other),
    };
    let value = value.ok().filter(|value| !value.is_null());
    let value = value.ok_or_else(|| {
        let of = a_value_of(field.data_type());
        Error::Usage(format!("--account {}: not a value of {ACCOUNT}, which is {of}", visible(account)))
    })?;
    Ok(named(ACCOUNT).eq(lit(value)))
}

/// A column by its exact name.
fn named(column: &str) -> Expr {
    col(Column::from_name(column))
}
