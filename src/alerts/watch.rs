//! The alerts of a score, from what is published of it: each account's days, by each rule.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::NaiveDate;

use super::case::{Case, Stands};
use super::day::Moved;
use super::declared::Declared;
use super::files::{self, Acts, Log};
use super::history::{AccountDays, Done, History};
use super::log::{Tell, to_tell};
use super::pace::never_opens;
use super::rule::{Condition, Rule};
use super::told::{Line, Watched, of_act, of_case, of_event, of_rule, of_state};
use super::{Decimal, Row, State, replay};
use crate::diagnostic::visible;
use crate::error::{Error, Result};
use crate::evidence::Published;
use crate::explain::score_named;
use crate::project::layer::{Layer, ModelName};
use crate::read::published_day;
use crate::semantic::Score;

/// The most days of which events are told: a century.
const MOST: u32 = 36_500;

/// Why what somebody did counts for nothing where the account is there.
const NO_ALERT: &str = "no alert stood of which it could be said";

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The score; the main one where none is named.
    pub score: Option<String>,
    /// The published day; the newest where none is named.
    pub day: Option<NaiveDate>,
    /// Of how many days up to it events are told.
    pub days: u32,
    /// One account alone, with every day of these.
    pub account: Option<String>,
    /// What people did.
    pub acts: Option<PathBuf>,
    /// What was told.
    pub told: Option<PathBuf>,
    /// Whether acts count from when they were known.
    pub as_known: bool,
}

/// The alerts of a score.
///
/// # Errors
/// [`Error::Usage`] for a score, a day or an account that is not there, and for files that cannot be read; what storage and
/// engine say.
pub async fn watch(published: &Published<'_>, asked: &Asked) -> Result<Watched> {
    if !(1..=MOST).contains(&asked.days) {
        return Err(Error::Usage(format!(
            "--days: from 1 to {MOST} is possible, and this is {}",
            asked.days
        )));
    }
    let score = score_named(published.pipeline, asked.score.as_deref())?;
    let declared = published.pipeline.alerts.iter().filter(|alerts| alerts.score == score.name);
    let rules: Vec<&Declared> = declared.flat_map(|alerts| &alerts.rules).collect();
    if rules.is_empty() {
        let message =
            format!("no rule watches `{}`; declare one in sql/alerts/{}.yml", score.name, score.name);
        return Err(Error::Usage(message));
    }
    let names: Vec<&str> = rules.iter().map(|declared| declared.rule.name.as_str()).collect();
    let acts = match &asked.acts {
        Some(path) => Some(files::acts(path, &names, asked.as_known)?),
        None => None,
    };
    let table = ModelName::new(Layer::Scores, score.name.clone());
    let day = published_day(published.out, &table, asked.day).await?;
    let log = asked.told.as_ref().map(|path| files::log(path, &names, day)).transpose()?;
    let mut history = History::read(published, score, day).await?;
    let before = rules.iter().map(|declared| declared.rule.before()).max().unwrap_or_default();
    history.score_again(published, score, before).await?;
    Watch { rules: rules.iter().map(|declared| own(declared, acts.is_some())).collect(), history, acts, log }
        .told((score, day), asked)
}

/// A rule, which waits for answers only where these are told.
fn own(declared: &Declared, answers: bool) -> Declared {
    let ack_within = declared.rule.ack_within.filter(|_| answers);
    Declared { rule: Rule { ack_within, ..declared.rule.clone() }, ..declared.clone() }
}

/// Everything that states depend on.
struct Watch {
    rules: Vec<Declared>,
    history: History,
    acts: Option<Acts>,
    log: Option<Log>,
}

/// The median move of the accounts of a scorecard, by day and scorecard.
type Fleet = BTreeMap<(i32, usize), Moved>;

