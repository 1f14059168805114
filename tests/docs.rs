//! `hale docs`: the site, looked at as a reader does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::python;

const BUNDLED: &str = env!("CARGO_MANIFEST_DIR");

fn hale(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_hale")).args(arguments).output().expect("hale runs")
}

/// The site of a project.
fn site(project: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (project, out) = (project.display().to_string(), folder.path().display().to_string());
    let made = hale(&["docs", "--project", &project, "--out", &out]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    folder
}

/// A project without models.
fn small() -> tempfile::TempDir {
    let project = tempfile::tempdir().unwrap();
    let settings = "name: small\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";
    write_below(project.path(), "hale.yml", settings);
    project
}

/// A file of a project.
fn write_below(project: &Path, path: &str, text: &str) {
    let path = project.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Every page by its path within the site.
fn pages(site: &Path) -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    for folder in ["", "models", "scores"] {
        for entry in std::fs::read_dir(site.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "html") {
                let text = std::fs::read_to_string(&path).unwrap();
                pages.insert(path.strip_prefix(site).unwrap().to_path_buf(), text);
            }
        }
    }
    pages
}

/// What stands between `before` and the next quote, each time; a template writes `/` in an attribute as a code.
fn attributes(page: &str, before: &str) -> Vec<String> {
    page.split(before)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|text| text.replace("&#x2f;", "/"))
        .collect()
}

