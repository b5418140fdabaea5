//! Tests of `press`: a capsule decodes to the values of the ledgers, or is refused.

use std::path::PathBuf;

use aether_engine::press::{Capsule, CapsuleError};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Runs, aether, export_of, keys};

/// The path of a capsule of a window.
fn pack(runs: &Runs, run: &str, window: &str) -> PathBuf {
    let path = runs.file(&format!("{run}-{window}.apx"));
    let out = path.to_str().unwrap();
    let packed = runs.json(&[
        "press", "pack", run, "--window", window, "--out", out, "--force",
    ]);
    assert_eq!(keys(&packed), ["bytes", "path", "streams", "window_id"]);
    assert_eq!(packed["path"], out);
    assert_eq!(packed["bytes"], std::fs::metadata(&path).unwrap().len());
    path
}

/// A stream's vectors, from the records of the run.
fn vectors(export: &Value, manifest: &Value, source: &str) -> Value {
    let span = manifest["start_tick"].as_u64().unwrap()..=manifest["end_tick"].as_u64().unwrap();
    let mut before = export["inputs"]["profile"]["C0"].clone();
    let mut vectors = Vec::new();
    let blocks = export["p_blocks"].as_array().unwrap().iter();
    for (ledger, block) in export["ledgers"].as_array().unwrap().iter().zip(blocks) {
        let number = |value: &Value| value.as_i64().unwrap();
        let pairs = ledger["post_u"].as_array().unwrap().iter();
        let pairs = pairs.zip(ledger["pre_u"].as_array().unwrap());
        let vector: Value = match source {
            "pre_u" | "post_u" => ledger[source].clone(),
            "prev_chain" => json!([before]),
            "fluxes" => {
                let edges = ledger["edges"].as_array().unwrap().iter();
                edges.map(|edge| edge["f_e"].clone()).collect()
            }
            "post_u_deltas" => pairs
                .map(|(post, pre)| number(post) - number(pre))
                .collect(),
            other => panic!("{other}"),
        };
        if span.contains(&ledger["tick"].as_u64().unwrap()) {
            vectors.push(vector);
        }
        before = block["C_t"].clone();
    }
    Value::from(vectors)
}

#[test]
fn capsules_hold_what_the_ledgers_say() {
    for (scenario, windows) in [
        ("gf02", 1),
        ("streams", 1),
        ("windows-overlap", 8),
        ("no-edges", 2),
    ] {
        let runs = Runs::of(&[scenario]);
        let export: Value = serde_json::from_str(&export_of(scenario)).unwrap();
        for window in 1..=windows {
            let path = pack(&runs, scenario, &window.to_string());
            let path = path.to_str().unwrap();
            let unpacked = aether(&["press", "unpack", path]).with(0).json();
            assert_eq!(keys(&unpacked), ["streams", "window_id"]);
            let manifests = export["manifests"].as_array().unwrap();
            let manifest = manifests
                .iter()
                .find(|manifest| manifest["window_id"] == unpacked["window_id"])
                .unwrap();
            let streams = unpacked["streams"].as_object().unwrap();
            assert_eq!(streams.len(), super::len(&manifest["streams"]));
            for (name, found) in streams {
                // Names are `S<n>_<source>`, followed by the hint.
                let (_, source) = name.split_once('_').unwrap();
                let source = ["_ID", "_R", "_GR"]
                    .iter()
                    .find_map(|hint| source.strip_suffix(hint))
                    .unwrap_or(source);
                assert_eq!(
                    *found,
                    vectors(&export, manifest, source),
                    "{scenario} {window} {name}"
                );
            }
            let json = aether(&["press", "unpack", path, "--format", "json"]);
            assert_eq!(json.with(0).json(), unpacked);
        }
    }
}

#[test]
fn info_names_streams_schemes_and_sizes() {
    let runs = Runs::of(&["gf02"]);
    let path = pack(&runs, "gf02", "1");
    let path = path.to_str().unwrap();
    let export: Value = serde_json::from_str(&export_of("gf02")).unwrap();
    let manifest = &export["manifests"][0];
    let info = aether(&["press", "info", path, "--format", "json"])
        .with(0)
        .json();
    assert_eq!(info["window_id"], manifest["window_id"]);
    let text = aether(&["press", "info", path]).with(0).stdout;
    let entries = manifest["streams"].as_array().unwrap();
    assert_eq!(super::len(&info["streams"]), entries.len());
    for (row, entry) in info["streams"].as_array().unwrap().iter().zip(entries) {
        assert_eq!(row["stream_id"], entry["stream_id"]);
        assert_eq!(row["scheme"], entry["scheme"]);
        assert!(row["bytes"].as_u64() > Some(0));
        assert!(text.contains(row["stream_id"].as_str().unwrap()), "{text}");
    }
}

