//! What stands in for a value that is not there, checked.

use std::sync::Arc;

use super::finite;
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::semantic::definition::{Give, OnMissing};
use crate::semantic::document::Choice;
use crate::yaml::{self, Placed};

/// The longest time that a value is carried forward, in days: ten years.
const LONGEST: f64 = 3660.0;

/// `on_missing`.
pub(super) fn on_missing(file: &Arc<SourceFile>, choice: &Placed<Choice>) -> Result<OnMissing, Diagnostic> {
    let place = yaml::place(file, choice);
    let words = ["renormalise", "neutral", "worst", "best", "carry_forward", "fail"];
    match &choice.value {
        Choice::Word(word) => match word.as_str() {
            "renormalise" => Ok(OnMissing::Renormalise),
            "worst" => Ok(OnMissing::Worst),
            "best" => Ok(OnMissing::Best),
            "fail" => Ok(OnMissing::Fail),
            "neutral" => Err(needs_number("neutral", "points", "2").at(place)),
            "carry_forward" => Err(needs_number("carry_forward", "days", "14").at(place)),
            other => Err(unknown(other, &words).at(place)),
        },
        Choice::Number(number) => {
            let message = format!("`on_missing` is a word, and this is {number}");
            Err(Diagnostic::error("unsupported-value", message)
                .at(place)
                .help(format!("`{{neutral: {number}}}` for so many points")))
        }
        Choice::Pair(word, number) => {
            let value = finite(number.value, &yaml::place(file, number))?;
            match word.value.as_str() {
                "neutral" => Ok(OnMissing::Neutral(value)),
                "carry_forward" if value.fract() == 0.0 && (1.0..=LONGEST).contains(&value) => {
                    Ok(OnMissing::CarryForward(value as u32))
                }
                "carry_forward" => {
                    let message = format!("a value cannot be carried forward for {value} days");
                    Err(Diagnostic::error("bad-number", message)
                        .at(yaml::place(file, number))
                        .help(format!("1 to {LONGEST} whole days")))
                }
                other if words.contains(&other) => Err(needs_none(other).at(yaml::place(file, word))),
                other => Err(unknown(other, &words).at(yaml::place(file, word))),
            }
        }
    }
}

/// `give` of `zero_base`.
pub(super) fn give(file: &Arc<SourceFile>, choice: &Placed<Choice>) -> Result<Give, Diagnostic> {
    let place = yaml::place(file, choice);
    let words = ["worst", "best", "not_applicable"];
    match &choice.value {
        Choice::Word(word) => match word.as_str() {
            "worst" => Ok(Give::Worst),
            "best" => Ok(Give::Best),
            "not_applicable" => Ok(Give::NotApplicable),
            other => Err(unknown(other, &words).at(place)),
        },
        Choice::Number(points) => finite(*points, &place).map(Give::Points),
        Choice::Pair(word, _) => Err(needs_none(&word.value).at(yaml::place(file, word))),
    }
}

fn needs_number(word: &str, what: &str, example: &str) -> Diagnostic {
    Diagnostic::error("missing-number", format!("`{word}` needs {what}: `{{{word}: {example}}}`"))
}

fn needs_none(word: &str) -> Diagnostic {
    Diagnostic::error("unsupported-value", format!("`{}` takes no number", word.escape_debug()))
        .help(format!("write `{}` alone", word.escape_debug()))
}

fn unknown(word: &str, words: &[&str]) -> Diagnostic {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    Diagnostic::error("unsupported-value", format!("`{}` is not supported here", word.escape_debug()))
        .note(format!("supported: {}", quoted.join(", ")))
        .suggest(word, words.iter().copied())
}
