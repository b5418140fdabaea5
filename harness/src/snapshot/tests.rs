//! Goldens that are written, read back, edited and left by a bless that was killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::*;
use crate::scenario::{Scenario, ScenarioName, SnapshotMode};
use crate::{Artefact, INPUTS, Schema};

fn set(artefacts: &[(&str, &str)]) -> GoldenSet {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("some");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("scenario.toml"), "description = \"d\"").unwrap();
    let scenario = Scenario::load(&dir, &crate::scenario::tests::subjects()).unwrap();
    let inputs = Artefact::from_json(INPUTS, b"{\"a\":1}").unwrap();
    let made = artefacts
        .iter()
        .map(|(name, text)| Artefact::from_json(*name, text.as_bytes()).unwrap())
        .collect();
    GoldenSet::new(&scenario, &Schema::default(), inputs, made).unwrap()
}

fn manifest(set: &GoldenSet) -> Manifest {
    let mut manifest = Manifest::new("s".into(), "1".into(), SnapshotMode::Full);
    manifest.files = set.file_digests();
    manifest.inputs = set.input_digests().clone();
    manifest
}

fn name() -> ScenarioName {
    ScenarioName::new("some").unwrap()
}

fn store(snapshots: &Path, set: &GoldenSet) -> Replaced {
    let lock = SnapshotLock::acquire(snapshots, || ()).unwrap();
    lock.replace(&name(), set, &manifest(set)).unwrap()
}

fn listing(dir: &Path) -> Vec<String> {
    file_names(dir).unwrap().into_iter().collect()
}

#[test]
fn what_is_stored_is_read_back() {
    let root = tempfile::tempdir().unwrap();
    let first = set(&[("a", "[1]"), ("b", "[2]")]);
    let replaced = store(root.path(), &first);
    assert_eq!(replaced.written, ["a.json", "b.json", "inputs.json"]);
    let Opened::Sound(snapshot) = open(&root.path().join("some")).unwrap() else {
        panic!("not sound");
    };
    assert!(first.equals(&snapshot.manifest));
    let artefacts = snapshot.artefacts().unwrap();
    assert_eq!(artefacts[0].text(), b"[\n1\n]\n");

    let second = set(&[("a", "[1]"), ("c", "[3]")]);
    let replaced = store(root.path(), &second);
    assert_eq!(replaced.written, ["c.json"]);
    assert_eq!(replaced.removed, ["b.json"]);
    assert_eq!(
        listing(&root.path().join("some")),
        ["a.json", "c.json", "inputs.json", MANIFEST_FILE]
    );
    assert_eq!(listing(root.path()), [".bless.lock", "some"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_does_not_change_is_not_written_again() {
    use std::os::unix::fs::MetadataExt;
    let root = tempfile::tempdir().unwrap();
    let inode = || fs::metadata(root.path().join("some/a.json")).unwrap().ino();
    store(root.path(), &set(&[("a", "[1]")]));
    let before = inode();
    store(root.path(), &set(&[("a", "[1]"), ("b", "[2]")]));
    assert_eq!(inode(), before);
}

#[test]
fn every_edit_is_found() {
    let check = |edit: &dyn Fn(&Path), expected: &str| {
        let root = tempfile::tempdir().unwrap();
        store(root.path(), &set(&[("a", "[1]")]));
        let dir = root.path().join("some");
        edit(&dir);
        match open(&dir).unwrap() {
            Opened::Edited(_, problems) => {
                assert!(problems[0].to_string().contains(expected), "{problems:?}");
            }
            other => panic!("{other:?}"),
        }
    };
    check(
        &|dir| fs::write(dir.join("a.json"), "[2]\n").unwrap(),
        "a.json differs from what was blessed",
    );
    check(
        &|dir| fs::write(dir.join("a.json"), "[1]\r\n").unwrap(),
        "CRLF",
    );
    check(
        &|dir| fs::remove_file(dir.join("a.json")).unwrap(),
        "a.json is missing",
    );
    check(
        &|dir| fs::write(dir.join("b.json"), "").unwrap(),
        "b.json was never blessed",
    );
    check(
        &|dir| fs::create_dir(dir.join("sub")).unwrap(),
        "sub was never blessed",
    );
    check(
        &|dir| fs::remove_file(dir.join(MANIFEST_FILE)).unwrap(),
        "snapshot.toml is missing",
    );
    check(
        &|dir| fs::write(dir.join(MANIFEST_FILE), "\0").unwrap(),
        "snapshot.toml cannot be read",
    );
}

#[test]
fn what_a_killed_bless_left_is_put_right() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    store(root.path(), &set(&[("a", "[1]")]));

    // Killed while it wrote the new state.
    fs::create_dir(at(".bless-some.new")).unwrap();
    fs::write(at(".bless-some.new/a.json"), "[half").unwrap();
    assert!(matches!(open(&at("some")).unwrap(), Opened::Sound(_)));

    // Killed between its two renames: readers see the old state, the next bless brings it back.
    fs::rename(at("some"), at(".bless-some.old")).unwrap();
    assert!(matches!(open(&at("some")).unwrap(), Opened::Sound(_)));
    drop(SnapshotLock::acquire(root.path(), || ()).unwrap());
    assert_eq!(listing(root.path()), [".bless.lock", "some"]);
    assert!(matches!(open(&at("some")).unwrap(), Opened::Sound(_)));

    // Killed before it removed the old state.
    fs::create_dir(at(".bless-some.old")).unwrap();
    drop(SnapshotLock::acquire(root.path(), || ()).unwrap());
    assert_eq!(listing(root.path()), [".bless.lock", "some"]);
}

#[test]
fn blesses_wait_for_one_another() {
    let root = tempfile::tempdir().unwrap();
    let lock = SnapshotLock::acquire(root.path(), || ()).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let waiting = || sender.send("waiting").unwrap();
            let lock = SnapshotLock::acquire(root.path(), waiting).unwrap();
            sender.send("acquired").unwrap();
            drop(lock);
        });
        assert_eq!(receiver.recv().unwrap(), "waiting");
        assert!(receiver.try_recv().is_err());
        drop(lock);
        assert_eq!(receiver.recv().unwrap(), "acquired");
    });
}

