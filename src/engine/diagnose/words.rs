//! The engine's messages in the words of SQL: one line, no name of its own types, no trace of its insides.

use std::error::Error as StdError;

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;

use super::terms::in_sql;

/// What the engine puts before its messages: which part of it speaks, never what is wrong.
const PREFIXES: [&str; 23] = [
    "Error during planning: ",
    "Schema error: ",
    "Execution error: ",
    "External error: ",
    "External: ",
    "This feature is not implemented: ",
    "Not yet implemented: ",
    "Internal error: ",
    "Arrow error: ",
    "Parquet error: ",
    "Parquet argument error: ",
    "Object Store error: ",
    "IO error: ",
    "Io error: ",
    "SQL error: ",
    "Cast error: ",
    "Parser error: ",
    "Compute error: ",
    "Invalid argument error: ",
    "Invalid or Unsupported Configuration: ",
    "Arithmetic overflow: ",
    "Resources exhausted: ",
    "DataFusion error: ",
];

/// What stands before the columns of the row that a constraint looks at.
const OF_THE_ROW: &str = "the_row.";

/// Where a message goes over into what only the engine's authors can use.
const ENDS: [&str; 9] = [
    ". Please use Python's",
    ".\nThis issue was likely caused",
    "\nThis issue was likely caused",
    "This issue was likely caused",
    ". Please file a bug",
    ", this is a bug in DataFusion",
    " to the signature ",
    ". No function matches the given name and argument types",
    "\n\nbacktrace",
];

/// An engine error in one line, in the words of SQL.
pub fn first_line(error: &DataFusionError) -> String {
    let text = match arrow_cause(error) {
        Some(ArrowError::DivideByZero) => "division by zero".to_owned(),
        _ => error.find_root().strip_backtrace(),
    };
    plain(&text)
}

/// Arrow's own error at the root of the engine's, if that is what it is.
pub(super) fn arrow_cause(error: &DataFusionError) -> Option<&ArrowError> {
    let mut found = None;
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(inner) = cause {
        found = inner.downcast_ref::<ArrowError>().or(found);
        cause = inner.source();
    }
    found
}

/// A text of the engine's as people can read it.
pub(crate) fn plain(text: &str) -> String {
    let text = ENDS.iter().fold(text, |text, end| text.split(end).next().unwrap_or(text));
    let mut text = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = rest;
    }
    if text.starts_with("Physical plan does not support logical expression WindowFunction") {
        return "a window function cannot stand in WHERE, GROUP BY or JOIN: compute it in a query below, or filter with QUALIFY"
            .to_owned();
    }
    if let Some(said) = refusal(text) {
        return in_sql(&said);
    }
    // A message may quote another, with what is put before it.
    let text = PREFIXES.iter().fold(without_dump(text).to_owned(), |text, prefix| {
        text.replace(&format!(": {prefix}"), ": ").replace(&format!(", {prefix}"), ", ")
    });
    in_sql(text.trim_end_matches(['.', ':', ' ', ','])).replace(OF_THE_ROW, "")
}

/// What is refused at planning, where the engine speaks of how it looked for a way.
fn refusal(text: &str) -> Option<String> {
    if let Some((name, why)) = text.strip_prefix("Function '").and_then(|rest| rest.split_once('\'')) {
        // What a function of ours says itself.
        if let Some(at) = why.find(&format!("{name} takes ")) {
            return Some(why[at..].trim_end_matches('.').to_owned());
        }
        let is_refused = ["failed to match any signature", "user-defined coercion failed"];
        return is_refused.iter().any(|said| why.contains(said)).then(|| {
            format!("Function '{name}' cannot take these arguments: look at their number and their types")
        });
    }
    if let Some(selected) = text.strip_prefix("Too many columns! The subquery should only return one column")
    {
        let said =
            "a query that stands for one value, or behind IN, selects one column, and this one several";
        return Some(format!("{said}{selected}"));
    }
    let operation = text.strip_prefix("Cannot get result type for temporal operation ")?;
    Some(format!("there is no operation {}", operation.split(": ").next().unwrap_or(operation)))
}

