//! Bundles that are valid, and bundles that are damaged or malicious.

use std::fs;
use std::io::{Read as _, Write};
use std::path::PathBuf;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::*;
use aether_harness::snapshot::sha256_hex;

const TEXT: &[u8] = b"[\n1\n]\n";

fn listed(bytes: &[u8]) -> BundledFile {
    BundledFile {
        bytes: bytes.len() as u64,
        sha256: sha256_hex(bytes),
    }
}

fn manifest() -> BundleManifest {
    let scenario = |name: &str| Bundled {
        name: name.to_owned(),
        verdict: "MISMATCH".to_owned(),
        subject: "s".to_owned(),
        version: "1".to_owned(),
        snapshot: SnapshotMode::Full,
        goldens: String::new(),
        inputs: BTreeMap::new(),
        program: ProgramRecord::default(),
        files: BTreeMap::from([
            ("a.json".to_owned(), listed(TEXT)),
            ("inputs.json".to_owned(), listed(b"{}\n")),
        ]),
    };
    BundleManifest::new(vec![scenario("one"), scenario("two")])
}

fn bytes_of(file: &str) -> Vec<u8> {
    match file {
        "a.json" => TEXT.to_vec(),
        _ => b"{}\n".to_vec(),
    }
}

struct Made {
    dir: tempfile::TempDir,
}

impl Made {
    fn path(&self) -> PathBuf {
        self.dir.path().join("b.tar.gz")
    }

    /// A bundle as the writer makes it.
    fn soundly() -> Self {
        let made = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let mut bytes = Vec::new();
        write(&mut bytes, &manifest(), |_, file| Ok(bytes_of(file))).unwrap();
        fs::write(made.path(), bytes).unwrap();
        made
    }

    /// An archive of these entries, with whatever manifest, paths and types.
    fn of(entries: &[(&str, EntryType, &[u8])]) -> Self {
        let made = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let file = fs::File::create(made.path()).unwrap();
        let mut archive = Builder::new(GzEncoder::new(file, Compression::fast()));
        for (path, entry_type, bytes) in entries {
            let mut header = Header::new_ustar();
            // The safe setter refuses `..`, which is what some of these are about.
            header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(*entry_type);
            if *entry_type == EntryType::Symlink {
                header.set_link_name("/etc/passwd").unwrap();
            }
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            archive.append(&header, *bytes).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap();
        made
    }

    /// The sound bundle with these entries in place of its own, after the manifest.
    fn with(manifest: &BundleManifest, entries: &[(&str, EntryType, &[u8])]) -> Self {
        let text = toml::to_string(manifest).unwrap();
        let mut all = vec![(MANIFEST, EntryType::Regular, text.as_bytes())];
        all.extend_from_slice(entries);
        Self::of(&all)
    }

    fn read(&self) -> Result<BTreeMap<String, Vec<aether_harness::Artefact>>, String> {
        Bundle::open(&self.path())
            .and_then(|bundle| bundle.artefacts(|_| true))
            .map_err(|error| error.to_string())
    }

    #[track_caller]
    fn refused(&self, expected: &str) {
        let error = self.read().unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(
            error.starts_with(&self.path().display().to_string()),
            "{error}"
        );
    }
}

const PLAIN: EntryType = EntryType::Regular;

/// The entries of [`manifest`], in its order.
const SOUND: [(&str, EntryType, &[u8]); 4] = [
    ("scenarios/one/a.json", PLAIN, TEXT),
    ("scenarios/one/inputs.json", PLAIN, b"{}\n"),
    ("scenarios/two/a.json", PLAIN, TEXT),
    ("scenarios/two/inputs.json", PLAIN, b"{}\n"),
];

#[test]
fn what_is_written_is_read_back() {
    let made = Made::soundly();
    let bundle = Bundle::open(&made.path()).unwrap();
    assert_eq!(bundle.scenarios(), manifest().scenarios);
    let all = bundle.artefacts(|_| true).unwrap();
    assert_eq!(all.keys().collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(all["two"][0].text(), TEXT);
    let one = bundle.artefacts(|name| name == "two").unwrap();
    assert_eq!(one.keys().collect::<Vec<_>>(), ["two"]);
    // What the tests below break is sound before it is broken.
    assert_eq!(Made::with(&manifest(), &SOUND).read().unwrap(), all);
}

#[test]
fn equal_outputs_are_equal_bytes() {
    let [one, other] =
        [Made::soundly(), Made::soundly()].map(|made| fs::read(made.path()).unwrap());
    assert_eq!(one, other);
}

#[test]
fn every_cut_is_noticed() {
    let made = Made::soundly();
    let whole = fs::read(made.path()).unwrap();
    for length in 0..whole.len() {
        fs::write(made.path(), &whole[..length]).unwrap();
        assert!(made.read().is_err(), "{length} of {}", whole.len());
    }
    fs::write(made.path(), &whole[..whole.len() / 2]).unwrap();
    made.refused("damaged at ");
}

#[test]
fn every_changed_byte_is_noticed_or_harmless() {
    let made = Made::soundly();
    let whole = fs::read(made.path()).unwrap();
    let sound = made.read().unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        fs::write(made.path(), &bytes).unwrap();
        // The head of a gzip file holds a time and a system, which say nothing of its contents.
        match made.read() {
            Ok(read) => assert!(at < 10 && read == sound, "byte {at}"),
            Err(error) => assert!(!error.is_empty()),
        }
    }
}

#[test]
fn what_follows_the_end_is_noticed() {
    let made = Made::soundly();
    let mut file = fs::File::options().append(true).open(made.path()).unwrap();
    file.write_all(b"more").unwrap();
    made.refused("damaged at the end: there is more data after it");
    // The same within the compressed stream, after the zeros that end an archive, or after many of them.
    let whole = Made::soundly();
    let mut archive = Vec::new();
    GzDecoder::new(fs::File::open(whole.path()).unwrap())
        .read_to_end(&mut archive)
        .unwrap();
    let other = archive.clone();
    for (zeros, more, is_sound) in [
        (0, &b""[..], true),
        (10 << 10, b"", true),
        (0, b"more", false),
        (10 << 10, b"more", false),
        (512, &other, false),
        (2 << 20, b"", false),
    ] {
        let bytes = [&archive[..], &vec![0; zeros], more].concat();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&bytes).unwrap();
        fs::write(whole.path(), packed.finish().unwrap()).unwrap();
        if is_sound {
            whole.read().unwrap();
        } else {
            whole.refused("damaged at the end: there is more data after it");
        }
    }
    let mut more = SOUND.to_vec();
    more.push(("scenarios/two/z.json", PLAIN, TEXT));
    Made::with(&manifest(), &more)
        .refused("found the entry \"scenarios/two/z.json\" where bundle.toml lists nothing more");
}

