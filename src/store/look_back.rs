//! How far back the rows of tables look, and so which published days a run has made them of.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::change::TableChange;
use super::days_read::{DayHashes, DaysRead};
use super::state::State;
use crate::error::Result;
use crate::project::layer::ModelName;

/// How far back the rows of tables look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookBacks {
    /// Of each table the tables that it reads, with the number of days before its own; `None` where that is all of history.
    pub tables: BTreeMap<ModelName, BTreeMap<ModelName, Option<u64>>>,
    /// The same of the scores that it reads as they were published, of which it has whatever days are there.
    pub published: BTreeMap<ModelName, BTreeMap<ModelName, Option<u64>>>,
    /// The first day of the history.
    pub history_starts: NaiveDate,
}

/// Enters into what a run publishes which published days it was made of: those that the run has read, and its own.
///
/// # Errors
/// What storage says.
pub(super) async fn enter(
    changes: &mut BTreeMap<ModelName, TableChange>,
    read: &BTreeSet<(ModelName, Option<NaiveDate>)>,
    (base, look_backs): (&State, &LookBacks),
) -> Result<()> {
    let mut known: BTreeMap<ModelName, DayHashes> = BTreeMap::new();
    let all = look_backs.tables.values().chain(look_backs.published.values());
    for table in all.flat_map(BTreeMap::keys).collect::<BTreeSet<_>>() {
        let of_table = (table.clone(), Some(NaiveDate::MIN))..=(table.clone(), Some(NaiveDate::MAX));
        let days: BTreeSet<NaiveDate> = read.range(of_table).filter_map(|(_, day)| *day).collect();
        let mut hashes = match (days.first(), days.last()) {
            (Some(first), Some(last)) => base.hashes(table, *first..=*last).await?,
            _ => DayHashes::new(),
        };
        hashes.retain(|day, _| days.contains(day));
        if let Some(TableChange::Days(days)) = changes.get(table) {
            hashes.extend(days.iter().map(|(day, entry)| (*day, entry.hash_on(*day))));
        }
        known.insert(table.clone(), hashes);
    }
    let starts = look_backs.history_starts;
    let read = |table: &ModelName, day: NaiveDate, is_whole: bool| -> Vec<DaysRead> {
        let days = |(of, back): (&ModelName, &Option<u64>)| {
            let first = back.filter(|_| !is_whole).and_then(|back| day.checked_sub_days(Days::new(back)));
            let first = first.unwrap_or(starts).max(starts);
            known.get(of).filter(|_| first <= day).map(|known| (of.clone(), (first, day), known))
        };
        let of_table = look_backs.tables.get(table).into_iter().flatten().filter_map(days);
        let published = look_backs.published.get(table).into_iter().flatten().filter_map(days);
        let built = of_table.flat_map(|(of, days, known)| DaysRead::within(&of, days, known));
        built.chain(published.flat_map(|(of, days, known)| DaysRead::whichever(&of, days, known))).collect()
    };
    for (table, change) in changes {
        match change {
            TableChange::Days(days) => {
                days.iter_mut().for_each(|(day, entry)| entry.read = read(table, *day, false));
            }
            TableChange::Whole(through, entry) => entry.read = read(table, *through, true),
        }
    }
    Ok(())
}
