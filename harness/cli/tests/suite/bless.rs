//! The bless: what it changes, what it says, and everything that it refuses.

use std::fs;

use aether_harness_cli::commands::{BlessOptions, Console, bless};

use crate::workspace::Workspace;

crate::tests![bless;
    nothing_to_change_needs_no_reason,
    a_change_needs_a_reason,
    a_reason_is_asked_for_on_a_terminal,
    every_bless_is_kept,
    a_dry_run_writes_nothing,
    nothing_is_blessed_under_ci,
    one_refusal_keeps_all_from_being_blessed,
    unknown_names_are_refused,
    an_edited_golden_is_made_anew,
    read_only_trees_stay_as_they_are,
    what_stands_in_the_way_is_named,
    stale_inputs_are_blessed_with_both,
];

const MANIFEST: &str = "fixtures/snapshots/ring/snapshot.toml";

fn change(workspace: &Workspace) {
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
}

fn nothing_to_change_needs_no_reason() {
    let workspace = Workspace::blessed();
    let before = workspace.read(MANIFEST);
    let said = workspace.try_bless("ring", None);
    assert_eq!(said.code(), 0);
    assert_eq!(said.out, "ring: nothing to change\n");
    assert_eq!(workspace.read(MANIFEST), before);
}

fn a_change_needs_a_reason() {
    let workspace = Workspace::blessed();
    let before = workspace.read(MANIFEST);
    change(&workspace);
    let said = workspace.try_bless("ring", None);
    assert_eq!(said.code(), 2);
    let error = said.error();
    assert!(
        error.contains("\n  cargo xtask bless ring --reason \"…\""),
        "{error}"
    );
    assert!(said.out.starts_with("ring: STALE_INPUTS"), "{}", said.out);
    let said = workspace.try_bless("ring", Some("  "));
    assert_eq!(said.error(), "the reason is empty");
    assert_eq!(workspace.read(MANIFEST), before);
}

fn a_reason_is_asked_for_on_a_terminal() {
    let workspace = Workspace::blessed();
    change(&workspace);
    let options = BlessOptions {
        names: vec!["ring".to_owned()],
        date: "2026-11-24".to_owned(),
        ..BlessOptions::default()
    };
    let with_answer = |answer: Option<&str>| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut ask = |question: &str| {
            assert_eq!(question, "reason: ");
            Ok(answer.map(str::to_owned))
        };
        let mut console = Console {
            out: &mut out,
            err: &mut err,
            ask: Some(&mut ask),
        };
        bless(&workspace.suite(), &options, &mut console)
    };
    assert_eq!(with_answer(None).unwrap_err().code(), 2);
    assert_eq!(with_answer(Some("")).unwrap_err().code(), 2);
    assert_eq!(with_answer(Some("rule 90 is meant")).unwrap().code(), 0);
    let manifest = workspace.read(MANIFEST);
    assert!(
        manifest.contains("reason = \"rule 90 is meant\""),
        "{manifest}"
    );
    assert!(manifest.contains("date = \"2026-11-24\""), "{manifest}");
}

fn every_bless_is_kept() {
    let workspace = Workspace::blessed();
    change(&workspace);
    let said = workspace.bless("ring", "second");
    assert!(
        said.contains("blessed ring: wrote generations.json, inputs.json, totals.json"),
        "{said}"
    );
    let manifest = workspace.read(MANIFEST);
    let (first, second) = (manifest.find("\"first\""), manifest.find("\"second\""));
    assert!(first.is_some() && first < second, "{manifest}");
    for key in [
        "format = 2",
        "subject = \"automaton\"",
        "version = \"1.0.0\"",
        "snapshot = \"full\"",
    ] {
        assert!(manifest.contains(key), "{manifest}");
    }
}

fn a_dry_run_writes_nothing() {
    let workspace = Workspace::blessed();
    let before = workspace.read(MANIFEST);
    change(&workspace);
    let options = BlessOptions {
        all: true,
        dry_run: true,
        ..BlessOptions::default()
    };
    let said = workspace.command(|suite, console| bless(suite, &options, console));
    assert_eq!(said.code(), 0);
    assert!(said.out.contains("nothing was written"), "{}", said.out);
    assert_eq!(workspace.read(MANIFEST), before);
}

fn nothing_is_blessed_under_ci() {
    let workspace = Workspace::blessed();
    change(&workspace);
    let with = |ci: &str| {
        let options = BlessOptions {
            names: vec!["ring".to_owned()],
            reason: Some("r".to_owned()),
            ci: Some(ci.to_owned()),
            date: "2026-11-23".to_owned(),
            ..BlessOptions::default()
        };
        workspace.command(|suite, console| bless(suite, &options, console))
    };
    for ci in ["true", "1", "yes", "0"] {
        let said = with(ci);
        assert_eq!(said.code(), 2);
        assert!(
            said.error().contains("not blessed under CI"),
            "{}",
            said.error()
        );
    }
    assert_eq!(with("").code(), 0);
    assert_eq!(with("false").code(), 0);
}

fn one_refusal_keeps_all_from_being_blessed() {
    let workspace = Workspace::blessed();
    change(&workspace);
    workspace.scenario("broken", "", "panic");
    let before = workspace.read(MANIFEST);
    let options = BlessOptions {
        all: true,
        reason: Some("r".to_owned()),
        ..BlessOptions::default()
    };
    let said = workspace.command(|suite, console| bless(suite, &options, console));
    assert_eq!(said.code(), 2);
    assert!(
        said.error()
            .contains("nothing was blessed:\nbroken PROGRAM_ERROR"),
        "{}",
        said.error()
    );
    assert_eq!(workspace.read(MANIFEST), before);
    assert!(!workspace.path("fixtures/snapshots/broken").exists());
}

