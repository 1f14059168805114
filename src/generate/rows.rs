//! The rows of all sources but the event log, a stretch of accounts at a time.
use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::draw::{Draw, Purpose};
use super::row::Row;
use super::scene::Scene;
use super::sheet::Clock;
use super::{
    advocacy, billing, contracts, crm, loads, messages, moves, onboarding, opportunities, paper, planted,
    product, relationship, signing, support, surveys, truth, users,
};

/// Of a thousand rows of any source, how many are delivered twice.
const TWICE: f64 = 0.002;

/// The rows of some accounts, account by account.
#[derive(Default)]
pub(super) struct Rows {
    accounts: Vec<crm::Version>,
    users: Vec<users::User>,
    merges: Vec<moves::Merge>,
    seats: Vec<moves::Seat>,
    contracts: Vec<contracts::Line>,
    changes: Vec<contracts::Change>,
    invoices: Vec<billing::Invoice>,
    payments: Vec<billing::Payment>,
    tickets: Vec<support::Ticket>,
    transitions: Vec<support::Transition>,
    surveys: Vec<surveys::Survey>,
    messages: Vec<messages::Message>,
    feedback: Vec<messages::Feedback>,
    contacts: Vec<relationship::Contact>,
    meetings: Vec<relationship::Meeting>,
    acts: Vec<advocacy::Act>,
    plans: Vec<onboarding::Plan>,
    milestones: Vec<onboarding::Milestone>,
    goals: Vec<onboarding::Goal>,
    opportunities: Vec<opportunities::Opportunity>,
    features: Vec<product::Feature>,
    entitlements: Vec<product::Entitlement>,
    figures: Vec<product::Figure>,
    loads: Vec<loads::Load>,
    health: Vec<truth::Health>,
    fates: Vec<truth::Fate>,
    facts: Vec<truth::Fact>,
    planted: Vec<planted::Planted>,
}

impl Rows {
    /// Tells the story of one more account; that of the whole world goes with the first.
    pub(super) fn tell(&mut self, scene: &Scene<'_>) {
        let mut deliver = Delivery { draw: scene.draw(Purpose::Delivery), clock: Clock::new(scene.world) };
        if scene.account.index == 0 {
            self.features.extend(product::features(scene));
            self.loads.extend(loads::loads(scene));
            self.facts.extend(truth::facts(scene));
        }
        self.tell_sold(scene, &mut deliver);
        self.tell_said(scene, &mut deliver);
        self.users.extend(users::users(scene));
        let mut versions = crm::versions(scene);
        self.plant(crm::backdate(scene, &mut versions), deliver.clock);
        deliver.each(versions, &mut self.accounts);
        let (merges, seats) = (moves::merges(scene), moves::seats(scene));
        self.plant(moves::planted(&merges, &seats), deliver.clock);
        deliver.each(merges, &mut self.merges);
        deliver.each(seats, &mut self.seats);
        deliver.each(product::figures(scene), &mut self.figures);
        self.health.extend(truth::health(scene));
        self.fates.extend(truth::fate(scene));
    }

    /// The truth of what was planted, as far as it had come to be known.
    fn plant(&mut self, planted: Vec<planted::Planted>, clock: Clock) {
        self.planted.extend(planted.into_iter().filter(|one| one.known() <= clock.extracted));
    }

    /// What was sold, billed, and may be.
    fn tell_sold(&mut self, scene: &Scene<'_>, deliver: &mut Delivery) {
        let deal = signing::deal(scene);
        let mut bills = billing::bills(scene, &deal);
        self.plant(billing::take_back(scene, &mut bills), deliver.clock);
        self.plant(paper::planted(scene, &deal), deliver.clock);
        self.entitlements.extend(product::entitlements(scene, &deal));
        deliver.each(opportunities::opportunities(scene, &deal), &mut self.opportunities);
        deliver.each(deal.lines, &mut self.contracts);
        deliver.each(deal.changes, &mut self.changes);
        deliver.each(bills.invoices, &mut self.invoices);
        deliver.each(bills.payments, &mut self.payments);
    }

    /// What was asked, said and done.
    fn tell_said(&mut self, scene: &Scene<'_>, deliver: &mut Delivery) {
        let mut support = support::support(scene);
        let mut surveys = surveys::surveys(scene, &support);
        self.plant(surveys::answer_again(scene, &mut surveys), deliver.clock);
        self.plant(support::turn_out(scene, &mut support.tickets), deliver.clock);
        deliver.each(surveys, &mut self.surveys);
        deliver.each(support.tickets, &mut self.tickets);
        deliver.each(support.transitions, &mut self.transitions);
        let voice = messages::voice(scene);
        deliver.each(voice.messages, &mut self.messages);
        deliver.each(voice.feedback, &mut self.feedback);
        let relationship = relationship::relationship(scene);
        deliver.each(advocacy::acts(scene, &relationship.contacts), &mut self.acts);
        deliver.each(relationship.contacts, &mut self.contacts);
        deliver.each(relationship.meetings, &mut self.meetings);
        let mut onboarding = onboarding::onboarding(scene);
        self.plant(onboarding::slip(scene, &mut onboarding.plans), deliver.clock);
        deliver.each(onboarding.plans, &mut self.plans);
        deliver.each(onboarding.milestones, &mut self.milestones);
        deliver.each(onboarding.goals, &mut self.goals);
    }

    /// A batch for each file.
    ///
    /// # Errors
    ///
    /// See [`Row::sheet`].
    pub(super) fn batches(&self, clock: Clock) -> Result<Vec<(&'static str, RecordBatch)>, ArrowError> {
        Ok(vec![
            batch(&self.accounts, clock)?,
            batch(&self.users, clock)?,
            batch(&self.merges, clock)?,
            batch(&self.seats, clock)?,
            batch(&self.contracts, clock)?,
            batch(&self.changes, clock)?,
            batch(&self.invoices, clock)?,
            batch(&self.payments, clock)?,
            batch(&self.tickets, clock)?,
            batch(&self.transitions, clock)?,
            batch(&self.surveys, clock)?,
            batch(&self.messages, clock)?,
            batch(&self.feedback, clock)?,
            batch(&self.contacts, clock)?,
            batch(&self.meetings, clock)?,
            batch(&self.acts, clock)?,
            batch(&self.plans, clock)?,
            batch(&self.milestones, clock)?,
            batch(&self.goals, clock)?,
            batch(&self.opportunities, clock)?,
            batch(&self.features, clock)?,
            batch(&self.entitlements, clock)?,
            batch(&self.figures, clock)?,
            batch(&self.loads, clock)?,
            batch(&self.health, clock)?,
            batch(&self.fates, clock)?,
            batch(&self.facts, clock)?,
            batch(&self.planted, clock)?,
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