/// A text up to where the engine prints its own values, as `Name { field: …`, and the word before that.
fn without_dump(text: &str) -> &str {
    let Some(at) = text.find(" { ") else { return text };
    let word = text[..at].rfind(char::is_whitespace).unwrap_or(0);
    if text[word..at].trim_start().starts_with(|c: char| c.is_ascii_uppercase()) {
        &text[..word]
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn types_are_those_of_sql() {
        for (engine, sql) in [
            (
                "Arrow error: Cast error: Cannot cast string 'n/a' to value of Float64 type",
                "Cannot cast string 'n/a' to value of DOUBLE type",
            ),
            ("Cannot coerce Utf8View to Timestamp(Nanosecond, None).", "Cannot coerce VARCHAR to TIMESTAMP"),
            ("Cannot coerce Timestamp(ns) + Interval(MonthDayNano)", "Cannot coerce TIMESTAMP + INTERVAL"),
            ("a Decimal128(38, 10) of List(Int64)", "a DECIMAL(38, 10) of BIGINT[]"),
            ("column Int64_count of 'my Int64' stays", "column Int64_count of 'my Int64' stays"),
            ("coercion from 'Utf8' failed", "coercion from VARCHAR failed"),
            ("Error during planning: External error: x.\nThis issue was likely caused by a bug", "x"),
            ("there isn't one of Utf8View and Int64", "there isn't one of VARCHAR and BIGINT"),
            (
                "5 / checked_subtract(staging.events.v, Int64(10)) divides by zero",
                "5 / (staging.events.v - 10) divides by zero",
            ),
            ("sum(checked_multiply(checked_add(v, Int64(1)), Int64(-2)))", "sum((v + 1) * -2)"),
            ("checked_negate(checked_add(v, w)) overflows", "(-(v + w)) overflows"),
            (
                "FILTER (WHERE t = Utf8(\"it's (x\") AND v > Int64(10) OR b = Boolean(true) OR n = Int64(NULL))",
                "FILTER (WHERE t = 'it''s (x' AND v > 10 OR b = TRUE OR n = NULL)",
            ),
            (
                "d > Date32(\"2026-09-01\") + IntervalMonthDayNano(\"1 mons\")",
                "d > DATE '2026-09-01' + INTERVAL '1 mons'",
            ),
            ("at > TimestampNanosecond(1500000000, None)", "at > TIMESTAMP '1970-01-01 00:00:01.500'"),
            ("x = Decimal128(1.20,10,2) and Float64(1.5)", "x = 1.20 and 1.5"),
            ("avg(CAST(staging.events.v AS Float64))", "avg(CAST(staging.events.v AS DOUBLE))"),
            (
                "Function 'substr' failed to match any signature, errors: Error during planning: x (DataType: Int64).",
                "Function 'substr' cannot take these arguments: look at their number and their types",
            ),
            (
                "Too many columns! The subquery should only return one column: a.x, Int64(2)",
                "a query that stands for one value, or behind IN, selects one column, and this one several: a.x, 2",
            ),
            (
                "Cannot get result type for temporal operation Interval(MonthDayNano) * Interval(MonthDayNano): Invalid argument error: x",
                "there is no operation INTERVAL * INTERVAL",
            ),
            ("count(Int64(1)) = 10", "count(*) = 10"),
            ("the_row.n + Int64(1) overflows", "n + 1 overflows"),
            (
                "Function 'local_day' user-defined coercion failed with: Error during planning: local_day takes one TIMESTAMP or DATE, not (VARCHAR).",
                "local_day takes one TIMESTAMP or DATE, not (VARCHAR)",
            ),
            (
                "sum(e.v) PARTITION BY [e.a] ORDER BY [e.t ASC NULLS LAST] ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW = 5",
                "sum(e.v) OVER (…) = 5",
            ),
            ("Unsupported ast node Named { expr: 1 } here", "Unsupported ast node"),
        ] {
            assert_eq!(plain(engine), sql);
        }
    }
}
