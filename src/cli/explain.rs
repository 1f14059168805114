//! `hale explain`

use clap::Args;

use super::arguments::{Moment, PublishedAt, ReadingAs, SourcesAt};
use super::console::Console;
use super::context::Context;
use super::numbers::{number, percent, short, signed};
use super::outcome::Outcome;
use super::output::{self, Sheet};
use crate::error::Error;
use crate::explain::{self, DriverKind, Explanation, Line, Moved, Movement, Place, Subject};

/// Say why a score is what it is, or what moved it
///
/// Reads what was published. With an account: its score line by line, what each component adds, what it misses and what
/// the next better bin needs. With --vs: what moved the score since another day; the drivers sum to the difference
/// exactly. Without an account: the definition of the score as a page in Markdown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hale explain acme-042                                  its newest published main score
  hale explain acme-042 --as-of 2026-09-30               another day
  hale explain acme-042 --as-of 2026-09-30 --vs 2026-09-01   what moved it since
  hale explain acme-042 --as-of 2026-09-30 --as-known    as it was known on that day (`hale run --as-known`)
  hale explain --score health > health.md                the definition as a page
  hale explain acme-042 --json | jq '.parts[] | {name, contribution}'")]
pub(super) struct Explain {
    /// The account
    #[arg(required_unless_present = "score")]
    account: Option<String>,
    /// The user, of a score of users
    #[arg(long, value_name = "ID", requires = "account")]
    user: Option<String>,
    /// The score [default: the main one]
    #[arg(long, value_name = "NAME")]
    score: Option<String>,
    /// The published day [default: the newest]
    #[arg(long, value_name = "DAY", requires = "account")]
    as_of: Option<Moment>,
    /// Compare with this earlier published day
    #[arg(long, value_name = "DAY", requires = "account")]
    vs: Option<Moment>,
    #[command(flatten)]
    reading: ReadingAs,
    #[command(flatten)]
    sources: SourcesAt,
    #[command(flatten)]
    out: PublishedAt,
}

impl Explain {
    pub async fn execute(self, context: &Context) -> Outcome {
        let pipeline = context.pipeline()?;
        let Some(account) = self.account else {
            if self.reading.as_known {
                let message =
                    "--as-known says which days are read, and a definition has none; name an account";
                Err(Error::Usage(message.to_owned()))?;
            }
            let score = explain::score_named(&pipeline, self.score.as_deref())?;
            return output::write(explain::page(score).as_bytes());
        };
        let engine = context.engine()?;
        let sources = context.sources(&self.sources, &pipeline, &engine)?;
        let reading = self.reading.reading();
        let out = context.published(&self.out, reading, (&pipeline, &engine)).await?;
        let place = Place { pipeline: &pipeline, engine: &engine, sources: &sources, out: &out, reading };
        let subject = Subject { score: self.score, account, user: self.user };
        let zone = pipeline.settings.time_zone;
        let day = self.as_of.map(|moment| moment.day(zone));
        let console = context.console;
        if let Some(vs) = self.vs {
            let movement = explain::compare(&place, &subject, (vs.day(zone), day)).await?;
            return output::value(&movement, &movement_text(&movement, console), console);
        }
        let explanation = explain::explain(&place, &subject, day).await?;
        output::value(&explanation, &explanation_text(&explanation, console), console)
    }
}

fn who(account: &str, user: Option<&String>) -> String {
    let visible = |text: &str| text.escape_debug().to_string();
    user.map_or_else(|| visible(account), |user| format!("{} of {}", visible(user), visible(account)))
}

fn explanation_text(explained: &Explanation, console: Console) -> String {
    let score = explained.score.map_or_else(|| "no score".to_owned(), short);
    let mut text = format!(
        "{} of {} at the end of {}: {score}, {}{}\n",
        explained.title,
        who(&explained.account_id, explained.user_id.as_ref()),
        explained.as_of_date,
        explained.tier,
        if explained.is_at_risk == Some(true) { " (at risk)" } else { "" }
    );
    let mut facts = Vec::new();
    if let Some(card) = &explained.scorecard {
        let why =
            explained.matched_rule.as_ref().map_or_else(String::new, |rule| format!(" (because {rule})"));
        facts.push(format!("scorecard {card}{why}"));
    }
    facts.extend(explained.coverage.map(|share| format!("coverage {} %", short(share * 100.0))));
    facts.push(format!("version {}, definition {}", explained.version, explained.definition));
    facts.extend(explained.reason.as_ref().map(|reason| format!("unscored: {reason}")));
    text += &format!("{}\n", facts.join(" · "));
    if !explained.is_current {
        text += "The definition has changed since: edges and next bins are not told.\n";
    }
    text += &sheet(explained).fitted(console.width);
    let mut running = explained.raw_score;
    if let Some(raw) = explained.raw_score {
        text += &format!("sum of contributions: {}\n", short(raw));
    }
    for step in &explained.steps {
        let change = step.change.map_or_else(String::new, signed);
        running = running.map(|before| before + step.change.unwrap_or(0.0));
        text += &format!("{}: {change} ({})\n", step.kind, visible(&step.what));
    }
    if !explained.steps.is_empty() {
        text += &format!("score: {score}\n");
    }
    text
}

