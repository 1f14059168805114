//! Another definition on the rows on which a score is judged: computed from stored metrics, so that it need never have been
//! published.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::diagnostic::closest;
use crate::diff::{Place, Side, Stored, readable};
use crate::engine::functions::hashed_share::share;
use crate::error::{Error, Result};
use crate::evidence::{Figures, Gain, Intervals, Judged, Panel, Published};
use crate::pipeline::Pipeline;
use crate::read::columns::{finite, known_texts, numbers};
use crate::semantic::{Challenge, Entity, Score};

/// How another definition does on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Challenged {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The hash of its definition.
    pub definition: String,
    /// How well it tells; `None` with too few lost rows that it scores.
    pub figures: Option<Figures>,
    /// By how much it tells better than the score, on the rows that both score.
    pub gain: Option<Gain>,
    /// Share of the rows that are in another tier by it.
    pub other_tier: f64,
    /// Who falls to which of the two, where it says so; both score all of them.
    pub arms: Vec<Arm>,
}

/// The accounts that fall to one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Arm {
    /// `champion` or `challenger`.
    pub arm: &'static str,
    /// Different accounts.
    pub accounts: usize,
    /// Those of them that were lost.
    pub lost: usize,
}

/// What a row is by another definition.
struct Row {
    score: Option<f64>,
    tier: String,
}

/// Judges another definition on the rows of a panel.
///
/// # Errors
/// [`Error::Usage`] for a name that no score or draft has, and for one of users or of other scores; [`Error::Project`] where
/// metrics are not published that it reads; what storage and the engine say.
pub(super) async fn challenged(
    published: &Published<'_>,
    name: &str,
    (panel, judged): (&Panel, &Judged),
) -> Result<Challenged> {
    let score = named(published.pipeline, name)?;
    let rows = rows(published, score, panel).await?;
    let mut number = Vec::with_capacity(panel.rows.len());
    let mut moved = 0;
    for row in &panel.rows {
        let own = rows.get(&(panel.days[row.day].to_string(), row.account.clone()));
        moved += usize::from(own.is_none_or(|own| own.tier != row.tier));
        number.push(own.and_then(|own| own.score));
    }
    Ok(Challenged {
        name: score.name.clone(),
        title: score.title.clone(),
        definition: score.definition.clone(),
        figures: judged.figures(&number, Intervals::OfAll),
        gain: judged.gain(&number, &panel.score),
        other_tier: moved as f64 / panel.rows.len().max(1) as f64,
        arms: score.challenge().map(|challenge| arms(challenge, panel)).unwrap_or_default(),
    })
}

/// The score or draft of a name, which must be over components of accounts.
fn named<'a>(pipeline: &'a Pipeline, name: &str) -> Result<&'a Score> {
    let all = || pipeline.semantics.all();
    let score = all().find(|score| score.name == name).ok_or_else(|| {
        let names: Vec<&str> = all().map(|score| score.name.as_str()).collect();
        let hint = match closest(name, names.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        Error::Usage(format!("--challenger: there is no score or draft `{}`; {hint}", name.escape_debug()))
    })?;
    if score.scorecards().is_empty() {
        return Err(Error::Usage(format!(
            "--challenger: {name} is made of the scores of others: ask about those"
        )));
    }
    if score.entity != Entity::Account {
        return Err(Error::Usage(format!(
            "--challenger: {name} is about users: outcomes are told of accounts"
        )));
    }
    Ok(score)
}

/// Everybody by the definition, by day and account.
async fn rows(
    published: &Published<'_>,
    score: &Score,
    panel: &Panel,
) -> Result<BTreeMap<(String, String), Row>> {
    let Published { pipeline, engine, out } = published;
    let place = Place { engine, settings: &pipeline.settings, out };
    let stored = Stored::open(&place, panel.days.last().copied().unwrap_or_default())?;
    let side = Side::of_project("the project", pipeline);
    readable(&place, &stored, &[(&side, score)], &panel.days).await?;
    let sql = score.of_everybody(&panel.days);
    let sql = sql.ok_or_else(|| Error::Bug(format!("{} is a roll-up", score.name)))?;
    let batch = stored.rows(&format!("the score {}", score.name), &sql).await?;
    let keys = known_texts(&batch, "as_of_date")?.into_iter().zip(known_texts(&batch, "account_id")?);
    let values = numbers(&batch, "raw_score")?.into_iter().map(finite).zip(known_texts(&batch, "tier")?);
    Ok(keys.zip(values).map(|(key, (score, tier))| (key, Row { score, tier })).collect())
}

fn arms(challenge: &Challenge, panel: &Panel) -> Vec<Arm> {
    let (all, lost): (BTreeSet<&str>, BTreeSet<&str>) = (
        panel.rows.iter().map(|row| row.account.as_str()).collect(),
        panel.rows.iter().filter(|row| row.outcome.is_lost).map(|row| row.account.as_str()).collect(),
    );
    let of = |arm: &'static str, is_challenger: bool| {
        let own = |accounts: &BTreeSet<&str>| {
            let falls =
                |account: &&&str| (share(&challenge.salt, account) < challenge.share) == is_challenger;
            accounts.iter().filter(falls).count()
        };
        Arm { arm, accounts: own(&all), lost: own(&lost) }
    };
    vec![of("champion", false), of("challenger", true)]
}
