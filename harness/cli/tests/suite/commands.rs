//! `diff`, `compare`, `check` and `new`.

use std::fs;

use aether_harness_cli::commands::{
    CompareRequest, DiffRequest, DigestRequest, Format, NewOptions, check, compare, diff, digest,
    new,
};
use serde_json::Value;

use crate::workspace::{Said, Workspace};

crate::tests![commands;
    a_workspace_in_order_passes,
    everything_out_of_order_is_told,
    a_suite_has_checks_of_its_own,
    new_scenarios_validate,
    new_names_must_be_free_and_valid,
    a_diff_leads_with_the_first_divergence_and_its_cause,
    a_diff_is_a_page_that_needs_nothing_else,
    a_diff_says_in_its_status_what_it_found,
    a_diff_as_json_has_these_members_and_no_others,
    a_patch_is_of_one_scenario,
    a_bless_refuses_what_changed_since_it_was_shown,
    documents_and_directories_are_compared,
    documents_show_how_they_are_compared,
    what_is_not_compared_is_said,
    a_golden_that_is_no_file_is_bad_input,
    endless_documents_are_bounded,
];

fn checked(workspace: &Workspace) -> Said {
    workspace.command(check)
}

fn a_workspace_in_order_passes() {
    let workspace = Workspace::blessed();
    let said = checked(&workspace);
    assert_eq!(said.out, "1 scenario and its goldens are in order\n");
    assert_eq!(said.code(), 0);
    assert_eq!(workspace.command(check).code(), 0);
    let empty = Workspace::empty();
    assert_eq!(checked(&empty).code(), 2);
}

fn everything_out_of_order_is_told() {
    let told = |expected: &str, disorder: &dyn Fn(&Workspace)| {
        let workspace = Workspace::blessed();
        disorder(&workspace);
        let said = checked(&workspace);
        assert_eq!(said.code(), 1, "{}", said.out);
        assert!(said.out.contains(expected), "{}", said.out);
    };
    told("scenarios/bad: there is no scenario.toml", &|workspace| {
        fs::create_dir(workspace.path("scenarios/bad")).unwrap();
    });
    told(
        "fixtures/snapshots/ring is missing: cargo xtask bless ring",
        &|workspace| {
            fs::remove_dir_all(workspace.path("fixtures/snapshots/ring")).unwrap();
        },
    );
    told("totals.json differs from what was blessed", &|workspace| {
        workspace.write("fixtures/snapshots/ring/totals.json", "{}\n");
    });
    told("fixtures/snapshots/gone has no scenario", &|workspace| {
        fs::create_dir(workspace.path("fixtures/snapshots/gone")).unwrap();
    });
    told("was left by a bless that was killed", &|workspace| {
        fs::create_dir(workspace.path("fixtures/snapshots/.bless-ring.new")).unwrap();
    });
}

fn a_suite_has_checks_of_its_own() {
    let workspace = Workspace::blessed();
    let said = workspace.command(|suite, console| {
        let suite = suite.clone().check("folders", |paths| {
            vec![format!("{} is odd", paths.root().display())]
        });
        check(&suite, console)
    });
    assert_eq!(said.code(), 1);
    assert!(said.out.starts_with("folders: "), "{}", said.out);
}

fn make(workspace: &Workspace, name: &str, from: Option<&str>) -> Said {
    let options = NewOptions {
        name: name.to_owned(),
        from: from.map(str::to_owned),
        ..NewOptions::default()
    };
    workspace.command(|suite, console| new(suite, &options, console))
}

fn new_scenarios_validate() {
    let workspace = Workspace::blessed();
    let said = make(&workspace, "copy", Some("ring"));
    assert_eq!(said.code(), 0);
    assert!(said.out.contains("created scenarios/copy"), "{}", said.out);
    assert_eq!(
        workspace.read("scenarios/copy/run.toml"),
        workspace.read("scenarios/ring/run.toml")
    );
    assert_eq!(make(&workspace, "fresh", None).code(), 0);
    workspace.bless("copy", "first");
    workspace.bless("fresh", "first");
    let ran = workspace.runner(&[]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);

    workspace.write("scenarios/ring/run.toml", "rule = \"x\"");
    let said = make(&workspace, "broken", Some("ring"));
    assert_eq!(said.code(), 2);
    assert!(
        said.error().contains("not valid and was removed again"),
        "{}",
        said.error()
    );
    assert!(!workspace.path("scenarios/broken").exists());
}

