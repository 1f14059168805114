//! A score's definition as a readable page, from the same source as the SQL: nothing to keep in step by hand.

use std::fmt::Write as _;

use super::rule_text;
use crate::semantic::{
    Additive, Aggregate, By, Component, Fallback, Give, Group, Measure, Node, OnMissing, OwnForm, Pace,
    ParentOf, Relative, RollUp, Rule, Scope, Score, Scorecard, Source, Standing, Tier, TierFrom, UsageKind,
    UsageOf,
};

/// The page, in Markdown.
pub fn page(score: &Score) -> String {
    let mut page = format!("# {}\n\n", escape(&score.title));
    if let Some(description) = &score.description {
        let _ = writeln!(page, "{}\n", escape(description.trim()));
    }
    let _ = writeln!(
        page,
        "Version {}, definition `{}`, from `{}`.\n",
        escape(&score.version),
        score.definition,
        score.file.path
    );
    let (low, high) = (rule_text::number(score.scale.low), rule_text::number(score.scale.high));
    let _ = writeln!(
        page,
        "One score for each {} and day, from {low} to {high}.",
        score.entity.key().join(" and ").replace("_id", "")
    );
    if score.min_coverage > 0.0 {
        let share = rule_text::number(score.min_coverage * 100.0);
        let _ = writeln!(
            page,
            "Without {share} % of the declared weight there is no score, and the tier is `unscored`."
        );
    }
    match &score.usage_of {
        Some(UsageKind::All(of)) if of.other().is_some() => {
            let _ = writeln!(
                page,
                "Its usage is that of {}: components that judge the other kind do not apply.",
                of.name()
            );
        }
        Some(UsageKind::By(expression)) => {
            let _ = writeln!(
                page,
                "Whose usage an account's is (people, integrations or both) is told by `{}`: components that judge the other kind do not apply.",
                expression.sql()
            );
        }
        _ => {}
    }
    if let Some(idle) = &score.expected_idle {
        let _ = writeln!(
            page,
            "No usage is expected where `{}`, unless `{}`: components that judge usage do not apply then, nor as long after it as they look back.",
            idle.when.sql(),
            idle.unless.sql()
        );
    }
    if let Some(digits) = score.rounding {
        let from = if score.tier_from == TierFrom::Rounded { "after" } else { "before" };
        let _ = writeln!(
            page,
            "Rounded to {digits} decimals, half away from zero; the tier is decided {from} rounding."
        );
    }
    if score.overrides {
        page.push_str(
            "Overrides (`metrics.overrides`) apply last, and are published beside the raw score.\n",
        );
    }
    tiers(&mut page, &score.tiers);
    match &score.source {
        Source::RollUp(roll_up) => members(&mut page, roll_up),
        Source::Scorecards(cards) => {
            scorecards(&mut page, cards);
            components(&mut page, cards);
        }
    }
    page
}

/// Text that Markdown takes for nothing but text.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The same in a table's cell.
fn cell(text: &str) -> String {
    escape(text).replace(['\n', '\r'], " ")
}

fn tiers(page: &mut String, tiers: &[Tier]) {
    page.push_str("\n## Tiers\n\n| tier | scores | at risk | meaning |\n| --- | --- | --- | --- |\n");
    let edges: Vec<_> =
        tiers.iter().map(|tier| crate::semantic::Bin { edge: tier.edge, points: 0.0, label: None }).collect();
    for (at, tier) in tiers.iter().enumerate() {
        let meaning = tier.description.as_deref().unwrap_or_default();
        let risk = if tier.at_risk { "yes" } else { "" };
        let (name, range) = (cell(&tier.name), rule_text::range(&edges, at));
        let _ = writeln!(page, "| {name} | {range} | {risk} | {} |", cell(meaning));
    }
}

fn members(page: &mut String, roll_up: &RollUp) {
    page.push_str("\n## Members\n\n");
    let (of, made) = (&roll_up.of, measured(roll_up.measure));
    let _ = writeln!(page, "Made of the scores `{of}` of the members: {made}.");
    let _ = writeln!(page, "A member belongs to `{}`.", roll_up.to.sql());
    if let Some(weight) = &roll_up.weight {
        let _ = writeln!(page, "It counts by `{}`.", weight.sql());
    }
    if let Some(condition) = &roll_up.where_member {
        let _ = writeln!(page, "Only members where `{}` count.", condition.sql());
    }
    let above = match roll_up.parent {
        ParentOf::Excluded => "is no member of its own",
        ParentOf::Included => "counts as one of its own members",
    };
    let without = match roll_up.fallback {
        Fallback::Own => "keeps its own score",
        Fallback::Unscored => "has no score",
    };
    let _ = writeln!(page, "The account above {above}; one without scored members {without}.");
}