fn sheet(explained: &Explanation) -> Sheet {
    let names = [
        "component",
        "value",
        "bin",
        "points",
        "weight",
        "decides",
        "adds",
        "misses",
        "next better",
        "state",
    ];
    let right = [false, true, false, true, true, true, true, true, false, false];
    let row = |depth: usize, line: &Line| {
        let indent = "  ".repeat(depth);
        let value = match (&line.category, line.measure.or(line.value)) {
            (Some(category), _) => visible(category),
            (None, Some(value)) => short(value),
            (None, None) => String::new(),
        };
        let of = line.max_points.map_or_else(String::new, |most| format!(" of {}", short(most)));
        let points = line.points.map_or_else(String::new, |points| format!("{}{of}", short(points)));
        let gain = line.next_gain.map_or_else(String::new, |gain| format!(" ({})", signed(gain)));
        let next = line.next_better.as_ref().map_or_else(String::new, |next| format!("{next}{gain}"));
        let evidence = line.evidence.as_ref().filter(|_| line.why.is_none());
        let state = match (&line.on_missing, evidence) {
            (Some(policy), _) => format!("{}, {policy}", line.state),
            (None, Some(evidence)) => visible(evidence),
            (None, None) if line.state == "observed" || line.state == "base" => String::new(),
            (None, None) => line.why.as_ref().unwrap_or(&line.state).clone(),
        };
        vec![
            format!("{indent}{}", visible(&line.title)),
            value,
            line.bin.clone().unwrap_or_default(),
            points,
            number(line.weight),
            percent(line.effective_weight),
            number(line.contribution),
            number(line.missed),
            next,
            state,
        ]
    };
    Sheet {
        names: names.map(str::to_owned).to_vec(),
        right: right.to_vec(),
        yields: vec![9, 8, 4, 5],
        rows: explained.parts.iter().map(|part| row(part.depth, &part.line)).collect(),
    }
}

fn movement_text(moved: &Movement, console: Console) -> String {
    let score = |score: Option<f64>| score.map_or_else(|| "no score".to_owned(), short);
    let mut text = format!(
        "{} of {}: {} ({}) at the end of {}, {} ({}) at the end of {}",
        moved.title,
        who(&moved.account_id, moved.user_id.as_ref()),
        score(moved.from_score),
        moved.from_tier,
        moved.from_date,
        score(moved.to_score),
        moved.to_tier,
        moved.to_date
    );
    let Some(change) = moved.change else {
        return text + "\nOne of the days has no score, so there is no difference to explain.\n";
    };
    text += &format!(": {}\n", signed(change));
    let row = |line: &Moved| {
        vec![visible(&line.title), visible(&line.from), visible(&line.to), signed(line.change), because(line)]
    };
    let mut rows: Vec<Vec<String>> = moved.moved.iter().map(row).collect();
    let (from, to) = (score(moved.from_score), score(moved.to_score));
    rows.push(vec!["together".to_owned(), from, to, signed(change), String::new()]);
    let names = ["what", "from", "to", "change", "because"].map(str::to_owned).to_vec();
    let right = vec![false, true, true, true, false];
    text += &Sheet { names, right, yields: vec![4], rows }.fitted(console.width);
    text + &moved.note.as_ref().map_or_else(String::new, |note| format!("{}\n", visible(note)))
}

/// Why something moved: one cause, or each with its part.
fn because(line: &Moved) -> String {
    let said = |kind: DriverKind| match kind {
        DriverKind::Definition => "the definition",
        DriverKind::Scorecard => "the scorecard",
        DriverKind::Data => "data came or went",
        DriverKind::Judgement => "people's judgement",
        DriverKind::RollOff => "old days left the windows",
        DriverKind::NewActivity => "new activity",
        DriverKind::Behaviour => "behaviour",
        DriverKind::Override => "an override",
        DriverKind::Rounding => "rounding",
    };
    match line.causes.as_slice() {
        [only] => said(only.kind).to_owned(),
        causes => {
            let parts = causes.iter().map(|cause| format!("{} {}", said(cause.kind), signed(cause.change)));
            parts.collect::<Vec<_>>().join(", ")
        }
    }
}

fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
