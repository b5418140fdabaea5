//! Fuzz target: the files of a directory of goldens: `snapshot.toml`, then a document and the bytes beside it, each
//! after a byte that no UTF-8 text has.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use aether_harness::snapshot::{Manifest, Opened, open, salvaged_blesses, sha256_hex};

fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<tempfile::TempDir> = OnceLock::new();
    DIRECTORY.get_or_init(|| tempfile::tempdir().expect("a temporary directory")).path()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |&byte| byte == 0xff);
    let manifest = parts.next().unwrap_or_default();
    let document = parts.next().unwrap_or_default();
    let beside = parts.next().unwrap_or_default();
    let _ = salvaged_blesses(manifest);
    if let Ok(read) = Manifest::parse(manifest) {
        let written = read.render().expect("what was read can be written");
        assert_eq!(Manifest::parse(written.as_bytes()).expect("what was written can be read"), read);
    }
    let dir = directory();
    let write = |file: &str, bytes: &[u8]| fs::write(dir.join(file), bytes).expect("room for a golden");
    write("a.json", document);
    write("a.bin", beside);
    // With the digests that the files have, so that the fuzzer gets past them.
    let mut sealed = manifest.to_vec();
    if let Ok(mut read) = Manifest::parse(manifest) {
        for (file, content) in [("a.json", document), ("a.bin", beside)] {
            if let Some(digest) = read.files.get_mut(file) {
                *digest = sha256_hex(content);
            }
        }
        sealed = read.render().expect("what was read can be written").into_bytes();
    }
    for manifest in [manifest, &sealed] {
        write("snapshot.toml", manifest);
        let opened = match open(dir) {
            Ok(opened) => opened,
            // A file that is not what it stands for: Git LFS has not fetched it.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => continue,
            Err(error) => panic!("a directory that can be read: {error}"),
        };
        if let Opened::Sound(snapshot) | Opened::Edited(Some(snapshot), _) = opened {
            let _ = snapshot.artefacts();
            let _ = snapshot.layout_problems();
        }
    }
});