fn new_names_must_be_free_and_valid() {
    let workspace = Workspace::blessed();
    let check = |name: &str, from: Option<&str>, expected: &str| {
        let said = make(&workspace, name, from);
        assert_eq!(said.code(), 2);
        assert!(said.error().contains(expected), "{}", said.error());
    };
    check("ring", None, "scenarios/ring already exists");
    check("a b", None, "the name contains ' '");
    check("../up", None, "the name contains '/'");
    check("RING", None, "differ only in case");
    check(
        "other",
        Some("rong"),
        "there is no scenario `rong`; did you mean `ring`?",
    );
    fs::create_dir(workspace.path("fixtures/snapshots/old")).unwrap();
    check("old", None, "already holds goldens of that name");
}

fn diffed(workspace: &Workspace, request: &DiffRequest) -> Said {
    workspace.command(|suite, console| diff(suite, request, console))
}

fn a_diff_leads_with_the_first_divergence_and_its_cause() {
    let workspace = Workspace::blessed();
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
    let said = diffed(&workspace, &DiffRequest::default());
    assert_eq!(said.code(), 1);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[0], "ring: STALE_INPUTS");
    assert!(
        lines[1].starts_with("  tick 1 · grow · cells[2]: 1 → 0"),
        "{}",
        said.out
    );
    assert_eq!(lines[2], "    at generations[tick=1].cells[2]");
    assert!(
        said.out.contains("scenarios/ring/run.toml rule: 30 → 90"),
        "{}",
        said.out
    );
    assert_eq!(
        lines.last(),
        Some(&"1 of 1 scenario differs from its golden")
    );

    let json = DiffRequest {
        format: Format::Json,
        all: true,
        out: Some(workspace.path("report.json")),
        ..DiffRequest::default()
    };
    assert_eq!(diffed(&workspace, &json).code(), 1);
    let report: Value = serde_json::from_str(&workspace.read("report.json")).unwrap();
    assert_eq!(report["equal"], false);
    let scenario = &report["scenarios"][0];
    assert_eq!(scenario["name"], "ring");
    assert_eq!(scenario["verdict"], "STALE_INPUTS");
    assert_eq!(scenario["first_divergence"]["tick"], 1);
    assert_eq!(scenario["causes"][0]["file"], "scenarios/ring/run.toml");
    assert!(scenario["changes"].as_array().unwrap().len() > 3);

    let patch = DiffRequest {
        names: vec!["ring".to_owned()],
        format: Format::JsonPatch,
        ..DiffRequest::default()
    };
    let patches: Value = serde_json::from_str(&diffed(&workspace, &patch).out).unwrap();
    let patch: json_patch::Patch = serde_json::from_value(patches["generations"].clone()).unwrap();
    let read = |path: &str| serde_json::from_str::<Value>(&workspace.read(path)).unwrap();
    let mut golden = read("fixtures/snapshots/ring/generations.json");
    json_patch::patch(&mut golden, &patch).unwrap();
    assert_eq!(golden, read("target/scenarios/ring/generations.json"));
}

fn a_diff_is_a_page_that_needs_nothing_else() {
    let workspace = Workspace::blessed();
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
    let page = DiffRequest {
        format: Format::Html,
        out: Some(workspace.path("diff.html")),
        ..DiffRequest::default()
    };
    assert_eq!(diffed(&workspace, &page).code(), 1);
    let text = fs::read_to_string(workspace.path("diff.html")).unwrap();
    assert!(text.starts_with("<!DOCTYPE html>"), "{text}");
    assert!(text.contains("STALE_INPUTS") && text.contains("generations"));
    for outside in ["src=", "href=\"http", "@import", "url("] {
        assert!(!text.contains(outside), "{outside}");
    }
}

