//! From what files say to rules: every check that needs no data, every problem with its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::amounts::{InFile, Least, Side};
use super::day::Severity;
use super::declared::{Alerts, Declared};
use super::document::{
    DecliningDocument, Document, FellDocument, FleetDocument, FromDocument, OnNullDocument, RuleDocument,
    SeverityDocument,
};
use super::rule::{Condition, FellFrom, Fleet, Measured, OnNull, Rule};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::semantic::{Entity, Score};
use crate::yaml::{self, Placed};

/// The longest that a rule may wait or look back, in days.
const LONGEST: u32 = 366;

/// The fewest accounts that are a fleet.
const FLEET: u32 = 20;

/// The rules that files declare over scores; what is wrong with them is told.
pub(crate) fn parse(files: &[Arc<SourceFile>], scores: &[Score], problems: &mut Diagnostics) -> Vec<Alerts> {
    let mut all = Vec::new();
    let mut names: BTreeMap<(String, String), Location> = BTreeMap::new();
    for file in files {
        let Some(document) = problems.keep(yaml::read::<Document>(file)) else { continue };
        let Some(score) = problems.keep(score_of(file, &document, scores)) else { continue };
        if document.alerts.value.0.is_empty() {
            let problem = Diagnostic::error("no-alert", "the file declares no rule");
            let help = "declare one as `name: {title: …, below: 40}`, or remove the file";
            problems.push(problem.at(yaml::place(file, &document.alerts)).help(help));
        }
        let in_file = InFile { file, score };
        let mut rules = Vec::new();
        for (name, written) in &document.alerts.value.0 {
            let place = yaml::place(file, name);
            problems.extend(bad_name(&name.value).map(|problem| problem.at(place.clone())));
            let key = (score.name.clone(), name.value.clone());
            match names.get(&key) {
                Some(first) => problems.push(twice(&name.value, &place, first)),
                None => drop(names.insert(key, place)),
            }
            rules.extend(in_file.rule(name, written, problems));
        }
        all.push(Alerts { score: score.name.clone(), rules, file: Arc::clone(file) });
    }
    all
}

/// The score that a file is about: one of accounts.
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
    let names: Vec<&str> = scores.iter().map(|score| score.name.as_str()).collect();
    let score = scores.iter().find(|score| score.name == name).ok_or_else(|| {
        let message = format!("there is no score `{}`", name.escape_debug());
        let problem = Diagnostic::error("unknown-score", message).at(at.clone());
        let problem = match document.score {
            Some(_) => problem,
            None => problem.help("name the score in the file: `score: …`, or call the file like it"),
        };
        if names.is_empty() {
            return problem.note("the project has no score");
        }
        problem.note(format!("there are {}", names.join(", "))).suggest(name, names.iter().copied())
    })?;
    if score.entity == Entity::Account {
        return Ok(score);
    }
    Err(Diagnostic::error(
        "alerts-of-users",
        format!("`{name}` is a score of users, and alerts are of accounts"),
    )
    .at(at)
    .help("roll the score up to accounts, and watch that"))
}

/// Names are published: lower-case letters, digits and underscores.
fn bad_name(name: &str) -> Option<Diagnostic> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let good =
        name.len() <= 60 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(letters);
    (!good).then(|| {
        let message = format!("`{}` cannot name a rule", name.escape_debug());
        Diagnostic::error("bad-name", message)
            .note("a name is a lower-case letter followed by lower-case letters, digits and underscores, at most 60")
    })
}

fn twice(name: &str, place: &Location, first: &Location) -> Diagnostic {
    let (line, _) = first.file.line_column(first.span.start);
    Diagnostic::error("duplicate-name", format!("the rule `{name}` is declared twice"))
        .at(place.clone())
        .note(format!("first in {}, line {line}", first.file.path))
}

