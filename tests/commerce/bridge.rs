//! Why revenue at risk changed: each cause named from the contract lines of both days and the tiers, account by account, over
//! a generated world and over books drawn ugly.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use chrono::{Days, NaiveDate, NaiveTime};
use tempfile::TempDir;

use super::books::Books;
use super::marts::{PUBLISHED, quarter};
use super::published::{BOOKS, days, project};
use crate::oracle::commerce::{AccountVersion, Commerce, Line, Version, units};
use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::oracle::world::{GENERATED_LAST_DAY, LAST_DAY, World, at, moment, words};
use crate::pipeline::Run;

/// `compare_days` of the project.
const COMPARE_DAYS: u64 = 28;

/// The drawn books with two accounts more, and what the bundled project makes of them.
struct Drawn {
    books: Books,
    out: TempDir,
}

static DRAWN: LazyLock<Drawn> = LazyLock::new(|| {
    let [sources, out] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut books = BOOKS.clone();
    cancelled(&mut books.world.commerce);
    books.write(sources.path());
    let project = project();
    let run = Run::new(project.path(), sources.path(), out.path());
    let run = run.select(&["scores.health", "marts.revenue_at_risk_bridge"]);
    run.publish(days()).unwrap_or_else(|error| panic!("{error}"));
    Drawn { books, out }
});

/// A line that was to end, and is taken back: it is decided in another quarter. And one that ends, and another one signed to
/// end as well, with which nobody cancelled anything.
fn cancelled(commerce: &mut Commerce) {
    let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    let from = |day| Some(at(day, NaiveTime::MIN) + 12 * 3_600_000_000);
    let version = |day| Version { valid_from: from(day), recorded_at: from(day).unwrap() };
    let (signed, turned) = (day(1, 5), day(6, 15));
    for account_id in ["back", "over"] {
        commerce.accounts.push(AccountVersion {
            account_id: account_id.to_owned(),
            segment: "MM".to_owned(),
            is_customer: true,
            is_test: false,
            customer_since: Some(signed),
            version: Version::EVER,
        });
    }
    let line = |line_id: &str, account_id: &str, start| Line {
        end: Some(day(8, 31)),
        renewal: Some(day(12, 31)),
        is_cancelled: true,
        version: version(start),
        ..Line::new(line_id, account_id, start)
    };
    let back = line("back", "back", signed);
    let kept = Line { is_cancelled: false, end: Some(day(12, 31)), version: version(turned), ..back.clone() };
    let over = Line { end: Some(turned), ..line("over 1", "over", signed) };
    commerce.lines.extend([back, kept, over, line("over 2", "over", turned)]);
}

/// A world, and where what is made of it lies.
struct Told {
    world: &'static World,
    commerce: &'static Commerce,
    out: &'static Path,
}

/// A contract line of a customer on a day.
#[derive(Debug)]
struct Stood {
    line: &'static Line,
    quarter: String,
    /// Of its account: whether its tier is at risk, unknown without a score.
    is_at_risk: Option<bool>,
}

impl Stood {
    fn at_risk(&self) -> i128 {
        if self.line.is_cancelled || self.is_at_risk == Some(true) { self.line.arr_cents() } else { 0 }
    }
}

/// The lines of an account on both days, those of the first under the account in which it goes on by the second.
#[derive(Debug, Default)]
struct Both {
    before: Vec<Stood>,
    after: Vec<Stood>,
}

/// By quarter and cause: accounts whose revenue at risk changed, what was at risk, and by how much it changed, in cents.
type Bridge = BTreeMap<(String, String), (i64, i128, i128)>;

impl Told {
    fn rows(&self, table: &str, day: NaiveDate) -> Vec<Row> {
        let files = parquet_below(&self.out.join(table));
        let all = files.iter().flat_map(|path| batches(path)).flat_map(|batch| rows(&batch));
        all.filter(|row| row["as_of_date"] == Value::Day(day)).collect()
    }

    /// The lines in force on a day, each with its account.
    fn lines(&self, day: NaiveDate) -> Vec<(&'static str, Stood)> {
        let tiers: BTreeMap<String, Option<bool>> = self
            .rows("scores/health", day)
            .iter()
            .map(|row| {
                let is_at_risk = if let Value::Flag(flag) = row["is_at_risk"] { Some(flag) } else { None };
                (words(row, "account_id").unwrap(), is_at_risk)
            })
            .collect();
        let mut found = Vec::new();
        for account in self.commerce.account_ids() {
            let customer = self.commerce.customer(self.world, account, day);
            for line in customer.into_iter().flat_map(|customer| customer.lines) {
                found.push((account, Stood { line, quarter: quarter(line), is_at_risk: tiers[account] }));
            }
        }
        found
    }

