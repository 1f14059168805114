//! Publishing: files of a run become objects, then a commit names them; that commit is the one moment at which it takes effect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{NaiveDate, Utc};
use futures::{StreamExt, TryStreamExt, stream};

use super::change::{Change, TableChange};
use super::commit::{Commit, Created, Stored, key};
use super::definition::{self, Files};
use super::entry::{self, Entry};
use super::key::Key;
use super::layout;
use super::look_back::{self, LookBacks};
use super::next::Next;
use super::source_days::SourceDays;
use super::state::State;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::storage::Storage;

/// Requests to the storage at the same time.
const AT_ONCE: usize = 16;

/// How often a run that lost the race goes on top of the winner.
const RACES: usize = 100;

/// The longest pause before the next race.
const PAUSE: Duration = Duration::from_millis(200);

/// Who makes a commit, and what it says beside what it changes.
#[derive(Debug, Clone, Default)]
pub struct Author {
    /// The run, by the name of its claim.
    pub run: String,
    /// Why, in the words of whoever asked for it.
    pub why: Option<String>,
    /// The project, as text; as before where it is not given.
    pub definition: Option<Files>,
    /// The table of the main score; as before where it is not given.
    pub main: Option<ModelName>,
    /// The layers and tables that plain folders show; as before where it is not given.
    pub folders: Option<Vec<String>>,
    /// Whether it was made from published tables alone.
    pub rescored: bool,
    /// The keys of what made the rows of tables, where they are known.
    pub keys: BTreeMap<ModelName, Key>,
    /// What sources said of the days when the rows were made, where somebody looked.
    pub sources: Option<Arc<SourceDays>>,
    /// How far back the rows of tables look.
    pub look_backs: LookBacks,
}

/// A table that a run has built: its files lie in staging.
#[derive(Debug, Clone)]
pub struct NewTable {
    /// The table.
    pub table: ModelName,
    /// The last day of the run, for a table that is stored whole; `None` for one that is stored by day.
    pub through: Option<NaiveDate>,
    /// Its files: one for each day, or one.
    pub files: Vec<NewFile>,
    /// Other days of it that are published and were written again, with columns that are new.
    pub rewritten: Vec<Rewritten>,
}

/// A published day that was written again, with columns that are new.
#[derive(Debug, Clone)]
pub struct Rewritten {
    /// Its file.
    pub file: NewFile,
    /// What was published of it, with the key that it has from now on.
    pub before: Entry,
}

/// A file in staging.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Its day, where the table is stored by day.
    pub day: Option<NaiveDate>,
    /// Where it lies, below the output's root.
    pub path: String,
    /// SHA-256 of its bytes.
    pub hash: String,
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

/// What became of what a run has built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The commit that made it visible; `None` where all of it was published before, byte for byte.
    pub commit: Option<u64>,
    /// How many files of each table are new.
    pub changed: BTreeMap<ModelName, usize>,
}

/// A publish that failed: why, and whether it took effect nevertheless.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Unfinished {
    /// Why.
    pub error: Error,
    /// The commit that took effect before, where it was only the plain folders that could not follow.
    pub commit: Option<u64>,
    /// Whether it may have taken effect: the storage gave no answer, and could not be asked.
    pub is_unknown: bool,
}

impl From<Error> for Unfinished {
    fn from(error: Error) -> Self {
        Self { error, commit: None, is_unknown: false }
    }
}

impl From<Unfinished> for Error {
    fn from(unfinished: Unfinished) -> Self {
        unfinished.error
    }
}

/// Publishes what a run has built on top of `base`, from whose tables it has read `read`.
///
/// # Errors
/// [`Error::Transient`] where another run published meanwhile what this one read or built otherwise, or storage cannot be
/// reached; [`Error::Project`] where it refuses. Nothing is published then.
pub async fn publish(
    base: &State,
    author: &Author,
    tables: &[NewTable],
    read: BTreeSet<(ModelName, Option<NaiveDate>)>,
) -> Result<Outcome, Unfinished> {
    let storage = base.storage();
    let sources = match &author.sources {
        Some(sources) => Some(sources.keep(storage, &author.run).await?),
        None => None,
    };
    let made =
        |table: &ModelName| Made { run: &author.run, key: author.keys.get(table), sources: sources.clone() };
    let (mut changes, mut rewritten) = (BTreeMap::new(), BTreeMap::new());
    let mut moved = Vec::new();
    for new in tables {
        changes.insert(new.table.clone(), entered(base, &made(&new.table), new, &mut moved).await?);
        let days = new.rewritten.iter().filter_map(|one| one.entered(&author.run, &mut moved)).collect();
        rewritten.insert(new.table.clone(), days);
    }
    look_back::enter(&mut changes, &read, (base, &author.look_backs)).await?;
    let moves = moved.iter().map(|(from, to)| storage.hand_over(from, to));
    let moves: Vec<_> = moves.collect();
    stream::iter(moves).buffered(AT_ONCE).try_collect::<Vec<()>>().await?;
    let written: Vec<String> = moved.into_iter().map(|(_, to)| to).collect();
    storage.sync(&written).await?;
    let made = commit(base, author, &Change::Publish { tables: changes, rewritten, read }).await?;
    let changed = made.iter().flat_map(|(_, changed)| changed.iter());
    let changed = changed.filter_map(|(table, files)| Some((ModelName::parse(table)?, *files)));
    Ok(Outcome { changed: changed.collect(), commit: made.map(|(number, _)| number) })
}

