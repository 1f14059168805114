//! Books drawn from fixed seeds: late, backdated, corrected and repeated rows more often than not. Several draws side by side,
//! each of accounts of its own.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::books::{Books, Change, Invoice, Load, Opportunity, Payment, Plan, Seat, User};
use crate::oracle::commerce::{AccountVersion, Commerce, Line, Merge, Version};
use crate::oracle::world::{Event, LAST_DAY, World, at};

/// Numbers from a seed (SplitMix64).
pub struct Draw {
    state: u64,
    /// Which of the draws: its accounts begin with a letter of their own.
    letter: char,
}

impl Draw {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// An account of this draw.
    fn account_id(&self, index: i64) -> String {
        format!("{}{index:02}'; --", self.letter)
    }

    fn below(&mut self, end: i64) -> i64 {
        self.between(0, end)
    }

    fn between(&mut self, from: i64, end: i64) -> i64 {
        from + (self.next() % (end - from) as u64) as i64
    }

    fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as i64) as usize]
    }

    /// A day by its age before the last; edges of windows more often than what lies between.
    fn day(&mut self, youngest: i64, oldest: i64) -> NaiveDate {
        let edge = self.pick(&[0, 27, 28, 29, 30, 31, 60, 89, 90, 91, 120, 364, 365, 366]);
        let age = if self.chance(30) { edge } else { self.between(youngest, oldest) };
        LAST_DAY - TimeDelta::days(age.clamp(youngest, oldest))
    }

    /// An instant of a day, no two of them alike.
    fn moment(&mut self, day: NaiveDate) -> i64 {
        at(day, NaiveTime::MIN) + self.below(86_400) * 1_000_000 + self.below(1_000_000)
    }

    /// The row of now, written down on one of the last days, that does not say since when it holds.
    fn row_of_now(&mut self) -> Version {
        let day = self.day(0, 25);
        Version { valid_from: None, recorded_at: self.moment(day) }
    }

    fn version(&mut self, youngest: i64, oldest: i64) -> Version {
        let day = self.day(youngest, oldest);
        let lag = self.pick(&[-20, -1, 0, 0, 0, 1, 3, 45]);
        let recorded_at = self.moment(day + TimeDelta::days(lag));
        let valid_from = (!self.chance(20)).then(|| self.moment(day));
        Version { valid_from, recorded_at }
    }

    /// A later word on what held from the same time, sometimes; days or months later.
    fn correction(&mut self, of: Version) -> Option<Version> {
        let recorded_at = of.recorded_at + self.pick(&[1, 9, 90, 200]) * 86_400_000_000;
        (of.valid_from.is_some() && self.chance(25)).then_some(Version { recorded_at, ..of })
    }
}

/// The number of accounts of a draw.
const ACCOUNTS: i64 = 40;

/// The letters of the draws, the seed of what accounts have, and that of who goes on in whom.
const DRAWS: [(char, u64, u64); 3] = [('a', 4, 11), ('b', 5, 12), ('c', 6, 13)];

/// The books of all draws.
pub fn books() -> Books {
    let mut books =
        Books { world: World { zone: Tz::America__New_York, ..World::default() }, ..Books::default() };
    for (letter, of_accounts, of_moves) in DRAWS {
        let (mut draw, first) = (Draw { state: of_accounts, letter }, books.users.len());
        for index in 0..ACCOUNTS {
            let id = draw.account_id(index);
            commerce(&mut draw, &mut books.world.commerce, &id);
            changes(&mut draw, &mut books.changes, &id);
            invoices(&mut draw, &mut books.invoices, &id);
            payments(&mut draw, &mut books.payments, &id);
            opportunities(&mut draw, &mut books.opportunities, &id);
            plans(&mut draw, &mut books.plans, &id);
            users(&mut draw, &mut books, &id);
        }
        let mut draw = Draw { state: of_moves, letter };
        merges(&mut draw, &mut books.world.commerce);
        moves(&mut draw, &mut books, first);
    }
    books.loads = loads();
    books
}

