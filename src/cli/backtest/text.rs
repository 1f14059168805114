//! A backtest for people.

use indicatif::HumanCount;

use crate::backtest::{Arm, Backtest, Challenged, Named, Verdict, days_in_words};
use crate::cli::console::Console;
use crate::cli::judged::{figure, gain, ranged};
use crate::cli::numbers::percent;
use crate::cli::output::{Sheet, shown};
use crate::evidence::{Figures, Gain};
use crate::semantic::By;

/// All that is told.
pub(super) fn text(told: &Backtest, console: Console) -> String {
    let mut text = heading(told);
    let mut add = |title: &str, sheet: Sheet| {
        if !sheet.rows.is_empty() {
            text += &format!("\n{title}\n{}", sheet.fitted(console.width));
        }
    };
    add("How well it tells who is lost, beside what it has to beat:", beside(told));
    if let Some(challenger) = &told.challenger {
        add("The challenger, on the same rows:", self::challenger(challenger));
    }
    add("Components: alone, and what the score gains by them:", components(told));
    add("Groups of components, each alone:", groups(told));
    add("Among some of the accounts:", cuts(told));
    add(&tiers_title(told), tiers(told));
    add("By tenths of the score:", tenths(told));
    text += &at_risk(told);
    text += &told.challenger.as_ref().map(arms).unwrap_or_default();
    for (title, named) in [
        ("Lost, and in no tier at risk:", &told.false_greens),
        ("At risk, and not lost in this time:", &told.false_reds),
    ] {
        if !named.is_empty() {
            text += &format!("\n{title}\n{}", names(named).fitted(console.width));
        }
    }
    told.notes.iter().for_each(|note| text += &format!("{note}\n"));
    text
}

fn heading(told: &Backtest) -> String {
    let mut text = format!(
        "{} on {}, {}\n{} rows of {} accounts; {}",
        shown(&told.title),
        days_in_words(&told.days),
        told.reading,
        HumanCount(told.rows as u64),
        HumanCount((told.accounts_lost + told.accounts_kept) as u64),
        told.accounts_lost,
    );
    match (told.horizon_days, told.lead_days) {
        (Some(horizon), Some(lead @ 1..)) => {
            text += &format!(" were lost within {horizon} days after a lead of {lead}")
        }
        (Some(horizon), _) => text += &format!(" were lost within {horizon} days"),
        (None, _) => text += " are labelled as lost",
    }
    text +=
        &format!(" ({} of the rows), by {}\n", percent(Some(told.score.base_rate)), shown(&told.outcomes));
    let apart: Vec<String> =
        told.apart.iter().map(|(reason, rows)| format!("{rows} {}", shown(reason))).collect();
    if !apart.is_empty() {
        text += &format!("not judged: {}\n", apart.join(", "));
    }
    text
}

fn sheet<const N: usize>(names: [&str; N], yields: &[usize], rows: Vec<Vec<String>>) -> Sheet {
    Sheet {
        rows,
        right: (0..N).map(|at| at > 0).collect(),
        yields: yields.to_vec(),
        names: names.map(str::to_owned).to_vec(),
    }
}

fn beside(told: &Backtest) -> Sheet {
    let row = |title: String, figures: Option<&Figures>, gain: Option<&Gain>| {
        let mut row = vec![title];
        match figures {
            Some(figures) => row.extend([
                figure(&figures.auc),
                ranged(figures.average_precision.value, figures.average_precision.interval),
                format!("{:.1}", figures.lowest.lift),
                format!("{:.2}", figures.distance),
            ]),
            None => row.extend(["too few", "", "", ""].map(str::to_owned)),
        }
        row.push(gain.map(crate::cli::judged::gain).unwrap_or_default());
        row
    };
    let mut rows = vec![row(format!("{}, the score", shown(&told.title)), Some(&told.score), None)];
    if let Some(figures) = &told.without_ours {
        rows.push(row("without what is our doing".to_owned(), Some(figures), None));
    }
    rows.extend(
        told.baselines
            .iter()
            .map(|baseline| row(shown(&baseline.title), baseline.figures.as_ref(), baseline.gain.as_ref())),
    );
    sheet(["", "AUC", "precision", "lift", "KS", "the score gains"], &[4, 2, 3], rows)
}

fn challenger(told: &Challenged) -> Sheet {
    let mut row = vec![shown(&told.title)];
    match &told.figures {
        Some(figures) => row.extend([
            figure(&figures.auc),
            ranged(figures.average_precision.value, figures.average_precision.interval),
            format!("{:.1}", figures.lowest.lift),
            format!("{:.2}", figures.distance),
        ]),
        None => row.extend(["too few", "", "", ""].map(str::to_owned)),
    }
    row.push(told.gain.as_ref().map(gain).unwrap_or_default());
    row.push(percent(Some(told.other_tier)));
    row.push(better(told.gain.as_ref()).to_owned());
    let names = ["", "AUC", "precision", "lift", "KS", "it gains", "other tier", "verdict"];
    let mut sheet = sheet(names, &[4, 2, 3], vec![row]);
    sheet.right[7] = false;
    sheet
}

/// What follows of a gain.
fn better(gain: Option<&Gain>) -> &'static str {
    match gain {
        None => "too few to tell",
        Some(gain) if gain.is_noise() => "no better",
        Some(gain) if gain.auc > 0.0 => "better",
        Some(_) => "worse",
    }
}

/// Who falls to which of the two.
fn arms(told: &Challenged) -> String {
    let arm = |arm: &Arm| format!("{} {} accounts, {} lost", arm.arm, arm.accounts, arm.lost);
    let arms: Vec<String> = told.arms.iter().map(arm).collect();
    if arms.is_empty() { String::new() } else { format!("\nArms: {}\n", arms.join("; ")) }
}

