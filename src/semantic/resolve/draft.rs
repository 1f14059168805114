//! What a score says as a draft, checked.

use std::sync::Arc;

use super::{number, visible};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::semantic::definition::{COMPONENTS, Challenge, Component, Draft, Score, Status};
use crate::semantic::document::{ChallengeDocument, ScoreDocument};
use crate::yaml::{self, Placed};

/// What a document says as a draft, `Some(None)` of a score that is published; `None` where that is wrong.
pub(super) fn resolve(
    (file, name): (&Arc<SourceFile>, &str),
    document: &ScoreDocument,
    problems: &mut Diagnostics,
) -> Option<Option<Draft>> {
    let replaces = document.replaces.as_ref().map(|name| (name.value.clone(), yaml::place(file, name)));
    let challenge_place = document.challenge.as_ref().map(|challenge| yaml::place(file, challenge));
    if document.status == Status::Published {
        let keys = [("replaces", replaces.map(|(_, place)| place)), ("challenge", challenge_place)];
        let misplaced = keys.into_iter().find_map(|(key, place)| Some((key, place?)));
        let Some((key, place)) = misplaced else { return Some(None) };
        let message = format!("`{key}` is said of drafts, and {name} is published");
        let help = format!("`status: draft` as well, or leave `{key}` out");
        problems.push(Diagnostic::error("not-a-draft", message).at(place).help(help));
        return None;
    }
    let before = problems.len();
    problems.extend(misnamed(name).map(|problem| problem.at(Location::whole(file))));
    problems.extend(document.was.as_ref().map(|was| {
        Diagnostic::error("renamed", "a draft has no days under another name that anybody reads")
            .at(yaml::place(file, was))
            .help("leave `was` out")
    }));
    if let (Some(place), None) = (challenge_place, &replaces) {
        problems.push(
            Diagnostic::error("missing-key", "the key `replaces` is missing")
                .at(place)
                .help("name the score that the draft is tried against"),
        );
    }
    let challenge = document.challenge.as_ref().map(|challenge| self::challenge(file, challenge, problems));
    (problems.len() == before).then(|| Some(Draft { replaces, challenge: challenge.flatten() }))
}

/// The table of components of another draft may have the name.
fn misnamed(name: &str) -> Option<Diagnostic> {
    name.ends_with(COMPONENTS).then(|| {
        let message =
            format!("`{name}` cannot name a draft: it ends as the table does with what a draft is made of");
        Diagnostic::error("reserved-name", message)
            .help("give the file a name that does not end in _components")
    })
}

fn challenge(
    file: &Arc<SourceFile>,
    document: &Placed<ChallengeDocument>,
    problems: &mut Diagnostics,
) -> Option<Challenge> {
    let salt = problems.keep(visible(file, &document.value.salt));
    let share = problems.keep(number(file, &document.value.share))?;
    if share <= 0.0 || share >= 1.0 {
        let message = format!("the share of a challenger is above 0 and below 1, and this is {share}");
        let place = yaml::place(file, &document.value.share);
        problems.push(
            Diagnostic::error("bad-number", message).at(place).help("half of all accounts: `share: 0.5`"),
        );
        return None;
    }
    Some(Challenge { share, salt: salt? })
}

/// Finds the scores that drafts would stand for, and what is wrong with the match.
pub(super) fn link(scores: &[Score], problems: &mut Diagnostics) {
    for score in scores {
        let Some((name, place)) = score.draft.as_ref().and_then(|draft| draft.replaces.as_ref()) else {
            continue;
        };
        let published = || scores.iter().filter(|other| other.draft.is_none());
        let Some(champion) = published().find(|other| other.name == *name) else {
            let is_draft = scores.iter().any(|other| other.name == *name);
            let what = if is_draft { "is a draft itself" } else { "is no score" };
            let message =
                format!("`{}` {what}, and a draft stands for one that is published", name.escape_debug());
            let problem = Diagnostic::error("unknown-score", message).at(place.clone());
            problems.push(problem.suggest(name, published().map(|other| other.name.as_str())));
            continue;
        };
        if champion.entity != score.entity {
            let message = format!(
                "{} and `{name}` are not about the same: accounts the one, users the other",
                score.name
            );
            let help = "say the same `entity` in both, or leave `replaces` out";
            problems.push(Diagnostic::error("other-entity", message).at(place.clone()).help(help));
        }
    }
}

/// A draft that a published score uses: where the score names it, and where it is declared.
pub(super) fn used(component: &Component, place: Location) -> Diagnostic {
    let declared = &component.location;
    let (line, _) = declared.file.line_column(declared.span.start);
    let message = format!("`{}` is a draft, and only a score that is a draft may use it", component.name);
    Diagnostic::error("uses-a-draft", message)
        .at(place)
        .note(format!("`{}` is declared in {}, line {line}", component.name, declared.file.path))
        .help("take `status: draft` out of the component, or make the score a draft too")
}
