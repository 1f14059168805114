//! Ugly worlds, published once, side by side: customers of a few kinds, and every source with what spoils it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::sources::{Column, DAY, Dice, write_source};
use super::worlds::{id_in, put_beside, world_of};
use super::{
    adoption, advocacy, goals, kpis, onboarding, relationship, reporting, sentiment, support, surveys,
};
use crate::oracle::beginnings::not_told;
use crate::oracle::commerce::{Commerce, Merge};
use crate::oracle::merges::not_yet;
use crate::oracle::table::{Table, Value};
use crate::oracle::world::{Account, Event, LAST_DAY, World, at};
use crate::oracle::{project_of, subjects};

/// Accounts that are scored, by id: long there, new, gone and silent; `stranger` is in no CRM.
pub const IDS: [&str; 6] = ["a", "b'\"; --", "new", "gone", "silent", "stranger"];

/// Users of those accounts; `helper` is one of us.
pub const USERS: [&str; 6] = ["u1", "u2", "u3", "u'4", "u5", "helper"];

/// Days that are published, up to the last.
const PUBLISHED: u64 = 45;

/// How many worlds there are.
const WORLDS: usize = 24;

/// Of how many days of a world one is looked at; each world has others.
const EVERY: i64 = 6;

/// From which day on the log is complete, as the projects of every other world say: of the one, what looks back as far as the
/// log of two accounts that were customers before has its first value on one of the published days; of the other, windows.
const COMPLETE_FROM: [NaiveDate; 2] =
    [NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(), NaiveDate::from_ymd_opt(2026, 5, 24).unwrap()];

/// A row of expected columns.
pub type Facts = BTreeMap<&'static str, Value>;

/// What is known of a customer on a day.
pub struct Known {
    pub tenure_days: i64,
    pub joined_days: Option<i64>,
}

/// A world and its sources.
pub struct Ugly {
    number: usize,
    pub world: World,
    pub users: Vec<onboarding::User>,
    pub support: support::Rows,
    pub surveys: Vec<surveys::Survey>,
    pub relationship: relationship::Rows,
    pub advocacy: Vec<advocacy::Act>,
    pub onboarding: onboarding::Rows,
    pub sentiment: sentiment::Rows,
    pub adoption: adoption::Rows,
    pub kpis: Vec<kpis::Figure>,
    pub goals: Vec<goals::Goal>,
    pub loads: Vec<reporting::Load>,
}

static UGLY: LazyLock<Vec<Ugly>> = LazyLock::new(|| (0..WORLDS).map(Ugly::drawn).collect());
static TABLES: LazyLock<BTreeMap<&str, Table>> = LazyLock::new(published);

/// The subjects that are published.
const SUBJECTS: [&str; 12] = [
    "spine",
    "usage",
    "support",
    "surveys",
    "relationship",
    "advocacy",
    "onboarding",
    "sentiment",
    "adoption",
    "kpis",
    "goals",
    "habits",
];

impl Ugly {
    fn drawn(number: usize) -> Self {
        let dice = |subject: u64| Dice::new(subject + 100 * u64::try_from(number).unwrap());
        let account = |id: &str, age: i64, churned: Option<i64>| Account {
            account_id: id.to_owned(),
            segment: "MM".to_owned(),
            is_test: false,
            customer_since: LAST_DAY - TimeDelta::days(age),
            churned_on: churned.map(|age| LAST_DAY - TimeDelta::days(age)),
        };
        let accounts = vec![
            account(IDS[0], 170, None),
            account(IDS[1], 100, None),
            account(IDS[2], 12, None),
            account(IDS[3], 150, Some(50)),
            account(IDS[4], 60, None),
        ];
        let zone = Tz::America__New_York;
        let events = events(&mut dice(1));
        let commerce = Commerce { merges: merges(&mut dice(12)), ..Commerce::default() };
        Self {
            number,
            world: World { accounts, commerce, events, zone, ..World::default() },
            users: onboarding::users(&mut dice(2)),
            support: support::drawn(&mut dice(3)),
            surveys: surveys::drawn(&mut dice(4)),
            relationship: relationship::drawn(&mut dice(5)),
            advocacy: advocacy::drawn(&mut dice(6)),
            onboarding: onboarding::drawn(&mut dice(7)),
            sentiment: sentiment::drawn(&mut dice(8)),
            adoption: adoption::drawn(&mut dice(9)),
            kpis: kpis::drawn(&mut dice(10)),
            goals: goals::drawn(&mut dice(11)),
            loads: reporting::drawn(),
        }
    }

