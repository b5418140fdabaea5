use aether_harness::{
    Artefact, ArtefactSchema, DiffOptions, KeyRule, ScenarioReport, Schema, Verdict, diff,
};
use serde_json::{Value, json};

use super::review::{Refused, Standing};
use super::*;

fn schema() -> Schema {
    let key = |path: &str, field: &str, label: &str| KeyRule {
        path: path.into(),
        fields: vec![field.into()],
        label: label.into(),
    };
    let artefact = |name: &str, stage: &str| ArtefactSchema {
        name: name.into(),
        stage: stage.into(),
        tick: Some("tick".into()),
        keys: vec![key("", "tick", "record"), key("edges", "e_id", "edge")],
        ..ArtefactSchema::default()
    };
    let inputs = ArtefactSchema {
        name: "inputs".into(),
        keys: vec![key("topology.edges", "e_id", "edge")],
        ..ArtefactSchema::default()
    };
    Schema {
        stages: vec!["UMX".into(), "U-ledger".into()],
        artefacts: vec![
            inputs,
            artefact("ledgers", "UMX"),
            artefact("uledger", "U-ledger"),
        ],
        ..Schema::default()
    }
}

/// A run of three ticks whose flux is `flux` from tick 2 on.
fn run(flux: i64, k: i64) -> Vec<Artefact> {
    let flux_at = |tick: u64| if tick < 2 { 0 } else { flux };
    let ticks = 1..=3_u64;
    let ledgers: Value = ticks
        .clone()
        .map(|tick| json!({"tick": tick, "edges": [{"e_id": 5, "f_e": flux_at(tick)}]}))
        .collect();
    let uledger: Value = ticks
        .map(|tick| {
            let digit = format!("{:x}", flux_at(tick).rem_euclid(16));
            json!({"tick": tick, "hash": digit.repeat(64), "n": flux_at(tick)})
        })
        .collect();
    let inputs = json!({
        "topology": {"edges": [{"e_id": 5, "k": k}]},
        "files": {"topology": "fixtures/topologies/ring5.json"},
    });
    [
        ("inputs", inputs),
        ("ledgers", ledgers),
        ("uledger", uledger),
    ]
    .map(|(name, value)| Artefact::from_json(name, value.to_string().as_bytes()).unwrap())
    .to_vec()
}

fn scenario(name: &str, before: &[Artefact], after: &[Artefact]) -> ScenarioReport {
    let diff = diff(before, after, &schema(), &DiffOptions::default());
    let verdict = if diff.is_equal() {
        Verdict::Match
    } else {
        Verdict::Mismatch
    };
    ScenarioReport {
        name: name.into(),
        verdict: Some(verdict),
        diff: Some(diff),
        program: Vec::new(),
        raw: Vec::new(),
        note: None,
    }
}

