//! What is published of one day of a table, and the days of a month of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::key::Key;
use super::layout;

/// The rows of one day of a table, or of a table that is stored whole: an object that never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The object's name, which begins with the hash of its bytes.
    pub object: String,
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// The [`Key`] of what made it, as text; `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The object with what sources said of the days up to it when it was made ([`super::SourceDays`]); `None` where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<String>,
}

impl Entry {
    /// SHA-256 of its bytes.
    pub fn hash(&self) -> &str {
        layout::hash_of(&self.object)
    }

    /// What made it, where that is known.
    pub fn made_of(&self) -> Option<Key> {
        self.key.as_deref().and_then(Key::parse)
    }

    /// Where it lies, below the output's root.
    pub fn path(&self) -> String {
        layout::object_file(&self.object)
    }

    /// Whether two have the same bytes.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.hash() == other.hash() && self.bytes == other.bytes
    }

    /// This one with the object of another that has the same bytes, where there is such a one: what is published does not
    /// move because it was made again.
    pub(super) fn made_of_bytes_in(&self, there: Option<&Self>) -> Self {
        let object = there.filter(|there| there.is_same(self)).map(|there| there.object.clone());
        Self { object: object.unwrap_or_else(|| self.object.clone()), ..self.clone() }
    }

    /// Whether two have the same bytes, made of the same.
    pub(super) fn is_equal(&self, other: &Self) -> bool {
        let looked = |entry: &Self| entry.sources.as_deref().map(|object| layout::hash_of(object).to_owned());
        self.is_same(other) && self.key == other.key && looked(self) == looked(other)
    }
}

/// Whether what is published is the same: nothing in both cases, or the same bytes.
pub(super) fn same(a: Option<&Entry>, b: Option<&Entry>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.is_same(b),
        _ => false,
    }
}

/// The published days of one month of a table.
pub(super) type Manifest = BTreeMap<NaiveDate, Entry>;

/// The month of a day, as commits name it: `2026-09`.
pub(super) fn month_of(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

/// SHA-256 of bytes, in hexadecimal digits.
pub(super) fn hash(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

/// The digits of a hash.
pub(crate) fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
