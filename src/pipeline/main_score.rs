//! The project's main score, and the two views that stand for it whatever its name is.

use crate::diagnostic::{Diagnostic, Location};
use crate::project::settings::Settings;
use crate::semantic::{Entity, Score};

/// The main score of a project that does not say which it is.
const DEFAULT: &str = "health";

/// The score that `main_score` names; where it is not said, `health`, or else the only score of accounts.
///
/// # Errors
/// A name that no score of accounts has.
pub fn main_score<'a>(settings: &Settings, scores: &'a [Score]) -> Result<Option<&'a Score>, Diagnostic> {
    let of_accounts = || scores.iter().filter(|score| score.entity == Entity::Account);
    let Some((name, place)) = &settings.main_score else {
        let only = || of_accounts().next().filter(|_| of_accounts().count() == 1);
        return Ok(of_accounts().find(|score| score.name == DEFAULT).or_else(only));
    };
    // A project without any score may say already which will be its main one.
    match scores.iter().find(|score| score.name == *name) {
        None if scores.is_empty() => Ok(None),
        Some(score) if score.entity == Entity::Account => Ok(Some(score)),
        Some(_) => Err(of_users(name).at(place.clone())),
        None => {
            Err(Diagnostic::error("unknown-score", format!("there is no score `{}`", name.escape_debug()))
                .at(place.clone())
                .suggest(name, of_accounts().map(|score| score.name.as_str())))
        }
    }
}

fn of_users(name: &str) -> Diagnostic {
    let message = format!("`{name}` is a score of users, and the main score is one of accounts");
    Diagnostic::error("main-score", message).help("roll it up to accounts, and name the roll-up")
}

/// A main score that never says of anybody that he is at risk.
pub(super) fn without_risk(score: &Score) -> Option<Diagnostic> {
    (!score.has_tier_at_risk()).then(|| {
        let message = format!("the main score `{}` has no tier that is at risk", score.name);
        Diagnostic::warning("no-tier-at-risk", message)
            .at(Location::whole(&score.file))
            .note("revenue at risk, and what else reads is_at_risk, is empty then")
            .help("`at_risk: true` at its lowest tiers")
    })
}