/// The page of a report.
fn page(scenarios: Vec<ScenarioReport>) -> String {
    let mut page = Vec::new();
    write(&Report::new(scenarios), &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

#[test]
fn the_page_is_self_contained_and_escapes_what_it_shows() {
    let hostile = |text: &str| {
        [Artefact::from_json("a", json!({"<b>": text}).to_string().as_bytes()).unwrap()]
    };
    let mut bad = scenario(
        "<script>alert(1)</script>",
        &hostile("</script>"),
        &hostile("\"&'"),
    );
    bad.note = Some("<img src=x>".into());
    let page = page(vec![scenario("ring5", &run(1, 1), &run(2, 2)), bad]);
    for part in [
        "tick 2 · UMX · edge 5 · f_e: 1 → 2",
        "<code>ledgers[tick=2].edges[e_id=5].f_e</code>",
        "fixtures/topologies/ring5.json",
        "href=\"#scenario-ring5\"",
        "id=\"scenario-ring5\"",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;img src=x&gt;",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    for outside in ["http:", "https:", " src=", "@import", "url("] {
        assert!(!page.contains(outside) || outside == " src=", "{outside}");
    }
    assert!(!page.contains("<img"));
}

#[test]
fn the_state_at_the_first_divergence_is_drawn() {
    let ledgers = |state: [i64; 3]| {
        let records = json!([{"tick": 1, "u": [0, 0, 0]}, {"tick": 2, "u": state, "v": [1, 2]}]);
        [Artefact::from_json("ledgers", records.to_string().as_bytes()).unwrap()]
    };
    let page = page(vec![scenario(
        "s",
        &ledgers([3, -1, 0]),
        &ledgers([3, -2, 1]),
    )]);
    assert_eq!(page.matches("<rect").count(), 6);
}

#[test]
fn a_group_says_how_many_causes_it_does_not_show() {
    let inputs = |v: i64| {
        let inputs = json!({
            "m": {"a": v, "b": v + 1, "c": v + 2, "d": v + 3, "e": v + 4},
            "files": {"m": "m.json"},
        });
        let out = json!([{"tick": 1, "x": v}]);
        [("inputs", inputs), ("ledgers", out)]
            .map(|(name, value)| Artefact::from_json(name, value.to_string().as_bytes()).unwrap())
    };
    let page = page(vec![
        scenario("s1", &inputs(1), &inputs(2)),
        scenario("s2", &inputs(1), &inputs(2)),
    ]);
    assert!(page.contains("cause in all 2: m.json a: 1 → 2"), "{page}");
    assert!(page.contains("and 2 more shared causes"), "{page}");
}

#[test]
fn nothing_on_the_page_is_obeyed_or_turned_around() {
    let value = |text: &str| {
        [Artefact::from_json("a", json!({"k\u{202e}": text}).to_string().as_bytes()).unwrap()]
    };
    let mut bad = scenario("s\u{202e}", &value("\u{202e}a"), &value("\u{9b}b"));
    bad.note = Some("\u{1b}[2J\0\u{ffff}".into());
    let page = page(vec![bad]);
    for c in ['\u{202e}', '\u{9b}', '\u{1b}', '\0', '\u{ffff}'] {
        let within = page.replace("<style>", "");
        assert!(!within.contains(c), "{c:?}");
    }
    assert!(page.contains("‹U+202E›a"));
}

#[test]
fn the_page_of_a_review_has_a_form_for_each_thing_to_decide() {
    let report = Report::new(vec![
        scenario("s1", &run(1, 1), &run(2, 1)),
        scenario("s2", &run(1, 1), &run(2, 1)),
        scenario("s3", &run(1, 1), &run(2, 1)),
    ]);
    let names = ["s1", "s2"].map(str::to_owned);
    let mut board = Board {
        scenarios: names
            .iter()
            .map(|name| (name.clone(), Standing::Undecided))
            .collect(),
        groups: vec![names.to_vec()],
        ..Board::default()
    };
    let page = |board: &Board| {
        let mut page = Vec::new();
        review::write(&report, board, &mut page).unwrap();
        String::from_utf8(page).unwrap()
    };
    let all = page(&board);
    assert_eq!(all.matches("action=\"decide\"").count(), 3);
    assert_eq!(all.matches("action=\"finish\"").count(), 1);
    for part in [
        "Accept 2 scenarios",
        "Reject s2",
        "0 of 2 decided",
        // The third is in the group, and cannot be accepted.
        "This cannot be accepted: fix it first.",
    ] {
        assert!(all.contains(part), "{part}\n{all}");
    }

    let group = About::Group(0);
    let refused = Refused {
        reason: "\"><script>".into(),
        why: vec!["s1 MISMATCH: </form><script>\u{202e}".into()],
    };
    board.refused.insert(group.clone(), refused.clone());
    board.decide(
        vec![("s2".into(), Standing::Accepted("<b>why</b>".into()))],
        "accepted s2",
    );
    // What was refused of the group is over: it is another group now.
    assert_eq!(board.refused, BTreeMap::new());
    assert_eq!(board.undecided(&group), ["s1"]);
    board.refused.insert(group, refused);
    let left = page(&board);
    for part in [
        "value=\"&quot;&gt;&lt;script&gt;\"",
        "s1 MISMATCH: &lt;/form&gt;&lt;script&gt;‹U+202E›",
        "Accepted: <q>&lt;b&gt;why&lt;/b&gt;</q>",
        "1 of 2 decided · accepted s2",
        "Accept 1 scenario<",
    ] {
        assert!(left.contains(part), "{part}\n{left}");
    }
    assert_eq!(left.matches("<script").count(), 2);
    // The parts are the same as on the page.
    let parts = review::parts(&board);
    let forms = parts
        .split("</form>")
        .filter_map(|part| Some(&part[part.find("<form")?..]));
    assert_eq!(forms.clone().count(), 3);
    for form in forms {
        assert!(left.contains(form), "{form}");
    }

    // At the end there is nothing to send, and nothing was accepted by that.
    board.has_ended = true;
    let end = page(&board);
    assert!(!end.contains("<form"), "{end}");
    assert!(end.contains("Undecided: the goldens stay as they are."));
}

/// No rule of the page asks for more than a small screen has, and every text wraps.
#[test]
fn the_page_fits_a_screen_of_360_pixels() {
    let body = STYLE
        .lines()
        .find(|line| line.starts_with("body {"))
        .unwrap();
    assert!(body.contains("overflow-wrap: anywhere"), "{body}");
    // 360 pixels less the margins, at 16 pixels per rem.
    let most = 19.0;
    for (at, _) in STYLE.match_indices("rem") {
        let start = STYLE[..at].rfind(|c: char| !(c.is_ascii_digit() || c == '.'));
        let start = start.map_or(0, |start| start + 1);
        let Ok(size) = STYLE[start..at].parse::<f64>() else {
            continue;
        };
        let rule = &STYLE[STYLE[..start].rfind(['{', ';']).unwrap_or(0) + 1..start];
        let is_limited =
            rule.contains("min(") || rule.contains("max-width") || rule.contains("flex");
        assert!(
            size <= most || is_limited || rule.contains("50vw"),
            "{rule}{size}rem"
        );
    }
}

#[test]
fn what_cannot_be_seen_is_shown_as_the_text_shows_it() {
    let of =
        |text: &str| vec![Artefact::from_json("o", json!([text]).to_string().as_bytes()).unwrap()];
    for (before, after) in [
        ("1\u{a0}000", "1 000"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("a\u{2800}", "a"),
    ] {
        let one = scenario("s", &of(before), &of(after));
        let first = one.diff.as_ref().unwrap().first_divergence.clone().unwrap();
        let mut page = Vec::new();
        write(&Report::new(vec![one]), &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        let shown = aether_harness::shortened_pair(first.before.as_ref(), first.after.as_ref());
        for value in [shown.0, shown.1] {
            let value = format!("<code>{}</code>", value.replace('"', "&quot;"));
            assert!(page.contains(&value), "{value} is not in {page}");
        }
    }
}

#[test]
fn numbers_that_moved_have_their_size() {
    let mut page = Vec::new();
    let report = Report::new(vec![scenario("s", &run(4, 1), &run(6, 1))]);
    write(&report, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    let sizes = report.scenarios[0]
        .diff
        .as_ref()
        .unwrap()
        .sizes
        .as_ref()
        .unwrap();
    assert!(
        page.contains(&format!("<p class=\"sizes\">{}</p>", sizes.lead())),
        "{page}"
    );
    assert!(
        page.contains("<span class=\"label\">relative</span><code>0.5</code>"),
        "{page}"
    );
    assert!(page.contains("<td class=\"number\">0.5</td>"), "{page}");
}
