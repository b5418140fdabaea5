//! Checks the dependencies of each crate: which crates it may depend on, and how many.

use std::fs;
use std::path::Path;
use std::process::Command;

use aether_harness::Layout;

/// A crate, the crates of this workspace that it may depend on, and the largest number of crates in
/// its normal dependency tree, without itself.
struct Limit {
    package: &'static str,
    manifest: &'static str,
    knows: &'static [&'static str],
    crates: Option<usize>,
    /// Crates that must not be in its normal dependency tree.
    without: &'static [&'static str],
}

const LIMITS: [Limit; 16] = [
    Limit {
        package: "aether-disk",
        manifest: "harness/disk",
        knows: &[],
        crates: Some(0),
        without: &[],
    },
    Limit {
        package: "aether-sim-disk",
        manifest: "harness/sim-disk",
        knows: &["aether-disk"],
        crates: None,
        without: &["aether-harness"],
    },
    Limit {
        package: "aether-vfs",
        manifest: "engine/vfs",
        knows: &["aether-disk"],
        crates: None,
        without: &["aether-engine"],
    },
    Limit {
        package: "aether-json",
        manifest: "harness/json",
        knows: &[],
        crates: Some(12),
        without: &["serde_json"],
    },
    Limit {
        package: "aether-diff",
        manifest: "harness/diff",
        knows: &["aether-json"],
        crates: Some(25),
        without: &["serde_json", "clap"],
    },
    Limit {
        package: "aether-harness",
        manifest: "harness",
        knows: &[
            "aether-diff",
            "aether-disk",
            "aether-json",
            "aether-sha-lanes",
        ],
        crates: Some(60),
        without: &[
            "maud",
            "quick-junit",
            "quick-xml",
            "tar",
            "flate2",
            "jiff",
            "chrono",
            "time",
        ],
    },
    Limit {
        package: "aether-why",
        manifest: "harness/why",
        knows: &["aether-diff", "aether-json"],
        crates: Some(30),
        without: &["serde_json", "clap"],
    },
    Limit {
        package: "aether-program",
        manifest: "harness/program",
        knows: &["aether-disk", "aether-harness", "aether-json"],
        crates: None,
        without: &["aether-engine"],
    },
    Limit {
        package: "aether-harness-cli",
        manifest: "harness/cli",
        knows: &[
            "aether-disk",
            "aether-harness",
            "aether-json",
            "aether-program",
            "aether-why",
        ],
        crates: None,
        without: &["aether-engine"],
    },
    Limit {
        package: "aether-sha-lanes",
        manifest: "engine/sha-lanes",
        knows: &[],
        crates: Some(12),
        without: &[],
    },
    Limit {
        package: "aether-engine",
        manifest: "engine",
        knows: &["aether-disk", "aether-json", "aether-sha-lanes"],
        crates: Some(35),
        without: &["clap", "aether-harness", "aether-diff"],
    },
    Limit {
        package: "aether-subject",
        manifest: "engine/subject",
        knows: &[
            "aether-disk",
            "aether-engine",
            "aether-harness",
            "aether-json",
        ],
        crates: None,
        without: &["aether-harness-cli"],
    },
    Limit {
        package: "aether-sweep",
        manifest: "engine/sweep",
        knows: &["aether-disk", "aether-engine", "aether-json"],
        crates: Some(55),
        without: &["clap", "aether-harness"],
    },
    Limit {
        package: "aether-vtab",
        manifest: "engine/vtab",
        knows: &[],
        crates: Some(25),
        without: &["clap"],
    },
    Limit {
        package: "aether-measure",
        manifest: "xtask/measure",
        knows: &["aether-json"],
        crates: Some(15),
        without: &[],
    },
    Limit {
        package: "aether-cli",
        manifest: "engine/cli",
        knows: &[
            "aether-diff",
            "aether-disk",
            "aether-engine",
            "aether-harness",
            "aether-json",
            "aether-subject",
            "aether-vtab",
            "aether-sweep",
            "aether-why",
        ],
        crates: None,
        without: &["aether-harness-cli"],
    },
];

/// Reports crates with forbidden dependencies, and dependency trees that are too large.
pub(crate) fn crates(paths: &Layout) -> Vec<String> {
    LIMITS
        .iter()
        .flat_map(|limit| {
            let mut problems = unknown(limit, paths.root());
            problems.extend(too_many(limit, paths.root()));
            problems
        })
        .collect()
}

/// Reports crates of this workspace that a manifest may not name under `[dependencies]`.
fn unknown(limit: &Limit, root: &Path) -> Vec<String> {
    let path = root.join(limit.manifest).join("Cargo.toml");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return vec![format!("{}: {error}", path.display())],
    };
    let manifest: toml::Table = match toml::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => return vec![format!("{}: {error}", path.display())],
    };
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    dependencies
        .into_iter()
        .flat_map(toml::Table::keys)
        .filter(|name| name.starts_with("aether-") && !limit.knows.contains(&name.as_str()))
        .map(|name| format!("{} may not depend on {name}", limit.package))
        .collect()
}

/// Reports a normal dependency tree that is too large or contains a forbidden crate.
fn too_many(limit: &Limit, root: &Path) -> Vec<String> {
    let tree = match tree(limit.package, root) {
        Ok(tree) => tree,
        Err(problem) => return vec![format!("cargo tree -p {}: {problem}", limit.package)],
    };
    let mut problems = Vec::new();
    if let Some(most) = limit.crates.filter(|most| tree.len() > *most) {
        problems.push(format!(
            "{} depends on {} crates; at most {most} are allowed",
            limit.package,
            tree.len()
        ));
    }
    for name in limit
        .without
        .iter()
        .filter(|name| tree.iter().any(|found| found == *name))
    {
        problems.push(format!("{} may not depend on {name}", limit.package));
    }
    problems
}

/// The names of all crates in a normal dependency tree without default features, except the package
/// itself.
fn tree(package: &str, root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("cargo")
        .current_dir(root)
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--no-default-features", "--package", package])
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut names: Vec<String> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .filter(|name| name != package)
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}
