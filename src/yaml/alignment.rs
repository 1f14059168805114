//! Where each character of a scalar's value stands in the source of the scalar.

/// For each byte of a scalar's value, the byte of its source text `raw` that it came from, and last the end.
///
/// Quotes, escapes, indentation and folded line breaks of the source stand between the characters of the value;
/// all else follows in the same order.
pub(crate) fn alignment(raw: &str, value: &str) -> Vec<usize> {
    // The text of a block may begin with a quote as well, but then its value has all of that line.
    let block = value.starts_with(raw.lines().next().unwrap_or_default().trim_end());
    let quote = raw.chars().next().filter(|c| !block && matches!(c, '"' | '\''));
    let mut at = usize::from(quote.is_some());
    let mut map = Vec::with_capacity(value.len() + 1);
    for c in value.chars() {
        if !c.is_whitespace() {
            at += raw[at..].len() - raw[at..].trim_start().len();
        }
        map.extend(std::iter::repeat_n(at, c.len_utf8()));
        at += step(&raw[at..], quote, c);
    }
    map.push(at);
    map
}

/// How many bytes of the source make the value's next character.
fn step(raw: &str, quote: Option<char>, value: char) -> usize {
    let Some(next) = raw.chars().next() else { return 0 };
    let length = match (quote, next) {
        (Some('"'), '\\') => match raw[1..].chars().next() {
            Some('x') => 4,
            Some('u') => 6,
            Some('U') => 10,
            Some(escaped) => 1 + escaped.len_utf8(),
            None => 1,
        },
        (Some('\''), '\'') => 2,
        _ if next == value || (next.is_whitespace() && value.is_whitespace()) => next.len_utf8(),
        _ => 0,
    };
    raw.floor_char_boundary(length.min(raw.len()))
}

#[cfg(test)]
mod tests {
    use super::alignment;

    /// The source characters under each letter `x` of the value.
    fn letters(raw: &str, value: &str) -> Vec<usize> {
        let map = alignment(raw, value);
        value.match_indices('x').map(|(at, _)| map[at]).collect()
    }

    fn expected(raw: &str) -> Vec<usize> {
        raw.match_indices('x').map(|(at, _)| at).collect()
    }

    #[test]
    fn scalars_of_every_style_are_aligned_with_their_source() {
        let cases = [
            ("x + é + x", "x + é + x"),
            ("'x || ''a'' || x'", "x || 'a' || x"),
            (r#""x\n + \"é\" \u00e9 + x""#, "x\n + \"é\" é + x"),
            ("x\n      + x\n  - x", "x + x - x"),
            ("case x\n      when x\n    end", "case x\n  when x\nend"),
            ("\"x\" + 'x'", "\"x\" + 'x'"),
            ("'it''s x'", "'it''s x'"),
            ("'''x'", "'x"),
            (r#""\"x\" x""#, "\"x\" x"),
        ];
        for (raw, value) in cases {
            assert_eq!(letters(raw, value), expected(raw), "{raw}");
        }
    }

    #[test]
    fn a_source_that_does_not_match_is_survived() {
        assert_eq!(alignment("", "abc"), [0, 0, 0, 0]);
        assert_eq!(alignment("\"\\", "é"), [1, 1, 2]);
    }
}
