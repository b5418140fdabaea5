//! A crate that has aether-harness as a dev-dependency is the same crate as without it: Cargo unites
//! the features of a dependency that both use, so the harness may enable none.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, whose functions clippy does not know as such"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A crate with the types that features of `serde_json` change: tagged, untagged and flattened ones
/// that hold floats.
const LIBRARY: &str = r##"
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "kind")]
enum Tagged { Circle { radius: f64 } }

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Untagged { Number(f64), Point { x: f64 } }

#[derive(Debug, Deserialize, Serialize)]
struct Flattened { #[serde(flatten)] inner: Inner }

#[derive(Debug, Deserialize, Serialize)]
struct Inner { weight: f64 }

pub fn lines() -> Vec<String> {
    let value = |text: &str| serde_json::from_str::<Value>(text).map(|value| value.to_string());
    vec![
        format!("{:?}", serde_json::from_str::<Tagged>(r#"{"kind":"Circle","radius":1.5}"#)),
        format!("{:?}", serde_json::from_str::<Untagged>("1.5")),
        format!("{:?}", serde_json::from_str::<Untagged>(r#"{"x":1.5}"#)),
        format!("{:?}", serde_json::from_str::<Flattened>(r#"{"weight":1.5}"#)),
        format!("{:?}", json!(1.0) == serde_json::from_str::<Value>("1.00").unwrap()),
        format!("{:?}", value("1e5")),
        format!("{:?}", value("123456789012345678901234567890")),
        format!("{:?}", value(r#"{"b":1,"a":2}"#)),
    ]
}
"##;

const MAIN: &str = "fn main() { for line in user::lines() { println!(\"{line}\"); } }\n";

/// The same as the program, built with the harness.
const TEST: &str = "use aether_harness as _;\n\
                    fn main() { for line in user::lines() { println!(\"{line}\"); } }\n";

fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.to_owned()
}

/// What `cargo` prints to standard output, offline and in a directory.
fn cargo(dir: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(dir).args(args).arg("--offline");
    // The target directory of this workspace, so that what both need is built once.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    command.env("CARGO_TARGET_DIR", target);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "cargo {args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The development profile of this workspace, with our own crates as quick to build as can be.
fn profile() -> String {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let mut dev = manifest["profile"]["dev"].clone();
    let packages = dev["package"].as_table_mut().unwrap();
    for ours in ["aether-diff", "aether-harness", "aether-json"] {
        let quick = toml::Table::from_iter([("opt-level".to_owned(), 0.into())]);
        packages.insert(ours.to_owned(), quick.into());
    }
    toml::to_string(&toml::Table::from_iter([(
        "profile".to_owned(),
        toml::Table::from_iter([("dev".to_owned(), dev)]).into(),
    )]))
    .unwrap()
}

/// The crate, with the versions that this workspace has locked.
fn user() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("neutral");
    let harness = env!("CARGO_MANIFEST_DIR");
    let profile = profile();
    let manifest = format!(
        "[package]\nname = \"user\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nserde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\n\n\
         [dev-dependencies]\naether-harness = {{ path = {harness:?} }}\n\n\
         [[test]]\nname = \"same\"\nharness = false\n\n{profile}"
    );
    let files = [
        ("Cargo.toml", manifest.as_str()),
        ("src/lib.rs", LIBRARY),
        ("src/main.rs", MAIN),
        ("tests/same.rs", TEST),
    ];
    for (name, text) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A file that stays as it is needs no new build.
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(path, text).unwrap();
    }
    fs::copy(repository().join("Cargo.lock"), dir.join("Cargo.lock")).unwrap();
    dir
}

/// The features of `serde_json` in a tree of dependencies, if it is in there.
fn features_of_serde_json(dir: &Path, args: &[&str]) -> Option<Vec<String>> {
    let args = [&["tree", "--prefix", "none", "--format", "{p}|{f}"], args].concat();
    let tree = cargo(dir, &args);
    let mut packages = tree.lines().filter_map(|line| line.split_once('|'));
    let (_, features) = packages.find(|(package, _)| package.starts_with("serde_json "))?;
    let features = features.trim_end_matches(" (*)").split(',');
    Some(features.map(str::to_owned).collect())
}

#[test]
fn a_crate_does_the_same_with_the_harness_as_without_it() {
    let dir = user();
    let without = cargo(&dir, &["run", "--quiet"]);
    let with = cargo(&dir, &["test", "--quiet", "--test", "same"]);
    assert_eq!(with, without);
    assert_eq!(without.lines().count(), 8, "{without}");
    assert!(!without.contains("Err"), "{without}");
    let without = features_of_serde_json(&dir, &["--edges", "normal"]);
    let with = features_of_serde_json(&dir, &["--edges", "normal,dev"]);
    assert_eq!(
        without.as_deref(),
        Some(&["default".to_owned(), "std".to_owned()][..])
    );
    assert_eq!(with, without);
}

/// The features of `serde_json` that any of the libraries has enabled.
#[test]
fn no_library_enables_a_feature_of_serde_json() {
    let libraries = [
        "aether-json",
        "aether-diff",
        "aether-harness",
        "aether-program",
        "aether-harness-cli",
        "aether-engine",
        "aether-subject",
    ];
    for library in libraries {
        let args = ["--edges", "normal", "--all-features", "--package", library];
        let features = features_of_serde_json(&repository(), &args).unwrap_or_default();
        let allowed = ["default", "std", "alloc"];
        let others = features
            .iter()
            .filter(|feature| !allowed.contains(&feature.as_str()));
        assert_eq!(others.count(), 0, "{library}: {features:?}");
    }
}
