//! The rows of all sources but the event log, a stretch of accounts at a time.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::draw::{Draw, Purpose};
use super::scene::Scene;
use super::sheet::Clock;
use super::{company, contracts, signing, users};

/// Of a thousand rows of any source, how many are delivered twice.
const TWICE: f64 = 0.002;

/// A row of a source.
pub(super) trait Row: Clone {
    /// The file of the source.
    const FILE: &'static str;

    /// When the warehouse knew the row, in microseconds since the world's first day began.
    fn known(&self) -> i64;

    /// Rows as the contract of the source has them.
    ///
    /// # Errors
    ///
    /// Columns that do not make a table, which is a mistake of this program.
    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError>;
}

/// The rows of some accounts, account by account.
#[derive(Default)]
pub(super) struct Rows {
    accounts: Vec<company::Version>,
    users: Vec<users::User>,
    contracts: Vec<contracts::Line>,
    changes: Vec<contracts::Change>,
}

impl Rows {
    /// Tells the story of one more account.
    pub(super) fn tell(&mut self, scene: &Scene<'_>) {
        let mut deliver = Delivery { draw: scene.draw(Purpose::Delivery), clock: Clock::new(scene.world) };
        let deal = signing::deal(scene);
        deliver.each(company::versions(scene), &mut self.accounts);
        self.users.extend(users::users(scene));
        deliver.each(deal.lines, &mut self.contracts);
        deliver.each(deal.changes, &mut self.changes);
    }

    /// A batch for each file, in the order of [`Rows::tell`].
    ///
    /// # Errors
    ///
    /// See [`Row::sheet`].
    pub(super) fn batches(&self, clock: Clock) -> Result<Vec<(&'static str, RecordBatch)>, ArrowError> {
        Ok(vec![
            batch(&self.accounts, clock)?,
            batch(&self.users, clock)?,
            batch(&self.contracts, clock)?,
            batch(&self.changes, clock)?,
        ])
    }
}

fn batch<T: Row>(rows: &[T], clock: Clock) -> Result<(&'static str, RecordBatch), ArrowError> {
    Ok((T::FILE, T::sheet(rows, clock)?))
}

/// What reaches the extract: nothing that was known later, and some of it twice.
struct Delivery {
    draw: Draw,
    clock: Clock,
}

impl Delivery {
    fn each<T: Row>(&mut self, rows: Vec<T>, into: &mut Vec<T>) {
        for row in rows {
            let twice = self.draw.chance(TWICE);
            if row.known() <= self.clock.extracted {
                into.extend(twice.then(|| row.clone()));
                into.push(row);
            }
        }
    }
}
