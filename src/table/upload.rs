//! The bytes of one staged file on their way to the storage: one request for a small file, parts for a large one.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, PutResult, WriteMultipart};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use crate::error::{Error, Result};
use crate::storage::Storage;
use crate::store::hexadecimal;

/// Bytes of one part; a file up to this size is written with one request.
const PART_BYTES: usize = 16 << 20;

/// Parts on their way at the same time.
const PARTS: usize = 4;

/// What is being written, so that who removes a folder can wait for it. Clones are one and the same.
#[derive(Clone, Default)]
pub(super) struct Writes(Arc<RwLock<()>>);

impl Writes {
    /// Begins a write, which lasts until the guard is dropped.
    async fn begin(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.0).read_owned().await
    }

    /// Waits until nothing is being written any more.
    pub(super) async fn all_done(&self) {
        drop(self.0.write().await);
    }
}

/// A file being written.
pub(super) struct Upload {
    storage: Storage,
    relative: String,
    location: Path,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    bytes: u64,
    hash: Sha256,
    parts: Option<WriteMultipart>,
    guards: Vec<OwnedRwLockReadGuard<()>>,
}

/// A file that is written.
pub(super) struct Uploaded {
    pub bytes: u64,
    /// SHA-256 of them.
    pub hash: String,
}

impl Upload {
    /// Begins the file at `relative`. It counts among `writes` until nothing writes any more, also when the upload is
    /// dropped half-way.
    pub(super) async fn begin(storage: &Storage, relative: String, writes: [&Writes; 2]) -> Result<Self> {
        let location = storage.location(&relative)?;
        let storage = storage.clone();
        let guards = vec![writes[0].begin().await, writes[1].begin().await];
        Ok(Self {
            storage,
            relative,
            location,
            waiting: Vec::new(),
            waiting_bytes: 0,
            bytes: 0,
            hash: Sha256::new(),
            parts: None,
            guards,
        })
    }

    /// Takes the next bytes; waits while too many are on their way.
    pub(super) async fn push(&mut self, bytes: Bytes) -> Result<()> {
        self.bytes += bytes.len() as u64;
        self.hash.update(&bytes);
        self.waiting_bytes += bytes.len();
        self.waiting.push(bytes);
        if self.waiting_bytes < PART_BYTES {
            return Ok(());
        }
        let sent = self.send_parts().await;
        sent.map_err(|source| self.storage.failed("write", &self.relative, source))
    }

    /// Writes the rest and makes the file appear.
    pub(super) async fn finish(self) -> Result<Uploaded> {
        let Self { storage, relative, location, waiting, bytes, hash, parts, guards, .. } = self;
        let store = Arc::clone(storage.store());
        // Its own task, so that the request is over when the guards are released, whoever stops waiting for it.
        let request = tokio::spawn(async move {
            let result = complete(store, location, waiting, parts).await;
            drop(guards);
            result
        });
        match request.await {
            Ok(Ok(_)) => Ok(Uploaded { bytes, hash: hexadecimal(hash) }),
            Ok(Err(source)) => Err(storage.failed("write", &relative, source)),
            Err(error) => Err(Error::Bug(format!("writing {relative}: {error}"))),
        }
    }

    /// Gives up. The storage may not even hear of it; what it keeps of the file is shown to nobody.
    pub(super) async fn discard(self) {
        if let Some(parts) = self.parts {
            let _ = parts.abort().await;
        }
    }

    async fn send_parts(&mut self) -> object_store::Result<()> {
        let parts = match &mut self.parts {
            Some(parts) => parts,
            none => {
                let upload = self.storage.store().put_multipart(&self.location).await?;
                none.insert(WriteMultipart::new_with_chunk_size(upload, PART_BYTES))
            }
        };
        for bytes in self.waiting.drain(..) {
            parts.put(bytes);
        }
        self.waiting_bytes = 0;
        parts.wait_for_capacity(PARTS).await
    }
}

async fn complete(
    store: Arc<dyn ObjectStore>,
    location: Path,
    waiting: Vec<Bytes>,
    parts: Option<WriteMultipart>,
) -> object_store::Result<PutResult> {
    match parts {
        Some(mut parts) => {
            for bytes in waiting {
                parts.put(bytes);
            }
            parts.finish().await
        }
        None => store.put(&location, PutPayload::from_iter(waiting)).await,
    }
}
