//! Tests of `list`, `completions` and help, and of command lines that cannot be parsed.

use std::collections::BTreeSet;

use super::{aether, aether_in, keys, root};

#[test]
fn list_is_the_directories_of_the_registry() {
    let directories: BTreeSet<_> = std::fs::read_dir(root().join("scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("scenario.toml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let json = aether(&["list", "--format", "json"]).with(0).json();
    let rows = json.as_array().unwrap();
    let mut listed = BTreeSet::new();
    for row in rows {
        assert_eq!(
            keys(row),
            [
                "description",
                "edges",
                "name",
                "nodes",
                "pillars",
                "runtime",
                "tags",
                "ticks"
            ]
        );
        assert!(!row["description"].as_str().unwrap().is_empty());
        assert!(row["pillars"].is_array() && row["tags"].is_array());
        assert!(["instant", "short", "long"].contains(&row["runtime"].as_str().unwrap()));
        listed.insert(row["name"].as_str().unwrap().to_owned());
    }
    assert_eq!(listed, directories);

    let text = aether(&["list"]).with(0).stdout;
    let names: BTreeSet<_> = text
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect();
    assert_eq!(names, directories);
}

#[test]
fn list_works_below_the_registry_and_fails_without_one() {
    let here = aether(&["list"]).with(0).stdout;
    let below = root().join("scenarios/gf01");
    assert_eq!(aether_in(&below, &["list"]).with(0).stdout, here);

    let empty = tempfile::tempdir().unwrap();
    let ended = aether_in(empty.path(), &["list"]).with(2);
    ended.reports(&["scenarios", "--scenarios-dir"]);
    let ended = aether_in(empty.path(), &["list", "--format", "json"]).with(2);
    assert_eq!(keys(&ended.json()), ["error"]);
    for args in [&["list"][..], &["run", "gf01"]] {
        let nowhere = [args, &["--scenarios-dir", "no/where"]].concat();
        aether_in(empty.path(), &nowhere)
            .with(2)
            .reports(&["no/where"]);
    }
    let dir = root().join("scenarios").display().to_string();
    let ended = aether_in(empty.path(), &["list", "--scenarios-dir", &dir]).with(0);
    assert_eq!(ended.stdout, here);
}

#[test]
fn list_reports_a_broken_scenario_and_lists_the_others() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        (
            "good",
            "description = \"d\"\npillars = [\"umx\"]\nruntime = \"instant\"\n",
        ),
        (
            "bad",
            "description = \"d\"\npillars = [\"umx\"]\nruntime = \"soon\"\n",
        ),
    ] {
        let dir = folder.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("scenario.toml"), text).unwrap();
    }
    let dir = folder.path().display().to_string();
    let ended = aether(&["list", "--scenarios-dir", &dir, "--format", "json"]).with(2);
    assert_eq!(ended.json()[0]["name"], "good");
    assert!(ended.stderr.contains("scenario.toml:3:"), "{ended:#?}");
}

#[test]
fn completions_of_every_shell_name_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = aether(&["completions", shell]).with(0).stdout;
        for command in ["validate", "show-ledger", "runs-dir"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let json = aether(&["completions", "bash", "--format", "json"]).with(0);
    let script = aether(&["completions", "bash"]).with(0).stdout;
    assert_eq!(json.json()["shell"], "bash");
    assert_eq!(json.json()["script"], script);
    aether(&["completions", "cmd"]).with(2).reports(&["cmd"]);
}

#[test]
fn usage_is_reported_and_has_its_status() {
    aether(&[]).with(2);
    aether(&["rnu"]).with(2).reports(&["rnu", "--help"]);
    aether(&["list", "--format", "yaml"])
        .with(2)
        .reports(&["yaml", "json"]);
    aether(&["run", "gf01", "--threads", "0"])
        .with(2)
        .reports(&["threads"]);
    // With JSON output it is data, like every failure.
    for (args, word) in [
        (&["inspect", "--format", "json"][..], "<RUN-ID>"),
        (&["--format=json", "rnu"], "rnu"),
        (
            &["plot", "x", "--what", "y", "--format", "json"],
            "topology",
        ),
        (&["--format", "json"], "Usage"),
        (
            &["replay", "x", "--tick", "-1", "--format", "json"],
            "invalid value '-1'",
        ),
    ] {
        let ended = aether(args).with(2);
        assert_eq!(ended.stderr, "");
        let json = ended.json();
        assert_eq!(keys(&json), ["error"]);
        let error = json["error"].as_str().unwrap();
        assert!(error.contains(word), "{error}");
    }
    assert!(aether(&["--help"]).with(0).stdout.contains("Exit status"));
    assert!(aether(&["--version"]).with(0).stdout.starts_with("aether "));
}

