//! How contracts come about: signed, grown, shrunk, renewed and ended, as the account's health has it. What is signed
//! early or late, taken back or handed over is in `paper`.
use super::contracts::{Change, Deal, Line, RATE, Term};
use super::draw::{Draw, Purpose};
use super::plant::Plant;
use super::scene::{HOUR, Scene, Stay, start_of, working_hours};

/// Months of a term.
const YEAR: i32 = 12;
/// Months of a term of the enterprises that sign for several years.
const YEARS: i32 = 3 * YEAR;
/// Of the enterprises one in so many signs for several years.
const LONG_TERMS: u32 = 4;
/// A term shorter than this many days goes with the one after it.
const SHORTEST_TERM: i32 = 45;
/// Days before a renewal in which nothing else is changed.
const QUIET: i32 = 90;
/// Where contracts begin to be given of a customer who is older: days before the first day.
const OLDEST_GIVEN: i32 = -100;
/// Days after the end of a term on which the late renewal is written down.
const LATE: i32 = 6;
/// Why customers leave, as they put it; one in five does not want to.
const REASONS: [&str; 4] = ["price", "not used enough", "went to a competitor", "project ended"];

/// Everything that an account signed by the end of the world.
pub(super) fn deal(scene: &Scene<'_>) -> Deal {
    let mut deal = Deal::default();
    let mut draw = scene.draw(Purpose::Contracts);
    let plant = scene.account.plant;
    for (nth, stay) in (0..).zip(scene.stays()) {
        let from = if plant == Plant::OldCustomer { OLDEST_GIVEN } else { stay.from };
        let mut sign = |number, currency| {
            let next_line = deal.lines.iter().map(|line| line.line + 1).max().unwrap_or(0);
            let (draw, deal) = (&mut draw, &mut deal);
            Contract { scene, number, currency, next_line, lines: Vec::new(), draw, deal }
                .live(Stay { from, ..stay });
        };
        if plant == Plant::TwoCurrencies {
            sign(0, "USD");
            sign(1, "EUR");
        } else {
            sign(nth, scene.company.currency);
        }
    }
    take_over(scene, &mut deal);
    deal
}

/// A contract being written: its lines as they stand now.
pub(super) struct Contract<'a> {
    pub(super) scene: &'a Scene<'a>,
    number: u32,
    currency: &'static str,
    next_line: u32,
    pub(super) lines: Vec<Line>,
    pub(super) draw: &'a mut Draw,
    pub(super) deal: &'a mut Deal,
}