/// What made the rows of a run, as their entries say it.
struct Made<'a> {
    run: &'a str,
    key: Option<&'a Key>,
    sources: Option<String>,
}

impl Made<'_> {
    /// An entry with the bytes of one that is published: where what made them now is known better than what made them then,
    /// that is what made them.
    fn again(&self, before: &Entry) -> Entry {
        let before = before.clone();
        let is_better = |key: &Key| {
            key.sources.is_some() || before.made_of().is_none_or(|then| !then.has_definition_of(key))
        };
        let key = self.key.filter(|key| is_better(key)).map(Key::to_string);
        let sources = self.sources.clone().or(before.sources);
        Entry { key: key.or(before.key), sources, ..before }
    }
}

impl Rewritten {
    /// Its day and what is published of it from now on; the file is to be moved, from and to a path.
    fn entered(&self, run: &str, moved: &mut Vec<(String, String)>) -> Option<(NaiveDate, Entry)> {
        let NewFile { day, path, hash, rows, bytes } = &self.file;
        let object = layout::object_name(hash, run, "parquet");
        let entry = self.before.moved_to(object, *rows, *bytes);
        move_to(entry.path(), path, moved);
        day.map(|day| (day, entry))
    }
}

/// Notes where a file is to be moved to. Two days of a table without rows may have the same bytes.
fn move_to(to: String, from: &str, moved: &mut Vec<(String, String)>) {
    if !moved.iter().any(|(_, there)| *there == to) {
        moved.push((from.to_owned(), to));
    }
}

/// What is new of a table; files with other bytes than what is published are to be moved, each from and to a path.
async fn entered(
    base: &State,
    made: &Made<'_>,
    new: &NewTable,
    moved: &mut Vec<(String, String)>,
) -> Result<TableChange> {
    let days = new.files.iter().filter_map(|file| file.day);
    let there = match (days.clone().min(), days.max()) {
        (Some(first), Some(last)) => base.entries(&new.table, first..=last).await?,
        _ => BTreeMap::new(),
    };
    let mut entry_of = |file: &NewFile| {
        let object = layout::object_name(&file.hash, made.run, "parquet");
        let (key, sources) = (made.key.map(Key::to_string), made.sources.clone());
        let (rows, bytes) = (file.rows, file.bytes);
        let entry = Entry { object, rows, bytes, key, sources, read: Vec::new(), known_as: None };
        let before = match file.day {
            Some(day) => there.get(&day),
            None => base.whole(&new.table).map(|whole| &whole.entry),
        };
        match before.filter(|before| before.is_same(&entry)) {
            Some(before) => made.again(before),
            None => {
                move_to(entry.path(), &file.path, moved);
                entry
            }
        }
    };
    match (new.through, new.files.as_slice()) {
        (None, files) => {
            Ok(TableChange::Days(files.iter().filter_map(|file| Some((file.day?, entry_of(file)))).collect()))
        }
        (Some(through), [file]) => Ok(TableChange::Whole(through, entry_of(file))),
        (Some(_), files) => {
            Err(Error::Bug(format!("{} is stored whole and has {} files", new.table, files.len())))
        }
    }
}

