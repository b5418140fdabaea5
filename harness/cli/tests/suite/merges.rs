//! What merges, checkouts and renames do to goldens: reported as what they are, with advice that works.

use std::fs;
use std::process::Command;

use aether_harness_cli::commands::check;

use crate::workspace::{Ran, Workspace, has, skipped};

crate::tests![merges;
    two_branches_bless_the_same_scenario,
    a_git_lfs_pointer_is_not_an_edit,
    a_renamed_scenario_takes_its_goldens_with_it,
    a_renamed_scenario_that_differs_is_new,
];

const GOLDENS: &str = "fixtures/snapshots/ring";
const MANIFEST: &str = "fixtures/snapshots/ring/snapshot.toml";

fn git(workspace: &Workspace, args: &[&str]) -> Ran {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=n", "-c", "user.email=e@example.org"]);
    command.args(["-c", "merge.conflictStyle=merge"]);
    // Nothing of the machine's own settings.
    command.env("GIT_CONFIG_GLOBAL", "/dev/null");
    Ran::of(command.args(args).current_dir(workspace.root()))
}

#[track_caller]
fn done(workspace: &Workspace, args: &[&str]) {
    let ran = git(workspace, args);
    assert_eq!(ran.status, Some(0), "{args:?}: {}{}", ran.out, ran.err);
}

fn two_branches_bless_the_same_scenario() {
    if !has("git") {
        return skipped("there is no git");
    }
    let workspace = Workspace::blessed();
    workspace.write(".gitignore", "/target\n.bless*\n");
    done(
        &workspace,
        &["init", "--quiet", "--initial-branch=main", "."],
    );
    done(&workspace, &["add", "."]);
    done(&workspace, &["commit", "--quiet", "-m", "first"]);
    for (branch, rule) in [("theirs", "rule = 110"), ("ours", "rule = 90")] {
        done(&workspace, &["checkout", "--quiet", "-b", branch, "main"]);
        workspace.edit("scenarios/ring/run.toml", "rule = 30", rule);
        workspace.bless("ring", branch);
        done(&workspace, &["commit", "--quiet", "-am", branch]);
    }
    assert_eq!(git(&workspace, &["merge", "theirs"]).status, Some(1));
    done(&workspace, &["checkout", "--ours", "--", "scenarios"]);

    let ran = workspace.runner(&["ring::golden", "--exact"]);
    for text in [
        "EDITED_GOLDEN ring::golden: snapshot.toml has the conflict markers of a merge",
        "git checkout --ours -- fixtures/snapshots/ring",
        "bless ring --reason",
        "git add fixtures/snapshots/ring",
    ] {
        assert!(ran.out.contains(text), "{text}: {}", ran.out);
    }
    assert!(!ran.out.contains("TOML"), "{}", ran.out);
    // Git accepts the advice.
    let conflict = workspace.read(MANIFEST);
    assert!(conflict.contains("<<<<<<<"), "{conflict}");
    done(&workspace, &["checkout", "--ours", "--", GOLDENS]);
    let ran = workspace.runner(&["ring::golden", "--exact"]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    done(&workspace, &["checkout", "--merge", "--", GOLDENS]);
    assert!(workspace.read(MANIFEST).contains("<<<<<<<"));

    workspace.bless("ring", "both");
    let manifest = workspace.read(MANIFEST);
    let reasons: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("reason = "))
        .collect();
    assert_eq!(
        reasons,
        ["\"first\"", "\"ours\"", "\"theirs\"", "\"both\""],
        "{manifest}"
    );
    done(&workspace, &["add", "."]);
    done(&workspace, &["commit", "--quiet", "-m", "merged"]);
}

fn a_git_lfs_pointer_is_not_an_edit() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    for file in ["totals.json", "snapshot.toml"] {
        let workspace = Workspace::blessed();
        workspace.write(&format!("{GOLDENS}/{file}"), pointer);
        let ran = workspace.runner(&["ring::golden", "--exact"]);
        let expected = format!("{file} is a Git LFS pointer");
        assert!(ran.out.contains(&expected), "{}", ran.out);
        assert!(ran.out.contains("git lfs pull"), "{}", ran.out);
        assert!(!ran.out.contains("EDITED_GOLDEN"), "{}", ran.out);
        let said = workspace.command(check);
        assert_eq!(said.code(), 1);
        assert!(said.out.contains(&expected), "{}", said.out);
        // What was not fetched is not replaced either.
        let said = workspace.try_bless("ring", Some("r"));
        assert_eq!(said.code(), 2);
        assert_eq!(workspace.read(&format!("{GOLDENS}/{file}")), pointer);
    }
}

fn a_renamed_scenario_takes_its_goldens_with_it() {
    let workspace = Workspace::blessed();
    let golden = workspace.read(&format!("{GOLDENS}/totals.json"));
    fs::rename(
        workspace.path("scenarios/ring"),
        workspace.path("scenarios/torus"),
    )
    .unwrap();
    let ran = workspace.runner(&["golden"]);
    for text in [
        "MISSING_GOLDEN torus::golden: renamed from `ring`, whose goldens are what it produces",
        "move its goldens: ",
        "ORPHAN ring::golden",
        "if it was renamed, bless it under its new name",
    ] {
        assert!(ran.out.contains(text), "{text}: {}", ran.out);
    }
    let said = workspace.bless("torus", "called by its shape");
    assert!(
        said.contains("blessed torus: moved the goldens of ring"),
        "{said}"
    );
    assert!(!workspace.path(GOLDENS).exists());
    assert_eq!(
        workspace.read("fixtures/snapshots/torus/totals.json"),
        golden
    );
    let manifest = workspace.read("fixtures/snapshots/torus/snapshot.toml");
    assert!(manifest.contains("\"first\"") && manifest.contains("\"called by its shape\""));
    assert_eq!(workspace.runner(&["golden"]).status, Some(0));
    assert_eq!(workspace.command(check).code(), 0);
}

fn a_renamed_scenario_that_differs_is_new() {
    let workspace = Workspace::blessed();
    fs::rename(
        workspace.path("scenarios/ring"),
        workspace.path("scenarios/torus"),
    )
    .unwrap();
    workspace.edit("scenarios/torus/run.toml", "rule = 30", "rule = 90");
    let ran = workspace.runner(&["torus::golden", "--exact"]);
    assert!(
        ran.out.contains("the scenario has no goldens yet"),
        "{}",
        ran.out
    );
    workspace.bless("torus", "new");
    assert!(workspace.path(GOLDENS).exists());
    // A copy is not a renaming: both scenarios are there.
    workspace.scenario("ring", "", "");
    workspace.scenario("copy", "", "");
    let ran = workspace.runner(&["copy::golden", "--exact"]);
    assert!(
        ran.out.contains("the scenario has no goldens yet"),
        "{}",
        ran.out
    );
}
