//! Tests that whatever file operation of a sweep fails, and wherever a crash follows one: stored points
//! stay, the same command continues, and a merged file is the whole old one or the whole new one.
//!
//! All operations are tried in turn, SQLite's own too. `AETHER_DISK_SEEDS` sets how many parts of what
//! was not synced are tried for each crash.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aether_engine::config::{FileSystem, Sweep, load_sweep};
use aether_sim_disk::{Case, exhaust};
use aether_sweep::{MergeOptions, Options, Points, SweepError, SweepFile, Worked, merge, work};

const POINTS: u64 = 2;

fn sweep() -> &'static (Sweep, Points) {
    static SWEEP: OnceLock<(Sweep, Points)> = OnceLock::new();
    SWEEP.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let dir = tempfile::tempdir().unwrap();
        let spec = dir.path().join("spec.toml");
        let base = root.join("scenarios/gf01/run.json").canonicalize().unwrap();
        let text = format!(
            "v = 1\nrun_config = \"{}\"\n[[axes]]\nname = \"k\"\n\
             set = \"topology.edges[e_id=5].k\"\nrange = {{ from = 1, to = {POINTS} }}\n",
            base.display()
        );
        fs::write(&spec, text).unwrap();
        let files = FileSystem::new(root);
        let sweep = load_sweep(&files, &spec).unwrap_or_else(|report| panic!("{report}"));
        let points = Points::new(&sweep, &files).unwrap_or_else(|report| panic!("{report}"));
        (sweep, points)
    })
}

/// Works on a share, and stops when so many points are stored.
fn worked(path: &Path, share: &str, stop_at: u64) -> Result<Worked, SweepError> {
    let (sweep, points) = sweep();
    let progress = |progress: aether_sweep::Progress| {
        if progress.done < stop_at {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let options = Options {
        share: share.parse().unwrap(),
        threads: 1,
        batch: 1,
        build: "test",
        progress: &progress,
    };
    work(sweep, points, path, &options)
}

/// The message of an error, which must be a failure of the machine with a file and a cause.
fn message(dir: &Path, error: &SweepError) -> String {
    let message = error.to_string();
    let is_machine = matches!(error, SweepError::Database { .. } | SweepError::Io { .. });
    assert!(is_machine, "{error:?}");
    assert!(message.contains(&dir.display().to_string()), "{message}");
    message
}

fn merged(shards: &[PathBuf]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("merged.sweep");
    merge(shards, &path, MergeOptions::default(), &mut |_| {}).unwrap();
    fs::read(path).unwrap()
}

fn try_all(case: &Case<'_>) {
    aether_vfs::install();
    let tally = exhaust(case);
    assert!(
        tally.faults > tally.operations && tally.crashes > 10,
        "{tally}"
    );
}

/// Points that are stored, and the same work to its end.
fn continued(path: &Path, expected: &[u8]) -> u64 {
    let stored = match SweepFile::open(path) {
        Ok(file) => file.counts().unwrap().iter().sum(),
        Err(SweepError::NotFound(_)) => 0,
        Err(error) => panic!("{error}"),
    };
    assert!(worked(path, "1/1", POINTS + 1).unwrap().is_complete);
    assert!(merged(&[path.to_owned()]) == expected);
    stored
}

fn whole() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("whole.sweep");
    worked(&path, "1/1", POINTS + 1).unwrap();
    merged(&[path])
}

#[test]
fn points_are_stored() {
    let expected = whole();
    let act = |dir: &Path| {
        let worked = worked(&dir.join("a.sweep"), "1/1", POINTS + 1);
        worked.map(drop).map_err(|error| message(dir, &error))
    };
    for before in [0, 1] {
        try_all(&Case {
            name: "a sweep",
            prepare: &|dir| {
                if before > 0 {
                    worked(&dir.join("a.sweep"), "1/1", before).unwrap();
                }
            },
            act: &act,
            check: &|dir, ended| {
                let stored = continued(&dir.join("a.sweep"), &expected);
                assert!(stored >= before, "no stored point is lost");
                assert!(stored == POINTS || !ended.is_done());
            },
        });
    }
}

#[test]
fn shards_are_merged() {
    let expected = whole();
    let shards = tempfile::tempdir().unwrap();
    let names = ["one.sweep", "two.sweep"];
    for (name, share) in names.iter().zip(["1/2", "2/2"]) {
        worked(&shards.path().join(name), share, POINTS + 1).unwrap();
    }
    let bytes = names.map(|name| fs::read(shards.path().join(name)).unwrap());
    let paths = |dir: &Path| names.map(|name| dir.join(name));
    let old = merged(&[shards.path().join(names[0])]);
    let replaces = MergeOptions {
        replaces: true,
        ..MergeOptions::default()
    };
    let merged_to = |dir: &Path| merge(&paths(dir), &dir.join("out.sweep"), replaces, &mut |_| {});
    for old in [None, Some(&old)] {
        try_all(&Case {
            name: "a merge",
            prepare: &|dir| {
                for (path, bytes) in paths(dir).iter().zip(&bytes) {
                    fs::write(path, bytes).unwrap();
                }
                if let Some(old) = old {
                    fs::write(dir.join("out.sweep"), old).unwrap();
                }
            },
            act: &|dir| {
                let made = merged_to(dir);
                made.map(drop).map_err(|error| message(dir, &error))
            },
            check: &|dir, ended| {
                let found = fs::read(dir.join("out.sweep")).ok();
                let is_old = found.as_ref() == old && !ended.is_done();
                assert!(is_old || found.as_ref() == Some(&expected));
                for (path, bytes) in paths(dir).iter().zip(&bytes) {
                    assert!(fs::read(path).unwrap() == *bytes, "shards stay as they are");
                }
                merged_to(dir).unwrap();
                assert!(fs::read(dir.join("out.sweep")).unwrap() == expected);
            },
        });
    }
}

#[test]
fn a_file_that_appears_during_a_merge_stays() {
    let dir = tempfile::tempdir().unwrap();
    let (shard, out) = (dir.path().join("a.sweep"), dir.path().join("out.sweep"));
    worked(&shard, "1/1", POINTS).unwrap();
    let error = merge(
        std::slice::from_ref(&shard),
        &out,
        MergeOptions::default(),
        &mut |_| fs::write(&out, "somebody's").unwrap(),
    );
    let error = error.unwrap_err();
    let is_there = matches!(&error, SweepError::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists);
    assert!(is_there, "{error:?}");
    assert_eq!(fs::read(&out).unwrap(), b"somebody's");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}
