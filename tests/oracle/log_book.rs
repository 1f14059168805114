//! Worlds that are written event by event.

use chrono::{NaiveTime, TimeDelta};

use super::world::{Account, Event, LAST_DAY, World, at};

const NOON: NaiveTime = NaiveTime::from_hms_opt(12, 0, 0).unwrap();

/// A log that is written event by event.
#[derive(Default)]
pub struct LogBook(pub World);

impl LogBook {
    /// A customer for some days by the end of the last one.
    pub fn account(&mut self, account: &str, tenure: i64) {
        let customer_since = LAST_DAY - TimeDelta::days(tenure - 1);
        let account_id = account.to_owned();
        self.0.accounts.push(Account {
            account_id,
            segment: "MM".to_owned(),
            is_test: false,
            customer_since,
            churned_on: None,
        });
    }

    /// An event of this many days ago; what else it is may be changed.
    pub fn event(&mut self, account: &str, user: &str, age: i64, seconds: i64) -> &mut Event {
        self.event_at(account, user, at(LAST_DAY - TimeDelta::days(age), NOON), seconds)
    }

    /// An event of an instant.
    pub fn event_at(&mut self, account: &str, user: &str, occurred_at: i64, seconds: i64) -> &mut Event {
        self.0.events.push(Event {
            event_id: self.0.events.len() as i64,
            account_id: account.to_owned(),
            user_id: (!user.is_empty()).then(|| user.to_owned()),
            session_id: None,
            event_name: "feature_use".to_owned(),
            feature: None,
            seconds,
            is_error: false,
            occurred_at,
            available_at: occurred_at,
        });
        self.0.events.last_mut().unwrap()
    }

    /// A login of somebody.
    pub fn login(&mut self, account: &str, age: i64) {
        self.event(account, "u", age, 0).event_name = "login".to_owned();
    }

    /// Uses of a feature on the last day.
    pub fn uses(&mut self, account: &str, user: &str, feature: &str, times: usize) {
        for _ in 0..times {
            self.event(account, user, 0, 0).feature = Some(feature.to_owned());
        }
    }
}
