//! Strict YAML: a text into a typed document, and every refusal with its place.
//!
//! All YAML of a project is read here: settings, components, scores and unit tests of models have one set of codes.

mod alignment;

pub(crate) use alignment::alignment;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, Range};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_saphyr::{Error, Spanned, UserMessageFormatter};

use crate::diagnostic::{Diagnostic, Location, SourceFile};

/// A mapping from names to `T`, in the order of the file, each name with its place.
#[derive(Debug)]
pub(crate) struct Entries<T>(pub(crate) Vec<(Placed<String>, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Entries<T> {
    /// What stands under a name.
    pub(crate) fn get(&self, name: &str) -> Option<&(Placed<String>, T)> {
        self.0.iter().find(|(written, _)| written.value == name)
    }
}

// By hand: serde's maps lose the order.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping from names")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Entries::visit(map)
            }
        }

        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Entries<T> {
    /// The entries of a mapping that another visitor met.
    pub(crate) fn visit<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key()? {
            entries.push((name, map.next_value()?));
        }
        Ok(Self(entries))
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Entries_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let each = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "minProperties": 1, "additionalProperties": each })
    }
}

/// A value and where it stands.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Placed<T>(Spanned<T>);

impl<T> Deref for Placed<T> {
    type Target = Spanned<T>;

    fn deref(&self) -> &Spanned<T> {
        &self.0
    }
}

// What a text says does not depend on where.
impl<T: JsonSchema> JsonSchema for Placed<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The document in a file.
///
/// # Errors
///
/// The first thing in it that is not YAML, or not of the document's form.
pub(crate) fn read<T: DeserializeOwned>(file: &Arc<SourceFile>) -> Result<T, Diagnostic> {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    serde_saphyr::from_str_with_options(&file.text, options).map_err(|error| refusal(file, &error))
}

/// Where a value stands; for an alias, where its anchor stands.
pub(crate) fn place<T>(file: &Arc<SourceFile>, value: &Placed<T>) -> Location {
    Location::new(file, bytes(file, &value.defined))
}

fn bytes(file: &SourceFile, at: &serde_saphyr::Location) -> Range<usize> {
    let span = at.span();
    match (span.byte_offset(), span.byte_len()) {
        (Some(start), Some(length)) => clip(file, start, start.saturating_add(length)),
        _ => {
            let line = usize::try_from(at.line()).unwrap_or(usize::MAX);
            let start = file.offset(line, usize::try_from(at.column()).unwrap_or(usize::MAX));
            start..start
        }
    }
}

/// A range of the text, cut back to characters that exist, without the white space that ends it.
fn clip(file: &SourceFile, start: u64, end: u64) -> Range<usize> {
    let whole = file.text.len();
    let inside = |at: u64| file.text.floor_char_boundary(usize::try_from(at).unwrap_or(whole).min(whole));
    let (start, end) = (inside(start), inside(end));
    start..start + file.text[start..end].trim_end().len()
}

fn refusal(file: &Arc<SourceFile>, error: &Error) -> Diagnostic {
    let error = error.without_snippet();
    let place =
        error.location().map_or_else(|| Location::whole(file), |at| Location::new(file, bytes(file, &at)));
    let diagnostic = match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            Diagnostic::error("unknown-key", format!("unknown key `{field}`"))
                .note(format!("known here: {}", listed(expected)))
                .suggest(field, expected.iter().copied())
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            Diagnostic::error("unsupported-value", format!("`{variant}` is not supported here"))
                .note(format!("supported: {}", listed(expected)))
                .suggest(variant, expected.iter().copied())
        }
        Error::SerdeMissingField { field, .. } => {
            Diagnostic::error("missing-key", format!("the key `{field}` is missing"))
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            Diagnostic::error("duplicate-key", format!("`{key}` is declared twice"))
        }
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            Diagnostic::error("yaml", format!("expected {expected}"))
        }
        other => Diagnostic::error("yaml", words(other)),
    };
    diagnostic.at(place)
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The reader's own message in plain words, without the place that it repeats.
fn words(error: &Error) -> String {
    let message = error.render_with_formatter(&UserMessageFormatter);
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    match message {
        "expected mapping start" | "expected mapping" => "expected a mapping".to_owned(),
        "expected sequence start" => "expected a list".to_owned(),
        "expected string scalar" => "expected a text".to_owned(),
        "invalid floating point" => "expected a number".to_owned(),
        other => other.to_owned(),
    }
}
