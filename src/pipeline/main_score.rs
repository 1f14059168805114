//! The project's main score, and the two views that stand for it whatever its name is.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Location, SourceFile};
use crate::project::settings::Settings;
use crate::semantic::{Entity, Score};

/// The main score of a project that does not say which it is.
const DEFAULT: &str = "health";

/// The score that `main_score` names; where it is not said, `health`, or else the only score of accounts.
///
/// # Errors
/// A name that no score of accounts has.
pub fn main_score<'a>(settings: &Settings, scores: &'a [Score]) -> Result<Option<&'a Score>, Diagnostic> {
    let Some((name, place)) = &settings.main_score else { return Ok(usual(scores)) };
    // A project without any score may say already which will be its main one.
    match scores.iter().find(|score| score.name == *name) {
        None if scores.is_empty() => Ok(None),
        Some(score) if score.entity == Entity::Account => Ok(Some(score)),
        Some(_) => Err(of_users(name).at(place.clone())),
        None => Err(unknown(name, of_accounts(scores).map(|score| score.name.as_str())).at(place.clone())),
    }
}

/// A score in place of the one that was meant and is not known.
pub(super) fn stand_in(scores: &[Score]) -> Option<&Score> {
    usual(scores).or_else(|| of_accounts(scores).next())
}

/// `health`, or else the only score of accounts.
fn usual(scores: &[Score]) -> Option<&Score> {
    let only = || of_accounts(scores).next().filter(|_| of_accounts(scores).count() == 1);
    of_accounts(scores).find(|score| score.name == DEFAULT).or_else(only)
}

/// The complaint about a main score that no file declares, where the files themselves cannot be understood.
pub(super) fn undeclared(settings: &Settings, files: &[Arc<SourceFile>]) -> Option<Diagnostic> {
    let (name, place) = settings.main_score.as_ref()?;
    let names: Vec<&str> = files.iter().map(|file| stem(file)).collect();
    let is_known = names.is_empty() || names.contains(&name.as_str());
    (!is_known).then(|| unknown(name, names).at(place.clone()))
}

/// The name of the score that a file declares.
pub(super) fn stem(file: &SourceFile) -> &str {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn of_accounts(scores: &[Score]) -> impl Iterator<Item = &Score> {
    scores.iter().filter(|score| score.entity == Entity::Account)
}

fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::error("unknown-score", format!("there is no score `{}`", name.escape_debug()))
        .suggest(name, known)
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
