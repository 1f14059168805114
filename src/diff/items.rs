//! What stands in a definition, item by item, in words that say all of it: two parts of definitions mean the same where
//! their items are equal, and what differs can be shown to people.

use crate::semantic::{
    Aggregate, Case, Component, Decay, Edge, Expression, Give, Group, Node, OnMissing, Outside, OwnForm,
    Pace, Part, Relative, Rule, Scope, Score, Scorecard, Standing, TierFrom, UsageKind,
};

/// What one of two lists has and the other has not, as two texts; all of both where only the order differs.
pub(super) fn differing(old: &[String], new: &[String]) -> (String, String) {
    let only = |own: &[String], other: &[String]| {
        let own: Vec<&str> = own.iter().filter(|item| !other.contains(item)).map(String::as_str).collect();
        own.join(", ")
    };
    match (only(old, new), only(new, old)) {
        (from, to) if from.is_empty() && to.is_empty() => (old.join(", "), new.join(", ")),
        both => both,
    }
}

/// What a component measures, and of whom.
pub(super) fn measure(component: &Component) -> Vec<String> {
    let mut items = vec![format!("`{}`", component.value.sql())];
    let mut say = |words: &str, expression: Option<&Expression>| {
        items.extend(expression.map(|expression| format!("{words} `{}`", expression.sql())));
    };
    say("applies where", component.applies_when.as_ref());
    say("judged where", component.ready_when.as_ref());
    if let Some(of) = component.usage_of {
        items.push(format!("judges usage of {}, {} days", of.name(), component.look_back));
    }
    items.extend(component.decay.as_ref().map(decay));
    items.extend(component.relative_to.as_ref().map(relative));
    items
}

fn decay(decay: &Decay) -> String {
    let mut words = format!("by the age `{}`", decay.age.sql());
    if let Some(days) = decay.expires_after {
        words += &format!(" expires after {days} days");
    }
    if let Some(fading) = decay.fading {
        let pace = match fading.pace {
            Pace::Linear(days) => format!("evenly within {days} days"),
            Pace::HalfLife(days) => format!("by half every {days} days"),
        };
        words += &format!(" fades toward {} {pace}", fading.toward);
    }
    words
}

fn relative(relative: &Relative) -> String {
    let standing = |form: &Standing| match form {
        Standing::Percentile => "percentile",
        Standing::MinMax => "from least to greatest",
    };
    match relative {
        Relative::OwnHistory { days, gap, form } => {
            let form = if *form == OwnForm::Change { "change" } else { "difference" };
            format!("{form} over its own {days} days, {gap} days before")
        }
        Relative::Peers { by: None, form } => format!("{} among all", standing(form)),
        Relative::Peers { by: Some(by), form } => {
            format!("{} among those alike in `{}`", standing(form), by.sql())
        }
        Relative::Reference { from, to, form } => format!("{} of {from} to {to}", standing(form)),
    }
}

/// What values are worth.
pub(super) fn points(component: &Component) -> Vec<String> {
    let scoring = &component.scoring;
    let mut items: Vec<String> = scoring.cases.iter().flat_map(case).collect();
    items.push(format!("points from {} to {}", scoring.range.low, scoring.range.high));
    items.extend(scoring.rounding.map(|digits| format!("rounded to {digits} decimals")));
    items
}

fn case(case: &Case) -> Vec<String> {
    let items = rule(&case.rule);
    match &case.when {
        Some(when) => items.into_iter().map(|item| format!("where `{}` {item}", when.sql())).collect(),
        None => items,
    }
}

fn rule(rule: &Rule) -> Vec<String> {
    match rule {
        Rule::Bins(bins) => {
            bins.iter().map(|bin| format!("{}: {}", edge(bin.edge, "above"), bin.points)).collect()
        }
        Rule::Categories { points, otherwise } => {
            let mut items: Vec<String> =
                points.iter().map(|(name, points)| format!("{name}: {points}")).collect();
            items.sort();
            items.extend(otherwise.map(|points| format!("any other: {points}")));
            items
        }
        Rule::Linear { values, points: (first, last), outside } => {
            let beyond = if *outside == Outside::Hold { "" } else { ", nothing outside" };
            vec![format!("from {first} at {} to {last} at {}{beyond}", values.low, values.high)]
        }
        Rule::Ordinal(range) => vec![format!("a rank from {} to {}", range.low, range.high)],
    }
}

fn edge(edge: Option<Edge>, open: &str) -> String {
    match edge {
        Some(edge) if edge.inclusive => format!("at most {}", edge.at),
        Some(edge) => format!("below {}", edge.at),
        None => open.to_owned(),
    }
}

