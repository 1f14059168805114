//! From the totals of keys to a statistic of how they share the whole.

use super::moments::Moments;
use super::{gini::gini, hhi::hhi, median_total::median_total, top_share::top_share};

/// Which statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Statistic {
    /// Herfindahl–Hirschman index.
    Hhi,
    /// Gini coefficient.
    Gini,
    /// Share of the largest keys, this many.
    TopShare(usize),
    /// The middle total.
    MedianTotal,
}

impl Statistic {
    /// Whether it needs the totals in ascending order, beyond their moments.
    pub(crate) fn needs_ranking(self) -> bool {
        !matches!(self, Self::Hhi)
    }

    /// Whether a key counts with this total: only what is above zero is a share of something.
    pub(crate) fn counts(self, total: i128) -> bool {
        total > 0 || matches!(self, Self::MedianTotal)
    }

    /// The statistic of all totals that [count](Self::counts); `None` when there are none.
    /// `totals` must be in ascending order where [`Self::needs_ranking`].
    pub(crate) fn of<I>(self, moments: &Moments, totals: I) -> Option<f64>
    where
        I: DoubleEndedIterator<Item = i128> + Clone,
    {
        if let Self::MedianTotal = self {
            let count = totals.clone().count();
            return if count == 0 { None } else { median_total(totals, count) };
        }
        if moments.keys == 0 {
            return None;
        }
        Some(match self {
            Self::Hhi => hhi(moments, totals),
            Self::Gini => gini(moments, totals),
            Self::TopShare(n) => top_share(moments, totals, n),
            Self::MedianTotal => return None,
        })
    }
}
