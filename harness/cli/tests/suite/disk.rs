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
use aether_harness::snapshot::{interrupted, remains};
use aether_harness_cli::commands::{
    BlessOptions, BundleOptions, CommandError, CompareRequest, Console, DiffRequest, DigestRequest,
    FlakyOptions, Listing, NewOptions, ReportFormat, ReportRequest, ReviewOptions,
    SensitivityOptions, ShowRequest, Status, UpgradeOptions, bless, bundle, check, compare, diff,
    digest, flaky, new, report, review, sensitivity, show, upgrade,
};
use aether_sim_disk::{Case, Tally, exhaust, exhaust_without_swap};

use crate::workspace::{Ran, Workspace, suite};

crate::tests![disk;
    goldens_are_blessed_whole,
    goldens_are_blessed_whole_without_a_swap,
    goldens_are_reviewed_whole,
    a_bundle_is_whole_or_absent,
    a_report_is_whole_or_absent,
    commands_answer_or_say_what_failed,
    a_disk_that_fails_is_not_a_fault_of_a_scenario,
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

type Work<'a> = &'a dyn Fn(&Suite, &mut Console<'_>) -> Result<Status, CommandError>;

/// Runs a command to its end.
fn command(root: &Path, work: Work<'_>) -> Result<(), String> {
    let (status, _) = said(root, work)?;
    assert_eq!(status, Status::Done);
    Ok(())
}

/// How a command ends, and what it prints. A failure must have the exit status of the machine's failures, and a
/// message with a file and a cause.
fn said(root: &Path, work: Work<'_>) -> Result<(Status, String), String> {
    let mut answers = ["a", "as the disk keeps it"].iter();
    let mut ask = |_: &str| Ok(answers.next().map(|answer| (*answer).to_owned()));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        ask: Some(&mut ask),
    };
    match work(&suite(root), &mut console) {
        Ok(status) => {
            let out = String::from_utf8(out).unwrap();
            Ok((status, out.replace(&root.display().to_string(), "…")))
        }
        Err(error) => {
            let message = error.to_string();
            assert_eq!(error.code(), 3, "{message}");
            // Below the root, paths are relative in some messages.
            let root = root.display().to_string();
            let places = [root.as_str(), "scenarios", "fixtures", "target"];
            let names_a_file = places.iter().any(|place| message.contains(place));
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
            if remains(&dir.join(SNAPSHOTS)).unwrap().is_empty() {
                return;
            }
            // The next bless puts right what was left.
            let run = dir.join("scenarios/ring/run.toml");
            let text = fs::read_to_string(&run).unwrap();
            fs::write(&run, text.replace("rule = 90", "rule = 110")).unwrap();
            // What a review showed before is no longer what a bless would accept.
            let _ = fs::remove_dir_all(dir.join("target"));
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
            force: true,
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
            force: true,
            ..ReportRequest::default()
        };
        command(dir, &|suite, console| report(suite, &request, console))
    });
}