/// Payments keep up, with a gap that later loads fill, until they stop; a load that failed keeps nothing up.
fn loads() -> Vec<Load> {
    let noon = NaiveTime::from_hms_opt(17, 0, 0).unwrap();
    let day = |age| LAST_DAY - TimeDelta::days(age);
    let load = |age: i64| Load {
        source: "payments",
        loaded_through: day(age + 1),
        ok: age > 7,
        loaded_at: at(day(age), noon),
    };
    (0..60).filter(|age| !(16..24).contains(age)).map(load).collect()
}

fn commerce(draw: &mut Draw, commerce: &mut Commerce, id: &str) {
    let is_known_now_only = draw.chance(30);
    for _ in 0..if is_known_now_only { 1 } else { draw.between(1, 4) } {
        let row = AccountVersion {
            account_id: id.to_owned(),
            segment: draw.pick(&["SMB", "MM", "ENT"]).to_owned(),
            is_customer: !draw.chance(10),
            is_test: draw.chance(5),
            customer_since: draw.chance(30).then(|| draw.day(-5, 900)),
            version: if is_known_now_only { draw.row_of_now() } else { draw.version(-5, 500) },
        };
        let copies = 1 + usize::from(draw.chance(10));
        commerce.accounts.extend(std::iter::repeat_n(row.clone(), copies));
        if let Some(version) = draw.correction(row.version) {
            let segment = draw.pick(&["SMB", "MM", "ENT"]).to_owned();
            commerce.accounts.push(AccountVersion { segment, version, ..row });
        }
    }
    for number in 0..draw.below(4) {
        let line_id = format!("l-{id}-{number}");
        let start = draw.day(-10, 450);
        for place in 0..draw.between(1, 4) {
            let mut row = line(draw, &line_id, id, start);
            match (place, draw.below(4)) {
                (0, 0) => row.version = draw.row_of_now(),
                (0, 1) => {
                    (row.version, row.end) = (Version::EVER, None);
                    row.start -= TimeDelta::days(300);
                }
                _ => {}
            }
            let copies = 1 + usize::from(draw.chance(10));
            commerce.lines.extend(std::iter::repeat_n(row.clone(), copies));
            if let Some(version) = draw.correction(row.version) {
                commerce.lines.push(Line { version, ..line(draw, &line_id, id, start) });
            }
        }
    }
}

/// One account in seven goes on in a later one; a day is mended now and then.
fn merges(draw: &mut Draw, commerce: &mut Commerce) {
    for index in 0..ACCOUNTS - 1 {
        if !draw.chance(15) {
            continue;
        }
        let survivor = draw.between(index + 1, ACCOUNTS);
        let (account_id, survivor_id) = (draw.account_id(index), draw.account_id(survivor));
        for _ in 0..draw.pick(&[1, 1, 2]) {
            let (merged_on, recorded_on) = (draw.day(-5, 120), draw.day(-5, 120));
            let recorded_at = draw.moment(recorded_on);
            let (account_id, survivor_id) = (account_id.clone(), survivor_id.clone());
            commerce.merges.push(Merge { account_id, survivor_id, merged_on, recorded_at });
        }
    }
}

/// One user in five goes over to another account, some of them twice; most of their events are named after it.
fn moves(draw: &mut Draw, books: &mut Books, first: usize) {
    for user in &books.users[first..] {
        if !draw.chance(20) {
            continue;
        }
        let first = user.created_on + TimeDelta::days(30);
        let other = draw.below(ACCOUNTS);
        let other = draw.account_id(other);
        if other == user.account_id {
            continue;
        }
        let mut seat = |account_id: &str, day: NaiveDate| {
            let recorded = draw.pick(&[0, 2, 40]);
            let (valid_from, recorded_at) = (draw.moment(day), draw.moment(day + TimeDelta::days(recorded)));
            let (user_id, account_id) = (user.user_id.clone(), account_id.to_owned());
            books.seats.push(Seat { user_id, account_id, valid_from, recorded_at });
            valid_from
        };
        seat(&user.account_id, user.created_on);
        let from = seat(&other, first);
        let back = user.user_id.ends_with('0').then(|| seat(&user.account_id, first + TimeDelta::days(40)));
        let of_user =
            books.world.events.iter_mut().filter(|event| event.user_id.as_ref() == Some(&user.user_id));
        for event in of_user
            .filter(|event| event.occurred_at >= from && back.is_none_or(|back| event.occurred_at < back))
        {
            if draw.chance(90) {
                event.account_id.clone_from(&other);
            }
        }
    }
}