#[test]
fn no_changed_byte_gives_a_wrong_vector() {
    let runs = Runs::of(&["gf02"]);
    let bytes = std::fs::read(pack(&runs, "gf02", "1")).unwrap();
    let whole = Capsule::from_bytes(&bytes).unwrap();
    let all = |capsule: &Capsule| {
        let names = whole.streams().map(|(entry, _)| &entry.stream_id);
        let vectors: Result<Vec<Vec<_>>, CapsuleError> =
            names.map(|name| capsule.vectors(name)?.collect()).collect();
        vectors
    };
    all(&whole).unwrap();
    for place in 0..bytes.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[place] ^= change;
            let refused = Capsule::from_bytes(&changed);
            let refused = refused.and_then(|capsule| all(&capsule));
            assert!(refused.is_err(), "byte {place} changed by {change:#04x}");
        }
    }
    for length in 0..bytes.len() {
        assert!(Capsule::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
    assert!(Capsule::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn a_damaged_capsule_is_reported_with_its_section() {
    let runs = Runs::of(&["gf02"]);
    let path = pack(&runs, "gf02", "1");
    let bytes = std::fs::read(&path).unwrap();
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    let broken = runs.file("broken.apx");
    let name = broken.to_str().unwrap();
    for (bytes, word) in [
        (changed, "S2_fluxes"),
        (bytes[..bytes.len() - 3].to_vec(), "truncated"),
        (bytes[..20].to_vec(), "the manifest"),
        (b"something else".to_vec(), "not an .apx capsule"),
        (Vec::new(), "not an .apx capsule"),
    ] {
        std::fs::write(&broken, bytes).unwrap();
        for command in ["unpack", "info"] {
            let ended = aether(&["press", command, name]).with(1);
            ended.reports(&["broken.apx", word]);
            let ended = aether(&["press", command, name, "--format", "json"]).with(1);
            assert_eq!(keys(&ended.json()), ["error"]);
        }
    }
}

/// A capsule with a part of its manifest replaced, under the hash of the new manifest.
fn with_manifest(capsule: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (magic, rest) = capsule.split_at(8);
    let (length, rest) = rest.split_at(4);
    let length = u32::from_le_bytes(length.try_into().unwrap());
    let (manifest, rest) = rest.split_at(usize::try_from(length).unwrap());
    let text = std::str::from_utf8(manifest).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text);
    let length = u32::try_from(changed.len()).unwrap().to_le_bytes();
    let hash = Sha256::digest(&changed);
    [
        magic,
        &length,
        changed.as_bytes(),
        hash.as_slice(),
        &rest[32..],
    ]
    .concat()
}

/// A capsule whose first stream is replaced.
fn with_payload(capsule: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8], width: usize| {
        let bytes = bytes[..width].iter().rev();
        bytes.fold(0, |length, &byte| (length << 8) | usize::from(byte))
    };
    let manifest_end = 12 + length(&capsule[8..], 4) + 32;
    let old = length(&capsule[manifest_end..], 8);
    let hash = Sha256::digest(payload);
    [
        &capsule[..manifest_end],
        &(payload.len() as u64).to_le_bytes(),
        payload,
        hash.as_slice(),
        &capsule[manifest_end + 8 + old + 32..],
    ]
    .concat()
}

#[test]
fn a_small_capsule_of_very_many_numbers_is_refused() {
    let runs = Runs::of(&["gf01"]);
    let bytes = std::fs::read(pack(&runs, "gf01", "1")).unwrap();
    let bytes = with_manifest(&bytes, "\"end_tick\":8", "\"end_tick\":100000");
    // 100,000 vectors of 1,000,000 zeros, as one run.
    let head = [0xa0, 0x8d, 0x06, 0xc0, 0x84, 0x3d];
    let bomb = with_payload(&bytes, &[&head[..], &[0; 9], &[0xff; 9]].concat());
    let path = runs.file("bomb.apx");
    std::fs::write(&path, bomb).unwrap();
    for command in ["unpack", "info"] {
        let ended = aether(&["press", command, path.to_str().unwrap()]).with(1);
        ended.reports(&["bomb.apx", "100000000000 numbers", "at most 1000000000"]);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn a_capsule_that_no_engine_writes_is_refused() {
    let runs = Runs::of(&["gf01"]);
    let bytes = std::fs::read(pack(&runs, "gf01", "1")).unwrap();
    let forged = runs.file("forged.apx");
    let name = forged.to_str().unwrap();
    let last = format!("\"end_tick\":{}", u64::MAX);
    for (from, to, words) in [
        ("\"end_tick\":8", last.as_str(), "has 8 vectors"),
        (
            "\"end_tick\":8",
            "\"end_tick\":0",
            "is not a range of ticks",
        ),
        ("\"params\":", "\"params\":9", "parameters are at most 4"),
    ] {
        std::fs::write(&forged, with_manifest(&bytes, from, to)).unwrap();
        for command in ["unpack", "info"] {
            let ended = aether(&["press", command, name]).with(1);
            ended.reports(&["forged.apx", words]);
        }
    }
    let text = std::fs::read(pack(&runs, "gf01", "1")).unwrap();
    let whole = with_manifest(&text, "\"start_tick\":1", "\"start_tick\":0");
    let whole = with_manifest(&whole, "\"end_tick\":8", &last);
    std::fs::write(&forged, whole).unwrap();
    aether(&["press", "info", name])
        .with(1)
        .reports(&["is not a range of ticks"]);
}

#[test]
fn what_cannot_be_packed_or_read_is_refused() {
    let runs = Runs::of(&["gf02"]);
    let path = runs.file("x.apx");
    let out = path.to_str().unwrap();
    let args = ["press", "pack", "gf02", "--window", "2", "--out", out];
    runs.refuses(&args, &["`2`", "1 to 1"]);
    let args = ["press", "pack", "none", "--window", "1", "--out", out];
    runs.refuses(&args, &["`none`"]);
    assert!(!path.exists());
    aether(&["press", "unpack", out])
        .with(2)
        .reports(&["x.apx"]);

    // A window that a failed run did not reach.
    runs.aether(&["run", "overflow"]).with(2);
    let args = ["press", "pack", "overflow", "--window", "3", "--out", out];
    runs.refuses(&args, &["not closed"]);
    let args = ["press", "pack", "overflow", "--window", "2", "--out", out];
    runs.aether(&args).with(0);
}
