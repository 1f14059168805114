//! What kind of company an account is.
use super::account::Account;
use super::draw::{Draw, Purpose};
use super::world::World;

const INDUSTRIES: [&str; 8] =
    ["finance", "health", "retail", "software", "manufacturing", "media", "energy", "education"];

/// Things about an account that do not change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Company {
    /// Its line of business: drawn alone, it says nothing about health.
    pub(super) industry: &'static str,
    /// Where it works, from its hours.
    pub(super) region: &'static str,
    /// How it is sold to: self_serve, usage, subscription or enterprise.
    pub(super) model: &'static str,
    /// The currency of its contracts.
    pub(super) currency: &'static str,
    /// By size.
    pub(super) segment: &'static str,
}

impl Company {
    /// The company behind an account.
    pub(super) fn of(world: &World, account: &Account) -> Self {
        let mut draw = Draw::new(world.seed, Purpose::Company, account.index, 0);
        let region = match account.midday / 3600 {
            ..9 => "APAC",
            9..14 => "EMEA",
            _ => "Americas",
        };
        let segment = segment(account.size);
        let model = match segment {
            _ if account.plant.model().is_some() => account.plant.model().unwrap_or_default(),
            "ENT" => "enterprise",
            "SMB" if draw.chance(0.6) => "self_serve",
            _ if account.api > 0.0 && draw.chance(0.3) => "usage",
            _ => "subscription",
        };
        let euro = draw.unit();
        let currency = match region {
            "EMEA" if euro < 0.5 => "EUR",
            "EMEA" if euro < 0.7 => "GBP",
            _ => "USD",
        };
        let industry = INDUSTRIES[draw.below(INDUSTRIES.len() as u32) as usize];
        Self { industry, region, model, currency, segment }
    }

    /// Billed by the month, without a term.
    pub(super) fn is_monthly(&self) -> bool {
        matches!(self.model, "self_serve" | "usage")
    }
}

fn segment(size: f64) -> &'static str {
    match size {
        size if size < 0.8 => "SMB",
        size if size < 2.5 => "MM",
        _ => "ENT",
    }
}
