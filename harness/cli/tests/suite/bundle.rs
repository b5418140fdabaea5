//! Outputs of one machine accepted on another: two workspaces stand for the two.

use std::fs;
use std::path::PathBuf;

use aether_harness_cli::commands::{BlessOptions, BundleOptions, bless, bundle};

use crate::automaton::DEFECT;
use crate::workspace::{Ran, Said, Workspace};

crate::tests![bundle;
    outputs_travel_and_are_accepted,
    only_what_differs_and_can_be_accepted_is_packed,
    a_bundle_of_other_inputs_is_refused,
    a_bundle_against_other_goldens_is_refused,
    a_bundle_is_blessed_under_the_rules_of_any_bless,
    what_a_bundle_does_not_hold_is_told,
    a_run_here_that_makes_something_else_is_told,
    damage_is_refused_and_changes_nothing,
];

const MANIFEST: &str = "fixtures/snapshots/ring/snapshot.toml";

/// A workspace like [`Workspace::blessed`], with a change whose outputs a run has left.
fn changed() -> Workspace {
    let workspace = Workspace::blessed();
    change(&workspace);
    workspace.runner(&[]);
    workspace
}

fn change(workspace: &Workspace) {
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
}

fn pack(workspace: &Workspace) -> Said {
    let options = BundleOptions {
        names: Vec::new(),
        out: workspace.path("out/bundle.tar.gz"),
        ..BundleOptions::default()
    };
    workspace.command(|suite, console| bundle(suite, &options, console))
}

/// The bundle of [`changed`], which lives as long as its workspace.
fn packed(workspace: &Workspace) -> PathBuf {
    let said = pack(workspace);
    assert_eq!(said.code(), 0, "{:?} {}", said.result, said.out);
    workspace.path("out/bundle.tar.gz")
}

fn options(bundle: PathBuf) -> BlessOptions {
    BlessOptions {
        all: true,
        reason: Some("as CI made it".to_owned()),
        from_bundle: Some(bundle),
        date: "2026-11-25".to_owned(),
        ..BlessOptions::default()
    }
}

fn accept(workspace: &Workspace, bundle: PathBuf) -> Said {
    let options = options(bundle);
    workspace.command(|suite, console| bless(suite, &options, console))
}

fn outputs_travel_and_are_accepted() {
    let there = changed();
    let said = pack(&there);
    assert_eq!(said.code(), 0);
    assert!(
        said.out.starts_with("ring: 3 files\nwrote "),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("cargo xtask bless --all --from-bundle "),
        "{}",
        said.out
    );
    let bundle = there.path("out/bundle.tar.gz");

    let here = Workspace::blessed();
    change(&here);
    let dry = BlessOptions {
        dry_run: true,
        reason: None,
        ..options(bundle.clone())
    };
    let before = here.read(MANIFEST);
    let said = here.command(|suite, console| bless(suite, &dry, console));
    assert_eq!(said.code(), 0);
    assert!(
        said.out.starts_with("ring: STALE_INPUTS\n  tick 1 · grow"),
        "{}",
        said.out
    );
    assert!(
        said.out
            .contains("from a bundle, produced by automaton 1.0.0"),
        "{}",
        said.out
    );
    assert_eq!(here.read(MANIFEST), before);

    let said = accept(&here, bundle.clone());
    assert_eq!(said.code(), 0, "{:?}", said.result);
    assert!(
        said.out
            .contains("blessed ring: wrote generations.json, inputs.json, totals.json"),
        "{}",
        said.out
    );
    let manifest = here.read(MANIFEST);
    assert!(
        manifest.contains("reason = \"as CI made it\""),
        "{manifest}"
    );
    assert_eq!(here.runner(&[]).status, Some(0));

    // Once is enough: the goldens are no longer those that the bundle was compared with.
    let said = accept(&here, bundle);
    assert_eq!(said.code(), 1);
    assert!(
        said.error().contains("use the same commit for both"),
        "{}",
        said.error()
    );
}

fn only_what_differs_and_can_be_accepted_is_packed() {
    let workspace = Workspace::blessed();
    let said = pack(&workspace);
    assert_eq!(said.code(), 2);
    assert!(
        said.error().contains("there are no results yet"),
        "{}",
        said.error()
    );
    workspace.runner(&[]);
    let said = pack(&workspace);
    assert_eq!(said.code(), 0);
    assert_eq!(said.out, "nothing to bundle: no run left new outputs\n");
    assert!(!workspace.path("out").exists());
    let named = BundleOptions {
        names: vec!["ring".to_owned()],
        out: workspace.path("out/bundle.tar.gz"),
        ..BundleOptions::default()
    };
    let said = workspace.command(|suite, console| bundle(suite, &named, console));
    assert!(
        said.out
            .starts_with("ring: the newest run left no new output for it\n"),
        "{}",
        said.out
    );

    workspace.scenario("fresh", "", "");
    workspace.scenario("broken", "", "panic");
    workspace.scenario("zone", "", "zone");
    workspace.scenario("edited", "", "");
    workspace.bless("edited", "first");
    workspace.write("fixtures/snapshots/edited/totals.json", "{}\n");
    workspace.runner(&[]);
    let said = pack(&workspace);
    assert_eq!(said.code(), 1);
    assert!(
        said.out.starts_with("fresh: 3 files\nwrote "),
        "{}",
        said.out
    );
    for why in [
        "broken is left out: its determinism check is PROGRAM_ERROR",
        "edited is left out: its golden check is EDITED_GOLDEN",
        "zone is left out: its process check is NONDETERMINISTIC",
    ] {
        assert!(said.err.contains(why), "{}", said.err);
    }
    // What is new needs no goldens on the other side either.
    let here = Workspace::empty();
    here.scenario("fresh", "", "");
    assert_eq!(accept(&here, workspace.path("out/bundle.tar.gz")).code(), 0);
    assert_eq!(here.runner(&["fresh"]).status, Some(0));
}

