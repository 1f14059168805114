//! A commit: all that is published, as a numbered file that is created only where there is none.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::layout;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::storage::Storage;

/// The form of commits that this hale reads and writes.
const FORMAT: u32 = 1;

/// How often a create is tried again whose answer was lost.
const TRIES: usize = 3;

/// All that is published, from one moment on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    pub(super) format: u32,
    /// Its number: one more than that of the commit before.
    pub number: u64,
    /// The run that made it.
    pub run: String,
    /// When, by the clock of the machine that made it.
    pub at: DateTime<Utc>,
    /// Who: the user and the machine.
    pub by: String,
    /// What it did.
    pub what: What,
    /// Why, in the words of whoever asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The definition of the project that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// The table of the main score, whose newest day is the one of `latest/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main: Option<String>,
    /// The layers and tables that plain folders show; all of them where it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<String>,
    /// The first commit that is kept: what only earlier ones name may be gone.
    pub kept_from: u64,
    /// What is published of each table.
    pub tables: BTreeMap<String, Stored>,
    /// Days that runs leave as they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<NaiveDate, Held>,
    /// The names that renamed tables had, with those that they got.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) renamed: BTreeMap<String, String>,
    /// Of commits that are not kept any more the definitions that published, by their hashes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) gone: BTreeMap<String, Gone>,
    /// The later commits that took rows out of this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased_by: Vec<u64>,
}

/// What is published of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stored {
    /// Its days: the manifest of each month, by the name of the object.
    Months(BTreeMap<String, String>),
    /// All of history up to a day.
    Whole(Whole),
}

/// A table that is stored whole: all of history up to a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// The last day of the run that made it.
    pub through: NaiveDate,
    /// Its rows.
    pub entry: Entry,
}

/// What a definition published in commits that are not kept any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Gone {
    /// Its last such commit.
    pub(super) last: u64,
    /// The tables of all of them.
    pub(super) tables: BTreeSet<String>,
}

/// Why runs leave a day as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The commit since which it is held.
    pub since: u64,
    /// Why.
    pub why: String,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "did")]
pub enum What {
    /// A run published days.
    Published {
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
        /// Whether from published tables alone.
        rescored: bool,
        /// Tables with new rows, each with the number of its days.
        tables: BTreeMap<String, usize>,
        /// Of how many of these days the rows are as they were, with new columns that are NULL.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        columns_added: BTreeMap<String, usize>,
    },
    /// What an earlier commit published is published again.
    RolledBack {
        /// That commit.
        to: u64,
    },
    /// Days were taken out of every table.
    Unpublished {
        /// The days.
        days: Vec<NaiveDate>,
    },
    /// Days that were held are left to runs again.
    Released {
        /// The days.
        days: Vec<NaiveDate>,
    },
    /// What only earlier commits name may be removed.
    Collected {
        /// The first commit that is kept.
        kept_from: u64,
    },
    /// Days that are older than the project keeps were taken out of every table.
    Expired {
        /// What the project keeps, as it says it.
        keep: String,
        /// The days.
        days: Vec<NaiveDate>,
    },
    /// Rows were taken out of this commit and of all that were kept before it. Whose they were is not written down.
    Erased {
        /// The column that named whose they were.
        column: String,
        /// How many values of it were asked for.
        values: usize,
        /// How many rows of objects are gone.
        rows: u64,
        /// How many objects were replaced.
        objects: usize,
        /// Earlier commits that name other objects than when they were made.
        commits: Vec<u64>,
    },
    /// A draft became the published definition of a score. Days that were published before stay as they are.
    Promoted {
        /// The draft.
        draft: String,
        /// The score that it became.
        score: String,
        /// The hash of its definition.
        definition: String,
    },
    /// Tables got other names.
    Renamed {
        /// The new names, by the old ones.
        tables: BTreeMap<String, String>,
    },
}

/// How the attempt to create a commit ended.
pub(super) enum Created {
    /// It is the newest.
    Ours,
    /// Another run was first.
    Taken,
    /// No answer came, and what lies there cannot be read: it may have taken effect.
    Unknown(Error),
}

impl Commit {
    /// The first commit of an output, before anything is in it.
    pub(super) fn none() -> Self {
        Self {
            format: FORMAT,
            number: 0,
            run: String::new(),
            at: DateTime::UNIX_EPOCH,
            by: String::new(),
            what: What::Released { days: Vec::new() },
            why: None,
            definition: None,
            main: None,
            folders: Vec::new(),
            kept_from: 1,
            tables: BTreeMap::new(),
            held: BTreeMap::new(),
            renamed: BTreeMap::new(),
            gone: BTreeMap::new(),
            erased_by: Vec::new(),
        }
    }

    /// The name by now of a table that had one.
    pub fn name_now<'a>(&'a self, then: &'a str) -> &'a str {
        let mut name = then;
        // A name may have been given on, but not in a circle: one that is there is that of a table.
        for _ in 0..=self.renamed.len() {
            match self.renamed.get(name).filter(|_| !self.tables.contains_key(name)) {
                Some(next) => name = next,
                None => break,
            }
        }
        name
    }

    /// Reads a commit; `None` where there is none of that number.
    pub(super) async fn read(storage: &Storage, number: u64) -> Result<Option<Self>> {
        let file = layout::commit_file(number);
        let Some(bytes) = storage.get_if_there(&file).await? else { return Ok(None) };
        let damaged = |why: String| {
            let message = format!("{}/{file} cannot be read: {why}", storage.shown());
            let problem = Diagnostic::error("damaged-commit", message);
            Error::Project(
                problem.help("restore it from a backup; `hale verify` looks at all of them").into(),
            )
        };
        let commit: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if commit.format != FORMAT {
            return Err(damaged(format!("it has format {}, this hale reads {FORMAT}", commit.format)));
        }
        if commit.number != number {
            return Err(damaged(format!("it says that it is number {}", commit.number)));
        }
        Ok(Some(commit))
    }

    /// Writes it again in place of what it was, where rows were taken out of it.
    pub(super) async fn rewrite(&self, storage: &Storage) -> Result<()> {
        let file = layout::commit_file(self.number);
        let text = serde_json::to_vec_pretty(self).map_err(|error| Error::Bug(error.to_string()))?;
        storage.put(&file, Bytes::from(text)).await?;
        storage.sync(&[file]).await
    }

    /// Creates it where there is none of its number. An answer that was lost is looked up: what lies there says whose it is.
    pub(super) async fn create(&self, storage: &Storage) -> Result<Created> {
        let file = layout::commit_file(self.number);
        let text = serde_json::to_vec_pretty(self).map_err(|error| Error::Bug(error.to_string()))?;
        let mut last = None;
        for _ in 0..TRIES {
            let created = storage.create(&file, Bytes::from(text.clone())).await;
            match created {
                Ok(true) => return Ok(Created::Ours),
                Ok(false) => {}
                Err(error @ Error::Transient(_)) => last = Some(error),
                Err(error) => return Err(error),
            }
            match Self::read(storage, self.number).await {
                Ok(Some(there)) if there.run == self.run => return Ok(Created::Ours),
                Ok(Some(_)) => return Ok(Created::Taken),
                Ok(None) => {}
                Err(error) => return Ok(Created::Unknown(last.unwrap_or(error))),
            }
        }
        Err(last.unwrap_or_else(|| {
            Error::transient(format!("{}/{file} is said to be there and cannot be read", storage.shown()))
        }))
    }
}

/// The name of a table in a commit.
pub(super) fn key(table: &ModelName) -> String {
    table.to_string()
}
