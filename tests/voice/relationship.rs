//! Sponsors, champions, meetings, and the owners of accounts.

use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::customers::{Facts, IDS, USERS, Ugly, count, days_since, flag, must_equal, ratio};
use super::sources::{Column, DAY, Dice, Versioned, known, within, write_source};
use crate::oracle::table::Value;
use crate::oracle::world::{World, days_ago};

pub struct Contact {
    contact_id: String,
    account_id: &'static str,
    user_id: Option<&'static str>,
    role: &'static str,
    joined_on: NaiveDate,
    left_on: Option<NaiveDate>,
    recorded_at: i64,
}

impl Versioned for Contact {
    fn id(&self) -> String {
        self.contact_id.clone()
    }

    fn recorded_at(&self) -> i64 {
        self.recorded_at
    }
}

pub struct Meeting {
    interaction_id: String,
    account_id: &'static str,
    kind: &'static str,
    contact_id: Option<String>,
    scheduled_at: i64,
    held_at: Option<i64>,
    no_show: bool,
    exec_present: bool,
    recorded_at: i64,
}

impl Versioned for Meeting {
    fn id(&self) -> String {
        self.interaction_id.clone()
    }

    fn recorded_at(&self) -> i64 {
        self.recorded_at
    }
}

pub struct Owner {
    account_id: &'static str,
    owner_id: &'static str,
    role: &'static str,
    start_at: i64,
    end_at: Option<i64>,
}

pub struct Rows {
    pub contacts: Vec<Contact>,
    pub meetings: Vec<Meeting>,
    pub owners: Vec<Owner>,
}

const ROLES: [&str; 4] = ["exec_sponsor", "champion", "champion", "technical"];

pub fn drawn(dice: &mut Dice) -> Rows {
    let mut rows = Rows { contacts: Vec::new(), meetings: Vec::new(), owners: Vec::new() };
    for number in 0..14 {
        let account_id = dice.pick(&[IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]);
        let user_id = (!dice.once_in(3)).then(|| dice.pick(&USERS[..5]));
        let joined_on = dice.day(160);
        for version in 0..=dice.below(4) {
            rows.contacts.push(Contact {
                contact_id: format!("c{number}"),
                account_id,
                user_id,
                role: dice.pick(&ROLES),
                joined_on,
                left_on: dice.once_in(2).then(|| joined_on + TimeDelta::days(dice.below(160))),
                recorded_at: dice.moment(150) + version,
            });
        }
    }
    for number in 0..70 {
        let account_id = dice.pick(&[IDS[0], IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]);
        let (scheduled_at, kind) =
            (dice.moment(190), dice.pick(&["call", "qbr", "ebr", "email", "training", "event"]));
        let contact_id = dice.once_in(2).then(|| format!("c{}", dice.below(16)));
        let mut recorded_at = scheduled_at - dice.below(20) * DAY;
        for version in 0..=dice.below(3) {
            let held_at = (version > 0 && !dice.once_in(3)).then(|| scheduled_at + dice.below(2) * DAY);
            rows.meetings.push(Meeting {
                interaction_id: format!("i{number}"),
                account_id,
                kind,
                contact_id: contact_id.clone(),
                scheduled_at,
                held_at,
                no_show: version > 0 && held_at.is_none(),
                exec_present: dice.once_in(4),
                recorded_at,
            });
            recorded_at = scheduled_at + dice.below(30) * DAY + version + 1;
        }
    }
    // Those who left, as everybody knew, long ago and lately.
    for (number, role, left) in [(0, "champion", 80), (1, "champion", 20), (2, "exec_sponsor", 10)] {
        rows.contacts.push(Contact {
            contact_id: format!("gone{number}"),
            account_id: IDS[4],
            user_id: None,
            role,
            joined_on: days_ago(300),
            left_on: Some(days_ago(left)),
            recorded_at: 0,
        });
    }
    // The same version again is the same.
    let again =
        rows.contacts.iter().step_by(5).map(|row| Contact { contact_id: row.contact_id.clone(), ..*row });
    let again: Vec<Contact> = again.collect();
    rows.contacts.extend(again);
    for number in 0..16 {
        let start_at = dice.moment(120) + number;
        rows.owners.push(Owner {
            account_id: dice.pick(&[IDS[0], IDS[1], IDS[3]]),
            owner_id: dice.pick(&["ann", "bob", "eve"]),
            role: if dice.once_in(4) { "ae" } else { "csm" },
            start_at,
            end_at: dice.once_in(2).then(|| start_at + dice.below(60) * DAY),
        });
    }
    rows
}

