//! `bless --upgrade`: goldens of an earlier version are rewritten by the newest rules.

use std::fs;

use aether_harness_cli::commands::{UpgradeOptions, upgrade};

use crate::examples::copied;
use crate::workspace::{Said, Workspace, has, skipped};

crate::tests![upgrade;
    a_workspace_of_an_earlier_version_is_upgraded,
    several_scenarios_are_upgraded_at_once,
    outputs_that_differ_are_not_upgraded,
    outputs_that_the_newest_rules_make_different_are_not_upgraded,
    a_rust_subject_is_upgraded,
];

fn upgraded(workspace: &Workspace, names: &[&str], dry_run: bool) -> Said {
    let options = UpgradeOptions {
        names: names.iter().map(|&name| name.to_owned()).collect(),
        dry_run,
        date: "2026-11-26".to_owned(),
        ..UpgradeOptions::default()
    };
    workspace.command(|suite, console| upgrade(suite, &options, console))
}

/// The goldens of this example were made before there was another format.
fn a_workspace_of_an_earlier_version_is_upgraded() {
    if !has("python3") {
        return skipped("there is no python3");
    }
    let workspace = copied("script");
    let names = ["holiday", "weekday"];
    let dirs = names.map(|name| format!("fixtures/snapshots/{name}"));
    let all = || dirs.each_ref().map(|dir| files(&workspace, dir));
    let before = all();
    for files in &before {
        assert!(text_of(files, "snapshot.toml").contains("\nformat = 1\n"));
    }
    // They hold as they are.
    assert_eq!(workspace.runner(&["golden"]).status, Some(0));

    let said = upgraded(&workspace, &[], true);
    let would = names.map(|name| format!("{name}: would be upgraded from format 1 to 2\n"));
    assert_eq!(said.out, would.concat());
    assert_eq!(all(), before);

    let said = upgraded(&workspace, &[], false);
    assert_eq!(said.code(), 0, "{:?}", said.result);
    let entry = "date = \"2026-11-26\"\nversion = \"-\"\nreason = \"upgraded from format 1 to 2; the \
                 outputs are equal\"\n";
    for ((name, old), new) in names.iter().zip(&before).zip(all()) {
        let expected = format!("upgraded {name} from format 1 to 2: ");
        assert!(said.out.contains(&expected), "{}", said.out);
        let manifest = text_of(&new, "snapshot.toml");
        assert!(manifest.contains("\nformat = 2\n"), "{manifest}");
        assert!(manifest.ends_with(entry), "{manifest}");
        let blesses = |manifest: &str| manifest.matches("[[bless]]").count();
        let earlier = blesses(text_of(old, "snapshot.toml"));
        assert_eq!(blesses(manifest), earlier + 1, "{manifest}");
        assert!(manifest.contains("\"bakery.py\" = "), "{manifest}");
        for (file, text) in old.iter().filter(|(file, _)| !is_rewritten(file)) {
            assert_eq!(text_of(&new, file), text, "{name} {file}");
        }
    }
    let ran = workspace.runner(&[]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    // Once more: there is nothing to do.
    let said = upgraded(&workspace, &names, false);
    assert_eq!(said.code(), 0);
    let already = names.map(|name| format!("{name}: its goldens have the newest format already\n"));
    assert_eq!(said.out, already.concat());
}

/// Whether an upgrade writes this file anew.
fn is_rewritten(file: &str) -> bool {
    file == "inputs.json" || file == "snapshot.toml"
}

#[track_caller]
fn text_of<'f>(files: &'f [(String, String)], name: &str) -> &'f str {
    let file = files.iter().find(|(file, _)| file == name);
    &file.unwrap().1
}