impl Watch {
    fn told(&self, (score, day): (&Score, NaiveDate), asked: &Asked) -> Result<Watched> {
        let mut told = Watched::new(score, day, asked.days);
        told.rules = self.rules.iter().map(of_rule).collect();
        told.notes = self.notes();
        if let Some(log) = &self.log {
            let new = self.rules.iter().filter(|declared| !log.since.contains_key(&declared.rule.name));
            told.to_tell = Some(new.map(|declared| Line::switched_on(&declared.rule.name, day)).collect());
        }
        let fleets: Vec<Fleet> = self.rules.iter().map(|declared| self.fleet(declared)).collect();
        let wanted =
            |own: &&AccountDays| asked.account.as_ref().is_none_or(|account| own.account == *account);
        let mut found = false;
        for own in self.history.accounts.iter().filter(wanted) {
            found = true;
            let rows: Vec<Vec<Row>> = self
                .rules
                .iter()
                .zip(&fleets)
                .map(|(declared, fleet)| self.rows(own, declared, fleet))
                .collect();
            self.tell(own, &rows, asked.account.is_some(), &mut told);
        }
        match &asked.account {
            Some(account) if !found => {
                let account = account.escape_debug();
                Err(Error::Usage(format!("{} has no account `{account}` up to {day}", score.name)))
            }
            _ => {
                self.acts_of_no_day(asked.account.as_deref(), &mut told);
                if asked.account.is_none() {
                    self.take_back(&mut told);
                }
                Ok(told)
            }
        }
    }

    /// What whoever reads this has to know of rules and files.
    fn notes(&self) -> Vec<String> {
        let never = |declared: &Declared| never_opens(&declared.rule, &self.history.published);
        let unknown = self.log.iter().flat_map(|log| &log.unknown).map(|(rule, lines)| {
            let (rule, lines) =
                (visible(rule), if *lines == 1 { "a line".to_owned() } else { format!("{lines} lines") });
            format!("{lines} of what was told: there is no rule `{rule}` any more, and nothing is told of it")
        });
        self.rules.iter().filter_map(never).chain(unknown).collect()
    }

    /// The rows of an account by a rule.
    fn rows(&self, own: &AccountDays, declared: &Declared, fleet: &Fleet) -> Vec<Row> {
        let before = own.before(&declared.rule);
        let acts = self.acts_of(own, &declared.rule.name);
        let moved = |day, card| fleet.get(&(day, card)).copied();
        let days =
            own.as_days(&self.history.texts, (&declared.rule, declared.severity), (&before, &acts), moved);
        replay(&declared.rule, &days)
    }

    /// What people did about an alert, each with the first day from its own on of which anything is told.
    fn acts_of(&self, own: &AccountDays, rule: &str) -> Done {
        let mut placed = Done::new();
        let subject = (own.account.clone(), rule.to_owned());
        for (day, act) in self.acts.iter().flat_map(|acts| acts.get(&subject)).flatten() {
            let at = own.days.partition_point(|told| told.day < *day);
            if let Some(told) = own.days.get(at) {
                placed.entry(told.day).or_default().push((*day, *act));
            }
        }
        placed
    }

    /// Lists what people did on days of which nothing is told: of accounts that are not there or have left, or after the last.
    fn acts_of_no_day(&self, only: Option<&str>, told: &mut Watched) {
        let (first, last) = told.span();
        let accounts = self.history.accounts.iter();
        let until: BTreeMap<&str, i32> =
            accounts.filter_map(|own| Some((own.account.as_str(), own.days.last()?.day))).collect();
        let after = format!("it lies after {}, the day that is looked at", told.as_of);
        let nobody = format!("there is no such account up to {}", told.as_of);
        let all =
            self.acts.iter().flatten().flat_map(|(subject, acts)| acts.iter().map(move |act| (subject, act)));
        for ((account, rule), (day, act)) in
            all.filter(|((account, _), _)| only.is_none_or(|only| only == account.as_str()))
        {
            let why = match until.get(account.as_str()) {
                None => nobody.as_str(),
                Some(_) if *day > last => after.as_str(),
                Some(until) if *day > *until && *day >= first => NO_ALERT,
                Some(_) => continue,
            };
            told.acts_without_alert.push(of_act((account.as_str(), rule.as_str()), (*day, *act), why));
        }
    }

    /// Takes back what was told of accounts that are not in history any more.
    fn take_back(&self, told: &mut Watched) {
        let (Some(log), Some(to)) = (&self.log, &mut told.to_tell) else { return };
        let there: BTreeSet<&str> = self.history.accounts.iter().map(|own| own.account.as_str()).collect();
        let gone = log.lines.iter().filter(|((account, _), _)| !there.contains(account.as_str()));
        for ((account, rule), lines) in gone {
            // Of what was told of an account, its rule was delivered.
            let since = log.since.get(rule).copied().or(lines.first().map(|line| line.day));
            let tell = to_tell(lines, &[], since).into_iter();
            to.extend(tell.map(|what| Line::of_nobody(account, rule, told.as_of, what)));
        }
    }

