//! `scores.<score>`: one row per account and day.

use super::CompiledModel;
use super::steps::{self, Parts, all};
use super::writer::{Column, Writer, case, number, text, texts};
use crate::semantic::definition::{Score, Tier};
use crate::semantic::resolve::score::UNSCORED;

/// The scorecard of every account until scores declare several.
const SCORECARD: &str = "default";

/// Why an account has no score.
const REASON: &str = "insufficient_coverage";

/// The model of a score.
pub(super) fn model(score: &Score) -> CompiledModel {
    let parts = Parts::new(score);
    let description = match &score.description {
        Some(description) => format!("{}\n\n{description}\n", score.title),
        None => score.title.clone(),
    };
    let mut writer = Writer::new(
        ("scores", score),
        &description,
        &columns(score),
        &["PRIMARY KEY (account_id, as_of_date)", "CHECK ((score IS NULL) = (reason IS NOT NULL))"],
    );
    steps::write(&mut writer, score, &parts);
    ranked(&mut writer);
    writer.select(&items(score), "ranked");
    writer.finish("scores", score)
}

fn columns(score: &Score) -> Vec<Column> {
    let tiers = texts(score.tiers.iter().map(|tier| tier.name.as_str()).chain([UNSCORED]));
    vec![
        Column::new("account_id", "VARCHAR NOT NULL", "the account"),
        Column::new("as_of_date", "DATE NOT NULL", "the day at whose end the score holds"),
        Column::new(
            "score",
            "DOUBLE CHECK (score BETWEEN 0 AND 100)",
            "0 to 100, unrounded; NULL when unscored",
        ),
        Column::new(
            "tier",
            format!("VARCHAR NOT NULL CHECK (tier IN ({tiers}))"),
            "the range the score is in",
        ),
        Column::new(
            "coverage",
            "DOUBLE NOT NULL CHECK (coverage BETWEEN 0 AND 1)",
            "weight of the components present over weight declared",
        ),
        Column::new("scorecard", "VARCHAR NOT NULL", "the scorecard that applied"),
        Column::new("definition", "VARCHAR NOT NULL", "content hash of the score's meaning"),
        Column::new("version", "VARCHAR NOT NULL", "version of the score as people count it"),
        Column::new(
            "reason",
            format!("VARCHAR CHECK (reason IN ({}))", text(REASON)),
            "why there is no score",
        ),
        Column::new(
            "rank",
            "BIGINT CHECK (rank >= 1)",
            "place among the scored accounts of the day, 1 is the best",
        ),
        Column::new(
            "percentile",
            "DOUBLE CHECK (percentile > 0 AND percentile <= 1)",
            "share of the day's scored accounts with at most this score",
        ),
    ]
}

fn ranked(writer: &mut Writer) {
    let items = [
        "CAST(rank() OVER (PARTITION BY as_of_date ORDER BY score DESC NULLS LAST) AS BIGINT) AS place"
            .to_owned(),
        "count(score) OVER (PARTITION BY as_of_date) AS scored_accounts".to_owned(),
    ];
    writer.step(
        "ranked",
        "Places within the day; accounts without a score come last and get none.",
        &all(items),
        "scored",
    );
}

fn items(score: &Score) -> Vec<String> {
    let scored = |then: &str| format!("CASE WHEN score IS NOT NULL THEN {then} END");
    vec![
        "account_id".to_owned(),
        "as_of_date".to_owned(),
        "score".to_owned(),
        format!("{} AS tier", tier(&score.tiers)),
        "coverage".to_owned(),
        format!("{} AS scorecard", text(SCORECARD)),
        format!("{} AS definition", text(&score.definition)),
        format!("{} AS version", text(&score.version)),
        format!("CASE WHEN score IS NULL THEN {} END AS reason", text(REASON)),
        format!("{} AS rank", scored("place")),
        format!("{} AS percentile", scored("CAST(scored_accounts - place + 1 AS DOUBLE) / scored_accounts")),
    ]
}

fn tier(tiers: &[Tier]) -> String {
    let unscored = ("score IS NULL".to_owned(), text(UNSCORED));
    let edges = tiers
        .iter()
        .filter_map(|tier| tier.below.map(|edge| (format!("score < {}", number(edge)), text(&tier.name))));
    let last = tiers.last().map(|tier| text(&tier.name));
    case("", std::iter::once(unscored).chain(edges), last.as_deref())
}