fn line(draw: &mut Draw, line_id: &str, id: &str, start: NaiveDate) -> Line {
    let start = if draw.chance(10) { start - TimeDelta::days(draw.between(-9, 40)) } else { start };
    // One that ends on the day it starts was taken back.
    let length = draw.pick(&[0, 1, 30, 90, 200, 365, 400]);
    let in_euros = draw.chance(40);
    let elsewhere = draw.below(ACCOUNTS);
    let elsewhere = draw.account_id(elsewhere);
    Line {
        contract_id: format!("c-{id}-{}", draw.below(2)),
        account_id: if draw.chance(4) { elsewhere } else { id.to_owned() },
        product_id: draw.pick(&["core", "addon", "insight"]).to_owned(),
        seats: draw.pick(&[0, 1, 5, 12, 40]),
        arr: i128::from(draw.pick(&[0, 1, 99, 100_005, 1_234_567, 9_999_999])),
        currency: if in_euros { "EUR" } else { "USD" }.to_owned(),
        fx_rate: if in_euros { 108_333_333 } else { 100_000_000 },
        end: draw.chance(70).then(|| start + TimeDelta::days(length)),
        renewal: draw.chance(80).then(|| start + TimeDelta::days(draw.pick(&[30, 90, 200, 365, 500]))),
        auto_renew: draw.chance(50),
        is_cancelled: draw.chance(25),
        version: draw.version(-5, 460),
        ..Line::new(line_id, id, start)
    }
}

fn changes(draw: &mut Draw, changes: &mut Vec<Change>, id: &str) {
    let types =
        ["new", "renewal", "upsell", "cross_sell", "downsell", "churn", "reactivation", "price_change"];
    for number in 0..draw.below(9) {
        for _ in 0..draw.pick(&[1, 1, 1, 2]) {
            let effective_on = draw.day(-10, 420);
            let lag = TimeDelta::days(draw.pick(&[-30, 0, 0, 1, 9]));
            changes.push(Change {
                change_id: format!("{id}-{number}"),
                account_id: id.to_owned(),
                kind: draw.pick(&types),
                delta_arr: i128::from(draw.between(-5_000, 9_000)),
                effective_on,
                recorded_at: draw.moment(effective_on + lag),
            });
        }
    }
}

fn invoices(draw: &mut Draw, invoices: &mut Vec<Invoice>, id: &str) {
    for number in 0..draw.below(12) {
        let issued_on = draw.day(-3, 420);
        let due_on = issued_on + TimeDelta::days(draw.pick(&[0, 14, 30, 60]));
        let amount = i128::from(draw.between(0, 90_000));
        for _ in 0..draw.between(1, 4) {
            let paid_on = due_on + TimeDelta::days(draw.pick(&[-10, 0, 1, 20, 45]));
            let recorded_on = due_on + TimeDelta::days(draw.between(-40, 90));
            invoices.push(Invoice {
                invoice_id: format!("{id}-{number}"),
                account_id: id.to_owned(),
                issued_on,
                due_on: if draw.chance(80) { due_on } else { due_on + TimeDelta::days(30) },
                amount,
                amount_paid: amount * i128::from(draw.pick(&[0, 0, 40, 110])) / 100,
                paid_on: draw.chance(45).then_some(paid_on),
                voided_on: draw.chance(8).then_some(paid_on),
                is_disputed: draw.chance(15),
                recorded_at: draw.moment(recorded_on),
            });
        }
    }
}

