//! Roll-ups, worked out again member by member: random families, random members' scores, random definitions.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use proptest::prelude::*;

use super::components;
use super::engines::{self, Record, double, integer, text};
use super::numbers::check;

const DAY: i32 = 20_000;

const TIERS: [&str; 3] = ["low", "mid", "high"];

/// One account or user on one day.
#[derive(Debug, Clone)]
struct Member {
    account: u8,
    user: Option<u8>,
    day: i32,
    above: Option<u8>,
    weight: Option<f64>,
    active: Option<bool>,
    /// Its row of the score that is rolled up, which may be missing, and its number, which may be.
    scored: Option<Option<f64>>,
}

impl Member {
    fn tier(&self) -> &'static str {
        self.rank().map_or("unscored", |rank| TIERS[rank])
    }

    /// The place of its tier, from 0.
    fn rank(&self) -> Option<usize> {
        let score = self.scored.flatten()?;
        Some(if score < 30.0 {
            0
        } else if score < 60.0 {
            1
        } else {
            2
        })
    }
}

/// What a roll-up declares.
#[derive(Debug, Clone)]
struct Definition {
    of_users: bool,
    measure: &'static str,
    weighted: bool,
    only_active: bool,
    /// How many of the members' tiers are at risk.
    at_risk: usize,
    with_parent: bool,
    own: bool,
    min_coverage: f64,
}

fn definitions() -> impl Strategy<Value = Definition> {
    let measure = prop::sample::select(vec!["mean", "worst", "best", "share_at_risk"]);
    let at_risk = prop::sample::select(vec![1, 2]);
    let coverage = prop::sample::select(vec![0.0, 0.5, 0.6, 1.0]);
    (any::<[bool; 5]>(), measure, at_risk, coverage).prop_map(|(flags, measure, at_risk, min_coverage)| {
        let [of_users, weighted, only_active, with_parent, own] = flags;
        let (with_parent, own) = (with_parent && !of_users, own && !of_users);
        Definition { of_users, measure, weighted, only_active, at_risk, with_parent, own, min_coverage }
    })
}

fn families() -> impl Strategy<Value = Vec<Member>> {
    let ugly = [0.0, -1.0, f64::NAN, f64::INFINITY, 0.00001, 0.0001, 1e13, 9.9e12];
    let weight = prop_oneof![
        4 => (1u32..100_000).prop_map(|weight| Some(f64::from(weight) / 100.0)),
        1 => prop::sample::select(ugly.to_vec()).prop_map(Some),
        1 => Just(None),
    ];
    let number = prop_oneof![
        3 => (0u32..=1000).prop_map(|score| Some(f64::from(score) / 10.0)),
        1 => (0.0..100.0).prop_map(|score: f64| Some((score * 1e10).floor() / 1e10)),
        1 => Just(None),
    ];
    let one = (0u8..8, 0u8..30, 0i32..3, prop::option::weighted(0.8, 0u8..9), weight, any::<Option<bool>>());
    let one = (one, prop::option::weighted(0.9, number));
    prop::collection::vec(one, 0..160).prop_map(|all| {
        let members = all.into_iter().map(|((account, user, day, above, weight, active), scored)| Member {
            account,
            user: Some(user),
            day: DAY + day,
            above,
            weight,
            active,
            scored,
        });
        // One row for a user and day; whether users or accounts are meant is for the definition to say.
        let rows: BTreeMap<_, _> = members.map(|member| ((member.user, member.day), member)).collect();
        rows.into_values().collect()
    })
}

fn account(at: u8) -> String {
    format!("a{at}")
}

/// The members as accounts, one row of each and day.
fn as_accounts(members: &[Member]) -> Vec<Member> {
    let named =
        members.iter().map(|member| ((member.account, member.day), Member { user: None, ..member.clone() }));
    named.collect::<BTreeMap<_, _>>().into_values().collect()
}

fn yaml(definition: &Definition) -> [String; 2] {
    let entity = if definition.of_users { "entity: user\n" } else { "" };
    let of = format!(
        "title: Of each\nversion: '1'\n{entity}components: [one]\n\
         tiers: [{{name: low, below: 30, at_risk: true}}, {{name: mid, below: 60, at_risk: {}}}, {{name: high}}]\n",
        definition.at_risk > 1
    );
    let mut keys = vec![format!("of: each, to: above, measure: {}", definition.measure)];
    keys.extend(definition.weighted.then(|| "weight: seats".to_owned()));
    keys.extend(definition.only_active.then(|| "where_member: active".to_owned()));
    keys.extend(definition.with_parent.then(|| "parent: included".to_owned()));
    keys.push(format!("fallback: {}", if definition.own { "own" } else { "unscored" }));
    let rolled = format!(
        "title: Of all\nversion: '1'\nmin_coverage: {}\nroll_up: {{{}}}\n\
         tiers: [{{name: poor, below: 50}}, {{name: fine}}]\n",
        definition.min_coverage,
        keys.join(", ")
    );
    [of, rolled]
}

