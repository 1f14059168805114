//! The engine's expressions, as it prints them, in SQL: values, operators of ours and windows.

use arrow::datatypes::DataType;
use chrono::DateTime;

use crate::project::types::sql_name;

/// Names of the engine's types as they begin in its messages.
const TYPES: [&str; 38] = [
    "Utf8View",
    "LargeUtf8",
    "Utf8",
    "BinaryView",
    "LargeBinary",
    "FixedSizeBinary",
    "Binary",
    "Boolean",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "Float16",
    "Float32",
    "Float64",
    "Date32",
    "Date64",
    "Time32",
    "Time64",
    "Timestamp",
    "Duration",
    "Interval",
    "Decimal32",
    "Decimal64",
    "Decimal128",
    "Decimal256",
    "Dictionary",
    "List",
    "LargeList",
    "FixedSizeList",
    "ListView",
    "Struct",
    "Map",
    "RunEndEncoded",
];

/// Operators that are functions of ours, and how SQL writes them.
const OPERATORS: [(&str, &str); 6] = [
    ("checked_add", "+"),
    ("checked_subtract", "-"),
    ("checked_multiply", "*"),
    ("checked_divide", "/"),
    ("checked_shift_left", "<<"),
    ("checked_negate", "-"),
];

/// Kinds of values that the engine prints with a text in double quotes, and SQL's word before it.
const QUOTED: [(&str, &str); 13] = [
    ("Utf8", ""),
    ("LargeUtf8", ""),
    ("Utf8View", ""),
    ("Date32", "DATE "),
    ("Date64", "DATE "),
    ("Time32Second", "TIME "),
    ("Time32Millisecond", "TIME "),
    ("Time64Microsecond", "TIME "),
    ("Time64Nanosecond", "TIME "),
    ("IntervalDayTime", "INTERVAL "),
    ("IntervalYearMonth", "INTERVAL "),
    ("IntervalMonthDayNano", "INTERVAL "),
    ("Binary", "X"),
];

/// Kinds of timestamps, and how many of their ticks make a second.
const TIMESTAMPS: [(&str, i64); 4] = [
    ("TimestampSecond", 1),
    ("TimestampMillisecond", 1_000),
    ("TimestampMicrosecond", 1_000_000),
    ("TimestampNanosecond", 1_000_000_000),
];

/// A text with the engine's types and expressions put into SQL; what stands in single quotes is data or a name, and stays.
pub(crate) fn in_sql(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(next) = rest.chars().next() {
        let begins = !before.is_some_and(|c: char| c.is_alphanumeric() || c == '_');
        let known = TYPES.iter().find(|name| begins && is_word(rest, name)).map(|name| type_at(rest, name));
        let known = known.or_else(|| begins.then(|| term_at(rest, before)).flatten());
        let known = known.or_else(|| {
            let end = window_at(rest).filter(|_| before == Some(')'))?;
            Some((end, " OVER (…)".to_owned()))
        });
        let (taken, said) = match known {
            Some(known) => known,
            None if next == '\'' && begins => {
                let end = rest[1..].find('\'').map_or(rest.len(), |at| at + 2);
                (end, quoted(&rest[..end]))
            }
            None => (next.len_utf8(), next.to_string()),
        };
        told.push_str(&said);
        before = rest[..taken].chars().next_back();
        rest = &rest[taken..];
    }
    told
}

/// A quoted text, in SQL's words where it is nothing but a type.
fn quoted(text: &str) -> String {
    let inner = text.trim_matches('\'');
    match inner.parse::<DataType>() {
        Ok(data_type) if TYPES.iter().any(|name| is_word(inner, name)) => sql_name(&data_type),
        _ => text.to_owned(),
    }
}

