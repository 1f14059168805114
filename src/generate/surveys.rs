//! Questions sent and their answers: the healthy answer more often, and better.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::draw::{Draw, Purpose};
use super::names::{AccountId, Id, UserId};
use super::plant::Plant;
use super::planted::Planted;
use super::row::Row;
use super::scene::{HOUR, Scene, day_of, start_of, working_hours};
use super::sheet::{Clock, Sheet};
use super::support::Support;

/// A question, or its answer.
#[derive(Clone, Debug)]
pub(super) struct Survey {
    account: u32,
    number: u32,
    user: Option<u32>,
    kind: &'static str,
    score: Option<f64>,
    sent: i64,
    responded: Option<i64>,
    available: i64,
}

impl Survey {
    fn scale(&self) -> (f64, f64) {
        match self.kind {
            "nps" => (0.0, 10.0),
            "csat" => (1.0, 5.0),
            _ => (1.0, 7.0),
        }
    }
}

/// What an account was asked: how likely it recommends us, four times a year; how a request went, for one in three;
/// how easy things are, once in a while, which it answers as it likes.
pub(super) fn surveys(scene: &Scene<'_>, support: &Support) -> Vec<Survey> {
    let mut told = Asked { scene, draw: scene.draw(Purpose::Surveys), asked: 0, rows: Vec::new() };
    if matches!(scene.account.plant, Plant::Hermit | Plant::BrandNew | Plant::UnlistedAccount) {
        return told.rows;
    }
    let seen = scene.seen();
    let first = seen.start + told.draw.below(90) as i32;
    for day in (first..seen.end).step_by(90).filter(|day| scene.is_customer(*day)) {
        for _ in 0..1 + scene.users().min(12) / 4 {
            let at = working_hours(&mut told.draw, day);
            told.ask("nps", at, None);
        }
        if told.draw.chance(0.5) {
            let at = working_hours(&mut told.draw, day + 10);
            told.ask("ces", at, None);
        }
    }
    for closed in support.transitions.iter().filter(|one| one.to == "closed") {
        if told.draw.chance(0.33) && closed.at < start_of(scene.days()) {
            let user = support.tickets[closed.ticket as usize].user;
            told.ask("csat", closed.at + HOUR, user);
        }
    }
    for at in scene.edges() {
        told.answer("nps", at - 48 * HOUR, at, 9.0);
    }
    told.rows
}

/// Days after the first answer within which one is given again.
const AGAIN: u32 = 35;

/// Some answer again, days or weeks later, and otherwise.
pub(super) fn answer_again(scene: &Scene<'_>, surveys: &mut Vec<Survey>) -> Vec<Planted> {
    let mut draw = scene.draw(Purpose::Again);
    let mut planted = Vec::new();
    for nth in 0..surveys.len() {
        let answer = surveys[nth].clone();
        let (again, after) = (draw.chance(0.05), 2 + draw.below(AGAIN) as i32);
        let (Some(score), Some(responded)) = (answer.score, answer.responded) else { continue };
        if again && scene.account.plant != Plant::WindowEdges {
            let (lowest, best) = answer.scale();
            let other = lowest + best - score;
            let other = if other == score { best } else { other };
            let responded = responded + i64::from(after) * 24 * HOUR;
            let available = responded + HOUR;
            let row = Id('s', answer.account, answer.number);
            let truth = Planted::new("answered again", answer.account, row, day_of(responded));
            planted.push(truth.turned(score, other, available));
            surveys.push(Survey { score: Some(other), responded: Some(responded), available, ..answer });
        }
    }
    planted
}

struct Asked<'a> {
    scene: &'a Scene<'a>,
    draw: Draw,
    asked: u32,
    rows: Vec<Survey>,
}

impl Asked<'_> {
    fn ask(&mut self, kind: &'static str, sent: i64, user: Option<u32>) {
        let day = day_of(sent);
        let user = user.or_else(|| self.scene.any_user(&mut self.draw, day));
        let health = self.scene.health(day);
        let question = Survey {
            account: self.scene.account.index,
            number: self.asked,
            user,
            kind,
            score: None,
            sent,
            responded: None,
            available: sent + HOUR,
        };
        self.asked += 1;
        let (lowest, best) = question.scale();
        let felt = if kind == "ces" { self.draw.unit() } else { health + 0.16 * self.draw.bell() };
        let score = (lowest + (best - lowest) * (0.1 + 0.95 * felt)).round().clamp(lowest, best);
        let responds = self.draw.chance(0.15 + 0.4 * health);
        let responded = sent + HOUR + (20.0 * self.draw.long_tail() * HOUR as f64) as i64;
        self.rows.push(question.clone());
        if responds {
            let (score, responded, available) = (Some(score), Some(responded), responded + HOUR);
            self.rows.push(Survey { score, responded, available, ..question });
        }
    }

    /// An answer that is there for certain.
    fn answer(&mut self, kind: &'static str, sent: i64, responded: i64, score: f64) {
        let (account, number) = (self.scene.account.index, self.asked);
        let question =
            Survey { account, number, user: None, kind, score: None, sent, responded: None, available: sent };
        self.asked += 1;
        self.rows.push(question.clone());
        let (score, available) = (Some(score), responded + HOUR);
        self.rows.push(Survey { score, responded: Some(responded), available, ..question });
    }
}

impl Row for Survey {
    const FILE: &'static str = "surveys.parquet";

    fn known(&self) -> i64 {
        self.available
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("response_id", |row| Id('s', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .maybe_text("user_id", |row| row.user.map(|user| UserId(row.account, user)))
            .text("survey_type", |row| row.kind)
            .maybe_real("score", |row| row.score)
            .real("scale_min", |row| row.scale().0)
            .real("scale_max", |row| row.scale().1)
            .time("sent_at", |row| row.sent)
            .maybe_time("responded_at", |row| row.responded)
            .time("available_at", |row| row.available)
            .finish()
    }
}