fn payments(draw: &mut Draw, payments: &mut Vec<Payment>, id: &str) {
    for number in 0..draw.below(14) {
        let day = draw.day(-2, 420);
        let (attempted_at, amount) = (draw.moment(day), i128::from(draw.between(-900, 90_000)));
        let mut available_at = attempted_at;
        for delivery in 0..draw.pick(&[1, 1, 2, 3]) {
            let first = ["paid", "paid", "paid", "failed", "refunded", "chargeback"];
            let later = ["paid", "failed", "refunded", "chargeback", "chargeback"];
            payments.push(Payment {
                payment_id: format!("{id}-{number}"),
                account_id: id.to_owned(),
                attempted_at,
                amount: if draw.chance(80) { amount } else { amount / 3 },
                status: draw.pick(if delivery == 0 { &first[..] } else { &later[..] }),
                available_at,
            });
            // What becomes of it is known on the same day, some days or months later.
            available_at += 1 + draw.pick(&[0, 1, 9, 70, 100]) * 86_400_000_000;
        }
    }
}

fn opportunities(draw: &mut Draw, opportunities: &mut Vec<Opportunity>, id: &str) {
    for number in 0..draw.below(5) {
        let kind = draw.pick(&["renewal", "upsell", "cross_sell", "new"]);
        for _ in 0..draw.between(1, 4) {
            let closed_on = draw.chance(30).then(|| draw.day(-5, 100));
            let row = Opportunity {
                opportunity_id: format!("{id}-{number}"),
                account_id: id.to_owned(),
                kind,
                amount: i128::from(draw.below(5_000)) * 400,
                probability: draw.chance(80).then(|| draw.pick(&[0.0, 0.25, 0.5, 0.75, 1.0])),
                closed_on,
                version: draw.version(-5, 200),
            };
            opportunities.push(row.clone());
            if let Some(version) = draw.correction(row.version) {
                let amount = i128::from(draw.below(5_000)) * 400;
                opportunities.push(Opportunity { amount, version, ..row });
            }
        }
    }
}

fn plans(draw: &mut Draw, plans: &mut Vec<Plan>, id: &str) {
    for number in 0..draw.below(3) {
        for _ in 0..draw.between(1, 3) {
            let completed_on = draw.chance(70).then(|| draw.day(-3, 300));
            plans.push(Plan {
                plan_id: format!("{id}-{number}"),
                account_id: id.to_owned(),
                completed_on,
                recorded_at: {
                    let day = draw.day(-3, 300);
                    draw.moment(day)
                },
            });
        }
    }
}

fn users(draw: &mut Draw, books: &mut Books, id: &str) {
    for number in 0..draw.below(4) {
        let created_on = draw.day(-2, 250);
        let user = User {
            user_id: format!("u-{id}-{number}"),
            account_id: id.to_owned(),
            is_internal: draw.chance(10),
            created_on,
            activated_on: draw.chance(80).then(|| created_on + TimeDelta::days(draw.below(20))),
            deactivated_on: draw.chance(20).then(|| created_on + TimeDelta::days(draw.below(150))),
        };
        let last = draw.between(-2, 240);
        for _ in 0..draw.below(30) {
            let day = draw.day(last, 250);
            let feature = draw.pick(&[None, Some("reports"), Some("search"), Some("automation")]);
            let occurred_at = draw.moment(day);
            let events = &mut books.world.events;
            events.push(Event {
                event_id: events.len() as i64,
                account_id: id.to_owned(),
                user_id: Some(user.user_id.clone()),
                session_id: None,
                event_name: if feature.is_some() { "feature_use" } else { "login" }.to_owned(),
                feature: feature.map(str::to_owned),
                seconds: draw.pick(&[0, 1, 60, 3_600]),
                is_error: draw.chance(10),
                occurred_at,
                available_at: occurred_at,
            });
        }
        books.users.push(user);
    }
}
