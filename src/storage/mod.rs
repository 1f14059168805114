//! Where data lies: a folder on this machine or a prefix in an object store, through one interface.
//!
//! [`Storage`] is a root; every path handed to it is relative to that root, written with `/`, and can never leave
//! it. Local disk, S3, Google Cloud Storage and Azure are the same code: nothing above this module knows which
//! of them it talks to. Writes are atomic for each object (a temporary file and a rename on local disk).

mod durable;
mod failure;
mod location;
mod place;
mod write;

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::execution::runtime_env::RuntimeEnv;
use futures::TryStreamExt;
use object_store::path::{Path, PathPart};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use url::Url;

pub(crate) use self::place::real;

use self::failure::Secrets;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};

/// The root of a tree of files, wherever it lies. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    url: Url,
    prefix: Path,
    secrets: Arc<Secrets>,
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({})", self.shown())
    }
}

impl Storage {
    /// Opens a root named by `text`: a path (absolute, or relative to `base`; `~` stays as it is) or a URL of a scheme
    /// among `file`, `s3`, `s3a`, `gs`, `az`, `azure`, `adl`, `abfs`, `abfss`. Nothing is read or created.
    ///
    /// The options of a cloud come from the environment only: `AWS_…`, `AZURE_…`, `GOOGLE_…`, as their own tools
    /// name them, `AWS_ENDPOINT_URL` and `AWS_ALLOW_HTTP` included.
    ///
    /// # Errors
    /// [`Error::Project`] for a text that is no location: an unknown scheme, credentials or a query in a URL, a path
    /// that is not UTF-8, a cloud that is not configured.
    pub fn open(text: &str, base: &std::path::Path) -> Result<Self> {
        Self::open_with(text, base, location::environment())
    }

    /// As [`Storage::open`], with the options of the cloud given by the caller under the same names.
    ///
    /// # Errors
    /// As [`Storage::open`].
    pub fn open_with(
        text: &str,
        base: &std::path::Path,
        options: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let url = location::parse(text, base)?;
        let options: Vec<_> = options.into_iter().collect();
        let secrets = Arc::new(Secrets::of(&options));
        let (store, prefix) = object_store::parse_url_opts(&url, options)
            .map_err(|source| failure::opening(&url, &source, &secrets))?;
        Ok(Self { store: Arc::from(store), url, prefix, secrets })
    }

    /// A root in a store that somebody else has opened: one that no URL names, or that counts, delays or fails.
    pub fn over(store: Arc<dyn ObjectStore>, url: Url) -> Self {
        Self { store, url, prefix: Path::default(), secrets: Arc::new(Secrets::of(&[])) }
    }

    /// The store behind the root, for readers that speak object_store themselves.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// The root as people may see it: no credentials.
    pub fn shown(&self) -> String {
        location::shown(&self.url)
    }

    /// The folder of this machine that the root is, if it is one.
    pub fn local_folder(&self) -> Option<PathBuf> {
        (self.url.scheme() == "file").then(|| self.url.to_file_path().ok()).flatten()
    }

    /// Makes the URLs of this root readable in a DataFusion runtime.
    pub fn register(&self, runtime: &RuntimeEnv) {
        runtime.register_object_store(&self.url, Arc::clone(&self.store));
    }

    /// The place of a relative path in the store; the root itself for an empty one.
    ///
    /// # Errors
    /// [`Error::Project`] for a path that could leave the root or that no store can name: absolute, with an empty,
    /// `.` or `..` segment, with control characters.
    pub fn location(&self, relative: &str) -> Result<Path> {
        let mut location = self.prefix.clone();
        for segment in segments(relative) {
            let part = PathPart::parse(segment).ok().filter(|_| !segment.is_empty());
            location = location.join(part.ok_or_else(|| self.outside(relative))?);
        }
        Ok(location)
    }