fn a_bundle_of_other_inputs_is_refused() {
    let there = changed();
    let bundle = packed(&there);
    let here = Workspace::blessed();
    let before = here.read(MANIFEST);
    let said = accept(&here, bundle);
    assert_eq!(said.code(), 1);
    assert_eq!(
        said.error(),
        "nothing was blessed:\nring STALE_INPUTS: the bundle was made from inputs that differ from the \
         ones here: automaton"
    );
    assert_eq!(here.read(MANIFEST), before);
}

fn a_bundle_against_other_goldens_is_refused() {
    let there = changed();
    let bundle = packed(&there);
    let here = Workspace::blessed();
    change(&here);
    here.edit(MANIFEST, "first", "FIRST");
    let said = accept(&here, bundle.clone());
    assert_eq!(said.code(), 1);
    assert!(
        said.error()
            .contains("differ from those that the bundle was compared with")
    );
    here.edit(MANIFEST, "FIRST", "first");
    here.write("fixtures/snapshots/ring/totals.json", "{}\n");
    let said = accept(&here, bundle.clone());
    assert_eq!(said.code(), 1);
    assert!(
        said.error()
            .contains("ring EDITED_GOLDEN: totals.json differs from what was blessed")
    );
    fs::remove_dir_all(here.path("fixtures/snapshots/ring")).unwrap();
    assert_eq!(accept(&here, bundle).code(), 1);
}

fn a_bundle_is_blessed_under_the_rules_of_any_bless() {
    let there = changed();
    let bundle = packed(&there);
    let here = Workspace::blessed();
    change(&here);
    let with =
        |options: &BlessOptions| here.command(|suite, console| bless(suite, options, console));
    let under_ci = BlessOptions {
        ci: Some("true".to_owned()),
        ..options(bundle.clone())
    };
    assert!(with(&under_ci).error().contains("not blessed under CI"));
    let without_reason = BlessOptions {
        reason: None,
        ..options(bundle.clone())
    };
    let error = with(&without_reason).error();
    assert!(
        error.contains("cargo xtask bless ring --from-bundle "),
        "{error}"
    );
    // A check that fails here keeps it out, whatever it did there.
    here.edit(
        "scenarios/ring/run.toml",
        "fault = \"\"",
        "fault = \"threads\"",
    );
    let said = with(&options(bundle.clone()));
    assert_eq!(said.code(), 1);
    assert!(
        said.error().contains("ring NONDETERMINISTIC: threads: "),
        "{}",
        said.error()
    );
    here.edit(
        "scenarios/ring/run.toml",
        "fault = \"threads\"",
        "fault = \"\"",
    );
    // What was shown of other inputs was not this.
    here.edit("scenarios/ring/run.toml", "rule = 90", "rule = 110");
    here.command(|suite, console| {
        aether_harness_cli::commands::diff(suite, &Default::default(), console)
    });
    here.edit("scenarios/ring/run.toml", "rule = 110", "rule = 90");
    assert!(
        with(&options(bundle))
            .error()
            .contains("changed since they were last shown")
    );
}

fn what_a_bundle_does_not_hold_is_told() {
    let there = changed();
    let bundle = packed(&there);
    let here = Workspace::empty();
    let named = BlessOptions {
        names: vec!["rong".to_owned()],
        all: false,
        ..options(bundle.clone())
    };
    let said = here.command(|suite, console| bless(suite, &named, console));
    assert_eq!(said.code(), 2);
    assert_eq!(
        said.error(),
        "the bundle does not hold `rong`; it holds ring"
    );
    let said = accept(&here, bundle);
    assert_eq!(said.code(), 2);
    assert!(
        said.error()
            .contains("ring INVALID: there is no such scenario here")
    );
}

fn a_run_here_that_makes_something_else_is_told() {
    let there = Workspace::blessed();
    change(&there);
    Ran::of(there.process("runner").env(DEFECT, "3"));
    let bundle = packed(&there);
    let here = Workspace::blessed();
    change(&here);
    let said = accept(&here, bundle);
    assert_eq!(said.code(), 0, "{:?}", said.result);
    assert!(
        said.err
            .contains("ring: a run on this machine produces generations that differ from"),
        "{}",
        said.err
    );
}

fn damage_is_refused_and_changes_nothing() {
    let there = changed();
    let bundle = packed(&there);
    let here = Workspace::blessed();
    change(&here);
    let before = here.read(MANIFEST);
    let whole = fs::read(&bundle).unwrap();
    let refused = |bytes: &[u8], expected: &str| {
        let path = here.path("damaged.tar.gz");
        fs::write(&path, bytes).unwrap();
        let said = accept(&here, path);
        assert_eq!(said.code(), 2, "{:?}", said.result);
        assert!(said.error().contains(expected), "{}", said.error());
        assert_eq!(here.read(MANIFEST), before);
    };
    refused(&whole[..whole.len() - 9], "damaged at ");
    refused(&whole[..whole.len() / 2], "damaged at ");
    refused(b"", "damaged.tar.gz: ");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    refused(&flipped, "damaged.tar.gz: ");
    let said = accept(&here, here.path("none.tar.gz"));
    assert_eq!(said.code(), 2);
    assert!(said.error().contains("none.tar.gz"), "{}", said.error());
    // And whole it is accepted.
    assert_eq!(accept(&here, bundle).code(), 0);
}
