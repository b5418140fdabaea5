//! Tests of capsules: what is packed comes back, and each refusal says which section is wrong, and how.

use super::*;
use crate::config::StreamSource::{Fluxes, PostU, PostUDeltas, PreU, PrevChain};
use crate::record::PBlock;
use crate::run::{RunOptions, run, tests::gf01};

const SOURCES: [StreamSource; 5] = [PostUDeltas, Fluxes, PreU, PostU, PrevChain];

/// A run with a window of ticks 3 to 5 that has every source, under every scheme.
fn plan() -> RunPlan {
    let schemes = [Scheme::RunLength, Scheme::GolombRice, Scheme::Identity];
    let mut plan = gf01();
    let window = &mut plan.windows[1];
    window.ticks = 3..=5;
    window.streams = (0..15)
        .map(|number| StreamPlan {
            name: format!("S{number}"),
            source: SOURCES[number % 5],
            hint: Some(schemes[number / 5]),
            description: String::new(),
        })
        .collect();
    plan
}

/// The capsule of the window, and the vectors of its first five streams as the records have them.
fn packed(plan: &RunPlan) -> (Capsule, Vec<Vec<Vec<i128>>>) {
    let run = run(plan, &RunOptions::default());
    let manifest = run.values::<Manifest>().find(|m| m.start_tick == 3);
    let mut packer = Packer::new(plan, manifest.unwrap()).unwrap();
    assert_eq!((packer.ticks(), packer.too_long()), (3..=5, None));
    let (mut vectors, mut c_prev) = (vec![Vec::new(); 5], plan.chain_start());
    let exact = |values: &[i64]| values.iter().copied().map(i128::from).collect::<Vec<_>>();
    for (ledger, block) in run.values::<UmxLedger>().zip(run.values::<PBlock>()) {
        if packer.ticks().contains(&ledger.tick) {
            packer.add(&ledger, c_prev);
            let (pre, post) = (exact(&ledger.pre_u), exact(&ledger.post_u));
            let deltas = post.iter().zip(&pre).map(|(post, pre)| post - pre);
            let fluxes = ledger.edges.iter().map(|edge| i128::from(edge.f_e));
            vectors[0].push(deltas.collect());
            vectors[1].push(fluxes.collect());
            vectors[2].push(pre);
            vectors[3].push(post);
            vectors[4].push(vec![c_prev.into()]);
        }
        c_prev = block.c_t;
    }
    (packer.finish(), vectors)
}

fn all(capsule: &Capsule, stream: &str) -> Result<Vec<Vec<i128>>, CapsuleError> {
    capsule.vectors(stream)?.collect()
}

#[test]
fn what_was_packed_comes_back() {
    let (capsule, expected) = packed(&plan());
    let read = Capsule::from_bytes(&capsule.to_bytes()).unwrap();
    assert_eq!(read, capsule);
    assert_eq!(read.streams().count(), 15);
    for (number, (entry, payload)) in read.streams().enumerate() {
        assert_eq!(payload, capsule.payloads[number]);
        let found = all(&read, &entry.stream_id).unwrap();
        assert_eq!(found, expected[number % 5], "{}", entry.stream_id);
    }
}

#[test]
fn a_file_has_the_layout_of_the_page() {
    let (mut capsule, _) = packed(&plan());
    // Longer than one byte can say.
    capsule.payloads[0] = vec![7; 300];
    let bytes = capsule.to_bytes();
    let manifest = canonical::text(&capsule.manifest);
    let payloads = &bytes[12 + manifest.len() + 32..];
    assert_eq!(bytes[..8], *b"AETHAPX\x01");
    assert_eq!(bytes[8..12], (manifest.len() as u32).to_le_bytes());
    assert_eq!(bytes[12..12 + manifest.len()], *manifest.as_bytes());
    assert_eq!(payloads[..8], [44, 1, 0, 0, 0, 0, 0, 0].map(|n| n as u8));
    assert_eq!(payloads[8..308], [7; 300]);
    assert_eq!(payloads[308..340], *Sha256::digest([7; 300]));
    assert_eq!(Capsule::from_bytes(&bytes).unwrap(), capsule);
}

#[test]
fn a_damaged_file_is_refused_at_its_section() {
    let (capsule, _) = packed(&plan());
    let bytes = capsule.to_bytes();
    let first = 12 + canonical::text(&capsule.manifest).len() + 32;
    let check = |bytes: &[u8], expected: &str| {
        let error = Capsule::from_bytes(bytes).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let changed = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        bytes
    };
    let not_a_capsule = "not an .apx capsule: expected it to begin with `AETHAPX` and version 1";
    check(b"", not_a_capsule);
    check(&changed(7, 2), not_a_capsule);
    for cut in [8, 11, 12, first - 1] {
        let expected = format!("truncated at byte {cut}, in the manifest");
        check(&bytes[..cut], &expected);
    }
    for cut in [first, first + 7, first + 8, first + 9] {
        let expected = format!("truncated at byte {cut}, in stream `S0`");
        check(&bytes[..cut], &expected);
    }
    check(
        &bytes[..bytes.len() - 1],
        &format!("truncated at byte {}, in stream `S14`", bytes.len() - 1),
    );
    let mut endless = bytes.clone();
    endless[first..first + 8].fill(0xff);
    check(
        &endless,
        &format!("truncated at byte {}, in stream `S0`", bytes.len()),
    );
    check(
        &changed(20, bytes[20] ^ 1),
        "corrupt: the manifest, from byte 12, does not match its SHA-256",
    );
    check(
        &changed(first + 8, bytes[first + 8] ^ 1),
        &format!(
            "corrupt: stream `S0`, from byte {}, does not match its SHA-256",
            first + 8
        ),
    );
    check(
        &[&bytes[..], &[0]].concat(),
        &format!(
            "corrupt: bytes follow the last payload, from byte {}",
            bytes.len()
        ),
    );
}

