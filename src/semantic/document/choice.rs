//! A word, a number, or a word with its number: what is said where some words need a number and others do not.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::yaml::Placed;

/// What was written; which words there are, and what each needs, is for `resolve` to say.
#[derive(Debug)]
pub(in crate::semantic) enum Choice {
    /// `worst`.
    Word(String),
    /// `2`.
    Number(f64),
    /// `{neutral: 2}`.
    Pair(Placed<String>, Placed<f64>),
}

/// What `give` takes, for the JSON Schema.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(in crate::semantic) enum GiveSchema {
    /// A word for the points.
    Word(GiveWord),
    /// The points themselves.
    Points(f64),
}

/// The words of `give`.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(in crate::semantic) enum GiveWord {
    /// The least points of the scale.
    Worst,
    /// The most points of the scale.
    Best,
    /// The component does not apply.
    NotApplicable,
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChoiceVisitor)
    }
}

struct ChoiceVisitor;

impl<'de> Visitor<'de> for ChoiceVisitor {
    type Value = Choice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, a number, or a word with its number")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Choice, E> {
        Ok(Choice::Word(word.to_owned()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Choice, E> {
        Ok(Choice::Number(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Choice, E> {
        Ok(Choice::Number(number as f64))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Choice, E> {
        Ok(Choice::Number(number as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Choice, A::Error> {
        let Some(word) = map.next_key()? else { return Err(de::Error::custom("expected a word")) };
        let number = map.next_value()?;
        match map.next_key::<String>()? {
            None => Ok(Choice::Pair(word, number)),
            Some(_) => Err(de::Error::custom("expected one word with its number")),
        }
    }
}