    /// Writes every source.
    fn write(&self, folder: &std::path::Path) {
        self.world.write(folder);
        onboarding::write_users(&self.users, folder);
        self.support.write(folder);
        surveys::write(&self.surveys, folder);
        self.relationship.write(folder);
        advocacy::write(&self.advocacy, folder);
        self.onboarding.write(folder);
        self.sentiment.write(folder);
        self.adoption.write(folder);
        kpis::write(&self.kpis, folder);
        goals::write(&self.goals, folder);
        let loads = &self.loads;
        write_source(
            folder,
            "source_status",
            vec![
                ("source", Column::words(loads, |load| load.source)),
                ("loaded_through", Column::days(loads, |load| load.loaded_through)),
                ("ok", Column::Flag(loads.iter().map(|load| load.ok).collect())),
                ("loaded_at", Column::times(loads, |load| load.loaded_at)),
            ],
        );
    }

    /// From which day on its log is complete.
    pub fn complete_from(&self) -> NaiveDate {
        COMPLETE_FROM[self.number % COMPLETE_FROM.len()]
    }

    /// A published row of a subject.
    pub fn published(
        &self,
        subject: &str,
        account_id: &str,
        day: NaiveDate,
    ) -> &'static BTreeMap<String, Value> {
        TABLES[subject].row(&id_in(self.number, account_id), day)
    }

    /// Whether a day is one of those that are looked at.
    fn is_looked_at(&self, day: NaiveDate) -> bool {
        let age = LAST_DAY.signed_duration_since(day).num_days();
        (age + i64::try_from(self.number).unwrap()) % EVERY == 0
    }

    /// What an account's people did by the end of a day, with the day; what ours did there is not among it.
    pub fn uses(&self, account_id: &str, as_of: NaiveDate) -> Vec<(NaiveDate, &Event)> {
        let theirs =
            |event: &&Event| event.account_id == account_id && event.user_id.as_deref() != Some("helper");
        let days = self
            .world
            .events
            .iter()
            .filter(theirs)
            .map(|event| (self.world.local_day(event.occurred_at), event));
        days.filter(|(day, _)| *day <= as_of).collect()
    }

    /// Seats under contract on a day.
    pub fn seats(&self, account_id: &str, day: NaiveDate) -> i64 {
        let commerce = self.world.commerce();
        let customer = commerce.customer(&self.world, account_id, day);
        customer.map_or(0, |customer| customer.lines.iter().map(|line| line.seats).sum())
    }

    /// How long an account is a customer on a day on which it is one, and how long another one has gone on in it.
    pub fn customer(&self, account_id: &str, day: NaiveDate) -> Known {
        let commerce = self.world.commerce();
        let customer = commerce.customer(&self.world, account_id, day).expect("a customer");
        Known { tenure_days: customer.tenure_days, joined_days: customer.joined_days }
    }
}

/// What the bundled project makes of all worlds, in one run for each day from which on their logs are complete.
fn published() -> BTreeMap<&'static str, Table> {
    let mut tables: BTreeMap<&str, Table> = BTreeMap::new();
    for (first, complete_from) in COMPLETE_FROM.into_iter().enumerate() {
        let (all, mut written) = (tempfile::tempdir().unwrap(), 0);
        for ugly in UGLY.iter().skip(first).step_by(COMPLETE_FROM.len()) {
            let sources = tempfile::tempdir().unwrap();
            ugly.write(sources.path());
            put_beside(sources.path(), ugly.number, written == 0, all.path());
            written += 1;
        }
        let project = project_of(&World { complete_from, ..UGLY[0].world.clone() });
        let days = (LAST_DAY - Days::new(PUBLISHED))..=LAST_DAY;
        for (subject, table) in
            SUBJECTS.into_iter().zip(subjects(project.path(), all.path(), days, &SUBJECTS))
        {
            tables.entry(subject).or_default().0.extend(table.0);
        }
    }
    tables
}

