//! Contracts by chance, on the edges of the days that are looked at more often than not.

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};

use super::naive::{HORIZONS, LEAD_DAYS};
use crate::laws::Draw;
use crate::oracle::commerce::{AccountVersion, Line, Merge, RETURN_GAP_DAYS, Version};
use crate::oracle::world::{LAST_DAY, World, at};

/// How many days are looked at.
pub const DAYS: u64 = 8;

const ACCOUNTS: usize = 40;

/// The days about which an account is drawn: observed, end of the lead, end of the horizon.
#[derive(Clone, Copy)]
struct Edges {
    observed_on: NaiveDate,
    lead_until: NaiveDate,
    until: NaiveDate,
}

fn pick<T: Copy>(draw: &mut Draw, from: &[T]) -> T {
    from[draw.below(from.len())]
}

fn chance(draw: &mut Draw, percent: usize) -> bool {
    draw.below(100) < percent
}

fn moved(day: NaiveDate, by: i64) -> NaiveDate {
    day + TimeDelta::days(by)
}

/// A version that holds from a day on.
fn from(day: NaiveDate) -> Version {
    let noon = at(day, NaiveTime::from_hms_opt(12, 0, 0).unwrap());
    Version { valid_from: Some(noon), recorded_at: noon }
}

fn account_id(index: usize) -> String {
    format!("{index:02}'; --")
}

impl Edges {
    fn of(draw: &mut Draw) -> Self {
        let day = LAST_DAY - Days::new(draw.below(DAYS as usize) as u64);
        let until = day - Days::new(RETURN_GAP_DAYS);
        let lead_until = until - Days::new(pick(draw, &HORIZONS));
        Self { observed_on: lead_until - Days::new(LEAD_DAYS), lead_until, until }
    }

    /// One of them, or near it, or between.
    fn day(self, draw: &mut Draw) -> NaiveDate {
        let edge = pick(draw, &[self.observed_on, self.lead_until, self.until]);
        if chance(draw, 60) {
            return moved(edge, pick(draw, &[-1, 0, 1, 2]));
        }
        let span = (self.until - self.observed_on).num_days() as usize;
        moved(self.observed_on, draw.below(span + 60) as i64)
    }
}

/// A world: who signed what, who leaves and who goes on in whom.
pub fn world(seed: u64) -> World {
    let (mut draw, mut world) = (Draw(seed), World::default());
    for index in 0..ACCOUNTS {
        let edges = Edges::of(&mut draw);
        let id = account_id(index);
        let merged = (index + 1 < ACCOUNTS && chance(&mut draw, 30)).then(|| {
            let survivor_id = account_id(index + 1 + draw.below(ACCOUNTS - index - 1));
            (survivor_id, edges.day(&mut draw))
        });
        crm(&mut draw, &mut world, &id, edges);
        if let Some((survivor_id, _)) = merged.as_ref().filter(|_| chance(&mut draw, 40)) {
            let merge = goes_over_late(&mut draw, &mut world, (&id, survivor_id), edges);
            world.commerce.merges.push(merge);
            continue;
        }
        for number in 0..1 + draw.below(3) {
            line(&mut draw, &mut world, (&id, number), edges, merged.as_ref());
        }
        world.commerce.merges.extend(merged.map(|(survivor_id, merged_on)| {
            let recorded_at = from(merged_on).recorded_at;
            Merge { account_id: id, survivor_id, merged_on, recorded_at }
        }));
    }
    world
}

/// An account whose only line has ended at the end of the horizon, and that goes on in another one while it may still come
/// back, with a line that is new.
fn goes_over_late(
    draw: &mut Draw,
    world: &mut World,
    (account_id, survivor_id): (&str, &str),
    edges: Edges,
) -> Merge {
    let end = edges.until - Days::new(draw.below(9) as u64);
    let merged_on = moved(end, 1 + draw.below(RETURN_GAP_DAYS as usize) as i64);
    let start = moved(edges.observed_on, -100);
    let old = Line {
        end: Some(end),
        version: from(start),
        ..Line::new(&format!("l-{account_id}"), account_id, start)
    };
    let arr = pick(draw, &[0, 99, 120_000, 500_000]);
    let new = Line::new(&format!("{}-next", old.line_id), survivor_id, merged_on);
    world.commerce.lines.extend([old, Line { arr, version: from(merged_on), ..new }]);
    let (account_id, survivor_id) = (account_id.to_owned(), survivor_id.to_owned());
    Merge { account_id, survivor_id, merged_on, recorded_at: from(merged_on).recorded_at }
}

