//! The page of a report in a real browser, used by keyboard, in both looks.
//!
//! Needs Chromium and its driver (Debian: `apt-get install chromium chromium-driver`). Where they are
//! not, the test says so and has tested nothing; under CI on Linux that is a failure.

use std::fs;
use std::path::Path;

use aether_harness_cli::commands::{DiffRequest, Format, diff};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::browser::{self, Browser};
use crate::workspace::Workspace;

crate::tests![page;
    a_browser_opens_folds_and_filters_it,
    a_large_difference_makes_a_page_that_opens,
];

/// The page of a workspace with seven scenarios: two groups of three that differ, and one that
/// matches.
fn page() -> (Workspace, std::path::PathBuf) {
    let workspace = Workspace::empty();
    let names = ["a1", "a2", "a3", "b1", "b2", "b3", "same"];
    for name in names {
        workspace.scenario(name, "", "");
        workspace.bless(name, "first");
    }
    for name in &names[..3] {
        let run = format!("scenarios/{name}/run.toml");
        workspace.edit(&run, "rule = 30", "rule = 90");
    }
    // One tick less: a record that is gone.
    for name in &names[3..6] {
        let run = format!("scenarios/{name}/run.toml");
        workspace.edit(&run, "ticks = 6", "ticks = 5");
    }
    let path = written(&workspace);
    (workspace, path)
}

fn written(workspace: &Workspace) -> std::path::PathBuf {
    let path = workspace.path("report.html");
    let request = DiffRequest {
        format: Format::Html,
        out: Some(path.clone()),
        ..DiffRequest::default()
    };
    let said = workspace.command(|suite, console| diff(suite, &request, console));
    assert_eq!(said.code(), 1, "{:?}", said.result);
    path
}

/// Keeps pictures where they are asked for: `PAGE_PICTURES=<directory>`.
pub(crate) fn picture(browser: &Browser, name: &str) {
    if let Some(dir) = std::env::var_os("PAGE_PICTURES") {
        fs::create_dir_all(&dir).unwrap();
        let dir = Path::new(&dir);
        let picture = BASE64_STANDARD.decode(browser.picture()).unwrap();
        fs::write(dir.join(format!("{name}.png")), picture).unwrap();
    }
}

