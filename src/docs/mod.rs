//! The project's documentation as a static site: nothing but files, readable from disk without a network.
//!
//! ```text
//!  Checked ──┬─► columns   which columns a column is made of ──┐
//!            ├─► picture   where each model stands, who reads whom ──┼─► pages ──► templates ──► Site (path → text)
//!            └─► explain::page   the definition of each score ──┘
//! ```
//!
//! Everything is said once, where it is made: descriptions are the comments of the SQL and YAML, contracts its DDL, the
//! lineage its plans. Texts of a project are other people's: templates escape them, and Markdown is written without HTML.

mod link;
mod pages;
mod picture;

use std::collections::BTreeMap;

use minijinja::{Environment, Value, context};
use serde::Serialize;

use crate::check::Checked;
use crate::error::{Error, Result};
use pages::Pages;

/// The files of a site, by their paths within it.
pub type Site = BTreeMap<String, String>;

/// The templates, by name; those of pages end in `.html`, so that what they print is escaped.
const TEMPLATES: [(&str, &str); 6] = [
    ("base.html", include_str!("templates/base.html")),
    ("index.html", include_str!("templates/index.html")),
    ("metrics.html", include_str!("templates/metrics.html")),
    ("model.html", include_str!("templates/model.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("score.html", include_str!("templates/score.html")),
];

/// The first line of the site's style sheet, and the sign that a folder holds a site of hale's.
pub const MARK: &str = "/* Written by `hale docs`: change the project, not this file. */\n";

/// The file that carries [`MARK`].
pub const STYLE: &str = "style.css";

/// Makes the site of a project.
///
/// # Errors
/// [`Error::Bug`] when a template cannot be filled.
pub fn site(checked: &Checked) -> Result<Site> {
    let failed = |error: minijinja::Error| Error::Bug(format!("documentation: {error:#}"));
    let mut templates = Environment::new();
    templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    for (name, text) in TEMPLATES {
        templates.add_template(name, text).map_err(failed)?;
    }
    let pages = Pages::of(checked);
    let project = Value::from_serialize(&pages.project);
    let fill = |name: &str, root: &str, page: Value| {
        templates.get_template(name)?.render(context! { project, root, page })
    };
    let mut site = Site::new();
    site.insert(STYLE.to_owned(), format!("{MARK}{}", include_str!("templates/style.css")));
    site.insert("index.html".to_owned(), fill("index.html", "", value(&pages.index)).map_err(failed)?);
    for dictionary in &pages.dictionaries {
        site.insert(dictionary.path.clone(), fill("metrics.html", "", value(dictionary)).map_err(failed)?);
    }
    for model in &pages.models {
        site.insert(model.path.clone(), fill("model.html", "../", value(model)).map_err(failed)?);
    }
    for score in &pages.scores {
        site.insert(score.path.clone(), fill("score.html", "../", value(score)).map_err(failed)?);
    }
    Ok(site)
}

/// What a template reads of a page.
fn value(page: impl Serialize) -> Value {
    Value::from_serialize(page)
}