    /// How everybody moved, where a rule asks.
    fn fleet(&self, declared: &Declared) -> Fleet {
        let mut changes: BTreeMap<(i32, usize), Vec<Decimal>> = BTreeMap::new();
        if let Condition::Fell { fleet: Some(_), .. } = declared.rule.condition {
            for own in &self.history.accounts {
                let rows = self.rows(own, declared, &Fleet::new());
                for (told, row) in own.days.iter().zip(rows) {
                    if let Some(change) = row.change {
                        changes.entry((told.day, told.scorecard)).or_default().push(change);
                    }
                }
            }
        }
        changes.into_iter().map(|(key, mut changes)| (key, median(&mut changes))).collect()
    }

    /// What is told of an account.
    fn tell(&self, own: &AccountDays, rows: &[Vec<Row>], every_day: bool, told: &mut Watched) {
        let (first, last) = told.span();
        for (at, (declared, rows)) in self.rules.iter().zip(rows).enumerate() {
            for (day, row) in own.days.iter().zip(rows) {
                let owner = day.owner.map(|owner| self.history.texts.get(owner));
                let subject = (own.account.as_str(), &declared.rule, owner);
                let is_last = row.day == last;
                if is_last {
                    told.rules[at].count(row);
                }
                let is_something = is_last && row.state.is_some_and(|state| state != State::Ok);
                if is_something || every_day && row.day >= first {
                    told.states.push(of_state(subject, row));
                }
                if row.day >= first {
                    told.rules[at].count_events(row);
                    told.events.extend(row.events.iter().map(|event| of_event(subject, row, *event)));
                    let of_whom = (subject.0, declared.rule.name.as_str());
                    let ignored = row.ignored.iter().map(|act| of_act(of_whom, *act, NO_ALERT));
                    told.acts_without_alert.extend(ignored);
                }
            }
            self.still_to_tell(own, (declared, rows), told);
        }
        self.cases(own, rows, told);
    }

    fn still_to_tell(&self, own: &AccountDays, (declared, rows): (&Declared, &[Row]), told: &mut Watched) {
        let (Some(log), Some(last)) = (&self.log, rows.last()) else { return };
        let name = &declared.rule.name;
        let lines = log.lines.get(&(own.account.clone(), name.clone()));
        let tell: Vec<Tell> = to_tell(lines.map_or(&[], Vec::as_slice), rows, log.since.get(name).copied());
        let day = told.as_of;
        let lines = tell.into_iter().map(|what| Line::of(&own.account, name, day, (what, last)));
        told.to_tell.iter_mut().for_each(|told| told.extend(lines.clone()));
    }

    fn cases(&self, own: &AccountDays, rows: &[Vec<Row>], told: &mut Watched) {
        let (first, _) = told.span();
        let mut case = None;
        for (at, day) in own.days.iter().enumerate() {
            let stand: Vec<Stands> = self
                .rules
                .iter()
                .zip(rows)
                .filter_map(|(declared, rows)| stands(declared, rows.get(at)?))
                .collect();
            let (next, event) = Case::step(case, day.day, &stand);
            case = next;
            told.cases
                .extend(event.filter(|event| event.day >= first).map(|event| of_case(&own.account, event)));
        }
    }
}

/// An alert that stands on a day.
fn stands(declared: &Declared, row: &Row) -> Option<Stands> {
    row.state.filter(|state| state.is_active())?;
    Some(Stands {
        rule: declared.rule.name.clone(),
        severity: row.severity.unwrap_or(declared.severity),
        words: row.words.clone().unwrap_or_default(),
    })
}

/// The middle of some moves; of an even number of them what lies half way between the two in the middle.
fn median(changes: &mut [Decimal]) -> Moved {
    changes.sort_unstable();
    let accounts = u32::try_from(changes.len()).unwrap_or(u32::MAX);
    let (low, high) = (changes[(changes.len() - 1) / 2], changes[changes.len() / 2]);
    Moved { median: low.middle(high), accounts }
}