#[test]
fn every_model_metric_and_score_has_its_place_and_every_link_leads_somewhere() {
    let site = site(Path::new(BUNDLED));
    let pages = pages(site.path());
    let listed = hale(&["ls", "--project", BUNDLED, "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    for model in listed["models"].as_array().unwrap() {
        let page = &pages[Path::new(&format!("models/{}.html", model["name"].as_str().unwrap()))];
        for column in model["columns"].as_array().unwrap() {
            let name = column["name"].as_str().unwrap();
            assert!(page.contains(&format!("<tr id=\"{name}\">")), "{} {name}", model["name"]);
        }
    }
    let anchors: BTreeMap<&PathBuf, BTreeSet<String>> =
        pages.iter().map(|(path, page)| (path, attributes(page, " id=\"").into_iter().collect())).collect();
    let mut links = 0;
    for (path, page) in &pages {
        for link in attributes(page, "href=\"") {
            let (file, anchor) =
                link.split_once('#').map_or((link.as_str(), None), |(file, anchor)| (file, Some(anchor)));
            let inside = path.parent().is_some_and(|folder| folder != Path::new(""));
            let target = match (file.strip_prefix("../"), inside) {
                (Some(file), true) => PathBuf::from(file),
                (None, false) => PathBuf::from(file),
                _ => panic!("{} links to {link}", path.display()),
            };
            assert!(site.path().join(&target).exists(), "{} links to {link}", path.display());
            if let Some(anchor) = anchor {
                assert!(anchors[&target].contains(anchor), "{} links to {link}", path.display());
            }
            links += 1;
        }
        assert!(
            !page.contains("://") || page.split("<pre>").next().is_some_and(|top| !top.contains("src=\""))
        );
    }
    assert!(links > 500, "only {links} links");
}

#[test]
fn columns_say_what_they_are_made_of_one_step_back() {
    let project = small();
    let write = |path: &str, text: &str| write_below(project.path(), path, text);
    write(
        "sql/raw/events.sql",
        "-- <script>alert(1)</script> & \"more\".\nCREATE EXTERNAL TABLE raw.events (\n  id BIGINT NOT NULL, -- <b>\n  who VARCHAR, day DATE NOT NULL, seconds BIGINT\n) STORED AS PARQUET LOCATION 'events.parquet'\n\
         OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days')",
    );
    write(
        "sql/staging/days.sql",
        "CREATE VIEW staging.days AS\nWITH busy AS (SELECT who AS person, day, sum(seconds) AS total, count(*) AS rows FROM dated.events GROUP BY who, day)\n\
         SELECT b.person, b.day, b.total + coalesce(e.seconds, 0) AS both_sides, b.rows,\n\
                sum(b.total) OVER (PARTITION BY b.person ORDER BY b.day) AS so_far, 7 AS seven\n\
         FROM busy AS b LEFT JOIN dated.events AS e ON e.id = b.rows\nUNION ALL\nSELECT who, day, id, NULL, NULL, 8 FROM dated.events",
    );
    write("sql/staging/more.sql", "SELECT person AS who, both_sides FROM staging.days");
    let site = site(project.path());
    let page = |name: &str| std::fs::read_to_string(site.path().join(format!("models/{name}.html"))).unwrap();
    let made_of = |page: &str, column: &str| -> Vec<String> {
        let row = page.split(&format!("<tr id=\"{column}\">")).nth(1).expect("the column has a row");
        let last = row.split("</tr>").next().unwrap().rsplit("<td").next().unwrap();
        let names = last.split("<code>").skip(1).map(|name| name.split("</code>").next().unwrap().to_owned());
        names.collect()
    };
    let days = page("staging.days");
    assert_eq!(made_of(&days, "person"), ["dated.events.who"]);
    assert_eq!(made_of(&days, "both_sides"), ["dated.events.id", "dated.events.seconds"]);
    assert_eq!(made_of(&days, "rows"), [""; 0]);
    assert_eq!(made_of(&days, "so_far"), ["dated.events.day", "dated.events.seconds", "dated.events.who"]);
    assert_eq!(made_of(&days, "seven"), [""; 0]);
    assert_eq!(made_of(&page("staging.more"), "both_sides"), ["staging.days.both_sides"]);
    assert_eq!(made_of(&page("dated.events"), "who"), ["raw.events.who"]);
    let events = page("raw.events");
    assert!(
        !events.contains("<script>") && events.contains("&lt;script&gt;alert(1)") && !events.contains("<b>")
    );
}

#[test]
fn columns_that_come_from_what_is_now_are_told_as_approximate() {
    let project = small();
    let write = |path: &str, text: &str| write_below(project.path(), path, text);
    write(
        "sql/raw/people.sql",
        "-- People.\nCREATE EXTERNAL TABLE raw.people (who VARCHAR NOT NULL, came DATE NOT NULL, born DATE, role VARCHAR NOT NULL, title VARCHAR)\n\
         STORED AS PARQUET LOCATION 'people.parquet' OPTIONS ('kind' 'current', 'key' 'who', 'begins_at' 'came', 'fixed' 'born')",
    );
    write(
        "sql/raw/acts.sql",
        "-- Acts.\nCREATE EXTERNAL TABLE raw.acts (id BIGINT NOT NULL, who VARCHAR NOT NULL, at DATE NOT NULL, seconds BIGINT NOT NULL)\n\
         STORED AS PARQUET LOCATION 'acts.parquet' OPTIONS ('kind' 'events', 'key' 'id', 'happened_at' 'at', 'known_after' '0 days')",
    );
    write(
        "sql/staging/acts.sql",
        "SELECT acts.who, acts.day, acts.seconds, people.came, people.born, people.title\n\
         FROM dated.acts LEFT JOIN dated.people ON people.who = acts.who",
    );
    write("sql/staging/people.sql", "SELECT who, came, born FROM dated.people WHERE role <> 'guest'");
    write(
        "sql/staging/sums.sql",
        "WITH of_people AS (SELECT a.day, a.who, a.seconds FROM staging.acts AS a JOIN staging.people AS p ON p.who = a.who)\n\
         SELECT days.day, sum(days.seconds) AS all_seconds, max(sums.seconds) AS seconds_of_members FROM staging.acts AS days\n\
         LEFT JOIN (SELECT day, sum(seconds) AS seconds FROM of_people GROUP BY day) AS sums ON sums.day = days.day GROUP BY days.day",
    );
    let site = site(project.path());
    let of_now = |model: &str| -> BTreeMap<String, String> {
        let page = std::fs::read_to_string(site.path().join(format!("models/{model}.html"))).unwrap();
        let rows = page.split("<tr id=\"").skip(1);
        let told = rows.filter_map(|row| {
            let (name, row) = row.split_once('"')?;
            let (_, told) =
                row.split("</tr>").next()?.split_once("approximate on earlier days, as it is now: ")?;
            let names = told.split("</small>").next()?.split("<code>").skip(1);
            let names: Vec<&str> = names.filter_map(|name| name.split("</code>").next()).collect();
            Some((name.to_owned(), names.join(" ")))
        });
        told.collect()
    };
    let expected = |columns: &[(&str, &str)]| -> BTreeMap<String, String> {
        columns.iter().map(|(name, of)| ((*name).to_owned(), (*of).to_owned())).collect()
    };
    let (role, title) = (("role", "raw.people.role"), ("title", "raw.people.title"));
    assert_eq!(of_now("dated.people"), expected(&[role, title]));
    assert_eq!(of_now("staging.acts"), expected(&[title]));
    let of_role = |name| (name, "raw.people.role");
    assert_eq!(of_now("staging.people"), expected(&[of_role("who"), of_role("came"), of_role("born")]));
    assert_eq!(of_now("staging.sums"), expected(&[of_role("seconds_of_members")]));
}

#[test]
fn a_folder_of_others_is_left_alone_and_stale_pages_go() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let notes = folder.path().join("index.html");
    std::fs::write(&notes, "mine").unwrap();
    let refused = hale(&["docs", "--project", BUNDLED, "--out", &out]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("was not written by `hale docs`"));
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), "mine");

    let site = site(Path::new(BUNDLED));
    let stale = site.path().join("models/metrics.gone.html");
    std::fs::write(&stale, "old").unwrap();
    let before = pages(site.path()).len();
    let again = hale(&["docs", "--project", BUNDLED, "--out", &site.path().display().to_string(), "--json"]);
    let told: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((told["removed"].as_u64(), stale.exists()), (Some(1), false));
    assert_eq!(pages(site.path()).len(), before - 1);
}