/// In every other world somebody goes on in the first account, or in the silent one, on a day at which windows end.
fn merges(dice: &mut Dice) -> Vec<Merge> {
    let mut merges = Vec::new();
    for (account_id, survivor_id) in [(IDS[3], IDS[0]), (IDS[5], IDS[4])] {
        let age = dice.pick(&[0, 5, 6, 7, 20, 26, 27, 28, 40, 55, 56, 60, 89, 90, 150, 179, 180, 364, 365]);
        let merged_on = LAST_DAY - TimeDelta::days(age);
        let merge = Merge {
            account_id: account_id.to_owned(),
            survivor_id: survivor_id.to_owned(),
            merged_on,
            recorded_at: at(merged_on, NaiveTime::MIN),
        };
        merges.extend(dice.once_in(2).then_some(merge));
    }
    merges
}

/// Usage by some people: often nothing for weeks.
fn events(dice: &mut Dice) -> Vec<Event> {
    let features = ["reports", "automation", "search", "fax"];
    let mut events = Vec::new();
    for event_id in 0..320 {
        let occurred_at = dice.moment(120);
        let feature = (!dice.once_in(3)).then(|| dice.pick(&features).to_owned());
        let account_id = dice.pick(&[IDS[0], IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]).to_owned();
        let user_id = (!dice.once_in(5)).then(|| dice.pick(&USERS).to_owned());
        let event_name = match (&feature, &user_id) {
            (Some(_), _) => "feature_use",
            (None, Some(_)) => "login",
            (None, None) => "api_call",
        };
        events.push(Event {
            event_id,
            account_id,
            user_id,
            session_id: None,
            event_name: event_name.to_owned(),
            feature,
            seconds: 60,
            is_error: dice.once_in(4),
            occurred_at,
            available_at: occurred_at + dice.below(3) * DAY,
        });
    }
    events
}

/// A count, or NULL where its source does not report.
pub fn count(reports: bool, count: usize) -> Value {
    if reports { Value::Whole(i64::try_from(count).unwrap()) } else { Value::Null }
}

/// A flag, or NULL where its source does not report.
pub fn flag(reports: bool, flag: bool) -> Value {
    if reports { Value::Flag(flag) } else { Value::Null }
}

/// A share, NULL without a base or where its source does not report.
pub fn ratio(reports: bool, part: f64, of: f64) -> Value {
    if reports && of != 0.0 { Value::Real(part / of) } else { Value::Null }
}

/// Days since another, or NULL.
pub fn days_since(reports: bool, day: Option<NaiveDate>, as_of: NaiveDate) -> Value {
    let day = day.filter(|_| reports);
    day.map_or(Value::Null, |day| Value::Whole(as_of.signed_duration_since(day).num_days()))
}

/// Holds a subject's table against an evaluator of one account and day: rows of each world, every column.
pub fn must_equal(subject: &str, expected: impl Fn(&Ugly, &str, NaiveDate) -> Facts) {
    let table = &TABLES[subject];
    assert!(table.0.keys().eq(TABLES["spine"].0.keys()), "{subject} has not the rows of the spine");
    let mut seen: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for ((day, account_id), row) in &table.0 {
        let (world, id) = world_of(account_id);
        let ugly = &UGLY[world];
        if !ugly.is_looked_at(*day) {
            continue;
        }
        let mut want = expected(ugly, id, *day);
        not_yet(want.iter_mut().map(|(column, value)| (*column, value)), ugly.customer(id, *day).joined_days);
        not_told(want.iter_mut().map(|(column, value)| (*column, value)), *day, ugly.complete_from());
        let columns =
            row.keys().map(String::as_str).filter(|name| !["account_id", "as_of_date"].contains(name));
        assert!(
            columns.eq(want.keys().copied()),
            "columns of {subject}: {:?}, {:?}",
            row.keys(),
            want.keys()
        );
        for (column, want) in want {
            let got = &row[column];
            assert!(
                close(got, &want),
                "{subject}.{column} of {account_id} on {day}: {got:?}, expected {want:?}"
            );
            let values = seen.entry(column).or_default();
            if !values.contains(&got) {
                values.push(got);
            }
        }
    }
    // A column that never changes shows nothing.
    let constant: Vec<_> =
        seen.iter().filter(|(_, values)| values.len() < 2).map(|(column, _)| column).collect();
    assert!(constant.is_empty(), "these worlds show nothing of {subject}: {constant:?}");
}

fn close(got: &Value, want: &Value) -> bool {
    match (got, want) {
        (Value::Real(got), Value::Real(want)) => (got - want).abs() <= 1e-9 * want.abs().max(1.0),
        _ => got == want,
    }
}
