//! What survives a loss of power on local disk: bytes that were handed to the disk, in folders that were.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Result;
use std::path::{Path, PathBuf};

/// More files than this are synced with all that the file system holds back, in one call, where there is such a call.
const ONE_BY_ONE: usize = 256;

/// Syncs some files, and all folders between them and the root.
pub(super) fn sync(root: &Path, files: &[PathBuf]) -> Result<()> {
    if files.len() > ONE_BY_ONE && sync_all(root)? {
        return Ok(());
    }
    for file in files {
        File::open(file)?.sync_all()?;
    }
    let above = files.iter().flat_map(|file| file.ancestors().skip(1));
    let folders: BTreeSet<&Path> = above.filter(|folder| folder.starts_with(root)).collect();
    for folder in folders {
        sync_folder(folder)?;
    }
    Ok(())
}

/// Syncs the whole file system; whether that can be done here.
#[cfg(target_os = "linux")]
fn sync_all(root: &Path) -> Result<bool> {
    rustix::fs::syncfs(File::open(root)?)?;
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
fn sync_all(_: &Path) -> Result<bool> {
    Ok(false)
}

/// Syncs the names in a folder.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems open no folders; names are theirs to keep.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<()> {
    Ok(())
}
