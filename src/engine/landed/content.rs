//! What a file is, by its first and last bytes.

/// How Parquet begins and ends.
const PARQUET: &[u8] = b"PAR1";

/// Other kinds of files that are met where Parquet is expected: how they begin, and their names.
const KINDS: [(&[u8], &str); 9] = [
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"Obj\x01", "Avro"),
    (b"ORC", "ORC"),
    (b"ARROW1", "Arrow (Feather)"),
    (b"SQLite format 3", "a SQLite database"),
    (b"PARE", "Parquet with an encrypted footer"),
];

impl Content {
    /// Whether it is data of another kind, which somebody meant to be read.
    pub(super) fn is_data(self) -> bool {
        matches!(self, Self::Of(kind) if !matches!(kind, "text" | "empty"))
    }
}

/// What a file without a sound footer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// It begins as Parquet does, and was not finished.
    CutShort,
    /// It ends as Parquet does, and what it ends with cannot be read.
    BadFooter,
    /// Another kind of file.
    Of(&'static str),
    /// Nothing that is known.
    Unknown,
}

impl Content {
    /// What the first and the last bytes of a file say. Both may be the whole of it.
    pub(super) fn of(head: &[u8], tail: &[u8]) -> Self {
        if tail.ends_with(PARQUET) && head.len() > PARQUET.len() {
            return Self::BadFooter;
        }
        if head.starts_with(PARQUET) {
            return Self::CutShort;
        }
        if tail.ends_with(b"PARE") {
            return Self::Of("Parquet with an encrypted footer");
        }
        let known = KINDS.iter().find(|(begin, _)| head.starts_with(begin));
        known.map(|(_, kind)| *kind).or_else(|| text(head)).map_or(Self::Unknown, Self::Of)
    }
}

/// JSON and CSV by their first lines.
fn text(head: &[u8]) -> Option<&'static str> {
    // The last character may be cut.
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() + 4 > head.len() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let text = valid.trim_start_matches('\u{feff}').trim_start();
    if text.chars().any(|character| character.is_control() && !character.is_whitespace()) {
        return None;
    }
    let first = text.lines().next()?;
    if first.starts_with(['{', '[']) {
        return Some("JSON");
    }
    Some(if first.contains([',', ';', '\t', '|']) { "CSV" } else { "text" })
}
