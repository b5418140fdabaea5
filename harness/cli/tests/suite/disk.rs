//! Whatever file operation of a command fails, and wherever it is killed or the machine stops: goldens
//! are the old set or the new one, what was asked for is there whole or not at all, and the next start of
//! the command puts right what was left.
//!
//! All operations are tried in turn. `AETHER_DISK_SEEDS` sets how many parts of what was not synced are
//! tried for each crash.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use aether_harness::Suite;
use aether_harness::snapshot::interrupted;
use aether_harness_cli::commands::{
    BlessOptions, BundleOptions, CommandError, Console, ReportFormat, ReportRequest, ReviewOptions,
    Status, bless, bundle, report, review,
};
use aether_sim_disk::{Case, Ended, Tally, exhaust, exhaust_without_swap};

use crate::workspace::{Workspace, suite};

crate::tests![disk;
    goldens_are_blessed_whole,
    goldens_are_blessed_whole_without_a_swap,
    goldens_are_reviewed_whole,
    a_bundle_is_whole_or_absent,
    a_report_is_whole_or_absent,
];

const SNAPSHOTS: &str = "fixtures/snapshots";

/// The files below a directory by name, and their bytes.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            let below = files(&entry.path()).into_iter();
            found.extend(below.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    for (file, bytes) in files(from) {
        let path = to.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Runs a command. A failure must have the exit status of the machine's failures, and a message with a
/// file and a cause.
fn command(
    root: &Path,
    work: &dyn Fn(&Suite, &mut Console<'_>) -> Result<Status, CommandError>,
) -> Result<(), String> {
    let mut answers = ["a", "as the disk keeps it"].iter();
    let mut ask = |_: &str| Ok(answers.next().map(|answer| (*answer).to_owned()));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        ask: Some(&mut ask),
    };
    match work(&suite(root), &mut console) {
        Ok(Status::Done) => Ok(()),
        Ok(other) => panic!("{other:?}"),
        Err(error) => {
            let message = error.to_string();
            assert_eq!(error.code(), 3, "{message}");
            let names_a_file = message.contains(&root.display().to_string());
            assert!(names_a_file && message.contains(": "), "{message}");
            Err(message)
        }
    }
}

fn blessed(root: &Path) -> Result<(), String> {
    let options = BlessOptions {
        names: vec!["ring".to_owned()],
        reason: Some("as the disk keeps it".to_owned()),
        date: "2026-11-27".to_owned(),
        ..BlessOptions::default()
    };
    command(root, &|suite, console| bless(suite, &options, console))
}

fn reviewed(root: &Path) -> Result<(), String> {
    let options = ReviewOptions {
        date: "2026-11-27".to_owned(),
        ..ReviewOptions::default()
    };
    command(root, &|suite, console| review(suite, &options, console))
}

/// A workspace whose scenario makes something else than its goldens.
fn changed() -> Workspace {
    let workspace = Workspace::blessed();
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
    workspace
}

type Act<'a> = &'a dyn Fn(&Path) -> Result<(), String>;

/// Tries a command that replaces goldens.
fn replaces_goldens(name: &str, act: Act<'_>, exhaust: fn(&Case<'_>) -> Tally) {
    let template = changed();
    let old = files(&template.path(SNAPSHOTS).join("ring"));
    let made = tempfile::tempdir().unwrap();
    copy(template.root(), made.path());
    act(made.path()).unwrap();
    let new = files(&made.path().join(SNAPSHOTS).join("ring"));
    assert_ne!(old, new);
    let tally = exhaust(&Case {
        name,
        prepare: &|dir| copy(template.root(), dir),
        act,
        check: &|dir, ended| {
            let ring = dir.join(SNAPSHOTS).join("ring");
            let found = match interrupted(&ring) {
                Some(old) => files(&old),
                None => files(&ring),
            };
            let is_old = found == old && !ended.is_done();
            assert!(is_old || found == new, "{:?}", found.keys());
            // The next bless puts right what was left.
            let run = dir.join("scenarios/ring/run.toml");
            let text = fs::read_to_string(&run).unwrap();
            fs::write(&run, text.replace("rule = 90", "rule = 110")).unwrap();
            blessed(dir).unwrap();
            let left: Vec<_> = files(&dir.join(SNAPSHOTS)).into_keys().collect();
            let is_known = |file: &String| file.starts_with("ring/") || file == ".bless.lock";
            assert!(left.iter().all(is_known), "{left:?}");
            assert_eq!(files(&ring).len(), new.len());
        },
    });
    assert!(tally.faults > tally.operations, "{tally}");
}

fn goldens_are_blessed_whole() {
    replaces_goldens("a bless", &blessed, exhaust);
}

fn goldens_are_blessed_whole_without_a_swap() {
    replaces_goldens("a bless without a swap", &blessed, exhaust_without_swap);
}

fn goldens_are_reviewed_whole() {
    replaces_goldens("a review", &reviewed, exhaust);
}

/// Tries a command that writes the file `out` in place of an old one.
fn writes_whole(name: &str, template: &Path, act: Act<'_>) {
    let made = tempfile::tempdir().unwrap();
    copy(template, made.path());
    act(made.path()).unwrap();
    let new = fs::read(made.path().join("out")).unwrap();
    for old in [None, Some(&b"an old file"[..])] {
        let tally = exhaust(&Case {
            name,
            prepare: &|dir| {
                copy(template, dir);
                if let Some(old) = old {
                    fs::write(dir.join("out"), old).unwrap();
                }
            },
            act,
            check: &|dir, ended| {
                let found = fs::read(dir.join("out")).ok();
                let is_old = found.as_deref() == old && !ended.is_done();
                assert!(
                    is_old || found.as_ref() == Some(&new),
                    "{:?}",
                    found.map(|found| found.len())
                );
                if let Ended::Failed { message, .. } = ended {
                    assert!(message.contains("out"), "{message}");
                }
            },
        });
        assert!(tally.faults > tally.operations, "{tally}");
    }
}

fn a_bundle_is_whole_or_absent() {
    let template = changed();
    template.runner(&[]);
    writes_whole("a bundle", template.root(), &|dir| {
        let options = BundleOptions {
            names: Vec::new(),
            out: dir.join("out"),
        };
        command(dir, &|suite, console| bundle(suite, &options, console))
    });
}

fn a_report_is_whole_or_absent() {
    let template = Workspace::blessed();
    template.runner(&[]);
    writes_whole("a report", template.root(), &|dir| {
        let request = ReportRequest {
            format: ReportFormat::Jsonl,
            out: Some(dir.join("out")),
            ..ReportRequest::default()
        };
        command(dir, &|suite, console| report(suite, &request, console))
    });
}
