//! Users as the product knows them: invited, active, gone.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::draw::Purpose;
use super::names::{AccountId, UserId};
use super::plant::Plant;
use super::row::Row;
use super::scene::{Scene, start_of};
use super::sheet::{Clock, Sheet};

/// A user's row.
#[derive(Clone, Debug)]
pub(super) struct User {
    account: u32,
    /// The account of the user's id.
    first: u32,
    number: u32,
    is_internal: bool,
    created: i32,
    activated: Option<i32>,
    deactivated: Option<i32>,
}

/// The users of one account, with the account that they are in at the end. Seats are taken back when the account leaves.
pub(super) fn users(scene: &Scene<'_>) -> Vec<User> {
    let mut draw = scene.draw(Purpose::Colleagues);
    let (account, days) = (scene.account, scene.days());
    let ended = scene.stays().last().and_then(|stay| stay.until).filter(|_| account.merged.is_none());
    let mut told = Vec::new();
    for (number, user) in (0..).zip(scene.population.users_of(account)) {
        let is_internal = draw.chance(0.02) && number > 0;
        if account.plant == Plant::UnlistedUser && number == 0 {
            continue;
        }
        let deactivated = user.left.or(ended).filter(|day| *day < days && *day >= user.created);
        let (created, activated) = (user.created, user.activated);
        let (first, now) = (account.index, user.acts_for(account, days - 1));
        told.push(User { account: now, first, number, is_internal, created, activated, deactivated });
    }
    told
}

impl Row for User {
    const FILE: &'static str = "users.parquet";

    fn known(&self) -> i64 {
        start_of(self.created)
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("user_id", |row| UserId(row.first, row.number))
            .text("account_id", |row| AccountId(row.account))
            .text("role", |row| role(row.number))
            .flag("is_internal", |row| row.is_internal)
            .day("created_on", |row| row.created)
            .maybe_day("activated_on", |row| row.activated)
            .maybe_day("deactivated_on", |row| row.deactivated)
            .finish()
    }
}

fn role(nth: u32) -> &'static str {
    match nth {
        0 => "owner",
        nth if nth % 9 == 1 => "admin",
        nth if nth % 3 == 0 => "viewer",
        _ => "member",
    }
}