impl Rows {
    pub fn write(&self, folder: &Path) {
        let rows = &self.contacts;
        write_source(
            folder,
            "contacts",
            vec![
                ("contact_id", Column::words(rows, |row| &row.contact_id)),
                ("account_id", Column::words(rows, |row| row.account_id)),
                ("user_id", Column::Text(rows.iter().map(|row| row.user_id.map(str::to_owned)).collect())),
                ("role", Column::words(rows, |row| row.role)),
                ("joined_on", Column::days(rows, |row| row.joined_on)),
                ("left_on", Column::Day(rows.iter().map(|row| row.left_on).collect())),
                ("recorded_at", Column::times(rows, |row| row.recorded_at)),
            ],
        );
        let rows = &self.meetings;
        write_source(
            folder,
            "interactions",
            vec![
                ("interaction_id", Column::words(rows, |row| &row.interaction_id)),
                ("account_id", Column::words(rows, |row| row.account_id)),
                ("type", Column::words(rows, |row| row.kind)),
                ("owner_id", Column::none(rows)),
                ("contact_id", Column::Text(rows.iter().map(|row| row.contact_id.clone()).collect())),
                ("scheduled_at", Column::times(rows, |row| row.scheduled_at)),
                ("held_at", Column::Time(rows.iter().map(|row| row.held_at).collect())),
                ("no_show", Column::Flag(rows.iter().map(|row| row.no_show).collect())),
                ("exec_present", Column::Flag(rows.iter().map(|row| row.exec_present).collect())),
                ("recorded_at", Column::times(rows, |row| row.recorded_at)),
            ],
        );
        let rows = &self.owners;
        write_source(
            folder,
            "account_owners",
            vec![
                ("account_id", Column::words(rows, |row| row.account_id)),
                ("owner_id", Column::words(rows, |row| row.owner_id)),
                ("role", Column::words(rows, |row| row.role)),
                ("start_at", Column::times(rows, |row| row.start_at)),
                ("end_at", Column::Time(rows.iter().map(|row| row.end_at).collect())),
            ],
        );
    }

    /// The contact as it was known at the end of a day.
    fn contact(&self, world: &World, contact_id: &str, day: NaiveDate) -> Option<&Contact> {
        known(world, &self.contacts, day).into_iter().find(|contact| contact.contact_id == contact_id)
    }

    /// Days of meetings that were ever written down as held, by the end of a day; and whether a sponsor was there.
    fn ever_held(&self, world: &World, account_id: &str, as_of: NaiveDate) -> Vec<(NaiveDate, bool)> {
        let mut found = Vec::new();
        let of_account =
            self.meetings.iter().filter(|row| row.account_id == account_id && row.kind != "email");
        for row in of_account.filter(|row| self.counts(world, row)) {
            let Some(held_on) = row.held_at.map(|at| world.local_day(at)) else { continue };
            let known_on = world.local_day(row.recorded_at).max(held_on);
            let is_sponsor = |id: &String| {
                self.contact(world, id, known_on).is_some_and(|contact| contact.role == "exec_sponsor")
            };
            if known_on <= as_of {
                found.push((held_on, row.exec_present || row.contact_id.as_ref().is_some_and(is_sponsor)));
            }
        }
        found
    }

    /// Whether a version is the last of its day: the others were never known at the end of one.
    fn counts(&self, world: &World, row: &Meeting) -> bool {
        known(world, &self.meetings, world.local_day(row.recorded_at))
            .iter()
            .any(|kept| std::ptr::eq(*kept, row))
    }

