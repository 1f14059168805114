//! The content hash of a score: the same meaning has the same hash.

use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::definition::{Aggregate, Bin, OnMissing, Part, Score};

/// Version of what hale makes of a definition; raised when the same definition gets other numbers.
const RULES: u32 = 1;

/// Everything that decides a published number or name, and nothing else, in one order of fields.
#[derive(Serialize)]
struct Meaning<'a> {
    rules: u32,
    score: &'a str,
    aggregate: Aggregate,
    min_coverage: f64,
    parts: Vec<PartMeaning<'a>>,
    tiers: Vec<(&'a str, Option<f64>)>,
}

#[derive(Serialize)]
struct PartMeaning<'a> {
    component: &'a str,
    weight: f64,
    value: &'a str,
    bins: &'a [Bin],
    on_missing: OnMissing,
}

/// The first 16 hexadecimal digits of the SHA-256 of the meaning's canonical JSON.
pub(super) fn hash(score: &Score) -> String {
    let meaning = Meaning {
        rules: RULES,
        score: &score.name,
        aggregate: score.aggregate,
        min_coverage: score.min_coverage,
        parts: score.parts_by_name().into_iter().map(part).collect(),
        tiers: score.tiers.iter().map(|tier| (tier.name.as_str(), tier.below)).collect(),
    };
    let json = serde_json::to_vec(&meaning).expect("numbers and texts always have a JSON form");
    Sha256::digest(json).iter().take(8).fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes every write");
        hex
    })
}

fn part(part: &Part) -> PartMeaning<'_> {
    let component = &part.component;
    PartMeaning {
        component: &component.name,
        weight: part.weight,
        value: component.value.sql(),
        bins: &component.bins,
        on_missing: component.on_missing,
    }
}
