//! The scenario that `aether init` writes: small, commented and valid.

use std::path::PathBuf;

/// The built-in profile CMP-0, as a TOML document.
pub const CMP_0: &str = include_str!("template/profile.toml");

/// The files of a new scenario, by their path in its directory. `name` becomes its gid and run id;
/// `schemas` is the path of the schemas' directory from there.
///
/// ```
/// let files = aether_engine::config::template("mine", "schemas");
/// assert!(files.iter().any(|(path, _)| path.ends_with("run.toml")));
/// ```
pub fn template(name: &str, schemas: &str) -> Vec<(PathBuf, String)> {
    [
        ("scenario.toml", include_str!("template/scenario.toml")),
        ("run.toml", include_str!("template/run.toml")),
        ("topology.toml", include_str!("template/topology.toml")),
        ("profile.toml", CMP_0),
    ]
    .map(|(file, text)| {
        let text = text.replace("NAME", name).replace("SCHEMAS", schemas);
        (PathBuf::from(file), text)
    })
    .to_vec()
}