fn measured(measure: Measure) -> &'static str {
    match measure {
        Measure::Mean => "their mean",
        Measure::Worst => "the least of them",
        Measure::Best => "the greatest of them",
        Measure::ShareAtRisk => "the best score, less the share of members in tiers at risk",
    }
}

fn scorecards(page: &mut String, cards: &[Scorecard]) {
    page.push_str("\n## Scorecards\n\n");
    if cards.len() > 1 {
        page.push_str("The first whose condition is true on the day applies.\n\n");
    }
    for card in cards {
        let when = card
            .when
            .as_ref()
            .map_or_else(|| "all that are left".to_owned(), |when| format!("where `{}`", when.sql()));
        let _ = writeln!(page, "### {}: {when}\n", cell(&card.name));
        let _ = writeln!(page, "{}", aggregate(card.root.aggregate));
        if card.missing_weight == Scope::Score {
            page.push_str(" Weight of what is missing goes to all others of the score.");
        }
        page.push_str("\n| part | weight | range |\n| --- | ---: | --- |\n");
        parts(page, &card.root, 0);
        page.push('\n');
    }
}

fn parts(page: &mut String, group: &Group, depth: usize) {
    for part in &group.parts {
        let indent = "&nbsp;".repeat(depth * 4);
        let range = part.range();
        let range = format!("{} to {}", rule_text::number(range.low), rule_text::number(range.high));
        let weight = rule_text::number(part.weight);
        match &part.node {
            Node::Component(component) => {
                let _ = writeln!(page, "| {indent}{} | {weight} | {range} |", cell(&component.title));
            }
            Node::Group(inner) => {
                let how = aggregate(inner.aggregate);
                let _ = writeln!(page, "| {indent}**{}**: {how} | {weight} | {range} |", cell(&inner.title));
                parts(page, inner, depth + 1);
            }
        }
    }
}

fn aggregate(aggregate: Aggregate) -> String {
    match aggregate {
        Aggregate::PointsOverPossible => "Points earned over points possible, by weight.".to_owned(),
        Aggregate::WeightedMean => "The mean by weight.".to_owned(),
        Aggregate::Min => "The worst part decides.".to_owned(),
        Aggregate::Max => "The best part decides.".to_owned(),
        Aggregate::GeometricMean => "The geometric mean by weight.".to_owned(),
        Aggregate::Additive(Additive { base, min, max }) => {
            let [base, min, max] = [base, min, max].map(rule_text::number);
            format!("Begins at {base}, points are added, held from {min} to {max}.")
        }
    }
}

fn components(page: &mut String, cards: &[Scorecard]) {
    page.push_str("## Components\n");
    let mut seen: Vec<(&str, &Component)> = Vec::new();
    for card in cards {
        for component in card.root.components() {
            let known = seen.iter().find(|(_, other)| other.name == component.name);
            match known {
                Some((_, other)) if other.scoring == component.scoring => continue,
                Some(_) => seen.push((&card.name, component)),
                None => seen.push(("", component)),
            }
        }
    }
    seen.sort_by_key(|(_, component)| component.name.as_str());
    for (card, component) in seen {
        let of = if card.is_empty() { String::new() } else { format!(", as scorecard {card} has it") };
        let _ = writeln!(page, "\n### {}{}\n", cell(&component.title), cell(&of));
        self::component(page, component);
    }
}

