//! From what files say to what is expected: every check that needs no data, every problem with its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::document::{Document, Entry, Tiers};
use super::{Expectation, Expectations};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::project::settings::Settings;
use crate::semantic::{Entity, Score};
use crate::yaml::{self, Placed};

/// Who and when: of which nothing is expected twice.
type Subject = (String, String, Option<String>, NaiveDate);

/// What files expect of scores; what is wrong with them is told.
pub(crate) fn parse(
    files: &[Arc<SourceFile>],
    (scores, settings): (&[Score], &Settings),
    problems: &mut Diagnostics,
) -> Vec<Expectations> {
    let mut all = Vec::new();
    let mut seen: BTreeMap<Subject, Location> = BTreeMap::new();
    for file in files {
        let Some(document) = problems.keep(yaml::read::<Document>(file)) else { continue };
        let Some(score) = problems.keep(score_of(file, &document, scores)) else { continue };
        if document.expectations.value.is_empty() {
            let problem = Diagnostic::error("no-expectation", "the file expects nothing");
            let help = "expect something as `- {account: …, day: …, tier: …, author: …, why: …}`, or remove the file";
            problems.push(problem.at(yaml::place(file, &document.expectations)).help(help));
        }
        let mut entries = Vec::new();
        for written in &document.expectations.value {
            let in_file = InFile { file, score, history_starts: settings.history_starts };
            let Some(entry) = in_file.entry(written, problems) else { continue };
            let subject = (score.name.clone(), entry.account.clone(), entry.user.clone(), entry.day);
            match seen.get(&subject) {
                Some(first) => problems.push(twice(&entry, first)),
                None => drop(seen.insert(subject, entry.location.clone())),
            }
            entries.push(entry);
        }
        let (score, entity, warns) = (score.name.clone(), score.entity, settings.expectations.warns());
        all.push(Expectations { score, entity, warns, entries, file: Arc::clone(file) });
    }
    all
}

/// The score that a file is about.
fn score_of<'a>(
    file: &Arc<SourceFile>,
    document: &Document,
    scores: &'a [Score],
) -> Result<&'a Score, Diagnostic> {
    let stem = std::path::Path::new(&file.path).file_stem().unwrap_or_default().to_string_lossy();
    let (name, at) = match &document.score {
        Some(score) => (score.value.as_str(), yaml::place(file, score)),
        None => (stem.as_ref(), Location::whole(file)),
    };
    scores.iter().find(|score| score.name == name).ok_or_else(|| {
        let names: Vec<&str> = scores.iter().map(|score| score.name.as_str()).collect();
        let problem =
            Diagnostic::error("unknown-score", format!("there is no score `{}`", name.escape_debug())).at(at);
        let problem = match document.score {
            Some(_) => problem,
            None => problem.help("name the score in the file: `score: …`, or call the file like it"),
        };
        problem.note(format!("there are {}", names.join(", "))).suggest(name, names)
    })
}

fn twice(entry: &Expectation, first: &Location) -> Diagnostic {
    let (line, _) = first.file.line_column(first.span.start);
    Diagnostic::error("duplicate-expectation", format!("something is expected twice of {}", entry.subject()))
        .at(entry.location.clone())
        .note(format!("first in {}, line {line}", first.file.path))
        .help("say all of it in one: a tier or several, at_least, at_most")
}

/// A file, and the score that it is about.
struct InFile<'a> {
    file: &'a Arc<SourceFile>,
    score: &'a Score,
    history_starts: NaiveDate,
}

