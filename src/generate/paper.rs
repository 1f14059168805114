//! Contracts on paper: signed late, renewed early and late, taken back, handed over to another account.
use super::contracts::Deal;
use super::names::Id;
use super::plant::Plant;
use super::planted::Planted;
use super::scene::{HOUR, Scene, Stay, day_of, start_of, working_hours};
use super::signing::Contract;

/// Days after its first day on which a contract, or a term, that is signed late is signed.
const LATE: i32 = 12;
/// Days before its end on which a term that is renewed early is renewed.
const EARLY: i32 = 40;
/// Days after the signature on which a line is signed that is taken back.
const ADDED: i32 = 20;
/// Days after that on which it is taken back.
const TAKEN_BACK: i32 = 9;

impl Contract<'_> {
    /// Days after its beginning on which a term was signed: only then it is billed.
    pub(super) fn written_after(&self, stay: Stay, from: i32) -> i32 {
        let is_first = from == stay.from;
        match self.scene.account.plant {
            Plant::Overdue if !is_first => LATE + 1,
            Plant::Paperwork if is_first => LATE + 1,
            _ => 0,
        }
    }

    /// Another term, of the same lines: signed after the term had ended, or long before.
    pub(super) fn renew_on_paper(&mut self, day: i32, end: i32) {
        let signed = if self.scene.account.plant == Plant::Overdue { day + LATE } else { day - EARLY };
        let recorded = working_hours(self.draw, signed);
        self.lines.iter_mut().for_each(|line| line.end = Some(end));
        let before = self.totals();
        self.note("renewal", before, day, recorded);
        self.publish(self.lines.len(), day, recorded);
    }

    /// A line that was never bought: signed by mistake, and taken back.
    pub(super) fn take_back(&mut self, signed: i32) {
        let (start, end) = (signed + ADDED + 5, self.lines.first().and_then(|line| line.end));
        let recorded = start_of(signed + ADDED) + 11 * HOUR;
        self.add("automation", 3, start, end, recorded);
        self.publish(1, start, recorded);
        if let Some(mut line) = self.lines.pop() {
            (line.end, line.recorded) = (Some(start), recorded + i64::from(TAKEN_BACK) * 24 * HOUR);
            self.deal.lines.push(line);
        }
    }

    /// The lines go over to the account in which this one goes on.
    pub(super) fn go_over(&mut self, day: i32, to: u32) {
        let recorded = start_of(day + 2) + 10 * HOUR;
        self.lines.iter_mut().for_each(|line| line.holder = to);
        self.publish(self.lines.len(), day, recorded);
        let before = self.totals();
        self.lines.clear();
        self.note("merge", before, day, recorded);
    }
}

/// The truth of it: which lines and changes hold from when they were signed, and which line never was.
pub(super) fn planted(scene: &Scene<'_>, deal: &Deal) -> Vec<Planted> {
    if !scene.account.plant.is_of_paper() {
        return Vec::new();
    }
    let account = scene.account.index;
    let lines = deal.lines.iter().filter(|line| line.end == Some(line.start)).map(|line| Planted {
        known: line.recorded,
        ..Planted::new("line taken back", account, Id('l', line.account, line.line), line.start)
    });
    let changes = deal.changes.iter().filter_map(|change| {
        let signed = day_of(change.recorded);
        let kind = match change.kind {
            "new" if signed > change.effective => "contract signed late",
            "renewal" if signed > change.effective => "renewal signed late",
            "renewal" if signed < change.effective => "renewal signed early",
            _ => return None,
        };
        let row = Id('x', account, change.number);
        Some(Planted { known: change.recorded, ..Planted::new(kind, account, row, change.effective) })
    });
    let overdue = deal.lines.last().filter(|_| scene.account.plant == Plant::Overdue);
    let overdue = overdue.and_then(|line| Some((line, line.end?))).map(|(line, end)| Planted {
        known: start_of(end),
        ..Planted::new("renewal overdue", account, Id('l', line.account, line.line), end)
    });
    lines.chain(changes).chain(overdue).collect()
}
