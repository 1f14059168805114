//! Who matters at a customer, how we meet, and what they do for us.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::draw::{Draw, Purpose};
use super::names::{AccountId, Id, OwnerId, UserId};
use super::plant::Plant;
use super::row::Row;
use super::scene::{HOUR, Scene, start_of, working_hours};
use super::sheet::{Clock, Sheet};

/// The roles that a contact can have, with how many accounts in a hundred have one, and its number among them.
const ROLES: [(&str, u32); 5] =
    [("champion", 85), ("exec_sponsor", 65), ("economic_buyer", 45), ("admin", 60), ("technical", 35)];
/// The number of the champion among an account's contacts; it is the first user.
const CHAMPION: u32 = 0;
/// The number of the executive sponsor.
pub(super) const SPONSOR: u32 = 1;

/// A version of a contact.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    account: u32,
    /// Its place among the roles.
    pub(super) number: u32,
    joined: i32,
    left: Option<i32>,
    recorded: i64,
}

/// A version of a meeting.
#[derive(Clone, Debug)]
pub(super) struct Meeting {
    account: u32,
    number: u32,
    kind: &'static str,
    owner: u32,
    contact: Option<u32>,
    planned: i64,
    held: Option<i64>,
    no_show: bool,
    exec_present: bool,
    recorded: i64,
}

/// The people of an account and the meetings with them.
#[derive(Debug, Default)]
pub(super) struct Relationship {
    /// Every version of every contact.
    pub(super) contacts: Vec<Contact>,
    /// Every version of every meeting.
    pub(super) meetings: Vec<Meeting>,
}

/// Whom we know and whom we met: meetings are kept by the healthy, and sponsors leave before customers do.
pub(super) fn relationship(scene: &Scene<'_>) -> Relationship {
    let mut told = Relationship::default();
    if !scene.account.is_listed() || matches!(scene.account.plant, Plant::Hermit | Plant::Prospect) {
        return told;
    }
    let mut draw = scene.draw(Purpose::Relationship);
    told.know(scene, &mut draw);
    told.meet(scene, &mut draw);
    told.be_trained(scene);
    told
}

impl Relationship {
    fn know(&mut self, scene: &Scene<'_>, draw: &mut Draw) {
        let (account, plant) = (scene.account, scene.account.plant);
        for (number, (role, percent)) in (0..).zip(ROLES) {
            let (known, wait) = (draw.below(100) < percent, draw.below(45) as i32);
            let (goes, when, late) = (draw.unit(), draw.below(900) as i32, draw.below(20) as i32);
            let must = role == "champion" && plant == Plant::SilentChampion
                || role == "exec_sponsor" && plant == Plant::SponsorLeft;
            if !(known || must) || number == CHAMPION && scene.users() == 0 {
                continue;
            }
            let joined = account.since + wait;
            let before_churn = account.churned.filter(|_| goes < 0.45).map(|day| day - 20 - when / 12);
            let left = match plant {
                Plant::SponsorLeft if role == "exec_sponsor" => Some(scene.days() - 50),
                _ if role == "exec_sponsor" => before_churn.or((goes > 0.85).then_some(joined + 60 + when)),
                _ => (goes > 0.92).then_some(joined + 60 + when),
            };
            let contact = Contact {
                account: account.index,
                number,
                joined,
                left: None,
                recorded: working_hours(draw, joined),
            };
            self.contacts.push(contact.clone());
            if let Some(left) = left.filter(|left| *left > joined) {
                let recorded = working_hours(draw, left + late);
                self.contacts.push(Contact { left: Some(left), recorded, ..contact });
            }
        }
    }

    /// Reviews every quarter for those with a term, calls every few weeks for most.
    fn meet(&mut self, scene: &Scene<'_>, draw: &mut Draw) {
        let reviewed = !scene.company.is_monthly();
        let every = 25 + draw.below(40);
        let called = reviewed || draw.chance(0.3);
        let seen = scene.seen();
        let first = seen.start + draw.below(60) as i32;
        if reviewed {
            for (nth, day) in (first..seen.end + 14).step_by(91).enumerate() {
                self.plan(scene, draw, if nth % 4 == 3 { "ebr" } else { "qbr" }, day);
            }
        }
        if called {
            for day in (first..seen.end).step_by(every as usize) {
                let kind = if draw.chance(0.2) { "email" } else { "call" };
                let wait = draw.below(5) as i32;
                self.plan(scene, draw, kind, day + wait);
            }
        }
    }

    /// A meeting is written down when it is planned, and again when it was held or was not.
    fn plan(&mut self, scene: &Scene<'_>, draw: &mut Draw, kind: &'static str, day: i32) {
        let health = scene.health(day);
        let planned = working_hours(draw, day);
        let (comes, exec, named) = (draw.unit(), draw.unit(), draw.below(4));
        let contact = self.contacts.iter().map(|contact| contact.number).nth(named as usize);
        let meeting = Meeting {
            account: scene.account.index,
            number: self.meetings.len() as u32,
            kind,
            owner: scene.account.index % (2 + scene.world.accounts / 25),
            contact,
            planned,
            held: None,
            no_show: false,
            exec_present: false,
            recorded: planned - 240 * HOUR,
        };
        self.meetings.push(meeting.clone());
        let recorded = planned + HOUR + 24 * HOUR * i64::from(draw.below(3));
        let held = comes < 0.45 + 0.5 * health;
        let number = meeting.number;
        if held {
            let exec_present = kind != "email" && (exec < 0.5 * health || contact == Some(SPONSOR));
            self.meetings.push(Meeting { held: Some(planned), exec_present, recorded, number, ..meeting });
        } else if comes < 0.97 {
            self.meetings.push(Meeting { no_show: true, recorded, number, ..meeting });
        }
    }

    /// The lessons of the play, for those who were treated.
    fn be_trained(&mut self, scene: &Scene<'_>) {
        for day in scene.account.play.iter().filter(|play| play.is_treated).flat_map(|play| play.lessons()) {
            let held = start_of(day) + 13 * HOUR;
            self.meetings.push(Meeting {
                account: scene.account.index,
                number: self.meetings.len() as u32,
                kind: "training",
                owner: scene.account.index % (2 + scene.world.accounts / 25),
                contact: None,
                planned: held,
                held: Some(held),
                no_show: false,
                exec_present: false,
                recorded: held + HOUR,
            });
        }
    }
}

impl Row for Contact {
    const FILE: &'static str = "contacts.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("contact_id", |row| Id('k', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .maybe_text("user_id", |row| (row.number == CHAMPION).then_some(UserId(row.account, 0)))
            .text("role", |row| ROLES[row.number as usize].0)
            .day("joined_on", |row| row.joined)
            .maybe_day("left_on", |row| row.left)
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}

impl Row for Meeting {
    const FILE: &'static str = "interactions.parquet";

    fn known(&self) -> i64 {
        self.recorded
    }

    fn sheet(rows: &[Self], clock: Clock) -> Result<RecordBatch, ArrowError> {
        Sheet::new(rows, clock)
            .text("interaction_id", |row| Id('n', row.account, row.number))
            .text("account_id", |row| AccountId(row.account))
            .text("type", |row| row.kind)
            .maybe_text("owner_id", |row| Some(OwnerId(row.owner)))
            .maybe_text("contact_id", |row| row.contact.map(|contact| Id('k', row.account, contact)))
            .time("scheduled_at", |row| row.planned)
            .maybe_time("held_at", |row| row.held)
            .flag("no_show", |row| row.no_show)
            .flag("exec_present", |row| row.exec_present)
            .time("recorded_at", |row| row.recorded)
            .finish()
    }
}
