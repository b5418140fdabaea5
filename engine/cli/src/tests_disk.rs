//! Tests that commands whose file operations fail, in turn and with every fault, end with the exit
//! status of the machine's failures and a message that names a file, and leave what is whole.
//!
//! The store's own tests do the same with more kinds of runs. Here are the files that only the commands
//! write: outputs, logs and times.

use std::fs;
use std::path::Path;

use aether_engine::run::{RunOptions, RunStatus};
use aether_engine::store::RunStore;
use aether_sim_disk::{Case, Ended, exhaust};
use clap::Parser as _;

use crate::args::Arguments;
use crate::exit::Status;
use crate::output::Output;
use crate::perform;

/// Runs a command; `Err` with its message if the machine failed it.
fn aether(dir: &Path, args: &[&str]) -> Result<(), String> {
    let args = ["aether"].iter().chain(args);
    let arguments = Arguments::try_parse_from(args).expect("a command");
    match perform(&arguments.command, &Output::new(arguments.format)) {
        Ok(Status::Done) => Ok(()),
        // The message was a note beside what could be shown.
        Ok(Status::Internal) => Err("a note on standard error".to_owned()),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => {
            let message = failure.to_string();
            assert_eq!(failure.status(), Status::Internal, "{message}");
            assert!(message.contains(&dir.display().to_string()), "{message}");
            Err(message)
        }
    }
}

fn shown(dir: &Path, path: &str) -> String {
    dir.join(path).display().to_string()
}

/// The documents of a short run that writes its log beside them.
fn documents(dir: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (from, to) in [
        ("topologies/gf01.json", "topology.json"),
        ("profiles/cmp-0.json", "profile.json"),
    ] {
        fs::copy(root.join("fixtures").join(from), dir.join(to)).expect("a fixture can be copied");
    }
    let run = "v = 1\ngid = \"GF01\"\nrun_id = \"run\"\ntopology_path = \"topology.json\"\n\
         profile_path = \"profile.json\"\nticks = 2\ninitial_state = [3, 1, 0, 0, 0, 0]\n\
         window_every = 1\n[logging]\ndestination = \"file\"\nfile_path = \"log.jsonl\"\n";
    fs::write(dir.join("run.toml"), run).expect("a RunConfig can be written");
}

fn run(dir: &Path) -> Result<(), String> {
    let (config, runs) = (shown(dir, "run.toml"), shown(dir, "runs"));
    aether(dir, &["run", &config, "--runs-dir", &runs])
}

fn try_all(case: &Case<'_>) {
    aether_vfs::install();
    let tally = exhaust(case);
    assert!(tally.faults > tally.operations, "{tally}");
}

#[test]
fn a_run_with_a_log() {
    let whole = tempfile::tempdir().unwrap();
    documents(whole.path());
    run(whole.path()).unwrap();
    let log = fs::read(whole.path().join("log.jsonl")).unwrap();
    assert!(!log.is_empty());
    try_all(&Case {
        name: "aether run",
        prepare: &documents,
        act: &run,
        check: &|dir, ended| {
            if *ended == Ended::Crashed {
                // Bytes in the middle may be lost then, and such a file is refused with this advice.
                let _ = fs::remove_file(dir.join("log.jsonl"));
            }
            let store = RunStore::new(dir.join("runs"));
            let status = store.open("run").ok().map(|run| run.header().status);
            assert!(status == Some(RunStatus::Complete) || !ended.is_done());
            match status {
                Some(RunStatus::Incomplete) => {
                    aether(dir, &["resume", "run", "--runs-dir", &shown(dir, "runs")]).unwrap();
                }
                _ => {
                    run(dir).unwrap();
                    assert_eq!(fs::read(dir.join("log.jsonl")).unwrap(), log);
                }
            }
            let run = store.open("run").unwrap();
            assert_eq!(run.verify(&RunOptions::default()).unwrap().findings, []);
        },
    });
}

#[test]
fn an_output_is_whole_or_absent() {
    let whole = tempfile::tempdir().unwrap();
    documents(whole.path());
    run(whole.path()).unwrap();
    let run_file = fs::read(whole.path().join("runs/run.aether")).unwrap();
    let export = |dir: &Path| {
        let (runs, out) = (shown(dir, "runs"), shown(dir, "out.json"));
        let args = [
            "export",
            "run",
            "--runs-dir",
            &runs,
            "--force",
            "--out",
            &out,
        ];
        aether(dir, &args)
    };
    export(whole.path()).unwrap();
    let new = fs::read(whole.path().join("out.json")).unwrap();
    for old in [None, Some(&b"{\"an\":\"old file\"}"[..])] {
        try_all(&Case {
            name: "aether export",
            prepare: &|dir| {
                fs::create_dir(dir.join("runs")).unwrap();
                fs::write(dir.join("runs/run.aether"), &run_file).unwrap();
                if let Some(old) = old {
                    fs::write(dir.join("out.json"), old).unwrap();
                }
            },
            act: &export,
            check: &|dir, ended| {
                let found = fs::read(dir.join("out.json")).ok();
                let is_old = found.as_deref() == old && !ended.is_done();
                assert!(is_old || found.as_ref() == Some(&new));
            },
        });
    }
}

