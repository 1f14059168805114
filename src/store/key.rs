//! The key of what made rows: the same key, the same rows.

use std::fmt;

/// What made the rows of an entry, as it is kept with them: `1-<definition>-<sources>`, with a `+` behind where days were
/// built that sources did not reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Version of what hale makes of SQL and rows.
    pub numbers: u32,
    /// The hash of what the table means.
    pub definition: String,
    /// The hash of what is known of the files of its sources; `None` where that tells too little.
    pub sources: Option<String>,
    /// Whether days were built that sources did not reach.
    pub incomplete: bool,
}

/// What stands in a key for the sources where too little is known of them.
const UNKNOWN: &str = "unknown";

/// What stands in a key behind the sources where days were built that they did not reach.
const INCOMPLETE: &str = "+";

impl Key {
    /// A key as it was kept; `None` of what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (numbers, definition, sources) = (parts.next()?, parts.next()?, parts.next()?);
        let (sources, incomplete) = match sources.strip_suffix(INCOMPLETE) {
            Some(sources) => (sources, true),
            None => (sources, false),
        };
        Some(Self {
            numbers: numbers.parse().ok()?,
            definition: definition.to_owned(),
            sources: (sources != UNKNOWN).then(|| sources.to_owned()),
            incomplete,
        })
    }

    /// Whether two tell of the same definition, made into rows in the same way.
    pub fn has_definition_of(&self, other: &Self) -> bool {
        self.numbers == other.numbers && self.definition == other.definition
    }

    /// Whether rows that were made of this stand as they are for a run of now: its definition made them, of whole days.
    pub fn stands_for(&self, now: &Self) -> bool {
        self.has_definition_of(now) && !self.incomplete
    }

    /// Whether both are known to make the same rows.
    pub fn makes_the_same(&self, other: &Self) -> bool {
        self == other && self.sources.is_some()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { numbers, definition, sources, incomplete } = self;
        let sources = sources.as_deref().unwrap_or(UNKNOWN);
        write!(f, "{numbers}-{definition}-{sources}{}", if *incomplete { INCOMPLETE } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        for text in ["1-ab-cd", "1-ab-cd+", "2-ab-unknown", "1-ab-unknown+"] {
            let key = Key::parse(text).unwrap();
            assert_eq!(key.to_string(), text);
            assert_eq!(key.makes_the_same(&key), !text.contains("unknown"));
        }
        assert_eq!([Key::parse(""), Key::parse("1-ab"), Key::parse("x-ab-cd")], [None, None, None]);
    }
}
