//! The awkward accounts that every world of at least [`SMALLEST_PLANTED_WORLD`] accounts contains.
use super::population::Account;

/// Worlds with fewer accounts are left plain.
pub(super) const SMALLEST_PLANTED_WORLD: u32 = 40;

/// What is awkward about an account. The position in [`PLANTS`] is the account's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plant {
    /// Nothing.
    Ordinary,
    /// A name with an apostrophe, double quotes and a comma.
    QuotedName,
    /// A name outside ASCII.
    UnicodeName,
    /// A name with a slash, `..`, a semicolon and a line break.
    OddName,
    /// A test account, which scores must leave out.
    TestAccount,
    /// Became a customer on the last day.
    BrandNew,
    /// A customer without a single user.
    NoUsers,
    /// Users, but no event ever.
    NoEvents,
    /// Used the product for 30 days before it became a customer.
    EventsBeforeStart,
    /// One user, with an event on either edge of the last 28-day window.
    OneUser,
    /// No event in the 28 days before the last 28: any growth rate divides by zero.
    ZeroBase,
    /// Still a customer, and silent for the last 35 days.
    Silent,
    /// Churned inside the window, with a few events in the five days after.
    Stragglers,
    /// Churned before the first day.
    ChurnedBefore,
    /// Its first user acts but is missing from `users`.
    UnlistedUser,
    /// Not in `accounts` at all, while its users and events exist.
    UnlistedAccount,
}

const PLANTS: [Plant; 15] = [
    Plant::Ordinary,
    Plant::QuotedName,
    Plant::UnicodeName,
    Plant::OddName,
    Plant::TestAccount,
    Plant::BrandNew,
    Plant::NoUsers,
    Plant::NoEvents,
    Plant::EventsBeforeStart,
    Plant::OneUser,
    Plant::ZeroBase,
    Plant::Silent,
    Plant::Stragglers,
    Plant::ChurnedBefore,
    Plant::UnlistedUser,
];

impl Plant {
    /// The plant of account `index` in a world of `accounts` listed accounts.
    pub(super) fn of(index: u32, accounts: u32) -> Self {
        if accounts < SMALLEST_PLANTED_WORLD {
            Self::Ordinary
        } else if index >= accounts {
            Self::UnlistedAccount
        } else {
            PLANTS.get(index as usize).copied().unwrap_or(Self::Ordinary)
        }
    }

    /// How many users the account has, where the plant fixes it.
    pub(super) fn users(self) -> Option<u32> {
        match self {
            Self::NoUsers => Some(0),
            Self::OneUser | Self::UnlistedAccount => Some(1),
            Self::UnlistedUser => Some(4),
            _ => None,
        }
    }

    /// The account's name, where the plant fixes it.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::QuotedName => Some("O'Brien & \"Sons\", Ltd."),
            Self::UnicodeName => Some("Čapek 株式会社 – Ünïcödé 🚀"),
            Self::OddName => Some("../odd; name\nwith a line break"),
            _ => None,
        }
    }

    /// Bends an ordinary life of `days` days into the planted one.
    pub(super) fn apply(self, account: &mut Account, days: i32) {
        match self {
            Self::Ordinary | Self::NoUsers => {}
            Self::QuotedName
            | Self::UnicodeName
            | Self::OddName
            | Self::OneUser
            | Self::UnlistedUser
            | Self::UnlistedAccount => account.be_active(-400, days),
            Self::TestAccount => {
                account.be_active(-400, days);
                account.is_test = true;
            }
            Self::BrandNew => account.be_active(days - 1, days),
            Self::NoEvents => account.silent = i32::MIN..i32::MAX,
            Self::EventsBeforeStart => {
                account.be_active(days / 2, days);
                account.active.start -= 30;
            }
            Self::ZeroBase => {
                account.be_active(-400, days);
                account.silent = days - 60..days - 28;
            }
            Self::Silent => {
                account.be_active(-400, days);
                account.silent = days - 35..days;
            }
            Self::Stragglers => {
                account.be_active(-400, days);
                account.churned = Some(days / 2);
                account.active.end = days / 2 + 6;
            }
            Self::ChurnedBefore => {
                account.be_active(-400, -100);
                account.churned = Some(-100);
            }
        }
    }
}
