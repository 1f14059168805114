//! What changes anything: each object whole, in one step for its readers.

use std::path::PathBuf;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutResult};

use super::{Storage, durable};
use crate::error::{Error, Result};

impl Storage {
    /// Writes one object whole, in place of what was there.
    ///
    /// # Errors
    /// [`Error::Project`] when the storage refuses, [`Error::Transient`] when it cannot be reached or is full.
    pub async fn put(&self, relative: &str, bytes: Bytes) -> Result<PutResult> {
        let location = self.location(relative)?;
        let written = self.store.put(&location, bytes.into()).await;
        written.map_err(|source| self.failed("write", relative, source))
    }

    /// Writes one object that must not exist yet; `false` when another writer was first.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub async fn create(&self, relative: &str, bytes: Bytes) -> Result<bool> {
        let location = self.location(relative)?;
        let options = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&location, bytes.into(), options).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(source) => Err(self.failed("write", relative, source)),
        }
    }

    /// Moves one object over whatever is at `to`: one atomic step on local disk, a copy and a delete elsewhere.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub async fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (source, target) = (self.location(from)?, self.location(to)?);
        self.store.rename(&source, &target).await.map_err(|source| self.failed("write", to, source))
    }

    /// Makes one object available at `to` as well, where the place it comes from is removed soon: moved on local disk, copied
    /// elsewhere, where a move would be a copy and one more request.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub async fn hand_over(&self, from: &str, to: &str) -> Result<()> {
        if self.local_folder().is_some() { self.rename(from, to).await } else { self.copy(from, to).await }
    }

    /// Copies one object over whatever is at `to`, atomically for readers. On local disk the two share their bytes.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub async fn copy(&self, from: &str, to: &str) -> Result<()> {
        let (source, target) = (self.location(from)?, self.location(to)?);
        self.store.copy(&source, &target).await.map_err(|source| self.failed("write", to, source))
    }

    /// As [`Storage::copy`], with bytes of its own also on local disk, by way of a path where nobody looks: whoever writes
    /// into the copy does not change what it was made of.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub async fn copy_apart(&self, from: &str, to: &str, through: &str) -> Result<()> {
        let Some(root) = self.local_folder() else { return self.copy(from, to).await };
        for path in [from, to, through] {
            self.location(path)?;
        }
        let [source, target, through] = [from, to, through].map(|path| root.join(path));
        let copied = tokio::task::spawn_blocking(move || copy_apart(&source, &target, &through)).await;
        let copied = copied.map_err(|error| Error::Bug(format!("copying {to}: {error}")))?;
        copied.map_err(|source| self.failed("write", to, local_error(source)))
    }

    /// Makes sure that some objects survive a loss of power, and that they are found again. Object stores do so by themselves.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub async fn sync(&self, relative: &[String]) -> Result<()> {
        let Some(root) = self.local_folder().filter(|_| !relative.is_empty()) else { return Ok(()) };
        let files: Vec<PathBuf> = relative.iter().map(|path| root.join(path)).collect();
        let below = root.clone();
        let synced = tokio::task::spawn_blocking(move || durable::sync(&below, &files)).await;
        let synced = synced.map_err(|error| Error::Bug(format!("syncing {}: {error}", self.shown())))?;
        synced.map_err(|source| self.failed("write", "", local_error(source)))
    }

    /// Removes one object, and on local disk its folder where nothing else is in it.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub async fn delete_with_folder(&self, relative: &str) -> Result<()> {
        self.delete(relative).await?;
        if let (Some(root), Some((folder, _))) = (self.local_folder(), relative.rsplit_once('/')) {
            // Refused where anything is left in it.
            let _ = tokio::fs::remove_dir(root.join(folder)).await;
        }
        Ok(())
    }

    /// Removes one object; nothing happens when it is not there.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub async fn delete(&self, relative: &str) -> Result<()> {
        let location = self.location(relative)?;
        match self.store.delete(&location).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(self.failed("remove", relative, source)),
        }
    }

    /// Removes everything below a relative folder and, on local disk, the folder. Never the root itself.
    ///
    /// # Errors
    /// As [`Storage::put`]; [`Error::Bug`] for an empty path.
    pub async fn delete_folder(&self, relative: &str) -> Result<()> {
        if relative.is_empty() {
            return Err(Error::Bug(format!("asked to remove all of {}", self.shown())));
        }
        let location = self.location(relative)?;
        if let Some(root) = self.local_folder() {
            return match removed(&root.join(relative)).await {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    Err(self.failed("remove", relative, local_error(source)))
                }
                _ => Ok(()),
            };
        }
        let listed = self.store.list(Some(&location)).map_ok(|object| object.location).boxed();
        let removed = self.store.delete_stream(listed);
        let gone = removed.filter(|result| {
            std::future::ready(!matches!(result, Err(object_store::Error::NotFound { .. })))
        });
        let all = gone.try_for_each(|_| std::future::ready(Ok(()))).await;
        all.map_err(|source| self.failed("remove", relative, source))
    }
}

/// Removes a folder. A write whose run was cancelled may still end in it, on a thread of its own, and is waited for.
async fn removed(folder: &std::path::Path) -> std::io::Result<()> {
    const TRIES: usize = 40;
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(25);
    for _ in 0..TRIES {
        match tokio::fs::remove_dir_all(folder).await {
            Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => {
                tokio::time::sleep(PAUSE).await
            }
            done => return done,
        }
    }
    tokio::fs::remove_dir_all(folder).await
}

/// An error of the local disk as one of a store.
fn local_error(source: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "LocalFileSystem", source: source.into() }
}

/// Copies a file by way of another path, from where it takes its place in one step.
fn copy_apart(
    source: &std::path::Path,
    target: &std::path::Path,
    through: &std::path::Path,
) -> std::io::Result<()> {
    for folder in [through, target].into_iter().filter_map(std::path::Path::parent) {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::copy(source, through)?;
    std::fs::rename(through, target)
}