fn a_diff_says_in_its_status_what_it_found() {
    let workspace = Workspace::blessed();
    let all = DiffRequest::default();
    let said = diffed(&workspace, &all);
    assert_eq!(
        (said.code(), said.out.as_str()),
        (0, "1 scenario: nothing differs\n")
    );
    fs::rename(
        workspace.path("scenarios/ring"),
        workspace.path("scenarios/circle"),
    )
    .unwrap();
    let said = diffed(&workspace, &all);
    assert_eq!(said.code(), 1);
    assert!(said.out.contains("ring: ORPHAN"), "{}", said.out);
    assert!(said.out.contains("circle: MISSING_GOLDEN"), "{}", said.out);
    workspace.write("scenarios/circle/run.toml", "");
    assert_eq!(diffed(&workspace, &all).code(), 2);
    let named = DiffRequest {
        names: vec!["rings".to_owned()],
        ..DiffRequest::default()
    };
    assert_eq!(diffed(&workspace, &named).code(), 2);
}

fn a_diff_as_json_has_these_members_and_no_others() {
    let workspace = Workspace::blessed();
    for (name, fault) in [("more", ""), ("broken", "error"), ("slow", "slow")] {
        workspace.scenario(name, "time_limit = 0.3\n", "");
        workspace.bless(name, "first");
        workspace.edit(
            &format!("scenarios/{name}/run.toml"),
            "fault = \"\"",
            &format!("fault = \"{fault}\""),
        );
    }
    for name in ["ring", "more"] {
        workspace.edit(
            &format!("scenarios/{name}/run.toml"),
            "rule = 30",
            "rule = 90",
        );
    }
    workspace.edit("scenarios/more/run.toml", "ticks = 6", "ticks = 7");
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let report = |all: bool, names: &[&str]| -> (u8, Value) {
        let request = DiffRequest {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            all,
            format: Format::Json,
            ..DiffRequest::default()
        };
        let said = diffed(&workspace, &request);
        (said.code(), serde_json::from_str(&said.out).unwrap())
    };
    let (code, whole) = report(true, &[]);
    assert_eq!(code, 2);
    assert_eq!(keys(&whole), ["equal", "groups", "scenarios"]);
    let verdicts: Vec<&Value> = whole["scenarios"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["verdict"])
        .collect();
    assert_eq!(
        verdicts,
        ["PROGRAM_ERROR", "STALE_INPUTS", "STALE_INPUTS", "TIMEOUT"]
    );
    let mut kinds = Vec::new();
    for scenario in whole["scenarios"].as_array().unwrap() {
        let mut expected = vec![
            "causes",
            "changes",
            "first_divergence",
            "followed",
            "left_out",
            "name",
            "note",
            "program",
            "tolerance",
            "verdict",
        ];
        if scenario["note"].is_null() {
            expected.retain(|key| *key != "note");
        }
        // Only numbers that moved have sizes.
        let moved = scenario["changes"].as_array().unwrap().iter();
        if moved.filter(|change| change.get("size").is_some()).count() > 0 {
            expected.insert(expected.len() - 2, "sizes");
        }
        assert_eq!(keys(scenario), expected);
        for cause in scenario["causes"].as_array().unwrap() {
            assert_eq!(keys(cause), ["after", "before", "file", "path"]);
        }
        for followed in scenario["followed"].as_object().unwrap().values() {
            assert_eq!(keys(followed), ["ticks", "values"]);
        }
        let first = &scenario["first_divergence"];
        for change in scenario["changes"]
            .as_array()
            .unwrap()
            .iter()
            .chain(first.is_object().then_some(first))
        {
            assert_eq!(
                keys(change)
                    .into_iter()
                    .filter(|key| key != "size")
                    .collect::<Vec<_>>(),
                [
                    "after", "artefact", "before", "kind", "path", "stage", "tick"
                ]
            );
            // Changes of numbers, and no others, have a size.
            let is_number = ["before", "after"].map(|side| change[side].is_number());
            let has_size = change["kind"] == "changed" && is_number == [true; 2];
            assert_eq!(change.get("size").is_some(), has_size, "{change}");
            kinds.push(change["kind"].as_str().unwrap().to_owned());
        }
    }
    assert!(kinds.iter().any(|kind| kind == "added") && kinds.iter().any(|kind| kind == "changed"));
    let groups = whole["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(
        keys(&groups[0]),
        ["kind", "offset", "pattern", "places", "scenarios", "stage"]
    );
    assert_eq!(groups[0]["scenarios"], serde_json::json!(["more", "ring"]));
    // A run that failed has no outputs to differ, but inputs that may be the cause.
    workspace.edit("scenarios/broken/run.toml", "ticks = 6", "ticks = 5");
    let (_, broken) = report(false, &["broken"]);
    let broken = &broken["scenarios"][0];
    assert_eq!(broken["causes"][0]["path"], "ticks");
    assert_eq!(broken["first_divergence"]["path"], "inputs.automaton.ticks");
    assert_eq!(broken["followed"], serde_json::json!({}));
    // Each status by itself, and `changes` only where all are asked for.
    for (name, expected) in [("ring", 1), ("broken", 2), ("slow", 2)] {
        let (code, one) = report(false, &[name]);
        assert_eq!(code, expected, "{name}");
        assert!(one["scenarios"][0].get("changes").is_none());
    }
}