#[test]
fn what_is_no_bundle_is_refused() {
    let made = Made::soundly();
    fs::write(made.path(), "").unwrap();
    made.refused("");
    fs::write(made.path(), "hello").unwrap();
    made.refused("damaged at bundle.toml: ");
    Made::of(&[]).refused("not a bundle");
    Made::of(&SOUND).refused("not a bundle: it begins with \"scenarios/one/a.json\"");
    Made::of(&[(MANIFEST, PLAIN, b"format = 1\nother = 2\n")]).refused("bundle.toml: ");
    Made::of(&[(MANIFEST, PLAIN, b"\xff")]).refused("bundle.toml: invalid utf-8");
    let mut later = manifest();
    later.format = 2;
    Made::with(&later, &SOUND).refused("its format is 2, but this version reads 1");
    let missing = made.dir.path().join("none");
    assert!(Bundle::open(&missing).is_err());
}

#[test]
fn no_entry_leads_out_of_its_place() {
    for path in [
        "../../etc/passwd",
        "/etc/passwd",
        "scenarios/one/../../a.json",
        "a.json",
    ] {
        let mut entries = SOUND.to_vec();
        entries[0].0 = path;
        Made::with(&manifest(), &entries).refused(&format!(
            "found the entry {path:?} where bundle.toml lists scenarios/one/a.json"
        ));
    }
    for name in ["..", "../one", "a/b", "", ".hidden"] {
        let mut bad = manifest();
        bad.scenarios[0].name = name.to_owned();
        Made::with(&bad, &SOUND).refused(&format!("the scenario name {name:?}: "));
    }
    for file in [
        "../a.json",
        "a/b.json",
        "a.txt",
        ".json",
        "snapshot.toml",
        "C:a.json",
    ] {
        let mut bad = manifest();
        bad.scenarios[0].files.insert(file.to_owned(), listed(TEXT));
        Made::with(&bad, &SOUND).refused(&format!(
            "one: {file:?} is neither <artefact>.json nor <artefact>.bin"
        ));
    }
    let mut twice = manifest();
    twice.scenarios[1].name = "one".to_owned();
    Made::with(&twice, &SOUND).refused("\"one\" and \"one\" are out of order");
    for entry_type in [EntryType::Symlink, EntryType::Link, EntryType::Directory] {
        let mut entries = SOUND.to_vec();
        entries[0].1 = entry_type;
        entries[0].2 = b"";
        Made::with(&manifest(), &entries).refused("scenarios/one/a.json is not a plain file");
    }
}

#[test]
fn what_is_not_listed_so_is_refused() {
    let mut entries = SOUND.to_vec();
    entries[0].2 = b"[\n2\n]\n";
    entries[2].2 = b"[\n3\n]\n";
    let made = Made::with(&manifest(), &entries);
    // All of them at once.
    made.refused("scenarios/one/a.json: its SHA-256 is ");
    made.refused("scenarios/two/a.json: its SHA-256 is ");
    entries[0].2 = b"[\n22\n]\n";
    Made::with(&manifest(), &entries)
        .refused("scenarios/one/a.json: it has 7 bytes, but bundle.toml lists 6");
    Made::with(&manifest(), &SOUND[..3]).refused("scenarios/two/inputs.json is missing");
    // A file that is as listed, and no golden.
    let mut odd = manifest();
    odd.scenarios[0]
        .files
        .insert("a.json".to_owned(), listed(b"[1]"));
    let mut entries = SOUND.to_vec();
    entries[0].2 = b"[1]";
    Made::with(&odd, &entries).refused("one: a:1: not in golden layout");
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let mut large = manifest();
    if let Some(file) = large.scenarios[0].files.get_mut("a.json") {
        file.bytes = 1 << 40;
    }
    Made::with(&large, &SOUND)
        .refused("scenarios/one/a.json is 1099511627776 bytes; at most 268435456 are read");
    let mut sum = manifest();
    for at in 0..20 {
        let file = BundledFile {
            bytes: 250 << 20,
            ..listed(TEXT)
        };
        sum.scenarios[0].files.insert(format!("a{at}.json"), file);
    }
    Made::with(&sum, &SOUND).refused("the sum of all files is 52428");
    // A small file that unpacks to a large one: the size in its header is too large.
    let zeros = vec![b' '; (64 << 20) + 1];
    Made::of(&[(MANIFEST, PLAIN, &zeros)])
        .refused("bundle.toml is 67108865 bytes; at most 67108864 are read");
}