/// What an account gets, by the plainest reading of its definition.
#[derive(Debug, Default)]
struct Expected {
    members: i64,
    scored: i64,
    score: Option<f64>,
    share_at_risk: Option<f64>,
    basis: &'static str,
}

fn weight(definition: &Definition, member: &Member) -> Option<f64> {
    let declared = if definition.weighted { member.weight } else { Some(1.0) };
    declared.filter(|weight| *weight >= 1e-4 && *weight < 1e13)
}

/// Whether a row may be somebody's member at all.
fn counts(definition: &Definition, member: &Member) -> bool {
    (!definition.only_active || member.active == Some(true)) && weight(definition, member).is_some()
}

fn expected(definition: &Definition, members: &[Member], of: u8, day: i32) -> Expected {
    let today = || members.iter().filter(|member| member.day == day && counts(definition, member));
    let is_itself = |member: &&Member| member.user.is_none() && member.account == of;
    let below: Vec<&Member> =
        today().filter(|member| member.above == Some(of) && !is_itself(member)).collect();
    let parent = today().find(|member| is_itself(member) && definition.with_parent && !below.is_empty());
    let family: Vec<&Member> =
        below.iter().copied().chain(parent).filter(|one| one.scored.is_some()).collect();
    let scored: Vec<(f64, f64, bool)> = family
        .iter()
        .filter_map(|member| {
            let weight = weight(definition, member).expect("it counts");
            let score = member.scored.flatten()?;
            Some((weight, score, member.rank()? < definition.at_risk))
        })
        .collect();
    let total: f64 = scored.iter().map(|(weight, ..)| weight).sum();
    let mean = |of: &dyn Fn(&(f64, f64, bool)) -> f64| {
        (!scored.is_empty()).then(|| scored.iter().map(|one| one.0 * of(one)).sum::<f64>() / total)
    };
    let scores = scored.iter().map(|(_, score, _)| *score);
    let of_members = match definition.measure {
        "mean" => mean(&|(_, score, _)| *score),
        "worst" => scores.reduce(f64::min),
        "best" => scores.reduce(f64::max),
        _ => mean(&|(.., at_risk)| if *at_risk { 0.0 } else { 100.0 }),
    };
    let coverage = scored.len() as f64 / family.len().max(1) as f64;
    let of_members = of_members.filter(|_| coverage >= definition.min_coverage);
    let itself = members.iter().find(|member| member.day == day && is_itself(member));
    let own = itself.and_then(|member| member.scored.flatten()).filter(|_| definition.own);
    Expected {
        members: family.len() as i64,
        scored: scored.len() as i64,
        score: of_members.or(own),
        share_at_risk: mean(&|(.., at_risk)| f64::from(u8::from(*at_risk))),
        basis: match (of_members, own) {
            (Some(_), _) => "members",
            (None, Some(_)) => "own",
            _ => "none",
        },
    }
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .expect("columns of one length")
}

fn texts(rows: &[Member], of: impl Fn(&Member) -> Option<String>) -> ArrayRef {
    Arc::new(rows.iter().map(of).collect::<StringArray>())
}

fn days(rows: &[Member]) -> ArrayRef {
    Arc::new(rows.iter().map(|row| Some(row.day)).collect::<Date32Array>())
}

/// The members' metrics and scores, and the accounts that get a row.
fn tables(definition: &Definition, members: &[Member], roster: &[Member]) -> engines::Tables {
    let key = |rows: &[Member]| {
        let mut key =
            vec![("account_id", texts(rows, |row| Some(account(row.account)))), ("as_of_date", days(rows))];
        if definition.of_users {
            key.push(("user_id", texts(rows, |row| row.user.map(|user| format!("u{user}")))));
        }
        key
    };
    let mut metrics = key(members);
    metrics.extend([
        ("above", texts(members, |row| row.above.map(account))),
        ("seats", Arc::new(members.iter().map(|row| row.weight).collect::<Float64Array>()) as ArrayRef),
        ("active", Arc::new(members.iter().map(|row| row.active).collect::<BooleanArray>())),
        ("one", Arc::new(Int64Array::from(vec![1; members.len()]))),
    ]);
    let with_row: Vec<Member> = members.iter().filter(|row| row.scored.is_some()).cloned().collect();
    let mut scores = key(&with_row);
    scores.extend([
        (
            "score",
            Arc::new(with_row.iter().map(|row| row.scored.flatten()).collect::<Float64Array>()) as ArrayRef,
        ),
        ("tier", texts(&with_row, |row| Some(row.tier().to_owned()))),
        (
            "is_at_risk",
            Arc::new(
                with_row
                    .iter()
                    .map(|row| row.rank().map(|rank| rank < definition.at_risk))
                    .collect::<BooleanArray>(),
            ),
        ),
    ]);
    let accounts = if definition.of_users {
        batch(vec![
            ("account_id", texts(roster, |row| Some(account(row.account)))),
            ("as_of_date", days(roster)),
        ])
    } else {
        batch(metrics.clone())
    };
    let mut tables = vec![("metrics.accounts", accounts), ("scores.each", batch(scores))];
    if definition.of_users {
        tables.push(("metrics.users", batch(metrics)));
    }
    tables
}