/// What cannot be read is not taken for a file that may be replaced.
#[test]
fn an_input_document_is_never_replaced() {
    let whole = tempfile::tempdir().unwrap();
    documents(whole.path());
    run(whole.path()).unwrap();
    let document = fs::read(whole.path().join("topology.json")).unwrap();
    let run_file = fs::read(whole.path().join("runs/run.aether")).unwrap();
    try_all(&Case {
        name: "aether export to a document",
        prepare: &|dir| {
            fs::create_dir(dir.join("runs")).unwrap();
            fs::write(dir.join("runs/run.aether"), &run_file).unwrap();
            fs::write(dir.join("topology.json"), &document).unwrap();
        },
        act: &|dir| {
            let (runs, out) = (shown(dir, "runs"), shown(dir, "topology.json"));
            let args = [
                "aether",
                "export",
                "run",
                "--runs-dir",
                &runs,
                "--force",
                "--out",
                &out,
            ];
            let arguments = Arguments::try_parse_from(args).expect("a command");
            let failure = perform(&arguments.command, &Output::new(arguments.format))
                .expect_err("a document is not replaced");
            let (status, message) = (failure.status(), failure.to_string());
            if status == Status::BadInput && message.contains("an input document") {
                return Ok(());
            }
            assert_eq!(status, Status::Internal, "{message}");
            Err(message)
        },
        check: &|dir, _| assert_eq!(fs::read(dir.join("topology.json")).unwrap(), document),
    });
}

/// Removing a run forgets its times, and no others.
#[test]
fn times_of_other_runs_stay() {
    let whole = tempfile::tempdir().unwrap();
    documents(whole.path());
    run(whole.path()).unwrap();
    let times = |dir: &Path| fs::read_to_string(dir.join("runs/.times.jsonl")).unwrap_or_default();
    let of_run = times(whole.path());
    assert!(of_run.contains("\"run\""), "{of_run}");
    let others = of_run.replace("\"run\":\"run\"", "\"run\":\"other\"");
    assert_ne!(others, of_run);
    let run_file = fs::read(whole.path().join("runs/run.aether")).unwrap();
    try_all(&Case {
        name: "aether runs rm",
        prepare: &|dir| {
            fs::create_dir(dir.join("runs")).unwrap();
            fs::write(dir.join("runs/run.aether"), &run_file).unwrap();
            fs::write(dir.join("runs/.times.jsonl"), others.clone() + &of_run).unwrap();
        },
        act: &|dir| {
            aether(
                dir,
                &[
                    "runs",
                    "rm",
                    "run",
                    "--yes",
                    "--runs-dir",
                    &shown(dir, "runs"),
                ],
            )
        },
        check: &|dir, ended| {
            assert!(times(dir).starts_with(&others), "{}", times(dir));
            assert!(!dir.join("runs/run.aether").exists() || !ended.is_done());
        },
    });
}

/// Documents, scenarios and capsules that are only read: a disk that fails says nothing of what is in them.
#[test]
fn what_is_only_read() {
    let whole = tempfile::tempdir().unwrap();
    documents(whole.path());
    run(whole.path()).unwrap();
    let (runs, capsule) = (shown(whole.path(), "runs"), shown(whole.path(), "w.apx"));
    let pack = [
        "press",
        "pack",
        "run",
        "--window",
        "1",
        "--runs-dir",
        &runs,
        "--out",
        &capsule,
    ];
    aether(whole.path(), &pack).unwrap();
    let registry = |dir: &Path| {
        let scenario = dir.join("scenarios/one");
        fs::create_dir_all(&scenario).unwrap();
        documents(&scenario);
        let description =
            "description = \"a short run\"\npillars = [\"umx\"]\nruntime = \"instant\"\n";
        fs::write(scenario.join("scenario.toml"), description).unwrap();
        fs::create_dir(dir.join("profiles")).unwrap();
        fs::copy(scenario.join("profile.json"), dir.join("profiles/OWN.json")).unwrap();
        fs::copy(&capsule, dir.join("w.apx")).unwrap();
    };
    let commands: [&[&str]; 5] = [
        &["validate", "scenarios/one/run.toml"],
        &["validate", "scenarios/one"],
        &["list", "--scenarios-dir", "scenarios"],
        &["profile", "show", "OWN", "--profiles-dir", "profiles"],
        &["press", "info", "w.apx"],
    ];
    for args in commands {
        let tally = exhaust(&Case {
            name: &format!("aether {}", args.join(" ")),
            prepare: &registry,
            act: &|dir| {
                let in_dir = |arg: &&str| match dir.join(arg).exists() {
                    true => shown(dir, arg),
                    false => (*arg).to_owned(),
                };
                let args: Vec<String> = args.iter().map(in_dir).collect();
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                aether(dir, &args)
            },
            check: &|dir, _| assert!(dir.join("scenarios/one/run.toml").exists()),
        });
        assert!(tally.reported > 0, "{args:?}: {tally}");
    }
}