#[test]
fn a_manifest_that_does_not_describe_its_payload_is_refused() {
    let (capsule, expected) = packed(&plan());
    // The first stream of Golomb–Rice.
    let golomb_rice = "S5";
    let check = |change: &dyn Fn(&mut Capsule), message: &str| {
        let mut capsule = capsule.clone();
        change(&mut capsule);
        let error = all(&capsule, golomb_rice).unwrap_err();
        assert_eq!(error.to_string(), message);
    };
    let error = all(&capsule, "S15").unwrap_err();
    assert_eq!(error.to_string(), "no stream `S15` in this capsule");
    check(
        &|capsule| capsule.manifest.streams[5].params = 5,
        "stream `S5` has the parameter 5, and parameters are at most 4",
    );
    check(
        &|capsule| {
            let entry = &mut capsule.manifest.streams[5];
            entry.residual_bits += 1;
        },
        &format!(
            "stream `S5` has {} bits, and the manifest says {}",
            capsule.manifest.streams[5].residual_bits,
            capsule.manifest.streams[5].residual_bits + 1
        ),
    );
    check(
        &|capsule| capsule.payloads[5].push(0),
        &format!(
            "stream `S5`: corrupt: the payload continues after its last number, at byte {}",
            capsule.payloads[5].len()
        ),
    );
    check(
        &|capsule| capsule.payloads[5].clear(),
        "stream `S5`: truncated: the payload ends at byte 0, in the middle of a number",
    );
    check(
        &|capsule| capsule.manifest.end_tick = 6,
        "stream `S5` has 3 vectors, and its window has 4 ticks",
    );
    check(
        &|capsule| capsule.manifest.end_tick = 2,
        "the manifest's window, ticks 3 to 2, is not a range of ticks",
    );
    check(
        &|capsule| (capsule.manifest.start_tick, capsule.manifest.end_tick) = (0, u64::MAX),
        "the manifest's window, ticks 0 to 18446744073709551615, is not a range of ticks",
    );

    // After an error there is nothing; before it, every vector.
    let mut changed = capsule;
    changed.manifest.streams[5].residual_bits += 1;
    let mut vectors = changed.vectors(golomb_rice).unwrap();
    for expected in &expected[0] {
        assert_eq!(&vectors.next().unwrap().unwrap(), expected);
    }
    assert!(vectors.next().unwrap().is_err());
    assert!(vectors.next().is_none());
}

#[test]
fn a_stream_has_no_more_numbers_than_a_capsule_holds() {
    let (mut capsule, _) = packed(&plan());
    let length = limits::CAPSULE_NUMBERS_MAX / 200;
    for ticks in [200, 201] {
        capsule.payloads[0] = Encoder::new(Scheme::RunLength, 0, length as usize).finish();
        // A head of one byte for the number of vectors becomes one of two.
        let head = [(ticks & 0x7f) as u8 | 0x80, (ticks >> 7) as u8];
        capsule.payloads[0].splice(..1, head);
        capsule.manifest.end_tick = capsule.manifest.start_tick + ticks - 1;
        let error = capsule.vectors("S0").err().map(|error| error.to_string());
        let expected = (ticks == 201).then_some(
            "stream `S0` has 1005000000 numbers, and a stream has at most 1000000000".to_owned(),
        );
        assert_eq!(error, expected);
    }

    let mut plan = plan();
    plan.windows[1].streams.truncate(5);
    let entries = plan.windows[1].streams.iter().map(|stream| StreamEntry {
        stream_id: stream.name.clone(),
        ..capsule.manifest.streams[0].clone()
    });
    let manifest = Manifest {
        streams: entries.collect(),
        ..capsule.manifest
    };
    // The sources have 6, 8, 6, 6 and 1 numbers per tick.
    for (ticks, expected) in [
        (125_000_000, None),
        (125_000_001, Some(("S1", 1_000_000_008))),
        (166_666_667, Some(("S0", 1_000_000_002))),
    ] {
        let (start, end) = (3, 3 + ticks - 1);
        plan.windows[1].ticks = start..=end;
        let packer = Packer::new(
            &plan,
            Manifest {
                end_tick: end,
                ..manifest.clone()
            },
        );
        assert_eq!(packer.unwrap().too_long(), expected);
    }
}

#[test]
fn only_a_manifest_of_the_plan_is_packed() {
    let plan = plan();
    let (capsule, _) = packed(&plan);
    let check = |change: &dyn Fn(&mut Manifest), is_packed: bool| {
        let mut manifest = capsule.manifest.clone();
        change(&mut manifest);
        assert_eq!(Packer::new(&plan, manifest).is_some(), is_packed);
    };
    check(&|_| {}, true);
    check(&|manifest| manifest.streams[5].params = 4, true);
    check(&|manifest| manifest.streams[5].params = 5, false);
    check(&|manifest| manifest.window_id.push('?'), false);
    check(&|manifest| manifest.start_tick = 2, false);
    check(&|manifest| manifest.end_tick = 6, false);
    check(&|manifest| manifest.streams.swap(0, 1), false);
    check(&|manifest| manifest.streams.truncate(14), false);
}