fn files(workspace: &Workspace, dir: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(workspace.path(dir)).unwrap();
    let mut files: Vec<(String, String)> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Scenarios of a shell script whose goldens have format 1.
fn workspace(names: &[&str], script: &str) -> Option<Workspace> {
    if !cfg!(unix) {
        return None;
    }
    let workspace = Workspace::empty();
    for name in names {
        workspace.write(
            &format!("scenarios/{name}/scenario.toml"),
            "description = \"d\"\nruntime = \"instant\"\n[command]\nprogram = \"sh\"\n\
             args = [\"{root}/run.sh\", \"{scenario}\"]\n\
             [[outputs]]\nname = \"o\"\nfrom = \"stdout\"\n",
        );
        workspace.write(&format!("scenarios/{name}/day.dat"), "1\n");
        // A bless keeps the format.
        workspace.write(
            &format!("fixtures/snapshots/{name}/snapshot.toml"),
            "format = 1\n",
        );
    }
    workspace.write("run.sh", script);
    for name in names {
        workspace.bless(name, "first");
        let manifest = workspace.read(&format!("fixtures/snapshots/{name}/snapshot.toml"));
        assert!(manifest.contains("\nformat = 1\n"), "{manifest}");
    }
    Some(workspace)
}

const SCRIPT: &str = "echo \"[$(cat $1/day.dat)]\"\n";

fn several_scenarios_are_upgraded_at_once() {
    let Some(workspace) = workspace(&["a", "b", "c", "d"], SCRIPT) else {
        return;
    };
    workspace.write("scenarios/new/scenario.toml", "description = \"d\"\n");
    workspace.write(
        "scenarios/new/run.toml",
        "rule = 30\ncells = [1]\nticks = 1\nfault = \"\"\n",
    );
    assert_eq!(upgraded(&workspace, &["a"], false).code(), 0);
    let said = upgraded(&workspace, &[], false);
    assert_eq!(said.code(), 0, "{:?}", said.result);
    for line in [
        "a: its goldens have the newest format already\n",
        "new: there are no goldens yet\n",
        "upgraded b from format 1 to 2: wrote inputs.json\n",
        "upgraded c from format 1 to 2: wrote inputs.json\n",
        "upgraded d from format 1 to 2: wrote inputs.json\n",
    ] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    let said = upgraded(&workspace, &["new"], false);
    assert_eq!(said.code(), 1);
    assert!(
        said.error().contains("new MISSING_GOLDEN"),
        "{}",
        said.error()
    );
    // What format 1 did not know is an input now.
    workspace.write("scenarios/b/day.dat", "2\n");
    let ran = workspace.runner(&["b::golden", "--exact"]);
    assert!(ran.out.contains("STALE_INPUTS b::golden"), "{}", ran.out);
    let said = workspace.command(|suite, console| {
        let options = UpgradeOptions {
            ci: Some("true".to_owned()),
            ..UpgradeOptions::default()
        };
        upgrade(suite, &options, console)
    });
    assert!(
        said.error().contains("not blessed under CI"),
        "{}",
        said.error()
    );
}

fn outputs_that_differ_are_not_upgraded() {
    let Some(workspace) = workspace(&["a", "b"], SCRIPT) else {
        return;
    };
    let before = files(&workspace, "fixtures/snapshots/a");
    // Format 1 does not know this input: only the output differs.
    workspace.write("scenarios/b/day.dat", "7\n");
    let said = upgraded(&workspace, &[], false);
    assert_eq!(said.code(), 1);
    let error = said.error();
    for text in ["nothing was blessed", "b MISMATCH", "[0]: 1 → 7"] {
        assert!(error.contains(text), "{text}: {error}");
    }
    assert_eq!(files(&workspace, "fixtures/snapshots/a"), before);
    // A changed input is not accepted by an upgrade, even if the output is equal.
    workspace.write("scenarios/b/day.dat", "1\n");
    workspace.write("scenarios/b/more.json", "1");
    let error = upgraded(&workspace, &[], false).error();
    assert!(error.contains("b STALE_INPUTS"), "{error}");
    fs::remove_file(workspace.path("scenarios/b/more.json")).unwrap();
}

fn outputs_that_the_newest_rules_make_different_are_not_upgraded() {
    let Some(workspace) = workspace(&["a"], SCRIPT) else {
        return;
    };
    // Format 1 takes the root out of the middle of a name, too.
    workspace.edit(
        "scenarios/a/scenario.toml",
        "d\"\n",
        "d\"\nexpect = \"failure\"\n",
    );
    workspace.edit(
        "scenarios/a/scenario.toml",
        "\"{scenario}\"",
        "\"{root}-old\"",
    );
    workspace.write("run.sh", "echo \"$1\" >&2\nexit 1\n");
    workspace.bless("a", "it fails");
    let golden = workspace.read("fixtures/snapshots/a/error.json");
    assert!(golden.contains("{root}-old"), "{golden}");
    let before = files(&workspace, "fixtures/snapshots/a");
    let said = upgraded(&workspace, &["a"], false);
    assert_eq!(said.code(), 1);
    let error = said.error();
    for text in [
        "a MISMATCH: by the newest rules, the outputs differ in error:",
        "stderr[0]",
        "-old",
    ] {
        assert!(error.contains(text), "{text}: {error}");
    }
    assert_eq!(files(&workspace, "fixtures/snapshots/a"), before);
}

fn a_rust_subject_is_upgraded() {
    let workspace = Workspace::empty();
    workspace.scenario("ring", "", "");
    workspace.write("fixtures/snapshots/ring/snapshot.toml", "format = 1\n");
    workspace.bless("ring", "first");
    let said = upgraded(&workspace, &["ring"], false);
    assert_eq!(said.code(), 0, "{:?}", said.result);
    assert!(
        said.out.starts_with("upgraded ring from format 1 to 2: "),
        "{}",
        said.out
    );
    let ran = workspace.runner(&[]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
}