fn published(definition: &Definition, members: &[Member], roster: &[Member]) -> [Vec<Record>; 2] {
    let [of, rolled] = yaml(definition);
    let one = "one: {title: One, value: one, linear: {from: 0, to: 1, points: [0, 1]}}";
    let files = [
        halescore::diagnostic::SourceFile::new("sql/scores/each.yml", &of),
        halescore::diagnostic::SourceFile::new("sql/scores/rolled.yml", &rolled),
    ];
    let parsed = halescore::semantic::parse(&[components(one)], &files);
    let models = parsed.unwrap_or_else(|problems| panic!("{problems}\n{rolled}")).compile();
    let tables = tables(definition, members, roster);
    ["components", "scores"].map(|layer| {
        let model = models
            .iter()
            .find(|model| model.layer == layer && model.sql.contains(&format!("TABLE {layer}.rolled (")));
        let query = model.expect("of the roll-up").query();
        engines::run(&tables, query, 2).unwrap_or_else(|error| panic!("{error}\n{query}"))
    })
}

fn key(record: &Record) -> (String, String) {
    (text(record, "account_id").expect("a key"), record["as_of_date"].to_string())
}

#[test]
fn roll_ups_are_what_they_are_member_by_member() {
    let made_of = ["members", "own", "none"].map(|basis| (basis, Cell::new(0)));
    check(40, &(definitions(), families()), |(definition, users)| {
        let roster = as_accounts(&users);
        let members = if definition.of_users { users } else { roster.clone() };
        let [behind, scores] = published(&definition, &members, &roster);
        prop_assert_eq!(scores.len(), roster.len());
        let scores: HashMap<_, _> = scores.into_iter().map(|record| (key(&record), record)).collect();
        for row in &roster {
            let day = datafusion::common::ScalarValue::Date32(Some(row.day)).to_string();
            let found = &scores[&(account(row.account), day)];
            let expected = expected(&definition, &members, row.account, row.day);
            prop_assert_eq!(integer(found, "members"), Some(expected.members), "{:?}", expected);
            prop_assert_eq!(integer(found, "scored_members"), Some(expected.scored));
            let basis = text(found, "basis").expect("never NULL");
            prop_assert_eq!(&basis, expected.basis, "{:?} {:?}", expected, row);
            let (_, seen) = made_of.iter().find(|(name, _)| *name == basis).expect("one of three");
            seen.set(seen.get() + 1);
            for (column, value) in [("raw_score", expected.score), ("share_at_risk", expected.share_at_risk)]
            {
                let number = double(found, column);
                let same = number.zip(value).is_none_or(|(ours, theirs)| (ours - theirs).abs() <= 2e-10);
                prop_assert!(
                    number.is_some() == value.is_some() && same,
                    "{} {:?} {:?}",
                    column,
                    number,
                    value
                );
            }
            let tier = match double(found, "score") {
                None => "unscored",
                Some(score) if score < 50.0 => "poor",
                Some(_) => "fine",
            };
            prop_assert_eq!(text(found, "tier").expect("never NULL"), tier);
        }
        let mut sums: HashMap<_, f64> = HashMap::new();
        for record in &behind {
            let made_of_members =
                text(&scores[&key(record)], "basis").is_some_and(|basis| basis == "members");
            prop_assert_eq!(double(record, "contribution").is_some(), made_of_members);
            if let Some(part) = double(record, "contribution") {
                *sums.entry(key(record)).or_default() += part;
            }
        }
        for (key, sum) in sums {
            prop_assert!((sum - double(&scores[&key], "raw_score").expect("of members")).abs() < 1e-9);
        }
        let counted: i64 = scores.values().filter_map(|record| integer(record, "members")).sum();
        let of_roster = |record: &&Record| scores.contains_key(&key(record));
        prop_assert_eq!(behind.iter().filter(of_roster).count() as i64, counted);
        Ok(())
    });
    for (basis, seen) in made_of {
        assert!(seen.get() > 50, "only {} rows are made of {basis}", seen.get());
    }
}