fn a_patch_is_of_one_scenario() {
    let workspace = Workspace::blessed();
    workspace.scenario("more", "", "");
    let patch = |names: &[&str]| {
        let request = DiffRequest {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            format: Format::JsonPatch,
            ..DiffRequest::default()
        };
        diffed(&workspace, &request)
    };
    assert_eq!(
        (patch(&["ring"]).code(), patch(&["ring"]).out.as_str()),
        (0, "{}\n")
    );
    for names in [&[][..], &["ring", "more"]] {
        let said = patch(names);
        assert_eq!(said.code(), 2);
        assert_eq!(said.error(), "a JSON Patch covers one scenario: name it");
    }
    // Without goldens there is nothing to patch, and nothing to patch to without outputs.
    workspace.edit(
        "scenarios/ring/run.toml",
        "fault = \"\"",
        "fault = \"error\"",
    );
    assert!(patch(&["ring"]).error().starts_with("PROGRAM_ERROR ring: "));
    assert!(
        patch(&["more"])
            .error()
            .starts_with("MISSING_GOLDEN more: ")
    );
}

fn a_bless_refuses_what_changed_since_it_was_shown() {
    let workspace = Workspace::blessed();
    let all = DiffRequest::default();
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
    diffed(&workspace, &all);
    workspace.edit("scenarios/ring/run.toml", "rule = 90", "rule = 110");
    let said = workspace.try_bless("ring", Some("r"));
    assert_eq!(said.code(), 1);
    let error = said.error();
    assert!(
        error.contains("the inputs (automaton) changed since they were last shown"),
        "{error}"
    );
    assert!(error.contains("cargo xtask diff ring"), "{error}");
    diffed(&workspace, &all);
    workspace.edit("fixtures/snapshots/ring/snapshot.toml", "first", "FIRST");
    let error = workspace.try_bless("ring", Some("r")).error();
    assert!(
        error.contains("the goldens changed since they were last shown"),
        "{error}"
    );
    diffed(&workspace, &all);
    workspace.bless("ring", "now it was seen");
}