/// Whether a text begins with a name and not with a longer one.
fn is_word(text: &str, name: &str) -> bool {
    let rest = text.strip_prefix(name);
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// How many bytes the type at the beginning of a text takes, or the value of one, and how SQL writes it.
fn type_at(text: &str, name: &str) -> (usize, String) {
    if text[name.len()..].starts_with("(\"")
        && let Some(value) = term_at(text, None)
    {
        return value;
    }
    let end = if text[name.len()..].starts_with('(') {
        name.len() + balanced(&text[name.len()..])
    } else {
        name.len()
    };
    let known = text[..end].parse::<DataType>().ok().map(|data_type| sql_name(&data_type));
    let known = known.filter(|said| !TYPES.iter().any(|name| is_word(said, name)));
    match known {
        Some(known) => (end, known),
        None => term_at(text, None).unwrap_or_else(|| (end, loosely(name))),
    }
}

/// The bytes from an opening bracket to the one that closes it.
pub(super) fn balanced(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match character {
            '\'' | '"' if quote.is_none() => quote = Some(character),
            _ if quote.is_some() => quote = quote.filter(|open| *open != character),
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// A type whose details the engine writes in a way that only it reads.
fn loosely(name: &str) -> String {
    let known = [
        ("Timestamp", "TIMESTAMP"),
        ("Time", "TIME"),
        ("Interval", "INTERVAL"),
        ("Decimal", "DECIMAL"),
        ("Duration", "DURATION"),
        ("Date", "DATE"),
        ("Struct", "STRUCT"),
        ("Map", "MAP"),
        ("Dictionary", "VARCHAR"),
        ("FixedSizeBinary", "BYTEA"),
        ("LargeBinary", "BYTEA"),
        ("Binary", "BYTEA"),
        ("UInt", "INT UNSIGNED"),
        ("Float16", "REAL"),
    ];
    let found = known.iter().find(|(begin, _)| name.starts_with(begin));
    match (found, name.parse::<DataType>()) {
        (Some((_, said)), _) => (*said).to_owned(),
        (None, Ok(data_type)) => sql_name(&data_type),
        (None, Err(_)) => "LIST".to_owned(),
    }
}

/// How many bytes the value, the operator or the call at the beginning of a text takes, and how SQL writes it. `before` is
/// the character before it, where there is one.
fn term_at(text: &str, before: Option<char>) -> Option<(usize, String)> {
    const EACH_ROW: &str = "count(Int64(1))";
    if text.starts_with(EACH_ROW) {
        return Some((EACH_ROW.len(), "count(*)".to_owned()));
    }
    let open = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    let (name, rest) = text.split_at(open);
    if let Some(quoted) = rest.strip_prefix("(\"") {
        let (_, word) = QUOTED.iter().find(|(kind, _)| *kind == name)?;
        let end = quoted.find("\")")?;
        let value = format!("{word}'{}'", quoted[..end].replace('\'', "''"));
        return Some((open + 2 + end + 2, value));
    }
    if !rest.starts_with('(') {
        return None;
    }
    let end = open + balanced(rest);
    let inner = text.get(open + 1..end - 1)?;
    if let Some((_, operator)) = OPERATORS.iter().find(|(function, _)| *function == name) {
        let alone =
            matches!(before, None | Some('(')) && matches!(text[end..].chars().next(), None | Some(')'));
        return Some((end, operation(operator, inner, alone)));
    }
    value(name, inner).map(|value| (end, value))
}

/// An operator between its operands, in brackets where something stands beside it.
fn operation(operator: &str, operands: &str, alone: bool) -> String {
    let operands: Vec<String> = listed(operands).into_iter().map(operand).collect();
    let written = match operands.as_slice() {
        [only] => format!("{operator}{only}"),
        several => several.join(&format!(" {operator} ")),
    };
    if alone { written } else { format!("({written})") }
}

/// An operand, in brackets where it is more than one name, value or call.
fn operand(text: &str) -> String {
    let said = in_sql(text);
    let mut at = 0;
    while let Some(next) = said[at..].chars().next() {
        at += match next {
            '(' => balanced(&said[at..]),
            '\'' => said[at + 1..].find('\'').map_or(said.len() - at, |end| end + 2),
            ' ' => return format!("({said})"),
            _ => next.len_utf8(),
        };
    }
    said
}

/// The parts between the commas of a list of arguments.
fn listed(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(next) = text[at..].chars().next() {
        match next {
            '(' => at += balanced(&text[at..]),
            ',' => {
                found.push(text[start..at].trim());
                at += 1;
                start = at;
            }
            _ => at += next.len_utf8(),
        }
    }
    found.push(text[start..].trim());
    found
}

/// A value that is printed as its kind and itself in brackets.
fn value(kind: &str, inner: &str) -> Option<String> {
    if let Some((_, ticks)) = TIMESTAMPS.iter().find(|(name, _)| *name == kind) {
        let first = inner.split(", ").next()?;
        return first.parse().map_or_else(|_| Some(first.to_owned()), |at| timestamp(at, *ticks));
    }
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    match kind.parse::<DataType>() {
        Ok(_) if inner == "NULL" => Some("NULL".to_owned()),
        Ok(DataType::Boolean) => Some(inner.to_uppercase()),
        Ok(of) if of.is_numeric() => is_number(inner).then(|| inner.to_owned()),
        _ if kind.starts_with("Decimal") => {
            let first = inner.split(',').next()?;
            // A type has two numbers, a value one more.
            (inner.matches(',').count() == 2).then(|| first.to_owned())
        }
        _ if kind.ends_with("List") && inner.starts_with('[') => Some(inner.to_owned()),
        _ => None,
    }
}

fn timestamp(at: i64, ticks: i64) -> Option<String> {
    let nanos = u32::try_from(at.rem_euclid(ticks) * (1_000_000_000 / ticks)).ok()?;
    let instant = DateTime::from_timestamp(at.div_euclid(ticks), nanos)?;
    Some(format!("TIMESTAMP '{}'", instant.format("%Y-%m-%d %H:%M:%S%.f")))
}

/// How many bytes of a text the window behind a call takes, as the engine prints it.
fn window_at(text: &str) -> Option<usize> {
    const FRAMES: [&str; 3] = [" ROWS BETWEEN ", " RANGE BETWEEN ", " GROUPS BETWEEN "];
    const ENDS: [&str; 3] = ["CURRENT ROW", " PRECEDING", " FOLLOWING"];
    let mut at = 0;
    for begins in [" PARTITION BY [", " ORDER BY ["] {
        if text[at..].starts_with(begins) {
            at += begins.len();
            let closing = text[at..].find(']')?;
            at += closing + 1;
        }
    }
    let frame = FRAMES.iter().find(|frame| text[at..].starts_with(*frame))?;
    at += frame.len();
    at += text[at..].find(" AND ")? + " AND ".len();
    let end = ENDS.iter().filter_map(|end| text[at..].find(end).map(|found| found + end.len())).min()?;
    Some(at + end)
}
