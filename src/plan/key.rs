//! The key of what makes rows: the same key, the same rows.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::why::Why;
use crate::engine::sources::Reading;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::project::model::Kind;
use crate::storage::Storage;
use crate::store::hexadecimal;

/// Version of what hale makes of SQL and rows; raised when the same project gets other rows of the same sources.
const NUMBERS: u32 = 1;

/// A file that was written so recently may be written again with the same size and the same time.
const YOUNG: Duration = Duration::from_secs(2);

/// Digits of a hash that are kept: 128 bits.
const DIGITS: usize = 32;

/// What decides the rows of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// The hash of the project's files, with how it is asked for.
    definition: String,
    /// The hash of what is known of the sources' files without reading them; `None` where that tells too little.
    sources: Option<String>,
    /// Whether days are built that sources do not reach.
    incomplete: bool,
}

/// What stands in a key for the sources where too little is known of them.
const UNKNOWN: &str = "unknown";

/// What stands in a key behind the sources where days were built that they did not reach.
const INCOMPLETE: &str = "+";

impl Inputs {
    /// What decides the rows of a run as of now. `incomplete` says whether days are built that sources do not reach.
    ///
    /// # Errors
    /// What storage says.
    pub async fn of(
        pipeline: &Pipeline,
        sources: &Storage,
        reading: Reading,
        incomplete: bool,
    ) -> Result<Self> {
        let mut definition = Sha256::new();
        let mut files: Vec<_> = pipeline.files.iter().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        for file in files {
            enter(&mut definition, &[&file.path, &file.text]);
        }
        enter(&mut definition, &[&format!("{reading:?}"), &sources.shown()]);
        let sources = of_files(pipeline, sources).await?;
        Ok(Self { definition: digits(definition), sources: sources.map(digits), incomplete })
    }

    /// The key that is kept with rows.
    pub fn key(&self) -> String {
        let (definition, sources) = (&self.definition, self.sources.as_deref().unwrap_or(UNKNOWN));
        let incomplete = if self.incomplete { INCOMPLETE } else { "" };
        format!("{NUMBERS}-{definition}-{sources}{incomplete}")
    }

    /// Whether what made rows, by their key, was the project as it is now, by a hale with the same numbers.
    pub(super) fn has_definition_of(&self, key: Option<&str>) -> bool {
        key.is_some() && !matches!(self.differ_from(key), Some(Why::Numbers | Why::Definition))
    }

    /// What is other than it was when rows were made, by their key; `None` where nothing is.
    pub(super) fn differ_from(&self, key: Option<&str>) -> Option<Why> {
        let mut parts = key.unwrap_or_default().split('-');
        let (Some(numbers), Some(definition), Some(then)) = (parts.next(), parts.next(), parts.next()) else {
            return Some(Why::Unknown);
        };
        if numbers != NUMBERS.to_string() {
            return Some(Why::Numbers);
        }
        if definition != self.definition {
            return Some(Why::Definition);
        }
        let (then, was_incomplete) = match then.strip_suffix(INCOMPLETE) {
            Some(then) => (then, true),
            None => (then, false),
        };
        match self.sources.as_deref() {
            Some(now) if now == then => (was_incomplete && !self.incomplete).then_some(Why::Incomplete),
            Some(_) if then != UNKNOWN => Some(Why::Sources),
            _ => Some(Why::Unknown),
        }
    }
}

/// Path, size, time and mark of every file of the sources.
async fn of_files(pipeline: &Pipeline, storage: &Storage) -> Result<Option<Sha256>> {
    let mut hash = Sha256::new();
    let young = Utc::now() - TimeDelta::from_std(YOUNG).unwrap_or_default();
    for model in &pipeline.models {
        let Kind::Source(source) = &model.kind else { continue };
        enter(&mut hash, &[&model.name.to_string()]);
        for file in storage.files(&source.path).await? {
            if file.last_modified > young {
                return Ok(None);
            }
            let (size, time) = (file.size.to_string(), file.last_modified.to_rfc3339());
            enter(
                &mut hash,
                &[file.location.as_ref(), &size, &time, file.e_tag.as_deref().unwrap_or_default()],
            );
        }
    }
    Ok(Some(hash))
}

/// Texts, each with its length, so that no two lists of texts are the same bytes.
fn enter(hash: &mut Sha256, texts: &[&str]) {
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
}

fn digits(hash: Sha256) -> String {
    let mut digits = hexadecimal(hash);
    digits.truncate(DIGITS);
    digits
}
