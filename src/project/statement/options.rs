//! Options of a source: where they are written, and the values that they can have.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Location, SourceFile};
use crate::project::contract::Contract;

/// Where an option is written.
pub(crate) fn place_of(file: &Arc<SourceFile>, option: &str) -> Location {
    let options = file.text.rfind("OPTIONS").unwrap_or_default();
    let is_whole = |at: &usize| {
        let behind = file.text[at + option.len()..].chars().next();
        behind.is_some_and(|c| c == '\'' || c.is_whitespace())
    };
    let places = file.text[options..].match_indices(option).map(|(at, _)| options + at);
    let place = places.into_iter().find(is_whole);
    place.map_or_else(|| Location::whole(file), |at| Location::word_at(file, at))
}

/// A text that names a declared column.
pub(super) fn column(contract: &Contract, key: &str, name: String) -> Result<String, Diagnostic> {
    if contract.column(&name).is_some() {
        return Ok(name);
    }
    let message = format!("`{key}` names no declared column: `{name}`");
    let known = contract.columns.iter().map(|column| column.name.as_str());
    Err(Diagnostic::error("unknown-column", message).suggest(&name, known))
}

/// `3 days`.
pub(super) fn days(key: &str, text: &str) -> Result<u32, Diagnostic> {
    let number = text.strip_suffix("days").or_else(|| text.strip_suffix("day"));
    number.and_then(|number| number.trim().parse().ok()).ok_or_else(|| {
        let message = format!("`{key}` is a number of days, such as '3 days', not '{text}'");
        Diagnostic::error("option-value", message)
    })
}

/// `20 %`. All of it is no share that something stays below.
pub(super) fn share(key: &str, text: &str) -> Result<u32, Diagnostic> {
    let number = text.strip_suffix('%').and_then(|number| number.trim().parse().ok());
    number.filter(|share| *share < 100).ok_or_else(|| {
        let message = format!("`{key}` is a share below 100 %, such as '20 %', not '{text}'");
        Diagnostic::error("option-value", message)
    })
}

/// `true` or `false`.
pub(super) fn truth(key: &str, text: &str) -> Result<bool, Diagnostic> {
    match text.to_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => {
            let message = format!("`{key}` is 'true' or 'false', not '{text}'");
            Err(Diagnostic::error("option-value", message))
        }
    }
}
