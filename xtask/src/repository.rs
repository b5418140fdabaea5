//! Checks the folders of this repository.

use std::fs;

use aether_harness::Layout;

/// The folders that must be at the root; only hidden folders and `target` may be added.
const FOLDERS: [&str; 6] = [
    "docs",
    "engine",
    "fixtures",
    "harness",
    "scenarios",
    "xtask",
];

/// Reports folders that do not belong at the root, and folders that are missing.
pub(crate) fn folders(paths: &Layout) -> Vec<String> {
    let entries = match fs::read_dir(paths.root()) {
        Ok(entries) => entries,
        Err(error) => return vec![format!("{}: {error}", paths.root().display())],
    };
    let mut found: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    found.sort();
    let extra = found
        .iter()
        .filter(|name| !FOLDERS.contains(&name.as_str()))
        .map(|name| format!("{name}/ does not belong at the root"));
    let missing = FOLDERS
        .iter()
        .filter(|folder| !found.iter().any(|name| name == *folder))
        .map(|folder| format!("{folder}/ is missing"));
    extra.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_has_its_folders_and_no_others() {
        let layout = Layout::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        assert_eq!(folders(&layout), Vec::<String>::new());
    }

    #[test]
    fn an_empty_directory_lacks_them_all() {
        let layout = Layout::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
        assert_eq!(folders(&layout).len(), FOLDERS.len());
    }
}
