//! Proposals learned from what became of accounts, on worlds whose truth is known, and on real logs.

use halescore::evidence::Ordered;
use halescore::suggest::{search, separated};
use serde_json::Value;

use super::figures::Random;
use super::world::{Planted, Row, hale, is_lost, project, publish, rows, told};
use crate::suggest::world::write;

#[test]
fn capability_40_bins_are_cut_where_they_tell_most_and_never_turn_back() {
    let mut random = Random::new(23);
    for round in 0..200 {
        let rows = 200 + random.below(800);
        let direction = if round % 2 == 0 { 1.0 } else { -1.0 };
        let values: Vec<Option<f64>> =
            (0..rows).map(|_| (random.unit() > 0.1).then(|| (random.unit() * 50.0).floor())).collect();
        let chance = |value: Option<f64>| {
            value.map_or(0.2, |value| if direction * (value - 25.0) < 0.0 { 0.4 } else { 0.1 })
        };
        let lost: Vec<bool> = values.iter().map(|value| random.unit() < chance(*value)).collect();
        let Some(found) = separated(&values, &lost, 5) else { continue };
        assert_eq!(found.higher_is_better, direction > 0.0);
        let known = values.iter().flatten().count();
        assert_eq!(found.bins.iter().map(|bin| bin.rows).sum::<usize>(), known);
        assert!(
            (2..=5).contains(&found.bins.len())
                && found.bins.iter().all(|bin| bin.rows as f64 >= 0.05 * known as f64)
        );
        let shares: Vec<f64> =
            found.bins.iter().map(|bin| direction * bin.lost as f64 / bin.rows as f64).collect();
        assert!(shares.windows(2).all(|pair| pair[0] >= pair[1]), "{shares:?}");
        // Counted again, from the edges.
        let mut low = f64::MIN;
        for bin in &found.bins {
            let high = bin.below.unwrap_or(f64::MAX);
            let own = (0..rows).filter(|row| values[*row].is_some_and(|value| (low..high).contains(&value)));
            let (lost, kept): (Vec<usize>, Vec<usize>) = own.partition(|row| lost[*row]);
            assert_eq!((lost.len() + kept.len(), lost.len()), (bin.rows, bin.lost));
            low = high;
        }
        let points: Vec<f64> = found.bins.iter().map(|bin| bin.points).collect();
        assert_eq!(points.iter().copied().fold(f64::MAX, f64::min), 0.0);
        assert_eq!(points.iter().copied().fold(f64::MIN, f64::max), 10.0);
    }
}

#[test]
fn capability_79_the_metrics_that_tell_are_found_among_those_that_do_not() {
    let mut random = Random::new(29);
    let (mut false_alarms, mut chosen, mut of_noise) = (0, 0, 0);
    for _ in 0..40 {
        let rows = 600;
        let health: Vec<f64> = (0..rows).map(|_| random.normal()).collect();
        let lost: Vec<bool> =
            health.iter().map(|health| random.unit() < 1.0 / (1.0 + (1.2 + 1.5 * health).exp())).collect();
        // Two that tell, in two ways, and eight that do not.
        let mut columns: Vec<Vec<Option<f64>>> = vec![
            health.iter().map(|health| Some(health + 0.5 * random.normal())).collect(),
            health.iter().map(|health| Some(-health + 0.8 * random.normal())).collect(),
        ];
        columns.extend((0..8).map(|_| (0..rows).map(|_| Some(random.normal())).collect()));
        let all: Vec<usize> = (0..rows).collect();
        let half: Vec<bool> = all.iter().map(|row| row % 2 == 0).collect();
        let columns: Vec<&Vec<Option<f64>>> = columns.iter().collect();
        let found = search(&columns, (&lost, &half), &all, (5, 5)).unwrap();
        false_alarms += found.parts.iter().filter(|part| part.metric >= 2).count();
        chosen += found.parts.len();
        let score: Vec<Option<f64>> = found.score(&columns, &all).into_iter().map(Some).collect();
        assert!(Ordered::of(&score).auc(&lost, &vec![1.0; rows]).unwrap() > 0.7);
        // Among metrics of which none tells anything, as many as there are.
        let noise = &columns[2..];
        of_noise += search(noise, (&lost, &half), &all, (5, 5)).map_or(0, |found| found.parts.len());
    }
    println!("{false_alarms} of {chosen} say nothing; {of_noise} of {} of noise alone", 40 * 8);
    assert!(chosen >= 55, "{chosen} of 80 that tell something");
    // At most one in twenty of what is proposed says nothing, and one in fifty of what is tried in vain.
    assert!(false_alarms * 20 <= chosen, "{false_alarms} of {chosen} say nothing");
    assert!(of_noise * 50 <= 40 * 8, "{of_noise} of {} are proposed of nothing", 40 * 8);
}

