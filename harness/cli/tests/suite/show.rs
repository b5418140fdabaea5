//! `show`: the resolved scenario, and the role of every file.

use aether_harness_cli::commands::{Listing, ShowRequest, show};
use serde_json::{Value, json};

use crate::workspace::{Said, Workspace};

crate::tests![show;
    every_file_has_its_role_and_rule,
    documents_that_lose_something_say_why,
    goldens_of_format_1_have_their_own_rule,
    a_rust_subject_is_shown_too,
    what_cannot_be_shown_is_an_error,
];

fn shown(workspace: &Workspace, name: &str, format: Listing) -> Said {
    let request = ShowRequest {
        name: name.to_owned(),
        format,
    };
    workspace.command(|suite, console| show(suite, &request, console))
}

#[track_caller]
fn in_json(workspace: &Workspace, name: &str) -> Value {
    let said = shown(workspace, name, Listing::Json);
    assert_eq!(said.code(), 0, "{:?}", said.result);
    serde_json::from_str(&said.out).unwrap()
}

fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/defaults.toml",
        "tags = [\"all\"]\ncode = [\"{root}/src/*.py\"]\n[command]\nprogram = \"python3\"\n\
         args = [\"{root}/src/sim.py\", \"{scenario}/day.json\", \"--out={root}/more.txt\"]\n\
         env = { A = \"1\" }\n\
         [[outputs]]\nname = \"o\"\nfrom = \"stdout\"\n\
         [build]\nprogram = \"make\"\ntime_limit = 2.5\n",
    );
    workspace.write(
        "scenarios/one/scenario.toml",
        "description = \"d\"\ninputs = [\"{root}/models/*.mod\"]\n[command]\nenv = { B = \"2\" }\n\
         [[outputs]]\nname = \"o\"\nformat = \"csv\"\n",
    );
    for (path, text) in [
        ("scenarios/one/day.json", "{\"k\": 1}"),
        ("scenarios/one/.hidden", "h"),
        ("scenarios/one/old~", "litter"),
        ("scenarios/one/data.bin", "\u{0}"),
        ("src/sim.py", "1"),
        ("src/lib.py", "1"),
        ("models/a.mod", "m"),
        ("more.txt", "t"),
        ("other.txt", "o"),
    ] {
        workspace.write(path, text);
    }
    workspace
}

fn every_file_has_its_role_and_rule() {
    let workspace = workspace();
    let all = in_json(&workspace, "one");
    let members: Vec<&String> = all.as_object().unwrap().keys().collect();
    assert_eq!(members, ["files", "name", "settings"]);
    assert_eq!(all["name"], "one");
    let files: Vec<[&str; 4]> = all["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| ["path", "role", "rule", "stored"].map(|key| file[key].as_str().unwrap()))
        .collect();
    let own = "below the scenario's directory";
    assert_eq!(
        files,
        [
            ["models/a.mod", "input", "inputs", "lines"],
            ["more.txt", "input", "named by the command", "lines"],
            ["scenarios/one/.hidden", "input", own, "lines"],
            ["scenarios/one/data.bin", "input", own, "lines"],
            ["scenarios/one/day.json", "input", own, "structure"],
            ["src/lib.py", "code", "code", "digest"],
            ["src/sim.py", "code", "code", "digest"],
        ]
    );
    assert_eq!(
        all["settings"],
        json!({
            "description": "d",
            "tags": ["all"],
            "runtime": "short",
            "expect": "success",
            "snapshot": "full",
            "time_limit": 60.0,
            "drop": {},
            "code": ["{root}/src/*.py"],
            "inputs": ["{root}/models/*.mod"],
            "command": {
                "program": "python3",
                "args": ["{root}/src/sim.py", "{scenario}/day.json", "--out={root}/more.txt"],
                "env": {"B": "2"},
            },
            "outputs": [{"name": "o", "from": "stdout", "format": "csv"}],
            "build": {"program": "make", "args": [], "env": {}, "time_limit": 2.5},
        })
    );
    let text = shown(&workspace, "scenarios/one/", Listing::Text).out;
    for line in [
        "scenarios/one\n",
        "  tags = [\"all\"]\n",
        "  [command]\n",
        "  code   src/sim.py              code\n",
        "  input  scenarios/one/day.json  below the scenario's directory; stored by structure\n",
        "  input  more.txt                named by the command; stored by line\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

fn documents_that_lose_something_say_why() {
    let workspace = workspace();
    workspace.write("scenarios/one/day.json", "{\"k\": 1,\n\"k\": 2}");
    workspace.write("scenarios/one/nan.json", "[NaN]");
    workspace.write("scenarios/one/t.csv", "a,a\n1,2\n");
    workspace.write("scenarios/one/plain.txt", "{\"k\": 1, \"k\": 2}");
    let all = in_json(&workspace, "one");
    let file = |path: &str| {
        let files = all["files"].as_array().unwrap();
        files
            .iter()
            .find(|file| file["path"] == path)
            .unwrap()
            .clone()
    };
    let check = |path: &str, expected: &str| {
        let file = file(path);
        assert_eq!(file["stored"], "lines", "{file}");
        let why = file["why"].as_str().unwrap();
        assert!(why.contains(expected), "{why}");
    };
    check("scenarios/one/day.json", "day.json:2:1: duplicate key");
    check("scenarios/one/nan.json", "nan.json:1:2: ");
    check("scenarios/one/t.csv", "a");
    assert_eq!(file("scenarios/one/plain.txt").get("why"), None);
    let text = shown(&workspace, "one", Listing::Text).out;
    assert!(
        text.contains("stored by line (day.json:2:1: duplicate key"),
        "{text}"
    );
}

fn goldens_of_format_1_have_their_own_rule() {
    let workspace = workspace();
    workspace.write("scenarios/one/notes.txt", "n");
    workspace.write("fixtures/snapshots/one/snapshot.toml", "format = 1\n");
    let all = in_json(&workspace, "one");
    let row = |name: &str, stored: &str| {
        let path = format!("scenarios/one/{name}");
        let rule = "a document, as in format 1";
        json!({ "path": path, "role": "input", "rule": rule, "stored": stored })
    };
    let expected = [row("day.json", "structure"), row("notes.txt", "lines")];
    assert_eq!(all["files"], json!(expected));
    let text = shown(&workspace, "one", Listing::Text).out;
    assert!(text.contains("cargo xtask bless --upgrade one"), "{text}");
}

fn a_rust_subject_is_shown_too() {
    let workspace = Workspace::blessed();
    let all = in_json(&workspace, "ring");
    assert_eq!(all["files"], json!([]));
    assert_eq!(all["settings"]["runtime"], "instant");
    let text = shown(&workspace, "ring", Listing::Text).out;
    assert!(text.contains("does not say which files it reads"), "{text}");
}

fn what_cannot_be_shown_is_an_error() {
    let workspace = workspace();
    let fails = |name: &str, expected: &str| {
        let said = shown(&workspace, name, Listing::Text);
        assert_eq!(said.code(), 2);
        assert!(said.error().contains(expected), "{}", said.error());
    };
    fails("oen", "there is no scenario `oen`; did you mean `one`?");
    workspace.write(
        "scenarios/bad/scenario.toml",
        "description = \"d\"\ntimelimit = 1\n",
    );
    fails("bad", "did you mean `time_limit`?");
    workspace.write(
        "scenarios/bad/scenario.toml",
        "description = \"d\"\ninputs = [\"x*.mod\", \"y\"]\n",
    );
    fails("bad", "scenario.toml:2:11: no file matches \"x*.mod\"");
    fails("bad", "scenario.toml:2:21: no file matches \"y\"");
}