    /// The URL of a file at a relative path, percent-encoded.
    ///
    /// # Errors
    /// As [`Storage::location`].
    pub fn file_url(&self, relative: &str) -> Result<Url> {
        self.location(relative)?;
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments(relative));
        }
        Ok(url)
    }

    /// The URL of a folder at a relative path: as [`Storage::file_url`], ending in `/`.
    ///
    /// # Errors
    /// As [`Storage::location`].
    pub fn folder_url(&self, relative: &str) -> Result<Url> {
        let mut url = self.file_url(relative)?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("");
        }
        Ok(url)
    }

    /// Where a relative path lies, one name after the other, so that two places can be compared: on this machine behind all
    /// links, whether it is there yet or not; in a cloud below its store and bucket.
    ///
    /// # Errors
    /// As [`Storage::location`].
    pub(crate) fn place(&self, relative: &str) -> Result<PathBuf> {
        if let Some(folder) = self.local_folder() {
            return Ok(real(&folder.join(relative)));
        }
        let names = self.file_url(relative)?.as_str().replacen("://", "/", 1);
        // Two names of one store.
        Ok(PathBuf::from(match names.strip_prefix("s3a/") {
            Some(below) => format!("s3/{below}"),
            None => names,
        }))
    }

    /// The path relative to this root of something listed under it.
    pub fn relative(&self, location: &Path) -> Option<String> {
        let parts = location.prefix_match(&self.prefix)?;
        Some(parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"))
    }

    /// All objects below a relative folder, at any depth, by name. A folder that does not exist is empty.
    ///
    /// # Errors
    /// [`Error::Project`] when the storage refuses, [`Error::Transient`] when it cannot be reached.
    pub async fn list(&self, relative: &str) -> Result<Vec<ObjectMeta>> {
        let location = self.location(relative)?;
        let listed = self.store.list(Some(&location)).try_collect::<Vec<_>>().await;
        let mut objects = listed.map_err(|source| self.failed("list", relative, source))?;
        objects.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(objects)
    }

    /// The names of the folders directly below a relative folder.
    ///
    /// # Errors
    /// As [`Storage::list`].
    pub async fn folders(&self, relative: &str) -> Result<Vec<String>> {
        let location = self.location(relative)?;
        match self.store.list_with_delimiter(Some(&location)).await {
            Ok(listed) => {
                let names = listed.common_prefixes.iter().filter_map(Path::filename);
                Ok(names.map(str::to_owned).collect())
            }
            Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(source) => Err(self.failed("list", relative, source)),
        }
    }

    /// The files that a relative path stands for: the file itself, or everything below the folder, by name; none when
    /// nothing is there.
    ///
    /// # Errors
    /// As [`Storage::list`].
    pub async fn files(&self, relative: &str) -> Result<Vec<ObjectMeta>> {
        match self.find(relative).await? {
            Some(file) => Ok(vec![file]),
            None => self.list(relative).await,
        }
    }

    /// What is known about one object, or `None` where there is none.
    ///
    /// # Errors
    /// As [`Storage::list`].
    pub async fn find(&self, relative: &str) -> Result<Option<ObjectMeta>> {
        let location = self.location(relative)?;
        if location.is_root() {
            return Ok(None);
        }
        match self.store.head(&location).await {
            Ok(object) => Ok(Some(object)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(self.failed("read", relative, source)),
        }
    }

    /// What is known about one object.
    ///
    /// # Errors
    /// [`Error::Project`] when it is not there or may not be read, [`Error::Transient`] when the storage cannot be reached.
    pub async fn head(&self, relative: &str) -> Result<ObjectMeta> {
        let location = self.location(relative)?;
        self.store.head(&location).await.map_err(|source| self.failed("read", relative, source))
    }

    /// All bytes of one object.
    ///
    /// # Errors
    /// As [`Storage::head`].
    pub async fn get(&self, relative: &str) -> Result<Bytes> {
        let location = self.location(relative)?;
        let read = async { self.store.get(&location).await?.bytes().await };
        read.await.map_err(|source| self.failed("read", relative, source))
    }

    /// All bytes of one object, or `None` where there is none.
    ///
    /// # Errors
    /// As [`Storage::list`].
    pub async fn get_if_there(&self, relative: &str) -> Result<Option<Bytes>> {
        let location = self.location(relative)?;
        let read = async { self.store.get(&location).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(self.failed("read", relative, source)),
        }
    }

    /// Some bytes of one object, such as a Parquet footer.
    ///
    /// # Errors
    /// As [`Storage::head`].
    pub async fn get_range(&self, relative: &str, range: Range<u64>) -> Result<Bytes> {
        let location = self.location(relative)?;
        let read = self.store.get_range(&location, range).await;
        read.map_err(|source| self.failed("read", relative, source))
    }

    /// The error of a failed operation, for a path of this root: `verb` is what was tried.
    pub(crate) fn failed(&self, verb: &str, relative: &str, source: object_store::Error) -> Error {
        let root = self.shown();
        let separator = if relative.is_empty() || root.ends_with('/') { "" } else { "/" };
        failure::during(verb, &format!("{root}{separator}{relative}"), &source, &self.secrets)
    }

    /// Why an object cannot be read, where that will be so at once again; `None` where the storage could not be reached.
    pub(crate) fn why(&self, source: &object_store::Error) -> Option<String> {
        failure::refusal(source, &self.secrets)
    }

    fn outside(&self, relative: &str) -> Error {
        let shown = relative.escape_debug();
        let problem =
            Diagnostic::error("path-leaves-root", format!("`{shown}` is not a path below {}", self.shown()))
                .help("use a relative path of plain names joined by `/`, without `.`, `..` or empty names");
        Error::Project(Diagnostics::from(problem))
    }
}

/// The names of a relative path; none for the empty path, an empty one for what no path may contain.
fn segments(relative: &str) -> impl Iterator<Item = &str> {
    relative.split('/').filter(move |_| !relative.is_empty())
}

/// A storage error met by the engine, as what an orchestrator must know; `what` says what was being done.
pub(crate) fn error_of(what: &str, source: &object_store::Error) -> Error {
    let options: Vec<_> = location::environment().collect();
    failure::during("use", what, source, &Secrets::of(&options))
}