const BROWSER: &str = r#"
import json, sys
from pathlib import Path
from playwright.sync_api import sync_playwright

site, browser = Path(sys.argv[1]), sys.argv[2]
flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
pages = ["index.html", "metrics-of-accounts.html", "models/metrics.usage.html", "scores/health.html"]
told = []
with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(executable_path=browser, args=flags)
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            context = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
            page = context.new_page()
            problems, asked = [], []
            page.on("console", lambda message: problems.append(message.text))
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("requestfailed", lambda request: problems.append(request.url))
            page.on("request", lambda request: asked.append(request.url))
            for path in pages:
                page.goto((site / path).as_uri())
                told.append({
                    "page": path, "width": width, "scheme": scheme,
                    "overflow": page.evaluate("document.documentElement.scrollWidth - window.innerWidth"),
                    "paper": page.evaluate("getComputedStyle(document.body).backgroundColor"),
                    "ink": page.evaluate("getComputedStyle(document.querySelector('main')).color"),
                    "size": page.evaluate("parseFloat(getComputedStyle(document.querySelector('main p, main td')).fontSize)"),
                    "title": page.inner_text("h1"),
                    "hidden": page.evaluate("[...document.querySelectorAll('.lineage text')].filter(t => t.getBBox().width > t.previousElementSibling.getBBox().width - 8).map(t => t.textContent)"),
                })
            page.goto((site / "index.html").as_uri())
            page.locator(".lineage a", has_text="metrics.usage").first.click()
            told.append({"clicked": page.inner_text("h1"), "problems": problems,
                         "elsewhere": [url for url in asked if not url.startswith("file://")]})
            context.close()
    chromium.close()
print(json.dumps(told))
"#;

/// The browser to look with: `HALE_CHROMIUM`, or where Debian puts it.
fn browser() -> Option<String> {
    let named = std::env::var("HALE_CHROMIUM").ok();
    let found = named.into_iter().chain(["/usr/bin/chromium", "/usr/bin/google-chrome"].map(str::to_owned));
    found.into_iter().find(|path| Path::new(path).exists())
}

#[test]
fn a_browser_shows_it_on_a_phone_and_a_desk_by_day_and_by_night() {
    let tools = browser().ok_or("there is no Chromium; install it, or name it in HALE_CHROMIUM".to_owned());
    let tools = tools.and_then(|browser| python::has(&["playwright"]).map(|()| browser));
    let Some(browser) = python::or_skip(tools) else { return };
    let site = site(Path::new(BUNDLED));
    let told = python::run(BROWSER, &[&site.path().display().to_string(), &browser]);
    let told: Vec<Value> = serde_json::from_str(&told).unwrap();
    let mut papers: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for seen in &told {
        if let Some(title) = seen.get("clicked") {
            assert_eq!(*title, "metrics.usage");
            assert_eq!(
                (&seen["problems"], &seen["elsewhere"]),
                (&Value::Array(vec![]), &Value::Array(vec![]))
            );
            continue;
        }
        assert!(seen["overflow"].as_f64().unwrap() <= 0.0, "wider than the screen: {seen}");
        assert!(seen["size"].as_f64().unwrap() >= 16.0, "too small to read: {seen}");
        assert!(!seen["title"].as_str().unwrap().is_empty());
        assert_eq!(seen["hidden"], Value::Array(vec![]), "names that leave their boxes");
        let text = |key: &str| seen[key].as_str().unwrap().to_owned();
        papers.entry(text("scheme")).or_default().insert((text("paper"), text("ink")));
    }
    assert_eq!(told.len(), 2 * 2 * 5);
    assert!(
        papers.values().all(|papers| papers.len() == 1) && papers["light"] != papers["dark"],
        "{papers:?}"
    );
}
