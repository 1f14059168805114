//! Sponsors, champions, meetings, and the owners of accounts.

use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::customers::{Facts, IDS, USERS, Ugly, count, days_since, flag, must_equal, ratio};
use super::sources::{Column, DAY, Dice, Thing, Versioned, things, within, write_source};
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
                recorded_at: dice.moment(150) / 10 * 10 + version,
            });
        }
    }
    for number in 0..70 {
        let account_id = dice.pick(&[IDS[0], IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]);
        let (scheduled_at, kind) =
            (dice.moment(190), dice.pick(&["call", "qbr", "ebr", "email", "training", "event"]));
        let contact_id = dice.once_in(2).then(|| format!("c{}", dice.below(16)));
        let mut recorded_at = scheduled_at / 10 * 10 - dice.below(20) * DAY;
        for version in 0..=dice.below(3) {
            // Held, a no-show, or neither yet; the next row may say otherwise.
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
            recorded_at = recorded_at.max(scheduled_at / 10 * 10) + dice.below(30) * DAY + version + 1;
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
    let contacts: Vec<Thing<Contact>> = things(&rows.contacts)
        .into_iter()
        .filter(|contact| contact.last().account_id == account_id)
        .collect();
    // A role changes; the days of coming and leaving are as was written down last.
    let has_role = |contact: &Thing<Contact>, role: &str, day: NaiveDate| {
        contact.on(world, day, Some(contact.last().joined_on)).is_some_and(|row| row.role == role)
    };
    let is_there =
        |row: &Contact, day: NaiveDate| row.joined_on <= day && row.left_on.is_none_or(|left| day < left);
    let present = |role: &str| {
        let of_role = contacts.iter().filter(|contact| has_role(contact, role, as_of));
        of_role.filter(|contact| is_there(contact.last(), as_of)).count()
    };
    let left = |role: &str, days: i64| {
        let of_role = contacts.iter().filter(|contact| has_role(contact, role, as_of));
        of_role.filter(|row| row.last().left_on.is_some_and(|left| within(left, as_of, days))).count()
    };
    let was_champion = |user_id: &str, day: NaiveDate| {
        let theirs = contacts.iter().filter(|contact| contact.last().user_id == Some(user_id));
        theirs
            .filter(|contact| is_there(contact.last(), day))
            .any(|contact| has_role(contact, "champion", day))
    };
    let uses = ugly.uses(account_id, as_of).into_iter();
    let days = uses.map(|(day, event)| (day, event.user_id.as_deref()));
    let seen = days.filter(|(day, user)| user.is_some_and(|user| was_champion(user, *day)));
    let champion_seen = seen.map(|(day, _)| day).max();
    // What was written down last of a meeting is true of it on all days.
    let meetings_of: Vec<&Meeting> = things(&rows.meetings)
        .iter()
        .map(|meeting| meeting.last())
        .filter(|row| row.account_id == account_id && row.kind != "email")
        .collect();
    let held: Vec<(NaiveDate, &Meeting)> = meetings_of
        .iter()
        .filter_map(|row| Some((world.local_day(row.held_at?), *row)))
        .filter(|(day, _)| *day <= as_of)
        .collect();
    let held_in = |days: i64, kinds: &[&str]| {
        let of_window = held.iter().filter(|(day, _)| within(*day, as_of, days));
        of_window.filter(|(_, row)| kinds.is_empty() || kinds.contains(&row.kind)).count()
    };
    let missed = meetings_of
        .iter()
        .filter(|row| row.no_show && within(world.local_day(row.scheduled_at), as_of, 90))
        .count();
    let everybody = things(&rows.contacts);
    let with_sponsor = |(day, row): &&(NaiveDate, &Meeting)| {
        let is_sponsor = |id: &String| {
            everybody
                .iter()
                .any(|contact| contact.last().contact_id == *id && has_role(contact, "exec_sponsor", *day))
        };
        row.exec_present || row.contact_id.as_ref().is_some_and(is_sponsor)
    };
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
        ("meetings_90d", count(meetings, held_in(90, &[]))),
        ("reviews_180d", count(meetings, held_in(180, &["qbr", "ebr"]))),
        ("no_shows_90d", count(meetings, missed)),
        ("no_show_share_90d", ratio(meetings, missed as f64, (missed + held_in(90, &[])) as f64)),
        ("days_since_meeting", days_since(meetings, held.iter().map(|(day, _)| *day).max(), as_of)),
        (
            "days_since_sponsor_contact",
            days_since(meetings, held.iter().filter(with_sponsor).map(|(day, _)| *day).max(), as_of),
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
