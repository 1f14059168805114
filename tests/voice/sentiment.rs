//! What customers write, and what they say about the product.

use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::customers::{Facts, IDS, Ugly, count, flag, must_equal, ratio};
use super::sources::{Column, DAY, Delivered, Dice, delivered, within, write_source};

pub struct Message {
    message_id: String,
    account_id: &'static str,
    direction: &'static str,
    sentiment: Option<f64>,
    sent_at: i64,
    available_at: i64,
}

impl Delivered for Message {
    fn id(&self) -> &str {
        &self.message_id
    }

    fn times(&self) -> (i64, i64) {
        (self.sent_at, self.available_at)
    }
}

pub struct Item {
    feedback_id: String,
    account_id: &'static str,
    kind: &'static str,
    created_at: i64,
    available_at: i64,
}

impl Delivered for Item {
    fn id(&self) -> &str {
        &self.feedback_id
    }

    fn times(&self) -> (i64, i64) {
        (self.created_at, self.available_at)
    }
}

pub struct Rows {
    pub messages: Vec<Message>,
    pub feedback: Vec<Item>,
}

pub fn drawn(dice: &mut Dice) -> Rows {
    let mut rows = Rows { messages: Vec::new(), feedback: Vec::new() };
    for number in 0..150 {
        let (account_id, sent_at) =
            (dice.pick(&[IDS[0], IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]), dice.moment(130));
        let direction = if dice.once_in(4) { "out" } else { "in" };
        for delivery in 0..=dice.below(2) {
            let sentiment = (!dice.once_in(3)).then(|| dice.pick(&[-1.0, -0.3, 0.0, 0.123_456, 1.0]));
            let (message_id, available_at) = (format!("m{number}"), sent_at + delivery * DAY);
            rows.messages.push(Message {
                message_id,
                account_id,
                direction,
                sentiment,
                sent_at,
                available_at,
            });
        }
    }
    for number in 0..90 {
        let (account_id, created_at) =
            (dice.pick(&[IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]), dice.moment(130));
        for delivery in 0..=dice.below(2) {
            rows.feedback.push(Item {
                feedback_id: format!("f{number}"),
                account_id,
                kind: dice.pick(&["idea", "bug", "praise", "complaint"]),
                created_at,
                available_at: created_at + delivery * DAY,
            });
        }
    }
    rows
}

impl Rows {
    pub fn write(&self, folder: &Path) {
        let rows = &self.messages;
        write_source(
            folder,
            "messages",
            vec![
                ("message_id", Column::words(rows, |row| &row.message_id)),
                ("account_id", Column::words(rows, |row| row.account_id)),
                ("user_id", Column::none(rows)),
                ("channel", Column::words(rows, |_| "email")),
                ("direction", Column::words(rows, |row| row.direction)),
                ("sent_at", Column::times(rows, |row| row.sent_at)),
                ("sentiment", Column::Real(rows.iter().map(|row| row.sentiment).collect())),
                ("available_at", Column::times(rows, |row| row.available_at)),
            ],
        );
        let rows = &self.feedback;
        write_source(
            folder,
            "feedback",
            vec![
                ("feedback_id", Column::words(rows, |row| &row.feedback_id)),
                ("account_id", Column::words(rows, |row| row.account_id)),
                ("user_id", Column::none(rows)),
                ("feature", Column::none(rows)),
                ("kind", Column::words(rows, |row| row.kind)),
                ("created_at", Column::times(rows, |row| row.created_at)),
                ("available_at", Column::times(rows, |row| row.available_at)),
            ],
        );
    }
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let (written, said) = (ugly.reports("messages", as_of), ugly.reports("feedback", as_of));
    let messages_until = |until: NaiveDate, days: i64| -> Vec<&Message> {
        let of_account = delivered(&ugly.world, &ugly.sentiment.messages).into_iter();
        let from_them = of_account.filter(|row| row.account_id == account_id && row.direction == "in");
        from_them.filter(|row| within(ugly.world.local_day(row.sent_at), until, days)).collect()
    };
    let messages = |days: i64| messages_until(as_of, days);
    let moods_of =
        |messages: Vec<&Message>| messages.iter().filter_map(|row| row.sentiment).collect::<Vec<f64>>();
    let moods = |days: i64| moods_of(messages(days));
    let month_before = moods_of(messages_until(as_of - TimeDelta::days(28), 28));
    let mean = |moods: &[f64]| ratio(written, moods.iter().sum(), moods.len() as f64);
    let (month, quarter) = (moods(28), moods(90));
    let negative = quarter.iter().filter(|mood| **mood < 0.0).count();
    let items: Vec<&Item> = delivered(&ugly.world, &ugly.sentiment.feedback)
        .into_iter()
        .filter(|row| row.account_id == account_id && within(ugly.world.local_day(row.created_at), as_of, 90))
        .collect();
    let of_kind = |kind: &str| items.iter().filter(|row| row.kind == kind).count();
    let (praise, complaints) = (of_kind("praise"), of_kind("complaint"));
    // Without a mood the sum is 0, and so is the number of them: the ratio is NULL.
    Facts::from([
        ("messages_28d", count(written, messages(28).len())),
        ("sentiment_messages_28d", count(written, month.len())),
        ("sentiment_mean_28d", mean(&month)),
        ("sentiment_messages_prev_28d", count(written, month_before.len())),
        ("sentiment_mean_prev_28d", mean(&month_before)),
        ("sentiment_messages_90d", count(written, quarter.len())),
        ("sentiment_mean_90d", mean(&quarter)),
        ("negative_share_90d", ratio(written, negative as f64, quarter.len() as f64)),
        ("feedback_90d", count(said, items.len())),
        ("feedback_ideas_90d", count(said, of_kind("idea"))),
        ("feedback_bugs_90d", count(said, of_kind("bug"))),
        ("feedback_praise_90d", count(said, praise)),
        ("feedback_complaints_90d", count(said, complaints)),
        (
            "feedback_balance_90d",
            ratio(said, praise as f64 - complaints as f64, (praise + complaints) as f64),
        ),
        ("gives_feedback", flag(said, !items.is_empty())),
    ])
}

#[test]
fn capabilities_45_76_102_105_sentiment_and_feedback() {
    must_equal("sentiment", facts);
}
