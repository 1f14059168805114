//! Keys of a YAML mapping taken out of its text: all else stays as it was written, comments included.

use std::ops::Range;

/// What some editors put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// An entry of a mapping.
struct Entry<'a> {
    key: &'a str,
    /// From the key to the end of the value.
    whole: Range<usize>,
    /// The value.
    value: Range<usize>,
}

/// A mapping, as it is written.
enum Mapping<'a> {
    /// Keys on lines of their own.
    Block(Vec<Entry<'a>>),
    /// Within braces.
    Flow(Vec<Entry<'a>>),
}

/// A text without a key of its mapping, or of the mapping within that under `path`. `None` where there is no telling where the key
/// stands: what comes out has to be read again anyway.
pub(super) fn without(text: &str, path: &[&str], key: &str) -> Option<String> {
    if let Some(own) = text.strip_prefix(BYTE_ORDER_MARK) {
        return Some(format!("{BYTE_ORDER_MARK}{}", without(own, path, key)?));
    }
    let mut region = 0..text.len();
    for name in path {
        let (Mapping::Block(entries) | Mapping::Flow(entries)) = mapping(text, region)?;
        region = entries.into_iter().find(|entry| entry.key == *name)?.value;
    }
    let (entries, is_block) = match mapping(text, region)? {
        Mapping::Block(entries) => (entries, true),
        Mapping::Flow(entries) => (entries, false),
    };
    let at = entries.iter().position(|entry| entry.key == key)?;
    let whole = &entries[at].whole;
    let gone = if is_block {
        let start = text[..whole.start].rfind('\n').map_or(0, |end| end + 1);
        let end = text[whole.end..].find('\n').map_or(text.len(), |end| whole.end + end + 1);
        start..end
    } else {
        let before = at.checked_sub(1).map(|before| entries[before].whole.end);
        // What is said of another entry stays, and a comma before the brace with it.
        let before = before.filter(|end| !text[*end..whole.start].contains('#'));
        match (entries.get(at + 1), before) {
            (Some(next), _) => whole.start..after_own_line(text, whole.end..next.whole.start),
            (None, Some(end)) => end..whole.end,
            (None, None) => whole.clone(),
        }
    };
    Some([&text[..gone.start], &text[gone.end..]].concat())
}

/// The mapping that stands in a part of a text.
fn mapping(text: &str, region: Range<usize>) -> Option<Mapping<'_>> {
    let own = region.clone();
    let first = lines(text, region).find(|line| is_content(&text[line.clone()]))?;
    let start = first.start + indent(&text[first.clone()]);
    if text[start..].starts_with('{') {
        return flow(text, start).map(Mapping::Flow);
    }
    Some(Mapping::Block(block(text, own)))
}

/// The lines of a part of a text, without what ends them.
fn lines(text: &str, region: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut start = region.start;
    text[region].split('\n').map(move |line| {
        let own = start..start + line.len();
        start = own.end + 1;
        own
    })
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether a line is more than space, a comment, or what begins a document.
fn is_content(line: &str) -> bool {
    let own = line.trim();
    !own.is_empty() && !own.starts_with('#') && !line.starts_with("---") && !line.starts_with('%')
}

/// The entries of a mapping with its keys on lines of their own.
fn block(text: &str, region: Range<usize>) -> Vec<Entry<'_>> {
    let mut depth = None;
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for line in lines(text, region) {
        let own = &text[line.clone()];
        if !is_content(own) {
            continue;
        }
        let depth = *depth.get_or_insert(indent(own));
        let end = line.start + own.trim_end().len();
        let begins = indent(own) == depth && !own.trim_start().starts_with(['-', '}', ']']);
        match begins.then(|| keyed(text, line.start + depth..end)).flatten() {
            Some(entry) => entries.push(entry),
            None => {
                if let Some(last) = entries.last_mut() {
                    (last.whole.end, last.value.end) = (end, end);
                }
            }
        }
    }
    entries
}

/// The entries of a mapping within braces, of which the first stands at a byte.
fn flow(text: &str, brace: usize) -> Option<Vec<Entry<'_>>> {
    let mut entries = Vec::new();
    let mut at = brace + 1;
    loop {
        at = after_space(text, at);
        if text[at..].starts_with('}') {
            return Some(entries);
        }
        let end = item_end(text, at)?;
        entries.push(keyed(text, at..at + text[at..end].trim_end().len())?);
        at = if text[end..].starts_with(',') { end + 1 } else { end };
    }
}

/// A part of a text as a key and its value.
fn keyed(text: &str, whole: Range<usize>) -> Option<Entry<'_>> {
    let own = &text[whole.clone()];
    let colon = match own.chars().next()? {
        quote @ ('"' | '\'') => {
            own[1..].find(quote).map(|end| end + 2).filter(|end| own[*end..].starts_with(':'))?
        }
        _ => own
            .find(": ")
            .or_else(|| own.find(":\n"))
            .or_else(|| own.ends_with(':').then(|| own.len() - 1))?,
    };
    let key = own[..colon].trim().trim_matches(['"', '\'']);
    Some(Entry { key, value: whole.start + colon + 1..whole.end, whole })
}

