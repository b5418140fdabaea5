//! Tests that run files of older versions stay readable.

use std::path::Path;

use aether_engine::run::{RunOptions, RunStatus};
use aether_engine::store::{Existing, RunStore};

use super::{every_kind, export, store};

/// A file of schema version 1, written by engine 0.1.0; the page on run files promises that it
/// stays readable.
const VERSION_1: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/store/version-1");

/// Writes the file again; only for a version that was never released.
#[test]
#[ignore = "writes a fixture"]
fn write_version_1() {
    let store = RunStore::new(VERSION_1);
    store
        .record(
            &every_kind(),
            "every-kind",
            Existing::Replace,
            &RunOptions::default(),
        )
        .unwrap();
    std::fs::remove_dir_all(Path::new(VERSION_1).join(".locks")).unwrap();
}

#[test]
fn a_file_of_version_1_reads_as_it_did() {
    // Reading may create files beside a database, so a copy is read.
    let (folder, _) = store();
    let copy = folder.path().join("every-kind.aether");
    std::fs::copy(Path::new(VERSION_1).join("every-kind.aether"), copy).unwrap();
    let old = RunStore::new(folder.path()).open("every-kind").unwrap();
    assert_eq!(old.header().status, RunStatus::Complete);
    assert_eq!(old.header().engine_version, "0.1.0");
    assert_eq!(old.verify(&RunOptions::default()).unwrap().findings, []);
    let (_folder, new) = store();
    new.record(&every_kind(), "new", Existing::Keep, &RunOptions::default())
        .unwrap();
    let engine = |bytes: Vec<u8>| {
        let version = format!("\"engine_version\":\"{}\"", aether_engine::VERSION);
        String::from_utf8(bytes)
            .unwrap()
            .replace(&version, "\"engine_version\":\"0.1.0\"")
    };
    assert_eq!(
        engine(export(&old)),
        engine(export(&new.open("new").unwrap()))
    );
}
