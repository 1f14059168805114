//! What stands beside a draft: what the score says that it would stand for, and which of the two an account falls to.

use super::steps::all;
use super::writer::{Column, Writer, real, text};
use crate::project::identifier::identifier;
use crate::semantic::definition::Score;

/// The columns of a draft that its score will not have.
pub(super) fn columns(score: &Score) -> Vec<Column> {
    let mut columns = Vec::new();
    if score.champion().is_some() {
        columns.extend([
            Column::new(
                "champion_score",
                "DOUBLE",
                "what the published score says that this one would stand for; NULL where it says nothing",
            ),
            Column::new("champion_tier", "VARCHAR", "tier of the published score that this one would stand for; NULL where it has no row of this day"),
        ]);
    }
    columns.extend(score.challenge().map(|_| {
        Column::new(
            "arm",
            "VARCHAR NOT NULL CHECK (arm IN ('champion', 'challenger'))",
            "which of the two may open alerts: the challenger where the first 8 bytes of SHA-256 of salt, a zero byte and \
             account_id, as a big-endian number by 2^64, are less than the share",
        )
    }));
    columns
}

/// Writes the step with the published score beside each row, where there is one to stand for; tells the name of the last step.
pub(super) fn beside(writer: &mut Writer, score: &Score, from: &str) -> String {
    let Some(champion) = score.champion() else { return from.to_owned() };
    let key = score.entity.key().iter().chain(&["as_of_date"]);
    let on: Vec<String> = key.map(|key| format!("c.{key} = {from}.{key}")).collect();
    let items =
        [format!("{from}.*"), "c.score AS champion_score".to_owned(), "c.tier AS champion_tier".to_owned()];
    let joined =
        format!("{from}\n  LEFT JOIN scores.{} AS c\n    ON {}", identifier(champion), on.join(" AND "));
    writer.step("beside", "What is published in the place for which this is a draft.", &items, &joined);
    let Some(challenge) = score.challenge() else { return "beside".to_owned() };
    let place = format!("hashed_share({}, account_id)", text(&challenge.salt));
    let arm =
        format!("CASE WHEN {place} < {} THEN 'challenger' ELSE 'champion' END AS arm", real(challenge.share));
    writer.step("drawn", "Which of the two an account falls to.", &all([arm]), "beside");
    "drawn".to_owned()
}

/// The items of [`columns`].
pub(super) fn items(score: &Score) -> Vec<String> {
    columns(score).iter().map(Column::name).collect()
}
