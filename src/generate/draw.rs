//! Random draws that give the same world on every machine.
//!
//! Every stream of draws is named by what it is for, whose it is and which day it is on, so that work may be done in
//! any order and by any number of threads. The shapes are built from + − × ÷ and √ alone, which IEEE 754 fixes to the
//! last bit: `exp` and `ln` differ between mathematics libraries, and so would the bytes of the files.
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of draws decides; part of its name.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// How large an account is, relative to the others.
    Size = 1,
    /// An account's dates, habits and users.
    Life = 2,
    /// The walk of an account's latent health.
    Health = 3,
    /// What happens in an account on one day.
    Day = 4,
    /// What an account's owners thought and did.
    Judgement = 5,
    /// What kind of company an account is.
    Company = 6,
    /// What the CRM says of it when.
    Crm = 7,
    /// What it signs.
    Contracts = 8,
    /// How it pays.
    Billing = 9,
    /// What it asks for help with.
    Support = 10,
    /// How it answers when asked.
    Surveys = 11,
    /// What it writes.
    Messages = 12,
    /// Who matters there, and how we meet.
    Relationship = 13,
    /// How it was brought into use.
    Onboarding = 14,
    /// What may be sold to it.
    Opportunities = 15,
    /// What it uses beside the log of events.
    Product = 16,
    /// Which rows are delivered again.
    Delivery = 17,
    /// Which users come, and which lose their seats.
    Users = 18,
    /// What it does for us.
    Advocacy = 19,
    /// When a blow falls on its health.
    Blows = 20,
    /// Who gets the lessons of the play.
    Play = 21,
    /// What the log loses in the broken week.
    Telemetry = 22,
    /// Which of its users are colleagues of ours.
    Colleagues = 23,
    /// Which of its answers are given again.
    Again = 24,
    /// Which of its requests turn out worse.
    Worse = 25,
    /// Which of its payments are taken back months later.
    Chargebacks = 26,
    /// Which of its plans were begun on a wrong day.
    Slips = 27,
    /// Which of its stages are written down as of an earlier day.
    Backdated = 28,
    /// Which rows come weeks late.
    Late = 29,
}

/// One named stream of random numbers.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream for one account (and day, where the purpose has one).
    pub(super) fn new(seed: u64, purpose: Purpose, account: u32, day: u32) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8] = purpose as u8;
        key[16..20].copy_from_slice(&account.to_le_bytes());
        key[24..28].copy_from_slice(&day.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// A whole number in 0 .. `n`, uniform; 0 when `n` is 0.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// True with probability `p`.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Near normal, mean 0 and standard deviation 1: a sum of twelve uniforms (Irwin and Hall).
    pub(super) fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// A positive number with median 1 and a long right tail: log-logistic with shape 4/3, cut at its 2 % and 98 %
    /// points (0.05 and 18.5).
    pub(super) fn long_tail(&mut self) -> f64 {
        let p = 0.02 + 0.96 * self.unit();
        let odds = p / (1.0 - p);
        (odds * odds.sqrt()).sqrt()
    }

    /// A count with the given mean: `mean` times a right-skewed factor of mean 1 (4·u·v), rounded by chance.
    pub(super) fn count(&mut self, mean: f64) -> u32 {
        let scaled = mean * 4.0 * self.unit() * self.unit();
        (scaled + self.unit()) as u32
    }
}
