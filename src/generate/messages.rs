//! What customers write: messages with the sentiment that a model reads in them, and feedback on the product.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::draw::{Draw, Purpose};
use super::names::{AccountId, Id, UserId};
use super::plant::Plant;
use super::product::FEATURE_NAMES;
use super::row::Row;
use super::scene::{HOUR, Scene, day_of, start_of, working_hours};
use super::sheet::{Clock, Sheet};
use super::support::lag;

const CHANNELS: [&str; 6] = ["email", "email", "chat", "ticket", "call", "community"];
/// Feedback is collected from this share of the world's days on: before, the source does not report.
const FEEDBACK_BEGINS: f64 = 0.25;

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    account: u32,
    number: u32,
    user: Option<u32>,
    channel: &'static str,
    is_in: bool,
    at: i64,
    sentiment: Option<f64>,
    available: i64,
}

/// An item of feedback.
#[derive(Clone, Debug)]
pub(super) struct Feedback {
    account: u32,
    number: u32,
    user: Option<u32>,
    feature: Option<&'static str>,
    kind: &'static str,
    at: i64,
    available: i64,
}

/// An account's letters.
#[derive(Debug, Default)]
pub(super) struct Voice {
    /// What was written, to and fro.
    pub(super) messages: Vec<Message>,
    /// What was said of the product.
    pub(super) feedback: Vec<Feedback>,
}

/// What an account wrote, day by day. How much is written says little; how it sounds follows the health.
pub(super) fn voice(scene: &Scene<'_>) -> Voice {
    let mut voice = Voice::default();
    if matches!(scene.account.plant, Plant::Hermit | Plant::BrandNew | Plant::UnlistedAccount) {
        return voice;
    }
    let mut draw = scene.draw(Purpose::Messages);
    let size = f64::from(scene.users() + 1).sqrt();
    let begins = feedback_begins(scene.days());
    for day in scene.seen().filter(|day| scene.is_customer(*day)) {
        let health = scene.health(day);
        for _ in 0..draw.count(0.035 * size) {
            let user = scene.any_user(&mut draw, day);
            let at = working_hours(&mut draw, day);
            voice.write(scene, &mut draw, (user, at), health);
        }
        if day >= begins && draw.chance(0.004 * size) {
            let user = scene.any_user(&mut draw, day);
            let at = working_hours(&mut draw, day);
            voice.say(scene, &mut draw, (user, at), health);
        }
    }
    for at in scene.edges() {
        voice.write(scene, &mut draw, (None, at), 0.5);
        if day_of(at) >= begins {
            voice.say(scene, &mut draw, (None, at), 0.5);
        }
    }
    voice
}

/// The first day of feedback.
pub(super) fn feedback_begins(days: i32) -> i32 {
    (f64::from(days) * FEEDBACK_BEGINS) as i32
}

impl Voice {
    /// A message, and often our answer.
    fn write(&mut self, scene: &Scene<'_>, draw: &mut Draw, (user, at): (Option<u32>, i64), health: f64) {
        let tone = (1.9 * health - 0.95 + 0.3 * draw.bell()).clamp(-1.0, 1.0);
        let read = !draw.chance(0.05);
        let scored = at + HOUR * i64::from(1 + draw.below(20));
        let message = Message {
            account: scene.account.index,
            number: self.messages.len() as u32,
            user,
            channel: CHANNELS[draw.below(6) as usize],
            is_in: true,
            at,
            sentiment: read.then_some((tone * 100.0).round() / 100.0),
            available: scored,
        };
        let answered = draw.chance(0.6).then_some(at + HOUR * i64::from(1 + draw.below(30)));
        self.messages.push(message.clone());
        if let Some(at) = answered.filter(|at| *at < start_of(scene.days())) {
            let number = message.number + 1;
            self.messages.push(Message {
                number,
                is_in: false,
                at,
                sentiment: None,
                available: at + HOUR,
                ..message
            });
        }
    }

    fn say(&mut self, scene: &Scene<'_>, draw: &mut Draw, (user, at): (Option<u32>, i64), health: f64) {
        let kind = match draw.unit() {
            share if share < 0.25 => "idea",
            share if share < 0.4 => "bug",
            share if share < 0.4 + 0.6 * health => "praise",
            _ => "complaint",
        };
        let feature = draw.chance(0.8).then(|| FEATURE_NAMES[draw.below(12) as usize]);
        let (account, number) = (scene.account.index, self.feedback.len() as u32);
        self.feedback.push(Feedback { account, number, user, feature, kind, at, available: at + lag(draw) });
    }
}

impl Row for Message {
    const FILE: &'static str = "messages.parquet";

    fn known(&self) -> i64 {
        self.available
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("message_id", |row| Id('m', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .maybe_text("user_id", |row| row.user.map(|user| UserId(row.account, user)))
            .text("channel", |row| row.channel)
            .text("direction", |row| if row.is_in { "in" } else { "out" })
            .time("sent_at", |row| row.at)
            .maybe_real("sentiment", |row| row.sentiment)
            .time("available_at", |row| row.available)
            .finish()
    }
}

impl Row for Feedback {
    const FILE: &'static str = "feedback.parquet";

    fn known(&self) -> i64 {
        self.available
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("feedback_id", |row| Id('f', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .maybe_text("user_id", |row| row.user.map(|user| UserId(row.account, user)))
            .maybe_text("feature", |row| row.feature)
            .text("kind", |row| row.kind)
            .time("created_at", |row| row.at)
            .time("available_at", |row| row.available)
            .finish()
    }
}
