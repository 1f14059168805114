//! From what a person wrote to the URL of a root, and back to what a person may see.

use std::path::{Component, Path, PathBuf};

use url::Url;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};

/// The schemes that can be opened, each with what it means.
const SCHEMES: [&str; 9] = ["file", "s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss"];

/// Schemes whose URL names the container where others have the user: `abfss://container@account.host/path`.
const CONTAINER_AS_USER: [&str; 5] = ["az", "azure", "adl", "abfs", "abfss"];

/// The URL of a root: of a URL the same, of a path the `file` URL of it, taken from `base` when relative.
pub(super) fn parse(text: &str, base: &Path) -> Result<Url> {
    if text.trim().is_empty() {
        return Err(wrong("the location is empty", "name a folder or a URL"));
    }
    match text.split_once("://") {
        Some((scheme, _)) => parse_url(text, &scheme.to_ascii_lowercase()),
        None => local(text, base),
    }
}

fn parse_url(text: &str, scheme: &str) -> Result<Url> {
    if !SCHEMES.contains(&scheme) {
        let message = format!("locations of the kind `{}://` are not known", scheme.escape_debug());
        let problem = Diagnostic::error("location", message).suggest(scheme, SCHEMES);
        let known = format!("known are a path, or a URL of {}", SCHEMES.join(", "));
        return Err(Error::Project(Diagnostics::from(problem.note(known))));
    }
    // The text is not repeated: it may hold credentials.
    let url = Url::parse(text).map_err(|source| {
        wrong(&format!("the {scheme} URL cannot be read: {source}"), "write it as scheme://bucket/folder")
    })?;
    let user = !url.username().is_empty() && !CONTAINER_AS_USER.contains(&scheme);
    if user || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            &format!("the location {} has credentials, a `?` or a `#` in it", shown(&url)),
            "give credentials in the environment (AWS_…, AZURE_…, GOOGLE_…), and write `?` as %3F, `#` as %23",
        ));
    }
    Ok(url)
}

/// The `file` URL of a path. `..` is taken off by name, so that the result cannot climb further than it says.
fn local(text: &str, base: &Path) -> Result<Url> {
    let joined = std::path::absolute(base.join(text))
        .map_err(|source| wrong(&format!("`{text}` is not a path: {source}"), "name a folder or a URL"))?;
    let mut path = PathBuf::new();
    for component in joined.components() {
        match component {
            Component::ParentDir => drop(path.pop()),
            other => path.push(other),
        }
    }
    if path.to_str().is_none() {
        let message = format!("the path {} is not UTF-8", path.display());
        return Err(wrong(&message, "move or rename the folder: object stores know only UTF-8 names"));
    }
    Url::from_file_path(&path)
        .map_err(|()| wrong(&format!("`{text}` is not a path of this machine"), "name a folder or a URL"))
}

/// A URL without user, password, query: what may be shown.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Refused by URLs without a host, which have nothing to hide either.
    let _ = url.set_password(None);
    if !CONTAINER_AS_USER.contains(&url.scheme()) {
        let _ = url.set_username("");
    }
    url.set_query(None);
    url.set_fragment(None);
    match url.to_file_path() {
        Ok(path) if url.scheme() == "file" => path.display().to_string(),
        _ => url.to_string(),
    }
}

/// The variables of the environment that configure a cloud.
pub(super) fn environment() -> impl Iterator<Item = (String, String)> {
    let variables = std::env::vars_os();
    let readable =
        variables.filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    readable.filter(|(key, _)| ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|cloud| key.starts_with(cloud)))
}

/// The location itself is wrong.
fn wrong(message: &str, help: &str) -> Error {
    Error::Project(Diagnostics::from(Diagnostic::error("location", message).help(help)))
}