fn components(told: &Backtest) -> Sheet {
    let rows = told.components.iter().map(|component| {
        vec![
            format!("{}{}", shown(&component.title), if component.by == By::Us { " (ours)" } else { "" }),
            percent(Some(component.coverage)),
            component.figures.as_ref().map(|figures| figure(&figures.auc)).unwrap_or_default(),
            component.gain.as_ref().map(gain).unwrap_or_default(),
            verdict(component.verdict).to_owned(),
        ]
    });
    let mut sheet = sheet(["component", "known", "AUC", "gain", "verdict"], &[1], rows.collect());
    sheet.right[4] = false;
    sheet
}

fn groups(told: &Backtest) -> Sheet {
    let rows = told.groups.iter().map(|group| {
        vec![
            shown(&group.title),
            percent(Some(group.coverage)),
            group.figures.as_ref().map(|figures| figure(&figures.auc)).unwrap_or_default(),
        ]
    });
    sheet(["group", "known", "AUC"], &[1], rows.collect())
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::TooFew => "too few to tell",
        Verdict::DoesNothing => "does nothing",
        Verdict::WrongWay => "points the wrong way",
        Verdict::Tells => "tells; of the rest too few",
        Verdict::TellsAsTheRest => "tells; the rest does too",
        Verdict::Adds => "adds",
        Verdict::Weakens => "better without",
    }
}

fn cuts(told: &Backtest) -> Sheet {
    let rows = told.cuts.iter().map(|cut| {
        let figures = cut.figures.as_ref();
        vec![
            format!("{}: {}", cut.by, shown(&cut.member)),
            cut.rows.to_string(),
            cut.lost.to_string(),
            figures.map_or_else(|| "too few".to_owned(), |figures| figure(&figures.auc)),
            figures.map(|figures| format!("{:.1}", figures.lowest.lift)).unwrap_or_default(),
        ]
    });
    sheet(["", "rows", "lost", "AUC", "lift"], &[4], rows.collect())
}

fn tiers_title(told: &Backtest) -> String {
    let order = if told.is_monotone {
        "each loses no smaller a share than the next"
    } else {
        "not in the order of losses"
    };
    format!("Tiers: {order}:")
}

fn tiers(told: &Backtest) -> Sheet {
    let rows = told.tiers.iter().map(|tier| {
        vec![
            format!("{}{}", shown(&tier.tier), if tier.at_risk { " (at risk)" } else { "" }),
            tier.rows.to_string(),
            percent(Some(tier.share)),
            tier.lost.to_string(),
            percent(tier.lost_share),
        ]
    });
    sheet(["tier", "rows", "share", "lost", "share lost"], &[2], rows.collect())
}

fn tenths(told: &Backtest) -> Sheet {
    let rows = told
        .tenths
        .iter()
        .map(|tenth| vec![format!("{:.1}", tenth.score), tenth.rows.to_string(), percent(Some(tenth.lost))]);
    sheet(["mean score", "rows", "share lost"], &[], rows.collect())
}

fn at_risk(told: &Backtest) -> String {
    let at_risk = &told.at_risk;
    let mut text = format!(
        "\nAt risk: {} rows; {} of them were lost, and {} of all lost were among them\n",
        at_risk.rows,
        percent(at_risk.precision),
        percent(at_risk.recall)
    );
    if at_risk.losses > 0 {
        text += &format!(
            "Losses: {} of {} seen coming, ARR {} of {}",
            at_risk.losses_seen,
            at_risk.losses,
            money(at_risk.arr_seen),
            money(at_risk.arr_seen + at_risk.arr_not_seen)
        );
        if let Some([quarter, half, three]) = at_risk.lead_days {
            text +=
                &format!("; {half} days before (half of them; a quarter {quarter}, three quarters {three})");
        }
        text += "\n";
    }
    for (what, told) in [("acted upon", at_risk.acted_upon), ("not acted upon", at_risk.not_acted_upon)] {
        if let Some((rows, lost)) = told {
            text += &format!("at risk and {what}: {rows} rows, {} lost\n", percent(Some(lost)));
        }
    }
    if let Some(correlation) = told.arr_correlation {
        text += &format!("Rank correlation with the change of ARR: {correlation:+.2}\n");
    }
    text
}

fn names(named: &[Named]) -> Sheet {
    let mut names = vec!["account", "judged on", "tier", "score", "ARR"];
    let (is_lost, is_acted) = (
        named.iter().any(|named| named.lost_on.is_some()),
        named.iter().any(|named| named.acted_upon.is_some()),
    );
    names.extend(is_lost.then_some("lost on"));
    names.extend(is_acted.then_some("acted upon"));
    let rows = named.iter().map(|named| {
        let mut row = vec![
            shown(&named.account_id),
            named.as_of_date.to_string(),
            shown(&named.tier),
            named.score.map(|score| format!("{score:.1}")).unwrap_or_default(),
            named.arr.map(money).unwrap_or_default(),
        ];
        row.extend(is_lost.then(|| named.lost_on.map(|day| day.to_string()).unwrap_or_default()));
        let acted = |acted: bool| if acted { "yes" } else { "no" }.to_owned();
        row.extend(is_acted.then(|| named.acted_upon.map(acted).unwrap_or_default()));
        row
    });
    Sheet {
        rows: rows.collect(),
        right: (0..names.len()).map(|at| (3..5).contains(&at)).collect(),
        yields: vec![2],
        names: names.into_iter().map(str::to_owned).collect(),
    }
}

/// Whole units of money.
fn money(amount: f64) -> String {
    HumanCount(amount.max(0.0).round() as u64).to_string()
}
