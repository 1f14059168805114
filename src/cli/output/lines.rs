//! Lines of prose, never wider than the terminal.

/// Spaces before what goes on on the next line, beside those that the line begins with.
const INDENT: usize = 2;

/// A text with its lines broken between words, where they are wider than the terminal. Each ends.
pub(crate) fn wrapped(text: &str, width: Option<usize>) -> String {
    let lines = text.trim_end_matches('\n').split('\n');
    lines.map(|line| format!("{}\n", broken(line, width.unwrap_or(usize::MAX)))).collect()
}

fn broken(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    let start = line.len() - line.trim_start_matches(' ').len();
    let indent = (start + INDENT).min(width / 2);
    let mut whole = String::new();
    let mut current = line[..start].to_owned();
    let mut length = start;
    let mut is_empty = true;
    for word in line[start..].split(' ') {
        let letters = word.chars().count();
        if !is_empty && length + 1 + letters > width {
            whole.push_str(&current);
            whole.push('\n');
            (current, length, is_empty) = (" ".repeat(indent), indent, true);
        }
        if !is_empty {
            current.push(' ');
            length += 1;
        }
        // A word that is longer than a line goes on on the next.
        for letter in word.chars() {
            if length == width {
                whole.push_str(&current);
                whole.push('\n');
                (current, length) = (" ".repeat(indent), indent);
            }
            current.push(letter);
            length += 1;
        }
        is_empty = false;
    }
    whole + &current
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_are_broken_between_words_and_nothing_is_lost() {
        assert_eq!(wrapped("a short line", Some(20)), "a short line\n");
        assert_eq!(wrapped("one two three four", Some(9)), "one two\n  three\n  four\n");
        assert_eq!(wrapped("  one two three", Some(9)), "  one two\n    three\n");
        assert_eq!(wrapped("averyverylongword and", Some(10)), "averyveryl\n  ongword\n  and\n");
        assert_eq!(wrapped("a long line as it is\n", None), "a long line as it is\n");
        let text = "Metrics of 60 accounts at the end of 2026-09-30; in a theme any two have a correlation of at least 0.7";
        for width in 12..120 {
            let broken = wrapped(text, Some(width));
            assert!(broken.lines().all(|line| line.chars().count() <= width), "{width}: {broken}");
            let words: Vec<&str> = broken.split_whitespace().collect();
            assert!(words.concat() == text.replace(' ', ""), "{broken}");
        }
    }
}
