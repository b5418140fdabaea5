//! Repositories with a history, made for the tests of `bisect`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aether_harness::snapshot::sha256_hex;
use serde_json::Value;
use tempfile::TempDir;

use crate::bisect::installed;
use crate::workspace::Ran;

/// A repository that lives as long as its test, with a directory around it that it does not reach.
pub(crate) struct Repository {
    dir: TempDir,
    root: PathBuf,
}

impl Repository {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap().join("repository");
        fs::create_dir(&root).unwrap();
        let repository = Self { dir, root };
        repository.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repository
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path beside the repository.
    pub(crate) fn outside(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.dir.path()).unwrap().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[cfg(unix)]
    pub(crate) fn executable(&self, path: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        self.write(path, text);
        let path = self.root.join(path);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[cfg(not(unix))]
    pub(crate) fn executable(&self, path: &str, text: &str) {
        self.write(path, text);
    }

    fn git_command(&self) -> Command {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=n", "-c", "user.email=e@example.org"]);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("GIT_AUTHOR_DATE", "2026-03-01T12:00:00Z");
        command.env("GIT_COMMITTER_DATE", "2026-03-01T12:00:00Z");
        command.current_dir(&self.root);
        command
    }

    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let ran = Ran::of(self.git_command().args(args));
        assert_eq!(ran.status, Some(0), "{args:?}: {}{}", ran.out, ran.err);
        ran.out.trim_end().to_owned()
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Commits everything; the new commit.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
        self.head()
    }

    /// The command in this repository, with a cache beside it.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = installed();
        command.args(args).current_dir(&self.root);
        command.env("AETHER_HARNESS_CACHE", self.outside("cache"));
        command.env("RUNS", self.outside("runs"));
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(args))
    }

    #[track_caller]
    pub(crate) fn bless(&self, name: &str, reason: &str) {
        let ran = self.run(&["bless", name, "--reason", reason]);
        assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    }

    /// How often the program of each scenario was started.
    pub(crate) fn runs(&self) -> BTreeMap<String, usize> {
        let mut runs = BTreeMap::new();
        for entry in fs::read_dir(self.outside("runs")).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            runs.insert(name, fs::read_to_string(path).unwrap().lines().count());
        }
        runs
    }

    pub(crate) fn forget_runs(&self) {
        let dir = self.outside("runs");
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir).unwrap();
    }
}

/// Every file below a directory, `.git` with it, with its digest.
pub(crate) fn tree(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                found.insert(path.clone(), String::new());
                waiting.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                found.insert(path, sha256_hex(&bytes));
            }
        }
    }
    found
}

/// What a commit does to a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The first value that moves.
    pub(crate) before: Value,
    pub(crate) after: Value,
    /// Whether the golden moved too.
    pub(crate) blessed: bool,
}

/// A history of 200 commits with moves in it.
pub(crate) struct Planted {
    pub(crate) repository: Repository,
    pub(crate) good: String,
    /// Commits after the good one.
    pub(crate) commits: usize,
    /// Scenario, commit, change.
    pub(crate) moves: Vec<(String, String, Change)>,
    /// A move, and the commit that reverts it.
    pub(crate) reverted: (String, String),
    /// The commits around the one that does not build, where something moved.
    pub(crate) range: (String, String),
    pub(crate) broken: String,
}

/// What the tree of a commit has.
#[derive(Clone)]
struct State {
    /// What each scenario adds.
    values: BTreeMap<&'static str, i64>,
    /// The version of each golden.
    goldens: BTreeMap<&'static str, usize>,
    broken: bool,
}

const SIM: &str = "set -eu\necho run >> \"$RUNS/$1\"\nroot=$(dirname \"$0\")\nread -r value < \"$root/values/$1\"\n\
                   for t in 1 2 3; do echo \"{\\\"t\\\": $t, \\\"value\\\": $((t * value))}\"; done\n";

impl Planted {
    /// Commits of the branch.
    const BRANCH: usize = 9;

    /// 200 commits after the good one.
    pub(crate) fn new(seed: u64) -> Self {
        Self::of(seed, 200)
    }