fn component(page: &mut String, component: &Component) {
    if let Some(docs) = &component.docs {
        let _ = writeln!(page, "{}\n", escape(docs.trim()));
    }
    let unit = component.unit.as_ref().map_or_else(String::new, |unit| format!(" ({})", escape(unit)));
    let _ = writeln!(page, "- `{}`: `{}`{unit}", component.name, component.value.sql().replace('`', "'"));
    if let Some(owner) = &component.owner {
        let _ = writeln!(page, "- asks: {}", escape(owner));
    }
    let _ = writeln!(page, "- whose doing: {}", whose(component.by));
    for (words, condition) in
        [("applies where", &component.applies_when), ("judged where", &component.ready_when)]
    {
        if let Some(condition) = condition {
            let _ = writeln!(page, "- {words} `{}`", condition.sql());
        }
    }
    if let Some(of) = component.usage_of {
        let _ = writeln!(
            page,
            "- judges usage by {}, of {} days",
            if of == UsageOf::Both { "people and integrations" } else { of.name() },
            component.look_back
        );
    }
    if let Some(relative) = &component.relative_to {
        let _ = writeln!(page, "- compared with {}", compared(relative));
    }
    if let Some(decay) = &component.decay {
        if let Some(days) = decay.expires_after {
            let _ =
                writeln!(page, "- expires after {} days (`{}`)", rule_text::number(days), decay.age.sql());
        }
        if let Some(fading) = decay.fading {
            let pace = match fading.pace {
                Pace::Linear(days) => format!("evenly within {} days", rule_text::number(days)),
                Pace::HalfLife(days) => format!("by half every {} days", rule_text::number(days)),
            };
            let _ = writeln!(
                page,
                "- fades toward {} {pace} (`{}`)",
                rule_text::number(fading.toward),
                decay.age.sql()
            );
        }
    }
    if let Some(zero) = &component.zero_base {
        let when = zero.when.as_ref().map_or_else(
            || "the value and its own history are 0".to_owned(),
            |when| format!("`{}`", when.sql()),
        );
        let give = match zero.give {
            Give::Worst => "the least points".to_owned(),
            Give::Best => "the most points".to_owned(),
            Give::NotApplicable => "it does not apply".to_owned(),
            Give::Points(points) => format!("{} points", rule_text::number(points)),
        };
        let _ = writeln!(page, "- without a base since usage is zero (where {when}): {give}");
    }
    let _ = writeln!(page, "- when missing: {}", missing(component.scoring.on_missing));
    for case in &component.scoring.cases {
        if let Some(when) = &case.when {
            let _ = writeln!(page, "\nWhere `{}`:", when.sql());
        } else if component.scoring.cases.len() > 1 {
            page.push_str("\nElse:\n");
        }
        rule(page, &case.rule);
    }
}

fn whose(by: By) -> &'static str {
    match by {
        By::Customer => "the customer's",
        By::Us => "ours",
        By::Both => "the customer's and ours",
    }
}

fn compared(relative: &Relative) -> String {
    let standing = |form: &Standing| match form {
        Standing::Percentile => "the share of values that are at most this one",
        Standing::MinMax => "how far from the least to the greatest",
    };
    match relative {
        Relative::OwnHistory { days, gap, form } => {
            let form = if *form == OwnForm::Change { "relative change" } else { "difference" };
            format!("its own mean of {days} days that end {gap} days before: {form}")
        }
        Relative::Peers { by: Some(by), form } => {
            format!("accounts alike in `{}`: {}", by.sql(), standing(form))
        }
        Relative::Peers { by: None, form } => format!("all accounts of the day: {}", standing(form)),
        Relative::Reference { from, to, form } => {
            format!("all accounts from {from} to {to}: {}", standing(form))
        }
    }
}

fn missing(policy: OnMissing) -> String {
    match policy {
        OnMissing::Renormalise => "it does not count, and the others share its weight".to_owned(),
        OnMissing::Neutral(points) => format!("{} points", rule_text::number(points)),
        OnMissing::Worst => "the least points".to_owned(),
        OnMissing::Best => "the most points".to_owned(),
        OnMissing::CarryForward(days) => format!("the last value of {days} days, else it does not count"),
        OnMissing::Fail => "the run fails".to_owned(),
    }
}

fn rule(page: &mut String, rule: &Rule) {
    match rule {
        Rule::Bins(bins) => {
            page.push_str("\n| value | points |\n| --- | ---: |\n");
            for (at, bin) in bins.iter().enumerate() {
                let label =
                    bin.label.as_ref().map_or_else(String::new, |label| format!(" ({})", cell(label)));
                let _ = writeln!(
                    page,
                    "| {}{label} | {} |",
                    rule_text::range(bins, at),
                    rule_text::number(bin.points)
                );
            }
        }
        Rule::Categories { points, otherwise } => {
            page.push_str("\n| category | points |\n| --- | ---: |\n");
            for (name, points) in points {
                let _ = writeln!(page, "| {} | {} |", cell(name), rule_text::number(*points));
            }
            if let Some(points) = otherwise {
                let _ = writeln!(page, "| any other | {} |", rule_text::number(*points));
            }
        }
        Rule::Linear { values, points, .. } => {
            let [low, high, first, last] =
                [values.low, values.high, points.0, points.1].map(rule_text::number);
            let _ = writeln!(page, "\nFrom {first} points at {low} evenly to {last} points at {high}.");
        }
        Rule::Ordinal(range) => {
            let _ = writeln!(
                page,
                "\nA rank from {} to {}.",
                rule_text::number(range.low),
                rule_text::number(range.high)
            );
        }
    }
}