/// Past white space and comments.
fn after_space(text: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        at += indent(&text[at..]);
        if !text[at..].starts_with('#') {
            return at;
        }
        at = text[at..].find('\n').map_or(text.len(), |end| at + end);
    }
}

/// Between an entry within braces and the next one: past the comma, and the comment on its line.
fn after_own_line(text: &str, between: Range<usize>) -> usize {
    let own = &text[between.clone()];
    let comma = own.find(',').map_or(0, |at| at + 1);
    let line = own[comma..].find('\n').map_or(own.len(), |end| comma + end);
    let said = own[comma..line].trim_start();
    let past = if said.is_empty() || said.starts_with('#') { line } else { comma };
    between.start + past + indent(&own[past..])
}

/// Where an item within braces ends: at the comma after it, or at the brace. `None` where none comes.
fn item_end(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    // A quote opens a text where a value can begin, and is an apostrophe elsewhere.
    let mut before = ',';
    let mut letters = text[from..].char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (Some('"'), '\\') => drop(letters.next()),
            (Some('\''), '\'') if letters.next_if(|(_, next)| *next == '\'').is_some() => {}
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if matches!(before, ',' | ':' | '{' | '[') => quote = Some(letter),
            (None, '#') if at > 0 && text[..from + at].ends_with(char::is_whitespace) => {
                while letters.peek().is_some_and(|(_, next)| *next != '\n') {
                    letters.next();
                }
            }
            (None, '{' | '[') => depth += 1,
            (None, ',' | '}') if depth == 0 => return Some(from + at),
            (None, '}' | ']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        if !letter.is_whitespace() {
            before = letter;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn a_key_on_its_own_lines_goes_and_comments_stay() {
        let text = "# Why.\ntitle: Next # its name\nstatus: draft # until autumn\n\n# How it is tried.\nchallenge:\n  share: 0.5\n  # a draw\n  \
                    salt: a\n\nversion: '2'\n";
        let gone = without(text, &[], "challenge").unwrap();
        assert_eq!(gone, text.replace("challenge:\n  share: 0.5\n  # a draw\n  salt: a\n", ""));
        assert_eq!(without(text, &[], "status").unwrap(), text.replace("status: draft # until autumn\n", ""));
        assert_eq!(without(text, &[], "replaces"), None);
    }

    #[test]
    fn a_key_within_braces_goes_with_one_comma() {
        let text = "{title: 'it''s, so', status: draft, note: it's, tags: [a, {status: x}]}\n";
        assert_eq!(without(text, &[], "status").unwrap(), text.replace("status: draft, ", ""));
        let last = "use: {title: \"a \\\" }\", value: n, status: draft}\nother: {title: x, status: draft}\n";
        let gone = without(last, &["use"], "status").unwrap();
        assert_eq!(gone, "use: {title: \"a \\\" }\", value: n}\nother: {title: x, status: draft}\n");
        assert_eq!(without("a: {status: draft}", &["a"], "status").unwrap(), "a: {}");
    }

    #[test]
    fn a_key_of_one_entry_is_not_that_of_another() {
        let text = "one:\n  title: One\n  status: draft\n  bins:\n  - {points: 0}\n  - points: 4\ntwo:\n  status: draft\n  title: Two\n";
        let gone = without(text, &["two"], "status").unwrap();
        assert_eq!(gone, text.replace("two:\n  status: draft\n", "two:\n"));
        let gone = without(text, &["one"], "bins").unwrap();
        assert_eq!(gone, text.replace("  bins:\n  - {points: 0}\n  - points: 4\n", ""));
    }

    #[test]
    fn lines_within_braces_may_have_comments() {
        let text = "use: {\n  title: Use, # a, b}\n  status: draft,\n  value: n,\n}\n";
        assert_eq!(without(text, &["use"], "status").unwrap(), text.replace("status: draft,\n  ", ""));
    }

    #[test]
    fn comments_of_other_entries_within_braces_stay() {
        let text = "{status: draft, # why draft\n # about version\n version: '2'}\n";
        assert_eq!(without(text, &[], "status").unwrap(), "{# about version\n version: '2'}\n");
        let last = "use: {\n  title: Use, # its name\n  status: draft\n}\n";
        assert_eq!(without(last, &["use"], "status").unwrap(), "use: {\n  title: Use, # its name\n  \n}\n");
        let first = "use: {\n  status: draft,\n  # about the title\n  title: Use\n}\n";
        assert_eq!(without(first, &["use"], "status").unwrap(), first.replace("status: draft,\n  ", ""));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_key() {
        assert_eq!(
            without("\u{feff}status: draft\ntitle: x\n", &[], "status").unwrap(),
            "\u{feff}title: x\n"
        );
    }
}
