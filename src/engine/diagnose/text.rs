//! Places in the text of a statement that are found by their words alone.

use std::ops::Range;

/// Where a word stands in a text, and is no part of a longer one of such characters.
pub(crate) fn whole_words<'t>(
    text: &'t str,
    word: &'t str,
    is_of_word: fn(char) -> bool,
) -> impl Iterator<Item = usize> + 't {
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].chars().next_back();
        let behind = text[at + word.len()..].chars().next();
        !before.is_some_and(is_of_word) && !behind.is_some_and(is_of_word)
    })
}

/// The first word of a statement that is named in a message: in quotes, as a call, or as it stands. What is quoted counts
/// first.
pub(super) fn named_in(message: &str, text: &str) -> Option<Range<usize>> {
    let is_word: fn(char) -> bool = |c| c.is_alphanumeric() || matches!(c, '_' | '.');
    let lower = text.to_ascii_lowercase();
    let statement = beginning(text).start;
    let quoted = message.split(['\'', '`', '"']).skip(1).step_by(2);
    let words = message.split(|c| !is_word(c)).filter(|word| word.contains(['_', '.']));
    let called =
        message.match_indices('(').filter_map(|(at, _)| message[..at].rsplit(|c| !is_word(c)).next());
    quoted.chain(called).chain(words).map(str::trim).filter(|name| name.len() > 1).find_map(|name| {
        let name = name.to_ascii_lowercase();
        let found = whole_words(&lower, &name, is_word).find(|at| *at >= statement)?;
        Some(found..found + name.len())
    })
}

/// The first word of a statement, behind its leading comments.
pub(crate) fn beginning(text: &str) -> Range<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_start();
        if !code.is_empty() && !code.starts_with("--") {
            start += line.len() - code.len();
            let length = text[start..].find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len() - start);
            return start..start + length;
        }
        start += line.len();
    }
    0..0
}
