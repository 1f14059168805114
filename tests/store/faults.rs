//! Each step of a publish once killed, once made to fail, to be refused, to lose its answer, to be answered with a conflict:
//! readers of commits see the old commit or the new one, never a mixture, and the next run, of any day, finishes.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::NaiveDate;
use futures::StreamExt;
use futures::stream::BoxStream;
use halescore::project::layer::ModelName;
use halescore::storage::Storage;
use halescore::store::{State, verify};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::{batch, begin, day, days, publish, publish_usage, usage, usage_rows, write};

/// What becomes of one request that changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not carried out, nor is anything after it: the process is gone.
    Killed,
    /// It is not carried out; later ones are.
    Failed,
    /// It is refused.
    Refused,
    /// It is carried out, and the answer is lost.
    Unanswered,
    /// It is carried out, and so is nothing after it.
    UnansweredThenKilled,
    /// What is to be created is said to be there; other requests fail.
    Conflict,
}

pub const FAULTS: [Fault; 6] = [
    Fault::Killed,
    Fault::Failed,
    Fault::Refused,
    Fault::Unanswered,
    Fault::UnansweredThenKilled,
    Fault::Conflict,
];

/// A store in which one request goes wrong.
#[derive(Debug)]
pub struct Faulty {
    pub inner: Arc<InMemory>,
    pub fault: Fault,
    /// Which of the requests that change anything.
    pub at: usize,
    pub seen: AtomicUsize,
}

/// What is to be done with a request.
enum Verdict {
    Do,
    DoAndFail(Error),
    Fail(Error),
}

fn failed() -> Error {
    Error::Generic { store: "faulty", source: "the connection was lost".into() }
}

impl Faulty {
    fn verdict(&self, path: &Path, creates: bool) -> Verdict {
        let number = self.seen.fetch_add(1, Ordering::SeqCst);
        let later = number > self.at;
        match self.fault {
            _ if number < self.at => Verdict::Do,
            Fault::Killed | Fault::UnansweredThenKilled if later => Verdict::Fail(failed()),
            _ if later => Verdict::Do,
            Fault::Killed | Fault::Failed => Verdict::Fail(failed()),
            Fault::Refused => Verdict::Fail(Error::PermissionDenied {
                path: path.to_string(),
                source: "the policy says no".into(),
            }),
            Fault::Unanswered | Fault::UnansweredThenKilled => Verdict::DoAndFail(failed()),
            Fault::Conflict if creates => {
                Verdict::Fail(Error::AlreadyExists { path: path.to_string(), source: "409".into() })
            }
            Fault::Conflict => Verdict::Fail(failed()),
        }
    }

    /// Whether the process still lives: one that is gone reads nothing either.
    fn lives(&self) -> Result<()> {
        let kills = matches!(self.fault, Fault::Killed | Fault::UnansweredThenKilled);
        if kills && self.seen.load(Ordering::SeqCst) > self.at { Err(failed()) } else { Ok(()) }
    }

