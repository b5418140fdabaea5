//! Tries every operation with every fault, and a crash after each.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use crate::Fault;
use crate::disk::{Disk, Features, Planned};
use crate::image::{Keep, Tree};

/// What a program does with a directory, and what must be true of it whatever happens.
pub struct Case<'c> {
    /// What is tried, for who reads the output.
    pub name: &'c str,
    /// Fills an empty directory.
    pub prepare: &'c dyn Fn(&Path),
    /// Does what is tried; `Err` with the message that a user sees.
    pub act: &'c dyn Fn(&Path) -> Result<(), String>,
    /// Checks what is left, as the next start of the program finds it. Panics if it is wrong.
    pub check: &'c dyn Fn(&Path, &Ended),
}

/// How many parts of what was not synced are chosen for each crash: a number in this variable, or 1.
/// Without it, each operation of a longer program fails with two of its faults, by turns, and not with all.
pub const SEEDS: &str = "AETHER_DISK_SEEDS";

/// A program with no more operations meets every fault.
const SHORT: usize = 16;

/// How what was tried ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// It succeeded, although an operation may have failed.
    Done,
    /// It failed with a message.
    Failed {
        /// What went wrong.
        fault: Fault,
        /// The message.
        message: String,
    },
    /// Its process was killed before its end; the system went on.
    Killed,
    /// The machine stopped, before its end.
    Crashed,
}

impl Ended {
    /// Whether success was reported.
    #[must_use]
    pub fn is_done(&self) -> bool {
        *self == Self::Done
    }
}

/// What was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Operations of the program.
    pub operations: usize,
    /// Faults injected, one in each run of the program.
    pub faults: usize,
    /// Of them, those after which the program reported a failure.
    pub reported: usize,
    /// Different states after a crash.
    pub crashes: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} operations, {} faults injected ({} reported), {} crashes survived",
            self.operations, self.faults, self.reported, self.crashes
        )
    }
}

/// Tries everything in turn, and prints how much that was.
///
/// # Panics
/// A check fails; what was tried is printed first.
pub fn exhaust(case: &Case<'_>) -> Tally {
    tried(case, Features { swaps: true })
}

/// As [`exhaust`] on a disk that cannot swap two names in one step.
///
/// # Panics
/// Those of [`exhaust`].
pub fn exhaust_without_swap(case: &Case<'_>) -> Tally {
    tried(case, Features { swaps: false })
}

fn tried(case: &Case<'_>, features: Features) -> Tally {
    #[expect(
        clippy::disallowed_methods,
        reason = "how much is tried is up to who starts the tests"
    )]
    let seeds = std::env::var(SEEDS);
    let is_short_of_time = seeds.is_err();
    let seeds = seeds.map_or(1, |seeds| seeds.parse().expect("a number"));
    let mut tally = Tally::default();
    let home = directory();
    let (disk, ended) = run(case, features, None, &home);
    assert_eq!(ended, Ended::Done, "it succeeds on a disk without faults");
    let asked = disk.asked();
    tally.operations = asked.len();
    for (number, operation) in asked.iter().enumerate() {
        let faults = &operation.faults;
        for (place, &fault) in faults.iter().enumerate() {
            if is_short_of_time && asked.len() > SHORT {
                let turns = [number, number + faults.len() / 2].map(|turn| turn % faults.len());
                if !turns.contains(&place) {
                    continue;
                }
            }
            let planned = Planned { number, fault };
            let shown = format!("{planned} at {}", operation.shown);
            let (_, ended) = explained(&shown, || run(case, features, Some(planned), &directory()));
            tally.faults += 1;
            tally.reported += usize::from(!ended.is_done());
        }
    }
    let root = home.path().canonicalize().expect("it exists");
    let history = disk.history();
    let mut seen = BTreeSet::new();
    let modes = [Keep::All, Keep::Synced, Keep::Names];
    for done in 0..=history.len() {
        for keep in modes.into_iter().chain((0..seeds).map(Keep::Some)) {
            let image = history.crash(done, keep);
            let ended = if done == history.len() {
                Ended::Done
            } else if keep == Keep::All {
                Ended::Killed
            } else {
                Ended::Crashed
            };
            let mut hasher = DefaultHasher::new();
            (&image, ended.is_done()).hash(&mut hasher);
            if !seen.insert(hasher.finish()) {
                continue;
            }
            let last = asked.iter().rev().find(|asked| asked.changes < done);
            let last = last.map_or("nothing", |asked| &asked.shown);
            explained(&format!("crash after {last}, keeping {keep:?}"), || {
                // Files may hold the path under which they were made.
                empty(&root);
                image.put(&root);
                (case.check)(&root, &ended);
            });
            tally.crashes += 1;
        }
    }
    println!("{}: {tally}", case.name);
    tally
}

/// Runs the program on a disk, and checks what it leaves.
fn run(
    case: &Case<'_>,
    features: Features,
    planned: Option<Planned>,
    dir: &TempDir,
) -> (Arc<Disk>, Ended) {
    let root = dir.path().canonicalize().expect("it exists");
    (case.prepare)(&root);
    let (disk, watching) = Disk::watch(&root, features, planned);
    let result = (case.act)(&root);
    drop(watching);
    let ended = match (result, planned) {
        (Ok(()), _) => Ended::Done,
        (Err(message), Some(Planned { fault, .. })) => Ended::Failed { fault, message },
        (Err(message), None) => panic!("it fails on a disk without faults: {message}"),
    };
    let found = Tree::of(&root).image().without_shared_memory();
    assert!(
        found == disk.history().image().without_shared_memory(),
        "the directory changed past the seam"
    );
    assert!(
        planned.is_none() || disk.has_failed(),
        "the program does the same again"
    );
    (case.check)(&root, &ended);
    (disk, ended)
}

/// An empty directory. What becomes durable is up to the simulated disk, so the files are kept in memory
/// where the system has a place for that: it does not wait for a real disk.
fn directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a directory")
}

fn empty(dir: &Path) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let entry = entry.expect("an entry");
        let removed = if entry.file_type().expect("a kind").is_dir() {
            fs::remove_dir_all(entry.path())
        } else {
            fs::remove_file(entry.path())
        };
        removed.unwrap_or_else(|error| panic!("{}: {error}", entry.path().display()));
    }
}

/// Prints what was tried if it panics.
fn explained<T>(what: &str, act: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        eprintln!("{what}");
        resume_unwind(panic)
    })
}
