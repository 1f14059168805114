//! Users and accounts that go over to another account: what the product and the CRM write down of it.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::names::{AccountId, UserId};
use super::planted::Planted;
use super::row::Row;
use super::scene::{HOUR, Scene, start_of};
use super::sheet::{Clock, Sheet};

/// Days after which a step is written down.
const WRITTEN_AFTER: i32 = 2;

/// That an account goes on in another.
#[derive(Clone, Debug)]
pub(super) struct Merge {
    account: u32,
    survivor: u32,
    on: i32,
}

/// The merge of an account, if there is one.
pub(super) fn merges(scene: &Scene<'_>) -> Vec<Merge> {
    let account = scene.account.index;
    let merged = scene.account.merged.filter(|merged| merged.on < scene.days());
    merged.map(|merged| Merge { account, survivor: merged.to, on: merged.on }).into_iter().collect()
}

/// In which account a user is from when on; of users who never go over nothing is written down.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    account: u32,
    user: u32,
    number: u32,
    from: i32,
    recorded: i64,
}

/// The accounts of the users of one account who went over to another, one after the other.
pub(super) fn seats(scene: &Scene<'_>) -> Vec<Seat> {
    let index = scene.account.index;
    let users = (0..).zip(scene.population.users_of(scene.account));
    let moved = users.filter_map(|(number, user)| Some((number, user, user.moves?)));
    let steps =
        moved.filter(|(.., moves)| moves.on < scene.days()).flat_map(|(number, user, moves)| {
            [(index, user.created, 0), (moves.to, moves.on, WRITTEN_AFTER)].map(|(account, from, after)| {
                Seat { account, user: index, number, from, recorded: start_of(from + after) + 9 * HOUR }
            })
        });
    steps.collect()
}

/// The truth of both.
pub(super) fn planted(merges: &[Merge], seats: &[Seat]) -> Vec<Planted> {
    let merges = merges.iter().map(|merge| Planted {
        other: Some(AccountId(merge.survivor).to_string()),
        known: merge.known(),
        ..Planted::new("account merged", merge.account, AccountId(merge.account), merge.on)
    });
    let seats = seats.iter().filter(|seat| seat.account != seat.user).map(|seat| Planted {
        other: Some(AccountId(seat.account).to_string()),
        known: seat.recorded,
        ..Planted::new("user moved", seat.user, UserId(seat.user, seat.number), seat.from)
    });
    merges.chain(seats).collect()
}

impl Row for Merge {
    const FILE: &'static str = "account_merges.parquet";

    fn known(&self) -> i64 {
        start_of(self.on + WRITTEN_AFTER) + 9 * HOUR
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("account_id", |row| AccountId(row.account))
            .text("survivor_id", |row| AccountId(row.survivor))
            .day("merged_on", |row| row.on)
            .time("recorded_at", Row::known)
            .finish()
    }
}

impl Row for Seat {
    const FILE: &'static str = "user_accounts.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("user_id", |row| UserId(row.user, row.number))
            .text("account_id", |row| AccountId(row.account))
            .time("valid_from", |row| start_of(row.from))
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}
