//! Histories in which goldens are blessed and committed in every order.

use std::fs;
use std::path::Path;
use std::process::Command;

use aether_harness::scenario::SnapshotMode;
use aether_harness::snapshot::{BlessEntry, sha256_hex};
use tempfile::TempDir;

use super::*;

/// A repository with one golden and one file of the program.
struct History {
    dir: TempDir,
    layout: Layout,
    name: ScenarioName,
}

impl History {
    /// A repository, unless there is no git.
    fn new() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let history = Self {
            layout: Layout::new(dir.path()).with_target(dir.path().join("target")),
            name: ScenarioName::new("s").unwrap(),
            dir,
        };
        let has_git = Command::new("git").arg("--version").output().is_ok();
        has_git.then(|| {
            history.git(&["init", "--quiet", "--initial-branch=main", "."]);
            history
        })
    }

    fn git_at(&self, dir: &Path, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=n", "-c", "user.email=e@example.org"])
            .args(["-c", "protocol.file.allow=always"])
            .args(args)
            .env(
                "GIT_CONFIG_GLOBAL",
                if cfg!(windows) { "NUL" } else { "/dev/null" },
            )
            .current_dir(dir)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {said}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    fn git(&self, args: &[&str]) -> String {
        self.git_at(self.dir.path(), args)
    }

    fn program(&self, text: &str) {
        fs::write(self.dir.path().join("program"), text).unwrap();
    }

    fn commit(&self, paths: &[&str]) -> String {
        self.git(&[&["add", "--all", "--"], paths].concat());
        self.git(&["commit", "--quiet", "--allow-empty", "-m", "m"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Blesses the golden with this content, as the commands do.
    fn bless(&self, content: &str, artefacts: &[&str]) {
        let dir = self.layout.snapshot(&self.name);
        fs::create_dir_all(&dir).unwrap();
        let before = fs::read(dir.join(MANIFEST_FILE)).ok();
        let before = before.map(|bytes| Manifest::parse(&bytes).unwrap());
        let mut manifest = Manifest::new("s".into(), "1".into(), SnapshotMode::Full);
        manifest.bless = before.map(|it| it.bless).unwrap_or_default();
        manifest
            .files
            .insert("a.json".into(), sha256_hex(content.as_bytes()));
        let tree = TreeState::of(&self.layout);
        manifest.bless.push(BlessEntry {
            date: "2026-11-27".into(),
            version: "1".into(),
            reason: "r".into(),
            artefacts: artefacts.iter().map(|&name| name.to_owned()).collect(),
            clean: tree.as_ref().map(|tree| tree.is_clean),
            commit: tree.map(|tree| tree.commit),
        });
        fs::write(dir.join("a.json"), content).unwrap();
        fs::write(dir.join(MANIFEST_FILE), manifest.render().unwrap()).unwrap();
    }

    #[track_caller]
    fn check(&self, commit: &str, known: Known) {
        let found = golden_program(&self.layout, &self.name).unwrap();
        let expected = GoldenProgram {
            commit: commit.to_owned(),
            known,
        };
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn check_none(&self, said: &str) {
        let problem = golden_program(&self.layout, &self.name).unwrap_err();
        let problem = problem.to_string();
        assert!(problem.contains(said), "{problem}");
    }
}

const GOLDENS: &str = "fixtures";

#[test]
fn every_order_of_bless_and_commit() {
    let Some(history) = History::new() else {
        return;
    };
    history.check_none("s has no goldens");
    // Before the first commit nothing is noted, and the first commit brings it in.
    history.program("1");
    history.bless("1", &[]);
    let entry = |history: &History| {
        let snapshot = opened(&history.layout, &history.name).unwrap();
        let last = snapshot.manifest.bless.last().unwrap().clone();
        (last.commit, last.clean)
    };
    assert_eq!(entry(&history), (None, None));
    history.check_none("no commit has these goldens of s");
    let first = history.commit(&["."]);
    history.check(&first, Known::Introduced);

    // In a tree without changes: other goldens, and what runs leave, do not count.
    history.program("2");
    let clean = history.commit(&["."]);
    fs::create_dir_all(history.layout.outputs()).unwrap();
    fs::write(history.layout.outputs().join("x"), "").unwrap();
    fs::create_dir_all(history.layout.snapshots().join("other")).unwrap();
    fs::write(history.layout.snapshots().join("other").join("x"), "").unwrap();
    history.bless("2", &[]);
    assert_eq!(entry(&history), (Some(clean.clone()), Some(true)));
    history.check(&clean, Known::Noted);
    let goldens = history.commit(&["."]);
    history.check(&clean, Known::Noted);
    // Where the commit is not, the one that brought the goldens in is.
    let elsewhere = tempfile::tempdir().unwrap();
    let clone = elsewhere.path().join("clone");
    let url = format!("file://{}", history.dir.path().display());
    let to = clone.display().to_string();
    history.git(&["clone", "--quiet", "--depth", "1", &url, &to]);
    let found = golden_program(&Layout::new(&clone), &history.name).unwrap();
    assert_eq!(
        (found.commit, found.known),
        (goldens.clone(), Known::Shallow)
    );

    // In a changed tree, with the change in the same commit, and in one before.
    history.program("3");
    history.bless("3", &[]);
    assert_eq!(entry(&history), (Some(goldens), Some(false)));
    history.check_none("blessed in a tree with changes");
    let together = history.commit(&["."]);
    history.check(&together, Known::Introduced);
    history.program("4");
    history.bless("4", &[]);
    history.commit(&["program"]);
    let after = history.commit(&[GOLDENS]);
    history.check(&after, Known::Introduced);
    // A new file may be of the program.
    fs::write(history.dir.path().join("new"), "").unwrap();
    history.bless("5", &[]);
    history.check_none("blessed in a tree with changes");
    let introduced = history.commit(&["."]);

    // What is noted of the blesses is not the content.
    history.bless("5", &[]);
    let path = history.layout.snapshot(&history.name).join(MANIFEST_FILE);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("clean = true", "clean = false")).unwrap();
    history.commit(&["."]);
    history.check(&introduced, Known::Introduced);
    // A part of the goldens says nothing of where the rest is from.
    history.bless("6", &["a"]);
    let part = history.commit(&["."]);
    history.check(&part, Known::Introduced);
    // Goldens that come back come from the newest commit that brought them in.
    history.bless("5", &["a"]);
    history.check(&introduced, Known::Introduced);
    let again = history.commit(&["."]);
    history.check(&again, Known::Introduced);
}

#[test]
fn goldens_of_a_merged_branch_come_from_the_branch() {
    let Some(history) = History::new() else {
        return;
    };
    history.bless("1", &["a"]);
    history.commit(&["."]);
    history.git(&["checkout", "--quiet", "-b", "side"]);
    history.program("2");
    history.bless("2", &[]);
    let side = history.commit(&["."]);
    history.git(&["checkout", "--quiet", "main"]);
    fs::write(history.dir.path().join("other"), "").unwrap();
    history.commit(&["."]);
    history.git(&["merge", "--quiet", "--no-edit", "--no-ff", "side"]);
    history.check(&side, Known::Introduced);
    // Goldens that are blessed while a merge is made come from the merge.
    history.git(&["checkout", "--quiet", "-b", "again", "HEAD~1"]);
    history.program("3");
    history.bless("3", &["a"]);
    history.commit(&["."]);
    history.git(&["checkout", "--quiet", "main"]);
    history.git(&["merge", "--quiet", "--no-commit", "-s", "ours", "again"]);
    history.bless("4", &["a"]);
    history.git(&["add", "--all"]);
    history.git(&["commit", "--quiet", "-m", "merged"]);
    let merge = history.git(&["rev-parse", "HEAD"]);
    history.check(&merge, Known::Introduced);
}

#[test]
fn without_a_repository_nothing_is_noted() {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::new(dir.path());
    assert!(TreeState::of(&layout).is_none());
    let name = ScenarioName::new("s").unwrap();
    let snapshot = layout.snapshot(&name);
    fs::create_dir_all(&snapshot).unwrap();
    let manifest = Manifest::new("s".into(), "1".into(), SnapshotMode::Full);
    fs::write(snapshot.join(MANIFEST_FILE), manifest.render().unwrap()).unwrap();
    let problem = golden_program(&layout, &name).unwrap_err().to_string();
    assert!(
        problem.contains("not in the working tree of a git repository"),
        "{problem}"
    );
    fs::write(snapshot.join("stray.json"), "").unwrap();
    let problem = golden_program(&layout, &name).unwrap_err().to_string();
    assert!(
        problem.contains("not as they were blessed: stray.json"),
        "{problem}"
    );
}
