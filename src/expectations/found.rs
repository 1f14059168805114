//! What was found, held against what is expected.

use arrow::array::RecordBatch;

use super::{Expectation, Expectations};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::read::columns::{numbers, texts};

/// A score as it is.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    score: Option<f64>,
    tier: Option<String>,
}

/// The expectations that do not hold in the rows of an answer to [`Expectations::query`], in the order of the file.
pub(crate) fn broken(expectations: &Expectations, batches: &[RecordBatch]) -> Result<Diagnostics> {
    let broken = verdicts(expectations, batches)?.into_iter().filter_map(|(_, broken)| broken);
    let as_told = |broken: Diagnostic| if expectations.warns { broken.into_warning() } else { broken };
    Ok(broken.map(as_told).collect())
}

/// The same of each that was asked, with its place in the file; `None` where it holds.
pub(super) fn verdicts(
    expectations: &Expectations,
    batches: &[RecordBatch],
) -> Result<Vec<(usize, Option<Diagnostic>)>> {
    let mut verdicts = Vec::new();
    for batch in batches {
        let (places, there) = (numbers(batch, "place")?, numbers(batch, "is_there")?);
        let (scores, tiers) = (numbers(batch, "score")?, texts(batch, "tier")?);
        for (row, (score, tier)) in scores.into_iter().zip(tiers).enumerate() {
            let place = places[row].map(|place| place as usize);
            let named = place.and_then(|place| Some((place, expectations.entries.get(place)?)));
            let (place, entry) =
                named.ok_or_else(|| Error::Bug("an answer is to no expectation".to_owned()))?;
            let found = (there[row] == Some(1.0)).then_some(Found { score, tier });
            let broken = (!found.as_ref().is_some_and(|found| entry.holds(found)))
                .then(|| told(expectations, entry, found.as_ref()));
            verdicts.push((place, broken));
        }
    }
    Ok(verdicts)
}

impl Expectation {
    fn holds(&self, found: &Found) -> bool {
        let in_tier =
            self.tiers.is_empty() || found.tier.as_ref().is_some_and(|tier| self.tiers.contains(tier));
        let at_least = self.at_least.is_none_or(|least| found.score.is_some_and(|score| score >= least));
        let at_most = self.at_most.is_none_or(|most| found.score.is_some_and(|score| score <= most));
        in_tier && at_least && at_most
    }
}

fn told(expectations: &Expectations, entry: &Expectation, found: Option<&Found>) -> Diagnostic {
    let (subject, expected) = (entry.subject(), entry.expected());
    let message = match found {
        None => format!("{subject}: there is no row in {}, and {expected} is expected", expectations.table()),
        Some(Found { score, tier }) => {
            let tier = tier.as_deref().unwrap_or("no tier");
            let score = score.map_or_else(|| "no score".to_owned(), |score| score.to_string());
            format!("{subject}: {} is {score}, {tier}, and {expected} is expected", expectations.score)
        }
    };
    let code = if found.is_none() { "expected-account" } else { "expectation" };
    let help = match found {
        None => "mend the key or the day, or find out why the account is not there",
        Some(_) => {
            "mend the definition, or the expectation where the customer is another by now; `hale explain` says why the score is what it is"
        }
    };
    entry.reasons(Diagnostic::error(code, message)).help(help)
}

impl Expectation {
    /// A problem with where it is written, why and by whom it is expected.
    pub(super) fn reasons(&self, told: Diagnostic) -> Diagnostic {
        told.at(self.location.clone())
            .note(format!("why: {}", self.why.escape_debug()))
            .note(format!("by: {}", self.author.escape_debug()))
    }
}