impl InFile<'_> {
    /// An expectation, if nothing is wrong with it.
    fn entry(&self, written: &Placed<Entry>, problems: &mut Diagnostics) -> Option<Expectation> {
        let before = problems.len();
        let (file, entry) = (self.file, &written.value);
        let location = yaml::place(file, &entry.account);
        let account = problems.keep(self.text(&entry.account));
        let user = self.user(entry, problems);
        let day = problems.keep(self.day(&entry.day));
        let tiers = self.tiers(entry.tier.as_ref(), problems);
        let (at_least, at_most) = self.range(entry, problems);
        let (author, why) = (problems.keep(self.text(&entry.author)), problems.keep(self.text(&entry.why)));
        if entry.tier.is_none() && entry.at_least.is_none() && entry.at_most.is_none() {
            let problem = Diagnostic::error("nothing-expected", "nothing is expected here");
            problems.push(problem.at(location.clone()).help("say which `tier`, or `at_least` and `at_most`"));
        }
        if problems.len() > before {
            return None;
        }
        let (account, day, author, why) = (account?, day?, author?, why?);
        Some(Expectation { account, user, day, tiers, at_least, at_most, author, why, location })
    }

    /// A text on one line that says something.
    fn text(&self, text: &Placed<String>) -> Result<String, Diagnostic> {
        if !text.value.trim().is_empty() && !text.value.chars().any(char::is_control) {
            return Ok(text.value.clone());
        }
        let problem = Diagnostic::error("bad-text", "one line of text is needed here");
        Err(problem.at(yaml::place(self.file, text)))
    }

    fn user(&self, entry: &Entry, problems: &mut Diagnostics) -> Option<String> {
        let score = &self.score.name;
        match (&entry.user, self.score.entity) {
            (Some(user), Entity::User) => problems.keep(self.text(user)),
            (None, Entity::Account) => None,
            (None, Entity::User) => {
                let message = format!("`{score}` is a score of users, and no user is named here");
                let problem = Diagnostic::error("missing-key", message);
                problems.push(problem.at(yaml::place(self.file, &entry.account)).help("add `user`"));
                None
            }
            (Some(user), Entity::Account) => {
                let message = format!("`{score}` is a score of accounts, not of users");
                let problem = Diagnostic::error("unknown-key", message);
                problems.push(problem.at(yaml::place(self.file, user)).help("leave `user` out"));
                None
            }
        }
    }

    fn day(&self, written: &Placed<String>) -> Result<NaiveDate, Diagnostic> {
        let problem =
            |message: String| Diagnostic::error("date", message).at(yaml::place(self.file, written));
        let text = &written.value;
        let day: NaiveDate = text.parse().map_err(|_| {
            problem(format!("`{}` is no date", text.escape_debug())).help("write it as YYYY-MM-DD")
        })?;
        if day < self.history_starts {
            let message =
                format!("{day} is before the project's history, which starts {}", self.history_starts);
            return Err(problem(message)
                .help("expect something of a later day, or let the history start earlier in hale.yml"));
        }
        Ok(day)
    }

    fn tiers(&self, written: Option<&Placed<Tiers>>, problems: &mut Diagnostics) -> Vec<String> {
        let Some(written) = written else { return Vec::new() };
        let places = match &written.value {
            Tiers::One(name) => vec![(name, yaml::place(self.file, written))],
            Tiers::Several(names) => {
                names.iter().map(|name| (&name.value, yaml::place(self.file, name))).collect()
            }
        };
        if places.is_empty() {
            let problem = Diagnostic::error("nothing-expected", "a list of no tiers expects nothing");
            problems
                .push(problem.at(yaml::place(self.file, written)).help("name a tier, or leave `tier` out"));
        }
        let mut found = Vec::new();
        for (name, place) in places {
            if self.score.tier_names().any(|tier| tier == name) {
                found.push(name.clone());
            } else {
                problems.push(self.unknown_tier(name).at(place));
            }
        }
        found
    }

    fn unknown_tier(&self, name: &str) -> Diagnostic {
        let known: Vec<&str> = self.score.tier_names().collect();
        let message = format!("`{}` is no tier of {}", name.escape_debug(), self.score.name);
        Diagnostic::error("unknown-tier", message)
            .note(format!("there are {}", known.join(", ")))
            .suggest(name, known)
    }

    /// The ends of the range, of which one at least can be reached.
    fn range(&self, entry: &Entry, problems: &mut Diagnostics) -> (Option<f64>, Option<f64>) {
        let mut number = |written: &Option<Placed<f64>>| {
            let written = written.as_ref()?;
            if written.value.is_finite() {
                return Some(written.value);
            }
            let problem = Diagnostic::error("bad-number", "a finite number is needed here");
            problems.push(problem.at(yaml::place(self.file, written)));
            None
        };
        let (least, most) = (number(&entry.at_least), number(&entry.at_most));
        let scale = self.score.scale;
        let never = |place: &Option<Placed<f64>>, message: String| {
            let place =
                place.as_ref().map_or_else(|| Location::whole(self.file), |key| yaml::place(self.file, key));
            Diagnostic::error("empty-range", message).at(place)
        };
        let reach = format!("{} goes from {} to {}", self.score.name, scale.low, scale.high);
        match (least, most) {
            (Some(least), _) if least > scale.high => {
                problems.push(never(&entry.at_least, format!("no score is {least} or more: {reach}")));
            }
            (_, Some(most)) if most < scale.low => {
                problems.push(never(&entry.at_most, format!("no score is {most} or less: {reach}")));
            }
            (Some(least), Some(most)) if least > most => {
                let message = format!("a range goes from less to more, and this goes from {least} to {most}");
                problems.push(never(&entry.at_least, message));
            }
            _ => {}
        }
        (least, most)
    }
}