fn a_browser_opens_folds_and_filters_it() {
    let Some(browser) = browser::start() else {
        return;
    };
    let (_workspace, path) = page();
    browser.open(&path);
    let title = "6 of 7 scenarios differ from their goldens";
    assert_eq!(browser.ask("return document.title"), title);
    picture(&browser, "light");

    // The first divergence is on top, its scenario open; groups and all others are folded.
    let open = "return [...document.querySelectorAll('.item[open]')].map(i => i.id)";
    assert_eq!(browser.ask(open), json!(["scenario-a1"]));
    let first = browser.ask("return document.querySelector('.first .where').innerText");
    let first = first.as_str().unwrap().replace('\n', " ");
    assert_eq!(first, "tick 1 grow cells[2]");
    let values = browser.ask(
        "return [...document.querySelectorAll('#scenario-a1 .first .values code')].map(c => c.innerText)",
    );
    assert_eq!(values, json!(["1", "0", "-1"]));
    // Side by side: at one height, the old one on the left.
    let places = browser.ask(
        "const at = s => document.querySelector('#scenario-a1 .first .' + s).getBoundingClientRect();
         return [at('before').top === at('after').top, at('before').right <= at('after').left]",
    );
    assert_eq!(places, json!([true, true]));
    let charts = browser.ask("return document.querySelectorAll('#scenario-a1 svg rect').length");
    assert_eq!(charts, 14);

    // j goes to the first group, Enter unfolds it and folds it again.
    let focused = "return document.activeElement.closest('.item')?.id || \
                   document.activeElement.innerText";
    let groups_open = "return document.querySelectorAll('.group[open]').length";
    browser.press("j");
    assert!(
        browser
            .ask(focused)
            .as_str()
            .unwrap()
            .contains("generations/*")
    );
    assert_eq!(browser.ask(groups_open), 0);
    browser.press(ENTER);
    assert_eq!(browser.ask(groups_open), 1);
    // What has the focus is seen to have it.
    let outline = browser.ask("return getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(outline, "solid");
    picture(&browser, "group");
    browser.press(ENTER);
    assert_eq!(browser.ask(groups_open), 0);
    // Arrow keys go on from there; k goes back.
    browser.press(DOWN);
    browser.press(DOWN);
    assert_eq!(browser.ask(focused), "scenario-a1");
    browser.press("j");
    assert_eq!(browser.ask(focused), "scenario-a2");
    browser.press("k");
    assert_eq!(browser.ask(focused), "scenario-a1");
    browser.press("G");
    assert!(browser.ask(focused).as_str().unwrap().contains("MATCH"));

    // u unfolds all, f folds all.
    let count = "return document.querySelectorAll('.item[open]').length";
    browser.press("u");
    assert_eq!(browser.ask(count), 9);
    browser.press("f");
    assert_eq!(browser.ask(count), 0);

    // / filters by what stands in a scenario, and tells how many are left.
    let visible = "return [...document.querySelectorAll('.scenario:not([hidden])')].map(i => i.id)";
    browser.press("/");
    assert_eq!(browser.ask("return document.activeElement.id"), "filter");
    browser.press("B2");
    assert_eq!(browser.ask(visible), json!(["scenario-b2"]));
    let shown = "return document.getElementById('shown').innerText";
    assert_eq!(browser.ask(shown), "1 of 6 that differ");
    picture(&browser, "filter");
    browser.press(ESCAPE);
    assert_eq!(browser.ask(visible).as_array().unwrap().len(), 6);
    assert_eq!(browser.ask("return document.activeElement.tagName"), "BODY");
    browser.press("/");
    browser.press("removed");
    assert_eq!(
        browser.ask(visible),
        json!(["scenario-b1", "scenario-b2", "scenario-b3"])
    );
    browser.press(ENTER);
    browser.press(ESCAPE);

    // ? tells the keys, and says so to who does not see it.
    let told = "return [document.getElementById('help').hidden, \
                document.getElementById('keys').getAttribute('aria-expanded')]";
    assert_eq!(browser.ask(told), json!([true, "false"]));
    browser.press("?");
    assert_eq!(browser.ask(told), json!([false, "true"]));
    // Every control has a name.
    let unnamed = browser.ask(
        "return [...document.querySelectorAll('input, button, summary, a, svg')].filter(e => \
         !(e.innerText || e.textContent || e.labels?.[0]?.textContent).trim()).length",
    );
    assert_eq!(unnamed, 0);

    // Light and dark as the system has it, and as t has it.
    let ground = "return getComputedStyle(document.body).backgroundColor";
    let light = browser.ask(ground);
    browser.prefer("dark");
    let dark = browser.ask(ground);
    assert_ne!(light, dark);
    picture(&browser, "dark");
    browser.press("t");
    assert_eq!(browser.ask(ground), light);
    browser.press("t");
    browser.prefer("light");
    assert_eq!(browser.ask(ground), dark);
    // Text is readable in both: at least 4.5 to 1 for every sort of text on the page.
    for look in ["light", "dark"] {
        browser.prefer(look);
        browser.ask(&format!("document.documentElement.dataset.look = '{look}'"));
        browser.press("u");
        // And nothing sticks out of its frame.
        let wide = browser.ask(
            "return [...document.querySelectorAll('.item *')].filter(e => !e.closest('svg') && \
             e.getBoundingClientRect().right > e.closest('.item').getBoundingClientRect().right) \
             .map(e => e.outerHTML)",
        );
        assert_eq!(wide, json!([]));
        let faint = browser.ask(include_str!("contrast.js"));
        assert_eq!(faint, json!([]), "{look}");
    }
    // The check itself sees a heading that is too faint.
    browser.ask("document.querySelector('h1').style.color = 'rgb(90 90 90)'");
    browser.ask("document.documentElement.dataset.look = 'dark'");
    let faint = browser.ask(include_str!("contrast.js"));
    assert!(faint[0].as_str().unwrap().starts_with("H1."), "{faint}");

    // It fits a small screen, unfolded.
    browser.width(360);
    browser.press("u");
    let width = browser.ask("return document.documentElement.scrollWidth");
    assert!(width.as_u64().unwrap() <= 360, "{width}");
    browser.width(1280);

    // A link of a group leads to its scenario and unfolds it.
    browser.ask("document.querySelector('.links a[href=\"#scenario-a3\"]').click()");
    browser.press("f");
    browser.ask("location.hash = ''; location.hash = '#scenario-a3'");
    browser.until("return document.querySelectorAll('#scenario-a3[open]').length === 1");

    assert_eq!(browser.console(), Vec::<String>::new());
}

fn a_large_difference_makes_a_page_that_opens() {
    let workspace = Workspace::empty();
    for at in 0..12 {
        let name = format!("large-{at:02}");
        workspace.scenario(&name, "", "");
        let run = format!("scenarios/{name}/run.toml");
        let cells: Vec<String> = (0..200)
            .map(|cell| u8::from(cell == at).to_string())
            .collect();
        workspace.edit(
            &run,
            "[0, 0, 1, 0, 0, 0, 0]",
            &format!("[{}]", cells.join(", ")),
        );
        workspace.edit(&run, "ticks = 6", "ticks = 150");
        workspace.bless(&name, "first");
        workspace.edit(&run, "rule = 30", "rule = 90");
    }
    let path = written(&workspace);
    let size = fs::metadata(&path).unwrap().len();
    assert!(size < 12_000_000, "{size} bytes");
    let text = fs::read_to_string(&path).unwrap();
    let rows = text.matches("<tr").count();
    assert!((15_000..21_000).contains(&rows), "{rows} rows");
    assert!(text.contains(" more, for which this page has no room"));
    let Some(browser) = browser::start() else {
        return;
    };
    browser.open(&path);
    assert_eq!(
        browser.ask("return document.querySelectorAll('.scenario').length"),
        12
    );
    browser.press("/");
    browser.press("large-07");
    let visible = "return document.querySelectorAll('.scenario:not([hidden])').length";
    assert_eq!(browser.ask(visible), 1);
    assert_eq!(browser.console(), Vec::<String>::new());
}

/// Keys as WebDriver has them.
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";
