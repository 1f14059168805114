//! The awkward accounts that every world of at least [`SMALLEST_PLANTED_WORLD`] accounts contains.

/// Worlds with fewer accounts are left plain.
pub(super) const SMALLEST_PLANTED_WORLD: u32 = 40;
/// Days between leaving and coming back, inside any sensible gap and outside it.
pub(super) const GAPS: [i32; 2] = [12, 75];

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
    /// Pays for the platform and for no seat.
    ZeroSeats,
    /// What the CRM says of it is written down late, as of earlier days: a stage and a lost opportunity.
    BackdatedStage,
    /// A parent whose children fare differently.
    Parent,
    /// A child that does well.
    ThrivingChild,
    /// A child that left.
    ChurnedChild,
    /// A child that is about to leave.
    DecliningChild,
    /// Left, and came back 12 days later.
    ReturnsSoon,
    /// Left, and came back 75 days later.
    ReturnsLate,
    /// Half of its seats are given back, twice, and it stays.
    Contraction,
    /// Two contracts of several lines in two currencies.
    TwoCurrencies,
    /// Hardly used in July and August, year by year.
    Seasonal,
    /// Its champion has been silent for 40 days, and the others made up for it.
    SilentChampion,
    /// Only the row of now is known of the account and of its contract.
    OnlyNow,
    /// A renewal that was written down six days after the term had ended.
    LateRenewal,
    /// A customer for longer than its contracts reach back.
    OldCustomer,
    /// Its last invoices are disputed, voided, half paid, charged back and refunded.
    Disputed,
    /// Its executive sponsor left 50 days before the end.
    SponsorLeft,
    /// Began 100 days ago, and its onboarding stands still since the second step.
    StalledOnboarding,
    /// In the CRM, and never a customer.
    Prospect,
    /// Something of everything on the last moment outside and the first inside each last window.
    WindowEdges,
    /// A customer of whom only accounts and contracts know.
    Hermit,
    /// A customer that goes on in another account.
    Merged,
    /// The account in which it goes on.
    Survivor,
    /// A renewal written down as of twelve days after the term had ended, and the next one not yet.
    Overdue,
    /// A contract signed twelve days after its start and renewed 40 days early, and a line of it taken back.
    Paperwork,
    /// Not in `accounts` at all, while its users and events exist.
    UnlistedAccount,
}

const PLANTS: [Plant; 40] = [
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
    Plant::ZeroSeats,
    Plant::BackdatedStage,
    Plant::Parent,
    Plant::ThrivingChild,
    Plant::ChurnedChild,
    Plant::DecliningChild,
    Plant::ReturnsSoon,
    Plant::ReturnsLate,
    Plant::Contraction,
    Plant::TwoCurrencies,
    Plant::Seasonal,
    Plant::SilentChampion,
    Plant::OnlyNow,
    Plant::LateRenewal,
    Plant::OldCustomer,
    Plant::Disputed,
    Plant::SponsorLeft,
    Plant::StalledOnboarding,
    Plant::Prospect,
    Plant::WindowEdges,
    Plant::Hermit,
    Plant::Merged,
    Plant::Survivor,
    Plant::Overdue,
    Plant::Paperwork,
];

impl Plant {
    /// The position of the last planted account that is listed.
    pub(super) const LAST: u32 = PLANTS.len() as u32 - 1;

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

    /// The position of the account with this plant.
    pub(super) fn position(self) -> Option<u32> {
        PLANTS.iter().position(|plant| *plant == self).map(|position| position as u32)
    }

    /// How many users the account has, where the plant fixes it.
    pub(super) fn users(self) -> Option<u32> {
        match self {
            Self::NoUsers | Self::Prospect => Some(0),
            Self::OneUser | Self::UnlistedAccount => Some(1),
            Self::UnlistedUser => Some(4),
            Self::SilentChampion | Self::Contraction => Some(8),
            Self::ThrivingChild | Self::Merged => Some(6),
            _ => None,
        }
    }

    /// What its contracts say holds from when it was signed, early or late.
    pub(super) fn is_of_paper(self) -> bool {
        matches!(self, Self::Overdue | Self::Paperwork)
    }

    /// How it is sold to, where the plant fixes it.
    pub(super) fn model(self) -> Option<&'static str> {
        match self {
            Self::Disputed | Self::OldCustomer => Some("self_serve"),
            Self::ZeroSeats | Self::TwoCurrencies => Some("enterprise"),
            Self::BackdatedStage
            | Self::Contraction
            | Self::OnlyNow
            | Self::LateRenewal
            | Self::SponsorLeft
            | Self::Merged
            | Self::Survivor
            | Self::Overdue
            | Self::Paperwork => Some("subscription"),
            _ => None,
        }
    }

    /// The level of its health, where the plant fixes it.
    pub(super) fn level(self) -> Option<f64> {
        match self {
            Self::ThrivingChild => Some(0.95),
            Self::Contraction | Self::StalledOnboarding => Some(0.45),
            Self::SilentChampion | Self::Seasonal => Some(0.8),
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
}