fn unknown_names_are_refused() {
    let workspace = Workspace::blessed();
    let error = workspace.try_bless("rings", Some("r")).error();
    assert_eq!(error, "there is no scenario `rings`; did you mean `ring`?");
    let none = workspace.command(|suite, console| bless(suite, &BlessOptions::default(), console));
    assert!(
        none.error().contains("cargo xtask bless NAME…"),
        "{}",
        none.error()
    );
    for same in ["scenarios/ring", "ring/"] {
        assert_eq!(
            workspace.try_bless(same, None).out,
            "ring: nothing to change\n"
        );
    }
}

fn an_edited_golden_is_made_anew() {
    let workspace = Workspace::blessed();
    let golden = "fixtures/snapshots/ring/totals.json";
    let before = workspace.read(golden);
    workspace.write(golden, "{}\n");
    let said = workspace.bless("ring", "undo an edit");
    assert!(said.starts_with("ring: EDITED_GOLDEN"), "{said}");
    assert_eq!(workspace.read(golden), before);
    // Conflict markers in the manifest cost no history.
    let manifest = workspace.read(MANIFEST);
    let conflicted = manifest.replace(
        "[files]",
        "<<<<<<< ours\n[files]\n=======\n[files]\n>>>>>>> theirs",
    );
    workspace.write(MANIFEST, &conflicted);
    workspace.bless("ring", "merge");
    let manifest = workspace.read(MANIFEST);
    for reason in ["first", "undo an edit", "merge"] {
        assert!(
            manifest.contains(&format!("reason = \"{reason}\"")),
            "{manifest}"
        );
    }
}

/// A tree that may not be written to. Root may write anywhere, so that for root another user asks.
#[cfg(unix)]
fn read_only_trees_stay_as_they_are() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    /// Nobody, on every system.
    const NOBODY: u32 = 65534;
    let workspace = Workspace::blessed();
    change(&workspace);
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(workspace.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    workspace.write("target/scenarios/.here", "");
    for open in [
        "",
        "scenarios",
        "scenarios/ring",
        "fixtures",
        "fixtures/snapshots/ring",
    ] {
        mode(open, 0o755);
        for file in fs::read_dir(workspace.path(open)).unwrap() {
            let file = file.unwrap().path();
            if file.is_file() {
                fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
            }
        }
    }
    for writable in ["target", "target/scenarios"] {
        mode(writable, 0o777);
    }
    let is_root = {
        mode("fixtures/snapshots", 0o555);
        let probe = workspace.path("fixtures/snapshots/probe");
        fs::write(&probe, "").is_ok_and(|()| fs::remove_file(&probe).is_ok())
    };
    let before = listing(&workspace);
    // With the lock of an earlier bless, and without.
    for has_lock in [true, false] {
        let mut process = workspace.process("bless");
        if is_root {
            // Where nobody can start this program, it is started from where everybody can.
            let copy = workspace.path("program");
            fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
            mode("program", 0o755);
            let mut command = std::process::Command::new(copy);
            for (name, value) in process.get_envs() {
                match value {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
            command.uid(NOBODY).gid(NOBODY);
            process = command;
        }
        let ran = crate::workspace::Ran::of(&mut process);
        assert_eq!(ran.status, Some(3), "{}{}", ran.out, ran.err);
        assert!(
            ran.err.contains("fixtures/snapshots/.bless.lock: cannot "),
            "{}",
            ran.err
        );
        assert!(ran.err.contains("Permission denied"), "{}", ran.err);
        assert_eq!(listing(&workspace), before);
        if has_lock {
            mode("fixtures/snapshots", 0o755);
            fs::remove_file(workspace.path("fixtures/snapshots/.bless.lock")).unwrap();
            mode("fixtures/snapshots", 0o555);
        }
    }
    mode("fixtures/snapshots", 0o755);
    workspace.bless("ring", "now it may be written");
}

#[cfg(not(unix))]
fn read_only_trees_stay_as_they_are() {}

/// All goldens with their texts.
fn listing(workspace: &Workspace) -> Vec<(String, String)> {
    [
        "generations.json",
        "inputs.json",
        "totals.json",
        "snapshot.toml",
    ]
    .map(|file| {
        let text = workspace.read(&format!("fixtures/snapshots/ring/{file}"));
        (file.to_owned(), text)
    })
    .to_vec()
}

fn what_stands_in_the_way_is_named() {
    let workspace = Workspace::blessed();
    fs::remove_dir_all(workspace.path("fixtures/snapshots/ring")).unwrap();
    workspace.write("fixtures/snapshots/ring", "a file");
    let said = workspace.try_bless("ring", Some("r"));
    assert_ne!(said.code(), 0);
    assert!(
        said.error().contains("fixtures/snapshots/ring"),
        "{}",
        said.error()
    );
    assert_eq!(workspace.read("fixtures/snapshots/ring"), "a file");
    fs::remove_dir_all(workspace.path("fixtures")).unwrap();
    workspace.write("fixtures/snapshots", "a file");
    let said = workspace.try_bless("ring", Some("r"));
    assert_ne!(said.code(), 0);
    assert!(
        said.error().contains("fixtures/snapshots"),
        "{}",
        said.error()
    );
    assert_eq!(workspace.read("fixtures/snapshots"), "a file");
}

fn stale_inputs_are_blessed_with_both() {
    let workspace = Workspace::blessed();
    change(&workspace);
    workspace.bless("ring", "rule 90");
    let inputs = workspace.read("fixtures/snapshots/ring/inputs.json");
    assert!(inputs.contains("\"rule\":90"), "{inputs}");
    assert_eq!(
        workspace.try_bless("ring", None).out,
        "ring: nothing to change\n"
    );
}