    /// So many commits after the good one.
    pub(crate) fn of(seed: u64, commits: usize) -> Self {
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut below = |limit: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % limit as u64).unwrap()
        };
        // The main line has all commits but the first and those of the branch.
        let line = commits - Self::BRANCH;
        // Places of the plants on the main line, two apart, so that each leaves its own plateau.
        let mut places: Vec<usize> = Vec::new();
        while places.len() < 7 {
            let place = 4 + below(line - 30);
            if places.iter().all(|other| other.abs_diff(place) > 3) {
                places.push(place);
            }
        }
        let [both, silent, fork, broken, one, other, more] = places[..] else {
            unreachable!("there are seven places")
        };
        let (planted, revert) = (one.min(other), one.max(other));
        // The merge has a place of its own.
        let mut merge = fork + 2 + below(12);
        while places.contains(&merge) || merge == broken + 1 {
            merge += 1;
        }
        let in_branch = 2 + below(Self::BRANCH - 4);
        let mut history = Stream::new();
        let mut state = State {
            values: BTreeMap::from([("alpha", 10), ("beta", 20)]),
            goldens: BTreeMap::from([("alpha", 1), ("beta", 1)]),
            broken: false,
        };
        let mut moves: Vec<(&'static str, usize, Change)> = Vec::new();
        let mut step =
            |state: &mut State, name: &'static str, add: i64, mark: usize, blessed: bool| {
                let before = state.values[name];
                *state.values.get_mut(name).unwrap() += add;
                if blessed {
                    *state.goldens.get_mut(name).unwrap() = mark;
                }
                let after = before + add;
                let (before, after) = (before.into(), after.into());
                moves.push((
                    name,
                    mark,
                    Change {
                        before,
                        after,
                        blessed,
                    },
                ));
            };
        history.commit(&state, "the first", None, None);
        let mut marks: BTreeMap<&str, usize> = BTreeMap::new();
        let mut last = 1;
        let mut tip = None;
        for place in 1..=line {
            let mark = history.next;
            let mut merged = None;
            state.broken = place == broken;
            if place == both {
                step(&mut state, "alpha", 100, mark, true);
                step(&mut state, "beta", 200, mark, true);
            } else if place == silent {
                step(&mut state, "alpha", 1_000, mark, false);
            } else if place == more {
                step(&mut state, "beta", 7_000, mark, true);
            } else if place == planted {
                step(&mut state, "beta", 30_000, mark, false);
                marks.insert("planted", mark);
            } else if place == revert {
                step(&mut state, "beta", -30_000, mark, false);
                marks.insert("revert", mark);
            } else if place == broken {
                marks.insert("broken", mark);
                marks.insert("after", last);
            } else if place == broken + 1 {
                // It moves right after a commit that does not build, and is not among the moves.
                *state.values.get_mut("alpha").unwrap() += 500_000;
                marks.insert("up to", mark);
            } else if place == merge {
                merged = tip;
                *state.values.get_mut("alpha").unwrap() += 2_000_000;
            }
            history.commit(&state, &format!("main {place}"), Some(last), merged);
            last = mark;
            if place == fork {
                let mut branch = state.clone();
                let mut end = mark;
                for at in 0..Self::BRANCH {
                    let mark = history.next;
                    if at == in_branch {
                        step(&mut branch, "alpha", 2_000_000, mark, false);
                    }
                    history.commit(&branch, &format!("branch {at}"), Some(end), None);
                    end = mark;
                }
                tip = Some(end);
            }
        }
        let (repository, ids) = history.import();
        let id = |mark: usize| ids[&mark].clone();
        Self {
            good: id(1),
            commits,
            moves: moves
                .into_iter()
                .map(|(name, mark, change)| (name.to_owned(), id(mark), change))
                .collect(),
            reverted: (id(marks["planted"]), id(marks["revert"])),
            range: (id(marks["after"]), id(marks["up to"])),
            broken: id(marks["broken"]),
            repository,
        }
    }

    /// The reason of the bless at a commit.
    pub(crate) fn reason(&self, commit: &str) -> String {
        let subject = self.repository.git(&["log", "-1", "--format=%s", commit]);
        format!("because of {subject}")
    }
}

