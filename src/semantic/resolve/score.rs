//! One score, checked.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::edges::{self, TIERS, Upper};
use super::rule::{rounded_out_of, rounding, start};
use super::{Catalogue, advice, draft, interval, number, roll_up, scorecards, visible};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::semantic::definition::{
    Edge, Entity, ExpectedIdle, Range, Scope, Score, Source, Tier, UNSCORED, UsageKind, UsageOf,
};
use crate::semantic::definition_hash;
use crate::semantic::document::{ScoreDocument, TierDocument};
use crate::semantic::expression::Expression;
use crate::yaml::{self, Placed};

/// From 0 to 100, unless a score says otherwise.
const SCALE: Range = Range { low: 0.0, high: 100.0 };

/// The score that a document declares, if nothing is wrong with it.
pub(super) fn resolve(
    (file, name): (&Arc<SourceFile>, &str),
    document: &ScoreDocument,
    catalogue: &Catalogue,
    problems: &mut Diagnostics,
) -> Option<Score> {
    let title = problems.keep(visible(file, &document.title));
    let version = problems.keep(visible(file, &document.version));
    let draft = draft::resolve((file, name), document, problems);
    let scale = match &document.scale {
        Some(ends) => self::scale(file, ends, problems),
        None => Some(SCALE),
    };
    let source = source(file, document, (catalogue, scale.unwrap_or(SCALE)), problems);
    let min_coverage = min_coverage(file, document, problems);
    let usage_of = usage_of(file, document.usage_of.as_ref(), problems);
    let expected_idle = expected_idle(file, document, problems);
    let rank_within = Expression::optional(file, document.rank_within.as_ref(), problems);
    let rounding = rounding(file, document.rounding.as_ref(), problems);
    if let (Some(digits), Some(scale)) = (&document.rounding, scale) {
        let problem = rounded_out_of(scale, rounding);
        problems.extend(problem.map(|problem| problem.at(yaml::place(file, digits))));
    }
    let tiers = tiers(file, &document.tiers, scale.unwrap_or(SCALE), problems);
    problems.extend(overridden_users(document).map(|problem| problem.at(Location::whole(file))));
    let mut score = Score {
        name: name.to_owned(),
        title: title?,
        description: document.description.clone(),
        draft: draft?,
        was: document.was.as_ref().map(|was| (was.value.clone(), yaml::place(file, was))),
        version: version?,
        entity: document.entity,
        scale: scale?,
        source: source?,
        min_coverage: min_coverage?,
        usage_of: usage_of?,
        expected_idle: expected_idle?,
        rank_within: rank_within?,
        overrides: document.overrides,
        rounding,
        tier_from: document.tier_from,
        tiers: tiers?,
        definition: String::new(),
        file: Arc::clone(file),
    };
    score.definition = definition_hash::of(&score);
    problems.extend(advice::unheard(document, &score));
    Some(score)
}

/// Overrides are of accounts: `metrics.overrides` has no users.
fn overridden_users(document: &ScoreDocument) -> Option<Diagnostic> {
    (document.overrides && document.entity == Entity::User).then(|| {
        Diagnostic::error(
            "overrides-of-users",
            "`overrides` are set against scores of accounts, not of users",
        )
        .note("metrics.overrides names accounts")
        .help("leave `overrides` out, and roll the score up to accounts to override it there")
    })
}

/// A scale on which decimals with ten digits tell scores apart.
fn scale(
    file: &Arc<SourceFile>,
    ends: &Placed<[Placed<f64>; 2]>,
    problems: &mut Diagnostics,
) -> Option<Range> {
    let scale = interval(file, ends, problems)?;
    if scale.width() >= 1e-3 && scale.low.abs().max(scale.high.abs()) <= 1e5 {
        return Some(scale);
    }
    let message = format!("scores from {} to {} cannot be told apart", scale.low, scale.high);
    problems.push(
        Diagnostic::error("bad-scale", message)
            .at(yaml::place(file, ends))
            .help("at least 0.001 wide, and at most 100000 at its ends"),
    );
    None
}

fn source(
    file: &Arc<SourceFile>,
    document: &ScoreDocument,
    (catalogue, scale): (&Catalogue, Range),
    problems: &mut Diagnostics,
) -> Option<Source> {
    let Some(roll_up) = &document.roll_up else {
        return scorecards::resolve(file, document, (catalogue, scale), problems).map(Source::Scorecards);
    };
    let own = document.components.is_some() || document.scorecards.is_some();
    let usage_of = document.usage_of.as_ref().map(|key| yaml::place(file, key));
    let idle = document.expected_idle.as_ref().map(|key| yaml::place(file, key));
    if let Some(place) = usage_of.or(idle) {
        let message = "a score made of the scores of others judges no usage itself";
        problems.push(
            Diagnostic::error("two-rules", message).at(place).help("say so in the score that it is made of"),
        );
    }
    if own || document.aggregate.is_some() || document.missing_weight != Scope::default() {
        let message = "a score is made of components or of the scores of others, not of both";
        problems.push(Diagnostic::error("two-rules", message).at(yaml::place(file, roll_up)));
    }
    roll_up::resolve(file, &roll_up.value, problems).map(|roll_up| Source::RollUp(Box::new(roll_up)))
}

/// The season and who is in use all the same; `None` where one of them is wrong.
fn expected_idle(
    file: &Arc<SourceFile>,
    document: &ScoreDocument,
    problems: &mut Diagnostics,
) -> Option<Option<ExpectedIdle>> {
    let Some(idle) = &document.expected_idle else { return Some(None) };
    let when = Expression::parse(file, &idle.value.when, problems);
    let unless = Expression::parse(file, &idle.value.unless, problems);
    Some(Some(ExpectedIdle { when: when?, unless: unless? }))
}