    fn both(&self, day: NaiveDate) -> BTreeMap<&'static str, Both> {
        let mut of_account = BTreeMap::<&str, Both>::new();
        for (account, stood) in self.lines(day - Days::new(COMPARE_DAYS)) {
            of_account.entry(self.commerce.survivor(account, day)).or_default().before.push(stood);
        }
        for (account, stood) in self.lines(day) {
            of_account.entry(account).or_default().after.push(stood);
        }
        of_account
    }

    fn expected(&self, day: NaiveDate) -> Bridge {
        let mut bridge = Bridge::new();
        for both in self.both(day).values() {
            let quarters: BTreeSet<&String> =
                both.before.iter().chain(&both.after).map(|stood| &stood.quarter).collect();
            for quarter in quarters {
                let at_risk = |side: &[Stood]| -> i128 { there(side, quarter).map(Stood::at_risk).sum() };
                let (before, after) = (at_risk(&both.before), at_risk(&both.after));
                let key = (quarter.clone(), both.cause(quarter).to_owned());
                let row = bridge.entry(key).or_default();
                row.0 += i64::from(before != after);
                row.1 += before;
                row.2 += after - before;
            }
        }
        bridge
    }

    fn published(&self, day: NaiveDate) -> Bridge {
        let rows = self.rows("marts/revenue_at_risk_bridge", day).into_iter();
        let read = |row: Row| {
            assert_eq!(row["from_date"], Value::Day(day - Days::new(COMPARE_DAYS)));
            let key = (words(&row, "quarter").unwrap(), words(&row, "cause").unwrap());
            (key, (moment(&row, "accounts").unwrap(), units(&row, "at_risk_before"), units(&row, "change")))
        };
        rows.map(read).collect()
    }
}

/// The lines of a quarter.
fn there<'a>(side: &'a [Stood], quarter: &'a str) -> impl Iterator<Item = &'a Stood> {
    side.iter().filter(move |stood| stood.quarter == quarter)
}

impl Both {
    /// Why what the account has at risk in a quarter changed.
    fn cause(&self, quarter: &str) -> &'static str {
        let before: Vec<&Stood> = there(&self.before, quarter).collect();
        let after: Vec<&Stood> = there(&self.after, quarter).collect();
        let is_at_risk = |side: &[&Stood]| side.iter().any(|stood| stood.is_at_risk == Some(true));
        let is_cancelled = self.turned().any(|(old, new)| old.quarter == quarter || new.quarter == quarter);
        let arr_elsewhere = |side: &[Stood]| -> i128 {
            side.iter().filter(|stood| stood.quarter != quarter).map(|stood| stood.line.arr_cents()).sum()
        };
        match (before.is_empty(), after.is_empty()) {
            (true, _) if is_cancelled => "cancelled",
            (true, _) => "came",
            (_, true) if is_cancelled => "cancelled",
            (_, true) if arr_elsewhere(&self.after) > arr_elsewhere(&self.before) => "renewed",
            (_, true) => "lost",
            _ if is_at_risk(&after) && !is_at_risk(&before) => "fell",
            _ if is_at_risk(&before) && after.iter().any(|stood| stood.is_at_risk.is_none()) => "unscored",
            _ if is_at_risk(&before) && !is_at_risk(&after) => "recovered",
            _ if is_cancelled => "cancelled",
            _ => "changed",
        }
    }

    /// The lines that stand on both days and were cancelled in between, or taken back.
    fn turned(&self) -> impl Iterator<Item = (&Stood, &Stood)> {
        let on_both = self.before.iter().flat_map(|old| {
            let same = move |new: &&Stood| new.line.line_id == old.line.line_id;
            self.after.iter().filter(same).map(move |new| (old, new))
        });
        on_both.filter(|(old, new)| old.line.is_cancelled != new.line.is_cancelled)
    }
}

/// Holds the last days of a world against its lines; gives the causes that were seen.
fn must_be_told(told: &Told, last: NaiveDate, days: u64) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for day in (0..days).map(|age| last - Days::new(age)) {
        let expected = told.expected(day);
        assert_eq!(told.published(day), expected, "as of {day}");
        seen.extend(expected.into_keys().map(|(_, cause)| cause));
    }
    seen
}

#[test]
fn capability_64_each_cause_is_named_by_the_lines_of_both_days() {
    let out = PUBLISHED.out.path();
    let told = Told { world: &PUBLISHED.world, commerce: &PUBLISHED.commerce, out };
    let generated = must_be_told(&told, GENERATED_LAST_DAY, 8);
    let Drawn { books, out } = &*DRAWN;
    let told = Told { world: &books.world, commerce: &books.world.commerce, out: out.path() };
    let drawn = must_be_told(&told, LAST_DAY, 7);
    let seen: BTreeSet<String> = &generated | &drawn;
    // That nobody scores an account any more is of no line: a case of the model has it.
    for cause in ["came", "renewed", "lost", "fell", "recovered", "cancelled", "changed"] {
        assert!(seen.contains(cause), "nothing {cause}: {generated:?}, {drawn:?}");
    }
}
