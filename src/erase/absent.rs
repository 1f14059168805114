//! The proof that a value is nowhere under an output: in no file of rows, kept or left over, and in no other file.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};

use super::rows::Columns;
use super::words::{is_word, is_word_of};
use crate::error::{Error, Result};
use crate::storage::Storage;
use crate::table::RowFile;

/// Files that are read at the same time.
const AT_ONCE: usize = 4;

/// What was looked into, and where a value is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absent {
    /// Files that were read.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that hold a value, by their paths, and where in them: a column and how many rows, or the text.
    pub found: BTreeMap<String, String>,
    /// Parquet that could not be read, by paths, and why: nobody can say what is in it.
    pub unread: BTreeMap<String, String>,
}

impl Absent {
    /// Whether no file holds a value, as far as each could be read.
    pub fn is_proven(&self) -> bool {
        self.found.is_empty() && self.unread.is_empty()
    }
}

/// Looks for values in every file below an output's root, whoever put it there: in Parquet in a column, of whatever type, and in
/// all columns of text, in other files in their bytes. A value with a letter is found as a word too, where no letter, digit, `_`
/// or `-` goes before or behind it. One without, such as a number, is looked for as a whole text, in JSON in quotes: as a part of
/// others it stands in every date.
///
/// # Errors
/// What storage says.
pub async fn absent(storage: &Storage, values: &BTreeSet<String>, column: &str) -> Result<Absent> {
    let mut absent = Absent::default();
    let paths = storage.list("").await?.into_iter();
    let paths = paths.filter_map(|file| Some((storage.relative(&file.location)?, file.size)));
    let looks = paths.map(|(path, size)| async move {
        let found = look(storage, (&path, size), values, column).await;
        found.map(|found| (path, size, found))
    });
    let looks: Vec<_> = looks.collect();
    let mut looks = stream::iter(looks).buffered(AT_ONCE);
    while let Some((path, size, found)) = looks.try_next().await? {
        match found {
            Found::Gone => continue,
            Found::Nothing => {}
            Found::There(place) => drop(absent.found.insert(path, place)),
            Found::Unread(why) => drop(absent.unread.insert(path, why)),
        }
        absent.files += 1;
        absent.bytes += size;
    }
    Ok(absent)
}

enum Found {
    Nothing,
    There(String),
    Unread(String),
    /// It was removed meanwhile.
    Gone,
}

async fn look(
    storage: &Storage,
    (path, size): (&str, u64),
    values: &BTreeSet<String>,
    column: &str,
) -> Result<Found> {
    if path.ends_with(".parquet") {
        let file = RowFile::new(storage, path.to_owned(), size);
        match file.holds(values, &Columns::AllText(column)).await {
            Ok(found) => {
                let there = found.iter().filter(|(_, held)| held.rows > 0);
                let places: Vec<String> =
                    there.map(|(column, held)| format!("{} rows by `{column}`", held.rows)).collect();
                return Ok(match places.as_slice() {
                    [] => Found::Nothing,
                    places => Found::There(places.join(", ")),
                });
            }
            Err(error @ Error::Transient(_)) => return Err(error),
            Err(_) if storage.find(path).await?.is_none() => return Ok(Found::Gone),
            Err(error) => {
                let first = error.to_string().lines().next().unwrap_or_default().to_owned();
                return Ok(Found::Unread(first));
            }
        }
    }
    let Some(bytes) = storage.get_if_there(path).await? else { return Ok(Found::Gone) };
    let holds = |value: &String| {
        let quoted = serde_json::Value::from(value.as_str()).to_string();
        let escaped = &quoted.as_bytes()[1..quoted.len() - 1];
        match is_word(value) {
            true => is_word_of(value.as_bytes(), &bytes) || is_word_of(escaped, &bytes),
            false => bytes.windows(quoted.len()).any(|part| part == quoted.as_bytes()),
        }
    };
    Ok(if values.iter().any(holds) { Found::There("its text".to_owned()) } else { Found::Nothing })
}
