//! From what the files say to what they mean: every check that needs no data, every problem with its place.

mod advice;
mod component;
mod draft;
mod edges;
mod policy;
mod roll_up;
mod rule;
mod score;
mod scorecards;
mod tree;
mod zero;

pub(super) use component::is_text;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compile::MAIN;
use super::definition::{Component, Range, Score};
use super::document::{ComponentsDocument, ScoreDocument};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::yaml::{self, Placed};

/// The components that were declared, with a place for those whose declaration is wrong.
#[derive(Default)]
pub(super) struct Catalogue {
    components: Vec<Arc<Component>>,
    names: BTreeMap<String, Location>,
    /// Whether a file could not be read, so that a name may be unknown for that reason only.
    unread: bool,
}

impl Catalogue {
    /// The sound components, in the order of their declaration.
    pub(super) fn into_components(self) -> Vec<Arc<Component>> {
        self.components
    }

    fn sound(&self, name: &str) -> Option<&Arc<Component>> {
        self.components.iter().find(|component| component.name == name)
    }

    /// Notes a name; one that is taken already is a problem.
    fn declare(&mut self, name: &str, location: &Location) -> Result<(), Diagnostic> {
        if let Some(first) = self.names.get(name) {
            let (line, _) = first.file.line_column(first.span.start);
            return Err(Diagnostic::error(
                "duplicate-name",
                format!("the component `{name}` is declared twice"),
            )
            .at(location.clone())
            .note(format!("first declared in {}, line {line}", first.file.path)));
        }
        self.names.insert(name.to_owned(), location.clone());
        Ok(())
    }
}

/// All components of all files.
pub(super) fn components(files: &[Arc<SourceFile>], problems: &mut Diagnostics) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for file in files {
        let Some(document) = problems.keep(yaml::read::<ComponentsDocument>(file)) else {
            catalogue.unread = true;
            continue;
        };
        if document.0.is_empty() {
            problems.push(
                Diagnostic::error("no-component", "the file declares no component")
                    .at(Location::whole(file))
                    .help("declare one as `name: {title: …, value: …, bins: […]}`, or remove the file"),
            );
        }
        for (name, document) in &document.0 {
            let place = yaml::place(file, name);
            problems.extend(check_name("component", &name.value, &place).err());
            problems
                .extend(reserved("component", &name.value, &COMPONENT_WORDS).map(|p| p.at(place.clone())));
            if problems.keep(catalogue.declare(&name.value, &place)).is_some() {
                let component = component::resolve(file, name, document, problems);
                catalogue.components.extend(component.map(Arc::new));
            }
        }
    }
    catalogue
}

/// All scores, one from each file.
pub(super) fn scores(
    files: &[Arc<SourceFile>],
    catalogue: &Catalogue,
    problems: &mut Diagnostics,
) -> Vec<Score> {
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    let mut scores = Vec::new();
    for file in files {
        let name = stem(&file.path);
        problems.extend(check_name("score", name, &Location::whole(file)).err());
        problems.extend(reserved("score", name, &[MAIN]).map(|problem| problem.at(Location::whole(file))));
        if let Some(first) = names.insert(name.to_owned(), &file.path) {
            problems.push(
                Diagnostic::error("duplicate-name", format!("the score `{name}` is declared twice"))
                    .at(Location::whole(file))
                    .note(format!("first declared in {first}")),
            );
        }
        if let Some(document) = problems.keep(yaml::read::<ScoreDocument>(file)) {
            scores.extend(score::resolve((file, name), &document, catalogue, problems));
        }
    }
    roll_up::link(&mut scores, problems);
    draft::link(&scores, problems);
    scores
}

/// The name of a file without its folders and ending.
fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Names are published values and parts of column names: lower-case letters, digits and underscores.
fn check_name(kind: &str, name: &str, place: &Location) -> Result<(), Diagnostic> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.len() <= 60 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(letters) {
        return Ok(());
    }
    Err(Diagnostic::error("bad-name", format!("`{}` cannot name a {kind}", name.escape_debug()))
        .at(place.clone())
        .note("a name is a lower-case letter followed by lower-case letters, digits and underscores, at most 60"))
}

/// What no component can be called: `base` is a row of its own beside the components, the others are columns.
const COMPONENT_WORDS: [&str; 3] = ["base", "group", "score"];

/// The complaint about a name that hale has a use for.
fn reserved(kind: &str, name: &str, words: &[&str]) -> Option<Diagnostic> {
    words.contains(&name).then(|| {
        Diagnostic::error("reserved-name", format!("`{name}` cannot name a {kind}: it means something else"))
            .help(format!("call it something more telling than `{name}`"))
    })
}

/// A number that is neither infinite nor NaN.
fn number(file: &Arc<SourceFile>, number: &Placed<f64>) -> Result<f64, Diagnostic> {
    finite(number.value, &yaml::place(file, number))
}

/// The number, without a negative zero: it has another text, and so another hash, without another meaning.
fn finite(number: f64, place: &Location) -> Result<f64, Diagnostic> {
    if !number.is_finite() {
        return Err(Diagnostic::error("bad-number", "a finite number is needed here").at(place.clone()));
    }
    if number == 0.0 || (1e-100..=1e100).contains(&number.abs()) {
        return Ok(number + 0.0);
    }
    // Products and quotients of two such numbers are finite and not 0.
    let message = format!("{number:e} is out of what can be reckoned with");
    Err(Diagnostic::error("bad-number", message).at(place.clone()).help("0, or from 1e-100 to 1e100"))
}

/// Two ends, the lower first.
fn interval(
    file: &Arc<SourceFile>,
    ends: &Placed<[Placed<f64>; 2]>,
    problems: &mut Diagnostics,
) -> Option<Range> {
    let [low, high] = &ends.value;
    let (low, high) = (problems.keep(number(file, low)), problems.keep(number(file, high)));
    let range = Range { low: low?, high: high? };
    if range.low < range.high {
        return Some(range);
    }
    let message =
        format!("a range goes from less to more, and this goes from {} to {}", range.low, range.high);
    problems.push(Diagnostic::error("empty-range", message).at(yaml::place(file, ends)));
    None
}

/// A text that people can read on one line.
fn visible(file: &Arc<SourceFile>, text: &Placed<String>) -> Result<String, Diagnostic> {
    let trimmed = text.value.trim();
    if !trimmed.is_empty() && !trimmed.chars().any(char::is_control) {
        return Ok(trimmed.to_owned());
    }
    Err(Diagnostic::error("bad-text", "one line of text is needed here").at(yaml::place(file, text)))
}
