//! Files that commands write beside what they print.

use std::fs::Permissions;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::error::Error;

/// Writes a file whole or not at all, in place of what was there. A link is replaced, not followed.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    if let Some(permissions) = usual_permissions() {
        builder.permissions(permissions);
    }
    let mut file = builder.prefix(".hale-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
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
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Transient(message),
        _ => Error::Usage(message),
    }
}