/// What a component without a value is worth.
pub(super) fn missing(component: &Component) -> Vec<String> {
    vec![match component.scoring.on_missing {
        OnMissing::Neutral(points) => format!("{points} points"),
        OnMissing::CarryForward(days) => format!("the last value of {days} days"),
        policy => policy.name().to_owned(),
    }]
}

/// What a component without a base, since usage is zero, is worth.
pub(super) fn no_base(component: &Component) -> Vec<String> {
    let Some(zero) = &component.zero_base else { return Vec::new() };
    let when = zero.when.as_ref().map_or_else(String::new, |when| format!(" (`{}`)", when.sql()));
    let give = match zero.give {
        Give::Worst => "worst".to_owned(),
        Give::Best => "best".to_owned(),
        Give::NotApplicable => "not applicable".to_owned(),
        Give::Points(points) => format!("{points} points"),
    };
    vec![format!("no base{when}: {give}")]
}

/// The groups of a scorecard, the outermost first, each with its parts and what it makes of them.
pub(super) fn groups(card: &Scorecard) -> Vec<String> {
    let mut items = Vec::new();
    group(&card.root, &mut items);
    items.extend(
        (card.missing_weight == Scope::Score).then(|| "missing weight goes to the whole score".to_owned()),
    );
    items
}

fn group(own: &Group, items: &mut Vec<String>) {
    let aggregate = match own.aggregate {
        Aggregate::WeightedMean => "mean".to_owned(),
        Aggregate::PointsOverPossible => "points over possible".to_owned(),
        Aggregate::Min => "least".to_owned(),
        Aggregate::Max => "greatest".to_owned(),
        Aggregate::GeometricMean => "geometric mean".to_owned(),
        Aggregate::Additive(sum) => format!("sum from {}, {} to {},", sum.base, sum.min, sum.max),
    };
    let part = |part: &&Part| format!("{} {}", part.name(), part.weight);
    let parts: Vec<String> = own.parts_by_name().iter().map(part).collect();
    let rounding = own.rounding.map_or_else(String::new, |digits| format!(", rounded to {digits} decimals"));
    items.push(format!("{}: {aggregate} of {}{rounding}", own.name, parts.join(" and ")));
    for inner in own.parts_by_name() {
        if let Node::Group(inner) = &inner.node {
            group(inner, items);
        }
    }
}

/// The scorecards, in the order in which they are tried.
pub(super) fn scorecards(score: &Score) -> Vec<String> {
    let card = |card: &Scorecard| {
        card.when
            .as_ref()
            .map_or_else(|| card.name.clone(), |when| format!("{} where `{}`", card.name, when.sql()))
    };
    score.scorecards().iter().map(card).collect()
}

/// Whose usage is asked for, and when none is expected.
pub(super) fn usage(score: &Score) -> Vec<String> {
    let of = score.usage_of.as_ref().map(|kind| match kind {
        UsageKind::All(of) => format!("usage of {}", of.name()),
        UsageKind::By(expression) => format!("usage of `{}`", expression.sql()),
    });
    let idle = score.expected_idle.as_ref();
    let idle = idle.map(|idle| format!("idle where `{}` unless `{}`", idle.when.sql(), idle.unless.sql()));
    of.into_iter().chain(idle).collect()
}

/// The tiers, and which number decides them.
pub(super) fn tiers(score: &Score) -> Vec<String> {
    let tiers = score.tiers.iter().map(|tier| {
        let risk = if tier.at_risk { ", at risk" } else { "" };
        format!("{} {}{risk}", tier.name, edge(tier.edge, "above"))
    });
    let by = (score.tier_from == TierFrom::Rounded).then(|| "by the rounded score".to_owned());
    tiers.chain(by).collect()
}

/// The decimals of the score.
pub(super) fn rounding(score: &Score) -> Vec<String> {
    vec![score.rounding.map_or_else(|| "none".to_owned(), |digits| format!("{digits} decimals"))]
}

/// The items of something that scorecards have each of their own; under their names where they differ.
pub(super) fn by_card(of_cards: Vec<(&str, Vec<String>)>) -> Vec<String> {
    if let Some((_, first)) = of_cards.first()
        && of_cards.iter().all(|(_, other)| other == first)
    {
        return first.clone();
    }
    let named = |(card, items): (&str, Vec<String>)| {
        let card = card.to_owned();
        items.into_iter().map(move |item| format!("{item} ({card})"))
    };
    of_cards.into_iter().flat_map(named).collect()
}