    async fn carried_out<T>(
        &self,
        path: &Path,
        creates: bool,
        request: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match self.verdict(path, creates) {
            Verdict::Do => request.await,
            Verdict::DoAndFail(error) => {
                request.await?;
                Err(error)
            }
            Verdict::Fail(error) => Err(error),
        }
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.fault, self.at)
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let creates = matches!(options.mode, PutMode::Create);
        self.carried_out(path, creates, self.inner.put_opts(path, payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.lives()?;
        self.inner.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.lives()?;
        self.inner.get_ranges(path, ranges).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let inner = Arc::clone(&self.inner);
        let verdict = self.verdict(&Path::from("deleted"), false);
        match verdict {
            Verdict::Do => inner.delete_stream(paths),
            Verdict::DoAndFail(error) => {
                let deleted = async move {
                    let _: Vec<_> = inner.delete_stream(paths).collect().await;
                    Err(error)
                };
                futures::stream::once(deleted).boxed()
            }
            Verdict::Fail(error) => futures::stream::once(async move { Err(error) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.lives() {
            Ok(()) => self.inner.list(prefix),
            Err(error) => futures::stream::once(async move { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.lives()?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.carried_out(to, false, self.inner.copy_opts(from, to, options)).await
    }
}

pub fn storage(store: Arc<dyn ObjectStore>) -> Storage {
    Storage::over(store, "memory:///".parse().unwrap())
}

/// The hashes of all days that are published.
async fn published(storage: &Storage) -> BTreeMap<NaiveDate, String> {
    let state = State::newest(storage).await.unwrap();
    let entries = state.entries(&ModelName::parse("metrics.usage").unwrap(), ..).await.unwrap();
    entries.into_iter().map(|(day, entry)| (day, entry.hash().to_owned())).collect()
}

/// What is published before and after the run under test, in a store where nothing goes wrong.
async fn before_and_after() -> [BTreeMap<NaiveDate, String>; 2] {
    let good = storage(Arc::new(InMemory::new()));
    publish_usage(&good, &usage_rows(days(0, 2), 1), days(0, 2)).await;
    let before = published(&good).await;
    publish_usage(&good, &usage_rows(days(1, 3), 2), days(1, 3)).await;
    [before, published(&good).await]
}

/// One run in which one request goes wrong; whether that came to pass.
async fn broken_run(fault: Fault, at: usize, [before, after]: &[BTreeMap<NaiveDate, String>; 2]) -> bool {
    let what = format!("{fault:?} at request {at}");
    let inner = Arc::new(InMemory::new());
    let good = storage(Arc::clone(&inner) as _);
    publish_usage(&good, &usage_rows(days(0, 2), 1), days(0, 2)).await;
    let staging = begin(&good).await;
    staging.abort().await.unwrap();
    let faulty = Arc::new(Faulty { inner: Arc::clone(&inner), fault, at, seen: AtomicUsize::new(0) });
    let bad = storage(Arc::clone(&faulty) as _);
    let ended = run(&bad).await;
    let hit = faulty.seen.load(Ordering::SeqCst) > at;

    // Readers of commits see the old one or the new one, whole.
    let state = State::newest(&good).await.unwrap();
    let seen = published(&good).await;
    let verified = verify(&state, false).await.unwrap();
    assert!(!verified.is_broken(), "{what}: {verified:?}");
    assert!(seen == *before || seen == *after, "{what}: a mixture");
    // What the run says of itself is true.
    match &ended {
        Ended::Published => assert_eq!(seen, *after, "{what}: it says that it published"),
        Ended::Failed => assert_eq!(seen, *before, "{what}: it says that it did not publish"),
        Ended::NotFollowed => assert_eq!(seen, *after, "{what}: it says that a commit took effect"),
        Ended::Unknown => {}
    }
    // The next run, of any day, finishes.
    process_ends(&good).await;
    publish_usage(&good, &usage_rows(days(9, 9), 3), days(9, 9)).await;
    let state = State::newest(&good).await.unwrap();
    let verified = verify(&state, true).await.unwrap();
    assert_eq!(verified.faults, BTreeMap::new(), "{what}: plain folders");
    let mut finished = published(&good).await;
    assert!(finished.remove(&day(9)).is_some());
    assert_eq!(finished, seen, "{what}");
    hit
}

/// A turn that was not ended is of a process that is gone by now.
async fn process_ends(storage: &Storage) {
    for object in storage.list("_hale/following").await.unwrap() {
        let path = storage.relative(&object.location).unwrap();
        let text = String::from_utf8(storage.get(&path).await.unwrap().to_vec()).unwrap();
        // Beyond the highest number that Linux gives to a process.
        let gone = text.replace(&format!("\"process\":{}", std::process::id()), "\"process\":4194305");
        storage.put(&path, gone.into()).await.unwrap();
    }
}

enum Ended {
    Published,
    Failed,
    NotFollowed,
    Unknown,
}

async fn run(storage: &Storage) -> Ended {
    let begun = halescore::table::Staging::begin(storage, 2, &Default::default()).await;
    let Ok(staging) = begun else { return Ended::Failed };
    if write(&staging, usage(), vec![batch(&usage_rows(days(1, 3), 2))]).await.is_err() {
        return Ended::Failed;
    }
    let base = State::newest(storage).await;
    if base.is_err() {
        return Ended::Failed;
    }
    match publish(staging, storage, days(1, 3)).await {
        Ok(_) => Ended::Published,
        Err(failed) if failed.is_unknown => Ended::Unknown,
        Err(failed) if failed.commit.is_some() => Ended::NotFollowed,
        Err(_) => Ended::Failed,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_readers_see_the_old_commit_or_the_new_one() {
    let expected = before_and_after().await;
    for fault in FAULTS {
        let mut requests = 0;
        while broken_run(fault, requests, &expected).await {
            requests += 1;
        }
        assert!(requests > 15, "{fault:?}: only {requests} requests");
    }
}