/// Every command, with its subcommands.
const COMMANDS: [&[&str]; 22] = [
    &["list"],
    &["validate"],
    &["run"],
    &["export"],
    &["inspect"],
    &["show-ledger"],
    &["verify"],
    &["replay"],
    &["resume"],
    &["diff"],
    &["log"],
    &["metrics"],
    &["plot"],
    &["press"],
    &["press", "pack"],
    &["press", "unpack"],
    &["press", "info"],
    &["topology", "new"],
    &["topology", "import"],
    &["profile", "show"],
    &["init"],
    &["completions"],
];

#[test]
fn every_command_explains_itself_with_examples() {
    let all = aether(&["--help"]).with(0).stdout;
    for command in COMMANDS {
        assert!(all.contains(command[0]), "{command:?}");
        let help = aether(&[command, &["--help"]].concat()).with(0).stdout;
        let (_, examples) = help
            .split_once("Examples:")
            .unwrap_or_else(|| panic!("{help}"));
        let example = format!("aether {}", command.join(" "));
        assert!(examples.contains(&example), "{help}");
    }
    // An unknown command is answered with the nearest one, and with status 2.
    aether(&["inspekt", "gf01"])
        .with(2)
        .reports(&["inspekt", "inspect"]);
}

/// The names that `list` prints with these arguments.
fn listed(args: &[&str]) -> Vec<String> {
    let json = aether(&[&["list", "--format", "json"], args].concat())
        .with(0)
        .json();
    let rows = json.as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn list_selects_by_name_tag_pillar_and_runtime() {
    assert_eq!(listed(&["--tag", "exam"]), ["gf01", "gf02"]);
    assert_eq!(
        listed(&["--tag", "exam", "--tag", "large"]),
        ["gf01", "gf02", "grid32"]
    );
    assert_eq!(listed(&["grid*", "--runtime", "short"]), ["grid32"]);
    assert_eq!(
        listed(&["grid-cmp[01]", "{line4,gf01}"]),
        ["gf01", "grid-cmp0", "grid-cmp1", "line4"]
    );
    // A scenario must meet every option.
    assert_eq!(listed(&["--tag", "exam", "--runtime", "long"]), [""; 0]);
    let none = aether(&["list", "--tag", "exam", "--runtime", "long"]).with(0);
    assert_eq!(none.stdout, "no scenarios\n");
    let codex = listed(&["--pillar", "codex"]);
    assert!(codex.contains(&"motifs-none".to_owned()), "{codex:?}");
    assert!(!codex.contains(&"ring5".to_owned()), "{codex:?}");
    // What no scenario has is mistyped.
    for (args, words) in [
        (
            &["--tag", "exams"][..],
            &["tag `exams`", "did you mean `exam`"][..],
        ),
        (&["--pillar", "x"], &["pillar `x`", "loom"]),
        (&["gf03"], &["scenario `gf03`", "gf0"]),
        (&["[a"], &["`[a`"]),
        (&["--runtime", "fast"], &["fast", "instant"]),
    ] {
        aether(&[&["list"], args].concat()).with(2).reports(words);
    }
}

#[test]
fn list_shows_how_large_a_run_is() {
    let json = aether(&["list", "gf01", "grid32", "--format", "json"])
        .with(0)
        .json();
    for (row, scenario) in json.as_array().unwrap().iter().zip(["gf01", "grid32"]) {
        let plan = super::plan(scenario);
        assert_eq!(row["ticks"], plan.ticks());
        let topology: serde_json::Value =
            serde_json::from_str(plan.documents().topology()).unwrap();
        assert_eq!(row["nodes"], topology["N"]);
        assert_eq!(row["edges"], super::len(&topology["edges"]));
    }
    let text = aether(&["list", "gf01"]).with(0).stdout;
    let words: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(words[..5], ["gf01", "instant", "8", "6", "8"], "{text}");
}

#[test]
fn list_names_a_scenario_whose_documents_have_problems() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("scenarios/broken");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(
        dir.join("scenario.toml"),
        "description = \"d\"\npillars = [\"umx\"]\nruntime = \"instant\"\n",
    )
    .unwrap();
    std::fs::write(dir.join("run.toml"), "v = 1\n").unwrap();
    let ended = aether_in(folder.path(), &["list", "--format", "json"]).with(2);
    assert_eq!(ended.json()[0]["name"], "broken");
    assert_eq!(ended.json()[0]["ticks"], serde_json::Value::Null);
    assert!(ended.stderr.contains("aether validate"), "{ended:#?}");
}