/// Without options, what identifies elements is inferred and written as options; options that match
/// nothing are errors with the nearest name.
fn what_is_not_compared_is_said() {
    let workspace = Workspace::empty();
    let compared = |format: Format| {
        let request = CompareRequest {
            before: workspace.path("one"),
            after: workspace.path("two"),
            report: DiffRequest {
                format,
                ..DiffRequest::default()
            },
            ..CompareRequest::default()
        };
        workspace.command(|suite, console| compare(suite, &request, console))
    };
    for (file, text) in [
        ("one/t.csv", "a\n1\n"),
        ("two/deep/a.json", "1"),
        ("two/notes", ""),
    ] {
        workspace.write(file, text);
    }
    let line = "not compared, as they are neither JSON nor declared outputs: ";
    let said = compared(Format::Text);
    assert_eq!(said.code(), 2);
    let error = said.error();
    assert!(
        error.contains("no documents in it that can be read; ") && error.contains("t.csv"),
        "{error}"
    );
    for side in ["one", "two"] {
        workspace.write(&format!("{side}/a.json"), "1");
    }
    let said = compared(Format::Text);
    let expected = format!("{line}deep/, notes, t.csv\n");
    assert!(
        said.code() == 0 && said.out.contains(&expected),
        "{}",
        said.out
    );
    let json: Value = serde_json::from_str(&compared(Format::Json).out).unwrap();
    let note = json["scenarios"][0]["note"].as_str().unwrap();
    assert_eq!(note, expected.trim_end());
    // In a report of what differs, too; a long list is cut.
    workspace.write("two/a.json", "2");
    for number in 0..9 {
        workspace.write(&format!("one/m{number}.yaml"), "");
    }
    let said = compared(Format::Text);
    let end = "m6.yaml, 4 more files\n";
    assert!(said.code() == 1 && said.out.contains(end), "{}", said.out);
    assert!(
        said.out.contains(&format!("{line}deep/, m0.yaml")),
        "{}",
        said.out
    );
    // Two documents with one name would be taken for each other.
    workspace.write("two/a.jsonl", "2\n");
    let said = compared(Format::Text);
    assert_eq!(said.code(), 2);
    assert!(said.error().contains("two documents in it are called `a`"));
}

fn endless_documents_are_bounded() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let workspace = Workspace::empty();
    workspace.write("a.json", "1");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/zero", workspace.path("endless.json")).unwrap();
    let request = CompareRequest {
        before: workspace.path("a.json"),
        after: workspace.path("endless.json"),
        ..CompareRequest::default()
    };
    let said = workspace.command(|suite, console| compare(suite, &request, console));
    assert_eq!(said.code(), 2);
    let error = said.error();
    assert!(
        error.contains("endless.json: it is longer than 256 MiB"),
        "{error}"
    );
}

/// What somebody put in place of a golden is no failure of the machine.
fn a_golden_that_is_no_file_is_bad_input() {
    for file in ["snapshot.toml", "generations.json"] {
        let workspace = Workspace::blessed();
        let path = workspace.path(&format!("fixtures/snapshots/ring/{file}"));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let request = DigestRequest {
            name: "ring".to_owned(),
            ..DigestRequest::default()
        };
        let said = workspace.command(|suite, console| digest(suite, &request, console));
        assert_eq!(said.code(), 2);
        let error = said.error();
        assert!(
            error.contains(file) && error.contains("is not a regular file"),
            "{error}"
        );
    }
}

