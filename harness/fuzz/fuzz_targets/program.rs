//! Fuzz target: the `scenario.toml` of a program, as the harness and the subject for commands read it.

#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use aether_harness::{Scenario, Subject};
use aether_program::CommandSubject;

fn directory() -> &'static PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let root = tempfile::tempdir().expect("a temporary directory").keep();
        let dir = root.join("scenarios/one");
        fs::create_dir_all(&dir).expect("it is ours");
        fs::write(dir.join("input.json"), "{}").expect("room for a document");
        dir
    })
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let dir = directory();
    fs::write(dir.join("scenario.toml"), bytes).expect("room for a document");
    let subjects: Vec<Arc<dyn Subject>> = vec![Arc::new(CommandSubject)];
    // A program that it names is not started: a scenario is loaded and checked alone.
    match Scenario::load(dir, &subjects) {
        Ok(scenario) => {
            let _ = scenario.settings().build();
            let _ = scenario.checks(true);
        }
        Err(error) => {
            assert!(!error.problems().is_empty());
            assert!(!error.to_string().is_empty());
        }
    }
});
