//! What went wrong, as data; and the only place that draws it.
//!
//! A [`Diagnostic`] says what, where, why and what to do. A pass collects all of its diagnostics in
//! [`Diagnostics`] before it gives up, so that one run of a command shows everything there is to mend.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A text that diagnostics point into: a file of the project, or SQL compiled from its YAML.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as shown to people, relative to the project.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// A source with the given path and text.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into() })
    }

    /// Line and column (both from 1, columns in characters) of a byte offset.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset.min(self.text.len()))];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// Byte offset of a line and column (both from 1, columns in characters); the end of the text when past it.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let mut start = 0;
        for (number, text) in self.text.split_inclusive('\n').enumerate() {
            if number + 1 == line {
                let within =
                    text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
                return start + within;
            }
            start += text.len();
        }
        self.text.len()
    }
}

/// A place in a source: bytes `span` of `file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The text pointed into.
    pub file: Arc<SourceFile>,
    /// Bytes of it; an empty span is a point.
    pub span: Range<usize>,
}

impl Location {
    /// The place `span` of `file`.
    pub fn new(file: &Arc<SourceFile>, span: Range<usize>) -> Self {
        Self { file: Arc::clone(file), span }
    }

    /// The first word at a byte offset, so that something visible is underlined.
    pub fn word_at(file: &Arc<SourceFile>, offset: usize) -> Self {
        let start = file.text.floor_char_boundary(offset.min(file.text.len()));
        let word = file.text[start..].find(|c: char| !(c.is_alphanumeric() || c == '_'));
        let end = word.map_or(file.text.len(), |length| start + length);
        Self::new(file, start..end.max(start))
    }

    /// The whole file, without a place in it.
    pub fn whole(file: &Arc<SourceFile>) -> Self {
        Self::new(file, 0..0)
    }
}

/// A piece of compiled SQL and the YAML that it was taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Bytes of the compiled text.
    pub sql: Range<usize>,
    /// Where the same stands in the YAML.
    pub yaml: Location,
}

impl Origin {
    /// Where the byte of a compiled text was taken from, as narrowly as is known; `None` where hale wrote it itself.
    pub fn of(origins: &[Self], byte: usize) -> Option<&Location> {
        let around = origins.iter().filter(|origin| origin.sql.contains(&byte));
        around.min_by_key(|origin| origin.sql.len()).map(|origin| &origin.yaml)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the command goes on.
    Warning,
    /// The command stops.
    Error,
}

/// One problem: what, where, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable kebab-case name of the rule, such as `unknown-column`.
    pub code: &'static str,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// Where.
    pub location: Option<Location>,
    /// What stands at the location, in a few words.
    pub label: String,
    /// Why, or what else was seen.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error under a rule's name.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            location: None,
            label: String::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// A warning under a rule's name.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// The same as something that is worth knowing, after which the command goes on.
    #[must_use]
    pub fn into_warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// What stands there.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Why, or what else was seen.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// "What to do" from a list of known names: the one that was probably meant.
    #[must_use]
    pub fn suggest<'a>(self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match closest(wrong, known) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    fn draw(&self, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(self.message.as_str()).id(self.code);
        let mut group = Group::with_title(title);
        if let Some(Location { file, span }) = &self.location {
            let label = (!self.label.is_empty()).then_some(self.label.as_str());
            let snippet = Snippet::source(file.text.as_str()).path(file.path.as_str());
            let annotation = AnnotationKind::Primary.span(span.clone()).label(label);
            group = group.element(snippet.annotation(annotation));
        }
        for note in &self.notes {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }

    /// The same as one JSON object: `severity, code, message, file, line, column, notes, help`.
    pub fn to_json(&self) -> serde_json::Value {
        let place =
            self.location.as_ref().map(|at| (at.file.path.clone(), at.file.line_column(at.span.start)));
        serde_json::json!({
            "severity": match self.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "code": self.code,
            "message": self.message,
            "file": place.as_ref().map(|(file, _)| file),
            "line": place.as_ref().map(|(_, (line, _))| line),
            "column": place.as_ref().map(|(_, (_, column))| column),
            "notes": self.notes,
            "help": self.help,
        })
    }
}

/// All the problems of one pass, in the order in which they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// All of another pass.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(other);
    }

    /// The value of a step, or `None` with its problems kept.
    pub fn keep<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|diagnostic| self.push(diagnostic)).ok()
    }

    /// Whether anything is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each once: what several models say of one place is one problem.
    #[must_use]
    pub fn distinct(self) -> Self {
        let mut kept = Self::new();
        for problem in self.0 {
            let same = |known: &Diagnostic| {
                (known.code, &known.message, &known.location)
                    == (problem.code, &problem.message, &problem.location)
            };
            if !kept.iter().any(same) {
                kept.push(problem);
            }
        }
        kept
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Drawn for people, with source excerpts; coloured when asked to.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let drawn: Vec<String> = self.0.iter().map(|diagnostic| diagnostic.draw(&renderer)).collect();
        drawn.join("\n\n")
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self(diagnostics.into_iter().collect())
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// The known name nearest to a wrong one, if any is near enough to be a slip of the keyboard.
pub fn closest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// A text of strangers that moves no cursor: control characters are written out.
pub(crate) fn visible(text: &str) -> String {
    let mut plain = String::new();
    for character in text.chars() {
        if character.is_control() { plain.extend(character.escape_default()) } else { plain.push(character) }
    }
    plain
}
