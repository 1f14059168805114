//! A model's inferred columns held against its declared ones.

use arrow::datatypes::{DataType, Field, Schema};

use super::quotients::quotient;
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::project::contract::Reference;
use crate::project::model::{AS_OF_DATE, Model};
use crate::project::types::{fits, sql_name};
use crate::table::stored_type;

/// Columns that the query gives but the contract does not declare, the reverse, and types that do not fit.
pub(super) fn compare(model: &Model, declared: &Schema, inferred: &Schema) -> Diagnostics {
    let mut found = Diagnostics::new();
    for field in declared.fields() {
        let at = model
            .contract
            .column(field.name())
            .map_or_else(|| Location::whole(&model.file), |column| column.location.clone());
        if stored_type(field.data_type()).is_none() {
            found.push(unstored(field).at(at));
            continue;
        }
        match inferred.field_with_name(field.name()) {
            Ok(given) if fits(given.data_type(), field.data_type()) => {}
            Ok(given) => found.push(wrong_type(model, field, given).at(at)),
            Err(_) => {
                let names = inferred.fields().iter().map(|field| field.name().as_str());
                let problem = Diagnostic::error(
                    "missing-column",
                    format!("the query gives no column `{}`", field.name()),
                );
                found.push(problem.at(at).suggest(field.name(), names));
            }
        }
    }
    for field in inferred.fields().iter().filter(|field| declared.field_with_name(field.name()).is_err()) {
        let problem = Diagnostic::error(
            "undeclared-column",
            format!("the query gives an undeclared column `{}`", field.name()),
        );
        found.push(
            problem
                .at(Location::whole(&model.file))
                .help("declare it with its type, or take it out of the query"),
        );
    }
    found
}

/// That no file of a table holds values of a column's type.
fn unstored(declared: &Field) -> Diagnostic {
    let (name, kind) = (declared.name(), sql_name(declared.data_type()));
    let help = match declared.data_type() {
        DataType::Decimal256(..) => "declare DECIMAL(38, …): a file holds up to 38 digits",
        DataType::Time32(_) | DataType::Time64(_) => "store it as VARCHAR, or as seconds since midnight",
        DataType::Interval(_) | DataType::Duration(_) => "store its length as a number, of days or seconds",
        _ => "store its fields or elements as columns, or rows, of their own",
    };
    let message = format!("`{name}` is declared {kind}, which no reader of stored tables is sure to know");
    Diagnostic::error("unstored-type", message).help(help)
}

fn wrong_type(model: &Model, declared: &Field, inferred: &Field) -> Diagnostic {
    let (name, wanted) = (declared.name(), sql_name(declared.data_type()));
    let message =
        format!("`{name}` is declared {wanted} but the query gives {}", sql_name(inferred.data_type()));
    let problem = Diagnostic::error("column-type", message);
    let is_whole = inferred.data_type().is_integer() && !declared.data_type().is_integer();
    match model.query().filter(|_| is_whole).and_then(|query| quotient(query, name)) {
        Some(division) => problem
            .note("a quotient of whole numbers is whole: 1 / 2 is 0")
            .help(format!("divide numbers with decimals: {division}")),
        None => problem.help(format!("declare what the query gives, or write CAST({name} AS {wanted})")),
    }
}

/// Names that appear twice in a query's output.
pub(super) fn duplicates(model: &Model, inferred: &Schema) -> Diagnostics {
    let mut seen = std::collections::BTreeSet::new();
    let twice = inferred.fields().iter().filter(|field| !seen.insert(field.name().clone()));
    twice
        .map(|field| {
            Diagnostic::error(
                "duplicate-column",
                format!("the query gives two columns named `{}`", field.name()),
            )
            .at(Location::whole(&model.file))
            .help("rename one with AS, or select only one of them")
        })
        .collect()
}

/// Keys of a table stored by day that do not name the day: how many days a run builds would decide whether they hold.
pub(super) fn unique_over_days(model: &Model) -> Diagnostics {
    let is_over_days = |key: &&Vec<String>| model.by_day() && !key.iter().any(|name| name == AS_OF_DATE);
    let problem = |key: &Vec<String>| {
        let message = format!("UNIQUE ({}) of a table stored by day does not name the day", key.join(", "));
        let place = model.file.text.to_lowercase().find("unique");
        let at = place.map_or_else(|| Location::whole(&model.file), |at| Location::word_at(&model.file, at));
        Diagnostic::error("unique", message)
            .at(at)
            .note("the same value may stand on every day; which days a run builds would decide")
            .help(format!("write UNIQUE ({}, {AS_OF_DATE})", key.join(", ")))
    };
    model.contract.unique.iter().filter(is_over_days).map(problem).collect()
}

/// What a foreign key lacks to be looked into: columns in both tables, as many here as there, of types that compare.
pub(super) fn reference(reference: &Reference, declared: &Schema, target: &Schema) -> Diagnostics {
    let (here, there) = (&reference.columns, &reference.target_columns);
    let problem = |code, message: String| Diagnostic::error(code, message).at(reference.location.clone());
    if here.len() != there.len() {
        let message = format!(
            "({}) refers to {} ({}): {} columns to {}",
            here.join(", "),
            reference.target,
            there.join(", "),
            here.len(),
            there.len()
        );
        return problem("reference", message).help("name as many columns there as here").into();
    }
    let compared = here.iter().zip(there).filter_map(|(here, there)| {
        let Ok(to) = target.field_with_name(there) else {
            let names = target.fields().iter().map(|field| field.name().as_str());
            let message = format!("{} has no column `{there}`", reference.target);
            return Some(problem("unknown-column", message).suggest(there, names));
        };
        let (from, to) = (declared.field_with_name(here).ok()?.data_type(), to.data_type());
        let message = format!(
            "`{here}` is {} but `{there}` of {} is {}",
            sql_name(from),
            reference.target,
            sql_name(to)
        );
        let compares = fits(from, to) || fits(to, from);
        (!compares).then(|| problem("column-type", message).help("cast the one to the type of the other"))
    });
    compared.collect()
}