#[test]
fn inputs_are_digested_by_member() {
    let digests = |text: &str| {
        set::input_digests(&Artefact::from_json(INPUTS, text.as_bytes()).unwrap()).unwrap()
    };
    let a = digests("{\"x\": {\"k\": 1}, \"y\": [1]}");
    let b = digests("{\"y\":[1],\"x\":{\"k\":2}}");
    assert_eq!(a.keys().collect::<Vec<_>>(), ["x", "y"]);
    assert_ne!(a["x"], b["x"]);
    assert_eq!(a["y"], b["y"]);
    let list = Artefact::from_json(INPUTS, b"[1]").unwrap();
    assert!(matches!(
        set::input_digests(&list),
        Err(SetError::Subject(_))
    ));
    let none: BTreeMap<String, String> = BTreeMap::new();
    assert_eq!(digests("{}"), none);
}

/// A read of a pipe waits for a writer, and an opening for writing waits for a reader: for ever.
#[cfg(unix)]
#[test]
fn pipes_are_refused_in_place_of_goldens_and_locks() {
    let pipe = |path: &Path| {
        let _ = fs::remove_file(path);
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    };
    let root = tempfile::tempdir().unwrap();
    let set = set(&[("a", "[1]")]);
    for file in ["a.json", MANIFEST_FILE] {
        store(root.path(), &set);
        pipe(&root.path().join("some").join(file));
        let error = open(&root.path().join("some")).unwrap_err().to_string();
        let expected = format!("/some/{file}: it is not a regular file");
        assert!(error.ends_with(&expected), "{error}");
    }
    // A bless makes the goldens anew without reading it.
    let replaced = store(root.path(), &set);
    assert!(
        matches!(open(&root.path().join("some")), Ok(Opened::Sound(_))),
        "{replaced:?}"
    );
    pipe(&root.path().join(".bless.lock"));
    let error = SnapshotLock::acquire(root.path(), || ())
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("cannot open it for locking: it is not a regular file"),
        "{error}"
    );
}

#[test]
fn digests_hold_no_numbers_to_tolerate_and_no_large_inputs() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("some");
    fs::create_dir(&dir).unwrap();
    let text = "description = \"d\"\nsnapshot = \"digest\"\nsnapshot_reason = \"r\"\n";
    fs::write(dir.join("scenario.toml"), text).unwrap();
    let scenario = Scenario::load(&dir, &crate::scenario::tests::subjects()).unwrap();
    let made = || vec![Artefact::from_json("a", b"[1.5]").unwrap()];
    let large = format!("[{}1]", "1,".repeat(600_000));
    let inputs = |large: &str| {
        let text = format!("{{\"large\":{large},\"small\":[1]}}");
        Artefact::from_json(INPUTS, text.as_bytes()).unwrap()
    };

    let tolerance = crate::Tolerance::new("", "noise");
    let schema = Schema {
        artefacts: vec![crate::ArtefactSchema::new("a").with_tolerance(tolerance)],
        ..Schema::default()
    };
    let error = GoldenSet::new(&scenario, &schema, inputs("1"), made()).unwrap_err();
    let SetError::Scenario(said) = error else {
        panic!("{error}");
    };
    assert!(
        said.contains("scenario.toml: goldens that are digests hold no numbers"),
        "{said}"
    );
    assert!(
        said.contains("the output `a` has a tolerance: remove the tolerance"),
        "{said}"
    );

    let set =
        |large: &str| GoldenSet::new(&scenario, &Schema::default(), inputs(large), made()).unwrap();
    let kept = set(&large);
    let bytes: usize = kept.files().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes < 1_000, "{bytes}");
    // What is known of the inputs is what it would be if they were kept.
    let whole = input_digests(&inputs(&large)).unwrap();
    assert_eq!(*kept.input_digests(), whole);
    let again = GoldenSet::stored(kept.to_vec()).unwrap();
    assert_eq!(*again.input_digests(), whole);
    assert_ne!(*set(&large.replacen('1', "2", 1)).input_digests(), whole);
}