/// Usage tells, noise does not; weighed alike the noise drowns it.
fn unwise(rows: &[Row]) -> tempfile::TempDir {
    let project = project(rows);
    write(
        project.path(),
        "sql/scores/health.yml",
        "title: Health\nversion: '1'\ncomponents: {usage: 1, noise: 9}\ntiers: [{name: low, below: 40, at_risk: true}, {name: high}]\n",
    );
    publish(project.path());
    // The losses lie on other days, so that outcomes of the first two days are known by the last two.
    let lost = (0..super::world::ACCOUNTS).map(|at| {
        let day = if is_lost(at) { ["2026-04-10", "2026-05-20"][at / 4 % 2] } else { "" };
        format!("a{at:03},{day},2026-12-31\n")
    });
    write(
        project.path(),
        "lost.csv",
        &format!("account_id,lost_on,observed_until\n{}", lost.collect::<String>()),
    );
    project
}

const ASKED: [&str; 8] = ["--labels", "known.csv", "--step", "28", "--lead", "0", "--horizon", "28"];

fn labelled(project: &tempfile::TempDir) {
    let rows = (0..super::world::ACCOUNTS).flat_map(|at| {
        super::world::DAYS.iter().map(move |day| format!("a{at:03},{day},{}\n", u8::from(is_lost(at))))
    });
    write(project.path(), "known.csv", &format!("account_id,day,label\n{}", rows.collect::<String>()));
}

#[test]
fn capability_79_weights_are_proposed_where_they_are_better_out_of_time_and_only_there() {
    let rows = rows(Planted::Nothing);
    let project = unwise(&rows);
    labelled(&project);
    let found = told(project.path(), &[&["suggest", "weights"][..], &ASKED].concat());
    assert_eq!(found["verdict"], "better", "{found}");
    let weight = |name: &str| {
        let own = found["components"].as_array().unwrap().iter().find(|own| own["name"] == name).unwrap();
        own["weight"].as_u64().unwrap()
    };
    assert_eq!(weight("usage"), 10);
    assert!(weight("noise") <= 3, "{found}");
    assert!(found["yaml"].as_str().unwrap().starts_with("components:\n  usage: 10\n"));
    // Days are learned from when what became of accounts was known: the first has none before it.
    assert_eq!(found["out_of_time"]["days"], 3);
    let wise = super::world::project(&rows);
    write(
        wise.path(),
        "sql/scores/health.yml",
        "title: Health\nversion: '1'\ncomponents: {usage: 99, noise: 1}\ntiers: [{name: low, below: 40, at_risk: true}, {name: high}]\n",
    );
    publish(wise.path());
    labelled(&wise);
    let found = told(wise.path(), &[&["suggest", "weights"][..], &ASKED].concat());
    assert_eq!((found["verdict"].as_str(), &found["yaml"]), (Some("no_better"), &Value::Null), "{found}");
    let text = hale(wise.path(), &[&["suggest", "weights"][..], &ASKED].concat());
    assert!(String::from_utf8_lossy(&text.stdout).contains("no better than what there is"));
}

#[test]
fn capability_79_a_score_that_is_proposed_is_one_that_runs() {
    let project = unwise(&rows(Planted::Nothing));
    labelled(&project);
    let found = told(project.path(), &[&["suggest", "combination", "--at-most", "1"][..], &ASKED].concat());
    assert_eq!(
        (found["components"][0]["metric"].as_str(), found["components"].as_array().unwrap().len()),
        (Some("usage"), 1)
    );
    let yaml = found["yaml"].as_str().unwrap();
    let (components, score) = yaml.split_once("# sql/scores/proposed.yml\n").unwrap();
    write(project.path(), "sql/components/proposed.yml", components);
    write(project.path(), "sql/scores/proposed.yml", score);
    told(project.path(), &["run", "--as-of", super::world::DAYS[3], "--rescore"]);
    let named = hale(project.path(), &["suggest", "combination", "usages", "--labels", "known.csv"]);
    assert!(String::from_utf8_lossy(&named.stderr).contains("no column of numbers `usages`"));
}

#[test]
fn every_example_of_the_helps_runs() {
    let project = project(&rows(Planted::Nothing));
    publish(project.path());
    let known = (0..super::world::ACCOUNTS)
        .map(|at| format!("a{at:03},{}\n", if is_lost(at) { "struggling" } else { "healthy" }));
    write(project.path(), "known.csv", &format!("account_id,label\n{}", known.collect::<String>()));
    let kept = (0..super::world::ACCOUNTS).map(|at| format!("a{at:03},{}\n", at % 5));
    write(project.path(), "kept.csv", &format!("account_id,score\n{}", kept.collect::<String>()));
    write(
        project.path(),
        "sql/scores/health_next.yml",
        "title: Next\nversion: '2'\nstatus: draft\nreplaces: health\ncomponents: [usage]\ntiers: [{name: low, below: 40, at_risk: true}, {name: high}]\n",
    );
    let mut count = 0;
    for question in
        [&["backtest"][..], &["agree"], &["suggest"], &["suggest", "weights"], &["suggest", "combination"]]
    {
        let examples = crate::suggest::command::examples(question);
        for words in examples
            .iter()
            .filter(|words| words.iter().any(|word| ["--labels", "--with"].contains(&word.as_str())))
        {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = hale(project.path(), &words);
            assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
            count += 1;
        }
    }
    assert!(count >= 13, "{count} examples were found");
}
