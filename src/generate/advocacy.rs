//! What customers do for us: acts of the healthy, asked for and done.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::draw::Purpose;
use super::names::{AccountId, Id};
use super::plant::Plant;
use super::relationship::Contact;
use super::row::Row;
use super::scene::{Scene, working_hours};
use super::sheet::{Clock, Sheet};

const KINDS: [&str; 8] =
    ["referral", "reference_call", "testimonial", "review", "case_study", "event", "beta", "marketing"];
/// Days between two looks at who may be asked.
const EVERY: usize = 30;

/// A version of an act.
#[derive(Clone, Debug)]
pub(super) struct Act {
    account: u32,
    number: u32,
    contact: Option<u32>,
    kind: &'static str,
    asked: Option<i32>,
    done: Option<i32>,
    recorded: i64,
}

/// What an account did for us.
pub(super) fn acts(scene: &Scene<'_>, contacts: &[Contact]) -> Vec<Act> {
    let mut acts = Vec::new();
    if matches!(scene.account.plant, Plant::Hermit | Plant::BrandNew | Plant::Prospect) {
        return acts;
    }
    let mut draw = scene.draw(Purpose::Advocacy);
    let seen = scene.seen();
    let first = seen.start + 20 + draw.below(30) as i32;
    for day in (first..seen.end).step_by(EVERY) {
        let health = scene.health(day);
        let (may, asks, does) = (draw.unit(), draw.chance(0.7), draw.unit());
        let (kind, wait) = (KINDS[draw.below(8) as usize], 3 + draw.below(25) as i32);
        if may > health - 0.4 {
            continue;
        }
        let number = acts.iter().map(|act: &Act| act.number + 1).max().unwrap_or(0);
        let contact = contacts.first().map(|contact| contact.number);
        let asked = asks.then_some(day);
        let recorded = working_hours(&mut draw, day);
        let act = Act { account: scene.account.index, number, contact, kind, asked, done: None, recorded };
        if asks {
            acts.push(act.clone());
        }
        if !asks || does < health {
            let done = day + wait;
            acts.push(Act { done: Some(done), recorded: working_hours(&mut draw, done), ..act });
        }
    }
    acts
}

impl Row for Act {
    const FILE: &'static str = "advocacy.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("act_id", |row| Id('v', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .maybe_text("contact_id", |row| row.contact.map(|contact| Id('k', row.account, contact)))
            .text("type", |row| row.kind)
            .maybe_day("asked_on", |row| row.asked)
            .maybe_day("done_on", |row| row.done)
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}
