//! What readers see of a run: of one that failed, and where days are held.

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::cli::console::{Console, object};
use crate::cli::outcome::Failure;
use crate::run::Request;

/// What readers see of a run.
#[derive(Default)]
pub(super) struct Visible {
    /// The commits that took effect.
    pub(super) commits: Vec<u64>,
    /// Whether the plain folders show them, where they could not.
    pub(super) followed: Option<bool>,
    /// Whether it may just be making one.
    pub(super) under_way: bool,
}

/// What is known of a run that failed. `published` is false only where readers see nothing of it.
pub(super) fn failed(failure: &Failure, visible: &Visible) -> Value {
    let mut all = failure.to_json().map(object).unwrap_or_default();
    all.remove("ok");
    all.extend(object(match visible.commits.as_slice() {
        [] if visible.under_way => json!({ "published": null }),
        [] => json!({ "published": false }),
        commits => json!({ "published": true, "partly": true, "commits": commits }),
    }));
    if let Some(followed) = visible.followed {
        all.insert("followed".to_owned(), followed.into());
    }
    Value::Object(all)
}

/// Says which of the days asked for are held, and why; returns them.
pub(super) fn tell_of_held(request: &Request, console: Console) -> Vec<NaiveDate> {
    let commit = request.out.commit();
    let held: Vec<_> = commit.held.iter().filter(|(day, _)| request.days.contains(day)).collect();
    if let (Some((first, hold)), count) = (held.first(), held.len()) {
        let days =
            if count == 1 { format!("{first} is") } else { format!("{count} days from {first} on are") };
        let text = format!(
            "{days} held since commit {} ({}), and left as it is published, if at all; `hale release --all` ends that",
            hold.since, hold.why
        );
        console.note("held", &text);
    }
    held.into_iter().map(|(day, _)| *day).collect()
}