/// Commands that answer questions: whatever fails, the answer is the same, or there is none.
fn commands_answer_or_say_what_failed() {
    let (blessed, changed) = (Workspace::blessed(), changed());
    let ring = || vec!["ring".to_owned()];
    let cases: [(&str, &Workspace, Status, Work<'_>); 10] = [
        ("diff", &changed, Status::Difference, &|suite, console| {
            diff(suite, &DiffRequest::default(), console)
        }),
        ("check", &blessed, Status::Done, &check),
        ("show", &blessed, Status::Done, &|suite, console| {
            let request = ShowRequest {
                name: "ring".to_owned(),
                format: Listing::Text,
            };
            show(suite, &request, console)
        }),
        ("compare", &blessed, Status::Done, &|suite, console| {
            let goldens = suite.paths().snapshots().join("ring");
            let request = CompareRequest {
                before: goldens.clone(),
                after: goldens,
                ..CompareRequest::default()
            };
            compare(suite, &request, console)
        }),
        ("digest", &blessed, Status::Done, &|suite, console| {
            let request = DigestRequest {
                name: "ring".to_owned(),
                ..DigestRequest::default()
            };
            digest(suite, &request, console)
        }),
        ("sensitivity", &blessed, Status::Done, &|suite, console| {
            let options = SensitivityOptions {
                names: ring(),
                max: 2,
                format: Listing::Text,
            };
            sensitivity(suite, &options, console)
        }),
        ("flaky", &blessed, Status::Done, &|suite, console| {
            let options = FlakyOptions {
                names: ring(),
                repeat: 1,
                load: 0,
                format: Listing::Text,
            };
            flaky(suite, &options, console)
        }),
        ("bless, dry", &changed, Status::Done, &|suite, console| {
            let options = BlessOptions {
                names: ring(),
                dry_run: true,
                ..BlessOptions::default()
            };
            bless(suite, &options, console)
        }),
        ("upgrade", &blessed, Status::Done, &|suite, console| {
            let options = UpgradeOptions {
                names: ring(),
                ..UpgradeOptions::default()
            };
            upgrade(suite, &options, console)
        }),
        ("new", &blessed, Status::Done, &|suite, console| {
            let options = NewOptions {
                name: "other".to_owned(),
                from: Some("ring".to_owned()),
                ..NewOptions::default()
            };
            new(suite, &options, console)
        }),
    ];
    for (name, template, status, work) in cases {
        let clean = tempfile::tempdir().unwrap();
        copy(template.root(), clean.path());
        let expected = said(clean.path(), work).unwrap();
        assert_eq!(expected.0, status, "{name}: {}", expected.1);
        let tally = exhaust(&Case {
            name,
            prepare: &|dir| copy(template.root(), dir),
            act: &|dir| {
                assert_eq!(said(dir, work)?, expected);
                Ok(())
            },
            check: &|_, _| {},
        });
        assert!(tally.reported > tally.operations / 2, "{name}: {tally}");
    }
}

/// A file that the system lists and cannot read, through every command as it is typed.
fn a_disk_that_fails_is_not_a_fault_of_a_scenario() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let golden = format!("{SNAPSHOTS}/ring/inputs.json");
    for (file, commands) in [
        (
            golden.as_str(),
            &[
                "diff",
                "check",
                "bless ring --reason x",
                "why ring",
                "sensitivity ring",
                "digest ring",
                "compare fixtures/snapshots/ring fixtures/snapshots/ring",
            ][..],
        ),
        (
            "scenarios/ring/scenario.toml",
            &[
                "diff",
                "check",
                "show ring",
                "bless ring --reason x",
                "why ring",
                "sensitivity ring",
                "flaky ring",
                "digest ring",
                "shrink ring",
                "new other --from ring",
                "bundle",
            ],
        ),
        (
            "scenarios/ring/run.toml",
            &["diff", "bless ring --reason x", "flaky ring", "shrink ring"],
        ),
    ] {
        let workspace = changed();
        let ran = workspace.runner(&["ring"]);
        assert_eq!(ran.status, Some(101), "{}", ran.out);
        fs::remove_file(workspace.path(file)).unwrap();
        // A read of it fails with EIO.
        std::os::unix::fs::symlink("/proc/self/mem", workspace.path(file)).unwrap();
        let check = |what: &str, ran: &Ran| {
            let said = format!("{file}: {what}: {:?} {}\n{}", ran.status, ran.out, ran.err);
            assert_eq!(ran.status, Some(3), "{said}");
            assert!(ran.err.contains("Input/output error"), "{said}");
        };
        for command in commands {
            let mut process = workspace.process("command");
            process.current_dir(workspace.root());
            check(command, &Ran::of(process.args(command.split(' '))));
        }
        if file.ends_with("scenario.toml") {
            let listed = Ran::of(workspace.process("runner").arg("--list"));
            check("--list", &listed);
        }
        for part in ["run", "runner"] {
            let ran = Ran::of(&mut workspace.process(part));
            assert_eq!(ran.status, Some(3), "{file}: {part}: {}", ran.err);
            assert!(ran.err.contains("ring::golden"), "{}", ran.err);
            assert!(ran.out.contains("Input/output error"), "{}", ran.out);
        }
    }
}