    /// The owner at the end of a day, and since when.
    fn owner(&self, world: &World, account_id: &str, as_of: NaiveDate) -> Option<(&'static str, NaiveDate)> {
        let csm = self.owners.iter().filter(|row| row.account_id == account_id && row.role == "csm");
        let begun = csm.filter(|row| world.local_day(row.start_at) <= as_of);
        let newest = begun.max_by_key(|row| row.start_at)?;
        let is_over = newest.end_at.is_some_and(|at| world.local_day(at) <= as_of);
        (!is_over).then(|| (newest.owner_id, world.local_day(newest.start_at)))
    }
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let (world, rows) = (&ugly.world, &ugly.relationship);
    let [people, meetings, owned] =
        ["contacts", "interactions", "account_owners"].map(|name| ugly.reports(name, as_of));
    let contacts: Vec<&Contact> =
        known(world, &rows.contacts, as_of).into_iter().filter(|row| row.account_id == account_id).collect();
    let present = |role: &str| {
        let is_there =
            |row: &&&Contact| row.joined_on <= as_of && row.left_on.is_none_or(|left| as_of < left);
        contacts.iter().filter(|row| row.role == role).filter(is_there).count()
    };
    let left = |role: &str, days: i64| {
        let has_left = |row: &&&Contact| row.left_on.is_some_and(|left| within(left, as_of, days));
        contacts.iter().filter(|row| row.role == role).filter(has_left).count()
    };
    let was_champion = |user_id: &str, day: NaiveDate| {
        known(world, &rows.contacts, day).iter().any(|row| {
            row.account_id == account_id
                && row.user_id == Some(user_id)
                && row.role == "champion"
                && row.joined_on <= day
                && row.left_on.is_none_or(|left| day < left)
        })
    };
    let uses = ugly.uses(account_id, as_of).into_iter();
    let days = uses.map(|(day, event)| (day, event.user_id.as_deref()));
    let seen = days.filter(|(day, user)| user.is_some_and(|user| was_champion(user, *day)));
    let champion_seen = seen.map(|(day, _)| day).max();
    let agreed: Vec<&Meeting> = known(world, &rows.meetings, as_of)
        .into_iter()
        .filter(|row| row.account_id == account_id && row.kind != "email")
        .collect();
    let held = |days: i64, kinds: &[&str]| {
        let is_one = |row: &&&Meeting| {
            row.held_at.is_some_and(|at| within(world.local_day(at), as_of, days))
                && (kinds.is_empty() || kinds.contains(&row.kind))
        };
        agreed.iter().filter(is_one).count()
    };
    let missed = agreed
        .iter()
        .filter(|row| row.no_show && within(world.local_day(row.scheduled_at), as_of, 90))
        .count();
    let ever = rows.ever_held(world, account_id, as_of);
    let owner = rows.owner(world, account_id, as_of).filter(|_| owned);
    Facts::from([
        ("sponsors", count(people, present("exec_sponsor"))),
        ("champions", count(people, present("champion"))),
        ("has_sponsor", flag(people, present("exec_sponsor") > 0)),
        ("sponsors_left_90d", count(people, left("exec_sponsor", 90))),
        ("champions_left_90d", count(people, left("champion", 90))),
        ("sponsors_left_28d", count(people, left("exec_sponsor", 28))),
        ("champions_left_28d", count(people, left("champion", 28))),
        ("sponsor_departed", flag(people, left("exec_sponsor", 90) > 0 && present("exec_sponsor") == 0)),
        ("days_since_champion_seen", days_since(people, champion_seen, as_of)),
        ("meetings_90d", count(meetings, held(90, &[]))),
        ("reviews_180d", count(meetings, held(180, &["qbr", "ebr"]))),
        ("no_shows_90d", count(meetings, missed)),
        ("no_show_share_90d", ratio(meetings, missed as f64, (missed + held(90, &[])) as f64)),
        ("days_since_meeting", days_since(meetings, ever.iter().map(|(day, _)| *day).max(), as_of)),
        (
            "days_since_sponsor_contact",
            days_since(meetings, ever.iter().filter(|held| held.1).map(|held| held.0).max(), as_of),
        ),
        ("owner_id", owner.map_or(Value::Null, |(id, _)| Value::Text(id.to_owned()))),
        (
            "owner_tenure_days",
            owner.map_or(Value::Null, |(_, since)| {
                Value::Whole(as_of.signed_duration_since(since).num_days() + 1)
            }),
        ),
    ])
}

#[test]
fn capabilities_32_78_relationship() {
    must_equal("relationship", facts);
}
