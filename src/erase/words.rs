//! Values as words of longer texts.

/// Whether a value can be told from other text as a word: it has a letter.
pub(super) fn is_word(value: &str) -> bool {
    value.chars().any(char::is_alphabetic)
}

/// Whether bytes hold others as a word.
pub(super) fn is_word_of(word: &[u8], bytes: &[u8]) -> bool {
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if word.is_empty() {
        return false;
    }
    bytes.windows(word.len()).enumerate().any(|(at, part)| {
        part == word
            && !at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(goes_on)
            && !bytes.get(at + word.len()).is_some_and(goes_on)
    })
}
