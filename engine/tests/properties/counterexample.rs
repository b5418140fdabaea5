//! A counterexample as a scenario directory, so that it can stay.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aether_engine::run::{RunOptions, RunStatus, run};

use crate::compare::texts;
use crate::oracle::Case;
use crate::subject;

/// Something drawn that is, or goes with, a case.
pub(super) trait Drawn {
    fn case(&self) -> &Case;
}

impl Drawn for Case {
    fn case(&self) -> &Case {
        self
    }
}

impl<A> Drawn for (Case, A) {
    fn case(&self) -> &Case {
        &self.0
    }
}

impl<A, B> Drawn for (Case, A, B) {
    fn case(&self) -> &Case {
        &self.0
    }
}

/// Where counterexamples are left, one directory a property.
fn directory() -> PathBuf {
    // A test binary stands in `<target>/<profile>/deps`.
    let binary = std::env::current_exe().unwrap_or_default();
    let target = binary.ancestors().nth(3).unwrap_or(Path::new("target"));
    target.join("counterexamples")
}

/// Writes the documents of a case with a `scenario.toml`, in place of an earlier counterexample of
/// the same property.
pub(super) fn write(property: &str, reason: &str, case: &Case) -> io::Result<PathBuf> {
    let dir = directory().join(property.replace('_', "-"));
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    let texts = texts(case);
    for (path, text) in &texts {
        let value: serde_json::Value = serde_json::from_str(text)?;
        fs::write(dir.join(path), format!("{value:#}\n"))?;
    }
    fs::write(
        dir.join("scenario.toml"),
        scenario(property, reason, &texts),
    )?;
    Ok(dir)
}

fn scenario(property: &str, reason: &str, texts: &subject::Texts) -> String {
    let reason = reason.lines().next().unwrap_or_default();
    let reason: String = reason.chars().take(200).collect();
    let mut scenario = toml::Table::new();
    let description = format!("Counterexample of {property}: {reason}");
    scenario.insert("description".to_owned(), description.into());
    scenario.insert("tags".to_owned(), vec!["counterexample"].into());
    scenario.insert("runtime".to_owned(), "instant".into());
    let fails = subject::plan(texts).is_ok_and(|plan| {
        let run = run(&plan, &RunOptions::default());
        matches!(run.status(), RunStatus::Failed(_))
    });
    if fails {
        scenario.insert("expect".to_owned(), "failure".into());
    }
    scenario.to_string()
}

#[cfg(feature = "cli")]
#[test]
fn a_counterexample_becomes_a_scenario() {
    use aether_engine::subject::AetherSubject;
    use aether_harness::command::{Console, DiffRequest, NewOptions, diff, new};
    use aether_harness::{Layout, Suite};

    use super::generate::{Reach, case};
    use super::search;

    // False on purpose: there are runs of more than three ticks.
    let regressions = tempfile::tempdir().expect("a directory");
    let failure = search(
        "no_run_is_long",
        64,
        &case(Reach::Usual),
        |case| match case.run.ticks {
            0..=3 => Ok(()),
            ticks => Err(format!("{ticks} ticks")),
        },
        regressions.path(),
    )
    .expect_err("it is false");
    // Shrunk to the shortest, with its seed kept and its documents written.
    assert!(failure.contains(": 4 ticks"), "{failure}");
    let kept = fs::read_to_string(regressions.path().join("no_run_is_long.txt")).expect("a seed");
    assert!(kept.contains("\ncc "), "{kept}");
    let (_, dir) = failure
        .rsplit_once("--from-counterexample ")
        .expect("the command that keeps it");

    let workspace = tempfile::tempdir().expect("a directory");
    fs::create_dir(workspace.path().join("scenarios")).expect("a folder");
    let layout = Layout::new(workspace.path()).with_target(workspace.path().join("target"));
    let suite = Suite::new(workspace.path())
        .layout(layout)
        .subject(AetherSubject::new(workspace.path()));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        ask: None,
    };
    let options = NewOptions {
        name: "kept".to_owned(),
        from_counterexample: Some(dir.into()),
        ..NewOptions::default()
    };
    new(&suite, &options, &mut console).expect("a valid scenario");
    let request = DiffRequest {
        names: vec!["kept".to_owned()],
        ..DiffRequest::default()
    };
    diff(&suite, &request, &mut console).expect("a run");
    let said = String::from_utf8(out).expect("a text");
    assert!(said.contains("MISSING_GOLDEN"), "{said}");
    let scenario = fs::read_to_string(workspace.path().join("scenarios/kept/scenario.toml"))
        .expect("it is there");
    let description = "Counterexample of no_run_is_long: 4 ticks";
    assert!(scenario.contains(description), "{scenario}");
}
