//! Whose doing a value is: told in the definition and on its page, and no matter of points.

use std::path::Path;

use halescore::explain;
use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::semantic::By;

use super::{OMNI_COMPONENTS, OMNI_SCORE, parse};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn whose_doing_a_value_is_changes_no_definition() {
    let plain = parse(OMNI_COMPONENTS, OMNI_SCORE).unwrap();
    assert!(plain.components.iter().all(|component| component.by == By::Customer));
    for (word, by, told) in [
        ("customer", By::Customer, "the customer's"),
        ("us", By::Us, "ours"),
        ("both", By::Both, "the customer's and ours"),
    ] {
        let text = OMNI_COMPONENTS.replace("title: Usage\n", &format!("title: Usage\n  by: {word}\n"));
        let with = parse(&text, OMNI_SCORE).unwrap();
        assert_eq!((with.components[0].by, with.components[1].by), (by, By::Customer));
        assert_eq!(by.name(), word);
        assert_eq!(with.scores[0].definition, plain.scores[0].definition, "{word}");
        assert_eq!(with.compile()[0].query(), plain.compile()[0].query(), "{word}");
        let page = explain::page(&with.scores[0]);
        assert!(page.contains(&format!("- whose doing: {told}\n")), "{page}");
    }
}

#[test]
fn nobody_else_does_anything() {
    let text = OMNI_COMPONENTS.replace("title: Usage\n", "title: Usage\n  by: them\n");
    let problems = parse(&text, OMNI_SCORE).unwrap_err().to_string();
    assert!(problems.contains("them") && problems.contains("customer"), "{problems}");
}

/// What the owner thinks is our own doing, in the bundled project and in every template that has it.
#[test]
fn the_owners_judgement_is_ours_wherever_it_is_shipped() {
    let pipeline = Pipeline::build(Project::load(Path::new(ROOT)).unwrap()).unwrap();
    let ours = pipeline.semantics.components.iter().filter(|component| component.by == By::Us);
    assert_eq!(ours.map(|component| component.name.as_str()).collect::<Vec<_>>(), ["csm_pulse"]);
    let mut seen = 0;
    for template in ["usage", "enterprise", "onboarding", "rfm"] {
        let folder = Path::new(ROOT).join("src/templates").join(template).join("sql/components");
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let judged = text.matches("value: csm_pulse\n").count();
            assert_eq!(judged, text.matches("value: csm_pulse\n  by: us\n").count(), "{template}");
            seen += judged;
        }
    }
    assert!(seen > 0, "no template asks owners");
}
