//! Somebody's rows, taken out of all that is kept under an output: out of every object of every kept commit, of plain folders, and
//! of what killed runs have left; and the proof that nothing is left.
//!
//! ```text
//! kept commits ──► objects that hold rows ──► objects without them ──► a commit ──► plain folders, earlier commits, old objects
//!                  found by one column        by the writer of         names how   (store/erasing.rs: a killed one is finished)
//!                                             runs, streaming          many, not whom
//! ```
//!
//! Keys stay, so that nothing becomes stale. A table whose rows are each of one account has the bytes that a run without the
//! account gives; rows of others that were computed with it stay as they are, and so do tables without the column, and sources.

mod absent;
mod rows;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};

pub use absent::{Absent, absent};

use crate::diagnostic::Diagnostic;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::project::layer::ModelName;
use crate::storage::Storage;
use crate::store::claim::{self, Claim};
use crate::store::{Author, Change, Erasing, Erasure, Named, State, Successor, Unfinished, commit, layout};
use crate::table::{Again, RowFile, spec_of};
use rows::{Columns, Held};

/// Files that are read or written at the same time.
const AT_ONCE: usize = 4;

/// How often what was published meanwhile is looked into as well.
const RACES: usize = 20;

/// Whose rows are to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The column that names them.
    pub column: String,
    /// Its values, as text.
    pub values: BTreeSet<String>,
}

/// What was erased, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// The commit; `None` where nothing was found, or nothing was to be done.
    pub commit: Option<u64>,
    /// Rows that are gone, of all objects.
    pub rows: u64,
    /// Objects that held any of them.
    pub objects: usize,
    /// Kept commits that named them.
    pub commits: BTreeSet<u64>,
    /// The values that were found.
    pub found: BTreeSet<String>,
    /// Whether any object has the column.
    pub has_column: bool,
    /// Tables that have no such column, and are left as they are.
    pub left: BTreeSet<ModelName>,
    /// Runs that were under way, whose files were not looked into: what they publish or leave may hold such rows.
    pub under_way: usize,
}

/// Takes rows out of all that is kept.
///
/// # Errors
/// [`Error::Transient`] while another erasure is under way, or others publish faster than can be looked into; [`Error::Project`]
/// for an object that cannot be read; what storage says. Once the commit is made, whoever comes next finishes.
pub async fn erase(storage: &Storage, engine: &Engine, asked: &Asked, why: Option<String>) -> Result<Erased> {
    // Where nothing ever was, nothing is to be made.
    if State::newest(storage).await?.number() == 0 && storage.list(layout::OWN).await?.is_empty() {
        return Ok(Erased::default());
    }
    let claim = Claim::make(storage).await?;
    let author = Author { run: claim.run().to_owned(), why, ..Author::default() };
    let again = Again {
        storage: storage.clone(),
        threads: engine.threads(),
        memory: Arc::clone(&engine.runtime().memory_pool),
    };
    let work = Work { storage, asked, looked: BTreeMap::new(), replaced: BTreeMap::new(), under_way: 0 };
    let erased = work.execute(&again, &claim, &author).await;
    // The first error is the cause.
    let removed = claim.remove(storage).await;
    let erased = erased?;
    removed?;
    Ok(erased)
}

/// What [`erase`] would do.
///
/// # Errors
/// As [`erase`].
pub async fn would_erase(storage: &Storage, asked: &Asked) -> Result<Erased> {
    let mut work = Work { storage, asked, looked: BTreeMap::new(), replaced: BTreeMap::new(), under_way: 0 };
    work.look("").await?;
    Ok(work.told())
}

/// What is known of an object.
struct Looked {
    /// A table that it is of; `None` where no kept commit names it.
    table: Option<ModelName>,
    size: u64,
    /// What it holds; `None` where it has no such column.
    held: Option<Held>,
}

impl Looked {
    fn holds(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.rows > 0)
    }
}

struct Work<'a> {
    storage: &'a Storage,
    asked: &'a Asked,
    looked: BTreeMap<String, Looked>,
    replaced: BTreeMap<String, Successor>,
    /// Runs that live beside this one.
    under_way: usize,
}