fn documents_show_how_they_are_compared() {
    let workspace = Workspace::blessed();
    let hash = |digit: &str| digit.repeat(64);
    let document =
        |rows: &str, digit: &str| format!(r#"{{"a_hash": "{}", "rows": [{rows}]}}"#, hash(digit));
    let row = |step: &str, v: u32| format!(r#"{{"name": "n{v}", "step": {step}, "v": {v}}}"#);
    let rows = |all: &[String]| all.join(",");
    workspace.write(
        "a.json",
        &document(&rows(&[row("0.5", 1), row("1", 2)]), "a"),
    );
    workspace.write(
        "b.json",
        &document(&rows(&[row("0.5", 1), row("1", 2), row("1.5", 3)]), "b"),
    );
    workspace.write("one/run.json", &format!("[{}]", row("1", 1)));
    workspace.write(
        "two/run.json",
        &format!("[{}]", row("1", 1).replace(": 1}", ": 2}")),
    );
    let compared = |before: &str, after: &str, options: [&[&str]; 3]| {
        let [keys, ticks, stages] =
            options.map(|all| all.iter().map(|&option| option.to_owned()).collect());
        let request = CompareRequest {
            schema: None,
            before: workspace.path(before),
            after: workspace.path(after),
            keys,
            ticks,
            stages,
            report: DiffRequest::default(),
        };
        workspace.command(|suite, console| compare(suite, &request, console))
    };
    let said = compared("a.json", "b.json", [&[], &[], &[]]);
    assert_eq!(said.err, "compared with --key rows=name --tick rows.step\n");
    // What has a tick comes before the digest, which is read last.
    assert!(said.out.contains("tick 1.5 · document"), "{}", said.out);
    let last = said.out.lines().last().unwrap();
    assert!(last.ends_with("b.json differ in 2 places"), "{last}");
    let same = compared("a.json", "a.json", [&[], &[], &[]]);
    assert!(same.out.ends_with("a.json do not differ\n"), "{}", same.out);

    let said = compared("one", "two", [&[], &[], &[]]);
    assert_eq!(said.err, "compared with --key run=name --tick run.step\n");
    assert!(said.out.contains("at run[name=\"n1\"].v"), "{}", said.out);
    let said = compared("one", "two", [&["run=step"], &["run.step"], &["all=run"]]);
    assert_eq!(said.err, "");
    assert!(said.out.contains("tick 1 · all · v: 1 → 2"), "{}", said.out);

    for (options, expected) in [
        (
            [&["rwos=name"][..], &[], &[]],
            "nothing is called `rwos` on either side; the nearest name is `rows`",
        ),
        (
            [&["rows=nam"], &[], &[]],
            "`rows.nam` on either side; the nearest name is `rows.name`",
        ),
        ([&["a_hash=x"], &[], &[]], "`a_hash` is not an array"),
        ([&["=id"], &[], &[]], "the document is not an array"),
        ([&[], &["rows.stp"], &[]], "the nearest name is `rows.step`"),
        ([&[], &[], &["first"]], "expected NAME=PATH"),
        ([&[], &[], &["first=rowz"]], "the nearest name is `rows`"),
    ] {
        let said = compared("a.json", "b.json", options);
        assert_eq!(said.code(), 2);
        let error = said.error();
        assert!(error.contains(expected), "{error}");
    }
    let said = compared("one", "two", [&["rnu=name"], &[], &[]]);
    let error = said.error();
    assert!(
        error.contains("there is no document \"rnu\"") && error.contains("`run`"),
        "{error}"
    );
}

fn documents_and_directories_are_compared() {
    let workspace = Workspace::blessed();
    let compared = |before: &str, after: &str, keys: &[&str]| {
        let request = CompareRequest {
            schema: None,
            before: workspace.path(before),
            after: workspace.path(after),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            ..CompareRequest::default()
        };
        workspace.command(|suite, console| compare(suite, &request, console))
    };
    workspace.write(
        "a.json",
        r#"{"edges": [{"e_id": 1, "k": 1}, {"e_id": 2, "k": 2}]}"#,
    );
    workspace.write(
        "b.json",
        r#"{"edges": [{"e_id": 2, "k": 3}, {"e_id": 1, "k": 1}]}"#,
    );
    workspace.write(
        "a.toml",
        "edges = [{ e_id = 1, k = 1 }, { e_id = 2, k = 2 }]",
    );
    let said = compared("a.json", "b.json", &["edges=e_id"]);
    assert_eq!(said.code(), 1);
    assert!(
        said.out.contains("at document.edges[e_id=2]\n"),
        "{}",
        said.out
    );
    assert_eq!(compared("a.json", "a.toml", &[]).code(), 0);

    let golden = "fixtures/snapshots/ring";
    let said = compared(golden, golden, &[]);
    assert_eq!(said.code(), 0);
    assert!(!said.out.contains("not compared"), "{}", said.out);
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
    workspace.runner(&["ring::golden"]);
    // The side that is called like a scenario says how both are read.
    let said = compared(golden, "target/scenarios/ring", &[]);
    assert!(
        said.out.contains("at generations[tick=1].cells[2]"),
        "{}",
        said.out
    );

    for (before, after, keys) in [
        ("a.json", golden, &[][..]),
        ("a.json", "none.json", &[]),
        ("a.json", "b.json", &["edges"]),
        ("a.json", "b.json", &["edges="]),
    ] {
        assert_eq!(compared(before, after, keys).code(), 2);
    }
}
