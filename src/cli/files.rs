//! Files that commands write beside what they print.

use std::fs::Permissions;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::error::Error;

/// Writes a file whole or not at all, in place of what was there. A link is replaced, not followed.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    if let Some(permissions) = usual_permissions() {
        builder.permissions(permissions);
    }
    let mut file = builder.prefix(".hale-").tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// The same, so that it outlasts a loss of power: bytes first, then the name in its folder.
pub(super) fn replace_for_good(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes)?;
    std::fs::File::open(path)?.sync_all()?;
    sync_folder(folder_of(path))
}

/// Removes a file for good; one that is gone already is no failure.
pub(super) fn remove_for_good(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => sync_folder(folder_of(path)),
    }
}

/// Syncs the names in a folder.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Other systems open no folders; names are theirs to keep.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether a file could be written whole at a path. Nothing is left behind.
pub(super) fn can_replace(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    tempfile::Builder::new().prefix(".hale-").tempfile_in(folder_of(path)).map(drop)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Those of any new file, less the umask; temporary files would be for their owner only.
#[cfg(unix)]
fn usual_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn usual_permissions() -> Option<Permissions> {
    None
}

/// A file or folder that was named on the command line cannot be used. A full disk may be emptied; the rest stays wrong.
pub(super) fn failed(path: &Path, error: &io::Error) -> Error {
    let message = format!("{}: {error}", path.display());
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::transient(message),
        _ => Error::Usage(message),
    }
}