impl InFile<'_> {
    /// A rule, if nothing is wrong with it.
    fn rule(
        &self,
        name: &Placed<String>,
        written: &RuleDocument,
        problems: &mut Diagnostics,
    ) -> Option<Declared> {
        let before = problems.len();
        let title = written.title.value.trim();
        if title.is_empty() || title.chars().any(char::is_control) {
            let problem = Diagnostic::error("bad-text", "one line of text is needed here");
            problems.push(problem.at(yaml::place(self.file, &written.title)));
        }
        let condition = self.condition(name, written, problems)?;
        let usual = Rule::new(name.value.clone(), condition);
        let mut days = |written: &Option<Placed<u32>>, least, usual| {
            written.as_ref().map_or(usual, |days| problems.keep(self.days(days, least)).unwrap_or(usual))
        };
        let rule = Rule {
            measured: Measured { every: days(&written.every, 1, usual.measured.every), ..usual.measured },
            open_after: days(&written.open_after, 0, usual.open_after),
            clear_after: days(&written.clear_after, 0, usual.clear_after),
            cooldown: days(&written.cooldown, 0, usual.cooldown),
            relapse_after: days(&written.relapse_after, 0, usual.relapse_after),
            bridge: days(&written.bridge, 0, usual.bridge),
            handled_for: days(&written.handled_for, 1, usual.handled_for),
            ack_within: written.ack_within.as_ref().and_then(|days| problems.keep(self.days(days, 0))),
            expires: written
                .expires
                .as_ref()
                .map_or(usual.expires, |written| problems.keep(self.days(written, 1))),
            escalate_by: Some(match &written.escalate_by {
                Some(by) => self.distance(by, Least::Some, problems)?,
                None => self.of_scale(0.1),
            }),
            digits: self.digits(),
            shown: self.shown(),
            ..usual
        };
        let severity = match written.severity {
            SeverityDocument::Low => Severity::Low,
            SeverityDocument::Medium => Severity::Medium,
            SeverityDocument::High => Severity::High,
        };
        (problems.len() == before).then(|| Declared { title: title.to_owned(), severity, rule })
    }

    fn condition(
        &self,
        name: &Placed<String>,
        written: &RuleDocument,
        problems: &mut Diagnostics,
    ) -> Option<Condition> {
        if let (Some(clear_at), None) = (&written.clear_at, &written.below) {
            let problem = Diagnostic::error(
                "unheard-key",
                "`clear_at` is of `below`: other rules say themselves when they are over",
            );
            problems.push(problem.at(yaml::place(self.file, clear_at)).help("leave it out"));
        }
        match (&written.fell, &written.below, &written.declining) {
            (Some(fell), None, None) => self.fell(&fell.value, problems),
            (None, Some(_), None) => self.below(written, problems),
            (None, None, Some(declining)) => self.declining(&declining.value, problems),
            _ => {
                let problem =
                    Diagnostic::error("two-rules", "a rule has one of `fell`, `below` and `declining`");
                problems.push(problem.at(yaml::place(self.file, name)));
                None
            }
        }
    }

    fn fell(&self, written: &FellDocument, problems: &mut Diagnostics) -> Option<Condition> {
        let by = self.distance(&written.by, Least::Some, problems);
        let within = match &written.within {
            Some(within) => problems.keep(self.days(within, 1)),
            None => Some(7),
        };
        let fleet = self.fleet(written.fleet.as_ref().map(|fleet| &fleet.value), problems);
        let from = match written.from {
            FromDocument::Day => FellFrom::Day,
            FromDocument::High => FellFrom::High,
        };
        Some(Condition::Fell { by: by?, within: within?, from, fleet: Some(fleet?) })
    }

    fn fleet(&self, written: Option<&FleetDocument>, problems: &mut Diagnostics) -> Option<Fleet> {
        let by = match written.and_then(|written| written.by.as_ref()) {
            Some(by) => self.distance(by, Least::Some, problems),
            None => Some(self.of_scale(0.1)),
        };
        let accounts = match written.and_then(|written| written.accounts.as_ref()) {
            Some(accounts) if accounts.value < 2 => {
                let problem = Diagnostic::error("bad-count", "fewer than two accounts are no fleet");
                problems.push(problem.at(yaml::place(self.file, accounts)));
                None
            }
            Some(accounts) => Some(accounts.value),
            None => Some(FLEET),
        };
        Some(Fleet { by: by?, accounts: accounts? })
    }

    fn below(&self, written: &RuleDocument, problems: &mut Diagnostics) -> Option<Condition> {
        let below = self.threshold(written.below.as_ref()?, Side::Above, problems);
        let Some(clear_at) = &written.clear_at else {
            let below = below?;
            let clear_at = below.at + self.of_scale(0.05);
            return Some(Condition::Below { at: below.at, inclusive: below.inclusive, clear_at });
        };
        let clear = self.threshold(clear_at, Side::Below, problems);
        let (below, clear) = (below?, clear?);
        // What belongs to the tier below is not good again yet: a step more is.
        let step = super::Decimal::step(self.digits());
        let clear_at_least = if clear.inclusive { clear.at + step } else { clear.at };
        if clear_at_least < below.at || below.inclusive && clear_at_least == below.at {
            let message = format!("what is good again from {clear_at_least} on is still below {}", below.at);
            let problem = Diagnostic::error("empty-range", message).at(yaml::place(self.file, clear_at));
            problems.push(problem.help("`clear_at` is at least `below`"));
        }
        Some(Condition::Below { at: below.at, inclusive: below.inclusive, clear_at: clear_at_least })
    }

    fn declining(&self, written: &DecliningDocument, problems: &mut Diagnostics) -> Option<Condition> {
        let times = match &written.times {
            Some(times) => problems.keep(self.days(times, 1)),
            None => Some(3),
        };
        let by_at_least = match &written.by_at_least {
            Some(by) => self.distance(by, Least::Zero, problems),
            None => Some(super::Decimal::ZERO),
        };
        let on_null = match written.on_null {
            OnNullDocument::Break => OnNull::Break,
            OnNullDocument::Skip => OnNull::Skip,
        };
        Some(Condition::Declining { times: times?, by_at_least: by_at_least?, on_null })
    }

    /// A number of days, or of measurements.
    fn days(&self, written: &Placed<u32>, least: u32) -> Result<u32, Diagnostic> {
        if (least..=LONGEST).contains(&written.value) {
            return Ok(written.value);
        }
        let message = format!("from {least} to {LONGEST} is possible here, and this is {}", written.value);
        Err(Diagnostic::error("bad-days", message).at(yaml::place(self.file, written)))
    }
}