impl Contract<'_> {
    /// The contract of one stay, from its signature to its end or that of the world.
    fn live(&mut self, stay: Stay) {
        let (contract, ends) = (self.number, self.ends_of_terms(stay));
        self.sign(stay, ends.first().copied());
        if ends.is_empty() {
            self.change_between(stay.from, stay.until.map_or(self.scene.days(), |until| until - QUIET));
            self.deal.terms.push(Term { contract, from: stay.from, until: stay.until });
        }
        let mut from = stay.from;
        for (nth, end) in ends.iter().enumerate() {
            self.change_between(from, (*end - QUIET).min(stay.until.unwrap_or(i32::MAX)));
            let billed = from + self.written_after(stay, from);
            self.deal.terms.push(Term { contract, from: billed, until: Some(*end) });
            if let Some(next) = ends.get(nth + 1) {
                self.renew(*end, *next);
            }
            from = *end;
        }
        match (stay.until, self.scene.account.merged) {
            (Some(until), Some(merged)) => self.go_over(until, merged.to),
            (Some(until), None) => self.leave(until),
            (None, _) => {}
        }
    }

    /// The days on which terms end, the last of them after the world's end or that of the stay; none without terms.
    ///
    /// Terms are years, three of them for some enterprises, back from the last day of a stay, or from some day of the month: the first one is the odd one.
    fn ends_of_terms(&mut self, stay: Stay) -> Vec<i32> {
        let odd = if self.draw.chance(0.7) { YEAR } else { 2 + self.draw.below(10) as i32 };
        let plant = self.scene.account.plant;
        match plant {
            _ if self.scene.company.is_monthly() => return Vec::new(),
            Plant::OnlyNow => return vec![self.scene.days() + 90],
            Plant::Overdue | Plant::Paperwork => return ends_of_terms(self.scene),
            _ => {}
        }
        let anchor = match plant {
            Plant::LateRenewal => self.scene.days() - 30,
            Plant::Contraction | Plant::Merged => self.scene.days() + 60,
            _ => stay.until.unwrap_or_else(|| self.scene.months_after(stay.from, odd)),
        };
        let horizon = stay.until.map_or(self.scene.days() + 30, |until| until - 1);
        let months = self.months_of_a_term();
        let day = |terms: i32| self.scene.months_after(anchor, terms * months);
        let back = (1..).map(|terms| day(-terms)).take_while(|day| *day >= stay.from + SHORTEST_TERM);
        let mut ends: Vec<i32> = back.collect();
        ends.reverse();
        ends.push(anchor);
        let mut terms = 1;
        while ends.last().is_some_and(|last| *last <= horizon) && stay.until.is_none() {
            ends.push(day(terms));
            terms += 1;
        }
        ends
    }

    fn months_of_a_term(&self) -> i32 {
        let account = self.scene.account;
        let is_long = account.plant == Plant::Ordinary && account.index % LONG_TERMS == 2;
        if is_long && self.scene.company.model == "enterprise" { YEARS } else { YEAR }
    }

    /// Days before the end of a term by which notice must be given: the larger the customer, the earlier.
    fn notice_days(&self) -> Option<i32> {
        let company = self.scene.company;
        let days = match company.segment {
            _ if company.is_monthly() => 14,
            "ENT" => 60,
            _ => 30,
        };
        Some(days).filter(|_| self.scene.account.plant != Plant::OnlyNow)
    }

    fn sign(&mut self, stay: Stay, end: Option<i32>) {
        let ahead = start_of(stay.from) - 14 * HOUR - i64::from(self.draw.below(20)) * 24 * HOUR;
        let written = self.written_after(stay, stay.from);
        let recorded = if written > 0 { start_of(stay.from + written) - 12 * HOUR } else { ahead };
        let seats = f64::from(self.scene.users().max(1)) * (0.7 + 0.5 * self.draw.unit());
        let seats = (seats as i64).max(1);
        let plant = self.scene.account.plant;
        if plant != Plant::ZeroSeats {
            self.add("core", seats, stay.from, end, recorded);
        }
        if self.draw.chance(0.3) && plant != Plant::ZeroSeats || plant == Plant::TwoCurrencies {
            self.add("automation", seats / 2 + 1, stay.from, end, recorded);
        }
        if self.scene.company.model == "enterprise" {
            self.add("platform", 0, stay.from, end, recorded);
        }
        let first = self.lines.len();
        let again = self.scene.account.returned == Some(stay.from);
        let kind = if again { "reactivation" } else { "new" };
        self.note(kind, (0, 0), stay.from, recorded);
        self.publish(first, stay.from, recorded);
        if plant == Plant::Paperwork {
            self.take_back(stay.from);
        }
    }

    /// Another line in the contract.
    pub(super) fn add(
        &mut self,
        product: &'static str,
        seats: i64,
        start: i32,
        end: Option<i32>,
        recorded: i64,
    ) {
        let company = self.scene.company;
        let (plan, list) = match (company.segment, company.is_monthly()) {
            (_, true) => ("starter", 18_000),
            ("ENT", _) => ("enterprise", 60_000),
            ("MM", _) => ("business", 48_000),
            _ => ("team", 30_000),
        };
        let list = match product {
            "automation" => list / 3,
            "platform" => 1_200_000 + 50_000 * i64::from(self.draw.below(60)),
            _ => list,
        };
        let discount = 1 + i64::from(self.draw.below(2_500));
        let drift = i64::from(self.draw.below(8_000_001)) - 4_000_000;
        let rate = match self.currency {
            "EUR" => 108 * RATE / 100 + drift,
            "GBP" => 127 * RATE / 100 + drift,
            _ => RATE,
        };
        self.lines.push(Line {
            account: self.scene.account.index,
            holder: self.scene.account.index,
            contract: self.number,
            line: self.next_line,
            product,
            plan,
            seats,
            price: list * (10_000 - discount) / 10_000,
            currency: self.currency,
            rate,
            start,
            end,
            auto_renew: self.renews_by_itself(),
            notice: self.notice_days(),
            cancelled: None,
            from: None,
            recorded,
        });
        self.next_line += 1;
    }

    /// What all lines are worth a year, and their seats.
    pub(super) fn totals(&self) -> (i64, i64) {
        (self.lines.iter().map(Line::worth).sum(), self.lines.iter().map(|line| line.seats).sum())
    }

    /// Notes a change since the totals were `before`.
    pub(super) fn note(&mut self, kind: &'static str, before: (i64, i64), effective: i32, recorded: i64) {
        let after = self.totals();
        self.deal.changes.push(Change {
            account: self.scene.account.index,
            signer: self.scene.account.index,
            number: self.deal.changes.len() as u32,
            contract: self.number,
            kind,
            worth: after.0 - before.0,
            seats: after.1 - before.1,
            effective,
            recorded,
        });
    }

    /// Writes down the last `count` lines as they now stand.
    pub(super) fn publish(&mut self, count: usize, effective: i32, recorded: i64) {
        let first = self.lines.len() - count;
        // What is signed late, or ahead of its time on purpose, holds from when it was signed.
        let from = if self.scene.account.plant.is_of_paper() { recorded } else { start_of(effective) };
        for line in &mut self.lines[first..] {
            line.from = Some(from).filter(|_| self.scene.account.plant != Plant::OnlyNow);
            line.recorded = recorded;
            self.deal.lines.push(line.clone());
        }
    }

    /// More seats or another product for the healthy, once in a while.
    fn change_between(&mut self, from: i32, end: i32) {
        match self.scene.account.plant {
            Plant::ZeroSeats | Plant::OnlyNow | Plant::Overdue | Plant::Paperwork => return,
            Plant::Contraction => return self.contract(from, end),
            _ => {}
        }
        let mut day = from + 30 + self.draw.below(150) as i32;
        while day < end.min(self.scene.days()) {
            let health = self.scene.health(day);
            let (wish, share, late) = (self.draw.unit(), self.draw.unit(), self.draw.below(3));
            let recorded = working_hours(self.draw, day + late as i32 - 1);
            let before = self.totals();
            let has = |product| self.lines.iter().any(|line| line.product == product);
            if health > 0.65 && wish < 0.35 {
                self.scale(1.1 + 0.3 * share);
                self.note("upsell", before, day, recorded);
                self.publish(self.lines.len(), day, recorded);
            } else if health > 0.6 && wish < 0.5 && !has("automation") {
                let seats = self.lines[0].seats / 2 + 1;
                self.add("automation", seats, day, self.lines[0].end, recorded);
                self.note("cross_sell", before, day, recorded);
                self.publish(1, day, recorded);
            } else if self.lines[0].end.is_none() && health < 0.4 && wish < 0.3 {
                self.scale(0.6 + 0.3 * share);
                self.note("downsell", before, day, recorded);
                self.publish(self.lines.len(), day, recorded);
            }
            day += 90 + self.draw.below(150) as i32;
        }
    }

    fn renews_by_itself(&self) -> bool {
        !self.scene.account.index.is_multiple_of(3)
    }

    /// Half of the seats are given back, and half of the rest.
    fn contract(&mut self, from: i32, end: i32) {
        for day in [150, 60].map(|before| self.scene.days() - before) {
            if (from..end).contains(&day) {
                let before = self.totals();
                let recorded = working_hours(self.draw, day);
                self.scale(0.5);
                self.note("downsell", before, day, recorded);
                self.publish(self.lines.len(), day, recorded);
            }
        }
    }

    /// Multiplies seats; at least one is left of each line that has any.
    fn scale(&mut self, by: f64) {
        for line in self.lines.iter_mut().filter(|line| line.seats > 0) {
            line.seats = ((line.seats as f64 * by).round() as i64).max(1);
        }
    }

    /// Another term: fewer seats for the unhappy, another price for many.
    fn renew(&mut self, day: i32, end: i32) {
        if self.scene.account.plant.is_of_paper() {
            return self.renew_on_paper(day, end);
        }
        let ahead = 3 + self.draw.below(26) as i32;
        let late = self.scene.account.plant == Plant::LateRenewal && day + 30 == self.scene.days();
        let recorded = working_hours(self.draw, if late { day + LATE } else { day - ahead });
        let (wish, share, dearer) = (self.draw.unit(), self.draw.unit(), self.draw.below(5));
        self.lines.iter_mut().for_each(|line| line.end = Some(end));
        let before = self.totals();
        self.note("renewal", before, day, recorded);
        if self.scene.health(day - ahead) < 0.45 && wish < 0.5 {
            self.scale(0.6 + 0.25 * share);
            self.note("downsell", before, day, recorded);
        }
        let before = self.totals();
        if dearer > 1 {
            let percent = i64::from(dearer) + 1;
            self.lines.iter_mut().for_each(|line| line.price += line.price * percent / 100);
            self.note("price_change", before, day, recorded);
        }
        self.publish(self.lines.len(), day, recorded);
    }

    /// The end: announced, by the day for it where the contract renews by itself; or a term that nobody renews.
    fn leave(&mut self, until: i32) {
        let mut notice = 10 + self.draw.below(50) as i32;
        let (announced, reason) = (self.draw.chance(0.6), self.draw.below(REASONS.len() as u32));
        let reason = match self.scene.account.index % 16 {
            5 => "bankruptcy",
            9 => "non-payment",
            12 => "ended by us",
            _ => REASONS[reason as usize],
        };
        if self.renews_by_itself() {
            notice = (notice + self.notice_days().unwrap_or_default()).min(QUIET - 1);
        }
        if announced || self.renews_by_itself() || self.lines[0].end.is_none() {
            let first = self.lines.iter().map(|line| line.start).max().unwrap_or(until);
            let day = (until - notice).max(first);
            let recorded = working_hours(self.draw, day);
            for line in &mut self.lines {
                (line.end, line.cancelled) = (Some(until), Some(reason));
            }
            self.publish(self.lines.len(), day, recorded);
        }
        let before = self.totals();
        self.lines.clear();
        let late = self.draw.below(3) as i32;
        let recorded = working_hours(self.draw, until + late);
        self.note("churn", before, until, recorded);
    }
}

/// The ends of terms of the planted accounts: one term ended 120 days before the end of the world and the next one ten,
/// and nobody has written down what comes after it; the other is in its second term.
fn ends_of_terms(scene: &Scene<'_>) -> Vec<i32> {
    let days = scene.days();
    if scene.account.plant == Plant::Overdue {
        vec![days - 120, days - 10]
    } else {
        vec![days - 20, days + 160]
    }
}

/// What the account in which another goes on gets from it.
fn take_over(scene: &Scene<'_>, deal: &mut Deal) {
    let accounts = scene.population.accounts.iter();
    for other in accounts.filter(|other| other.merged.is_some_and(|merged| merged.to == scene.account.index))
    {
        let theirs = self::deal(&Scene::new(scene.world, scene.population, other));
        for change in theirs.changes.iter().filter(|change| change.kind == "merge") {
            let number = deal.changes.len() as u32;
            let (account, worth, seats) = (scene.account.index, -change.worth, -change.seats);
            deal.changes.push(Change { account, number, worth, seats, ..change.clone() });
        }
    }
}
