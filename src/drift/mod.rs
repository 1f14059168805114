//! How far what a score looks at has moved away from a reference: the share of rows in each bin and state of each component, in
//! each tier and each scorecard, then and now.
//!
//! From what is published alone, in one commit, as [`diff`](mod@crate::diff): no source is read, and nothing is written.
//!
//! ```text
//!  metrics of the reference ─┬─ by the definition that made its scores ─► shares ─┐ definition: what it says otherwise
//!                            └─ by the one of now ──────────────────────► shares ─┤
//!  metrics of now ───────────── by the one of now ──────────────────────► shares ─┘ data: what moved under one definition
//! ```
//!
//! The measure is the population stability index, Σ (p − q)·ln(p / q) over bins and states: the symmetric divergence of
//! Jeffreys. A share below 1/10000 counts as that, so that an empty bin has a logarithm: Evidently fills empty bins with the same
//! number. Below 0.1 has moved little, up to 0.25 some, above much: the rule of thumb of credit scoring (N. Siddiqi, *Credit
//! Risk Scorecards*, 2006). The rule knows nothing of how many rows there are, so it stands beside what chance alone would make
//! of two independent samples of as many: (bins − 1)·(1/n + 1/m) on average (B. Yurdakul, *Statistical Properties of Population
//! Stability Index*, 2018). Accounts of two days are mostly the same, and move less than that.
//!
//! | file | about |
//! | --- | --- |
//! | `days` | the days of both sides, and the definitions that made their scores |
//! | `spread` | how many rows are where, by a definition |
//! | `psi` | one index of two spreads |
//! | `told` | what is told of it |

mod days;
mod psi;
mod spread;
mod told;

use std::collections::BTreeSet;

use chrono::NaiveDate;

pub use days::Reference;
pub use psi::{Drifted, FLOOR};
pub use spread::Kind;
pub use told::{Drift, End, Part, Share};

use self::days::Asked;
use self::spread::{Spread, spread};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::diff::{Place, Side, Stored, comparable, readable};
use crate::error::Result;
use crate::semantic::Score;

/// How far a score's components, tiers and scorecards have moved away from a reference.
///
/// # Errors
/// [`crate::error::Error::Usage`] for a score or day that is not there, and of a score that is made of others;
/// [`crate::error::Error::Project`] for metrics and definitions that are not kept; what storage and the engine say.
pub async fn drift(
    place: &Place<'_>,
    project: &Side,
    score: Option<&str>,
    (day, reference): (Option<NaiveDate>, Reference),
) -> Result<Drift> {
    let name = project.score(score)?.name.clone();
    let asked = Asked::of(place.out, &name, (day, reference)).await?;
    let stored = Stored::open(place, asked.last())?;
    let made = asked.definitions(place, &stored).await?;
    let score = made.now.score(Some(&name))?;
    let mut sides: Vec<(&Side, &Score)> = vec![(&made.now, score)];
    for (side, _) in &made.then {
        let before = side.score(Some(&name))?;
        comparable((side, before), (&made.now, score))?;
        sides.push((side, before));
    }
    let days: BTreeSet<NaiveDate> = asked.reference.iter().copied().chain([asked.now]).collect();
    let days: Vec<NaiveDate> = days.into_iter().collect();
    readable(place, &stored, &sides, &days).await?;
    let now = spread(&stored, score, &[asked.now]).await?;
    let again = spread(&stored, score, &asked.reference).await?;
    let mut then = Spread::default();
    for ((_, days), (_, before)) in made.then.iter().zip(&sides[1..]) {
        then.add(spread(&stored, before, days).await?);
    }
    let ends = asked.ends((&made, score), [again.rows(), now.rows()]);
    Ok(told::told(score, ends, place.out.number(), (&then, &again, &now)))
}

/// What is said of the parts whose data moved more than they may; nothing where none did.
pub fn broken(drift: &Drift, limit: f64) -> Diagnostics {
    let over = drift.parts.iter().filter_map(|part| Some((part, part.data.filter(|data| *data > limit)?)));
    let problem = |(part, data): (&Part, f64)| {
        let message = format!("--limit: {} has drifted by {data:.4}, and may by {limit}", part.title);
        let most = part.most().map(|most| {
            let (then, now) = (most.again * 100.0, most.now * 100.0);
            format!("most of it: {}, from {then:.1} % to {now:.1} %", most.name)
        });
        most.into_iter().fold(Diagnostic::error("drifted", message), Diagnostic::note)
    };
    over.map(problem).collect()
}
