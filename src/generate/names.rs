//! How things are called in the sources.
use std::fmt::{Display, Formatter, Result};

/// An account, by its position in the population.
#[derive(Clone, Copy, Debug)]
pub(super) struct AccountId(pub(super) u32);

impl Display for AccountId {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        write!(out, "a{:06}", self.0)
    }
}

/// A user, by its account and its number in it, oldest first.
#[derive(Clone, Copy, Debug)]
pub(super) struct UserId(pub(super) u32, pub(super) u32);

impl Display for UserId {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        write!(out, "u{:06}-{:03}", self.0, self.1)
    }
}

/// An owner, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnerId(pub(super) u32);

impl Display for OwnerId {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        write!(out, "csm-{:02}", self.0 + 1)
    }
}

/// Anything else that an account has several of: a letter for its kind, the account, its number there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Id(pub(super) char, pub(super) u32, pub(super) u32);

impl Display for Id {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        write!(out, "{}{:06}-{:03}", self.0, self.1, self.2)
    }
}
