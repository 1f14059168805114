//! Patterns of SQL's `SIMILAR TO`, of the whole text, as the regular expressions that DataFusion looks for anywhere in one.

use std::iter::Peekable;
use std::str::Chars;

/// How a pattern of the whole text begins; one that begins so was translated before.
const WHOLE: &str = "(?s)^(?:";

/// Whether a pattern is a translated one: rules see a plan more than once.
pub(super) fn is_regular(pattern: &str) -> bool {
    pattern.starts_with(WHOLE)
}

/// The regular expression of a pattern; `escape` makes of the letter behind it that letter itself.
pub(super) fn regular(pattern: &str, escape: char) -> String {
    let mut regular = WHOLE.to_owned();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            letter if letter == escape => escaped(letters.next(), &mut regular),
            '%' => regular.push_str(".*"),
            '_' => regular.push('.'),
            '[' => set(&mut letters, escape, &mut regular),
            '.' | '^' | '$' | '\\' => regular.extend(['\\', letter]),
            other => regular.push(other),
        }
    }
    regular + ")$"
}

fn escaped(letter: Option<char>, regular: &mut String) {
    // An escape at the end stands for nothing; left alone it is an error of the regular expression.
    regular.push('\\');
    regular.extend(letter);
}

/// A set of letters in brackets: what stands for other letters outside of it is itself within.
fn set(letters: &mut Peekable<Chars<'_>>, escape: char, regular: &mut String) {
    regular.push('[');
    regular.extend(letters.next_if_eq(&'^'));
    // At its beginning a closing bracket is one of the letters.
    if letters.next_if_eq(&']').is_some() {
        regular.push_str("\\]");
    }
    while let Some(letter) = letters.next() {
        match letter {
            ']' => return regular.push(']'),
            letter if letter == escape => escaped(letters.next(), regular),
            // A class by its name, such as [:alpha:].
            '[' if letters.peek() == Some(&':') => {
                regular.push('[');
                for letter in letters.by_ref() {
                    regular.push(letter);
                    if letter == ']' {
                        break;
                    }
                }
            }
            '[' | '^' | '&' | '~' | '\\' => regular.extend(['\\', letter]),
            other => regular.push(other),
        }
    }
}
