//! The page of a review in a real browser, used by keyboard and by buttons.
//!
//! Needs Chromium and its driver, as the page of a report does.

use serde_json::json;

use crate::review::{manifest, verdict};
use crate::served::{ended, serve};
use crate::workspace::Workspace;
use crate::{browser, page};

crate::tests![web_browser;
    groups_and_scenarios_are_accepted_by_key_and_button,
];

/// Keys as WebDriver has them.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

fn groups_and_scenarios_are_accepted_by_key_and_button() {
    let Some(browser) = browser::start() else {
        return;
    };
    let workspace = Workspace::empty();
    workspace.scenario("dice", "", "dice");
    let names = ["a1", "a2", "b1", "b2", "b3"];
    for name in names {
        workspace.scenario(name, "", "");
        workspace.bless(name, "first");
    }
    for name in ["a1", "a2"] {
        workspace.edit(
            &format!("scenarios/{name}/run.toml"),
            "rule = 30",
            "rule = 90",
        );
    }
    for name in ["b1", "b2", "b3"] {
        workspace.edit(
            &format!("scenarios/{name}/run.toml"),
            "ticks = 6",
            "ticks = 5",
        );
    }
    let before = manifest(&workspace, "b1");
    let served = serve(&workspace);
    browser.visit(&format!("http://127.0.0.1:{}{}", served.port, served.path));
    let says = |what: &str| {
        let what = json!(what);
        browser.until(&format!(
            "return document.getElementById('progress').innerText === {what}"
        ));
    };
    let ask = |script: &str| browser.ask(&format!("return {script}"));
    says("0 of 6 decided");
    // A key that is about a group or scenario says so if there is none.
    browser.press("a");
    says("Go to a group or scenario first: j and k.");

    // By key: to the group of the three, accept, a reason, Enter. What is typed is no command.
    let group = ask(
        "[...document.querySelectorAll('.group')].findIndex(g => g.textContent.includes('b1'))",
    );
    let group = group.as_u64().unwrap();
    let to = "j".repeat(usize::try_from(group).unwrap() + 1);
    let to_scenario = |name: &str| {
        browser.ask(&format!(
            "document.querySelector('#scenario-{name} summary').focus()"
        ));
    };
    to_scenario("b1");
    browser.press("r");
    says("1 of 6 decided · rejected b1");
    assert_eq!(
        ask("document.querySelector('#decide-scenario-b1').textContent"),
        "Rejected: the goldens stay as they are."
    );
    // The focus stays where it was.
    assert_eq!(
        ask("document.activeElement.closest('.item').id"),
        "scenario-b1"
    );
    browser.ask("document.activeElement.blur()");
    browser.press(&to);
    browser.press("a");
    let focused = "[document.activeElement.name, document.activeElement.form.id]";
    assert_eq!(
        ask(focused),
        json!(["reason", format!("decide-group-{group}")])
    );
    let outline = ask("getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(outline, "solid");
    browser.press("just four ticks");
    browser.press(ESCAPE);
    assert_eq!(ask("document.activeElement.tagName"), "SUMMARY");
    browser.press("a");
    browser.press(ENTER);
    says("3 of 6 decided · accepted b2, b3");
    for name in ["b2", "b3"] {
        assert!(manifest(&workspace, name).contains("reason = \"just four ticks\""));
        assert_eq!(verdict(&workspace, name), "MATCH");
    }
    assert_eq!(manifest(&workspace, "b1"), before);
    assert_eq!(
        ask(&format!(
            "document.querySelector('#mark-decide-group-{group}').innerText.trim()"
        )),
        "accepted 2 rejected 1"
    );

    // By button, with a reason typed elsewhere that stays.
    browser.ask("document.querySelectorAll('details').forEach(d => { d.open = true })");
    let input = |name: &str| {
        format!("document.querySelector('#decide-scenario-{name} input[name=reason]')")
    };
    browser.ask(&format!("{}.focus()", input("dice")));
    browser.press("luck");
    browser.ask(&format!("{}.focus()", input("a1")));
    browser.press("rule 90");
    browser.press(TAB);
    assert_eq!(ask("document.activeElement.textContent"), "Accept a1");
    browser.press(ENTER);
    says("4 of 6 decided · accepted a1");
    assert_eq!(ask(&format!("{}.value", input("dice"))), "luck");
    assert!(manifest(&workspace, "a1").contains("reason = \"rule 90\""));
    // Without a reason the browser itself sends nothing.
    browser.ask("document.querySelector('#decide-scenario-a2 .accept').click()");
    assert_eq!(
        ask("document.querySelector('#decide-scenario-a2 input:invalid') !== null"),
        true
    );

    // What is refused is beside what it is about, and read out.
    browser.ask("document.querySelector('#decide-scenario-dice .accept').click()");
    says("4 of 6 decided · nothing was accepted");
    let refusal = ask("document.querySelector('#decide-scenario-dice [role=alert]').innerText");
    let refusal = refusal.as_str().unwrap();
    assert!(refusal.contains("dice NONDETERMINISTIC: "), "{refusal}");
    assert_eq!(ask(&format!("{}.value", input("dice"))), "luck");

    // It is readable in both looks, and fits a small screen.
    for look in ["light", "dark"] {
        browser.prefer(look);
        let faint = browser.ask(include_str!("contrast.js"));
        assert_eq!(faint, json!([]), "{look}");
        browser.width(360);
        let width = ask("document.documentElement.scrollWidth")
            .as_u64()
            .unwrap();
        assert!(width <= 360, "{width}");
        let wide = ask(
            "[...document.querySelectorAll('.item *, header *')].filter(e => !e.closest('svg, .unseen, [hidden]') && \
             e.getBoundingClientRect().right > 360).map(e => e.outerHTML)",
        );
        assert_eq!(wide, json!([]));
        browser.ask("document.getElementById('decide-scenario-dice').scrollIntoView()");
        page::picture(&browser, &format!("review-small-{look}"));
        browser.width(1280);
        page::picture(&browser, &format!("review-{look}"));
    }
    let unnamed = ask(
        "[...document.querySelectorAll('input:not([type=hidden]), button, summary')].filter(e => \
         !(e.innerText || e.textContent || e.labels?.[0]?.textContent).trim()).length",
    );
    assert_eq!(unnamed, 0);
    // The keys of every page work, and those of this one are listed.
    browser.ask("document.activeElement.blur()");
    browser.press("f");
    assert_eq!(ask("document.querySelectorAll('.item[open]').length"), 0);
    browser.press("?");
    let help = ask("document.getElementById('help').innerText");
    assert!(help.as_str().unwrap().contains("reject it"), "{help}");

    // Whoever only reads keeps the review going: after a minute, the next key is heard of.
    let heard =
        "performance.getEntriesByType('resource').filter(e => e.name.endsWith('/state')).length";
    let before = ask(heard).as_u64().unwrap();
    browser.press("j");
    browser.evaluate("globalThis.real = Date.now; Date.now = () => real() + 61000");
    browser.press("jj");
    browser.until(&format!("return {heard} === {}", before + 1));

    // The end.
    browser.press("q");
    assert_eq!(
        ask("document.activeElement.textContent"),
        "Finish the review"
    );
    browser.press(ENTER);
    browser.until("return document.querySelector('form.decision, #finish button') === null");
    let said = ask("document.getElementById('progress').innerText");
    assert!(
        said.as_str().unwrap().contains("accepted 3: a1, b2, b3"),
        "{said}"
    );
    let ran = served.end();
    ended(
        &ran,
        1,
        "accepted 3: a1, b2, b3\nrejected 1: b1\nleft 2: a2, dice\n",
    );
    // The refusal was an answer with status 409, which browsers log; nothing else is.
    let log = browser.console();
    assert!(log.iter().all(|line| line.contains("409")), "{log:?}");
}
