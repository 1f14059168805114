//! Who is at risk or not scored, and has revenue, is on the queue for a reason: those who never used the product, those of
//! whom only programs do, and all others, with only the sources that must be there, under every template.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use tempfile::TempDir;

use super::obligatory::OBLIGATORY;
use super::world::{BASE, END, QUEUE, before, copied, linked, number, project, run, table, without_events};
use super::worlds::WORLDS;
use crate::oracle::table::Value;

/// The sources, and what the bundled project publishes. Every third account never used the product, and of every third
/// only programs do.
static UNUSED: LazyLock<(TempDir, TempDir)> = LazyLock::new(|| {
    let accounts = table(WORLDS.before.path(), "metrics/accounts", END);
    let places: BTreeMap<&str, usize> = accounts.0.keys().map(|(_, id)| id.as_str()).zip(0..).collect();
    let sources = linked(WORLDS.sources.path(), |name| OBLIGATORY.contains(&name));
    without_events(sources.path(), &|account, by_user, _| match places.get(account).map(|place| place % 3) {
        Some(0) => true,
        Some(1) => by_user,
        _ => false,
    });
    let out = tempfile::tempdir().unwrap();
    run(Path::new(env!("CARGO_MANIFEST_DIR")), (sources.path(), false), out.path(), before(28), &BASE);
    (sources, out)
});

fn hold(template: &str) {
    let out = copied(UNUSED.1.path());
    run(project(template).path(), (UNUSED.0.path(), true), out.path(), END, &QUEUE);
    let of = |name: &str| table(out.path(), name, END);
    let (metrics, scores, queue) = (of("metrics/accounts"), of("scores/health"), of("marts/work_queue"));
    let mut without_people = 0;
    for ((_, id), account) in &metrics.0 {
        let in_need = scores.row(id, END)["is_at_risk"] != Value::Flag(false);
        let is_worth = account["is_in_force"] == Value::Flag(true) && number(account, "arr") > Some(0.0);
        if !in_need || !is_worth {
            continue;
        }
        let place =
            queue.0.get(&(END, id.clone())).unwrap_or_else(|| panic!("{template}: {id} is not on the queue"));
        assert!(
            !matches!(&place["reasons"], Value::Text(reasons) if reasons.is_empty()),
            "{template}: {place:?}"
        );
        without_people += usize::from(account["days_since_user_seen"] == Value::Null);
    }
    assert!(without_people > 3, "{template}: {without_people} without people show little");
}

#[test]
fn nobody_is_called_without_a_reason_by_any_template() {
    for template in ["default", "usage", "enterprise", "onboarding", "rfm"] {
        hold(template);
    }
}
