//! Places in the text of a statement that are found by their words alone.

use std::ops::Range;

/// The first word of a statement that is named in a message: in quotes, as a call, or as it stands. What is quoted counts
/// first.
pub(super) fn named_in(message: &str, text: &str) -> Option<Range<usize>> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let lower = text.to_ascii_lowercase();
    let statement = beginning(text).start;
    let quoted = message.split(['\'', '`', '"']).skip(1).step_by(2);
    let words = message.split(|c| !is_word(c)).filter(|word| word.contains(['_', '.']));
    let called =
        message.match_indices('(').filter_map(|(at, _)| message[..at].rsplit(|c| !is_word(c)).next());
    quoted.chain(called).chain(words).map(str::trim).filter(|name| name.len() > 1).find_map(|name| {
        let name = name.to_ascii_lowercase();
        let found = lower[statement..].match_indices(&name).map(|(at, _)| statement + at).find(|at| {
            let before = lower[..*at].chars().next_back().is_some_and(is_word);
            let behind = lower[at + name.len()..].chars().next().is_some_and(is_word);
            !before && !behind
        })?;
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
