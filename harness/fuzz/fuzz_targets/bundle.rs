//! Fuzz target: a bundle from an untrusted source. The bytes are the archive, and what it would be after unpacking.

#![no_main]

// The reader is private to the commands: a bundle is accepted by `bless` alone.
#[allow(dead_code, unreachable_pub, unused_imports, reason = "a part of a different crate, of which this uses the reader")]
#[path = "../../cli/src/bundle/mod.rs"]
mod bundle;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;

fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<tempfile::TempDir> = OnceLock::new();
    DIRECTORY.get_or_init(|| tempfile::tempdir().expect("a temporary directory")).path()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("memory takes all");
    read(&packed.finish().expect("memory takes all"));
    if let Some(tape) = tape(bytes) {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&tape).expect("memory takes all");
        read(&packed.finish().expect("memory takes all"));
    }
});

fn read(bytes: &[u8]) {
    let path = directory().join("fuzzed.bundle");
    fs::write(&path, bytes).expect("room for a bundle");
    if let Ok(bundle) = bundle::Bundle::open(&path) {
        for scenario in bundle.scenarios() {
            assert!(!scenario.name.contains(['/', '\\', '\0']), "a name that leads elsewhere");
        }
        let _ = bundle.artefacts(|_| true);
    }
    let left: Vec<_> = fs::read_dir(directory()).expect("it is ours").collect();
    assert_eq!(left.len(), 1, "something was unpacked: {left:?}");
}

/// A tar archive of the parts of the bytes: `bundle.toml`, then pairs of a path and a content.
fn tape(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut parts = bytes.split(|&byte| byte == 0xff);
    let mut archive = tar::Builder::new(Vec::new());
    let mut add = |path: &[u8], kind: u8, content: &[u8]| {
        let mut header = tar::Header::new_ustar();
        let name = &mut header.as_old_mut().name;
        let length = path.len().min(name.len());
        name[..length].copy_from_slice(&path[..length]);
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, content).is_ok()
    };
    add(b"bundle.toml", b'0', parts.next()?);
    while let (Some(path), Some(content)) = (parts.next(), parts.next()) {
        let (kind, path) = path.split_first().unwrap_or((&b'0', b""));
        add(path, *kind, content);
    }
    archive.into_inner().ok()
}