impl Work<'_> {
    async fn execute(mut self, again: &Again, claim: &Claim, author: &Author) -> Result<Erased> {
        let mut erasing = Erasing::begin(self.storage, claim.run()).await?;
        claim::remove_stale(self.storage).await?;
        let made = match self.make(again, claim, author, &mut erasing).await {
            Ok(made) => made,
            // Whether it took effect is found out by whoever comes next.
            Err(Unfinished { error, is_unknown: true, .. } | Unfinished { error, commit: Some(_), .. }) => {
                return Err(error);
            }
            Err(Unfinished { error, .. }) => {
                let _ = erasing.give_up(self.storage).await;
                return Err(error);
            }
        };
        let Some((commit, commits)) = made else {
            erasing.give_up(self.storage).await?;
            return Ok(self.told());
        };
        erasing.finish(self.storage, commit).await?;
        Ok(Erased { commit: Some(commit), commits, ..self.told() })
    }

    /// Makes the commit: on top of whatever was published meanwhile, once that was looked into as well.
    async fn make(
        &mut self,
        again: &Again,
        claim: &Claim,
        author: &Author,
        erasing: &mut Erasing,
    ) -> Result<Option<(u64, BTreeSet<u64>)>, Unfinished> {
        for _ in 0..RACES {
            let base = State::newest(self.storage).await?;
            self.look(claim.run()).await?;
            self.rewrite(again, claim).await?;
            let unnamed = self.unnamed();
            if self.replaced.is_empty() && unnamed.is_empty() {
                return Ok(None);
            }
            erasing.note(self.storage, &self.replaced, &unnamed).await?;
            let told = self.told();
            let erasure = Erasure {
                column: self.asked.column.clone(),
                values: self.asked.values.len(),
                rows: told.rows,
                replaced: self.replaced.clone(),
                seen: self.looked.keys().cloned().collect(),
                commits: erasing.commits(self.storage).await?,
            };
            let commits = erasure.commits.clone();
            match commit(&base, author, &Change::Erase(erasure)).await {
                Ok(made) => return Ok(made.map(|(number, _)| (number, commits))),
                Err(failed @ Unfinished { is_unknown: true, .. }) => return Err(failed),
                Err(failed) => {
                    let newest = State::newest(self.storage).await?;
                    if failed.commit.is_some() || newest.number() == base.number() {
                        return Err(failed);
                    }
                }
            }
        }
        let message = format!("other runs publish into {} all the time; try again", self.storage.shown());
        Err(Error::transient(message).into())
    }

    /// Looks into every object that was not looked into yet: those of kept commits, and those that no run which lives has made.
    async fn look(&mut self, own_run: &str) -> Result<()> {
        // Before anything is listed: what a run has published that ended meanwhile is named by then.
        let mut living = claim::living(self.storage).await?;
        living.remove(own_run);
        self.under_way = living.len();
        let this = &*self;
        let waiting = this.waiting(own_run, &living).await?;
        let looks = waiting.into_iter().map(|(name, (table, size))| this.look_into(name, table, size));
        let looks: Vec<_> = looks.collect();
        let found: Vec<Option<(String, Looked)>> =
            stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
        self.looked.extend(found.into_iter().flatten());
        Ok(())
    }

    /// Objects of rows that were not looked into yet, each with a table that it is of, and its size.
    async fn waiting(
        &self,
        own_run: &str,
        living: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, (Option<ModelName>, u64)>> {
        let listed = self.storage.list(layout::OBJECTS).await?;
        let kept_from = State::newest(self.storage).await?.commit().kept_from;
        let named = Named::by_commits(self.storage, kept_from).await?;
        let mut waiting = BTreeMap::new();
        for file in listed {
            let Some(path) = self.storage.relative(&file.location) else { continue };
            let Some(name) = layout::object_of(&path).filter(|name| name.ends_with(".parquet")) else {
                continue;
            };
            let run = layout::run_of(name);
            if run != own_run && !living.contains(run) {
                waiting.insert(name.to_owned(), (None, file.size));
            }
        }
        for (name, (table, entry)) in named.rows {
            waiting.insert(name, (Some(table), entry.bytes));
        }
        waiting.retain(|name, _| !self.looked.contains_key(name));
        Ok(waiting)
    }

    /// What an object holds; nothing where no commit names it and it cannot be read: gone meanwhile, or left half-written.
    async fn look_into(
        &self,
        name: String,
        table: Option<ModelName>,
        size: u64,
    ) -> Result<Option<(String, Looked)>> {
        let file = RowFile::new(self.storage, layout::object_file(&name), size);
        let found = match file.holds(&self.asked.values, &Columns::Named(&self.asked.column)).await {
            Err(error) if table.is_none() && !matches!(error, Error::Transient(_)) => return Ok(None),
            found => found?,
        };
        let held = found.into_iter().next().map(|(_, held)| held);
        Ok(Some((name, Looked { table, size, held })))
    }

    /// Writes what gives way again, without the rows.
    async fn rewrite(&mut self, again: &Again, claim: &Claim) -> Result<()> {
        let this = &*self;
        let is_due = |(name, looked): &(&String, &Looked)| {
            looked.holds() && looked.table.is_some() && !this.replaced.contains_key(*name)
        };
        let values = Arc::new(this.asked.values.clone());
        let writes = this.looked.iter().filter(is_due).map(|(name, looked)| {
            let values = Arc::clone(&values);
            async move {
                let successor = this.successor(again, claim, (name, looked.size), values).await?;
                Ok::<_, Error>((name.clone(), successor))
            }
        });
        let writes: Vec<_> = writes.collect();
        let written: Vec<(String, Successor)> = stream::iter(writes).buffered(AT_ONCE).try_collect().await?;
        let files: BTreeSet<String> =
            written.iter().map(|(_, successor)| layout::object_file(&successor.object)).collect();
        self.storage.sync(&files.into_iter().collect::<Vec<_>>()).await?;
        self.replaced.extend(written);
        Ok(())
    }

    async fn successor(
        &self,
        again: &Again,
        claim: &Claim,
        (name, size): (&str, u64),
        values: Arc<BTreeSet<String>>,
    ) -> Result<Successor> {
        let path = layout::object_file(name);
        let file = RowFile::new(self.storage, path.clone(), size);
        let (footer, schema, rows) = file.without(values, &self.asked.column).await?;
        let (spec, day) = spec_of(&footer, &schema).ok_or_else(|| {
            let message = format!("{}/{path} does not say which table it is of", self.storage.shown());
            let problem = Diagnostic::error("damaged-object", message);
            Error::Project(
                problem.help("`hale verify` names what is damaged; restore it from a backup").into(),
            )
        })?;
        // Two objects may have the same bytes: runs that made a day again after it was taken out or changed meanwhile.
        let folder = format!("{}/{}", claim.folder(), name.trim_end_matches(".parquet"));
        let new = again.write(folder, (&spec, day), rows).await?;
        let object = layout::object_name(&new.hash, claim.run(), "parquet");
        self.storage.hand_over(&new.path, &layout::object_file(&object)).await?;
        Ok(Successor { object, rows: new.rows, bytes: new.bytes })
    }

    /// Objects with such rows that no kept commit names.
    fn unnamed(&self) -> BTreeSet<String> {
        let unnamed = self.looked.iter().filter(|(_, looked)| looked.holds() && looked.table.is_none());
        unnamed.map(|(name, _)| name.clone()).collect()
    }

    fn told(&self) -> Erased {
        let mut erased = Erased { under_way: self.under_way, ..Erased::default() };
        for looked in self.looked.values() {
            erased.has_column |= looked.held.is_some();
            match (&looked.held, &looked.table) {
                (Some(held), _) if held.rows > 0 => {
                    erased.rows += held.rows;
                    erased.objects += 1;
                    erased.found.extend(held.values.iter().cloned());
                }
                (None, Some(table)) => drop(erased.left.insert(table.clone())),
                _ => {}
            }
        }
        erased
    }
}
