//! What is published of one day of a table, and the days of a month of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::days_read::DaysRead;
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
    /// The published days of tables that its rows were made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<DaysRead>,
    /// The hash that it had before somebody's rows were taken out of it, or columns added: what was made of it is not stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) known_as: Option<String>,
}

impl Entry {
    /// SHA-256 of its bytes.
    pub fn hash(&self) -> &str {
        layout::hash_of(&self.object)
    }

    /// The hash by which what was made of its rows knows it.
    pub(super) fn known_as(&self) -> &str {
        self.known_as.as_deref().unwrap_or_else(|| self.hash())
    }

    /// The same with another object in place of its own, which changes nothing for what was made of it.
    pub(super) fn moved_to(&self, object: String, rows: u64, bytes: u64) -> Self {
        Self { object, rows, bytes, known_as: Some(self.known_as().to_owned()), ..self.clone() }
    }

    /// The same, made of what another key says.
    pub fn with_key(&self, key: Option<String>) -> Self {
        Self { key, ..self.clone() }
    }

    /// Its hash as that of a day.
    pub(super) fn hash_on(&self, day: NaiveDate) -> u128 {
        let hash = Sha256::new_with_prefix(format!("{day} {}", self.known_as())).finalize();
        hash.iter().take(16).fold(0, |sum, byte| (sum << 8) | u128::from(*byte))
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
        match there.filter(|there| there.is_same(self)) {
            Some(there) => {
                Self { object: there.object.clone(), known_as: there.known_as.clone(), ..self.clone() }
            }
            None => self.clone(),
        }
    }

    /// Whether two have the same bytes, made of the same.
    pub(super) fn is_equal(&self, other: &Self) -> bool {
        let looked = |entry: &Self| entry.sources.as_deref().map(|object| layout::hash_of(object).to_owned());
        self.is_same(other)
            && self.key == other.key
            && self.read == other.read
            && looked(self) == looked(other)
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
