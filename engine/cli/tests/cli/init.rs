//! Tests of `init`: the new scenario is valid and runs, and existing files are not changed.

use std::path::PathBuf;

use tempfile::TempDir;

use super::{aether_in, keys, root};

/// An empty directory whose name is valid for a scenario.
fn empty() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("here");
    std::fs::create_dir(&here).unwrap();
    (folder, here)
}

/// The files of a new scenario, beside its schemas.
const FILES: [&str; 4] = ["scenario.toml", "run.toml", "topology.toml", "profile.toml"];

#[test]
fn what_init_writes_validates_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let aether = |args: &[&str]| aether_in(folder.path(), args);
    let created = aether(&["init", "a b/my-first"]).with(0);
    assert!(
        created.stdout.contains("aether run a b/my-first/run.toml"),
        "{created:#?}"
    );
    let validated = aether(&["validate", "a b/my-first", "a b/my-first/run.toml"]).with(0);
    assert_eq!(validated.stdout, "2 valid\n");
    let run = aether(&["run", "a b/my-first/run.toml", "--format", "json"])
        .with(0)
        .json();
    assert_eq!(
        (run["run_id"].as_str(), run["ticks"].as_u64()),
        (Some("my-first"), Some(16))
    );
    aether(&["verify", "my-first"]).with(0);

    // Comments explain the fields, and the schemas that they name exist.
    for file in FILES {
        let text = std::fs::read_to_string(folder.path().join("a b/my-first").join(file)).unwrap();
        let schema = text
            .lines()
            .next()
            .unwrap()
            .strip_prefix("#:schema ")
            .unwrap();
        assert!(
            folder.path().join("a b/my-first").join(schema).is_file(),
            "{schema}"
        );
        assert!(text.matches('#').count() > 3, "{file}");
    }
}

#[test]
fn an_empty_directory_is_as_good_as_none() {
    let (_folder, here) = empty();
    let made = aether_in(&here, &["init", ".", "--format", "json"])
        .with(0)
        .json();
    assert_eq!(keys(&made), ["files", "path"]);
    let files = made["files"].as_array().unwrap();
    for file in FILES {
        assert!(files.iter().any(|made| made == file), "{file}");
    }
    aether_in(&here, &["run", "./run.toml"]).with(0);
}

#[test]
fn nothing_is_written_where_something_is() {
    let (_folder, here) = empty();
    std::fs::write(here.join("mine"), "x").unwrap();
    let aether = |args: &[&str]| aether_in(&here, args);
    aether(&["init", "."]).with(2).reports(&["is not empty"]);
    aether(&["init", "my first"])
        .with(2)
        .reports(&["my first", "letters"]);
    aether(&["init", "mine"])
        .with(2)
        .reports(&["mine is a file"]);
    aether(&["init", "no/such/.."])
        .with(2)
        .reports(&["no/such/.. cannot be made a scenario"]);
    let json = aether(&["init", ".", "--format", "json"]).with(2).json();
    assert!(json["error"].as_str().unwrap().contains("not empty"));
    aether(&["init", "mine/below"]).with(2);
    assert_eq!(std::fs::read_dir(&here).unwrap().count(), 1);
    assert_eq!(std::fs::read(here.join("mine")).unwrap(), b"x");
}

/// `init` and `cargo xtask new` use the same template.
#[test]
fn the_template_is_also_that_of_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    aether_in(folder.path(), &["init", "same"]).with(0);
    for (file, text) in aether_engine::config::template("same", "schemas") {
        let written = std::fs::read_to_string(folder.path().join("same").join(file)).unwrap();
        assert_eq!(written, text);
    }
    // The schemas of the repository are where its own scenarios look for them.
    for (_, text) in aether_engine::config::template("x", "docs/schemas") {
        let schema = text
            .lines()
            .next()
            .unwrap()
            .strip_prefix("#:schema ")
            .unwrap();
        assert!(root().join(schema).is_file(), "{schema}");
    }
}