/// Makes a commit of a change: on top of the newest one, however many others come first. Returns its number and how many
/// days of each table are new; `None` where nothing is other than it was.
///
/// # Errors
/// As [`publish`]; what the change itself refuses.
pub async fn commit(
    base: &State,
    author: &Author,
    change: &Change,
) -> Result<Option<(u64, BTreeMap<String, usize>)>, Unfinished> {
    let storage = base.storage();
    let definition = match &author.definition {
        Some(files) => Some(definition::keep(storage, files).await?),
        None => None,
    };
    for race in 0..RACES {
        let newest = State::newest(storage).await?;
        let next = change.on(&newest, base).await?;
        if !next.differs_from(newest.commit()) {
            return Ok(None);
        }
        if newest.number() == 0 {
            prove(storage, &author.run).await?;
        }
        let changed = next.changed.clone();
        let made = made(&newest, author, change, next, definition.as_ref()).await?;
        let number = made.number;
        match made.create(storage).await? {
            Created::Ours => {
                let late = |error| Unfinished { error, commit: Some(number), is_unknown: false };
                storage.sync(&[layout::commit_file(number)]).await.map_err(late)?;
                return Ok(Some((number, changed)));
            }
            Created::Unknown(error) => return Err(Unfinished { error, commit: None, is_unknown: true }),
            Created::Taken => {}
        }
        tokio::time::sleep(PAUSE.mul_f64(jitter(&author.run, race))).await;
    }
    Err(Error::transient(format!("{RACES} other commits came first in {}", storage.shown())).into())
}

/// A part of a pause that differs from run to run.
fn jitter(run: &str, race: usize) -> f64 {
    let hash = entry::hash(format!("{run} {race}").as_bytes());
    u32::from_str_radix(&hash[..8], 16).map_or(0.5, |part| f64::from(part) / f64::from(u32::MAX))
}

/// The commit of what comes next, with its manifests written.
async fn made(
    newest: &State,
    author: &Author,
    change: &Change,
    mut next: Next,
    definition: Option<&String>,
) -> Result<Commit> {
    let before = newest.commit();
    let storage = newest.storage();
    let what = change.what(&next, author.rescored, before);
    let mut written = Vec::new();
    for (table, month, manifest) in std::mem::take(&mut next.manifests) {
        let months = match next.tables.get_mut(&key(&table)) {
            Some(Stored::Months(months)) => months,
            _ => return Err(Error::Bug(format!("months of {table}, which is stored whole"))),
        };
        if manifest.is_empty() {
            months.remove(&month);
            continue;
        }
        let text = serde_json::to_vec(&manifest).map_err(|error| Error::Bug(error.to_string()))?;
        let object = layout::object_name(&entry::hash(&text), &author.run, "json");
        written.push((layout::object_file(&object), Bytes::from(text)));
        months.insert(month, object);
    }
    next.tables.retain(|_, stored| !matches!(stored, Stored::Months(months) if months.is_empty()));
    let puts: Vec<_> = written.iter().map(|(file, text)| storage.put(file, text.clone())).collect();
    stream::iter(puts).buffered(AT_ONCE).try_collect::<Vec<_>>().await?;
    let files: Vec<String> = written.into_iter().map(|(file, _)| file).collect();
    storage.sync(&files).await?;
    let (counts, main) =
        next.counts.take().unwrap_or_else(|| (before.definition.clone(), before.main.clone()));
    Ok(Commit {
        number: newest.number() + 1,
        run: author.run.clone(),
        at: Utc::now(),
        by: by(),
        what,
        why: author.why.clone(),
        definition: definition.cloned().or(counts),
        main: author.main.as_ref().map(key).or(main),
        folders: author.folders.clone().unwrap_or_else(|| before.folders.clone()),
        kept_from: next.kept_from,
        tables: next.tables,
        held: next.held,
        renamed: next.renamed,
        gone: next.gone,
        ..Commit::none()
    })
}

/// The user and the machine, as far as they are known.
fn by() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|user| !user.is_empty()).unwrap_or_else(|| "unknown".to_owned());
    match sysinfo::System::host_name() {
        Ok(host) => format!("{user}@{host}"),
        Err(_) => user,
    }
}

/// That the storage refuses to create what is there already: without that two runs could both take effect.
async fn prove(storage: &Storage, run: &str) -> Result<()> {
    let file = format!("{}/{run}/proof", layout::STAGING);
    let first = storage.create(&file, Bytes::from_static(b"first")).await?;
    let second = storage.create(&file, Bytes::from_static(b"second")).await?;
    storage.delete(&file).await?;
    if first && !second {
        return Ok(());
    }
    let message = format!("{} lets a file be created that is there already", storage.shown());
    let problem = Diagnostic::error("storage-without-create", message)
        .note("of two runs at the same time both would take effect, and one would be lost without a word")
        .help("publish to a store that knows conditional writes (If-None-Match: *), or to a disk");
    Err(Error::Project(problem.into()))
}