/// A stream for `git fast-import`.
struct Stream {
    text: String,
    next: usize,
    /// The messages of commits, by mark.
    subjects: BTreeMap<usize, String>,
}

impl Stream {
    fn new() -> Self {
        Self {
            text: String::new(),
            next: 1,
            subjects: BTreeMap::new(),
        }
    }

    fn commit(&mut self, state: &State, subject: &str, from: Option<usize>, merged: Option<usize>) {
        let mark = self.next;
        self.next += 1;
        self.subjects.insert(mark, subject.to_owned());
        let text = &mut self.text;
        let time = 1_772_366_400 + mark * 3600;
        writeln!(
            text,
            "commit refs/heads/{}",
            if subject.starts_with("branch") {
                "side"
            } else {
                "main"
            }
        )
        .unwrap();
        writeln!(
            text,
            "mark :{mark}\ncommitter n <e@example.org> {time} +0000"
        )
        .unwrap();
        writeln!(text, "data {}\n{subject}", subject.len()).unwrap();
        for (word, of) in [("from", from), ("merge", merged)] {
            if let Some(of) = of {
                writeln!(text, "{word} :{of}").unwrap();
            }
        }
        text.push_str("deleteall\n");
        let mut file = |path: &str, content: &str| {
            writeln!(
                text,
                "M 644 inline {path}\ndata {}\n{content}",
                content.len()
            )
            .unwrap();
        };
        file(".gitignore", "/target\n");
        file("sim.sh", SIM);
        file("notes.txt", &format!("{mark}\n"));
        file(
            "build.sh",
            if state.broken {
                "echo it is broken >&2; exit 1\n"
            } else {
                "exit 0\n"
            },
        );
        file(
            "scenarios/defaults.toml",
            "[build]\nprogram = \"sh\"\nargs = [\"{root}/build.sh\"]\n",
        );
        for (name, value) in &state.values {
            file(&format!("values/{name}"), &format!("{value}\n"));
            file(
                &format!("scenarios/{name}/scenario.toml"),
                &format!(
                    "description = \"{name}\"\n[command]\nprogram = \"sh\"\nargs = [\"{{root}}/sim.sh\", \"{name}\"]\n\
                     [[outputs]]\nname = \"out\"\nfrom = \"stdout\"\nformat = \"jsonl\"\nstage = \"sum\"\n\
                     tick = \"t\"\n[outputs.keys]\n\"\" = [\"t\"]\n"
                ),
            );
            let golden = state.goldens[name];
            let dir = format!("fixtures/snapshots/{name}");
            file(&format!("{dir}/out.json"), &format!("{golden}\n"));
            let reason = format!("because of {}", self.subjects[&golden]);
            file(
                &format!("{dir}/snapshot.toml"),
                &format!(
                    "format = 2\nsubject = \"command\"\nversion = \"-\"\nsnapshot = \"full\"\n[files]\n[inputs]\n\
                     [[bless]]\ndate = \"2026-03-01\"\nversion = \"-\"\nreason = \"{reason}\"\n"
                ),
            );
        }
    }

    /// A repository with these commits, and their ids by mark.
    fn import(self) -> (Repository, BTreeMap<usize, String>) {
        let repository = Repository::new();
        let marks = repository.outside("marks");
        let mut child = repository
            .git_command()
            .args(["fast-import", "--quiet"])
            .arg(format!("--export-marks={}", marks.display()))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(self.text.as_bytes()).unwrap();
        drop(input);
        assert!(child.wait().unwrap().success());
        repository.git(&["checkout", "--quiet", "--force", "main"]);
        repository.forget_runs();
        let ids = fs::read_to_string(marks).unwrap();
        let ids = ids.lines().map(|line| {
            let (mark, id) = line[1..].split_once(' ').unwrap();
            (mark.parse().unwrap(), id.to_owned())
        });
        let ids = ids.collect();
        (repository, ids)
    }
}