fn crm(draw: &mut Draw, world: &mut World, id: &str, edges: Edges) {
    let mut row = AccountVersion {
        account_id: id.to_owned(),
        segment: pick(draw, &["SMB", "MM", "ENT"]).to_owned(),
        is_customer: true,
        is_test: chance(draw, 4),
        customer_since: None,
        version: Version::EVER,
    };
    world.commerce.accounts.push(row.clone());
    if chance(draw, 40) {
        row.segment = pick(draw, &["SMB", "MM", "ENT"]).to_owned();
        row.is_customer = !chance(draw, 15);
        row.version = from(edges.day(draw));
        world.commerce.accounts.push(row);
    }
}

/// A line with what becomes of it, and maybe another one after it.
fn line(
    draw: &mut Draw,
    world: &mut World,
    (account, number): (&str, usize),
    edges: Edges,
    merged: Option<&(String, NaiveDate)>,
) {
    let start = moved(edges.observed_on, pick(draw, &[-700, -400, -200, -31, -1, 0, 1]));
    let mut line = Line::new(&format!("l-{account}-{number}"), account, start);
    line.end = (!chance(draw, 15)).then(|| edges.day(draw).max(moved(start, 1)));
    (line.arr, line.auto_renew) = (pick(draw, &[0, 1, 99, 100_005, 1_234_567]), chance(draw, 60));
    if chance(draw, 30) {
        (line.currency, line.fx_rate) = ("EUR".to_owned(), 108_333_333);
    }
    let to_go = line.end.map_or(30, |end| (end - edges.observed_on).num_days());
    let days = pick(draw, &[None, Some(0), Some(14), Some(to_go), Some(to_go - 1), Some(to_go + 1)]);
    line.notice_days = days.map(|days| days.max(0));
    line.version = if chance(draw, 5) { Version::EVER } else { from(moved(start, pick(draw, &[-9, 0]))) };
    if chance(draw, 5) {
        line.version.valid_from = None;
    }
    let versions = versions(draw, &line, edges, merged);
    let last = versions.last().unwrap().clone();
    world.commerce.lines.extend(versions);
    if let Some(end) = last.end.filter(|_| chance(draw, 50)) {
        let start = moved(end, pick(draw, &[0, 1, 10, 28, 29, 30, 31, 60]));
        let next = Line {
            line_id: format!("{}-next", last.line_id),
            start,
            end: chance(draw, 60).then(|| moved(start, pick(draw, &[20, 365]))),
            arr: pick(draw, &[last.arr, 99, 1_300_000]),
            is_cancelled: false,
            version: from(moved(start, pick(draw, &[-20, 0, 3]))),
            ..last
        };
        world.commerce.lines.push(next);
    }
}

/// How a line changes: each version is the one before with something else, from a later day on.
fn versions(draw: &mut Draw, first: &Line, edges: Edges, merged: Option<&(String, NaiveDate)>) -> Vec<Line> {
    let mut turns: Vec<(NaiveDate, usize)> =
        (0..draw.below(4)).map(|_| (edges.day(draw), draw.below(5))).collect();
    if let (Some(end), true) = (first.end, chance(draw, 40)) {
        turns.push((moved(end, pick(draw, &[-40, -1, 0, 10, 29, 30])), 0));
    }
    if chance(draw, 30) {
        // Too late to be heard of, or just not.
        let known_on = moved(edges.until, RETURN_GAP_DAYS as i64);
        turns.push((moved(known_on, pick(draw, &[-3, -1, 0, 1, 2, 6])), pick(draw, &[0, 1])));
    }
    if let (Some((_, merged_on)), true) = (merged, chance(draw, 70)) {
        turns.push((moved(*merged_on, pick(draw, &[0, 0, 5])), 5));
    }
    turns.sort_unstable();
    turns.dedup_by_key(|(day, _)| *day);
    let mut versions = vec![first.clone()];
    for (day, turn) in turns.into_iter().filter(|(day, _)| *day > first.start) {
        let mut line = versions.last().unwrap().clone();
        line.version = from(day);
        match turn {
            0 => {
                line.is_cancelled = true;
                let reasons = [
                    None,
                    Some("price"),
                    Some("bankruptcy"),
                    Some("non-payment"),
                    Some("ended by us"),
                    Some("project ended"),
                ];
                line.cancel_reason = pick(draw, &reasons).map(str::to_owned);
            }
            1 => (line.is_cancelled, line.cancel_reason) = (false, None),
            2 => line.end = line.end.map(|end| moved(end, 365)),
            3 => line.end = Some(moved(day, pick(draw, &[0, 1, 20])).max(moved(line.start, 1))),
            4 => line.arr = pick(draw, &[line.arr, 99, 2_000_000]),
            _ => line.account_id = merged.map_or(line.account_id, |(survivor, _)| survivor.clone()),
        }
        versions.push(line);
    }
    versions
}