/// A word for all accounts, or an expression; `None` where it is neither.
fn usage_of(
    file: &Arc<SourceFile>,
    text: Option<&Placed<String>>,
    problems: &mut Diagnostics,
) -> Option<Option<UsageKind>> {
    let word = text.and_then(|text| UsageOf::NAMES.into_iter().find(|(name, _)| *name == text.value.trim()));
    match word {
        Some((_, of)) => Some(Some(UsageKind::All(of))),
        None => Expression::optional(file, text, problems).map(|expression| expression.map(UsageKind::By)),
    }
}

fn min_coverage(file: &Arc<SourceFile>, document: &ScoreDocument, problems: &mut Diagnostics) -> Option<f64> {
    let Some(share) = &document.min_coverage else { return Some(0.0) };
    let number = problems.keep(number(file, share))?;
    if (0.0..=1.0).contains(&number) {
        return Some(number);
    }
    let mut problem = Diagnostic::error(
        "bad-coverage",
        format!("min_coverage is a share from 0 to 1, and this is {number}"),
    )
    .at(yaml::place(file, share));
    if (1.0..=100.0).contains(&number) {
        problem = problem.help(format!("did you mean `{}`?", number / 100.0));
    }
    problems.push(problem);
    None
}

fn tiers(
    file: &Arc<SourceFile>,
    list: &Placed<Vec<Placed<TierDocument>>>,
    scale: Range,
    problems: &mut Diagnostics,
) -> Option<Vec<Tier>> {
    let before = problems.len();
    let ranges: Vec<Upper<'_>> = list
        .value
        .iter()
        .map(|tier| Upper {
            below: tier.value.below.as_ref(),
            at_most: tier.value.at_most.as_ref(),
            place: start(file, tier),
        })
        .collect();
    let edges = edges::resolve(TIERS, (file, &yaml::place(file, list)), &ranges, problems);
    let mut names = BTreeSet::from([UNSCORED.to_owned()]);
    let mut tiers = Vec::new();
    for (tier, edge) in list.value.iter().zip(edges) {
        let document = &tier.value;
        problems.extend(edge.and_then(|edge| outside_scale(edge, scale)).map(|problem| {
            let edge = document.below.as_ref().or(document.at_most.as_ref());
            problem.at(edge.map_or_else(|| start(file, tier), |edge| yaml::place(file, edge)))
        }));
        let Some(name) = problems.keep(visible(file, &document.name)) else { continue };
        if !names.insert(name.clone()) {
            problems.push(taken(&name).at(yaml::place(file, &document.name)));
        }
        let color = document.color.as_ref().and_then(|color| problems.keep(self::color(file, color)));
        let at_risk = document.at_risk.as_ref().is_some_and(|at_risk| at_risk.value);
        tiers.push(Tier { name, edge, at_risk, color, description: document.description.clone() });
    }
    problems.extend(risk_above(&list.value).map(|(message, key)| {
        Diagnostic::error("tier-at-risk", message)
            .at(yaml::place(file, key))
            .note("who is at risk is told by one edge: the lowest tiers are, those above are not")
            .help("`at_risk: true` at every tier below as well, or not here")
    }));
    (problems.len() == before).then_some(tiers)
}

/// A tier at risk above one that is not, and the key that says so.
fn risk_above(tiers: &[Placed<TierDocument>]) -> Option<(String, &Placed<bool>)> {
    let is_at_risk = |tier: &&Placed<TierDocument>| tier.value.at_risk.as_ref().is_some_and(|key| key.value);
    let safe = tiers.iter().position(|tier| !is_at_risk(&tier))?;
    let tier = tiers[safe..].iter().find(is_at_risk)?;
    let (name, below) = (&tier.value.name.value, &tiers[safe].value.name.value);
    let message = format!(
        "the tier `{}` is at risk, and `{}` below it is not",
        name.escape_debug(),
        below.escape_debug()
    );
    Some((message, tier.value.at_risk.as_ref()?))
}

/// An edge at which one of the two tiers beside it lies outside the scale.
fn outside_scale(edge: Edge, scale: Range) -> Option<Diagnostic> {
    let Range { low, high } = scale;
    let (below, above) = (edge.at < low || edge.at == low && !edge.inclusive, edge.at > high);
    let above = above || edge.at == high && edge.inclusive;
    if !below && !above {
        return None;
    }
    let side = if above { "the tier above" } else { "the tier below" };
    Some(
        Diagnostic::error("unreachable-tier", format!("{side} the edge {} can never be reached", edge.at))
            .note(format!("scores go from {low} to {high}")),
    )
}

fn taken(name: &str) -> Diagnostic {
    if name == UNSCORED {
        return Diagnostic::error(
            "reserved-tier",
            format!("`{UNSCORED}` is the tier of accounts without a score"),
        );
    }
    Diagnostic::error("duplicate-name", format!("the tier `{name}` is declared twice"))
}

/// `#rrggbb`: nothing else can reach a page's style.
fn color(file: &Arc<SourceFile>, color: &Placed<String>) -> Result<String, Diagnostic> {
    let digits = color.value.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(color.value.to_ascii_lowercase());
    }
    Err(Diagnostic::error("bad-color", "a colour is written as '#rrggbb'")
        .at(yaml::place(file, color))
        .help("six hexadecimal digits, in quotes since # begins a comment"))
}
